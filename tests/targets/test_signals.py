"""What providers say beside a reply: every raw word, and what it means here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convsim.targets import signals
from convsim.targets.signals import Ending, Signal

BLOCKED, BROKEN, CUT, WHOLE = Ending.BLOCKED, Ending.BROKEN, Ending.CUT_SHORT, Ending.WHOLE
REFERENCE = Path(__file__).parents[2] / "docs/reference/provider-signals.md"


@pytest.mark.parametrize(
    ("reason", "ending"),
    [
        ("stop", WHOLE),
        ("STOP", WHOLE),
        ("end_turn", WHOLE),
        ("length", CUT),
        ("MAX_TOKENS", CUT),
        ("content_filter", BLOCKED),
        ("content_filter: PROHIBITED_CONTENT", BLOCKED),
        ("refusal", BLOCKED),
        ("SAFETY", BLOCKED),
        ("OTHER", BLOCKED),
        ("other", Ending.UNKNOWN),
        ("language", Ending.UNKNOWN),
        ("error", BROKEN),
        ("ERROR", BROKEN),
        ("MALFORMED_FUNCTION_CALL", BROKEN),
        ("constitution", Ending.UNKNOWN),
        ("", Ending.UNKNOWN),
    ],
)
def test_stop_reasons(reason: str, ending: Ending) -> None:
    """In any case, but for Gemini's two words that others use for something else."""
    assert signals.ending_of(reason) is ending


@pytest.mark.parametrize(
    ("reasons", "signal"),
    [
        ([], Signal()),
        ([None, ""], Signal()),
        (["STOP", "stop"], Signal(WHOLE, "STOP")),
        (["RECITATION", "content_filter"], Signal(BLOCKED, "RECITATION", "RECITATION: x")),
        (["stop", "content_filter"], Signal(BLOCKED, "content_filter", "content_filter: x")),
        (["tired", "content_filter"], Signal(BLOCKED, "content_filter", "content_filter: x")),
        (["NO_IMAGE", "content_filter"], Signal(BROKEN, "NO_IMAGE")),
        (["MALFORMED_RESPONSE", "stop"], Signal(BROKEN, "MALFORMED_RESPONSE")),
        (["MAX_TOKENS", "length"], Signal(CUT, "MAX_TOKENS")),
        (["tired", "stop"], Signal(WHOLE, "tired")),
        (["tired"], Signal(Ending.UNKNOWN, "tired")),
    ],
)
def test_the_providers_own_word_counts_before_its_translation(
    reasons: list[str | None], signal: Signal
) -> None:
    """Unless it says nothing. Only a block has details."""
    assert signals.signal(*reasons, details=": x") == signal


@pytest.mark.parametrize(
    ("body", "signal"),
    [
        ({"choices": [{"finish_reason": "stop"}]}, Signal(WHOLE, "stop")),
        ({"stop_reason": "end_turn"}, Signal(WHOLE, "end_turn")),
        (
            {"stop_reason": "refusal", "stop_details": {"category": "bio"}},
            Signal(BLOCKED, "refusal", "refusal: bio"),
        ),
        ({"stop_reason": "refusal", "stop_details": None}, Signal(BLOCKED, "refusal", "refusal")),
        ({"candidates": [{"finishReason": "SPII"}]}, Signal(BLOCKED, "SPII", "SPII")),
        ({"promptFeedback": {"blockReason": "OTHER"}}, Signal(BLOCKED, None, "blockReason OTHER")),
        (
            {"stopReason": "guardrail_intervened"},
            Signal(BLOCKED, "guardrail_intervened", "guardrail_intervened"),
        ),
        ({"finish_reason": "ERROR_TOXIC"}, Signal(BLOCKED, "ERROR_TOXIC", "ERROR_TOXIC")),
        ({"promptFeedback": {}, "candidates": [{"finishReason": "STOP"}]}, Signal(WHOLE, "STOP")),
        ({"candidates": []}, None),
        ({"candidates": [{}]}, None),
        ({"choices": []}, None),
        ({"choices": ["text"]}, None),
        ({"error": {"code": 400}}, None),
        ({"stop_reason": None}, None),
        ([], None),
        ("text", None),
        (None, None),
    ],
)
def test_an_answer_in_anybodys_format(body: Any, signal: Signal | None) -> None:
    """OpenAI, Anthropic, Gemini, Bedrock and Cohere each have a place of their own for it."""
    assert signals.of_answer(body) == signal


