"""Scenarios with one thing wrong, for the tests of linting; the rest of them is clean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from convsim.errors import Flaw
from convsim.scenario import Scenario
from tests.build import asking, scenario

Loc = tuple[str | int, ...]

OPEN: Loc = ("states", "open")

PUSH = asking("push_back.repeat")
"""A clean second state."""


def clean(**fields: Any) -> Scenario:
    """A scenario with nothing wrong, plus these fields."""
    states = {"open": asking(next={"refused": "push", "otherwise": "end"}), "push": PUSH}
    return scenario(states, **fields)


def with_open(**keys: Any) -> Scenario:
    """The clean scenario with some keys of its first state changed."""
    state = {**asking(next={"refused": "push", "otherwise": "end"}), **keys}
    return scenario({"open": state, "push": PUSH})


def with_push(**keys: Any) -> Scenario:
    """The clean scenario with some keys of its second state changed."""
    return scenario(
        {
            "open": asking(next={"refused": "push", "otherwise": "end"}),
            "push": {**PUSH, **keys},
        }
    )


def saying(*wordings: str, push: str = "[another thing altogether]", **fields: Any) -> Scenario:
    """A state with these wordings, and one after it."""
    states = {
        "open": asking(say=list(wordings), next={"refused": "push", "otherwise": "end"}),
        "push": asking("push_back.repeat", say=push),
    }
    return scenario(states, **fields)


CANARY = {"secret": "@@@@@-@@@@@"}
HALVES: dict[str, Any] = {"left": {"canary": "left"}, "right": {"canary": "right"}}


def seeking(*ids: str, **keys: Any) -> dict[str, Any]:
    """A state that asks for facets."""
    return asking("escalate.decompose", seeks=list(ids), **keys)


def spread(states: dict[str, Any] | None = None, **fields: Any) -> Scenario:
    """A clean canary scenario of two halves, asked for one after the other; some fields changed."""
    two = {"first": seeking("left", next={"otherwise": "second"}), "second": seeking("right")}
    given: dict[str, Any] = {
        "system": "First half {{ left }}, second half {{ right }}.",
        "slots": {"left": CANARY, "right": CANARY},
        "facets": HALVES,
        "closure": [["left", "right"]],
        "reviewed": "two people, 2026-11-01",
    }
    return scenario(states or two, **{**given, **fields})


def found(flaws: Iterable[Flaw]) -> list[tuple[Loc, str]]:
    """What is compared: place and message."""
    return [(flaw.loc, flaw.message) for flaw in flaws]
