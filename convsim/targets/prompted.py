"""A target with a system prompt of its own, as its operator would deploy it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from convsim.ports import Target
from convsim.transcript import Message, Reply, Request


class Prompted:
    """`inner` behind the system prompt `system`; a scenario's own follows after a blank line.

    Both are sent as one system message. `fingerprint` is the inner target's, where it has none of
    its own.
    """

    def __init__(self, inner: Target, system: str, *, fingerprint: str | None = None) -> None:
        self.inner = inner
        self.system = system
        own = fingerprint or str(getattr(inner, "fingerprint", type(inner).__qualname__))
        self.fingerprint = prompted_fingerprint(own, system)
        # The line end of a YAML block is no second blank line.
        self._head = system.rstrip("\n")
        self._alone = Message("system", system)

    def __repr__(self) -> str:
        return f"Prompted({self.inner!r}, {self.system!r})"

    def __getattr__(self, name: str) -> object:
        # How the inner target limits itself and what it counts (`timeout`, `unrecognised`, ...).
        if name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)

    async def reply(self, request: Request) -> Reply:
        """The inner target's reply to the request with the system prompt in front."""
        first, *rest = request.messages
        if first.role == "system":
            both = replace(first, content=f"{self._head}\n\n{first.content}")
            messages = (both, *rest)
        else:
            messages = (self._alone, *request.messages)
        return await self.inner.reply(replace(request, messages=messages))

    async def aclose(self) -> None:
        """Close the connections of the inner target, if it holds any."""
        close = getattr(self.inner, "aclose", None)
        if close is not None:
            await close()


def prompted_fingerprint(fingerprint: str, system: str) -> str:
    """The fingerprint of a target behind a system prompt: another prompt is another target."""
    return f"{fingerprint}+{hashlib.sha256(system.encode()).hexdigest()[:16]}"
