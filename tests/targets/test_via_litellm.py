"""LitellmTarget, and what litellm would do to the process; all of it seen in one subprocess."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from convsim.errors import InputError
from convsim.targets.spec import parse_target
from convsim.targets.via_litellm import NO_KEY, LitellmTarget, _headers
from convsim.transcript import Message, Request
from tests.targets.answers import FAILURES, REPLIES
from tests.targets.native import NATIVE

ROOT = Path(__file__).parents[2]
COMPARED = ("error", "text", "status", "stop", "block", "served", "reasoning", "usage")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `litellm_probe` saw, started where a `.env` file waits to be read."""
    folder = tmp_path_factory.mktemp("litellm")
    (folder / ".env").write_text("FROM_DOTENV=loaded\n")
    unset = ("LITELLM_", "AIOHTTP_", "ANTHROPIC_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
    env |= {"PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "sk-for-openai", "MY_KEY": "sk-mine"}
    # With -c there is no main file, and litellm looks for `.env` in the current folder.
    code = "from tests.targets.litellm_probe import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")
    seen: dict[str, Any] = json.loads(run.stdout)
    return seen


def test_litellm_is_tamed(report: dict[str, Any]) -> None:
    """It is imported at the first call, off the loop; it reads no `.env`, asks no network, and
    leaves the warnings filters as they were. (The probe's stderr and stdout were clean, too.)"""
    assert report["imported early"] is False
    assert report["first_call"]["ticks"] > 10
    assert report["dotenv"] is None
    assert report["outside"] == []
    assert report["filters kept"] is True
    assert report["limit"] == "10000"


def test_the_request_is_that_of_plain_http(report: dict[str, Any]) -> None:
    """The same body, wire fields only, with the key of the named variable."""
    through_litellm, plain = report["first_call"]["bodies"]
    assert through_litellm == plain
    assert report["first_call"]["authorization"] == "Bearer sk-mine"


@pytest.mark.parametrize("name", [*REPLIES, *FAILURES])
def test_both_adapters_agree(report: dict[str, Any], name: str) -> None:
    """The same answer gives the same reply or error class, from exactly one request; and a
    provider's own key does not go to another host over http."""
    case = report["contract"][name]
    http, litellm = case["http"], case["litellm"]
    assert {key: http.get(key) for key in COMPARED} == {key: litellm.get(key) for key in COMPARED}
    assert http.get("retry_after") == litellm.get("retry_after")
    assert case["requests"] == 1
    assert case["authorization"] == "Bearer no-key"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # It has no seed parameter; litellm would refuse the call if one were passed.
        ("anthropic text", {"status": "ok", "text": "Hello.", "usage": [5, 2]}),
        ("anthropic overloaded", {"error": "Throttled"}),
        # litellm gives the headers of most providers as a plain mapping, in lower case.
        ("groq throttled", {"error": "Throttled", "retry_after": 3}),
        ("groq later", {"error": "Throttled", "retry_after": 1.5}),
        ("groq used up", {"error": "Throttled", "retry_after": 62.5}),
        ("late", {"error": "Transient", "says": "openai/m gave no answer within 0.3 s"}),
    ],
)
def test_other_answers(report: dict[str, Any], name: str, expected: dict[str, Any]) -> None:
    """Overload is throttling, whoever says it in which way; one request each."""
    seen = report["other_providers"][name]
    assert {key: seen[key] for key in expected} == expected
    assert seen["requests"] == 1


@pytest.mark.parametrize("name", NATIVE)
def test_each_provider_in_its_own_words(report: dict[str, Any], name: str) -> None:
    """What litellm translates or drops is read from the provider's own answer, in one request."""
    seen, expected = report["native"][name], NATIVE[name][2]
    assert {key: seen.get(key) for key in expected} == expected
    assert seen["requests"] == 1


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("unsupported", "does not take one of its parameters (frequency_penalty); remove it"),
        ("missing package", "needs the package mcp, which cannot be imported"),
        ("unknown provider", "litellm knows no provider of the model 'nonsense-model'; name it as"),
        ("no key", "anthropic rejected the key (401): set ANTHROPIC_API_KEY, or pass ?key_env="),
        ("no openai key", "because there is no key for it: set OPENAI_API_KEY, or pass ?key_env="),
        ("wrong key", "openai rejected the key (401): set MY_KEY to a key it accepts, or pass"),
    ],
)
def test_permanent_failures_say_what_to_do(report: dict[str, Any], name: str, says: str) -> None:
    seen = report["other_providers"][name]
    assert seen["error"] == "Permanent"
    assert says in seen["says"]
    assert "sk-mine" not in seen["says"] + seen["detail"]
    assert seen["requests"] == (1 if name == "wrong key" else 0)


