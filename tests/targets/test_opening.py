"""Opening targets: what identifies each in a run, and how long a call of it may take."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from convsim.errors import InputError
from convsim.price import Price
from convsim.targets.functions import FunctionTarget
from convsim.targets.http import HttpTarget
from convsim.targets.opening import Named, check_target, open_target
from convsim.targets.sim import sim_target
from convsim.targets.via_litellm import LitellmTarget
from convsim.targets.wanted import Wanted
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
    assert named.limits.get("timeout", 30) == timeout
    assert getattr(named.target, "timeout", timeout) == timeout


@pytest.mark.parametrize(
    ("wanted", "limits"),
    [
        (Wanted("http://a/v1#m"), {}),
        (Wanted("http://a/v1#m", limits={"rpm": 30.0}), {"rpm": 30.0}),
        (Wanted("http://a/v1#m", limits={"timeout": 9.0}), {"timeout": 9.0}),
        (Wanted("http://a/v1?timeout=60#m", limits={"rpm": 30.0}), {"rpm": 30.0, "timeout": 60.0}),
    ],
    ids=lambda value: value.text if isinstance(value, Wanted) else "",
)
def test_limits_of_its_own(wanted: Wanted, limits: dict[str, float]) -> None:
    """From the targets file and from the target string; the target itself gives up in time."""
    named = opened(wanted, timeout=30)
    assert dict(named.limits) == limits
    assert getattr(named.target, "timeout", None) == limits.get("timeout", 30)


def test_what_is_stored_of_a_target_opens_it_again() -> None:
    """System prompt, parameters, price and limits are in `plain`, the text has the parameters."""
    wanted = Wanted(
        "http://a/v1#m",
        system="You are the placeholder.",
        parameters={"temperature": 1},
        price=Price(0.25, 2.0),
        limits={"concurrency": 2},
    )
    named = opened(wanted)
    assert (named.text, named.system) == (wanted.text, wanted.system)
    assert (named.price, dict(named.limits)) == (Price(0.25, 2.0), {"concurrency": 2})
    plain = named.plain()
    assert (plain["target"], plain["fingerprint"]) == (named.text, named.fingerprint)
    again = opened(Wanted.from_plain(plain["wanted"]))
    assert (again.wanted, again.fingerprint) == (wanted, named.fingerprint)


def test_a_system_prompt_makes_another_target() -> None:
    """It is told apart from the bare model; the price and the limits tell nothing apart."""
    bare, dear, guarded, other = (
        opened(wanted).fingerprint
        for wanted in (
            Wanted("http://a/v1#m"),
            Wanted("http://a/v1#m", price=Price(1, 1), limits={"rpm": 1.0}),
            Wanted("http://a/v1#m", system="Be kind."),
            Wanted("http://a/v1#m", system="Be brief."),
        )
    )
    assert bare == dear
    assert len({bare, guarded, other}) == 3


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("http://a/v1#m", "http://a/v1?temperature=0#n", True),
        ("http://a/v1#m", "http://b/v1#m", False),
        ("http://a/v1?key_env=ONE_KEY#m", "http://a/v1?key_env=TWO_KEY#m", False),
        ("openai/m", "openai/n?top_p=1", True),
        ("openai/m", "anthropic/m", False),
        ("sim/steadfast", "sim/steadfast", False),
        ("python:tests.small:holds", "python:tests.small:holds", False),
    ],
)
def test_what_shares_limits(
    one: str, other: str, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The targets behind the same server with the same key; what runs in process shares nothing."""
    for name in ("ONE_KEY", "TWO_KEY"):
        monkeypatch.setenv(name, "placeholder")
    left, right = (
        open_target(alias, it, SUITE, connections=1) for alias, it in (("a", one), ("b", other))
    )
    assert (left.endpoint == right.endpoint) is together
    assert "None" not in f"{left.endpoint} {right.endpoint}"


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        ("sim/leaks_facet", "did you mean 'leaks_facets'"),
        ("sim/leaks_facets?encoded=klingon", "'encoded' is 'klingon'; allowed: plain"),
        ("sim/leaks_facets?guard=1", "did you mean 'guards'"),
        ("steadfast", "did you mean 'sim/steadfast'"),
        ("python:nobody:answers", "there is no module 'nobody'"),
        ("replay:nowhere", "is no run directory"),
        (7, "is no target"),
        # What takes a server or a key is not looked at.
        ("http://127.0.0.1:1/v1?key_env=NOT_SET_ANYWHERE#m", None),
        ("openai/gpt-5-mini", None),
        ("sim/steadfast", None),
    ],
)
def test_what_can_be_told_without_a_server_is_told_beforehand(
    thing: object, message: str | None
) -> None:
    """In the words that opening it would have."""
    if message is None:
        check_target("a", thing, SUITE)
        return
    for tell in (check_target, functools.partial(open_target, connections=1)):
        with pytest.raises(InputError, match=message):
            tell("a", thing, SUITE)


def test_a_simulated_assistants_bare_name_is_told_its_form() -> None:
    """Before litellm is even imported."""
    with pytest.raises(InputError, match="did you mean 'sim/steadfast'"):
        open_target("a", "steadfast", SUITE, connections=1)
