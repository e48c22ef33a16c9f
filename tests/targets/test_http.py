"""HttpTarget against a real server on loopback: what is sent, and what each answer becomes."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable
from email.utils import formatdate
from time import time
from typing import Any

import pytest

from convsim.errors import (
    CallError,
    InputError,
    Permanent,
    RefusedRequest,
    Throttled,
    Transient,
    Unreachable,
)
from convsim.reading import Status
from convsim.targets.http import HttpTarget
from convsim.targets.spec import parse_target
from convsim.transcript import Message, Reply, Request, Schema, Usage
from tests.servers import MODEL, Answer, FakeServer, Script, closed_url, fault, said
from tests.targets.answers import FAILURES, REPLIES

HELLO = Request((Message("system", "Be kind."), Message("user", "Hello?")), seed=7)


async def ask(script: Script, request: Request = HELLO, **options: Any) -> Reply:
    """One call of a target at a server that answers with `script`."""
    async with FakeServer(script) as server, HttpTarget(server.url, MODEL, **options) as target:
        return await target.reply(request)


async def failing(script: Script, **options: Any) -> CallError:
    with pytest.raises(CallError) as caught:
        await ask(script, **options)
    return caught.value


async def test_sends_exactly_this_body_and_no_key() -> None:
    """Model, messages, seed and parameters go out; a key, a cookie or anything else does not."""
    async with (
        FakeServer() as server,
        HttpTarget(server.url, MODEL, parameters={"temperature": 0.5, "stop": ["."]}) as target,
    ):
        await target.reply(HELLO)
    assert server.bodies == [
        {
            "model": MODEL,
            "messages": [
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": "Hello?"},
            ],
            "seed": 7,
            "temperature": 0.5,
            "stop": ["."],
        }
    ]
    assert server.seen[0].path == "/v1/chat/completions"
    assert server.headers[0]["content-type"] == "application/json"
    assert set(server.headers[0]) == {
        "host",
        "accept",
        "accept-encoding",
        "content-length",
        "content-type",
        "user-agent",
    }


async def test_a_schema_is_sent_only_where_the_user_says_that_the_server_takes_one() -> None:
    """It is another target then: its answers come about otherwise."""
    request = Request(HELLO.messages, schema=Schema("axes", {"type": "object"}))
    named = {}
    for query, sent in (("", False), ("?structured=false", False), ("?structured=true", True)):
        async with FakeServer() as server:
            spec = parse_target(f"{server.url}{query}#{MODEL}")
            async with HttpTarget.of(spec) as target:
                await target.reply(request)
        assert ("response_format" in server.bodies[0]) is sent
        assert "structured" not in server.bodies[0]
        assert target.fingerprint == spec.fingerprint
        named[query] = target.fingerprint
    assert len(set(named.values())) == 3


async def test_tool_fields_of_a_message_are_sent() -> None:
    """Name, tool calls and the id they are answered by reach the server, where they are set."""
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    request = Request(
        (
            Message("assistant", "", tool_calls=(call,)),
            Message("tool", "found", tool_call_id="c1", name="look"),
        )
    )
    async with FakeServer() as server, HttpTarget(server.url, MODEL) as target:
        await target.reply(request)
    assert server.bodies[0] == {
        "model": MODEL,
        "messages": [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": "found", "tool_call_id": "c1", "name": "look"},
        ],
    }


@pytest.mark.parametrize(
    ("parameters", "sent"), [({}, 7), ({"seed": 5}, 5), ({"seed": None}, None)]
)
async def test_a_seed_parameter_overrides_or_drops_the_seed(
    parameters: dict[str, Any], sent: int | None
) -> None:
    async with (
        FakeServer() as server,
        HttpTarget(server.url, MODEL, parameters=parameters) as target,
    ):
        await target.reply(HELLO)
    assert server.bodies[0].get("seed") == sent
    assert ("seed" in server.bodies[0]) is (sent is not None)


async def test_a_key_is_sent_only_from_the_named_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OPENAI_API_KEY` is meant for another host; only `key_env` makes a key leave."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-openai")
    monkeypatch.setenv("MY_KEY", " sk-mine\n")
    async with FakeServer() as server:
        for query in ("", "?key_env=MY_KEY"):
            async with HttpTarget.of(parse_target(f"{server.url}{query}#{MODEL}")) as target:
                await target.reply(HELLO)
                assert "sk-" not in repr(target)
    assert [headers.get("authorization") for headers in server.headers] == [None, "Bearer sk-mine"]


@pytest.mark.parametrize(
    ("value", "says"), [(None, "MY_KEY, which is not set"), ("a\nb", "MY_KEY")]
)
def test_an_unusable_key_is_an_input_error(
    monkeypatch: pytest.MonkeyPatch, value: str | None, says: str
) -> None:
    """Nothing is called with a key that is missing or that no header can carry."""
    monkeypatch.delenv("MY_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(InputError, match=says):
        HttpTarget("http://localhost:1/v1", MODEL, key_env="MY_KEY")


@pytest.mark.parametrize("name", REPLIES)
async def test_replies(name: str) -> None:
    """Every answer that is a reply becomes one, with its status, raw stop reason and block."""
    answer, text, status, stop, block = REPLIES[name]
    reply = await ask(answer)
    assert (reply.text, reply.status, reply.stop, reply.block) == (text, status, stop, block)


@pytest.mark.parametrize("name", FAILURES)
async def test_failures(name: str) -> None:
    """Every other answer raises the error of its class, after one request: retries are not here."""
    answer, kind = FAILURES[name]
    async with FakeServer(answer) as server, HttpTarget(server.url, MODEL) as target:
        with pytest.raises(CallError) as caught:
            await target.reply(HELLO)
    assert type(caught.value) is kind
    assert server.url in str(caught.value)
    assert len(server.bodies) == 1


async def test_usage_served_model_and_reasoning_are_kept() -> None:
    """What the server says about the call is recorded; reasoning stays apart from the text."""
    assert await ask(said("Hi.", model="llama-q4", reasoning="They greet.")) == Reply(
        "Hi.", stop="stop", served="llama-q4", reasoning="They greet.", usage=Usage(5, 2)
    )
    assert (await ask(said("Hi.", reasoning_content="They greet."))).reasoning == "They greet."


async def test_a_missing_stop_reason_and_broken_counts_are_no_failure() -> None:
    reply = await ask(said("Hi.", finish=None, usage={"prompt_tokens": "many"}))
    assert (reply.text, reply.status, reply.stop, reply.usage) == ("Hi.", Status.OK, None, None)


async def test_bytes_cut_inside_a_code_point_are_replaced() -> None:
    """The reply is kept; a retry would be cut at the same place."""
    cut = Answer(said("Caf@").raw().replace(b"@", b"\xc3"))
    assert (await ask(cut)).text == "Caf�"


async def test_large_replies_arrive_whole() -> None:
    """Five megabytes of base64 are a reply like any other."""
    text = base64.b64encode(bytes(4 * 2**20)).decode()
    assert (await ask(said(text))).text == text


ANSWERS: list[tuple[Script, str]] = [
    (fault(401), r"/v1 rejected the key \(401\): pass \?key_env=NAME"),
    (fault(503), r"/v1 failed \(503\)"),
    (fault(429), r"/v1 asks to slow down \(429\)"),
    (fault(422), r"/v1 does not accept this request \(422\)"),
    (fault(402), r"out of quota \(402\); top it up"),
    (Answer(b"<html>", content_type="text/html"), "answered with text/html instead of JSON"),
    (Answer(b"{"), "answered with malformed JSON"),
    (Answer({"choices": []}), "answered 200 without a reply in `choices`"),
    (said("Hi", finish="error"), "broke off its reply"),
    (said("Hi", cut=40), r"broke off before the answer was complete \(ClientPayloadError\)"),
    (
        Answer(b"", status=307, headers={"Location": "https://other.invalid/v1"}),
        r"redirects to https://other.invalid/v1 \(307\); name that URL",
    ),
]


@pytest.mark.parametrize(("answer", "says"), ANSWERS)
async def test_messages_name_the_place_and_the_remedy(answer: Answer, says: str) -> None:
    error = await failing(answer)
    assert re.search(says, str(error))


async def test_a_redirect_is_not_followed() -> None:
    """A redirect could carry the key to a host that nobody named."""
    async with FakeServer("From elsewhere.") as other:
        error = await failing(
            Answer(b"", status=307, headers={"Location": f"{other.url}/chat/completions"})
        )
    assert isinstance(error, Permanent)
    assert other.seen == []


async def test_a_rejected_key_names_its_variable_and_stays_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message says which variable to set; a key that the server echoes is struck out."""
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    error = await failing(fault(401, "wrong key: sk-very-secret"), key_env="MY_KEY")
    assert "rejected the key (401): set MY_KEY" in str(error)
    assert "wrong key: ***" in error.detail
    assert "secret" not in f"{error} {error.detail} {error.__cause__!r}"


