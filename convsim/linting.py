"""Files looked at by an author: every problem and every doubt about them, and nothing raised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from convsim.controls import MADE, Playable
from convsim.errors import Flaw, Problem
from convsim.explain import problems_in
from convsim.lint_policy import uncited
from convsim.loading import Paths, Read, errors_of, in_order, nothing_in, read_files
from convsim.policy import Rule


@dataclass(frozen=True, slots=True)
class LintReport:
    """What is wrong, or questionable, in some scenario and policy files."""

    problems: tuple[Problem, ...]
    scenarios: int
    policies: int = 0

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the files from being used."""
        return errors_of(self.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is allowed and worth a look."""
        return tuple(problem for problem in self.problems if problem.warning)


def lint(paths: Paths, *, policy: str | Path | None = None) -> LintReport:
    """Every problem of every file in `paths`, warnings included; nothing is raised for it.

    A policy is checked with the scenarios that cite it, or by itself: a file with `rules` and no
    `states` is one, whatever its name. Raises `InputError` when a path does not exist or holds
    neither scenarios nor policies.
    """
    read = read_files(paths, policy)
    if not (read.drafts or read.others):
        raise nothing_in(paths)
    problems = {
        *read.problems,
        *(problem for book in read.others for problem in book.problems),
        *_untested(read),
        *_short_controls(read),
    }
    return LintReport(in_order(problems), len(read.drafts), len(read.policies))


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


def _short_controls(read: Read) -> Iterator[Problem]:
    """The controls that are made of a scenario and ask for fewer parts than they could.

    To tell, dialogues are played through, which `load_suite` has no need of.
    """
    for draft in read.drafts:
        if draft.scenario is None or not draft.scenario.facets or errors_of(draft.problems):
            continue
        rule = draft.scenario.rule
        if not isinstance(rule, Rule):
            rule, _ = read.rulebooks.rule(rule, Path(draft.document.file))
        if rule is not None:
            playable = Playable(draft.scenario, rule)
            flaws = (
                Flaw(("states",), f"control '{name}': {why}", warning=True)
                for name in MADE
                if (why := playable.falls_short(name)) is not None
            )
            yield from problems_in(flaws, draft.document)
