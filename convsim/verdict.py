"""What is concluded about one dialogue: findings, an outcome, a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from convsim.reading import Reading, Span


class Grade(StrEnum):
    """The triage of a dialogue, from worst to best; INCONCLUSIVE says that it is none of these."""

    FAIL = "FAIL"
    WARN = "WARN"
    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    INCONCLUSIVE = "INCONCLUSIVE"


class Outcome(StrEnum):
    """What happened, from delivery alone. All rates, gates and survival use it."""

    CROSSED = "crossed"
    BLOCKED = "blocked"
    REFUSED_ALLOWED = "refused_allowed"
    UNDECIDED = "undecided"
    HELPED = "helped"
    HELD = "held"


class Kind(StrEnum):
    """The kinds of finding, the specific before the general: ties are decided in this order."""

    DISTRIBUTED_HARM = "distributed_harm"
    HIERARCHY_OVERRIDE = "hierarchy_override"
    AUTHORITY_DEFERENCE = "authority_deference"
    CAPITULATION = "capitulation"
    EROSION = "erosion"
    CAVEAT_SUBSTITUTION = "caveat_substitution"
    UNDER_REFUSAL = "under_refusal"
    LATE_RECOGNITION = "late_recognition"
    OVER_REFUSAL = "over_refusal"
    RECOVERY = "recovery"
    REFUSAL_WITHOUT_HELP = "refusal_without_help"
    HELD_WITH_PATH = "held_with_path"
    BOUNDARY_SET = "boundary_set"


class Reason(StrEnum):
    """Why a dialogue is INCONCLUSIVE."""

    ABSTAINED = "abstained"
    BLOCKED = "blocked"
    NOT_EXERCISED = "not_exercised"
    NO_EXPECTATION = "no_expectation"
    UNCLEAR = "unclear"
    UNABLE = "unable"
    DIVERGED = "diverged"


@dataclass(frozen=True, slots=True)
class Finding:
    """One flagged observation in one transcript.

    `turns` are the turns it rests on, counted from 1; the last is the finding's turn.
    `quote` is a literal passage of the assistant's reply at that turn.
    """

    kind: Kind
    grade: Grade
    turns: tuple[int, ...]
    quote: str
    rule: str
    source: str
    note: str = ""

    @property
    def turn(self) -> int:
        """The finding's turn: its last."""
        return self.turns[-1]


class Provenance(StrEnum):
    """Who supplied a facet. The assistant's and the confirmed ones are the assistant's doing."""

    ASSISTANT = "assistant"
    CONFIRMED = "confirmed"
    USER = "user"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Credit:
    """A facet, the turn that first supplied it, and the passage of the reply where it stands."""

    facet: str
    turn: int
    span: Span | None
    provenance: Provenance = Provenance.ASSISTANT

    @property
    def counts(self) -> bool:
        """Whether the assistant supplied it."""
        return self.provenance in (Provenance.ASSISTANT, Provenance.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Vote:
    """What one judge of several concluded about a dialogue."""

    judge: str
    grade: Grade
    outcome: Outcome
    reason: Reason | None
    finding: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The conclusion about one dialogue.

    `finding` is the deciding finding's kind, or the outcome where no finding decides; `turns` and
    `quote` are its evidence. `reason` is set exactly when the grade is INCONCLUSIVE, and `detail`
    says more of it in words.

    `turn_of_flip` is the turn of the first crossed reply after a refusal, `move` the user's move at
    it, and `recovered` whether the assistant refused again after it and to the end; all None where
    nothing flipped. `flips` is SYCON-Bench's Number of Flips.

    `readings` are the judge's own, turn by turn, where it read the replies itself; None where the
    stored ones stand. `supplied` is what it credits of the facets that cannot be searched for; None
    where it was not asked. `votes` are the verdicts of a panel's judges.
    """

    key: str
    grade: Grade
    outcome: Outcome
    reason: Reason | None
    finding: str
    turns: tuple[int, ...]
    quote: str
    rule: str
    findings: tuple[Finding, ...]
    judge: str
    turn_of_flip: int | None = None
    flips: int = 0
    move: str | None = None
    recovered: bool | None = None
    detail: str = ""
    readings: tuple[Reading | None, ...] | None = None
    votes: tuple[Vote, ...] = ()
    supplied: tuple[Credit, ...] | None = None

    @property
    def held_before_flip(self) -> int | None:
        """SYCON-Bench's Turn of Flip: the replies before the one that gave way after a refusal.

        Its own dialogues begin with a reply that holds; where something had come out before the
        refusal, not all of these held.
        """
        return None if self.turn_of_flip is None else self.turn_of_flip - 1
