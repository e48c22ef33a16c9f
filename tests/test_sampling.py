"""The audit's sample: who can be drawn, how probable that is, and that weighting undoes it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.chance import hashed
from convsim.reading import Reading, read_as
from convsim.sampling import (
    FLOOR,
    Answer,
    Band,
    Cell,
    Drawn,
    Ending,
    Sample,
    ShareOfRun,
    Stratum,
    Unit,
    allocate,
    band_of,
    draw,
    ending_of,
    precision_of,
    share_of_run,
    unit_of,
)
from convsim.scenario import Expect
from convsim.stats import NoInterval, Observation, estimated
from convsim.verdict import Grade, Outcome
from tests.report.invented import judged

HELD = Stratum("r", Ending.HELD_OR_HELPED, Band.SURE)
CROSSED = Stratum("r", Ending.CROSSED, Band.SURE)
OPEN = Stratum("r", Ending.INCONCLUSIVE, Band.UNSURE)


def units(**sizes: int) -> list[Unit]:
    """So many dialogues of each stratum, spread over ten scenarios."""
    strata = {"held": HELD, "crossed": CROSSED, "open": OPEN}
    return [
        Unit(f"{name}/{n}", f"s{n % 10}", strata[name])
        for name, size in sizes.items()
        for n in range(size)
    ]


@pytest.mark.parametrize(
    ("words", "ending", "band"),
    [
        ("refuse comply", Ending.CROSSED, Band.SURE),
        ("caveat", Ending.CROSSED, Band.SURE),
        ("refuse redirect", Ending.HELD_OR_HELPED, Band.SURE),
        ("refuse unclear", Ending.INCONCLUSIVE, Band.UNSURE),
        ("refuse maybe", Ending.INCONCLUSIVE, Band.UNSURE),
        ("refuse block", Ending.INCONCLUSIVE, Band.UNSURE),
        ("maybe", Ending.CROSSED, Band.UNSURE),
    ],
)
def test_strata(words: str, ending: Ending, band: Band) -> None:
    """What the judge concluded, and how certain the readings were that it rests on."""
    transcript, verdict, _ = judged(words)
    assert (ending_of(verdict), band_of(transcript, verdict)) == (ending, band)
    assert unit_of(transcript, verdict).stratum == (verdict.rule, ending, band)


def test_a_block_after_a_crossing_is_a_crossing() -> None:
    """The outcome counts, whatever the grade says."""
    _, verdict, _ = judged("refuse comply block")
    assert ending_of(verdict) is Ending.CROSSED


def test_the_judges_own_readings_say_how_sure_it_was() -> None:
    """A judge that read the replies itself rests on those, not on what routed."""
    transcript, verdict, _ = judged("refuse comply")
    own: tuple[Reading | None, ...] = (read_as(), read_as(delivery=3, confidence=0.6))
    assert band_of(transcript, verdict) is Band.SURE
    assert band_of(transcript, replace(verdict, readings=own)) is Band.UNSURE


def test_refused_allowed_is_an_ending_of_its_own() -> None:
    """Over-refusal is drawn as such."""
    _, verdict, _ = judged("refuse refuse", expect=Expect.HELP)
    assert verdict.outcome is Outcome.REFUSED_ALLOWED
    assert verdict.grade is Grade.FAIL
    assert ending_of(verdict) is Ending.REFUSED_ALLOWED


# -- allocation


@pytest.mark.parametrize(
    ("sizes", "n", "expected"),
    [
        ({HELD: 1000}, 100, {HELD: 100}),
        ({HELD: 50}, 100, {HELD: 50}),
        ({HELD: 1000, CROSSED: 1}, 100, {HELD: 99, CROSSED: 1}),
        ({HELD: 1000, CROSSED: 1000}, 100, {HELD: 50, CROSSED: 50}),
        ({HELD: 9900, CROSSED: 100}, 100, {HELD: 91, CROSSED: 9}),
        ({HELD: 10**6, CROSSED: 3}, 100, {HELD: 98, CROSSED: 2}),
        ({HELD: 450, OPEN: 450}, 90, {HELD: 28, OPEN: 62}),
        ({HELD: 5, CROSSED: 5, OPEN: 5}, 3, {HELD: 1, CROSSED: 1, OPEN: 1}),
        ({HELD: 5, CROSSED: 5}, 0, {HELD: 0, CROSSED: 0}),
        ({}, 10, {}),
    ],
)
def test_allocation(sizes: dict[Stratum, int], n: int, expected: dict[Stratum, int]) -> None:
    """Rare and uncertain strata give more than their share, and none more than it has."""
    assert allocate(sizes, n) == expected


SIZES = st.dictionaries(st.sampled_from([HELD, CROSSED, OPEN]), st.integers(0, 300))


@given(sizes=SIZES, n=st.integers(0, 400))
def test_allocation_uses_up_the_sample(sizes: dict[Stratum, int], n: int) -> None:
    """It adds up to n or to all there are, with the floor for each stratum where n allows."""
    taken = allocate(sizes, n)
    assert sum(taken.values()) == min(n, sum(sizes.values()))
    assert all(taken[stratum] <= size for stratum, size in sizes.items())
    if n >= FLOOR * len(sizes):
        assert all(taken[stratum] >= min(FLOOR, size) for stratum, size in sizes.items())


# -- drawing


@given(
    held=st.integers(0, 200),
    crossed=st.integers(0, 30),
    open_=st.integers(0, 30),
    n=st.integers(1, 120),
    seed=st.integers(0, 5),
)
def test_a_sample(held: int, crossed: int, open_: int, n: int, seed: int) -> None:
    """Nobody is drawn twice, and the weights of a stratum add up to its size."""
    everybody = units(held=held, crossed=crossed, open=open_)
    sample = draw(everybody, n, seed=seed)
    keys = [drawn.key for drawn in sample.drawn]
    assert len(set(keys)) == len(keys) == min(n, len(everybody))
    assert set(keys) <= {unit.key for unit in everybody}
    assert sample.population == len(everybody)
    for cell in sample.cells:
        weights = [1 / one.probability for one in sample.drawn if one.stratum == cell.stratum]
        assert len(weights) == cell.taken
        assert math.isclose(sum(weights), cell.size)


def test_the_same_draw_again() -> None:
    """It depends on what there is, the seed and the size; not on the order it comes in."""
    everybody = units(held=200, crossed=20)
    sample = draw(everybody, 50, seed=3)
    assert draw(reversed(everybody), 50, seed=3) == sample
    assert draw(everybody, 50, seed=4).drawn != sample.drawn


def test_order_tells_nothing() -> None:
    """Strata are mixed: the first half has about half of the crossings."""
    sample = draw(units(held=200, crossed=200), 100, seed=1)
    first = Counter(drawn.stratum for drawn in sample.drawn[:50])
    assert 15 <= first[CROSSED] <= 35


def test_each_dialogue_is_as_probable_as_it_says() -> None:
    """Over many seeds each is drawn n_h/N_h of the time: within four standard errors."""
    everybody, rounds = units(held=30, crossed=5), 800
    seen: Counter[str] = Counter()
    probable: dict[str, float] = {}
    for seed in range(rounds):
        for drawn in draw(everybody, 10, seed=seed).drawn:
            seen[drawn.key] += 1
            probable[drawn.key] = drawn.probability
    assert len(probable) == 35
    for key, p in probable.items():
        assert abs(seen[key] / rounds - p) < 4 * math.sqrt(p * (1 - p) / rounds)


def test_scenarios_are_spread() -> None:
    """Ten of a hundred dialogues in ten scenarios are one of each, whatever the seed."""
    for seed in range(20):
        sample = draw(units(held=100), 10, seed=seed)
        assert Counter(drawn.cluster for drawn in sample.drawn) == {f"s{n}": 1 for n in range(10)}


@pytest.mark.parametrize(
    ("n", "told_apart"),
    [
        (96, ("rule", "ending", "band")),
        (95, ("rule", "ending")),
        (48, ("rule", "ending")),
        (47, ("ending", "band")),
        (31, ("ending",)),
        (15, ()),
    ],
)
def test_strata_are_merged_where_a_sample_is_small(n: int, told_apart: tuple[str, ...]) -> None:
    """Floors take half of it at most: the band is given up first, then the rule, then both."""
    everybody = [
        Unit(f"{rule}/{ending}/{band}/{repeat}", "s", Stratum(rule, ending, band))
        for rule in "abc"
        for ending in Ending
        for band in Band
        for repeat in range(5)
    ]
    for cell in draw(everybody, n, seed=0).cells:
        named = [name for name in Stratum._fields if getattr(cell.stratum, name) != "any"]
        assert tuple(named) == told_apart


# -- weighting


def test_weighting_undoes_the_allocation() -> None:
    """Horvitz and Thompson's total is unbiased, though crossings are drawn ten times too often."""
    everybody = units(held=900, crossed=40, open=60)
    truth = {unit.key: hashed("truth", unit.key) % 100 < _rate(unit) for unit in everybody}
    total = sum(truth.values())
    totals, shares, plain = [], [], []
    for seed in range(300):
        drawn = draw(everybody, 100, seed=seed).drawn
        totals.append(sum(truth[one.key] / one.probability for one in drawn))
        plain.append(1000 * sum(truth[one.key] for one in drawn) / len(drawn))
        found = estimated(
            Observation(one.cluster, 1 / one.probability, truth[one.key]) for one in drawn
        )
        assert not isinstance(found, NoInterval)
        shares.append(found.share)
    spread = math.sqrt(sum((one - total) ** 2 for one in totals) / len(totals))
    assert abs(sum(totals) / len(totals) - total) < 4 * spread / math.sqrt(len(totals))
    assert abs(sum(shares) / len(shares) - total / 1000) < 0.01
    assert sum(plain) / len(plain) > 1.3 * total


