"""Verdicts for transcripts: the judge's word, written down beside the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from convsim.case import Case
from convsim.detectors import detect
from convsim.ports import Judge
from convsim.trajectory import trajectory_of
from convsim.transcript import Failure, Transcript
from convsim.verdict import Grade, Outcome, Reason, Verdict

if TYPE_CHECKING:
    from pydantic import TypeAdapter


async def conclude(judge: Judge, transcript: Transcript, case: Case) -> Verdict:
    """The judge's verdict. A judge that raises has abstained: INCONCLUSIVE, never a PASS."""
    try:
        return await judge.judge(transcript, case)
    except Exception as error:  # noqa: BLE001 - a judge is anybody's code; what it raised is kept
        name = str(getattr(judge, "name", type(judge).__name__))
        return Verdict(
            key=transcript.key,
            grade=Grade.INCONCLUSIVE,
            outcome=Outcome.UNDECIDED,
            reason=Reason.ABSTAINED,
            finding=f"{type(error).__name__}: {error}",
            turns=(),
            quote="",
            rule=case.rule.id,
            findings=(),
            judge=name,
        )


def error_row(failure: Failure, case: Case) -> dict[str, Any]:
    """The row of a failed dialogue: what went wrong, the turns so far, and their findings."""
    findings = detect(trajectory_of(failure.transcript, case))
    return {
        "key": failure.key,
        "kind": failure.kind,
        "message": failure.message,
        "detail": failure.detail,
        "findings": findings,
        "transcript": failure.transcript,
    }


@cache
def _verdicts() -> TypeAdapter[Verdict]:
    from pydantic import TypeAdapter

    return TypeAdapter(Verdict)


def parse_verdicts(rows: Iterable[object]) -> Iterator[Verdict]:
    """The verdicts of decoded rows."""
    return map(_verdicts().validate_python, rows)
