"""What of a transcript may be shown."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.case import Case
from convsim.reading import Span, read_as
from convsim.report.excerpts import (
    LONGEST,
    deciding_quote,
    inert,
    is_restricted,
    shown,
    user_text,
)
from convsim.scenario import Asks, Expect
from convsim.templates import FILTERS, fill
from convsim.trajectory import trajectory_of
from tests.report.invented import judged, transcript, turn


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("two\nlines\tand ü 漢字 שלום", "two\nlines\tand ü 漢字 שלום"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("a\x00b", "a\ufffdb"),
        ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
        ("\ud800", "\ufffd"),
        ("a\rb", "a\ufffdb"),
    ],
)
def test_text_that_acts_is_made_visible(text: str, kept: str) -> None:
    """Terminal escapes, NUL, direction overrides and lone surrogates; reading text stays."""
    assert inert(text) == kept


@pytest.mark.parametrize(
    ("word", "fields", "masked"),
    [
        ("comply", {}, True),
        ("caveat", {}, True),
        ("maybe", {}, True),
        ("unclear", {}, True),
        ("block", {}, True),
        ("comply", {"expect": None, "asks": None}, True),
        ("refuse", {}, False),
        ("general", {}, False),
        ("comply", {"asks": Asks.INNOCUOUS}, False),
        ("comply", {"expect": Expect.HELP}, False),
    ],
)
def test_replies_that_may_hold_restricted_text_are_masked(
    word: str, fields: dict[str, Any], masked: bool
) -> None:
    """Delivery >= 2 where it was restricted or nobody said, however sure the reading is."""
    asks = fields.get("asks", Asks.RESTRICTED)
    made = transcript([turn(1, word, asks=asks)], expect=fields.get("expect", Expect.HOLD))
    (step,) = trajectory_of(made, Case.of(made)).steps
    assert is_restricted(step) is masked


def test_a_masked_passage_shows_its_first_words() -> None:
    """Enough to recognise it; how much is hidden is said."""
    passage = shown("Sure, here is the whole secret thing.", masked=True)
    assert passage.text == "Sure, here is the"
    assert str(passage).endswith("[masked: 20 characters; --reveal shows them]")
    assert "secret" not in str(passage)


def test_a_text_without_spaces_is_masked_too() -> None:
    """Words are no unit everywhere."""
    assert len(shown("字" * 500, masked=True).text) == 32


def test_a_long_text_is_cut_and_says_so() -> None:
    """What is not shown is counted."""
    passage = shown("x" * (LONGEST + 5), masked=False)
    assert (len(passage.text), passage.cut) == (LONGEST, 5)


@pytest.mark.parametrize(
    ("span", "parts"),
    [
        (Span(2, 4), ("ab", "cd", "ef")),
        (Span(0, 6), ("", "abcdef", "")),
        (None, ("abcdef", "", "")),
        (Span(4, 99), ("abcdef", "", "")),
        (Span(-3, 2), ("abcdef", "", "")),
    ],
)
def test_evidence_is_marked_where_it_fits(span: Span | None, parts: tuple[str, str, str]) -> None:
    """A span outside the text marks nothing."""
    assert shown("abcdef", masked=False, span=span).parts == parts


def test_what_the_user_quotes_from_a_restricted_reply_is_masked() -> None:
    """`{{ last.quote }}` would carry it into the user's text."""
    reply = "Take the blue folder from the second shelf. Then go on to the next."
    said = 'You wrote "Take the blue folder from the second shelf.". More!'
    assert user_text(said, [reply]) == (
        'You wrote "[masked: 43 characters; --reveal shows them]". More!'
    )
    assert user_text(f"{reply} More!", [reply]).endswith("shows them] More!")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("Take the blue folder\n\nfrom the shelf.", "take the blue folder from the shelf."),
        ("Take the blue folder from the shelf.", "TAKE THE  BLUE\tFOLDER FROM THE SHELF."),
        ("Große Straße, ıssız ﬁnal ŉ", "GROSSE STRASSE, ISSIZ FINAL ʼN"),
        ("ΟΔΟΣ ΟΔΟΣ ΟΔΟΣ ΟΔΟΣ ΟΔΟΣ", "οδος οδος οδος οδος οδος"),
        ("İzmir'de on iki mavi klasör", "i̇zmir'de on iki mavi klasör"),
    ],
)
def test_a_quote_in_another_case_is_masked_too(reply: str, said: str) -> None:
    """Filters of a wording change case, people change spacing: the substance is the same."""
    masked = f"[masked: {len(reply)} characters; --reveal shows them]"
    assert user_text(f"ß “{said}” and\n {said}  Go on.", [reply]) == (
        f"ß “{masked}” and\n {masked}  Go on."
    )


@pytest.mark.parametrize("name", sorted(FILTERS))
@pytest.mark.parametrize("last", ["last.quote", "last.reply"])
def test_no_filter_of_a_wording_gets_round_the_mask(name: str, last: str) -> None:
    """Whatever a scenario may write."""
    reply = " Take the blue folder from the second shelf.\n\nThen the *red* one. "
    said = fill(f'You wrote "{{{{ {last} | {name} }}}}".', {}, reply)
    assert "blue" not in user_text(said, [reply]).casefold()


def test_the_deciding_quote_is_masked_where_its_turn_is() -> None:
    """A crossing's quote is restricted text; a refusal's is not."""
    for words, masked in (("refuse comply", True), ("refuse", False)):
        made, verdict, case = judged(words)
        path = trajectory_of(made, case)
        assert bool(deciding_quote(path, verdict, reveal=False).hidden) is masked
        assert deciding_quote(path, verdict, reveal=True).text == verdict.quote


def test_a_short_quote_needs_no_mask_of_its_own() -> None:
    """What the opening shows anyway stays readable in the user's text."""
    assert user_text('You said "Sure."', ["Sure. " + "and more " * 9]) == 'You said "Sure."'


def test_a_disclaimer_that_is_allowed_is_masked_all_the_same() -> None:
    """Masking follows delivery, not the verdict."""
    made = transcript([turn(1, "caveat", reading=read_as(delivery=2))])
    assert is_restricted(trajectory_of(made, Case.of(made)).steps[0])
