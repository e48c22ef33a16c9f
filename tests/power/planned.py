"""Outlooks of plans of any size, made from the small scenario."""

from __future__ import annotations

from typing import Any

from convsim.forecast import forecast
from convsim.plan import plan
from convsim.power import DEFAULTS, Outlook, outlook
from convsim.suite import Suite
from tests.small import POLICY, SCENARIO


def suite(size: int, *, benign: int | None = None) -> Suite:
    """So many copies of the small scenario, of which so many have a benign arm."""
    with_twin = size if benign is None else benign
    copies = (
        SCENARIO.model_copy(
            update={"id": f"small.n{n}", "arms": SCENARIO.arms if n < with_twin else {}}
        )
        for n in range(size)
    )
    return Suite(tuple(copies), POLICY)


def of(size: int, repeats: int, *, benign: int | None = None, **asked: Any) -> Outlook:
    """The outlook of so many scenarios and repeats, for intervals of 5 and gates of 2 points."""
    made = plan(suite(size, benign=benign), ["t1"], repeats=repeats, arms=asked.pop("arms", None))
    given = {"assumed": DEFAULTS, "width": 0.05, "margin": 0.02, **asked}
    return outlook(made, forecast(made, {}), **given)
