"""What every mark of a chart carries: its number's record, and the same in words for tooltips."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from convsim.inert import inert
from convsim.tabular.printed import corrected, counts, estimate, span

if TYPE_CHECKING:
    import altair

Record = Mapping[str, Any]

TOLD = ("numerator", "denominator", "clusters", "method", "judge", "corrected")
BESIDE = (
    *("without_errors", "uncorrected_because"),
    *("reference_numerator", "reference_denominator", "excluded"),
)
"""What a tooltip shows of a number: always, and where there is something to show."""

LETTER = 6.4
"""How many pixels a letter below a title takes."""


def marked(records: Iterable[Record], *places: str) -> list[dict[str, Any]]:
    """The records with `said`, the estimate in words, and `told`, all of it; texts are inert.

    `without_errors` is the corrected estimate in words, where there is one.
    """
    found = []
    for record in records:
        plain = {name: inert(it) if isinstance(it, str) else it for name, it in record.items()}
        words = {"said": said(plain), "without_errors": corrected(plain)}
        found.append({**plain, **words, "told": told(plain, places)})
    return found


def said(record: Record) -> str:
    """`12.5% [3.1, 31.0]`."""
    return f"{estimate(record)} {span(record)}".strip()


def told(record: Record, places: Sequence[str] = ()) -> str:
    """All that a number tells, a line for each thing: what stands in a tooltip of a still image."""
    clusters = record["clusters"]
    fixed = corrected(record)
    errors = f"corrected {fixed}" if fixed else f"not corrected: {record['uncorrected_because']}"
    lines = (
        ", ".join(str(record[name]) for name in places if record[name] != ""),
        f"{record['name']}: {said(record)}",
        f"{counts(record)} in {clusters} {record['cluster']}{'' if clusters == 1 else 's'}",
        f"left out: {record['excluded']}" if record["excluded"] else "",
        f"{record['method']}; judge {record['judge']} ({errors})",
    )
    return "\n".join(filter(None, lines))


def tooltip(
    records: Sequence[Record], *places: str, prefix: str = "", about: str = ""
) -> list[altair.Tooltip]:
    """The tooltip of a live chart: the place, the estimate, and what it is made of.

    `about` keeps the lines of two numbers apart: of lines with one head, a reader sees the last.
    """
    import altair

    beside = [name for name in BESIDE if any(record[name] not in (None, "") for record in records)]
    titles = {"said": "estimate", "without_errors": "corrected estimate"}
    head = f"{about} " if about else ""
    return [
        altair.Tooltip(f"{prefix}{name}:N", title=head + titles.get(name, name.replace("_", " ")))
        for name in (*places, "name", "said", *TOLD, *beside)
    ]


def who(target: str, mode: str, modes: Collection[str]) -> str:
    """Whose number it is: the target, and its mode where there are several."""
    return target if len(modes) < 2 else f"{target} ({mode})"


def titled(text: str, *said: str, width: float) -> altair.TitleParams:
    """A title, and below it what one has to know to read the chart, no wider than that."""
    import altair

    letters = int(max(width, 420) / LETTER)
    return altair.TitleParams(text, subtitle=[line for it in said for line in wrap(it, letters)])
