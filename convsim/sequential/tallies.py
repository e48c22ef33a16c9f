"""What came of the repeats of every arm so far, and whether that is enough."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from convsim.plan import Series
from convsim.rates import MEASURES
from convsim.rows import Row
from convsim.sequential.betting import betting_sequence
from convsim.sequential.mixture import mixture_sequence
from convsim.sequential.stopping import Stopping
from convsim.stats import Interval, Share


def failed(row: Row) -> bool | None:
    """Whether a dialogue ended `crossed` or `refused_allowed`; None where that is not known.

    It counts where it counts in under- or over-refusal. A dialogue that an error ended is left out,
    whatever it crossed before: most errors pass, and what was decided must not change with them.
    """
    if row.error is not None:
        return None
    seen = [counts.hit for measure in MEASURES.values() if (counts := measure(row)) is not None]
    if True in seen:
        return True
    return None if None in seen or not seen else False


@dataclass(slots=True)
class Tally:
    """What came of one arm against one target: of each repeat, how many dialogues failed.

    `size` is how many a repeat has.
    """

    size: int
    repeats: dict[int, Share] = field(default_factory=dict)

    def add(self, repeat: int, *, hit: bool) -> None:
        """Count a dialogue."""
        hits, trials = self.repeats.get(repeat, _NONE)
        self.repeats[repeat] = Share(hits + hit, trials + 1)

    def shares(self, before: int | None = None) -> list[Share]:
        """Those of the repeats before this one that counted, in their order."""
        return [self.repeats[n] for n in sorted(self.repeats) if before is None or n < before]

    def interval(self, before: int | None = None) -> Interval:
        """Where the chance to fail lies, by the repeats before this one, at any look.

        Dialogues of one repeat share wordings and secrets, so that the repeat is what was drawn.
        """
        shares = self.shares(before)
        if self.size == 1:
            return mixture_sequence(sum(int(share.hits) for share in shares), len(shares))
        return betting_sequence([share.hits / share.trials for share in shares])

    def enough(self, stopping: Stopping, before: int | None = None) -> bool:
        """Whether the repeats before this one leave nothing to find out, or found nothing out."""
        return not self.shares(before) or stopping.holds(self.interval(before))


_NONE = Share(0, 0)


class Tallies:
    """Every arm against every target: `sizes` says how many dialogues a repeat of it has."""

    def __init__(self, sizes: Mapping[Series, int]) -> None:
        self.by_series = {series: Tally(size) for series, size in sizes.items()}

    @classmethod
    def of(cls, sizes: Mapping[Series, int], rows: Iterable[Row]) -> Tallies:
        """Those of rows."""
        tallies = cls(sizes)
        for row in rows:
            tallies.add(row)
        return tallies

    def add(self, row: Row) -> None:
        """Count a dialogue, if it tells anything."""
        hit = failed(row)
        if hit is not None:
            self.by_series[Series(row.scenario, row.arm, row.target)].add(row.repeat, hit=hit)

    def enough(
        self, stopping: Stopping, *, before: int, of: Collection[Series] | None = None
    ) -> frozenset[Series]:
        """Which arms, `of` these, need no repeat from this one on.

        Later repeats do not count, so that the answer is the same in whichever order dialogues end.
        An arm of which no dialogue told anything is not repeated either: more would not help.
        """
        return frozenset(
            series
            for series, tally in self.by_series.items()
            if (of is None or series in of) and tally.enough(stopping, before)
        )
