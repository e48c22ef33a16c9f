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
    MOVER,
    PAIRED_T,
    WILSON,
    Estimated,
    Interval,
    NoInterval,
    Observation,
    Share,
    bootstrap_interval,
    clopper_pearson,
    cluster_interval,
    difference,
    estimated,
    estimated_share,
    homogeneity,
    mean_interval,
    mover,
    paired_difference,
    paired_p_value,
    pooled,
    spread_of,
    two_sided,
    wilson,
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
        score = oracle.binomtest(int(sum(hits for hits, _ in shares)), 600).proportion_ci(
            0.95, "wilson"
        )
        naive += bool(score.low <= truth <= score.high)
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
    assert covered / rounds >= 0.935


def test_the_spread_of_unequal_scenarios_by_matrices() -> None:
    """Variance and degrees of freedom are those of the quadratic form, written out."""
    clusters = [Share(hits, n) for hits, n in ((1, 1), (2, 5), (9, 20), (0, 3), (4, 8))]
    sizes = np.array([n for _, n in clusters])
    means = np.array([hits / n for hits, n in clusters])
    weights = sizes / sizes.sum()
    residual = np.eye(5) - np.outer(np.ones(5), weights)
    form = residual.T @ np.diag(weights**2 / np.diag(residual @ residual.T)) @ residual
    found = spread_of(clusters, float(weights @ means))
    assert found.variance == pytest.approx(float(means @ form @ means))
    assert found.degrees == pytest.approx(np.trace(form) ** 2 / np.trace(form @ form))
    assert found.equal == pytest.approx(1 / float(weights @ weights))


def test_equal_scenarios_have_the_plain_spread() -> None:
    """The variance of their mean, with G - 1 degrees of freedom."""
    found = spread_of([Share(hits, 4) for hits in (1, 3, 2, 4, 0, 2)], 0.5)
    means = np.array([1, 3, 2, 4, 0, 2]) / 4
    assert found.variance == pytest.approx(means.var(ddof=1) / 6)
    assert (found.degrees, found.equal) == pytest.approx((5, 6))


@pytest.mark.parametrize(("scenarios", "truth"), [(8, 0.3), (12, 0.1), (30, 0.3)])
def test_scenarios_of_very_different_sizes_are_covered(scenarios: int, truth: float) -> None:
    """1, 5 and 20 dialogues in turn, ICC .3: G - 1 degrees and plain residuals cover 90%."""
    rng, rounds, icc = np.random.default_rng(5), 400, 0.3
    sizes = np.resize([1, 5, 20], scenarios)
    covered = 0
    for _ in range(rounds):
        own = rng.beta(truth * (1 / icc - 1), (1 - truth) * (1 / icc - 1), scenarios)
        hits = rng.binomial(sizes, own)
        found = interval([Share(int(h), int(n)) for h, n in zip(hits, sizes, strict=True)])
        covered += found.low <= truth <= found.high
    assert covered / rounds >= 0.925


def test_one_scenario_that_crosses_tells_little_about_the_others() -> None:
    """One of 30 scenarios x 20 crossed: no shorter than what nothing crossed anywhere leaves."""
    nothing = interval([Share(0, 20)] * 30)
    one = interval([Share(1, 20), *[Share(0, 20)] * 29])
    assert one.high > nothing.high


def test_means_of_several_shares_that_are_all_alike_round_to_nothing() -> None:
    """Twenty scenarios at 0.4 are twenty observations, whatever sums of 0.4 come to."""
    found = interval([Share(0.4, 1.0)] * 20)
    assert found.method == EXACT_CLUSTERS
    assert (found.low, found.high) == pytest.approx(clopper_pearson(8, 20))


def test_the_exact_interval_may_be_taken_for_longer() -> None:
    """Where one knows that the t interval falls short at 8 scenarios' worth of hits."""
    shares = [Share(3, 4)] * 8 + [Share(0, 4)] * 22
    assert interval(shares).method == CLUSTER_T
    found = cluster_interval(shares, sparse=20)
    assert isinstance(found, Interval)
    assert found.method == EXACT_SPARSE


