"""How a finding is made from the turns it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from convsim.trajectory import Step, Trajectory
from convsim.verdict import Finding, Grade, Kind


def found(
    kind: Kind,
    grade: Grade,
    trajectory: Trajectory,
    steps: Sequence[Step],
    *,
    note: str = "",
    quote: str | None = None,
) -> Finding:
    """A finding over `steps`, in order; the last one is its turn, and gives the quote."""
    last = steps[-1]
    return Finding(
        kind=kind,
        grade=grade,
        turns=tuple(dict.fromkeys(step.n for step in steps)),
        quote=last.quote() if quote is None else quote,
        rule=trajectory.case.rule.id,
        source=last.reading.source if last.reading else "status",
        note=note,
    )
