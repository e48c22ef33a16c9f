"""Scenario and policy files, read into a `Suite`.

Every problem of every file is found before anything is raised, so that an author mends them all in
one go: broken YAML, unknown keys and wrong types, a graph that makes no sense, rules that no policy
has. Each problem says where it is (`file:line:column`), what was found and what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from convsim.errors import Flaw, InputError, Problem, ScenarioError, choices
from convsim.explain import flaws_in, problems_in
from convsim.lint import check
from convsim.lint_policy import check as check_policy
from convsim.lint_policy import readable
from convsim.policy import Policy, Rule
from convsim.scenario import Scenario
from convsim.suite import Suite
from convsim.yaml12 import MAX_BYTES, Document, scan, too_large

POLICY_FILE = "policy.yaml"
SUFFIXES = (".yaml", ".yml", ".json")

Paths = str | Path | Sequence[str | Path]
Noun = TypeVar("Noun", bound=BaseModel)


def load_suite(paths: Paths, *, policy: str | Path | None = None) -> Suite:
    """The scenarios in files and folders, and the rules they cite.

    A folder is searched for `*.yaml`, `*.yml` and `*.json`. Rules are looked up in the nearest
    `policy.yaml` upward of each scenario, or in `policy` for all of them. Raises `ScenarioError`
    with every problem of every file, and `InputError` when a path does not exist or holds no
    scenarios.

        suite = load_suite("scenarios/")
    """
    read = read_files(paths, policy)
    if not read.drafts:
        raise nothing_in(paths)
    if errors := errors_of(read.problems):
        raise ScenarioError(errors)
    scenarios = tuple(draft.scenario for draft in read.drafts if draft.scenario is not None)
    return Suite(scenarios, read.rulebooks.merged())


def load_policy(path: str | Path) -> Policy:
    """The policy in one file; raises `ScenarioError` with every problem of it."""
    rulebooks = _Rulebooks(_existing(Path(path)))
    if errors := errors_of(in_order(rulebooks.problems())):
        raise ScenarioError(errors)
    return rulebooks.merged()


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems that keep files from being used, each once."""
    return tuple(problem for problem in dict.fromkeys(problems) if not problem.warning)


