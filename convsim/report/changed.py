"""What changed between two versions, in plain words first; then the numbers behind it.

The order is that of the questions somebody asks: what changed, by how much and how surely; whether
a threshold moved or discrimination was lost; what is not shown to have changed, and how large a
change may have been missed; which dialogues came out otherwise, and what was left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from convsim.columns import wrap
from convsim.detection import CRITERION, D_PRIME
from convsim.differences import ALPHA, Compared, Difference, Differences, Turned
from convsim.estimates import Number, Unit, bare, in_unit
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.stats import Interval

SHOWN = 8
"""How many dialogues that came out otherwise are named."""

IN = {"rule": "under rule", "arm": "in arm", "move": "at move"}
"""How a part of a metric is named."""

RAW = "differences are of raw rates, not corrected for its errors"
"""What is said beside the judge."""

BETTER = {True: "better", False: "worse", None: ""}

NOTHING = "nothing is shown to have changed"
MISSED = (
    "That does not say that nothing did: the intervals say how large a change these dialogues may "
    "have missed. `convsim gate` decides whether that is small enough."
)
UNTOLD = "whether the threshold moved or discrimination was lost is undecided"
FAMILY = (
    f"Whatever stands under WHAT CHANGED does so with an error of {ALPHA:.0%} for all of it: were "
    "there no change, one comparison in 20 would report any. p-values allow for all that was "
    "looked at (Holm): half of the error is for the headline numbers, half for their parts. What "
    "holds too little to tell could not have told a change of any size, and costs nothing."
)


def changed_text(found: Differences, width: int = 80, *, all_lines: bool = False) -> str:
    """What changed, as text; with `all_lines` also every part that is not shown to have changed."""
    blocks = [list(_compared(one, width, all_lines=all_lines)) for one in found.compared]
    blocks.append(list(_how_to_read(found, width)))
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks) + "\n"


def _compared(found: Compared, width: int, *, all_lines: bool) -> Iterator[str]:
    yield from _title(found, width)
    yield ""
    yield "WHAT CHANGED"
    yield from _changes(found, width)
    yield ""
    yield "THRESHOLD OR DISCRIMINATION"
    yield from _shift(found, width)
    yield ""
    yield "NOT SHOWN TO HAVE CHANGED"
    yield from _unchanged(found, width, all_lines=all_lines)
    if found.turned:
        yield ""
        yield "DIALOGUES THAT CAME OUT OTHERWISE"
        yield from _turned(found, width)
    if found.matched.left_out:
        yield ""
        yield "LEFT OUT"
        for one in found.matched.left_out:
            yield from hanging("", inert(str(one)), width)


def _title(found: Compared, width: int) -> Iterator[str]:
    before, after = found.before, found.after
    title = f"{before.name} -> {after.name}"
    yield from wrap(inert(title), width)
    yield "=" * min(width, len(title))
    counts = [len(rows) for rows in found.matched.rows]
    about = (
        f"{scenarios(found.matched.scenarios)} alike on both sides, {counts[0]:,} and "
        f"{counts[1]:,} dialogues; {after.mode.value}, judge {after.judge} ({RAW})"
    )
    yield from hanging("", inert(about), width)
    for caution in found.matched.cautions:
        yield from hanging("! ", inert(caution), width)


# --- what changed


def _changes(found: Compared, width: int) -> Iterator[str]:
    if not found.changed:
        yield from hanging("", f"{NOTHING}. {MISSED}", width)
        return
    headline = [one for one in found.headline if one.changed]
    if not headline:
        yield from hanging("", "no number of the whole is shown to have changed, parts are", width)
    for one in headline:
        yield from _change(one, width)
    by_part = [one for one in found.parts if one.changed]
    if by_part:
        yield ""
        yield "WHERE IT SHOWS"
    for one in by_part:
        yield from _part(one, width)


def _change(one: Difference, width: int) -> Iterator[str]:
    yield from hanging("", in_words(one), width)
    yield from hanging(INDENT, evidence(one), width)


def in_words(one: Difference) -> str:
    """`under-refusal rose by 20.6 points, from 36.9% to 57.5% (worse)`."""
    estimate = one.estimate
    size = bare(abs(estimate.value or 0.0), estimate.unit)
    unit = " points" if estimate.unit is Unit.POINTS else ""
    judged = f" ({BETTER[one.better]})" if BETTER[one.better] else ""
    where = f" {IN[one.by]} {one.value}" if one.by in IN else ""
    return (
        f"{one.metric}{where} {'rose' if one.rose else 'fell'} by {size}{unit}, from "
        f"{_level(one, one.before)} to {_level(one, one.after)}{judged}"
    )


def _level(one: Difference, value: float | None) -> str:
    if value is None:
        return "no data"
    unit = Unit.SHARE if one.estimate.unit is Unit.POINTS else one.estimate.unit
    return in_unit(value, unit)


def evidence(one: Difference) -> str:
    """`[12.7, 28.4], 101/325 -> 174/325 in 45 scenarios, p 0.0003`."""
    return ", ".join(filter(None, (one.estimate.span, counted(one), p_of(one))))


def counts(one: Difference) -> str:
    """`101/325 -> 174/325`; of a figure of two rates `under 26/80 -> 60/80, over 0/80 -> 3/80`."""
    rates: dict[str, list[str]] = {}
    for name, side in one.estimate.fractions.items():
        rate, _, _ = name.rpartition(", ")
        rates.setdefault(rate, []).insert(0, f"{side.hits:g}/{side.trials:g}")
    return ", ".join(f"{rate} {' -> '.join(sides)}".strip() for rate, sides in rates.items())


def counted(one: Difference) -> str:
    """`101/325 -> 174/325 in 45 scenarios`."""
    return f"{counts(one)} {in_scenarios(one)}"


def in_scenarios(one: Difference) -> str:
    """`in 45 scenarios`."""
    return f"in {scenarios(one.estimate.clusters)}"


def scenarios(count: int) -> str:
    """`1 scenario`, `45 scenarios`."""
    return f"{count} scenario{'' if count == 1 else 's'}"


def p_of(one: Difference) -> str:
    """The p-value that allows for everything that was looked at."""
    p = one.estimate.p_value
    if p is None:
        return "" if one.tested is None else "too little to tell"
    return "p < 0.0001" if p < 0.0001 else f"p {p:.2g}"


def _part(one: Difference, width: int) -> Iterator[str]:
    """A part, its place before its numbers."""
    yield from hanging("", inert(f"{one.metric}, {one.by} {one.value}"), width)
    yield from hanging(INDENT, f"{one.estimate.shown} {evidence(one)}", width)


# --- threshold or discrimination


def _shift(found: Compared, width: int) -> Iterator[str]:
    shift = found.shift
    if shift.discrimination.estimate.value is None:
        yield from hanging("", shift.discrimination.estimate.why, width)
        return
    moved = any(found.of(name).changed for name in ("under-refusal", "over-refusal"))
    yield from hanging("", shift.said or (UNTOLD if moved else "neither is shown"), width)
    for one in (shift.discrimination, shift.threshold):
        levels = f"{_level(one, one.before)} -> {_level(one, one.after)}"
        told = f"{levels}, {one.estimate.shown} {one.estimate.span}; {p_of(one)}"
        yield from hanging(f"{one.metric:<12}", told, width)
    yield from hanging(" " * 12, f"from {counted(shift.discrimination)}", width)


# --- what is not shown to have changed


def _unchanged(found: Compared, width: int, *, all_lines: bool) -> Iterator[str]:
    rates = [one for one in found.headline if one.metric not in (D_PRIME, CRITERION)]
    same = [one for one in rates if not one.changed and one.estimate.value is not None]
    column = max((len(one.metric) for one in same), default=0) + 2
    for one in same:
        levels = f"{_level(one, one.before)} -> {_level(one, one.after)}"
        told = f"{levels}, {one.estimate.shown} {one.estimate.span}"
        yield from hanging(f"{one.metric:<{column}}", told, width)
        yield from hanging(" " * column, counted(one), width)
    for one in rates:
        if one.estimate.value is None:
            yield from hanging(f"{one.metric:<{column}}", one.estimate.why, width)
    yield from _other_parts(found, width, all_lines=all_lines)


def _other_parts(found: Compared, width: int, *, all_lines: bool) -> Iterator[str]:
    rest = [one for one in found.parts if not one.changed]
    if all_lines:
        for one in rest:
            if one.estimate.value is not None:
                yield from _part(one, width)
        return
    counts = Counter(one.by for one in rest)
    if counts:
        told = ", ".join(f"{count} by {by}" for by, count in counts.items())
        few = sum(one.estimate.p_value is None for one in rest)
        yield from hanging(
            "",
            f"and {len(rest)} parts ({told}), of which {few} hold too little to tell; "
            "--all lists them",
            width,
        )


# --- dialogues


def _turned(found: Compared, width: int) -> Iterator[str]:
    counts = Counter((one.was, one.now, BETTER[one.better]) for one in found.turned)
    for (was, now, judged), count in counts.most_common():
        yield from hanging("", f"{count} {was} -> {now}{f' ({judged})' if judged else ''}", width)
    for one in examples(found)[:SHOWN]:
        yield from hanging(f"{was_and_now(one)}  ", inert(one.place), width)
    if len(found.turned) > SHOWN:
        yield from hanging("", "--html FILE shows them side by side", width)


def was_and_now(one: Turned) -> str:
    """`held -> crossed`."""
    return f"{one.was} -> {one.now}"


def examples(found: Compared) -> list[Turned]:
    """The dialogues that came out otherwise, first those of a rule that is said to have changed."""
    rules = {one.value for one in found.parts if one.changed and one.by == "rule"}
    return sorted(found.turned, key=lambda one: bool(rules) and one.rule not in rules)


# --- how to read it


def _how_to_read(found: Differences, width: int) -> Iterator[str]:
    yield "HOW TO READ THIS"
    yield from hanging("", FAMILY, width)
    told = [
        one for pair in found.compared for one in pair.headline if one.estimate.value is not None
    ]
    yield from hanging(
        "",
        "A difference is the second side minus the first, averaged over scenarios that say the "
        "same on both sides, in arms and planned paths that both played. So are the levels: in a "
        "run's own rate a scenario with more dialogues counts more.",
        width,
    )
    yield from spans([one.estimate for one in told], width)


def spans(told: Iterable[Number], width: int) -> Iterator[str]:
    """What `[low, high]` is, and how it was found."""
    yield from hanging("[low, high]: ", f"95% interval ({methods(told)})", width)


def methods(told: Iterable[Number]) -> str:
    """How the intervals of these numbers were found."""
    found = {
        one.interval.method
        if isinstance(one.interval, Interval)
        else f"none: {one.interval.reason}"
        for one in told
        if one.value is not None
    }
    return "; ".join(sorted(found))