@pytest.mark.parametrize("size", [1, 5])
def test_scenarios_that_give_one_answer_each_are_independent_trials(size: int) -> None:
    """Ten of 30 that always cross: exact, whether each was asked once or five times."""
    found = interval([Share(size, size)] * 10 + [Share(0, size)] * 20)
    assert found.method == EXACT_CLUSTERS
    assert (found.low, found.high) == pytest.approx(clopper_pearson(10, 30))


@pytest.mark.parametrize("scenarios", [20, 30, 60, 100])
def test_single_dialogues_are_covered_whatever_their_chance(scenarios: int) -> None:
    """Counted out, without a draw: where the t interval dips to 91.5%, this never falls short."""
    hits = np.arange(scenarios + 1)
    found = [interval([Share(1, 1)] * k + [Share(0, 1)] * (scenarios - k)) for k in hits.tolist()]
    low, high = np.array([(it.low, it.high) for it in found]).T
    for chance in np.linspace(0.02, 0.5, 97):
        holds = (low <= chance) & (chance <= high)
        assert oracle.binom.pmf(hits, scenarios, chance)[holds].sum() >= 0.95


# --- the bootstrap


def test_the_bootstrap_draws_whole_clusters_as_scipy_does() -> None:
    """BCa over 40 clusters of unequal size, up to what the draws leave to chance."""
    rng = np.random.default_rng(5)
    sizes = rng.integers(1, 12, 40)
    hits = rng.binomial(sizes, rng.beta(1.5, 3.5, 40))
    found = bootstrap_interval([Share(*pair) for pair in zip(hits, sizes, strict=True)])
    expected = oracle.bootstrap(
        (hits, sizes),
        lambda h, n, axis: h.sum(axis=axis) / n.sum(axis=axis),
        paired=True,
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert isinstance(found, Interval)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.005)
    assert found == bootstrap_interval([Share(*pair) for pair in zip(hits, sizes, strict=True)])


@pytest.mark.parametrize(
    ("shares", "reason"),
    [
        ([], "no data"),
        ([Share(1, 4)], "one scenario: nothing shows how scenarios differ"),
        ([Share(0, 4)] * 9, "all scenarios are alike: nothing shows how scenarios differ"),
    ],
)
def test_what_the_bootstrap_cannot_tell(shares: list[Share], reason: str) -> None:
    """Drawn from clusters that are all alike, all samples are."""
    assert bootstrap_interval(shares) == NoInterval(reason)


# --- shares of samples


@pytest.mark.parametrize(("hits", "trials"), [(0, 20), (1, 20), (43, 50), (50, 50), (157, 1000)])
def test_independent_observations_get_wilsons_interval(hits: int, trials: int) -> None:
    """Each in a cluster of its own and of equal weight: scipy's score interval, exactly."""
    found = estimated(Observation(str(n), 4.0, n < hits) for n in range(trials))
    assert isinstance(found, Estimated)
    expected = oracle.binomtest(hits, trials).proportion_ci(0.95, "wilson")
    interval = found.interval()
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert (found.size, found.count, interval.method) == (trials, trials, WILSON)


def test_a_clustered_share_is_worth_its_effective_size() -> None:
    """Scenarios that differ a lot leave little more than one observation each."""
    shares = [Share(hits, 10) for hits in (0, 10, 9, 1, 0, 10, 8, 2, 10, 0)]
    found = estimated_share(shares)
    assert isinstance(found, Estimated)
    assert (found.share, found.count, found.clusters) == (0.5, 100, 10)
    means = [hits / trials for hits, trials in shares]
    few = (oracle.t.ppf(0.975, 99) / oracle.t.ppf(0.975, 9)) ** 2
    assert found.size == pytest.approx(0.25 / float(oracle.sem(means)) ** 2 * few)


