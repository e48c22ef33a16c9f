"""Files: which there are at the paths that a user gave, and of which kind; each is read once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from convsim.errors import InputError, Problem
from convsim.yaml12 import MAX_BYTES, Document, scan, too_large

POLICY_FILE = "policy.yaml"
SUFFIXES = (".yaml", ".yml", ".json")

Paths = str | Path | Sequence[str | Path]


def given(paths: Paths) -> list[Path]:
    """One path or several, as a list."""
    return [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


def files_in(paths: Paths) -> list[Path]:
    """The files of these paths, those in folders included, sorted, each once."""
    found: dict[Path, Path] = {}
    for path in map(existing, given(paths)):
        if (path / "run.json").is_file() and (path / "dialogues.jsonl").is_file():
            raise InputError(
                f"'{path}' is a run directory and holds no scenario files; "
                f"`convsim report {path}` tells it, and in Python `convsim.Run({str(path)!r})` does"
            )
        for file in _in_folder(path) if path.is_dir() else [path]:
            if file.suffix.lower() not in SUFFIXES:
                raise InputError(
                    f"'{file}' is no scenario file; its name must end in {', '.join(SUFFIXES)}"
                )
            found.setdefault(file.resolve(), file)
    return sorted(found.values())


def _in_folder(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.suffix.lower() in SUFFIXES and not hidden and file.is_file():
            yield file


def existing(path: Path) -> Path:
    """The path, when there is something; otherwise an error that says what is near it."""
    if path.exists():
        return path
    raise InputError(missing(path))


def missing(path: Path) -> str:
    """What to say of a path where there is nothing: what is near it."""
    near = path
    while not near.parent.is_dir():
        near = near.parent
    names = sorted(entry.name for entry in near.parent.iterdir() if entry.name[0] != ".")
    close = get_close_matches(near.name, names, n=1)
    if close:
        return f"'{path}' does not exist; did you mean '{near.parent / close[0]}'?"
    some = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"'{path}' does not exist; '{near.parent}' holds {some or 'nothing'}"


@dataclass
class Library:
    """Documents, each file read once, however often it is named."""

    documents: dict[Path, Document] = field(default_factory=dict)

    def read(self, file: Path) -> Document:
        """The document in a file; what is wrong with it is in its problems."""
        key = file.resolve()
        if key not in self.documents:
            self.documents[key] = _document(file)
        return self.documents[key]


def _document(file: Path) -> Document:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            problem = Problem(too_large(size), str(file), code="CS001")
            return Document(str(file), None, (problem,))
        return scan(file.read_bytes(), str(file))
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        return Document(str(file), None, (Problem(message, str(file), code="CS001"),))


def is_fragment(document: Document) -> bool:
    """A fragment is a file that says so."""
    return "fragment" in (document.data or {})


def is_selection(document: Document) -> bool:
    """A suite file says so, and has no states of its own."""
    data = document.data or {}
    return "suite" in data and "states" not in data


def is_policy(document: Document) -> bool:
    """A policy goes by its name, or by having rules where a scenario has states."""
    data = document.data or {}
    has_rules = "rules" in data and not data.keys() & {"states", "start"}
    return Path(document.file).name == POLICY_FILE or has_rules


def is_scenario(document: Document) -> bool:
    """Whatever is nothing else is meant as a scenario."""
    return not (is_policy(document) or is_fragment(document) or is_selection(document))


def nearest_policy(file: Path) -> Path | None:
    """The policy file that holds for a file, which need not be there: the nearest one upward."""
    upward = (folder / POLICY_FILE for folder in file.resolve().parents)
    return next((shortened(path) for path in upward if path.is_file()), None)


def shortened(path: Path) -> Path:
    """The path as seen from the working directory, where it is inside it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
