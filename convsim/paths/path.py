"""A path as an object, and in writing: `open > insist > insist > end`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import orjson

from convsim.errors import InputError, choices
from convsim.graph import Graph
from convsim.paths.places import Place, ways_of

ARROW = " > "

_TOKEN = re.compile(r'\s*(?P<name>"(?:[^"\\]|\\.)*"|[^">]*?)\s*(?:>|$)', re.DOTALL)
_PLAIN = re.compile(r'[^\s">](?:[^">\n]*[^\s">])?')


@dataclass(frozen=True)
class Path:
    """The states of one planned dialogue, in order."""

    states: tuple[str, ...]

    @cached_property
    def id(self) -> str:
        """Eight hex digits that stand for the path in keys, the same in every arm and run."""
        return blake2b("\x1f".join(self.states).encode(), digest_size=4).hexdigest()

    def __str__(self) -> str:
        """The path as `parse_path` reads it back.

        >>> str(Path(("open", "insist", "end")))
        'open > insist > end'

        A state whose name could be misread stands in double quotes, as in JSON.
        """
        return ARROW.join(map(_written, self.states))


def _written(state: str) -> str:
    return state if _PLAIN.fullmatch(state) else orjson.dumps(state).decode()


def parse_path(text: str, graph: Graph) -> Path:
    """The path that was written down, if the graph has it.

    Raises InputError that says which state there is not, or where it breaks and what could follow.
    """
    states = tuple(_names_in(text))
    for state in states:
        if state not in graph.states:
            raise InputError(
                f"path '{text.strip()}': {graph.about} has no state '{state}'"
                + choices(state, graph.states)
            )
    _check(states, graph)
    return Path(states)


def _names_in(text: str) -> Iterator[str]:
    at = 0
    while True:
        token = _TOKEN.match(text, at)
        if token is None or not token["name"]:
            raise InputError(
                f"path '{text.strip()}' cannot be read at character {at + 1}; write the names of "
                "states with '>' between them, as in 'open > insist > end'"
            )
        name = token["name"]
        yield orjson.loads(name) if name.startswith('"') else name
        at = token.end()
        if at == len(text) and not token[0].endswith(">"):
            return


def _check(states: tuple[str, ...], graph: Graph) -> None:
    """Raise InputError where no replies can lead through these states, and end there."""
    ways = ways_of(graph)
    if states[0] != graph.start:
        raise InputError(
            f"path '{Path(states)}' begins with '{states[0]}', and {graph.about} with "
            f"'{graph.start}'"
        )
    place = ways.start
    for number, state in enumerate(states[1:], 1):
        following = ways.following(place)
        onward = next((one for one in following if one and one.state == state), None)
        if onward is None:
            so_far = Path(states[:number])
            raise InputError(
                f"path '{Path(states)}' breaks after '{so_far}': '{state}' cannot follow there in "
                f"{graph.about}; {_what_can(following, graph)}"
            )
        place = onward
    following = ways.following(place)
    if following and None not in following:
        raise InputError(
            f"path '{Path(states)}' stops before the dialogue does in {graph.about}; "
            f"{_what_can(following, graph)}"
        )


def _what_can(following: tuple[Place | None, ...], graph: Graph) -> str:
    """What can follow, in words."""
    if not following:
        return "what can follow: nothing, the dialogue is over there"
    entered = {one.state for one in following if one}
    states = ", ".join(_written(state) for state in graph.states if state in entered)
    capped = f"the path may end there, at the cap of {graph.max_turns} turns"
    if None not in following:
        return f"what can follow: {states}"
    return f"{capped}; what can follow: {states}" if states else capped
