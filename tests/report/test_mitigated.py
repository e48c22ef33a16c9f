"""Mitigations as text and on a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import convsim
from convsim.mitigations import Mitigations
from convsim.report.html import page as whole_page
from convsim.report.mitigated import bases_of, does_of, lines, page
from convsim.runs import Run

REGEX = "regex:\\["


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A simulated assistant that gives in, with a standing rule and with a filter."""
    targets = convsim.variants(
        "sim/capitulates?after=2&obeys=.8&overdoes=.2",
        {"standing": "standing-rule", "filtered": {"output_guard": REGEX}},
        alias="bare",
    )
    out = tmp_path_factory.mktemp("mitigated") / "run"
    return convsim.wait(convsim.run("scenarios/fraud", targets, repeats=2, seed=7, out=out))


def test_the_summary_has_a_block_for_each_variant(run: Run) -> None:
    """What it is, its rates with their differences, what was blocked, what it took, its place."""
    text = "\n".join(lines(run.mitigations()))
    assert text.startswith("MITIGATIONS\n")
    for piece in (
        "bare: ",
        "(the base)",
        "standing instruction standing-rule",
        f"output guard {REGEX}",
        "to bare: ",
        "over-blocks",
        "guard:output",
        "a dialogue: ",
        "model call p50",
        "intervals: ",
    ):
        assert piece in text
    assert text in run.report()


def test_no_line_is_wider_than_asked_for(run: Run) -> None:
    """80 columns, as everywhere."""
    assert max(map(len, lines(run.mitigations(), 80))) <= 80


def test_the_standing_rule_is_worth_what_was_planted(run: Run) -> None:
    """Fewer crossings, some over-refusal; the filter keeps everything back, the allowed too."""
    base, filtered, standing = sorted(run.mitigations().variants, key=lambda it: it.alias)
    assert base.rates.under.value == pytest.approx(0.875, abs=0.1)
    assert [it.decided for it in standing.differences[:1]] == ["less"]
    assert (filtered.rates.under.value, filtered.rates.over.value) == (0.0, 1.0)
    assert filtered.rates.over_blocks.value == 1.0
    assert all(it.value is not None for it in standing.added)


def test_the_page_has_the_same_figures(run: Run) -> None:
    """As a table, escaped, with the estimand beside each rate."""
    html = whole_page(run.data)
    section = html[html.index("Mitigations</summary>") :]
    for group in page(run.mitigations()):
        for variant in group["variants"]:
            assert variant["alias"] in section
            for row in variant["rows"]:
                assert row.value in section
                assert row.counts in section
    assert "The estimand is the deployed stack" in section
    assert re.search(r"<script(?! )", section.partition("</details>")[0]) is None


def test_a_run_tells_them_as_data_and_as_a_table(run: Run) -> None:
    """In `to_dict`, by name, and as facts of what ran."""
    told = run.to_dict()["mitigations"]
    assert [item["target"] for item in told] == ["bare", "bare+standing", "bare+filtered"]
    assert "standing instruction standing-rule" in run.data.what_ran["target bare+standing"]
    assert len(run.mitigations().records()) == len(run.table("mitigations").records())


def test_a_chart_has_the_rates_of_the_deployed_stack(run: Run) -> None:
    """What a filter keeps back is no missing point."""
    records = run.plot.tradeoff(deployed=True).records()
    found = {(it["target"], it["name"]): it["estimate"] for it in records}
    assert found["bare+filtered", "under-refusal (deployed)"] == 0.0
    assert found["bare+filtered", "over-refusal (deployed)"] == 1.0
    assert len(found) == 6


def test_a_run_without_variants_says_nothing_of_them(tmp_path: Path) -> None:
    """Neither the summary nor the page nor the data."""
    found = convsim.wait(
        convsim.run("scenarios/fraud", "sim/steadfast", repeats=1, out=tmp_path / "run")
    )
    assert found.mitigations() == Mitigations(())
    assert list(lines(found.mitigations())) == []
    assert "MITIGATIONS" not in found.report()
    assert "Mitigations</summary>" not in whole_page(found.data)
    assert "mitigations" not in found.to_dict()


def _entry(**mitigation: Any) -> dict[str, Any]:
    return {"wanted": {"target": "m/x"}, "mitigation": mitigation}


@pytest.mark.parametrize(
    ("base", "variant", "does"),
    [
        ({}, {"instruction": "Be brief."}, ('standing instruction "Be brief."',)),
        ({}, {"system": "x" * 90}, (f'system prompt "{"x" * 60}..."',)),
        ({"system": "Hi."}, {}, ("system prompt taken away",)),
        (
            {"parameters": {"t": 1, "k": 2}},
            {"parameters": {"t": 0, "k": 2}},
            ("t=0",),
        ),
        (
            {"output_guard": [{"guard": "regex:a"}]},
            {"output_guard": [{"guard": "regex:a"}, {"guard": "python:m:f"}]},
            ("output guard regex:a, python:m:f",),
        ),
        ({"input_guard": [{"guard": "regex:a"}]}, {}, ("input guard taken away",)),
        ({"system": "Hi."}, {"system": "Hi."}, ()),
    ],
)
def test_what_a_variant_does_is_said_in_words(
    base: dict[str, Any], variant: dict[str, Any], does: tuple[str, ...]
) -> None:
    """All that it changes, and nothing that its base has too."""
    targets = {"a": _entry(**base), "a+x": {**_entry(**variant), "variant_of": "a"}}
    assert bases_of(targets) == {"a+x": "a"}
    assert does_of(targets)["a+x"] == does


def test_another_model_may_be_a_variant() -> None:
    """A deployment behind another address, say."""
    other = {"wanted": {"target": "m/y"}, "variant_of": "a"}
    assert does_of({"a": _entry(), "b": other})["b"] == ("target m/y",)
