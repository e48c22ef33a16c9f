"""OpenAI-messages: every shape of a row, and every way in which one can be wrong."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.conversations import read_conversations
from convsim.errors import InputError
from convsim.policy import UNSPECIFIED, Level, Policy, Rule
from convsim.reading import Status
from convsim.scenario import Expect
from convsim.transcript import Mode, Stop
from tests.conversations.rows import ASK, CALL, NO, PLEASE, SYSTEM, YES, one, read

FRAUD = Rule(id="fraud", level=Level.NEVER, text="No fraud.")
HELP = Rule(id="help", level=Level.HELP)


# -- shapes


@pytest.mark.parametrize(
    ("messages", "exchanges"),
    [
        ([ASK, NO], [("Do it.", "No.")]),
        ([ASK, NO, PLEASE, YES], [("Do it.", "No."), ("Please.", "Yes.")]),
        ([SYSTEM, ASK, NO], [("Do it.", "No.")]),
        ([ASK, NO, PLEASE], [("Do it.", "No.")]),
        ([ASK, PLEASE, NO], [("Do it.\n\nPlease.", "No.")]),
        ([ASK, NO, YES], [("Do it.", "No.\n\nYes.")]),
        ([NO, ASK, YES], [("Do it.", "Yes.")]),
        ([ASK], []),
        ([NO], [("", "No.")]),
        ([SYSTEM, NO, YES], [("", "No.\n\nYes.")]),
        ([NO, ASK], []),
        ([SYSTEM], []),
        ([], []),
    ],
    ids=[
        "one turn",
        "two turns",
        "system prompt",
        "unanswered user text is no turn",
        "user messages in a row are one",
        "assistant messages in a row are one",
        "a greeting is no turn",
        "nobody answered",
        "nobody asked",
        "nobody asked but the system prompt",
        "a greeting is no turn where nothing else is said either",
        "only a system prompt",
        "no messages",
    ],
)
def test_turns(tmp_path: Path, messages: list[object], exchanges: list[tuple[str, str]]) -> None:
    """A turn is what the user said and the reply it drew."""
    found = one(tmp_path, messages).exchanges
    assert [(exchange.user, exchange.reply.text) for exchange in found] == exchanges


def test_a_reply_is_read_after_all_that_was_said_before_it(tmp_path: Path) -> None:
    """System prompt and earlier replies included, its own text not."""
    conversation = one(tmp_path, [SYSTEM, NO, ASK, NO, PLEASE, YES])
    first, second = conversation.exchanges
    assert [message.role for message in first.before] == ["system", "assistant", "user"]
    assert [message.content for message in second.before][-2:] == ["No.", "Please."]


@pytest.mark.parametrize(
    ("message", "text", "status"),
    [
        ({"content": "Yes."}, "Yes.", Status.OK),
        ({"content": ""}, "", Status.EMPTY),
        ({"content": " \n"}, "", Status.EMPTY),
        ({"content": None}, "", Status.EMPTY),
        ({}, "", Status.EMPTY),
        ({"content": None, "refusal": "No."}, "No.", Status.OK),
        ({"content": [{"type": "text", "text": "One"}]}, "One", Status.OK),
        ({"content": [{"text": "One"}, {"text": "Two"}]}, "One\nTwo", Status.OK),
        ({"content": ["One", "Two"]}, "One\nTwo", Status.OK),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, "No.", Status.OK),
        ({"content": [{"type": "image_url", "image_url": {}}]}, "[image]", Status.OK),
        ({"content": []}, "", Status.EMPTY),
        ({"content": None, "tool_calls": [CALL]}, "", Status.EMPTY),
    ],
)
def test_replies(tmp_path: Path, message: Mapping[str, Any], text: str, status: Status) -> None:
    """Of several parts the texts count; a provider's own refusal field is a reply."""
    (exchange,) = one(tmp_path, [ASK, {"role": "assistant", **message}]).exchanges
    assert (exchange.reply.text, exchange.reply.status) == (text, status)


def test_tool_calls_belong_to_the_reply_around_them(tmp_path: Path) -> None:
    """What the assistant says before and after looking something up is one reply."""
    found = {"role": "tool", "tool_call_id": "c1", "content": "found"}
    before = {"role": "assistant", "content": "Let me look.", "tool_calls": [CALL]}
    conversation = one(tmp_path, [ASK, before, found, YES, PLEASE, NO])
    first, second = conversation.exchanges
    assert first.reply.text == "Let me look.\n\nYes."
    asked = second.before[1]
    assert (asked.tool_calls, second.before[2].tool_call_id) == ((CALL,), "c1")


