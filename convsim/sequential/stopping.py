"""When an arm was repeated often enough: its interval is short, or a question is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Self

from convsim.errors import InputError
from convsim.power.precision import fewest
from convsim.sequential.mixture import mixture_sequence
from convsim.stats import Interval

SLICE = 5
"""How many repeats every arm has before anything is decided, unless somebody says otherwise.

As many as a run has by default. They are played whatever comes of them, so that what is counted
over them depends on no look; beyond five, repeats hardly shorten intervals over scenarios anyway.
"""

MORE_OFTEN_THAN_NOT = 0.5
"""What `decided` asks without a bar."""

_SPACING = 10
"""A look comes when the repeats have grown by a tenth. A look waits for all its dialogues, so that
one after every repeat of a few arms would leave most of the workers idle."""

_FAR = 100_000
"""A condition that so many repeats cannot meet is not told apart from one that nothing can."""

_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(%?)")


class Aim(StrEnum):
    """What ends the repeats of an arm."""

    WIDTH = "width"
    """Its interval reaches at most so far to either side."""
    DECIDED = "decided"
    """Its interval lies on one side of a bar."""


@dataclass(frozen=True)
class Stopping:
    """Stop repeating an arm when its interval is at most `bar` to either side, or not around it."""

    aim: Aim
    bar: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `width=.05`, `width=5%`, `decided` or `decided=10%` says.

        Raises `InputError` for anything else.
        """
        name, equals, value = (part.strip() for part in text.partition("="))
        found = _NUMBER.fullmatch(value)
        number = float(found[1]) / (100 if found[2] else 1) if found else None
        if name == Aim.WIDTH and number is not None and 0 < number < 0.5:
            return cls(Aim.WIDTH, number)
        if name == Aim.DECIDED and not equals:
            return cls(Aim.DECIDED, MORE_OFTEN_THAN_NOT)
        if name == Aim.DECIDED and number is not None and 0 < number < 1:
            return cls(Aim.DECIDED, number)
        raise InputError(
            f"{text!r} is no condition to stop at; allowed: width=W, where intervals reach at most "
            "W to either side (above 0 and below 0.5: width=0.05 or width=5%), or decided=BAR, "
            "where they lie below or above BAR (between 0 and 1: decided=0.1 or decided=10%; "
            "decided alone is decided=0.5)"
        )

    def __str__(self) -> str:
        return f"{self.aim}={self.bar:g}"

    def holds(self, interval: Interval) -> bool:
        """Whether an arm with this interval needs no further repeat."""
        if self.aim is Aim.WIDTH:
            return interval.high - interval.low <= 2 * self.bar
        return not interval.low <= self.bar <= interval.high

    @cached_property
    def least(self) -> int | None:
        """The fewest repeats that can meet it, all of them alike; None where none can."""
        return fewest(self._met_by, most=_FAR)

    def _met_by(self, repeats: int) -> bool:
        return any(self.holds(mixture_sequence(hits, repeats)) for hits in (0, repeats))


def stretches(slice_: int, repeats: int) -> Iterator[range]:
    """The repeats between two looks: first the slice, then a tenth of what there was so far.

    >>> [len(stretch) for stretch in stretches(5, 30)]
    [5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    """
    first, size = 1, min(slice_, repeats)
    while size > 0:
        yield range(first, first + size)
        first += size
        size = min(max(1, (first - 1) // _SPACING), repeats - first + 1)
