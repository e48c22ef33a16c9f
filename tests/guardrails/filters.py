"""Guard functions that a target string can name."""

from __future__ import annotations

from collections import Counter
from typing import Any

CALLS: Counter[str] = Counter()


def no_yes(messages: list[dict[str, Any]]) -> str | None:
    """Blocks a "Yes."."""
    CALLS["no_yes"] += 1
    return "a yes" if messages[-1]["content"].startswith("Yes.") else None


async def long_words(messages: list[dict[str, Any]], most: int = 10) -> bool:
    """Blocks what has a word that is too long."""
    return any(len(word) > most for word in messages[-1]["content"].split())


def broken(messages: list[dict[str, Any]]) -> bool:
    """Never rules."""
    raise RuntimeError("no connection to the list")
