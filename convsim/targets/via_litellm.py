"""Every other provider, through litellm: the only file that imports it, at the first call.

litellm takes seconds to import, asks the network for price lists, reads `.env` files, retries by
itself and hides refusals; here it does none of these. Its answers are turned back into OpenAI's
format and its exceptions into status and error body, so that `wire` reads both as it reads HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import re
import socket
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from convsim.errors import CallError, InputError, Permanent, Transient, Unreachable
from convsim.reading import Status
from convsim.targets import signals, wire
from convsim.targets.http import key_from
from convsim.targets.signals import Ending
from convsim.targets.spec import TIMEOUT, TargetSpec, fingerprint_of
from convsim.transcript import Reply, Request

CONNECTIONS = 10_000
"""Open connections that litellm's pool allows; how many are used is up to the limits above it."""

NO_KEY = "no-key"
"""What litellm is given where no key may be sent; it wants something."""

NEED_A_BASE = frozenset({"azure", "azure_text", "azure_ai"})
"""Providers without a host of their own: their own key is meant for the host that is named."""

SEND_A_TOKEN = frozenset({"vertex_ai", "vertex_ai_beta"})
"""Providers for which litellm sends the user's own login, whatever key it is given."""

# Read by litellm while it is imported. What the user has set stands.
_ENVIRONMENT = {
    # "PRODUCTION" only means: read no .env file.
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    # Each of these would otherwise be fetched from the network.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
}

_loading = threading.Lock()
_loaded: Any = None


# What the client under litellm says when no key is set; litellm makes a 500 of it.
_NO_KEY = re.compile(r"missing credentials|api_key client option must be set", re.IGNORECASE)


