"""A stored run judged again: by another judge, by another policy, or from readings of its own.

No target is called, and no dialogue changes. The verdicts stand beside the run's own, and the calls
of the judge's models are calls of the run: in its ledger, and never paid for twice.

    verdicts/NAME.jsonl    what this judge said
    sentinels/NAME.jsonl   what it said of the sentinels
    judges/NAME.json       what it is made of: its models, another policy
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from convsim.batch import Lane, batch
from convsim.bench import SENTINELS, Bench
from convsim.budget import Till
from convsim.calling import Calls
from convsim.case import Case
from convsim.digests import Role
from convsim.errors import InputError, Suspended, Voided
from convsim.judges.rereading import RereadingJudge
from convsim.judges.rules import RulesJudge
from convsim.ledger import Ledger
from convsim.limits import Halt
from convsim.manifest import hash_of, stored_limits
from convsim.policy import Policy
from convsim.recorded import Recorded
from convsim.runs import Run
from convsim.session import Controls, check_budget
from convsim.staff import Workers
from convsim.starting import name_of
from convsim.stores import RunDirectory
from convsim.traffic import Traffic
from convsim.transcript import Key, Transcript
from convsim.verdict import Verdict
from convsim.walk import case_in

Seen = Callable[[Verdict], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one dialogue: the verdict, None where a call failed."""

    key: str
    verdict: Verdict | None


class Rejudging:
    """One judge on every dialogue of a run directory, open for writing.

        with Rejudging("runs/march", workers(judge="openai/gpt-5")) as again:
            await again.play()
        print(Run("runs/march", judge=again.name).report())

    With `reread` the replies are read again by the classifier of `staff`, for the rules. What a
    judge that asks models has said is not asked again; one that asks nobody judges all anew.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        staff: Workers,
        *,
        reread: bool = False,
        policy: Policy | None = None,
        controls: Controls | None = None,
    ) -> None:
        self.run = Run(path)
        self.directory = RunDirectory.open(path)
        self.policy = policy
        self._check_policy()
        self.controls = controls or Controls()
        self._about = {
            "bench": None if reread else staff.bench,
            "reader": staff.reader if reread else None,
            "policy": None if policy is None else policy.model_dump(mode="json"),
        }
        judge, models, role = staff.judge, staff.consulted, Role.JUDGE
        if reread:
            _check_reread(staff)
            judge, models, role = RereadingJudge(staff.classifier), staff.asked, Role.CLASSIFIER
        self.name = name_of(judge) + ("" if policy is None else f".policy-{hash_of(policy)[:8]}")
        check_budget(self.controls.budget, models)
        self.traffic = Traffic(judge=Traffic() if models else None)
        self._todo = [key for key in self.run.keys if not models or key not in self._known]
        self._ledger = Ledger(self.directory, recorded=self._recorded() if models else None)
        limits = self.controls.limits or stored_limits(self.directory)
        till = Till(self.controls.budget, self.controls.halt, self.traffic)
        self._calls = Calls(models, limits, till)
        self.bench = Bench(
            self.directory,
            judge,
            models,
            self._calls,
            self._ledger,
            name=self.name,
            seed=self.run.manifest["seed"],
            role=role,
            traffic=self.traffic.judge,
        )
        self.directory.when_full = self.controls.halt.request

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.directory.close()

    async def play(self, seen: Seen = lambda verdict: None) -> None:
        """Judge what this judge has not judged yet; `seen` is called with each verdict.

        Raises `Permanent` and `Suspended` as a run does, and `Voided` where the judge fails its
        sentinels; the same call goes on from there.
        """
        if self._todo and self._calls.items:
            self.directory.lock()  # before anything is paid for
        try:
            if self._todo:
                await self.bench.examine()
            if self.bench.void is not None:
                raise Voided(
                    f"VOID: {self.bench.void}. Nothing was judged; what it said is in "
                    f"{self.directory.path}/sentinels/{self.name}.jsonl. Mend its server or model "
                    "and give the same command again, or name another judge"
                )
            lane = Lane(self._todo, max(1, self.bench.width))
            await batch([lane], self._judge, lambda done: _tell(done, seen), halt=self._halt)
        except Suspended as error:
            raise error.by(f"convsim judge {self.run.path}") from error
        finally:
            await self._ledger.aclose()
            await self._calls.aclose()

    @property
    def left(self) -> int:
        """How many dialogues this judge has yet to judge, when it begins."""
        return len(self._todo)

    @property
    def _halt(self) -> Halt:
        return self.controls.halt

    async def _judge(self, key: str) -> Done:
        transcript, case = self.posed(key)
        verdict = await self.bench.concluded(transcript, case)
        if verdict is not None and verdict != self._stored(key):
            self._describe()
            self.directory.append(f"verdicts/{self.name}", verdict)
        return Done(key, verdict)

    def posed(self, key: str) -> tuple[Transcript, Case]:
        """A dialogue and its case, by the policy that it is judged by."""
        transcript = self.run.transcript(key)
        if self.policy is None:
            return transcript, self.run.case_of(transcript)
        rule = self.policy.by_id[self.run.suite.rules[transcript.scenario].id]
        transcript = self.run.under(transcript, rule)
        return transcript, case_in(self.run.graph_of(transcript, rule), transcript)

    @cached_property
    def _before(self) -> Run:
        """The run as this judge left it last time."""
        return Run(self.run.path, judge=self.name)

    @property
    def _known(self) -> Collection[str]:
        return self._before.judged_keys

    def _stored(self, key: str) -> Verdict | None:
        return self._before.verdict(key) if key in self._known else None

    def _recorded(self) -> Recorded:
        """What the directory's ledger holds of the dialogues that are not judged yet."""
        wanted = {Key.parse(key).group for key in self._todo}
        wanted.add(SENTINELS)
        return Recorded(self.directory, wanted.__contains__)

    def _describe(self) -> None:
        """Write down what the judge is made of, before its first verdict."""
        file = self.directory.path / "judges" / f"{self.name}.json"
        if self.name != self.run.judge and not file.exists():
            self.directory.write(f"judges/{self.name}", self._about)

    def _check_policy(self) -> None:
        """Raise `InputError` where the other policy lacks a rule that the scenarios cite."""
        if self.policy is None:
            return
        cited = {rule.id: None for rule in self.run.suite.rules.values()}
        if missing := [id for id in cited if id not in self.policy.by_id]:
            raise InputError(
                f"the policy '{self.policy.id}' has no rule {', '.join(missing)}, which scenarios "
                f"of {self.run.path} cite; it has {', '.join(self.policy.by_id) or 'none'}"
            )


def _check_reread(staff: Workers) -> None:
    if not isinstance(staff.judge, RulesJudge):
        raise InputError(
            "--classifier reads the replies again for the rules; a judge that asks a model reads "
            "them itself: give one of --judge and --classifier"
        )


def _tell(done: Done, seen: Seen) -> None:
    if done.verdict is not None:
        seen(done.verdict)
