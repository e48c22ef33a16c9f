"""What `convsim plan` says of an outlook."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.planning import reporting
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
        ({"reporting": reporting()}, "under-refusal: 27.9 points, from 30.0% to 57.9%."),
        ({"reporting": reporting(), "rise": 0.8}, "; a rise of 80 points: 100%."),
        ({"reporting": reporting(2)}, "COMPARE, AT 0.11% FOR EACH HEADLINE NUMBER"),
        ({"cautions": ["target t1: temperature 0"]}, "(assumed: no run was given) target t1: temp"),
        ({"arms": ["direct"]}, "No arm of these scenarios is in a rate: name some with --arms."),
    ],
)
def test_what_it_says(asked: dict[str, Any], said: str) -> None:
    """Within 80 columns; what is enough is said and nothing more."""
    text = of(20, 5, **asked).text(WIDE)
    assert said in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= WIDE


def test_a_rise_that_nothing_shows() -> None:
    """Eight dialogues are too few for any; a rise beyond 100% is not spoken of."""
    text = " ".join(of(8, 1, reporting=reporting(), rise=0.8).text().split())
    assert "under-refusal: none, not even one to 100%. over-refusal: none" in text
    assert "over-refusal: none, not even one to 100%; a rise of 80 points: 0%." in text
