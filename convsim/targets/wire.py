"""The OpenAI chat format, both ways: requests, completions, and what its errors mean here.

One place knows the format, so that the HTTP client, litellm and `convsim serve` cannot disagree.
Reading an answer yields a `Reply` or raises a `CallError`; a provider's own block comes in three
shapes (a finish reason, an error code, a moderation note) and is a reply in each of them.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from convsim.errors import CallError, InputError, Permanent, RefusedRequest, Throttled, Transient
from convsim.reading import Status
from convsim.transcript import Message, Reply, Request, Usage

EXCERPT = 200
"""How many characters of a provider's answer an error quotes."""

# Finish reasons of a provider's own filter, lower case: OpenAI and Azure; Anthropic's streaming
# classifier; Gemini; Cohere; Zhipu; Bedrock. OpenAI-compatible gateways pass them on as they are.
BLOCKED = frozenset(
    {
        "content_filter",
        "content_filtered",
        "refusal",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "error_toxic",
        "sensitive",
        "guardrail_intervened",
    }
)
CUT_SHORT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})

# Error codes of a blocked request: OpenAI and Azure, Alibaba, OpenRouter; and two that only say it
# in words (OpenAI's invalid_prompt, DeepSeek).
_BLOCK_CODE = re.compile(
    r"content_filter|content_policy|responsible.?ai|moderation_blocked|data_inspection_failed"
    r"|^refusal$",
    re.IGNORECASE,
)
# How much is left of a quota; its `reset` stands beside it.
_REMAINING = re.compile(
    r"x-ratelimit-remaining(-requests|-tokens)?"
    r"|anthropic-ratelimit-(requests|tokens|input-tokens|output-tokens)-remaining",
    re.IGNORECASE,
)
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)")
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|h|m|s))+")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BLOCK_WORDS = re.compile(r"violating our usage policy|content exists risk", re.IGNORECASE)


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


def request_body(request: Request, model: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a chat request. A parameter overrides the request's own field; None drops it."""
    body = {
        "model": model,
        "messages": [message.wire() for message in request.messages],
        "seed": request.seed,
        **parameters,
    }
    return {name: value for name, value in body.items() if value is not None}


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


def read_completion(body: Any, *, at: Endpoint, raw: bytes = b"") -> Reply:
    """The reply in a decoded chat completion; raises `Transient` where there is none.

    `raw` is what was decoded, to be quoted in the error.
    """
    choice = _first(body.get("choices")) if isinstance(body, dict) else None
    if choice is None or not isinstance(message := choice.get("message"), dict):
        return _read_failed_success(body, at=at, detail=at.excerpt(raw))
    stop = choice.get("finish_reason")
    if stop == "error":
        # OpenRouter's way to say that the model behind it broke off.
        raise Transient(f"{at} broke off its reply (finish reason 'error')", detail=at.excerpt(raw))
    text = joined(message.get("content")) or joined(message.get("refusal")) or ""
    return settle(
        text,
        stop=str(stop) if stop else None,
        served=body.get("model"),
        reasoning=message.get("reasoning_content") or message.get("reasoning"),
        usage=_usage(body.get("usage")),
        filtered=_filtered(choice.get("content_filter_results")),
    )


def settle(
    text: str,
    *,
    stop: str | None = None,
    served: Any = None,
    reasoning: Any = None,
    usage: Usage | None = None,
    filtered: str = "",
) -> Reply:
    """A reply with its status, from the provider's stop reason; `settled` does the rest."""
    reason = (stop or "").partition(":")[0].strip().lower()
    block = f"{stop}{filtered}" if reason in BLOCKED else None
    if block is not None:
        status = Status.PROVIDER_BLOCK
    else:
        status = Status.TRUNCATED if reason in CUT_SHORT else Status.OK
    return settled(
        Reply(
            text,
            status,
            stop=stop,
            served=served if isinstance(served, str) else None,
            block=block,
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


def error_of(raw: bytes) -> Mapping[str, Any]:
    """The error object in the body of a failed call; empty where there is none."""
    try:
        body = decode(raw)
    except (ValueError, RecursionError):
        return {}
    error = body.get("error", body) if isinstance(body, dict) else None
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
    if status in (400, 403, 422, 451) and (block := block_reason(error)):
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
    asked = retry_after(headers)
    if status in (429, 529):
        message = f"{at} asks to slow down ({status})"
        if asked is None:
            asked = quota_reset(headers)
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


def block_reason(error: Mapping[str, Any]) -> str | None:
    """The raw code of a provider's block, with Azure's categories; None where it is no block."""
    inner = error.get("innererror") or error.get("inner_error")
    inner = inner if isinstance(inner, dict) else {}
    codes = [
        str(code) for code in (error.get("code"), error.get("type"), inner.get("code")) if code
    ]
    for code in codes:
        if _BLOCK_CODE.search(code):
            return code + _filtered(inner.get("content_filter_result"))
    if _BLOCK_WORDS.search(str(error.get("message"))):
        return codes[0] if codes else "content_policy"
    return _moderated(error.get("metadata"))


def _filtered(results: Any) -> str:
    """Azure's categories that filtered, as `: hate, violence`; empty where it names none."""
    if not isinstance(results, dict):
        return ""
    names = [
        name
        for name, result in results.items()
        if isinstance(result, dict) and result.get("filtered") is True
    ]
    return f": {', '.join(sorted(names))}" if names else ""


def _moderated(metadata: Any) -> str | None:
    """OpenRouter answers 403 for flagged input; without this it would look like a bad key."""
    reasons = metadata.get("reasons") if isinstance(metadata, dict) else None
    return f"moderation: {', '.join(map(str, reasons))}" if isinstance(reasons, list) else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `Retry-After` (seconds or a date).

    The names of `headers` are in lower case, or any case will do.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return _until(headers.get("retry-after", ""), headers)


def quota_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until every quota that is used up is there again, as OpenAI and Anthropic count.

    A quota of which something remains says nothing of when the next call may be made.
    """
    waits = []
    for what, remaining in headers.items():
        reset = headers.get(what.lower().replace("remaining", "reset"), "")
        if _REMAINING.fullmatch(what) and remaining.strip() == "0":
            waits.append(_duration(reset, headers))
    return max((wait for wait in waits if wait is not None), default=None)


def _duration(text: str, headers: Mapping[str, str]) -> float | None:
    """Seconds in `6m0s`, `20ms`, `7.5`, an RFC 3339 date, or a time since 1970 in s or ms."""
    if _DURATION.fullmatch(text):
        parts = _DURATION_PART.findall(text)
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    try:
        number = float(text)
    except ValueError:
        return _until(text, headers)
    if number < 1e9:
        return max(0.0, number)
    return max(0.0, (number if number < 1e12 else number / 1000) - _now(headers))


def _until(date: str, headers: Mapping[str, str]) -> float | None:
    """Seconds until `date`."""
    moment = _moment(date)
    return None if moment is None else max(0.0, moment - _now(headers))


def _now(headers: Mapping[str, str]) -> float:
    """What the server's clock says, if it says so: ours may be wrong."""
    moment = _moment(headers.get("date", ""))
    return time.time() if moment is None else moment


def _moment(date: str) -> float | None:
    """A date of a header in seconds since 1970; None where it is none."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(date).timestamp()
        except (ValueError, OverflowError, OSError):
            continue
    return None


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
