"""`# noqa` comments: an author has seen a warning, and keeps what it is about.

    say:  # noqa: CS209 the two differ in one word on purpose
    # noqa: file CS210

A comment names its codes. It silences them on its own line and, where it stands on the line of a
key, in everything under that key; with `file`, in the whole file. It silences warnings alone: what
is an error keeps the file from being played whatever a comment says. A comment that silences
nothing is itself a warning, so that none outlives its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from convsim.errors import Problem, choices
from convsim.lints.codes import CODES
from convsim.yaml12 import Document, Place, comments, scan

_NOQA = re.compile(r"#\s*noqa\b(?P<colon>\s*:)?(?P<file>\s*file\b)?(?P<rest>[^#]*)", re.IGNORECASE)
_CODE = re.compile(r"[\s,]*(?P<code>[A-Za-z]+\d+)(?![^\s,])")


@dataclass(slots=True)
class _Noqa:
    """One comment: what it names, and what of that it silenced."""

    place: Place
    codes: tuple[str, ...]
    whole_file: bool
    used: set[str] = field(default_factory=set)


def silenced(
    problems: Iterable[Problem], files: Iterable[str], sought: Callable[[str, str], bool]
) -> list[Problem]:
    """The problems without those that comments silence, and what is wrong with the comments.

    `sought` says whether a code was looked for in a file at all: else no comment about it is idle.
    """
    left = list(problems)
    wrong: list[Problem] = []
    for file in dict.fromkeys(files):
        text = _text_of(file)
        if text is None:
            continue
        noqas, document = list(_noqas_in(text)), scan(text, file)
        left = [it for it in left if it.file != file or not _is_silenced(it, noqas, document)]
        wrong += [it for noqa in noqas for it in _wrong_with(noqa, file, sought)]
    return left + wrong


def _text_of(file: str) -> str | None:
    """The text of a file that may hold such a comment; JSON has none."""
    try:
        source = b"" if file.endswith(".json") else Path(file).read_bytes()
        return source.decode("utf-8-sig") if b"noqa" in source.lower() else None
    except (OSError, UnicodeDecodeError):
        return None  # reported where the file is read


def _noqas_in(text: str) -> Iterator[_Noqa]:
    for place, comment in comments(text):
        for match in _NOQA.finditer(comment):
            start = Place(place.line, place.column + match.start())
            yield _Noqa(start, tuple(_codes_in(match)), match["file"] is not None)


def _codes_in(match: re.Match[str]) -> dict[str, None]:
    """The codes of a comment, each once; what follows the last of them is the reason."""
    found: dict[str, None] = {}
    rest = match["rest"] if match["colon"] else ""
    while (code := _CODE.match(rest)) is not None:
        found[code["code"].upper()] = None
        rest = rest[code.end() :]
    return found


def _is_silenced(problem: Problem, noqas: Iterable[_Noqa], document: Document) -> bool:
    if not problem.warning:
        return False
    lines = {problem.line, *document.lines_around(Place(problem.line, problem.column))}
    naming = [
        noqa
        for noqa in noqas
        if problem.code in noqa.codes and (noqa.whole_file or noqa.place.line in lines)
    ]
    for noqa in naming:
        noqa.used.add(problem.code)
    return bool(naming)


def _wrong_with(noqa: _Noqa, file: str, sought: Callable[[str, str], bool]) -> Iterator[Problem]:
    def warning(code: str, message: str) -> Problem:
        return Problem(message, file, *noqa.place, warning=True, code=code)

    if not noqa.codes:
        yield warning(
            "CS091",
            "a `# noqa` without a code silences nothing; name the code, such as `# noqa: CS209`",
        )
    for code in noqa.codes:
        if code not in CODES:
            near = choices(code, CODES).partition(" Allowed: ")[0].partition("; allowed")[0]
            yield warning("CS093", f"`# noqa: {code}`: there is no such code{near}")
        elif CODES[code].error:
            yield warning(
                "CS092",
                f"`# noqa: {code}`: {CODES[code].name} is an error, which keeps the file from "
                "being played and cannot be silenced; mend it and take the comment out",
            )
        elif code not in noqa.used and sought(file, code):
            where = "in this file" if noqa.whole_file else "here"
            yield warning(
                "CS090", f"`# noqa: {code}` silences nothing {where}; take {code} out of it"
            )
