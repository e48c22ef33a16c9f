"""The rules again, over readings of another classifier: nothing is simulated, nothing re-routed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import chain

from convsim.case import Case
from convsim.ports import Classifier
from convsim.reading import Reading
from convsim.ruling import rule_on
from convsim.trajectory import trajectory_of
from convsim.transcript import NO_ANSWER, Message, Reply, Transcript
from convsim.verdict import Verdict


class RereadingJudge:
    """Judges by the rules, from what `classifier` makes of the replies now.

    It is asked as it would have been while the dialogue was played, so that a ledger knows the
    questions that were asked already. `Verdict.readings` has its answers.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    def __repr__(self) -> str:
        return f"RereadingJudge({self.classifier!r})"

    @property
    def name(self) -> str:
        """`rules.read-by-` and the classifier's name."""
        own = getattr(self.classifier, "name", type(self.classifier).__name__)
        return f"rules.read-by-{own}"

    @property
    def parts(self) -> tuple[Classifier, ...]:
        """What it asks is what its classifier asks."""
        return (self.classifier,)

    def of(self, parts: Sequence[Classifier]) -> RereadingJudge:
        """The same judge with another classifier."""
        (classifier,) = parts
        return RereadingJudge(classifier)

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        """The verdict on one transcript."""
        found = readings_of(transcript, self.classifier)
        readings = tuple([reading async for reading in found])
        trajectory = trajectory_of(transcript, case, readings)
        verdict = rule_on(trajectory, key=transcript.key, judge=self.name)
        return replace(verdict, readings=readings)


async def readings_of(
    transcript: Transcript, classifier: Classifier
) -> AsyncIterator[Reading | None]:
    """A reading for every turn that has one: what the provider blocked has none."""
    system = transcript.system
    head = [] if system is None else [Message("system", system)]
    exchanges: list[list[Message]] = []
    for turn in transcript.turns:
        asked = [*turn.context[: turn.lead], Message("user", turn.user), *turn.context[turn.lead :]]
        if turn.reading is None:
            yield None
        else:
            reply = Reply(turn.reply, turn.status, block=turn.block, reasoning=turn.reasoning)
            yield await classifier.read((*head, *chain(*exchanges), *asked), reply)
        exchanges.append([*asked, Message("assistant", turn.reply or NO_ANSWER)])
        del exchanges[max(0, len(exchanges) - turn.rewind) :]
