"""What of the records a table for people prints: few columns, and the rest said once below it.

The estimate and its interval are rounded in their unit, numerator and denominator are one column,
and a column that nothing fills is left out. What is the same in every line (the mode, the judge)
goes into a note; the method becomes a letter where there are several. What a number estimates is a
note, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from convsim.errors import InputError, choices
from convsim.estimates import Unit, bare, in_unit
from convsim.inert import inert

Record = Mapping[str, Any]

LETTERS = "abcdefghijklmnopqrstuvwxyz"

NUMERIC = frozenset(
    {"estimate", "95% interval", "clusters", "corrected", "p", "best, worst", "shrunk"}
)
"""Columns that are set to the right."""

KNOWN = frozenset(
    {
        *("name", "estimate", "unit", "low", "high", "numerator", "denominator", "of"),
        *("reference_numerator", "reference_denominator", "reference_of", "clusters", "cluster"),
        *("method", "judge", "corrected", "corrected_estimate", "corrected_low", "corrected_high"),
        *("uncorrected_because", "p_value", "best", "worst", "excluded", "provisional", "why"),
        "estimand",
    }
)
"""The columns that every number has (`estimates.record`)."""

BESIDE = frozenset(
    {
        *("small", "test", "adjusted", "shrunk", "shrunk_low", "shrunk_high", "shrunk_method"),
        *("plain_low", "plain_high"),
    }
)
"""Columns of some records that are printed together with others, or are not for print."""

NOTED = ("judge", "method")
"""Columns that are a note below the table where they are the same in every line."""


class Note(NamedTuple):
    """Something that is said below a table."""

    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Printed:
    """A table as it is printed: heads, lines of texts, and notes. `right` says what is a number."""

    heads: tuple[str, ...]
    right: tuple[bool, ...]
    lines: tuple[tuple[str, ...], ...]
    notes: tuple[Note, ...]


def printed(
    records: Sequence[Record], columns: Sequence[str] | None = None, *, digits: int = 1
) -> Printed:
    """The records as a table for people; `columns` are the printed ones, or some of the records."""
    if not records:
        return Printed((), (), (), (Note("", "No data."),))
    numbers = "estimate" in records[0] and "unit" in records[0]
    table = _numbers(records, digits) if numbers else _plainly(records)
    if columns is not None:
        return _laid_out(_chosen(records, table, columns), ())
    filled = {head: cells for head, cells in table.items() if any(cells)}
    notes, kept = _folded(filled) if numbers else ([], filled)
    return _laid_out(kept, (*notes, *(_estimands(records) if numbers else ())))


def _laid_out(table: Mapping[str, Sequence[str]], notes: Iterable[Note]) -> Printed:
    heads = tuple(table)
    return Printed(
        heads=heads,
        right=tuple(head in NUMERIC or _are_numbers(table[head]) for head in heads),
        lines=tuple(zip(*table.values(), strict=True)),
        notes=tuple(notes),
    )


def _chosen(
    records: Sequence[Record], table: Mapping[str, list[str]], columns: Sequence[str]
) -> dict[str, list[str]]:
    found = {}
    for name in columns:
        if name not in table and name not in records[0]:
            raise InputError(f"no column is called '{name}'" + choices(name, [*table, *records[0]]))
        found[name] = table[name] if name in table else [cell(it[name]) for it in records]
    return found


# --- numbers


def places(record: Record) -> list[str]:
    """The columns that say whose number it is: those for print that stand before its name."""
    names = list(record)
    return [name for name in names[: names.index("name")] if name not in BESIDE]


def _numbers(records: Sequence[Record], digits: int) -> dict[str, list[str]]:
    """All columns that a table of numbers can print."""
    table = {name: [cell(it[name]) for it in records] for name in (*places(records[0]), "name")}
    made: dict[str, Callable[[Record], str]] = {
        "estimate": lambda it: estimate(it, digits),
        "95% interval": lambda it: span(it, digits=digits),
        "counts": counts,
        "clusters": lambda it: cell(it["clusters"]),
        "corrected": lambda it: corrected(it, digits),
        "p": lambda it: "" if it["p_value"] is None else f"{it['p_value']:.2g}",
        "best, worst": lambda it: span(it, "best", "worst", digits),
        "shrunk": lambda it: _shrunk(it, digits),
        "remarks": _remarks,
        "method": lambda it: cell(it["method"]),
        "judge": lambda it: cell(it["judge"]),
    }
    table |= {head: [make(it) for it in records] for head, make in made.items()}
    beside = [name for name in records[0] if name not in {*KNOWN, *BESIDE, *table}]
    return table | {name: [cell(it[name]) for it in records] for name in beside}


def cell(value: Any) -> str:
    """A value in one line of text; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return " ".join(inert(str(value)).split())


