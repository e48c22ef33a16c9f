"""d' and the criterion on two sides: against their closed forms, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from convsim.detection import criterion, d_prime, log_linear
from convsim.differences.difference import Seen
from convsim.differences.measured import OVER, UNDER, metrics
from convsim.differences.shift import Shift, shift
from convsim.differences.versions import matched
from convsim.stats import Interval
from tests.differences.sides import many, rows, version

METRICS = {one.name: one for one in metrics()}


def shifted(*sides: tuple[dict[str, str], dict[str, str]]) -> Shift:
    """The shift between two sides, each its restricted and its benign dialogues."""
    before, after = (version(rows(held), rows(helped, "benign")) for held, helped in sides)
    found = matched(before, after)
    under, over = (Seen.of(METRICS[name], found) for name in (UNDER, OVER))
    return shift(under, over, "rules")


def test_the_figures_are_those_of_both_sides() -> None:
    found = shifted((many("x....", 20), many(".....", 20)), (many("xx...", 20), many("x....", 20)))
    before = d_prime(log_linear(20, 100), log_linear(0, 100))
    after = d_prime(log_linear(40, 100), log_linear(20, 100))
    assert found.discrimination.before == pytest.approx(before)
    assert found.discrimination.estimate.value == pytest.approx(after - before)
    assert found.threshold.after == pytest.approx(
        criterion(log_linear(40, 100), log_linear(20, 100))
    )
    assert found.discrimination.estimate.fractions["under, after"].hits == 40


def test_the_interval_reaches_as_far_as_figures_of_drawn_scenarios_spread() -> None:
    """The linearised error is the spread of the difference over many drawn studies."""
    rng = np.random.default_rng(5)

    def drawn(share: float) -> dict[str, str]:
        return {
            name: "".join("x" if hit else "." for hit in rng.random(5) < share)
            for name in many("", 40)
        }

    values, errors = [], []
    for _ in range(60):
        found = shifted((drawn(0.3), drawn(0.2)), (drawn(0.3), drawn(0.2)))
        estimate = found.discrimination.estimate
        assert isinstance(estimate.interval, Interval)
        assert estimate.value is not None
        values.append(estimate.value)
        errors.append((estimate.interval.high - estimate.interval.low) / 2 / 2.02)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.25)


def test_scenarios_that_are_all_alike_still_leave_room() -> None:
    """No spread was seen, which is no proof that there is none."""
    found = shifted((many("....", 20), many("....", 20)), (many("....", 20), many("....", 20)))
    interval = found.discrimination.estimate.interval
    assert isinstance(interval, Interval)
    assert interval.high > 0.5
    assert found.discrimination.tested is not None
    assert found.discrimination.tested.p == pytest.approx(1.0)


def test_one_scenario_and_one_repeat_tell_nothing() -> None:
    found = shifted(({"a.one": "."}, {"a.one": "."}), ({"a.one": "x"}, {"a.one": "."}))
    assert found.discrimination.tested is None
    assert found.discrimination.estimate.span == "[no interval]"
