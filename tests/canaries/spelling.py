"""What a text spells, once the phrases around it are left out."""

from __future__ import annotations

from convsim.canaries.phrases import blanked
from convsim.canaries.spoken import known_among
from convsim.canaries.view import View, words_of


def spelled(text: str) -> str:
    """What a text spells; no place moves."""
    words = words_of(text)
    said = blanked(text, words)
    assert len(said) == len(text)
    return View(said, words_of(said), known_among(words)).squeezed
