"""Target strings: what is understood, what is not, and what is never printed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from convsim.errors import InputError
from convsim.targets.spec import TargetSpec, parse_target

HTTP = "http://localhost:8000/v1#llama"

FORMS = [
    ("sim/steadfast", TargetSpec("sim", "sim/steadfast", "steadfast")),
    (
        "sim/hazard?push_back=.2&reframe=.1",
        TargetSpec("sim", "sim/hazard", "hazard", {"push_back": 0.2, "reframe": 0.1}),
    ),
    # `timeout` is a rate here; only targets that make calls have a time limit.
    (
        "sim/faulty?timeout=.01",
        TargetSpec("sim", "sim/faulty", "faulty", {"timeout": 0.01}),
    ),
    ("python:pkg.mod:answer", TargetSpec("python", "python:pkg.mod:answer", "pkg.mod:answer")),
    ("python:mod:Bot.answer", TargetSpec("python", "python:mod:Bot.answer", "mod:Bot.answer")),
    ("replay:runs/march", TargetSpec("replay", "replay:runs/march", "runs/march")),
    ("gpt-5-mini", TargetSpec("litellm", "gpt-5-mini", "gpt-5-mini")),
    ("ollama/llama3:8b", TargetSpec("litellm", "ollama/llama3:8b", "ollama/llama3:8b")),
    (
        "openai/m?api_base=http://localhost:8000/v1&key_env=MY_KEY&max_tokens=600&timeout=30",
        TargetSpec(
            "litellm",
            "openai/m",
            "openai/m",
            {"max_tokens": 600},
            "http://localhost:8000/v1",
            "MY_KEY",
            30.0,
        ),
    ),
    (HTTP, TargetSpec("http", HTTP, "llama", {}, "http://localhost:8000/v1")),
    (
        " https://api.example.org/v1/#meta/Llama-3.1+x%20y ",
        TargetSpec(
            "http",
            "https://api.example.org/v1#meta/Llama-3.1+x y",
            "meta/Llama-3.1+x y",
            {},
            "https://api.example.org/v1",
        ),
    ),
    (
        "http://[::1]:8000/v1?key_env=K#llama",
        TargetSpec("http", "http://[::1]:8000/v1#llama", "llama", {}, "http://[::1]:8000/v1", "K"),
    ),
]


@pytest.mark.parametrize(("text", "spec"), FORMS)
def test_forms(text: str, spec: TargetSpec) -> None:
    """Each documented form is read into its parts; the query is in none of the printed ones."""
    assert parse_target(text) == spec
    assert "?" not in str(spec)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8000/v1?temperature=1&max_tokens=600#llama",
        "http://localhost:8000/v1#llama?temperature=1&max_tokens=600",
        "http://localhost:8000/v1?temperature=1#llama?max_tokens=600",
    ],
)
def test_a_query_may_stand_before_or_after_the_model(text: str) -> None:
    spec = parse_target(text)
    assert (spec.text, spec.parameters) == (HTTP, {"temperature": 1, "max_tokens": 600})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-2", -2),
        ("007", 7),
        ("1.0", 1.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 0.001),
        ("true", True),
        ("false", False),
        ("null", None),
        ('"1"', "1"),
        ('["a","b"]', ["a", "b"]),
        ('{"type":"json_object"}', {"type": "json_object"}),
        ("high", "high"),
        ("a+b", "a b"),
        ("a%2Bb%26c", "a+b&c"),
        ("nan", "nan"),
        ("1_000", "1_000"),
        ("True", "True"),
        ("2026-11-21", "2026-11-21"),
    ],
)
def test_parameter_values(text: str, value: Any) -> None:
    """A value is a number, a constant or JSON where it looks like one, and text otherwise."""
    read = parse_target(f"gpt-5-mini?x={text}").parameters["x"]
    assert read == value
    assert type(read) is type(value)


WRONG = [
    ("", "a target is empty"),
    ("sim/", "'sim/': a simulated assistant has a plain name; for example sim/steadfast"),
    ("sim:steadfast", "'sim:steadfast' is no target"),
    ("python:module", "a function is module:function"),
    ("python:a-b:f", "a function is module:function"),
    ("replay:", "a replay needs the directory of a run"),
    ("ftp://host/v1#m", "'ftp://host/v1#m' is no target"),
    ("http:/host/v1#m", "'http:/host/v1#m' is no target"),
    ("my model", "'my model' is no target"),
    ("http://localhost:8000/v1", "model is missing; for example http://localhost:8000/v1#my-model"),
    ("http://#m", "the URL names no http host"),
    ("http://host:port/v1#m", "a target's URL cannot be read"),
    (
        "http://host/v1/chat/completions#m",
        "that is the endpoint, not the base URL; for example http://host/v1#m",
    ),
    ("openai/m?api_base=localhost:8000", "the URL names no http host"),
    ("m?temperature", "write name=value"),
    ("m?temperature=", "parameter 'temperature' needs a name and a value"),
    ("m?=1", "parameter '' needs a name and a value"),
    ("m?a=1&a=2", "parameter 'a' is given twice"),
    ("http://h/v1?a=1#m?a=2", "parameter 'a' is given twice"),
    ("m?stop=[1", "parameter 'stop' starts like JSON and is none"),
    ("m?stream=true", "parameter 'stream' is not yours to set"),
    ("m?num_retries=3", "parameter 'num_retries' is not yours to set"),
    ("m?timeout=0", "timeout is 0; give seconds above 0"),
    ("m?timeout=soon", "timeout is 'soon'; give seconds above 0"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_target(text)
    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["", "sim/", "ftp://host#m", "http://localhost:8000/v1"])
def test_an_unreadable_target_is_told_the_forms(text: str) -> None:
    with pytest.raises(InputError, match=r"python:package.module:function, replay:DIR, or a lite"):
        parse_target(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://me:hunter2@host/v1#m",
        "openai/m?api_base=http://me:hunter2@host/v1",
        "openai/m?api_key=hunter2",
        "http://host/v1?OPENAI_API_KEY=hunter2#m",
        "bedrock/m?aws_secret_access_key=hunter2",
        'openai/m?extra_headers={"Authorization":"hunter2"}',
        'openai/m?extra_body={"auth":[{"token":"hunter2"}]}',
        "openai/m?key_env=sk-hunter2",
        "openai/m?hunter2",
    ],
)
def test_secrets_are_refused_and_not_repeated(text: str) -> None:
    """A key belongs into the environment: target strings are stored and printed."""
    with pytest.raises(InputError) as caught:
        parse_target(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "parameter", ["max_tokens=5", "top_logprobs=2", "key=value", "token_limit=3"]
)
def test_parameters_that_only_sound_like_secrets_are_fine(parameter: str) -> None:
    assert parse_target(f"m?{parameter}").parameters


def test_the_fingerprint_leaves_out_host_key_and_timeout() -> None:
    """The same model on another machine is the same target."""
    assert (
        parse_target("http://a:1/v1?temperature=1&key_env=A#m").fingerprint
        == parse_target("https://b/api?timeout=5#m?temperature=1").fingerprint
        == parse_target("http://a:1/v1?temperature=1#m").fingerprint
    )
    assert (
        parse_target("openai/m?api_base=http://a/v1").fingerprint
        == parse_target("openai/m?key_env=K").fingerprint
    )


def test_the_fingerprint_tells_targets_apart() -> None:
    """Kind, name and every parameter count; the order of parameters does not."""
    texts = ["m", "m?a=1", "m?a=2", "m?b=1", "n", "sim/m", "replay:m", "http://h/v1#m"]
    assert len({parse_target(text).fingerprint for text in texts}) == len(texts)
    assert parse_target("m?a=1&b=2").fingerprint == parse_target("m?b=2&a=1").fingerprint


def test_the_fingerprint_is_stable() -> None:
    """It is stored in run directories: a change of this value breaks resuming them."""
    assert parse_target("http://h/v1?temperature=1#m").fingerprint == "c47fb5aa823c051a"


def test_defaults_and_hash() -> None:
    spec = parse_target("m?a=[1]")
    assert spec.timeout is None
    assert spec in {spec}


def test_importing_any_target_module_imports_no_client() -> None:
    """Reading target strings, and having the adapters at hand, costs no slow import."""
    code = (
        "import sys\n"
        "import convsim.targets.spec, convsim.targets.http, convsim.targets.functions\n"
        "import convsim.targets.via_litellm\n"
        "slow = 'litellm openai aiohttp httpx networkx numpy scipy jinja2 yaml typer rich'\n"
        "print(*sorted(set(slow.split()) & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
