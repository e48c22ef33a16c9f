"""What a report says beside the numbers."""

from __future__ import annotations

from convsim.report import ReportData
from convsim.scenario import Expect
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
        "arms": "benign, restricted",
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
