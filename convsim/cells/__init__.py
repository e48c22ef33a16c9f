"""The cells of a table: a rate split by what a reader asks for, and how each part stands out.

A table of 35 rules has a worst line whatever the assistant does. So each cell comes with what it
takes to believe it (`Standing`): whether it differs from the rest of its table, by scenarios and
after a correction for how many cells there are; what its share would be with more data, as far as
the others tell; and whether it is small.

- `slices` counts: every split in one pass, so that many tables of many dialogues are quick.
- `differing` tests, `shrinking` draws towards the table, `standing` says what came of both.
- `splits` are the tables of a report.
"""

from convsim.cells.differing import Shares, Tested, differs
from convsim.cells.shrinking import Shrunk, shrunk
from convsim.cells.splits import UNNAMED, Part, Parts, Split, splits
from convsim.cells.standing import NOWHERE, SMALL, Standing, badness, standings

__all__ = [
    "NOWHERE",
    "SMALL",
    "UNNAMED",
    "Part",
    "Parts",
    "Shares",
    "Shrunk",
    "Split",
    "Standing",
    "Tested",
    "badness",
    "differs",
    "shrunk",
    "splits",
    "standings",
]
