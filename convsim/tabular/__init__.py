"""What can be laid out as a table: records, and from them data frames, Markdown, LaTeX and CSV.

    run.rates().where(by="move").frame("polars")
    print(run.rates().where(by="rate").latex(caption="Headline rates"))

A record has every column of its number (`estimates.record`), and so have a frame and a CSV file. A
table for people has few columns: what is the same in every line, and what each number estimates, is
said once below it, so that no number is printed without its counts, clusters, method and judge.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from convsim.errors import InputError, choices

if TYPE_CHECKING:
    import pandas
    import polars


class Tabular(ABC):
    """Something that is a list of flat records with the same columns."""

    __slots__ = ()

    @abstractmethod
    def records(self) -> list[dict[str, Any]]:
        """One flat row per number, every row with the same columns."""

    def where(self, **place: Any) -> Records:
        """The records that have these values: `where(by="move", target="t1")`.

        Raises `InputError` for a column or a value that no record has.
        """
        found = self.records()
        for column, value in place.items():
            found = _having(found, column, value)
        return Records(found)

    @overload
    def frame(self, kind: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def frame(self, kind: Literal["polars"]) -> polars.DataFrame: ...
    def frame(self, kind: str = "pandas") -> Any:
        """The records as a tidy data frame, a row for each number.

        Needs `pip install 'convsim[pandas]'` or `'convsim[polars]'`.
        """
        from convsim.tabular.frames import frame

        return frame(self.records(), kind)

    def csv(self, columns: Sequence[str] | None = None) -> str:
        """The records as CSV, every digit of every number; all columns unless some are chosen."""
        from convsim.tabular.written import csv

        return csv(self.records(), columns)

    def markdown(
        self, columns: Sequence[str] | None = None, *, digits: int = 1, notes: bool = True
    ) -> str:
        """A table for people, and below it what holds of every line and what each number means.

        `digits` are those behind the point of a percentage. `columns` chooses among the printed
        columns and those of the records. A table that goes where its `notes` are said elsewhere can
        do without.
        """
        from convsim.tabular.printed import printed
        from convsim.tabular.written import markdown

        return markdown(printed(self.records(), columns, digits=digits), notes=notes)

    def latex(
        self,
        columns: Sequence[str] | None = None,
        *,
        digits: int = 1,
        notes: bool = True,
        caption: str = "",
        label: str = "",
    ) -> str:
        r"""The same for a paper, with the rules of `\usepackage{booktabs}`."""
        from convsim.tabular.printed import printed
        from convsim.tabular.written import latex

        made = printed(self.records(), columns, digits=digits)
        return latex(made, notes=notes, caption=caption, label=label)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from convsim.tabular.printed import printed
        from convsim.tabular.written import html

        return html(printed(self.records()))


class Records(Tabular):
    """Records that exist already: a part of a table, or some of several tables put together."""

    __slots__ = ("_records",)

    def __init__(self, records: Iterable[dict[str, Any]]) -> None:
        self._records = list(records)

    def records(self) -> list[dict[str, Any]]:
        """Them."""
        return list(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"<{len(self)} records>"


def _having(records: list[dict[str, Any]], column: str, value: Any) -> list[dict[str, Any]]:
    """The records with this value in this column."""
    if not records:
        return records
    if column not in records[0]:
        raise InputError(f"no column is called '{column}'" + choices(column, list(records[0])))
    found = [record for record in records if record[column] == value]
    if not found:
        known = sorted({str(record[column]) for record in records})
        raise InputError(f"no record has the {column} '{value}'" + choices(str(value), known))
    return found
