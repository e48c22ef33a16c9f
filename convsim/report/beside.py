"""Dialogues that came out otherwise, one side beside the other: as text, and as a page.

A page has what changed in words first, then the dialogues, turn by turn. What a report masks is
masked here, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from convsim.columns import padded, wrap
from convsim.differences import Compared, Difference, Differences, Turned
from convsim.differences.measured import ALL
from convsim.report.changed import (
    BETTER,
    FAMILY,
    MISSED,
    NOTHING,
    RAW,
    UNTOLD,
    counts,
    evidence,
    in_words,
    p_of,
    scenarios,
    was_and_now,
)
from convsim.report.data import Entry
from convsim.report.dialogues import TurnView, dialogue_view
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.report.html import LONG, content_policy, template
from convsim.stats import Interval

GAP = 3
"""Columns between what stands side by side."""

MOST = 60
"""How many dialogues a page holds of each side."""


@dataclass(frozen=True, slots=True)
class Example:
    """One dialogue that came out otherwise, whole, on both sides."""

    turned: Turned
    before: Entry
    after: Entry

    def text(self, width: int = 80, *, reveal: bool = False) -> str:
        """It as text."""
        return beside_text(self.before, self.after, width, reveal=reveal)


def beside_text(before: Entry, after: Entry, width: int = 80, *, reveal: bool = False) -> str:
    """One dialogue on both sides, turn by turn beside each other; masked where it crossed."""
    sides = [dialogue_view(entry, reveal=reveal) for entry in (before, after)]
    column = (width - len(INDENT) - GAP) // 2
    lines = [*_columns([f"{it.grade} {it.headline}" for it in sides], column)]
    for one, other in zip_longest(*(side.turns for side in sides)):
        turns = [turn for turn in (one, other) if turn is not None]
        lines += ["", f"{INDENT}turn {turns[0].n}"]
        if len({str(turn.user) for turn in turns}) == 1 and len(turns) == 2:
            lines += hanging("user: ", inert(str(turns[0].user)), width)
        else:
            lines += _columns([_user(turn) for turn in (one, other)], column)
        lines += _columns([_reply(turn) for turn in (one, other)], column)
    key = sides[1].key
    return "\n".join([key, "=" * min(width, len(key)), *(line.rstrip() for line in lines)]) + "\n"


def _user(turn: TurnView | None) -> str:
    return "" if turn is None else f"user: {turn.user}"


def _reply(turn: TurnView | None) -> str:
    if turn is None:
        return "(ended)"
    said = str(turn.reply) if turn.reply.text or turn.reply.hidden else f"[{turn.silence}]"
    return f"{turn.label}: {said}"


def _columns(texts: Sequence[str], column: int) -> Iterator[str]:
    sides = [wrap(inert(text), column) for text in texts]
    for one, other in zip_longest(*sides, fillvalue=""):
        yield f"{INDENT}{padded(one, column + GAP)}{other}"


# --- the page


def page(found: Differences, examples: Sequence[Iterable[Example]], *, reveal: bool = False) -> str:
    """What changed as the text of one HTML page; `examples` are those of each pair of versions."""
    return template("changed.html.j2").render(
        csp=content_policy(""),
        pairs=[
            _pair(pair, of, reveal=reveal)
            for pair, of in zip(found.compared, examples, strict=True)
        ],
        family=FAMILY,
        nothing=NOTHING,
        missed=MISSED,
        raw=RAW,
        long=LONG,
        reveal=reveal,
    )


def _pair(found: Compared, examples: Iterable[Example], *, reveal: bool) -> dict[str, Any]:
    moved = found.shift.said
    told = found.shift.discrimination.estimate.value is not None
    shown = [_example(one, reveal=reveal) for one in examples]
    return {
        "before": found.before.name,
        "after": found.after.name,
        "mode": found.after.mode.value,
        "judge": found.after.judge,
        "scenarios": scenarios(found.matched.scenarios),
        "dialogues": [len(rows) for rows in found.matched.rows],
        "cautions": found.matched.cautions,
        "changes": [(in_words(one), evidence(one)) for one in found.changed],
        "shift": moved or (UNTOLD if told and found.changed else ""),
        "lines": [_line(one) for one in (*found.headline, *found.parts) if one.tested],
        "left_out": [str(one) for one in found.matched.left_out],
        "examples": shown,
        "more": len(found.turned) - len(shown),
    }


def _line(one: Difference) -> dict[str, Any]:
    estimate, interval = one.estimate, one.estimate.interval
    return {
        "metric": one.metric,
        "part": "" if one.by == ALL else f"{one.by} {one.value}",
        "shown": estimate.shown,
        "span": estimate.span,
        "counts": counts(one),
        "clusters": estimate.clusters,
        "p": p_of(one),
        "changed": one.changed,
        "judged": BETTER[one.better] if one.changed else "",
        "estimand": estimate.estimand,
        "method": interval.method if isinstance(interval, Interval) else interval.reason,
    }


def _example(one: Example, *, reveal: bool) -> dict[str, Any]:
    sides = [dialogue_view(entry, reveal=reveal) for entry in (one.before, one.after)]
    return {
        "place": one.turned.place,
        "what": was_and_now(one.turned),
        "judged": BETTER[one.turned.better],
        "rule": sides[1].rule,
        "sides": sides,
        "turns": list(zip_longest(*(side.turns for side in sides))),
    }
