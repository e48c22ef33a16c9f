"""Before a run: how short its intervals will be, and what its comparisons will be able to see.

`precision` is about rates, `pairs` about paired comparisons of two versions, `rises` about what
`convsim compare` reports, `gates` about non-inferiority; `assumed` says what all of them need to
know beforehand, from a run or by default, and `outlook` puts it together for one plan.
"""

from convsim.power.assumed import DEFAULTS, Assumed, assumed_of
from convsim.power.gates import gate_power, scenarios_for_gate
from convsim.power.outlook import Outlook, outlook
from convsim.power.pairs import mcnemar_power, pairs_for_gate
from convsim.power.precision import (
    best_repeats,
    design_effect,
    half_width,
    least_half_width,
    reach,
    repeats_for,
    scenarios_for,
)
from convsim.power.rises import Reporting, least_rise, rise_power

__all__ = [
    "DEFAULTS",
    "Assumed",
    "Outlook",
    "Reporting",
    "assumed_of",
    "best_repeats",
    "design_effect",
    "gate_power",
    "half_width",
    "least_half_width",
    "least_rise",
    "mcnemar_power",
    "outlook",
    "pairs_for_gate",
    "reach",
    "repeats_for",
    "rise_power",
    "scenarios_for",
    "scenarios_for_gate",
]
