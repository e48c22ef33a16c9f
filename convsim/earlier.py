"""What earlier sessions of a run left in its directory: one look at each file, little in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from convsim.bench import SENTINELS
from convsim.plan import Done, Plan
from convsim.recorded import Recorded
from convsim.stores import RunDirectory
from convsim.transcript import Key, parse_failure


@dataclass(frozen=True, slots=True)
class Earlier:
    """Where a run stands before a session.

    `done` has a final row: a transcript, or an error that would only repeat itself. `grades` counts
    these by verdict, and as `errors`. `unjudged` is where the transcripts stand in
    dialogues.jsonl that a process stored and was killed before it could judge. `recorded` holds the
    answers about dialogues that are not done, or not judged; None in a new run.
    """

    done: Done
    grades: Counter[str] = field(default_factory=Counter)
    unjudged: tuple[int, ...] = ()
    recorded: Recorded | None = None

    @classmethod
    def none(cls, plan: Plan) -> Self:
        """A new run."""
        return cls(Done(plan))

    @classmethod
    def of(cls, directory: RunDirectory, plan: Plan, judge: str) -> Self:
        """What the directory holds of the plan."""
        grades, judged = _grades(directory, plan, judge)
        done, unjudged, wanted = Done(plan), [], {SENTINELS}
        for key, offset in directory.keys("dialogues"):
            done.add(key)
            if plan.position(key) not in judged:
                unjudged.append(offset)
                wanted.add(Key.parse(key).group)
        for row in directory.read("errors"):
            if parse_failure(row).final:
                done.add(row["key"])
                grades["errors"] += 1
        wanted.update(job.key.group for job in plan.jobs(done=done))
        recorded = Recorded(directory, wanted.__contains__)
        return cls(done, grades, tuple(unjudged), recorded)


def _grades(directory: RunDirectory, plan: Plan, judge: str) -> tuple[Counter[str], Done]:
    """How many dialogues have which verdict, and which have one."""
    grades, judged = Counter[str](), Done(plan)
    for row in directory.read(f"verdicts/{judge}"):
        position = plan.position(row["key"])
        if position is not None and position not in judged:
            judged.add(row["key"])
            grades[row["grade"]] += 1
    return grades, judged