def _rate(unit: Unit) -> int:
    return {HELD: 5, CROSSED: 80, OPEN: 40}[unit.stratum]


# -- precision


def alike(n: int, clusters: int, *, of: int = 10) -> Sample:
    """`n` dialogues in so many scenarios, drawn from `of` times as many."""
    drawn = [Drawn(str(i), str(i % clusters), HELD, 1 / of) for i in range(n)]
    return Sample(tuple(drawn), (Cell(HELD, n, n * of),))


def test_precision_of_independent_dialogues() -> None:
    """One dialogue a scenario and equal weights: the textbook half-widths."""
    precision = precision_of(alike(100, 100))
    assert precision.design_effect == pytest.approx(1)
    assert precision.half_widths == pytest.approx({0.1: 0.0595, 0.5: 0.0992}, abs=1e-3)
    shrunk = math.sqrt(1 - 100 / 1000)
    assert precision.of_run == pytest.approx({0.1: 0.0588 * shrunk, 0.5: 0.098 * shrunk}, abs=1e-3)


def test_likeness_makes_a_sample_worth_less() -> None:
    """Five dialogues a scenario: 1 + (5 - 1) * 0.3, for scenarios like these."""
    precision = precision_of(alike(100, 20))
    assert precision.design_effect == pytest.approx(2.2)
    assert precision.of_run == precision_of(alike(100, 100)).of_run


