"""Opening targets: what identifies each in a run, and how long a call of it may take."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from convsim.errors import InputError
from convsim.targets.functions import FunctionTarget
from convsim.targets.http import HttpTarget
from convsim.targets.opening import Named, open_target
from convsim.targets.sim import sim_target
from convsim.targets.via_litellm import LitellmTarget
from convsim.transcript import Reply, Request
from tests.small import SUITE, Scripted


def opened(thing: object, **options: Any) -> Named:
    return open_target("t1", thing, SUITE, connections=1, **options)


async def answer(messages: list[dict[str, object]], style: str = "plain") -> str:
    return style


class Known:
    """A target that says what it is, and asks nothing but that."""

    def __init__(self, fingerprint: object) -> None:
        self.fingerprint = fingerprint

    async def reply(self, request: Request) -> Reply:
        return Reply("No.")

    async def method(self, messages: list[dict[str, object]]) -> str:
        return "No."


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (HttpTarget("http://a:1/v1", "m"), "http://b:2/v1#m"),
        (HttpTarget("http://a/v1", "m", parameters={"top_p": 1}), "http://a/v1?top_p=1#m"),
        (LitellmTarget("openai/m", {"top_p": 1}), "openai/m?top_p=1"),
        (LitellmTarget("openai/m", api_base="http://a/v1"), "openai/m"),
        (FunctionTarget(answer), f"python:{__name__}:answer"),
        (FunctionTarget(answer, parameters={"style": "x"}), f"python:{__name__}:answer?style=x"),
        (sim_target("capitulates", {"after": 2}, SUITE), "sim/capitulates?after=2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_target_and_its_string_are_the_same(thing: object, text: str) -> None:
    """A run that was started with one may be resumed with the other."""
    assert opened(thing).fingerprint == opened(text).fingerprint


@pytest.mark.parametrize(
    ("thing", "fingerprint"),
    [
        (Known("my-model-3"), "my-model-3"),
        (answer, f"object:{__name__}.answer"),
        (Known("x").method, f"object:{__name__}.Known.method"),
        (Scripted("No."), "object:Scripted"),
        (functools.partial(answer, style="x"), "object:partial"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_identifies_an_object(thing: object, fingerprint: str) -> None:
    """Its own word; a function's module and name; of anything else no more than the type."""
    named = opened(thing)
    assert (named.fingerprint, named.text) == (fingerprint, None)


@pytest.mark.parametrize("fingerprint", ["", 5, len])
def test_a_fingerprint_is_a_text(fingerprint: object) -> None:
    with pytest.raises(InputError, match=r"fingerprint of target Known is .* has to be a text"):
        opened(Known(fingerprint))


def test_parameters_beyond_target_strings_count_by_their_type() -> None:
    """A client object has no content that would be the same tomorrow."""
    one, other, another = (
        FunctionTarget(answer, parameters={"style": style}) for style in (object(), object(), "x")
    )
    assert one.fingerprint == other.fingerprint != another.fingerprint


@pytest.mark.parametrize(
    ("thing", "timeout"),
    [
        ("http://a/v1#m", 30),
        ("http://a/v1?timeout=60#m", 60),
        ("http://a/v1?timeout=120#m", 120),
        ("openai/m", 30),
        ("openai/m?timeout=120", 120),
        (answer, 30),
    ],
)
def test_a_time_limit_of_its_own_stands_before_that_of_the_run(
    thing: object, timeout: float
) -> None:
    """Also where it happens to be the default; the target keeps to it as well."""
    named = opened(thing, timeout=30)
    assert named.timeout == getattr(named.target, "timeout", timeout) == timeout


def test_a_simulated_assistants_bare_name_is_told_its_form() -> None:
    """Before litellm is even imported."""
    with pytest.raises(InputError, match="did you mean 'sim/steadfast'"):
        open_target("a", "steadfast", SUITE, connections=1)
