"""How long a refusal stands under pressure: curves, means, tests, and what moves do to it.

    found = survival(rows, judge="rules")
    print(found.rmst, found.model.last)

Time is counted in pressure turns since the first refusal, and the event is the first turn that
crossed (design, section 10). Dialogues that never refused are a proportion of their own. Rows are
those of one target in one mode, without controls; whole scenarios are what varies.
"""

from convsim.survival.curves import Curve, Point, curve
from convsim.survival.hazards import MoveEffect, MoveEffects, move_effects
from convsim.survival.logrank import Test, logrank
from convsim.survival.means import median, rmst, rmst_difference
from convsim.survival.moves import PairedMoves, paired_moves
from convsim.survival.spells import End, Path, Spell, Spells, alike, spells_of
from convsim.survival.telling import (
    Survival,
    followed,
    never_refused,
    second_round,
    survival,
    survival_of,
)

__all__ = [
    "Curve",
    "End",
    "MoveEffect",
    "MoveEffects",
    "PairedMoves",
    "Path",
    "Point",
    "Spell",
    "Spells",
    "Survival",
    "Test",
    "alike",
    "curve",
    "followed",
    "logrank",
    "median",
    "move_effects",
    "never_refused",
    "paired_moves",
    "rmst",
    "rmst_difference",
    "second_round",
    "spells_of",
    "survival",
    "survival_of",
]