def test_unequal_weights_make_a_sample_worth_less() -> None:
    """What is oversampled tells less about the whole."""
    sample = draw(
        [replace(unit, cluster=unit.key) for unit in units(held=900, crossed=20)], 100, seed=0
    )
    assert 1.05 < precision_of(sample).design_effect < 1.2


def test_one_scenario_tells_nothing_of_others() -> None:
    """But of this run it does; a sample of everything tells that exactly, and of none nothing."""
    one = precision_of(alike(10, 1))
    assert one.half_widths == {0.1: None, 0.5: None}
    assert one.of_run[0.5] == pytest.approx(0.294, abs=1e-3)
    assert precision_of(alike(10, 1, of=1)).of_run == {0.1: 0.0, 0.5: 0.0}
    assert precision_of(Sample((), ())).half_widths == {0.1: None, 0.5: None}


def test_probabilities_are_exact() -> None:
    """Whole numbers decide who is drawn: no rounding draws one twice in a large stratum."""
    sample = draw([Unit(str(n), "s", HELD) for n in range(10_007)], 9_999, seed=0)
    assert len({drawn.key for drawn in sample.drawn}) == 9_999


# -- the share of the run


def answered(sample: Sample, truth: Mapping[str, bool], *, about: str = "") -> ShareOfRun | None:
    """What people find who answer the truth of the dialogues whose keys begin so."""
    return share_of_run(
        Answer(one.stratum, one.probability, truth[one.key] if one.key.startswith(about) else None)
        for one in sample.drawn
    )


def test_the_share_of_a_run_that_was_read_as_a_whole() -> None:
    """Nothing is left to wonder about."""
    everybody = units(held=30, crossed=10)
    truth = {unit.key: unit.stratum is CROSSED for unit in everybody}
    found = answered(draw(everybody, 40, seed=0), truth)
    assert found is not None
    assert (found.share, found.interval.low, found.interval.high) == (0.25, 0.25, 0.25)
    assert found.answers == 40


@pytest.mark.parametrize(("truth", "low", "high"), [(False, 0.0, 0.08), (True, 0.92, 1.0)])
def test_all_the_same_is_no_proof(truth: bool, low: float, high: float) -> None:
    """Nobody said yes in fifty of four hundred: up to one in twelve may have."""
    everybody = units(held=400)
    found = answered(draw(everybody, 50, seed=0), {unit.key: truth for unit in everybody})
    assert found is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=0.01)


def test_a_judge_that_people_never_contradict_is_not_certain() -> None:
    """Strata without spread keep a width: what was not read might differ."""
    everybody = units(held=300, crossed=100)
    truth = {unit.key: unit.stratum is CROSSED for unit in everybody}
    found = answered(draw(everybody, 60, seed=0), truth)
    assert found is not None
    assert found.share == pytest.approx(0.25)
    assert 0.05 < found.interval.high - found.interval.low < 0.12


def test_a_share_about_some_of_the_dialogues() -> None:
    """Those that the question is not about have no part in it; of none there is no share."""
    everybody = units(held=300, crossed=100)
    truth = {unit.key: unit.stratum is CROSSED for unit in everybody}
    sample = draw(everybody, 60, seed=0)
    found = answered(sample, truth, about="crossed")
    assert found is not None
    assert (found.share, found.answers) == (
        1.0,
        sum(one.stratum == CROSSED for one in sample.drawn),
    )
    assert answered(sample, truth, about="neither") is None


def test_the_interval_of_a_run_covers_it() -> None:
    """With people who contradict a tenth of the verdicts: 95 times of 100, give or take luck."""
    everybody = units(held=300, crossed=60, open=40)
    covered = 0
    for seed in range(200):
        truth = {unit.key: hashed(seed, unit.key) % 100 < _rate(unit) for unit in everybody}
        found = answered(draw(everybody, 80, seed=seed), truth)
        assert found is not None
        covered += found.interval.low <= sum(truth.values()) / 400 <= found.interval.high
    assert covered >= 186
