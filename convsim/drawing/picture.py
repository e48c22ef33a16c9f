"""What a drawing shows, whatever it is drawn with: states with their marks, ways between them.

`picture_of` takes it from a graph, or from a scenario whose rule nobody looked up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from convsim.graph import THEN, Graph, graph_of
from convsim.policy import UNSPECIFIED, Rule
from convsim.scenario import (
    RESTRICTED_ARM,
    Asks,
    Evidence,
    Expect,
    Guard,
    Scenario,
    Secret,
    Slot,
    State,
    Transition,
)

LONGEST_PATTERN = 40
"""A guard's regular expression is cut after so many characters."""

_PROOFS = {
    Evidence.ASSERTED: "asserted",
    Evidence.VERIFIABLE: "verifiable proof",
    Evidence.FORGED: "forged proof",
}
_HOLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Mark(NamedTuple):
    """Something special about a state: `kind` says how it looks, `text` what it says."""

    kind: str
    text: str


class Way(NamedTuple):
    """One way from a state to another: the label that opens it, and on which condition.

    `label` is a key of `next`, or `THEN`. `terms` are the guard, the weight and what is rewound, in
    words; empty where there are none.
    """

    source: str
    label: str
    to: str
    terms: str = ""

    @property
    def then(self) -> bool:
        """Whether it leads on from a state whose visits are used up."""
        return self.label == THEN

    @property
    def text(self) -> str:
        """What is written at it."""
        return f"{'' if self.then else self.label}{self.terms}".strip()


@dataclass(frozen=True, slots=True)
class Place:
    """One state. `asks` is what it asks, None where it goes on with the ask before it.

    `say` are the wordings with the fixed slots filled in; secrets stand as their pattern.
    """

    name: str
    move: str
    group: str
    say: tuple[str, ...]
    asks: Asks | None
    evidence: Evidence
    seeks: tuple[str, ...]
    visits: int | None
    final: bool

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is special about it."""
        marks = [] if self.asks is None else [Mark(self.asks.value, f"asks {self.asks.value}")]
        if self.evidence is not Evidence.NONE:
            marks.append(Mark(self.evidence.value, _PROOFS[self.evidence]))
        if self.seeks:
            marks.append(Mark("seeks", f"seeks {', '.join(self.seeks)}"))
        if self.visits is not None:
            marks.append(Mark("visits", f"at most {visits(self.visits)}"))
        return tuple(marks)


@dataclass(frozen=True, slots=True)
class Picture:
    """One arm of a scenario as it is drawn."""

    scenario: str
    arm: str
    title: str
    start: str
    places: Mapping[str, Place]
    ways: tuple[Way, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of moves that occur, in the order of the file."""
        return tuple(dict.fromkeys(place.group for place in self.places.values() if place.group))

    @property
    def name(self) -> str:
        """What it is a picture of."""
        return f"{self.scenario} ({self.arm})"


def picture_of(
    drawn: Graph | Scenario, *, arm: str = RESTRICTED_ARM, title: str | None = None
) -> Picture:
    """What there is to draw in a graph, or in one arm of a scenario.

    A scenario that names its rule by an id only shows what its states ask themselves: what a move
    asks by default depends on the rule. Raises KeyError for an arm that the scenario does not have.
    """
    looked_up = isinstance(drawn, Graph) or not isinstance(drawn.rule, str)
    if isinstance(drawn, Scenario):
        rule = drawn.rule if isinstance(drawn.rule, Rule) else UNSPECIFIED
        title = drawn.title if title is None else title
        drawn = graph_of(drawn, arm, rule)
    asks = {
        name: _asked(drawn, state) if looked_up else _own(drawn, state)
        for name, state in drawn.states.items()
    }
    return Picture(
        scenario=drawn.scenario,
        arm=drawn.arm,
        title=title or "",
        start=drawn.start,
        places={
            name: _place(drawn, name, state, asks[name]) for name, state in drawn.states.items()
        },
        ways=tuple(_ways(drawn)),
    )


def visits(number: int) -> str:
    """`2 visits`."""
    return f"{number} visit{'' if number == 1 else 's'}"


def _place(graph: Graph, name: str, state: State, asks: Asks | None) -> Place:
    return Place(
        name=name,
        move=state.move or "",
        group="" if state.final else state.group,
        say=tuple(_filled(wording, graph) for wording in state.say),
        asks=None if state.final or asks is Asks.NOTHING else asks,
        evidence=state.evidence,
        seeks=state.seeks,
        visits=state.visits,
        final=state.final,
    )


def _asked(graph: Graph, state: State) -> Asks:
    """What a state asks in this arm: where helping is right, a restricted ask is allowed."""
    return _in_arm(graph, graph.asks(state))


def _own(graph: Graph, state: State) -> Asks | None:
    return _in_arm(graph, state.asks) if state.asks is not None else None


def _in_arm(graph: Graph, asks: Asks) -> Asks:
    helping = graph.expect is Expect.HELP and asks is Asks.RESTRICTED
    return Asks.ALLOWED if helping else asks


def _filled(wording: str, graph: Graph) -> str:
    """A wording as it will read, as far as that is known; what a reply fills in stays a hole."""
    slots: dict[str, Slot] = {**graph.slots, "request": graph.request}

    def fill(hole: re.Match[str]) -> str:
        value = slots.get(hole[1], hole[0])
        return value.secret if isinstance(value, Secret) else value

    # The request has slots of its own.
    return " ".join(_HOLE.sub(fill, _HOLE.sub(fill, wording)).split())


def _ways(graph: Graph) -> Iterator[Way]:
    for name, state in graph.states.items():
        for label, transitions in state.next.items():
            for transition in transitions:
                yield Way(name, label, transition.to, _terms(transition))
        if state.then is not None and state.visits is not None:
            yield Way(name, THEN, state.then, f"after {visits(state.visits)}")


def _terms(transition: Transition) -> str:
    guard = f" if {condition(transition.when)}" if transition.when else ""
    weight = f", weight {transition.weight:g}" if transition.weight is not None else ""
    rewind = f", rewind {transition.rewind}" if transition.rewind is not None else ""
    return f"{guard}{weight}{rewind}"


def condition(guard: Guard) -> str:
    """`turn >=2 and visits of open <2`."""
    parts = [f"turn {guard.turn}"] if guard.turn else []
    parts += (f"visits of {state} {comparison}" for state, comparison in guard.visits.items())
    if guard.has:
        parts.append(f"has {', '.join(guard.has)}")
    if guard.lacks:
        parts.append(f"lacks {', '.join(guard.lacks)}")
    if guard.facets:
        parts.append(f"facets {guard.facets}")
    if guard.delivery:
        parts.append(f"delivery {guard.delivery}")
    if guard.matches is not None:
        parts.append(f"reply matches {shortened(guard.matches, LONGEST_PATTERN)}")
    return " and ".join(parts)


def shortened(text: str, longest: int) -> str:
    """A text of at most so many characters, with an ellipsis where it was cut."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def visible(text: str) -> str:
    """A text on one line, in which nothing acts: no terminal escape, no turned reading direction.

    What XML forbids is among it.
    """
    flat = " ".join(text.split())
    return flat if flat.isprintable() else "".join(map(_shown, flat))


def _shown(character: str) -> str:
    acts = unicodedata.category(character) in _ACTING and character not in _JOINERS
    # What Unicode has assigned since is an emoji; the last two of a plane will never be anything.
    never = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return "\ufffd" if acts or never else character


_ACTING = frozenset({"Cc", "Cf", "Cs"})
_JOINERS = "\u200c\u200d"  # scripts of India and Persia are written with them
