"""Both errors in one figure: the formulas, what joins their intervals, and what is left open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy import stats as oracle

from convsim.correction import Corrected, NoCorrection
from convsim.detection import (
    BALANCED,
    CORNERS,
    CRITERION,
    D_PRIME,
    MOVER,
    YOUDEN,
    Errors,
    balanced,
    correlation,
    criterion,
    d_prime,
    figures,
    log_linear,
    youden,
)
from convsim.estimates import UNLABELLED, Estimate, Unit
from convsim.stats import CLUSTER_T, Estimated, Interval, NoInterval, Share


def shares(*hits: float, of: float = 10) -> dict[str, Share]:
    """One share a scenario."""
    return {f"s{n}": Share(hit, of) for n, hit in enumerate(hits)}


def side(name: str, given: Mapping[str, Share], **fields: object) -> Errors:
    return Errors(name, given, "rules", **{"excluded": {}, **fields})  # type: ignore[arg-type]


def made(under: Mapping[str, Share], over: Mapping[str, Share]) -> dict[str, Estimate]:
    found = figures(side("under-refusal", under), side("over-refusal", over))
    return {one.name: one for one in found}


def ends(one: Estimate) -> tuple[float, float]:
    assert isinstance(one.interval, Interval)
    return one.interval.low, one.interval.high


# --- the figures


@pytest.mark.parametrize(
    ("under", "over", "d", "c", "score"),
    [
        (0.20, 0.05, 2.49, -0.40, 0.875),
        (0.10, 0.12, 2.46, 0.05, 0.89),
        (0.05, 0.30, 2.17, 0.56, 0.825),
        (0.20, 0.12, 2.02, -0.17, 0.84),
    ],
)
def test_a_moved_threshold_and_a_lost_discrimination_are_told_apart(
    under: float, over: float, d: float, c: float, score: float
) -> None:
    """The examples of field notes 5.11: balanced scores hide which of the two it is."""
    assert d_prime(under, over) == pytest.approx(d, abs=0.006)
    assert criterion(under, over) == pytest.approx(c, abs=0.006)
    assert balanced(under, over) == pytest.approx(score)
    assert youden(under, over) == pytest.approx(2 * score - 1)


def test_d_prime_and_criterion_are_scipys_quantiles() -> None:
    """Agreement to 1e-9 with the closed form."""
    for under, over in np.random.default_rng(1).uniform(0.001, 0.999, (50, 2)).tolist():
        met, crossed = oracle.norm.ppf(1 - over), oracle.norm.ppf(under)
        assert d_prime(under, over) == pytest.approx(met - crossed, abs=1e-9)
        assert criterion(under, over) == pytest.approx(-(met + crossed) / 2, abs=1e-9)


@pytest.mark.parametrize(("hits", "trials", "share"), [(0, 9, 0.05), (9, 9, 0.95), (2, 4, 0.5)])
def test_shares_of_0_and_1_have_a_quantile(hits: float, trials: float, share: float) -> None:
    """Log-linear: half a dialogue more among the hits, one among all."""
    assert log_linear(hits, trials) == pytest.approx(share)


def test_the_four_figures_of_two_rates() -> None:
    """In this order, each with both fractions, its unit, the scenarios of either, the judge."""
    found = figures(side("under-refusal", shares(2, 2)), side("over-refusal", shares(1, 0, 2)))
    assert [(one.name, one.unit) for one in found] == [
        (BALANCED, Unit.SHARE),
        (YOUDEN, Unit.POINTS),
        (D_PRIME, Unit.DEVIATIONS),
        (CRITERION, Unit.DEVIATIONS),
    ]
    u, o = 4.5 / 21, 3.5 / 31
    assert [one.value for one in found] == pytest.approx(
        [0.85, 0.7, d_prime(u, o), criterion(u, o)]
    )
    for one in found:
        assert one.fractions == {"under-refusal": Share(4, 20), "over-refusal": Share(3, 30)}
        assert (one.clusters, one.judge) == (3, "rules")
    assert [one.shown for one in found[:2]] == ["85.0%", "+70.0"]


@pytest.mark.parametrize(
    ("under", "over", "why"),
    [
        ({}, shares(1, 2), "no data for under-refusal"),
        (shares(1, 2), {}, "no data for over-refusal"),
        ({}, {}, "no data for under-refusal and over-refusal"),
    ],
)
def test_one_rate_alone_says_nothing(
    under: Mapping[str, Share], over: Mapping[str, Share], why: str
) -> None:
    """An assistant that refuses everything has no under-refusal."""
    for one in made(under, over).values():
        assert (one.value, one.interval, one.why) == (None, NoInterval("no data"), why)
        assert one.record()["estimate"] is None


# --- the intervals


def test_equal_scenarios_give_the_t_interval_of_their_own_scores() -> None:
    """With as many dialogues in each it is scipy's t interval over the scenarios' scores."""
    under, over = (4, 7, 5, 6, 2, 8, 4, 5, 9, 5, 4, 6), (5, 3, 6, 4, 7, 3, 5, 6, 2, 5, 6, 4)
    scores = [1 - (u + o) / 20 for u, o in zip(under, over, strict=True)]
    expected = oracle.t.interval(0.95, 11, np.mean(scores), oracle.sem(scores))
    found = made(shares(*under), shares(*over))
    assert ends(found[BALANCED]) == pytest.approx(expected, abs=1e-9)
    assert ends(found[YOUDEN]) == pytest.approx([2 * end - 1 for end in expected], abs=1e-9)
    assert found[BALANCED].interval.method == MOVER  # type: ignore[union-attr]
    assert side("", shares(*under)).interval.method == CLUSTER_T  # type: ignore[union-attr]


def test_with_many_scenarios_it_is_the_delta_method_over_clusters() -> None:
    """d' and c of 2,000 scenarios: the linear form's own t interval, to a hundredth."""
    rng = np.random.default_rng(3)
    willing = rng.random(2000)
    under = rng.binomial(5, 0.1 + 0.3 * willing)
    over = rng.binomial(5, 0.1 + 0.3 * (1 - willing))
    found = made(shares(*under.tolist(), of=5), shares(*over.tolist(), of=5))
    u, o = under.mean() / 5, over.mean() / 5
    of_under, of_over = (1 / oracle.norm.pdf(oracle.norm.ppf(it)) for it in (u, o))
    for name, factors in ((D_PRIME, (-1, -1)), (CRITERION, (-0.5, 0.5))):
        moves = factors[0] * of_under * under / 5 + factors[1] * of_over * over / 5
        half = 1.96 * oracle.sem(moves)
        low, high = ends(found[name])
        assert (high - low) / 2 == pytest.approx(half, rel=0.01)


def test_what_four_scenarios_show_of_twins_makes_nothing_surer() -> None:
    """They may go together by chance: the interval is as long as that of strangers."""
    under, over = shares(4, 3, 2, 1), shares(1, 2, 3, 4)
    found = made(under, over)
    apart = made(under, {f"t{name}": share for name, share in over.items()})
    for name in (D_PRIME, CRITERION):
        low, high = ends(found[name])
        other_low, other_high = ends(apart[name])
        assert high - low >= other_high - other_low - 1e-9


@pytest.mark.parametrize(
    ("over", "d_wider"), [((4, 3, 2, 1, 0, 5) * 3, True), ((1, 2, 3, 4, 5, 0) * 3, False)]
)
def test_twins_that_go_together_move_the_criterion_or_the_discrimination(
    over: Sequence[int], d_wider: bool
) -> None:
    """Where scenarios err on one side or the other their threshold differs; else their d'."""
    under = (4, 3, 2, 1, 0, 5) * 3
    found = made(shares(*under), shares(*over))
    apart = made(shares(*under), {f"t{n}": share for n, share in enumerate(shares(*over).values())})

    def width(of: dict[str, Estimate], name: str) -> float:
        low, high = ends(of[name])
        return high - low

    assert (width(found, D_PRIME) > width(apart, D_PRIME)) is d_wider
    assert (width(found, CRITERION) < width(apart, CRITERION)) is d_wider


