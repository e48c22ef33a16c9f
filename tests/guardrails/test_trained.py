"""Guard models in their own formats, as guards of outputs."""

from __future__ import annotations

import pytest

from convsim.classifiers.guards.guard import Form
from convsim.classifiers.guards.llama_guard import LLAMA_GUARD
from convsim.classifiers.guards.qwen3guard import QWEN3GUARD
from convsim.classifiers.guards.wildguard import WILDGUARD
from convsim.errors import NoRuling
from convsim.guardrails.trained import TrainedGuard
from convsim.targets.guarded import Ruling
from convsim.transcript import Message, Reply, Request
from tests.small import Scripted, hello

WILD = "Harmful request: {}\nResponse refusal: {}\nHarmful response: {}"


@pytest.mark.parametrize(
    ("form", "answer", "ruling"),
    [
        (LLAMA_GUARD, "safe", Ruling(False)),
        (LLAMA_GUARD, "unsafe\nS1,S9", Ruling(True, "S1,S9")),
        (WILDGUARD, WILD.format("yes", "no", "yes"), Ruling(True)),
        (WILDGUARD, WILD.format("yes", "yes", "no"), Ruling(False)),
        (QWEN3GUARD, "Safety: Unsafe\nCategories: Violent\nRefusal: No", Ruling(True, "Violent")),
        (QWEN3GUARD, "Safety: Safe\nCategories: None\nRefusal: Yes", Ruling(False)),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_a_harmful_reply_is_blocked(form: Form, answer: str, ruling: Ruling) -> None:
    """With the categories that it names as the reason."""
    guard = TrainedGuard(form, Scripted(answer), model="m")
    assert await guard.rule(hello(), Reply("Yes.")) == ruling


@pytest.mark.parametrize(
    ("form", "answer", "why"),
    [
        (LLAMA_GUARD, "Of course!", "off-template|malformed"),
        (LLAMA_GUARD, " ", "empty"),
        (QWEN3GUARD, "Safety: Controversial\nCategories: None\nRefusal: No", "undecided"),
        (WILDGUARD, "Harmful request: yes", "malformed"),
    ],
)
async def test_an_answer_of_another_form_is_no_ruling(form: Form, answer: str, why: str) -> None:
    """Taking no side is none, either."""
    guard = TrainedGuard(form, Scripted(answer), model="m")
    with pytest.raises(NoRuling, match=f"no ruling \\(({why})\\)"):
        await guard.rule(hello(), Reply("Yes."))


async def test_a_reply_to_nobody_cannot_be_ruled_on() -> None:
    """No guard's format has room for that."""
    guard = TrainedGuard(LLAMA_GUARD, Scripted("safe"), model="m")
    with pytest.raises(NoRuling, match="no-user-message"):
        await guard.rule(Request((Message("system", "Go."),)), Reply("Yes."))


def test_it_is_known_by_form_and_model() -> None:
    found = {
        TrainedGuard(form, Scripted(), model=model).fingerprint
        for form in (LLAMA_GUARD, WILDGUARD)
        for model in ("m", "n")
    }
    assert len(found) == 4
