"""A stored run, read lazily: transcripts, verdicts, rates, what failed, and the report.

Nothing is read before it is asked for, and of what was read only where it stands is kept: a run of
100,000 dialogues can be looked at on a laptop.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

from pydantic import ValidationError

from convsim.answered import Answers, Asked, answers_of, is_classifier
from convsim.assess import parse_examinations, parse_verdicts, void_told
from convsim.case import Case
from convsim.coverage import Account, Gathered, Measure
from convsim.errors import InputError
from convsim.graph import Graph, graph_of
from convsim.manifest import Setup
from convsim.plan import Without, without_told
from convsim.policy import Policy, Rule
from convsim.price import Price
from convsim.recast import graph_played, recast
from convsim.scenario import CONTROLS
from convsim.seating import models_of_bench, prices_of_bench
from convsim.staff import (
    model_of_reader,
    price_of_reader,
    who_read,
)
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.targets.spec import parse_target
from convsim.transcript import Failure, Key, Transcript, decode_failure, decode_transcript
from convsim.verdict import Grade, Verdict
from convsim.walk import case_in

if TYPE_CHECKING:
    from convsim.calibration import Calibration
    from convsim.changes import RunChanges
    from convsim.differences import Version
    from convsim.judges.sentinels import Examined
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
    from convsim.trials import Trial

T = TypeVar("T")

MODELS_NAMED = 5
"""How many served models a warning names."""


class Judged(NamedTuple):
    """One dialogue with its verdict, and the case it was judged by."""

    transcript: Transcript
    verdict: Verdict
    case: Case


class Stored(Sequence[T], Generic[T]):
    """Rows of a run in the order of their keys, like a list; each is read when it is looked at.

    Going through it again reads again: `list(...)` keeps what is worth the memory.
    """

    def __init__(self, keys: Sequence[str], read: Callable[[str], T]) -> None:
        self._keys = keys
        self._read = read

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Stored[T]: ...
    def __getitem__(self, index: int | slice) -> T | Stored[T]:
        if isinstance(index, slice):
            return Stored(self._keys[index], self._read)
        return self._read(self._keys[index])

    def __iter__(self) -> Iterator[T]:
        return map(self._read, self._keys)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stored | list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(map(_equal, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} stored rows>"


def _equal(one: object, other: object) -> bool:
    return one == other


class Run:
    """A run directory. Nothing is read before it is asked for.

    run = Run("runs/march")
    print(run.report())

    What was read once is not read again: to see what a running session adds, make another `Run`.
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
        return Suite.from_plain(self._directory.load("suite"), self._directory.load("policy"))

    # --- where the rows stand; the last row of a key counts

    @cached_property
    def _dialogues(self) -> dict[str, int]:
        return dict(self._directory.keys("dialogues"))

    @cached_property
    def _verdicts(self) -> dict[str, int]:
        return dict(self._directory.keys(f"verdicts/{self.judge}"))

    @cached_property
    def _errors(self) -> dict[str, int]:
        """Without those that were made up for since."""
        rows = dict(self._directory.keys("errors"))
        return {key: rows[key] for key in sorted(rows) if key not in self._dialogues}

    # --- what they say

    def transcripts(self) -> Iterator[Transcript]:
        """Every dialogue that ended, in the order they ended."""
        for _, offset in self._directory.keys("dialogues"):
            yield self._decoded(decode_transcript, "dialogues", offset)

    def case_of(self, transcript: Transcript) -> Case:
        """What was right in a dialogue of this run, by the policy that it is judged by."""
        return case_in(self.graph_of(transcript, self._rule_of(transcript)), transcript)

    def _rule_of(self, transcript: Transcript) -> Rule:
        own = self.suite.rules[transcript.scenario]
        return own if self.policy is None else self.policy.by_id[own.id]

    @cached_property
    def judging(self) -> dict[str, Any]:
        """What the judge is made of: the models it asks, another policy, who read the replies."""
        if self.judge == self.manifest["judge"]:
            return {"bench": self.manifest.get("bench")}
        made = self.path / "judges" / f"{self.judge}.json"
        return dict(self._directory.load(f"judges/{self.judge}")) if made.exists() else {}

    @cached_property
    def policy(self) -> Policy | None:
        """The policy that this judge judges by; None for that of the run."""
        other = self.judging.get("policy")
        return None if other is None else Policy.model_validate(other)

    @cached_property
    def examinations(self) -> list[tuple[Examined, ...]]:
        """What the judge said of its sentinels; none where it asks no model."""
        return parse_examinations(self._directory.read(f"sentinels/{self.judge}"))

    @cached_property
    def void(self) -> str | None:
        """Why the judge was not asked about the dialogues that it has no verdict on: it failed its
        sentinels the last time. None where it passed. Numbers are refused.
        """
        why = void_told(self.judge, self.examinations)
        return why and (
            f"{why}. What it said is in sentinels/{self.judge}.jsonl. Mend it, and go on with "
            f"`convsim resume {self.path}`, which examines it anew; or judge the dialogues by "
            f"another: `convsim judge {self.path} --judge ANOTHER`"
        )

    @property
    def keys(self) -> Collection[str]:
        """The key of every dialogue that ended, in the order in which they ended."""
        return self._dialogues.keys()

    @property
    def counted_keys(self) -> Sequence[str]:
        """Those of them that rates count: all, or the slice of a run that could stop early."""
        keys = list(self._dialogues)
        if self.manifest.get("slice") is None:
            return keys
        return [key for key in keys if self._counts(Key.parse(key).repeat)]

    @property
    def judged_keys(self) -> Collection[str]:
        """The key of every dialogue that this judge has a verdict on."""
        return self._verdicts.keys()

    def transcript(self, key: str) -> Transcript:
        """One dialogue, as it counts under the policy that it is judged by."""
        return self._transcript(self._dialogues[key])

    def verdict(self, key: str) -> Verdict:
        """This judge's verdict on one dialogue."""
        return self._verdict(key)

    @property
    def judges(self) -> list[str]:
        """Every judge that has verdicts on this run."""
        return sorted(path.stem for path in self.path.glob("verdicts/*.jsonl"))

    @cached_property
    def unjudged(self) -> int:
        """How many dialogues have no verdict; `resume` asks the run's own judge again."""
        return len(self._dialogues.keys() - self._verdicts.keys())

    def under(self, transcript: Transcript, rule: Rule) -> Transcript:
        """A dialogue of this run as it counts under another rule: what it asks, what unlocks it."""
        return recast(transcript, self.graph_of(transcript, rule))

    def graph_of(self, transcript: Transcript, rule: Rule) -> Graph:
        """The graph that a dialogue was played on, under a rule."""
        return graph_played(self.suite, transcript, rule)

    @cached_property
    def verdicts(self) -> Stored[Verdict]:
        """The judge's last verdict on each dialogue, sorted by key."""
        return Stored(sorted(self._verdicts), self._verdict)

    @cached_property
    def errors(self) -> Stored[Failure]:
        """The dialogues that an infrastructure error ended and that were not made up for since."""
        return Stored(list(self._errors), self._failure)

    @property
    def counted_errors(self) -> Stored[Failure]:
        """Those of them that rates count."""
        counting = [key for key in self._errors if self._counts(Key.parse(key).repeat)]
        return Stored(counting, self._failure)

    def judged(self) -> Stored[Judged]:
        """Every dialogue with its verdict, sorted by key."""
        return Stored(sorted(self._dialogues.keys() & self._verdicts.keys()), self._one_judged)

    def counted(self) -> Stored[Judged]:
        """Those of them that rates count: all, or the slice of a run that could stop early."""
        judged = sorted(key for key in self.counted_keys if key in self._verdicts)
        return Stored(judged, self._one_judged)

    def find(self, key: str) -> Judged | Transcript | Failure | None:
        """One dialogue: judged, not judged yet, or ended by an error; None where there is none."""
        if key in self._dialogues:
            judged = key in self._verdicts
            return self._one_judged(key) if judged else self._transcript(self._dialogues[key])
        return self._failure(key) if key in self._errors else None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that its dialogues are judged by."""
        cited = dict.fromkeys(self.suite.rules.values())
        if self.policy is None:
            return tuple(cited)
        return tuple(self.policy.by_id[rule.id] for rule in cited)

    @cached_property
    def calibration(self) -> Calibration | None:
        """What is known of this judge's errors; None where nobody calibrated it here."""
        name = f"calibration/{self.judge}"
        if not (self.path / f"{name}.json").exists():
            return None
        from convsim.calibration import Calibration

        try:
            return Calibration.from_dict(self._directory.load(name))
        except (ValidationError, KeyError) as error:
            raise InputError(
                f"{self.path / name}.json is no calibration ({error}); make it again with "
                f"`convsim calibrate LABELS --run {self.path}`, or remove it"
            ) from error

    @cached_property
    def trial(self) -> Trial | None:
        """How well this judge sees canaries here; None where nobody tried it. It corrects nothing.

        Raises `InputError` where the file is damaged.
        """
        from convsim.trials import FOLDER, Trial

        name = f"{FOLDER}/{self.judge}"
        if not (self.path / f"{name}.json").exists():
            return None
        try:
            return Trial.from_dict(self._directory.load(name))
        except (ValidationError, KeyError) as error:
            raise InputError(
                f"{self.path / name}.json is no trial of a judge ({error}); make it again with "
                f"`convsim calibrate --canaries {self.path}`, or remove it"
            ) from error

    def failures(self) -> Stored[Judged]:
        """The dialogues with the verdict FAIL."""
        return Stored(self._failing, self._one_judged)

    @cached_property
    def _failing(self) -> list[str]:
        rows = ((key, self._verdict(key)) for key in self._verdicts if key in self._dialogues)
        return sorted(key for key, verdict in rows if verdict.grade is Grade.FAIL)

    def _decoded(self, decode: Callable[[bytes], T], name: str, offset: int) -> T:
        try:
            return decode(self._directory.line_at(name, offset))
        except ValidationError as error:
            (first, *_) = error.errors(include_url=False)
            where = ".".join(map(str, first["loc"]))
            raise InputError(
                f"{self.path / name}.jsonl is damaged at byte {offset}: {where}: {first['msg']}; "
                "remove that line to go on without it"
            ) from error

    def _verdict(self, key: str) -> Verdict:
        row = self._directory.row_at(f"verdicts/{self.judge}", self._verdicts[key])
        return next(parse_verdicts([row]))

    def _failure(self, key: str) -> Failure:
        failure = self._decoded(decode_failure, "errors", self._errors[key])
        if self.policy is None:
            return failure
        transcript = self.under(failure.transcript, self._rule_of(failure.transcript))
        return replace(failure, transcript=transcript)

    def _one_judged(self, key: str) -> Judged:
        transcript = self.transcript(key)
        return Judged(transcript, self._verdict(key), self.case_of(transcript))

    def _transcript(self, offset: int) -> Transcript:
        """A stored dialogue, as it counts under the policy that it is judged by."""
        transcript = self._decoded(decode_transcript, "dialogues", offset)
        if self.policy is None:
            return transcript
        return self.under(transcript, self._rule_of(transcript))

    @property
    def planned(self) -> int:
        """How many dialogues the run consists of."""
        return int(self.manifest["planned"])

    @cached_property
    def missing(self) -> int:
        """How many planned dialogues have no final row yet; `resume` plays them."""
        final = sum(failure.final for failure in self.errors)
        return self.planned - len(self._dialogues) - final

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
            facts={**self._facts(every), **self._judging_facts(), **judging.facts()},
            walk=str(self.manifest["walk"]),
            warnings=self.warnings(),
            reviewed=frozenset(item.id for item in self.suite.scenarios if item.reviewed),
            temperatures=self._temperatures(),
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

        targets = self._directory.load("targets")
        return Deployed(bases_of(targets), does_of(targets), lambda: spending_of(self._directory))

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

    def _counts(self, repeat: int) -> bool:
        first = self.manifest.get("slice")
        return first is None or repeat <= int(first)

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
        from convsim.differences import Version
        from convsim.judges.rules import NAME as RULES
        from convsim.report.tables import groups

        if self.void is not None:
            raise InputError(f"VOID: {self.void}")
        made, suite = self.manifest, self.suite
        rules = {rule.id: rule for rule in self.rules}
        found = [
            Version(
                run=str(self.path),
                target=group.target,
                mode=group.mode,
                judge=self.judge,
                rows=group.rows,
                contents={item.id: item.content for item in suite.scenarios},
                rules={name: rules[rule.id] for name, rule in suite.rules.items()},
                classifier=made["classifier"] if self.judge == RULES else "",
                router=made["classifier"],
                seed=made["seed"],
                reviewed=frozenset(item.id for item in suite.scenarios if item.reviewed),
                incomplete=self._incomplete,
                missing=(self.missing + self.unjudged) / self.planned,
                calibrated=self.calibration.source if self.calibration else "",
                correct=self.calibration.correct if self.calibration else None,
            )
            for group in groups(self.rows)
        ]
        if not found:
            raise InputError(f"{self.path} has no dialogue with a verdict of {self.judge}")
        return found

    @property
    def _incomplete(self) -> str:
        """What is missing, in words; empty where nothing is."""
        told = []
        if self.missing:
            told.append(
                f"{self.missing} of {self.planned} dialogues are missing "
                f"(`convsim resume {self.path}`)"
            )
        if self.unjudged:
            told.append(f"{self.unjudged} dialogues have no verdict of {self.judge}")
        return "; ".join(told)

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
        return {
            "run": str(self.path),
            "planned": self.planned,
            "missing": self.missing,
            "unjudged": self.unjudged,
            "judge": self.judge,
            "void": self.void,
            "manifest": self.manifest,
            "replies": {"paid": self._answers.paid, "replayed": self._answers.replayed},
            **self._reading_data(),
            "judging": self._judging_data(),
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

    def _facts(self, rows: Sequence[Row]) -> dict[str, str]:
        from convsim.report.stopping import fact

        made = self.manifest
        does = self._deployed().does
        targets = {
            f"target {alias}": "; ".join([text, *does.get(alias, ())])
            for alias, text in made["targets"].items()
        }
        return {
            **targets,
            "repeats": str(made["repeats"]),
            "seed": str(made["seed"]),
            **{name: made[name] for name in ("shard", "until") if made.get(name)},
            **({} if self.stopped is None else {"stop when": fact(self.stopped)}),
            "replies": self._replies(sum(len(row.labels) for row in rows)),
            "classifier": made["classifier"],
            **{f"{guard} gave": str(asked) for guard, asked in self._answers.ruled.items()},
            **self._reading_facts(),
            **self._without(),
            "convsim": made["convsim"],
        }

    def _without(self) -> dict[str, str]:
        """Which controls not every scenario has; run directories of old do not say."""
        told = without_told(list(map(Without.from_dict, self.manifest.get("without", []))))
        return {"without": told} if told else {}

    def _reading_facts(self) -> dict[str, str]:
        """Who read the replies and what that took, where a model was asked."""
        reader, found = self.manifest.get("reader"), self._answers.read
        if reader is None and not found:
            return {}
        gave = {f"{alias} gave": str(asked) for alias, asked in found.items()}
        return {
            "readings": who_read(self._readings),
            **({} if reader is None else {"asked": model_of_reader(reader)}),
            **(gave or {"classifier gave": "no answers"}),
        }

    def _reading_data(self) -> dict[str, Any]:
        """The same as data."""
        asked = {alias: asdict(found) for alias, found in self._answers.read.items()}
        return {"readings": dict(self._readings), "asked": asked} if asked else {}

    @property
    def _judge_asked(self) -> dict[str, Asked]:
        """What this judge's models answered, by `judge`, or `judge.1`, `judge.2` and so on."""
        return self._of_judge(self._answers.judged)

    def _of_judge(self, asked_by: Mapping[str, Asked]) -> dict[str, Asked]:
        found = {}
        for alias, asked in asked_by.items():
            name, _, number = alias.partition("#")
            if name == self.judge:
                found[f"judge.{number}" if number else "judge"] = asked
        return found

    def _judging_facts(self) -> dict[str, str]:
        """Whom the judge asks, what that took, and whether it passed its sentinels."""
        told, bench = {}, self.judging.get("bench")
        if bench is not None:
            told["judge asks"] = ", ".join(models_of_bench(bench))
        if (reader := self.judging.get("reader")) is not None:
            told["judge asks"] = model_of_reader(reader)
        for alias, asked in self._judge_asked.items():
            of = f"; {asked.each_of(len(self._verdicts))}" if self._verdicts else ""
            told[f"{alias} gave"] = f"{asked}{of}"
        took = self._of_judge(self._answers.examined)
        for examined in self.examinations:
            passed = sum(item.passed for item in examined)
            who = (
                f"{alias} {asked}" if len(took) > 1 else str(asked) for alias, asked in took.items()
            )
            told["sentinels"] = "; ".join([f"{passed} of {len(examined)} passed", *who])
        if self.trial is not None:
            told["on canaries"] = self.trial.told
        if self.policy is not None:
            told["judged by"] = f"policy '{self.policy.id}', not the run's own"
        return told

    def _judging_data(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "asked": {alias: asdict(asked) for alias, asked in self._judge_asked.items()},
            "sentinels": [
                {"passed": sum(item.passed for item in examined), "of": len(examined)}
                for examined in self.examinations
            ],
            "examined": {
                alias: asdict(asked)
                for alias, asked in self._of_judge(self._answers.examined).items()
            },
            **self.data.judging.to_dict(),
        }

    def _judge_price(self, alias: str) -> Price | None:
        """What a model behind a judge costs, by its alias in the ledger."""
        name, _, number = alias.partition("#")
        judging = Run(self.path, judge=name).judging
        if (reader := judging.get("reader")) is not None:
            return price_of_reader(reader)
        if (bench := judging.get("bench")) is None:
            return None
        return prices_of_bench(bench).get(f"judge.{number}" if number else "judge")

    @cached_property
    def _readings(self) -> Counter[str]:
        """How many replies each source read; what dialogues share counts in each of them."""
        found: Counter[str] = Counter()
        for offset in self._dialogues.values():
            transcript = self._decoded(decode_transcript, "dialogues", offset)
            found.update(turn.reading.source for turn in transcript.turns if turn.reading)
        return found

    @cached_property
    def _classifier_price(self) -> Price | None:
        """What the model behind the classifier costs, as far as the run says which one it is."""
        reader = self.manifest.get("reader")
        return None if reader is None else price_of_reader(reader)

    def _replies(self, turns: int) -> str:
        """How many replies were paid for, and how many turns share one of them."""
        paid, replayed = self._answers.paid, self._answers.replayed
        shared = turns - paid - replayed
        counts = (
            (paid, "from calls"),
            (replayed, "replayed from another run"),
            (shared, "shared by dialogues that begin alike"),
        )
        return ", ".join(f"{count:,} {what}" for count, what in counts if count > 0) or "none"

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
        answered = {f"target {alias}": models for alias, models in self._answers.served.items()}
        answered |= {alias: asked.served for alias, asked in self._answers.read.items()}
        answered |= {alias: asked.served for alias, asked in self._judge_asked.items()}
        for who, models in answered.items():
            if len(models) > 1:
                named = ", ".join(models[:MODELS_NAMED])
                more = len(models) - MODELS_NAMED
                others = f" and {more} more" if more > 0 else ""
                found.append(f"{who}: several models answered: {named}{others}")
        if self.missing:
            found.append(
                f"{self.missing} of {self.planned} dialogues are missing; "
                f"`convsim resume {self.path}` plays them"
            )
        if self.unjudged and self.judge == self.manifest["judge"]:
            found.append(
                f"{self.unjudged} of {len(self._dialogues)} dialogues have no verdict; "
                f"`convsim resume {self.path}` judges them"
            )
        elif self.unjudged:
            found.append(
                f"{self.unjudged} of {len(self._dialogues)} dialogues have no verdict of "
                f"{self.judge}, and are in no number here"
            )
        return tuple(found)

    @cached_property
    def _answers(self) -> Answers:
        """What the ledger tells."""
        return answers_of(self._directory, self._price_of)

    def _price_of(self, alias: str) -> Price | None:
        """What the model behind the classifier or a judge costs, by its alias in the ledger."""
        return self._classifier_price if is_classifier(alias) else self._judge_price(alias)
