"""How long it takes to count the paths of large graphs, and what comes out.

    python benchmarks/paths.py [--states 1000] [--transitions 5000]

Graphs of several shapes, with as many states and transitions: in layers, with loops, with loops
whose visits are limited, with conditions on visits and turns, dense. What is exact is checked
nowhere here: `tests/paths` does, on graphs that are small enough to be walked.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from convsim.graph import Graph, graph_of
from convsim.paths import Count, count_paths
from convsim.policy import UNSPECIFIED
from convsim.scenario import RESTRICTED_ARM, Guard, Scenario, State, Transition, ask

LABELS = (
    "refusal", "redirect", "deflection", "partial", "hedged_compliance", "compliance",
    "safe_answer", "clarify", "unable", "unclear",
)  # fmt: skip

LAYER = 10
"""How many states stand beside each other in a layered graph."""


class Shape(NamedTuple):
    """A kind of graph, the turns that its dialogues may have, and how it is made."""

    name: str
    max_turns: int
    make: Callable[[int, int, random.Random], Iterator[State]]


def _state(name: int, to: list[int], **fields: object) -> State:
    """A state with a transition to each of these; the last one is `otherwise`."""
    *some, last = [f"s{one}" for one in to]
    labels = dict(zip(LABELS, some, strict=False))
    return State(f"s{name}", ask(f"[{name}]"), next={**labels, "otherwise": last}, **fields)


def _layered(states: int, each: int, draw: random.Random) -> Iterator[State]:
    """Each layer leads into the next one."""
    for n in range(states):
        first = (n // LAYER + 1) * LAYER
        layer = range(first, min(first + LAYER, states)) or [states]
        yield _state(n, [draw.choice(layer) for _ in range(each - 1)] + [layer[0]])


def _loops(states: int, each: int, draw: random.Random) -> Iterator[State]:
    """From anywhere to anywhere, and now and then to the end."""
    for n in range(states):
        yield _state(n, [draw.randrange(states) for _ in range(each - 1)] + [n + 1])


def _few_visits(states: int, each: int, draw: random.Random) -> Iterator[State]:
    """The same, with a limit to the visits of every fiftieth state."""
    for state in _loops(states, each, draw):
        limited = int(state.id[1:]) % 50 == 0
        update = {"visits": 2, "then": f"s{states}"} if limited else {}
        yield state.model_copy(update=update)


def _visits(states: int, each: int, draw: random.Random) -> Iterator[State]:
    """The same, with a limit to the visits of every state."""
    for state in _loops(states, each, draw):
        yield state.model_copy(update={"visits": 2, "then": f"s{states}"})


def _visits_in_layers(states: int, each: int, draw: random.Random) -> Iterator[State]:
    """Each layer leads into the next one, and each state also into itself, twice at most."""
    for state in _layered(states, each - 1, draw):
        again = Transition(to=state.id)
        update = {"visits": 2, "then": f"s{states}", "next": {**state.next, "unclear": (again,)}}
        yield state.model_copy(update=update)


def _timed(states: int, each: int, draw: random.Random) -> Iterator[State]:
    """Loops, with a condition on the turn at every state."""
    for state in _loops(states, each, draw):
        *others, (label, entries) = state.next.items()
        late = Transition(to=f"s{states}", when=Guard(turn=f">{draw.randrange(100)}"))
        yield state.model_copy(update={"next": {**dict(others), label: (late, *entries)}})


def _dense(states: int, each: int, draw: random.Random) -> Iterator[State]:
    """A tenth of the states, and ten times as many weighted transitions from each."""
    few = max(2, states // 10)
    for n in range(few):
        entries = tuple(
            Transition(to=f"s{draw.randrange(few)}", weight=1.0) for _ in range(10 * each - 1)
        )
        yield State(f"s{n}", ask(f"[{n}]"), next={"refused": entries, "otherwise": f"s{few}"})


SHAPES = (
    Shape("layers", 200, _layered),
    Shape("loops", 200, _loops),
    Shape("loops, few visits", 12, _few_visits),
    Shape("loops, few visits", 200, _few_visits),
    Shape("loops, visits", 12, _visits),
    Shape("loops, visits", 200, _visits),
    Shape("layers, visits", 200, _visits_in_layers),
    Shape("turns", 200, _timed),
    Shape("dense", 200, _dense),
)


def graph_of_shape(shape: Shape, states: int, transitions: int) -> Graph:
    """A graph of a shape; the same one each time."""
    made = list(shape.make(states, transitions // states, random.Random(7)))
    last = State(f"s{len(made)}", final=True)
    scenario = Scenario("large", start="s0", states=[*made, last], max_turns=shape.max_turns)
    return graph_of(scenario, RESTRICTED_ARM, UNSPECIFIED)


def counted(graph: Graph) -> tuple[Count, float]:
    """The count, and the seconds that it took."""
    begin = time.perf_counter()
    count = count_paths(graph)
    return count, time.perf_counter() - begin


def main() -> None:
    """Print a line for each shape."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--states", type=int, default=1000)
    parser.add_argument("--transitions", type=int, default=5000)
    sizes = parser.parse_args()
    print(f"{'shape':<20}{'turns':>6}{'seconds':>9}  paths")
    for shape in SHAPES:
        count, took = counted(graph_of_shape(shape, sizes.states, sizes.transitions))
        print(f"{shape.name:<20}{shape.max_turns:>6}{took:>9.2f}  {count}")


if __name__ == "__main__":
    main()
