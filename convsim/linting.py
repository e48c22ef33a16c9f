"""Files looked at by an author: every problem and every doubt about them, and nothing raised.

`load_suite` asks whether files can be played; this asks for more, and takes longer for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from convsim.controls import MADE, Playable
from convsim.errors import Flaw, InputError, Problem
from convsim.explain import problems_in
from convsim.files import Paths
from convsim.including import includes
from convsim.lints import across, advise
from convsim.lints.banned import Tripwire, tripwire
from convsim.lints.codes import CODES, code_of
from convsim.lints.policy import uncited
from convsim.loading import Read, errors_of, in_order, nothing_in, read_files, unrepeated
from convsim.noqa import silenced
from convsim.policy import Rule
from convsim.scenario import Scenario
from convsim.yaml12 import Document


@dataclass(frozen=True, slots=True)
class LintReport:
    """What is wrong, or questionable, in some scenario and policy files."""

    problems: tuple[Problem, ...]
    scenarios: int
    policies: int = 0
    pieces: int = 0
    """Fragments and suite files."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the files from being used."""
        return errors_of(self.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is allowed and worth a look."""
        return tuple(problem for problem in self.problems if problem.warning)


def lint(
    paths: Paths,
    *,
    policy: str | Path | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    banned: str | Path | None = None,
) -> LintReport:
    """Every problem of every file in `paths`, warnings included; nothing is raised for it.

    A policy is checked with the scenarios that cite it, or by itself: a file with `rules` and no
    `states` is one, whatever its name. `select` and `ignore` choose among the warnings by code,
    name or beginning of a code (`CS2`); errors are always told. `banned` is a file of further words
    that must stay out. Raises `InputError` when a path does not exist or holds neither scenarios
    nor policies, and for a code that does not exist.
    """
    chosen = _Choice(_prefixes(select), _prefixes(ignore))
    wires = tripwire(None if banned is None else _words_of(banned))
    read = read_files(paths, policy)
    if not (read.drafts or read.no_scenarios):
        raise nothing_in(paths)
    found = {
        *read.problems,
        *_untested(read),
        *_doubted(read),
        *_short_controls(read),
        *_tripped(read, wires),
    }
    problems = unrepeated(found, read.beside)
    files = [document.file for document in _documents(read)]
    unsought = _Unsought.of(read, problems)

    def sought(file: str, code: str) -> bool:
        return chosen.takes(code) and not unsought.holds(file, code)

    told = silenced(problems, [*files, *(it.file for it in problems)], sought)
    kept = [problem for problem in told if not problem.warning or chosen.takes(problem.code)]
    return LintReport(in_order(kept), len(read.drafts), len(read.policies), len(read.pieces))


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which warnings are asked for: the longer beginning of a code decides."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]

    def takes(self, code: str) -> bool:
        """Whether a warning with this code is told."""
        wanted = max((len(it) for it in self.select if code.startswith(it)), default=-1)
        unwanted = max((len(it) for it in self.ignore if code.startswith(it)), default=-1)
        if not self.select and unwanted < 0:
            return True
        return wanted > unwanted


_BETWEEN = ("CS510", "CS512", "CS513", "CS514", "CS606", "CS801", "CS802", "CS803")
"""What is only found by comparing scenarios: their proofs, languages, notes; and rules untested."""


@dataclass(frozen=True, slots=True)
class _Unsought:
    """The warnings that were not looked for, because an error stood in the way.

    A scenario with an error gets no advice, and neither do the pieces that it includes.
    """

    files: frozenset[str]
    between: bool

    @classmethod
    def of(cls, read: Read, problems: Iterable[Problem]) -> _Unsought:
        files = {problem.file for problem in errors_of(problems)}
        unsound = [draft.document for draft in read.drafts if errors_of(draft.problems)]
        files.update(document.file for document in unsound)
        if any(includes(document) for document in unsound):
            files.update(document.file for document in read.pieces)
            files.update(piece.document.file for piece, _ in read.fragments.pieces.values())
        return cls(frozenset(files), bool(unsound))

    def holds(self, file: str, code: str) -> bool:
        """Whether nobody looked for this code in this file."""
        return file in self.files or (self.between and code.startswith(_BETWEEN))


def _prefixes(given: Iterable[str]) -> tuple[str, ...]:
    """What codes are to begin with; a name stands for its code."""
    found = []
    for text in (part.strip() for one in given for part in one.split(",")):
        known = any(code.startswith(text.upper()) for code in CODES)
        found.append(text.upper() if text and known else code_of(text).id)
    return tuple(found)


def _words_of(file: str | Path) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the list of banned words '{file}' cannot be read: {error}") from None


def _documents(read: Read) -> Iterator[Document]:
    yield from (draft.document for draft in read.drafts)
    yield from (book.document for book in read.rulebooks.books.values())
    yield from read.no_scenarios
    yield from read.pieces


def _sound(read: Read) -> Iterator[tuple[Document, Scenario, Rule | None]]:
    """The scenarios that can be played, with their files and rules."""
    for draft in read.drafts:
        if draft.scenario is None or errors_of(draft.problems):
            continue
        rule = draft.scenario.rule
        if not isinstance(rule, Rule):
            rule, _ = read.rulebooks.rule(rule, Path(draft.document.file))
        yield draft.document, draft.scenario, rule


def _untested(read: Read) -> Iterator[Problem]:
    """The rules that no scenario cites, in policies that were asked about."""
    if not read.drafts:
        return
    cited = {str((draft.document.data or {}).get("rule")) for draft in read.drafts}
    asked_about = {book.file for book in read.listed}
    if read.rulebooks.given is not None:
        asked_about.add(read.rulebooks.given.resolve())
    for book in read.policies:
        if book.policy is not None and book.file in asked_about:
            yield from problems_in(uncited(book.policy, cited), book.document)


def _doubted(read: Read) -> Iterator[Problem]:
    """What measures less than it could: in each scenario, and between them."""
    sound = list(_sound(read))
    for document, scenario, rule in sound:
        yield from problems_in(advise(scenario, rule), document)
    rules = {scenario.id: rule for _, scenario, rule in sound if rule is not None}
    between = across([scenario for _, scenario, _ in sound], rules)
    for document, scenario, _ in sound:
        yield from problems_in(between.get(scenario.id, ()), document)


def _short_controls(read: Read) -> Iterator[Problem]:
    """The controls that are made of a scenario and ask for fewer parts than they could.

    To tell, dialogues are played through, which `load_suite` has no need of.
    """
    for document, scenario, rule in _sound(read):
        if rule is None or not scenario.facets:
            continue
        playable = Playable(scenario, rule)
        flaws = (
            Flaw(("states",), f"control '{name}': {why}", warning=True, code="CS427")
            for name in MADE
            if (why := playable.falls_short(name)) is not None
        )
        yield from problems_in(flaws, document)


def _tripped(read: Read, wires: Tripwire) -> Iterator[Problem]:
    """Words that must stay out, in whatever a file says."""
    for document in _documents(read):
        if document.data is not None:
            yield from problems_in(wires.in_data(document.data), document)
