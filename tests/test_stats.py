"""Intervals of clustered counts."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats as oracle

from convsim.stats import (
    CLUSTER_T,
    EXACT_CLUSTERS,
    EXACT_SPARSE,
    Interval,
    NoInterval,
    Share,
    clopper_pearson,
    cluster_interval,
)


def drawn(
    rng: np.random.Generator, *, scenarios: int, dialogues: int, share: float, icc: float = 0.3
) -> list[Share]:
    """Beta-binomial counts: what a suite with this intra-class correlation yields."""
    spread = 1 / icc - 1
    own = rng.beta(share * spread, (1 - share) * spread, scenarios)
    return [Share(int(hits), dialogues) for hits in rng.binomial(dialogues, own)]


def interval(shares: list[Share]) -> Interval:
    found = cluster_interval(shares)
    assert isinstance(found, Interval)
    return found


@pytest.mark.parametrize(
    ("hits", "trials"), [(0, 30), (1, 30), (15, 30), (29, 30), (30, 30), (0, 1), (3, 1000)]
)
def test_clopper_pearson_is_scipys(hits: int, trials: int) -> None:
    """The exact interval agrees with scipy's closed form."""
    expected = oracle.binomtest(hits, trials).proportion_ci(0.95, "exact")
    assert clopper_pearson(hits, trials) == pytest.approx((expected.low, expected.high))


def test_no_event_has_the_closed_form() -> None:
    """0 of n: the upper end is 1 - .025 ** (1/n)."""
    assert clopper_pearson(0, 30) == pytest.approx((0, 1 - 0.025 ** (1 / 30)))


def test_equal_clusters_give_the_t_interval_on_their_means() -> None:
    """With equally many dialogues per scenario it is scipy's t interval on scenario means."""
    shares = [Share(hits, 10) for hits in (3, 7, 5, 6, 2, 8, 4, 5, 9, 5, 4, 6)]
    means = [hits / trials for hits, trials in shares]
    expected = oracle.t.interval(0.95, 11, np.mean(means), oracle.sem(means))
    found = interval(shares)
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.method == CLUSTER_T


@pytest.mark.parametrize(
    ("shares", "low", "high"),
    [
        ([Share(0, 20)] * 6, 0.0, 1 - 0.025 ** (1 / 6)),
        ([Share(20, 20)] * 6, 0.025 ** (1 / 6), 1.0),
        ([Share(0, 3), Share(0, 40)], 0.0, 1 - 0.025 ** (1 / 2)),
    ],
)
def test_scenarios_that_agree_count_as_one_observation_each(
    shares: list[Share], low: float, high: float
) -> None:
    """All 0 or all 1: repeats add nothing, so the exact interval is over scenarios."""
    found = interval(shares)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.method == EXACT_CLUSTERS


def test_agreement_in_the_middle_is_no_certainty() -> None:
    """Two scenarios at exactly one half do not make an interval of no width."""
    found = interval([Share(1, 2), Share(2, 4)])
    assert found.low < 0.1
    assert found.high > 0.9


def test_rare_events_get_the_exact_interval() -> None:
    """One crossing in six scenarios: the interval is not symmetric and does not touch 0."""
    found = interval([Share(1, 5), *[Share(0, 5)] * 5])
    assert found.method == EXACT_SPARSE
    assert 0 < found.low < 1 / 30 < found.high
    assert found.high - 1 / 30 > 1 / 30 - found.low


@pytest.mark.parametrize(
    ("shares", "reason"),
    [
        ([], "no data"),
        ([Share(0, 0)], "no data"),
        ([Share(1, 4)], "one scenario: nothing shows how scenarios differ"),
        ([Share(1, 4), Share(0, 0)], "one scenario: nothing shows how scenarios differ"),
    ],
)
def test_too_little_is_said(shares: list[Share], reason: str) -> None:
    """Fewer than two scenarios with data: no interval, and why."""
    assert cluster_interval(shares) == NoInterval(reason)


@pytest.mark.parametrize("seed", range(20))
def test_an_interval_holds_its_share_and_stays_in_range(seed: int) -> None:
    """Whatever the sizes, 0 <= low <= share <= high <= 1, in any order of the clusters."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, int(rng.integers(2, 40)))
    shares = [Share(int(rng.integers(0, n + 1)), int(n)) for n in sizes]
    found = interval(shares)
    share = sum(hits for hits, _ in shares) / sum(trials for _, trials in shares)
    assert 0 <= found.low <= share <= found.high <= 1
    turned = interval(shares[::-1])
    assert (turned.low, turned.high) == pytest.approx((found.low, found.high))


def test_cluster_t_covers_and_the_naive_interval_does_not() -> None:
    """30 scenarios x 20 dialogues, ICC .3: about 95% against about 54% (field notes 0.7)."""
    rng, rounds, truth = np.random.default_rng(7), 400, 0.5
    clustered, naive = 0, 0
    for _ in range(rounds):
        shares = drawn(rng, scenarios=30, dialogues=20, share=truth)
        found = interval(shares)
        clustered += found.low <= truth <= found.high
        wilson = oracle.binomtest(sum(hits for hits, _ in shares), 600).proportion_ci(
            0.95, "wilson"
        )
        naive += bool(wilson.low <= truth <= wilson.high)
    assert 0.92 <= clustered / rounds <= 0.98
    assert 0.45 <= naive / rounds <= 0.62


@pytest.mark.parametrize(
    ("scenarios", "dialogues", "truth"), [(6, 5, 0.3), (12, 10, 0.1), (30, 5, 0.05)]
)
def test_rare_crossings_in_few_scenarios_are_covered(
    scenarios: int, dialogues: int, truth: float
) -> None:
    """Where a symmetric interval would be too short, the exact one covers about as it should."""
    rng, rounds = np.random.default_rng(11), 2000
    covered = 0
    for _ in range(rounds):
        found = interval(drawn(rng, scenarios=scenarios, dialogues=dialogues, share=truth))
        covered += found.low <= truth <= found.high
    assert covered / rounds >= 0.91


def test_importing_costs_nothing() -> None:
    """numpy and scipy are imported where they are used."""
    code = "import sys, convsim.stats, convsim.rates; print({'numpy', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