class LitellmTarget:
    """A model by its litellm name, such as `openai/gpt-5-mini` or `anthropic/claude-...`.

    litellm finds each provider's key in that provider's own environment variable, unless `key_env`
    names another. To a server that `api_base` names no key is sent but that of `key_env`; only
    Azure, which has no other host, gets its own there, over https. `connections` counts only for
    the first target of a process: litellm reads it once. The JSON Schema of a question is sent to
    models that litellm knows to take one, unless the parameter `structured` says otherwise.
    """

    own_timeout = True
    """`reply` gives up by itself after `timeout` seconds."""

    def __init__(
        self,
        model: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        api_base: str | None = None,
        key_env: str | None = None,
        timeout: float = TIMEOUT,
        connections: int = CONNECTIONS,
    ) -> None:
        self.model = model
        self.parameters = dict(parameters or {})
        self._structured = wire.structured(self.parameters, model)
        self.timeout = timeout
        self._connections = connections
        self._key_env = key_env
        self._key = None if key_env is None else key_from(key_env, model)
        self._api_base = api_base
        self._provider = model.partition("/")[0].lower()
        self._check_base()
        if self._key is None and not self._may_send_own_key():
            self._key = NO_KEY
        self._sends_seed: bool | None = None

    @classmethod
    def of(cls, spec: TargetSpec, *, connections: int = CONNECTIONS) -> Self:
        """The target that a `litellm` spec names."""
        return cls(
            spec.name,
            spec.parameters,
            api_base=spec.url,
            key_env=spec.key_env,
            timeout=spec.timeout or TIMEOUT,
            connections=connections,
        )

    def __repr__(self) -> str:
        return f"LitellmTarget({self.model!r})"

    @property
    def fingerprint(self) -> str:
        """That of the target string which names the same model and parameters."""
        return fingerprint_of("litellm", self.model, self.parameters)

    def _check_base(self) -> None:
        """Refuse what would send a key to a host that is not known here, or not its own."""
        if "base_url" in self.parameters:
            raise InputError(f"{self.model}: parameter 'base_url' is called api_base here")
        if self._api_base is not None and self._provider in SEND_A_TOKEN:
            raise InputError(
                f"{self.model}: litellm would send your Google login to {self._api_base}; "
                "leave api_base out, or name the server as http://host:port/v1#model"
            )

    def _may_send_own_key(self) -> bool:
        """Whether litellm may look up the provider's own key: not for somebody else's server."""
        if self._api_base is None:
            return True
        return self._provider in NEED_A_BASE and self._api_base.lower().startswith("https:")

    async def reply(self, request: Request) -> Reply:
        """Answer one request with one call of litellm, which makes one request to the provider."""
        litellm = _loaded or await asyncio.to_thread(_load, self._connections)
        heard = _Heard()
        try:
            async with asyncio.timeout(self.timeout):
                arguments = self._arguments(litellm, request)
                response = await litellm.acompletion(**arguments, logger_fn=heard)
            return self._read(response, heard.answer)
        except CallError:
            raise
        except TimeoutError as error:
            raise Transient(f"{self.model} gave no answer within {self.timeout:g} s") from error
        except Exception as error:  # noqa: BLE001 - every one becomes a block or a CallError
            return self._read_unreadable(heard.answer) or self._read_error(litellm, error)

    def _read(self, response: Any, answer: Any) -> Reply:
        """The reply in litellm's answer, with what the provider's own answer says beside it."""
        completion = _as_completion(response)
        message = completion["choices"][0]["message"]
        match answer:
            case {"choices": [dict() as choice, *_]}:
                own = {**answer, **completion, "choices": [{**choice, "message": message}]}
                return wire.read_completion(own, at=self._at())
        signal = signals.of_answer(answer)
        if signal is not None and signal.ending is Ending.BLOCKED:
            message["content"] = message["content"] or _gemini_text(answer)
        return wire.read_completion(completion, at=self._at(), signal=signal)

    def _read_unreadable(self, answer: Any) -> Reply | None:
        """The reply in an answer that the provider gave and litellm could not read, if any."""
        if isinstance(answer, dict) and "choices" in answer:
            return wire.read_completion(answer, at=self._at())
        signal = signals.of_answer(answer)
        if signal is not None and signal.ending is Ending.BLOCKED:
            return wire.settle(_gemini_text(answer), signal)
        return None

    def _arguments(self, litellm: Any, request: Request) -> dict[str, Any]:
        with_schema = request.schema is not None and self._takes_schema(litellm)
        arguments = wire.request_body(request, self.model, self.parameters, with_schema=with_schema)
        if "seed" not in self.parameters and not self._takes_seed(litellm):
            arguments.pop("seed", None)
        arguments |= {"max_retries": 0, "timeout": self.timeout}
        if self._key is not None:
            arguments["api_key"] = self._key
        if self._api_base is not None:
            arguments["api_base"] = self._api_base
        return arguments

    def _takes_seed(self, litellm: Any) -> bool:
        """Whether the provider has a seed at all; litellm refuses the call where it has none."""
        if self._sends_seed is None:
            supported = litellm.get_supported_openai_params(model=self.model)
            self._sends_seed = supported is None or "seed" in supported
        return self._sends_seed

    def _takes_schema(self, litellm: Any) -> bool:
        """Whether the model can be held to a JSON Schema, by its user's word or by litellm's."""
        if self._structured is None:
            self._structured = bool(litellm.supports_response_schema(model=self.model))
        return self._structured

    def _read_error(self, litellm: Any, error: Exception) -> Reply:
        """What an exception of litellm means: a blocked reply, or a `CallError` raised from it."""
        chain = tuple(_chain(error))
        fields = _error(chain)
        if isinstance(error, litellm.ContentPolicyViolationError):
            block = signals.block_reason(fields) or "content_policy_violation"
            return Reply("", Status.PROVIDER_BLOCK, block=block)
        status = _status(litellm, chain)
        at = self._at(self._key_hint(litellm) if status in (401, 403) else "")
        detail = at.excerpt(str(error))
        if failure := self._own_failure(litellm, chain, status, detail):
            raise failure from error
        try:
            return wire.read_error(status or 500, fields, _headers(chain), at=at, detail=detail)
        except CallError as failure:
            raise failure from error

    def _own_failure(
        self, litellm: Any, chain: Sequence[BaseException], status: int | None, detail: str
    ) -> CallError | None:
        """What only litellm, or the way to the provider, can fail with."""
        from httpx import HTTPStatusError

        error = chain[0]
        if "LLM Provider NOT provided" in str(error):
            return Permanent(
                f"litellm knows no provider of the model {self.model!r}; name it as "
                "provider/model, for example openai/gpt-5-mini, or a server of your own as "
                "http://host:port/v1#model"
            )
        if any(_NO_KEY.search(str(link)) for link in chain):
            return Permanent(
                f"{self.model} was not called, because there is no key for it: "
                f"{self._key_hint(litellm)}",
                detail=detail,
            )
        if isinstance(error, litellm.UnsupportedParamsError):
            names = ", ".join(self.parameters) or "none"
            return Permanent(
                f"{self.model} does not take one of its parameters ({names}); remove it",
                detail=detail,
            )
        if any(isinstance(link, ConnectionRefusedError | socket.gaierror) for link in chain):
            place = self._api_base or f"the provider of {self.model}"
            return Unreachable(f"nothing answers at {place}: is the server running?", detail=detail)
        if status not in (None, 500) or any(isinstance(link, HTTPStatusError) for link in chain):
            return None
        if missing := next((link for link in chain if isinstance(link, ImportError)), None):
            package = (missing.name or "that litellm names").partition(".")[0]
            what = f"{self.model} needs the package {package}, which cannot be imported"
            return Permanent(what, detail=detail)
        if status is None:
            return CallError(f"litellm failed with {type(error).__name__}", detail=detail)
        # litellm's own 500, for a reset, a timeout underneath, or an answer it cannot read.
        provider = self.model.partition("/")[0]
        return Transient(f"{provider} gave no answer that litellm could read", detail=detail)

    def _at(self, key_hint: str = "") -> wire.Endpoint:
        provider = self.model.partition("/")[0]
        return wire.Endpoint(provider, self.model, key_hint, secret=self._key)

    def _key_hint(self, litellm: Any) -> str:
        if self._key_env is not None:
            return f"set {self._key_env} to a key it accepts, or pass another ?key_env=NAME"
        if self._key == NO_KEY:
            return "pass ?key_env=NAME, the environment variable that holds its key"
        names = litellm.validate_environment(model=self.model)["missing_keys"]
        wanted = " and ".join(names) or "the provider's key variable to a key it accepts"
        return f"set {wanted}, or pass ?key_env=NAME"