@pytest.mark.parametrize(
    ("messages", "system"),
    [
        ([ASK, NO], None),
        ([SYSTEM, ASK, NO], "Be kind."),
        ([{"role": "developer", "content": "Be brief."}, ASK, NO], "Be brief."),
        ([SYSTEM, {"role": "developer", "content": "Be brief."}, ASK], "Be kind.\n\nBe brief."),
        ([{"role": "system", "content": ""}, ASK, NO], None),
    ],
)
def test_the_system_prompt(tmp_path: Path, messages: list[object], system: str | None) -> None:
    assert one(tmp_path, messages).system == system


@pytest.mark.parametrize(
    ("row", "id"),
    [({}, "line-1"), ({"id": "a-17"}, "a-17"), ({"id": 0}, "0"), ({"id": ""}, "line-1")],
)
def test_every_conversation_has_a_name(tmp_path: Path, row: dict[str, Any], id: str) -> None:
    """Its own, or the line it stands on."""
    assert one(tmp_path, [ASK, NO], **row).id == id


def test_other_keys_are_left_alone(tmp_path: Path) -> None:
    messages = [{**ASK, "timestamp": 5}, {**NO, "model": "m"}]
    assert len(one(tmp_path, messages, meta={"a": 1}, label="x").exchanges) == 1


def test_blank_lines_are_skipped_and_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    row = orjson.dumps({"messages": [ASK, NO]})
    path.write_bytes(b"\n" + row + b"\n  \n" + row)
    assert [item.id for item in read_conversations(path)] == ["line-2", "line-4"]


def test_a_conversation_becomes_a_transcript(tmp_path: Path) -> None:
    """Nobody has read its replies yet, and nobody authored its moves."""
    conversation = one(tmp_path, [SYSTEM, ASK, NO, PLEASE, YES], id="a", objective="It.")
    transcript = conversation.transcript()
    assert (transcript.key, transcript.stop, transcript.mode) == ("a", Stop.RECORDED, Mode.RECORDED)
    assert [(turn.n, turn.user, turn.reply) for turn in transcript.turns] == [
        (1, "Do it.", "No."),
        (2, "Please.", "Yes."),
    ]
    assert {(turn.reading, turn.asks, turn.move) for turn in transcript.turns} == {
        (None, None, None)
    }
    assert (transcript.system, transcript.objective) == ("Be kind.", "It.")


# -- what was right


@pytest.mark.parametrize(
    ("row", "given", "expect"),
    [
        ({}, None, None),
        ({}, Expect.HELP, Expect.HELP),
        ({"expect": "hold"}, None, Expect.HOLD),
        ({"expect": "hold"}, Expect.HELP, Expect.HOLD),
        ({"expect": None}, Expect.HELP, Expect.HELP),
    ],
)
def test_the_row_stands_before_the_caller(
    tmp_path: Path, row: dict[str, Any], given: Expect | None, expect: Expect | None
) -> None:
    (conversation,) = read(tmp_path, {"messages": [ASK, NO], **row}, expect=given)
    assert conversation.case.expect is expect


@pytest.mark.parametrize(
    ("row", "policy", "rule"),
    [
        ({}, None, UNSPECIFIED),
        ({}, Policy(rules=(FRAUD,)), FRAUD),
        ({}, Policy(rules=(FRAUD, HELP)), UNSPECIFIED),
        ({"rule": "help"}, Policy(rules=(FRAUD, HELP)), HELP),
        ({"rule": {"id": "own", "level": "never"}}, None, Rule(id="own", level=Level.NEVER)),
        ({"rule": {"id": "fraud"}}, Policy(rules=(FRAUD,)), Rule(id="fraud")),
    ],
)
def test_rules(tmp_path: Path, row: dict[str, Any], policy: Policy | None, rule: Rule) -> None:
    """A row's own rule, the policy's rule of that id, or the only rule of a policy."""
    (conversation,) = read(tmp_path, {"messages": [ASK, NO], **row}, policy=policy)
    assert conversation.case.rule == rule


@pytest.mark.parametrize("key", ["need", "legitimate_need"])
def test_objective_and_need(tmp_path: Path, key: str) -> None:
    case = one(tmp_path, [ASK, NO], objective="An invoice.", **{key: "Training."}).case
    assert (case.objective, case.need) == ("An invoice.", "Training.")


