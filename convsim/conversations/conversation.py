"""A recorded conversation, and the turns that it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from convsim.case import Case
from convsim.reading import Status
from convsim.scenario import Asks, Evidence
from convsim.transcript import Message, Mode, Reply, Stop, Transcript, Turn


@dataclass(frozen=True, slots=True)
class Exchange:
    """One reply and everything that was said before it.

    `context` are the messages beside the user's text and the reply since the last one, the first
    `lead` of them before that text. The rest is what the row says of the user's turn.
    """

    before: tuple[Message, ...]
    user: str
    reply: Reply
    context: tuple[Message, ...] = ()
    lead: int = 0
    asks: Asks | None = None
    ask: str | None = None
    move: str | None = None
    evidence: Evidence = Evidence.NONE
    unlocked: bool = False

    def turn(self, n: int) -> Turn:
        """The exchange as turn `n`, which nobody has read yet."""
        return Turn(
            n=n,
            user=self.user,
            reply=self.reply.text,
            status=self.reply.status,
            reading=None,
            asks=self.asks,
            ask=self.ask,
            move=self.move,
            evidence=self.evidence,
            unlocked=self.unlocked,
            block=self.reply.block,
            reasoning=self.reply.reasoning,
            context=self.context,
            lead=self.lead,
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    """A recorded conversation: its exchanges, and what its row says was right.

    `place` is the file and the line that it stands in, for messages. `user` is whose it is, and
    `time` when it began, in seconds, where its row says so. `odd_time` is what it says instead of a
    time, which matters only to who needs one.
    """

    id: str
    place: str
    system: str | None
    exchanges: tuple[Exchange, ...]
    case: Case
    user: str | None = None
    time: float | None = None
    odd_time: str | None = None

    def transcript(self) -> Transcript:
        """The conversation as a transcript whose replies nobody has read yet."""
        last = self.exchanges[-1].reply.status if self.exchanges else None
        return Transcript(
            key=self.id,
            scenario=self.id,
            arm="recorded",
            target="recorded",
            repeat=1,
            turns=tuple(item.turn(n) for n, item in enumerate(self.exchanges, start=1)),
            stop=Stop.BLOCKED if last is Status.PROVIDER_BLOCK else Stop.RECORDED,
            mode=Mode.RECORDED,
            system=self.system,
            objective=self.case.objective,
            need=self.case.need,
            expect=self.case.expect,
            rule=self.case.rule.id,
        )
