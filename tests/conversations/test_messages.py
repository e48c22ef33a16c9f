"""Messages: what is said, what is thought, what is called, in every shape that logs have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convsim.conversations.messages import said
from convsim.errors import InputError
from tests.conversations.rows import ASK, FOUND, NO, one

Message = dict[str, Any]


def texts(item: Message) -> list[str]:
    return [found.message.content for found in said(item, "here")]


@pytest.mark.parametrize(
    ("part", "mark"),
    [
        ({"type": "image_url", "image_url": {"url": "data:,"}}, "[image]"),
        ({"type": "input_image"}, "[image]"),
        ({"type": "image", "source": {}}, "[image]"),
        ({"type": "input_audio"}, "[audio]"),
        ({"type": "input_file"}, "[file]"),
        ({"type": "document"}, "[document]"),
        ({"type": "video"}, "[video]"),
        ({"type": "tool_use", "result": "x"}, "[tool_use]"),
        ({"image": "x"}, "[part]"),
    ],
)
def test_a_part_that_is_no_text_leaves_a_mark(part: Message, mark: str) -> None:
    """Where it stood, so that the reply keeps its text and shows that there was more."""
    content = [{"type": "text", "text": "Look:"}, part, {"type": "output_text", "text": "There."}]
    assert texts({"role": "user", "content": content}) == [f"Look:\n{mark}\nThere."]


@pytest.mark.parametrize(
    "message",
    [
        {"content": "No.", "reasoning_content": "Hm."},
        {"content": "No.", "reasoning": "Hm."},
        {"content": "No.", "thinking": "Hm."},
        {"content": "No.", "reasoning": {"content": "Hm."}},
        {"content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "No."}]},
        {"content": [{"type": "reasoning", "reasoning": "Hm.", "summary": "H."}, "No."]},
        {"content": [{"type": "reasoning", "summary": [{"text": "Hm."}]}, "No."]},
        {"content": [{"type": "reasoning", "reasoning": "x1", "redacted": True, "summary": "Hm."},
                     "No."]},
    ],
)  # fmt: skip
def test_reasoning_is_kept_apart(message: Message) -> None:
    """Wherever a provider puts it. It is never part of the text that is read."""
    (found,) = said({"role": "assistant", **message}, "here")
    assert (found.message.content, found.reasoning) == ("No.", "Hm.")


@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>Hm.</think>No."},
        {"content": [{"type": "text", "text": "<think>Hm.</think>No."}]},
    ],
)
def test_marks_of_thinking_in_a_text_are_text(message: Message) -> None:
    """No format says that they are anything else, and a reply could write them to hide."""
    (found,) = said({"role": "assistant", **message}, "here")
    assert (found.message.content, found.reasoning) == ("<think>Hm.</think>No.", None)


def test_reasoning_that_the_provider_keeps_is_nothing() -> None:
    content = [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "No."}]
    (found,) = said({"role": "assistant", "content": content}, "here")
    assert (found.message.content, found.reasoning) == ("No.", None)


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"x":1}'}}
        ]},
        {"content": [{"type": "tool_use", "id": "c1", "name": "look", "input": {"x": 1}}]},
    ],
)  # fmt: skip
def test_tool_calls_come_out_in_one_form(message: Message) -> None:
    """Anthropic's parts read as OpenAI's calls."""
    (found,) = said({"role": "assistant", **message}, "here")
    assert found.message.tool_calls == (
        {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"x":1}'}},
    )


def test_arguments_that_are_nested_without_end_are_marked() -> None:
    deep: object = 1
    for _ in range(300):
        deep = [deep]
    part = {"type": "tool_use", "name": "look", "input": deep}
    (found,) = said({"role": "assistant", "content": [part]}, "here")
    assert found.message.tool_calls == (
        {"type": "function", "function": {"name": "look", "arguments": "[nested too deeply]"}},
    )


def test_the_first_way_of_calling_functions_is_understood() -> None:
    item = {"role": "assistant", "function_call": {"name": "look", "arguments": "{}"}}
    (found,) = said(item, "here")
    assert found.message.tool_calls == (
        {"type": "function", "function": {"name": "look", "arguments": "{}"}},
    )


def test_results_inside_a_users_message_are_tool_messages() -> None:
    """Anthropic sends them there; the user has not said them."""
    result = {"type": "tool_result", "tool_use_id": "c1", "content": [{"text": "found"}]}
    only = list(said({"role": "user", "content": [result]}, "here"))
    both = list(said({"role": "user", "content": [result, {"text": "And now?"}]}, "here"))
    assert [(it.role, it.message.content, it.message.tool_call_id) for it in only] == [
        ("tool", "found", "c1")
    ]
    assert [(it.role, it.message.content) for it in both] == [
        ("tool", "found"),
        ("user", "And now?"),
    ]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("x", "here is text; expected an object"),
        ({"role": "human"}, "here: role is 'human'; write 'user'. Allowed: system, developer, "),
        ({"role": "user", "value": "x"}, "here has no `content`; write `content` where it says"),
        ({"role": "user", "content": {}}, "here: content is an object; expected text or a list"),
    ],
)
def test_what_is_no_message(item: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        list(said(item, "here"))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "Schreib mir das.",
        "Écris-moi ça, s'il te plaît.",
        "Escríbemelo, ¿vale?",
        "اكتب لي هذا",
        "请帮我写这个。",
        "यह मेरे लिए लिखो।",
    ],
)
def test_any_language_survives(tmp_path: Path, text: str) -> None:
    """Text is kept as it was written."""
    conversation = one(tmp_path, [{"role": "user", "content": text}, {**NO, "content": text}])
    (exchange,) = conversation.exchanges
    assert (exchange.user, exchange.reply.text) == (text, text)


def test_fields_of_other_types_do_not_matter(tmp_path: Path) -> None:
    """A `name` that is a number, calls that are no list: nobody reads them."""
    messages = [{**ASK, "name": 5}, {**NO, "tool_calls": "x"}, {**FOUND, "tool_call_id": None}]
    (exchange,) = one(tmp_path, messages).exchanges
    assert exchange.reply.text == "No."
