"""What the user said and what was answered, turn by turn.

Several user messages in a row are one turn's user text; the assistant's messages up to the next
user message (around tool calls, say) are one reply. User text that nobody answered is no turn, and
neither is a greeting before the first user message; where no user speaks at all, what the assistant
says is a reply all the same.

What else stood between two replies is the later one's context. The operator's messages before
anybody else's are the system prompt, and no context of any turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any, NamedTuple

from convsim.conversations.conversation import Exchange
from convsim.conversations.messages import OPERATOR, Said
from convsim.reading import Status
from convsim.targets.signals import Ending, ending_of
from convsim.transcript import Message, Reply

Marks = Mapping[str, Any]


class Marked(NamedTuple):
    """An exchange, and the user's messages of that turn as their row has them."""

    exchange: Exchange
    marks: tuple[Marks, ...]


def system_of(messages: Sequence[Said]) -> str | None:
    """The system prompt: what the operator said before anybody else spoke."""
    head = (item.message.content for item in _head(messages))
    return "\n\n".join(text for text in head if text) or None


def exchanges(messages: Sequence[Said]) -> Iterator[Marked]:
    """The turns of a conversation."""
    plain = tuple(item.message for item in messages)
    unasked = all(item.role != "user" for item in messages)
    turn = _Turn()
    for n, item in enumerate(messages[(start := len(_head(messages))) :], start):
        if item.role == "user":
            if turn.answers:
                yield turn.ended()
                turn = turn.next()
            turn.ask(item)
        elif item.role == "assistant" and (turn.asked or unasked):
            if not turn.answers:
                turn.before = plain[:n]
            turn.answer(item)
        else:
            turn.stand_by(item.message)
    if turn.answers:
        yield turn.ended()


def _head(messages: Sequence[Said]) -> list[Said]:
    return list(takewhile(lambda item: item.role in OPERATOR, messages))


@dataclass(slots=True)
class _Turn:
    """A turn while its messages come in.

    `late` counts what the operator said since the last answer: it belongs to the next turn, if the
    user speaks before the assistant does.
    """

    before: tuple[Message, ...] = ()
    asked: list[Said] = field(default_factory=list)
    answers: list[Said] = field(default_factory=list)
    context: list[Message] = field(default_factory=list)
    lead: int = 0
    late: int = 0

    def ask(self, item: Said) -> None:
        if not self.asked:
            self.lead = len(self.context)
        self.asked.append(item)

    def answer(self, item: Said) -> None:
        self.answers.append(item)
        if item.message.tool_calls:
            self.context.append(replace(item.message, content=""))
        self.late = 0

    def stand_by(self, message: Message) -> None:
        self.context.append(message)
        self.late = self.late + 1 if message.role in OPERATOR else 0

    def next(self) -> _Turn:
        """The turn after this one, which begins with what the operator said since the answer."""
        return _Turn(context=self.context[len(self.context) - self.late :])

    def ended(self) -> Marked:
        context = tuple(self.context[: len(self.context) - self.late])
        user = "\n\n".join(item.message.content for item in self.asked)
        exchange = Exchange(self.before, user, _reply(self.answers), context, self.lead)
        return Marked(exchange, tuple(item.marks for item in self.asked))


def _reply(answers: Sequence[Said]) -> Reply:
    """What the assistant said in one turn: its texts together, ended as the last one ended."""
    text = "\n\n".join(part for item in answers if (part := item.message.content).strip())
    reasoning = "\n\n".join(item.reasoning for item in answers if item.reasoning) or None
    stop = answers[-1].stop
    ending = ending_of(stop) if stop else Ending.WHOLE
    return Reply(
        text,
        status=_status(ending, text),
        stop=stop,
        block=stop if ending is Ending.BLOCKED else None,
        reasoning=reasoning,
    )


def _status(ending: Ending, text: str) -> Status:
    """A call that failed is no empty reply, and only a text that is there can be cut short."""
    match ending:
        case Ending.BLOCKED:
            return Status.PROVIDER_BLOCK
        case Ending.BROKEN:
            return Status.ERROR
        case Ending.CUT_SHORT if text:
            return Status.TRUNCATED
        case _:
            return Status.OK if text else Status.EMPTY
