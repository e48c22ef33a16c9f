"""Regular expressions that can take forever, found before a reply is searched with them.

Theory. Python's `re` tries one way to match after another. Where a repetition can go round the same
text in two ways, n rounds have 2**n ways, and a text that does not fit at its end has all of them
tried; nothing can interrupt that. A repetition is so if its automaton leads from a state back to
itself by two ways that read the same text (Weber and Seidl 1991; Weideman et al. 2016). The
automaton is Glushkov's: its states are the characters of the pattern, and each way from one to the
next is counted, because `(a+)+` has two from `a` to `a`.

What is not followed through counts as harmless: backreferences, atomic groups, and what stands on
both sides of a `\\b`. So whatever is found is really endless for some text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from string import printable
from typing import NamedTuple

MANY = 10
"""A repetition that may have so many rounds more or less is as bad as one without an end."""

LARGEST = 250
"""Of how many states an automaton is looked at; what is larger is taken for harmless."""

PAIRS = 20_000
"""How many pairs of states are looked at, likewise."""


@lru_cache(maxsize=1024)
def endless(pattern: str) -> str | None:
    """The repetition in a valid pattern that can be gone round in two ways; None if none can.

    >>> endless("^(a+)+$"), endless("^(a+,)+$")
    ('(a+)+', None)
    """
    reader = _Reader(pattern)
    try:
        reader.either(re.compile(pattern).flags)
        return next((loop.source for loop in reader.loops if _goes_two_ways(loop)), None)
    except RecursionError:  # brackets within brackets, deeper than anybody writes them
        return None


# -- the pattern, read ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _One:
    """One character of a set: of those that are looked at, a bit each. Without any it blocks."""

    mask: int


@dataclass(frozen=True, slots=True)
class _Row:
    """One after the other; without any the empty text."""

    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    """One of them."""

    ways: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Times:
    """So many rounds of something; `most` is None without an end."""

    what: _Node
    least: int
    most: int | None
    source: str

    @property
    def is_loop(self) -> bool:
        return self.most is None or self.most - self.least >= MANY


_Node = _One | _Row | _Either | _Times

_NOTHING = _Row(())
_BLOCK = _One(0)

_ATOM = re.compile(
    r"\\(?:x..|u.{4}|U.{8}|N\{[^}]*\}|0[0-7]{0,2}|[1-3][0-7]{2}|[1-9][0-9]?|.)"
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]"
    r"|.",
    re.DOTALL,
)
_NO_CHARACTER = re.compile(r"[$^]|\\(?:[AbBZz]|[1-9][0-9]?)")
_GROUP = re.compile(
    r"\((?:\?(?:P<\w+>|P=\w+\)|#[^)]*\)|<?[=!]|>|\([^)]*\)"
    r"|(?P<on>[aimsux]*)(?:-(?P<off>[imsx]+))?[:)]))?"
)
_ROUNDS = re.compile(r"(?:([*+?])|\{(?!\})(\d*)(,?)(\d*)\})([?+]?)")
_SPACE = re.compile(r"(?:\s|#[^\n]*(?:\n|\Z))+")
_SIGNS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_ALPHABET = dict.fromkeys(printable + "éßЖ中\u00a0–’")


class _Reader:
    """A pattern, read once from left to right. `loops` are its repetitions, the inner ones first.

    The pattern is known to be one: only what stands where has to be found out.
    """

    def __init__(self, pattern: str) -> None:
        self.loops: list[_Times] = []
        self._text = pattern
        self._at = 0
        self._alphabet = "".join({**_ALPHABET, **dict.fromkeys(pattern)})

    def either(self, flags: int) -> _Node:
        """Rows with bars between, to the end or to a closing bracket."""
        ways = [self._row(flags)]
        while self._text.startswith("|", self._at):
            self._at += 1
            ways.append(self._row(flags))
        return ways[0] if len(ways) == 1 else _Either(tuple(ways))

    def _row(self, flags: int) -> _Node:
        parts: list[_Node] = []
        while True:
            self._skip(flags)
            if self._text[self._at : self._at + 1] in ("", "|", ")"):
                return _Row(tuple(parts))
            parts.append(self._repeated(flags))

    def _skip(self, flags: int) -> None:
        if flags & re.VERBOSE and (space := _SPACE.match(self._text, self._at)):
            self._at = space.end()

    def _repeated(self, flags: int) -> _Node:
        start = self._at
        what = self._atom(flags)
        self._skip(flags)
        rounds = _ROUNDS.match(self._text, self._at)
        if rounds is None:
            return what
        self._at = rounds.end()
        sign, least, comma, most, mode = rounds.groups()
        if mode == "+":  # possessive: what it has taken is never tried another way
            return _BLOCK
        if sign:
            fewest, highest = _SIGNS[sign]
        else:
            fewest = int(least or 0)
            highest = (int(most) if most else None) if comma else fewest
        found = _Times(what, fewest, highest, self._text[start : self._at])
        if found.is_loop:
            self.loops.append(found)
        return found

    def _atom(self, flags: int) -> _Node:
        if group := _GROUP.match(self._text, self._at):
            return self._group(group, flags)
        found = _ATOM.match(self._text, self._at)
        if found is None:
            raise ValueError(f"no regular expression: {self._text}")
        self._at = found.end()
        if _NO_CHARACTER.fullmatch(found[0]):
            return _BLOCK
        return _One(_mask(found[0], flags & (re.I | re.S | re.A), self._alphabet))

    def _group(self, group: re.Match[str], flags: int) -> _Node:
        self._at = group.end()
        if group[0].endswith(")"):
            return _BLOCK if group[0].startswith("(?P=") else _NOTHING
        inside = self.either((flags | _flags(group["on"])) & ~_flags(group["off"]))
        self._at += 1
        if group[0] == "(?>":
            return _BLOCK
        return _NOTHING if group[0].endswith(("=", "!")) else inside


def _flags(letters: str | None) -> int:
    return sum(re.RegexFlag[letter.upper()] for letter in letters or "")


def _mask(atom: str, flags: int, alphabet: str) -> int:
    """Which characters an atom is, as bits."""
    # Python warns of what may be an operator in a set some day: told of the whole pattern already.
    plain = re.sub(r"(?s)(?<!^)[\[&|~]|\\.", _escaped, atom) if atom[0] == "[" else atom
    fits = re.compile(plain, flags).fullmatch
    return sum(1 << n for n, character in enumerate(alphabet) if fits(character))


def _escaped(sign: re.Match[str]) -> str:
    return sign[0] if len(sign[0]) == 2 else f"\\{sign[0]}"


# -- its automaton ----------------------------------------------------------------------------


class _TooLarge(Exception):
    """An automaton with more states than anybody wants to look at."""


class _Ends(NamedTuple):
    """With which states a part begins and ends, and whether it can be empty."""

    empty: bool
    first: tuple[int, ...]
    last: tuple[int, ...]


_EMPTY = _Ends(True, (), ())


class _Automaton:
    """States, each a set of characters, and how often one leads to another."""

    def __init__(self) -> None:
        self.masks: list[int] = []
        self.next: list[Counter[int]] = []

    def add(self, node: _Node) -> _Ends:
        """The states of a part, joined among themselves."""
        match node:
            case _One():
                if len(self.masks) == LARGEST:
                    raise _TooLarge
                self.masks.append(node.mask)
                self.next.append(Counter())
                return _Ends(False, (len(self.masks) - 1,), (len(self.masks) - 1,))
            case _Row():
                whole = _EMPTY
                for part in node.parts:
                    whole = self._then(whole, self.add(part))
                return whole
            case _Either():
                ways = [self.add(way) for way in node.ways]
                return _Ends(
                    any(way.empty for way in ways),
                    tuple(state for way in ways for state in way.first),
                    tuple(state for way in ways for state in way.last),
                )
            case _Times():
                return self._times(node)

    def _times(self, node: _Times) -> _Ends:
        fixed = _EMPTY
        for _ in range(max(0, node.least - node.is_loop)):
            fixed = self._then(fixed, self.add(node.what))
        if node.is_loop:
            rest = self.add(node.what)
            self._join(rest.last, rest.first)
            rest = rest._replace(empty=rest.empty or not node.least)
        else:
            rest = self._up_to((node.most or 0) - node.least, node.what)
        return self._then(fixed, rest)

    def _up_to(self, rounds: int, what: _Node) -> _Ends:
        """`(what(what)?)?`, in which every number of rounds has one way."""
        if not rounds:
            return _EMPTY
        once = self._then(self.add(what), self._up_to(rounds - 1, what))
        return once._replace(empty=True)

    def _then(self, one: _Ends, other: _Ends) -> _Ends:
        self._join(one.last, other.first)
        return _Ends(
            one.empty and other.empty,
            one.first + other.first if one.empty else one.first,
            one.last + other.last if other.empty else other.last,
        )

    def _join(self, sources: tuple[int, ...], targets: tuple[int, ...]) -> None:
        for source in sources:
            self.next[source].update(targets)

    def steps(self, one: int, other: int) -> Iterator[tuple[int, int]]:
        """Where one and the same character leads from two states."""
        for to in self.next[one]:
            for too in self.next[other]:
                if self.masks[to] & self.masks[too]:
                    yield to, too


def _goes_two_ways(loop: _Times) -> bool:
    """Whether a repetition can go round the same text in two ways.

    Every round passes a state that it begins with; an inner repetition is a loop of its own.
    """
    automaton = _Automaton()
    try:
        begins = automaton.add(loop.what)
    except _TooLarge:
        return False
    for last in begins.last:
        automaton.next[last].update(begins.first)
    return any(automaton.masks[it] and _returns_twice(automaton, it) for it in begins.first)


def _returns_twice(automaton: _Automaton, start: int) -> bool:
    """Whether two ways that read the same text lead from a state back to it."""
    origin = (start, start)
    before: dict[tuple[int, int], set[tuple[int, int]]] = {origin: set()}
    ahead = [origin]
    while ahead:
        pair = ahead.pop()
        for step in automaton.steps(*pair):
            if step not in before:
                before[step] = set()
                ahead.append(step)
            before[step].add(pair)
        if len(before) > PAIRS:
            return False
    returning = {origin}
    ahead = [origin]
    while ahead:
        new = before[ahead.pop()] - returning
        returning |= new
        ahead += new
    return any(
        one != other
        or any(n > 1 and (to, to) in returning for to, n in automaton.next[one].items())
        for one, other in returning
    )