@dataclass(frozen=True, slots=True)
class _Draft:
    """One scenario file: what it became, if anything, and what is wrong with it."""

    document: Document
    scenario: Scenario | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What some paths hold: the scenarios, the policies they cite, and those that none cites."""

    drafts: tuple[_Draft, ...]
    rulebooks: _Rulebooks
    listed: tuple[_Rulebook, ...]

    @property
    def others(self) -> list[_Rulebook]:
        """The policies that were found and that no scenario is looked up in."""
        return [book for book in self.listed if book.file not in self.rulebooks.books]

    @property
    def policies(self) -> list[_Rulebook]:
        """Every policy that was read."""
        return [*self.rulebooks.books.values(), *self.others]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the scenarios and with the policies they cite."""
        found = {
            *(problem for draft in self.drafts for problem in draft.problems),
            *_ids_used_twice(self.drafts),
            *self.rulebooks.problems(),
        }
        return in_order(found)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems as they stand in the files, from top to bottom."""
    return tuple(sorted(problems, key=lambda it: (it.file, it.line, it.column, it.message)))


def read_files(paths: Paths, policy: str | Path | None) -> Read:
    """What the paths hold; nothing is raised for what is wrong in a file."""
    rulebooks = _Rulebooks(None if policy is None else _existing(Path(policy)))
    documents = [_document(file) for file in _files(paths)]
    return Read(
        tuple(_draft(document, rulebooks) for document in documents if not _is_policy(document)),
        rulebooks,
        tuple(_Rulebook(document) for document in documents if _is_policy(document)),
    )


def _is_policy(document: Document) -> bool:
    """A policy goes by its name, or by having rules where a scenario has states."""
    data = document.data or {}
    has_rules = "rules" in data and not data.keys() & {"states", "start"}
    return Path(document.file).name == POLICY_FILE or has_rules


def _draft(document: Document, rulebooks: _Rulebooks) -> _Draft:
    if document.data is None:
        return _Draft(document, None, document.problems)
    file = Path(document.file)
    rule, flaws = rulebooks.rule(document.data.get("rule"), file)
    # Scenario takes its id by name, so that a file without one is told so like any other.
    scenario, wrong = _validated(Scenario, {"id": None, **document.data})
    flaws += [*wrong, *_named_by_key(document.data)]
    if scenario is not None:
        if isinstance(scenario.rule, Rule):
            rule = scenario.rule
            flaws += _of_own_rule(rule)
        flaws += check(scenario, rule)
    return _Draft(document, scenario, problems_in(flaws, document))


def _of_own_rule(rule: Rule) -> list[Flaw]:
    """The flaws of a rule that a scenario states itself."""
    return [
        Flaw(("rule", *flaw.loc[2:]), flaw.message, flaw.warning)
        for flaw in check_policy({0: rule})
    ]


def _validated(noun: type[Noun], data: dict[str, object]) -> tuple[Noun | None, list[Flaw]]:
    try:
        return noun.model_validate(data), []
    except ValidationError as error:
        return None, flaws_in(error, noun, data)


def _named_by_key(data: dict[str, object]) -> Iterator[Flaw]:
    """A state or facet is named by its key; an `id` inside it would say nothing, or another thing.

    A stored facet has its id.
    """
    for kinds, kind in (("states", "state"), ("facets", "facet")):
        named = data.get(kinds)
        for name, body in named.items() if isinstance(named, dict) else ():
            stored = kind == "facet" and isinstance(body, dict) and body.get("id") == name
            if isinstance(body, dict) and "id" in body and not stored:
                yield Flaw(
                    (kinds, name, "id"),
                    f"{kind} '{name}': unknown key 'id'; a {kind} is named by the key it stands "
                    "under",
                )


def _ids_used_twice(drafts: Iterable[_Draft]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for draft in drafts:
        id = (draft.document.data or {}).get("id")
        if not isinstance(id, str):
            continue
        file, place = draft.document.file, draft.document.place(("id",))
        if id in first:
            yield Problem(
                f"scenario id '{id}' is already used at {first[id]}; rename one of them, "
                "because the rows of a run are told apart by it",
                file,
                *place,
            )
        first.setdefault(id, f"{file}:{place.line}:{place.column}")


# -- files --------------------------------------------------------------------------------------


def _files(paths: Paths) -> list[Path]:
    """The scenario and policy files in `paths`, sorted, each once."""
    found: dict[Path, Path] = {}
    for path in map(_existing, _given(paths)):
        for file in _in_folder(path) if path.is_dir() else [path]:
            if file.suffix.lower() not in SUFFIXES:
                raise InputError(
                    f"'{file}' is no scenario file; its name must end in {', '.join(SUFFIXES)}"
                )
            found.setdefault(file.resolve(), file)
    return sorted(found.values())


def _given(paths: Paths) -> list[Path]:
    return [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


def nothing_in(paths: Paths) -> InputError:
    """What to say when there is nothing to read."""
    looked = ", ".join(f"'{path}'" for path in _given(paths)) or "an empty list of paths"
    return InputError(
        f"no scenarios in {looked}; expected files that end in {', '.join(SUFFIXES)} "
        f"(other than {POLICY_FILE})"
    )


def _in_folder(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.suffix.lower() in SUFFIXES and not hidden and file.is_file():
            yield file


def _existing(path: Path) -> Path:
    """The path, when there is something; otherwise an error that says what is near it."""
    if path.exists():
        return path
    near = path
    while not near.parent.is_dir():
        near = near.parent
    names = sorted(entry.name for entry in near.parent.iterdir() if entry.name[0] != ".")
    close = get_close_matches(near.name, names, n=1)
    if close:
        raise InputError(f"'{path}' does not exist; did you mean '{near.parent / close[0]}'?")
    some = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    raise InputError(f"'{path}' does not exist; '{near.parent}' holds {some or 'nothing'}")


def _document(file: Path) -> Document:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            return Document(str(file), None, (Problem(too_large(size), str(file)),))
        return scan(file.read_bytes(), str(file))
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        return Document(str(file), None, (Problem(message, str(file)),))


# -- rules --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rulebook:
    """One policy file."""

    document: Document

    @cached_property
    def _read(self) -> tuple[Policy | None, list[Flaw]]:
        data = self.document.data
        if data is None:
            return None, []
        policy, flaws = _validated(Policy, data)
        unread = {flaw.loc[:3] for flaw in flaws}
        found = check_policy(readable(data) if policy is None else policy)
        return policy, flaws + [flaw for flaw in found if flaw.loc[:3] not in unread]

    @property
    def file(self) -> Path:
        """Where it stands, however it was named."""
        return Path(self.document.file).resolve()

    @property
    def policy(self) -> Policy | None:
        return self._read[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return problems_in(self._read[1], self.document)


@dataclass
class _Rulebooks:
    """The policy files that the scenarios of one suite cite, each read once."""

    given: Path | None
    books: dict[Path, _Rulebook] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.given is not None:
            self._open(self.given)

    def _open(self, file: Path) -> _Rulebook:
        key = file.resolve()
        if key not in self.books:
            self.books[key] = _Rulebook(_document(file))
        return self.books[key]

    def _nearest(self, file: Path) -> _Rulebook | None:
        if self.given is not None:
            return self._open(self.given)
        for folder in file.resolve().parents:
            if (folder / POLICY_FILE).is_file():
                return self._open(_short(folder / POLICY_FILE))
        return None

    def rule(self, cited: object, file: Path) -> tuple[Rule | None, list[Flaw]]:
        """The rule that a scenario file cites by id, and what is wrong with citing it.

        A rule written out in the file itself, or of another type, is the scenario's own business.
        """
        if cited is not None and not isinstance(cited, str):
            return None, []
        book = self._nearest(file)
        if book is None:
            return None, [Flaw(("rule",), _no_policy(cited, file))]
        if book.policy is None:
            return None, []  # what is wrong with the policy is reported at the policy
        known = book.policy.by_id
        where = f"in {book.document.file}"
        if cited is None:
            remedy = f"`rule: ID` names what is tested; {where}: {', '.join(known) or 'none'}"
            return None, [Flaw(("rule",), f"key 'rule' is missing; {remedy}")]
        if cited not in known:
            allowed = choices(cited, known) if known else "; there are no rules at all"
            return None, [Flaw(("rule",), f"rule '{cited}' is not {where}{allowed}")]
        return known[cited], []

    def problems(self) -> Iterator[Problem]:
        """What is wrong in the policy files, and between them."""
        first: dict[str, tuple[Rule, str]] = {}
        for book in self.books.values():
            yield from book.problems
            for index, rule in enumerate(book.policy.rules if book.policy else ()):
                document = book.document
                place = document.place(("rules", index, "id"))
                same, where = first.setdefault(
                    rule.id, (rule, f"{document.file}:{place.line}:{place.column}")
                )
                if same != rule:
                    yield Problem(
                        f"rule '{rule.id}' is defined differently at {where}; in one suite an id "
                        "means one rule, so rename one of them or make them equal",
                        document.file,
                        *place,
                    )

    def merged(self) -> Policy:
        """One policy that holds the rules of all."""
        policies = [book.policy for book in self.books.values() if book.policy is not None]
        if len(policies) == 1:
            return policies[0]
        rules = {rule.id: rule for policy in policies for rule in policy.rules}
        ids = dict.fromkeys(policy.id for policy in policies)
        return Policy(id="+".join(ids) or "policy", rules=tuple(rules.values()))


def _no_policy(cited: str | None, file: Path) -> str:
    looked = f"no {POLICY_FILE} in {_short(file.resolve().parent)} or any folder above it"
    if cited is None:
        return f"key 'rule' is missing, and there is {looked}; write {POLICY_FILE} and cite a rule"
    return (
        f"rule '{cited}' cannot be looked up: there is {looked}; write one with "
        f"`rules: [{{id: {cited}, level: limit, text: ...}}]`, or name one with `--policy FILE`"
    )


def _short(path: Path) -> Path:
    """The path as seen from the working directory, where it is inside it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
