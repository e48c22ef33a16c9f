"""A table for people: few columns, each number with its counts, and the rest said below."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.errors import InputError
from convsim.tabular.printed import Note, printed
from tests.tabular.numbers import BOUNDED, DIFFERENCE, EVERY, NOTHING, RATE, TURNS, placed


def column(records: list[dict[str, Any]], head: str, **options: Any) -> list[str]:
    """What stands under one head."""
    table = printed(records, **options)
    return [line[table.heads.index(head)] for line in table.lines]


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("estimate", ["12.5%", "0.0%*", "+60.0", "2.46", "no data"]),
        ("95% interval", ["[3.1, 31.0]", "[0.0, 20.0]", "[31.4, 88.6]", "", ""]),
        (
            "counts",
            [
                "5/40 dialogues",
                "0/20 dialogues",
                "15/20 after the proof against 3/20 after the forgery",
                "7.5/10 dialogues",
                "",
            ],
        ),
        ("clusters", ["6", "4", "6", "1", "0"]),
        ("corrected", ["", "1.0% [0.0, 10.0]", "", "", ""]),
        ("p", ["", "", "0.012", "", ""]),
        ("best, worst", ["", "[0.0, 16.7]", "", "", ""]),
        ("remarks", ["left out: 2 error", "", "", "", "nothing was pressed"]),
        ("method", ["a", "b", "c", "d", "e"]),
    ],
)
def test_numbers_are_printed_in_their_unit_with_all_they_are_made_of(
    head: str, cells: list[str]
) -> None:
    """A column that holds something in no line is not there; see the others."""
    assert column(EVERY, head) == cells


def test_what_holds_of_every_line_is_said_once_below() -> None:
    """The target, the mode, the judge; several methods by letter, a single one by name."""
    notes = dict(printed(EVERY).notes)
    assert (notes["target"], notes["mode"], notes["judge"]) == ("t1", "closed", "rules")
    assert notes["method a"] == "cluster-t"
    assert notes["method e"] == "none: no data"
    assert notes["under-refusal"] == RATE.estimand
    assert notes["*"].startswith("provisional")
    assert "method" in dict(printed(placed(RATE)).notes)


def test_what_is_not_corrected_says_why() -> None:
    """Where some lines are corrected, the note is about the others."""
    (note,) = [it for it in printed(placed(RATE)).notes if it.head.startswith("not corrected")]
    assert note == Note(
        "not corrected for the judge's errors", "the judge was not calibrated on what it counts"
    )
    notes = dict(printed(EVERY).notes)
    said = "not corrected for the judge's errors where nothing stands under `corrected`"
    assert said in notes


def test_targets_that_differ_are_a_column() -> None:
    """And with them, whose number each is."""
    records = [*placed(RATE), *placed(RATE, target="t2")]
    assert column(records, "target") == ["t1", "t2"]


def test_a_single_number_keeps_its_name() -> None:
    """A line without a head would say nothing."""
    assert column(placed(DIFFERENCE), "name") == ["evidence_sensitivity"]


def test_the_column_of_values_is_called_what_they_are() -> None:
    """`value` under `by: rule` is `rule`."""
    records = [{"by": "rule", "value": value, **RATE.record()} for value in ("r.one", "r.two")]
    assert column(records, "rule") == ["r.one", "r.two"]
    assert "by" not in dict(printed(records).notes)


@pytest.mark.parametrize(
    ("digits", "shown"), [(0, ["12%", "+60", "2.5"]), (2, ["12.50%", "+60.00", "2.456"])]
)
def test_digits_are_those_of_a_percentage(digits: int, shown: list[str]) -> None:
    """Other units have one more."""
    assert column(placed(RATE, DIFFERENCE, TURNS), "estimate", digits=digits) == shown


def test_columns_can_be_chosen() -> None:
    """Printed ones and those of the records, in the order given; an unknown one is an error."""
    table = printed(EVERY, ["name", "estimate", "p_value"])
    assert table.heads == ("name", "estimate", "p_value")
    assert table.lines[2] == ("evidence_sensitivity", "+60.0", "0.0123")
    with pytest.raises(InputError, match="no column is called 'estimte'; did you mean 'estimate'"):
        printed(EVERY, ["estimte"])


def test_what_is_not_for_print_is_a_column_on_request_only() -> None:
    """Wherever it stands: the textbook's interval of a point comes before its name."""
    records = [{"target": "t1", "plain_low": 0.25, "plain_high": 0.75, **RATE.record()}]
    assert "plain_low" not in printed(records).heads
    assert printed(records, ["plain_low"]).lines == (("0.25",),)


def test_how_a_cell_stands_in_its_table_is_printed() -> None:
    """The p-value with what it is of, the shrunk share with how, and a mark on small cells."""
    standing = {
        "small": True,
        "p_value": 0.035,
        "test": "permutation",
        "adjusted": "Holm over 35",
        "shrunk": 0.1,
        "shrunk_low": 0.0,
        "shrunk_high": 0.3,
        "shrunk_method": "beta-binomial",
    }
    records = [{**it, **standing} for it in placed(RATE, BOUNDED)]
    assert column(records, "shrunk") == ["10.0% [0.0, 30.0]"] * 2
    assert column(records, "remarks")[0] == "small: few scenarios; left out: 2 error"
    notes = dict(printed(records).notes)
    assert notes["p"] == "like the rest of the table (permutation; Holm over 35)"
    assert notes["shrunk"].endswith("beta-binomial")


def test_records_that_are_no_numbers_are_printed_as_they_are() -> None:
    """Every column that holds something; numbers to the right."""
    records: list[dict[str, Any]] = [
        {"scenarios": 3, "calls": 12.5, "why": None},
        {"scenarios": 4, "calls": 1, "why": ""},
    ]
    table = printed(records)
    assert (table.heads, table.right) == (("scenarios", "calls"), (True, True))
    assert table.lines == (("3", "12.5"), ("4", "1"))


def test_nothing_in_a_cell_acts() -> None:
    """Line ends would break the table, control characters the terminal."""
    hostile = [{"target": "t\n1\x1b[31m\u202e", **NOTHING.record()}, *placed(RATE)]
    assert printed(hostile, ["target"]).lines[0] == ("t 1\ufffd[31m\ufffd",)
