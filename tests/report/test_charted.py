"""The charts of a run, and as figures of its page."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import Any

import pytest

from convsim.charts import INSTALL, NothingToShow, Plot
from convsim.errors import InputError
from convsim.report.charted import ALONE, PANELS, Plots, figures
from convsim.report.html import page
from convsim.scenario import Asks
from tests.report.invented import a_run, judged, report_data

DATA = a_run(scenarios=4, repeats=2)
PLOTS = Plots(DATA)


@pytest.fixture
def without_altair(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the extra `charts`."""
    real = importlib.util.find_spec

    def missing(name: str) -> Any:
        return None if name in ("altair", "vl_convert") else real(name)

    monkeypatch.setattr(importlib.util, "find_spec", missing)


@pytest.mark.parametrize(
    ("name", "numbers"), [("tradeoff", 4), ("survival", 4), ("moves", 8), ("heatmap", 8)]
)
def test_each_chart_shows_both_targets(name: str, numbers: int) -> None:
    """From the tables of the run."""
    plot = getattr(PLOTS, name)()
    assert isinstance(plot, Plot)
    assert len(plot.records()) >= numbers
    assert {record["target"] for record in plot.records()} == {"t1", "t2"}


def test_a_map_is_by_what_one_asks_for() -> None:
    """Rules, groups or moves; crossings or refusals."""
    assert {it["by"] for it in PLOTS.heatmap("move").records()} == {"move"}
    refused = PLOTS.heatmap("group", asks=Asks.ALLOWED).records()
    assert all(it["name"].startswith("refused") for it in refused)
    with pytest.raises(InputError, match="no boundary map is by 'turn'"):
        PLOTS.heatmap("turn")


def test_without_controls_there_is_no_pressure_chart() -> None:
    """And it says how to play them."""
    with pytest.raises(NothingToShow, match="--arms all"):
        PLOTS.pressure()


def test_a_void_judge_has_no_charts() -> None:
    """Nothing that it says counts."""
    void = replace(DATA, void="it failed")
    with pytest.raises(InputError, match="VOID: it failed"):
        Plots(void).tradeoff()
    assert figures(void) == ((), "")


def test_a_page_has_its_charts() -> None:
    """Still images in its own colours, without heads that say the same again."""
    found = figures(DATA).found
    assert len(found) == 4
    assert found[0].title == "Under-refusal against over-refusal"
    for figure in found:
        assert figure.svg.startswith("<svg")
        assert "var(--ink)" in figure.svg
        assert f">{figure.title}<" not in figure.svg
        assert "<script" not in figure.svg
    assert page(DATA).count('class="wide chart"') == 4


def test_of_many_targets_one_chart_stands_open() -> None:
    """That which has all of them in one panel."""
    targets = [
        judged("refuse comply", target=f"t{n}", scenario=scenario)
        for n in range(PANELS + 1)
        for scenario in ("a", "b")
    ]
    assert [figure.shown for figure in figures(report_data(targets)).found] == [False] * 3
    assert [figure.shown for figure in figures(DATA).found] == [True, True, True, False]


def test_a_page_about_one_scenario_has_no_charts() -> None:
    """It shows no interval; it says so, and what has them anyway."""
    found = figures(report_data([judged("refuse comply", repeat=n) for n in (1, 2)]))
    assert found == ((), ALONE)


@pytest.mark.usefixtures("without_altair")
def test_a_page_without_altair_says_what_to_install() -> None:
    """In a line, where the charts would be; the rest of the page is as it was."""
    found = figures(DATA)
    assert (found.found, INSTALL in found.why) == ((), True)
    made = page(DATA)
    assert "charts need Altair" in made
    assert 'class="wide chart"' not in made


def test_an_alias_writes_nothing_into_the_page() -> None:
    """What is drawn passes through the still image, which lets only shapes and texts through."""
    hostile = '"><script>alert(1)</script>'
    made = page(report_data([judged("refuse comply", target=hostile, scenario=s) for s in "ab"]))
    assert 'class="wide chart"' in made
    assert "<script>alert" not in made
