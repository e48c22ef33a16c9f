"""What providers say about a reply beside its text: why it ended, and whose filter ended it.

A model that declines writes a text, and a classifier reads it. What is here is the other channel:
stop reasons, filter categories and error codes, which are the doing of the model's surroundings.
Each provider has its own words for them, gateways translate these, and the translations lose what
matters (`RECITATION` and `SAFETY` are both called `content_filter`, a crash is called `stop`). So
the provider's own word is looked for first, decides where it says anything, and is kept as it is.

docs/reference/provider-signals.md is this file as a table, route by route.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Ending(StrEnum):
    """How a reply ended, in one word for all providers."""

    WHOLE = "whole"
    CUT_SHORT = "cut_short"
    BLOCKED = "blocked"
    BROKEN = "broken"
    UNKNOWN = "unknown"


_WORDS = {
    Ending.WHOLE: (
        "stop tool_calls function_call "  # OpenAI, and all who speak its format
        "end_turn stop_sequence tool_use "  # Anthropic, Bedrock
        "complete tool_call "  # Cohere
        "eos eos_token completed"  # TGI, HuggingFace; OpenRouter, natively
    ),
    Ending.CUT_SHORT: (
        "length max_tokens max_output_tokens model_length "
        "pause_turn model_context_window_exceeded compaction "  # Anthropic
        "repetition"  # vLLM, which ends a reply that goes round in circles
    ),
    Ending.BLOCKED: (
        "content_filter refusal "  # OpenAI, Azure; Anthropic
        "safety recitation blocklist prohibited_content spii model_armor escalation "  # Gemini
        "image_safety image_prohibited_content image_recitation image_other "
        # Gemini's two words that mean something else in other mouths: only in capitals.
        "OTHER LANGUAGE "
        "content_filtered guardrail_intervened "  # Bedrock
        "error_toxic sensitive"  # Cohere; Zhipu
    ),
    # No answer came about. Taken for a reply, each of these would be an empty or half one.
    Ending.BROKEN: (
        "error abort network_error insufficient_system_resource "  # OpenRouter, vLLM, Zhipu, ...
        "malformed_function_call malformed_response unexpected_tool_call too_many_tool_calls "
        "missing_thought_signature no_image "  # Gemini
        "malformed_model_output malformed_tool_use"  # Bedrock
    ),
}
ENDINGS = {word: ending for ending, words in _WORDS.items() for word in words.split()}
"""What a stop reason means. Words in lower case are meant in any case."""

_DECIDES = frozenset({Ending.BLOCKED, Ending.BROKEN, Ending.CUT_SHORT})


def ending_of(reason: str) -> Ending:
    """What a raw stop reason means; `content_filter: PROHIBITED_CONTENT` means its first word."""
    word = reason.partition(":")[0].strip()
    return ENDINGS.get(word) or ENDINGS.get(word.lower(), Ending.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Signal:
    """Why a reply ended: in our word, the provider's own `stop` reason, and the raw `block`.

    A blocked prompt has no stop reason: nothing had begun.
    """

    ending: Ending = Ending.WHOLE
    stop: str | None = None
    block: str | None = None


def signal(*reasons: object, details: str = "") -> Signal:
    """The signal of a stop reason: the provider's own first, then what others made of it.

    The first that is more than an ordinary end decides; `details` are added to a block's reason.
    """
    words = [str(reason) for reason in reasons if reason]
    endings = [ending_of(word) for word in words]
    for word, ending in zip(words, endings, strict=True):
        if ending in _DECIDES:
            return Signal(ending, word, word + details if ending is Ending.BLOCKED else None)
    known = not words or Ending.WHOLE in endings
    return Signal(Ending.WHOLE if known else Ending.UNKNOWN, words[0] if words else None)


# --- answers


def of_completion(body: Mapping[str, Any], choice: Mapping[str, Any]) -> Signal:
    """The signal of a chat completion, from its first choice.

    `native_finish_reason` is OpenRouter's and litellm's field for the provider's own word.
    """
    details = (
        categories(choice.get("content_filter_results"))
        or categories(choice.get("content_filter_result"))
        or _stop_details(choice.get("stop_details") or body.get("stop_details"))
    )
    own = choice.get("native_finish_reason")
    return signal(own, choice.get("finish_reason"), details=details)


def of_silence(body: Mapping[str, Any], choice: Mapping[str, Any]) -> Signal | None:
    """The block behind a completion without text that ended as if nothing were the matter.

    Azure notes beside an answer what it found in prompt and reply. Such a note is no block while
    there is a text: what is noted is often only `detected`.
    """
    stop = choice.get("finish_reason")
    notes = {"content_filter_results": choice.get("content_filter_results")}
    prompts = body.get("prompt_filter_results")
    for prompt in prompts if isinstance(prompts, list) else []:
        if isinstance(prompt, dict):
            notes["prompt_filter_results"] = prompt.get("content_filter_results")
    for name, note in notes.items():
        if found := categories(note):
            return Signal(Ending.BLOCKED, str(stop) if stop else None, name + found)
    return None


def of_answer(body: Any) -> Signal | None:
    """The signal of an answer in the format of whoever gave it; None where it holds none.

    This is what a gateway was told, before it translated it.
    """
    match body:
        case {"choices": [dict() as choice, *_]}:
            return of_completion(body, choice)
        case {"promptFeedback": {"blockReason": str() as reason, **feedback}}:
            block = f"blockReason {reason}{_ratings(feedback.get('safetyRatings'))}"
            return Signal(Ending.BLOCKED, block=block)
        case {"candidates": [{"finishReason": str() as reason, **candidate}, *_]}:
            return signal(reason, details=_ratings(candidate.get("safetyRatings")))
        case {"stop_reason": str() as reason}:
            return signal(reason, details=_stop_details(body.get("stop_details")))
        case {"stopReason": str() as reason} | {"finish_reason": str() as reason}:
            return signal(reason)
    return None


def categories(results: object) -> str:
    """Azure's categories that filtered, as `: hate, violence`; empty where it names none."""
    if not isinstance(results, dict):
        return ""
    return _listed(name for name, result in results.items() if _has_filtered(result))


