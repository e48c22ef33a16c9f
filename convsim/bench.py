"""The judge of a run at work: its calls are calls of the run, and its word is written down.

A judge that asks a model is examined first, on sentinels: dialogues with known verdicts. Where it
fails them it is *void*, and so is whatever it says of this run. Then it judges transcripts that are
stored already. A failed call is no verdict of any kind: the dialogue is left unjudged, and whoever
goes on with the run asks again. What was answered meanwhile is in the ledger.

    sentinels/NAME.jsonl    what it said of the sentinels
    verdicts/NAME.jsonl     what it said of the dialogues; the last row of a key counts
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from convsim.assess import (
    VoidJudge,
    conclude,
    examination,
    examined_row,
    parse_examinations,
    void_told,
)
from convsim.batch import Lane, batch
from convsim.calling import Calls, OfSample
from convsim.case import Case
from convsim.chance import request_seed
from convsim.digests import Role, group_of_sample
from convsim.errors import CallError, Halted, Permanent, Suspended
from convsim.judges.sentinels import Examined
from convsim.ledger import Ledger
from convsim.ports import Judge
from convsim.seating import judge_through
from convsim.stores import RunDirectory
from convsim.targets.opening import Named
from convsim.traffic import Traffic
from convsim.transcript import Key, Transcript
from convsim.verdict import Verdict

SENTINELS = ".sentinels/1/0"
"""The sample of what is asked about sentinels. No scenario has a name that begins with a dot."""


class Bench:
    """The judge of one run directory, and the `models` that it asks.

    `failures` counts by message what left dialogues unjudged.
    `width` is how many of its calls there may be at a time, 0 where it asks nobody. `tell` is how
    somebody learns at once that it is void.
    """

    def __init__(
        self,
        directory: RunDirectory,
        judge: Judge,
        models: Sequence[Named],
        calls: Calls,
        ledger: Ledger,
        *,
        name: str,
        seed: int,
        role: Role = Role.JUDGE,
        traffic: Traffic | None = None,
    ) -> None:
        self.directory = directory
        self.name = name
        self.examinations: list[tuple[Examined, ...]] = []
        self.failures: Counter[str] = Counter()
        self.tell: Callable[[str], None] = _warn
        self.width = calls.width(models)
        self._own = judge
        self._ledger = ledger
        self._seed = seed
        self._halt = calls.till.halt
        self._role = role
        self._targets = calls.journaled(
            models, ledger, role, traffic or ledger.traffic, signed=self._signed_by
        )

    def _signed_by(self, alias: str) -> str:
        """Under what name a model's answers are in the ledger: a directory may see many judges."""
        _, dot, number = alias.partition(".")
        return f"{self.name}#{number}" if dot else self.name

    @property
    def void(self) -> str | None:
        """Why what it says does not count; None where it does."""
        return void_told(self.name, self.examinations)

    async def examine(self) -> None:
        """See what the judge is worth, unless it asks nobody or was examined before.

        Without that nothing that it says would count, so a failed call raises `Suspended`.
        """
        if not self.width or self._role is not Role.JUDGE:
            return  # the rules need none, and a classifier is no judge
        self.examinations = parse_examinations(self.directory.read(f"sentinels/{self.name}"))
        if not self.examinations:
            await batch([Lane([self], 1)], Bench._examine, lambda _: None, halt=self._halt)
        if self.void is not None:
            self.tell(self.void)

    async def _examine(self) -> None:
        group = group_of_sample(SENTINELS)
        self._ledger.enter(group)
        try:
            examined = await examination(self._judge(SENTINELS))
        except Permanent:
            raise
        except CallError as error:
            raise Suspended(f"the judge could not be examined on its sentinels: {error}") from error
        finally:
            self._ledger.leave(group)
        for item in examined:
            self.directory.append(f"sentinels/{self.name}", examined_row(item))
        self.examinations = [examined]

    async def judge(self, transcript: Transcript, case: Case) -> Verdict | None:
        """The verdict on a stored transcript, written down; None where a call failed.

        Raises what concerns the run: `Permanent`, `Halted` and `Suspended`.
        """
        verdict = await self.concluded(transcript, case)
        if verdict is not None:
            self.directory.append(f"verdicts/{self.name}", verdict)
        return verdict

    async def concluded(self, transcript: Transcript, case: Case) -> Verdict | None:
        """The same, written nowhere."""
        if not self._targets:
            return self._signed(await conclude(self._own, transcript, case))
        sample = Key.parse(transcript.key).sample
        group = group_of_sample(sample)
        self._ledger.enter(group)
        try:
            return self._signed(await conclude(self._judge(sample), transcript, case))
        except (Permanent, Halted, Suspended):
            raise
        except CallError as error:
            self.failures[str(error)] += 1
            return None
        finally:
            self._ledger.leave(group)

    def _judge(self, sample: str) -> Judge:
        """The judge for a dialogue: what it asks is filed under the dialogue's sample."""
        seed = request_seed(self._seed, sample)
        targets = [OfSample(it, sample, seed, self._role) for it in self._targets.values()]
        return judge_through(self._own, targets)

    def _signed(self, verdict: Verdict) -> Verdict:
        return verdict if verdict.judge == self.name else replace(verdict, judge=self.name)


def _warn(message: str) -> None:
    warnings.warn(message, VoidJudge, stacklevel=3)