async def test_an_unknown_model_is_named_with_those_on_offer() -> None:
    async with (
        FakeServer(fault(404, code="model_not_found"), models=["llama", "qwen"]) as server,
        HttpTarget(server.url, "lama") as target,
    ):
        with pytest.raises(Permanent, match=r"no model 'lama' \(404\); it offers llama, qwen"):
            await target.reply(HELLO)
    assert [seen.method for seen in server.seen] == ["POST", "GET"]


async def test_a_404_for_another_reason_points_at_the_url() -> None:
    """Where the server does offer the model, the path is what is wrong."""
    error = await failing(Answer(b"nothing here", status=404))
    assert "check the model's name and that the URL is the API's base" in str(error)


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"Retry-After": "3"}, 3, 3),
        ({"Retry-After": "1.5"}, 1.5, 1.5),
        ({"retry-after-ms": "250", "Retry-After": "9"}, 0.25, 0.25),
        ({"Retry-After": "-1"}, 0, 0),
        ({"Retry-After": formatdate(time() + 7200, usegmt=True)}, 3600, 7200),
        ({"Retry-After": formatdate(0, usegmt=True)}, 0, 0),
    ],
)
async def test_retry_after(headers: dict[str, str], low: float, high: float) -> None:
    """Seconds, milliseconds and dates are understood; the past means now."""
    error = await failing(fault(429, headers=headers))
    assert isinstance(error, Throttled)
    assert error.retry_after is not None
    assert low <= error.retry_after <= high


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}])
async def test_no_retry_after(headers: dict[str, str]) -> None:
    error = await failing(fault(429, headers=headers))
    assert isinstance(error, Throttled)
    assert error.retry_after is None


