"""How many paths a graph has: exactly, as far as that can be told in about a second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from heapq import nlargest
from operator import itemgetter
from typing import NamedTuple

from convsim.graph import Graph, edges
from convsim.paths.places import Place, ways_of

MOST_STEPS = 250_000
"""How many steps from place to place are counted, over all turns, before it leaves some out.

Where nothing hangs on visits there are no more places in a turn than states, and none is left out.
"""


class Count(NamedTuple):
    """How many there are; at least so many where they were too many to count."""

    number: int
    exact: bool = True

    def __str__(self) -> str:
        """`1,204` or `at least 50,000`; what has more than 18 digits as `1.26e+60`."""
        shown = f"{self.number:,}" if self.number < 10**18 else _rounded_down(self.number)
        return shown if self.exact else f"at least {shown}"


def _rounded_down(number: int) -> str:
    digits = str(number)
    return f"{digits[0]}.{digits[1:3]}e+{len(digits) - 1}"


_Stand = tuple[str, int]
"""A state, and the visits that still matter: a place at any turn."""


def count_paths(graph: Graph) -> Count:
    """How many sequences of states dialogues can go through, to a final state or the turn cap.

        str(count_paths(graph))  # "1,204", or "at least 50,000"

    Conditions on the turn and on visits are worked out; those on the reply may hold or not, each
    for itself. It goes turn by turn, adding up how many ways lead to each place. Where visits make
    more places than it can go through, the fullest go on, and every way to another one counts as
    one path, which it is at least.
    """
    if graph.states[graph.start].final:
        return Count(1)
    following, most = _Following(graph), _most_at_once(graph)
    front: Mapping[_Stand, int] = {(graph.start, 0): 1}
    ended, exact = 0, True
    for turn in range(1, graph.max_turns + 1):
        ahead: defaultdict[_Stand, int] = defaultdict(int)
        for stand, number in front.items():
            finals, others = following(stand, turn - 1)
            ended += number * finals
            if turn == graph.max_turns:
                ended += number * bool(others)  # the cap ends it, wherever it would have gone
                continue
            for other in others:
                ahead[other] += number
        front = ahead
        if len(front) > most:
            fullest = nlargest(most, front.items(), key=itemgetter(1))
            ended += sum(front.values()) - sum(number for _, number in fullest)
            front, exact = dict(fullest), False
    return Count(ended, exact)


def _most_at_once(graph: Graph) -> int:
    """How many places of one turn it goes on from."""
    states = len(graph.states)
    if not graph.counted:
        return states
    steps = sum(1 for _ in edges(graph.states))
    return max(1, MOST_STEPS * states // (graph.max_turns * max(1, steps)))


def turn_bounds(graph: Graph) -> tuple[int, int]:
    """The smallest and the largest number of turns that replies can lead to.

    A block or an error can end a dialogue sooner. The answer to a clarifying question counts in the
    largest number. Where visits make too many places to tell, the largest is the turn cap.
    """
    if graph.states[graph.start].final:
        return 0, 0
    following, cap, most = _Following(graph), graph.max_turns, _most_at_once(graph)
    front: set[_Stand] = {(graph.start, 0)}
    least, longest = 0, 0
    for turn in range(1, cap + 1):
        ways = [following(stand, turn - 1) for stand in front]
        front = {other for _, others in ways for other in others}
        if any(finals for finals, _ in ways) or (front and turn == cap):
            least, longest = least or turn, turn
        if len(front) > most:
            return least or min(turn + 1, cap), cap
    return least, min(longest + bool(graph.clarified), cap)


class _Following:
    """How many final states can follow a place, and which others; worked out once for all turns."""

    def __init__(self, graph: Graph) -> None:
        self._ways = ways_of(graph)
        self._final = {name for name, state in graph.states.items() if state.final}
        self._known: dict[tuple[_Stand, int], tuple[int, tuple[_Stand, ...]]] = {}

    def __call__(self, stand: _Stand, turn: int) -> tuple[int, tuple[_Stand, ...]]:
        state, visits = stand
        key = stand, self._ways.era(state, turn)
        if (known := self._known.get(key)) is not None:
            return known
        entered = self._ways.entered(Place(state, turn, visits))
        others = tuple(one for one in entered if one[0] not in self._final)
        found = self._known[key] = len(entered) - len(others), others
        return found
