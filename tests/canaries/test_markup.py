"""Tags and commands around letters are left out, and no place moves."""

from __future__ import annotations

import pytest

from convsim.canaries.markup import FILLER, unmarked, with_initials


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("<b>K</b>X", "KX"),
        ('<span class="k">K</span><B>X</B>', "KX"),
        ("<td>K</td><td>X</td>", "    K         X     "),
        ("K<br/>X", "K     X"),
        ("<K>X</K>", "<K>X</K>"),  # no tag, but may be a code
        ("a <b and c> d", "a <b and c> d"),
        (r"\texttt{K}\textbf{X}", "KX"),
        (r"{\bf K}X", "KX"),
        (r"a set {K} and C:\X", r"a set {K and C:\X"),
        ("{K}", "{K}"),
    ],
)
def test_what_a_reader_sees(text: str, seen: str) -> None:
    """What only styles leaves letters side by side; cells and lines leave them apart."""
    left = unmarked(text)
    assert len(left) == len(text)
    assert left.replace(FILLER, "") == seen


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("**K**ilo", "Kilo"),
        ("__X__-ray", "X-ray"),
        ("**Kilo**", "**Kilo**"),
        ("**K** X", "**K** X"),
    ],
)
def test_an_initial_in_bold_is_its_word_s(text: str, word: str) -> None:
    """Any other bold letter is one by itself."""
    left = with_initials(text)
    assert len(left) == len(text)
    assert left.replace(FILLER, "") == word
