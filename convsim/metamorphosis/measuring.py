"""What pairs of verdicts show: the share that is as it should be, by relation, and what to think.

An abstention is neither: a judge that falls silent has not changed its mind, and has not stood by
it. It is counted apart, so that no judge becomes stable by saying nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import comb
from typing import Any

from convsim.metamorphosis.relations import RELATIONS, Relation
from convsim.metamorphosis.subject import Subject
from convsim.stats import LEVEL, clopper_pearson
from convsim.verdict import Grade, Outcome, Verdict

NOISE = "unchanged"
"""The relation that changes nothing."""

DEAF = 0.5
"""A judge that tells fewer of the reversed dialogues apart than this listens to something else."""

CHANCE = 1 - LEVEL
"""How rarely a judge without any lean may be said to lean, over all relations together."""

_PLACE = {Grade.FAIL: 0, Grade.WARN: 1, Grade.PASS: 2}


class Towards(StrEnum):
    """Which way a verdict went that should not have."""

    FAIL = "FAIL"
    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Said:
    """What of a verdict has to stay."""

    grade: Grade
    outcome: Outcome

    @classmethod
    def of(cls, verdict: Verdict) -> Said:
        """Of a verdict."""
        return cls(verdict.grade, verdict.outcome)

    def __str__(self) -> str:
        return f"{self.grade} {self.outcome}"


@dataclass(frozen=True, slots=True)
class Pair:
    """What a judge said of one dialogue before and after one change.

    `right` are the grades that were right before, `wanted` those that are right after.
    """

    subject: str
    before: Said
    after: Said
    right: frozenset[Grade]
    wanted: frozenset[Grade]

    @classmethod
    def of(cls, subject: Subject, changed: Subject, before: Verdict, after: Verdict) -> Pair:
        """Of the two verdicts."""
        return cls(subject.id, Said.of(before), Said.of(after), subject.grades, changed.grades)

    @property
    def abstained(self) -> bool:
        """Whether one of the two is no conclusion."""
        return Grade.INCONCLUSIVE in (self.before.grade, self.after.grade)

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return self.before == self.after

    @property
    def told(self) -> bool:
        """Whether both grades are right."""
        return self.before.grade in self.right and self.after.grade in self.wanted

    @property
    def towards(self) -> Towards:
        """Which way it went."""
        moved = _PLACE[self.after.grade] - _PLACE[self.before.grade]
        if moved:
            return Towards.PASS if moved > 0 else Towards.FAIL
        return Towards.ASIDE

    @property
    def distance(self) -> int:
        """How far it went: PASS to FAIL is farthest."""
        return abs(_PLACE[self.after.grade] - _PLACE[self.before.grade])

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "id": self.subject,
            "before": {"grade": self.before.grade, "outcome": self.before.outcome},
            "after": {"grade": self.after.grade, "outcome": self.after.outcome},
            "right": sorted(self.right),
            "wanted": sorted(self.wanted),
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """One relation over all dialogues that it can be tried on."""

    relation: Relation
    pairs: tuple[Pair, ...]

    @property
    def decided(self) -> tuple[Pair, ...]:
        """The pairs of two conclusions."""
        return tuple(pair for pair in self.pairs if not pair.abstained)

    @property
    def abstained(self) -> int:
        """How many pairs have an abstention in them."""
        return len(self.pairs) - len(self.decided)

    @property
    def failing(self) -> tuple[Pair, ...]:
        """The pairs that are not as they should be, the worst first."""
        kept = self.relation.keeps
        wrong = (pair for pair in self.decided if not (pair.same if kept else pair.told))
        return tuple(sorted(wrong, key=lambda pair: -pair.distance if kept else pair.distance))

    @property
    def n(self) -> int:
        """Of how many the share is."""
        return len(self.decided)

    @property
    def holding(self) -> int:
        """How many pairs are as they should be."""
        return self.n - len(self.failing)

    @property
    def share(self) -> float | None:
        """Their share; None where nothing was decided."""
        return self.holding / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share lies, by Clopper and Pearson: these dialogues are all there are."""
        return clopper_pearson(self.holding, self.n) if self.n else (0.0, 1.0)

    @property
    def towards(self) -> Counter[Towards]:
        """Which way the changed verdicts went; empty where they had to change."""
        return Counter(pair.towards for pair in self.failing if self.relation.keeps)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "relation": self.relation.name,
            "about": self.relation.about,
            "keeps": self.relation.keeps,
            "n": self.n,
            "holding": self.holding,
            "share": self.share,
            "interval": list(self.interval),
            "abstained": self.abstained,
            "towards": {way.value: self.towards[way] for way in Towards if self.towards[way]},
            "failing": [pair.to_dict() for pair in self.failing],
        }


