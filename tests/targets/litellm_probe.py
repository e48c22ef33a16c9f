"""Everything the tests want to know about litellm, found out in one process of its own.

Importing litellm takes seconds and changes the process, so that it happens once, here, with every
connection beyond loopback recorded and refused. `main` prints what was seen as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

from convsim.errors import CallError
from convsim.ports import Target
from convsim.targets.http import HttpTarget
from convsim.targets.spec import parse_target
from convsim.targets.via_litellm import LitellmTarget
from convsim.transcript import Message, Reply, Request, Schema
from tests.servers import MODEL, Answer, FakeServer, closed_url, fault, said
from tests.targets.answers import FAILURES, REPLIES
from tests.targets.native import ANTHROPIC, CLAUDE, NATIVE

ANSWERS = {name: row[0] for name, row in (REPLIES | FAILURES).items()}
Report = dict[str, Any]


def ask(text: str) -> Request:
    return Request((Message("system", "Be kind."), Message("user", text)), seed=7)


async def outcome(target: Target, text: str = "Hello?") -> Report:
    """A reply's fields, or an error's; anything that is no `CallError` ends the probe."""
    try:
        reply: Reply = await target.reply(ask(text))
    except CallError as error:
        return {
            "error": type(error).__name__,
            "says": str(error),
            "detail": error.detail,
            "retry_after": getattr(error, "retry_after", None),
        }
    return {
        "text": reply.text,
        "status": reply.status,
        "stop": reply.stop,
        "block": reply.block,
        "served": reply.served,
        "reasoning": reply.reasoning,
        "usage": [reply.usage.prompt, reply.usage.completion] if reply.usage else None,
    }


def litellm_target(text: str) -> LitellmTarget:
    return LitellmTarget.of(parse_target(text))


async def first_call(server: FakeServer) -> Report:
    """The call that imports litellm, and how often the loop came round meanwhile."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    target = litellm_target(f"openai/{MODEL}?api_base={server.url}&key_env=MY_KEY&max_tokens=9")
    report = await outcome(target)
    ticking.cancel()
    async with HttpTarget(server.url, MODEL, parameters={"max_tokens": 9}) as plain:
        await plain.reply(ask("Hello?"))
    return {
        "reply": report,
        "ticks": ticks,
        "bodies": server.bodies,
        "authorization": server.headers[0].get("authorization"),
    }


async def contract(server: FakeServer) -> Report:
    """Each answer of the shared table through both adapters, and the requests that it took."""
    server.script = lambda body: ANSWERS[body["messages"][-1]["content"]]
    through_litellm = litellm_target(f"openai/{MODEL}?api_base={server.url}")
    report: Report = {}
    async with HttpTarget(server.url, MODEL) as plain:
        for name in ANSWERS:
            http = await outcome(plain, name)
            before = len(server.bodies)
            with warnings.catch_warnings():
                # The client under litellm warns of content in parts while it passes it on.
                warnings.filterwarnings("ignore", message="Pydantic serializer warnings")
                litellm = await outcome(through_litellm, name)
            report[name] = {
                "http": http,
                "litellm": litellm,
                "requests": len(server.bodies) - before,
                "authorization": server.headers[-1].get("authorization"),
            }
    return report


