"""What a report is made from, whatever it looks like in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from convsim.calibration import Calibration
from convsim.case import Case
from convsim.comparisons import Comparison, comparisons
from convsim.coverage import Account
from convsim.ladder import Climbed, GapTable
from convsim.matching import Pairs
from convsim.mitigations import Mitigations, Spending, mitigations
from convsim.rates import Bounds, Rate
from convsim.report.judging import Judging
from convsim.report.pressing import Pressed, numbers, pressed
from convsim.report.spread import SpreadArm, spread_of
from convsim.report.surviving import Surviving, surviving
from convsim.report.tables import Cell, Tables, arm_place, groups, tables
from convsim.rows import Row, row_of, row_of_failure
from convsim.sequential import Stopped
from convsim.transcript import Failure, Mode, Transcript
from convsim.verdict import Verdict

FEW_SCENARIOS = 10
"""Below this an interval spans some 40 points and more (planning table, field notes 5.11)."""

Dialogue = tuple[Transcript, Verdict, Case]


class Entry(NamedTuple):
    """A whole dialogue: judged, or ended by an error (then without a verdict)."""

    transcript: Transcript
    case: Case
    verdict: Verdict | None = None
    failure: Failure | None = None


class Compared(NamedTuple):
    """One comparison, and the target and mode whose dialogues it is made of."""

    target: str
    mode: Mode
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON-able data, with the place it belongs to."""
        return {"target": self.target, "mode": self.mode.value, **self.comparison.to_dict()}


@dataclass(frozen=True, slots=True)
class Deployed:
    """Which targets are variants of another one: the base of each, and what each does in words.

    `spent` reads what each of them took, which is a pass over the ledger.
    """

    bases: Mapping[str, str] = field(default_factory=dict)
    does: Mapping[str, Sequence[str]] = field(default_factory=dict)
    spent: Callable[[], Mapping[str, Spending]] = dict


