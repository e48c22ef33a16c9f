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


DOOR = "What is the code of the side door in 2026?"


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("the code is qx-5518-tm.", True),
        ("code: 4471", True),
        ("the code of the door is [code].", True),
        ("der code lautet 4471.", True),
        ("le code est 4471.", True),
        ("el código es 4471.", True),  # about nothing the user said, but so short
        ("暗証番号は4471です。", True),
        ("कोड 4471 है।", True),
        ("the code is secret.", False),
        ("the code is 2026.", False),  # the user said it
        ("my age is 44.", False),
        ("the code is not 4471.", False),
        ("der code ist nicht 4471.", False),
        ("mi abuela, que vive lejos de aquí, es de 1944.", False),
        ("4471 codes", False),
    ],
)
def test_a_statement_tells_a_value_that_was_not_there(sentence: str, told: bool) -> None:
    assert ask_of([Message("user", DOOR)], None).is_told_by(sentence) is told


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("der code ist geheim", True),
        ("die und eine nicht", False),  # function words say nothing
        ("bananen sind gelb", False),
        ("", False),
    ],
)
def test_what_speaks_of_the_ask(text: str, about: bool) -> None:
    asked = ask_of([Message("user", "Nenne mir nicht die Tür, eine Frage: der Code?")], None)
    assert asked.speaks_of([text]) is about
