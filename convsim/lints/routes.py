"""Linting: where a graph leads: states that nobody gets to, and loops that nobody gets out of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import NamedTuple

from convsim.errors import Flaw
from convsim.graph import graph_of, passing
from convsim.lints.states import BEFORE
from convsim.paths import count_paths, ways_of
from convsim.policy import UNSPECIFIED
from convsim.reading import OTHERWISE
from convsim.scenario import RESTRICTED_ARM, Arm, Scenario

MOST_PLACES = 20_000
"""How far a graph is unfolded in time; of the scenarios that ship none has 2,500 places."""

MOST_PATHS = 10_000_000
"""More than this is more than any run covers; of the scenarios that ship none has 100,000."""

_ROUTES = frozenset({"next", "visits", "then", "final"})


def check_met(scenario: Scenario) -> Iterator[Flaw]:
    """States that no transition of any arm leads to.

    Where the graph has a loop without exit, one that is a way out only waits to be led to.
    """
    spared = ways_out(scenario) if _is_trapped(scenario) else set[str]()
    arms = [RESTRICTED_ARM, *(name for name, arm in scenario.arms.items() if leads_elsewhere(arm))]
    met = set[str]().union(*(_reachable(scenario.in_arm(arm)) for arm in arms))
    for name in scenario.states:
        if name not in met | spared:
            yield Flaw(
                ("states", name),
                f"state '{name}' is never reached from start '{_start(scenario)}'; "
                "lead a transition to it or delete it",
                code="CS102",
            )


def _start(scenario: Scenario) -> str:
    """Where a graph starts, as its author knows it: a fragment where the includer leads to it."""
    if scenario.start != BEFORE:
        return scenario.start
    return scenario.states[BEFORE].next[OTHERWISE][0].to


def ways_out(scenario: Scenario) -> set[str]:
    """The states that end the dialogue, or lead to one that does, whether or not they are met."""
    finals = [name for name, state in scenario.states.items() if state.final]
    return _from(finals, _behind(_ahead(scenario)))


def leads_elsewhere(arm: Arm) -> bool:
    """Whether an arm changes where the graph leads, or when."""
    return any(_ROUTES & state.model_fields_set for state in arm.states.values())


def _reachable(scenario: Scenario) -> set[str]:
    return _from([scenario.start], _ahead(scenario))


def _ahead(scenario: Scenario) -> dict[str, set[str]]:
    """Where each state leads in one step."""
    ahead: dict[str, set[str]] = {name: set() for name in scenario.states}
    for name, state in scenario.states.items():
        ahead[name].update(entry.to for entries in state.next.values() for entry in entries)
        if state.then is not None:
            ahead[name].add(state.then)
    return ahead


def _behind(ahead: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Where each state can be come to from in one step."""
    before: dict[str, list[str]] = {name: [] for name in ahead}
    for source, targets in ahead.items():
        for to in targets:
            before[to].append(source)
    return before


def _from(starts: Iterable[str], ahead: Mapping[str, Iterable[str]]) -> set[str]:
    """All that can be got to from somewhere, these places included."""
    found = set(starts)
    waiting = [*found]
    while waiting:
        new = set(ahead[waiting.pop()]) - found
        found |= new
        waiting += new
    return found


def check_exits(scenario: Scenario) -> Iterator[Flaw]:
    """A state from which no final state can be reached is a loop without exit."""
    if not any(state.final for state in scenario.states.values()):
        yield Flaw(
            ("states",), "no state is final; add one, such as `end: {final: true}`", code="CS104"
        )
        return
    trapped = _reachable(scenario) - ways_out(scenario)
    stuck = [name for name in scenario.states if name in trapped and name != BEFORE]
    for name in stuck[:1]:
        circle = ", ".join(f"'{other}'" for other in stuck)
        yield Flaw(
            ("states", name),
            f"state '{name}' is in a loop with no way out ({circle}); lead a transition to a "
            "final state, or limit it with `visits` and `then` (the turn cap is no exit)",
            code="CS103",
        )


def _is_trapped(scenario: Scenario) -> bool:
    """Whether the graph has a loop that nobody gets out of."""
    return not _reachable(scenario) <= ways_out(scenario)


