"""Coverage: how much of each scenario's graph the dialogues went through, and why not more.

`things` are what there is to cover, `reach` says what could have been, `until` when it is enough,
`gathered` collects it from dialogues, and `account` says what is missing and what would open it.
"""

from convsim.coverage.account import MOVES_MET, Account, Cell, Missing, Share, Why
from convsim.coverage.gathered import Gathered
from convsim.coverage.reach import Play, reachable, scheduled
from convsim.coverage.things import Measure, Met, Pair, Thing, Things, Transition, covered, written
from convsim.coverage.until import Coverage, Until, shares_in

__all__ = [
    "MOVES_MET",
    "Account",
    "Cell",
    "Coverage",
    "Gathered",
    "Measure",
    "Met",
    "Missing",
    "Pair",
    "Play",
    "Share",
    "Thing",
    "Things",
    "Transition",
    "Until",
    "Why",
    "covered",
    "reachable",
    "scheduled",
    "shares_in",
    "written",
]
