"""What was said: messages, replies, turns, and the immutable record of one conversation.

These are slots dataclasses, not pydantic models, because a batch holds thousands of them in flight;
`parse_transcript` validates at the boundary, where rows come back from disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim.reading import Reading, Status
from convsim.scenario import Asks, Evidence, Expect

if TYPE_CHECKING:
    from pydantic import TypeAdapter

NO_ANSWER = "[no answer]"
"""What stands in the history where a reply was empty, so that the next request is well formed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message. Only these fields ever reach a provider (`wire`)."""

    role: str
    content: str
    name: str | None = None
    tool_calls: tuple[Mapping[str, Any], ...] | None = None
    tool_call_id: str | None = None

    def wire(self) -> dict[str, Any]:
        """The message as a provider takes it: set fields only."""
        wire: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.name is not None:
            wire["name"] = self.name
        if self.tool_calls is not None:
            wire["tool_calls"] = list(self.tool_calls)
        if self.tool_call_id is not None:
            wire["tool_call_id"] = self.tool_call_id
        return wire


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as the provider counted them."""

    prompt: int
    completion: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a target answered.

    `stop` is the provider's raw stop reason, `served` the model that it says answered, `block` the
    raw reason of a provider block. `reasoning` is kept apart and never read for delivery.
    """

    text: str
    status: Status = Status.OK
    stop: str | None = None
    served: str | None = None
    block: str | None = None
    reasoning: str | None = None
    usage: Usage | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Schema:
    """The JSON Schema that an answer is to fit, under the name that providers want for it."""

    name: str
    body: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One call to a model. `sample` and `seed` say which draw it is; they are not part of the text.

    `sample` is `scenario/repeat/draw`; equal messages with another sample are another observation.
    `schema` is what the answer is to fit; it reaches only a target that takes one, and follows from
    the messages, so that no ledger has to know it.
    """

    messages: tuple[Message, ...]
    sample: str = ""
    seed: int | None = None
    schema: Schema | None = None


class Stop(StrEnum):
    """Why a dialogue ended."""

    FINAL = "final"
    TURN_CAP = "turn_cap"
    BLOCKED = "blocked"
    DIVERGED = "diverged"
    ERROR = "error"
    RECORDED = "recorded"


class Mode(StrEnum):
    """Whether moves followed the replies, were planned or recorded elsewhere. Never pooled."""

    CLOSED = "closed"
    FORCED = "forced"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Turn:
    """One user message and the reply it drew.

    `asks` is the ask in force (`ask` names the state that started it; None where nobody said what
    was asked). `reading` is the one that routed; None when the provider blocked the reply.
    `context` are the messages beside these two that came since the last reply, in their order: tool
    calls and results, what the operator said in between. The first `lead` of them came before the
    user's text. `seeks` are the facets that the user asks for at this turn, and `supplied` those
    that the tally credited to it while the dialogue was played. `rewind` is how many exchanges were
    dropped after it, itself the first of them: the assistant never saw them again.
    """

    n: int
    user: str
    reply: str
    status: Status
    reading: Reading | None
    asks: Asks | None = None
    ask: str | None = None
    state: str | None = None
    visit: int = 1
    move: str | None = None
    rendering: int | None = None
    evidence: Evidence = Evidence.NONE
    unlocked: bool = False
    clarified: bool = False
    opened_by: str | None = None
    to: str | None = None
    block: str | None = None
    reasoning: str | None = None
    context: tuple[Message, ...] = ()
    lead: int = 0
    seeks: tuple[str, ...] = ()
    supplied: tuple[str, ...] = ()
    rewind: int = 0


ONLY_DRAW = "0"
"""The draw of a dialogue that a repeat has one of; controls that ask again number theirs."""


