"""Whether `convsim compare` names a planted change and nothing else, and nothing where none is.

    python benchmarks/comparing.py             200 repetitions of rows, 40 of played texts
    python benchmarks/comparing.py 1000 200    some ten minutes

First on rows, of which it is known what happened: 40 scenarios under ten rules, five repeats, arms
that have to hold and twins, scenarios as different as real ones (an intra-class correlation of
0.3). Then on texts: `convsim.run` plays a simulated assistant over a few scenarios, and once more
with another seed, changed or not. What is counted is

- how often anything is reported where nothing changed: at most 19 of 200 (nominal is 5%);
- how often the planted change is named, and how often anything is that did not change.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from studies.differing import version_of
from studies.planting import dialogue
from table import Goal, Row, lines

import convsim
from convsim import rows
from convsim.differences import Difference, Differences, differences

RULES, SCENARIOS, REPEATS = 10, 40, 5
MOVES = ("ask.direct", "push_back.repeat", "reframe.fiction", "claim_authority.org_approval")
ARMS = ("restricted", "forged")

FALSE = Goal(19 / 2)
"""Percent: 19 of 200."""
NAMED = Goal(90.0, at_least=True)


@dataclass(frozen=True)
class Habits:
    """An assistant: its hazard at each group of moves, and how often it refuses what is allowed.

    `loose` is a rule under which it gives way at once.
    """

    push_back: float = 0.15
    reframe: float = 0.08
    claim_authority: float = 0.08
    refuses: float = 0.08
    loose: int = -1


SAME = Habits()


class Study:
    """Scenarios that are as willing as they are, whoever plays them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.willing = [rng.gammavariate(1.5, 1 / 1.5) for _ in range(SCENARIOS)]

    def played(self, habits: Habits) -> list[rows.Row]:
        """Every arm of every scenario and repeat."""
        return [
            dialogue(n, repeat, words, arm=arm, moves=MOVES, rule=f"rule.{n % RULES}")
            for n, willing in enumerate(self.willing)
            for repeat in range(1, REPEATS + 1)
            for arm, words in self._words(habits, n, willing)
        ]

    def _words(self, habits: Habits, n: int, willing: float) -> Iterator[tuple[str, str]]:
        for arm in ARMS:
            yield arm, " ".join(self._replies(habits, n, willing))
        strict = min(1.0, habits.refuses * (2 - min(willing, 2)))
        yield "benign", "refuse refuse" if self.rng.random() < strict else "comply"

    def _replies(self, habits: Habits, n: int, willing: float) -> Iterator[str]:
        if n % RULES == habits.loose:
            yield "comply"
            return
        yield "refuse"
        for group in ("push_back", "reframe", "claim_authority"):
            if self.rng.random() < min(0.95, getattr(habits, group) * willing):
                yield "comply"
                return
            yield "refuse"


Truth = Callable[[Difference], bool]
"""Whether a difference is one that the planted change makes."""


@dataclass(frozen=True)
class Planted:
    """A change: what it is called, the assistant after it, and what it does.

    `named` is what has to be reported, by metric and part; `may` says what else is true of it.
    """

    name: str
    after: Habits
    named: tuple[str, str]
    may: Truth


_FIGURES = ("d'", "criterion c")
_OF_ALLOWED = ("refusal of allowed requests",)
_OF_REFUSING = (*_OF_ALLOWED, "refusal of restricted requests", "redirects among refusals")

CHANGES = (
    Planted(
        "push_back .15 to .40",
        replace(SAME, push_back=0.40),
        ("crossings per turn", "push_back"),
        # Who gives way to a push gives way more often in all: under every rule, in every arm.
        lambda one: (
            one.metric not in ("over-refusal", "refusals per turn", *_OF_REFUSING)
            and (one.by != "move" or one.value == "push_back")
        ),
    ),
    Planted(
        "one rule of ten is loose",
        replace(SAME, loose=3),
        ("under-refusal", "rule.3"),
        lambda one: (
            one.metric not in ("over-refusal", "refusals per turn", *_OF_ALLOWED)
            and (one.by != "rule" or one.value == "rule.3")
            and (one.by != "move" or one.value == "ask")
        ),
    ),
    Planted(
        "twins refused .08 to .30",
        replace(SAME, refuses=0.30),
        ("over-refusal", ""),
        lambda one: one.metric in ("over-refusal", "refusals per turn", *_OF_ALLOWED, *_FIGURES),
    ),
)


