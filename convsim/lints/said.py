"""Linting: what the user says in an arm, text by text, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from convsim.lints.texts import Loc
from convsim.scenario import RESTRICTED_ARM, Arm, Scenario


class Said(NamedTuple):
    """One text that the user may say, and where it stands."""

    text: str
    loc: Loc
    who: str
    state: str = ""


def said_in(scenario: Scenario, name: str) -> Iterator[Said]:
    """What the user says in an arm of its own; in `restricted`, all that the graph says."""
    graph = name == RESTRICTED_ARM
    part: Scenario | Arm = scenario if graph else scenario.arms[name]
    at: Loc = () if graph else ("arms", name)
    of = "" if graph else f"arm '{name}', "
    if part.request:
        yield Said(part.request, (*at, "request"), f"{of}`request`")
    for index, wording in enumerate(part.clarified):
        yield Said(wording, (*at, "clarified", index), f"{of}wording {index + 1} of `clarified`")
    for id, state in part.states.items():
        for index, wording in enumerate(state.say):
            who = f"{of}state '{id}', wording {index + 1} of `say`"
            yield Said(wording, (*at, "states", id, "say", index), who, id)
