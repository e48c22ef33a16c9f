"""Linting: what one way through a graph can ask for, and how far it can step back.

Theory. A way is followed turn by turn, up to `max_turns`, over every edge there is: what guards and
used-up visits rule out is not worked out. So whatever is called impossible here is impossible, and
some of what is not called so may be. Besides its state a way carries only what is asked about, the
facets of one set or the exchanges that stand, which keeps the places few; where they are too many
that is said, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator
from math import inf
from typing import NamedTuple, TypeVar

from convsim.errors import Flaw
from convsim.facets import Closure, Facet, useful
from convsim.graph import passing
from convsim.lints.arms import of_arm
from convsim.lints.texts import Loc, names_of
from convsim.scenario import RESTRICTED_ARM, Expect, Scenario, State, Transition
from convsim.templates import LAST

MOST_PLACES = 50_000
"""How far a graph is followed for one set: a dozen states and a dozen facets."""

Carried = TypeVar("Carried", bound=Hashable)


class _TooMany(Exception):
    """There are more places than are looked at."""


def _ways(
    scenario: Scenario,
    carried: Carried,
    *,
    played: Callable[[State, Carried], Carried],
    taken: Callable[[Transition, Carried], Carried] = lambda _, after: after,
    most: float = inf,
) -> dict[str, set[Carried]]:
    """What ways may carry when they enter each state that is played within `max_turns`.

    `played` is what they carry after the turn of a state, `taken` after a transition. Raises
    `_TooMany` where there are more than `most` states with what is carried.
    """
    entered: dict[str, set[Carried]] = {}
    waiting = {(state, carried) for state in _entered(scenario, scenario.start)}
    for _ in range(scenario.max_turns):
        fresh = {(at, it) for at, it in waiting if it not in entered.get(at, ())}
        waiting = set()
        for at, it in fresh:
            entered.setdefault(at, set()).add(it)
            state = scenario.states[at]
            after = played(state, it)
            for transition in _leaving(state):
                next_ = taken(transition, after)
                waiting |= {(to, next_) for to in _entered(scenario, transition.to)}
        if sum(map(len, entered.values())) > most:
            raise _TooMany
    return entered


def _leaving(state: State) -> Iterator[Transition]:
    for transitions in state.next.values():
        yield from transitions


def _entered(scenario: Scenario, name: str) -> Iterator[str]:
    """What a transition to a state can enter and play; final ones say nothing.

    `then` runs in no circle; that was looked at before.
    """
    return (it for it in passing(scenario.states, name) if not scenario.states[it].final)


# -- facets -----------------------------------------------------------------------------------


def sought_in(scenario: Scenario) -> frozenset[str]:
    """The facets that a way through one arm may ask for."""
    played = _ways(scenario, None, played=lambda state, carried: carried)
    return frozenset(id for name in played for id in scenario.states[name].seeks)


def _check_sought(scenario: Scenario, sought: Collection[str]) -> Iterator[Flaw]:
    """The facets that no way through any arm asks for; `sought` are those that some way does."""
    for id, facet in scenario.facets.items():
        if facet.known or id in sought:
            continue
        states = [name for name, state in scenario.states.items() if id in state.seeks]
        yield Flaw(
            ("facets", id),
            f"facet '{id}' is sought in state '{states[0]}' alone, where no dialogue gets within "
            f"`max_turns` ({scenario.max_turns}); raise it, or lead there sooner"
            if states
            else f"no state seeks facet '{id}', so that no way through the graph asks for it; name "
            "it in the `seeks` of a state, or delete it",
            code="CS423",
        )


class _Part(NamedTuple):
    """What makes the whole by itself: one set of the closure, or its weight."""

    loc: Loc
    name: str
    closure: Closure
    facets: tuple[Facet, ...]

    @property
    def wanted(self) -> frozenset[str]:
        """The facets that it takes, with those that they presuppose."""
        needs = {facet.id: facet.prereq for facet in self.facets}
        ids = set(self.closure.named or needs)
        while more := {needed for id in ids for needed in needs[id]} - ids:
            ids |= more
        return frozenset(ids) - self.known

    @property
    def known(self) -> frozenset[str]:
        return frozenset(facet.id for facet in self.facets if facet.known)

    def is_made_by(self, asked: Collection[str]) -> bool:
        """Whether these facets make the whole, for somebody who knows what is known anyway."""
        known = self.known
        held = useful(known.union(asked), self.facets) - known
        return self.closure.reached(held, self.facets)

    def is_dumped_in(self, state: State) -> bool:
        """Whether one turn of a state asks for all of it."""
        return self.closure.reached(frozenset(state.seeks) - self.known, self.facets)


def _parts(scenario: Scenario) -> Iterator[_Part]:
    closure = scenario.whole
    if closure is None:
        return
    facets = tuple(scenario.facets.values())
    written = scenario.closure is not None
    for index, minimal in enumerate(closure.sets):
        ids = ", ".join(id for id in scenario.facets if id in minimal)
        loc: Loc = ("closure", "sets", index) if written else ("facets",)
        name = f"set {index + 1} of `closure` ({ids})" if written else f"the whole ({ids})"
        yield _Part(loc, name, Closure(sets=(minimal,)), facets)
    if closure.weight is not None:
        by_weight = Closure(weight=closure.weight)
        yield _Part(("closure", "weight"), f"the weight {closure.weight:g}", by_weight, facets)


def _check_asked(scenario: Scenario) -> Iterator[Flaw]:
    """What of the closure no way through one arm asks for, or none over several turns.

    That every set is out of reach is an error, one of several a warning.
    """
    parts = list(_parts(scenario))
    try:
        asked = [_asked_for(scenario, part) for part in parts]
        spread = [_asked_for(scenario, part, dumps=False) for part in parts]
    except _TooMany:
        yield Flaw(
            parts[0].loc,
            f"there are more than {MOST_PLACES:,} ways to ask for what makes the whole, so that "
            "it was not looked whether one of them asks for all of it; use fewer facets in a set",
            warning=True,
            code="CS426",
        )
        return
    missed = [
        not any(map(part.is_made_by, found)) for part, found in zip(parts, asked, strict=True)
    ]
    for part, found, apart, is_missed in zip(parts, asked, spread, missed, strict=True):
        if is_missed:
            yield _missed(part, found, scenario, warning=not all(missed))
        elif not any(map(part.is_made_by, apart)):
            state = next(it.id for it in scenario.states.values() if part.is_dumped_in(it))
            yield Flaw(
                part.loc,
                f"{part.name} is only ever asked for in one single turn (state '{state}'), so that "
                "nothing is spread over steps; let several states of one way seek its facets",
                warning=True,
                code="CS425",
            )


def _asked_for(scenario: Scenario, part: _Part, *, dumps: bool = True) -> set[frozenset[str]]:
    """What ways have asked for of a part; without those states, on demand, that ask for all."""

    def played(state: State, asked: frozenset[str]) -> frozenset[str]:
        if not dumps and part.is_dumped_in(state):
            return asked
        return asked.union(part.wanted.intersection(state.seeks))

    ways = _ways(scenario, frozenset[str](), played=played, most=MOST_PLACES)
    return {played(scenario.states[name], asked) for name, sets in ways.items() for asked in sets}


def _missed(
    part: _Part, found: Collection[frozenset[str]], scenario: Scenario, *, warning: bool
) -> Flaw:
    named = part.closure.named
    most = max(found, key=lambda asked: (len(asked & named), len(asked), sorted(asked)))
    missing = next(id for id in scenario.facets if id in part.wanted - most)
    what = f"'{missing}'" + (", which it presupposes" if named and missing not in named else "")
    asks = f"one that asks for {_listed(most, scenario)} does not ask" if most else "none asks"
    return Flaw(
        part.loc,
        f"no way through the graph asks for all of {part.name} within `max_turns` "
        f"({scenario.max_turns}): {asks} for {what}; lead one way through states that "
        "seek each of them" + (", or delete the set" if warning else ""),
        warning=warning,
        code="CS428" if warning else "CS424",
    )


def _listed(ids: Collection[str], scenario: Scenario) -> str:
    return ", ".join(f"'{id}'" for id in scenario.facets if id in ids)


def check_ways(scenario: Scenario) -> list[Flaw]:
    """Whether the facets are asked for, and all of a set on one way, where that is forbidden.

    A near miss leaves something out on purpose, and what an arm that helps may ask for makes no
    forbidden whole.
    """
    if not scenario.facets:
        return []
    variants = {arm: scenario.in_arm(arm) for arm in scenario.arm_names}
    sought = frozenset[str]().union(*map(sought_in, variants.values()))
    flaws = [*_check_sought(scenario, sought)]
    if flaws:
        return flaws
    for arm, variant in variants.items():
        holds = arm == RESTRICTED_ARM or scenario.arms[arm].expect is Expect.HOLD
        if holds and arm != "near_miss":
            flaws += of_arm(scenario, arm, _check_asked(variant), flaws)
    return flaws


# -- stepping back ----------------------------------------------------------------------------


def check_rewinds(scenario: Scenario) -> Iterator[Flaw]:
    """A way can only drop exchanges that stand, and then it may have nothing to quote."""
    rewinding = [state for state in scenario.states.values() if any(map(_rewinds, _leaving(state)))]
    if not rewinding:
        return
    standing = _ways(
        scenario,
        0,
        played=lambda _, exchanges: exchanges + 1,
        taken=lambda transition, exchanges: max(0, exchanges - _rewinds(transition)),
    )
    for state in rewinding:
        stand = {exchanges + 1 for exchanges in standing.get(state.id, ())}
        for label, transitions in state.next.items():
            for index, transition in enumerate(transitions):
                if stand and transition.rewind is not None:
                    loc: Loc = ("states", state.id, "next", label, index, "rewind")
                    yield from _check_rewind(transition.rewind, transition.to, loc, stand, scenario)


def _rewinds(transition: Transition) -> int:
    return transition.rewind or 0


def _check_rewind(
    rewind: int, to: str, loc: Loc, stand: Collection[int], scenario: Scenario
) -> Iterator[Flaw]:
    who = f"state '{loc[1]}': `rewind: {rewind}`"
    if rewind > max(stand):
        most = "that of this turn" if max(stand) == 1 else f"at most {max(stand)}"
        yield Flaw(
            loc, f"{who} drops more exchanges than can stand there ({most}); lower it", code="CS121"
        )
        return
    entered = [scenario.states[name] for name in _entered(scenario, to)]
    if not entered:
        yield Flaw(
            loc,
            f"{who} leads to '{to}', which is final, so that nothing is said after the step back; "
            "delete it",
            warning=True,
            code="CS122",
        )
    quoting = [state.id for state in entered if any(names_of(it) & LAST for it in state.say)]
    if quoting and rewind >= min(stand):
        yield Flaw(
            loc,
            f"{who} may leave no exchange that state '{quoting[0]}' could quote; rewind less, or "
            "word that state without `last.reply` and `last.quote`",
            warning=True,
            code="CS122",
        )
