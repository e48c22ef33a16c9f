"""One difference, and the family of tests that it is one of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convsim.differences.difference import ALPHA, Difference, Seen, adjusted, difference, parts
from convsim.differences.measured import UNDER, metrics
from convsim.differences.relabelling import Surprise
from tests.differences.sides import many, rows

METRIC = next(one for one in metrics() if one.name == UNDER)


def seen(before: dict[str, str], after: dict[str, str]) -> Seen:
    return Seen(list(METRIC.observe(rows(before))), list(METRIC.observe(rows(after))))


def with_p(p: float | None, least: float = 0.0) -> Difference:
    """A difference that is as surprising as this."""
    found = difference(METRIC, seen({"a.one": ".."}, {"a.one": "x."}), "rules")
    return replace(found, tested=None if p is None else Surprise(p, least))


def p_values(found: list[Difference]) -> list[float | None]:
    return [one.estimate.p_value for one in found]


def test_a_difference_carries_all_that_a_number_needs() -> None:
    found = difference(METRIC, seen(many("x...."), many("xx...")), "rules")
    estimate = found.estimate
    assert found.before == pytest.approx(0.2)
    assert found.after == pytest.approx(0.4)
    assert estimate.value == pytest.approx(0.2)
    assert str(estimate.fractions["after"]) == "Share(hits=40, trials=100)"
    assert (estimate.clusters, estimate.judge, estimate.corrected) == (20, "rules", False)
    assert "scenarios like these" in estimate.estimand
    assert METRIC.estimand in estimate.estimand


def test_a_family_alone_has_the_whole_level() -> None:
    (family,) = adjusted([[with_p(0.01), with_p(0.03), with_p(None)]])
    assert p_values(family) == [pytest.approx(0.02), pytest.approx(0.03), None]
    assert [one.changed for one in family] == [True, True, False]
    assert family[0].estimate.adjusted == "Holm over 2 tests"


def test_two_families_have_half_of_it_each() -> None:
    one, other = adjusted([[with_p(0.02), with_p(0.5)], [with_p(0.02)]])
    assert p_values(one)[0] == pytest.approx(0.08)
    assert p_values(other) == [pytest.approx(0.04)]
    assert other[0].estimate.adjusted == "Holm over 1 test, at 2.5%"


def test_a_test_that_could_not_tell_is_none_of_the_many() -> None:
    (family,) = adjusted([[with_p(0.04), with_p(0.5, least=0.5), with_p(0.06, least=0.06)]])
    assert p_values(family) == [pytest.approx(0.04), None, None]


def test_what_is_one_value_is_not_split() -> None:
    assert parts(METRIC, seen(many(".."), many("x.")), "rules")[0].by == "rule"
    assert not parts(METRIC, seen({"a.one": ".."}, {"a.one": "x."}), "rules")


def test_the_level_is_that_of_intervals() -> None:
    assert pytest.approx(0.05) == ALPHA
