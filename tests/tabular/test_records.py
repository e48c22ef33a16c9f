"""What a table can do whatever it is of: select, and hand itself out in every form."""

from __future__ import annotations

import pytest

from convsim.errors import InputError
from convsim.tabular import Records
from tests.tabular.numbers import EVERY, RATE, placed

TABLE = Records(EVERY)


def test_where_takes_the_records_with_these_values() -> None:
    """By any column, several at once."""
    assert [it["name"] for it in TABLE.where(name="turns held").records()] == ["turns held"] * 2
    assert len(TABLE.where(name="turns held", clusters=1)) == 1
    two = Records([*EVERY, *placed(RATE, target="t2")])
    assert [it["target"] for it in two.where(name="under-refusal").records()] == ["t1", "t2"]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"tagret": "t1"}, "no column is called 'tagret'; did you mean 'target'?"),
        ({"target": "t9"}, "no record has the target 't9'; allowed: t1"),
    ],
)
def test_a_column_or_value_that_nobody_has_is_said(place: dict[str, str], said: str) -> None:
    """With what there is, instead of an empty table."""
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        TABLE.where(**place)


def test_records_are_a_copy() -> None:
    """Changing the list changes no table."""
    table = Records(EVERY)
    table.records().clear()
    assert len(table) == len(EVERY)
    assert repr(table) == f"<{len(EVERY)} records>"


def test_an_empty_table_says_so_in_every_form() -> None:
    """No header of columns that nobody knows."""
    empty = Records([])
    assert empty.markdown() == "- No data.\n"
    assert "No data." in empty.latex()
    assert "No data." in empty._repr_html_()
    assert empty.csv() == "\n"
    assert empty.frame().empty
    assert empty.frame("polars").is_empty()
    assert empty.where(target="t1").records() == []