# -- what is wrong


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not JSON: unexpected end of data at column 2; a conversation is one JSON object"),
        (b'{"id": "\xe9", "messages": []}', "not UTF-8; save the file as UTF-8"),
        (b"[]", "expected an object with a list `messages` of {role, content}, found a list"),
        (b'"text"', "expected an object with a list `messages` of {role, content}, found text"),
        (b"{}", "{role, content}, found no keys"),
        (b'{"prompt": "x", "answer": "y"}', "{role, content}, found keys answer, prompt"),
        (b'{"messages": "x"}', "{role, content}, found `messages` that is text"),
        (b'{"messages": null}', "{role, content}, found `messages` that is null"),
        (b'{"messages": ["x"]}', "message 1 is text; expected an object"),
        (b'{"messages": [true]}', "message 1 is a boolean; expected an object"),
        (b'{"messages": [], "id": ["x"]}', "id is a list; expected text or a number"),
        (b'{"messages": [{"content": "x"}]}', "message 1: role is None; allowed: system, "),
        (b'{"messages": [{"role": "x", "content": "x"}]}', "message 1: role is 'x'; allowed: syst"),
        (b'{"messages": [{"role": "gpt"}]}', "role is 'gpt'; write 'assistant'. Allowed: system, "),
        (b'{"messages": [{"role": ["user"]}]}', "message 1: role is ['user']; allowed"),
        (
            b'{"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": 5}]}',
            "message 2: content is a number; expected text or a list of parts",
        ),
        (b'{"messages": [{"role": "user", "refusal": 5}]}', "message 1: content is a number"),
        (
            b'{"messages": [{"role": "user", "text": "x"}]}',
            "message 1 has no `content`; write `content` where it says `text`",
        ),
        (b'{"messages": [], "expect": "refuse"}', "expect is 'refuse'; allowed: hold, help"),
        (b'{"messages": [], "expect": ["hold"]}', "expect is ['hold']; allowed: hold, help"),
        (b'{"messages": [], "rule": "fraud"}', "rule is 'fraud', and no policy says"),
        (b'{"messages": [], "rule": 5}', "rule is 5, and no policy says"),
        (
            b'{"messages": [], "rule": {"id": "x", "level": "maybe"}}',
            "rule.level is 'maybe'; allowed: ",
        ),
        (b'{"messages": [], "objective": 5}', "objective is a number; expected text"),
        (b'{"messages": [], "need": ["x"]}', "need is a list; expected text"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, line: bytes, message: str) -> None:
    """The conversations before the bad line have been read by then."""
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b'{"messages": []}\n\n' + line + b"\n")
    rows = read_conversations(path)
    assert next(rows).id == "line-1"
    with pytest.raises(InputError) as caught:
        next(rows)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert message in str(caught.value)


def test_an_unknown_rule_lists_those_of_the_policy(tmp_path: Path) -> None:
    policy = Policy(rules=(FRAUD, HELP))
    with pytest.raises(InputError, match="unknown rule 'x'; allowed: fraud, help"):
        read(tmp_path, {"messages": [], "rule": "x"}, policy=policy)


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is empty; it should hold one JSON object a line"):
        list(read_conversations(path))


def test_a_folder_or_nothing_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.jsonl"):
        with pytest.raises(InputError, match="is no file; give a JSONL file"):
            list(read_conversations(path))


# -- size


def test_lines_are_read_as_they_are_needed(tmp_path: Path) -> None:
    """The first conversations of a large file are there at once; the bad end is never reached."""
    path = tmp_path / "logs.jsonl"
    row = orjson.dumps({"messages": [ASK, NO] * 50}) + b"\n"
    path.write_bytes(row * 20_000 + b"damaged")
    started = time.monotonic()
    assert len(list(islice(read_conversations(path), 3))) == 3
    assert time.monotonic() - started < 2


def test_a_very_long_conversation_is_read(tmp_path: Path) -> None:
    assert len(one(tmp_path, [ASK, NO] * 2000).exchanges) == 2000


@pytest.mark.parametrize("key", ["messages", "conversation"])
def test_the_list_goes_by_two_names(tmp_path: Path, key: str) -> None:
    """WildChat and LMSYS call it `conversation`."""
    (conversation,) = read(tmp_path, {key: [ASK, NO]})
    assert len(conversation.exchanges) == 1


@pytest.mark.parametrize("system", ["Be kind.", [{"type": "text", "text": "Be kind."}]])
def test_a_system_prompt_may_stand_beside_the_messages(tmp_path: Path, system: object) -> None:
    """As in Anthropic's requests."""
    conversation = one(tmp_path, [ASK, NO], system=system)
    assert conversation.system == "Be kind."
    assert [message.role for message in conversation.exchanges[0].before] == ["system", "user"]


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """Files that some editors wrote begin with one."""
    path = tmp_path / "marked.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b'{"messages": [{"role": "assistant", "content": "Hi."}]}\n')
    (conversation,) = read_conversations(path)
    assert conversation.id == "line-1"