def estimate(it: Record, digits: int = 1) -> str:
    """`12.5%`, with a star where it is provisional."""
    value = it["estimate"]
    shown = "no data" if value is None else in_unit(value, Unit(it["unit"]), digits=digits)
    return f"{shown}*" if it["provisional"] else shown


def span(it: Record, low: str = "low", high: str = "high", digits: int = 1) -> str:
    """`[3.1, 31.0]`, between the ends in these columns; empty without them."""
    if it[low] is None or it[high] is None:
        return ""
    ends = (bare(it[name], Unit(it["unit"]), digits=digits) for name in (low, high))
    return f"[{', '.join(ends)}]"


def counts(it: Record) -> str:
    """`5/40 dialogues`, `15/20 verified against 3/20 forged`."""
    sides = [
        f"{it[f'{side}numerator']:g}/{it[f'{side}denominator']:g} {it[f'{side}of']}".strip()
        for side in ("", "reference_")
        if it[f"{side}denominator"] is not None
    ]
    return cell(" against ".join(sides))


def corrected(it: Record, digits: int = 1) -> str:
    """What it would be without the judge's errors; empty where nobody can tell."""
    if it["corrected_estimate"] is None:
        return ""
    share = in_unit(it["corrected_estimate"], Unit(it["unit"]), digits=digits)
    return f"{share} {span(it, 'corrected_low', 'corrected_high', digits)}".strip()


def _shrunk(it: Record, digits: int) -> str:
    """What the share would be with more data, as the whole table has it."""
    if it.get("shrunk") is None:
        return ""
    share = in_unit(it["shrunk"], Unit(it["unit"]), digits=digits)
    return f"{share} {span(it, 'shrunk_low', 'shrunk_high', digits)}".strip()


def _remarks(it: Record) -> str:
    small = "small: few scenarios" if it.get("small") else ""
    left_out = f"left out: {it['excluded']}" if it["excluded"] else ""
    return cell("; ".join(filter(None, (it["why"], small, left_out))))


# --- notes


def _folded(table: Mapping[str, list[str]]) -> tuple[list[Note], dict[str, list[str]]]:
    """Columns that say the same in every line become notes; several methods become letters."""
    notes, kept = [], dict(table)
    many = len(next(iter(table.values()))) > 1
    for head in [it for it in table if it not in NUMERIC | {"counts"}]:
        values = dict.fromkeys(table[head])
        if len(values) == 1 and (many or head in NOTED):
            notes.append(Note(head, kept.pop(head)[0]))
        elif head == "method" and len(values) <= len(LETTERS):
            letters = dict(zip(values, LETTERS, strict=False))
            kept[head] = [letters[value] for value in table[head]]
            notes += [Note(f"method {letter}", value) for value, letter in letters.items()]
    if not set(kept) - NUMERIC - {"counts", "remarks", "method", "judge"}:
        kept = {"name": table["name"], **kept}
        notes = [note for note in notes if note.head != "name"]
    if kept.get("name") == kept.get("value"):
        kept.pop("name", None)
    by = next((note.text for note in notes if note.head == "by"), "value")
    return [it for it in notes if it.head != "by"], {
        by if head == "value" else head: cells for head, cells in kept.items()
    }


def _estimands(records: Sequence[Record]) -> Iterable[Note]:
    """What each number estimates, whether the judge's errors are in it, and what a star means."""
    if any(it["provisional"] for it in records):
        yield Note("*", "provisional: counts twins whose allowed status nobody reviewed")
    if reasons := dict.fromkeys(cell(it["uncorrected_because"]) for it in records):
        said = [reason for reason in reasons if reason]
        if said:
            every = "" if "" not in reasons else " where nothing stands under `corrected`"
            yield Note("not corrected for the judge's errors" + every, "; ".join(said))
    if tests := dict.fromkeys(_tested(it) for it in records if it["p_value"] is not None):
        yield Note("p", "; ".join(tests))
    if methods := dict.fromkeys(it["shrunk_method"] for it in records if it.get("shrunk")):
        yield Note("shrunk", "drawn towards the whole table: " + "; ".join(methods))
    for name, estimand in dict.fromkeys((cell(it["name"]), it["estimand"]) for it in records):
        yield Note(name, cell(estimand))


def _tested(it: Record) -> str:
    """What a p-value is of: how a cell differs from the rest of its table, or of no difference."""
    if it.get("test"):
        return cell(f"like the rest of the table ({it['test']}; {it['adjusted']})")
    return "no difference"


# --- other records


def _plainly(records: Sequence[Record]) -> dict[str, list[str]]:
    return {name: [cell(it[name]) for it in records] for name in records[0]}


def _are_numbers(cells: Iterable[str]) -> bool:
    return all(text.replace(".", "").replace("-", "").isdigit() for text in cells if text)
