"""The seams: what a target, a renderer, a classifier, a judge and a store have to do.

Each is one method (a store has three), so a plain object or a short class will do; there is no
registry and no base class. Whatever waits for the world is async; what a port promises is checked
by one shared suite of contract tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from convsim.case import Case
    from convsim.reading import Reading
    from convsim.transcript import Message, Reply, Request, Transcript
    from convsim.verdict import Verdict


class Target(Protocol):
    """The assistant under test, or a model behind a classifier, renderer or judge."""

    async def reply(self, request: Request) -> Reply:
        """Answer one request; raise a `CallError` when the call failed.

        A provider's own block is a reply with status `provider_block`, never an error.
        """
        ...


class Renderer(Protocol):
    """Turns one wording of a move into what the user says."""

    async def render(self, wording: str, slots: Mapping[str, str], last: str | None) -> str:
        """The text; `last` is the assistant's last reply, inserted as data, never as template."""
        ...


class Classifier(Protocol):
    """Reads one reply."""

    async def read(
        self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        """What `reply` did, given the messages before it (the last one is the user's).

        `objective` is what delivery is measured against where it was declared with the
        conversation; otherwise it is what the user asked for. Move, arm and scenario are unknown.
        """
        ...


class Judge(Protocol):
    """Concludes what happened in one transcript."""

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        """The verdict on one whole conversation."""
        ...


class Store(Protocol):
    """Append-only rows by name (`dialogues`, `ledger`, ...)."""

    def append(self, name: str, row: Any) -> None:
        """Add one row."""
        ...

    def read(self, name: str) -> Iterator[dict[str, Any]]:
        """Every row, oldest first."""
        ...

    def lock(self) -> None:
        """Claim the store for this process; raises `RunMismatch` if another holds it."""
        ...
