"""The phrases of a language by what they do (the act), read from `cues/<language>.txt`.

A cue file has sections `[act]`; each line below is one cue, a regular expression over folded text
(lower case, straight apostrophes, no emphasis marks). `{name}` inserts a definition of `[let]`, and
`...` stands for up to 60 characters of the same sentence. A cue begins at a word. `#` begins a
comment. Sections that start with `words:` are plain word lists.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_LET = re.compile(r"\{([a-z_]+)\}")
_FIRST_WORD = re.compile(r"[a-z]+(?=[ '])")
_NEVER = re.compile(r"(?!)")
GAP = r"[^.!?\n]{0,60}?"


@dataclass(frozen=True, slots=True)
class Cues:
    """The compiled cues of one language."""

    acts: Mapping[str, re.Pattern[str]]
    words: Mapping[str, frozenset[str]]

    def act(self, name: str) -> re.Pattern[str]:
        """The pattern of an act; one that never matches where the language has no such section."""
        return self.acts.get(name, _NEVER)


@cache
def cues(language: str) -> Cues:
    """The cues of one language, read and compiled once."""
    file = resources.files("convsim.readings").joinpath("cues", f"{language}.txt")
    sections = parse(file.read_text(encoding="utf-8"))
    lets = _definitions(sections.pop("let", []))
    spaced = language not in ("zh", "ja")
    return Cues(
        acts={
            name: _compiled([_expanded(line, lets) for line in lines], at_words=spaced)
            for name, lines in sections.items()
            if not name.startswith("words:")
        },
        words={
            name.removeprefix("words:"): frozenset(" ".join(lines).split())
            for name, lines in sections.items()
            if name.startswith("words:")
        },
    )


def parse(text: str) -> dict[str, list[str]]:
    """The lines of a cue file by section."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]") and re.fullmatch(r"\[[a-z_:]+\]", line):
            lines = sections.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return sections


def _definitions(lines: list[str]) -> dict[str, str]:
    lets: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition("=")
        lets[name.strip()] = f"(?:{_expanded(value.strip(), lets)})"
    return lets


def _expanded(line: str, lets: Mapping[str, str]) -> str:
    return _LET.sub(lambda match: lets[match.group(1)], line.replace("...", GAP))


def _compiled(patterns: list[str], *, at_words: bool) -> re.Pattern[str]:
    """One pattern for all cues, grouped by first word: most words of a reply begin no cue."""
    groups: dict[str, list[str]] = defaultdict(list)
    rest: list[str] = []
    for pattern in patterns:
        first = _FIRST_WORD.match(pattern)
        if first:
            groups[first.group()].append(pattern[first.end() :])
        else:
            rest.append(pattern)
    branches = [f"{word}(?:{'|'.join(tails)})" for word, tails in sorted(groups.items())]
    joined = "|".join([*branches, *rest])
    return re.compile(rf"(?<![\w'])(?:{joined})(?!\w)" if at_words else f"(?:{joined})")
