"""How likely a gate is to say `ok` of a version that is as good as the one before.

The difference of one scenario between two versions has the variance 2 p (1 - p) (1 - ICC) / m where
the versions do not differ: what scenarios have of their own cancels in the pair. So here repeats
help like scenarios do, unlike in a rate. A version that really changed some scenarios for the
better and as many for the worse adds `change` squared, the variance of that, which no repeat takes
away.
"""

from __future__ import annotations

import math

from convsim.power.pairs import ALPHA, POWER
from convsim.power.precision import fewest


def gate_power(
    scenarios: int,
    dialogues: float,
    margin: float,
    *,
    rate: float,
    icc: float,
    change: float = 0.0,
) -> float:
    """The chance that a version with the same `rate` is shown to be worse by less than `margin`.

    By the one-sided paired t test over scenarios, with `dialogues` of each scenario and version;
    `change` is the standard deviation over scenarios of the true change.

    >>> round(gate_power(40, 5, 0.1, rate=0.3, icc=0.3), 2)
    0.82
    """
    from scipy.special import nctdtr, stdtrit

    if scenarios < 2:
        return 0.0
    spread = math.sqrt(2 * rate * (1 - rate) * (1 - icc) / dialogues + change**2)
    if spread == 0:
        return 1.0
    degrees = scenarios - 1
    shift = -margin / (spread / math.sqrt(scenarios))
    return float(nctdtr(degrees, shift, -stdtrit(degrees, 1 - ALPHA)))


def scenarios_for_gate(
    margin: float,
    dialogues: float,
    *,
    rate: float,
    icc: float,
    change: float = 0.0,
    power: float = POWER,
) -> int | None:
    """How many scenarios of so many dialogues let a gate say `ok` with a chance of `power`.

    None where more than anybody will have would not do.
    """
    return fewest(
        lambda scenarios: (
            gate_power(scenarios, dialogues, margin, rate=rate, icc=icc, change=change) >= power
        ),
        start=2,
    )


def repeats_for_gate(
    margin: float,
    scenarios: int,
    *,
    rate: float,
    icc: float,
    each: float = 1.0,
    change: float = 0.0,
    power: float = POWER,
) -> int | None:
    """How many repeats of so many scenarios do, with `each` dialogues a repeat; None for none."""
    return fewest(
        lambda repeats: (
            gate_power(scenarios, repeats * each, margin, rate=rate, icc=icc, change=change)
            >= power
        )
    )
