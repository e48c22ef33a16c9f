"""A simulated assistant as a target."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from convsim.errors import Throttled, Transient
from convsim.reading import Status
from convsim.targets.sim.assistants import HEEDS, Choice, Sim, Value, settings_of, sim_named
from convsim.targets.sim.policies import (
    BLOCK,
    LOST,
    STANDING,
    Decision,
    Draw,
    Heed,
    Moment,
    decide,
)
from convsim.targets.sim.recognise import BEGINNING, Followed, Recogniser, Seen
from convsim.targets.sim.telling import say
from convsim.targets.spec import fingerprint_of
from convsim.transcript import Message, Reply, Request, Usage

if TYPE_CHECKING:
    from convsim.suite import Suite

BLOCKED = "content_filter"
RETRY_AFTER = 0.01
"""Seconds that a rate-limited `faulty` asks to wait: it has no load to shed."""

REMEMBERED = 1024
"""Conversations whose last turn is kept, so that the next need not replay them: those in flight."""


def sim_target(name: str, parameters: Mapping[str, object], suite: Suite) -> SimTarget:
    """The simulated assistant `name`, in conversations over the scenarios of `suite`.

    Raises `InputError` for a name or parameter that does not exist, or a value out of range.
    """
    return SimTarget(
        name,
        sim_named(name),
        settings_of(name, parameters),
        Recogniser(suite),
        fingerprint=fingerprint_of("sim", name, parameters),
    )


class _Past(NamedTuple):
    """A conversation up to a user message, with what was decided at each.

    `told` says whether the operator gave a standing instruction, `first` is the key of the first
    turn.
    """

    followed: Followed
    decided: tuple[Decision, ...]
    told: bool = False
    first: str = ""


class SimTarget:
    """A behaviour policy that answers like a model. `unrecognised` counts texts it did not find."""

    def __init__(
        self,
        name: str,
        sim: Sim,
        settings: Mapping[str, Value],
        recogniser: Recogniser,
        *,
        fingerprint: str,
    ) -> None:
        own = {key: value for key, value in settings.items() if key in sim.parameters}
        words = {key: it.default for key, it in sim.parameters.items() if isinstance(it, Choice)}
        heeds = {key: value for key, value in settings.items() if key in HEEDS}
        told = {
            key: value
            for key, value in {**own, **heeds}.items()
            if value and value != words.get(key)
        }
        shown = "&".join(
            f"{key}={value if isinstance(value, str) else f'{value:g}'}"
            for key, value in told.items()
        )
        self.name = f"{name}?{shown}" if shown else name
        self.fingerprint = fingerprint
        self.unrecognised = 0
        self._sim = sim
        self._numbers = {it: value for it, value in settings.items() if not isinstance(value, str)}
        self._policy = sim.make() if sim.faults else sim.make(**own)
        self._heed = Heed(**{key: float(value) for key, value in heeds.items()})
        self._recogniser = recogniser
        self._failures: dict[str, int] = {}
        self._pasts: dict[str, _Past] = {}

    async def reply(self, request: Request) -> Reply:
        """Answer one request; `faulty` may raise `Transient` or `Throttled`."""
        await asyncio.sleep(self._numbers["latency"])
        moment, decision = self._decide(request)
        if self._sim.faults:
            self._may_fail(moment.draw)
        if not moment.now.move:
            self.unrecognised += 1
        if decision.status is Status.PROVIDER_BLOCK:
            return Reply("", decision.status, stop=BLOCKED, served=self.name, block=BLOCKED)
        if decision.status is Status.EMPTY:
            return Reply("", decision.status, stop="stop", served=self.name)
        text = say(decision, moment)
        return Reply(text, stop="stop", served=self.name, usage=_usage(request, text))

    def truth(self, request: Request) -> Decision:
        """What the reply to a request is meant to be: label, axes and status."""
        return self._decide(request)[1]

    def _decide(self, request: Request) -> tuple[Moment, Decision]:
        """The decision on the last user message, by replaying the policy over all of them."""
        past, key, start = _Past(BEGINNING, ()), "", 0
        for key, end in _keys(request):
            past = self._after(past, request.messages[start:end], key)
            start = end
        if not past.decided:
            return Moment((Seen(""),), (), Draw("")), LOST
        *before, decision = past.decided
        last = _last_reply(request.messages[:start])
        moment = Moment(past.followed.seen, tuple(before), Draw(key), last)
        blocks = self._sim.faults and moment.draw.unit("block") < self._numbers["block"]
        return moment, BLOCK if blocks else decision

    def _after(self, past: _Past, messages: Sequence[Message], key: str) -> _Past:
        """A conversation that goes on to its next user message, remembered by its key.

        A key is a hash of all that was said, so that it does not matter whose conversation it is.
        """
        known = self._pasts.get(key)
        if known is None:
            followed = self._recogniser.follow(messages, past.followed)
            moment = Moment(followed.seen, past.decided, Draw(key))
            told, first = past.told or _is_told(messages), past.first or key
            if self._sim.everywhere:
                decision = self._policy(moment)
            else:
                decision = decide(self._policy, moment, helps=self._sim.helps)
                if told:
                    decision = self._heed.decision(decision, moment, Draw(first))
            known = self._pasts[key] = _Past(followed, (*past.decided, decision), told, first)
            if len(self._pasts) > REMEMBERED:
                del self._pasts[next(iter(self._pasts))]
        return known

    def _may_fail(self, draw: Draw) -> None:
        """Fail as often as set. Only requests that failed are counted, until they get through."""
        attempt = self._failures.get(draw.key, 0)
        drawn = draw.unit("fault", attempt) - self._numbers["timeout"]
        if drawn >= self._numbers["rate_limit"]:
            self._failures.pop(draw.key, None)
            return
        self._failures[draw.key] = attempt + 1
        if drawn < 0:
            raise Transient(f"sim/{self.name} timed out, as it was told to now and then")
        raise Throttled(
            f"sim/{self.name} asks to slow down, as it was told to now and then",
            retry_after=RETRY_AFTER,
        )


def _is_told(messages: Sequence[Message]) -> bool:
    """Whether the operator says that what was declined stays declined."""
    said = (message.content for message in messages if message.role == "system")
    return any(STANDING.search(text) for text in said)


def _last_reply(messages: Sequence[Message]) -> str:
    """What the assistant said last."""
    said = (message.content for message in reversed(messages) if message.role == "assistant")
    return next(said, "")


def _keys(request: Request) -> Iterator[tuple[str, int]]:
    """What randomness hangs on, per user message: the messages so far, and the request's seed.

    With each comes the number of messages it covers.
    """
    digest = blake2b(str(request.seed).encode(), digest_size=16)
    for end, message in enumerate(request.messages, start=1):
        digest.update(f"\x1e{message.role}\x1f{message.content}".encode())
        if message.role == "user":
            yield digest.hexdigest(), end


def _usage(request: Request, text: str) -> Usage:
    """Words, which is near enough to tokens for a model that has none."""
    return Usage(sum(_words(message.content) for message in request.messages), _words(text))


@lru_cache(maxsize=REMEMBERED)
def _words(text: str) -> int:
    return len(text.split())
