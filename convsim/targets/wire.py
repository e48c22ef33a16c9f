"""The OpenAI chat format, both ways: requests, completions, and what its errors mean here.

One place knows the format, so that the HTTP client, litellm and `convsim serve` cannot disagree.
Reading an answer yields a `Reply` or raises a `CallError`; what its stop reason or error code says
of a provider's own block is decided in `signals`, and a block is a reply, however it came.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from convsim.errors import CallError, InputError, Permanent, RefusedRequest, Throttled, Transient
from convsim.reading import Status
from convsim.targets import signals, waits
from convsim.targets.signals import Ending, Signal
from convsim.transcript import Message, Reply, Request, Schema, Usage

EXCERPT = 200
"""How many characters of a provider's answer an error quotes."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who is being called, for messages: `name` as the user wrote it, and what to do about keys.

    `secret` is the key, so that it can be struck from whatever the server echoes.
    """

    name: str
    model: str
    key_hint: str
    secret: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.name

    def excerpt(self, raw: bytes | str) -> str:
        """The start of what a server said, on one line, without the key.

        What would act on a terminal instead of being read there becomes U+FFFD.
        """
        text = raw[:4000].decode(errors="replace") if isinstance(raw, bytes) else raw[:4000]
        if self.secret:
            text = text.replace(self.secret, "***")
        line = " ".join(valid_text(text).split())[:EXCERPT]
        return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)


# --- requests


STRUCTURED = "structured"
"""The parameter that says whether answers can be held to a JSON Schema. It is never sent."""


def structured(parameters: Mapping[str, Any], target: str) -> bool | None:
    """What a target's parameters say about that; None where they say nothing."""
    given = parameters.get(STRUCTURED)
    if given is not None and not isinstance(given, bool):
        raise InputError(
            f"{target}: structured is {given!r}; give structured=true where the server holds "
            "answers to a JSON Schema (response_format), and structured=false where it does not"
        )
    return given


