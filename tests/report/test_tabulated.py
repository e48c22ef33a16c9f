"""The tables of a run by their names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convsim.errors import InputError
from convsim.report.tabulated import table, tables
from tests.report.invented import a_run, report_data

DATA = a_run(scenarios=4, repeats=2)


def test_every_table_has_a_name_that_can_be_typed() -> None:
    """The headline first; splits are called like their titles."""
    names = list(tables(DATA))
    assert names[0] == "rates"
    assert {"under-refusal-by-rule", "over-refusal-by-arm", "survival", "map-by-rule"} <= set(names)
    assert all(name == name.lower() and " " not in name for name in names)


@pytest.mark.parametrize("name", ["rates", "under-refusal-by-rule", "survival", "map-by-group"])
def test_a_table_has_whose_each_number_is(name: str) -> None:
    """Target and mode come first."""
    records = table(DATA, name).records()
    assert {record["target"] for record in records} == {"t1", "t2"}
    assert {record["mode"] for record in records} == {"closed"}


def test_no_control_is_in_a_map() -> None:
    """It answers another question than the authored arms."""
    counted = table(DATA, "map-by-rule").where(target="t1", turn=1).records()
    rows = [row for row in DATA.rows if row.target == "t1" and row.restricted_turns]
    assert sum(record["denominator"] for record in counted) <= len(rows)


def test_an_unknown_table_lists_the_others() -> None:
    """So that a name is found by asking for none."""
    with pytest.raises(InputError, match="no table is called 'x'; allowed: rates, under-refusal"):
        table(DATA, "x")


def test_a_void_judge_has_no_tables() -> None:
    """Nothing that it says counts."""
    with pytest.raises(InputError, match="VOID: it failed"):
        table(replace(DATA, void="it failed"))


def test_a_run_without_dialogues_has_empty_tables() -> None:
    """None of them fails."""
    empty = report_data([])
    assert all(make().records() == [] for make in tables(empty).values())
