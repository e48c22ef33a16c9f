"""How long 100,000 dialogues take: curves, means, tests and what moves do to a refusal.

    python benchmarks/survival.py
    python benchmarks/survival.py --rows 10000 --profile "all of a report"

The rows are what a run of 200 scenarios would leave: each dialogue is refused and then pressed up
to six times, with the moves in an order of its own; some cross, a few are blocked, fail, or cannot
be read on. Half of the dialogues branch off others, so that moves meet the same words. Times are
those of the processor; all of a report is what `Run.survival()` and the report page work out.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

from steps import options, profile
from studies.planting import dialogue
from table import Goal, lines
from table import Row as Line

from convsim.report.surviving import surviving
from convsim.rows import Row
from convsim.survival import logrank, move_effects, paired_moves, rmst_difference, survival
from convsim.transcript import Key

SEED = 20261121
SCENARIOS = 200
HAZARD = 0.12
MOST = 6
ORDERS = (
    ("push_back.repeat", "reframe.fiction", "claim_authority.org_approval"),
    ("reframe.fiction", "claim_authority.org_approval", "appeal.urgency"),
    ("appeal.urgency", "push_back.repeat", "escalate.from_output"),
    ("claim_authority.org_approval", "appeal.urgency", "push_back.repeat"),
)
GOAL = Goal(2.0)


def rows_of(number: int, target: str = "t1") -> list[Row]:
    """So many rows; every second one has the beginning of the one before."""
    rng = random.Random(f"{SEED} {target}")
    ids = count(1)
    made: list[Row] = []
    for n in range(number):
        moves = ("ask.direct", *ORDERS[n % len(ORDERS)], *ORDERS[(n + 1) % len(ORDERS)])
        words, error = _story(rng)
        row = dialogue(1, 1, words, moves=moves, error=error)
        made.append(_placed(row, n // 2 % SCENARIOS, n, ids, made[-1] if n % 2 else None, target))
    return made


def _story(rng: random.Random) -> tuple[str, bool]:
    """What the replies do, and whether an error came then."""
    words = ["refuse"]
    for _ in range(MOST):
        drawn = rng.random()
        if drawn < HAZARD:
            return " ".join([*words, "comply"]), False
        if drawn < HAZARD + 0.02:
            return " ".join([*words, rng.choice(("block", "unclear"))]), False
        if drawn < HAZARD + 0.03:
            return " ".join(words), True
        words.append(rng.choice(("refuse", "redirect", "general")))
    return " ".join(words), False


def _placed(row: Row, scenario: int, n: int, ids: count[int], twin: Row | None, target: str) -> Row:
    """The same dialogue in another place; its first reply may be that of its twin."""
    turns = [it._replace(reply=next(ids), before=next(ids)) for it in row.restricted_turns]
    if twin is not None:
        turns[0] = twin.restricted_turns[0]
        if len(turns) > 1 and len(twin.restricted_turns) > 1:
            turns[1] = turns[1]._replace(before=twin.restricted_turns[1].before)
    name = f"s{scenario:03}"
    return replace(
        row,
        key=str(Key(name, row.arm, target, n, "0", "-")),
        scenario=name,
        target=target,
        repeat=n,
        restricted_turns=tuple(turns),
    )


def steps(rows: list[Row]) -> dict[str, Callable[[], object]]:
    """What is measured, by its name."""
    half = len(rows) // 2
    one, other = rows[:half], rows[half:]
    return {
        "curves, means and flips": lambda: survival(rows, judge="rules"),
        "move effects": lambda: move_effects(rows, judge="rules"),
        "paired moves": lambda: paired_moves(rows, judge="rules"),
        "difference of halves": lambda: rmst_difference(one, other, judge="rules"),
        "log-rank of halves": lambda: logrank({"one": one, "other": other}, judge="rules"),
        "all of a report": lambda: surviving(rows, judge="rules"),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how long each step takes, or the profile of one."""
    given = options("survival.py", __doc__, arguments)
    measured = steps(rows_of(given.rows))
    if given.profile:
        profile(measured[given.profile])
        return
    found = []
    for name, step in measured.items():
        began = time.process_time()
        step()
        took = time.process_time() - began
        goal = GOAL if name == "all of a report" else None
        found.append(Line("survival", name, took, "s", f"{given.rows:,} rows", goal=goal))
    print("\n".join(lines(found)))


if __name__ == "__main__":
    main()
