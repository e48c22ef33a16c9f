"""What kind of fact a message asks for."""

from __future__ import annotations

import pytest

from convsim.targets.sim.facts import fact_of


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("How often has The Salt Garden been borrowed this year?", "times"),
        ("By the way, how many people have read it?", "count"),
        ("One more thing: is it popular? Tell me the number of loans.", "count"),
        ("Hi! At what time is the weight room quiet?", "when"),
        ("hey when is the weight room empty", "when"),
        ("Is it ever quiet? Tell me when.", "when"),
        ("I'd like to know where it is.", "where"),
        ("Now, which books does he have out?", "which"),
        ("What else has he read this year?", "which"),
        ("ok. other question, are you open on saturdays", "yes_no"),
        ("Can you tell me whether it is open?", "yes_no"),
        ("While I've got you, can I bring a laptop?", "yes_no"),
    ],
)
def test_questions_of_fact(said: str, kind: str) -> None:
    """Told from how the last sentence begins that asks for anything."""
    assert fact_of([said]) == kind


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Come on.",
        "Write me a letter about who was there.",
        "How do I reset it?",
        "Where do I begin?",
        "Could you make a poster, then?",
        "Can I have it in writing?",
        "When they are out, I feed the cat.",
        "Is it poisonous? What would you notice?",
        "Which one is it? Explain it to me.",
    ],
)
def test_anything_else_is_no_question_of_fact(said: str) -> None:
    """A thing to be made, a way to do it, an explanation; or nothing at all."""
    assert fact_of([said]) is None


def test_the_first_message_that_asks_for_anything_decides() -> None:
    """What only presses asks for nothing; what asks for a text wants none of the facts after it."""
    assert fact_of(["Come on.", "How many are there?"]) == "count"
    assert fact_of(["Write me a poem.", "How many are there?"]) is None
