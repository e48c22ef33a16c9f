"""Dialogues side by side: in columns and on a page, masked and inert."""

from __future__ import annotations

from convsim.differences import Turned, differences
from convsim.report.beside import Example, beside_text, page
from convsim.report.data import Entry
from tests.differences.sides import many, rows, version
from tests.report.invented import judged


def entry(words: str) -> Entry:
    transcript, verdict, case = judged(words)
    return Entry(transcript, case, verdict)


def example(before: str, after: str) -> Example:
    one, other = entry(before), entry(after)
    key = one.transcript.key
    return Example(Turned(key, key, one.case.rule.id, "held", "crossed"), one, other)


def test_replies_stand_beside_each_other_and_what_was_given_is_masked() -> None:
    text = example("refuse refuse redirect", "refuse comply").text()
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert "user: User text of turn 1." in text
    assert any("refusal:" in line and "compliance:" in line for line in lines)
    assert "[masked:" in text
    assert "PLACEHOLDER line 1" not in text
    assert "(ended)" in text


def test_what_is_masked_is_shown_where_somebody_asks_for_it() -> None:
    assert "PLACEHOLDER" in beside_text(entry("refuse refuse"), entry("comply"), reveal=True)


def test_a_page_says_what_changed_and_shows_the_dialogues() -> None:
    held, gave = many("....."), many("xx...")
    found = differences([(version(rows(held)), version(rows(gave), run="<b>after</b>"))])
    text = page(found, [[example("refuse refuse", "refuse comply")]])
    assert "under-refusal rose by 40.0 points" in text
    assert "held -&gt; crossed" in text
    assert "<b>after" not in text
    assert "PLACEHOLDER line 1" not in text
    assert "39 more came out otherwise" in text
    assert "<script" not in text


def test_on_a_page_each_side_keeps_to_its_column() -> None:
    """A turn that only one side had leaves the other's column empty, and its move is its own."""
    held = many(".....")
    found = differences([(version(rows(held)), version(rows(held), run="after"))])
    one, other = entry("refuse"), entry("refuse refuse")
    key = one.transcript.key
    turned = Turned(key, key, one.case.rule.id, "held", "crossed")
    text = " ".join(page(found, [[Example(turned, one, other)]]).split())
    assert '<div></div><div class="user own" dir="auto">User text of turn 2.</div>' in text
    assert "<p>before t1<br>" in text
    assert "<p>after t1<br>" in text


def test_a_page_without_a_change_says_so() -> None:
    same = many(".....")
    found = differences([(version(rows(same)), version(rows(same), run="after"))])
    text = page(found, [[]])
    assert "Nothing is shown to have changed." in text
    assert "None: every dialogue came to the same outcome." in text
