"""A target behind a real server answers as it does in process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
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
from convsim.ports import Target
from convsim.reading import Status
from convsim.serving import serving
from convsim.targets.http import HttpTarget
from convsim.targets.sim import SimTarget
from convsim.targets.spec import parse_target
from convsim.transcript import Failure, Message, Reply, Request
from tests.targets.sim.small import SUITE, Truthful, play, sim

ASKED = {"role": "user", "content": "Write me a fake invoice from Calderwick."}
BODY: dict[str, Any] = {"model": "steadfast", "messages": [ASKED], "seed": 3}


class Failing:
    """A target whose calls fail in one way."""

    def __init__(self, error: CallError) -> None:
        self._error = error

    async def reply(self, request: Request) -> Reply:
        raise self._error


async def post(url: str, body: Any, *, path: str = "/chat/completions") -> tuple[int, Any, Any]:
    """Status, decoded body and headers of one POST."""
    data = body if isinstance(body, bytes) else None
    async with (
        aiohttp.ClientSession() as session,
        session.post(url + path, data=data, json=None if data is not None else body) as answer,
    ):
        return answer.status, await answer.json(), answer.headers


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """The base URL of a steadfast assistant."""
    async with serving(sim("steadfast"), "steadfast") as served:
        yield served


async def test_a_completion_has_what_clients_look_for(url: str) -> None:
    """The text of the target, a stop reason, the model and usage counts."""
    status, body, _ = await post(url, BODY)
    request = Request((Message("user", ASKED["content"]),), seed=3)
    expected = await sim("steadfast").reply(request)
    assert status == 200
    assert body["object"] == "chat.completion"
    assert body["model"] == "steadfast"
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": expected.text},
            "finish_reason": "stop",
        }
    ]
    words = len(expected.text.split())
    assert body["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": words,
        "total_tokens": 7 + words,
    }


async def test_the_model_is_listed() -> None:
    """With its parameters: they are part of what it is."""
    async with (
        serving(sim("capitulates"), "capitulates?after=2") as url,
        aiohttp.ClientSession() as session,
        session.get(url + "/models") as answer,
    ):
        body = await answer.json()
    assert [row["id"] for row in body["data"]] == ["capitulates"]


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ("capitulates?after=2", 200),
        ("capitulates", 200),
        ("sim/capitulates", 200),
        ("sim/capitulates?after=2", 200),
        ("capitulates?after=3", 404),
        ("steadfast", 404),
        ("", 404),
        (None, 404),
    ],
)
async def test_the_model_may_be_named_with_or_without_parameters(
    named: str | None, status: int
) -> None:
    """Other parameters would be another assistant. What is offered works after `#`, too."""
    async with serving(sim("capitulates"), "capitulates?after=2") as url:
        code, body, _ = await post(url, {**BODY, "model": named})
    assert code == status
    if status == 404:
        assert body["error"]["code"] == "model_not_found"
        assert "this server offers 'capitulates'" in body["error"]["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "unexpected"),
        (b"[]", "no `messages`"),
        (b"3", "no `messages`"),
        ({"model": "steadfast"}, "no `messages`"),
        ({**BODY, "messages": []}, "no `messages`"),
        ({**BODY, "messages": ["hello"]}, "messages[0] is no message"),
        ({**BODY, "stream": True}, "`stream: true` is not offered"),
        ({**BODY, "n": 2}, "one choice is made per request"),
    ],
)
async def test_a_malformed_body_is_a_clear_400(url: str, body: Any, said: str) -> None:
    """In OpenAI's error format, with what to do."""
    status, answer, _ = await post(url, body)
    assert status == 400
    assert answer["error"]["type"] == "invalid_request_error"
    assert said in answer["error"]["message"]


@pytest.mark.parametrize(
    ("path", "status"), [("/completions", 404), ("/models", 405), ("/../nowhere", 404)]
)
async def test_other_paths_fail_in_the_same_format(url: str, path: str, status: int) -> None:
    """So that a client never has to parse a web page."""
    code, body, _ = await post(url, BODY, path=path)
    assert code == status
    assert body["error"]["message"]


