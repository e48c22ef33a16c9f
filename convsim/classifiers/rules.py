"""The rule reader as a classifier: offline, free, deterministic."""

from __future__ import annotations

from collections.abc import Sequence

from convsim.reading import Reading
from convsim.readings import rules
from convsim.transcript import Message, Reply


class RulesClassifier:
    """Reads replies by rules (`convsim.readings.rules`): no model, no wait."""

    name = rules.SOURCE

    async def read(
        self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        """What `reply` did, by rules."""
        return rules.read(messages, reply, objective=objective)
