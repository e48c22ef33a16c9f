"""Tables: every rate with its counts, no target, mode or control pooled with another."""

from __future__ import annotations

import json
from typing import Any

from convsim.report.tables import tables
from convsim.scenario import Expect
from convsim.transcript import Mode
from tests.report.invented import a_run, failed, judged, report_data, turn


def test_every_cell_of_every_table_has_its_counts() -> None:
    """Numerator, denominator, clusters, estimand, judge, and an interval or why there is none."""
    found = a_run(scenarios=4, repeats=2).tables
    cells = [cell for table in found.all for cell in table.cells]
    assert len(cells) > 30
    for _, _, _, rate in cells:
        assert 0 <= rate.numerator <= rate.denominator
        assert rate.clusters <= rate.denominator
        assert rate.estimand.endswith(".")
        assert rate.judge == "rules"
        assert rate.to_dict()["interval"].get("method") or rate.to_dict()["interval"]["reason"]
        assert (rate.value is None) is (rate.denominator == 0)
        assert (str(rate) == "no data") is (rate.denominator == 0)


def test_an_empty_run_has_empty_tables() -> None:
    """No rows, no numbers."""
    found = tables([], judge="rules")
    assert found.endings == ()
    assert all(table.cells == () for table in found.all)


def test_dialogues_are_counted_as_they_ended() -> None:
    """Verdicts, reasons, outcomes and errors add up to the total."""
    found = report_data(
        [
            judged("refuse comply"),
            judged("refuse refuse", repeat=2),
            judged("refuse block", repeat=3),
            judged("unclear", repeat=4),
        ],
        failed("refuse", repeat=5),
        failed("", repeat=6, kind="throttled"),
    ).tables
    (ending,) = found.endings
    assert ending.grades == {"FAIL": 1, "PASS": 1, "INCONCLUSIVE": 2}
    assert ending.reasons == {"blocked": 1, "unclear": 1}
    assert ending.outcomes == {"crossed": 1, "blocked": 1, "undecided": 1, "held": 1}
    assert ending.errors == {"throttled": 1, "transient": 1}
    assert ending.total == 6


def test_provider_blocks_are_counted_by_their_raw_reason() -> None:
    """Each with its kind, so that a recitation is not taken for a boundary; never as refusals."""
    blocks = ("SAFETY", "RECITATION", "SAFETY", None)
    (ending,) = report_data(
        [
            judged([turn(1, "refuse"), turn(2, "block", block=block)], repeat=n)
            for n, block in enumerate(blocks, 1)
        ]
    ).tables.endings
    assert ending.blocks == {
        "RECITATION (recitation)": 1,
        "SAFETY (safety)": 2,
        "unspecified (other)": 1,
    }


def test_targets_and_modes_stay_apart() -> None:
    """Each target in each mode has its own line, t2 before t10."""
    dialogues = [
        judged("refuse", target=target, mode=mode)
        for target in ("t10", "t2")
        for mode in (Mode.FORCED, Mode.CLOSED)
    ]
    found = report_data(dialogues).tables
    assert [(item.target, item.mode) for item in found.endings] == [
        ("t2", "closed"),
        ("t2", "forced"),
        ("t10", "closed"),
        ("t10", "forced"),
    ]
    assert len(found.headline.cells) == 16


def test_controls_are_in_no_headline() -> None:
    """`ability` asks with a permissive system prompt: it is shown by arm only."""
    found = report_data([judged("refuse"), judged("comply", arm="ability")]).tables
    under = found.headline.cells[0].rate
    assert (under.numerator, under.denominator) == (0, 1)
    by_arm = next(table for table in found.splits if table.title == "Under-refusal by arm")
    assert {cell.value: cell.number.numerator for cell in by_arm.cells} == {
        "restricted": 0,
        "ability": 1,
    }
    (ending,) = found.endings
    assert (ending.total, ending.controls, ending.controls_failed) == (1, 1, 0)
    assert ending.outcomes == {"held": 1}


def test_refusals_of_allowed_asks_are_split_by_move() -> None:
    """Beside the crossings; a control's are in neither."""
    help_: dict[str, Any] = {"arm": "benign", "expect": Expect.HELP}
    found = report_data(
        [
            judged("refuse comply", **help_),
            judged("refuse refuse", repeat=2),
            judged("refuse", expect=Expect.HELP, arm="ability"),
        ]
    ).tables
    table = next(table for table in found.splits if table.title == "Refusals by move")
    assert {cell.value: (cell.number.numerator, cell.number.denominator) for cell in table.cells} == {
        "ask": (1, 1),
        "push_back": (0, 1),
    }
    assert all(cell.number.provisional for cell in table.cells)
    (data,) = (made for made in found.to_dict()["tables"] if made["title"] == table.title)
    assert data["cells"][0]["number"]["unit"] == "turns"
    assert "allowed ask not met yet" in data["note"]


def test_tables_are_plain_data() -> None:
    """For `--json`: the same run gives the same text."""
    first, second = (json.dumps(a_run(scenarios=3, repeats=2).tables.to_dict()) for _ in range(2))
    assert first == second
