"""Linting: the arms of a scenario, and what is said of an arm rather than of its graph.

What an arm only inherits is wrong in the graph, and said there once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from convsim.errors import Flaw, choices
from convsim.lints.texts import Loc
from convsim.scenario import GENERATED_CONTROLS, RESTRICTED_ARM, SEVERAL_ARMS, Arm, Scenario


def check_arms(scenario: Scenario) -> Iterator[Flaw]:
    """Names that are taken, and states that are not there."""
    for name, arm in scenario.arms.items():
        if name in GENERATED_CONTROLS:
            yield Flaw(
                ("arms", name),
                f"arm '{name}' has the name of a control that is made from the graph, and no "
                f"headline would count it; rename it; reserved: {', '.join(GENERATED_CONTROLS)}",
                code="CS501",
            )
        if name in SEVERAL_ARMS:
            yield Flaw(
                ("arms", name),
                f"arm '{name}' has a name that stands for several arms in `--arms`; rename it; "
                f"reserved: {', '.join(SEVERAL_ARMS)}",
                code="CS501",
            )
        for state in arm.states:
            if state not in scenario.states:
                yield Flaw(
                    ("arms", name, "states", state),
                    f"arm '{name}' overrides state '{state}', which does not exist"
                    + choices(state, list(scenario.states)),
                    code="CS101",
                )


def of_arm(
    scenario: Scenario, name: str, found: Iterable[Flaw], known: Sequence[Flaw]
) -> list[Flaw]:
    """The flaws that an arm adds, said of that arm; what it only inherits is said of the graph."""
    if name == RESTRICTED_ARM:
        return [*found]
    return [
        replace(flaw, loc=("arms", name, *flaw.loc), message=f"arm '{name}', {flaw.message}")
        for flaw in found
        if flaw not in known or _overrides(scenario.arms[name], flaw.loc)
    ]


def _overrides(arm: Arm, loc: Loc) -> bool:
    """Whether an arm itself says what stands at `loc`."""
    match loc:
        case ("states", str(state), str(key), *_):
            return state in arm.states and key in arm.states[state].model_fields_set
        case ("slots", str(slot), *_):
            return slot in arm.slots
        case (str(key), *_):
            return key in arm.model_fields_set and key != "states"
    return False


def in_states(
    scenario: Scenario, flaws_of: Callable[[Scenario, Iterable[str]], Iterable[Flaw]]
) -> Iterator[Flaw]:
    """The flaws of all states of the graph, and of those that arms change."""
    of_graph = list(flaws_of(scenario, scenario.states))
    yield from of_graph
    for name, arm in scenario.arms.items():
        known = {key: body for key, body in arm.states.items() if key in scenario.states}
        # An unknown state is a flaw of its own; the arm is looked at without it.
        variant = scenario.model_copy(update={"arms": {name: Arm(states=known)}}).in_arm(name)
        yield from of_arm(scenario, name, flaws_of(variant, known), of_graph)
