"""Suite files: which scenarios of which files and folders they mean."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convsim.errors import Flaw, InputError, Problem, choices
from convsim.explain import problems_in, validated
from convsim.files import Library, files_in, is_scenario, is_selection, missing
from convsim.scenario import ENGLISH
from convsim.suite import Selection, in_numbers
from convsim.yaml12 import Document


@dataclass(frozen=True)
class Selected:
    """The scenario files that a suite file means, and what is wrong with it."""

    document: Document
    files: tuple[Document, ...]
    problems: tuple[Problem, ...]


def select(document: Document, library: Library) -> Selected:
    """The scenarios that a suite file picks. What cannot be read is taken, to be complained of."""
    if document.data is None:
        return Selected(document, (), document.problems)
    # As in a scenario, a file without an id is told so like any other.
    selection, flaws = validated(Selection, {"id": None, **document.data})
    if selection is None:
        return Selected(document, (), problems_in(flaws, document))
    found: list[Document] = []
    for index, named in enumerate(selection.scenarios):
        path = Path(os.path.normpath(Path(document.file).parent / named))
        loc = ("scenarios", index) if document.depth(("scenarios", index)) > 1 else ("scenarios",)
        try:
            found += _scenarios(path, library)
        except LookupError as error:
            flaws.append(Flaw(loc, f"`scenarios`: {error.args[0]}", code="CS751"))
    found = list({Path(it.file).resolve(): it for it in found}.values())
    taken = tuple(it for it in found if _is_taken(it, selection))
    if not flaws:
        flaws += _check(selection, found, taken)
    return Selected(document, taken, problems_in(flaws, document))


def _scenarios(path: Path, library: Library) -> Iterator[Document]:
    """The scenario files at a path of a suite file; LookupError says why there are none."""
    if not path.exists():
        raise LookupError(f"{missing(path)} (paths are looked up from the suite file)")
    try:
        documents = [library.read(file) for file in files_in(path)]
    except InputError as error:
        raise LookupError(str(error)) from None
    scenarios = [document for document in documents if is_scenario(document)]
    if not scenarios:
        what = (
            "a suite file, and suites do not lie in each other"
            if any(map(is_selection, documents))
            else "no scenario"
        )
        raise LookupError(f"'{path}' holds {what}; name scenario files or folders of them")
    yield from scenarios


def _plain(document: Document, key: str, default: Any) -> Any:
    value = (document.data or {}).get(key, default)
    return value if isinstance(value, type(default)) else default


def _tags(document: Document) -> list[str]:
    return [str(tag) for tag in _plain(document, "tags", [])]


def _is_taken(document: Document, selection: Selection) -> bool:
    if document.data is None:
        return True
    return selection.takes(_tags(document), _plain(document, "language", ENGLISH))


def _check(
    selection: Selection, found: list[Document], taken: tuple[Document, ...]
) -> Iterator[Flaw]:
    """A selection of nothing is an error; a tag that nobody has is worth a look."""
    tags = [tag for document in found for tag in _tags(document)]
    languages = [_plain(document, "language", ENGLISH) for document in found]
    if not taken:
        wanted = [str(selection.tags)] if selection.tags.named else []
        wanted += [f"in {', '.join(selection.languages)}"] if selection.languages else []
        yield Flaw(
            ("tags",) if selection.tags.named else ("languages",),
            f"none of {len(found)} scenarios is meant ({'; '.join(wanted)}); tags there: "
            f"{in_numbers(tags)}; languages: {in_numbers(languages)}",
            code="CS752",
        )
        return
    for kind in ("any", "all", "none"):
        for tag in getattr(selection.tags, kind):
            if tag not in tags:
                yield Flaw(
                    ("tags", kind),
                    f"tag '{tag}' is on none of {len(found)} scenarios"
                    + choices(tag, sorted({*tags})),
                    warning=True,
                    code="CS753",
                )