def sent(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that reach the server."""
    return {name: value for name, value in parameters.items() if name != STRUCTURED}


def request_body(
    request: Request, model: str, parameters: Mapping[str, Any], *, with_schema: bool = False
) -> dict[str, Any]:
    """The body of a chat request. A parameter overrides the request's own field; None drops it.

    `with_schema` says that the server takes the schema of a request that has one.
    """
    body = {
        "model": model,
        "messages": [message.wire() for message in request.messages],
        "seed": request.seed,
        "response_format": _response_format(request.schema) if with_schema else None,
        **sent(parameters),
    }
    return {name: value for name, value in body.items() if value is not None}


def _response_format(schema: Schema | None) -> dict[str, Any] | None:
    if schema is None:
        return None
    held_to = {"name": schema.name, "schema": schema.body, "strict": True}
    return {"type": "json_schema", "json_schema": held_to}


def read_request(body: Any) -> Request:
    """The request that a chat body holds, for a server; raises `InputError` where it holds none."""
    rows = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows:
        raise InputError("the body has no `messages`; send a non-empty list of {role, content}")
    seed = body.get("seed")
    return Request(
        tuple(_read_message(n, row) for n, row in enumerate(rows)),
        seed=seed if isinstance(seed, int) else None,
    )


def _read_message(n: int, row: Any) -> Message:
    if not isinstance(row, dict) or not isinstance(row.get("role"), str):
        raise InputError(f"messages[{n}] is no message; send an object with `role` and `content`")
    calls = row.get("tool_calls")
    return Message(
        row["role"],
        joined(row.get("content")) or "",
        name=row.get("name"),
        tool_calls=tuple(calls) if calls else None,
        tool_call_id=row.get("tool_call_id"),
    )


# --- answers


def read_answer(
    status: int,
    headers: Mapping[str, str],
    raw: bytes,
    *,
    at: Endpoint,
    offered: Sequence[str] = (),
) -> Reply:
    """The reply in an HTTP answer; raises the `CallError` that fits where there is none.

    `offered` are the models that the server lists, for the message about an unknown one.
    """
    if not 200 <= status < 300:
        said = at.excerpt(raw)
        return read_error(status, error_of(raw), headers, at=at, detail=said, offered=offered)
    content_type = headers.get("Content-Type", "application/json")
    if "json" not in content_type.lower():
        what = at.excerpt(content_type)
        raise Transient(f"{at} answered with {what} instead of JSON", detail=at.excerpt(raw))
    try:
        body = decode(raw)
    except (ValueError, RecursionError) as error:
        raise Transient(f"{at} answered with malformed JSON", detail=at.excerpt(raw)) from error
    return read_completion(body, at=at, raw=raw)


def decode(raw: bytes) -> Any:
    """The JSON in `raw`; raises ValueError where it is none.

    Bytes that are no UTF-8 become U+FFFD: a server that cuts its reply inside a code point would
    do so on every retry, and the reply is worth more than its last character.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return json.loads(raw.decode("utf-8-sig", errors="replace"))


def valid_text(text: str) -> str:
    """`text` with lone surrogates (half an emoji, escaped) replaced, so that it can be stored."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def read_completion(
    body: Any, *, at: Endpoint, raw: bytes = b"", signal: Signal | None = None
) -> Reply:
    """The reply in a decoded chat completion; raises `Transient` where there is none.

    `raw` is what was decoded, to be quoted in the error. `signal` stands for the completion's own
    where somebody knows better.
    """
    choice = _first(body.get("choices")) if isinstance(body, dict) else None
    if choice is None or not isinstance(message := choice.get("message"), dict):
        return _read_failed_success(body, at=at, detail=at.excerpt(raw))
    text = _said(message)
    if signal is None:
        signal = signals.of_completion(body, choice)
        if signal.ending is Ending.WHOLE and not text.strip():
            signal = signals.of_silence(body, choice) or signal
    if signal.ending is Ending.BROKEN:
        return _read_broken(choice, signal, at=at, detail=at.excerpt(raw))
    if signal.ending is Ending.UNKNOWN:
        warnings.warn(_unknown(at, signal), stacklevel=2)
    return settle(
        text,
        signal,
        served=body.get("model"),
        reasoning=message.get("reasoning_content") or message.get("reasoning"),
        usage=_usage(body.get("usage")),
    )


def _said(message: Mapping[str, Any]) -> str:
    """What the model said: the content, and OpenAI's `refusal`, which is the model's own text.

    A refusal has a field of its own because the content was to fit a schema. It is no block.
    """
    texts = (joined(message.get("content")), joined(message.get("refusal")))
    return "\n\n".join(dict.fromkeys(text for text in texts if text))


def _read_broken(choice: Mapping[str, Any], signal: Signal, *, at: Endpoint, detail: str) -> Reply:
    """A turn that broke off: a block where the choice carries a filter's error, else transient."""
    error = choice.get("error")
    if isinstance(error, dict) and (block := signals.block_reason(error)):
        return Reply("", Status.PROVIDER_BLOCK, stop=signal.stop, block=block)
    raise Transient(f"{at} broke off its reply (finish reason {signal.stop!r})", detail=detail)


def _unknown(at: Endpoint, signal: Signal) -> str:
    """The warning about a stop reason that nobody here has met; Python prints it once."""
    return (
        f"{at} ended a reply of {at.model} with the stop reason {at.excerpt(signal.stop or '')!r}, "
        "which convsim does not know; its text is read as a whole reply"
    )


_STATUS = {Ending.BLOCKED: Status.PROVIDER_BLOCK, Ending.CUT_SHORT: Status.TRUNCATED}


def settle(
    text: str,
    signal: Signal | None = None,
    *,
    served: Any = None,
    reasoning: Any = None,
    usage: Usage | None = None,
) -> Reply:
    """A reply with its status, from the provider's signal; `settled` does the rest.

    What was said before a filter stepped in stays the text of a blocked reply.
    """
    signal = signal or Signal()
    return settled(
        Reply(
            text,
            _STATUS.get(signal.ending, Status.OK),
            stop=signal.stop,
            served=served if isinstance(served, str) else None,
            block=signal.block,
            reasoning=reasoning if isinstance(reasoning, str) and reasoning else None,
            usage=usage,
        )
    )


def settled(reply: object) -> Reply:
    """A reply as it can be stored and sent on, whichever target made it.

    A block counts before emptiness, emptiness before truncation. A reply of nothing but white space
    is empty: providers refuse such text in the next request. Raises TypeError, saying what is
    wrong, where `reply` is no reply.
    """
    if not isinstance(reply, Reply):
        raise TypeError(f"{type(reply).__name__}; it has to return a Reply")
    if not isinstance(reply.text, str):
        raise TypeError(f"a Reply whose text is {type(reply.text).__name__}; it has to be a str")
    if _is_settled(reply):
        return reply
    text = valid_text(reply.text) if reply.text.strip() else ""
    return Reply(
        text,
        _status(reply, text),
        stop=_optional(reply, "stop"),
        served=_optional(reply, "served"),
        block=_optional(reply, "block"),
        reasoning=_optional(reply, "reasoning"),
        usage=_countable(reply.usage),
        attempts=reply.attempts,
    )


def _is_settled(reply: Reply) -> bool:
    """Whether nothing is left to do, as with most replies that a target of convsim made.

    Few of them are anything else, and each is looked at twice: by its target and by the limits.
    """
    return (
        reply.status is Status.OK
        and not reply.text.isspace()
        and reply.text != ""
        and valid_text(reply.text) is reply.text
        and reply.block is None
        and reply.reasoning is None
        and _is_plain(reply.stop)
        and _is_plain(reply.served)
        and _countable(reply.usage) is reply.usage
    )


def _is_plain(value: object) -> bool:
    return value is None or (type(value) is str and value.isascii())


def _status(reply: Reply, text: str) -> Status:
    """The status that fits the text: only a text that is there can be whole or truncated."""
    match reply.status:
        case Status.PROVIDER_BLOCK:
            return Status.PROVIDER_BLOCK
        case Status.OK | Status.EMPTY:
            return Status.OK if text else Status.EMPTY
        case Status.TRUNCATED:
            return Status.TRUNCATED if text else Status.EMPTY
        case Status.ERROR:
            raise TypeError("a Reply with status 'error'; raise a CallError for a failed call")
    raise TypeError(f"a Reply with status {reply.status!r}; it has to be a Status")


def _optional(reply: Reply, name: str) -> str | None:
    value: object = getattr(reply, name)
    if isinstance(value, str):
        return valid_text(value)
    if value is None:
        return None
    raise TypeError(f"a Reply whose {name} is {type(value).__name__}; it has to be a str or None")


def _countable(usage: object) -> Usage | None:
    """Counts that JSON can hold; a server that reports others has not counted."""
    if not isinstance(usage, Usage):
        return None
    counts = (usage.prompt, usage.completion)
    return usage if all(isinstance(n, int) and 0 <= n < 2**63 for n in counts) else None


def joined(content: Any) -> str | None:
    """The text of a message's content: a string, or a list of parts of which the texts count."""
    if isinstance(content, str) or content is None:
        return content
    if not isinstance(content, list):
        return None
    parts = [part for part in content if isinstance(part, dict)]
    texts = [part.get("text") or part.get("refusal") for part in parts]
    return "".join(text for text in texts if isinstance(text, str))


def _first(choices: Any) -> dict[str, Any] | None:
    return (
        choices[0]
        if isinstance(choices, list) and choices and isinstance(choices[0], dict)
        else None
    )


def _read_failed_success(body: Any, *, at: Endpoint, detail: str) -> Reply:
    """Some gateways answer 200 and put the real status into `error.code`."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(error, dict) and isinstance(code, int) and 400 <= code < 600:
        return read_error(code, error, {}, at=at, detail=detail)
    raise Transient(f"{at} answered 200 without a reply in `choices`", detail=detail)


def _usage(counts: Any) -> Usage | None:
    if not isinstance(counts, dict):
        return None
    prompt, completion = counts.get("prompt_tokens"), counts.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    return Usage(prompt, completion)


# --- errors


def error_of(raw: bytes | str) -> Mapping[str, Any]:
    """The error object in the body of a failed call; empty where there is none."""
    try:
        body = decode(raw.encode() if isinstance(raw, str) else raw)
    except (ValueError, RecursionError):
        return {}
    return error_in(body)


def error_in(body: Any) -> Mapping[str, Any]:
    """The error object in a decoded body: Google sends a list of one, xAI a mere text."""
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) else {}


def read_error(
    status: int,
    error: Mapping[str, Any],
    headers: Mapping[str, str],
    *,
    at: Endpoint,
    detail: str = "",
    offered: Sequence[str] = (),
) -> Reply:
    """A blocked reply where the provider's filter spoke; raises what `status` means otherwise."""
    if status in (400, 403, 422, 451) and (block := signals.block_reason(error)):
        return Reply("", Status.PROVIDER_BLOCK, block=block)
    raise _failure(status, error, headers, at=at, detail=detail, offered=offered)


def _failure(
    status: int,
    error: Mapping[str, Any],
    headers: Mapping[str, str],
    *,
    at: Endpoint,
    detail: str,
    offered: Sequence[str],
) -> CallError:
    if status in (401, 403):
        return Permanent(f"{at} rejected the key ({status}): {at.key_hint}", detail=detail)
    if status == 402 or error.get("code") == "insufficient_quota":
        # OpenAI reports a spent account as 429; waiting does not fill it.
        message = f"{at}: the account behind the key is out of quota ({status}); top it up"
        return Permanent(message, detail=detail)
    if status in (404, 405, 410):
        return Permanent(_not_found(status, error, at, offered), detail=detail)
    if 300 <= status < 400:
        place = at.excerpt(headers.get("Location", "elsewhere"))
        return Permanent(f"{at} redirects to {place} ({status}); name that URL", detail=detail)
    asked = waits.retry_after(headers)
    if status in (429, 529):
        message = f"{at} asks to slow down ({status})"
        if asked is None:
            asked = waits.quota_reset(headers)
        return Throttled(message, retry_after=asked, detail=detail)
    if status in (408, 409, 425) or status >= 500 or status < 300:
        if asked is not None:
            # Whatever its trouble is, it knows when it will be over.
            message = f"{at} failed ({status}) and asks to wait"
            return Throttled(message, retry_after=asked, detail=detail)
        return Transient(f"{at} failed ({status})", detail=detail)
    return RefusedRequest(f"{at} does not accept this request ({status})", detail=detail)


def _not_found(status: int, error: Mapping[str, Any], at: Endpoint, offered: Sequence[str]) -> str:
    if offered and at.model not in offered:
        names = ", ".join(map(at.excerpt, offered))
        return f"{at} has no model {at.model!r} ({status}); it offers {names}"
    if "model" in f"{error.get('code')} {error.get('message')}".lower():
        return f"{at} has no model {at.model!r} ({status}); check its name"
    return (
        f"{at} has no chat completions for model {at.model!r} ({status}); "
        "check the model's name and that the URL is the API's base, as in http://host:port/v1"
    )


# --- what a server answers


def completion(reply: Reply, *, model: str) -> dict[str, Any]:
    """A reply as a chat completion, so that `read_completion` gives the same reply back."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    body: dict[str, Any] = {
        "id": "chatcmpl-convsim",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(reply)}],
    }
    if usage := reply.usage:
        total = usage.prompt + usage.completion
        body["usage"] = {
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": total,
        }
    return body


def _finish(reply: Reply) -> str:
    if reply.stop is not None:
        return reply.stop
    return {Status.TRUNCATED: "length", Status.PROVIDER_BLOCK: "content_filter"}.get(
        reply.status, "stop"
    )
