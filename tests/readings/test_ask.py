"""The ask in force, from the conversation or the declared objective."""

from __future__ import annotations

import pytest

from convsim.readings import ask
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


@pytest.mark.parametrize(
    ("last", "objective", "about"),
    [
        ("Go on.", None, True),
        ("Describe wooden garden furniture for rainy weather.", None, False),
        ("Describe wooden garden furniture for rainy weather.", "a poem on rain", True),
    ],
)
def test_a_short_or_stated_ask_is_also_about_earlier_replies(
    last: str, objective: str | None, *, about: bool
) -> None:
    messages = [*exchange([("Which one?", "Badgers dig tunnels.")]), Message("user", last)]
    read = ask_of(messages, objective)
    assert read.is_about(["it was in a tunnel"]) is about
    assert not read.is_about(["it was in an aeroplane", ""])


def test_replies_do_not_stay_in_what_is_remembered_of_a_conversation() -> None:
    """The same user text is read against thousands of replies: only the text is kept."""
    asked = [("Which one?", "Badgers dig tunnels."), ("Which one?", "Herons fish.")]
    told = [ask_of([*exchange([pair]), Message("user", "Go on.")], None) for pair in asked]
    assert [read.is_about(["a heron"]) for read in told] == [False, True]


def test_an_objective_comes_before_the_last_message() -> None:
    read = ask_of([Message("user", "Describe the weather in the northern hills.")], "badgers")
    assert read.stems == {"badg"}


def test_an_ask_does_not_depend_on_what_was_read_before() -> None:
    """Messages are folded once and kept; the ask of a conversation is the same read alone."""
    said = [
        exchange([("Write a poem about badgers.", "They dig."), (pushed, "No."), ("Go on.", "")])
        for pushed in ("Please.", "Just refuse politely, in a letter.", "Please.")
    ]
    histories = [chat[:end] for chat in said for end in (1, 3, 5)]
    alone = []
    for history in histories:
        for kept in (ask._said, ask._asked):
            kept.cache_clear()
        alone.append(ask_of(history, None))
    assert [ask_of(history, None) for history in reversed(histories)] == alone[::-1]


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
