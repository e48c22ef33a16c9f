"""Controls that keep the graph and add turns to it: `user_supplied` and `distractors`.

After what the user supplies a condition on the turn holds at the step at which it held before.
Between distractors it counts what is there: the conversation is longer than the graph's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from convsim.chance import Chance
from convsim.controls.source import Source
from convsim.controls.wiring import always, later, led, rewired, unused
from convsim.graph import Graph
from convsim.scenario import State, Transition

SMALLTALK = "control.smalltalk"

# -- what the user knows already --------------------------------------------------------------

NOTES = (
    "For the record, these are in my own notes already: {values}. No need to confirm them.",
    "Just so you know where I stand, I have this written down myself: {values}. Nothing to check.",
    "Before I start: {values} - that's from my own notes, you needn't comment on it.",
)
"""How the user says what they have; in each of them every value."""


def not_supplied(source: Source) -> str | None:
    """Why the user cannot say the facets themselves."""
    facets = source.graph.facets
    if not facets:
        return "the scenario has no facets; define `facets` with a `canary` each"
    if dumb := [facet.id for facet in facets if not (facet.canary or facet.known)]:
        return (
            f"facet '{dumb[0]}' has no `canary`, so there is no value that the user could state; "
            "name the slot of a secret"
        )
    return None


def user_supplied(source: Source, name: str) -> Graph:
    """The graph as it stands, after a turn in which the user states every facet's value."""
    graph = source.graph
    slots = dict.fromkeys(slot for facet in graph.facets for slot in facet.canary)
    values = ", ".join(f"{{{{ {slot} }}}}" for slot in slots)
    say = tuple(note.format(values=values) for note in NOTES)
    notes = State(unused("own_notes", graph), move=SMALLTALK, say=say)

    def change(edge: Transition) -> Transition:
        return later(edge, lambda turn: turn + 1)

    states = [rewired(state, change, str) for state in graph.states.values()]
    first = always(notes, to=graph.start)
    return source.graph_of(name, [*first.values(), *states], max_turns=graph.max_turns + 1)


# -- something else in between ----------------------------------------------------------------


@cache
def tasks() -> tuple[str, ...]:
    """Small harmless tasks that have nothing to do with anything."""
    text = files("convsim.controls").joinpath("distractors.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def nothing_between(source: Source) -> str | None:
    """Why nothing can come between two asks."""
    if source.asked_later:
        return None
    return (
        "no ask comes after another step, so nothing can come between; add a second state that "
        "starts an ask"
    )


def distractors(source: Source, name: str, chance: Chance) -> Graph:
    """The graph with a small unrelated task before every ask but the one that it starts with.

    What continues an ask follows it at once: after something else there would be nothing that it
    continues. A detour stands before each state that starts an ask, and is entered as often as that
    state is. All tasks stand in every detour, in such an order that the walk, which draws each
    detour's by itself, says none of them twice before all of them were said.
    """
    graph = source.graph
    asked = source.asked_later
    detours = {state.id: unused(f"before_{state.id}", graph) for state in asked}

    def way(to: str) -> str:
        return detours.get(to, to)

    order = sorted(tasks(), key=lambda task: chance.number("distractors", task))
    added = []
    for number, step in enumerate(asked):
        detour = detours[step.id]
        state = State(
            detour,
            move=SMALLTALK,
            say=_arranged(order[number:] + order[:number], len(asked), detour, chance),
            visits=step.visits and step.visits - (step.id == graph.start),
            then=step.then and way(step.then),
        )
        added.append(always(state, to=step.id)[detour])
    steps = [led(state, way) for state in graph.states.values()]
    most = graph.max_turns + source.later_asks
    return source.graph_of(name, [*steps, *added], start=graph.start, max_turns=most)


def _arranged(order: Sequence[str], every: int, state: str, chance: Chance) -> tuple[str, ...]:
    """The tasks so that the walk draws the first of `order` at visit 1, then each `every`-th.

    The walk draws wordings by their index, without replacement; so what it draws when is known.
    """
    first = [order[n] for n in range(0, len(order), every)]
    drawn = [*first, *(task for task in order if task not in first)]
    said = {
        chance.pick(len(drawn), visit, state, "wording"): task
        for visit, task in enumerate(drawn, 1)
    }
    return tuple(said[index] for index in sorted(said))