async def other_providers(server: FakeServer) -> Report:
    """What only some providers, or only litellm, can answer."""
    root = server.url.removesuffix("/v1")
    anthropic = f"{ANTHROPIC}?api_base={root}&key_env=MY_KEY"
    groq = f"groq/{MODEL}?api_base={server.url}&key_env=MY_KEY"
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    closed = closed_url()
    # name: (target, answer)
    cases: dict[str, tuple[str, Answer]] = {
        "anthropic text": (anthropic, Answer(CLAUDE)),
        "anthropic overloaded": (anthropic, Answer(overloaded, status=529)),
        "groq throttled": (groq, fault(429, headers={"Retry-After": "3"})),
        "groq later": (groq, fault(503, headers={"retry-after-ms": "1500"})),
        "groq used up": (groq, fault(429, headers=USED_UP)),
        "unsupported": (f"{anthropic}&frequency_penalty=1", said()),
        "missing package": (f"openai/responses/{MODEL}?api_base={server.url}", said()),
        "unknown provider": ("nonsense-model", said()),
        "no key": (ANTHROPIC, said()),
        "wrong key": (f"openai/m?api_base={server.url}&key_env=MY_KEY", fault(401, "no sk-mine")),
        "closed": (f"openai/m?api_base={closed}", said()),
        "late": (f"openai/m?api_base={server.url}&timeout=0.3", said("Late.", delay=5)),
    }
    report: Report = {"closed url": closed}
    # What litellm needs for OpenAI's Responses and does not bring along.
    sys.modules["mcp"] = None  # type: ignore[assignment]
    for name, (target, answer) in cases.items():
        server.script = answer
        before = len(server.bodies)
        report[name] = await outcome(litellm_target(target))
        report[name]["requests"] = len(server.bodies) - before
    del os.environ["OPENAI_API_KEY"]
    report["no openai key"] = {**await outcome(litellm_target("openai/gpt-5")), "requests": 0}
    return report


async def native(server: FakeServer) -> Report:
    """Each provider's own format, through litellm, on a server that speaks it."""
    root = server.url.removesuffix("/v1")
    report: Report = {}
    for name, (model, answer, _) in NATIVE.items():
        server.script = answer
        before = len(server.bodies)
        base = server.url if model.startswith(("hosted_vllm", "openrouter")) else root
        target = f"{model}?api_base={base}&key_env=MY_KEY"
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Pydantic serializer warnings")
            report[name] = await outcome(litellm_target(target))
        report[name]["requests"] = len(server.bodies) - before
    return report


async def schemas(server: FakeServer) -> Report:
    """Which models a schema reaches, by litellm's word and by the user's."""
    report: Report = {}
    schema = Schema("axes", {"type": "object", "properties": {}, "additionalProperties": False})
    request = Request(ask("Hello?").messages, schema=schema)
    for model in ("gpt-4o", "gpt-4o?structured=false", MODEL, f"{MODEL}?structured=true"):
        name, _, query = model.partition("?")
        target = litellm_target(
            f"openai/{name}?api_base={server.url}&key_env=MY_KEY&{query}".rstrip("&")
        )
        await target.reply(request)
        report[model] = server.bodies[-1].get("response_format")
        report[f"{model} sent"] = sorted(server.bodies[-1])
    return report


USED_UP = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s"}


def watch_network() -> list[str]:
    """Refuse and record every connection and look-up beyond loopback."""
    outside: list[str] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] != "127.0.0.1":
            outside.append(str(address[0]))
            raise OSError("no network in tests")
        connect(self, address)

    def guarded_look_up(host: Any, *rest: Any, **options: Any) -> Any:
        if host not in ("127.0.0.1", b"127.0.0.1", None):
            outside.append(str(host))
            raise socket.gaierror("no network in tests")
        return look_up(host, *rest, **options)

    socket.socket.connect = guarded_connect  # type: ignore[assignment,method-assign]
    socket.getaddrinfo = guarded_look_up
    return outside


async def probe() -> Report:
    outside = watch_network()
    filters = list(warnings.filters)
    report: Report = {"imported early": "litellm" in sys.modules}
    steps: list[Callable[[FakeServer], Coroutine[Any, Any, Report]]] = [
        first_call,
        schemas,
        contract,
        native,
        other_providers,
    ]
    for step in steps:
        async with FakeServer() as server:
            report[step.__name__] = await step(server)
    report["outside"] = outside
    report["filters kept"] = list(warnings.filters) == filters
    report["dotenv"] = os.environ.get("FROM_DOTENV")
    report["limit"] = os.environ["AIOHTTP_CONNECTOR_LIMIT_PER_HOST"]
    return report


def main() -> None:
    print(json.dumps(asyncio.run(probe())))