def _load(connections: int) -> Any:
    """Import litellm, tamed; runs in a thread, because it takes seconds."""
    global _loaded
    with _loading:
        if _loaded is None:
            limits = dict.fromkeys(
                ("AIOHTTP_CONNECTOR_LIMIT", "AIOHTTP_CONNECTOR_LIMIT_PER_HOST"), str(connections)
            )
            for name, value in (_ENVIRONMENT | limits).items():
                os.environ.setdefault(name, value)
            # It adds filters of its own for the whole process, and warns while it is imported.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import litellm

                # What it would put off to the first call, stalling the loop and warning then.
                importlib.import_module("openai.resources.chat.completions")
                litellm.ModelResponse()
            litellm.suppress_debug_info = True
            _loaded = litellm
    return _loaded


class _Heard:
    """What the provider itself answered: litellm shows it to its `logger_fn` before reading it.

    litellm's own answer has lost Anthropic's `stop_details`, Gemini's reasons and what Gemini said
    before a block; content in parts it cannot read at all.
    """

    def __init__(self) -> None:
        self.answer: Any = None

    def __call__(self, call: Mapping[str, Any]) -> None:
        said = call.get("original_response")
        if call.get("log_event_type") == "post_api_call" and isinstance(said, str):
            # It is shown twice by some routes, the second time as the text of an exception.
            with contextlib.suppress(ValueError, RecursionError):
                self.answer = self.answer or wire.decode(said.encode())


def _gemini_text(answer: Any) -> str:
    """What Gemini said before it was blocked; thoughts are no part of a reply."""
    match answer:
        case {"candidates": [{"content": {"parts": [*parts]}}, *_]}:
            said = [part for part in parts if isinstance(part, dict) and not part.get("thought")]
            return wire.joined(said) or ""
    return ""


def _as_completion(response: Any) -> dict[str, Any]:
    """litellm's answer as OpenAI's, with the refusal and the stop reason that litellm moved."""
    choices = []
    for choice in response.choices[:1]:
        message, moved = choice.message, _moved(choice)
        choices.append(
            {
                "finish_reason": choice.finish_reason,
                "native_finish_reason": moved.get("native_finish_reason"),
                "content_filter_results": moved.get("content_filter_results"),
                "message": {
                    "content": message.content,
                    "refusal": _moved(message).get("refusal"),
                    "reasoning_content": getattr(message, "reasoning_content", None),
                },
            }
        )
    usage = getattr(response, "usage", None)
    counts = {
        "prompt_tokens": getattr(usage, "prompt_tokens", None),
        "completion_tokens": getattr(usage, "completion_tokens", None),
    }
    return {"model": response.model, "choices": choices, "usage": counts}


def _moved(thing: Any) -> Mapping[str, Any]:
    return getattr(thing, "provider_specific_fields", None) or {}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what lies under it; an earlier failure being retried is not under it."""
    while error is not None and not isinstance(error, CallError):
        yield error
        error = error.__cause__ or error.__context__


def _status(litellm: Any, chain: Sequence[BaseException]) -> int | None:
    """The HTTP status: litellm's class where it knows better, else the provider's own.

    litellm flattens statuses that have no class (403, 529) and keeps the original underneath.
    """
    known = {
        litellm.AuthenticationError: 401,
        litellm.PermissionDeniedError: 403,
        litellm.NotFoundError: 404,
        litellm.RateLimitError: 429,
        litellm.ContextWindowExceededError: 400,
    }
    for kind, status in known.items():
        if isinstance(chain[0], kind):
            return status
    found = [getattr(link, "status_code", None) for link in chain]
    return next((status for status in reversed(found) if isinstance(status, int)), None)


def _error(chain: Sequence[BaseException]) -> Mapping[str, Any]:
    """The provider's error object; Azure's categories stand in `provider_specific_fields`.

    litellm keeps what the provider sent as a body, or as the text of what lies under its exception.
    """
    found = [wire.error_in(getattr(link, "body", None)) for link in chain]
    found += [wire.error_of(str(getattr(link, "message", ""))) for link in reversed(chain)]
    return {**next((error for error in found if error), {}), **_moved(chain[0])}


def _headers(chain: Sequence[BaseException]) -> Mapping[str, str]:
    """The answer's headers, names in lower case.

    litellm keeps them in one of three places, by provider, and sometimes only on what lies under
    its own exception. Theirs are not always those of a mapping that ignores case.
    """
    found: dict[str, str] = {}
    for link in reversed(chain):
        response = getattr(link, "response", None)
        for holder, name in (
            (response, "headers"),
            (link, "headers"),
            (link, "litellm_response_headers"),
        ):
            headers = getattr(holder, name, None)
            if isinstance(headers, Mapping):
                found |= {str(key).lower(): str(value) for key, value in headers.items()}
    return found
