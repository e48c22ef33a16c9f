"""What is concluded about one dialogue: findings, an outcome, a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """The conclusion about one dialogue.

    `finding` is the deciding finding's kind, or the outcome where no finding decides; `turns` and
    `quote` are its evidence. `reason` is set exactly when the grade is INCONCLUSIVE.
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
