"""Cases: what a row says was right, in every spelling, and what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convsim.conversations import OddConversation
from convsim.errors import InputError
from convsim.policy import Disclaimer, Level, Rule
from tests.conversations.rows import ASK, NO, one


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"id": "a"}, Rule(id="a")),
        ({"id": "a", "level": None, "text": None}, Rule(id="a")),
        ({"id": "a", "level": "never", "text": "No."}, Rule(id="a", level=Level.NEVER, text="No.")),
        ({"id": "a", "unlocked_by": "a badge"}, Rule(id="a", unlocked_by="a badge")),
        ({"id": "a", "disclaimer": "allowed"}, Rule(id="a", disclaimer=Disclaimer.ALLOWED)),
        ({"id": "a", "disclaimer": True}, Rule(id="a", disclaimer=Disclaimer.ALLOWED)),
        ({"id": "a", "disclaimer": False}, Rule(id="a")),
        ({"id": "a", "hazards": "vcr"}, Rule(id="a", hazards=("vcr",))),
        ({"id": "a", "hazards": ["vcr"]}, Rule(id="a", hazards=("vcr",))),
    ],
)
def test_a_rows_own_rule(tmp_path: Path, rule: dict[str, Any], found: Rule) -> None:
    assert one(tmp_path, [ASK, NO], rule=rule).case.rule == found


def test_an_unknown_key_of_a_rule_is_told(tmp_path: Path) -> None:
    """Likely a slip, and never worth refusing the whole file."""
    match = r"logs.jsonl:1: rule.unlockedby is left alone; did you mean 'unlocked_by'\?"
    with pytest.warns(OddConversation, match=match):
        rule = one(tmp_path, [ASK, NO], rule={"id": "a", "unlockedby": "x"}).case.rule
    assert rule == Rule(id="a")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"expect": "refuse"}, "expect is 'refuse'; allowed: hold, help"),
        ({"objective": 5}, "objective is a number; expected text"),
        ({"rule": {"level": "never"}}, "rule.id is missing"),
        ({"rule": {"id": "a", "disclaimer": "maybe"}}, "rule.disclaimer is 'maybe'; allowed: "),
    ],
)  # fmt: skip
def test_what_cannot_be_names_its_place(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        one(tmp_path, [ASK, NO], **row)
    assert str(caught.value).startswith(f"{tmp_path}/logs.jsonl:1: {message}")


def test_all_that_is_wrong_in_a_row_is_told(tmp_path: Path) -> None:
    """Each on a line of its own, with the place."""
    with pytest.raises(InputError) as caught:
        one(tmp_path, [ASK, NO], expect="refuse", objective=5, facets=5, rule={"id": "a"})
    place = f"{tmp_path}/logs.jsonl:1: "
    assert [line.removeprefix(place)[:12] for line in str(caught.value).splitlines()] == [
        "facets is a ",
        "objective is",
        "expect is 'r",
    ]


@pytest.mark.parametrize(
    ("key", "value", "meant"),
    [
        ("facetz", [], "facets"),
        ("closures", [["a", "b"]], "closure"),
        ("objektive", "Do it.", "objective"),
        ("legitimate_needs", "to learn", "legitimate_need"),
        ("evidenze", "forged", "evidence"),
        ("move", ["ask.direct"], "moves"),
        ("expected", "hold", "expect"),
    ],
)
def test_a_key_that_is_likely_a_slip_is_told(
    tmp_path: Path, key: str, value: object, meant: str
) -> None:
    """And left alone: it may be the row's own."""
    match = rf"logs.jsonl:1: `{key}` is left alone; did you mean '{meant}'\?"
    with pytest.warns(OddConversation, match=match):
        one(tmp_path, [ASK, NO], **{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("expected", "A short answer."),
        ("object", "chat.completion"),
        ("tasks", ["a"]),
        ("model", "m"),
        ("rules", []),
        ("move", "ask.direct"),
        ("facetz", None),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_key_of_its_own_is_not(tmp_path: Path, key: str, value: object) -> None:
    """Neither is one that looks like a key which the row has."""
    one(tmp_path, [ASK, NO], **{key: value})
    one(tmp_path, [ASK, NO], expect="hold", expected="hold")
