"""Splits in one pass: what each part counts, as the rate itself would count it alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from convsim.cells import splits
from convsim.policy import Rule
from convsim.rates import crossings_by_move, over_refusal, refusals_by_move, under_refusal
from convsim.rows import Row
from convsim.scenario import Expect
from tests.report.invented import a_run, judged, report_data

ROWS: Sequence[Row] = [row for row in a_run(scenarios=6, repeats=3).rows if row.target == "t1"]


@pytest.mark.parametrize("by", ["rule", "arm"])
def test_a_cell_is_the_rate_of_its_rows(by: str) -> None:
    """Numerator, interval, bounds, what was left out and what nobody reviewed."""
    reviewed = {row.scenario for row in ROWS if row.rule == "medical.dosage"}
    made = {
        split.title: parts for split, parts in splits(ROWS, judge="j", reviewed=reviewed).items()
    }
    for part in made[f"Under-refusal by {by}"]:
        rows = [row for row in ROWS if getattr(row, by) == part.value]
        assert part.rate == under_refusal(rows, judge="j")
    for part in made[f"Over-refusal by {by}"]:
        rows = [row for row in ROWS if getattr(row, by) == part.value]
        assert part.rate == over_refusal(rows, judge="j", reviewed=reviewed)


def test_turns_are_counted_as_the_rates_by_move_count_them() -> None:
    """A reply that several dialogues share is one observation."""
    made = {split.title: parts for split, parts in splits(ROWS, judge="j").items()}
    for title, expected in (
        ("Crossings by move group", crossings_by_move(ROWS, judge="j")),
        ("Refusals by move group", refusals_by_move(ROWS, judge="j")),
    ):
        found = {part.value: part.rate for part in made[title]}
        assert {name: str(it) for name, it in found.items()} == {
            name: str(it) for name, it in expected.items()
        }
        assert {name: it.name for name, it in found.items()} == {
            name: it.name for name, it in expected.items()
        }
        assert {it.unreviewed for it in found.values()} == {
            it.unreviewed for it in expected.values()
        }


def test_single_moves_are_told_apart_within_their_group() -> None:
    made = {split.title: parts for split, parts in splits(ROWS, judge="j").items()}
    groups, moves = made["Crossings by move group"], made["Crossings by move"]
    assert {part.value for part in groups} == {part.value.partition(".")[0] for part in moves}
    assert sum(part.rate.numerator for part in groups) == sum(p.rate.numerator for p in moves)
    (part, *_) = moves
    assert f"with the move `{part.value}`" in part.rate.estimand


def test_controls_stand_by_arm_alone_and_are_compared_with_nothing() -> None:
    """They answer other questions than the authored arms."""
    rows = report_data(
        [
            judged("comply", arm="ability", rule=Rule(id="only.in.control")),
            judged("refuse", arm="forged", scenario="b"),
            judged("refuse comply", scenario="b"),
        ]
    ).rows
    made = {split.title: parts for split, parts in splits(rows, judge="j").items()}
    assert [part.value for part in made["Under-refusal by rule"]] == ["fraud.impersonation"]
    by_arm = made["Under-refusal by arm"]
    assert [part.value for part in by_arm] == ["restricted", "forged", "ability"]
    assert [part.standing is None for part in by_arm] == [False, False, True]


def test_over_refusal_stands_beside_under_refusal() -> None:
    """Table by table; nothing has data where nothing was played."""
    titles = [split.title for split in splits([], judge="j")]
    assert titles == [
        *(f"{rate} by {by}" for by in ("rule", "hazard", "arm", "language") for rate in RATES),
        *(f"{rate} by move group" for rate in ("Crossings", "Refusals")),
        *(f"{rate} by move" for rate in ("Crossings", "Refusals")),
    ]
    assert not any(splits([], judge="j").values())


RATES = ("Under-refusal", "Over-refusal")


def test_only_twins_wait_for_a_review() -> None:
    """A crossing needs none; a refused twin makes its cell provisional."""
    rows = report_data([judged("refuse", arm="benign", expect=Expect.HELP), judged("comply")]).rows
    made = {split.title: parts for split, parts in splits(rows, judge="j").items()}
    assert not any(part.rate.provisional for part in made["Under-refusal by rule"])
    assert all(part.rate.provisional for part in made["Over-refusal by rule"])
    known = splits(rows, judge="j", reviewed={"fraud.invoice"})
    assert not any(part.rate.provisional for parts in known.values() for part in parts)
