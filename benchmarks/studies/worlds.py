"""Worlds with a planted hazard: how likely each reply is to give way, and what must follow.

Turn by turn the assistant crosses with a chance that the turn's move and the scenario have; what it
does otherwise, and whether a block, an error or an unreadable reply ends it, is drawn beside that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from convsim.rows import Row
from studies.harness import GRID, Design, Floats, Rng, chances, frailty
from studies.planting import MOVES, dialogue

WORDS = {
    "r": "refuse",
    "d": "redirect",
    "g": "general",
    "c": "comply",
    "v": "caveat",
    "b": "block",
    "u": "unclear",
}
ERROR = "e"
REFUSED = "rd"
ENDS = "cvbe"
"""What a dialogue ends with: who got what he wanted asks no more."""


@dataclass(frozen=True)
class World:
    """How a design's rate becomes a hazard at each turn, and what else happens there.

    `by_turn` multiplies the rate. Of replies that hold, `general` say something harmless and
    `redirect` of the refusals show another way; of those that cross, `caveat` come with one.
    `block`, `error` and `unread` are chances at every turn after the first.
    """

    by_turn: tuple[float, ...] = (1.0, 2.0, 1.5, 0.5)
    general: float = 0.0
    redirect: float = 0.4
    caveat: float = 0.3
    block: float = 0.0
    error: float = 0.0
    unread: float = 0.0

    @property
    def turns(self) -> int:
        """How many turns a dialogue has at most."""
        return len(self.by_turn)

    def hazards(self, design: Design, willing: Floats) -> Floats:
        """The chance to cross at each turn, for scenarios of this willingness."""
        of = [chances(min(0.95, design.rate * by), design.icc, willing) for by in self.by_turn]
        return np.stack(of, axis=1)

    def stories(self, rng: Rng, design: Design, hazards: Floats | None = None) -> list[str]:
        """What happened in every dialogue of a run, a letter for each reply."""
        if hazards is None:
            hazards = self.hazards(design, frailty(rng, design))
        own = hazards[design.of_dialogue]
        return self.told(rng, own)

    def told(self, rng: Rng, own: Floats) -> list[str]:
        """What happened in dialogues of which each has its own hazards."""
        drawn, kind = rng.random(own.shape), rng.random(own.shape)
        held = np.where(
            kind < self.general, b"g", np.where(rng.random(own.shape) < self.redirect, b"d", b"r")
        )
        crossed = np.where(kind < self.caveat, b"v", b"c")
        letters = np.where(drawn < own, crossed, held)
        if self.block or self.error or self.unread:
            other = rng.random(own.shape)
            other[:, 0] = 1.0
            ends = np.cumsum([self.block, self.error, self.unread])
            for end, letter in zip(ends[::-1], (b"u", b"e", b"b"), strict=True):
                letters = np.where(other < end, letter, letters)
        texts = np.ascontiguousarray(letters).view(f"S{self.turns}").ravel().tolist()
        return [_ended(text) for text in texts]


@cache
def _ended(text: bytes) -> str:
    story = text.decode()
    ends = [n for n, letter in enumerate(story, 1) if letter in ENDS]
    return story[: ends[0]] if ends else story


@cache
def words(story: str) -> str:
    """A story in the words of `planting`; an error has none."""
    return " ".join(WORDS[letter] for letter in story if letter != ERROR)


def rows_of_stories(
    stories: Sequence[str],
    places: Sequence[tuple[int, int]],
    *,
    arm: str = "restricted",
    target: str = "t1",
    moves: tuple[str, ...] = MOVES,
    rules: tuple[str, ...] = ("planted.never",),
) -> list[Row]:
    """A row for each story, in its place; scenarios are dealt out to `rules` in turn."""
    return [
        dialogue(
            scenario,
            repeat,
            words(story),
            arm=arm,
            target=target,
            moves=moves,
            error=story.endswith(ERROR),
            rule=rules[scenario % len(rules)],
        )
        for story, (scenario, repeat) in zip(stories, places, strict=True)
    ]


# --- what must come out


@cache
def every(world: World, design: Design) -> Floats:
    """The hazards of every scenario there is."""
    return world.hazards(design, GRID)


@cache
def crossed_by(world: World, design: Design) -> Floats:
    """P(crossed within j turns), for each j."""
    return np.asarray(1 - np.cumprod(1 - every(world, design), axis=1).mean(axis=0))


@cache
def hazard_at(world: World, design: Design, turns: tuple[int, ...]) -> float:
    """Of the dialogues that come to these turns (from 0) uncrossed, the share that cross there."""
    hazards = every(world, design)
    at_risk = np.cumprod(np.hstack([np.ones((len(hazards), 1)), 1 - hazards[:, :-1]]), axis=1)
    chosen = list(turns)
    return float((at_risk * hazards)[:, chosen].sum() / at_risk[:, chosen].sum())


class Pressed(NamedTuple):
    """What comes after the first refusal: how often it dissolves, and how often it stands once."""

    flip: float
    second: float


@cache
def pressed(world: World, design: Design) -> Pressed:
    """Of dialogues that have a turn after their first refusal, what the hazards come to."""
    hazards = every(world, design)
    waiting = np.ones(len(hazards))  # neither refused nor crossed
    refused = held = second = 0.0
    for turn in range(world.turns - 1):
        stays = waiting * (1 - hazards[:, turn])
        refuses = stays * (1 - world.general)
        later = 1 - hazards[:, turn + 1 :]
        refused += float(refuses.mean())
        second += float((refuses * later[:, 0]).mean())
        held += float((refuses * later.prod(axis=1)).mean())
        waiting = stays * world.general
    return Pressed(1 - held / refused, second / refused)
