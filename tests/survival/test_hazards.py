"""The model of move effects: what it finds, what it adjusts for, and when it says nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from convsim.estimates import Unit
from convsim.multiplicity import BENJAMINI_HOCHBERG
from convsim.rows import Row
from convsim.stats import Interval
from convsim.survival import End, MoveEffects, move_effects
from convsim.survival.hazards import Period, periods
from tests.survival.planted import dialogue

MOVES = ("push_back.insist", "reframe.fiction", "claim_authority.org_approval")
GROUPS = ("push_back", "reframe", "claim_authority")


def played(generator: Any, moves: Sequence[str], chances: dict[str, float], **fields: Any) -> Row:
    """A dialogue whose replies cross with the chance of the move."""
    for held, move in enumerate(moves):
        if generator.random() < chances[move]:
            return dialogue(held, End.CROSSED, moves=moves, **fields)
    return dialogue(len(moves), moves=moves, **fields)


def balanced(chances: Sequence[float], *, scenarios: int = 40, seed: int = 1) -> list[Row]:
    """Every order of the moves equally often, so that no order stands for a move."""
    generator = np.random.default_rng(seed)
    by_move = dict(zip(MOVES, chances, strict=True))
    return [
        played(generator, moves, by_move, scenario=f"s{scenario}", repeat=repeat)
        for scenario in range(scenarios)
        for repeat, moves in enumerate([*permutations(MOVES)] * 2)
    ]


def by_move(found: MoveEffects) -> dict[str, float | None]:
    return {effect.move: effect.coefficient.value for effect in found.effects}


def test_planted_effects_are_found() -> None:
    """Chances of 10, 20 and 40% are log odds of 0.81 and 1.79 above the first, and 10 and 30 points
    more."""
    found = move_effects(balanced([0.1, 0.2, 0.4]), judge="j", reference="push_back")
    truth = {"reframe": (math.log(0.2 / 0.8 * 9), 0.1), "claim_authority": (math.log(6), 0.3)}
    assert (found.reference, found.link) == ("push_back", "logit")
    for effect in found.effects:
        log_odds, points = truth[effect.move]
        for number, planted in ((effect.coefficient, log_odds), (effect.points, points)):
            assert isinstance(number.interval, Interval)
            assert number.interval.low <= planted <= number.interval.high
            assert number.decided == "more"
    assert found.effects[0].coefficient.unit is Unit.LOG_ODDS
    assert found.effects[0].points.unit is Unit.POINTS


def test_a_cloglog_model_finds_hazard_ratios() -> None:
    """The hazards -log(1 - h) of 20 and 10% have the ratio 2.12."""
    found = move_effects(
        balanced([0.1, 0.2, 0.4]), judge="j", reference="push_back", link="cloglog"
    )
    ratio = math.log(math.log(0.8) / math.log(0.9))
    (reframe,) = (it.coefficient for it in found.effects if it.move == "reframe")
    assert isinstance(reframe.interval, Interval)
    assert reframe.interval.low <= ratio <= reframe.interval.high


def test_moves_in_one_order_cannot_be_told_from_the_turns() -> None:
    """Then there is no number, and a line that says so; without adjustment there is one."""
    generator = np.random.default_rng(2)
    rows = [
        played(generator, MOVES, dict.fromkeys(MOVES, 0.2), scenario=f"s{n % 20}", repeat=n)
        for n in range(200)
    ]
    found = move_effects(rows, judge="j")
    assert set(by_move(found).values()) == {None}
    assert all("nothing shows whose effect" in it.coefficient.why for it in found.effects)
    assert None not in by_move(move_effects(rows, judge="j", adjust=())).values()


def test_a_move_that_never_crossed_has_no_finite_coefficient() -> None:
    """It is counted and left out, and the others are estimated without it."""
    found = move_effects(balanced([0.2, 0.0, 0.4]), judge="j", reference="push_back")
    effects = {effect.move: effect.coefficient for effect in found.effects}
    assert effects["reframe"].value is None
    assert effects["reframe"].why.startswith("0 of ")
    assert effects["reframe"].fractions["turns with reframe that crossed"].hits == 0
    assert effects["claim_authority"].decided == "more"


def test_a_reply_that_dialogues_share_is_one_turn() -> None:
    """Prefixes are shared through the ledger; a repeat of a row adds nothing."""
    rows = balanced([0.1, 0.2, 0.4])
    assert sum(1 for _ in periods([*rows, *rows])) == sum(1 for _ in periods(rows))
    assert move_effects([*rows, *rows], judge="j") == move_effects(rows, judge="j")


def test_periods_count_pressure_turns_and_know_the_label_before() -> None:
    """The first ask is no pressure turn; a move that nobody knows is no line."""
    row = dialogue(1, End.CROSSED, moves=MOVES)
    assert list(periods([row])) == [
        Period("s", 1, "push_back", "refusal", False),
        Period("s", 2, "reframe", "refusal", True),
    ]
    unknown = tuple(turn._replace(group="unknown") for turn in row.restricted_turns)
    assert list(periods([replace(row, restricted_turns=unknown)])) == []


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "no refusal was pressed"),
        ([dialogue(3)], "one kind of move only"),
        ([dialogue(3, moves=MOVES)], "one kind of move only, or none that both crossed and held"),
    ],
)
def test_where_there_is_no_model_it_says_why(rows: list[Row], why: str) -> None:
    """Nothing crossed, or nothing to compare."""
    found = move_effects(rows, judge="j")
    assert found.effects == ()
    assert found.why.startswith(why)


def test_the_reference_is_the_most_frequent_group() -> None:
    """Of those that both crossed and held; anything else can be asked for."""
    rows = balanced([0.2, 0.2, 0.2])
    more = [dialogue(3, moves=("appeal.urgency",) * 3, scenario=f"s{n}") for n in range(400)]
    found = move_effects([*rows, *more], judge="j")
    assert found.reference in GROUPS
    assert move_effects(rows, judge="j", reference="reframe").reference == "reframe"


def test_p_values_allow_for_the_number_of_moves() -> None:
    """They say where to look (Benjamini and Hochberg), in log odds and in points alike."""
    rows = balanced([0.1, 0.1, 0.4])
    both = move_effects(rows, judge="j", reference="push_back").effects
    seen = {effect.move: effect for effect in both}
    for numbers in ([it.coefficient for it in both], [it.points for it in both]):
        assert {it.adjusted for it in numbers} == {BENJAMINI_HOCHBERG}
        assert all(it.p_value is not None and 0 <= it.p_value <= 1 for it in numbers)
    assert (seen["claim_authority"].points.p_value or 1) < 0.001


def test_records_have_their_counts_and_the_judge() -> None:
    """Two for each move; all of it is JSON."""
    found = move_effects(balanced([0.1, 0.2, 0.4]), judge="rules:9")
    records = found.records()
    assert len(records) == 4
    assert {record["judge"] for record in records} == {"rules:9"}
    assert all(record["denominator"] and record["reference_denominator"] for record in records)
    assert {record["clusters"] for record in records} == {40}
    json.dumps(found.to_dict(), allow_nan=False)


def test_what_cannot_be_adjusted_for_is_named() -> None:
    """With what can."""
    with pytest.raises(ValueError, match="adjust for weather; it can for turn, label"):
        move_effects([], judge="j", adjust=("turn", "weather"))
