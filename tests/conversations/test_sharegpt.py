"""ShareGPT: roles, tools and keys of the row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.conversations import Conversation, read_conversations
from convsim.errors import InputError
from convsim.scenario import Expect
from tests.conversations.rows import read


def one(tmp_path: Path, turns: list[Any], **row: Any) -> Conversation:
    (conversation,) = read(tmp_path, {"conversations": turns, **row})
    return conversation


def says(who: str, text: object) -> dict[str, object]:
    return {"from": who, "value": text}


@pytest.mark.parametrize(
    ("user", "assistant"), [("human", "gpt"), ("user", "assistant"), ("human", "chatgpt")]
)
def test_turns(tmp_path: Path, user: str, assistant: str) -> None:
    turns = [says("system", "Be kind."), says(user, "Do it."), says(assistant, "No.")]
    conversation = one(tmp_path, turns, id="a", expect="hold", objective="It.")
    (exchange,) = conversation.exchanges
    assert (conversation.id, conversation.system) == ("a", "Be kind.")
    assert (exchange.user, exchange.reply.text) == ("Do it.", "No.")
    assert (conversation.case.expect, conversation.case.objective) == (Expect.HOLD, "It.")


def test_an_array_is_how_most_of_these_files_come(tmp_path: Path) -> None:
    path = tmp_path / "sharegpt.json"
    rows = [{"id": n, "conversations": [says("human", "Hi."), says("gpt", "Hi.")]} for n in "ab"]
    path.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    assert [conversation.id for conversation in read_conversations(path)] == ["a", "b"]


def test_a_system_prompt_beside_the_turns(tmp_path: Path) -> None:
    turns = [says("human", "Do it."), says("gpt", "No.")]
    assert one(tmp_path, turns, system="Be kind.").system == "Be kind."


@pytest.mark.parametrize("result", ["observation", "function_response", "tool"])
def test_tools(tmp_path: Path, result: str) -> None:
    """As LLaMA-Factory has them."""
    call = '{"name": "look", "arguments": {"x": 1}}'
    turns = [
        says("human", "Do it."),
        says("function_call", call),
        says(result, "found"),
        says("gpt", "Yes."),
    ]
    (exchange,) = one(tmp_path, turns).exchanges
    called, found = exchange.context
    assert exchange.reply.text == "Yes."
    assert called.tool_calls == (
        {"type": "function", "function": {"name": "look", "arguments": '{"x":1}'}},
    )
    assert (found.role, found.content) == ("tool", "found")


def test_a_call_that_is_no_json_is_kept_as_text(tmp_path: Path) -> None:
    turns = [says("human", "Do it."), says("function_call", "look(x=1)")]
    assert one(tmp_path, turns).exchanges[0].reply.text == "look(x=1)"


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        ("x", "message 1 is text; expected {from, value}"),
        ({"value": "x"}, "message 1: from is None; "),
        ({"from": "humn", "value": "x"}, "message 1: from is 'humn'; did you mean 'human'? Allo"),
        ({"from": "human", "value": 5}, "message 1: content is a number; expected text or"),
    ],
)
def test_what_is_wrong_names_line_and_message(tmp_path: Path, turn: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        one(tmp_path, [turn])
    assert str(caught.value).startswith(f"{tmp_path}/logs.jsonl:1: {message}")
