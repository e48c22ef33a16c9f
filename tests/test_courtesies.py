"""What asks for nothing."""

from __future__ import annotations

import pytest

from convsim.courtesies import LONGEST, is_courtesy


@pytest.mark.parametrize(
    "text",
    [
        "Hi!",
        "Hello there.",
        "Good morning, how are you today?",
        "Thanks",
        "Thank you so much for your help! 🙂",
        "Okay, thanks. Bye!",
        "**Thanks!**",
        "That’s all, have a nice day.",
        "Hallo!",
        "Alles klar, vielen Dank.",
        "Merci beaucoup, au revoir !",
        "Vale, gracias.",
        "Va bene, grazie.",
        "Obrigado!",
        "Спасибо, до свидания.",
        "شكرا",
        "धन्यवाद।",
        "好的，谢谢！",
        "ありがとうございます。",
    ],
)
def test_a_courtesy(text: str) -> None:
    """A greeting, thanks, an okay, a goodbye; several of them; with whatever signs."""
    assert is_courtesy(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "👍",
        "Yes.",
        "Yes, please.",
        "Go on.",
        "Okay, go on.",
        "Thanks, now the other half.",
        "Hi, write me an invoice.",
        "Thanks for nothing, you useless machine.",
        "Hiking",
        "Why?",
        "Come on.",
        "Sure?",
        "Danke, weiter so mit dem Rest.",
        "谢谢，继续。",
        "Thanks. " * LONGEST,
    ],
)
def test_what_says_something_else_as_well(text: str) -> None:
    """A yes goes on with the ask, and so does a push; a sign alone says nothing at all."""
    assert not is_courtesy(text)
