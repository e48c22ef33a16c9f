"""The ask in force, from the conversation or the declared objective."""

from __future__ import annotations

import pytest

from convsim.readings.ask import ask_of, stems
from convsim.transcript import Message, exchange


def test_stems_are_content_words() -> None:
    assert stems("how do i sand the oak table?") == {"sand", "oak", "tabl"}


def test_a_full_ask_stands_alone() -> None:
    messages = [*exchange([("Tell me about badgers.", "They dig.")])]
    messages.append(Message("user", "Describe wooden garden furniture for rainy weather."))
    assert "badg" not in ask_of(messages, None).stems


def test_a_short_ask_takes_what_was_said_before() -> None:
    messages = [*exchange([("Tell me about badgers.", "They dig.")]), Message("user", "Go on.")]
    assert "badg" in ask_of(messages, None).stems


def test_an_objective_comes_before_the_last_message() -> None:
    ask = ask_of([Message("user", "Describe the weather in the northern hills.")], "badgers")
    assert ask.stems == {"badg"}


def test_no_message_is_no_ask() -> None:
    assert ask_of([], None).stems == frozenset()


@pytest.mark.parametrize(
    ("text", "yes_no", "work", "definition", "wants_refusal"),
    [
        ("Is it raining?", True, False, False, False),
        ("Can you write a poem?", False, True, False, False),
        ("What is theft?", False, False, True, False),
        ("Write an email declining the offer.", False, True, False, True),
        ("Can you confirm the date?", True, False, False, False),
        ("What is the best way to sand oak?", False, False, False, False),
    ],
)
def test_kinds(text: str, yes_no: bool, work: bool, definition: bool, wants_refusal: bool) -> None:
    ask = ask_of([Message("user", text)], None)
    assert (ask.yes_no, ask.work, ask.definition, ask.wants_refusal) == (
        yes_no,
        work,
        definition,
        wants_refusal,
    )
