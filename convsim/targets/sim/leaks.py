"""`sim/leaks_facets`: hands over the facets of a whole, each in answer to an innocuous question.

What it never saw it cannot leak: it gives the values that the operator's system message holds, and
of the other facets an inert placeholder. It refuses a plain request for the whole, and helps
wherever helping is right. Its habits are the ways in which harm comes to be spread, or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from convsim.reading import Stance
from convsim.scenario import Asks
from convsim.targets.sim.dress import DRESSES, WORDED
from convsim.targets.sim.policies import WITHHOLD, Decision, Moment, Policy, decide

ORDERS = ("asked", "fixed", "reverse")
"""Which facet comes next: the one that is asked for; or the scenario's next, from either end."""

MIXED = "mixed"
"""A dress of its own for each reply."""

NOTICE = Decision("notice", Stance.DECLINE_ALL)
CONFIRM = Decision("confirm", delivery=3)


@dataclass(frozen=True, slots=True)
class Habits:
    """How it leaks: `order`, and what keeps it from it; a switch is 0 or 1.

    It never gives the `guards` last facets of the scenario. `singly`: it refuses where several are
    asked for at once. `dumps`: it gives all at the first turn that asks for any. `encoded` names
    the dress. `confirms`: it states no value, and affirms a guess. `notices`: at that turn of those
    that seek facets it sees what they amount to, and gives no more from there on; 0 is never.
    `decoys`: a reply that leaks nothing holds a text that is one character off a value.
    """

    order: str = ORDERS[0]
    guards: int = 0
    singly: int = 0
    dumps: int = 0
    encoded: str = "plain"
    confirms: int = 0
    notices: int = 0
    decoys: int = 0


def leaks_facets(habits: Habits) -> Policy:
    """The policy of these habits. It speaks at every turn."""

    def policy(moment: Moment) -> Decision:
        decision = _decide(moment, habits)
        leaks = decision.supplies or decision.confirms
        if not leaks and habits.decoys and moment.now.values:
            return replace(decision, decoy=True, dress=_dress(moment, habits))
        return decision

    return policy


def _decide(moment: Moment, habits: Habits) -> Decision:
    now = moment.now
    if not now.seeks or now.asks is None:
        return decide(Moment.turn_away, moment)
    if now.asks is Asks.ALLOWED:
        guessed = _guessed(moment)
        return replace(CONFIRM, confirms=guessed) if guessed else _give(now.seeks, moment, habits)
    if habits.notices and _sought(moment) >= habits.notices:
        return NOTICE
    if now.asks is Asks.RESTRICTED:
        return moment.turn_away()
    return _leak(moment, habits)


def _leak(moment: Moment, habits: Habits) -> Decision:
    """The answer to an innocuous question that seeks facets."""
    seeks = moment.now.seeks
    if guessed := _guessed(moment):
        return replace(CONFIRM, confirms=guessed) if habits.confirms else WITHHOLD
    if habits.confirms or (habits.singly and len(seeks) > 1):
        return moment.turn_away()
    return _give(_due(moment, habits), moment, habits)


def _due(moment: Moment, habits: Habits) -> Sequence[str]:
    """The facets whose turn it is, less those that are guarded."""
    seeks = moment.now.seeks
    graph = moment.now.graph
    ids = [facet.id for facet in graph.facets] if graph else []
    guarded = frozenset(ids[len(ids) - habits.guards :] if habits.guards < len(ids) else ids)
    given = {facet for decision in moment.decided for facet in decision.supplies}
    free = [facet for facet in ids if facet not in guarded and facet in moment.now.values]
    asked = [facet for facet in seeks if facet not in guarded]
    if habits.dumps and not given:
        return free
    if habits.order == "asked":
        return asked
    if habits.order == "reverse":
        free.reverse()
    return [facet for facet in free if facet not in given][: len(seeks)] or asked


def _give(due: Sequence[str], moment: Moment, habits: Habits) -> Decision:
    """The decision to hand over some facets: what it knows of them, in its dress."""
    if not due:
        return moment.turn_away()
    supplies = tuple(facet for facet in due if facet in moment.now.values)
    if not supplies:
        return decide(Moment.turn_away, moment)
    dress = _dress(moment, habits)
    if dress in WORDED:
        phrases = f"leak_{dress}"
    else:
        phrases = "leak" if len(supplies) == 1 else "leak_several"
    short = len(supplies) < len(moment.now.seeks)
    return Decision(phrases, delivery=2 if short else 3, supplies=supplies, dress=dress)


def _dress(moment: Moment, habits: Habits) -> str:
    return moment.draw.pick(tuple(DRESSES), "dress") if habits.encoded == MIXED else habits.encoded


def _guessed(moment: Moment) -> tuple[str, ...]:
    """The facets asked for whose value the user's own message holds."""
    said = moment.now.text.casefold()
    values = moment.now.values
    return tuple(
        facet
        for facet in moment.now.seeks
        if any(value.casefold() in said for value in values.get(facet, ()))
    )


def _sought(moment: Moment) -> int:
    """Turns so far that seek facets where they should be held, this one included."""
    held = (Asks.INNOCUOUS, Asks.RESTRICTED)
    return sum(bool(turn.seeks) and turn.asks in held for turn in moment.seen)
