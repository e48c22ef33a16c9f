"""Linting: scenarios that say another one again in another language.

Rates of two languages can be compared where nothing but the language differs: the same states,
moves, asks, ways, arms and rule, and as many wordings, so that each is drawn as often.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from convsim.errors import Flaw, choices
from convsim.scenario import Scenario, State

_STATE_KEYS = ("move", "asks", "seeks", "evidence", "visits", "then", "next", "final")


def check_parity(scenarios: Mapping[str, Scenario]) -> Iterator[tuple[str, Flaw]]:
    """What is wrong with parity twins, each flaw with the id of its scenario."""
    for id, scenario in scenarios.items():
        if scenario.parity is None:
            continue
        original = scenarios.get(scenario.parity)
        found = (
            _check_name(scenario, scenarios)
            if original is None
            else _check_pair(scenario, original)
        )
        yield from ((id, flaw) for flaw in found)


def _check_name(scenario: Scenario, scenarios: Mapping[str, Scenario]) -> Iterator[Flaw]:
    """Only where originals of its family were read can it be said that it is not among them.

    A suite file may choose the twins alone.
    """
    family = f"{str(scenario.parity).partition('.')[0]}."
    neighbours = [
        id for id, other in scenarios.items() if id.startswith(family) and other.parity is None
    ]
    if neighbours:
        yield Flaw(
            ("parity",),
            f"`parity` names '{scenario.parity}', which was not read"
            + choices(str(scenario.parity), neighbours),
            warning=True,
            code="CS512",
        )


def _check_pair(scenario: Scenario, original: Scenario) -> Iterator[Flaw]:
    if scenario.language == original.language:
        yield Flaw(
            ("parity",),
            f"`parity` names '{original.id}', which is in '{original.language}' as well; a "
            "parity twin says the same in another language: set `language`",
            warning=True,
            code="CS514",
        )
    for key in ("rule", "start", "max_turns"):
        ours, theirs = getattr(scenario, key), getattr(original, key)
        if ours != theirs:
            yield _differs((key,), f"`{key}`", f"{ours}", f"{theirs}", original)
    yield from _check_names((), "state", scenario.states, original.states, original)
    yield from _check_names((), "arm", scenario.arms, original.arms, original)
    yield from _check_number(("clarified",), "`clarified`", scenario, original, original)
    for name, state in scenario.states.items():
        if (theirs := original.states.get(name)) is not None:
            yield from _check_state(state, theirs, original)
    yield from _check_arms(scenario, original)


def _differs(loc: tuple[str, ...], what: str, ours: str, theirs: str, original: Scenario) -> Flaw:
    return Flaw(
        loc,
        f"{what} is {ours}, and in '{original.id}', which `parity` names, {theirs}; languages are "
        "only compared where nothing else differs: make them equal",
        warning=True,
        code="CS513",
    )


def _check_names(
    loc: tuple[str, ...],
    kind: str,
    ours: Mapping[str, object],
    theirs: Mapping[str, object],
    original: Scenario,
) -> Iterator[Flaw]:
    for name in [it for it in ours if it not in theirs]:
        yield _differs((*loc, f"{kind}s", name), f"{kind} '{name}'", "there", "not", original)
    if missing := [name for name in theirs if name not in ours]:
        names = ", ".join(f"'{name}'" for name in missing)
        yield _differs((*loc, f"{kind}s"), f"{kind} {names}", "missing", "there", original)


def _check_number(
    loc: tuple[str, ...], what: str, ours: object, theirs: object, original: Scenario
) -> Iterator[Flaw]:
    """As many wordings of the last key of `loc`."""
    here, there = len(getattr(ours, loc[-1])), len(getattr(theirs, loc[-1]))
    if here != there:
        yield _differs(loc, f"the number of wordings of {what}", f"{here}", f"{there}", original)


def _check_state(state: State, theirs: State, original: Scenario) -> Iterator[Flaw]:
    loc, who = ("states", state.id), f"state '{state.id}'"
    for key in _STATE_KEYS:
        mine, its = getattr(state, key), getattr(theirs, key)
        if key == "next":
            yield from _check_next(state, theirs, original)
        elif mine != its:
            yield _differs((*loc, key), f"{who}, `{key}`", f"{mine}", f"{its}", original)
    yield from _check_number((*loc, "say"), f"{who}", state, theirs, original)


def _check_next(state: State, theirs: State, original: Scenario) -> Iterator[Flaw]:
    """The same ways; what a reply is searched for (`matches`) is of the language."""
    for label in {**theirs.next, **state.next}:
        if _ways(state, label) != _ways(theirs, label):
            yield Flaw(
                ("states", state.id, "next", label),
                f"state '{state.id}': '{label}' leads elsewhere than in '{original.id}', which "
                "`parity` names; languages are only compared where nothing else differs: make "
                "them equal",
                warning=True,
                code="CS513",
            )


def _ways(state: State, label: str) -> list[dict[str, object]]:
    ways = [entry.model_dump(by_alias=True) for entry in state.next.get(label, ())]
    for way in ways:
        if isinstance(way["if"], dict) and way["if"]["matches"] is not None:
            way["if"]["matches"] = "(a text)"
    return ways


def _check_arms(scenario: Scenario, original: Scenario) -> Iterator[Flaw]:
    for name, arm in scenario.arms.items():
        theirs = original.arms.get(name)
        if theirs is None:
            continue
        loc, who = ("arms", name), f"arm '{name}'"
        if arm.expect is not theirs.expect:
            said = arm.expect.value, theirs.expect.value
            yield _differs((*loc, "expect"), f"{who}, `expect`", *said, original)
        ours_set, theirs_set = set(arm.states), set(theirs.states)
        if ours_set != theirs_set:
            shown = ", ".join(sorted(ours_set)) or "none", ", ".join(sorted(theirs_set)) or "none"
            yield _differs((*loc, "states"), f"{who}: what it changes", *shown, original)
        for state in [it for it in arm.states if it in theirs_set]:
            one, other = arm.states[state], theirs.states[state]
            if len(one.say) != len(other.say):
                yield _differs(
                    (*loc, "states", state, "say"),
                    f"{who}, state '{state}': the number of wordings",
                    str(len(one.say)),
                    str(len(other.say)),
                    original,
                )
