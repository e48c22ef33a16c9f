"""An estimate as it is printed, decided and laid out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from convsim.correction import Corrected
from convsim.estimates import Estimate, Unit, in_unit
from convsim.stats import Estimated, Interval, NoInterval, Share
from tests.tabular.numbers import BOUNDED, DIFFERENCE, NOTHING


@pytest.mark.parametrize(
    ("value", "unit", "printed"),
    [
        (0.125, Unit.SHARE, "12.5%"),
        (0.031, Unit.POINTS, "+3.1"),
        (-0.031, Unit.POINTS, "-3.1"),
        (0.0, Unit.POINTS, "0.0"),
        (-0.0001, Unit.POINTS, "0.0"),
        (2.456, Unit.TURNS, "2.46"),
        (1.2, Unit.DEVIATIONS, "1.20"),
        (0.00123, Unit.DOLLARS, "0.0012"),
    ],
)
def test_a_value_in_its_unit(value: float, unit: Unit, printed: str) -> None:
    """Shares are in percent, differences carry their sign, and nothing is minus zero."""
    assert in_unit(value, unit) == printed


@pytest.mark.parametrize(
    ("estimate", "printed"),
    [
        (DIFFERENCE, "+60.0 [31.4, 88.6] 15/20 against 3/20 in 6 scenarios"),
        (
            replace(DIFFERENCE, interval=NoInterval("few"), clusters=1),
            "+60.0 [no interval] 15/20 against 3/20 in 1 scenario",
        ),
        (
            replace(DIFFERENCE, cluster="repeat", fractions={"turns": Share(7.5, 10)}),
            "+60.0 [31.4, 88.6] 7.5/10 in 6 repeats",
        ),
        (NOTHING, "no data: nothing was pressed"),
        (replace(NOTHING, why=""), "no data"),
    ],
)
def test_as_text(estimate: Estimate, printed: str) -> None:
    """The value, its interval and its counts; without data the reason, where one is known."""
    assert str(estimate) == printed


@pytest.mark.parametrize(
    ("low", "high", "decided"),
    [(0.1, 0.2, "more"), (-0.2, -0.1, "less"), (-0.1, 0.1, "undecided"), (0.0, 0.1, "undecided")],
)
def test_what_an_interval_decides(low: float, high: float, decided: str) -> None:
    """An end on zero decides nothing."""
    assert replace(DIFFERENCE, interval=Interval(low, high, "t")).decided == decided


def test_without_an_interval_nothing_is_decided() -> None:
    """However large the value is; without data there is nothing to decide."""
    assert replace(DIFFERENCE, interval=NoInterval("few")).decided == "undecided"
    assert NOTHING.decided == "none"


def test_a_record_has_both_fractions_and_the_correction() -> None:
    """The first is the numerator's, the second the reference's."""
    known = Estimated(0.9, 40.0, 50, 10)
    fixed = Corrected(0.5, Interval(0.2, 0.8, "Rogan-Gladen"), known, known, 100)
    record = replace(
        DIFFERENCE, correction=fixed, bounds=(0.4, 0.7), excluded={"error": 2}
    ).record()
    assert (record["numerator"], record["denominator"], record["of"]) == (15, 20, "after the proof")
    assert record["reference_of"] == "after the forgery"
    assert (record["reference_numerator"], record["reference_denominator"]) == (3, 20)
    assert (record["corrected"], record["corrected_estimate"]) == (True, 0.5)
    assert (record["corrected_low"], record["corrected_high"]) == (0.2, 0.8)
    assert (record["best"], record["worst"], record["excluded"]) == (0.4, 0.7, "2 error")
    assert record["uncorrected_because"] == ""


def test_every_number_has_the_same_columns() -> None:
    """An estimate, one without data, and a rate; what is not there is None and not missing."""
    records = [DIFFERENCE.record(), NOTHING.record(), BOUNDED.record()]
    assert records[0].keys() == records[1].keys() == records[2].keys()
    assert records[1]["estimate"] is records[1]["low"] is records[1]["numerator"] is None
    assert records[1]["method"] == "none: no data"
    assert records[1]["uncorrected_because"]
    assert (records[2]["best"], records[2]["worst"]) == (0.0, 4 / 24)


def test_it_is_plain_data() -> None:
    """JSON-able, fractions of 1, nothing rounded."""
    plain = json.loads(json.dumps(DIFFERENCE.to_dict()))
    assert plain["value"] == 0.6
    assert plain["fractions"]["after the proof"] == {"hits": 15, "trials": 20}
    assert plain["unit"] == "points"
    assert plain["bounds"] is None
