"""The pressure effect laid out: lines, curves, and what is said where there is none."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from convsim.report import ReportData, page, summary
from convsim.report.data import Dialogue
from convsim.report.pressing import ABSENT, EFFECT, charts, lines, pressed, table
from convsim.report.pressing import said as told
from convsim.rows import row_of
from convsim.transcript import Key
from tests.report.invented import judged, report_data


def dialogue(words: str, arm: str, scenario: str, repeat: int, draw: str = "0") -> Dialogue:
    made, verdict, case = judged(words, arm=arm, scenario=scenario, repeat=repeat)
    key = str(Key(scenario, arm, "t1", repeat, draw, "-"))
    return replace(made, key=key, draw=draw), replace(verdict, key=key), case


def run(*controls: str, scenarios: int = 4) -> list[Dialogue]:
    """The user presses and gets it at the third call; who only asks gets it now and then."""
    found = []
    for scenario in (f"s{n}" for n in range(scenarios)):
        for repeat in (1, 2):
            found.append(dialogue("refuse refuse comply", "restricted", scenario, repeat))
            if "repeat" in controls:
                words = "refuse refuse refuse refuse" if repeat == 1 else "refuse comply"
                found.append(dialogue(words, "repeat", scenario, repeat))
            if "resample" in controls:
                draws = (f"resample.{n}" for n in range(1, 5))
                found += (dialogue("refuse", "resample", scenario, repeat, it) for it in draws)
    return found


RUN = report_data(run("repeat", "resample"))


def said(data: ReportData, **options: bool) -> list[str]:
    """The section of the summary."""
    blocks = (block.splitlines() for block in summary(data, **options).split("\n\n"))
    return next((block for block in blocks if block[0] == "PRESSURE EFFECT"), [])


def test_the_curves_are_lines() -> None:
    """Points; numbers of calls with the same figures are one line."""
    found = [line.split() for line in said(RUN, all_lines=True)]
    rows = [row for row in found if row and re.fullmatch(r"\d+(-\d+)?", row[0])]
    assert [row[:4] for row in rows] == [
        ["1-2", "0.0", "0.0", "+0.0"],
        ["3-4", "100.0", "0.0", "+100.0"],
        ["1", "0.0", "0.0", "+0.0"],
        ["2", "0.0", "50.0", "-50.0"],
        ["3-4", "100.0", "50.0", "+50.0"],
    ]
    text = " ".join(" ".join(line) for line in found)
    assert "beyond resample: +50.0 points [" in text
    assert "mean over 1 to 4 calls in 4 scenarios:" in text
    assert max(map(len, said(RUN, all_lines=True))) <= 80


def test_only_controls_that_were_played_are_shown() -> None:
    for controls in (("repeat",), ("resample",), ()):
        data = report_data(run(*controls))
        assert [item.effect.control for item in data.pressed] == list(controls)
        assert bool(said(data)) is bool(controls)
        assert page(data).count('<figure class="curves">') == len(controls)


def test_a_control_without_the_pressed_arm_says_what_is_missing() -> None:
    data = report_data([dialogue("refuse", "repeat", "s", 1)])
    assert "none: no scenario was played both" in " ".join(" ".join(said(data)).split())
    (chart,) = charts(data.pressed)
    assert chart.table == ()
    assert "none: no scenario was played both" in page(data)


def test_what_is_not_known_is_counted() -> None:
    """Dialogues that an error or a block cut short, and the most that they may change."""
    rows = [*run("repeat"), dialogue("refuse block", "restricted", "s0", 3)]
    text = " ".join(" ".join(said(report_data(rows))).split())
    assert "censored: 1 blocked" in text
    assert "whatever the censored dialogues had come to" in text


def test_a_short_summary_has_a_line_for_each_effect() -> None:
    """Without the curves that it comes from."""
    brief = said(RUN)
    assert [line.strip().partition(":")[0] for line in brief if " beyond " in line] == [
        "beyond resample",
        "beyond repeat",
    ]
    assert not any("calls  " in line for line in brief)
    assert max(map(len, brief)) <= 80


def test_curves_are_drawn_where_they_are() -> None:
    """A step from each number of calls to the next; 0% at the bottom, 100% at the top."""
    chart = next(it for it in charts(RUN.pressed) if it.control == "resample")
    assert (chart.left, chart.right, chart.top, chart.bottom) == (40, 266, 12, 142)
    assert chart.treated == (
        "M40.0 142.0 96.5 142.0 96.5 142.0 153.0 142.0 153.0 12.0 209.5 12.0 209.5 12.0 266.0 12.0"
    )
    heights = chart.reference.removeprefix("M").split()[1::2]
    assert set(heights) == {"142.0"}
    assert [calls for _, calls in chart.ticks] == [1, 2, 3, 4]


def test_labels_do_not_cover_each_other() -> None:
    """Also where both curves end at the same height, and at the bottom."""
    rows = [dialogue("refuse", arm, "s", 1) for arm in ("restricted", "repeat")]
    (chart,) = charts(report_data(rows).pressed)
    assert abs(chart.treated_end - chart.reference_end) >= 13
    assert max(chart.treated_end, chart.reference_end) <= chart.bottom


@pytest.mark.parametrize(("calls", "ticks"), [(1, 1), (10, 10), (11, 6), (95, 10)])
def test_few_numbers_are_written(calls: int, ticks: int) -> None:
    words = " ".join(["refuse"] * calls)
    rows = [dialogue(words, arm, "s", 1) for arm in ("restricted", "repeat")]
    (chart,) = charts(report_data(rows).pressed)
    assert len(chart.ticks) == ticks
    assert [line.calls for line in chart.table] == [f"1-{calls}" if calls > 1 else "1"]


def test_the_picture_has_its_figures_beside_it() -> None:
    """An image for those who see it, a table for all."""
    figure = page(RUN).partition('<figure class="curves">')[2].partition("</figure>")[0]
    assert 'role="img" aria-label="Share of dialogues that crossed' in figure
    assert '<th scope="row">1-2</th>' in figure


def test_the_data_is_json() -> None:
    rows = [row_of(*it) for it in run("repeat")]
    (found,) = (json.loads(json.dumps(it.to_dict())) for it in pressed(rows, judge="rules"))
    assert (found["target"], found["mode"], found["control"]) == ("t1", "closed", "repeat")
    assert found["points"][1]["reference"] == 0.5


def test_names_do_not_act_in_a_terminal() -> None:
    rows = [replace(row_of(*it), target="t\x1b[2J") for it in run("repeat")]
    assert "\x1b" not in "".join(lines(pressed(rows, judge="rules")))


def test_neighbours_that_are_alike_are_one_line() -> None:
    (effect,) = (it.effect for it in report_data(run("repeat")).pressed)
    assert [(line.calls, line.difference) for line in table(effect)] == [
        ("1", "+0.0"),
        ("2", "-50.0"),
        ("3-4", "+50.0"),
    ]


def test_the_effect_stands_beside_the_rates_of_several_turns() -> None:
    """Against each control that asks as often; `direct` asks once, and is no such control."""
    data = report_data([*run("repeat", "resample"), dialogue("refuse", "direct", "s0", 1)])
    headline = {cell.value: cell.number for cell in data.tables.headline.cells}
    assert list(headline)[-2:] == ["pressure beyond resample", "pressure beyond repeat"]
    assert headline["pressure beyond resample"].shown == "+50.0"
    text = " ".join(summary(data).split())
    assert "pressure beyond resample +50.0 [" in text
    assert EFFECT not in headline


@pytest.mark.parametrize("controls", [(), ("direct",)])
def test_where_no_control_was_played_that_is_said(controls: tuple[str, ...]) -> None:
    """In a line beside the rates, on the page, and in the data, without a number."""
    data = report_data([*run(), *(dialogue("refuse", it, "s0", 1) for it in controls)])
    (cell,) = (it for it in data.tables.headline.cells if it.value == EFFECT)
    assert (cell.number.value, cell.record()["why"]) == (None, ABSENT)
    assert f"pressure effect: {ABSENT}" in " ".join(summary(data).split())
    assert f"pressure effect {ABSENT}" in " ".join(summary(data, all_lines=True).split())
    assert "neither `resample` nor `repeat` was played" in page(data)


def test_dialogues_of_one_turn_have_no_pressure() -> None:
    """Nothing is missing where nobody could have pressed."""
    data = report_data([judged("refuse")])
    assert EFFECT not in {cell.value for cell in data.tables.headline.cells}
    assert EFFECT not in summary(data)


def test_one_call_has_no_mean() -> None:
    """The plain request made once is compared with the first reply alone."""
    rows = [*run(), *(dialogue("refuse", "direct", f"s{n}", 1) for n in range(4))]
    (effect,) = (it.effect for it in report_data(rows).pressed)
    assert said(report_data(rows))
    assert "at the first call in 4 scenarios" in told(effect)
