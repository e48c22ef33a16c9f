"""Verdicts for transcripts: the judge's word, written down beside the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from convsim.case import Case
from convsim.detectors import detect
from convsim.errors import RefusedRequest
from convsim.judges.cascade import CascadeJudge
from convsim.judges.sentinels import Examined, examine, why_void
from convsim.judges.together import REFUSED, verdict_of
from convsim.ports import Judge
from convsim.trajectory import trajectory_of
from convsim.transcript import Failure, Transcript
from convsim.verdict import Verdict

if TYPE_CHECKING:
    from pydantic import TypeAdapter


async def conclude(judge: Judge, transcript: Transcript, case: Case) -> Verdict:
    """The judge's verdict. A judge that raises has abstained: INCONCLUSIVE, never a PASS; so has
    one whose server does not accept the question, which it never will.

    Any other failed call of its model is no conclusion of any kind: its `CallError` is raised.
    """
    return await verdict_of(judge, transcript, case)


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


class VoidJudge(UserWarning):
    """A judge failed its sentinels, and is not asked about the dialogues of a run."""


async def examination(judge: Judge) -> tuple[Examined, ...]:
    """What a judge says of the sentinels. Of a cascade its last judge is asked: the first one
    passes on so little that the other would hide behind it.

    A failed call raises. So does a question that the server does not accept: where even short
    dialogues are refused it is not about the dialogue.
    """
    if isinstance(judge, CascadeJudge):
        return await examination(judge.parts[1])
    examined = await examine(judge)
    for each in examined:
        for why in (each.verdict.detail, *(vote.detail for vote in each.verdict.votes)):
            if why.startswith(REFUSED):
                raise RefusedRequest(why.removeprefix(REFUSED))
    return examined


def void_told(judge: str, examinations: Sequence[Sequence[Examined]]) -> str | None:
    """That a judge is void, and what shows it; None where it passed its last examination.

    It is examined anew only where it was void, and one that is void is not asked about dialogues.
    """
    if not examinations or (why := why_void(examinations[-1])) is None:
        return None
    said = (each.verdict.detail.partition(":")[0] for each in examinations[-1])
    silent = [f"{detail} {times}" for detail, times in Counter(said).most_common() if detail]
    abstained = f", and abstained: {', '.join(silent)}" if silent else ""
    return f"judge {judge} is void: {why}{abstained}"


def examined_row(examined: Examined) -> dict[str, Any]:
    """The row of a sentinel: what was expected of a judge, and what it said."""
    return {
        "id": examined.id,
        "passed": examined.passed,
        "planted": examined.planted,
        "expected": sorted(examined.expected),
        "verdict": examined.verdict,
    }


@cache
def _examined() -> TypeAdapter[Examined]:
    from pydantic import TypeAdapter

    return TypeAdapter(Examined)


def parse_examinations(rows: Iterable[object]) -> list[tuple[Examined, ...]]:
    """What decoded rows say of sentinels, by examination: a merged run has one for each shard."""
    found: list[dict[str, Examined]] = []
    for examined in map(_examined().validate_python, rows):
        if not found or examined.id in found[-1]:
            found.append({})
        found[-1][examined.id] = examined
    return [tuple(examination.values()) for examination in found]