def earliest(scenario: Scenario) -> dict[str, int]:
    """The first turn on which each state that can be got to could be played.

    What stands in for a state whose visits are used up is played on the turn of that state.
    """
    found: dict[str, int] = {}
    waiting, turn = [scenario.start], 1
    while waiting:
        entered = {it for name in waiting for it in passing(scenario.states, name)}
        new = [name for name in entered if name not in found]
        found.update(dict.fromkeys(new, turn))
        waiting = [
            entry.to
            for name in new
            for entries in scenario.states[name].next.values()
            for entry in entries
        ]
        turn += 1
    return found


class _Played(NamedTuple):
    """What some dialogue comes by: the states, and those whose visits are used up."""

    states: set[str]
    passed: set[str]


def check_played(scenario: Scenario) -> Iterator[Flaw]:
    """States that no dialogue gets to, and limits that none uses up, though the edges are there."""
    played = _played(scenario)
    for name, state in scenario.states.items():
        if name not in played.states:
            yield Flaw(
                ("states", name),
                f"no dialogue gets to state '{name}' within `max_turns` ({scenario.max_turns}): "
                "it is too far, or the conditions on turns and visits before it keep everybody "
                "away; raise `max_turns`, or lead there sooner",
                warning=True,
                code="CS126",
            )
        elif state.visits is not None and name not in played.passed:
            yield Flaw(
                ("states", name, "visits"),
                f"state '{name}' is never entered more often than `visits: {state.visits}` says, "
                f"so that its `then: {state.then}` is never followed; delete both, or lead a "
                "transition back to it",
                warning=True,
                code="CS123",
            )


def _played(scenario: Scenario) -> _Played:
    """What dialogues come by, with all conditions on turns and visits worked out.

    In a graph that is too large for that, what its edges alone leave possible.
    """
    graph = graph_of(scenario, RESTRICTED_ARM, UNSPECIFIED)
    ways = ways_of(graph)
    found = _Played({graph.start}, set())
    seen = {ways.start}
    waiting = [ways.start]
    while waiting:
        place = waiting.pop()
        if graph.states[place.state].final:
            continue
        for step in (step for draw in ways.draws(place) for step in draw.steps):
            if step.to != step.state and ways.goes_on(place.turn + 1, step.state):
                chain = passing(scenario.states, step.to)
                found.passed.update(takewhile(step.state.__ne__, chain))
        for after in ways.following(place):
            if after is not None and after not in seen:
                seen.add(after)
                found.states.add(after.state)
                waiting.append(after)
        if len(seen) > MOST_PLACES:
            return _possible(scenario)
    return found


def _possible(scenario: Scenario) -> _Played:
    met = {
        name
        for name, turn in earliest(scenario).items()
        # A final state takes no turn: it ends a dialogue whose last turn was the one before.
        if turn - scenario.states[name].final <= scenario.max_turns
    }
    return _Played(met, _returning(_ahead(scenario)))


def check_paths(scenario: Scenario) -> Iterator[Flaw]:
    """A graph in which two dialogues hardly ever take the same way."""
    count = count_paths(graph_of(scenario, RESTRICTED_ARM, UNSPECIFIED))
    if count.number > MOST_PATHS:
        yield Flaw(
            ("states",),
            f"there are {count} paths through the graph within `max_turns` ({scenario.max_turns}), "
            "more than any run can cover; limit its loops with `visits` and `then`, or lower "
            "`max_turns`",
            warning=True,
            code="CS120",
        )


def _returning(ahead: Mapping[str, Iterable[str]]) -> set[str]:
    """The states that some way leads back to: those in a group that reach each other (Kosaraju)."""
    before = _behind(ahead)
    group: dict[str, str] = {}
    for root in reversed(_as_left(ahead)):
        waiting = [root] if root not in group else []
        while waiting:
            name = waiting.pop()
            if name not in group:
                group[name] = root
                waiting += [it for it in before[name] if it not in group]
    sizes = Counter(group.values())
    return {name for name in ahead if sizes[group[name]] > 1 or name in ahead[name]}


def _as_left(ahead: Mapping[str, Iterable[str]]) -> list[str]:
    """All states in the order in which a search leaves them for good."""
    left: list[str] = []
    seen: set[str] = set()
    for root in ahead:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(ahead[root]))]
        while stack:
            name, rest = stack[-1]
            to = next((it for it in rest if it not in seen), None)
            if to is None:
                left.append(name)
                stack.pop()
            else:
                seen.add(to)
                stack.append((to, iter(ahead[to])))
    return left