def test_a_schema_reaches_the_models_that_take_one(report: dict[str, Any]) -> None:
    """Those that litellm knows to take one, unless the user says otherwise."""
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    held_to = {"name": "axes", "schema": schema, "strict": True}
    wanted = {"type": "json_schema", "json_schema": held_to}
    seen = report["schemas"]
    assert seen["gpt-4o"] == seen["fake-model?structured=true"] == wanted
    assert seen["gpt-4o?structured=false"] is seen["fake-model"] is None
    assert seen["fake-model?structured=true sent"] == ["messages", "model", "response_format"]


def test_nothing_listening_is_unreachable(report: dict[str, Any]) -> None:
    seen, url = report["other_providers"]["closed"], report["other_providers"]["closed url"]
    assert seen["error"] == "Unreachable"
    assert seen["says"] == f"nothing answers at {url}: is the server running?"


def test_a_reset_is_no_500(report: dict[str, Any]) -> None:
    """litellm gives resets a status that no provider sent; the message does not repeat it."""
    says = report["contract"]["reset"]["litellm"]["says"]
    assert says == "openai gave no answer that litellm could read"


def test_a_missing_key_variable_is_found_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(InputError, match="openai/m takes its key from MY_KEY, which is not set"):
        LitellmTarget.of(parse_target("openai/m?key_env=MY_KEY"))


class Sent:
    """As much of litellm as says what a call would be given."""

    def get_supported_openai_params(self, model: str) -> None:
        return None


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("openai/m", None),
        ("openai/m?key_env=MY_KEY", "sk-mine"),
        ("openai/m?api_base=http://other.invalid/v1", NO_KEY),
        ("openai/m?api_base=https://other.invalid/v1", NO_KEY),
        ("openai/m?api_base=https://other.invalid/v1&key_env=MY_KEY", "sk-mine"),
        ("anthropic/m?api_base=https://other.invalid", NO_KEY),
        ("azureish/m?api_base=https://other.invalid", NO_KEY),
        ("azure/m?api_base=https://mine.invalid", None),
        ("azure/m?api_base=http://mine.invalid", NO_KEY),
    ],
)
def test_a_providers_key_goes_to_no_other_host(
    target: str, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `key_env` a named server gets no key, over https as over http; None is litellm's own
    look-up. Azure has no host but the named one."""
    monkeypatch.setenv("MY_KEY", "sk-mine")
    subject = LitellmTarget.of(parse_target(target))
    arguments = subject._arguments(Sent(), Request((Message("user", "Hello?"),)))
    assert arguments.get("api_key") == key


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("openai/m?base_url=https://other.invalid/v1", "parameter 'base_url' is called api_base"),
        ("vertex_ai/m?api_base=https://other.invalid", "send your Google login to https://other"),
    ],
)
def test_what_would_lead_a_key_astray_is_refused(target: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        LitellmTarget.of(parse_target(target))


class Carrier(Exception):
    """An exception with headers where some provider's have them."""

    def __init__(self, **where: object) -> None:
        for name, value in where.items():
            setattr(self, name, value)


@pytest.mark.parametrize(
    ("chain", "found"),
    [
        ([Carrier(litellm_response_headers={"Retry-After": 3})], {"retry-after": "3"}),
        ([Carrier(headers={"retry-after": "3"})], {"retry-after": "3"}),
        (
            [Carrier(), Carrier(response=Carrier(headers={"Retry-After": "3"}))],
            {"retry-after": "3"},
        ),
        (
            [Carrier(headers={"a": "1"}), Carrier(headers={"a": "2", "b": "2"})],
            {"a": "1", "b": "2"},
        ),
        ([Carrier(headers=None, response=None)], {}),
    ],
)
def test_headers_are_found_where_litellm_keeps_them(
    chain: list[Carrier], found: dict[str, str]
) -> None:
    """On its own exception, on what lies under it, or on the answer; the nearest counts."""
    assert _headers(chain) == found


def test_the_key_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-mine")
    assert repr(LitellmTarget("openai/m", key_env="MY_KEY")) == "LitellmTarget('openai/m')"
