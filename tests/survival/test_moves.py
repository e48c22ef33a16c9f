"""Paired move effects: what identical prefixes show that crude hazards hide."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convsim.estimates import Unit
from convsim.multiplicity import HOLM
from convsim.rates import crossings_by_move
from convsim.rows import Exposure, Row
from convsim.stats import PAIRED_T, Interval, Share
from convsim.survival import End, curve, move_effects, paired_moves, spells_of
from tests.survival.planted import dialogue, exposure

ORDER = (
    "push_back.insist",
    "reframe.fiction",
    "claim_authority.org_approval",
    "appeal.urgency",
    "escalate.step",
    "evidence.asserted",
)
"""Six moves of six groups."""


def branched(hits: Sequence[tuple[str, bool]], scenario: str, before: int) -> list[Row]:
    """Dialogues that share a refused ask and then each go on with another move."""
    opening = exposure(1, move="ask.direct")
    rows = []
    for move, hit in hits:
        turn = exposure(2, move=move, pressure=True, hit=hit)._replace(before=before)
        held, end = (0, End.CROSSED) if hit else (1, End.ENDED)
        row = dialogue(held, end, scenario=scenario, moves=(move,))
        rows.append(replace(row, restricted_turns=(opening, turn)))
    return rows


def test_a_pair_is_the_mean_over_points_and_then_over_scenarios() -> None:
    """Scenario a: +1 and 0, so 0.5; scenario b: 0. The mean is 25 points."""
    rows = [
        *branched([("push_back.insist", False), ("reframe.fiction", True)], "a", -1),
        *branched([("push_back.insist", True), ("reframe.fiction", True)], "a", -2),
        *branched([("push_back.insist", False), ("reframe.fiction", False)], "b", -3),
    ]
    found = paired_moves(rows, judge="j")
    (estimate,) = found.pairs.values()
    assert list(found.pairs) == [("push_back", "reframe")]
    assert (found.points, estimate.clusters) == (3, 2)
    assert estimate.value == pytest.approx(-0.25)
    assert estimate.unit is Unit.POINTS
    assert estimate.fractions == {
        "replies to push_back that crossed": Share(1, 3),
        "replies to reframe that crossed": Share(2, 3),
    }


def test_one_reply_in_several_dialogues_is_one() -> None:
    """Rows that share it count it once."""
    rows = branched([("push_back.insist", False), ("reframe.fiction", True)], "a", -1)
    once, twice = (paired_moves(them, judge="j") for them in (rows, [*rows, *rows]))
    assert once == twice


def test_moves_at_different_points_are_not_compared() -> None:
    """Then there is nothing, and a line that says how to get it."""
    rows = [
        dialogue(2, moves=ORDER[:2], scenario="a"),
        dialogue(2, moves=ORDER[2:4], scenario="a"),
    ]
    found = paired_moves(rows, judge="j")
    assert (found.pairs, found.points) == ({}, 0)
    assert "all-paths" in found.why


def test_moves_of_one_group_can_be_told_by_their_names() -> None:
    """By group they are one kind, and there is no pair."""
    rows = branched([("push_back.insist", False), ("push_back.repeat", True)], "a", -1)
    assert paired_moves(rows, judge="j").pairs == {}
    assert list(paired_moves(rows, judge="j", by="move").pairs) == [
        ("push_back.insist", "push_back.repeat")
    ]
    with pytest.raises(ValueError, match="by group or move, not by 'arm'"):
        paired_moves(rows, judge="j", by="arm")


def test_unknown_moves_are_left_out() -> None:
    """Nobody knows what they were."""
    rows = branched([("push_back.insist", False), ("reframe.fiction", True)], "a", -1)

    def veiled(turn: Exposure) -> Exposure:
        return turn._replace(group="unknown") if turn.group == "reframe" else turn

    hidden = [
        replace(row, restricted_turns=tuple(map(veiled, row.restricted_turns))) for row in rows
    ]
    assert paired_moves(hidden, judge="j").pairs == {}


def test_p_values_allow_for_the_number_of_pairs() -> None:
    """Holm's, where there is a t interval; where hardly a scenario tells, there is none."""
    generator = np.random.default_rng(3)
    chances = {"push_back.insist": 0.1, "reframe.fiction": 0.5, "appeal.urgency": 0.15}
    rows = [
        row
        for n in range(60)
        for row in branched(
            [(move, bool(generator.random() < chance)) for move, chance in chances.items()],
            f"s{n % 20}",
            -1 - n,
        )
    ]
    pairs = paired_moves(rows, judge="rules:9").pairs
    assert len(pairs) == 3
    assert pairs["push_back", "reframe"].decided == "less"
    assert (pairs["push_back", "reframe"].p_value or 1) < 0.05
    for estimate in pairs.values():
        assert isinstance(estimate.interval, Interval)
        assert (estimate.adjusted == HOLM) is (estimate.interval.method == PAIRED_T)
    found = paired_moves(rows, judge="rules:9")
    assert {record["judge"] for record in found.records()} == {"rules:9"}
    json.dumps(found.to_dict(), allow_nan=False)


