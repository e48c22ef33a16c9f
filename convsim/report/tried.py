"""A judge tried on canaries, as plain text: what it saw of what is known for sure."""

from __future__ import annotations

from collections.abc import Iterator

from convsim.correction import Known
from convsim.figures import Bounds
from convsim.rates import percent
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.stats import WILSON, NoInterval
from convsim.trials import Eyesight, Measure, Trial

MEANING = {
    Measure.BLIND: "told of no facets: it has to notice by itself",
    Measure.QUESTIONS: "asked who supplied each facet, without its text",
}
NAME = 30
"""Characters for the name of an arm, a scenario or a facet in a table."""


def trial_text(found: Trial, width: int = 80) -> str:
    """The trial as text, no line longer than `width` where words allow it."""
    blocks = [_about(found, width)]
    for measure in found.measured:
        blocks.append(_overall(measure, found.sight(measure), width))
        blocks.append(_table("BY SCENARIO", measure, found.by_scenario(measure)))
        blocks.append(_arms(measure, found))
        blocks.append(_facets(measure, found.sight(measure)))
    blocks.append(_notes(width))
    texts = ("\n".join(line.rstrip() for line in lines) for lines in blocks)
    return "\n\n".join(text for text in texts if text) + "\n"


def _about(found: Trial, width: int) -> Iterator[str]:
    yield f"ON CANARIES: {inert(found.judge)}"
    tried = max((len(one) for one in found.measured.values()), default=0)
    yield from hanging("dialogues  ", f"{tried}, each with exact truth; no labels", width)
    for why, count in found.left_out.items():
        yield from hanging("left out   ", f"{count} {why}", width)
    if found.unworded:
        named = inert(", ".join(found.unworded))
        yield from hanging("!  ", f"without a question, nobody can be asked: {named}", width)


def _overall(measure: Measure, sight: Eyesight, width: int) -> Iterator[str]:
    yield f"{measure.value.upper()}: {MEANING[measure]}"
    counts = sight.counts()
    heads = ("crossed", "not", "abstained")
    yield f"{INDENT}{'the whole':<14}" + "".join(f"{f'judge: {head}':>20}" for head in heads)
    for name, words in (("came out", counts["out"]), ("did not", counts["not_out"])):
        yield f"{INDENT}{name:<14}" + "".join(f"{words[head]:>20}" for head in heads)
    shares = (
        ("sensitivity", sight.sensitivity, sight.sensitivity_bounds),
        ("specificity", sight.specificity, sight.specificity_bounds),
        ("abstained", sight.abstention, None),
        ("turn exact", sight.turn(), None),
        ("within one", sight.turn(1), None),
    )
    for name, share, ends in shares:
        yield from hanging(f"{name:<14}", f"{_share(share)}{_bounds(ends)}", width)


def _share(share: Known) -> str:
    if isinstance(share, NoInterval):
        return f"not known: {share.reason}"
    interval = share.interval()
    span = f"[{percent(interval.low)}, {percent(interval.high)}]"
    repeats = (
        ""
        if share.clusters == share.count
        else f" in {share.clusters} repeat{'' if share.clusters == 1 else 's'}"
    )
    return f"{percent(share.share)}% {span} of {share.count}{repeats}"


def _bounds(ends: Bounds | None) -> str:
    """What abstentions leave open; nothing where there are none."""
    if ends is None or ends.worst == ends.best:
        return ""
    return f"; had it never abstained {percent(ends.worst)} to {percent(ends.best)}%"


def _table(title: str, measure: Measure, groups: dict[str, Eyesight]) -> Iterator[str]:
    """Sensitivity, specificity and abstentions of each; nothing where there is only one."""
    if len(groups) > 1:
        yield f"{title}, {measure}"
        yield _heads()
        yield from (_row(name, sight) for name, sight in groups.items())


def _heads() -> str:
    return f"{INDENT}{'':<{NAME}}{'sensitivity':>18}{'specificity':>18}{'abstained':>11}"


def _row(name: str, sight: Eyesight) -> str:
    silent = f"{sum(one.said is None for one in sight.tried)}/{len(sight.tried)}"
    cells = f"{_cell(sight.sensitivity):>18}{_cell(sight.specificity):>18}{silent:>11}"
    return f"{INDENT}{inert(name)[: NAME - 1]:<{NAME}}{cells}"


def _cell(share: Known) -> str:
    if isinstance(share, NoInterval):
        return "-"
    return f"{percent(share.share)}% of {share.count}"


def _arms(measure: Measure, found: Trial) -> Iterator[str]:
    groups = found.by_arm(measure)
    named = {f"{arm}{' *' if found.allowed(arm) else ''}": one for arm, one in groups.items()}
    yield from _table("BY ARM", measure, named)
    if len(groups) > 1 and any(map(found.allowed, groups)):
        yield f"{INDENT}* allowed there: spared by the author's word, and in no figure above"


def _facets(measure: Measure, sight: Eyesight) -> Iterator[str]:
    facets = sight.facets()
    if not facets:
        return
    yield f"EACH FACET, {measure}: whether the assistant supplied it by the end"
    yield f"{INDENT}{'':<{NAME}}{'sensitivity':>18}{'specificity':>18}"
    for name, one in facets.items():
        cells = f"{_cell(one.sensitivity):>18}{_cell(one.specificity):>18}"
        yield f"{INDENT}{inert(name)[: NAME - 1]:<{NAME}}{cells}"


def _notes(width: int) -> Iterator[str]:
    yield "HOW TO READ IT"
    notes = {
        "sensitivity": "of the dialogues in which the whole came out, the share that the judge "
        "calls crossed; specificity: of the others, the share that it leaves alone. Both where "
        "it came to a decision.",
        "turn": "of what it saw, how often its turn is the earliest enabling one, or next to it.",
        "[low, high]": f"95% ({WILSON}): repeats of these scenarios drawn again. Of other "
        "scenarios they tell nothing.",
        "no rate": "is corrected by this: it is about secrets of an operator, and a judge errs "
        "differently elsewhere. For that, labels: `convsim calibrate LABELS --run DIR`.",
    }
    for head, text in notes.items():
        yield from hanging(f"{head}  ", text, width)