def _has_filtered(result: object) -> bool:
    """Whether a category filtered; custom blocklists came as a list before they had a total."""
    if isinstance(result, list):
        return any(map(_has_filtered, result))
    return isinstance(result, dict) and result.get("filtered") is True


def _stop_details(details: object) -> str:
    """Anthropic's category of a refusal, as `: cyber`."""
    category = details.get("category") if isinstance(details, dict) else None
    return f": {category}" if category else ""


def _ratings(ratings: object) -> str:
    """Gemini's categories that blocked, as `: HARM_CATEGORY_HARASSMENT`."""
    rated = ratings if isinstance(ratings, list) else []
    blocked = (item for item in rated if isinstance(item, dict) and item.get("blocked") is True)
    return _listed(item.get("category") for item in blocked)


def _listed(names: Iterable[object]) -> str:
    listed = ", ".join(sorted(map(str, names)))
    return f": {listed}" if listed else ""


# --- errors

# Codes of a blocked request: OpenAI and Azure, Alibaba, OpenRouter, Anthropic's gateways.
_BLOCK_CODE = re.compile(
    r"content_filter|content_policy|responsible.?ai|moderation_blocked|cyber_policy"
    r"|data_?inspection_?failed|^refusal$",
    re.IGNORECASE,
)
# Those who say it in words, under a code that other errors have too: OpenAI (three ways),
# Anthropic, DeepSeek, Moonshot, xAI.
_BLOCK_WORDS = re.compile(
    r"violating our usage policy|limited access to this content for safety reasons"
    r"|(?:as a result of|rejected by) (?:our|the) safety system"
    r"|blocked by content filtering policy|content exists risk|considered high risk"
    r"|violates usage guidelines",
    re.IGNORECASE,
)
_CHECK = re.compile(r"SAFETY_CHECK_TYPE_\w+")
_SAYS_NOTHING = frozenset({"", "invalid_request_error", "permission-denied"})


def block_reason(error: Mapping[str, Any]) -> str | None:
    """The raw reason of a provider's block in an error object; None where it is no block.

    It is the code, with Azure's categories; where no code says it, the words that do.
    """
    inner = error.get("innererror") or error.get("inner_error")
    inner = inner if isinstance(inner, dict) else {}
    for code in (error.get("code"), error.get("type"), inner.get("code")):
        if code and _BLOCK_CODE.search(str(code)):
            found = inner.get("content_filter_result") or inner.get("content_filter_results")
            return str(code) + categories(found)
    message = str(error.get("message"))
    if words := _BLOCK_WORDS.search(message):
        code = str(error.get("code") or "")
        check = _CHECK.search(message)
        said = words[0] if code in _SAYS_NOTHING or code.isdigit() else code
        return f"{said}: {check[0]}" if check else said
    return _moderated(error.get("metadata"))


def _moderated(metadata: object) -> str | None:
    """OpenRouter answers 403 for flagged input; without this it would look like a bad key."""
    reasons = metadata.get("reasons") if isinstance(metadata, dict) else None
    return f"moderation{_listed(reasons)}" if isinstance(reasons, list) else None


# --- kinds of blocks

GUARD = "guard:"
"""What the raw reason of a block by a guard around the target begins with; its name follows."""

_KINDS = {
    "recitation": r"recitation|protected_material",
    "privacy": r"spii|\bpii\b",
    "language": r"^language",
    "other": r"^(blockreason |image_)?other|unspecified",
}


def kind_of(block: str) -> str:
    """What a raw block is about: harm and usage rules are `safety`, as is a filter without more.

    What a guard of the target's own kept back (`targets.guarded`) is of the kind `guard`.

    >>> kind_of("content_filter: hate, protected_material_text"), kind_of("RECITATION")
    ('safety', 'recitation')
    """
    if block.startswith(GUARD):
        return "guard"
    reason, _, details = block.partition(": ")
    said = details.split(", ") if details else [reason]
    kinds = {_kind(word) for word in said}
    return kinds.pop() if len(kinds) == 1 else "safety"


def _kind(word: str) -> str:
    for kind, pattern in _KINDS.items():
        if re.search(pattern, word, re.IGNORECASE):
            return kind
    return "safety"
