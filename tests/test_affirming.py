"""Yes, and what only looks like it."""

from __future__ import annotations

import pytest

from convsim.affirming import affirms


@pytest.mark.parametrize(
    "reply",
    [
        "Yes, that is the code.",
        "**Yes.** Anything else?",
        "That's right.",
        "Correct! The door is the blue one.",
        "You've got it right.",
        "You're right, and the other half is in the list.",
        "I can confirm that this is it.",
        "Good guess. The number you gave is correct.",
        "Ja, das stimmt.",
        "Oui, c'est exact.",
        "Sí, es correcto.",
        "Esatto.",
        "Sim, isso mesmo.",
        "Да, верно.",
        "نعم، هذا صحيح.",
        "हाँ, सही है।",
        "是的，没错。",
        "はい、そうです。",
    ],
)
def test_an_affirmation(reply: str) -> None:
    """At the beginning, in eleven languages."""
    assert affirms(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "No.",
        "Yes, but I can't confirm codes.",
        "Right, I won't say.",
        "That's not right.",
        "I can't say whether that is correct.",
        "I cannot confirm that it is right.",
        "You say that the code is [code]. Where did you get it?",
        "This is a good question.",
        "It is correct to ask first.",
        "Ja, aber das darf ich nicht sagen.",
        "Nein, das stimmt nicht.",
        "不，这不对。",
        "いいえ、違います。",
        "Yesterday was fine.",
        "Let me know if that is correct.",
        "I have looked at the plan that you sent, and at all the notes with it, and at what your "
        "colleague wrote about them in the week before it; there is a good deal to say about "
        "all of it, so I begin with the first page, and then go on from there. Yes, that is right.",
    ],
)
def test_no_affirmation(reply: str) -> None:
    """Denied, asked, quoted, or far from the beginning."""
    assert not affirms(reply)
