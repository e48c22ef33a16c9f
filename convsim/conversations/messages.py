"""Messages in OpenAI's form, and in the forms near it that logs are full of.

Of several parts the texts are joined; a part that is no text leaves a mark such as `[image]` where
it stood. Reasoning is kept apart, wherever a provider puts it. Tool calls and results come out in
OpenAI's form, Anthropic's `tool_use` and `tool_result` parts among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from convsim.conversations.record import kind_of
from convsim.errors import InputError
from convsim.transcript import Message

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
OPERATOR = ("system", "developer")
TOOLS = ("tool", "function")

ELSEWHERE = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}
"""What other formats call these roles: ShareGPT, chat logs, Gemini."""

NEAR_CONTENT = ("text", "value", "message", "parts", "response")
"""Where other formats put what was said; without `content` such a message would look empty."""

_REASONING = ("reasoning_content", "reasoning", "thinking")
"""Where providers put reasoning beside `content`: DeepSeek and vLLM, OpenRouter, others."""

_THOUGHTS = ("thinking", "reasoning", "redacted_thinking")
_MARKS = {
    "image_url": "image",
    "input_image": "image",
    "output_image": "image",
    "input_audio": "audio",
    "output_audio": "audio",
    "audio_url": "audio",
    "video_url": "video",
    "input_file": "file",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and what a `Message` has no place for.

    `stop` is the raw stop reason. `marks` is the message as its row has it, for what a row may say
    of a user's turn.
    """

    message: Message
    stop: str | None = None
    reasoning: str | None = None
    marks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def role(self) -> str:
        """Who said it."""
        return self.message.role


@dataclass(slots=True)
class _Parts:
    """What the content of one message is made of."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    results: list[Message] = field(default_factory=list)


def said(item: object, place: str) -> Iterator[Said]:
    """The message of a row; several where the results of tools stand inside a user's message."""
    if not isinstance(item, dict):
        raise InputError(f"{place} is {kind_of(item)}; expected an object")
    role = item.get("role")
    if role not in ROLES:
        raise InputError(f"{place}: role is {role!r}{_instead(role)}")
    parts = _parts(item, place)
    yield from (Said(result) for result in parts.results)
    if parts.results and not any(parts.texts):
        return
    thoughts = [*(_thought(item[key]) for key in _REASONING if key in item), *parts.thoughts]
    calls = [*_calls(item), *parts.calls]
    message = Message(
        role=role,
        content="\n".join(text for text in parts.texts if text),
        name=_text(item.get("name")),
        tool_calls=tuple(calls) or None,
        tool_call_id=_text(item.get("tool_call_id")),
    )
    yield Said(
        message,
        stop=_text(item.get("finish_reason")) or _text(item.get("stop_reason")),
        reasoning="\n\n".join(thought for thought in thoughts if thought) or None,
        marks=item if role == "user" else {},
    )


def _instead(role: object) -> str:
    """What a role could be, as the end of a message."""
    meant = ELSEWHERE.get(role) if isinstance(role, str) else None
    did_you_mean = f"; write '{meant}'. Allowed: " if meant else "; allowed: "
    return did_you_mean + ", ".join(ROLES)


def _parts(item: Mapping[str, Any], place: str) -> _Parts:
    """What a message says. One without `content` says nothing, which it may: it can call a tool."""
    if "content" not in item and (near := next((it for it in NEAR_CONTENT if it in item), None)):
        raise InputError(f"{place} has no `content`; write `content` where it says `{near}`")
    content = item.get("content")
    if content is None:
        content = item.get("refusal") or ""
    found = _Parts()
    if isinstance(content, str):
        found.texts.append(content)
    elif isinstance(content, list):
        _sort(content, found)
    else:
        raise InputError(
            f"{place}: content is {kind_of(content)}; expected text or a list of parts"
        )
    return found


def _sort(parts: Iterable[object], into: _Parts) -> None:
    for part in parts:
        if isinstance(part, str):
            into.texts.append(part)
        elif isinstance(part, dict):
            _sort_part(part, into)


def _sort_part(part: Mapping[str, Any], into: _Parts) -> None:
    match part:
        case {"type": str(kind)} if kind in _THOUGHTS:
            into.thoughts.append(_thought_in(part))
        case {"type": "tool_use", "name": str(name), "input": arguments}:
            into.calls.append(tool_call(name, arguments, _text(part.get("id"))))
        case {"type": "tool_result"}:
            text, id = _flat(part.get("content")), _text(part.get("tool_use_id"))
            into.results.append(Message("tool", text, tool_call_id=id))
        case {"text": str(text)} | {"refusal": str(text)}:
            into.texts.append(text)
        case {"type": str(kind)}:
            into.texts.append(f"[{_MARKS.get(kind, kind)}]")
        case _:
            into.texts.append("[part]")


def _flat(content: object) -> str:
    """The text of what a tool gave back, which may be made of parts too."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    inner = _Parts()
    _sort(content, inner)
    return "\n".join(inner.texts)


def _thought(value: object) -> str:
    """Reasoning beside `content`: text, or parts of their own."""
    if isinstance(value, list):
        return "\n\n".join(_thought(item) for item in value)
    return _thought_in(value) if isinstance(value, dict) else _text(value) or ""


def _thought_in(part: Mapping[str, Any]) -> str:
    """The reasoning in a part; nothing where the provider keeps it to itself.

    A summary is looked for last: Inspect and OpenAI have both, and the whole says more.
    """
    if part.get("redacted") or part.get("type") == "redacted_thinking":
        return _thought(part.get("summary"))
    keys = ("thinking", "reasoning", "text", "content", "summary")
    return next((found for key in keys if (found := _thought(part.get(key)))), "")


def _calls(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tool calls of a message; `function_call` is how OpenAI called the first ones."""
    calls = item.get("tool_calls")
    if isinstance(calls, list):
        return [call for call in calls if isinstance(call, dict)]
    match item.get("function_call"):
        case {"name": str(name), **rest}:
            return [tool_call(name, rest.get("arguments"))]
    return []


def tool_call(name: str, arguments: object, id: str | None = None) -> Mapping[str, Any]:
    """A tool call in OpenAI's form, in which the arguments are JSON in a text."""
    plain = arguments if isinstance(arguments, str) else json_of(arguments or {})
    call = {"type": "function", "function": {"name": name, "arguments": plain}}
    return {"id": id, **call} if id else call


def json_of(value: object) -> str:
    """A value as JSON, where a text is wanted; a mark where it is nested too deeply for that."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return "[nested too deeply]"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
