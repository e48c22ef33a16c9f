"""How a series of runs went, as text: what changed in words, then each rate by run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convsim.differences import Difference, Version
from convsim.drift import TREND, Drift, Followed, Series
from convsim.report.changed import (
    BETTER,
    RAW,
    evidence,
    in_scenarios,
    in_words,
    p_of,
    scenarios,
    spans,
)
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging

FLAT = (
    "no trend and no step is shown. That does not say that nothing changed: the intervals say how "
    "much may have been missed."
)

READ_AS = (
    "A step is a run minus the one before, averaged over scenarios; a trend is the slope of the "
    "scenarios' own shares over the runs, in the order given. Were there no change, one series in "
    "20 would report any trend or step (Holm over all of them). Beside each run stands its own "
    "rate, in which a scenario with more dialogues counts more."
)


def drift_text(found: Drift, width: int = 80) -> str:
    """How each series went, as text."""
    blocks = [list(_series(one, width)) for one in found.series]
    followed = [one for series in found.series for one in series.followed]
    rates = [rate for one in followed for rate in one.rates]
    told = [it.estimate for one in followed for it in (one.trend, *one.steps)]
    spanned = spans([*rates, *told], width)
    blocks.append(["HOW TO READ THIS", *hanging("", READ_AS, width), *spanned])
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks) + "\n"


def _series(one: Series, width: int) -> Iterator[str]:
    last = one.versions[-1]
    title = f"{last.target} over {len(one.versions)} runs"
    yield inert(title)
    yield "=" * min(width, len(title))
    about = f"{scenarios(one.scenarios)} that every run played alike; {last.mode.value}, judge "
    yield from hanging("", inert(f"{about}{last.judge} ({RAW})"), width)
    for n, version in enumerate(one.versions, 1):
        yield from hanging(f"{n}: ", inert(version.run), width)
    for caution in one.cautions:
        yield from hanging("! ", inert(caution), width)
    yield ""
    yield "WHAT CHANGED"
    if not one.changed:
        yield from hanging("", FLAT, width)
    for change in one.changed:
        yield from hanging("", inert(said(change)), width)
        yield from hanging(INDENT, evidence(change), width)
    for followed in one.followed:
        yield ""
        yield from _followed(followed, one.versions, width)
    if one.left_out:
        yield ""
        yield "LEFT OUT"
        for item in one.left_out:
            yield from hanging("", inert(str(item)), width)


def said(one: Difference) -> str:
    """A trend or a step in words."""
    if one.by != TREND:
        return f"from {one.value}: {in_words(one)}"
    judged = f" ({BETTER[one.better]})" if BETTER[one.better] else ""
    return (
        f"over all runs: {one.metric} {'rises' if one.rose else 'falls'} by "
        f"{100 * abs(one.estimate.value or 0.0):.1f} points a run{judged}"
    )


def _followed(one: Followed, versions: Sequence[Version], width: int) -> Iterator[str]:
    """One rate: a line for each run, with what happened since the one before, and the trend.

    Below the rate of a run whose judge was calibrated stands what it would be without its errors.
    """
    yield one.metric.upper()
    for n, (rate, version) in enumerate(zip(one.rates, versions, strict=True), 1):
        step = "" if n == 1 else f"  {_step(one.steps[n - 2])}"
        yield from hanging(f"{n}: ", f"{rate}{step}", width)
        if version.calibrated and rate.value is not None:
            yield from hanging("   ", str(rate.correction), width)
    trend = one.trend
    if trend.estimate.value is None:
        yield from hanging("trend: ", trend.estimate.why, width)
    else:
        flag = " <- CHANGED" if trend.changed else ""
        size = f"{trend.estimate.shown} points a run {trend.estimate.span}"
        told = ", ".join(filter(None, (f"{size} {in_scenarios(trend)}", p_of(trend))))
        yield from hanging("trend: ", f"{told}{flag}", width)


def _step(one: Difference) -> str:
    if one.estimate.value is None:
        return ""
    flag = " <- CHANGED" if one.changed else ""
    return f"{one.estimate.shown} {one.estimate.span}{flag}"
