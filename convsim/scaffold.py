"""Beginning a scenario: files that play as they stand, with comments that say what to change.

A fragment and a suite file are begun in the same way. The texts are those of `scaffolds/`. Nothing
that is there is ever overwritten.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from textwrap import indent

import orjson

from convsim.errors import InputError, choices
from convsim.files import POLICY_FILE, existing, nearest_policy
from convsim.loading import load_policy
from convsim.scenario import ENGLISH, ID_PATTERN, LANGUAGE_PATTERN
from convsim.schema import SCHEMAS

ALL_SCENARIOS = Path("scenarios")
"""Where scenarios go, unless the working directory is itself a folder of them."""

SCHEMA_FOLDER = ".convsim"
"""Beside the policy. Folders with a dot are not searched for scenarios."""

_SPOKEN = """\
# What the user writes. The texts are English as yet, so that there is something to play; say each
# of them anew in this language.
language: <language>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the new scenario is to be: its id, the rule it cites, and which of the shapes it has."""

    id: str
    rule: str | None = None
    evidence: bool = False
    facets: bool = False
    language: str = ENGLISH

    def __post_init__(self) -> None:
        _check_id(self.id)
        _check_language(self.language)
        if self.evidence and self.facets:
            raise InputError(
                "--evidence and --facets begin two different scenarios; begin with one of them, "
                "and take the arms of the other over by hand"
            )

    @property
    def shape(self) -> str:
        """Which text it begins with."""
        return "evidence" if self.evidence else "facets" if self.facets else "plain"

    @property
    def family(self) -> str:
        """The folder that its id names, which is its first tag as well."""
        return self.id.partition(".")[0]

    @property
    def place(self) -> Path:
        """Its file, as seen from the folder of all scenarios: an id without a dot has no folder."""
        return _place(self.id)


def _check_id(id: str) -> None:
    if not re.fullmatch(ID_PATTERN, id) or not all(id.split(".")):
        raise InputError(
            f"'{id}' is no id; use letters, digits, '_' and '-', with a dot between the folder and "
            "the name, such as library.borrower"
        )


def _check_language(language: str) -> None:
    if not re.fullmatch(LANGUAGE_PATTERN, language):
        raise InputError(f"'{language}' is no language tag; write one such as en, de, zh or pt-BR")


def _place(id: str) -> Path:
    return Path(f"{id.replace('.', '/', 1)}.yaml")


@dataclass(frozen=True, slots=True)
class Begun:
    """What was written: the scenario or other file, all files but schemas, the folder of those.

    `options` are what later commands need to be told.
    """

    file: Path
    files: tuple[Path, ...]
    schemas: Path | None = None
    options: str = ""


def begin(wish: Wish, *, into: Path | None = None, policy: Path | None = None) -> Begun:
    """Write a new scenario, and what it needs and is not there: a policy, schemas for editors.

    `policy` is a policy file to cite instead of the nearest one upward. Raises `InputError` when
    the scenario is there already, or the rule is not.
    """
    folder = _folder() if into is None else into
    file = _new(folder / wish.place)
    book = nearest_policy(file) if policy is None else existing(policy)
    if book is None and wish.rule is not None:
        raise InputError(
            f"there is no {POLICY_FILE} in '{folder}' or above it that rule '{wish.rule}' could "
            "stand in; leave --rule out, and one is written, or name one with --policy"
        )
    text = _scenario_text(wish, _cited(wish, book), _schema_seen_from(file, folder, "scenario"))
    schemas = folder / SCHEMA_FOLDER
    made = write_schemas(schemas, SCHEMAS, anew=False)
    written = [_write(folder / POLICY_FILE, _policy_text(wish))] if book is None else []
    return Begun(
        file,
        (*written, _write(file, text)),
        schemas if made else None,
        "" if policy is None else f" --policy {policy}",
    )


def begin_fragment(id: str, *, into: Path | None = None, language: str = ENGLISH) -> Begun:
    """Write a new fragment; in the folder `fragments`, unless its id names another one."""
    _check_language(language)
    return _begin_beside("fragment", id, into, language=_spoken(language))


def begin_suite(id: str, *, into: Path | None = None) -> Begun:
    """Write a new suite file; in the folder `suites`, unless its id names another one."""
    return _begin_beside("suite", id, into)


def _begin_beside(kind: str, id: str, into: Path | None, **holes: str) -> Begun:
    """A file that no rule is needed for."""
    _check_id(id)
    folder = _folder() if into is None else into
    place = _place(id if "." in id else f"{kind}s.{id}")
    file = _new(folder / place)
    text = _text(
        f"{kind}.yaml",
        id=id,
        name=id.rpartition(".")[2],
        place=place.as_posix(),
        scenarios=_seen_from(file, folder),
        schema=_schema_seen_from(file, folder, kind),
        **holes,
    )
    made = write_schemas(folder / SCHEMA_FOLDER, SCHEMAS, anew=False)
    return Begun(file, (_write(file, text),), folder / SCHEMA_FOLDER if made else None)


def _spoken(language: str) -> str:
    return "" if language == ENGLISH else _SPOKEN.replace("<language>", language)


def write_schemas(folder: Path, kinds: Iterable[str], *, anew: bool = True) -> list[Path]:
    """Write the schemas of these kinds of files; what is there stays as it is unless `anew`."""
    written = []
    for kind in kinds:
        file = folder / f"{kind}.schema.json"
        if anew or not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(orjson.dumps(SCHEMAS[kind](), option=orjson.OPT_INDENT_2) + b"\n")
            written.append(file)
    return written


def _folder() -> Path:
    inside = Path(POLICY_FILE).is_file() and not ALL_SCENARIOS.is_dir()
    return Path() if inside else ALL_SCENARIOS


def _cited(wish: Wish, book: Path | None) -> str:
    """The key `rule` of the new scenario: an id in the policy, or the rule written out."""
    if book is None:
        return f"rule: {wish.id} # stands in {POLICY_FILE}"
    known = load_policy(book).by_id
    if wish.rule is not None and wish.rule not in known:
        raise InputError(f"rule '{wish.rule}' is not in {book}" + choices(wish.rule, known))
    if wish.rule is not None or wish.id in known:
        return f"rule: {wish.rule or wish.id} # stands in {book.name}"
    some = ", ".join([*known][:5]) + (", ..." if len(known) > 5 else "")
    return (
        f"# {book} has no rule for this, so it is written out here. Move it there when a second\n"
        f"# scenario needs it, and cite it by its id; or cite one of: {some or 'none yet'}\n"
        f"rule:\n{indent(_rule_text(wish), '  ')}"
    ).rstrip()


def _text(file: str, /, **holes: str) -> str:
    """One of the texts, with its `<holes>` filled."""
    text = resources.files(__package__).joinpath("scaffolds", file).read_text(encoding="utf-8")
    for hole, filling in holes.items():
        text = text.replace(f"<{hole.replace('_', '-')}>", filling)
    return text


def _rule_text(wish: Wish) -> str:
    return _text(f"{wish.shape}.rule.yaml", rule_id=wish.id)


def _policy_text(wish: Wish) -> str:
    first, *rest = _rule_text(wish).splitlines(keepends=True)
    rule = f"  - {first}{indent(''.join(rest), '    ')}".rstrip()
    return _text("policy.yaml", policy_schema=f"{SCHEMA_FOLDER}/policy.schema.json", rule=rule)


def _scenario_text(wish: Wish, cited: str, schema: str) -> str:
    return _text(
        f"{wish.shape}.yaml",
        id=wish.id,
        cited=cited,
        language=_spoken(wish.language),
        family=wish.family,
        schema=schema,
    )


def _schema_seen_from(file: Path, folder: Path, kind: str) -> str:
    """The path of a schema as an editor looks it up: from the file that names it."""
    return _seen_from(file, folder / SCHEMA_FOLDER / f"{kind}.schema.json")


def _seen_from(file: Path, path: Path) -> str:
    return Path(os.path.relpath(path, file.parent)).as_posix()


def _new(file: Path) -> Path:
    """A file that is not there yet."""
    if file.exists():
        raise InputError(
            f"'{file}' is there already, and nothing is overwritten; choose another id, or delete "
            "it first"
        )
    return file


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as new:
        new.write(text)
    return file
