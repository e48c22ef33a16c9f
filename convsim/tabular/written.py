"""A table written out: Markdown, LaTeX, HTML for notebooks, CSV."""

from __future__ import annotations

import csv as rows_of
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from html import escape
from typing import Any

from convsim.errors import InputError, choices
from convsim.inert import inert
from convsim.tabular.printed import Note, Printed

SHOWN = 100
"""How many lines a notebook shows of a table; `.frame()`, `.csv()` and the others have all."""


# --- Markdown


def markdown(table: Printed, *, notes: bool = True) -> str:
    """A pipe table, as GitHub, GitLab and pandoc read it."""
    parts = []
    if table.heads:
        cells = [list(map(_in_pipes, line)) for line in (table.heads, *table.lines)]
        widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
        head, *lines = (_piped(line, widths, table.right) for line in cells)
        parts.append("\n".join([head, _ruled(widths, table.right), *lines]))
    if notes and table.notes:
        parts.append("\n".join(f"- {_note(note)}" for note in table.notes))
    return "\n\n".join(parts) + "\n"


def _in_pipes(text: str) -> str:
    """Text that ends no cell and opens no markup."""
    return re.sub(r"([\\|*_`<\[\]])", r"\\\1", text) if re.search(r"[\\|*_`<]", text) else text


def _piped(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    aligned = (
        text.rjust(width) if number else text.ljust(width)
        for text, width, number in zip(cells, widths, right, strict=True)
    )
    return f"| {' | '.join(aligned)} |"


def _ruled(widths: Sequence[int], right: Sequence[bool]) -> str:
    dashes = (
        "-" * (width - 1) + (":" if number else "-")
        for width, number in zip(widths, right, strict=True)
    )
    return f"| {' | '.join(dashes)} |"


def _note(note: Note) -> str:
    text = note.text.replace("<", "\\<")
    return f"{_in_pipes(note.head)}: {text}" if note.head else text


# --- LaTeX

_TEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "`": r"\textasciigrave{}",
}


def latex(table: Printed, *, notes: bool = True, caption: str = "", label: str = "") -> str:
    r"""A `table` with the rules of booktabs; `caption` is LaTeX already and stands as it is."""
    kinds = "".join("r" if number else "l" for number in table.right)
    lines = [r"\begin{table}", r"\centering"]
    if caption:
        lines.append(rf"\caption{{{caption}}}")
    if label:
        lines.append(rf"\label{{{label}}}")
    if table.heads:
        lines += [rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", _row(table.heads), r"\midrule"]
        lines += [*map(_row, table.lines), r"\bottomrule", r"\end{tabular}"]
    if notes and table.notes:
        lines += [r"\par\smallskip", r"\begin{minipage}{\linewidth}\footnotesize"]
        lines += [rf"{_tex_note(note)}\par" for note in table.notes]
        lines.append(r"\end{minipage}")
    return "\n".join([*lines, r"\end{table}", ""])


def _row(cells: Sequence[str]) -> str:
    # A bracket after `\\` would be read as how much room to leave.
    return " & ".join(map(_guarded_bracket, map(_tex, cells))) + r" \\"


def _guarded_bracket(text: str) -> str:
    return "{" + text + "}" if text.startswith("[") else text


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)


def _tex_note(note: Note) -> str:
    return rf"\emph{{{_tex(note.head)}}}: {_tex(note.text)}" if note.head else _tex(note.text)


# --- HTML


def html(table: Printed) -> str:
    """A table for a notebook, with nothing in it that acts."""
    right = ["right" if number else "left" for number in table.right]
    more = len(table.lines) - SHOWN
    notes = "".join(
        f"<li>{f'<b>{escape(note.head)}</b>: ' if note.head else ''}{escape(note.text)}</li>"
        for note in table.notes
    )
    return "".join(
        (
            "<table><thead><tr>",
            *_cells("th", table.heads, right),
            "</tr></thead><tbody>",
            *("".join(("<tr>", *_cells("td", it, right), "</tr>")) for it in table.lines[:SHOWN]),
            "</tbody></table>",
            f"<p>and {more:,} lines more: .frame(), .csv()</p>" if more > 0 else "",
            f"<details><summary>How to read it</summary><ul>{notes}</ul></details>",
        )
    )


def _cells(tag: str, cells: Sequence[str], right: Sequence[str]) -> list[str]:
    return [
        f'<{tag} style="text-align: {side}">{escape(text)}</{tag}>'
        for text, side in zip(cells, right, strict=True)
    ]


# --- CSV


class _Lines(list[str]):
    """What `csv.writer` writes into."""

    def write(self, line: str) -> None:
        self.append(line)


def csv(records: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """The records as RFC 4180 has it, with `\\n` at the end of lines."""
    lines = _Lines()
    heads = list(records[0]) if records else []
    for name in columns or ():
        if name not in heads:
            raise InputError(f"no column is called '{name}'" + choices(name, heads))
    writer = rows_of.writer(lines, lineterminator="\n")
    writer.writerow(columns or heads)
    for record in records:
        writer.writerow([_csv_cell(record[name]) for name in columns or heads])
    return "".join(lines)


FORMULA = frozenset("=+-@\t\r")


def _csv_cell(value: Any) -> Any:
    """A text is no formula to a spreadsheet, and nothing in it acts; numbers stand as they are."""
    if isinstance(value, Enum):
        value = value.value
    if not isinstance(value, str):
        return value
    text = inert(value)
    return f"'{text}" if text[:1] in FORMULA else text
