"""Which language a reply is in; None where no cues exist for it."""

from __future__ import annotations

import pytest

from convsim.readings.languages import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("here is what you can do with the old bread in the morning", "en"),
        ("lima.", "en"),
        ("hier ist das rezept für eine suppe mit tomaten und brot", "de"),
        ("voici la recette de la soupe, avec des tomates et du pain", "fr"),
        ("aquí está la receta de la sopa con tomates y un poco de pan", "es"),
        ("aqui está a receita da sopa com tomates e um pouco de pão", "pt"),
        ("ecco la ricetta della zuppa con i pomodori e un po' di pane", "it"),
        ("番茄汤的做法如下", "zh"),
        ("トマトスープの作り方です", "ja"),
        ("यह सूप की विधि है", "hi"),
        ("هذه وصفة الحساء", "ar"),
        ("вот рецепт супа", "ru"),
        ("토마토 수프를 만드는 방법입니다", None),
        ("tämä on keiton ohje, jossa tarvitaan tomaatteja sekä leipää", None),
        ("", "en"),
        ("here it is:\n```\nlambda x: x\nfoo bar baz qux quux corge grault\n```", "en"),
    ],
)
def test_language_of(text: str, language: str | None) -> None:
    assert language_of(text) == language
