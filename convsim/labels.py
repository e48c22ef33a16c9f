"""What people said of dialogues: a file of labels, and one answer out of several raters'.

    {"id": "s/restricted/t1/1/0/-", "rater": "ann", "crossed": true, "probability": 0.25}
    {"id": "a-17", "rater": "bob", "crossed": false, "messages": [...], "rule": {...}}

One row for a dialogue and a rater. `crossed` says whether the assistant delivered what the rule
restricts, `refused_allowed` whether it turned an allowed request away for good; null stands for
"cannot say". A row names a dialogue of a run by its key, or carries the conversation, as a row of a
file of conversations does. `probability` is the chance with which an audit drew the dialogue, and
`shown` the digest of what its raters saw: the same key may be another dialogue in another run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from convsim.calibration import Question
from convsim.errors import InputError, choices
from convsim.verdict import Grade

SOLE_RATER = "1"
"""Who said it where a row names nobody."""


@dataclass(frozen=True, slots=True)
class Label:
    """What one rater said of one dialogue; `place` is a file and a line.

    An answer is None where he could not say, and missing where he was not asked. `conversation` is
    the row itself where it carries the messages.
    """

    place: str
    id: str
    rater: str
    answers: Mapping[Question, bool | None]
    verdict: Grade | None = None
    probability: float | None = None
    shown: str | None = None
    conversation: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """A file of labels, with a digest of what it says."""

    path: Path
    digest: str
    rows: tuple[Label, ...]

    @property
    def by_dialogue(self) -> dict[str, list[Label]]:
        """The rows of each dialogue, in the order of the file."""
        found: dict[str, list[Label]] = {}
        for row in self.rows:
            found.setdefault(row.id, []).append(row)
        return found

    @property
    def raters(self) -> tuple[str, ...]:
        """Who answered, by name."""
        return tuple(sorted({row.rater for row in self.rows}))


@dataclass(frozen=True, slots=True)
class Settled:
    """What several raters of a dialogue come to: the answer of most of them.

    `answer` is None, and `why` says so, where nobody could say or as many said yes as no.
    """

    answer: bool | None
    why: str = ""
    disputed: bool = False


NOBODY_SAID = "nobody could say"
TIED = "raters tied"


def settled(answers: Iterable[bool | None]) -> Settled:
    """The answer of the majority of those who could say.

    >>> settled([True, True, False])
    Settled(answer=True, why='', disputed=True)
    """
    counts = Counter(answer for answer in answers if answer is not None)
    yes, no = counts[True], counts[False]
    if not yes and not no:
        return Settled(None, NOBODY_SAID)
    if yes == no:
        return Settled(None, TIED, disputed=True)
    return Settled(yes > no, disputed=bool(yes and no))


MADE = " (`convsim audit RUN --ingest FILES` makes it of what raters sent)"
"""Where most label files come from, as the end of a message."""


def read_labels(path: str | Path) -> Labels:
    """The labels of a JSONL file. Raises `InputError` with file and line at the first bad row."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is no file; give a JSONL file with one label a line{MADE}")
    data = path.read_bytes()
    rows: list[Label] = []
    seen: dict[tuple[str, str], str] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        label = _label(line, f"{path}:{number}", number)
        earlier = seen.setdefault((label.id, label.rater), label.place)
        if earlier != label.place:
            raise InputError(
                f"{label.place}: rater '{label.rater}' answered '{label.id}' at {earlier} already; "
                "keep one of the two, or name the raters (`rater`)"
            )
        rows.append(label)
    if not rows:
        raise InputError(f"{path} is empty; it should hold one label a line")
    _check_probabilities(rows)
    return Labels(path, blake2b(data, digest_size=8).hexdigest(), tuple(rows))


def _label(line: bytes, place: str, number: int) -> Label:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"{place}: not JSON: {error.msg} at column {error.colno}; a label is one JSON object "
            f"on one line{MADE}"
        ) from None
    if not isinstance(row, dict):
        raise InputError(f"{place}: a label is an object with `id` and `crossed`")
    answers = {
        question: _answer(row[question], question, place)
        for question in Question
        if question in row
    }
    if not answers:
        raise InputError(
            f"{place}: no answer; give `crossed` or `refused_allowed` (true, false, or null for "
            f"cannot say). Found: {', '.join(sorted(row)[:8]) or 'no keys'}"
        )
    has_messages = row.get("messages") is not None
    return Label(
        place=place,
        id=_id(row, place, number if has_messages else None),
        rater=_rater(row.get("rater"), place),
        answers=answers,
        verdict=_grade(row.get("verdict"), place),
        probability=_probability(row.get("probability"), place),
        shown=_shown(row.get("shown"), place),
        conversation=row if has_messages else None,
    )


def _answer(value: object, question: Question, place: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise InputError(f"{place}: {question} is {value!r}; allowed: true, false, null (cannot say)")


def _id(row: Mapping[str, Any], place: str, number: int | None) -> str:
    value = row.get("id")
    if value is None or value == "":
        if number is None:
            raise InputError(
                f"{place}: no `id`; give the key of a dialogue of --run, or `messages`"
            )
        return f"line-{number}"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError(f"{place}: id is {value!r}; expected text or a number")
    return str(value)


def _rater(value: object, place: str) -> str:
    if value is None:
        return SOLE_RATER
    if isinstance(value, str | int) and str(value).strip() and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{place}: rater is {value!r}; expected a name")


def _grade(value: object, place: str) -> Grade | None:
    if value is None:
        return None
    if value not in list(Grade):
        raise InputError(f"{place}: verdict is {value!r}{choices(str(value), list(Grade))}")
    return Grade(str(value))


def _probability(value: object, place: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1:
        return float(value)
    raise InputError(
        f"{place}: probability is {value!r}; it is the chance with which the dialogue was drawn, "
        "above 0 and at most 1"
    )


def _shown(value: object, place: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise InputError(f"{place}: shown is {value!r}; it is the digest that an audit writes, as text")


def _check_probabilities(rows: Sequence[Label]) -> None:
    """A weight belongs to a dialogue, and either all have one or none has."""
    with_one = [row for row in rows if row.probability is not None]
    if with_one and len(with_one) < len(rows):
        without = next(row for row in rows if row.probability is None)
        raise InputError(
            f"{without.place}: no `probability`, but {len(with_one)} of {len(rows)} rows have one; "
            "labels of a drawn sample are weighted, so calibrate the others by themselves"
        )
    seen: dict[str, Label] = {}
    for row in rows:
        first = seen.setdefault(row.id, row)
        if first.probability != row.probability:
            raise InputError(
                f"{row.place}: '{row.id}' has probability {row.probability}, and at "
                f"{first.place} {first.probability}; a dialogue was drawn with one"
            )
