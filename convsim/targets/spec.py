"""Target strings: what a user writes to name the assistant under test, read into a `TargetSpec`.

    sim/NAME?key=value                          a simulated assistant, built in
    http://host:port/v1?temperature=1#model     any OpenAI-compatible server (https too)
    python:package.module:function              a function of your own
    replay:DIR                                  the replies of an earlier run
    openai/gpt-5-mini?max_tokens=600            anything else is a litellm model name

Parameters follow a `?`, on any form; on a URL they may stand before or after the `#model`. A
value is a number, `true`, `false`, `null` or JSON where it looks like one, and text otherwise;
`&`, `#`, `+` and `%` inside a value are percent-encoded. A parameter set to `null` is not sent, so
`?seed=null` keeps the seed from a server that does not take one. On `http` and litellm targets
`key_env` names the environment variable that holds the key, `timeout` is in seconds, and litellm
takes `api_base`; the key itself never stands in a target. There `structured=true` or `false` says
whether the server holds a judge's answers to a JSON Schema; it is not sent either.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import orjson

from convsim.errors import InputError

Kind = Literal["sim", "http", "python", "replay", "litellm"]

TIMEOUT = 120.0
"""Seconds for one call: long enough for a reasoning model, short enough to notice a dead one."""

FORMS = (
    "sim/NAME?key=value, http://host:port/v1#model, python:package.module:function, replay:DIR, "
    "or a litellm model name; for example http://localhost:8000/v1?temperature=1#my-model"
)

_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_SECRET = re.compile(
    r"(api[-_]?key|access[-_]?key|secret|token|password|authorization|credentials?)$", re.IGNORECASE
)
# What the call itself decides; hidden retries would also break the limits and the ledger.
_OURS = frozenset({"model", "messages", "stream", "n", "num_retries", "max_retries", "fallbacks"})


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """A target string, read. Nothing has been opened, imported or called.

    `text` is the string without its query; `name` is the sim's name, the model, `module:function`
    or the directory; `url` is where an `http` target (or litellm's `api_base`) is. `timeout` is
    None where the string does not say.
    """

    kind: Kind
    text: str
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    url: str | None = None
    key_env: str | None = None
    timeout: float | None = None

    def __str__(self) -> str:
        return self.text

    @property
    def fingerprint(self) -> str:
        """What makes two targets the same one: kind, name and parameters, not where they run."""
        return fingerprint_of(self.kind, self.name, self.parameters)


def fingerprint_of(kind: Kind, name: str, parameters: Mapping[str, Any]) -> str:
    """The fingerprint of a target string, and of the object that it opens or that stands for it.

    Of a parameter that no target string can hold, such as a client object, its type counts.
    """
    identity = [kind, name, dict(parameters)]
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    raw = orjson.dumps(identity, default=lambda value: type(value).__qualname__, option=options)
    return hashlib.sha256(raw).hexdigest()[:16]


def parse_target(text: str) -> TargetSpec:
    """The target that `text` names; raises `InputError` saying what is allowed.

    >>> parse_target("http://localhost:8000/v1?temperature=0.7#llama").parameters
    {'temperature': 0.7}
    """
    text = text.strip()
    if not text:
        raise InputError(f"a target is empty; allowed: {FORMS}")
    if re.match(r"https?://", text, re.IGNORECASE):
        return _http(text)
    head, _, query = text.partition("?")
    parameters = _parameters(query, head)
    if head.startswith("sim/"):
        name = head.removeprefix("sim/")
        if not _NAME.fullmatch(name):
            raise _wrong(head, "a simulated assistant has a plain name", "sim/steadfast")
        return TargetSpec("sim", head, name, parameters)
    if head.startswith("python:"):
        name = head.removeprefix("python:")
        if not _FUNCTION.fullmatch(name):
            raise _wrong(head, "a function is module:function", "python:package.module:answer")
        return TargetSpec("python", head, name, parameters)
    if head.startswith("replay:"):
        name = head.removeprefix("replay:")
        if not name:
            raise _wrong(head, "a replay needs the directory of a run", "replay:runs/march")
        return TargetSpec("replay", head, name, parameters)
    return _litellm(head, parameters)


def _http(text: str) -> TargetSpec:
    before, _, fragment = text.partition("#")
    model, _, late = fragment.partition("?")
    base, _, early = before.partition("?")
    parts = _split(base)
    base, model = base.rstrip("/"), unquote(model)
    if not model:
        raise _wrong(base, "the model is missing", f"{base}#my-model")
    if parts.path.rstrip("/").endswith("/chat/completions"):
        raise _wrong(base, "that is the endpoint, not the base URL", f"{_api(base)}#{model}")
    name = f"{base}#{model}"
    parameters = _parameters("&".join(filter(None, (early, late))), name)
    key_env, timeout = _reserved(parameters, name)
    return TargetSpec("http", name, model, parameters, base, key_env, timeout)


def _litellm(name: str, parameters: dict[str, Any]) -> TargetSpec:
    if re.match(r"(sim|replay|python)[:/]|\w+:/|.*[\s#]", name):
        raise InputError(f"{name!r} is no target; allowed: {FORMS}")
    key_env, timeout = _reserved(parameters, name)
    url = parameters.pop("api_base", None)
    if url is not None:
        _split(str(url))
    return TargetSpec("litellm", name, name, parameters, url, key_env, timeout)


def _split(url: str) -> SplitResult:
    """The parts of an http(s) URL that names a host and hides no password."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"a target's URL cannot be read ({error}); allowed: {FORMS}") from None
    if parts.username is not None:
        raise InputError(
            f"the target at {host} has a user name or password in its URL, which would be stored "
            "and printed; put the key into an environment variable and pass ?key_env=NAME"
        )
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise _wrong(url, "the URL names no http host", "http://localhost:8000/v1#my-model")
    return parts


def _api(base: str) -> str:
    return base.removesuffix("/chat/completions")


def _parameters(query: str, target: str) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for name, text in _pairs(query, target):
        if name in parameters:
            raise InputError(f"{target}: parameter {name!r} is given twice; give it once")
        value = _value(name, text, target)
        if any(_SECRET.search(key) for key in (name, *_keys(value))):
            raise InputError(
                f"{target}: parameter {name!r} looks like a secret, which would be stored and "
                "printed; put it into an environment variable and pass ?key_env=NAME"
            )
        parameters[name] = value
    return parameters


def _pairs(query: str, target: str) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        # The parser's own message quotes the query, and with it whatever somebody put there.
        raise InputError(
            f"{target}: the parameters after ? cannot be read; "
            "write name=value, joined by &, for example ?temperature=1&max_tokens=600"
        ) from None
    for name, text in pairs:
        if not name or not text:
            raise InputError(f"{target}: parameter {name!r} needs a name and a value: name=value")
    return pairs


def _value(name: str, text: str, target: str) -> Any:
    """A number, true, false, null or JSON where it looks like one; the text otherwise."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    if text in ("true", "false", "null") or text[0] in '[{"':
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InputError(
                f"{target}: parameter {name!r} starts like JSON and is none ({error}); "
                "percent-encode &, #, + and % inside it"
            ) from None
    return text


def _keys(value: Any) -> Iterator[str]:
    """Every key inside a JSON value: `extra_headers={"Authorization": ...}` is a secret too."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _reserved(parameters: dict[str, Any], target: str) -> tuple[str | None, float | None]:
    """Take `key_env` and `timeout` out: they say how to call, not what the target is."""
    if ours := sorted(_OURS & parameters.keys()):
        raise InputError(
            f"{target}: parameter {ours[0]!r} is not yours to set: convsim makes one call per "
            "reply, does its own retries and reads whole answers"
        )
    key_env = parameters.pop("key_env", None)
    if key_env is not None and not (isinstance(key_env, str) and _NAME.fullmatch(key_env)):
        # Not quoted: people paste the key itself here.
        raise InputError(
            f"{target}: key_env is not the name of an environment variable; "
            "pass the name, for example ?key_env=MY_SERVER_KEY, never the key"
        )
    if "timeout" not in parameters:
        return key_env, None
    timeout = parameters.pop("timeout")
    if not isinstance(timeout, int | float) or not timeout > 0:
        raise InputError(
            f"{target}: timeout is {timeout!r}; give seconds above 0, as in ?timeout=120"
        )
    return key_env, float(timeout)


def _wrong(target: str, what: str, example: str) -> InputError:
    return InputError(f"target {target!r}: {what}; for example {example}. Allowed: {FORMS}")
