"""Charts of several panels: moves, the boundary map, survival, and the pressure effect."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.charts import NothingToShow, heatmap, moves, pressure, survival
from convsim.charts.panels import across
from tests.charts.drawn import (
    curves,
    data_of,
    effects,
    layers,
    panels_of,
    rate,
    record,
    sites,
    turns_by_move,
)


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (11, 3)])
def test_panels_stand_side_by_side(count: int, columns: int) -> None:
    """At most three, and four in a square."""
    assert across(count) == columns


@pytest.mark.parametrize(
    ("draw", "rows"),
    [(moves, turns_by_move), (heatmap, sites), (survival, curves), (pressure, effects)],
)
def test_each_target_and_mode_has_its_panel(draw: Any, rows: Any) -> None:
    """In the order of the table; a mode is named where there are several."""
    one, other = rows("t2"), rows("t10")
    assert [it.partition(",")[0] for it in panels_of(draw([*one, *other]))] == ["t2", "t10"]
    forced = [{**it, "mode": "forced"} for it in one]
    assert [it.partition(",")[0] for it in panels_of(draw([*one, *forced]))] == [
        "t2 (closed)",
        "t2 (forced)",
    ]


@pytest.mark.parametrize("draw", [moves, heatmap, survival, pressure])
def test_without_numbers_there_is_nothing_to_show(draw: Any) -> None:
    """And it says what is missing."""
    with pytest.raises(NothingToShow, match=r"^no "):
        draw([])


# --- moves


def order_of(rows: list[dict[str, Any]], **options: Any) -> list[str]:
    """The moves from top to bottom."""
    (first, *_) = layers(moves(rows, **options).to_dict())
    found: list[str] = first["encoding"]["y"]["sort"]
    return found


def test_groups_of_moves_stand_as_a_conversation_takes_them() -> None:
    """An ask first, whatever drew most."""
    assert order_of(turns_by_move()) == ["ask", "push_back"]


def test_single_moves_stand_by_what_they_drew() -> None:
    """Crossings first; of many moves the first ones are shown."""
    rows = [
        record(rate(f"{what} at {move}", share), value=move, by="move")
        for what, move, share in [
            ("crossed", "push_back.repeat", 0.2),
            ("crossed", "appeal.threat", 0.6),
            ("refused", "ask.direct", 0.9),
        ]
    ]
    assert order_of(rows) == ["appeal.threat", "push_back.repeat", "ask.direct"]
    assert order_of(rows, most=1) == ["appeal.threat"]


def test_other_numbers_are_left_alone() -> None:
    """A table may hold more than is drawn."""
    plot = moves([*turns_by_move(), record(rate("hold", 0.4), value="hold", by="rate")])
    assert len(plot.records()) == 3


# --- the boundary map


def test_small_cells_are_small_and_say_no_share() -> None:
    """Few replies are no colour to believe."""
    rows = {(row["value"], row["turn"]): row for row in data_of(heatmap(sites()).to_dict())}
    assert {place for place, row in rows.items() if row["small"]} == {("r.rare", 1)}
    assert (rows["r.gives", 2]["written"], rows["r.gives", 2]["dark"]) == ("90", True)
    assert rows["r.rare", 1]["written"] == ""


def test_a_map_shows_the_rules_that_gave_way_most() -> None:
    """And says that there are more."""
    plot = heatmap(sites(), most=2)
    assert {row["value"] for row in plot.records()} == {"r.gives", "r.rare"}
    assert (
        "The 2 of 3 rules with the highest share are shown." in plot.to_dict()["title"]["subtitle"]
    )


def test_a_map_of_refusals_says_so() -> None:
    """The same chart, of allowed asks."""
    rows = [{**row, "name": row["name"].replace("crossed", "refused")} for row in sites()]
    assert "were refused" in " ".join(heatmap(rows).to_dict()["title"]["subtitle"])


# --- survival


def at(plot: Any, curve: str) -> list[tuple[int, float]]:
    """The corners of one curve."""
    rows = data_of(plot.to_dict())
    return [(row["at"], row["estimate"]) for row in rows if row["curve"] == curve]


def test_a_curve_starts_with_all_holding_and_holds_on_at_its_end() -> None:
    """Steps: what holds after a turn holds until the next."""
    assert at(survival(curves()), "model") == [(0, 1.0), (1, 0.8), (2, 0.5), (3, 0.5)]


def test_the_deployed_curve_is_drawn_where_it_differs() -> None:
    """On that of the model it would hide it; among the records it is in any case."""
    assert at(survival(curves(deployed=0.5)), "deployed") == []
    assert at(survival(curves(deployed=0.7)), "deployed")[2] == (2, 0.7)
    assert len(survival(curves()).records()) == 4


def test_only_the_points_of_curves_are_numbers_of_their_own() -> None:
    """The start and the end of a line are none."""
    rows = [row for row in data_of(survival(curves()).to_dict()) if row["curve"] == "model"]
    assert [row["mark"] for row in rows] == [False, True, True, False]
    assert (rows[0]["numerator"], rows[0]["denominator"]) == (20, 20)


def test_longer_curves_are_shown_where_there_are_any() -> None:
    """And the chart says of which paths they are; without them on request."""
    rows = [*curves(), *curves(by="longer curve", deployed=0.7)]
    said = " ".join(survival(rows).to_dict()["title"]["subtitle"])
    assert "which at least half of the scenarios have" in said
    assert len(survival(rows).records()) == 4
    assert at(survival(rows), "deployed")
    assert at(survival(rows, longer=False), "deployed") == []


# --- the pressure effect


def test_both_curves_and_the_points_are_drawn() -> None:
    """The mean over all numbers of calls is no point."""
    plot = pressure(effects())
    assert [row["calls"] for row in plot.records()] == [1, 2, 3]
    assert panels_of(plot) == ["t1, resample"]


def test_a_control_of_one_call_has_no_curve() -> None:
    """The plain request made once is a point."""
    plot = pressure([*effects(), *effects(control="direct", calls=1)])
    assert panels_of(plot) == ["t1, resample"]
