"""Prices: what tokens cost."""

from __future__ import annotations

import math

import pytest

from convsim.errors import InputError
from convsim.price import FREE, Price, Tier

DEAR_WHEN_LONG = Price(1.0, 10.0, (Tier(200_000, 2.0, 15.0),))


@pytest.mark.parametrize(
    ("price", "prompt", "completion", "dollars"),
    [
        (Price(0.25, 2.0), 0, 0, 0.0),
        (Price(0.25, 2.0), 1_000_000, 0, 0.25),
        (Price(0.25, 2.0), 0, 1_000_000, 2.0),
        (Price(0.25, 2.0), 1_000, 300, 0.00085),
        (FREE, 1_000_000, 1_000_000, 0.0),
        (DEAR_WHEN_LONG, 200_000, 0, 0.2),
        (DEAR_WHEN_LONG, 200_001, 0, 0.400002),
        (DEAR_WHEN_LONG, 200_001, 1_000_000, 15.400002),
    ],
)
def test_a_call_costs_what_its_tokens_cost(
    price: Price, prompt: int, completion: int, dollars: float
) -> None:
    """US dollars per million tokens; above a tier the whole call costs more."""
    assert price.of(prompt, completion) == pytest.approx(dollars)


@pytest.mark.parametrize(
    ("price", "free"),
    [
        (FREE, True),
        (Price(0, 0, (Tier(100_000, 0, 0),)), True),
        (Price(0, 0, (Tier(100_000, 0, 1),)), False),
        (Price(0.01, 0), False),
        (Price(0, 0.01), False),
    ],
)
def test_free_is_what_never_costs_anything(price: Price, free: bool) -> None:
    """A dear tier, or one side that is paid for, is not free."""
    assert price.is_free is free


@pytest.mark.parametrize("wrong", [-0.01, math.nan, math.inf])
def test_a_price_is_a_finite_amount(wrong: float) -> None:
    """Nobody is paid for asking, and no price is without end."""
    for input, output, tiers in ((wrong, 1, ()), (1, wrong, ()), (1, 1, (Tier(9, wrong, 1),))):
        with pytest.raises(InputError, match="US dollars per million tokens"):
            Price(input, output, tiers)