@pytest.mark.parametrize(
    ("results", "listed"),
    [
        ({"hate": {"filtered": True}, "violence": {"filtered": False}}, ": hate"),
        ({"violence": {"filtered": True}, "hate": {"filtered": True}}, ": hate, violence"),
        ({"jailbreak": {"detected": True, "filtered": False}}, ""),
        ({"custom_blocklists": {"filtered": True, "details": []}}, ": custom_blocklists"),
        ({"custom_blocklists": [{"id": "a", "filtered": True}]}, ": custom_blocklists"),
        ({"error": {"code": "content_filter_error", "message": "not filtered"}}, ""),
        ({"hate": "text"}, ""),
        ({}, ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_azures_categories(results: Any, listed: str) -> None:
    """Those that filtered; what was only detected did not."""
    assert signals.categories(results) == listed


@pytest.mark.parametrize(
    ("error", "block"),
    [
        ({"code": "content_filter"}, "content_filter"),
        ({"type": "content_policy_violation"}, "content_policy_violation"),
        (
            {"code": None, "innererror": {"code": "ResponsibleAIPolicyViolation"}},
            "ResponsibleAIPolicyViolation",
        ),
        (
            {
                "code": "content_filter",
                "innererror": {"content_filter_results": {"jailbreak": {"filtered": True}}},
            },
            "content_filter: jailbreak",
        ),
        ({"code": "data_inspection_failed"}, "data_inspection_failed"),
        ({"code": "cyber_policy"}, "cyber_policy"),
        ({"code": "refusal"}, "refusal"),
        (
            {"code": "invalid_prompt", "message": "potentially violating our usage policy"},
            "invalid_prompt",
        ),
        ({"code": "invalid_prompt", "message": "the schema has no name"}, None),
        ({"message": "Content Exists Risk"}, "Content Exists Risk"),
        (
            {"code": "invalid_request_error", "message": "Content Exists Risk"},
            "Content Exists Risk",
        ),
        ({"code": 400, "message": "considered high risk"}, "considered high risk"),
        ({"metadata": {"reasons": ["hate", "violence"]}}, "moderation: hate, violence"),
        ({"metadata": {"reasons": []}}, "moderation"),
        ({"code": "refusal_to_connect"}, None),
        ({"code": "context_length_exceeded"}, None),
        ({"message": "the content_filter parameter is unknown"}, None),
        ({"metadata": "text"}, None),
        ({"innererror": "text"}, None),
        ({}, None),
    ],
)
def test_block_reason(error: dict[str, Any], block: str | None) -> None:
    """A code or a known sentence makes a block; a parameter's name in a message does not."""
    assert signals.block_reason(error) == block


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ("content_filter", "safety"),
        ("content_filter: hate, violence", "safety"),
        ("content_filter: protected_material_text", "recitation"),
        ("content_filter: hate, protected_material_text", "safety"),
        ("content_filter: RECITATION", "recitation"),
        ("RECITATION", "recitation"),
        ("IMAGE_RECITATION", "recitation"),
        ("SPII", "privacy"),
        ("LANGUAGE", "language"),
        ("OTHER", "other"),
        ("blockReason OTHER", "other"),
        ("blockReason BLOCKED_REASON_UNSPECIFIED", "other"),
        ("blockReason SAFETY: HARM_CATEGORY_HARASSMENT", "safety"),
        ("refusal: cyber", "safety"),
        ("moderation: violence", "safety"),
        ("content_policy_violation", "safety"),
        ("guard:output: hate, violence", "guard"),
        ("guard:input", "guard"),
    ],
)
def test_kind_of(block: str, kind: str) -> None:
    """What is no matter of harm is told apart, unless harm was a reason too."""
    assert signals.kind_of(block) == kind


def test_the_reference_lists_every_stop_reason() -> None:
    """A word that is understood is documented."""
    text = REFERENCE.read_text(encoding="utf-8").lower()
    assert [word for word in signals.ENDINGS if f"`{word.lower()}`" not in text] == []
