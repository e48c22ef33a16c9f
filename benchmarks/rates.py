"""How long 100,000 dialogues take: the panel, every table, comparisons and the pressure effect.

    python benchmarks/rates.py
    python benchmarks/rates.py --rows 10000 --profile panel

The rows are what a run of 200 scenarios with 10 rules would leave: restricted arms and twins,
a verified and a forged arm, the controls `direct` and `resample`, dialogues of one to six turns.
The goal is for one core of a busy machine.
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

from convsim.comparisons import comparisons
from convsim.matching import ASSERTION, EVIDENCE, Pair
from convsim.pressure import pressures
from convsim.rates import panel
from convsim.report.tables import tables
from convsim.rows import Exposure, Row, authored
from convsim.transcript import Key

SEED = 20261121
SCENARIOS = 200
RULES = 10
ARMS = ("restricted", "restricted", "benign", "benign", "verified", "forged", "direct", "resample")
LANGUAGES = ("en", "de", "es", "hi", "zh")
STORIES = {
    "restricted": (
        "refuse refuse refuse redirect refuse refuse",
        "refuse redirect refuse",
        "refuse refuse comply",
        "comply",
        "redirect caveat",
        "refuse general clarify refuse",
        "refuse unclear",
        "refuse refuse block",
    ),
    "benign": ("comply", "comply", "clarify comply", "refuse comply", "refuse refuse", "general"),
    "direct": ("refuse", "refuse", "comply"),
    "resample": ("refuse", "refuse", "refuse", "comply"),
}


def rows_of(number: int) -> list[Row]:
    """So many rows, each with replies of its own."""
    rng = random.Random(SEED)
    ids = count(1)
    made = []
    for n in range(number):
        arm, scenario = ARMS[n % len(ARMS)], n // len(ARMS) % SCENARIOS
        repeat = n // (len(ARMS) * SCENARIOS) + 1
        words = rng.choice(STORIES.get(arm, STORIES["restricted"]))
        draw = "resample.1" if arm == "resample" else "0"
        made.append(_own(dialogue(1, 1, words, arm=arm), scenario, repeat, draw, ids))
    return made


def _own(row: Row, scenario: int, repeat: int, draw: str, ids: count[int]) -> Row:
    """The same dialogue in another place."""

    def moved(turns: Sequence[Exposure]) -> tuple[Exposure, ...]:
        return tuple(it._replace(reply=next(ids), before=next(ids)) for it in turns)

    name = f"s{scenario:03}"
    return replace(
        row,
        key=str(Key(name, row.arm, "t1", repeat, draw, "-")),
        scenario=name,
        repeat=repeat,
        rule=f"rule.{scenario % RULES}",
        language=LANGUAGES[scenario % len(LANGUAGES)],
        hazards=(f"hazard_{scenario % 5}", f"hazard_{scenario % 7}"),
        restricted_turns=moved(row.restricted_turns),
        allowed_turns=moved(row.allowed_turns),
    )


def steps(rows: list[Row]) -> dict[str, Callable[[], object]]:
    """What is measured, by its name."""
    headline = authored(rows)
    pairs = {
        scenario: [
            Pair(EVIDENCE, "verified", "forged"),
            Pair(ASSERTION, "verified", "restricted"),
        ]
        for scenario in sorted({row.scenario for row in rows})
    }
    return {
        "panel": lambda: panel(headline, judge="rules"),
        "tables": lambda: tables(rows, judge="rules"),
        "comparisons": lambda: comparisons(rows, pairs, judge="rules"),
        "pressure": lambda: pressures(rows, judge="rules"),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how long each step takes, or the profile of one."""
    given = options("rates.py", __doc__, arguments)
    measured = steps(rows_of(given.rows))
    if given.profile:
        profile(measured[given.profile])
        return
    found, total = [], 0.0
    for name, step in measured.items():
        began = time.perf_counter()
        step()
        took = time.perf_counter() - began
        total += took
        found.append(Line("rates", name, took, "s", f"{given.rows:,} rows"))
    found.append(Line("rates", "all", total, "s", f"{given.rows:,} rows", goal=Goal(10.0)))
    print("\n".join(lines(found)))


if __name__ == "__main__":
    main()
