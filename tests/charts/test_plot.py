"""A chart shows in a notebook, is saved without a network, and is a table of what it shows."""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from convsim import charts
from convsim.charts.look import CONFIG
from convsim.errors import InputError
from tests.charts.drawn import both, curves, data_of, effects, layers, sites, turns_by_move

EVERY = {
    "tradeoff": lambda: charts.tradeoff([*both("t1", 0.1, 0.3), *both("t2", 0.5, 0.05)]),
    "survival": lambda: charts.survival([*curves("t1"), *curves("t2", deployed=0.7)]),
    "moves": lambda: charts.moves([*turns_by_move("t1"), *turns_by_move("t2")]),
    "heatmap": lambda: charts.heatmap([*sites("t1"), *sites("t2")]),
    "pressure": lambda: charts.pressure([*effects("t1"), *effects("t2")]),
}


@cache
def plot_of(name: str) -> charts.Plot:
    """Each is drawn once."""
    return EVERY[name]()


@cache
def svg_of(name: str) -> str:
    """So is its still image."""
    return plot_of(name).svg()


START = {
    "svg": b"<svg",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "html": b"<!DOCTYPE html>",
    "json": b"{",
}


@pytest.mark.parametrize("name", EVERY)
def test_every_row_of_data_is_a_whole_record(name: str) -> None:
    """Whoever takes the data out of a chart has all that its numbers are made of."""
    plot = plot_of(name)
    columns = {"numerator", "denominator", "clusters", "method", "judge", "corrected", "estimand"}
    rows = list(data_of(plot.to_dict()))
    assert rows
    for row in (*rows, *plot.records()):
        assert columns <= row.keys()
        assert row["denominator"] > 0


@pytest.mark.parametrize("name", EVERY)
def test_a_mark_says_what_its_number_is_made_of(name: str) -> None:
    """In a live chart by its tooltip, in a still one by its title. Lines and areas have points."""
    plot = plot_of(name)
    told = [layer for layer in layers(plot.to_dict()) if "tooltip" in layer["encoding"]]
    assert told
    for layer in told:
        fields = {it["field"].removeprefix("across_") for it in layer["encoding"]["tooltip"]}
        assert {"said", "numerator", "denominator", "clusters", "method", "judge"} <= fields
        titles = [it["title"] for it in layer["encoding"]["tooltip"]]
        assert len(titles) == len(set(titles))
    silent = [it["mark"]["type"] for it in layers(plot.to_dict()) if it not in told]
    assert set(silent) <= {"text", "line", "area", "rule"}
    titles = re.findall(r"<title>(.*?)</title>", svg_of(name), re.DOTALL)
    assert titles
    for title in titles:
        assert re.search(r"\d+/\d+ .* in 6 scenarios", title)
        assert "judge rules (not corrected: " in title


@pytest.mark.parametrize("name", EVERY)
def test_every_chart_is_a_valid_specification(name: str) -> None:
    """It says what it shows and how to read it, and no text in it is tiny."""
    spec = plot_of(name).to_dict()
    assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert spec["title"]["text"]
    assert spec["title"]["subtitle"]
    sizes = [layer["mark"].get("fontSize", 11) for layer in layers(spec)]
    assert min(*sizes, CONFIG["axis"]["labelFontSize"]) >= 9


@pytest.mark.parametrize("kind", charts.FORMATS)
def test_a_chart_is_saved_as_what_its_name_ends_in(kind: str, tmp_path: Path) -> None:
    """Anything that opens such files opens it."""
    path = plot_of("tradeoff").save(tmp_path / f"chart.{kind}")
    assert path.read_bytes().startswith(START[kind])


def test_a_saved_page_needs_no_network(tmp_path: Path) -> None:
    """All scripts are inside."""
    text = plot_of("moves").save(tmp_path / "moves.html").read_text()
    assert "<script src=" not in text
    assert "cdn." not in text


def test_another_ending_is_refused(tmp_path: Path) -> None:
    """With those there are."""
    with pytest.raises(InputError, match=r"a chart is no \.gif; allowed: \.svg, \.png, \.pdf"):
        plot_of("moves").save(tmp_path / "moves.gif")
    with pytest.raises(InputError, match="a chart is no file without an ending"):
        plot_of("moves").save(tmp_path / "moves")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before anything is drawn."""
    with pytest.raises(InputError, match=r"charts is no directory; make it"):
        plot_of("moves").save(tmp_path / "charts" / "moves.svg")


def test_the_scale_of_a_png_is_its_sharpness(tmp_path: Path) -> None:
    """Twice the pixels, the same picture."""
    plot = plot_of("tradeoff")

    def width(scale: float) -> int:
        png = plot.save(tmp_path / "it.png", scale=scale).read_bytes()
        return int.from_bytes(png[16:20], "big")

    assert width(2) == pytest.approx(2 * width(1), abs=2)


def test_a_notebook_gets_a_live_chart_and_a_still_one() -> None:
    """It shows the first that it knows."""
    plot = plot_of("heatmap")
    shown = plot._repr_mimebundle_()
    (live,) = (it for it in shown if it.startswith("application/vnd.vegalite.v"))
    assert shown[live] == plot.to_dict()
    assert shown["image/svg+xml"].startswith("<svg")
    assert shown["text/plain"] == "<boundary map by rule and turn: 10 numbers>"


def test_a_chart_is_the_table_of_its_numbers() -> None:
    """As a data frame, as Markdown; the words for tooltips are not among the columns."""
    plot = plot_of("tradeoff")
    assert len(plot.frame("polars")) == 4
    assert "| t2     | under-refusal |     5.0% |" in plot.markdown()
    assert not {"said", "told"} & set(plot.csv().splitlines()[0].split(","))


def test_altair_goes_on_from_there() -> None:
    """`.chart` is an Altair chart, and `.json` its specification."""
    plot = plot_of("tradeoff")
    assert plot.chart.properties(width=600).to_dict()["width"] == 600
    assert json.loads(json.dumps(plot.to_dict())) == plot.to_dict()


def test_a_still_image_can_do_without_its_head() -> None:
    """In a page that has a heading of its own; how to read it stays."""
    plot = plot_of("moves")
    head = "What turns at risk did"
    assert head in plot.svg()
    assert head not in plot.svg(headed=False)
    assert "Filled: a restricted ask was met." in plot.svg(headed=False)


@pytest.mark.parametrize("name", EVERY)
def test_without_altair_a_chart_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, instead of a traceback."""

    def missing(module: str) -> Any:
        return None if module == "altair" else real(module)

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", missing)
    with pytest.raises(
        InputError, match=r"altair not installed; .*`pip install 'convsim\[charts\]"
    ):
        EVERY[name]()
