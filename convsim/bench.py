"""The judge of a run at work: its calls are calls of the run, and its word is written down.

A judge that asks a model is examined first, on sentinels: dialogues with known verdicts. Where it
fails them it is *void*: what it says would count for nothing, so that it is asked nothing more, and
the dialogues stay unjudged until it is examined anew. Else it judges transcripts that are stored
already. A failed call is no verdict of any kind: the dialogue is left unjudged, and whoever goes on
with the run asks again. What was answered meanwhile is in the ledger.

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
from convsim.judges.sentinels import Examined, sentinels
from convsim.ledger import Ledger
from convsim.ports import Judge
from convsim.seating import judge_through
from convsim.stores import RunDirectory
from convsim.targets.opening import Named
from convsim.traffic import Traffic
from convsim.transcript import Key, Transcript
from convsim.verdict import Verdict

SENTINELS = ".sentinels/1"
"""The group of what is asked about sentinels; each examination of a judge is a draw of its own. No
scenario has a name that begins with a dot."""


class Bench:
    """The judge of one run directory, and the `models` that it asks.

    `void` is why it is asked about no dialogue, once it was examined; None where it is.
    `failures` counts by message what left dialogues unjudged. `width` is how many of its calls
    there may be at a time, 0 where it asks nobody. `tell` is how somebody learns at once that it is
    void. Its calls are in the ledger under `signed`, by default its name.
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
        signed: str | None = None,
    ) -> None:
        self.directory = directory
        self.name = name
        self._signature = signed or name
        self.void: str | None = None
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
        return f"{self._signature}#{number}" if dot else self._signature

    async def examine(self) -> None:
        """See what the judge is worth, unless it asks nobody or passed before.

        Without that nothing that it says would count, so a failed call raises `Suspended`.
        """
        if not self.width or self._role is not Role.JUDGE:
            return  # the rules need none, and a classifier is no judge
        found = parse_examinations(self.directory.read(f"sentinels/{self.name}"))
        whole = [examined for examined in found if len(examined) >= len(sentinels())]
        if not whole or void_told(self.name, whole) is not None:
            # The answers of one that was void are in the ledger, and only new ones can tell whether
            # it was mended; those of an examination that was cut short are good for another.
            lane, before = Lane([len(whole)], 1), len(whole)
            await batch([lane], self._examine, whole.append, halt=self._halt)
            if len(whole) == before:
                return  # stopped: what it said earlier tells nothing about now
        self.void = void_told(self.name, whole)
        if self.void is not None:
            self.tell(f"{self.void}; it is not asked about the dialogues")

    async def _examine(self, draw: int) -> tuple[Examined, ...]:
        self._ledger.enter(SENTINELS)
        try:
            examined = await examination(self._judge(f"{SENTINELS}/{draw}"))
        except Permanent:
            raise
        except CallError as error:
            raise Suspended(f"the judge could not be examined on its sentinels: {error}") from error
        finally:
            self._ledger.leave(SENTINELS)
        for item in examined:
            self.directory.append(f"sentinels/{self.name}", examined_row(item))
        return examined

    async def judge(self, transcript: Transcript, case: Case) -> Verdict | None:
        """The verdict on a stored transcript, written down; None where a call failed, or the judge
        is void.

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
        if self.void is not None:
            return None
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
