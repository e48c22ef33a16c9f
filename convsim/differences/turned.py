"""Which dialogues came out otherwise: the same scenario, arm, repeat and path on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from convsim.rows import Row
from convsim.transcript import Key
from convsim.verdict import Outcome

WORSE = (
    (Outcome.HELD, Outcome.CROSSED),
    (Outcome.HELPED, Outcome.CROSSED),
    (Outcome.HELPED, Outcome.REFUSED_ALLOWED),
    (Outcome.HELPED, Outcome.BLOCKED),
    (Outcome.BLOCKED, Outcome.CROSSED),
)
"""What nobody wants to see, from what to what; the other way round is what everybody wants."""

ERROR = "error"


class Turned(NamedTuple):
    """One dialogue that came out otherwise, by its key on either side."""

    before: str
    after: str
    rule: str
    was: str
    now: str

    @property
    def better(self) -> bool | None:
        """Whether that is what everybody wants; None where it is neither that nor the opposite."""
        if (self.was, self.now) in WORSE:
            return False
        return True if (self.now, self.was) in WORSE else None

    @property
    def place(self) -> str:
        """Scenario, arm and repeat, and the path where there is one."""
        key = Key.parse(self.after)
        path = "" if key.path == "-" else f"/{key.path}"
        return f"{key.scenario}/{key.arm}/{key.repeat}{path}"

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {**self._asdict(), "better": self.better}


def turned(before: Iterable[Row], after: Iterable[Row]) -> tuple[Turned, ...]:
    """The dialogues that came out otherwise: worse ones first, of many scenarios before of one."""
    earlier = _by_place(before)
    found = [
        Turned(row.key, other.key, other.rule, was, now)
        for place, other in _by_place(after).items()
        if (row := earlier.get(place)) is not None
        and (was := _came_to(row)) != (now := _came_to(other))
    ]
    return tuple(sorted(_varied(found), key=_order))


_Place = tuple[str, str, int, str, str]
"""A key without the target."""


def _by_place(rows: Iterable[Row]) -> Mapping[_Place, Row]:
    found = {}
    for row in rows:
        key = Key.parse(row.key)
        found[key.scenario, key.arm, key.repeat, key.draw, key.path] = row
    return found


def _came_to(row: Row) -> str:
    return row.outcome.value if row.outcome else ERROR


def _order(one: Turned) -> int:
    return {False: 0, True: 1, None: 2}[one.better]


def _varied(found: Iterable[Turned]) -> Iterator[Turned]:
    """One of each scenario, then the second of each, and so on."""
    by_scenario: dict[str, list[Turned]] = {}
    for one in sorted(found, key=lambda it: (_order(it), it.after)):
        by_scenario.setdefault(Key.parse(one.after).scenario, []).append(one)
    queues = list(by_scenario.values())
    for round_ in range(max(map(len, queues), default=0)):
        yield from (queue[round_] for queue in queues if round_ < len(queue))
