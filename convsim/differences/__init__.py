"""What changed between two versions of an assistant, and what did not change.

    found = differences([(before, after)])
    for one in found.changed: print(one.metric, one.estimate)

Scenarios are paired, changes are tested by exchanging the two sides, and whatever is reported as
changed is so at a level that holds for everything that was looked at together.

Two versions, or targets, are held against each other here; `comparisons` holds arms and repeats of
one target against each other, and `contrasts` is the arithmetic under both. `gates` decides whether
a difference may pass, `drift` follows a series, and `changes` is all three for stored runs.
"""

from convsim.differences.difference import ALPHA, Difference
from convsim.differences.found import Compared, Differences, differences
from convsim.differences.shift import Shift
from convsim.differences.turned import Turned
from convsim.differences.versions import LeftOut, Matched, Version, matched

__all__ = [
    "ALPHA",
    "Compared",
    "Difference",
    "Differences",
    "LeftOut",
    "Matched",
    "Shift",
    "Turned",
    "Version",
    "differences",
    "matched",
]
