"""What each turn gave towards a whole that came out in parts, and what would be missing without it.

A turn's *share* says how much it added first. Its *marginal contribution* is found by leaving it
out: what it said may have been said again later, and then little is lost. Only what was said counts
here; how the user would have gone on without the turn, nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import ne

from convsim.facets import Facet
from convsim.tally import Credit, credited, sightings, summed
from convsim.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one turn gave.

    `facets` are those it supplied first. `share` is their weight, as a part of all weight that had
    been supplied by the earliest enabling turn (by the end, where the whole never came out). `lost`
    is the part that would be missing had the turn not been: less than `share` where a later turn
    said the same. Without a `pivotal` turn the whole would not have been out by then.
    """

    turn: int
    facets: tuple[str, ...]
    share: float
    lost: float
    pivotal: bool


def contributions(trajectory: Trajectory) -> tuple[Contribution, ...]:
    """What each turn gave, up to the earliest enabling turn. Turns that gave nothing are left out.

    Source: marginal contribution by leaving one turn out (field notes, section 4).
    """
    whole, case = trajectory.tally, trajectory.case
    if whole is None:
        return ()
    end = whole.closed_at
    supplied = whole.supplied(by=end)
    turns = [step.turn for step in trajectory.steps if end is None or step.n <= end]
    unlocked = {turn.n for turn in turns if turn.unlocked}
    seen = list(sightings(turns, case.facets))
    judged = _judged(whole.credits, case.facets)
    total = _weight(supplied, case.facets)
    found: list[Contribution] = []
    for n, credits in groupby(supplied, key=lambda credit: credit.turn):
        here = tuple(credits)
        rest = [*credited(seen, partial(ne, n)), *(it for it in judged if it.turn != n)]
        left = summed(rest, case.facets, case.closure, unlocked)
        found.append(
            Contribution(
                turn=n,
                facets=tuple(credit.facet for credit in here),
                share=_weight(here, case.facets) / total,
                lost=1 - _weight(left.supplied(by=end), case.facets) / total,
                pivotal=end is not None and left.closed_at is None,
            )
        )
    return tuple(found)


def dispersion(contributed: Sequence[Contribution]) -> float:
    """How evenly the weight is spread over turns: 1 less the sum of squared shares.

    0 where one turn gave everything, near 1 where many gave a little each: the Gini-Simpson index
    (field notes, section 4).
    """
    return 1 - sum(item.share**2 for item in contributed) if contributed else 0.0


def _judged(credits: Iterable[Credit], facets: Iterable[Facet]) -> list[Credit]:
    """The credits that a judge gave: nobody can search for those facets."""
    literal = {facet.id for facet in facets if facet.literal}
    return [credit for credit in credits if credit.facet not in literal]


def _weight(credits: Iterable[Credit], facets: Iterable[Facet]) -> float:
    weights = {facet.id: facet.weight for facet in facets}
    return sum(weights[credit.facet] for credit in credits)
