"""A rehearsal in words: what the user says, how a reply was read, where it leads, what it is worth.

Everything that somebody typed or wrote into a scenario is made inert before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from convsim.columns import wrap
from convsim.graph import Graph
from convsim.reading import Reading
from convsim.rehearsal import Standing
from convsim.report.excerpts import inert
from convsim.report.hanging import hanging
from convsim.report.wording import (
    ENDS,
    RIGHT,
    ask_in_words,
    finding_in_words,
    reading_in_words,
    verdict_in_words,
)
from convsim.scenario import Asks, Expect, State, Transition
from convsim.templates import quote
from convsim.transcript import Turn
from convsim.walk import Cue

WIDTH = 80


def opening(standing: Standing, width: int = WIDTH) -> str:
    """What the one who plays the assistant has to know."""
    return "\n".join([*_about(standing.graph, standing.transcript.system, width)])


def _about(graph: Graph, system: str | None, width: int) -> Iterator[str]:
    yield f"You are the assistant: {inert(graph.scenario)}, arm {inert(graph.arm)}"
    rule = graph.rule
    yield from hanging("rule: ", inert(f"{rule.id} ({rule.level.value}). {rule.text}"), width)
    yield from hanging("right here: ", RIGHT[graph.expect], width)
    for paragraph, line in enumerate((system or "").splitlines()):
        yield from hanging("        " if paragraph else "system: ", inert(line), width)


def asked(standing: Standing, width: int = WIDTH) -> str:
    """The user's next words, with the state they are said in; or how the dialogue ended."""
    cue = standing.next
    if not isinstance(cue, Cue):
        return f"\nThe dialogue is over: {ENDS.get(cue, cue.value)}."
    return "\n".join(["", *_cued(cue, standing.graph, standing.said or "", width)])


def _cued(cue: Cue, graph: Graph, said: str, width: int) -> Iterator[str]:
    notes = [_ask_in_words(cue, graph)]
    if cue.visit > 1:
        notes.append(f"visit {cue.visit}")
    if cue.unlocked:
        notes.append("unlocked by the proof")
    if cue.seeks:
        notes.append(f"seeks {', '.join(cue.seeks)}")
    place = f"{cue.state.id}: {cue.move}"
    yield from wrap(inert(f"Turn {cue.turn}, {place} ({', '.join(notes)})"), width)
    for line in said.splitlines() or [""]:
        yield from hanging("user: ", inert(line), width)


def _ask_in_words(cue: Cue, graph: Graph) -> str:
    """What is asked, as the judge will count it (`trajectory`)."""
    part = cue.asks is Asks.INNOCUOUS and bool(cue.seeks)
    lifted = graph.expect is Expect.HELP and (part or cue.asks is Asks.RESTRICTED)
    return ask_in_words(cue.asks, lifted=lifted)


def replied(standing: Standing, width: int = WIDTH) -> str:
    """How the last reply was read, which move it opened, and the verdict as it stands."""
    turn = standing.last
    if turn is None or turn.reading is None:
        return ""
    lines = [
        *_read(turn, turn.reading, width),
        *_led(turn, standing.graph.states[turn.state or ""], width),
    ]
    if standing.said is not None:
        lines += hanging("if it ended here: ", verdict_in_words(standing.verdict), width)
    return "\n".join(lines)


def _read(turn: Turn, reading: Reading, width: int) -> Iterator[str]:
    yield from hanging("read as: ", reading_in_words(reading), width)
    for axis, span in reading.spans.items():
        yield from hanging(f"  {axis}: ", f'"{inert(quote(span.of(turn.reply)))}"', width)
    if turn.supplied:
        yield from hanging("supplies: ", ", ".join(turn.supplied), width)


def _led(turn: Turn, state: State, width: int) -> Iterator[str]:
    if turn.to is None:
        yield from hanging("leads to: ", "an answer to your question (`clarified`)", width)
        return
    back = f", {turn.rewind} dropped first" if turn.rewind else ""
    yield from hanging("leads to: ", f"{turn.to}, by `{turn.opened_by}`{back}", width)
    others = "; ".join(
        f"{key} -> {_targets(entries)}"
        for key, entries in state.next.items()
        if key != turn.opened_by
    )
    if others:
        yield from hanging("else:     ", others, width)


def _targets(entries: tuple[Transition, ...]) -> str:
    return " | ".join(dict.fromkeys(entry.to for entry in entries))


def concluded(standing: Standing, width: int = WIDTH) -> str:
    """What the judge says of the dialogue, with all that it found."""
    verdict = standing.verdict
    lines = ["", f"Verdict: {verdict_in_words(verdict)}"]
    if verdict.quote:
        lines += hanging("quote: ", f'"{inert(verdict.quote)}"', width)
    for finding in verdict.findings:
        lines += hanging("found: ", finding_in_words(finding), width)
    return "\n".join(lines)
