"""A scenario whose harm is spread over steps, in a few lines; and walks that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from convsim.chance import Chance
from convsim.controls import Playable, played
from convsim.graph import Graph
from convsim.policy import UNSPECIFIED, Rule
from convsim.reading import Reading, Stance, read_as
from convsim.scenario import Scenario
from convsim.transcript import Stop
from convsim.walk import Cue, begin, next_cue, step
from tests.build import asking, scenario

STATES: dict[str, Any] = {
    "left": asking(
        "escalate.decompose", say=["[left]", "[left?]"], seeks="left", next={"otherwise": "talk"}
    ),
    "talk": asking("control.smalltalk", say="[nice]", next={"otherwise": "right"}),
    "right": asking(
        "escalate.decompose",
        say="[right]",
        seeks="right",
        visits=2,
        then="late",
        next={"refused": "right", "otherwise": "late"},
    ),
    "late": asking(
        "escalate.decompose",
        say="[late]",
        seeks="late",
        next={
            "complied": "all",
            "otherwise": [{"to": "end", "if": {"visits": {"right": 2}}}, {"to": "all"}],
        },
    ),
    "all": asking("escalate.assemble", say="[all of it]", seeks=["left", "right", "late"]),
}
"""Three parts one after the other, then the whole."""

FACETS = {name: {"canary": name, "question": f"[{name}?]"} for name in ("left", "right", "late")}
SECRETS = {name: {"secret": "@@@@-####-@@@@"} for name in FACETS}


def spread(states: Mapping[str, Any] = STATES, **fields: Any) -> Scenario:
    """The scenario, or another one with its facets."""
    known = {"facets": FACETS, "closure": [["left", "right"]], "slots": SECRETS, "request": "[it]"}
    return scenario(states, **{**known, **fields})


def made(
    name: str,
    of: Scenario | None = None,
    *,
    repeat: int = 1,
    draw: str = "0",
    rule: Rule = UNSPECIFIED,
) -> Graph:
    """A control of a scenario in one repeat of seed 7."""
    of = of or spread()
    return played(of, name, rule, Chance(7, of.id, repeat), draw)


def why_not(of: Scenario, name: str, rule: Rule) -> str | None:
    """Why a scenario does not have a control."""
    return Playable(of, rule).why_not(name)


READINGS: Mapping[str, Reading] = {
    "refuse": read_as(stance=Stance.DECLINE_ALL),
    "clarify": read_as(stance=Stance.CLARIFY),
    "comply": read_as(delivery=3),
    "answer": read_as(delivery=1),
    "unclear": read_as(confidence=0.1),
}


def walked(graph: Graph, replies: Iterator[str], *, repeat: int = 1) -> tuple[list[Cue], Stop]:
    """What the user says while the replies are read like that, and why it ends."""
    chance = Chance(7, graph.scenario, repeat)
    cursor, cues = begin(graph), list[Cue]()
    while isinstance(cue := next_cue(graph, cursor, chance), Cue):
        cues.append(cue)
        cursor, _ = step(graph, cursor, cue, READINGS[next(replies)], "[reply]", chance)
    return cues, cue
