"""A target behind a real OpenAI-compatible HTTP server: `convsim serve`, and our own tests.

    async with serving(target, "capitulates?after=2") as url:
        ...                                     # POST to url + "/chat/completions"

What a client reads back is what the target said: the same text, status and block as in process.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import orjson

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
from convsim.targets.wire import completion, read_request

if TYPE_CHECKING:
    from aiohttp import web

LARGEST_BODY = 16 * 2**20
"""Bytes of a request; long conversations stay far below."""

PATIENCE = 5.0
"""Seconds that replies under way get to finish when the server is asked to stop."""

# The first that fits: what each failure of the target is in HTTP, and OpenAI's word for it.
_STATUS: tuple[tuple[type[CallError], int, str], ...] = (
    (Throttled, 429, "rate_limit_error"),
    (Unreachable, 503, "server_error"),
    (Transient, 504, "server_error"),
    (RefusedRequest, 400, "invalid_request_error"),
    (Permanent, 502, "server_error"),
    (CallError, 500, "server_error"),
)


def app(target: Target, model: str) -> web.Application:
    """The application that serves `target` as `model`.

    It is offered by the name that a target string takes after `#`. Clients may name it with or
    without `sim/` before it and parameters behind it.
    """
    from aiohttp import web

    offered = _bare(model)

    async def chat(request: web.Request) -> web.Response:
        try:
            body = orjson.loads(await request.read())
            asked = read_request(body)
            _check(body)
        except (orjson.JSONDecodeError, InputError) as error:
            return _failure(400, str(error), "invalid_request_error")
        named = body.get("model")
        if not isinstance(named, str) or not _same_model(named, model):
            message = f"there is no model {named!r} here; this server offers '{offered}'"
            return _failure(404, message, "invalid_request_error", code="model_not_found")
        try:
            reply = await target.reply(asked)
        except CallError as error:
            return _call_failure(error)
        return _json(completion(reply, model=model))

    async def models(_: web.Request) -> web.Response:
        return _json({"object": "list", "data": [_model_row(offered)]})

    @web.middleware
    async def errors(request: web.Request, handler: Any) -> web.StreamResponse:
        """Every error in OpenAI's format, those of the web server itself included."""
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as error:
            message = f"{request.method} {request.path}: {error.reason}"
            return _failure(error.status, message, "invalid_request_error")
        return response

    application = web.Application(client_max_size=LARGEST_BODY, middlewares=[errors])
    application.router.add_post("/v1/chat/completions", chat)
    application.router.add_get("/v1/models", models)
    return application


@contextlib.asynccontextmanager
async def serving(
    target: Target, model: str, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve `target` until the block is left; yields the API's base URL. Port 0 takes a free one.

    Raises `InputError` where the address cannot be had.
    """
    from aiohttp import web

    runner = web.AppRunner(app(target, model), shutdown_timeout=PATIENCE, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise InputError(
                f"cannot listen on {host}:{port} ({error.strerror or error}); "
                "choose another --port, or 0 for a free one"
            ) from error
        where, taken = runner.addresses[0][:2]
        yield f"http://{f'[{where}]' if ':' in where else where}:{taken}/v1"
    finally:
        await runner.cleanup()


def serve(
    target: Target,
    *,
    model: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve `target` until Ctrl-C or SIGTERM; replies under way are finished.

    `announce` gets one line with the URL and the model; it is printed otherwise. Only this machine
    is listened to unless `host` says otherwise: nothing here asks for a key.
    """
    name = model or str(getattr(target, "name", type(target).__name__))
    asyncio.run(_serve(target, name, host, port, announce or _print))


async def _serve(
    target: Target, model: str, host: str, port: int, announce: Callable[[str], None]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        # Windows has no handlers for signals; there Ctrl-C interrupts the wait below.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(sign, stop.set)
    async with serving(target, model, host=host, port=port) as url:
        announce(f"{model} answers at {url} (target: {url}#{_bare(model)})")
        await stop.wait()


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _check(body: dict[str, Any]) -> None:
    """Refuse what would be silently ignored otherwise."""
    if body.get("stream"):
        raise InputError("`stream: true` is not offered here; leave `stream` out")
    if body.get("n", 1) != 1:
        raise InputError("one choice is made per request; leave `n` out, or ask again")


def _bare(model: str) -> str:
    """The name without its parameters, which in a target string would go to the server."""
    return model.removeprefix("sim/").partition("?")[0]


def _same_model(named: str, served: str) -> bool:
    return named.removeprefix("sim/") in (served.removeprefix("sim/"), _bare(served))


def _model_row(model: str) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": 0, "owned_by": "convsim"}


def _call_failure(error: CallError) -> web.Response:
    status, kind = next((code, word) for cls, code, word in _STATUS if isinstance(error, cls))
    headers = {}
    if isinstance(error, Throttled) and error.retry_after is not None:
        headers = {
            "Retry-After": f"{error.retry_after:g}",
            "retry-after-ms": f"{error.retry_after * 1000:g}",
        }
    return _failure(status, str(error), kind, headers=headers)


def _failure(
    status: int,
    message: str,
    kind: str,
    *,
    code: str | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    error = {"message": message, "type": kind, "param": None, "code": code}
    return _json({"error": error}, status=status, headers=headers)


def _json(
    body: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    from aiohttp import web

    return web.Response(
        body=orjson.dumps(body), status=status, headers=headers, content_type="application/json"
    )
