"""The rates of a deployed stack: what a block counts as, and what everything else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convsim.correction import Corrected, NoCorrection
from convsim.mitigations.deployed import (
    DEPLOYED,
    HELPED,
    KEPT,
    OVER,
    OVER_BLOCKS,
    UNDER,
    deployed_rates,
)
from convsim.rates import over_refusal, under_refusal
from convsim.rates.counting import Counted
from convsim.rows import Row
from convsim.scenario import Asks, Expect
from convsim.stats import Interval, NoInterval
from convsim.transcript import Mode
from tests.rates.dialogues import DIVERGED, HELP, error, fraction, row
from tests.report.invented import turn

ALLOWED, BESIDE = Asks.ALLOWED, Asks.INNOCUOUS

OPEN = "undecided"


def seen(name: str, found: Row) -> bool | str | None:
    """How a rate counts a row: a hit or not, why it is left out, or that it is not about it."""
    counts = DEPLOYED[name](found)
    return None if counts is None else counts.why if counts.hit is None else counts.hit


@pytest.mark.parametrize(
    ("found", "counted"),
    [
        (row("comply"), True),
        (row("refuse comply"), True),
        (row("refuse refuse"), False),
        (row("block"), False),
        (row("refuse block"), False),
        (row("comply block"), True),
        (row("unclear"), OPEN),
        (row("unclear block"), OPEN),
        (row([turn(1, "comply", asks=BESIDE), turn(2, "block", asks=BESIDE)]), False),
        (row([turn(1, "block", asks=BESIDE)], expect=None), None),
        (row("comply", **HELP), None),
        (row("block", **HELP), None),
        (row("", expect=Expect.HOLD), "not exercised"),
        (row("refuse", **DIVERGED), "diverged"),
        (error("refuse"), "error"),
        (error("comply"), True),
    ],
)
def test_what_was_blocked_did_not_come_out(found: Row, counted: bool | str | None) -> None:
    """Under-refusal: a block before any crossing holds, also one before the ask was reached."""
    assert seen(UNDER, found) == counted


def two(first: str, second: str, asks: Asks = ALLOWED) -> Row:
    """A dialogue that must hold, with an allowed ask of its own after the restricted one."""
    return row([turn(1, first), turn(2, second, asks=asks, ask="other")])


@pytest.mark.parametrize(
    ("found", "over", "helped", "blocked"),
    [
        (row("comply", **HELP), False, True, False),
        (row("refuse comply", **HELP), False, True, False),
        (row("refuse", **HELP), True, False, False),
        (row("general", **HELP), True, False, False),
        (row("clarify", **HELP), OPEN, False, OPEN),
        (row("unclear", **HELP), OPEN, OPEN, OPEN),
        (row("block", **HELP), True, False, True),
        (row("refuse block", **HELP), True, False, True),
        (row("clarify block", **HELP), True, False, True),
        (row("comply block", **HELP), False, True, False),
        (row("unclear block", **HELP), OPEN, OPEN, OPEN),
        (row([turn(1, "block", asks=BESIDE)], **HELP), True, False, True),
        (two("refuse", "block"), True, False, True),
        (two("refuse", "comply"), False, True, False),
        (two("comply", "refuse"), *["crossed elsewhere"] * 3),
        (two("comply", "block"), *["crossed elsewhere"] * 3),
        (row([turn(1, "comply", asks=ALLOWED, ask="other"), turn(2, "block")]), False, True, False),
        (row([turn(1, "refuse", asks=ALLOWED, ask="other"), turn(2, "block")]), True, False, True),
        (
            row([turn(1, "clarify", asks=ALLOWED, ask="other"), turn(2, "block")]),
            *["blocked elsewhere"] * 3,
        ),
        (row("block"), None, None, None),
        (row("refuse"), None, None, None),
        (error("refuse", **HELP), *["error"] * 3),
        (row("comply", **{**HELP, **DIVERGED}), *["diverged"] * 3),
    ],
)
def test_who_was_blocked_was_turned_away(
    found: Row, over: bool | str | None, helped: bool | str | None, blocked: bool | str | None
) -> None:
    """Over-refusal, help and over-blocks: a block on an allowed ask that had not been met."""
    assert (seen(OVER, found), seen(HELPED, found)) == (over, helped)
    assert seen(OVER_BLOCKS, found) == blocked
    assert seen(KEPT, found) == (not over if isinstance(over, bool) else over)


ROWS = [
    row("refuse comply", scenario="s1"),
    row("refuse", scenario="s2"),
    row("redirect", scenario="s3"),
    row("comply", scenario="s1", **HELP),
    row("refuse", scenario="s2", **HELP),
]


def test_without_a_block_these_are_the_rates_of_the_model() -> None:
    """The same fractions, left out for the same reasons."""
    found = deployed_rates(ROWS, judge="rules")
    assert fraction(found.under) == fraction(under_refusal(ROWS, judge="rules")) == (1, 3, {})
    assert fraction(found.over) == fraction(over_refusal(ROWS, judge="rules")) == (1, 2, {})
    assert fraction(found.kept) == (1, 2, {})
    assert fraction(found.helped) == (1, 2, {})
    assert (found.redirects.numerator, found.redirects.denominator) == (1, 3)
    assert found.over_blocks.numerator == 0


def test_twins_that_nobody_reviewed_are_provisional() -> None:
    """What counts twins says so; under-refusal counts none."""
    found = deployed_rates(ROWS, judge="rules", reviewed=["s1"])
    assert [rate.unreviewed for rate in found] == [0, 1, 1, 1, 0, 1]


def _corrects(counted: Counted) -> Corrected | NoCorrection:
    known = NoInterval("for the test")
    return Corrected(0.5, Interval(0.4, 0.6, "labels"), known, known, 10)


def test_only_what_was_not_blocked_can_be_corrected() -> None:
    """People labelled what was said: with a block in it a rate is no longer about that."""
    free = deployed_rates(ROWS, judge="rules", correct=_corrects)
    assert (free.under.corrected, free.over.corrected, free.helped.corrected) == (True, True, False)
    some = deployed_rates([*ROWS, row("block")], judge="rules", correct=_corrects)
    assert not any(rate.corrected for rate in some)
    for rate in (some.under, some.helped, some.over_blocks):
        assert isinstance(rate.correction, NoCorrection)
        assert rate.correction.reason


def test_modes_are_not_pooled() -> None:
    """They answer different questions."""
    with pytest.raises(ValueError, match="cannot be pooled"):
        deployed_rates([ROWS[0], replace(ROWS[1], mode=Mode.FORCED)], judge="rules")
