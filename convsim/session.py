"""A run being played: dialogues in lanes, judged as they end, and written down at once.

What a run consists of was fixed and stored before (`starting`); here it is carried out. Whatever
stops it, all that was paid for is in the directory, and `starting.reopen` goes on from there.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Self

from convsim.assess import error_row
from convsim.batch import Lane, batch
from convsim.bench import Bench
from convsim.budget import Budget, Till
from convsim.calling import Calls, OfSample, metered, together, with_guards
from convsim.chance import request_seed
from convsim.dialogue import simulate
from convsim.digests import Role
from convsim.earlier import Earlier
from convsim.enough import Enough, enough_of, played_before
from convsim.errors import Halted, OutOfSpace, Suspended
from convsim.ledger import Ledger
from convsim.limits import Halt, Limits
from convsim.manifest import Setup, write_manifest
from convsim.plan import Job, Plan, Wave
from convsim.ports import Classifier
from convsim.recast import graph_played
from convsim.staff import Workers, led_through
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.targets.opening import Named
from convsim.traffic import Traffic
from convsim.transcript import Failure, Mode, Transcript, parse_transcript
from convsim.verdict import Verdict
from convsim.walk import case_in

Watch = Callable[[Transcript | Failure, Verdict | None], None]
"""Called after each dialogue with what came of it; for progress."""

COMMIT = 1.0
"""Seconds between two flushes to disk: what a power cut costs at most. A kill costs nothing."""


SELDOM = 20_000
"""New objects, beyond those that are gone, between two looks of the garbage collector."""


@dataclass(frozen=True, slots=True)
class Controls:
    """How a run is carried out: all that may differ when it is resumed.

    Without limits a new run has the default ones, a resumed one those that it had.
    """

    limits: Limits | None = None
    budget: Budget | None = None
    halt: Halt = field(default_factory=Halt)
    watch: Watch | None = None

    @classmethod
    def of(
        cls,
        limits: Limits | None,
        budget: Budget | str | None,
        halt: Halt | None = None,
        watch: Watch | None = None,
    ) -> Self:
        """What a user says of it: the budget as text, too."""
        allowed = Budget.parse(budget) if isinstance(budget, str) else budget
        return cls(limits, allowed, halt or Halt(), watch)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one job. A transcript without a verdict waits for the next session's judge."""

    result: Transcript | Failure
    verdict: Verdict | None


