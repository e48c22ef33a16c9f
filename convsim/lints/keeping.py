"""Linting: what a suite that is shared says of each of its files.

A first scenario of one's own needs none of it. Where other files of a suite have a content note, a
provenance or a do-not-train GUID, one without was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from convsim.errors import Flaw
from convsim.scenario import Scenario


class _Key(NamedTuple):
    code: str
    remedy: str


_KEYS = {
    "note": _Key("CS801", "say what somebody will read who opens it"),
    "provenance": _Key("CS802", "say who wrote the texts and under which licence they stand"),
    "do_not_train": _Key(
        "CS803", "give the GUID of the suite, so that training data can do without"
    ),
}


def check_keeping(scenarios: Sequence[Scenario]) -> Iterator[tuple[str, Flaw]]:
    """Keys that others have, each flaw with the id of its scenario."""
    for key, (code, remedy) in _KEYS.items():
        having = [it.id for it in scenarios if getattr(it, key)]
        for scenario in scenarios:
            if having and not getattr(scenario, key):
                others = f"'{having[0]}'" + (
                    f" and {len(having) - 1} more" if len(having) > 1 else ""
                )
                yield (
                    scenario.id,
                    Flaw(
                        (),
                        f"key '{key}' is missing, which {others} of this suite have; {remedy}",
                        warning=True,
                        code=code,
                    ),
                )
