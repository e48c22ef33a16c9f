"""What a mitigation is worth: one model under several prompts and guards, on the same dialogues.

A variant of a target is played beside it in one run, so both meet the same scenarios, arms,
wordings and secrets, and differences are paired by scenario. Two numbers carry the table, and
neither stands alone: what still comes out (under-refusal) and whom it turns away (over-refusal).

The estimand is the *deployed stack*, not the model (`deployed`): what a guard or a provider's
filter keeps back was kept back. The rates of the model alone, in which a block is neither held nor
refused, are the run's own (`rates`).

A variant *dominates* another where it is better in one of the two by an interval without 0, and in
the other not worse by more than `MARGIN`, that of the gates; one that nobody could dominate,
because it is better than each of the others in at least one of the two, is on the Pareto front.
Everything else is undecided: the data do not say. These intervals are Bonferroni's over all pairs
of variants and both numbers, so that among variants that are alike the whole table marks one in at
most 5% of runs.

What it takes is counted from the ledger (`spending`): what the run paid for and waited for.
"""

from convsim.gates import MARGIN
from convsim.mitigations.spending import Spending, Spent
from convsim.mitigations.table import Mitigations, Standing, Variant, mitigations

__all__ = [
    "MARGIN",
    "Mitigations",
    "Spending",
    "Spent",
    "Standing",
    "Variant",
    "mitigations",
]