class Key(NamedTuple):
    """What identifies a dialogue in a run, and the order in which rows are compared."""

    scenario: str
    arm: str
    target: str
    repeat: int
    draw: str
    path: str

    def __str__(self) -> str:
        return "/".join(map(str, self))

    @property
    def group(self) -> str:
        """The (scenario, repeat) whose dialogues may share replies."""
        return f"{self.scenario}/{self.repeat}"

    @property
    def sample(self) -> str:
        """`Request.sample` of its calls; `digests.group_of_sample` has the group back."""
        return f"{self.group}/{self.draw}"

    def rewound(self, times: int) -> str:
        """The sample of its calls after so many rewinds: the same words are then asked anew."""
        if not times:
            return self.sample
        draw = "" if self.draw == ONLY_DRAW else f"{self.draw}."
        return f"{self.group}/{draw}rewind.{times}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """The key that `str` printed."""
        scenario, arm, target, repeat, draw, path = text.split("/", 5)
        return cls(scenario, arm, target, int(repeat), draw, path)


@dataclass(frozen=True, slots=True)
class Transcript:
    """One conversation as it was, with what was right in it; `rule` is an id in its policy."""

    key: str
    scenario: str
    arm: str
    target: str
    repeat: int
    turns: tuple[Turn, ...]
    stop: Stop
    draw: str = ONLY_DRAW
    path: str = "-"
    mode: Mode = Mode.CLOSED
    seed: int = 0
    content: str = ""
    system: str | None = None
    objective: str | None = None
    need: str | None = None
    expect: Expect | None = None
    rule: str | None = None

    def messages(self) -> tuple[Message, ...]:
        """The conversation as chat messages, system prompt first; without what was rewound."""
        head = () if self.system is None else (Message("system", self.system),)
        exchanges = (
            message
            for turn in standing(self.turns)
            for message in (
                *turn.context[: turn.lead],
                Message("user", turn.user),
                *turn.context[turn.lead :],
                Message("assistant", turn.reply or NO_ANSWER),
            )
        )
        return (*head, *exchanges)


def standing(turns: Iterable[Turn]) -> list[Turn]:
    """The turns that the assistant has before it after these: without those that were rewound."""
    kept: list[Turn] = []
    for turn in turns:
        kept.append(turn)
        del kept[max(0, len(kept) - turn.rewind) :]
    return kept


@dataclass(frozen=True, slots=True)
class Failure:
    """A dialogue that an infrastructure error ended. It has no verdict and can be resumed.

    `transcript` holds the turns before the failing call (stop `error`); what crossed among them
    counts in every rate, the rest is censored.
    """

    transcript: Transcript
    kind: str
    message: str
    detail: str = ""

    @property
    def key(self) -> str:
        """The key of the dialogue that failed."""
        return self.transcript.key

    @property
    def final(self) -> bool:
        """Whether resuming is pointless: a refused request stays refused, and a guard model's
        answer stays what the ledger has of it."""
        return self.kind in ("refused_request", "no_ruling")


@cache
def _transcripts() -> TypeAdapter[Transcript]:
    from pydantic import TypeAdapter

    return TypeAdapter(Transcript)


@cache
def _failures() -> TypeAdapter[Failure]:
    from pydantic import TypeAdapter

    return TypeAdapter(Failure)


def parse_transcript(row: object) -> Transcript:
    """The transcript of a decoded row; raises pydantic.ValidationError where it is not one."""
    return _transcripts().validate_python(row)


def parse_failure(row: object) -> Failure:
    """The failure of a decoded row; raises pydantic.ValidationError where it is not one."""
    return _failures().validate_python(row)


def decode_transcript(line: bytes) -> Transcript:
    """The transcript of a row as it is stored: JSON and types are checked in one go, twice as fast.

    Raises pydantic.ValidationError where it is not one.
    """
    return _transcripts().validate_json(line)


def decode_failure(line: bytes) -> Failure:
    """The failure of a row as it is stored; see `decode_transcript`."""
    return _failures().validate_json(line)


def exchange(turns: Sequence[tuple[str, str]], *, system: str | None = None) -> tuple[Message, ...]:
    """Chat messages from (user, assistant) pairs; handy in tests and notebooks."""
    head = [] if system is None else [Message("system", system)]
    for user, assistant in turns:
        head += [Message("user", user), Message("assistant", assistant)]
    return tuple(head)
