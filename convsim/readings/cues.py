"""The phrases of a language by what they do (the act), read from `cues/<language>.txt`.

A cue file has sections `[act]`; each line below is one cue, a regular expression over folded text
(lower case, straight apostrophes, no emphasis marks). `{name}` inserts a definition of `[let]`, and
`...` stands for up to 60 characters of the same sentence. A cue begins and ends at a word, and
begins with a word that can be told from the pattern: the words of a reply are looked up once, and
only the cues that begin with one of them are tried there. `#` begins a comment. Sections that start
with `words:` are plain word lists.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import NamedTuple

GAP = r"[^.!?\n]{0,60}?"
UNSPACED = frozenset(["zh", "ja"])
"""Languages without blanks between words: their cues are searched for anywhere."""

_LET = re.compile(r"\{([a-z_]+)\}")
_SECTION = re.compile(r"\[[a-z_:]+\]")
_WORD = re.compile(r"(?<![\w'])[^\W\d_]+")
_LITERAL = re.compile(r"[^\W\d_]*")


class Hit(NamedTuple):
    """One cue found in folded text."""

    act: str
    start: int
    end: int


class Word:
    """The cues that begin with one word, compiled when a text first holds it.

    A language has thousands of cues: compiling those that occur keeps a short command short.
    """

    def __init__(self, word: str, tails: Mapping[str, list[str]]) -> None:
        self._word = word
        self._tails = tails

    @cached_property
    def any(self) -> Callable[[str, int], object]:
        """Whether one of the cues fits, of whatever act: the one question most words need."""
        return self._starting([tail for tails in self._tails.values() for tail in tails]).match

    @cached_property
    def acts(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """One pattern per act."""
        return tuple((act, self._starting(tails)) for act, tails in self._tails.items())

    def _starting(self, tails: list[str]) -> re.Pattern[str]:
        return re.compile(rf"{self._word}(?:{'|'.join(tails)})(?!\w)")


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one language: by first word, or (unspaced) as patterns for the whole text."""

    by_word: Mapping[str, Word]
    anywhere: tuple[tuple[str, re.Pattern[str]], ...]
    words: Mapping[str, frozenset[str]]

    def hits(self, text: str) -> Iterator[Hit]:
        """Every cue in folded text; of one act, the first that fits at a word."""
        by_word = self.by_word
        for word in _WORD.finditer(text) if by_word else ():
            entry = by_word.get(word.group())
            if entry is None or not entry.any(text, word.start()):
                continue
            for act, pattern in entry.acts:
                match = pattern.match(text, word.start())
                if match:
                    yield Hit(act, match.start(), match.end())
        for act, pattern in self.anywhere:
            for match in pattern.finditer(text):
                yield Hit(act, match.start(), match.end())


@cache
def cues(language: str) -> Cues:
    """The cues of one language, read and compiled once."""
    file = resources.files("convsim.readings").joinpath("cues", f"{language}.txt")
    return compile_cues(file.read_text(encoding="utf-8"), spaced=language not in UNSPACED)


def compile_cues(text: str, *, spaced: bool = True) -> Cues:
    """The cues of a file's text."""
    sections = _sections(text)
    lets: dict[str, str] = {}
    for line in sections.pop("let", []):
        name, _, value = line.partition("=")
        lets[name.strip()] = f"(?:{_expanded(value.strip(), lets)})"
    acts = {
        act: [_expanded(line, lets) for line in lines]
        for act, lines in sections.items()
        if not act.startswith("words:")
    }
    return Cues(
        by_word=_by_word(acts) if spaced else {},
        anywhere=() if spaced else tuple((act, re.compile("|".join(acts[act]))) for act in acts),
        words={
            name.removeprefix("words:"): frozenset(" ".join(lines).split())
            for name, lines in sections.items()
            if name.startswith("words:")
        },
    )


def _sections(text: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for raw in unicodedata.normalize("NFKC", text).splitlines():
        line = raw.strip()
        if _SECTION.fullmatch(line):
            lines = sections.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return sections


def _expanded(line: str, lets: Mapping[str, str]) -> str:
    return _LET.sub(lambda match: lets[match.group(1)], line.replace("...", GAP))


def _by_word(acts: Mapping[str, list[str]]) -> dict[str, Word]:
    """The cues by the word they begin with."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for act, patterns in acts.items():
        for pattern in patterns:
            for word, tail in _openings(pattern):
                found[word][act].append(tail)
    return {word: Word(word, by_act) for word, by_act in found.items()}


def _openings(pattern: str) -> Iterator[tuple[str, str]]:
    """The words a pattern can begin with, each with what follows: `(?:a|b) c` gives a and b."""
    word = _LITERAL.match(pattern)
    assert word is not None
    head, tail = word.group(), pattern[word.end() :]
    if tail.startswith("?") and len(head) > 1:  # the last letter is optional
        yield from _openings(f"{head[:-1]}{tail[1:]}")
        yield from _openings(f"{head}{tail[1:]}")
    elif tail.startswith("(?:"):
        options, rest = _group(tail)
        if head and not any(map(_goes_on, options)):
            yield head, tail
            return
        if rest.startswith("?"):
            options, rest = [*options, ""], rest[1:]
        if rest.startswith(("*", "+", "{")):
            raise ValueError(f"cue {pattern!r} begins with a repeated group; name its first words")
        for option in options:
            yield from _openings(f"{head}{option}{rest}")
    elif head and not _goes_on(tail or " "):
        yield head, tail
    else:
        raise ValueError(f"cue {pattern!r} begins with no certain word; write the words out")


def _goes_on(tail: str) -> bool:
    """Whether what follows could lengthen the word before it."""
    return not tail or tail[0].isalpha() or tail.startswith(("\\w", "[a", ".", "(?:"))


def _group(tail: str) -> tuple[list[str], str]:
    """The alternatives of a leading `(?:...)` and what follows it."""
    options: list[str] = []
    depth, start = 0, 3
    for at, char in enumerate(tail):
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if not depth:
                return [*options, tail[start:at]], tail[at + 1 :]
        elif char == "|" and depth == 1:
            options.append(tail[start:at])
            start = at + 1
    raise ValueError(f"unbalanced parentheses in cue {tail!r}")