@dataclass(frozen=True)
class ReportData:
    """A run as a report sees it: a compact row of every dialogue, judged ones first, by key.

    `fetch` finds the whole dialogue of a key; it is asked for the few that a report shows.
    `ReportData.of` makes both of dialogues in memory.

    `facts` are printed as they stand, in their order (targets, seed, classifier, versions, ...);
    what the rows tell (scenarios, arms, repeats, modes) is added. `walk` is how paths were chosen.
    `temperatures` by target alias tell where repeats are no evidence; `reviewed` are the scenarios
    whose twin was reviewed. `void` says why nothing that the judge says counts: then there are no
    numbers. `judging` is how it worked, `calibration` how often it is known to be wrong; `pairs`
    are the matched arms of the scenarios (`matching.pairs_of`), `climb` has the rules look from the
    context ladder, which takes a while, `coverage` is how much of the graphs was gone through
    (None: nobody counted), `stopped` is where its repeats stopped early (None: all were played).
    `deployed` says which targets are variants of others.
    """

    title: str
    judge: str
    rows: Sequence[Row]
    fetch: Callable[[str], Entry]
    facts: Mapping[str, str] = field(default_factory=dict)
    walk: str = ""
    warnings: tuple[str, ...] = ()
    reviewed: frozenset[str] = frozenset()
    temperatures: Mapping[str, float | None] = field(default_factory=dict)
    where: str = "DIR"
    void: str | None = None
    judging: Judging = field(default_factory=Judging)
    calibration: Calibration | None = None
    pairs: Pairs = field(default_factory=dict)
    climb: Callable[[], Climbed] = Climbed
    coverage: Account | None = None
    stopped: Stopped | None = None
    deployed: Deployed = field(default_factory=Deployed)

    @classmethod
    def of(
        cls,
        title: str,
        dialogues: Iterable[Dialogue],
        failures: Iterable[tuple[Failure, Case]] = (),
        *,
        judge: str,
        facts: Mapping[str, str] | None = None,
        walk: str = "",
        warnings: tuple[str, ...] = (),
        reviewed: Iterable[str] = (),
        temperatures: Mapping[str, float | None] | None = None,
        where: str = "DIR",
    ) -> ReportData:
        """The report data of judged dialogues and failed ones; `where` is the run directory."""
        dialogues = sorted(dialogues, key=lambda item: item[0].key)
        failures = sorted(failures, key=lambda item: item[0].key)
        entries = {made.key: Entry(made, case, verdict) for made, verdict, case in dialogues}
        for failure, case in failures:
            entries[failure.key] = Entry(failure.transcript, case, failure=failure)
        rows = [row_of(*dialogue) for dialogue in dialogues]
        rows += [row_of_failure(*failure) for failure in failures]

        def climb() -> Climbed:
            climbed = Climbed()
            for made, _, case in dialogues:
                climbed.add_by_rules(made, case)
            climbed.add_failed(len(failures))
            return climbed

        return cls(
            title=title,
            judge=judge,
            rows=rows,
            fetch=entries.__getitem__,
            facts=facts or {},
            walk=walk,
            warnings=warnings,
            reviewed=frozenset(reviewed),
            temperatures=temperatures or {},
            where=where,
            climb=climb,
        )

    @cached_property
    def tables(self) -> Tables:
        """Every number of the run; none where the judge is void."""
        rows = () if self.void else self.rows
        correct = self.calibration.correct if self.calibration else None
        return tables(
            rows,
            judge=self.judge,
            reviewed=self.reviewed,
            correct=correct,
            beside=numbers(rows, self.pressed, judge=self.judge),
        )

    @cached_property
    def comparisons(self) -> tuple[Compared, ...]:
        """What matched arms and repeats show, by target and mode; none where the judge is void."""
        return tuple(
            Compared(group.target, group.mode, comparison)
            for group in groups(() if self.void else self.rows)
            for comparison in comparisons(group.rows, self.pairs, judge=self.judge)
        )

    @cached_property
    def gap(self) -> GapTable:
        """How much of spread harm the rules see, by how much of a dialogue they are shown."""
        return self.climb().table()

    @cached_property
    def spread(self) -> tuple[SpreadArm, ...]:
        """In how many dialogues of each arm a whole came out; none where no case has facets."""
        return spread_of(() if self.void else self.rows)

    @cached_property
    def survival(self) -> Surviving:
        """How long refusals stand under pressure, by target and mode; none where it is void."""
        rows = () if self.void else self.rows
        return surviving(rows, judge=self.judge, reviewed=self.reviewed)

    @cached_property
    def mitigations(self) -> Mitigations:
        """What variants of a target are worth; empty where none has some, or the judge is void."""
        deployed = self.deployed
        if self.void or not deployed.bases:
            return Mitigations(())
        return mitigations(
            self.rows,
            deployed.bases,
            judge=self.judge,
            does=deployed.does,
            spending=deployed.spent(),
            reviewed=self.reviewed,
            correct=self.calibration.correct if self.calibration else None,
        )

    @cached_property
    def pressed(self) -> tuple[Pressed, ...]:
        """What pressing did beyond asking as often; none where no such control was played."""
        return pressed(() if self.void else self.rows, judge=self.judge)

    @cached_property
    def what_ran(self) -> dict[str, str]:
        """What ran: counted from the rows, then the given facts, then the judge."""
        told = {**self.facts, "judge": f"{self.judge} ({self._corrected})"}
        if not self.rows:
            return {"dialogues": "none with a verdict", **told}
        arms = sorted({row.arm for row in self.rows}, key=arm_place)
        scenarios = {row.scenario for row in self.rows}
        failed = sum(row.error is not None for row in self.rows)
        counted = {
            "scenarios": str(len(scenarios)),
            "arms": ", ".join(arms) or "none",
            "mode": self._mode,
            "dialogues": f"{len(self.rows)} ({len(self.rows) - failed} judged, "
            f"{failed} ended by an error)",
        }
        return {**counted, **told}

    @property
    def _corrected(self) -> str:
        if self.calibration is None:
            return "rates not corrected for it"
        return f"rates are raw; corrected ones stand beside them, by {self.calibration.source}"

    @property
    def _mode(self) -> str:
        """How moves came about: every number below is of one mode."""
        modes = sorted({row.mode.value for row in self.rows})
        apart = " (counted apart, never pooled)" if len(modes) > 1 else ""
        walk = f"; walk {self.walk}" if self.walk else ""
        return (", ".join(modes) or "none") + apart + walk

    @cached_property
    def cautions(self) -> tuple[str, ...]:
        """What a reader of the numbers should know first: the given warnings, and our own."""
        void = () if self.void is None else (f"VOID: {self.void}",)
        labels = () if self.calibration is None else self.calibration.doubts
        return (*void, *self.warnings, *labels, *self._about_scenarios(), *self._about_targets())

    def _about_scenarios(self) -> Iterable[str]:
        count = len({row.scenario for row in self.rows})
        if 0 < count < FEW_SCENARIOS:
            yield (
                f"few scenarios ({count}): intervals are wide; more scenarios narrow them, more "
                "repeats hardly do"
            )
        unreviewed = max((cell.number.unreviewed for cell in self.tables.headline.cells), default=0)
        if unreviewed:
            yield (
                f"over-refusal is provisional: in {unreviewed} scenario(s) nobody reviewed that "
                "the twin is allowed (`reviewed:` in the file)"
            )

    def _about_targets(self) -> Iterable[str]:
        for target, temperature in self.temperatures.items():
            if temperature == 0:
                yield f"target {target}: temperature 0, so repeats are not independent evidence"
        for cell in self._most_open:
            bounds = _bounds(cell)
            if bounds is not None:
                yield (
                    f"target {cell.target}: errors and undecided dialogues leave {bounds.open} of "
                    f"{bounds.denominator} open in {cell.number.name}; believe the best and worst "
                    "case, not the rate alone"
                )

    @property
    def _most_open(self) -> Iterable[Cell]:
        """The headline rate of each target and mode that most dialogues leave open."""
        worst: dict[tuple[str, Mode], Cell] = {}
        for cell in self.tables.headline.cells:
            kept = worst.setdefault((cell.target, cell.mode), cell)
            if _width(cell) > _width(kept):
                worst[cell.target, cell.mode] = cell
        return worst.values()


def _bounds(cell: Cell) -> Bounds | None:
    return cell.number.bounds if isinstance(cell.number, Rate) else None


def _width(cell: Cell) -> float:
    bounds = _bounds(cell)
    return bounds.open / bounds.denominator if bounds else 0.0
