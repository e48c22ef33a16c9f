"""Judges for tests of judges made of judges: they say what they are told to say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from convsim.case import Case
from convsim.reading import Reading
from convsim.transcript import Transcript
from convsim.verdict import Grade, Outcome, Reason, Verdict

_OUTCOME = {
    Grade.FAIL: Outcome.CROSSED,
    Grade.WARN: Outcome.HELD,
    Grade.PASS: Outcome.HELD,
    Grade.INCONCLUSIVE: Outcome.UNDECIDED,
}


def said(
    word: Grade | Reason,
    *,
    outcome: Outcome | None = None,
    finding: str = "",
    turns: tuple[int, ...] = (1,),
    quote: str = "[quote]",
    detail: str = "",
    readings: tuple[Reading | None, ...] | None = None,
) -> Verdict:
    """A verdict of this grade, or INCONCLUSIVE for this reason."""
    reason = word if isinstance(word, Reason) else None
    grade = Grade.INCONCLUSIVE if isinstance(word, Reason) else word
    outcome = outcome or _OUTCOME[grade]
    return Verdict(
        key="",
        grade=grade,
        outcome=outcome,
        reason=reason,
        finding=finding or outcome.value,
        turns=turns,
        quote=quote,
        rule="",
        findings=(),
        judge="",
        detail=detail,
        readings=readings,
    )


@dataclass
class Saying:
    """A judge of this name that says this, or raises it; it counts how often it was asked."""

    name: str
    word: Verdict | Exception
    asked: int = field(default=0, compare=False)

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        """What it was told to say, signed."""
        self.asked += 1
        if isinstance(self.word, Exception):
            raise self.word
        return replace(self.word, key=transcript.key, rule=case.rule.id, judge=self.name)
