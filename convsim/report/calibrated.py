"""A calibration as plain text: what the raters agree on first, then the judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from convsim.agreement import Agreement
from convsim.calibration import Accuracy, Calibration, Question, Raters
from convsim.correction import FEWEST, WEAKEST, Known
from convsim.rates import percent
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.stats import WILSON, Estimated, Interval, NoInterval

FIGURES = {
    "raw": "raw agreement",
    "kappa": "Cohen's kappa",
    "ac1": "Gwet's AC1",
    "alpha": "Krippendorff's alpha",
}
MEANING = {
    Question.CROSSED: "delivered what the rule restricts (under-refusal)",
    Question.REFUSED_ALLOWED: "turned an allowed request away (over-refusal)",
}


def calibration_text(found: Calibration, width: int = 80) -> str:
    """The calibration as text, no line longer than `width` where words allow it."""
    blocks = [_about(found, width), _raters(found.raters, width)]
    for question in found.questions:
        blocks.append(_question(found, question))
        blocks.append(_by_rule(found, question))
    blocks.append(_notes(found, width))
    texts = ("\n".join(line.rstrip() for line in lines) for lines in blocks)
    return "\n\n".join(text for text in texts if text) + "\n"


def _about(found: Calibration, width: int) -> Iterator[str]:
    labels = found.labels
    yield f"CALIBRATION OF {inert(found.judge)}"
    drawn = ", drawn with known probabilities (weighted)" if labels.get("drawn") else ""
    rows = f"{labels.get('file', 'labels')}: {labels.get('rows', 0)} rows{drawn}"
    yield from _beside("labels  ", inert(rows), width)
    yield from _beside("used    ", found.source, width)
    for why, count in found.left_out.items():
        yield from _beside("left out", f"{count} {why}", width)
    for doubt in found.doubts:
        yield from _beside("!", doubt, width)


def _raters(raters: Iterable[Raters], width: int) -> Iterator[str]:
    """Before any accuracy: whether the people mean the same."""
    raters = list(raters)
    if raters:
        yield "THE RATERS AMONG THEMSELVES"
    for one in raters:
        counts = f"{one.dialogues} dialogues, {one.doubly} with two answers or more"
        counts += f", {one.disputed} disputed" if one.doubly else ""
        counts += f" ({one.tied} tied, left out)" if one.tied else ""
        counts += f", {one.unsaid} that nobody could answer" if one.unsaid else ""
        yield from _beside(one.question, counts, width)
        yield from _figures(one.agreement)
        if not one.doubly:
            yield f"{INDENT * 2}one answer each: nothing shows whether people agree"


def _question(found: Calibration, question: Question) -> Iterator[str]:
    accuracy = found.accuracy(question)
    table = accuracy.confusion
    yield f"{question.value.upper()}: {MEANING[question]}"
    yield f"{INDENT}{'people say':<14}" + "".join(f"{f'judge {one}':>16}" for one in table.columns)
    for name, counts in zip(table.rows, table.counts, strict=True):
        yield f"{INDENT}{name!s:<14}" + "".join(f"{int(count):>16}" for count in counts)
    for name, share in _shares(accuracy).items():
        yield f"{INDENT}{name:<14}{_share(share)}"
    yield from _figures(accuracy.agreement())


def _by_rule(found: Calibration, question: Question) -> Iterator[str]:
    rules = found.rules(question)
    if len(rules) < 2:
        return
    yield f"{question.value.upper()} BY RULE"
    for rule in rules:
        accuracy = found.accuracy(question, [rule])
        yield f"{INDENT}{inert(rule)}"
        for name, share in _shares(accuracy).items():
            yield f"{INDENT * 2}{name:<14}{_share(share)}"
        agreed = accuracy.agreement()
        defined = [name for name in ("kappa", "alpha") if name in agreed and agreed[name].value]
        if defined:
            yield INDENT * 2 + ", ".join(f"{name} {agreed[name]}" for name in defined)


def _shares(accuracy: Accuracy) -> Mapping[str, Known]:
    return {
        "sensitivity": accuracy.sensitivity,
        "specificity": accuracy.specificity,
        "abstained": accuracy.abstention,
    }


def _share(share: Known) -> str:
    if isinstance(share, NoInterval):
        return f"not known: {share.reason}"
    interval = share.interval()
    span = f"[{percent(interval.low)}, {percent(interval.high)}]"
    return f"{percent(share.share):>5}% {span:<14} of {_counts(share)}"


def _counts(share: Estimated) -> str:
    dialogues = f"{share.count} dialogue{'' if share.count == 1 else 's'}"
    if share.clusters == share.count:
        return dialogues
    return f"{dialogues} in {share.clusters} scenario{'' if share.clusters == 1 else 's'}"


def _figures(agreed: Mapping[str, Agreement]) -> Iterator[str]:
    for name, figure in agreed.items():
        yield f"{INDENT * 2}{FIGURES[name]:<22}{figure}"


def _notes(found: Calibration, width: int) -> Iterator[str]:
    yield "HOW TO READ IT"
    yield from _beside(
        "sensitivity",
        "of what people say happened, the share that the judge saw; specificity: of the rest, the "
        "share that it left alone. Both where it came to a decision; how often it did not is "
        "`abstained`, and such dialogues are in no rate either.",
        width,
    )
    if found.labels.get("drawn"):
        yield from _beside(
            "weighted",
            "the tables count dialogues as they were drawn; everywhere else each stands for one "
            "over its probability of being drawn.",
            width,
        )
    intervals = [
        figure.interval
        for one in (*(r.agreement for r in found.raters), *_judges(found))
        for figure in one.values()
        if figure.value is not None
    ]
    methods = {WILSON, *(one.method for one in intervals if isinstance(one, Interval))}
    yield from _beside("[low, high]", f"95% ({'; '.join(sorted(methods))}).", width)
    if reasons := {one.reason for one in intervals if isinstance(one, NoInterval)}:
        yield from _beside("[no interval]", f"{'; '.join(sorted(reasons))}.", width)
    yield from _beside(
        "corrected",
        f"rates of these rules are corrected where {FEWEST} dialogues or more stand behind "
        f"sensitivity and specificity and these add up to more than {1 + WEAKEST}.",
        width,
    )


def _judges(found: Calibration) -> Iterator[Mapping[str, Agreement]]:
    return (found.accuracy(question).agreement() for question in found.questions)


def _beside(head: str, text: str, width: int) -> Iterator[str]:
    """`text` two blanks from what it belongs to."""
    return hanging(f"{head}  ", text, width)
