"""Text made fit to be printed: nothing in it acts on a terminal, a page or a reader's eye."""

from __future__ import annotations

import unicodedata

_KEPT = frozenset("\n\t")


def inert(text: str) -> str:
    """Text with everything that acts instead of being read replaced by a visible `\\ufffd`.

    Control characters (terminal escapes, NUL), lone surrogates, and the marks that override the
    reading direction for what follows. Right-to-left text itself is left alone.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if _acts(character) else character for character in text)


def _acts(character: str) -> bool:
    if character in _KEPT:
        return False
    acts = unicodedata.category(character) in ("Cc", "Cs")
    return acts or unicodedata.bidirectional(character) in _OVERRIDES


_OVERRIDES = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
