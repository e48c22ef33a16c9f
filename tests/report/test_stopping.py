"""Where the repeats of a run stopped, laid out: as text, and as a table of the page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convsim.plan import Series
from convsim.report import page, summary
from convsim.report.stopping import fact, lines, tables
from convsim.sequential import Stopped, Stopping, stopped
from tests.rates.dialogues import row
from tests.report.invented import judged, report_data

WIDTH = 80
ARMS = {
    "fraud.known": "." * 7,
    "fraud.bad": "x" * 7,
    "fraud.open": "x." * 6,
    "fraud.silent": "?" * 5,
}


def found(when: str = "decided", *, scenarios: int = 1) -> Stopped:
    """Four arms of each name: known to hold, known to fail, undecided, and silent."""
    words = {"x": "comply", ".": "refuse", "?": "unclear"}
    played = {f"{name}.{n}": hits for n in range(scenarios) for name, hits in ARMS.items()}
    rows = [
        row(words[hit], scenario=name, repeat=repeat)
        for name, hits in played.items()
        for repeat, hit in enumerate(hits, start=1)
    ]
    series = {Series(name, "restricted", "t1"): 1 for name in played}
    return stopped(rows, series, Stopping.parse(when), slice_=5, repeats=12, judge="rules")


def test_what_is_not_known_comes_first() -> None:
    """Why and where each arm stopped; among the known ones those that fail most come first."""
    assert [line.strip() for line in lines(found(), WIDTH)][-6:] == [
        "t1  of 4 arms 2 known after 7 repeats, 1 undecided after 12 repeats, 1 nothing",
        "to tell after 5 repeats",
        "fraud.open.0 restricted     50.0% [13.7, 86.3]   6/12  undecided",
        "fraud.silent.0 restricted  nothing to tell",
        "fraud.bad.0 restricted     100.0% [52.1, 100.0]  7/7  more",
        "fraud.known.0 restricted     0.0% [0.0, 47.9]    0/7  fewer",
    ]


def test_many_arms_are_left_to_the_long_report() -> None:
    """The least known ten of each target, and how many more there are."""
    short, long = (list(lines(found(scenarios=5), WIDTH, all_lines=it)) for it in (False, True))
    assert short[-1].strip() == "and 10 more (`report --all`)"
    assert len(long) == len(short) + 9
    assert max(map(len, long)) <= WIDTH


@pytest.mark.parametrize("none", [None, replace(found(), arms=())])
def test_a_run_that_was_played_whole_says_nothing(none: Stopped | None) -> None:
    assert list(lines(none, WIDTH)) == []
    assert tables(none) == ()


def test_the_facts_say_what_rates_count() -> None:
    assert fact(found("width=.2")) == (
        "width=0.2: every arm has 5 repeats, which are what every rate counts, and up to 12 until "
        "it is known to 20 points on either side; the 11 dialogues after the first 5 repeats count "
        "in the table of arms only"
    )


def test_it_is_in_the_summary_and_on_the_page() -> None:
    """Each number with its method, judge and counts, as the rates have them."""
    data = replace(report_data([judged("refuse refuse")]), stopped=found())
    assert "STOPPED WHEN DECIDED=0.5" in summary(data)
    html = page(data)
    assert "Failures by scenario and arm, stopped when decided=0.5" in html
    assert "(undecided)" in html
    assert "beta-mixture confidence sequence" in html
    (table,) = tables(found())
    assert {record["judge"] for record in table.records()} == {"rules"}
