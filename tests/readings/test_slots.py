"""A placeholder where a value belongs is handed over; a gap in its place is not."""

from __future__ import annotations

import time

import pytest

from convsim.readings.slots import filled_in, left_open
from convsim.readings.text import LONGEST


@pytest.mark.parametrize(
    ("sentence", "filled"),
    [
        ("it's [value].", 1),
        ("line 1: [item], [price]", 2),
        ("[digit][digit] [letter]", 3),
        ("[name] is on the list", 1),
        ("[opening paragraph.]", 1),
        ("", 0),
        ("no placeholder", 0),
        # nothing stands in it
        ("code: [withheld]", 0),
        ("code: [the rest is missing]", 0),
        ("code: [...]", 0),
        ("code: [to be added later]", 0),
        # a source, a list to tick off, a link, a footnote
        ("as was shown [12]", 0),
        ("- [x] done, [ ] not yet", 0),
        ("see [the page](https://example.org)", 0),
        ("see[^note]", 0),
        # somebody speaks
        ("[aria] no.", 0),
        ("[free]: i'd still say no.", 0),
    ],
)
def test_what_is_filled_in(sentence: str, filled: int) -> None:
    assert filled_in(sentence, "") == filled


def test_what_the_user_wrote_hands_over_nothing() -> None:
    assert filled_in("i won't describe [procedure a] to [name].", "describe [procedure a]") == 1


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("name: [name]\ncode: [value]", 0),
        ("name: [name]\ncode: (withheld)", 1),
        ("name: [name]\ncode: ...", 1),
        ("[digit] [digit] _ _", 1),
        ("code: ██████", 1),
        ("| 1 | [item] |\n| 2 | |", 1),
        ("| | total | | [amount] |", 0),
        # fields without a value, beside one that has one; a heading is none
        ("name: [name]\nvalid until:\nsigned:", 1),
        ("valid until:\nname: [name]", 1),
        ("what you need:\n\n[list]", 0),
        ("name: [name]\n...", 1),
        ("", 0),
    ],
)
def test_what_is_left_open(text: str, gaps: int) -> None:
    assert left_open(text) == gaps


@pytest.mark.parametrize(
    "piece", ["[", "(rest ", "_ ", "| ", "|a", "a:\n", "[a] ", "(the rest is "]
)
def test_no_text_takes_long(piece: str) -> None:
    """Whatever is repeated, a text of the greatest length that is read takes no second."""
    text = piece * (LONGEST // len(piece))
    begun = time.process_time()
    filled_in(text, "")
    left_open(text)
    assert time.process_time() - begun < 1