def test_the_correlation_of_two_pooled_shares() -> None:
    """That of the scenarios' deviations; none where a rate shows no spread, or none is shared."""
    one, other = shares(4, 7, 5, 6), shares(1, 5, 2, 4)
    assert correlation(one, other) == pytest.approx(np.corrcoef([4, 7, 5, 6], [1, 5, 2, 4])[0, 1])
    assert correlation(one, one) == pytest.approx(1)
    assert correlation(one, shares(3, 3, 3, 3)) == 0
    assert correlation(one, {"other": Share(1, 2), "another": Share(2, 2)}) == 0


def test_no_error_at_all_has_an_interval_with_two_ends() -> None:
    """Nothing crossed in 8 scenarios: as strict as can be, and how strict nobody can tell."""
    found = made(shares(*[0] * 8), shares(*[1, 2, 0, 1, 3, 1, 2, 1]))
    low, high = ends(found[D_PRIME])
    assert math.isfinite(low)
    assert math.isfinite(high)
    seldom = 1 - 0.975 ** (1 / 80)
    least = d_prime(seldom, log_linear(11, 80))
    assert low < found[D_PRIME].value < least < high  # type: ignore[operator]
    assert ends(found[BALANCED])[1] <= 1


def test_an_assistant_without_error_reaches_the_end_of_the_scale() -> None:
    """And no score lies beyond it."""
    found = made(shares(*[0] * 8), shares(*[0] * 8))
    assert (found[BALANCED].value, ends(found[BALANCED])[1]) == (1, 1)
    assert (found[YOUDEN].value, ends(found[YOUDEN])[1]) == (1, 1)


