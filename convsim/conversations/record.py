"""What every format is turned into: messages in OpenAI's form, and what the row says of its case.

A format knows how its file is laid out; it knows nothing of turns, rules and evidence. What makes a
conversation out of a record (`building`) knows nothing of formats.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

SAID = 3
"""How often one kind of oddity is told for a file, before the rest is only counted."""


class OddConversation(UserWarning):
    """Something odd in a recorded conversation, which was read all the same."""


@dataclass(frozen=True, slots=True)
class Record:
    """One conversation as its file has it.

    `place` is where it stands, for messages: the file and the line, say. `name` is what it is
    called where it has no `id`. `case` holds the keys that say what was right. With `loose` they
    are somebody's own metadata: what does not fit is left alone instead of refused.
    """

    place: str
    name: str
    messages: Sequence[object]
    id: object = None
    case: Mapping[str, Any] = field(default_factory=dict)
    loose: bool = False


@dataclass(slots=True)
class Remarks:
    """Warnings about one file: a few of each kind in words, and how many more there were."""

    path: Path
    counts: Counter[str] = field(default_factory=Counter)

    def say(self, place: str, what: str, about: str = "") -> None:
        """Warn of something; `what` is the kind that is counted, `about` this one case of it."""
        self.counts[what] += 1
        if self.counts[what] <= SAID:
            self._warn(f"{place}: {what}{about}")

    def close(self) -> None:
        """Tell how many more there were of what was told."""
        for what, count in self.counts.items():
            if count > SAID:
                self._warn(f"{self.path}: {what}: {count - SAID} more")

    def _warn(self, text: str) -> None:
        warnings.warn(text, OddConversation, stacklevel=4)


def kind_of(value: object) -> str:
    """What JSON calls a value of this type."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "a number"


def first_of(error: ValidationError) -> str:
    """The first thing that is wrong with a noun, with the key that it is wrong at."""
    problem = error.errors()[0]
    where = ".".join(map(str, problem["loc"]))
    if problem["type"] == "missing":
        return f"{where} is missing"
    if allowed := problem.get("ctx", {}).get("expected"):
        return f"{where} is {problem['input']!r}; allowed: {allowed}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def keys_of(row: Mapping[str, Any]) -> str:
    """The keys of a row that is not of the form that was looked for."""
    return f"keys {', '.join(sorted(row)[:8])}" if row else "no keys"


def object_of(value: object) -> dict[str, Any]:
    """A value where it is an object, else an empty one: exports leave out what they have not."""
    return value if isinstance(value, dict) else {}


def case_in(metadata: object) -> tuple[Mapping[str, Any], bool]:
    """The case keys in metadata that somebody else wrote, and whether they are only guessed at.

    An object under `convsim` is meant for us; anything else may have our keys by chance.
    """
    if not isinstance(metadata, dict):
        return {}, True
    meant = metadata.get("convsim")
    return (meant, False) if isinstance(meant, dict) else (metadata, True)
