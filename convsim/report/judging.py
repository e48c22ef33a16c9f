"""How a judge worked, beside what it concluded: agreement inside a panel, and with the router."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from convsim.rates import percent
from convsim.reading import Reading
from convsim.transcript import Transcript
from convsim.verdict import Verdict, Vote


@dataclass(slots=True)
class Agreement:
    """How often two say the same, of how often both say something."""

    same: int = 0
    of: int = 0

    def add(self, same: bool) -> None:
        """One more case."""
        self.same += same
        self.of += 1

    @property
    def share(self) -> float | None:
        """The raw share; None of nothing."""
        return self.same / self.of if self.of else None

    def __str__(self) -> str:
        return "none" if self.share is None else f"{percent(self.share)}% ({self.same}/{self.of})"

    def to_dict(self) -> dict[str, Any]:
        """The counts and the share."""
        return {"same": self.same, "of": self.of, "share": self.share}


@dataclass(slots=True)
class Judging:
    """What one judge's verdicts tell of its work.

    `votes` counts the dialogues that all judges of a panel graded alike, `pairs` the same for each
    two of them; who abstained is no part of either, and counted in `silent`. `read` counts the
    replies that the judge read as the router did, of those that both read; `details` why it
    abstained.
    """

    votes: Agreement = field(default_factory=Agreement)
    pairs: dict[tuple[str, str], Agreement] = field(default_factory=dict)
    silent: Counter[str] = field(default_factory=Counter)
    read: Agreement = field(default_factory=Agreement)
    details: Counter[str] = field(default_factory=Counter)

    def add(self, transcript: Transcript, verdict: Verdict) -> None:
        """One more verdict."""
        self._add_votes(verdict.votes)
        for routed, own in read_twice(transcript, verdict.readings):
            self.read.add(routed.label is own.label)
        if verdict.reason == "abstained" and verdict.detail:
            self.details[verdict.detail.partition(":")[0]] += 1

    def _add_votes(self, votes: Sequence[Vote]) -> None:
        self.silent.update(vote.judge for vote in votes if vote.reason == "abstained")
        spoken = [vote for vote in votes if vote.reason != "abstained"]
        if len(spoken) > 1:
            self.votes.add(len({vote.grade for vote in spoken}) == 1)
        for one, other in combinations(spoken, 2):
            pair = self.pairs.setdefault((one.judge, other.judge), Agreement())
            pair.add(one.grade is other.grade)

    def facts(self) -> dict[str, str]:
        """The same in words; nothing where there is nothing to tell."""
        told = {}
        if self.votes.of:
            told["judges agree"] = f"{self.votes} of the dialogues that several concluded on"
        if len(self.pairs) > 1:
            pairs = (f"{one} and {other} {pair}" for (one, other), pair in self.pairs.items())
            told["two by two"] = "; ".join(pairs)
        if self.silent:
            counts = (f"{judge} on {count}" for judge, count in self.silent.most_common())
            told["silent"] = f"{', '.join(counts)} dialogues"
        if self.read.of:
            otherwise = self.read.of - self.read.same
            told["judge read"] = (
                f"{otherwise} of {self.read.of} replies otherwise than the router "
                f"({percent(otherwise / self.read.of)}%); rates by turn are by the judge's readings"
            )
        if self.details:
            counts = (f"{why} {count}" for why, count in self.details.most_common())
            told["judge abstained"] = ", ".join(counts)
        return told

    def to_dict(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "votes": self.votes.to_dict(),
            "pairs": [
                {"judges": list(pair), **agreement.to_dict()}
                for pair, agreement in self.pairs.items()
            ],
            "silent": dict(self.silent),
            "readings": self.read.to_dict(),
            "abstained": dict(self.details),
        }


def read_twice(
    transcript: Transcript, readings: Sequence[Reading | None] | None
) -> list[tuple[Reading, Reading]]:
    """The replies that both the router and the judge read: its reading and the judge's."""
    pairs = zip(transcript.turns, readings or (), strict=False)
    return [(turn.reading, own) for turn, own in pairs if turn.reading and own]


@dataclass(slots=True)
class Agreeing:
    """How often another judge agrees with a run's own: on the grade, and on what crossed.

    Whether one crossed is compared only where both came to a conclusion.
    """

    grade: Agreement = field(default_factory=Agreement)
    crossed: Agreement = field(default_factory=Agreement)

    def add(self, own: Verdict, other: Verdict) -> None:
        """One dialogue that both judged."""
        self.grade.add(own.grade is other.grade)
        if "INCONCLUSIVE" not in (own.grade, other.grade):
            self.crossed.add((own.outcome == "crossed") == (other.outcome == "crossed"))

    def to_dict(self) -> Mapping[str, Any]:
        """Both counts and shares."""
        return {"grade": self.grade.to_dict(), "crossed": self.crossed.to_dict()}
