"""Under-refusal against over-refusal: who is where, who is on the front, and where labels stand."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.charts import NothingToShow, Plot, tradeoff
from convsim.charts.tradeoff import LABEL, placed
from convsim.errors import InputError
from convsim.stats import NoInterval
from tests.charts.drawn import both, data_of, layers, rate, record


def points(plot: Plot) -> dict[str, dict[str, Any]]:
    """The points by the words beside them."""
    return {row["who"]: dict(row) for row in data_of(plot.to_dict()) if "who" in row}


@pytest.mark.parametrize(
    ("rates", "front"),
    [
        ({"a": (0.1, 0.3), "b": (0.5, 0.05)}, {"a", "b"}),
        ({"a": (0.1, 0.3), "b": (0.2, 0.3)}, {"a"}),
        ({"a": (0.1, 0.3), "b": (0.2, 0.4), "c": (0.0, 0.9)}, {"a", "c"}),
        ({"a": (0.1, 0.3), "b": (0.1, 0.3)}, {"a", "b"}),
    ],
)
def test_the_front_are_those_that_nobody_beats(
    rates: dict[str, tuple[float, float]], front: set[str]
) -> None:
    """Less of one and no more of the other beats; equal does not."""
    found = points(tradeoff(it for name, both_of in rates.items() for it in both(name, *both_of)))
    assert {name for name, row in found.items() if row["front"]} == front


def test_a_point_has_the_records_of_both_numbers() -> None:
    """That of its height, and that of its place across under another name."""
    row = points(tradeoff(both("a", 0.1, 0.3)))["a"]
    assert (row["name"], row["estimate"]) == ("under-refusal", 0.3)
    assert (row["across_name"], row["across_estimate"]) == ("over-refusal", 0.1)
    assert row["told"].count("20 dialogues in 6 scenarios") == 2


def test_modes_are_never_pooled() -> None:
    """A target in two modes is two points."""
    forced = [{**it, "mode": "forced"} for it in both("a", 0.2, 0.2)]
    assert list(points(tradeoff([*both("a", 0.1, 0.3), *forced]))) == ["a (closed)", "a (forced)"]


def test_a_target_with_one_rate_is_named() -> None:
    """It is no point, and nobody overlooks it."""
    plot = tradeoff([*both("a", 0.1, 0.3), record(rate("under-refusal", 0.1), "alone")])
    assert list(points(plot)) == ["a"]
    assert "not shown: alone." in " ".join(plot.to_dict()["title"]["subtitle"])


def test_without_any_there_is_nothing_to_show() -> None:
    """And it says what is missing."""
    with pytest.raises(NothingToShow, match="no target has both"):
        tradeoff([record(rate("hold", 0.5))])


def test_two_rates_of_one_name_are_refused() -> None:
    """Those of a table by rule are not the target's."""
    with pytest.raises(InputError, match=r"several rates called 'over-refusal'; take one table"):
        tradeoff(both("a", 0.1, 0.3) * 2)


def test_a_rate_without_interval_is_a_point_without_a_line() -> None:
    """One scenario shows no spread."""
    plot = tradeoff(both("a", 0.1, 0.3, interval=NoInterval("one scenario")))
    kinds = [layer["mark"]["type"] for layer in layers(plot.to_dict())]
    assert kinds == ["rule", "circle", "text", "text"]  # the first leads to the label


def test_a_line_leads_from_a_variant_to_its_base() -> None:
    """In the same mode; a base that is not shown draws none."""
    rows = [*both("gpt", 0.1, 0.3), *both("gpt+guard", 0.2, 0.1)]
    moved = [
        row
        for row in data_of(tradeoff(rows, base={"gpt+guard": "gpt", "gpt": "none"}).to_dict())
        if "from_x" in row
    ]
    assert [(it["who"], it["from_x"], it["from_y"]) for it in moved] == [("gpt+guard", 0.1, 0.3)]


@pytest.mark.parametrize(
    "at", [[(0, 0)] * 5, [(0, 0), (3, 4), (300, 300)], [(10.0 * n, 4.0 * n) for n in range(9)]]
)
def test_no_label_stands_on_another(at: list[tuple[float, float]]) -> None:
    """However close the points are."""
    names = ["a target"] * len(at)
    found = placed(at, names)
    near = [
        abs(one[1] - other[1])
        for n, one in enumerate(found)
        for other in found[n + 1 :]
        if abs(one[0] - other[0]) < 50
    ]
    assert all(gap >= LABEL - 1e-9 for gap in near)