# --- field notes 0.6 and 11: frailty, and no move that does anything


def frail(generator: Any, *, scenarios: int, repeats: int) -> list[Row]:
    """Six moves in one order that do nothing: who crosses easily is gone early.

    Each dialogue has a chance of its own, Beta(0.5, 2.5), at every turn the same. At each point
    reached all six moves are tried, after identical words; one of them is what the dialogue goes
    on with.
    """
    rows: list[Row] = []
    for number in range(scenarios):
        for repeat in range(repeats):
            chance = generator.beta(0.5, 2.5)
            hits = generator.random((6, 6)) < chance
            own = [bool(hits[turn, turn]) for turn in range(6)]
            held = own.index(True) if any(own) else 6
            end = End.CROSSED if held < 6 else End.ENDED
            trunk = dialogue(held, end, scenario=f"s{number}", repeat=repeat, moves=ORDER)
            rows.append(trunk)
            rows += _twigs(trunk, hits)
    return rows


def _twigs(trunk: Row, hits: Any) -> list[Row]:
    """Dialogues that leave another where it could go on, with each of the other moves."""
    turns = trunk.restricted_turns
    made = []
    for place, turn in enumerate(turns[1:]):
        for other, move in enumerate(ORDER):
            if other == place:
                continue
            own = exposure(turn.n, move=move, pressure=True, hit=bool(hits[place, other]))
            row = replace(trunk, path=f"{place}.{other}")
            twig = (*turns[: place + 1], own._replace(before=turn.before))
            made.append(replace(row, restricted_turns=twig))
    return made


def test_frailty_makes_crude_hazards_fall_and_pairs_see_through_it() -> None:
    """16.7, 12.4, 10.3, 8.2, 7.1, 6.4% by depletion alone; at identical prefixes the moves do
    nothing, and the paired estimates say so."""
    rows = frail(np.random.default_rng(20261121), scenarios=40, repeats=50)
    trunks = [row for row in rows if row.path == "-"]
    points = curve(spells_of(trunks), "model", judge="j").points
    told = [0.167, 0.124, 0.103, 0.082, 0.071, 0.064]
    exact = [0.5 / (3 + turn) for turn in range(6)]
    for point, note, truth in zip(points, told, exact, strict=True):
        error = (truth * (1 - truth) / point.at_risk) ** 0.5
        assert point.hazard == pytest.approx(truth, abs=3 * error)
        assert point.hazard == pytest.approx(note, abs=3 * error + 0.003)
    crude = crossings_by_move(trunks, judge="j")
    assert (crude["push_back"].value or 0) > 2 * (crude["evidence"].value or 0)
    pairs = paired_moves(rows, judge="j").pairs
    assert len(pairs) == 15
    assert {estimate.decided for estimate in pairs.values()} == {"undecided"}
    for estimate in pairs.values():
        assert abs(estimate.value or 0.0) < 0.025
        assert isinstance(estimate.interval, Interval)
        assert estimate.interval.high - estimate.interval.low < 0.06
    model = move_effects(trunks, judge="j")
    assert {effect.coefficient.value for effect in model.effects} == {None}


def test_without_adjustment_the_model_would_call_depletion_an_effect() -> None:
    """Which is why moves in one order get no number from it."""
    trunks = [
        row for row in frail(np.random.default_rng(5), scenarios=40, repeats=50) if row.path == "-"
    ]
    naive = move_effects(trunks, judge="j", adjust=(), reference="push_back")
    assert {effect.coefficient.decided for effect in naive.effects} == {"less"}
