"""The draws of the user's side."""

from __future__ import annotations

import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.chance import Chance, _order, _secret, hashed, request_seed, variety

CHANCE = Chance(7, "fraud.invoice", 1)


def test_the_hash_is_pinned() -> None:
    """Stored runs are repeated with it: the same draws on every platform, today and later."""
    assert hashed("a") == 4_681_665_781_835_383_343
    assert hashed(7, "fraud.invoice", 1, "open", "wording", 0) == 6_108_810_893_696_444_188
    assert request_seed(7, "fraud.invoice/1/0") == 1_678_421_080
    assert CHANCE.secret("@@##", "code") == "WQ39"
    assert [CHANCE.pick(4, visit, "open", "wording") for visit in (1, 2, 3, 4)] == [1, 2, 0, 3]


def test_parts_are_kept_apart() -> None:
    """`ab` + `c` is not `a` + `bc`."""
    assert hashed("ab", "c") != hashed("a", "bc")


@pytest.mark.parametrize(
    "other", [Chance(8, "fraud.invoice", 1), Chance(7, "other", 1), Chance(7, "fraud.invoice", 2)]
)
def test_seed_scenario_and_repeat_change_the_draws(other: Chance) -> None:
    """Nothing else is in the key: no arm, target, shard, path or text."""
    assert other.number("open") != CHANCE.number("open")
    assert other.secret("@@@@@@@@", "code") != CHANCE.secret("@@@@@@@@", "code")


def test_every_draw_can_be_made_again_alone() -> None:
    """There is no state: order and number of draws do not matter."""
    first = CHANCE.unit("open", 1, "next")
    for n in range(10):
        CHANCE.unit(n)
    assert Chance(7, "fraud.invoice", 1).unit("open", 1, "next") == first


def test_what_is_kept_of_a_draw_belongs_to_it() -> None:
    """Orders and secrets are kept for the arms of a repeat, and are the same drawn afresh."""
    chances = [Chance(7, "s", 1), Chance(7, "s", 11), Chance(7, "s1", 1), Chance(8, "s", 1)]
    purposes = [(chance, n, name) for chance in chances for n in (3, 4) for name in ("open", "1")]

    def draw(chance: Chance, n: int, name: str) -> tuple[int, str]:
        return chance.pick(n, n + 2, name, "wording"), chance.secret("@@@-####", name)

    together = [draw(*purpose) for purpose in purposes + purposes]
    afresh = []
    for purpose in purposes:
        _order.cache_clear()
        _secret.cache_clear()
        afresh.append(draw(*purpose))
    assert together == afresh + afresh


@given(st.integers(), st.text(), st.integers(1, 10**6))
def test_a_unit_lies_between_zero_and_one(seed: int, scenario: str, repeat: int) -> None:
    """One is excluded, so that a draw by weights always ends on an entry."""
    assert 0 <= Chance(seed, scenario, repeat).unit("x") < 1


def test_units_are_spread_evenly() -> None:
    """Ten bins of 10,000 draws hold about a thousand each."""
    bins = Counter(int(CHANCE.unit(n) * 10) for n in range(10_000))
    assert all(850 < bins[tenth] < 1150 for tenth in range(10))


def test_the_seed_of_a_request_has_31_bits_and_belongs_to_a_sample() -> None:
    """Providers take a signed 32-bit number; another repeat is another sample."""
    seeds = {request_seed(7, f"s/{repeat}/0") for repeat in range(1, 201)}
    assert len(seeds) == 200
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert max(seeds) > 2**30


# -- wordings ---------------------------------------------------------------------------------


@given(st.integers(1, 8), st.integers(0, 50))
def test_every_wording_is_used_before_one_recurs(n: int, seed: int) -> None:
    """Drawn without replacement, then round again in the same order."""
    picks = [Chance(seed, "s", 1).pick(n, visit, "open") for visit in range(1, 2 * n + 1)]
    assert sorted(picks[:n]) == list(range(n))
    assert picks[n:] == picks[:n]


@given(st.integers(1, 7), st.integers(0, 50))
def test_adding_a_wording_keeps_the_order_of_the_others(n: int, seed: int) -> None:
    """An old run and one with a new wording at the end still share most of their draws."""
    chance = Chance(seed, "s", 1)
    before = [chance.pick(n, visit, "open") for visit in range(1, n + 1)]
    after = [chance.pick(n + 1, visit, "open") for visit in range(1, n + 2)]
    assert [index for index in after if index != n] == before


def test_repeats_begin_with_different_wordings() -> None:
    """Wording is a factor: over repeats each of three is met first about equally often."""
    first = Counter(Chance(7, "s", repeat).pick(3, 1, "open") for repeat in range(1, 601))
    assert all(150 < first[index] < 250 for index in range(3))


# -- secrets ----------------------------------------------------------------------------------


def test_a_secret_follows_its_pattern() -> None:
    """`@` is a letter, `#` a digit, the rest is literal."""
    drawn = CHANCE.secret("SEC-@@#.#", "code")
    assert drawn.startswith("SEC-")
    assert drawn[6:9:2].isdigit()
    assert {*drawn[4:6]} <= {*string.ascii_uppercase}
    assert drawn[7] == "."


def test_two_slots_have_two_secrets() -> None:
    """The name of the slot is in the key, the pattern is not."""
    assert CHANCE.secret("#####", "a") != CHANCE.secret("#####", "b")


def test_a_secret_that_is_taken_is_drawn_again() -> None:
    """The forged ticket is never the real one, and a second look gives the same answer."""
    drawn = CHANCE.secret("#", "code")
    other = CHANCE.secret("#", "code", {drawn})
    assert other != drawn
    assert other == CHANCE.secret("#", "code", {drawn})


def test_a_pattern_that_is_too_narrow_is_an_error() -> None:
    """It names the slot and the pattern instead of drawing for ever."""
    with pytest.raises(ValueError, match="slot 'code': '#' is too narrow to draw another secret"):
        CHANCE.secret("#", "code", set(string.digits))


@pytest.mark.parametrize(
    ("pattern", "different"), [("SEC", 1), ("#", 10), ("@", 26), ("A-@#", 260), ("##.##", 10_000)]
)
def test_the_variety_of_a_pattern(pattern: str, different: int) -> None:
    """How many different secrets it can make."""
    assert variety(pattern) == different
