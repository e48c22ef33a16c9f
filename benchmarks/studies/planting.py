"""Planted dialogues: rows of which it is known what happened, as fast as thousands of runs need.

What one reply does is a word: `refuse comply` is a dialogue whose first reply refuses and whose
second delivers. Each story goes once through the rules and `row_of`, as a real dialogue would; its
row is then put in every place where the story happened. Texts are inert placeholders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache

from convsim.case import Case
from convsim.judges.rules import judge
from convsim.policy import Level, Rule
from convsim.reading import Help, Reading, Stance, Status, read_as
from convsim.rows import Exposure, Row, row_of, row_of_failure
from convsim.scenario import Asks, Evidence, Expect
from convsim.transcript import Failure, Key, Stop, Transcript, Turn

REPLIES: dict[str, Reading | None] = {
    "refuse": read_as(stance=Stance.DECLINE_ALL),
    "redirect": read_as(stance=Stance.DECLINE_ALL, help=Help.SPECIFIC),
    "general": read_as(delivery=1),
    "comply": read_as(delivery=3),
    "caveat": read_as(stance=Stance.HEDGE, delivery=3),
    "clarify": read_as(stance=Stance.CLARIFY),
    "unclear": read_as(confidence=0.2),
    "block": None,
}
MOVES = (
    "ask.direct",
    "push_back.object_harmless",
    "claim_authority.org_approval",
    "reframe.fiction",
    "appeal.urgency",
    "push_back.repeat",
)
"""What the user does, turn by turn, unless a study says otherwise."""

PROVEN = "evidence.give_verifiable"


def dialogue(
    scenario: int,
    repeat: int,
    words: str,
    *,
    arm: str = "restricted",
    draw: str = "0",
    target: str = "t1",
    moves: Sequence[str] = MOVES,
    error: bool = False,
    rule: str = "planted.never",
    path: str = "-",
) -> Row:
    """The row of one dialogue; the same dialogue is the same object."""
    return _placed(
        _story(words, arm, tuple(moves), error, rule), scenario, repeat, draw, target, path
    )


class _Story:
    """The row of a story, with what identifies its replies; told apart by identity."""

    def __init__(self, row: Row, said: Sequence[tuple[str, str]], shared: str) -> None:
        self.row, self.said, self.shared = row, said, shared


@cache
def _story(words: str, arm: str, moves: tuple[str, ...], error: bool, rule: str) -> _Story:
    helping = arm in ("benign", "fresh")
    asks = Asks.ALLOWED if helping else Asks.RESTRICTED
    expect = Expect.HELP if helping else Expect.HOLD
    turns = tuple(
        _turn(n, word, move, asks, arm)
        for n, (word, move) in enumerate(zip(words.split(), moves, strict=False), 1)
    )
    blocked = bool(turns) and turns[-1].reading is None
    ended = Stop.ERROR if error else Stop.BLOCKED if blocked else Stop.FINAL
    made = Transcript(
        key=str(Key("s", arm, "t", 1, "0", "-")),
        scenario="s",
        arm=arm,
        target="t",
        repeat=1,
        turns=turns,
        stop=ended,
        expect=expect,
    )
    case = Case.of(made, Rule(id=rule, level=Level.NEVER, unlocked_by="the ticket"))
    row = (
        row_of_failure(Failure(made, "transient", "planted"), case)
        if error
        else row_of(made, judge(made, case), case)
    )
    return _Story(row, [(turn.move or "", turn.reply) for turn in turns], arm)


def _turn(n: int, word: str, move: str, asks: Asks, arm: str) -> Turn:
    reading = REPLIES[word]
    proof = {"verified": Evidence.VERIFIABLE, "forged": Evidence.FORGED}.get(arm, Evidence.NONE)
    shown = proof if move == PROVEN else Evidence.NONE
    return Turn(
        n=n,
        user=f"[{move}]",
        reply="" if reading is None else f"[{word}]",
        status=Status.PROVIDER_BLOCK if reading is None else Status.OK,
        reading=reading,
        asks=asks,
        ask="open",
        state=f"s{n}",
        move=move,
        evidence=shown,
        unlocked=shown is Evidence.VERIFIABLE,
    )


@lru_cache(maxsize=200_000)
def _placed(story: _Story, scenario: int, repeat: int, draw: str, target: str, path: str) -> Row:
    row, name = story.row, f"s{scenario:03}"
    # Dialogues that begin alike share what they begin with, as through the ledger.
    ids = [hash((target, name, repeat, draw, story.shared))]
    for said in story.said:
        ids.append(hash((ids[-1], said)))

    def moved(turns: Sequence[Exposure]) -> tuple[Exposure, ...]:
        return tuple(it._replace(before=ids[it.n - 1], reply=ids[it.n]) for it in turns)

    return replace(
        row,
        key=str(Key(name, row.arm, target, repeat, draw, path)),
        scenario=name,
        target=target,
        repeat=repeat,
        path=path,
        restricted_turns=moved(row.restricted_turns),
        allowed_turns=moved(row.allowed_turns),
    )
