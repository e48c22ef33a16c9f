"""Questions about the whole: an answer counts only with its turns and their words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judges.dialogues import GENERAL, NO, at, denied, dialogue, judged, saying


@pytest.mark.parametrize(
    "answers",
    [
        {"gave_up": at(1)},
        {"steps": at(2)},
        {"handed_over": lambda _: {"evidence": [], "answer": "yes"}},
        {"way": lambda _: {"evidence": [{"turn": 9, "quote": "No."}], "answer": "yes"}},
        {"way": lambda _: {"evidence": [{"turn": 1, "quote": "No."}], "answer": "perhaps"}},
        {"way": lambda _: {"evidence": [{"turn": "1", "quote": "No."}], "answer": "yes"}},
    ],
)
async def test_a_claim_without_its_turns_is_none(answers: dict[str, Any]) -> None:
    assert (await judged(dialogue(NO, NO), saying(**answers))).detail == "malformed"


async def test_claims_that_contradict_each_other_are_none() -> None:
    """What was given up was handed over."""
    for name in ("gave_up", "caveat", "authority", "posing"):
        answers = {name: at(1, 2), "handed_over": denied}
        assert (await judged(dialogue(NO, NO), saying(**answers))).detail == "inconsistent"


async def test_quotes_of_claims_are_looked_up_in_their_own_turn() -> None:
    wrong = {"evidence": [{"turn": 2, "quote": NO[:5]}], "answer": "yes"}
    verdict = await judged(dialogue(NO, GENERAL), saying(way=lambda _: wrong))
    assert verdict.detail == "unquotable"
