"""p-values by exchanging the two sides, against SciPy and against counting all exchanges."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from scipy import stats as oracle

from convsim.differences.relabelling import (
    MOST_APART,
    Scores,
    Surprise,
    flipped,
    relabelled,
    telling,
)


@pytest.mark.parametrize(("rose", "fell"), [(7, 2), (5, 0), (1, 1), (12, 9), (30, 2)])
def test_one_dialogue_a_side_is_mcnemars_exact_test(rose: int, fell: int) -> None:
    expected = oracle.binomtest(fell, rose + fell).pvalue
    tested = flipped([1.0] * rose + [-1.0] * fell + [0.0] * 8)
    assert tested is not None
    assert tested.p == pytest.approx(expected, rel=1e-9)
    pairs = [Scores([0], [1])] * rose + [Scores([1], [0])] * fell + [Scores([1], [1])] * 3
    by_repeat = relabelled(pairs)
    assert by_repeat is not None
    assert by_repeat.p == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("before", "after"), [((2, 10), (2, 10)), ((0, 6), (6, 6)), ((3, 8), (1, 9))]
)
def test_one_scenario_of_yes_and_no_is_an_exact_test_of_two_shares(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    """Fisher's test, with two tails measured from the middle."""
    hits, drawn, whole = before[0] + after[0], after[1], before[1] + after[1]
    distribution = oracle.hypergeom(whole, hits, drawn)
    middle = hits * drawn / whole
    away = abs(after[0] - middle)
    expected = sum(distribution.pmf(n) for n in range(drawn + 1) if abs(n - middle) >= away - 1e-9)
    tested = relabelled([Scores(*(([1] * k + [0] * (n - k)) for k, n in (before, after)))])
    assert tested is not None
    assert tested.p == pytest.approx(expected, rel=1e-9)


def test_several_scenarios_are_exchanged_each_within_itself() -> None:
    """As counting every way of exchanging them says, shares of several arms among them."""
    rng = random.Random(3)
    for _ in range(40):
        strata = [
            Scores(*([rng.choice([0, 0.5, 1]) for _ in range(rng.choice([2, 3]))] for _ in "ab"))
            for _ in range(3)
        ]
        sums = [
            [
                sum(chosen)
                for chosen in itertools.combinations([*one.before, *one.after], len(one.after))
            ]
            for one in strata
        ]
        totals = [sum(parts) for parts in itertools.product(*sums)]
        middle = sum(totals) / len(totals)
        away = abs(sum(sum(one.after) for one in strata) - middle)
        share = sum(abs(total - middle) >= away - 1e-9 for total in totals) / len(totals)
        tested = relabelled(strata)
        assert (tested.p if tested else 1.0) == pytest.approx(share, rel=1e-9)


def test_many_repeats_are_as_good_as_normal() -> None:
    """Where the exact distribution would take long the approximation is close to it."""
    few, many = MOST_APART - 5, MOST_APART + 5
    exact = relabelled([Scores([1] * few + [0] * 200, [0] * 255)])
    assert exact is not None
    close = relabelled([Scores([1] * (many // 2) + [0] * 100, [1] * (many // 2 + 1) + [0] * 100)])
    assert close is not None
    table = np.array([[many // 2, 100], [many // 2 + 1, 100]])
    expected = oracle.fisher_exact(table).pvalue
    assert close.p == pytest.approx(expected, abs=0.06)
    assert exact.p < 1e-15


def test_nothing_to_exchange_is_no_test() -> None:
    assert flipped([0.0, 0.0]) is None
    assert relabelled([Scores([1, 1], [1]), Scores([0], [])]) is None


def test_thousands_of_scenarios_take_no_time() -> None:
    rng = random.Random(1)
    differences = [rng.gauss(0.02, 0.3) for _ in range(8000)]
    tested = flipped(differences)
    assert tested is not None
    expected = oracle.ttest_1samp(differences, 0).pvalue
    assert tested.p == pytest.approx(expected, rel=0.1)


def test_what_could_not_have_told_anything_costs_nothing() -> None:
    """Tarone's rule: a hundred pairs of two repeats leave one real test its whole level."""
    small = relabelled([Scores([0, 0], [1, 1])])
    assert small is not None
    assert small.least == pytest.approx(1 / 3)
    able = telling([Surprise(0.01, 0.001), *[small] * 100, None], level=0.05)
    assert able == [True, *[False] * 101]
    assert telling([small], level=0.05) == [False]
    assert telling([], level=0.05) == []
