"""A stored run with its numbers: rates, survival, comparisons, tables, charts, and the report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convsim.archive import Archive
from convsim.coverage import Account, Gathered, Measure
from convsim.errors import InputError
from convsim.graph import Graph, graph_of
from convsim.manifest import Setup
from convsim.provenance import Provenance
from convsim.scenario import CONTROLS
from convsim.transcript import Key, Transcript, decode_transcript

if TYPE_CHECKING:
    from convsim.changes import RunChanges
    from convsim.differences import Version
    from convsim.ladder import Climbed
    from convsim.matching import Pairs
    from convsim.mitigations import Mitigations
    from convsim.report import ReportData
    from convsim.report.charted import Plots
    from convsim.report.data import Compared, Deployed, Entry
    from convsim.report.judging import Judging
    from convsim.report.surviving import Surviving
    from convsim.report.tables import Tables
    from convsim.rows import Row
    from convsim.sequential import Stopped
    from convsim.tabular import Tabular


class Run(Archive):
    """A run directory. Nothing is read before it is asked for.

    run = Run("runs/march")
    print(run.report())

    What was read once is not read again: to see what a running session adds, make another `Run`.
    """

    @cached_property
    def data(self) -> ReportData:
        """The run as reports see it: every dialogue, every number."""
        from convsim.report import ReportData

        every, judging = self._every
        return ReportData(
            title=str(self.path),
            judge=self.judge,
            rows=self.rows,
            fetch=self._entry,
            facts={**self._facts(every), **judging.facts()},
            walk=str(self.manifest["walk"]),
            warnings=self.warnings(),
            reviewed=frozenset(item.id for item in self.suite.scenarios if item.reviewed),
            temperatures=self._provenance.temperatures(),
            where=str(self.path),
            void=self.void,
            judging=judging,
            calibration=self.calibration,
            pairs=self._pairs(),
            climb=self._climb,
            stopped=self.stopped,
            deployed=self._deployed(),
            coverage=self.coverage(),
        )

    def _deployed(self) -> Deployed:
        """Which targets are variants of others."""
        from convsim.answered import spending_of
        from convsim.report.data import Deployed
        from convsim.report.mitigated import bases_of, does_of

        targets = self.directory.load("targets")
        return Deployed(bases_of(targets), does_of(targets), lambda: spending_of(self.directory))

    def mitigations(self) -> Mitigations:
        """What variants of a target are worth beside it: under-refusal against over-refusal of the
        deployed stack, the differences to the base, help kept, calls, tokens, money and seconds.

        Empty where no target has variants. Raises `InputError` where the judge is void.
        """
        if self.void is not None:
            raise InputError(f"VOID: {self.void}")
        return self.data.mitigations

    def _mitigation_data(self) -> dict[str, Any]:
        """The same as data, where a target has variants."""
        found = self.data.mitigations.to_dict()
        return {"mitigations": found} if found else {}

    def coverage(self) -> Account:
        """How much of the scenarios' graphs the dialogues went through, and why not more.

            run.coverage().shares()[Measure.TRANSITIONS]

        Controls are not counted, nor dialogues that an error cut short.
        """
        return self._covered

    @cached_property
    def _covered(self) -> Account:
        offsets: dict[str, list[int]] = {}
        for key, offset in self._dialogues.items():
            offsets.setdefault(Key.parse(key).scenario, []).append(offset)

        def ended(scenario: str) -> Iterator[Transcript]:
            for offset in offsets.get(scenario, ()):
                yield self._decoded(decode_transcript, "dialogues", offset)

        gathered = Gathered(self._authored(), self.manifest["targets"], ended)
        return Account(gathered, self._path_of)

    def _authored(self) -> Iterator[Graph]:
        """The graph of every arm of every scenario that is no control."""
        for scenario in self.suite.scenarios:
            for arm in scenario.arm_names:
                if arm not in CONTROLS:
                    yield graph_of(scenario, arm, self.suite.rule_of(scenario))

    def _path_of(self, arm: tuple[str, str], id: str) -> tuple[str, ...] | None:
        """The states of a planned path of an arm, by its id; None for one that was drawn."""
        return self._planned_paths.get((*arm, id))

    @cached_property
    def _planned_paths(self) -> dict[tuple[str, str, str], tuple[str, ...]]:
        plan = Setup.of(self.manifest).plan(self.suite)
        arms = (arm for arms in plan.scenarios for arm in arms)
        planned = ((arm, path) for arm in arms for path in arm.paths if path is not None)
        return {(arm.scenario, arm.name, path.id): path.states for arm, path in planned}

    def _pairs(self) -> Pairs:
        """The matched arms of every scenario, under the rules it is judged by."""
        from convsim.matching import pairs_of

        by_id = {rule.id: rule for rule in self.rules}
        rules = self.suite.rules
        return {item.id: pairs_of(item, by_id[rules[item.id].id]) for item in self.suite.scenarios}

    @cached_property
    def rows(self) -> Sequence[Row]:
        """What the statistics need of the dialogues that count: the judged ones by key, then the
        failed. Of a run that could stop early that is its slice, the first repeats of every arm:
        how many there are of the later ones hangs on what came of them.
        """
        return [row for row in self._every[0] if self._counts(row.repeat)]

    @cached_property
    def stopped(self) -> Stopped | None:
        """Where and why the repeats of every arm stopped (`stop_when`); None where all were played.

        print(run.stopped.markdown())
        """
        setup = Setup.of(self.manifest)
        stopping = setup.decides()
        if stopping is None or setup.slice is None or self.void is not None:
            return None
        from convsim.sequential import stopped

        return stopped(
            self._every[0],
            setup.plan(self.suite).series,
            stopping,
            slice_=setup.slice,
            repeats=setup.repeats,
            judge=self.judge,
        )

    @cached_property
    def _every(self) -> tuple[list[Row], Judging]:
        """A row of every dialogue, and how the judge worked."""
        from convsim.report.judging import Judging
        from convsim.rows import row_of, row_of_failure

        rows, judging = [], Judging()
        # Read in the order in which they were written, which a disk likes better.
        for key in (key for key in self._dialogues if key in self._verdicts):
            transcript, verdict, case = self._one_judged(key)
            judging.add(transcript, verdict)
            rows.append(row_of(transcript, verdict, case, verdict.readings))
        rows.sort(key=lambda row: row.key)
        failed = (row_of_failure(item, self.case_of(item.transcript)) for item in self.errors)
        return [*rows, *failed], judging

    def _climb(self) -> Climbed:
        """What the rules see from the context ladder; only dialogues with facets are read again."""
        from convsim.ladder import Climbed

        climbed = Climbed()
        wholes = {item.id for item in self.suite.scenarios if item.whole is not None}
        judged = [key for key in self.counted_keys if key in self._verdicts]
        of_wholes = [key for key in judged if Key.parse(key).scenario in wholes]
        climbed.add_without_facets(len(judged) - len(of_wholes))
        for transcript, _, case in map(self._one_judged, of_wholes):
            climbed.add_by_rules(transcript, case)
        climbed.add_failed(len(self.counted_errors))
        return climbed

    def _entry(self, key: str) -> Entry:
        from convsim.report.data import Entry

        if key in self._errors:
            failure = self._failure(key)
            case = self.case_of(failure.transcript)
            return Entry(failure.transcript, case, failure=failure)
        transcript, verdict, case = self._one_judged(key)
        return Entry(transcript, case, verdict)

    def rates(self) -> Tables:
        """Under- and over-refusal and the rest, by target, rule, arm and group of moves.

        Raises `InputError` where the judge is void.
        """
        if self.void is not None:
            raise InputError(f"VOID: {self.void}")
        return self.data.tables

    def survival(self) -> Surviving:
        """How long refusals stand under pressure: curves, means, tests, and what moves do.

            run.survival().of("t1").rmst

        Raises `InputError` where the judge is void.
        """
        if self.void is not None:
            raise InputError(f"VOID: {self.void}")
        return self.data.survival

    def versions(self) -> list[Version]:
        """Every target of the run in every mode, as its judge sees it: what is compared.

        Raises `InputError` where the judge is void, or nothing was judged.
        """
        from convsim.changes import versions

        return versions(self, self.rows)

    def compare(self, other: Run, *, target: str | None = None, these: bool = False) -> RunChanges:
        """What changed from this run to another; see `convsim.compare`."""
        from convsim.changes import changes

        fetch = {str(run.path): run.dialogue for run in (self, other)}
        return changes(*(self.versions(), other.versions(), fetch), target=target, these=these)

    def dialogue(self, key: str) -> Entry:
        """One dialogue, judged or ended by an error, as a report shows it."""
        return self._entry(key)

    def comparisons(self) -> tuple[Compared, ...]:
        """What matched arms and repeats show, by target and mode; no verdict depends on it."""
        return self.data.comparisons

    def table(self, name: str = "rates") -> Tabular:
        """One table of its numbers, to print, to save, or as a data frame; an unknown name lists
        the others.

            run.table("under-refusal-by-rule").frame("polars")

        Raises `InputError` where the judge is void.
        """
        from convsim.report.tabulated import table

        return table(self.data, name)

    @property
    def plot(self) -> Plots:
        """Its charts: `tradeoff()`, `survival()`, `moves()`, `heatmap()` and `pressure()`.

            run.plot.heatmap().save("map.svg")

        Needs `pip install 'convsim[charts]'`.
        """
        from convsim.report.charted import Plots

        return Plots(self.data)

    def report(
        self,
        *,
        width: int = 80,
        reveal: bool = False,
        all_lines: bool = False,
    ) -> str:
        """The summary, as text: a screen or two, or with `all_lines` every number there is.

        Restricted quotes are masked unless `reveal`.
        """
        from convsim.report import summary

        return summary(self.data, width=width, reveal=reveal, all_lines=all_lines)

    def write_html(
        self, path: str | os.PathLike[str] | None = None, *, reveal: bool = False
    ) -> Path:
        """Write the report page, and return where it is: report.html in the run directory, or
        report.JUDGE.html by another judge than the run's own, unless `path` says otherwise.

        Restricted spans are masked unless `reveal`.
        """
        from convsim.report import write_html

        own = self.judge == self.manifest["judge"]
        page = Path(path or self.path / ("report.html" if own else f"report.{self.judge}.html"))
        write_html(self.data, page, reveal=reveal)
        return page

    def to_dict(self) -> dict[str, Any]:
        """What the summary says, as JSON-able data."""
        answers = self._provenance.answers
        return {
            "run": str(self.path),
            "planned": self.planned,
            "missing": self.missing,
            "unjudged": self.unjudged,
            "judge": self.judge,
            "void": self.void,
            "manifest": self.manifest,
            "replies": {"paid": answers.paid, "replayed": answers.replayed},
            **self._provenance.reading_data(),
            "judging": {**self._provenance.judging_data(), **self.data.judging.to_dict()},
            "warnings": list(self.data.cautions),
            **({} if self.void else self.data.tables.to_dict()),
            **self._mitigation_data(),
            "comparisons": [item.to_dict() for item in self.data.comparisons],
            "survival": self.data.survival.to_dict(),
            **({} if self.stopped is None else {"stopped": self.stopped.to_dict()}),
            "coverage": self.coverage().to_dict((Measure.STATES, Measure.TRANSITIONS)),
            **self._spread_data(),
        }

    def _spread_data(self) -> dict[str, Any]:
        """What is told of harm spread over steps, where there is something to tell."""
        data = self.data
        found: dict[str, Any] = {
            "spread": [item.to_dict() for item in data.spread],
            "pressure": [item.to_dict() for item in data.pressed],
            "gap": data.gap.to_dict() if data.gap.tells else None,
        }
        return {name: told for name, told in found.items() if told}

    @cached_property
    def _provenance(self) -> Provenance:
        return Provenance(self)

    def _facts(self, rows: Sequence[Row]) -> dict[str, str]:
        from convsim.report.stopping import fact

        return self._provenance.facts(
            sum(len(row.labels) for row in rows),
            does=self._deployed().does,
            stop_when=None if self.stopped is None else fact(self.stopped),
        )

    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers should know first."""
        return self._provenance.warnings()
