"""How much of the graphs was gone through, as plain text, and as what the page lays out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from convsim.columns import columns, padded
from convsim.coverage import MOVES_MET, Account, Cell, Measure, Missing, Share, Why
from convsim.moves import group_of
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging

NOTE = (
    "Of what some replies can lead to in the authored arms, how much the dialogues went through, "
    "by the readings that routed them. Controls are not counted, nor dialogues that an error cut "
    "short."
)
MEANING = {
    Why.NEVER_SCHEDULED: "no dialogue that was played could have come by, whatever the replies",
    Why.CLOSED: "dialogues could have come by, and no reply opened the way",
    Why.UNREACHABLE: "no replies lead there at all; not in the shares",
}
MANY_TARGETS = 8
"""Above this only all targets together have a line."""

WIDTH = 80
"""Columns of the table of shares."""

SHOWN = 40
"""How many missing things are listed unless all are asked for."""

MOST_ON_PAGE = 300
"""How many missing transitions the page lists."""

COLUMNS = (*(measure.value for measure in Measure), MOVES_MET)
LEADING = (Measure.STATES.value, Measure.TRANSITIONS.value, MOVES_MET)
"""The columns of a short summary."""


def percent(share: Share) -> str:
    """A share in percent, rounded down: 100% is all of them."""
    return "-" if share.value is None else f"{100 * share.covered // share.of}%"


def of_target(account: Account, target: str | None) -> dict[str, Share]:
    """The shares of a target, or of all together, by column."""
    shares = {measure.value: share for measure, share in account.shares(target).items()}
    return {**shares, MOVES_MET: account.moves(target)}


def lines(
    account: Account | None, width: int, where: str = "DIR", *, all_lines: bool = True
) -> Iterator[str]:
    """A few lines for the summary of a run; without `all_lines` the leading shares alone."""
    if account is None or not account.scenarios:
        return
    yield "COVERAGE"
    if not all_lines:
        yield from _table(account, LEADING)
        yield from hanging(
            "", f"`convsim coverage {inert(where)}` says what would open the rest", width
        )
        return
    yield from hanging("", NOTE, width)
    yield from _table(account)
    counts = Counter(it.why for it in account.missing(Measure.TRANSITIONS))
    if counts:
        told = ", ".join(f"{counts[why]:,} {why}" for why in Why if counts[why])
        yield from hanging(INDENT, f"transitions not gone through: {told}", width)
        yield from hanging(
            INDENT, f"`convsim coverage {inert(where)}` says what would open them", width
        )


def _table(account: Account, shown: Sequence[str] = COLUMNS) -> Iterator[str]:
    """The shares of these columns, with a line for each name of `_who`."""
    rows = [
        (name, [_cell(it) for column, it in of_target(account, target).items() if column in shown])
        for name, target in _who(account)
    ]
    lines = [shown, *(cells for _, cells in rows)]
    wide = [max(map(len, column)) + 2 for column in zip(*lines, strict=True)]
    room = WIDTH - len(INDENT) - sum(wide)
    lead = max((columns(name) for name, _ in rows if columns(name) <= room), default=0)
    yield INDENT + " " * lead + _row(shown, wide)
    for name, cells in rows:
        if columns(name) > lead:  # a long name has a line of its own
            yield f"{INDENT}{name}"
            name = ""
        yield f"{INDENT}{padded(name, lead)}{_row(cells, wide)}"


def _row(cells: Sequence[str], wide: Sequence[int]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, wide, strict=True))


def _who(account: Account) -> list[tuple[str, str | None]]:
    """Who has a line, by name: all targets together, and each where they are few."""
    if len(account.targets) == 1:
        return [(inert(account.targets[0]), None)]
    each = account.targets if len(account.targets) <= MANY_TARGETS else ()
    return [("all", None), *((inert(it), it) for it in each)]


def _cell(share: Share) -> str:
    return f"{percent(share):>4} {share.covered}/{share.of}"


def coverage_text(
    account: Account,
    *,
    title: str,
    measure: Measure = Measure.TRANSITIONS,
    target: str | None = None,
    width: int = 80,
    most: int | None = SHOWN,
) -> str:
    """The coverage of a run as text: shares, then what of one measure is missing and why."""
    blocks = [
        _heading(title, width),
        _table(account),
        _by_scenario(account, target, width),
        _moves(account, width),
        _missing(account, measure, target, width, most),
    ]
    texts = ("\n".join(line.rstrip() for line in block) for block in blocks)
    return "\n\n".join(text for text in texts if text) + "\n"


def _heading(title: str, width: int) -> Iterator[str]:
    yield f"COVERAGE OF {inert(title)}"
    yield from hanging("", NOTE, width)


def _by_scenario(account: Account, target: str | None, width: int) -> Iterator[str]:
    """A line for each scenario, where there are several."""
    if len(account.scenarios) < 2:
        return
    yield "BY SCENARIO" + (f", {inert(target)}" if target else "")
    for scenario in account.scenarios:
        shares = of_target(account.of_scenario(scenario), target)
        yield f"{INDENT}{inert(scenario)}"
        told = ", ".join(
            f"{name} {percent(it)} {it.covered}/{it.of}" for name, it in shares.items()
        )
        yield from hanging(INDENT, told, width)


def _moves(account: Account, width: int) -> Iterator[str]:
    table, made = account.table_of_moves, account.moves()
    yield "MOVES"
    yield from hanging(
        INDENT,
        f"made {made.covered} of the {made.of} that are written here; {table.covered} of the "
        f"{table.of} named ones there are",
        width,
    )
    never = [
        f"{cell.rule} ({cell.arm}): {', '.join(unmade)}"
        for cell in account.cells()
        if (unmade := [move for move, count in cell.moves.items() if not count])
    ]
    for line in never[:SHOWN]:
        yield from hanging(f"{INDENT}never made under ", inert(line), width)


def _missing(
    account: Account, measure: Measure, target: str | None, width: int, most: int | None
) -> Iterator[str]:
    found = account.missing(measure, target)
    who = f" BY {inert(target)}" if target else ""
    yield f"{measure.value.upper()} NOT GONE THROUGH{who}"
    if not found:
        yield f"{INDENT}none"
    left = most
    for why in Why:
        some = [one for one in found if one.why is why]
        if not some:
            continue
        yield from hanging(INDENT, f"{len(some):,} {why}: {MEANING[why]}", width)
        shown = some if left is None else some[: max(0, left)]
        left = None if left is None else left - len(shown)
        yield from _listed(shown, width)
        if len(shown) < len(some):
            yield f"{INDENT * 2}and {len(some) - len(shown):,} more: --all"


def _listed(found: list[Missing], width: int) -> Iterator[str]:
    """Each with what would open it, under its scenario and arm."""
    before = None
    for one in found:
        if (place := (one.scenario, one.arm)) != before:
            yield f"{INDENT * 2}{inert(one.scenario)} ({inert(one.arm)})"
            before = place
        yield from hanging(f"{INDENT * 2}- ", inert(f"{one.thing}: {one.opens}"), width)


# -- for the page


def page(account: Account | None, where: str = "DIR") -> dict[str, Any] | None:
    """The section of the page: a table of shares, the matrix of moves, and what is missing."""
    if account is None or not account.scenarios:
        return None
    cells = account.cells()
    groups = sorted({group_of(move) for cell in cells for move in cell.moves})
    missing = account.missing(Measure.TRANSITIONS)
    return {
        "note": NOTE,
        "columns": COLUMNS,
        "lines": [
            {"who": name, "shares": [_share(it) for it in of_target(account, target).values()]}
            for name, target in _who(account)
        ],
        "groups": groups,
        "matrix": [*_matrix(cells, groups)],
        "missing": [*_rows(missing[:MOST_ON_PAGE])],
        "more": max(0, len(missing) - MOST_ON_PAGE),
        "where": where,
        "meaning": {why.value: meaning for why, meaning in MEANING.items()},
    }


def _matrix(cells: Sequence[Cell], groups: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A row for each rule and arm; the first of a rule names it."""
    for number, cell in enumerate(cells):
        yield {
            "rule": cell.rule,
            "arm": cell.arm,
            "first": not number or cells[number - 1].rule != cell.rule,
            "cells": [_share(cell.share(it), ", ".join(_made(cell, it))) for it in groups],
        }


def _rows(missing: Sequence[Missing]) -> Iterator[dict[str, Any]]:
    """A row for each missing thing; the first of an arm names it and its scenario."""
    for number, one in enumerate(missing):
        yield {
            "scenario": one.scenario,
            "arm": one.arm,
            "thing": str(one.thing),
            "why": one.why.value,
            "opens": one.opens,
            "first": not number or missing[number - 1][1:3] != one[1:3],
        }


def _made(cell: Cell, group: str) -> Iterator[str]:
    """How often each move of a group was made."""
    for move, count in cell.moves.items():
        if group_of(move) == group:
            yield f"{move} {count}x"


def _share(share: Share, title: str = "") -> dict[str, Any]:
    return {
        "title": title,
        "percent": percent(share),
        "covered": share.covered,
        "of": share.of,
        "bar": f"{100 * share.covered / share.of:.1f}" if share.of else "0",
    }
