"""What a report is made from, whatever it looks like in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from convsim.case import Case
from convsim.report.tables import Cell, Tables, tables
from convsim.rows import Row, row_of, row_of_failure
from convsim.transcript import Failure, Mode, Transcript
from convsim.verdict import Verdict

FEW_SCENARIOS = 10
"""Below this an interval spans some 40 points and more (planning table, field notes 5.11)."""

Dialogue = tuple[Transcript, Verdict, Case]


@dataclass(frozen=True)
class ReportData:
    """A run as a report sees it. `ReportData.of` makes the rows.

    `facts` are printed as they stand, in their order (targets, seed, classifier, versions, ...);
    what the rows tell (scenarios, arms, repeats, modes) is added. `temperatures` by target alias
    tell where repeats are no evidence; `reviewed` are the scenarios whose twin was reviewed.
    """

    title: str
    judge: str
    rows: Sequence[Row]
    dialogues: Sequence[Dialogue]
    failures: Sequence[tuple[Failure, Case]] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    reviewed: frozenset[str] = frozenset()
    temperatures: Mapping[str, float | None] = field(default_factory=dict)
    where: str = "DIR"

    @classmethod
    def of(
        cls,
        title: str,
        dialogues: Iterable[Dialogue],
        failures: Iterable[tuple[Failure, Case]] = (),
        *,
        judge: str,
        facts: Mapping[str, str] | None = None,
        warnings: tuple[str, ...] = (),
        reviewed: Iterable[str] = (),
        temperatures: Mapping[str, float | None] | None = None,
        where: str = "DIR",
    ) -> ReportData:
        """The report data of judged dialogues and failed ones; `where` is the run directory."""
        dialogues = sorted(dialogues, key=lambda item: item[0].key)
        failures = sorted(failures, key=lambda item: item[0].key)
        rows = [row_of(*dialogue) for dialogue in dialogues]
        rows += [row_of_failure(*failure) for failure in failures]
        return cls(
            title=title,
            judge=judge,
            rows=rows,
            dialogues=dialogues,
            failures=failures,
            facts=facts or {},
            warnings=warnings,
            reviewed=frozenset(reviewed),
            temperatures=temperatures or {},
            where=where,
        )

    @cached_property
    def tables(self) -> Tables:
        """Every number of the run."""
        return tables(self.rows, judge=self.judge, reviewed=self.reviewed)

    @cached_property
    def what_ran(self) -> dict[str, str]:
        """What ran: counted from the rows, then the given facts, then the judge."""
        arms = sorted({row.arm for row in self.rows})
        scenarios = {row.scenario for row in self.rows}
        modes = sorted({row.mode.value for row in self.rows})
        counted = {
            "scenarios": str(len(scenarios)),
            "arms": ", ".join(arms),
            "mode": ", ".join(modes),
            "dialogues": f"{len(self.rows)} ({len(self.dialogues)} judged, "
            f"{len(self.failures)} ended by an error)",
        }
        return {**counted, **self.facts, "judge": f"{self.judge} (rates not corrected for it)"}

    @cached_property
    def cautions(self) -> tuple[str, ...]:
        """What a reader of the numbers should know first: the given warnings, and our own."""
        return (*self.warnings, *self._about_scenarios(), *self._about_targets())

    def _about_scenarios(self) -> Iterable[str]:
        count = len({row.scenario for row in self.rows})
        if 0 < count < FEW_SCENARIOS:
            yield (
                f"few scenarios ({count}): intervals are wide; more scenarios narrow them, more "
                "repeats hardly do"
            )
        unreviewed = max((cell.rate.unreviewed for cell in self.tables.headline.cells), default=0)
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
            bounds = cell.rate.bounds
            if bounds is not None:
                yield (
                    f"target {cell.target}: errors and undecided dialogues leave {bounds.open} of "
                    f"{bounds.denominator} open in {cell.rate.name}; believe the best and worst "
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


def _width(cell: Cell) -> float:
    return cell.rate.bounds.open / cell.rate.bounds.denominator if cell.rate.bounds else 0.0
