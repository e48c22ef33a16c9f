"""What raters handed in: the answers on the labelling page's exports and on filled-in sheets.

A spreadsheet does things to a file: another separator, a mark at its beginning, rows in another
order, other spellings of yes. That is put up with. What is ambiguous is not: every problem of every
file is told at once, with its line, and nothing is taken in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson

from convsim.errors import InputError, choices
from convsim.report.labelling import QUESTIONS

COLUMNS = ("audit", "id", "rater", "gave", "turn", "crossed", "refused_allowed", "note")
"""What a file of labels consists of; a sheet has the conversation beside it."""

RATER = re.compile(r"[A-Za-z0-9._-]{1,40}")
NAMED_AFTER = re.compile(r"(?:labels|sheet)-([A-Za-z0-9._-]{1,40})")

SPELLINGS = {"y": "yes", "n": "no", "true": "yes", "false": "no", "cannot_tell": "cannot tell"}
FORMULA = "=+-@\t\r\n＝＋－＠"
"""What a spreadsheet takes for the beginning of a formula."""

MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Answers:
    """What one rater said of one conversation, empty where nothing; `place` is a file and line."""

    id: str
    rater: str
    gave: str
    turn: int | None
    crossed: str
    refused_allowed: str
    note: str
    place: str


class _Line(NamedTuple):
    """One row of a file as text, and where it begins."""

    place: str
    cells: Mapping[str, str]


def read_answers(
    paths: Iterable[str | Path], *, audit: str, turns: Mapping[str, int]
) -> list[Answers]:
    """The answers in these files, checked against the sample that they are about.

    `turns` tells the conversations of the sample, and how many turns each has. Raises `InputError`
    with every problem and its place.
    """
    problems: list[str] = []
    found: dict[tuple[str, str], Answers] = {}
    for path in map(Path, paths):
        for line in _lines(path):
            answers, wrong = _checked(line, path, audit, turns)
            problems += [f"{line.place}: {problem}" for problem in wrong]
            if answers is None:
                continue
            earlier = found.setdefault((answers.rater, answers.id), answers)
            if earlier is not answers:
                problems.append(
                    f"{line.place}: {answers.rater} answered {answers.id} before, at "
                    f"{earlier.place}; keep one of the two"
                )
    if problems:
        more = len(problems) - MOST_PROBLEMS
        ending = [f"and {more} more problems"] if more > 0 else []
        raise InputError("\n".join([*problems[:MOST_PROBLEMS], *ending]))
    return list(found.values())


def guarded(text: str) -> str:
    """Text that a spreadsheet shows instead of calculating: an apostrophe before a formula.

    >>> guarded("=1+1")
    "'=1+1"
    """
    return f"'{text}" if text[:1] and text[0] in FORMULA else text


def _unguarded(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA else text


# --- files


def _lines(path: Path) -> Iterator[_Line]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; give the files that the raters sent") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 (byte {error.start}); save the sheet as 'CSV UTF-8'"
        ) from None
    return _jsonl(path, text) if path.suffix == ".jsonl" else _csv(path, text)


def _jsonl(path: Path, text: str) -> Iterator[_Line]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{place}: is not JSON: {error}") from None
        if not isinstance(row, dict) or "id" not in row:
            raise InputError(f"{place}: a row is an object with an `id`, as the page exports it")
        yield _Line(
            place, {name: "" if value is None else str(value) for name, value in row.items()}
        )


def _csv(path: Path, text: str) -> Iterator[_Line]:
    if not text.strip():
        raise InputError(f"{path} is empty; give the files that the raters sent")
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    try:
        names = [name.strip() for name in next(reader, [])]
        if missing := [name for name in ("id", "crossed") if name not in names]:
            raise InputError(
                f"{path}:1: no column {' and no column '.join(missing)}; the columns of a file of "
                f"labels are {', '.join(COLUMNS)}"
            )
        begins = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                yield _Line(f"{path}:{begins}", dict(zip(names, row, strict=False)))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}:{begins}: is not CSV: {error}") from None


# --- rows


def _checked(
    line: _Line, path: Path, audit: str, turns: Mapping[str, int]
) -> tuple[Answers | None, list[str]]:
    """The answers of a row, None where it has none, and what is wrong with it."""
    cells = {name: _unguarded(line.cells.get(name, "").strip()) for name in COLUMNS}
    said = {question.name: _spelled(cells[question.name]) for question in QUESTIONS}
    if not any((*said.values(), cells["turn"], cells["note"])):
        return None, []
    problems = [
        f"{name}: '{said[name]}' is no answer{choices(said[name], allowed)}"
        for name, _, allowed in QUESTIONS
        if said[name] and said[name] not in allowed
    ]
    if cells["audit"] and cells["audit"] != audit:
        problems.append(f"belongs to audit {cells['audit']}; this one is {audit}")
    elif cells["id"] not in turns:
        problems.append(f"no conversation '{cells['id']}' is in this audit{_range(turns)}")
    turn = _turn(cells["turn"], turns.get(cells["id"], 0), problems)
    rater = cells["rater"] or _named_after(path)
    if not RATER.fullmatch(rater):
        problems.append(
            f"no rater: fill in the column `rater` (letters, digits, `.`, `_`, `-`), or call the "
            f"file labels-NAME.csv; found '{rater}'"
        )
    answers = Answers(
        id=cells["id"],
        rater=rater,
        gave=said["gave"],
        turn=turn,
        crossed=said["crossed"],
        refused_allowed=said["refused_allowed"],
        note=cells["note"],
        place=line.place,
    )
    return (None if problems else answers), [_of(cells["id"], turns, it) for it in problems]


def _of(id: str, turns: Mapping[str, int], problem: str) -> str:
    """A problem with its conversation: a spreadsheet shows rows, where the file has lines."""
    return f"{id}: {problem}" if id in turns else problem


def _range(turns: Mapping[str, int]) -> str:
    return f"; allowed: {min(turns)} to {max(turns)}" if turns else ""


def _spelled(text: str) -> str:
    text = " ".join(text.lower().split())
    return SPELLINGS.get(text, text)


def _named_after(path: Path) -> str:
    named = NAMED_AFTER.match(path.stem)
    return named[1] if named else ""


def _turn(text: str, turns: int, problems: list[str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and 1 <= int(text) <= max(turns, 1):
        return int(text)
    problems.append(f"turn: '{text}' is no turn of this conversation; allowed: 1 to {turns}")
    return None
