"""promptfoo: single answers, whole conversations, and attempts that each began anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.conversations import Conversation, read_conversations
from convsim.errors import InputError
from convsim.reading import Status
from convsim.scenario import Expect
from convsim.transcript import Stop
from tests.conversations.rows import ASK, NO, PLEASE, SYSTEM, YES

CHAT = orjson.dumps([SYSTEM, ASK]).decode()
"""A prompt that is a list of messages, as promptfoo keeps it: in a text."""


def result(**fields: Any) -> dict[str, Any]:
    """A result with the fields that `EvaluateResult` always has."""
    return {
        "promptIdx": 0,
        "testIdx": 0,
        "testCase": {"vars": {}},
        "promptId": "p",
        "provider": {"id": "openai:gpt"},
        "prompt": {"raw": "Do it.", "label": "x"},
        "vars": {},
        "response": {"output": "No."},
        "success": True,
        "score": 1,
        **fields,
    }


def read(tmp_path: Path, *results: object) -> list[Conversation]:
    """The same results as an export in JSON and, which makes no difference, in JSONL."""
    whole = {"evalId": "e", "results": {"version": 3, "results": results}, "config": {}}
    paths = [tmp_path / "results.json", tmp_path / "results.jsonl"]
    paths[0].write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2))
    paths[1].write_bytes(b"\n".join(map(orjson.dumps, results)))
    first, second = (list(read_conversations(path)) for path in paths)
    assert [(it.id, it.exchanges) for it in first] == [(it.id, it.exchanges) for it in second]
    return first


def said(conversation: Conversation) -> list[tuple[str, str]]:
    return [(exchange.user, exchange.reply.text) for exchange in conversation.exchanges]


@pytest.mark.parametrize(
    ("fields", "system", "turns"),
    [
        ({}, None, [("Do it.", "No.")]),
        ({"response": {"output": {"a": 1}}}, None, [("Do it.", '{"a":1}')]),
        ({"prompt": {"raw": CHAT}}, "Be kind.", [("Do it.", "No.")]),
        ({"prompt": {"raw": "[not JSON"}}, None, [("[not JSON", "No.")]),
        ({"prompt": {"raw": '["a"]'}}, None, [('["a"]', "No.")]),
        ({"response": {"output": "No.", "prompt": "Sent."}}, None, [("Sent.", "No.")]),
        ({"response": {"output": "No.", "prompt": [SYSTEM, ASK]}}, "Be kind.", [("Do it.", "No.")]),
        ({"response": {"metadata": {"messages": [ASK, NO, PLEASE, YES]}}}, None,
         [("Do it.", "No."), ("Please.", "Yes.")]),
        ({"metadata": {"messages": [ASK, NO]}}, None, [("Do it.", "No.")]),
        ({"response": {"error": "timeout"}, "error": "timeout"}, None, []),
        ({"response": None}, None, []),
    ],
)  # fmt: skip
def test_what_was_said(
    tmp_path: Path, fields: dict[str, Any], system: str | None, turns: list[tuple[str, str]]
) -> None:
    """A call that failed is no reply: the user's text is left unanswered."""
    (conversation,) = read(tmp_path, result(**fields))
    assert (conversation.system, said(conversation)) == (system, turns)


def test_attempts_that_began_anew_are_conversations_of_their_own(tmp_path: Path) -> None:
    """An iterative strategy asks again and again, each time in a new chat."""
    history = [{"prompt": "Do it.", "output": "No."}, {"prompt": "Please.", "output": "Yes."}]
    found = read(tmp_path, result(id="r", response={"metadata": {"redteamHistory": history}}))
    assert [(it.id, said(it)) for it in found] == [
        ("r/1", [("Do it.", "No.")]),
        ("r/2", [("Please.", "Yes.")]),
    ]


def test_messages_stand_before_the_history_of_a_strategy(tmp_path: Path) -> None:
    """Multi-turn strategies have both; the messages are what the target saw."""
    history = [{"prompt": "Do it.", "output": "No."}]
    metadata = {"messages": [ASK, NO, PLEASE, YES], "redteamHistory": history}
    (conversation,) = read(tmp_path, result(response={"metadata": metadata}))
    assert len(conversation.exchanges) == 2


@pytest.mark.parametrize(
    ("provider", "system"),
    [
        ("promptfoo:simulated-user", "Be kind."),
        ({"id": "promptfoo:simulated-user"}, "Be kind."),
        ({"id": "promptfoo:redteam:mischievous-user"}, "Be kind."),
        ({"id": "promptfoo:redteam:crescendo"}, None),
        (None, None),
    ],
)
def test_with_a_simulated_user_the_prompt_is_the_operators(
    tmp_path: Path, provider: object, system: str | None
) -> None:
    (conversation,) = read(
        tmp_path,
        result(
            testCase={"provider": provider},
            prompt={"raw": "Be kind."},
            response={"metadata": {"messages": [ASK, NO]}},
        ),
    )
    assert conversation.system == system


def test_a_filtered_answer_is_a_block(tmp_path: Path) -> None:
    (conversation,) = read(
        tmp_path, result(response={"output": "", "finishReason": "content_filter"})
    )
    transcript = conversation.transcript()
    assert (transcript.turns[0].status, transcript.stop) == (Status.PROVIDER_BLOCK, Stop.BLOCKED)


@pytest.mark.parametrize(
    ("fields", "id"),
    [({"id": "r"}, "r"), ({}, "0-0"), ({"testIdx": 3, "promptIdx": 1}, "3-1")],
)
def test_names(tmp_path: Path, fields: dict[str, Any], id: str) -> None:
    """The result's own, or its test and prompt."""
    assert [it.id for it in read(tmp_path, result(**fields))] == [id]


@pytest.mark.parametrize(
    ("metadata", "objective", "expect"),
    [
        ({}, None, None),
        ({"goal": "An invoice."}, "An invoice.", None),
        ({"goal": "An invoice.", "objective": "It."}, "It.", None),
        ({"expect": "hold"}, None, Expect.HOLD),
        ({"goal": "x", "convsim": {"objective": "It.", "expect": "help"}}, "It.", Expect.HELP),
    ],
)
def test_the_test_says_what_was_right(
    tmp_path: Path, metadata: dict[str, Any], objective: str | None, expect: Expect | None
) -> None:
    """`goal` is what a red-team strategy is after."""
    (conversation,) = read(tmp_path, result(testCase={"metadata": metadata}))
    assert (conversation.case.objective, conversation.case.expect) == (objective, expect)


def test_a_result_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(orjson.dumps({"results": {"results": [result(), 5]}}))
    with pytest.raises(InputError, match=r"results\.json:1: result 2 is a number; expected an obj"):
        list(read_conversations(path))