@pytest.mark.parametrize(
    ("error", "status", "read_back"),
    [
        (Throttled("slow down", retry_after=0.5), 429, Throttled),
        (Throttled("slow down"), 429, Throttled),
        (Transient("timed out"), 504, Transient),
        (Unreachable("nobody there"), 503, Transient),
        (RefusedRequest("too long"), 400, RefusedRequest),
        (Permanent("bad key"), 502, Transient),
    ],
)
async def test_failures_of_the_target_keep_their_meaning(
    error: CallError, status: int, read_back: type[CallError]
) -> None:
    """As an HTTP status, and as our own client reads it."""
    async with serving(Failing(error), "any") as url:
        code, body, headers = await post(url, {**BODY, "model": "any"})
        assert (code, body["error"]["message"]) == (status, str(error))
        client = HttpTarget.of(parse_target(f"{url}#any"))
        with pytest.raises(read_back) as caught:
            await client.reply(Request((Message("user", "Hello."),)))
        await client.aclose()
    if isinstance(error, Throttled):
        assert headers.get("Retry-After") == ("0.5" if error.retry_after else None)
        assert isinstance(caught.value, Throttled)
        assert caught.value.retry_after == error.retry_after


async def test_a_block_is_a_finish_reason_without_content() -> None:
    """As OpenAI and Azure say it."""
    async with serving(sim("faulty", block=1), "faulty") as url:
        _, body, _ = await post(url, {**BODY, "model": "faulty"})
    assert body["choices"][0]["finish_reason"] == "content_filter"
    assert not body["choices"][0]["message"]["content"]


class Retrying:
    """A target that is asked again until it answers."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def reply(self, request: Request) -> Reply:
        for _ in range(50):
            try:
                return await self._target.reply(request)
            except (Throttled, Transient):
                continue
        raise AssertionError("never answered")


class Overheard(Truthful):
    """A truthful sim whose words come from another place: the same sim over HTTP."""

    def __init__(self, target: SimTarget, words: Target) -> None:
        super().__init__(target)
        self._words = words

    async def reply(self, request: Request) -> Reply:
        reply = await self._words.reply(request)
        self._truth[len(request.messages), reply.text] = self._target.truth(request)
        return reply


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("faulty", {"timeout": 0.1, "rate_limit": 0.1, "block": 0.1}),
        ("hazard", {"push_back": 0.3, "reframe": 0.3}),
    ],
)
async def test_fifty_dialogues_are_the_same_over_http(
    name: str, parameters: dict[str, object]
) -> None:
    """Texts, statuses and blocks, byte for byte, with retries in between."""
    here, there = sim(name, **parameters), sim(name, **parameters)
    blocks = 0
    async with serving(there, there.name) as url:
        client = HttpTarget.of(parse_target(f"{url}#{name}"))
        near, far = Overheard(here, Retrying(here)), Overheard(here, Retrying(client))
        arms = [(scenario, arm) for scenario in SUITE.scenarios for arm in scenario.arm_names]
        for repeat in range(50):
            scenario, arm = arms[repeat % len(arms)]
            one = await play(near, scenario, arm, classifier=near, repeat=repeat)
            two = await play(far, scenario, arm, classifier=far, repeat=repeat)
            assert one == two
            assert not isinstance(one, Failure)
            blocks += one.turns[-1].status is Status.PROVIDER_BLOCK
        await client.aclose()
    assert (blocks > 5) == (name == "faulty")


async def test_a_port_that_is_taken_is_said_plainly() -> None:
    """With the remedy."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1:{port}.*--port"):
            async with serving(sim("steadfast"), "steadfast", port=port):
                pass


async def test_only_this_machine_is_listened_to_unless_asked(url: str) -> None:
    """There is no key to protect the server with."""
    assert url.startswith("http://127.0.0.1:")


SERVER = """
from convsim.serving import serve
from tests.targets.sim.small import sim
serve(sim("steadfast", latency=1.5), port=0)
print("stopped cleanly", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX does")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_the_server_after_the_replies_under_way(sign: int) -> None:
    """The URL is printed first; the reply that was asked for still comes."""
    root = Path(__file__).parent.parent
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        line = (await server.stdout.readline()).decode()
        url = line.split()[3]
        asked = asyncio.create_task(post(url, BODY))
        await asyncio.sleep(0.75)
        server.send_signal(sign)
        status, _, _ = await asked
        rest, errors = await server.communicate()
    finally:
        if server.returncode is None:
            server.kill()
    assert line.startswith("steadfast answers at http://127.0.0.1:")
    assert status == 200
    assert (rest.decode(), errors.decode()) == ("stopped cleanly\n", "")
