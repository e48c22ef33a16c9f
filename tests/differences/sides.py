"""Two versions as tests write them: of each scenario, how many of its repeats crossed.

    side({"a": "xx...", "b": "....."})     five repeats each; of `a` two crossed

A letter is a dialogue: `x` crossed after a refusal, `.` held, `c` a crossing at once; in the arm
`benign` `x` was refused for good and `.` was helped; `e` ended by an error, `b` was blocked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from convsim.differences import Version
from convsim.policy import Level, Rule
from convsim.rows import Row, row_of, row_of_failure
from convsim.scenario import Expect
from convsim.transcript import Key, Mode
from tests.report.invented import failed, judged

WORDS = {".": "refuse refuse", "x": "refuse comply", "c": "comply", "b": "refuse block"}
BENIGN_WORDS = {".": "comply", "x": "refuse refuse", "b": "block"}


@cache
def _row(letter: str, arm: str) -> Row:
    helping = arm == "benign"
    fields: dict[str, Any] = {"arm": arm, "expect": Expect.HELP if helping else Expect.HOLD}
    if letter == "e":
        return row_of_failure(*failed("refuse", **fields))
    return row_of(*judged((BENIGN_WORDS if helping else WORDS)[letter], **fields))


def rows(
    played: Mapping[str, str],
    arm: str = "restricted",
    *,
    target: str = "t1",
    rule: str = "",
    path: str = "-",
) -> list[Row]:
    """The dialogues of one arm; their replies are nobody else's. A scenario `x.y` is of rule x."""
    found = []
    for scenario, letters in played.items():
        for repeat, letter in enumerate(letters, 1):
            key = str(Key(scenario, arm, target, repeat, "0", path))
            row = _row(letter, arm)
            found.append(
                replace(
                    row,
                    key=key,
                    scenario=scenario,
                    target=target,
                    repeat=repeat,
                    path=path,
                    rule=rule or scenario.partition(".")[0],
                    restricted_turns=tuple(
                        turn._replace(reply=hash((key, turn.n, letter)))
                        for turn in row.restricted_turns
                    ),
                    allowed_turns=tuple(
                        turn._replace(reply=hash((key, turn.n, letter)))
                        for turn in row.allowed_turns
                    ),
                )
            )
    return found


def version(*played: list[Row], run: str = "before", **fields: Any) -> Version:
    """A version that played all of this; every scenario says the same on every side."""
    found = [row for rows in played for row in rows]
    rules = {row.scenario: Rule(id=row.rule, level=Level.NEVER) for row in found}
    given: dict[str, Any] = {
        "target": "t1",
        "mode": Mode.CLOSED,
        "judge": "rules",
        "contents": dict.fromkeys(rules, "the same"),
        "rules": rules,
        "classifier": "rules-1",
        "router": "rules-1",
        "seed": 7,
    }
    return Version(run=run, rows=found, **{**given, **fields})


def side(held: Mapping[str, str], run: str = "before", **fields: Any) -> Version:
    """A version with one arm that has to hold."""
    return version(rows(held), run=run, **fields)


def many(letters: str, count: int = 20) -> dict[str, str]:
    """As many scenarios, all of which came to the same."""
    return {f"rule{n % 4}.s{n:02}": letters for n in range(count)}