async def test_details_quote_at_most_200_characters() -> None:
    """The server's own words are kept for the error row, on one line and not at any length."""
    error = await failing(Answer(b"<p>\n" + b"x" * 10_000, status=500, content_type="text/html"))
    assert error.detail.startswith("<p> xxx")
    assert len(error.detail) == 200


async def test_nothing_listening_is_unreachable() -> None:
    url = closed_url()
    async with HttpTarget(url, MODEL) as target:
        with pytest.raises(Unreachable, match=f"nothing answers at {url}: is the server running"):
            await target.reply(HELLO)


async def test_an_unknown_host_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve is no connection; no resolver is asked here."""
    from socket import gaierror

    async def unknown(*_: object, **__: object) -> list[object]:
        raise gaierror("Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    async with HttpTarget("http://model.invalid:8000/v1", MODEL) as target:
        with pytest.raises(Unreachable, match=r"nothing answers at http://model.invalid:8000/v1"):
            await target.reply(HELLO)


async def test_https_to_a_plain_server_says_so() -> None:
    async with FakeServer() as server:
        url = server.url.replace("http:", "https:")
        async with HttpTarget(url, MODEL) as target:
            with pytest.raises(Permanent, match="does not speak TLS; is it an http:// server"):
                await target.reply(HELLO)


async def test_a_slow_answer_is_transient() -> None:
    error = await failing(said("Late.", delay=5), timeout=0.1)
    assert type(error) is Transient
    assert "gave no answer within 0.1 s" in str(error)


async def test_text_that_is_no_unicode_is_refused_before_sending() -> None:
    """Half an emoji in a message fails this request, not the run."""
    async with FakeServer() as server, HttpTarget(server.url, MODEL) as target:
        with pytest.raises(RefusedRequest, match="is no JSON"):
            await target.reply(Request((Message("user", "\ud83d"),)))
    assert server.seen == []


async def test_cancelling_a_call_leaves_the_target_usable() -> None:
    async with (
        FakeServer([said("Late.", delay=5), "Prompt."]) as server,
        HttpTarget(server.url, MODEL) as target,
    ):
        call = asyncio.create_task(target.reply(HELLO))
        await server.arrived.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await target.reply(HELLO)).text == "Prompt."


async def test_many_calls_are_open_at_once() -> None:
    """The connector sets no limit of its own: concurrency belongs to the caller."""
    async with (
        FakeServer(said("Hi.", delay=1)) as server,
        HttpTarget(server.url, MODEL) as target,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(120):
            group.create_task(target.reply(HELLO))
    assert server.peak > 100


def test_one_target_serves_several_event_loops() -> None:
    """Each loop has its own session, as a notebook or a test suite needs."""
    target = HttpTarget("http://127.0.0.1:1/v1", MODEL)

    async def once() -> str:
        async with FakeServer() as server:
            target.url = server.url
            async with target:
                return (await target.reply(HELLO)).text

    assert [asyncio.run(once()) for _ in range(2)] == ["Hello.", "Hello."]


async def test_a_script_may_look_at_the_request() -> None:
    """The test server answers from the request where it is given a function."""
    echo: Callable[[dict[str, Any]], str] = lambda body: body["messages"][-1]["content"]  # noqa: E731
    assert (await ask(echo)).text == "Hello?"
