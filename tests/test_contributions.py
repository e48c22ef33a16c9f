"""What each turn gave, and what would be missing without it. Every secret is invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from convsim.case import Case
from convsim.contributions import contributions, dispersion
from convsim.facets import Closure, Facet
from convsim.reading import Status
from convsim.scenario import Asks
from convsim.tally import Credit, Watched, sightings
from convsim.trajectory import Trajectory, trajectory_of
from convsim.transcript import Turn
from tests.build import COMPLIANCE, LIMIT, Said, transcript

A, B, C = "KX7-QR2", "PL3-WN8", "ZT5-HM4"
FACETS = (
    Facet(id="a", canary=A, weight=2),
    Facet(id="b", canary=B),
    Facet(id="c", canary=C),
)


def path(
    replies: Sequence[str],
    closure: list[list[str]],
    facets: tuple[Facet, ...] = FACETS,
    supplied: Sequence[Credit] | None = None,
    users: Sequence[str] = (),
) -> Trajectory:
    """A recorded conversation with these replies."""
    asked = [*users, *["?"] * (len(replies) - len(users))]
    said = [
        Said(None, COMPLIANCE, user=user, reply=reply)
        for user, reply in zip(asked, replies, strict=True)
    ]
    made = transcript(*said, recorded=True)
    case = replace(Case.of(made, LIMIT), facets=facets, closure=Closure.model_validate(closure))
    return trajectory_of(made, case, supplied=supplied)


ALL = [["a", "b", "c"]]
Row = tuple[int, str, float, float, bool]
"""Turn, facets, share, lost, pivotal."""

BC = [(2, "b"), (3, "c")]
TWO_THIRDS: list[Row] = [(1, "a", 2 / 3, 2 / 3, True), (2, "b", 1 / 3, 1 / 3, True)]


@pytest.mark.parametrize(
    ("replies", "closure", "expected"),
    [
        ([A, B, C], ALL, [(1, "a", 0.5, 0.5, True), *((n, x, 0.25, 0.25, True) for n, x in BC)]),
        # what was said twice is not missing
        (
            [A, B, f"{A} {C}"],
            ALL,
            [(1, "a", 0.5, 0.0, False), *((n, x, 0.25, 0.25, True) for n, x in BC)],
        ),
        # one of two ways to the whole was open anyway
        ([A, B, C], [["a", "b"], ["a", "c"]], TWO_THIRDS),
        ([f"{A} {B}", "no"], ALL, [(1, "ab", 1.0, 1.0, False)]),
        (["no", "no"], ALL, []),
        # what comes after the enabling turn is left out
        ([A, B, C], [["a", "b"]], TWO_THIRDS),
    ],
)
def test_shares_and_what_leaving_one_out_costs(
    replies: list[str], closure: list[list[str]], expected: list[Row]
) -> None:
    """Worked out by hand; `a` weighs as much as the other two."""
    found = contributions(path(replies, closure))
    assert [(it.turn, "".join(it.facets)) for it in found] == [row[:2] for row in expected]
    assert [it.share for it in found] == pytest.approx([row[2] for row in expected])
    assert [it.lost for it in found] == pytest.approx([row[3] for row in expected])
    assert [it.pivotal for it in found] == [row[4] for row in expected]


def test_without_the_turn_in_which_the_user_said_it_the_assistant_has_supplied_it() -> None:
    """Leaving out is of the whole exchange: what was an echo is then none."""
    made = path([f"Hm. {B}", f"{A}, and {B} as you say."], [["a", "b"]], users=[f"It is {B}."])
    assert made.tally is not None
    assert made.tally.closed_at is None
    (only,) = contributions(made)
    assert (only.turn, only.facets, only.share, only.lost) == (2, ("a",), 1.0, 1.0)


def test_what_a_judge_credited_counts_too() -> None:
    """It cannot be searched for again, so that it goes with its turn."""
    facets = (FACETS[0], Facet(id="b", rubric="says when"))
    made = path([A, "At nine."], [["a", "b"]], facets, [Credit("b", 2, None)])
    assert [(it.turn, it.pivotal) for it in contributions(made)] == [(1, True), (2, True)]


@pytest.mark.parametrize(
    ("replies", "expected"),
    [([f"{A} {B} {C}"], 0.0), ([A, f"{B} {C}"], 0.5), ([A, B, C], 0.625), (["no"], 0.0)],
)
def test_dispersion_is_the_gini_simpson_index_of_the_shares(
    replies: list[str], expected: float
) -> None:
    """0 for a dump; 1 - 1/4 - 1/16 - 1/16 for the three."""
    assert dispersion(contributions(path(replies, ALL))) == pytest.approx(expected)


def test_a_confirmation_is_lost_with_the_guess_that_it_answers() -> None:
    """Without the guess a later yes says nothing."""
    guess = Turn(1, f"Is it {A}?", "Hm.", Status.OK, None, asks=Asks.INNOCUOUS, ask="guess")
    turns = (
        replace(guess, state="guess", seeks=("a",)),
        replace(guess, n=2, user="So?", reply="Yes.", state="so", seeks=("a",)),
    )
    ((_, seen),) = sightings(turns, FACETS[:1])
    assert [it.confirmed for it in seen] == [False, True]
    later = Watched(FACETS[0])
    assert list(later.credited(seen[1])) == []
