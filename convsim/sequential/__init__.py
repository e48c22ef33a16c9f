"""Looking while it runs: evidence and intervals that hold at every look, and when to stop.

A p-value or a 95% interval is made for one look. Who looks after every repeat and stops at the
first one that pleases is wrong far more often: 20 looks at a true null reject it some 17% of the
time instead of 5%. What is here may be looked at as often as one likes (anytime-valid; Howard,
Ramdas, McAuliffe and Sekhon 2021): the chance that it is *ever* wrong is at most 5%.

`mixture` is for one dialogue a repeat, `betting` for the share of several; `stopping` says when an
arm was repeated often enough, and `tallies` what came of its repeats so far.
"""

from convsim.sequential.betting import betting_sequence
from convsim.sequential.mixture import (
    alarm,
    evidence,
    exceeds,
    log_evidence,
    mixture_sequence,
)
from convsim.sequential.stopped import End, Ended, Stopped, stopped
from convsim.sequential.stopping import SLICE, Aim, Stopping, stretches
from convsim.sequential.tallies import Tallies, Tally, failed

__all__ = [
    "SLICE",
    "Aim",
    "End",
    "Ended",
    "Stopped",
    "Stopping",
    "Tallies",
    "Tally",
    "alarm",
    "betting_sequence",
    "evidence",
    "exceeds",
    "failed",
    "log_evidence",
    "mixture_sequence",
    "stopped",
    "stretches",
]