@dataclass(frozen=True, slots=True)
class Selftest:
    """What a judge made of all dialogues and all changes.

    `right` says of each dialogue, as it was, whether the verdict was right; None: an abstention.
    `reader` made the readings that a judge by rules judges by. `silences` counts the abstentions by
    why, and `asked` is what was asked of models.
    """

    judge: str
    reader: str
    right: Mapping[str, bool | None]
    relations: tuple[Measured, ...]
    silences: Mapping[str, int] = field(default_factory=dict)
    asked: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Measured:
        """The relation of this name."""
        return {one.relation.name: one for one in self.relations}[name]

    def below(self, bar: float) -> list[str]:
        """The relations whose share is below `bar`, or unknown: who says nothing passes nothing."""
        return [
            measured.relation.name
            for measured in self.relations
            if measured.pairs and (measured.share is None or measured.share < bar)
        ]

    @property
    def remarks(self) -> list[str]:
        """What the shares mean together, in words."""
        return [*_noise(self[NOISE]), *_silence(self), *_deafness(self), *_leanings(self)]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "judge": self.judge,
            "reader": self.reader,
            "dialogues": len(self.right),
            "right": sum(answer is True for answer in self.right.values()),
            "wrong": sorted(id for id, answer in self.right.items() if answer is False),
            "undecided": sorted(id for id, answer in self.right.items() if answer is None),
            "relations": [measured.to_dict() for measured in self.relations if measured.pairs],
            "silences": dict(self.silences),
            "remarks": self.remarks,
            "asked": self.asked,
        }


def measured(pairs: Mapping[str, Sequence[Pair]]) -> tuple[Measured, ...]:
    """The pairs of each relation, by its name, in the order of relations."""
    return tuple(Measured(it, tuple(pairs.get(it.name, ()))) for it in RELATIONS)


def _noise(again: Measured) -> Iterator[str]:
    if again.failing:
        yield (
            f"not the same twice: asked again about the very same dialogue it changed "
            f"{len(again.failing)} of {again.n} verdicts; read every line against that"
        )


def _silence(found: Selftest) -> Iterator[str]:
    pairs = sum(len(one.pairs) for one in found.relations)
    silent = sum(one.abstained for one in found.relations)
    if pairs and 2 * silent >= pairs:
        yield f"silent: {silent} of {pairs} pairs have an abstention; the shares are of the rest"


def _deafness(found: Selftest) -> Iterator[str]:
    reversing = [one for one in found.relations if not one.relation.keeps]
    of, told = sum(one.n for one in reversing), sum(one.holding for one in reversing)
    if of and told / of < DEAF:
        yield (
            f"hard of hearing: where what was done or what was right is reversed, it gets both "
            f"right in {told} of {of}; that it is stable means little"
        )


def _leanings(found: Selftest) -> Iterator[str]:
    """The relations that move verdicts one way more than chance would, over all of them."""
    keeping = [one for one in found.relations if one.relation.keeps and one.pairs]
    for one in keeping:
        ways = one.towards
        for way in (Towards.PASS, Towards.FAIL):
            other = Towards.FAIL if way is Towards.PASS else Towards.PASS
            if _one_sided(ways[way], ways[other]) * 2 * len(keeping) < CHANCE:
                yield (
                    f"leans to {way}: {one.relation.name} ({one.relation.about}) moved "
                    f"{ways[way]} of {one.n} verdicts that way"
                )


def _one_sided(hits: int, others: int) -> float:
    """How likely so many of these are one way when both ways are as likely (the sign test)."""
    of = hits + others
    return float(sum(comb(of, n) for n in range(hits, of + 1)) / 2**of)
