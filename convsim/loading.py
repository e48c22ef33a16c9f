"""Scenario and policy files, read into a `Suite`.

Every problem of every file is found before anything is raised, so that an author mends them all in
one go: broken YAML, unknown keys and wrong types, a graph that makes no sense, rules that no policy
has. Each problem says where it is (`file:line:column`), what was found and what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from convsim.errors import Flaw, InputError, Problem, ScenarioError
from convsim.explain import problems_in, validated
from convsim.files import (
    POLICY_FILE,
    SUFFIXES,
    Library,
    Paths,
    existing,
    files_in,
    given,
    is_fragment,
    is_policy,
    is_scenario,
    is_selection,
    missing,
    shortened,
)
from convsim.fragment import Fragment
from convsim.including import INCLUDED, Piece, expand, of_pieces
from convsim.lints import advise, check
from convsim.lints.pieces import check_names, check_piece
from convsim.lints.policy import check as check_policy
from convsim.policy import Policy, Rule
from convsim.rulebooks import Rulebook, Rulebooks
from convsim.scenario import Scenario
from convsim.selecting import Selected, select
from convsim.suite import Suite
from convsim.yaml12 import Document


def load_suite(paths: Paths, *, policy: str | Path | None = None) -> Suite:
    """The scenarios in files and folders, and the rules they cite.

    A folder is searched for `*.yaml`, `*.yml` and `*.json`. Rules are looked up in the nearest
    `policy.yaml` upward of each scenario, or in `policy` for all of them. Raises `ScenarioError`
    with every problem of every file, and `InputError` when a path does not exist or holds no
    scenarios.

        suite = load_suite("scenarios/")
    """
    read = read_files(paths, policy)
    if not (read.drafts or read.selected):
        raise nothing_in(paths, read.no_scenarios)
    if errors := errors_of(read.problems):
        raise ScenarioError(errors)
    scenarios = tuple(draft.scenario for draft in read.drafts if draft.scenario is not None)
    return Suite(scenarios, read.rulebooks.merged())


def load_policy(path: str | Path) -> Policy:
    """The policy in one file; raises `ScenarioError` with every problem of it."""
    rulebooks = Rulebooks(Library(), existing(Path(path)))
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
    rulebooks: Rulebooks
    listed: tuple[Rulebook, ...]
    selected: tuple[Selected, ...]
    fragments: _Fragments
    no_scenarios: tuple[Document, ...]

    @property
    def others(self) -> list[Rulebook]:
        """The policies that were found and that no scenario is looked up in."""
        return [book for book in self.listed if book.file not in self.rulebooks.books]

    @property
    def pieces(self) -> list[Document]:
        """The fragments and suite files that were found."""
        return [document for document in self.no_scenarios if not is_policy(document)]

    @property
    def policies(self) -> list[Rulebook]:
        """Every policy that was read."""
        return [*self.rulebooks.books.values(), *self.others]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the scenarios and with the policies they cite."""
        found = {
            *(problem for draft in self.drafts for problem in draft.problems),
            *_ids_used_twice(self.drafts),
            *self.rulebooks.problems(),
            *(problem for suite in self.selected for problem in suite.problems),
            *self.fragments.problems(),
        }
        return in_order(found)

    @property
    def beside(self) -> tuple[Problem, ...]:
        """What is wrong with fragments and suite files that lie there and that nothing names."""
        found = {
            *(problem for book in self.others for problem in book.problems),
            *(
                problem
                for document in self.no_scenarios
                if is_selection(document)
                for problem in select(document, self.rulebooks.library).problems
            ),
        }
        for document in self.no_scenarios:
            if is_fragment(document):
                found.update(self.fragments.checked(document))
        return in_order(found)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems as they stand in the files, from top to bottom."""
    return tuple(sorted(problems, key=lambda it: (it.file, it.line, it.column, it.message)))


def unrepeated(problems: Iterable[Problem], said: Iterable[Problem]) -> set[Problem]:
    """All these problems, without saying of an include what is said of its fragment anyway."""
    together = {*problems, *said}
    known = {_what(it) for it in together if INCLUDED not in it.message}
    return {it for it in together if INCLUDED not in it.message or _what(it) not in known}


def _what(problem: Problem) -> tuple[str, int, int, str]:
    return problem.file, problem.line, problem.column, problem.code


def read_files(paths: Paths, policy: str | Path | None) -> Read:
    """What the paths hold; nothing is raised for what is wrong in a file."""
    library = Library()
    rulebooks = Rulebooks(library, None if policy is None else existing(Path(policy)))
    documents = [library.read(file) for file in files_in(paths)]
    named = {path.resolve() for path in given(paths)}
    selected = tuple(
        select(document, library)
        for document in documents
        if is_selection(document) and Path(document.file).resolve() in named
    )
    scenarios = [document for document in documents if is_scenario(document)]
    scenarios += [document for suite in selected for document in suite.files]
    fragments = _Fragments(library)
    return Read(
        tuple(_draft(document, rulebooks, fragments) for document in _each_once(scenarios)),
        rulebooks,
        tuple(Rulebook(document) for document in documents if is_policy(document)),
        selected,
        fragments,
        tuple(document for document in documents if not is_scenario(document)),
    )


def _each_once(documents: Iterable[Document]) -> list[Document]:
    files = {Path(document.file).resolve(): document for document in documents}
    return sorted(files.values(), key=lambda document: Path(document.file))


def _draft(document: Document, rulebooks: Rulebooks, fragments: _Fragments) -> _Draft:
    if document.data is None:
        return _Draft(document, None, document.problems)
    file = Path(document.file)
    rule, flaws = rulebooks.rule(document.data.get("rule"), file)
    document, left_out = expand(document, fragments.open)
    flaws += left_out
    # Scenario takes its id by name, so that a file without one is told so like any other.
    data = {"id": None, **(document.data or {})}
    scenario, wrong = validated(Scenario, data)
    flaws += [*wrong, *_named_by_key(data)]
    if scenario is not None:
        if isinstance(scenario.rule, Rule):
            rule = scenario.rule
            flaws += _of_own_rule(rule)
        if all(flaw.warning for flaw in left_out):
            flaws += of_pieces(check(scenario, rule), document)
    return _Draft(document, scenario, problems_in(flaws, document))


def _of_own_rule(rule: Rule) -> list[Flaw]:
    """The flaws of a rule that a scenario states itself."""
    return [replace(flaw, loc=("rule", *flaw.loc[2:])) for flaw in check_policy({0: rule})]


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
                    code="CS006",
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
                code="CS013",
            )
        first.setdefault(id, f"{file}:{place.line}:{place.column}")


def nothing_in(paths: Paths, found: Iterable[Document] = ()) -> InputError:
    """What to say when there is nothing to read, but perhaps files of other kinds."""
    looked = ", ".join(f"'{path}'" for path in given(paths)) or "an empty list of paths"
    kinds = ((is_fragment, "fragment"), (is_selection, "suite file"), (is_policy, "policy"))
    there = [
        f"{document.file} is a {kind}"
        for document in found
        for is_kind, kind in kinds
        if is_kind(document)
    ]
    return InputError(
        f"no scenarios in {looked}; expected files that end in {', '.join(SUFFIXES)} "
        f"(other than {POLICY_FILE})" + (f"; {', '.join(there[:4])}" if there else "")
    )


# -- fragments ----------------------------------------------------------------------------------


@dataclass
class _Fragments:
    """The fragments that the scenarios of one suite include, each read once."""

    library: Library
    pieces: dict[Path, tuple[Piece, tuple[Problem, ...]]] = field(default_factory=dict)

    def open(self, file: Path) -> Piece:
        """The fragment in a file; LookupError says why there is none."""
        key = file.resolve()
        if key not in self.pieces:
            if not file.is_file():
                raise LookupError(f"{missing(file)} (paths are looked up from this file)")
            document = self.library.read(shortened(key))
            if document.data is not None and not is_fragment(document):
                raise LookupError(
                    f"{document.file} is no fragment: it has no key `fragment: 1`; a piece to be "
                    "included has that, `exits`, `start` and `states`"
                )
            self.pieces[key] = _piece(document)
        return self.pieces[key][0]

    def problems(self) -> Iterator[Problem]:
        """What keeps the files from being fragments at all."""
        for _, problems in self.pieces.values():
            yield from problems

    def checked(self, document: Document) -> tuple[Problem, ...]:
        """Everything that is wrong with a fragment by itself, warnings included."""
        piece, problems = _piece(document)
        if piece.fragment is None:
            return problems
        whole, flaws = expand(document, self.open)
        fragment, wrong = validated(Fragment, {"id": None, **(whole.data or {})})
        flaws += wrong
        if fragment is not None and all(flaw.warning for flaw in flaws):
            found = check_piece(fragment, _checked_and_advised)
            flaws += (_in_list(flaw, whole.data or {}) for flaw in found)
        return problems_in(flaws, whole)


def _in_list(flaw: Flaw, data: Mapping[str, object]) -> Flaw:
    """A flaw of a slot or exit where these are a list of names: it is at the place of the name."""
    if len(flaw.loc) == 2 and flaw.loc[0] in ("slots", "exits"):
        names = data.get(str(flaw.loc[0]))
        if isinstance(names, list) and flaw.loc[1] in names:
            return replace(flaw, loc=(flaw.loc[0], names.index(flaw.loc[1])))
    return flaw


def _checked_and_advised(scenario: Scenario) -> list[Flaw]:
    flaws = check(scenario)
    return flaws if any(not flaw.warning for flaw in flaws) else [*flaws, *advise(scenario)]


def _piece(document: Document) -> tuple[Piece, tuple[Problem, ...]]:
    if document.data is None:
        return Piece(document, None), document.problems
    # What it includes is looked at entry by entry, where it is put in place.
    data = {key: value for key, value in document.data.items() if key != "include"}
    fragment, flaws = validated(Fragment, {"id": None, **data})
    flaws += _named_by_key(data)
    if fragment is not None:
        flaws += (_in_list(flaw, data) for flaw in check_names(fragment))
    return Piece(document, None if flaws else fragment), problems_in(flaws, document)
