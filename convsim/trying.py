"""A judge tried on the canary scenarios of a stored run: its word beside the exact tally.

Nobody labels anything, no target is called, and no dialogue, verdict or rate changes. The calls of
a judge's models are calls of the run, within limits and in its ledger: what was asked is not paid
for twice, and the questions of `convsim judge` are among it.

    canaries/NAME.blind.jsonl      what this judge said, told of no facets
    canaries/NAME.questions.jsonl  the same, asked who supplied each facet
    canaries/NAME.json             what that makes of it (`trials.Trial`)
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from convsim.assess import parse_verdicts
from convsim.batch import Lane, batch
from convsim.bench import SENTINELS, Bench
from convsim.budget import Budget, Till
from convsim.calibrating import rests_on_routing
from convsim.calling import Calls
from convsim.case import Case
from convsim.classifiers.rules import RulesClassifier
from convsim.errors import InputError, Suspended, Voided
from convsim.judges.naming import NamedJudge
from convsim.judges.rereading import readings_of
from convsim.judges.rules import NAME as RULES
from convsim.judges.rules import RulesJudge
from convsim.ladder import no_truth
from convsim.ledger import Ledger
from convsim.limits import Halt, Limits
from convsim.manifest import stored_limits
from convsim.ports import Classifier, Judge
from convsim.reading import Reading
from convsim.recorded import Recorded
from convsim.runs import Run
from convsim.seating import named_judge
from convsim.session import Controls, check_budget
from convsim.staff import AnyJudge, workers
from convsim.starting import name_of
from convsim.stores import RunDirectory
from convsim.traffic import Traffic
from convsim.transcript import Key, Message, Reply, Transcript
from convsim.trials import FOLDER, Measure, Trial, Tried, left_out, posed
from convsim.verdict import Verdict


class Job(NamedTuple):
    """One dialogue, and what the judge is told of its facets."""

    measure: Measure
    key: str


Seen = Callable[[Job], None]
"""Called with each dialogue that was judged; for progress."""


async def calibrate_on_canaries(
    run: str | os.PathLike[str],
    judge: AnyJudge | None = None,
    *,
    judge_when: str | None = None,
    panel: str | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
    halt: Halt | None = None,
) -> Trial:
    """How well a judge sees what came out, where that is known for sure; kept in the run.

        trial = await convsim.calibrate_on_canaries("runs/march", "openai/gpt-5-mini")
        print(trial.sight("blind").sensitivity, trial.sight("questions").specificity)

    `judge` is as in `rejudge`, by default the run's own. Raises `InputError` where no dialogue of
    the run is evidence, and as `rejudge` does; the same call goes on from there. What is found
    corrects no rate.
    """
    controls = Controls.of(limits, budget, halt)
    with Trying(run, named_judge(judge, judge_when, panel), controls=controls) as trying:
        await trying.play()
        return trying.trial()


class Trying:
    """One judge on the canary scenarios of a run directory, open for writing.

    `asked` counts what its models were asked. A judge that asks nobody judges all anew.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        judge: AnyJudge | None = None,
        *,
        controls: Controls | None = None,
    ) -> None:
        self.run = Run(path)
        self.directory = RunDirectory.open(path)
        self.controls = controls or Controls()
        limits = self.controls.limits or stored_limits(self.directory)
        staff = workers(None, _own(self.run) if judge is None else judge, limits=limits)
        check_budget(self.controls.budget, staff.consulted)
        self.judge = staff.judge
        self.name = name_of(self.judge)
        self.measures = _measures(self.judge)
        self.asked = Traffic()
        self._left_out: Counter[str] = Counter()
        self._unworded: set[str] = set()
        self._tried: dict[Job, Tried] = {}
        self._asks = bool(staff.consulted)
        self._todo = self._find_jobs()
        self._at_hand: set[str] = set()
        self._waiting = Counter(_group(job) for job in self._todo)
        self._ledger = Ledger(self.directory, recorded=self._recorded() if self._asks else None)
        traffic = Traffic(judge=self.asked)
        till = Till(self.controls.budget, self.controls.halt, traffic)
        self._calls = Calls(staff.consulted, limits, till)
        self.bench = Bench(
            self.directory,
            self.judge,
            staff.consulted,
            self._calls,
            self._ledger,
            name=self.name,
            seed=self.run.manifest["seed"],
            traffic=self.asked,
            signed=f"{self.name}.{FOLDER}",
        )
        self.bench.tell = lambda _: None  # the error says it
        self.directory.when_full = self.controls.halt.request

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.directory.close()

    @property
    def left(self) -> int:
        """How many answers it has yet to give, when it begins."""
        return len(self._todo)

    @property
    def unheard(self) -> int:
        """How many answers a failed call, or an early stop, kept away."""
        return sum(job not in self._tried for job in self._todo)

    async def play(self, seen: Seen = lambda job: None) -> None:
        """Have it say what it has not said yet; `seen` is called with each.

        Raises as `Rejudging.play` does; the same call goes on from there.
        """
        if self._todo and self._asks:
            self.directory.lock()  # before anything is paid for
        try:
            if self._todo:
                await self.bench.examine()
            if self.bench.void is not None:
                raise Voided(
                    f"VOID: {self.bench.void}. Nothing was judged: who fails on plain dialogues "
                    "tells nothing about these; mend its server or model, or name another judge"
                )
            lane = Lane(self._todo, max(1, self.bench.width))
            await batch([lane], self._hear, seen, halt=self.controls.halt)
        except Suspended as error:
            raise error.by(f"convsim calibrate --canaries {self.run.path}") from error
        finally:
            await self._ledger.aclose()
            await self._calls.aclose()
        self.directory.write(f"{FOLDER}/{self.name}", self.trial().to_dict())

    def trial(self) -> Trial:
        """What its answers so far make of it."""
        return Trial(
            judge=self.name,
            measured={
                measure: tuple(
                    self._tried[job] for job in sorted(self._tried) if job.measure is measure
                )
                for measure in self.measures
            },
            left_out=dict(sorted(self._left_out.items())),
            unworded=tuple(sorted(self._unworded)),
        )

    # -- which dialogues

    def _find_jobs(self) -> list[Job]:
        """What there is to ask; raises `InputError` where no dialogue is evidence."""
        known = {measure: dict(self._known(measure)) for measure in self.measures}
        found = []
        for key in self.run.counted_keys:
            said, case = self._dialogue(key)
            if why := left_out(said, case):
                self._left_out[why] += 1
                continue
            self._unworded.update(
                f"{said.scenario}: {facet.id}"
                for facet in case.facets
                if not (facet.worded or facet.known)
            )
            for measure in self.measures:
                job = Job(measure, key)
                if (verdict := known[measure].get(key)) is None:
                    found.append(job)
                else:
                    self._tried[job] = Tried.of(said, case, verdict)
        if not found and not self._tried:
            raise InputError(
                f"{no_truth(self.run.path, self._left_out)}; a judge is tried on scenarios whose "
                "`facets` all have a canary or a regex, such as those in scenarios/spread/"
            )
        return found

    def _known(self, measure: Measure) -> Iterator[tuple[str, Verdict]]:
        """What it said before; one that asks nobody may have changed, and is heard again."""
        if self._asks:
            rows = self.directory.read(self._file(measure))
            yield from ((verdict.key, verdict) for verdict in parse_verdicts(rows))

    def _dialogue(self, key: str) -> tuple[Transcript, Case]:
        said = self.run.transcript(key)
        return said, self.run.case_of(said)

    def _file(self, measure: Measure) -> str:
        return f"{FOLDER}/{self.name}.{measure}"

    def _recorded(self) -> Recorded:
        """What the directory's ledger holds of the dialogues that are not judged yet."""
        wanted = {_group(job) for job in self._todo}
        wanted.add(SENTINELS)
        return Recorded(self.directory, wanted.__contains__)

    # -- what it says of one

    async def _hear(self, job: Job) -> Job:
        """Its answer; what dialogues of a repeat have in common is at hand until the last one."""
        group = _group(job)
        if group not in self._at_hand:
            self._at_hand.add(group)
            self._ledger.enter(group)
        await self._hear_one(job)
        self._waiting[group] -= 1
        if not self._waiting[group]:
            self._ledger.leave(group)
        return job

    async def _hear_one(self, job: Job) -> None:
        said, case = self._dialogue(job.key)
        shown, told = posed(job.measure, said, case)
        if job.measure is Measure.BLIND and rests_on_routing(self.judge):
            shown = await _reread(shown, told.objective)
        verdict = await self.bench.concluded(shown, told)
        if verdict is not None:
            self._tried[job] = Tried.of(said, case, verdict)
            if self._asks:
                self.directory.append(self._file(job.measure), verdict)


