"""Data frames: every column of every number, of the same type whatever the run."""

from __future__ import annotations

import sys

import pytest

from convsim.errors import InputError
from convsim.tabular import Records
from convsim.tabular.frames import KINDS, REAL
from convsim.transcript import Mode
from tests.tabular.numbers import EVERY, NOTHING, RATE, placed


@pytest.mark.parametrize("records", [EVERY, placed(RATE), placed(NOTHING)])
def test_a_column_has_one_type_whatever_the_run(records: list[dict[str, object]]) -> None:
    """Numbers are floats with fractions or without, and where none is known."""
    pandas, polars = Records(records).frame(), Records(records).frame("polars")
    assert list(pandas.columns) == polars.columns == list(records[0])
    assert {str(pandas[name].dtype) for name in REAL} == {"float64"}
    assert {str(polars[name].dtype) for name in REAL} == {"Float64"}
    assert str(pandas["clusters"].dtype) == "int64"
    assert str(polars["judge"].dtype) == "String"


def test_a_frame_holds_what_the_records_hold() -> None:
    """Value by value, nothing rounded; what is missing is missing."""
    frame = Records(EVERY).frame("polars")
    assert frame["estimate"].to_list() == [0.125, 0.0, 0.6, 2.456, None]
    assert frame["numerator"].to_list() == [5, 0, 15, 7.5, None]
    assert Records(EVERY).frame()["estimate"].isna().tolist() == [False] * 4 + [True]


def test_an_enum_is_its_value() -> None:
    """A frame holds plain texts."""
    table = Records([{"mode": Mode.CLOSED}])
    assert table.frame()["mode"].tolist() == table.frame("polars")["mode"].to_list() == ["closed"]


def test_another_kind_of_frame_is_refused() -> None:
    """With the kinds there are."""
    with pytest.raises(InputError, match="no data frames are made by 'arrow'; allowed: pandas, po"):
        Records(EVERY).frame("arrow")  # type: ignore[call-overload]


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_package_is_named_with_what_to_install(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with what does without."""
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(
        InputError, match=rf"{kind} is not installed: `pip install 'convsim\[{kind}"
    ):
        Records(EVERY).frame(kind)  # type: ignore[call-overload]
