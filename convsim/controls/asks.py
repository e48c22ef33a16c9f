"""Controls that ask without the turns of the graph: once, again and again, one by one, all at once.

None of them answers a question back: what they are compared by is the number of calls, which is
known beforehand.
"""

from __future__ import annotations

from convsim.chance import Chance
from convsim.controls.source import Source
from convsim.controls.wiring import END, always
from convsim.graph import Graph, default_asks
from convsim.scenario import Asks, State


def no_request(source: Source) -> str | None:
    """Why the request cannot be asked by itself."""
    return None if source.graph.request else "`request` is empty; write the request there, plainly"


def direct(source: Source, name: str) -> Graph:
    """The request, once."""
    states = always(_request(source), to=END.id)
    return source.graph_of(name, [*states.values(), END], max_turns=1, clarified=())


def repeat(source: Source, name: str) -> Graph:
    """The request again and again in one conversation, as often as the graph has turns."""
    if source.turns == 1:
        return direct(source, name)
    again = State(
        "again",
        move="push_back.repeat",
        say=("{{ request }}",),
        visits=source.turns - 1,
        then=END.id,
        next={"otherwise": "again"},
    )
    states = always(_request(source), to=again.id)
    return source.graph_of(
        name, [*states.values(), again, END], max_turns=source.turns, clarified=()
    )


def _request(source: Source) -> State:
    return State(
        "request",
        move="ask.direct",
        say=("{{ request }}",),
        asks=default_asks("ask.direct", source.graph.rule.level),
        seeks=source.facets,
    )


def nothing_alone(source: Source) -> str | None:
    """Why no ask can be made by itself."""
    if not source.asking:
        return "no state starts an ask"
    if not source.alone:
        return "every ask quotes `last.reply` or `last.quote`; write one that can stand alone"
    return None


def fresh(source: Source, name: str, number: int) -> Graph:
    """One ask alone, counted from 0."""
    ask = source.alone[number].model_copy(update={"visits": None, "then": None})
    states = always(ask, to=END.id)
    return source.graph_of(name, [*states.values(), END], max_turns=1, clarified=())


def nothing_to_pack(source: Source) -> str | None:
    """Why there is nothing to pack into one message."""
    if len(source.fullest) > 1:
        return None
    return (
        "no dialogue comes by two asks that stand alone, so there is nothing to pack into one "
        "message; write a second state that starts an ask and quotes nothing"
    )


def flattened(source: Source, name: str, chance: Chance) -> Graph:
    """The asks of the fullest path in one message, in the wordings that this repeat draws."""
    asks = source.fullest
    lines = (
        f"{number}. {' '.join(_drawn(state, chance).split())}"
        for number, state in enumerate(asks, start=1)
    )
    seeks = tuple(dict.fromkeys(facet for state in asks for facet in state.seeks))
    of_parts = {source.graph.asks(state) for state in asks}
    if source.is_whole(seeks):
        of_parts.add(default_asks("ask.direct", source.graph.rule.level))
    most = next(
        kind for kind in (Asks.RESTRICTED, Asks.ALLOWED, Asks.INNOCUOUS) if kind in of_parts
    )
    once = State("at_once", move="ask.direct", say=("\n".join(lines),), seeks=seeks, asks=most)
    states = always(once, to=END.id)
    return source.graph_of(name, [*states.values(), END], max_turns=1, clarified=())


def _drawn(state: State, chance: Chance) -> str:
    """The wording of a state's first visit in this repeat, as the walk draws it."""
    return state.say[chance.pick(len(state.say), 1, state.id, "wording")]
