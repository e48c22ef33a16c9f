"""What a scenario can be played as: its arms, and the controls that are made from its graph.

A control answers "how much of it is really the conversation?" (design, section 7). It is made from
the restricted arm, whose states keep their ids and wordings, so that all arms and controls of a
repeat share wordings and secrets:

- `direct`: the request, once; `resample`: once in each of k fresh dialogues; `repeat`: k times in
  one conversation; k is the largest number of turns that the graph has.
- `fresh`: each ask alone; `flattened`: the asks of the fullest path in one message.
- `shuffled`: the parts in another order; `near_miss`: without the parts that make it whole.
- `user_supplied`: the user states every value first; `distractors`: something else in between.
- `ability`: the same ask under a permissive system prompt; only an author can write that.

A control that an author wrote as an arm is that arm. Nothing here draws but from the `Chance` that
is passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import NamedTuple

from convsim.chance import Chance
from convsim.controls import added, asks, order
from convsim.controls.source import Source
from convsim.errors import InputError, choices
from convsim.graph import Graph, graph_of
from convsim.policy import Rule
from convsim.scenario import CONTROLS, RESTRICTED_ARM, Scenario
from convsim.transcript import ONLY_DRAW


class _Control(NamedTuple):
    """How a control is made, for a repeat and the number of its draw, and why it may not be.

    `varies` says that it is not the same in every repeat. `draws` is how many dialogues a repeat
    has, each with a draw of its own; None where there is one. `short` tells where the control asks
    for fewer parts than it could.
    """

    why_not: Callable[[Source], str | None]
    make: Callable[[Source, str, Chance, int], Graph]
    varies: bool = False
    draws: Callable[[Source], int] | None = None
    short: Callable[[Source], str | None] | None = None


_ONCE = _Control(asks.no_request, lambda source, name, *_: asks.direct(source, name))
_MADE = {
    "direct": _ONCE,
    "resample": _ONCE._replace(draws=lambda source: source.turns),
    "repeat": _Control(asks.no_request, lambda source, name, *_: asks.repeat(source, name)),
    "fresh": _Control(
        asks.nothing_alone,
        lambda source, name, _, number: asks.fresh(source, name, number),
        draws=lambda source: len(source.alone),
    ),
    "flattened": _Control(
        asks.nothing_to_pack,
        lambda source, name, chance, _: asks.flattened(source, name, chance),
        varies=True,
    ),
    "shuffled": _Control(
        order.not_shuffled,
        lambda source, name, chance, _: order.shuffled(source, name, chance),
        varies=True,
        short=lambda source: order.shuffled_short(source, "shuffled"),
    ),
    "near_miss": _Control(
        order.not_near,
        lambda source, name, *_: order.near_miss(source, name),
        short=order.near_short,
    ),
    "user_supplied": _Control(
        added.not_supplied, lambda source, name, *_: added.user_supplied(source, name)
    ),
    "distractors": _Control(
        added.nothing_between,
        lambda source, name, chance, _: added.distractors(source, name, chance),
        varies=True,
    ),
}

MADE = tuple(_MADE)
"""The controls that can be made from a graph: all but `ability`."""

_AUTHORED_ONLY = (
    "nobody but an author can word a permissive system prompt; write it as the arm `ability`"
)


class Playable:
    """Everything that one scenario can be played as under one rule; worked out when it is asked.

    playable = Playable(scenario, rule)
    playable.graph("flattened", Chance(7, scenario.id, 1))
    """

    def __init__(self, scenario: Scenario, rule: Rule) -> None:
        self.scenario = scenario
        self.rule = rule
        self._reasons: dict[str, str | None] = {}
        self._graphs: dict[tuple[str, str], Graph] = {}

    @cached_property
    def _source(self) -> Source:
        return Source(graph_of(self.scenario, RESTRICTED_ARM, self.rule))

    @cached_property
    def authored(self) -> tuple[str, ...]:
        """Its arms that are no controls."""
        return tuple(name for name in self.scenario.arm_names if name not in CONTROLS)

    @cached_property
    def controls(self) -> tuple[str, ...]:
        """The controls that it has: those that can be made, and those that are authored."""
        return tuple(name for name in CONTROLS if self.why_not(name) is None)

    def is_made(self, name: str) -> bool:
        """Whether this is a control that is made, and not an arm that somebody wrote."""
        return name in _MADE and name not in self.scenario.arm_names

    def why_not(self, name: str) -> str | None:
        """Why it does not have a control, and what to add; None where it does."""
        if name in self.scenario.arm_names:
            return None
        if name not in _MADE:
            return _AUTHORED_ONLY
        if name not in self._reasons:
            self._reasons[name] = _MADE[name].why_not(self._source)
        return self._reasons[name]

    def falls_short(self, name: str) -> str | None:
        """How a control that is made comes to ask for fewer parts than it could; else None."""
        short = _MADE[name].short if self.is_made(name) else None
        return None if short is None or self.why_not(name) is not None else short(self._source)

    def varies(self, name: str) -> bool:
        """Whether its graph is another one in each repeat."""
        return self.is_made(name) and _MADE[name].varies

    def draws(self, name: str) -> tuple[str, ...]:
        """Which dialogues a repeat has: `0` alone, or `resample.1`, `resample.2`, ..."""
        count = _MADE[name].draws if self.is_made(name) else None
        if count is None:
            return (ONLY_DRAW,)
        self._check(name)
        return tuple(f"{name}.{n}" for n in range(1, count(self._source) + 1))

    def draw_of(self, name: str, asked: str | None = None) -> str:
        """The draw of an arm or control that somebody asked for, by default its first.

        Raises InputError for a name that is neither, a control that it cannot have, and a draw that
        there is not.
        """
        # A control that it cannot have is no unknown name: `draws` says why it cannot.
        if name not in {*self.scenario.arm_names, *CONTROLS}:
            names = dict.fromkeys([*self.scenario.arm_names, *self.controls])
            raise InputError(
                f"scenario '{self.scenario.id}' has no arm '{name}'" + choices(name, names)
            )
        draws = self.draws(name)
        if asked is not None and asked not in draws:
            raise InputError(
                f"'{name}' of '{self.scenario.id}' has no draw '{asked}'" + choices(asked, draws)
            )
        return asked or draws[0]

    def graph(self, name: str, chance: Chance, draw: str = ONLY_DRAW) -> Graph:
        """The graph of an arm or control; the same object again for the same repeat.

        Raises KeyError for a name that is neither, or a draw that it does not have, and InputError
        for a control that it cannot have.
        """
        draws = self.draws(name)
        if draw not in draws:
            raise KeyError(f"{name} has no draw '{draw}'")
        if self.varies(name):
            return _drawn(self, name, chance)
        if (name, draw) not in self._graphs:
            self._graphs[name, draw] = self.make(name, chance, draws.index(draw))
        return self._graphs[name, draw]

    def make(self, name: str, chance: Chance, number: int = 0) -> Graph:
        """The graph, made anew; `number` is that of the draw, from 0."""
        if name in CONTROLS:
            self._check(name)
        if self.is_made(name):
            return _MADE[name].make(self._source, name, chance, number)
        return graph_of(self.scenario, name, self.rule)

    def _check(self, name: str) -> None:
        if (why := self.why_not(name)) is not None:
            raise InputError(f"scenario '{self.scenario.id}' has no control '{name}': {why}")


@lru_cache(maxsize=256)  # the targets of a repeat play the same graph, one after the other
def _drawn(playable: Playable, name: str, chance: Chance) -> Graph:
    return playable.make(name, chance)


class _Same:
    """A scenario that is equal to itself only: nobody compares thousands of wordings."""

    __slots__ = ("scenario",)

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.scenario is self.scenario

    def __hash__(self) -> int:
        return id(self.scenario)


@lru_cache(maxsize=256)  # what a scenario can be played as is asked for each of its dialogues
def _playable(same: _Same, rule: Rule) -> Playable:
    return Playable(same.scenario, rule)


def played(
    scenario: Scenario, name: str, rule: Rule, chance: Chance, draw: str = ONLY_DRAW
) -> Graph:
    """The graph of an arm, as `graph_of` has it, or of a control in one repeat.

        played(scenario, "shuffled", rule, Chance(7, scenario.id, 1))

    Raises KeyError for a name that is neither, or a draw that it does not have, and InputError for
    a control that the scenario cannot have.
    """
    return _playable(_Same(scenario), rule).graph(name, chance, draw)
