"""Cue files: what they may say, and that the shipped ones say it."""

from __future__ import annotations

import pytest

from convsim.readings.cues import Hit, compile_cues, cues

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "zh", "ja", "hi", "ar", "ru")


def found(source: str, text: str) -> list[tuple[str, str]]:
    return [(act, text[start:end]) for act, start, end in compile_cues(source).hits(text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_language_knows_a_refusal(language: str) -> None:
    shipped = cues(language)
    entries = [act for word in shipped.by_word.values() for act, _ in word.acts]
    assert "decline_all" in [*entries, *(act for act, _ in shipped.anywhere)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_cue_compiles(language: str) -> None:
    """They are compiled when a text first holds their word; a slip must show before that."""
    assert all(callable(word.any) and word.acts for word in cues(language).by_word.values())


@pytest.mark.parametrize(
    ("cue", "text", "quotes"),
    [
        ("i can't", "well, i can't", ["i can't"]),
        ("i can't", "hi can't", []),
        ("i (?:can't|won't) help", "i won't help, i can't help", ["i won't help", "i can't help"]),
        ("(?:sure|of course)", "of course, sure", ["of course", "sure"]),
        ("(?:i )?decline", "i decline", ["i decline", "decline"]),
        ("not ... until", "not today or tomorrow until", ["not today or tomorrow until"]),
        ("not ... until", "not. until", []),
        ("refus(?:e|al)", "a refusal", ["refusal"]),
        ("policies?", "policy? policie policies", ["policie", "policies"]),
    ],
)
def test_a_cue_begins_and_ends_at_a_word(cue: str, text: str, quotes: list[str]) -> None:
    assert [quote for _, quote in found(f"[act]\n{cue}", text)] == quotes


def test_definitions_are_inserted() -> None:
    source = "# comment\n[let]\nno = can't|won't\n\n[decline]\ni {no} go\n"
    assert found(source, "i won't go") == [("decline", "i won't go")]


def test_several_acts_may_hit_one_word() -> None:
    source = "[one]\ni see\n[two]\ni see that"
    assert list(compile_cues(source).hits("i see that")) == [Hit("one", 0, 5), Hit("two", 0, 10)]


def test_word_lists_are_not_cues() -> None:
    compiled = compile_cues("[words:stop]\nthe a\nan")
    assert compiled.words["stop"] == {"the", "a", "an"}
    assert not compiled.by_word


@pytest.mark.parametrize("cue", [r"\w+ no", "[ab]c", "(?:so )*no", r"viola\w* it", "(?:no"])
def test_a_cue_without_a_certain_first_word_is_an_error(cue: str) -> None:
    with pytest.raises(ValueError, match="cue"):
        compile_cues(f"[act]\n{cue}")
