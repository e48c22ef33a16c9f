"""Linting: whether a text is in the language that its scenario claims.

A script is told by its characters: at least three in ten letters of a Hindi wording are Devanagari,
even where it is full of English names. Between languages of one script a few words that no text
does without are counted, over all that the user says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from convsim.errors import Flaw
from convsim.lints.said import said_in
from convsim.scenario import Scenario
from convsim.templates import HOLE

LEAST = 0.30
"""The least share of letters in the script that a wording claims."""

FEWEST_LETTERS = 8
"""Shorter ones may be a name or an exclamation."""

_SCRIPTS = {
    "latin": "A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff",
    "han": "\u3400-\u9fff\U00020000-\U0003134f",
    "japanese": "\u3040-\u30ff\u3400-\u9fff",
    "hangul": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "devanagari": "\u0900-\u097f",
    "bengali": "\u0980-\u09ff",
    "tamil": "\u0b80-\u0bff",
    "telugu": "\u0c00-\u0c7f",
    "thai": "\u0e00-\u0e7f",
    "arabic": "\u0600-\u06ff\u0750-\u077f",
    "hebrew": "\u0590-\u05ff",
    "greek": "\u0370-\u03ff",
    "cyrillic": "\u0400-\u052f",
}
_SCRIPT_OF = {
    "zh": "han",
    "ja": "japanese",
    "ko": "hangul",
    "bn": "bengali",
    "ta": "tamil",
    "te": "telugu",
    "th": "thai",
    "he": "hebrew",
    "el": "greek",
    **dict.fromkeys(("hi", "mr", "ne"), "devanagari"),
    **dict.fromkeys(("ar", "fa", "ur"), "arabic"),
    **dict.fromkeys(("ru", "uk", "bg", "sr", "mk", "be"), "cyrillic"),
    **dict.fromkeys(
        ("en", "de", "es", "fr", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs", "tr", "vi"),
        "latin",
    ),
}
_COMMON = {
    "en": "the and you that what with this have your from would just it's i'm",
    "de": "der die das und nicht ich mir ist ein eine mit für auf auch noch wie",
    "es": "el los las que una por con para pero como más está eso usted",
    "fr": "le les des que une pour avec pas mais dans est vous ça cette",
    "it": "il gli che una per con non sono della come questo più anche",
    "pt": "os uma que não com para você mais isso está como também",
    "nl": "de het een en niet ik van dat voor met maar ook wat",
}
_FEWEST_COMMON = 12
"""Fewer of these words in a whole scenario tell no language."""

_LETTER = re.compile(r"[^\W\d_]")


def check_language(scenario: Scenario) -> Iterator[Flaw]:
    """Texts in another script, or another language, than the scenario says."""
    tongue = scenario.language.partition("-")[0]
    script = _SCRIPT_OF.get(tongue)
    if script is None:
        return
    own = re.compile(f"[{_SCRIPTS[script]}]")
    words: list[str] = []
    for name in scenario.arm_names:
        for said in said_in(scenario, name):
            text = HOLE.sub(" ", said.text)
            words += re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.casefold().replace("’", "'"))
            letters = len(_LETTER.findall(text))
            mine = len(own.findall(text))
            if letters >= FEWEST_LETTERS and mine < LEAST * letters:
                yield Flaw(
                    said.loc,
                    f"{said.who} is hardly in {script} script ({mine} of {letters} letters), and "
                    f"`language` is '{scenario.language}'; write it in that language, or name "
                    "the one that it is in",
                    warning=True,
                    code="CS215",
                )
    if (other := _another(tongue, words)) is not None:
        yield Flaw(
            ("language",),
            f"the user seems to speak '{other}', and `language` is '{scenario.language}'"
            + ("" if "language" in scenario.model_fields_set else ", which it is unless it is said")
            + f"; write `language: {other}`, or write the texts in the language it says",
            warning=True,
            code="CS215",
        )


def _another(tongue: str, words: list[str]) -> str | None:
    """The language whose common words are far more frequent than those of the one claimed."""
    if tongue not in _COMMON:
        return None
    counts = {
        language: sum(map(frozenset(common.split()).__contains__, words))
        for language, common in _COMMON.items()
    }
    most = max(counts, key=lambda language: counts[language])
    if counts[most] >= _FEWEST_COMMON and counts[most] > 2 * counts[tongue]:
        return most
    return None
