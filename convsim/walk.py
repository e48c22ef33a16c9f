"""The walk through a graph: which state is next, what is asked there, when it ends. Pure.

Theory of operation. A dialogue is a `Cursor`. `next_cue` resolves where it stands, in this order:
a state whose visits are used up passes on to `then`; a state off the planned path stops; a final
state stops; the turn cap stops; else there is a `Cue`, something for the user to say. The shell
renders it, calls the target, has the reply read, and hands the reading to `step`, which counts the
turn and chooses the transition: the exact label, then its group, then `otherwise`. Guards see the
state after this reply.

Once a dialogue, a clarifying question without an edge of its own is answered with `clarified`: one
more turn of the same state and visit, whose reply is looked up in the same `next`. A question after
small talk is not one about the request, and is not answered with it.

A *path* is the states that a plan wants to be met, one after the other. In closed mode it decides
what the author left open, the weighted draws, and nothing else: a reply that opens another state
ends the dialogue as `diverged`. In forced mode it is played whatever the replies are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from convsim.case import Case
from convsim.chance import Chance
from convsim.facets import Facet
from convsim.graph import Graph
from convsim.moves import CLARIFIED_MOVE
from convsim.reading import Label, Reading
from convsim.scenario import Asks, Guard, Secret, State, Transition, compares
from convsim.templates import fill
from convsim.transcript import Stop, Transcript


class Cursor(NamedTuple):
    """Where a dialogue stands between two turns. `visits` counts entries so far.

    `ahead` are the states of its path that are still to be met, None where nothing was planned.
    `seeks` are the facets that the ask in force is after, `held` those that the assistant has
    supplied so far.
    """

    state: str
    turn: int = 0
    visits: Mapping[str, int] = {}
    asks: Asks | None = None
    ask: str | None = None
    seeks: tuple[str, ...] = ()
    unlocked: bool = False
    clarifying: bool = False
    has_clarified: bool = False
    ahead: tuple[str, ...] | None = None
    forced: bool = False
    held: frozenset[str] = frozenset()


class Cue(NamedTuple):
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
    seeks: tuple[str, ...] = ()


class Chosen(NamedTuple):
    """The transition after a reply: where it leads, and the key of `next` it was found under.

    `opened_by` is None where the path was forced and no reply opened anything. `rewind` is how many
    exchanges are dropped first.
    """

    opened_by: str | None
    to: str
    rewind: int = 0


def begin(graph: Graph, path: tuple[str, ...] | None = None, *, forced: bool = False) -> Cursor:
    """A dialogue before its first turn, on a planned path if there is one."""
    if forced and path is None:
        raise ValueError("forced mode plays a planned path; pass the states of one")
    return Cursor(graph.start, ahead=path, forced=forced)


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


def facets_in(graph: Graph, slots: Mapping[str, str]) -> tuple[Facet, ...]:
    """The facets of a dialogue: its own secrets stand where the scenario names their slots."""
    return tuple(
        facet.model_copy(update={"canary": tuple(slots[name] for name in facet.canary)})
        if facet.canary
        else facet
        for facet in graph.facets
    )


def case_in(graph: Graph, transcript: Transcript) -> Case:
    """What was right in a dialogue that was played on this graph; its secrets are drawn again."""
    chance = Chance(transcript.seed, transcript.scenario, transcript.repeat)
    facets = facets_in(graph, draw_slots(graph, chance)) if graph.facets else ()
    return Case.of(transcript, graph.rule, facets, graph.closure, graph.language)


def next_cue(graph: Graph, cursor: Cursor, chance: Chance) -> Cue | Stop:
    """What the user does next, or why the dialogue is over."""
    if cursor.clarifying:
        return _clarified_cue(graph, cursor, chance)
    state = graph.states[cursor.state] if cursor.forced else resolve(graph, cursor)
    if cursor.ahead is not None and not _is_on_path(state, cursor.ahead):
        return Stop.DIVERGED
    if state.final:
        return Stop.FINAL
    if cursor.turn >= graph.max_turns:
        return Stop.TURN_CAP
    asks = graph.asks(state)
    continues = asks is Asks.NOTHING
    visit = cursor.visits.get(state.id, 0) + 1
    rendering = chance.pick(len(state.say), visit, state.id, "wording")
    return Cue(
        state,
        cursor.turn + 1,
        visit,
        state.move or "",
        state.say[rendering],
        rendering,
        (cursor.asks or Asks.RESTRICTED) if continues else asks,
        (cursor.ask or state.id) if continues else state.id,
        cursor.unlocked or graph.unlocks(state),
        seeks=state.seeks or (cursor.seeks if continues else ()),
    )


def resolve(graph: Graph, cursor: Cursor) -> State:
    """The state that is entered: `then` of those whose visits are used up. Costs no turn."""
    state = graph.states[cursor.state]
    while state.visits is not None and cursor.visits.get(state.id, 0) >= state.visits:
        state = graph.states[state.then or ""]
    return state


def _is_on_path(state: State, ahead: tuple[str, ...]) -> bool:
    """Whether a state is the next of the path; one that the cap ends leads to no final state."""
    return state.id == ahead[0] if ahead else not state.final


def _clarified_cue(graph: Graph, cursor: Cursor, chance: Chance) -> Cue | Stop:
    if cursor.turn >= graph.max_turns:
        return Stop.TURN_CAP
    state = graph.states[cursor.state]
    rendering = chance.pick(len(graph.clarified), 1, state.id, "clarified")
    return Cue(
        state,
        cursor.turn + 1,
        cursor.visits[state.id],
        CLARIFIED_MOVE,
        graph.clarified[rendering],
        rendering,
        cursor.asks or Asks.RESTRICTED,
        cursor.ask or state.id,
        cursor.unlocked,
        clarified=True,
        seeks=cursor.seeks,
    )


def step(
    graph: Graph,
    cursor: Cursor,
    cue: Cue,
    reading: Reading,
    reply: str,
    chance: Chance,
    supplied: Collection[str] = (),
) -> tuple[Cursor, Chosen | None]:
    """The cursor after a reply, and the transition it opened; `supplied` are the facets it gave.

    None before a clarification, and where a forced path is at its end.
    """
    counted = _counted(cursor, cue, supplied)
    if counted.forced:
        return _forced(counted)
    if _needs_clarifying(graph, counted, cue, reading):
        return counted._replace(clarifying=True), None
    chosen = choose(graph, counted, reading, reply, chance)
    return moved(counted, chosen.to), chosen


def _counted(cursor: Cursor, cue: Cue, supplied: Collection[str]) -> Cursor:
    """The cursor with this turn behind it, still in the state of the turn."""
    ahead = cursor.ahead
    return Cursor(
        cue.state.id,
        cue.turn,
        {**cursor.visits, cue.state.id: cue.visit},
        cue.asks,
        cue.ask,
        cue.seeks,
        cue.unlocked,
        False,
        cursor.has_clarified or cue.clarified,
        ahead if ahead is None or cue.clarified else ahead[1:],
        cursor.forced,
        cursor.held.union(supplied) if supplied else cursor.held,
    )


def moved(cursor: Cursor, to: str) -> Cursor:
    """The cursor on its way to another state."""
    return Cursor(to, *cursor[1:])


def _forced(cursor: Cursor) -> tuple[Cursor, Chosen | None]:
    if not cursor.ahead:
        return cursor, None
    return moved(cursor, cursor.ahead[0]), Chosen(None, cursor.ahead[0])


def _needs_clarifying(graph: Graph, cursor: Cursor, cue: Cue, reading: Reading) -> bool:
    small_talk = cue.asks is Asks.INNOCUOUS and not cue.seeks  # `clarified` is about the request
    return (
        reading.label is Label.CLARIFY
        and bool(graph.clarified)
        and not small_talk
        and not cursor.has_clarified
        and Label.CLARIFY.value not in cue.state.next
    )


def choose(graph: Graph, cursor: Cursor, reading: Reading, reply: str, chance: Chance) -> Chosen:
    """The transition that a reading opens in the state of a cursor that has just been counted.

    Raises LookupError where nothing opens; `lint.check` makes that impossible for a checked graph.
    """
    for key, start, entries in graph.runs[cursor.state][reading.label]:
        is_open = [entry for entry in entries if _holds(entry.when, cursor, reading, reply)]
        if len(is_open) == 1:  # nothing to draw
            return _chosen(key, is_open[0])
        if is_open:
            if planned := _planned(graph, cursor, is_open):
                return _chosen(key, planned)
            drawn = chance.unit(cursor.state, cursor.visits[cursor.state], "next", key, start)
            return _chosen(key, weighted(is_open, drawn))
    raise LookupError(f"state '{cursor.state}' has no transition for label '{reading.label}'")


def _chosen(key: str, entry: Transition) -> Chosen:
    return Chosen(key, entry.to, entry.rewind or 0)


def _planned(graph: Graph, cursor: Cursor, entries: Sequence[Transition]) -> Transition | None:
    """Of the entries that a draw could take, the one on the path."""
    if cursor.ahead is None:
        return None
    for entry in entries:
        if _is_on_path(resolve(graph, moved(cursor, entry.to)), cursor.ahead):
            return entry
    return None


def weighted(entries: Sequence[Transition], unit: float) -> Transition:
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
        and (guard.facets is None or compares(len(cursor.held), guard.facets))
        and cursor.held.issuperset(guard.has)
        and cursor.held.isdisjoint(guard.lacks)
        and (guard.delivery is None or _delivers(reading, guard.delivery))
        and (guard.matches is None or re.search(guard.matches, reply) is not None)
        and all(compares(cursor.visits.get(at, 0), wanted) for at, wanted in guard.visits.items())
    )
