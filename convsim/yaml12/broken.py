"""What keeps a text from being YAML, in the words of somebody who writes one.

The scanner says what it expected and where it gave up. What is wrong mostly stands before that: a
line that begins in no column of the lines above it, or a quote that is closed too early or too
late. So the texts and keys before the place are looked at again.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim.yaml12.places import Place, place_of

if TYPE_CHECKING:
    from yaml import MarkedYAMLError

_QUOTE_ENDS = "unexpected end of stream"
_BRACKET_ENDS = "expected ',' or"
_NO_ENTRY = "did not find expected|expected <block end>"
_NO_COLON = "could not find expected ':'"
_NO_VALUE = "mapping values are not allowed"

_PLAIN_WORDS: tuple[tuple[str, str], ...] = (
    (
        _NO_VALUE,
        "a ': ' cannot stand here; put a text that holds one in quotes, "
        "or check that the line begins in the right column",
    ),
    (
        "character .*cannot start any token",
        "a text cannot begin with this character; put the text in quotes",
    ),
    (
        "sequence entries are not allowed",
        "a list item ('- ') cannot stand here; begin it on a line of its own, "
        "or put a text that begins with a dash in quotes",
    ),
    (
        _NO_COLON,
        "this line is no `key: value`; add the colon, or put a text of several lines in quotes",
    ),
    (
        "did not find expected '-'|expected <block end>.*'\\?'",
        "expected another '- ' item of the list; check the indentation",
    ),
    (
        "did not find expected key|expected <block end>",
        "expected a key here; the indentation fits nothing above, or a text lacks its quotes",
    ),
    (
        "unknown escape character|escape sequence|escape code",
        "an unknown backslash escape; write two backslashes, or use single quotes",
    ),
    (
        "comment or line break",
        "after '|' or '>' the text begins on the next line; a text of one line needs neither",
    ),
    (
        "expected alphabetic or numeric character",
        "a text cannot begin with '*' or '&'; put the text in quotes",
    ),
)


def in_plain_words(error: MarkedYAMLError, text: str) -> tuple[str, Place]:
    """What is wrong, and where it stands or where to begin looking."""
    place = place_of(error.problem_mark or error.context_mark)
    lines = text.splitlines() or [""]
    line = lines[min(place.line, len(lines)) - 1]
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        return (
            "a tab in the indentation; YAML indents with spaces only: replace every tab "
            "at the beginning of a line with two spaces",
            Place(min(place.line, len(lines)), indent.index("\t") + 1),
        )
    problem = str(error.problem)
    if error.context_mark is not None:
        opened = place_of(error.context_mark)
        if (unclosed := _unclosed(problem, opened, place, lines)) is not None:
            return unclosed, opened
        if _NO_COLON in problem or "alphabetic" in problem:
            place = opened  # the scanner only gives up further on
    found = None
    if re.search(f"{_NO_ENTRY}|{_NO_VALUE}", problem):
        before = _Before.read(text, place)
        found = before.misquoted(lines) or before.misaligned(lines)
    if found is not None:
        return found
    known = (words for pattern, words in _PLAIN_WORDS if re.search(pattern, problem))
    words = next(known, f"{error.context}: {problem}" if error.context else problem)
    hint = " (a text with {{ ... }} needs quotes)" if "{{" in line and "quotes" not in words else ""
    return f"{words}{hint}", place


def _unclosed(problem: str, opened: Place, place: Place, lines: Sequence[str]) -> str | None:
    """A quote or bracket that is open to the end, or to where something else must stand."""
    sign = lines[opened.line - 1][opened.column - 1 : opened.column]
    if _QUOTE_ENDS in problem:
        return f"this {sign} is never closed; write another one where the text ends"
    if _BRACKET_ENDS in problem:
        before = f"line {place.line}, column {place.column}"
        return f"this {sign} is not closed, or a comma is missing before {before}"
    return None


class _Quoted(NamedTuple):
    """A text in quotes: where they open, and where something else begins again."""

    start: Place
    end: Place


class _Beginning(NamedTuple):
    """A key, or the dash of a list item, which those beside it line up with."""

    place: Place
    name: str
    is_item: bool


@dataclass(slots=True)
class _Before:
    """What stands before the place that cannot be read, as far as the scanner came."""

    place: Place
    quoted: list[_Quoted] = field(default_factory=list)
    beginnings: list[_Beginning] = field(default_factory=list)

    @classmethod
    def read(cls, text: str, place: Place) -> _Before:
        import yaml

        before = cls(place)
        is_key, brackets = False, 0
        for token in _tokens(text):
            start = place_of(token.start_mark)
            if start >= place:
                break
            if isinstance(token, yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken):
                brackets += 1
            elif isinstance(token, yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken):
                brackets -= 1
            elif isinstance(token, yaml.BlockEntryToken) and not brackets:
                before.beginnings.append(_Beginning(start, "- ", is_item=True))
            elif isinstance(token, yaml.ScalarToken):
                if token.style in ('"', "'"):
                    before.quoted.append(_Quoted(start, place_of(token.end_mark)))
                if is_key and not brackets:
                    before.beginnings.append(_Beginning(start, str(token.value), is_item=False))
            is_key = isinstance(token, yaml.KeyToken)
        return before

    def misquoted(self, lines: Sequence[str]) -> tuple[str, Place] | None:
        """Where a text in quotes has ended before it was meant to, or long after."""
        if not self.quoted:
            return None
        start, end = self.quoted[-1]
        between = lines[end.line - 1][end.column - 1 : self.place.column - 1]
        if end.line != self.place.line or between.strip():
            return None
        sign = lines[start.line - 1][start.column - 1]
        if end.line != start.line:
            message = (
                f"this {sign} is closed only at line {end.line}, column {end.column - 1}, and more "
                "text follows there; write the missing one where the text ends"
            )
            return message, start
        inside = '\\"' if sign == '"' else "''"
        message = (
            f"the text in quotes that begins at column {start.column} ends before this; put the "
            f"whole text in quotes, and write {inside} for a {sign} inside it"
        )
        return message, self.place

    def misaligned(self, lines: Sequence[str]) -> tuple[str, Place] | None:
        """Where a line begins in a column that no line around it has."""
        line = lines[min(self.place.line, len(lines)) - 1]
        column = len(line) - len(line.lstrip()) + 1
        written = re.match(r"\s*(?:(?P<item>- )|[\w.-]+\s*:(?:\s|$))", line)
        # A key is given up on where it begins, or at its colon where the line above went on.
        if written is None or not re.fullmatch(r"[\s\w.-]*", line[: self.place.column - 1]):
            return None
        is_item = written["item"] is not None
        if (above := self._without_colon(lines, column)) is not None:
            return dict(_PLAIN_WORDS)[_NO_COLON], above
        open_ = [it for it in self._open() if it.place.line < self.place.line]
        if column in [it.place.column for it in open_]:
            return None  # lined up, but a key among items or the other way round
        inner = [it for it in open_ if it.place.column > column and it.is_item == is_item]
        outer = [it for it in open_ if it.place.column < column and not (is_item or it.is_item)]
        beside = [*outer[:1], *inner[-1:]]
        if not beside:
            return None
        columns = " or ".join(f"column {it.place.column}" for it in beside)
        named = " or ".join(_named(it) for it in beside)
        message = (
            f"this {'item' if is_item else 'key'} stands at column {column}, and those above it at "
            f"{columns}; line it up with {named}"
        )
        if self.place.column > column:  # read as more of the text above, up to the colon
            line_above = beside[0].place.line
            message += f", or, if it goes on with the text of line {line_above}, put that in quotes"
        return message, Place(self.place.line, column)

    def _without_colon(self, lines: Sequence[str], column: int) -> Place | None:
        """The line above, where it begins in the same column and is no key."""
        number = next((n for n in range(self.place.line - 1, 0, -1) if lines[n - 1].strip()), 0)
        above = lines[number - 1] if number else ""
        known = any(it.place.line == number for it in self.beginnings)
        if known or len(above) - len(above.lstrip()) + 1 != column or above.lstrip()[:1] == "#":
            return None
        return Place(number, column)

    def _open(self) -> Iterator[_Beginning]:
        """The keys and items that a line could stand beside: further and further out."""
        least: int | None = None
        for it in reversed(self.beginnings):
            if least is None or it.place.column < least:
                least = it.place.column
                yield it


def _named(it: _Beginning) -> str:
    name = "the '- '" if it.is_item else f"'{it.name}'"
    return f"{name} of line {it.place.line}"


def _tokens(text: str) -> Iterator[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with contextlib.suppress(yaml.YAMLError):
        yield from yaml.scan(text, Loader=loader)