class Session:
    """One run, open for writing."""

    def __init__(
        self,
        directory: RunDirectory,
        suite: Suite,
        setup: Setup,
        plan: Plan,
        named: Sequence[Named],
        staff: Workers,
        controls: Controls,
        earlier: Earlier,
    ) -> None:
        self.directory = directory
        self.suite = suite
        self.setup = setup
        self.plan = plan
        self.named = named
        self.staff = staff
        self.controls = controls
        self._limits = controls.limits or Limits()
        self.watchers = [controls.watch] if controls.watch is not None else []
        self.earlier = earlier
        self._is_new = earlier.recorded is None
        read, judged = Traffic() if staff.asked else None, Traffic() if staff.consulted else None
        ruled = Traffic() if any(item.asked for item in named) else None
        self.traffic = Traffic(classifier=read, judge=judged, guard=ruled)
        self._ledger = Ledger(directory, recorded=earlier.recorded, traffic=self.traffic)
        self._mode = Mode(setup.mode)
        self._enough: Enough | None = None
        self._left_out = 0
        till = Till(controls.budget, controls.halt, self.traffic)
        self._calls = Calls([*with_guards(named), *staff.models], self._limits, till)
        self._targets = self._calls.assistants(named, self._ledger, self.traffic)
        self._asked = self._calls.journaled(
            staff.asked, self._ledger, Role.CLASSIFIER, read or self.traffic
        )
        self.bench = Bench(
            directory,
            staff.judge,
            staff.consulted,
            self._calls,
            self._ledger,
            name=setup.judge,
            seed=setup.seed,
            traffic=judged,
        )
        directory.when_full = self.halt.request

    # -- who answers

    def _classifier(self, sample: str) -> Classifier:
        """The classifier for a dialogue: what it asks is filed under the dialogue's sample."""
        if not self._asked:
            return self.staff.classifier
        seed = request_seed(self.setup.seed, sample)
        asked = [OfSample(target, sample, seed, Role.CLASSIFIER) for target in self._asked.values()]
        return led_through(self.staff.classifier, asked)

    @cached_property
    def _behind(self) -> dict[str, list[Named]]:
        """The targets by endpoint."""
        behind: dict[str, list[Named]] = {}
        for item in self.named:
            behind.setdefault(item.endpoint, []).append(item)
        return behind

    # -- the run

    async def play(self) -> None:
        """Simulate and judge every dialogue that has no final row yet.

        Raises `Permanent` when key, model or host turn out to be wrong, `Suspended` when the run
        had to stop for a reason that passes, and `Halted` when a halt came before the first reply;
        where nothing was paid for, the directory is removed again.
        """
        committing = asyncio.create_task(self._commit_now_and_then())
        thawing = _freeze()
        suspended: Suspended | None = None
        try:
            await self._judge_what_waits()
            for wave in self._waves():
                await batch(self._lanes(wave), self._play, self._report, halt=self.halt)
                if self.halt.requested:
                    break
        except Suspended as error:
            suspended = error
        finally:
            thawing()
            committing.cancel()
            await self._ledger.aclose()
            nothing = self._is_new and self.directory.is_empty()
            if nothing:
                self.directory.discard()
            else:
                self._sum_up()
            await self._calls.aclose()
        if suspended is not None:
            command = None if nothing else f"convsim resume {self.directory.path}"
            raise suspended.by(command)
        if nothing:
            raise Halted("stopped before the first reply; nothing was paid for, nothing is stored")

    @property
    def planned(self) -> int:
        """How many dialogues the run consists of, as far as that is known by now."""
        return len(self.plan) - self._left_out

    def trouble(self) -> str | None:
        """What keeps the run waiting, for progress; None where nothing does."""
        return self._calls.trouble()

    @property
    def halt(self) -> Halt:
        """What stops the run."""
        return self.controls.halt

    async def _commit_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(COMMIT)
            try:
                await asyncio.to_thread(self.directory.sync)
            except (OSError, Suspended) as error:
                self.halt.request(error)

    def _waves(self) -> Iterator[Wave]:
        """What may be played at once: all there is, or some repeats of what is not enough yet.

        Whether an arm is repeated hangs on earlier repeats, and on nothing else. Where that is a
        matter of verdicts and the judge is void, nobody can tell, and nothing is repeated.
        """
        enough = self._enough = enough_of(self.setup, self.plan)
        if enough is None:
            yield Wave()
            return
        for dialogue in played_before(self.directory, self.suite, self.setup.judge):
            enough.add(*dialogue)
        for repeats in enough.looks:
            done = enough.before(repeats.start)
            # What was played before an error was made up for stays, and so stays planned.
            left_out = Wave(repeats, done)
            self._left_out += self.plan.count(done=self.earlier.done, wave=left_out)
            yield Wave(repeats, self.plan.series.keys() - done)
            if enough.judged and self.bench.void is not None:
                return

    def _lanes(self, wave: Wave) -> Iterator[Lane[Job]]:
        """The jobs of each endpoint that are not done.

        A dialogue stays with its worker until it is judged. So there are workers for as many calls
        as the judge's models take beside those for the targets': a slow judge never leaves an
        endpoint idle while there are dialogues to play, and what waits for it stays bounded.
        """
        for items in self._behind.values():
            aliases = [item.alias for item in items]
            jobs = self.plan.jobs(done=self.earlier.done, targets=aliases, wave=wave)
            width = together(self._limits, items).concurrency + self.bench.width
            yield Lane(self._in_groups(jobs), width)

    def _in_groups(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """The jobs; the ledger keeps the group of the newest one at hand for the next."""
        newest = None
        try:
            for job in jobs:
                group = job.key.group
                if group != newest:
                    self._ledger.enter(group)
                    if newest is not None:
                        self._ledger.leave(newest)
                    newest = group
                yield job
        finally:
            if newest is not None:
                self._ledger.leave(newest)

    async def _play(self, job: Job) -> Played:
        group = job.key.group
        self._ledger.enter(group)
        try:
            result = await simulate(
                job.graph,
                self._targets[job.key.target],
                job.key,
                classifier=self._classifier(job.key.sample),
                renderer=self.staff.renderer,
                seed=self.setup.seed,
                path=job.path,
                mode=self._mode,
            )
        finally:
            self._ledger.leave(group)
        if isinstance(result, Failure):
            case = case_in(job.graph, result.transcript)
            self.directory.append("errors", error_row(result, case))
            return Played(result, None)
        # Before a judge is asked, who may take long: a transcript without a verdict is judged
        # by the next session.
        self.directory.append("dialogues", result)
        case = case_in(job.graph, result)
        verdict = await self.bench.judge(result, case)
        if self._enough is not None:
            self._enough.add(result, verdict, case)
        return Played(result, verdict)

    def _report(self, played: Played) -> None:
        for watch in self.watchers:
            watch(played.result, played.verdict)

    async def _judge_what_waits(self) -> None:
        """See what the judge is worth; then judge what earlier sessions stored and could not."""

        async def judged(offset: int) -> Played:
            transcript = parse_transcript(self.directory.row_at("dialogues", offset))
            case = case_in(graph_played(self.suite, transcript), transcript)
            return Played(transcript, await self.bench.judge(transcript, case))

        if self.earlier.unjudged or any(True for _ in self.plan.jobs(done=self.earlier.done)):
            await self.bench.examine()
        lane = Lane(self.earlier.unjudged, max(1, self.bench.width))
        await batch([lane], judged, self._report, halt=self.halt)

    # -- what is written besides rows

    def write_manifest(self, **extra: Any) -> None:
        """Write run.json."""
        write_manifest(
            self.directory,
            self.setup,
            self.suite,
            planned=self.planned,
            limits=asdict(self._limits),
            without=[item.to_dict() for item in self.plan.without],
            **extra,
        )

    def write_targets(self) -> None:
        """Store where the targets are; their keys are not known here."""
        self.directory.write("targets", {item.alias: item.plain() for item in self.named})

    def _sum_up(self) -> None:
        """Write into run.json what only the end tells, unless the disk is full."""
        try:
            self.write_manifest(unrecognised=self._unrecognised())
        except OutOfSpace as error:
            self.halt.request(error)

    def _unrecognised(self) -> dict[str, int]:
        """How many texts each simulated assistant did not find in its suite, in all sessions."""
        counts = Counter(self.directory.load("run").get("unrecognised", {}))
        for item in self.named:
            counts[item.alias] += getattr(item.target, "unrecognised", 0)
        return dict(+counts)


def _freeze() -> Callable[[], None]:
    """Let the garbage collector look seldom, and past all that exists now; the result undoes it.

    Modules and scenarios outlive the run, and thousands of dialogues in flight outlive many looks;
    looking at them again and again costs a third of its time. A run makes few cycles to collect.
    Where somebody froze objects of their own, these are left alone.
    """
    thresholds, freezes = gc.get_threshold(), not gc.get_freeze_count()
    gc.set_threshold(SELDOM, *thresholds[1:])
    if freezes:
        gc.freeze()

    def undo() -> None:
        gc.set_threshold(*thresholds)
        if freezes:
            gc.unfreeze()

    return undo


def check_budget(budget: Budget | None, named: Iterable[Named]) -> None:
    """Raise `InputError` where a budget cannot be kept, because a price is unknown, say."""
    till = Till(budget, Halt(), Traffic())
    for item in named:
        if not item.is_replay:
            metered(till, item)
