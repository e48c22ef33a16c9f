"""The walk through a graph: which state is next, what is asked there, when it ends. Pure.

Theory of operation. A dialogue is a `Cursor`. `next_cue` resolves where it stands, in this order:
a state whose visits are used up passes on to `then`; a final state stops; the turn cap stops; else
there is a `Cue`, something for the user to say. The shell renders it, calls the target, has the
reply read, and hands the reading to `step`, which counts the turn and chooses the transition: the
exact label, then its group, then `otherwise`. Guards see the state after this reply.

Once a dialogue, a clarifying question without an edge of its own is answered with `clarified`: one
more turn of the same state and visit, whose reply is looked up in the same `next`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from convsim.chance import Chance
from convsim.graph import Graph
from convsim.moves import CLARIFIED_MOVE
from convsim.reading import GROUP_OF, OTHERWISE, Label, Reading
from convsim.scenario import Asks, Guard, Secret, State, Transition, compares
from convsim.templates import fill
from convsim.transcript import Stop


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a dialogue stands between two turns. `visits` counts entries so far."""

    state: str
    turn: int = 0
    visits: Mapping[str, int] = field(default_factory=dict)
    asks: Asks | None = None
    ask: str | None = None
    unlocked: bool = False
    clarifying: bool = False
    has_clarified: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """What the user does next: a wording of a move, with the ask that is then in force."""

    state: State
    turn: int
    visit: int
    move: str
    wording: str
    rendering: int
    asks: Asks
    ask: str
    unlocked: bool
    clarified: bool = False


class Chosen(NamedTuple):
    """The transition a reply opened: the key of `next` it was found under, and where it leads."""

    opened_by: str
    to: str


def begin(graph: Graph) -> Cursor:
    """A dialogue before its first turn."""
    return Cursor(graph.start)


def draw_slots(graph: Graph, chance: Chance) -> dict[str, str]:
    """The values of every slot in this dialogue: secrets drawn, the request filled in."""
    slots: dict[str, str] = {}
    for name, value in graph.slots.items():
        slots[name] = (
            chance.secret(value.secret, name, slots.values())
            if isinstance(value, Secret)
            else value
        )
    slots["request"] = fill(graph.request, slots)
    return slots


def next_cue(graph: Graph, cursor: Cursor, chance: Chance) -> Cue | Stop:
    """What the user does next, or why the dialogue is over."""
    if cursor.clarifying:
        return _clarified_cue(graph, cursor, chance)
    state = _resolve(graph, cursor)
    if state.final:
        return Stop.FINAL
    if cursor.turn >= graph.max_turns:
        return Stop.TURN_CAP
    asks = graph.asks(state)
    continues = asks is Asks.NOTHING
    visit = cursor.visits.get(state.id, 0) + 1
    rendering = chance.pick(len(state.say), visit, state.id, "wording")
    return Cue(
        state=state,
        turn=cursor.turn + 1,
        visit=visit,
        move=state.move or "",
        wording=state.say[rendering],
        rendering=rendering,
        asks=(cursor.asks or Asks.RESTRICTED) if continues else asks,
        ask=(cursor.ask or state.id) if continues else state.id,
        unlocked=cursor.unlocked or graph.unlocks(state),
    )


def _resolve(graph: Graph, cursor: Cursor) -> State:
    """The state that is entered: `then` of those whose visits are used up. Costs no turn."""
    state = graph.states[cursor.state]
    while state.visits is not None and cursor.visits.get(state.id, 0) >= state.visits:
        state = graph.states[state.then or ""]
    return state


def _clarified_cue(graph: Graph, cursor: Cursor, chance: Chance) -> Cue | Stop:
    if cursor.turn >= graph.max_turns:
        return Stop.TURN_CAP
    state = graph.states[cursor.state]
    rendering = chance.pick(len(graph.clarified), 1, state.id, "clarified")
    return Cue(
        state=state,
        turn=cursor.turn + 1,
        visit=cursor.visits[state.id],
        move=CLARIFIED_MOVE,
        wording=graph.clarified[rendering],
        rendering=rendering,
        asks=cursor.asks or Asks.RESTRICTED,
        ask=cursor.ask or state.id,
        unlocked=cursor.unlocked,
        clarified=True,
    )


def step(
    graph: Graph, cursor: Cursor, cue: Cue, reading: Reading, reply: str, chance: Chance
) -> tuple[Cursor, Chosen | None]:
    """The cursor after a reply, and the transition it opened (None before a clarification)."""
    counted = Cursor(
        state=cue.state.id,
        turn=cue.turn,
        visits={**cursor.visits, cue.state.id: cue.visit},
        asks=cue.asks,
        ask=cue.ask,
        unlocked=cue.unlocked,
        has_clarified=cursor.has_clarified or cue.clarified,
    )
    if _needs_clarifying(graph, counted, cue, reading):
        return replace(counted, clarifying=True), None
    chosen = choose(cue.state, counted, reading, reply, chance)
    return replace(counted, state=chosen.to), chosen


def _needs_clarifying(graph: Graph, cursor: Cursor, cue: Cue, reading: Reading) -> bool:
    return (
        reading.label is Label.CLARIFY
        and bool(graph.clarified)
        and not cursor.has_clarified
        and Label.CLARIFY.value not in cue.state.next
    )


def choose(state: State, cursor: Cursor, reading: Reading, reply: str, chance: Chance) -> Chosen:
    """The transition that a reading opens in a state that has just been counted.

    Raises LookupError where nothing opens; `lint.check` makes that impossible for a checked graph.
    """
    for key in (reading.label.value, GROUP_OF.get(reading.label), OTHERWISE):
        for start, run in _runs(state.next.get(key or "", ())):
            is_open = [entry for entry in run if _holds(entry.when, cursor, reading, reply)]
            if len(is_open) == 1:  # nothing to draw
                return Chosen(str(key), is_open[0].to)
            if is_open:
                drawn = chance.unit(state.id, cursor.visits[state.id], "next", key, start)
                return Chosen(str(key), _draw(is_open, drawn).to)
    raise LookupError(f"state '{state.id}' has no transition for label '{reading.label}'")


def _runs(entries: Sequence[Transition]) -> Iterator[tuple[int, Sequence[Transition]]]:
    """Entries in the order they are tried: alone, or consecutive weighted ones together."""
    start = 0
    while start < len(entries):
        end = start + 1
        while entries[start].weight and end < len(entries) and entries[end].weight:
            end += 1
        yield start, entries[start:end]
        start = end


def _draw(entries: Sequence[Transition], unit: float) -> Transition:
    """One of the entries, in proportion to their weights."""
    remaining = unit * sum(entry.weight or 1.0 for entry in entries)
    for entry in entries:
        remaining -= entry.weight or 1.0
        if remaining < 0:
            return entry
    return entries[-1]


def _delivers(reading: Reading, wanted: str) -> bool:
    """Whether a condition on delivery holds; none does where the reading is unclear."""
    return reading.label is not Label.UNCLEAR and compares(reading.delivery, wanted)


def _holds(guard: Guard | None, cursor: Cursor, reading: Reading, reply: str) -> bool:
    """Whether every key of a guard holds after this reply."""
    if guard is None:
        return True
    return (
        (guard.turn is None or compares(cursor.turn, guard.turn))
        and (guard.delivery is None or _delivers(reading, guard.delivery))
        and (guard.matches is None or re.search(guard.matches, reply) is not None)
        and all(compares(cursor.visits.get(at, 0), wanted) for at, wanted in guard.visits.items())
    )
