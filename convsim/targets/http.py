"""Any OpenAI-compatible server, over one aiohttp session: the fast path to a model.

No retries, no fallbacks, no redirects, no cookies, no proxy or netrc read from the environment:
one call is one request to the host that the user named. Concurrency and rates belong to `limits`.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from weakref import WeakKeyDictionary

import orjson

from convsim.errors import CallError, InputError, Permanent, RefusedRequest, Transient, Unreachable
from convsim.targets import wire
from convsim.targets.spec import TIMEOUT, TargetSpec, fingerprint_of
from convsim.transcript import Reply, Request

if TYPE_CHECKING:
    from aiohttp import ClientError, ClientSession, ClientTimeout

MODELS_TIMEOUT = 5.0
"""Seconds to wait for the list of models that makes an error message better."""


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    raw: bytes


class HttpTarget:
    """A model behind `url`, the base of an OpenAI-compatible API such as `http://host:8000/v1`.

    A key is sent only from the environment variable that `key_env` names, on http and https alike.
    The parameter `structured=true` says that the server holds an answer to the JSON Schema that
    comes with a question; without it none is sent, because not every server takes one.

        async with HttpTarget("http://localhost:8000/v1", "llama") as target:
            reply = await target.reply(Request((Message("user", "Hello."),)))
    """

    own_timeout = True
    """`reply` gives up by itself after `timeout` seconds."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        key_env: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.url = url.rstrip("/")
        self.model = model
        self.parameters = dict(parameters or {})
        self._with_schema = wire.structured(self.parameters, self.url) is True
        self.timeout = timeout
        key = None if key_env is None else key_from(key_env, self.url)
        hint = (
            "pass ?key_env=NAME, the environment variable that holds its key"
            if key_env is None
            else f"set {key_env} to a key it accepts, or pass another ?key_env=NAME"
        )
        self._at = wire.Endpoint(self.url, model, hint, secret=key)
        self._headers = {"Content-Type": "application/json", "User-Agent": "convsim"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, ClientSession] = (
            WeakKeyDictionary()
        )

    @classmethod
    def of(cls, spec: TargetSpec) -> Self:
        """The target that an `http` spec names."""
        if spec.url is None:
            raise InputError(f"{spec} names no URL; an http target is http://host:port/v1#model")
        return cls(
            spec.url,
            spec.name,
            parameters=spec.parameters,
            key_env=spec.key_env,
            timeout=spec.timeout or TIMEOUT,
        )

    def __repr__(self) -> str:
        return f"HttpTarget({self.url!r}, {self.model!r})"

    @property
    def fingerprint(self) -> str:
        """That of the target string which names the same model and parameters."""
        return fingerprint_of("http", self.model, self.parameters)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections of the running loop; a later call opens new ones."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    async def reply(self, request: Request) -> Reply:
        """Answer one request with one POST."""
        body = wire.request_body(
            request, self.model, self.parameters, with_schema=self._with_schema
        )
        try:
            raw = orjson.dumps(body)
        except TypeError as error:
            # A lone surrogate or an integer beyond 64 bits: no retry will make it JSON.
            raise RefusedRequest(f"the request to {self.url} is no JSON: {error}") from error
        answer = await self._send("POST", "/chat/completions", raw, within=self.timeout)
        return wire.read_answer(
            answer.status,
            answer.headers,
            answer.raw,
            at=self._at,
            offered=await self._offered() if answer.status == 404 else (),
        )

    async def _offered(self) -> tuple[str, ...]:
        """The models that the server lists, at most ten; none if it does not say so quickly."""
        try:
            answer = await self._send("GET", "/models", None, within=MODELS_TIMEOUT)
            rows = wire.decode(answer.raw)["data"]
            return tuple(str(row["id"]) for row in rows[:10])
        except (CallError, ValueError, LookupError, TypeError, RecursionError):
            return ()

    async def _send(self, method: str, path: str, body: bytes | None, *, within: float) -> _Answer:
        import aiohttp

        try:
            async with self._session().request(
                method,
                self.url + path,
                data=body,
                headers=self._headers,
                # A redirect could carry the key to a host that nobody named.
                allow_redirects=False,
                timeout=_within(within),
            ) as response:
                return _Answer(response.status, response.headers, await response.read())
        except TimeoutError as error:
            raise Transient(f"{self.url} gave no answer within {within:g} s") from error
        except aiohttp.ClientError as error:
            raise self._failure(error) from error

    def _failure(self, error: ClientError) -> CallError:
        import aiohttp

        said = self._at.excerpt(str(error))
        match error:
            case aiohttp.ClientConnectorCertificateError():
                return Permanent(f"{self.url} shows a certificate that does not hold: {said}")
            case aiohttp.ClientSSLError():
                return Permanent(f"{self.url} does not speak TLS; is it an http:// server? {said}")
            case aiohttp.ClientConnectorError(errno=errno.EMFILE | errno.ENFILE):
                return Transient(
                    f"too many open files to connect to {self.url}: "
                    "lower the concurrency or raise `ulimit -n`"
                )
            case aiohttp.ClientConnectorError():
                return Unreachable(
                    f"nothing answers at {self.url}: is the server running?", detail=said
                )
            case aiohttp.InvalidURL():
                return Permanent(f"{self.url} is no URL that can be called")
            case _:
                return Transient(
                    f"{self.url} broke off before the answer was complete ({type(error).__name__})",
                    detail=said,
                )

    def _session(self) -> ClientSession:
        """The running loop's session: a session cannot move to another loop."""
        import aiohttp

        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None:
            session = self._sessions[loop] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                # Dialogues share the session; a cookie would make them share more than that.
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return session


@lru_cache(maxsize=64)
def _within(seconds: float) -> ClientTimeout:
    import aiohttp

    return aiohttp.ClientTimeout(total=seconds)


def key_from(key_env: str, target: str) -> str:
    """The key in the environment variable `key_env`; raises `InputError` where there is none."""
    key = os.environ.get(key_env, "").strip()
    if not key:
        raise InputError(
            f"{target} takes its key from {key_env}, which is not set; export it first"
        )
    if not (key.isascii() and key.isprintable()):
        raise InputError(f"{key_env} holds characters that no HTTP header can carry; set it anew")
    return key
