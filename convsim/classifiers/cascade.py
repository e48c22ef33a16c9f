"""Two classifiers in a row: a cheap one first, a dear one for what the first is not certain of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from convsim.classifiers.abstaining import reason_of
from convsim.errors import InputError
from convsim.ports import Classifier
from convsim.reading import FLIP_BAR, Label, Reading, Status
from convsim.transcript import Message, Reply

BELOW = FLIP_BAR
"""What is less certain than this is passed on: no flip may rest on it."""

UNSETTLED = ":unsettled"
"""In the source of a reading that stands because the second classifier had none; after it, why."""

_NO_TEXT = (Status.EMPTY, Status.PROVIDER_BLOCK, Status.ERROR)


@dataclass(slots=True)
class Passing:
    """How many replies were read, how many of them went on to the second classifier, and how many
    of those it could not read either."""

    read: int = 0
    passed_on: int = 0
    unsettled: int = 0


def check_bar(below: float) -> None:
    """Raise `InputError` where the bar of a cascade is none."""
    if not (isfinite(below) and 0 <= below <= 1):
        raise InputError(
            f"the bar of a cascade is {below:g}; it is a confidence, from 0 (the second classifier "
            "reads only what is unclear to the first) to 1 (all but the certain)"
        )


class Cascade:
    """The reading of `first`, unless its confidence is below the bar or it is unclear; then `then`.

        classifier = Cascade(RulesClassifier(), AskingClassifier(target), below=0.7)

    Where the second is unclear as well (a model that abstains is), the first one's reading stands,
    and its source says so: it ends in `:unsettled`, or in `:unsettled-truncated` and the like where
    the second gave a reason. A failed call of the second raises. A reply without text is not passed
    on. `passing` counts, over every copy that `of` makes.
    """

    def __init__(
        self,
        first: Classifier,
        then: Classifier,
        below: float = BELOW,
        *,
        passing: Passing | None = None,
    ) -> None:
        check_bar(below)
        self.first = first
        self.then = then
        self.below = float(below)
        self.passing = passing or Passing()

    def __repr__(self) -> str:
        return f"Cascade({self.first!r}, {self.then!r}, below={self.below:g})"

    @property
    def name(self) -> str:
        """Both names and the bar."""
        return f"{_name(self.first)}.below-{self.below!r}.{_name(self.then)}"

    @property
    def parts(self) -> tuple[Classifier, ...]:
        """The first classifier, and the one that reads what is passed on."""
        return (self.first, self.then)

    def of(self, parts: Sequence[Classifier]) -> Cascade:
        """The same cascade of other classifiers, counting together with this one."""
        first, then = parts
        return Cascade(first, then, self.below, passing=self.passing)

    async def read(
        self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        """What `reply` did, by the first or the second classifier."""
        self.passing.read += 1
        reading = await self.first.read(messages, reply, objective=objective)
        if self._settles(reading):
            return reading
        self.passing.passed_on += 1
        second = await self.then.read(messages, reply, objective=objective)
        if second.label is not Label.UNCLEAR:
            return second
        self.passing.unsettled += 1
        why = reason_of(second)
        end = UNSETTLED if why is None else f"{UNSETTLED}-{why}"
        return replace(reading, source=f"{reading.source}{end}")

    def _settles(self, reading: Reading) -> bool:
        clear = reading.label is not Label.UNCLEAR and reading.confidence >= self.below
        return clear or reading.status in _NO_TEXT


def _name(classifier: Classifier) -> str:
    return str(getattr(classifier, "name", type(classifier).__name__))