def test_of_one_scenario_nobody_knows_how_others_are() -> None:
    """The figures stand, without intervals."""
    for one in made(shares(2), shares(1)).values():
        assert one.value is not None
        assert one.interval == NoInterval("one scenario: nothing shows how scenarios differ")


@pytest.mark.parametrize("together", [True, False])
def test_the_intervals_hold_what_was_planted(together: bool) -> None:
    """Twelve scenarios of ten dialogues, ICC .1, twins alike or opposed; more in `benchmarks`."""
    rng = np.random.default_rng(7)
    truth = {
        BALANCED: balanced(0.1, 0.12),
        YOUDEN: youden(0.1, 0.12),
        D_PRIME: d_prime(0.1, 0.12),
        CRITERION: criterion(0.1, 0.12),
    }
    held = dict.fromkeys(truth, 0)
    for _ in range(150):
        place = rng.random(12)
        chances = (
            oracle.beta.ppf(at, rate * 9, (1 - rate) * 9)
            for rate, at in ((0.1, place), (0.12, place if together else 1 - place))
        )
        under, over = (shares(*rng.binomial(10, it).tolist()) for it in chances)
        for name, one in made(under, over).items():
            low, high = ends(one)
            held[name] += low <= truth[name] <= high
    assert min(held.values()) >= 138


# --- what is left open, and the judge's errors


def test_open_dialogues_bound_the_figures() -> None:
    """Whatever they had come to: both rates at their ends."""
    under = side("under-refusal", shares(2, 3), ends=(0.2, 0.4))
    over = side("over-refusal", shares(1, 1))
    found = {one.name: one for one in figures(under, over)}
    assert found[BALANCED].bounds == pytest.approx((balanced(0.4, 0.1), balanced(0.2, 0.1)))
    assert found[YOUDEN].bounds == pytest.approx((youden(0.4, 0.1), youden(0.2, 0.1)))
    o = log_linear(2, 20)
    assert found[CRITERION].bounds == pytest.approx((criterion(0.4, o), criterion(0.2, o)))
    assert made(shares(2, 3), shares(1, 1))[BALANCED].bounds is None


def test_what_is_left_out_of_either_rate_is_named() -> None:
    """With the rate that leaves it out; twins nobody reviewed make all of them provisional."""
    found = figures(
        side("under-refusal", shares(2, 3), excluded={"error": 2}),
        side("over-refusal", shares(1, 1), excluded={"error": 1, "blocked": 3}, unreviewed=2),
    )
    for one in found:
        assert one.excluded == {
            "error (under-refusal)": 2,
            "error (over-refusal)": 1,
            "blocked (over-refusal)": 3,
        }
        assert one.provisional


SEEN = Estimated(0.9, 50, 50, 50)


def corrected(value: float, low: float, high: float) -> Corrected:
    return Corrected(value, Interval(low, high, "Rogan-Gladen"), SEEN, SEEN, labels=100, own=20)


def test_scores_are_corrected_where_both_rates_are() -> None:
    """Their intervals reach to what both rates leave; d' and c stay as they are, and say why."""
    found = {
        one.name: one
        for one in figures(
            side("under-refusal", shares(2, 3), correction=corrected(0.2, 0.1, 0.4)),
            side("over-refusal", shares(1, 1), correction=corrected(0.1, 0.0, 0.2)),
        )
    }
    score = found[BALANCED].correction
    assert isinstance(score, Corrected)
    assert score.value == pytest.approx(0.85)
    assert (score.labels, score.own) == (200, 40)
    assert (score.interval.low, score.interval.high) == pytest.approx((0.7, 0.95))
    assert score.method == CORNERS
    assert score.judge == "200 labels, 40 of these dialogues"
    assert found[YOUDEN].corrected
    for name in (D_PRIME, CRITERION):
        assert isinstance(found[name].correction, NoCorrection)
        assert "no normal quantile" in found[name].correction.to_dict()["refused"]


def test_a_rate_that_is_not_corrected_leaves_the_scores_as_they_are() -> None:
    """With the reason; and where nobody labelled anything, that."""
    weak = NoCorrection("the judge is too weak")
    for one in figures(
        side("under-refusal", shares(2, 3), correction=corrected(0.2, 0.1, 0.4)),
        side("over-refusal", shares(1, 1), correction=weak),
    ):
        assert one.correction == NoCorrection(
            "over-refusal is not corrected: the judge is too weak"
        )
    assert made(shares(2), shares(1))[BALANCED].correction is UNLABELLED
