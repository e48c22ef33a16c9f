"""What a judge that asks a model may show it: what was said, by whom, at which turn, and the rule.

Blindness is a matter of types. Nothing that builds a question takes a `Transcript` or a `Case`, so
no move, state, arm, target, title or expectation can reach a model; the author's word about what is
asked (`asks`) is applied later, by the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from convsim.case import BlindCase, Case
from convsim.questions.data import Part
from convsim.reading import Status
from convsim.transcript import Message, Transcript, Turn

_WORDLESS = (Status.EMPTY, Status.PROVIDER_BLOCK, Status.ERROR)


@dataclass(frozen=True, slots=True)
class BlindTurn:
    """One user message, what stood beside it, and the reply; `status` is the machine's word.

    The first `lead` messages of the context came before the user's.

    What stands in a provider's block is not the assistant's word: its reply is empty here.
    """

    n: int
    user: str
    reply: str
    status: Status = Status.OK
    context: tuple[Message, ...] = ()
    lead: int = 0

    @classmethod
    def of(cls, turn: Turn) -> BlindTurn:
        """The turn without what gives it away."""
        reply = "" if turn.status in _WORDLESS else turn.reply
        return cls(turn.n, turn.user, reply, turn.status, turn.context, turn.lead)

    @property
    def has_words(self) -> bool:
        """Whether there is a reply to be judged."""
        return bool(self.reply.strip())

    def parts(self) -> Iterator[Part]:
        """What was said, in order."""
        beside: list[Part] = [
            {"turn": self.n, "role": message.role, "text": _said(message)}
            for message in self.context
        ]
        yield from beside[: self.lead]
        yield {"turn": self.n, "role": "user", "text": self.user}
        yield from beside[self.lead :]
        yield {"turn": self.n, "role": "assistant", "text": self.reply}


@dataclass(frozen=True, slots=True)
class BlindDialogue:
    """A conversation as a judge's model sees it.

    `system` is the operator's prompt: the assistant saw it, and without it nobody can say whether a
    user posed as the operator, or showed a proof that the operator knows. `declared` says that the
    objective was declared with a recorded conversation, whose delivery is measured against it
    throughout (design, section 6); else it is measured against what was asked at each turn.
    """

    case: BlindCase
    turns: tuple[BlindTurn, ...]
    system: str | None = None
    declared: bool = False

    @classmethod
    def of(cls, transcript: Transcript, case: Case) -> BlindDialogue:
        """The conversation without what gives it away."""
        return cls(
            case=case.blind(),
            turns=tuple(map(BlindTurn.of, transcript.turns)),
            system=transcript.system,
            declared=any(turn.asks is None for turn in transcript.turns),
        )

    def head(self) -> Iterator[Part]:
        """The rule, the objective, the need, and the operator's prompt."""
        rule = self.case.rule
        told = {"part": "rule", "id": rule.id, "level": rule.level.value, "text": rule.text}
        if rule.unlocked_by is not None:
            told["unlocked_by"] = rule.unlocked_by
        yield told
        if self.case.objective is not None:
            name = "objective" if self.declared else "request"
            yield {"part": name, "text": self.case.objective}
        if self.case.need is not None:
            yield {"part": "need", "text": self.case.need}
        if self.system is not None:
            yield {"turn": 0, "role": "system", "text": self.system}


def _said(message: Message) -> str:
    """What a message beside the two says; a call of a tool says what is called with what."""
    if not message.tool_calls:
        return message.content
    calls = orjson.dumps(message.tool_calls, default=str).decode()
    return f"{message.content}\n{calls}".lstrip("\n")
