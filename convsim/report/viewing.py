"""Dialogues for a terminal: one as it was, turn by turn, or many in a table to choose from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any

from convsim.columns import columns, padded, wrap
from convsim.report.data import Entry
from convsim.report.dialogues import (
    ERROR,
    READING_ORDER,
    UNJUDGED,
    DialogueView,
    TurnView,
    credit_in_words,
    dialogue_view,
)
from convsim.report.excerpts import Passage, inert
from convsim.report.hanging import INDENT, hanging
from convsim.report.tables import arm_place
from convsim.report.wording import (
    ENDS,
    RIGHT,
    ask_in_words,
    finding_in_words,
    reading_in_words,
    verdict_in_words,
)
from convsim.transcript import Key

CANDIDATES = 10
"""How many dialogues an ambiguous key names."""

GRADES = (*READING_ORDER, UNJUDGED)


def dialogue_text(entry: Entry, width: int = 80, *, reveal: bool = False) -> str:
    """A whole dialogue as it was, no line wider than `width`; masked where it crossed.

    print(dialogue_text(run.data.fetch(key)))
    """
    view = dialogue_view(entry, reveal=reveal)
    blocks = [_about(view, width)]
    for turn, after in zip_longest(view.turns, view.turns[1:]):
        blocks.append(_turn(turn, after, width))
    blocks.append(_concluded(view, width))
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks) + "\n"


def _about(view: DialogueView, width: int) -> Iterator[str]:
    yield from wrap(view.key, width)
    yield "=" * min(width, columns(view.key))
    rule = view.rule
    text = f". {rule.text}" if rule.text else ""
    yield from hanging("rule: ", inert(f"{rule.id} ({rule.level.value}){text}"), width)
    if view.expect:
        yield from hanging("right here: ", RIGHT[view.expect], width)
    yield from hanging("drawn: ", view.facts, width)
    if view.timeline is not None:
        yield from hanging("whole: ", view.timeline.said, width)
    if view.system is not None:
        yield from _said("system: ", view.system, width)


def _turn(turn: TurnView, after: TurnView | None, width: int) -> Iterator[str]:
    place = ": ".join(filter(None, (turn.at, turn.move)))
    notes = [ask_in_words(turn.asks, lifted=turn.lifted)]
    notes += [f"visit {turn.visit}"] if turn.visit > 1 else []
    notes += turn.tags
    head = f"Turn {turn.n}{f', {place}' if place else ''} ({', '.join(notes)})"
    yield from wrap(inert(head), width)
    yield from _said("user: ", turn.user, width)
    if turn.reply.text or turn.reply.hidden:
        yield from _said("reply: ", turn.reply, width)
    else:
        yield from hanging("reply: ", inert(f"[{turn.silence}]"), width)
    if turn.reading is not None:
        yield from hanging("read as: ", reading_in_words(turn.reading), width)
        if evidence := turn.reply.parts[1].strip():
            yield from hanging("         ", f'by "{evidence}"', width)
    if turn.credits:
        told = ", ".join(map(credit_in_words, turn.credits))
        yield from hanging("facets: ", inert(told), width)
    if leads := _leads(turn, after):
        yield from hanging("leads to: ", inert(leads), width)


def _said(head: str, passage: Passage, width: int) -> Iterator[str]:
    """What was said, with its lines as they were."""
    more = f" [{passage.cut:,} more characters are in the run directory]" if passage.cut else ""
    for line in f"{passage}{more}".splitlines() or [""]:
        yield from hanging(head, line, width)
        head = " " * len(head)


def _leads(turn: TurnView, after: TurnView | None) -> str:
    """The transition that a reply opened."""
    if turn.to is None:
        return "the answer to its question (`clarified`)" if after and after.clarified else ""
    by = f", by `{turn.opened_by}`" if turn.opened_by else ", as planned"
    back = f", {turn.rewind} dropped first" if turn.rewind else ""
    onward = f", whose visits are used up: {after.at}" if after and after.at != turn.to else ""
    return f"{turn.to}{by}{back}{onward}"


def _concluded(view: DialogueView, width: int) -> Iterator[str]:
    verdict = view.verdict
    if verdict is not None:
        yield from wrap(f"Verdict: {verdict_in_words(verdict)}", width)
        if view.quote.text or view.quote.hidden:
            quote = f'"{view.quote.text}"' if view.quote.text else ""
            masked = str(view.quote)[len(view.quote.text) :]
            yield from hanging("quote: ", f"{quote}{masked}".strip(), width)
        for finding in verdict.findings:
            yield from hanging("found: ", finding_in_words(finding), width)
        yield from hanging("judge: ", inert(verdict.judge), width)
    elif view.grade == ERROR:
        yield from wrap(inert(f"No verdict: {view.headline}"), width)
    else:
        yield "No verdict: it was not judged yet"
    yield from hanging("ended: ", ENDS[view.stop], width)
    yield from hanging("key: ", view.key, width)


# --- many of them


@dataclass(frozen=True, slots=True)
class Listed:
    """One dialogue in a table: how it was graded, what decided it, and how long it was."""

    key: str
    verdict: str
    finding: str
    turns: int

    def to_dict(self) -> dict[str, Any]:
        """The line as JSON-able data."""
        return asdict(self)


def in_reading_order(grades: dict[str, str]) -> list[str]:
    """Keys by their grade, what there is most to learn from first; then by scenario and arm."""
    return sorted(grades, key=lambda key: (GRADES.index(grades[key]), place_of_key(key)))


def in_key_order(keys: Iterable[str]) -> list[str]:
    """Keys by scenario and arm, controls last, repeats by their number."""
    return sorted(keys, key=place_of_key)


def place_of_key(key: str) -> tuple[object, ...]:
    """What to order keys by: controls last, repeats by their number."""
    scenario, arm, target, repeat, draw, path = Key.parse(key)
    place = arm_place(arm)
    return place[0], scenario, place, target, repeat, len(draw), draw, path


def list_text(listed: Sequence[Listed], grades: Iterable[str], where: str, width: int = 80) -> str:
    """A table of dialogues; `grades` are those of all that there are, shown or not."""
    counts = Counter(grades)
    blocks = [_counted(counts, where, width), _table(listed, width), _hints(listed, counts, where)]
    texts = ("\n".join(line.rstrip() for line in block) for block in blocks)
    return "\n\n".join(text for text in texts if text) + "\n"


def _counted(counts: Counter[str], where: str, width: int) -> Iterator[str]:
    yield f"DIALOGUES OF {inert(where)}"
    told = ", ".join(f"{counts[grade]:,} {grade}" for grade in GRADES if counts[grade])
    yield from hanging("", told or "none", width)


def _table(listed: Sequence[Listed], width: int) -> Iterator[str]:
    """A line for each; a key that leaves no room for the rest has a line of its own."""
    if not listed:
        return
    heads = ("verdict", "finding", "turns")
    verdict, finding = (
        max(len(head), *(columns(inert(cell)) for cell in cells)) + 2
        for head, cells in zip(
            heads, ([it.verdict for it in listed], [it.finding for it in listed]), strict=False
        )
    )
    room = width - len(INDENT) - verdict - finding - len("turns")
    keys = [inert(it.key) for it in listed]
    fitting = [columns(key) + 2 for key in keys if columns(key) + 2 <= room]
    column = max(len("dialogue") + 2, *fitting, 0)
    rows = [("dialogue", *heads), *((it.key, it.verdict, it.finding, it.turns) for it in listed)]
    for key, *cells in rows:
        key = inert(str(key))
        if columns(key) + 2 > room:
            yield f"{INDENT}{key}"
            key = ""
        graded, found, turns = map(str, cells)
        rest = f"{graded:<{verdict}}{padded(inert(found), finding)}{turns:>5}"
        yield f"{INDENT}{padded(key, column)}{rest}"


def _hints(listed: Sequence[Listed], counts: Counter[str], where: str) -> Iterator[str]:
    more = counts.total() - len(listed)
    if more:
        yield f"{INDENT}and {more:,} more: --most {counts.total()}, or --fail, --scenario, ..."
    if listed:
        yield f"{INDENT}`convsim view {inert(where)} KEY` prints one; a part of its key will do"


def matching(given: str, keys: Iterable[str]) -> list[str]:
    """The keys that somebody may mean, most likely ones only: exact, by their beginning, by a part.

    Whole words of a key come before parts of them: `t1/1` is not `t1/10`.
    """
    words = given.strip("/")
    parts = f"/{words}/"
    found: list[list[str]] = [[], [], [], []]
    for key in keys:
        if key == given:
            return [key]
        whole = f"/{key}/"
        for tier, fits in enumerate(
            (
                whole.startswith(parts),
                parts in whole,
                key.startswith(words),
                words in key,
            )
        ):
            if fits:
                found[tier].append(key)
                break
    return next((tier for tier in found if tier), [])


def nearest(given: str, keys: Iterable[str]) -> list[str]:
    """What somebody who mistyped a key may have meant: as much of keys as was given."""
    length = given.strip("/").count("/") + 1
    said = dict.fromkeys("/".join(key.split("/")[:length]) for key in keys)
    return get_close_matches(given, said, n=3, cutoff=0.5)
