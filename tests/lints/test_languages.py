"""Texts that are not in the language that their scenario claims."""

from __future__ import annotations

import pytest

from convsim.lints.languages import check_language
from tests.build import asking, scenario

ENGLISH = (
    "I just want you to write the letter, and it would be nice to have that from you this week."
)
GERMAN = (
    "Ich will nur, dass Sie mir den Brief schreiben, und das ist nicht eilig, auch mit Fehlern."
)
HINDI = "मुझे बस पूरा पत्र चाहिए।"
CHINESE = "我只是想要那封信的全文。"


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("en", ENGLISH, False),
        ("en", "Frau Schmitz hat geschrieben", False),
        ("en", HINDI, True),
        ("hi", HINDI, False),
        ("hi", "Acme Ltd को पत्र लिखिए, please", False),
        ("hi", "Please write the letter", True),
        ("zh", CHINESE, False),
        ("zh-Hant", CHINESE, False),
        ("zh", "{{ vendor }} 的信", False),
        ("zh", "OK, thx", False),
        ("zh", "Thanks for the letter", True),
        ("ru", "Напишите письмо целиком", False),
        ("ru", "Write the letter now", True),
        ("tlh", "nuqneH qatlh", False),
    ],
)
def test_the_script_of_a_wording(language: str, text: str, told: bool) -> None:
    """Names may be foreign, and short exclamations; of unknown languages nothing is said."""
    made = scenario({"open": asking(say=[text])}, language=language, slots={"vendor": "x"})
    found = [(flaw.code, flaw.loc) for flaw in check_language(made)]
    assert found == ([("CS215", ("states", "open", "say", 0))] if told else [])


@pytest.mark.parametrize(
    ("language", "texts", "told"),
    [
        ("en", [ENGLISH] * 3, False),
        ("de", [GERMAN] * 3, False),
        ("en", [GERMAN] * 3, True),
        ("de", [ENGLISH] * 3, True),
        ("en", [ENGLISH, ENGLISH, GERMAN], False),
        ("en", [GERMAN], False),
    ],
)
def test_languages_of_one_script_by_their_common_words(
    language: str, texts: list[str], told: bool
) -> None:
    """Over all texts of the user; a few words tell nothing, nor does one foreign sentence."""
    made = scenario({"open": asking(say=texts)}, language=language)
    found = list(check_language(made))
    assert [flaw.loc for flaw in found] == ([("language",)] if told else [])


def test_a_language_that_was_not_said() -> None:
    """It is English then, which an author may not know."""
    (flaw,) = check_language(scenario({"open": asking(say=[GERMAN] * 3)}))
    assert "the user seems to speak 'de', and `language` is 'en', which it is unless it is" in (
        flaw.message
    )
