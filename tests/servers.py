"""A real OpenAI-compatible server on loopback: answers as scripted, records what it was sent.

    async with FakeServer(["Hello.", fault(429, headers={"Retry-After": "3"})]) as server:
        ...                                   # POST to server.url + "/chat/completions"
    assert server.bodies[0]["seed"] == 7

A script is one answer for every call, a list (the last one repeats), or a function of the decoded
request body. An answer is the reply's text, or an `Answer` for anything else a server can do.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from aiohttp import web

MODEL = "fake-model"


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted answer, down to the bytes.

    `cut` resets the connection after that many bytes of the body; -1 resets before any header.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = "application/json"
    delay: float = 0.0
    cut: int | None = None

    def raw(self) -> bytes:
        """The body as sent: bytes as they are, anything else as JSON."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


def said(
    text: Any = "Hello.",
    *,
    finish: str | None = "stop",
    model: str = MODEL,
    usage: Any = None,
    choice: Mapping[str, Any] | None = None,
    delay: float = 0.0,
    cut: int | None = None,
    **message: Any,
) -> Answer:
    """A chat completion; more keys go into the message, `choice` beside it."""
    first = {
        "index": 0,
        "message": {"role": "assistant", "content": text, **message},
        "finish_reason": finish,
        **(choice or {}),
    }
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [first],
        "usage": usage or {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    }
    return Answer(body, delay=delay, cut=cut)


def fault(
    status: int,
    message: str = "it went wrong",
    *,
    headers: Mapping[str, str] | None = None,
    **error: Any,
) -> Answer:
    """An error in OpenAI's format; more keys (`code`, `type`, `innererror`) go into `error`."""
    return Answer({"error": {"message": message, **error}}, status=status, headers=headers or {})


Script = str | Answer | Sequence[str | Answer] | Callable[[dict[str, Any]], str | Answer]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class FakeServer:
    """Answers every POST as scripted, on any path, and `GET /v1/models` with `models`.

    It listens on a free port of 127.0.0.1, and when entered again on the same one; `url` is the
    API's base, once entered. While `gate` is closed, calls arrive and nothing is answered.
    """

    def __init__(self, script: Script = "Hello.", *, models: Sequence[str] = (MODEL,)) -> None:
        self.script = script
        self.models = models
        self.seen: list[Seen] = []
        self.in_flight = self.peak = 0
        self.arrived = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.port = 0
        self.url = ""

    @property
    def bodies(self) -> list[Any]:
        """The decoded bodies of the POSTs, in order of arrival."""
        return [seen.body for seen in self.seen if seen.method == "POST"]

    @property
    def headers(self) -> list[dict[str, str]]:
        """The headers of the POSTs, names in lower case."""
        return [seen.headers for seen in self.seen if seen.method == "POST"]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_get("/v1/models", self._list)
        app.router.add_post("/{path:.*}", self._chat)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        host, self.port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{self.port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _list(self, request: web.Request) -> web.StreamResponse:
        await self._record(request)
        listed = [{"id": model, "object": "model"} for model in self.models]
        return web.json_response({"object": "list", "data": listed})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        seen = await self._record(request)
        answer = self._next(seen.body)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await asyncio.sleep(answer.delay)
            await self.gate.wait()
            return await _send(request, answer)
        finally:
            self.in_flight -= 1

    async def _record(self, request: web.Request) -> Seen:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = Seen(request.method, request.path, headers, orjson.loads(raw) if raw else None)
        self.seen.append(seen)
        self.arrived.set()
        return seen

    def _next(self, body: dict[str, Any]) -> Answer:
        script = self.script
        if callable(script):
            script = script(body)
        if isinstance(script, str | Answer):
            answer: str | Answer = script
        else:
            answer = script[min(len(self.bodies), len(script)) - 1]
        return said(answer) if isinstance(answer, str) else answer


async def _send(request: web.Request, answer: Answer) -> web.StreamResponse:
    raw, headers = answer.raw(), dict(answer.headers)
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = len(raw)
    if answer.cut != -1:
        await response.prepare(request)
        await response.write(raw if answer.cut is None else raw[: answer.cut])
    if answer.cut is None:
        await response.write_eof()
    elif request.transport is not None:
        # What was written has to reach the client before the reset does.
        await asyncio.sleep(0.01)
        with contextlib.suppress(AttributeError):
            request.transport.abort()
    return response


def closed_url() -> str:
    """The address of a loopback port where nothing listens."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"
