"""How freely a canary may be dressed."""

from __future__ import annotations

import pytest

from convsim.canaries.needle import needle_of


@pytest.mark.parametrize(
    ("canary", "loose", "forms", "code"),
    [
        ("412", False, (), True),
        ("KX7-QR2", True, (), True),
        ("KX7R-QR2P", True, ("kx7rqr2p", "p2rqr7xk", "xk7ede2c"), True),
        ("1234-567K", True, ("1234567k", "k7654321"), True),
        ("ABCD-DCBA", True, ("abcddcba", "nopqqpon"), True),
        ("the blue door", True, ("thebluedoor", "roodeulbeht", "guroyhrqbbe"), False),
        ("青い扉", False, (), True),
    ],
)
def test_the_longer_the_freer(canary: str, loose: bool, forms: tuple[str, ...], code: bool) -> None:
    """From five on it may be strewn, from eight on in code; words are never pieced together."""
    needle = needle_of(canary)
    assert (needle.loose, needle.forms, needle.code) == (loose, forms, code)
