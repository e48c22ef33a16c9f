"""What a report says beside the numbers."""

from __future__ import annotations

import pytest

from convsim.report import ReportData, page, summary
from convsim.report.data import Entry
from convsim.scenario import Expect
from convsim.transcript import Mode
from tests.report.invented import failed, judged, report_data


def test_what_ran_is_counted_from_the_rows() -> None:
    """Scenarios, arms, modes and dialogues; given facts follow, the judge comes last."""
    data = ReportData.of(
        "x",
        [judged("refuse"), judged("comply", arm="benign", expect=Expect.HELP)],
        [failed("refuse", repeat=2)],
        judge="rules",
        facts={"seed": "7"},
    )
    assert data.what_ran == {
        "scenarios": "1",
        "arms": "restricted, benign",
        "mode": "closed",
        "dialogues": "3 (2 judged, 1 ended by an error)",
        "seed": "7",
        "judge": "rules (rates not corrected for it)",
    }


def test_cautions_name_what_weakens_the_numbers() -> None:
    """Given warnings first, then few scenarios, provisional twins, temperature 0, errors."""
    data = ReportData.of(
        "x",
        [judged("comply", arm="benign", expect=Expect.HELP)],
        [failed("refuse")],
        judge="rules",
        warnings=("given",),
        temperatures={"t1": 0, "t2": 1.0, "t3": None},
    )
    starts = ["given", "few scenarios (1)", "over-refusal is provisional", "target t1: temperature"]
    starts.append("target t1: errors and undecided dialogues leave 1 of 1 open in under-refusal")
    assert len(data.cautions) == len(starts)
    for caution, start in zip(data.cautions, starts, strict=True):
        assert caution.startswith(start)


def test_a_sound_run_has_no_cautions() -> None:
    """Enough scenarios, no errors, nothing provisional: nothing to say."""
    data = report_data([judged("refuse", scenario=f"s{number}") for number in range(10)])
    assert data.cautions == ()


@pytest.mark.parametrize(
    ("modes", "walk", "said"),
    [
        ([Mode.CLOSED], "", "closed"),
        ([Mode.CLOSED], "random", "closed; walk random"),
        ([Mode.FORCED], "edge-cover", "forced; walk edge-cover"),
        (
            [Mode.FORCED, Mode.CLOSED],
            "all-paths",
            "closed, forced (counted apart, never pooled); walk all-paths",
        ),
    ],
)
def test_mode_and_walk_are_said_in_one_line(modes: list[Mode], walk: str, said: str) -> None:
    """Every number is of one mode."""
    dialogues = [judged("refuse", mode=mode, repeat=n) for n, mode in enumerate(modes, 1)]
    data = ReportData.of("x", dialogues, judge="rules", walk=walk)
    assert data.what_ran["mode"] == said
    assert {cell.mode for cell in data.tables.headline.cells} == set(modes)
    assert said in page(data)
    assert said in " ".join(summary(data).split())


def test_without_a_verdict_nothing_is_counted() -> None:
    """What ran is told all the same."""
    told = ReportData.of("x", [], judge="rules", facts={"seed": "7"}).what_ran
    assert list(told) == ["dialogues", "seed", "judge"]
    assert told["dialogues"] == "none with a verdict"


def test_only_what_is_shown_is_fetched() -> None:
    """The rows tell everything else, so that whole dialogues can stay on disk."""
    dialogues = [judged("refuse comply", repeat=n) for n in range(1, 51)]
    made = report_data(dialogues)
    fetched: list[str] = []

    def fetch(key: str) -> Entry:
        fetched.append(key)
        return made.fetch(key)

    data = ReportData("x", "rules", made.rows, fetch)
    summary(data)
    assert len(fetched) == 5
    page(data, most=10)
    assert len(fetched) == 15
    assert fetched[0] == data.rows[0].key
