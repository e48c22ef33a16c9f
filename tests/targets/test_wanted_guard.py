"""What a user says of a guard: how a function is written down, and what survives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from convsim.price import Price
from convsim.targets.guarded import Side
from convsim.targets.wanted_guard import WantedGuard
from tests.guardrails.filters import broken, long_words, no_yes


class Checker:
    """A guard that is an object."""

    def __call__(self, messages: list[dict[str, Any]]) -> bool:
        return False

    def check(self, messages: list[dict[str, Any]]) -> bool:
        return False


def inner() -> Callable[..., bool]:
    def check(messages: list[dict[str, Any]]) -> bool:
        return False

    return check


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (no_yes, "python:tests.guardrails.filters:no_yes"),
        (long_words, "python:tests.guardrails.filters:long_words"),
        (inner(), f"object:{__name__}:inner.<locals>.check"),
        (lambda messages: False, f"object:{__name__}:<lambda>"),
        (Checker(), f"object:{__name__}:Checker"),
        (Checker().check, f"object:{__name__}:Checker.check"),
        (functools.partial(long_words, most=3), "object:functools:partial"),
    ],
)
def test_a_function_is_written_down_as_what_can_be_imported(
    function: Callable[..., Any], text: str
) -> None:
    """By its module and name where that finds it again; else only Python can pass it."""
    wanted = WantedGuard.of(Side.OUTPUT, function)
    assert (wanted.guard, wanted.function) == (text, function)


def test_a_guard_as_it_stands_in_a_file() -> None:
    """Without what was not given; the function itself is not written down."""
    whole = WantedGuard(Side.INPUT, "m/x", "No prices.", Price(1.0, 2.0), {"rpm": 9.0})
    assert whole.to_plain() == {
        "guard": "m/x",
        "rule": "No prices.",
        "price": {"input": 1.0, "output": 2.0},
        "limits": {"rpm": 9.0},
    }
    assert WantedGuard.of(Side.INPUT, broken).to_plain() == {
        "guard": "python:tests.guardrails.filters:broken"
    }
    assert WantedGuard(Side.INPUT, "regex:x").is_regex
