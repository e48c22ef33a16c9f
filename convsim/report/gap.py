"""The measured gap as lines and as rows of a page: what a judge sees, by how much it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from convsim.figures import TOO_FEW, Figure
from convsim.gap import Gaps, Measured
from convsim.ladder import BY_RULES, GapTable, Rung
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.stats import Interval

NOTE = (
    "Of dialogues in which the whole came out although the arm must hold, the share that a judge "
    "sees (Se), and of all others the share that it flags as well (false), by how much of a "
    "dialogue it is shown; in points. J = Se - false. The gap is J less that of each reply alone; "
    "the matched gap is that in Se where both flag {at:g} of 100 other dialogues."
)
BRIEF = (
    "What a judge sees of spread harm (Se) and flags falsely, in points, by how much of a dialogue "
    "it is shown; the gap is J = Se - false less that of each reply alone. `convsim gap` says more."
)
RULES_NOTE = (
    "The rules search for the exact facets, so that from the prefix on they find what the tally "
    "has. They do not know what an arm allows, and flag a twin in which the whole may come out."
)

NONE = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """One rung of one target, in words."""

    rung: str
    sensitivity: str
    false: str
    youden: str
    gap: str
    span: str
    matched: str
    calls: str
    tokens: str


@dataclass(frozen=True, slots=True)
class Block:
    """One target on the ladder: its rungs, and what is said below them, by headings."""

    target: str
    about: str
    lines: tuple[Line, ...]
    notes: Mapping[str, str]


def blocks(table: GapTable) -> list[Block]:
    """What is shown, target by target; without dialogues on both sides there is no gap."""
    return [
        _block(target, found, table) for target, found in table.targets.items() if _tells(found)
    ]


def lines(table: GapTable, width: int = 80, *, all_lines: bool = True) -> list[str]:
    """The table as text, no line longer than `width` where words allow it.

    Nothing where no target has dialogues on both sides. Without `all_lines` the rungs alone.
    """
    shown = blocks(table)
    if not shown:
        return []
    text = ["MEASURED GAP", *hanging("", note(table) if all_lines else BRIEF, width)]
    for block in shown:
        text += hanging("", f"{block.target}: {block.about}", width)
        text += _rungs(block.lines)
        for head, said in block.notes.items() if all_lines else ():
            text += hanging(f"  {head}: ", said, width)
    for target, found in table.targets.items() if all_lines else ():
        if not _tells(found):
            text += hanging("", f"{inert(target)}: {_about(found)}: no gap", width)
    if out := left_out(table):
        text += hanging("left out: ", out, width)
    return text


def note(table: GapTable) -> str:
    """How to read the table."""
    at = next((100 * found.at for found in table.targets.values()), 0.0)
    model = "" if table.model is None else f" ({inert(table.model)})"
    said = f"Judge: {inert(table.judge)}{model}. {NOTE.format(at=at)}"
    return f"{said} {RULES_NOTE}" if table.by_rules else said


def left_out(table: GapTable) -> str:
    """Which dialogues are in no number, and why."""
    return ", ".join(f"{count:,} {why}" for why, count in table.left_out.items())


def _tells(found: Gaps) -> bool:
    return bool(found.positives and found.negatives)


def _about(found: Gaps) -> str:
    return (
        f"{found.positives:,} dialogues in which the whole came out, {found.negatives:,} others; "
        f"{found.scenarios} scenario{'' if found.scenarios == 1 else 's'}"
    )


def _block(target: str, found: Gaps, table: GapTable) -> Block:
    told = {one.rung for one in found.rungs}
    shown = BY_RULES if table.by_rules and Rung.TALLY in told else tuple(Rung)
    rungs = [one for one in found.rungs if one.rung in shown]
    return Block(
        target=inert(target),
        about=_about(found),
        lines=tuple(_line(one, table.window) for one in rungs),
        notes=_notes(found, rungs),
    )


# --- the rungs


def _line(one: Measured, window: int) -> Line:
    return Line(
        rung=f"{one.rung} {window}" if one.rung == Rung.WINDOW else one.rung,
        sensitivity=_points(one.sensitivity),
        false=_points(one.false_positives),
        youden=_points(one.youden),
        gap=_points(one.gap),
        span=one.gap.span if one.gap is not None and one.gap.value is not None else "",
        matched=_points(one.matched_gap),
        calls=f"{one.spent.calls:.1f}" if one.spent.calls else NONE,
        tokens=f"{one.spent.tokens:,.0f}" if one.spent.tokens else NONE,
    )


def _points(figure: Figure | None) -> str:
    """A figure in points; a dash where nothing tells, nothing where there can be none."""
    if figure is None:
        return ""
    return NONE if figure.value is None else f"{100 * figure.value:.1f}"


FIGURES = (("Se", 6), ("false", 7), ("J", 7), ("gap", 7), ("", 16), ("matched", 9))
COSTS = (("calls", 6), ("tokens", 8))
"""What the columns are headed, and how wide they are; intervals stand beside their figures."""


def _rungs(found: Sequence[Line]) -> Iterator[str]:
    free = all(one.calls == NONE for one in found)
    columns = FIGURES if free else (*FIGURES, *COSTS)
    rows = [("rung", [head for head, _ in columns])]
    for one in found:
        figures = [one.sensitivity, one.false, one.youden, one.gap, one.span, one.matched]
        rows.append((one.rung, figures if free else [*figures, one.calls, one.tokens]))
    for name, cells in rows:
        placed = (
            f"{cell:>{size}}" if head else f" {cell:<{size - 1}}"
            for cell, (head, size) in zip(cells, columns, strict=True)
        )
        yield f"{INDENT * 2}{name:<10}{''.join(placed)}".rstrip()


# --- what is said below


def _notes(found: Gaps, rungs: Sequence[Measured]) -> dict[str, str]:
    """Where the whole came out, what was flagged falsely in which arm, where who abstained."""
    true = {arm: share for arm, share in found.true_by_arm.items() if share.hits}
    said = {
        "the whole came out": ", ".join(
            f"{inert(arm)} {share.hits:.0f}/{share.trials}" for arm, share in true.items()
        )
    }
    harmless = []
    for arm in rungs[0].false_by_arm if rungs else ():
        shares = {one.rung: _fraction(one.false_by_arm[arm]) for one in rungs}
        if any(one.false_by_arm[arm].value for one in rungs):
            said[f"false in {inert(arm)}"] = _alike(shares)
        else:
            harmless.append(f"{inert(arm)} {shares[rungs[0].rung]}")
    if harmless:
        said["false at no rung"] = ", ".join(harmless)
    said |= _false_where(rungs)
    abstained = {one.rung: share for one in rungs if (share := _abstained(one))}
    if abstained:
        said["abstained"] = _alike(abstained)
    for head, figures in (
        ("matched", {one.rung: one.matched_gap for one in rungs}),
        ("adjusted", {one.rung: one.adjusted for one in rungs}),
    ):
        if told := _told(figures):
            said[head] = f"{told}{_MEANS.get(head, '')}"
    if why := {one.rung: one.gap.why for one in rungs if one.gap and one.gap.why}:
        said["no gap"] = _alike(why, "{rungs}: {value}")
    beyond = any(_goes_beyond(one.gap) for one in rungs)
    said["[low, high]"] = f"95%. {found.about}{_BEYOND if beyond else ''}"
    return said


_MEANS = {
    "adjusted": ": flagged here and not by each reply alone, where the whole came out in the arm "
    "as it stands, less the same in its benign twin, which is as long and says the like"
}
_BEYOND = (
    " Beyond 100 a gap would take single replies that are worse than chance; so far reaches what "
    "these few dialogues cannot rule out."
)


def _told(figures: Mapping[str, Figure | None]) -> str:
    """The figures of some rungs, each with its interval, and those that have none worth telling."""
    known = {rung: it for rung, it in figures.items() if it is not None and it.value is not None}
    told = [f"{rung} {_points(it)} {it.span}" for rung, it in known.items() if not it.is_vague]
    vague = [rung for rung, it in known.items() if it.is_vague]
    return ", ".join([*told, *([f"{', '.join(vague)} {TOO_FEW}"] if vague else [])])


def _goes_beyond(figure: Figure | None) -> bool:
    """Whether an interval reaches farther than any judge that is no worse than chance."""
    found = None if figure is None else figure.interval
    if figure is None or figure.is_vague or not isinstance(found, Interval):
        return False
    return max(found.high, -found.low) > 1


def _false_where(rungs: Sequence[Measured]) -> Iterator[tuple[str, str]]:
    """What is flagged falsely where the whole may come out, and where it may not; nothing where
    there are no such arms.
    """
    if any(one.false_where["allowed"].value is not None for one in rungs):
        for where, head in _WHERE.items():
            rates = {one.rung: _rate(one.false_where[where]) for one in rungs}
            yield head, _alike(rates)


_WHERE = {
    "allowed": "false in arms that allow the whole",
    "not_allowed": "false in all other arms",
}


def _rate(figure: Figure) -> str:
    return figure.why or f"{_points(figure)} ({_fraction(figure)})"


def _fraction(figure: Figure) -> str:
    share = figure.counts.get("negatives")
    return NONE if share is None else f"{share.hits:.0f}/{share.trials}"


def _abstained(one: Measured) -> str:
    """In how many dialogues the judge abstained at a rung, and why; nothing where in none."""
    sides = one.abstained.values()
    hits, trials = sum(side.hits for side in sides), sum(side.trials for side in sides)
    reasons = ", ".join(
        f"{_REASONS.get(why, why)} {times}" for why, times in one.abstained_for.items()
    )
    return f"{hits:.0f}/{trials} ({reasons})" if hits else ""


_REASONS = {
    "foreign": "about other data",
    "refused_request": "request refused",
    "unquotable": "quote not found",
}


def _alike(values: Mapping[str, str], form: str = "{value} {rungs}") -> str:
    """The rungs by what they have in common, neighbours together.

    >>> _alike({"reply": "0/50", "exchange": "0/50", "tally": "50/50"})
    '0/50 reply, exchange; 50/50 tally'
    """
    runs: list[tuple[str, list[str]]] = []
    for rung, value in values.items():
        if runs and runs[-1][0] == value:
            runs[-1][1].append(rung)
        else:
            runs.append((value, [rung]))
    return "; ".join(form.format(value=value, rungs=", ".join(rungs)) for value, rungs in runs)
