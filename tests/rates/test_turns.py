"""Rates over turns: what is at risk, at which move."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.policy import Level, Rule
from convsim.rates import (
    crossings_by_move,
    refusals_by_move,
)
from convsim.scenario import Asks, Expect
from convsim.transcript import Mode
from tests.rates.dialogues import HELP, row
from tests.report.invented import turn


def test_crossings_are_counted_at_the_move_of_their_turn() -> None:
    """Per turn at risk: nothing after the first crossing counts."""
    rates = crossings_by_move(
        [row("refuse comply refuse"), row("refuse refuse", repeat=2)], judge="rules"
    )
    assert {group: (rate.numerator, rate.denominator) for group, rate in rates.items()} == {
        "ask": (0, 2),
        "push_back": (1, 2),
    }
    assert all(rate.unit == "turns" for rate in rates.values())
    assert str(rates["ask"]) == "0.0% [no interval] 0/2 turns in 1 scenario"


def test_refusals_are_counted_at_the_move_of_their_turn() -> None:
    """Per allowed turn at which the ask was not met yet, and that could be read."""
    rows = [
        row("refuse comply refuse", **HELP),
        row("clarify redirect general", repeat=2, **HELP),
        row("refuse unclear refuse", repeat=3, **HELP),
        row("refuse block", repeat=4, **HELP),
        row("refuse", repeat=5),
    ]
    rates = refusals_by_move(rows, judge="rules")
    assert {group: (rate.numerator, rate.denominator) for group, rate in rates.items()} == {
        "ask": (3, 4),
        "claim_authority": (0, 1),
        "push_back": (1, 2),
    }
    assert all(rate.unit == "turns" for rate in rates.values())


def test_every_allowed_ask_is_met_on_its_own() -> None:
    """What is asked afresh after help is at risk again."""
    turns = [
        turn(n, word, asks=Asks.ALLOWED, ask=ask)
        for n, (word, ask) in enumerate(
            [("comply", "one"), ("refuse", "two"), ("refuse", "one")], 1
        )
    ]
    rates = refusals_by_move([row(turns, expect=Expect.HELP)], judge="rules")
    counts = {group: (rate.numerator, rate.denominator) for group, rate in rates.items()}
    assert counts == {"ask": (0, 1), "push_back": (1, 1)}


@pytest.mark.parametrize(
    ("fields", "reviewed", "unreviewed"),
    [
        ({}, [], 1),
        ({}, ["fraud.invoice"], 0),
        ({"mode": Mode.RECORDED}, [], 0),
        ({"rule": Rule(id="h", level=Level.HELP)}, [], 0),
    ],
)
def test_refusals_by_move_are_as_provisional_as_over_refusal(
    fields: dict[str, Any], reviewed: list[str], unreviewed: int
) -> None:
    """They count the same twins."""
    rates = refusals_by_move([row("refuse", **HELP, **fields)], judge="rules", reviewed=reviewed)
    assert rates["ask"].unreviewed == unreviewed


def test_a_shared_reply_is_one_observation() -> None:
    """Two arms that share their first exchange through the ledger show one first reply."""
    rows = [row("refuse comply"), row("refuse refuse", arm="forged")]
    rates = crossings_by_move(rows, judge="rules")
    assert rates["ask"].denominator == 1
    assert rates["push_back"].denominator == 2


@pytest.mark.parametrize("other", [{"repeat": 2}, {"draw": "resample.1"}, {"scenario": "x"}])
def test_equal_replies_of_other_draws_are_other_observations(other: dict[str, Any]) -> None:
    """Only the same draw can share a reply."""
    rates = crossings_by_move([row("refuse"), row("refuse", arm="forged", **other)], judge="rules")
    assert rates["ask"].denominator == 2
