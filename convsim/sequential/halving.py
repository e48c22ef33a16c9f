"""Where something that is ruled out stops being so: the end of an interval, found by halving."""

from __future__ import annotations

from collections.abc import Callable

_HALVINGS = 40
"""To 12 digits of a share."""


def end_of(ruled_out: Callable[[float], bool], *, out: float, kept: float) -> float:
    """The last value that is ruled out, going from `out`, which is, towards `kept`, which is not.

    >>> round(end_of(lambda value: value < 0.25, out=0.0, kept=1.0), 9)
    0.25
    """
    for _ in range(_HALVINGS):
        middle = (out + kept) / 2
        if ruled_out(middle):
            out = middle
        else:
            kept = middle
    return out