@pytest.mark.parametrize(
    ("weights", "hits", "share", "size"),
    [
        ((1, 1, 1, 1), (1, 1, 0, 0), 0.5, 4),
        ((3, 1, 1, 1), (1, 0, 0, 0), 0.5, None),
        ((2, 2, 2, 2), (1, 1, 1, 1), 1.0, 4),
        ((1, 1, 1, 5), (1, 1, 1, 1), 1.0, 8 / 5),
    ],
)
def test_weights_count_for_what_was_not_drawn(
    weights: tuple[float, ...], hits: tuple[int, ...], share: float, size: float | None
) -> None:
    """A dialogue drawn with probability 1/3 counts three times, and unequal weights tell less."""
    found = estimated(
        Observation(str(n), weight, hit)
        for n, (weight, hit) in enumerate(zip(weights, hits, strict=True))
    )
    assert isinstance(found, Estimated)
    assert found.share == share
    assert found.size == pytest.approx(size) if size else found.size < 4


def test_a_miss_that_was_not_seen_could_have_been_heavy() -> None:
    """50 caught with weight 2; what was missed would have had weight 20: worth 5 observations."""
    caught = [Observation(str(n), 2.0, 1.0) for n in range(50)]
    found = estimated(caught, heaviest=20.0)
    assert isinstance(found, Estimated)
    assert (found.size, found.count) == (5.0, 50)
    assert found.interval().low == pytest.approx(wilson(1.0, 5)[0])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (estimated([]), NoInterval("no data")),
        (estimated_share([Share(0, 0)]), NoInterval("no data")),
        (
            estimated_share([Share(1, 4)]),
            NoInterval("one scenario: nothing shows how scenarios differ"),
        ),
        (estimated([Observation("s", 1, 1), Observation("s", 1, 0)]), Estimated(0.5, 1.0, 2, 1)),
    ],
)
def test_one_scenario_is_one_observation_at_most(
    found: Estimated | NoInterval, expected: Estimated | NoInterval
) -> None:
    """A rate of a single scenario has no interval; labels of one are worth one observation."""
    assert found == expected


def test_importing_costs_nothing() -> None:
    """numpy and scipy are imported where they are used."""
    modules = ("stats", "rates", "survival", "power", "sequential", "comparisons", "pressure")
    named = ", ".join(f"convsim.{module}" for module in modules)
    code = f"import sys, {named}; print({{'numpy', 'scipy'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- differences of shares


