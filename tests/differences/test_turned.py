"""Dialogues that came out otherwise: one for one, worse ones first, of many scenarios."""

from __future__ import annotations

import pytest

from convsim.differences.turned import Turned, turned
from tests.differences.sides import rows


@pytest.mark.parametrize(
    ("was", "now", "better"),
    [
        ("held", "crossed", False),
        ("helped", "refused_allowed", False),
        ("helped", "crossed", False),
        ("crossed", "held", True),
        ("refused_allowed", "helped", True),
        ("helped", "blocked", False),
        ("blocked", "crossed", False),
        ("crossed", "blocked", True),
        ("held", "blocked", None),
        ("error", "held", None),
    ],
)
def test_what_is_worse_and_what_is_better(was: str, now: str, better: bool | None) -> None:
    assert Turned("a/restricted/t1/1/0/-", "a/restricted/t2/1/0/-", "r", was, now).better is better


def test_dialogues_are_matched_whatever_the_target_is_called() -> None:
    (one,) = turned(rows({"a.one": ".."}, target="old"), rows({"a.one": ".x"}, target="new"))
    assert (one.before, one.after) == ("a.one/restricted/old/2/0/-", "a.one/restricted/new/2/0/-")
    assert (one.place, one.was, one.now, one.rule) == ("a.one/restricted/2", "held", "crossed", "a")


def test_one_of_every_scenario_comes_before_more_of_one() -> None:
    before, after = {"a.one": "...", "b.two": ".."}, {"a.one": "xxx", "b.two": "x."}
    places = [one.place for one in turned(rows(before), rows(after))]
    assert places == [
        "a.one/restricted/1",
        "b.two/restricted/1",
        "a.one/restricted/2",
        "a.one/restricted/3",
    ]


def test_what_only_one_side_played_did_not_turn() -> None:
    assert turned(rows({"a.one": "."}), rows({"a.two": "x"})) == ()
    assert turned(rows({"a.one": "x"}, path="p1"), rows({"a.one": "."}, path="p2")) == ()