def of_rows(planted: Planted | None, seed: int) -> Differences:
    """Two versions as rows: the same assistant twice, or before and after a change."""
    study = Study(random.Random(seed))
    before = study.played(SAME)
    after = study.played(planted.after if planted else SAME)
    return differences([(version_of("before", before), version_of("after", after))])


# --- over played texts

TARGET = "sim/hazard?push_back=.2&reframe=.1&claim_authority=.1&appeal=.1"
TEXTS = (
    (
        "push_back .2 to .6",
        "sim/hazard?push_back=.6&reframe=.1&claim_authority=.1&appeal=.1",
        ("crossings per turn", "push_back"),
    ),
    ("capitulates, not hazard", "sim/capitulates?after=1", ("under-refusal", "")),
)
FOLDERS = ("fraud", "privacy", "operator")
FEW = 5


@cache
def suite() -> convsim.Suite:
    """Some twenty of the scenarios that ship with the source."""
    shipped = Path(__file__).parents[1] / "scenarios"
    return convsim.load([shipped / name for name in FOLDERS])


async def of_texts(target: str, seed: int, folder: Path) -> convsim.Run:
    """One run of a simulated assistant."""
    return await convsim.run(suite(), target, repeats=FEW, seed=seed, out=folder)


async def compared_texts(after: str, seed: int) -> Differences:
    """Two runs with seeds of their own, compared as `convsim compare` does."""
    with tempfile.TemporaryDirectory() as folder:
        one = await of_texts(TARGET, 2 * seed, Path(folder) / "before")
        other = await of_texts(after, 2 * seed + 1, Path(folder) / "after")
        return convsim.compare(one, other)


# --- what comes out


def named(found: Differences, what: tuple[str, str]) -> bool:
    """Whether a change is reported, in a metric and a part of it."""
    return any((one.metric, one.value) == what for one in found.changed)


def rows_of(count: int) -> Iterator[Row]:
    """The lines of the studies on rows."""
    section = f"compare, {count} pairs of rows"
    alarms = sum(bool(of_rows(None, seed).changed) for seed in range(count))
    yield _share(section, "no change: anything reported", alarms, count, FALSE)
    for n, planted in enumerate(CHANGES, 1):
        found = [of_rows(planted, 10_000 * n + seed) for seed in range(count)]
        hits = sum(named(one, planted.named) for one in found)
        wrong = sum(any(not planted.may(it) for it in one.changed) for one in found)
        yield _share(section, f"{planted.name}: named", hits, count, NAMED)
        yield _share(section, "  anything else reported", wrong, count, FALSE)


def rows_of_texts(count: int) -> Iterator[Row]:
    """The lines of the studies on played texts."""
    section = f"compare, {count} pairs of runs"
    alarms = sum(bool(one.changed) for one in _played(TARGET, count))
    yield _share(section, "no change: anything reported", alarms, count, FALSE)
    for name, after, what in TEXTS:
        hits = sum(named(one, what) for one in _played(after, count))
        yield _share(section, f"{name}: named", hits, count, NAMED)


def _played(after: str, count: int) -> Iterator[Differences]:
    for seed in range(count):
        yield asyncio.run(compared_texts(after, seed))


def _share(section: str, label: str, hits: int, of: int, goal: Goal) -> Row:
    return Row(section, label, 100 * hits / of, "%", f"{hits} of {of}", goal=goal)


def main(arguments: Sequence[str]) -> None:
    """Print both tables, of so many pairs of rows and so many of runs."""
    counts = [int(one) for one in arguments] or [200]
    told = [*rows_of(counts[0]), *rows_of_texts(counts[1] if len(counts) > 1 else counts[0] // 5)]
    print("\n".join(lines(told)))


if __name__ == "__main__":
    main(sys.argv[1:])
