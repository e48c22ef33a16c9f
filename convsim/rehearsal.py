"""A rehearsal: somebody plays the assistant, and sees what each reply does to the dialogue.

    rehearsal = Rehearsal(graph)
    standing = await rehearsal.after(["I can't help with that."])
    standing.said        # what the user says next

A dialogue is played by the same loop as in a run, again from its beginning for each new reply: it
costs next to nothing, and taking a reply back is leaving it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from convsim.chance import Chance
from convsim.classifiers.rules import RulesClassifier
from convsim.dialogue import simulate
from convsim.errors import CallError, call_error
from convsim.graph import Graph
from convsim.judges.rules import judge
from convsim.ports import Classifier
from convsim.reading import AS_LABEL, Label, Reading, Status
from convsim.renderers import Templates
from convsim.transcript import Failure, Key, Message, Reply, Request, Stop, Transcript, Turn
from convsim.verdict import Verdict
from convsim.walk import Cue, begin, case_in, next_cue, step

Answer = str | Label
"""A reply in words (none are an empty reply), or only what it is to be read as."""


@dataclass(frozen=True)
class Standing:
    """A dialogue between two turns. `said` is what the user says next; None once it is over."""

    graph: Graph
    transcript: Transcript
    said: str | None

    @property
    def last(self) -> Turn | None:
        """The turn that was answered last."""
        return self.transcript.turns[-1] if self.transcript.turns else None

    @cached_property
    def next(self) -> Cue | Stop:
        """What the user does next, or why the dialogue is over."""
        if self.said is None:
            return self.transcript.stop
        chance = Chance(self.transcript.seed, self.transcript.scenario, self.transcript.repeat)
        cursor = begin(self.graph)
        for turn in self.transcript.turns:
            cue = next_cue(self.graph, cursor, chance)
            assert isinstance(cue, Cue)
            assert turn.reading is not None
            cursor, _ = step(
                self.graph, cursor, cue, turn.reading, turn.reply, chance, turn.supplied
            )
        return next_cue(self.graph, cursor, chance)

    @cached_property
    def verdict(self) -> Verdict:
        """What the rules conclude; of a dialogue that goes on, as if it ended here."""
        ended = self.transcript
        if self.said is not None:
            ended = replace(ended, stop=Stop.TURN_CAP)
        return judge(ended, case_in(self.graph, ended))


@dataclass
class Rehearsal:
    """A dialogue on one graph whose assistant is somebody at a keyboard."""

    graph: Graph
    seed: int = 0
    repeat: int = 1
    classifier: Classifier = field(default_factory=RulesClassifier)

    async def after(self, answers: Sequence[Answer]) -> Standing:
        """How the dialogue stands after these answers; those that come after its end are left out.

        Raises the `CallError` of a classifier that failed.
        """
        player = _Player(answers, self.classifier)
        result = await simulate(
            self.graph,
            player,
            Key(self.graph.scenario, self.graph.arm, "you", self.repeat, "0", "-"),
            classifier=player,
            renderer=Templates(),
            seed=self.seed,
        )
        if isinstance(result, Transcript):
            return Standing(self.graph, result, None)
        if player.waits is None:
            raise _failed(result)
        return Standing(self.graph, result.transcript, player.waits)


def _failed(failure: Failure) -> CallError:
    return call_error(failure.kind, failure.message, detail=failure.detail)


class _Player:
    """The assistant, and whoever reads it: a label instead of words is taken as its reading.

    `waits` is what the user said when no answer was left.
    """

    def __init__(self, answers: Sequence[Answer], classifier: Classifier) -> None:
        self.waits: str | None = None
        self._answers = answers
        self._asked = 0
        self._classifier = classifier

    async def reply(self, request: Request) -> Reply:
        if self._asked == len(self._answers):
            self.waits = request.messages[-1].content
            raise CallError("no answer yet")
        self._asked += 1
        text = in_words(self._answers[self._asked - 1])
        return Reply(text, Status.OK if text else Status.EMPTY)

    async def read(
        self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        answer = self._answers[self._asked - 1]
        if isinstance(answer, Label):
            return AS_LABEL[answer]
        return await self._classifier.read(messages, reply, objective=objective)


def in_words(answer: Answer) -> str:
    """What stands in the transcript for an answer."""
    return f"[a reply that is read as {answer.value}]" if isinstance(answer, Label) else answer
