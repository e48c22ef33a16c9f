"""What `convsim plan` says of an outlook."""

from __future__ import annotations

from typing import Any

import pytest

from tests.power.planned import of

WIDE = 80


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "No number of repeats of these 20 scenarios reaches 5 points to either side."),
        ({"width": 0.3}, "Enough: no interval will reach further than 30 points to either side."),
        ({"width": 0.14}, "For 14 points to either side, more repeats: 20 scenarios x 6 repeats:"),
        ({"scenario_cost": 20}, "Where one more scenario costs as much as 20 dialogues, 4 repeats"),
        ({"margin": 0.4}, "with a chance of 100%"),
        ({"margin": 0.02}, "For 80%, more repeats:"),
        ({"arms": ["direct"]}, "No arm of these scenarios is in a rate: name some with --arms."),
    ],
)
def test_what_it_says(asked: dict[str, Any], said: str) -> None:
    """Within 80 columns; what is enough is said and nothing more."""
    text = of(20, 5, **asked).text(WIDE)
    assert said in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= WIDE
