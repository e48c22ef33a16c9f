"""Records as data frames. A column has the same type whatever the run: no number turns to text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from convsim.errors import InputError, choices

if TYPE_CHECKING:
    import pandas
    import polars

KINDS = ("pandas", "polars")

REAL = frozenset(
    {
        *("estimate", "low", "high", "p_value", "best", "worst"),
        *("numerator", "denominator", "reference_numerator", "reference_denominator"),
        *("corrected_estimate", "corrected_low", "corrected_high"),
    }
)
"""Columns of numbers that may have fractions, also where all of them are whole or missing."""


def frame(records: Sequence[Mapping[str, Any]], kind: str) -> Any:
    """The records as a data frame of this package."""
    if kind not in KINDS:
        raise InputError(f"no data frames are made by '{kind}'" + choices(kind, list(KINDS)))
    columns = {name: _values(records, name) for name in (records[0] if records else ())}
    try:
        return _pandas(columns) if kind == "pandas" else _polars(columns)
    except ModuleNotFoundError as error:
        if error.name != kind:
            raise
        raise InputError(
            f"{kind} is not installed: `pip install 'convsim[{kind}]'`; "
            "`.records()` and `.csv()` do without"
        ) from None


def _values(records: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """A column: plain values, and numbers of one type where some are whole and some are not."""
    found = [it.value if isinstance(it := record[name], Enum) else it for record in records]
    if name in REAL or any(isinstance(it, float) for it in found):
        return [None if it is None else float(it) for it in found]
    return found


def _pandas(columns: Mapping[str, list[Any]]) -> pandas.DataFrame:
    import pandas

    made = pandas.DataFrame(columns)
    return made.astype(dict.fromkeys(REAL.intersection(columns), "float64"))


def _polars(columns: Mapping[str, list[Any]]) -> polars.DataFrame:
    import polars

    made = polars.DataFrame(columns)
    return made.with_columns(polars.col(sorted(REAL.intersection(columns))).cast(polars.Float64))
