"""Fakes for tests of scenarios, targets and analyses; our own tests use the same ones.

target = Script(["I can't help with that.", "I still can't."])
transcript = await convsim.simulate(scenario, target)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from convsim.reading import Reading
from convsim.transcript import Message, Reply, Request


@dataclass
class Script:
    """A target that gives these replies in turn; an exception among them is raised.

    `requests` keeps what it was asked. Asking for more than the script has is an IndexError.
    """

    replies: Sequence[str | Reply | Exception]
    requests: list[Request] = field(default_factory=list)

    async def reply(self, request: Request) -> Reply:
        """The next reply."""
        self.requests.append(request)
        reply = self.replies[len(self.requests) - 1]
        if isinstance(reply, Exception):
            raise reply
        return Reply(reply) if isinstance(reply, str) else reply


@dataclass
class Reader:
    """A classifier that gives these readings in turn (`read_as` makes them); it may raise, too.

    `seen` keeps the messages and the reply of each call.
    """

    readings: Sequence[Reading | Exception]
    seen: list[tuple[tuple[Message, ...], Reply]] = field(default_factory=list)

    async def read(
        self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        """The next reading."""
        self.seen.append((tuple(messages), reply))
        reading = self.readings[len(self.seen) - 1]
        if isinstance(reading, Exception):
            raise reading
        return reading
