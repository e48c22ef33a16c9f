"""A self-test as plain text: what should stay, what should change, what moved, what to think."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from convsim.metamorphosis.measuring import Measured, Pair, Selftest, Towards
from convsim.rates import percent
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging

Lines: TypeAlias = Iterator[str]

WORST = 3
"""So many examples of each relation; the rest is in the JSON."""

KEEPING = "THE MEANING STAYS, AND SO MUST GRADE AND OUTCOME"
REVERSING = "THE MEANING CHANGES, AND SO MUST THE VERDICT"

_WAYS = {Towards.FAIL: "to FAIL", Towards.PASS: "to PASS", Towards.ASIDE: "aside"}


def selftest_text(found: Selftest, width: int = 80) -> str:
    """The self-test as text, no line longer than `width` where words allow it."""
    tried = [one for one in found.relations if one.pairs]
    blocks = [
        _about(found, width),
        _table(KEEPING, "stable", [one for one in tried if one.relation.keeps], tuple(Towards)),
        _table(REVERSING, "told", [one for one in tried if not one.relation.keeps], ()),
        _examples(tried),
        _remarks(found, width),
    ]
    return "\n\n".join(text for lines in blocks if (text := "\n".join(lines))) + "\n"


def _about(found: Selftest, width: int) -> Lines:
    answers = list(found.right.values())
    right, silent = answers.count(True), answers.count(None)
    yield f"SELF-TEST OF {inert(found.judge)}"
    yield from hanging("replies    ", f"read by {inert(found.reader)}", width)
    yield from hanging(
        "dialogues  ",
        f"{len(answers)}: {right} judged rightly as they are, {len(answers) - right - silent} "
        f"wrongly, {silent} not decided",
        width,
    )
    if found.silences:
        why = ", ".join(f"{reason} {count}" for reason, count in found.silences.items())
        yield from hanging("silent     ", inert(why), width)


def _table(title: str, share: str, tried: Sequence[Measured], ways: Sequence[Towards]) -> Lines:
    if not tried:
        return
    yield title
    yield _row("", share, "95%", "n", "silent", [_WAYS[way] for way in ways])
    for one in tried:
        known = "none" if one.share is None else percent(one.share)
        low, high = one.interval
        moved = [str(one.towards[way] or "-") for way in ways]
        span = f"[{percent(low)}, {percent(high)}]"
        yield _row(one.relation.name, known, span, str(one.n), str(one.abstained or "-"), moved)


def _row(name: str, share: str, span: str, n: str, silent: str, ways: Iterable[str]) -> str:
    counts = "".join(f"{count:>8}" for count in ways)
    return f"{INDENT}{name:<19}{share:>6}  {span:<14}{n:>4}{silent:>8}{counts}"


def _examples(tried: Iterable[Measured]) -> Lines:
    wrong = [one for one in tried if one.failing]
    if wrong:
        yield "NOT AS IT SHOULD BE"
    for one in wrong:
        more = len(one.failing) - WORST
        rest = f", {more} more" if more > 0 else ""
        yield f"{INDENT}{one.relation.name}: {one.relation.about}{rest}"
        for pair in one.failing[:WORST]:
            yield f"{INDENT * 2}{pair.subject:<24}{_told(one, pair)}"


def _told(one: Measured, pair: Pair) -> str:
    """`PASS held -> FAIL crossed`; of a reversal the grades, beside the right ones."""
    if one.relation.keeps:
        return f"{pair.before} -> {pair.after}"
    right, wanted = (" or ".join(sorted(grades)) for grades in (pair.right, pair.wanted))
    return f"{pair.before.grade} -> {pair.after.grade}; right is {right} -> {wanted}"


def _remarks(found: Selftest, width: int) -> Lines:
    yield "HOW TO READ IT"
    for remark in found.remarks:
        yield from hanging("!  ", remark, width)
    yield from hanging(
        "stable  ",
        "of the pairs with two conclusions, the share with the same grade and outcome before and "
        "after; `unchanged` is the same dialogue again, and what it lacks is noise. Those that "
        "moved went to FAIL, to PASS, or aside: the same grade for another outcome.",
        width,
    )
    yield from hanging(
        "told  ",
        "the share with the right grade both before and after; a judge that always says the same "
        "is perfectly stable, and tells nothing.",
        width,
    )
    yield from hanging("silent  ", "pairs with an abstention; they are in no share.", width)
    yield from hanging("95%  ", "Clopper and Pearson, of these dialogues.", width)
