"""Letters that readers take as the same are spelled in one way, and lead back to their places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.canaries.folding import PLAIN, WIDE


@pytest.mark.parametrize(
    ("text", "plain", "wide"),
    [
        ("Ab 1_-", "Ab 1_-", "Ab 1_-"),
        ("Ａｂ１", "Ab1", "Ab1"),
        ("𝕂𝒦𝐊Ⓚ🄺🅚🅺🇰", "KKKKKKKK", "KKKKKKKK"),
        ("➀①❶⑴٣", "11113", "11113"),
        ("K\u200b\u2060\ufeff\u00adX", "KX", "KX"),
        ("4\ufe0f\u20e3", "4\u20e3", "4"),
        ("\U000e004b\U000e0034", "K4", "K4"),
        ("é", "é", "e"),
        ("e\u0301", "e\u0301", "e"),
        ("Ж", "ж", "ж"),
        ("А В С", "а в с", "A B C"),
        ("Νν", "νν", "Nv"),
        ("ᴋ", "ᴋ", "k"),
        ("青い", "青い", "青い"),
        ("й", "й", "й"),
    ],
)
def test_what_letters_are_folded_to(text: str, plain: str, wide: str) -> None:
    """Plainly, only styles are taken away; widely, accents and other scripts too."""
    assert (PLAIN.of(text), WIDE.of(text)) == (plain, wide)


@given(st.text())
def test_every_place_leads_back(text: str) -> None:
    """One for each character of the folded text, in order."""
    for fold in (PLAIN, WIDE):
        folded, origins = fold.of(text), fold.origins(text)
        assert len(folded) == len(origins)
        assert origins == sorted(origins)
