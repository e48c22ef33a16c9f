"""Graphs for tests of paths: some by hand, any by hypothesis, and walks by trying every label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from convsim.chance import Chance
from convsim.graph import Graph
from convsim.paths import Walk, paths_of
from convsim.reading import Help, Label, Reading, Stance, Status
from convsim.walk import Cue, Cursor, next_cue, resolve, step
from tests.build import asking, graph

CHANCE = Chance(7, "s", 1)
SURE = {label: Reading(Status.OK, Stance.NONE, 0, Help.NONE, label, 1.0, "t") for label in Label}

PUSHED = {
    "open": asking(next={"refused": "push", "otherwise": "end"}),
    "push": asking(next={"refused": "push", "otherwise": "end"}),
}
LIMITED = {
    "open": asking(next={"refused": "push", "otherwise": "end"}),
    "push": asking(visits=2, then="claim", next={"refused": "push", "otherwise": "end"}),
    "claim": asking(),
}
WEIGHTED = [{"to": "push", "weight": 3}, {"to": "claim", "weight": 1}]


LABELS_OR_GROUPS = st.sampled_from(["refused", "complied", "refusal", "partial", "clarify"])


@st.composite
def graphs(draw: st.DrawFn, *, by_reply: bool = True) -> Graph:
    """Small graphs with loops, visits, weights and conditions; `by_reply`: and clarifications."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 4)))]
    to = st.sampled_from([*names, "end"])
    guards = [{"turn": "<3"}, *({"visits": {name: "<2"}} for name in names)]
    guards += [{"matches": "[05]"}, {"delivery": ">=2"}] if by_reply else []
    when = st.one_of(st.none(), st.sampled_from(guards))
    weight = st.one_of(st.none(), st.just(1.0)) if by_reply else st.none()

    def entries() -> list[dict[str, Any]]:
        some = draw(st.lists(st.tuples(to, when, weight), min_size=1, max_size=3))
        drawn = [{"to": name, "if": guard, "weight": share} for name, guard, share in some]
        return [{key: value for key, value in one.items() if value is not None} for one in drawn]

    states: dict[str, Any] = {}
    for number, name in enumerate(names, 1):
        on = {draw(LABELS_OR_GROUPS): entries(), "otherwise": [*entries(), {"to": draw(to)}]}
        limit = draw(st.one_of(st.none(), st.integers(1, 2)))
        then = draw(st.sampled_from([*names[number:], "end"]))
        more: dict[str, Any] = {"visits": limit, "then": then} if limit else {}
        states[name] = asking(next=on, **more)
    fields: dict[str, Any] = {"clarified": ["[it]"]} if by_reply and draw(st.booleans()) else {}
    return graph(states, max_turns=draw(st.integers(1, 5)), **fields)


def every_walk(
    of: Graph, cursor: Cursor, states: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """The states of every walk, by trying at every turn a label of every kind that `next` knows."""
    cue = next_cue(of, cursor, CHANCE)
    if not isinstance(cue, Cue):
        stands = resolve(of, cursor)
        yield (*states, stands.id) if stands.final else states
        return
    for label in ("refusal", "redirect", "partial", "compliance", "clarify", "unable"):
        reading = SURE[Label(label)]
        after, _ = step(of, cursor, cue, reading, "", CHANCE)
        yield from every_walk(of, after, (*states, cue.state.id))


def branching(turns: int) -> Graph:
    """Two ways at every turn."""
    on = {"refused": "a", "otherwise": "b"}
    return graph(
        {"a": asking(next=on), "b": asking(next={**on, "complied": "end"})}, max_turns=turns
    )


def sequences(of: Graph, walk: Walk = Walk.ALL_PATHS) -> list[str]:
    """The paths as text, in order of the text: `open insist end`."""
    return sorted(" ".join(path.states) for path in paths_of(of, walk))
