"""Records: what is common to all formats."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from convsim.conversations.record import OddConversation, Remarks, case_in, kind_of


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "a boolean"),
        ("x", "text"),
        ([], "a list"),
        ({}, "an object"),
        (1, "a number"),
        (1.5, "a number"),
    ],
)
def test_kinds_are_named_as_in_json(value: object, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    ("metadata", "case", "loose"),
    [
        (None, {}, True),
        ("x", {}, True),
        ({"expect": "hold"}, {"expect": "hold"}, True),
        ({"convsim": {"expect": "hold"}, "rule": 5}, {"expect": "hold"}, False),
        ({"convsim": "x", "rule": 5}, {"convsim": "x", "rule": 5}, True),
    ],
)
def test_what_is_meant_for_convsim_stands_alone(
    metadata: object, case: dict[str, object], loose: bool
) -> None:
    """Metadata of somebody else may have a `rule` that is none."""
    assert case_in(metadata) == (case, loose)


def test_a_million_oddities_are_few_warnings() -> None:
    """The first three of a kind in words, the rest as a number."""
    remarks = Remarks(Path("logs.jsonl"))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for n in range(10):
            remarks.say(f"logs.jsonl:{n}", "something is odd", f": {n}")
        remarks.say("logs.jsonl:11", "something else is odd")
        remarks.close()
    assert {item.category for item in told} == {OddConversation}
    assert [str(item.message) for item in told] == [
        "logs.jsonl:0: something is odd: 0",
        "logs.jsonl:1: something is odd: 1",
        "logs.jsonl:2: something is odd: 2",
        "logs.jsonl:11: something else is odd",
        "logs.jsonl: something is odd: 7 more",
    ]
