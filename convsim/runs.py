"""A stored run, read lazily: transcripts, verdicts, rates, what failed, and the report."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim.assess import parse_verdicts
from convsim.case import Case
from convsim.session import finished, load_suite_snapshot
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.targets.spec import parse_target
from convsim.transcript import Failure, Transcript, parse_failure, parse_transcript
from convsim.verdict import Grade, Verdict

if TYPE_CHECKING:
    from convsim.report import ReportData
    from convsim.report.tables import Tables


class Judged(NamedTuple):
    """One dialogue with its verdict, and the case it was judged by."""

    transcript: Transcript
    verdict: Verdict
    case: Case


class Run:
    """A run directory. Nothing is read before it is asked for.

    run = Run("runs/march")
    print(run.report())
    """

    def __init__(self, path: str | os.PathLike[str], *, judge: str | None = None) -> None:
        self._directory = RunDirectory.open(path)
        self._judge = judge

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """Where the run is stored."""
        return self._directory.path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """How the run was made (run.json)."""
        return dict(self._directory.load("run"))

    @property
    def judge(self) -> str:
        """Whose verdicts are read: the run's own judge unless another was asked for."""
        return self._judge or str(self.manifest["judge"])

    @cached_property
    def suite(self) -> Suite:
        """The scenarios and rules that the run was made with."""
        return load_suite_snapshot(self._directory)

    def transcripts(self) -> Iterator[Transcript]:
        """Every dialogue that ended, in the order they ended."""
        return map(parse_transcript, self._directory.read("dialogues"))

    def case_of(self, transcript: Transcript) -> Case:
        """What was right in a dialogue of this run."""
        return Case.of(transcript, self.suite.rules[transcript.scenario])

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The judge's last verdict on each dialogue, sorted by key."""
        rows = {row["key"]: row for row in self._directory.read(f"verdicts/{self.judge}")}
        return list(parse_verdicts(rows[key] for key in sorted(rows)))

    @cached_property
    def errors(self) -> list[Failure]:
        """The dialogues that an infrastructure error ended and that were not made up for since."""
        done = {row["key"] for row in self._directory.read("dialogues")}
        rows = {row["key"]: row for row in self._directory.read("errors")}
        return [parse_failure(rows[key]) for key in sorted(rows) if key not in done]

    def judged(self) -> list[Judged]:
        """Every dialogue with its verdict, sorted by key."""
        return list(self._judged)

    @cached_property
    def _judged(self) -> tuple[Judged, ...]:
        verdicts = {verdict.key: verdict for verdict in self.verdicts}
        transcripts = {item.key: item for item in self.transcripts()}
        return tuple(
            Judged(transcripts[key], verdicts[key], self.case_of(transcripts[key]))
            for key in sorted(transcripts)
            if key in verdicts
        )

    def failures(self) -> list[Judged]:
        """The dialogues with the verdict FAIL."""
        return [item for item in self._judged if item.verdict.grade is Grade.FAIL]

    @property
    def planned(self) -> int:
        """How many dialogues the run consists of."""
        return int(self.manifest["planned"])

    @cached_property
    def missing(self) -> int:
        """How many planned dialogues have no final row yet; `resume` plays them."""
        return self.planned - len(finished(self._directory))

    @cached_property
    def data(self) -> ReportData:
        """The run as reports see it: every dialogue, every number."""
        from convsim.report import ReportData

        return ReportData.of(
            str(self.path),
            self._judged,
            [(failure, self.case_of(failure.transcript)) for failure in self.errors],
            judge=self.judge,
            facts=self._facts(),
            warnings=self.warnings(),
            reviewed=[item.id for item in self.suite.scenarios if item.reviewed],
            temperatures=self._temperatures(),
            where=str(self.path),
        )

    def rates(self) -> Tables:
        """Under- and over-refusal and the rest, by target, rule, arm and group of moves."""
        return self.data.tables

    def report(self, *, width: int = 80, splits: bool = True, reveal: bool = False) -> str:
        """The summary, as text; `splits=False` leaves out the tables by rule, arm and move.

        Restricted quotes are masked unless `reveal`.
        """
        from convsim.report import summary

        return summary(self.data, width=width, splits=splits, reveal=reveal)

    def write_html(
        self, path: str | os.PathLike[str] | None = None, *, reveal: bool = False
    ) -> Path:
        """Write the report page (report.html in the run directory unless `path` says otherwise).

        Restricted spans are masked unless `reveal`.
        """
        from convsim.report import write_html

        page = Path(path) if path is not None else self.path / "report.html"
        write_html(self.data, page, reveal=reveal)
        return page

    def to_dict(self) -> dict[str, Any]:
        """What the summary says, as JSON-able data."""
        return {
            "run": str(self.path),
            "planned": self.planned,
            "missing": self.missing,
            "manifest": self.manifest,
            "warnings": list(self.data.cautions),
            **self.data.tables.to_dict(),
        }

    def _facts(self) -> dict[str, str]:
        made = self.manifest
        targets = {f"target {alias}": text for alias, text in made["targets"].items()}
        return {
            **targets,
            "repeats": str(made["repeats"]),
            "seed": str(made["seed"]),
            "walk": made["walk"],
            "classifier": made["classifier"],
            "convsim": made["convsim"],
        }

    def _temperatures(self) -> dict[str, float | None]:
        """The temperature each target was set to; None where its server's default holds."""
        found: dict[str, float | None] = {}
        for alias, entry in self._directory.load("targets").items():
            text = entry["target"]
            given = parse_target(text).parameters.get("temperature") if text else None
            found[alias] = float(given) if isinstance(given, int | float) else None
        return found

    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers should know first."""
        found = []
        for alias, count in self.manifest.get("unrecognised", {}).items():
            found.append(
                f"target {alias}: {count} user texts were not found in its suite and were answered "
                "as small talk"
            )
        for alias, models in self._served().items():
            if len(models) > 1:
                found.append(f"target {alias}: several models answered: {', '.join(models)}")
        if self.missing:
            found.append(
                f"{self.missing} of {self.planned} dialogues are missing; "
                f"`convsim resume {self.path}` plays them"
            )
        return tuple(found)

    def _served(self) -> dict[str, list[str]]:
        served: dict[str, list[str]] = {}
        for row in self._directory.read("ledger"):
            model = row["reply"]["served"]
            models = served.setdefault(row["target"], [])
            if model is not None and model not in models:
                models.append(model)
        return served