def _group(job: Job) -> str:
    return Key.parse(job.key).group


def _own(run: Run) -> AnyJudge:
    """The run's own judge, opened again."""
    bench = run.manifest.get("bench")
    if bench is not None:
        return NamedJudge.from_plain(bench)
    if (name := str(run.manifest["judge"])) != RULES:
        raise InputError(f"{run.path} was judged by {name}, which only Python can pass again")
    return RulesJudge()


def _measures(judge: Judge) -> tuple[Measure, ...]:
    """The rules by themselves can answer no question."""
    return (Measure.BLIND,) if isinstance(judge, RulesJudge) else tuple(Measure)


async def _reread(transcript: Transcript, objective: str | None) -> Transcript:
    """The replies read as those of a recorded conversation, as `convsim judge FILE` reads them.

    Stored readings say how far each reply met what its own turn asked for, which is an author's
    word.
    """
    readings = readings_of(transcript, _Declared(RulesClassifier(), objective))
    turns = [replace(turn, reading=await anext(readings)) for turn in transcript.turns]
    return replace(transcript, turns=tuple(turns))


@dataclass(frozen=True, slots=True)
class _Declared:
    """A classifier that measures every reply against a declared objective."""

    classifier: Classifier
    objective: str | None

    async def read(
        self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        """What the reply did towards the declared objective, whatever was asked just now."""
        return await self.classifier.read(messages, reply, objective=self.objective)
