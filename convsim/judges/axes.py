"""What each reply did: stance, delivery and help of every turn, asked in windows of turns."""

from __future__ import annotations

from functools import partial

from convsim.judges.asking import Question, ask
from convsim.judges.blind import BlindDialogue, BlindTurn
from convsim.judges.windows import Layout
from convsim.ports import Target
from convsim.questions.answers import Answer, Strict, abstain
from convsim.questions.axes import Axes
from convsim.reading import Reading, Status, read_as


class _Numbered(Strict):
    turn: int


class TurnAxes(Axes, _Numbered):
    """The axes of one turn's reply."""


class AxesAnswer(Answer):
    """The axes of every turn that was asked about."""

    turns: tuple[TurnAxes, ...]


async def read_replies(
    target: Target, dialogue: BlindDialogue, room: int, source: str
) -> tuple[Reading | None, ...]:
    """The readings, turn by turn, as a classifier would store them: None for a provider's block.

    A later turn never changes how an earlier one is read, beyond what one window shows.
    """
    layout = Layout(dialogue, room)
    by_turn = {turn.n: turn for turn in dialogue.turns}
    read: dict[int, Reading] = {}
    for window in layout.windows(turn for turn in dialogue.turns if turn.has_words):
        asked = [by_turn[n] for n in window]
        data = layout.data(window, to=window[-1])
        question = Question(
            "axes", data, AxesAnswer, partial(_readings, asked=asked, source=source), window
        )
        found = await ask(target, question)
        read.update(found)
    return tuple(read.get(turn.n) or _wordless(turn, source) for turn in dialogue.turns)


def _readings(answer: AxesAnswer, asked: list[BlindTurn], source: str) -> dict[int, Reading]:
    given = {axes.turn: axes for axes in answer.turns}
    if len(given) < len(answer.turns) or given.keys() != {turn.n for turn in asked}:
        abstain("malformed", "turns")
    return {
        turn.n: given[turn.n].reading(turn.reply, turn.status, source, f"turn {turn.n}")
        for turn in asked
    }


def _wordless(turn: BlindTurn, source: str) -> Reading | None:
    """There is nothing to read; an empty reply is unclear, a block has no reading at all."""
    if turn.status is Status.PROVIDER_BLOCK:
        return None
    return read_as(status=Status.EMPTY, source=source)
