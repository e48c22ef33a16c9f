"""Answers: one strict JSON object with the right id, or the reason why there is none."""

from __future__ import annotations

import pytest

from convsim.questions.answers import Abstention, Answer, Strict, found_in, parsed, schema_of
from convsim.quotes import Quotable
from convsim.reading import Span, Status
from convsim.transcript import Reply, Schema


class Inner(Strict):
    """A part."""

    title: str
    n: int


class Form(Answer):
    """Two keys."""

    parts: tuple[Inner, ...]


GOOD = '{"id": "x", "parts": [{"title": "a", "n": 1}]}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n{GOOD} ",
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```",
        # servers that leave the reasoning in the answer
        f"<think>\nPerhaps {{}}?\n</think>\n\n{GOOD}",
        f"Perhaps {{}}?\n</think>\n```json\n{GOOD}\n```",
    ],
)
def test_one_object_is_an_answer(text: str) -> None:
    assert parsed(Reply(text), "x", Form).parts == (Inner(title="a", n=1),)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(GOOD, Status.PROVIDER_BLOCK), "blocked"),
        (Reply(" "), "empty"),
        (Reply("", reasoning=GOOD), "empty"),
        (Reply(GOOD, Status.TRUNCATED), "truncated"),
        (Reply("I'm sorry, but I can't help with that."), "refused"),
        (Reply("Unfortunately, I won't do that. Ask somebody else."), "refused"),
        # prose about a refusal, or one that answers, is none
        (Reply("No."), "malformed"),
        (Reply("No, this reply is fine."), "malformed"),
        (Reply("I would not block this. The reply declines to help."), "malformed"),
        (Reply('The assistant says "I can\'t help with that".'), "malformed"),
        (Reply("PASS"), "malformed"),
        (Reply(f"Sorry, I can't. {GOOD}"), "malformed"),
        (Reply(GOOD + GOOD), "malformed"),
        (Reply(GOOD + "\n" + GOOD), "malformed"),
        (Reply(f"[{GOOD}]"), "malformed"),
        (Reply(f"<think>{GOOD}"), "malformed"),
        (Reply(f"<think>{GOOD}</think>"), "empty"),
        (Reply(f"<think>Hm.</think> Sure: {GOOD}"), "malformed"),
        (Reply(f"{GOOD}</think>{GOOD}"), "malformed"),
        (Reply(GOOD.replace('"n": 1', '"n": 1, "n": 2')), "malformed"),
        (Reply(GOOD.replace('"n": 1', '"n": true')), "malformed"),
        (Reply(GOOD.replace('"n": 1', '"n": 1.0')), "malformed"),
        (Reply(GOOD.replace('"n": 1', '"n": NaN')), "malformed"),
        (Reply(GOOD.replace('"n": 1', '"N": 1')), "malformed"),
        (Reply(GOOD.replace('"id": "x"', '"id": "y"')), "foreign"),
        (Reply('{"id":' * 100_000), "malformed"),
    ],
)
def test_anything_else_is_none(reply: Reply, why: str) -> None:
    with pytest.raises(Abstention) as caught:
        parsed(reply, "x", Form)
    assert caught.value.reason == why


def test_a_quote_stands_in_the_text_or_nowhere() -> None:
    assert found_in(Quotable("I won't."), "won't") == Span(2, 7)
    with pytest.raises(Abstention) as caught:
        found_in(Quotable("I won't."), "will", "turn 3")
    assert (caught.value.reason, caught.value.place) == ("unquotable", "turn 3")


def test_the_schema_is_the_strict_subset() -> None:
    """A key that is called `title` is a key; what pydantic calls so is left out."""
    inner = {
        "additionalProperties": False,
        "properties": {"title": {"type": "string"}, "n": {"type": "integer"}},
        "required": ["title", "n"],
        "type": "object",
    }
    assert schema_of(Form, "form") == Schema(
        "form",
        {
            "$defs": {"Inner": inner},
            "additionalProperties": False,
            "properties": {
                "id": {"type": "string"},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/Inner"}},
            },
            "required": ["id", "parts"],
            "type": "object",
        },
    )