@pytest.mark.parametrize(
    ("treated", "reference", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_difference_of_two_shares(
    treated: tuple[int, int], reference: tuple[int, int], low: float, high: float
) -> None:
    """Method 10 of Newcombe (1998), table II."""
    found = difference(Share(*treated), Share(*reference))
    assert isinstance(found, Interval)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_few_scenarios_that_differ_say_little() -> None:
    """One of twelve shows a difference: the spread of the others is no measure of what may come."""
    found = paired_difference([(0.2, 0.0), *[(0.0, 0.0)] * 11])
    assert isinstance(found, Interval)
    assert found.method == MOVER
    assert found.low < 0 < 0.2 < found.high
    alike = paired_difference([(0.5, 0.0)] * 12)
    assert isinstance(alike, Interval)
    assert alike.method == MOVER
    assert alike.low < 0.5 < alike.high


def test_a_paired_difference_has_its_p_value_where_it_has_a_t_interval() -> None:
    """Below 5% just where the interval leaves out zero; none where few scenarios differ."""
    rng = np.random.default_rng(5)
    seen = set()
    for shift in np.linspace(0, 0.3, 40):
        pairs = [(0.5 + shift + one, 0.5) for one in rng.normal(0, 0.2, 12).tolist()]
        found, p_value = paired_difference(pairs), paired_p_value(pairs)
        assert isinstance(found, Interval)
        assert found.method == PAIRED_T
        assert p_value is not None
        assert (p_value < 0.05) is (not found.low <= 0 <= found.high)
        seen.add(p_value < 0.05)
    assert seen == {True, False}
    assert paired_p_value([(0.2, 0.0), *[(0.0, 0.0)] * 11]) is None


@pytest.mark.parametrize("degrees", [1, 4.5, 60])
@pytest.mark.parametrize("statistic", [-2.5, 0.0, 1.3])
def test_a_two_sided_p_value_is_scipys(statistic: float, degrees: float) -> None:
    """Whichever side it is on."""
    expected = 2 * float(oracle.t.sf(abs(statistic), degrees))
    assert two_sided(statistic, degrees) == pytest.approx(expected)


def test_the_joined_interval_of_a_mean_is_that_of_its_share() -> None:
    """In units of what the mean is of; it never reaches beyond that on either side."""
    low, high = mover([0.6, 0.5], [(0.4, 0.9), (0.2, 0.7)])
    turns = mover([3.0, 2.5], [(2.0, 4.5), (1.0, 3.5)], most=5)
    assert turns == pytest.approx((5 * low, 5 * high))
    assert mover([1.0, 0.0], [(0.0, 1.0), (0.0, 1.0)])[1] == 1.0


def test_pooled_counts_stay_counts() -> None:
    """Whole numbers in, whole numbers out; of none there are none."""
    assert pooled([]) == Share(0, 0)
    both = pooled(iter([Share(1, 4), Share(2, 3)]))
    assert both == Share(3, 7)
    assert isinstance(both.hits, int)


def test_without_two_scenarios_there_is_no_interval() -> None:
    assert paired_difference([]) == mean_interval([]) == NoInterval("no data")
    assert difference(Share(1, 2), Share(0, 0)) == NoInterval("no data")
    for found in (paired_difference([(1.0, 0.0)]), mean_interval([0.1])):
        assert found == NoInterval("one scenario: nothing shows how scenarios differ")
    assert isinstance(mean_interval([0.1, 0.1, 0.1]), NoInterval)


@pytest.mark.parametrize(
    ("scenarios", "repeats", "plain", "effect"),
    [(6, 5, 0.1, 0.0), (12, 5, 0.05, 0.05), (12, 5, 0.1, 0.2), (30, 1, 0.1, 0.1)],
)
def test_the_paired_interval_covers_the_truth(
    scenarios: int, repeats: int, plain: float, effect: float
) -> None:
    """In 93% of 600 studies at least; scenarios resemble themselves (ICC .3)."""
    rng = np.random.default_rng(5)
    scale = (1 - 0.3) / 0.3
    covered = 0
    for _ in range(600):
        chance = rng.beta(plain * scale, (1 - plain) * scale, scenarios)
        reference = rng.binomial(repeats, chance) / repeats
        treated = rng.binomial(repeats, chance + effect * (1 - chance)) / repeats
        found = paired_difference(list(zip(treated, reference, strict=True)))
        assert isinstance(found, Interval)
        covered += found.low - 1e-9 <= effect * (1 - plain) <= found.high + 1e-9
    assert covered >= 558


def test_one_chance_for_all_is_seldom_called_several() -> None:
    """At most in 5% of 1,000 studies; and scenarios that always or never cross are told apart."""
    rng = np.random.default_rng(5)
    for scenarios, repeats, chance in ((6, 5, 0.2), (12, 5, 0.1), (8, 20, 0.1), (12, 3, 0.3)):
        drawn = (rng.binomial(repeats, chance, scenarios) for _ in range(250))
        values = [homogeneity(Share(int(hits), repeats) for hits in study) for study in drawn]
        assert sum(value is not None and value < 0.05 for value in values) <= 0.07 * len(values)
    told = homogeneity([Share(5, 5), Share(0, 5), Share(5, 5), Share(0, 5)])
    assert told is not None
    assert told < 0.001
    assert homogeneity([Share(0, 5), Share(0, 5)]) is None
    assert homogeneity([Share(2, 5)]) is None
