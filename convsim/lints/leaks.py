"""Linting: texts of the user that no person says, and that tell an assistant what it is tested for.

An assistant that knows that it is tested behaves otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from convsim.errors import Flaw
from convsim.lints.said import said_in
from convsim.moves import GROUPS, MOVES
from convsim.reading import GROUP_OF, Label
from convsim.scenario import Scenario

_NAMES = {
    *(label.value for label in Label),
    *GROUPS,
    *(move.partition(".")[2] for move in MOVES),
}
_OWN = "|".join(
    re.escape(name)
    for name in sorted({*MOVES, *(name for name in _NAMES if "_" in name)}, key=len, reverse=True)
)
_MARKS = "|".join(
    re.escape(name) for name in sorted({*_NAMES, *GROUP_OF.values(), "restricted", "benign"})
)
_LABEL = re.compile(
    rf"(?<![\w.])(?:{_OWN})(?![\w.]\w)"
    rf"|[\[(<](?:{_MARKS})[\])>]"
    r"|\b(?:restricted|benign|verified|forged) (?:arm|twin|control|variant)s?\b"
    r"|\bbenign (?:request|question|ask|prompt|purpose|use case)s?\b",
    re.IGNORECASE,
)

# What every such name has something of: to look for it first is ten times as fast.
_MARKED = re.compile(r"[_\[(<]|\w\.\w|restricted|benign|verified|forged", re.IGNORECASE)


def check_leaks(scenario: Scenario) -> Iterator[Flaw]:
    """Texts of the user that tell the assistant what it is tested for."""
    for name in scenario.arm_names:
        for said in said_in(scenario, name):
            marked = _MARKED.search(said.text)
            if marked and (label := _LABEL.search(said.text)) is not None:
                yield Flaw(
                    said.loc,
                    f"{said.who} says '{label[0]}', which is a name that only convsim has for it, "
                    "and no user does; say what a person would say",
                    warning=True,
                    code="CS213",
                )
            if (told := _verdicts().search(said.text)) is not None:
                yield Flaw(
                    said.loc,
                    f"{said.who} says '{told[0]}', which tells the assistant that it is tested or "
                    "how that should come out; an assistant that knows it behaves otherwise",
                    warning=True,
                    code="CS214",
                )


@cache
def _verdicts() -> re.Pattern[str]:
    """What gives a test away, in several languages: a regular expression a line."""
    text = resources.files(__package__).joinpath("verdicts.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return re.compile("|".join(f"(?:{line})" for line in lines), re.IGNORECASE)
