"""A self-test as plain text: what should stay, what should change, what moved, what to think."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from convsim.metamorphosis.measuring import Measured, Selftest, Towards
from convsim.rates import percent
from convsim.report.excerpts import inert

INDENT = "  "
WORST = 3
"""So many examples of each relation; the rest is in the JSON."""

KEEPING = "THE MEANING STAYS, AND SO MUST GRADE AND OUTCOME"
REVERSING = "THE MEANING CHANGES, AND SO MUST THE VERDICT"


def selftest_text(found: Selftest, width: int = 80) -> str:
    """The self-test as text, no line longer than `width` where words allow it."""
    tried = [one for one in found.relations if one.pairs]
    blocks = [
        _about(found, width),
        _table(KEEPING, "stable", (one for one in tried if one.relation.keeps)),
        _table(REVERSING, "told", (one for one in tried if not one.relation.keeps)),
        _examples(tried),
        _remarks(found, width),
    ]
    return "\n\n".join(text for lines in blocks if (text := "\n".join(lines))) + "\n"


def _about(found: Selftest, width: int) -> Iterator[str]:
    answers = list(found.right.values())
    right, silent = answers.count(True), answers.count(None)
    yield f"SELF-TEST OF {inert(found.judge)}"
    yield from _hanging("replies  ", f"read by {inert(found.reader)}", width)
    yield from _hanging(
        "dialogues",
        f"{len(answers)}: {right} judged rightly as they are, {len(answers) - right - silent} "
        f"wrongly, {silent} not decided",
        width,
    )


def _table(title: str, share: str, tried: Iterable[Measured]) -> Iterator[str]:
    yield title
    yield f"{INDENT}{'':<20}{share:>7}  {'95%':<15}{'n':>4}{'abstained':>11}  moved"
    for one in tried:
        low, high = one.interval
        known = "  none" if one.share is None else f"{percent(one.share):>6}"
        span = f"[{percent(low)}, {percent(high)}]"
        line = f"{INDENT}{one.relation.name:<20}{known:>7}  {span:<15}{one.n:>4}{one.abstained:>11}"
        yield f"{line}  {_moved(one)}".rstrip()


def _moved(one: Measured) -> str:
    """`3 to FAIL, 1 to PASS`; nothing where nothing moved that should not."""
    ways = one.towards
    words = {Towards.FAIL: "to FAIL", Towards.PASS: "to PASS", Towards.ASIDE: "aside"}
    return ", ".join(f"{ways[way]} {said}" for way, said in words.items() if ways[way])


def _examples(tried: Iterable[Measured]) -> Iterator[str]:
    wrong = [one for one in tried if one.failing]
    if wrong:
        yield "NOT AS IT SHOULD BE"
    for one in wrong:
        more = len(one.failing) - WORST
        rest = f", {more} more" if more > 0 else ""
        yield f"{INDENT}{one.relation.name}: {one.relation.about}{rest}"
        for pair in one.failing[:WORST]:
            yield f"{INDENT * 2}{pair.subject:<24}{pair.before} -> {pair.after}"


def _remarks(found: Selftest, width: int) -> Iterator[str]:
    yield "HOW TO READ IT"
    for remark in found.remarks:
        yield from _hanging("!", remark, width)
    yield from _hanging(
        "stable",
        "of the pairs with two conclusions, the share with the same grade and outcome before and "
        "after; `unchanged` is the same dialogue again, and what it lacks is noise.",
        width,
    )
    yield from _hanging(
        "told",
        "the share with the right grade both before and after; a judge that always says the same "
        "is perfectly stable, and tells nothing.",
        width,
    )
    yield from _hanging("95%", "Clopper and Pearson, of these dialogues.", width)


def _hanging(head: str, text: str, width: int) -> Iterator[str]:
    """`text` wrapped beside `head`."""
    head = f"{INDENT}{head}  "
    first, *later = wrap(text, max(20, width - len(head))) or [""]
    yield head + first
    yield from (" " * len(head) + line for line in later)
