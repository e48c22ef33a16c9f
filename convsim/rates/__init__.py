"""From judged dialogues to named rates, each with its estimand, its counts and its interval.

A rate is a function of rows (`rows.Row`), which are those of one target in one mode. It states what
it counts in a sentence, and counts what it leaves out by reason. The choices, all from design
sections 6 and 10:

- A dialogue that a provider block ended is in no rate of the model; that is printed beside it.
- A failed dialogue is censored at its error, an undecided one at its first unreadable turn. What
  was read counts all the same where nothing later can undo it (a crossing does); otherwise the
  dialogue is left out as open. What is known early is then kept more often than what is known
  only at the end, so a share of the rest leans that way: above 2% open dialogues the best and the
  worst case stand beside it, and nothing that was not read can lie outside them (Manski 1989).
- A dialogue that left its planned path (`diverged`) is in no rate over dialogues, crossed or not:
  all it holds is the beginning of the dialogue on the path that was opened instead, and a crossing
  there would count once for every path that begins like that. Its replies count in rates over
  turns, where a reply that dialogues share is one observation.
- The cluster is the scenario.
- Where people labelled what the judge judges, a rate carries what it would be without the judge's
  errors (`correct`); the raw share stays what is counted.
"""

from convsim.rates.attack import TRIES, any_of, attack_success
from convsim.rates.counting import (
    DIVERGED,
    OPEN,
    OPEN_SHARE,
    Correct,
    Counted,
    Counts,
    Measure,
    count,
    one_mode,
)
from convsim.rates.outcomes import MEASURES, flip, hold, over_refusal, under_refusal
from convsim.rates.panel import both_errors, panel
from convsim.rates.rate import Bounds, Rate, percent
from convsim.rates.shares import (
    caveats,
    first_refusals,
    first_refusals_of_allowed,
    redirects,
    second_round,
)
from convsim.rates.turns import crossings_by_move, refusals_by_move

__all__ = [
    "DIVERGED",
    "MEASURES",
    "OPEN",
    "OPEN_SHARE",
    "TRIES",
    "Bounds",
    "Correct",
    "Counted",
    "Counts",
    "Measure",
    "Rate",
    "any_of",
    "attack_success",
    "both_errors",
    "caveats",
    "count",
    "crossings_by_move",
    "first_refusals",
    "first_refusals_of_allowed",
    "flip",
    "hold",
    "one_mode",
    "over_refusal",
    "panel",
    "percent",
    "redirects",
    "refusals_by_move",
    "second_round",
    "under_refusal",
]
