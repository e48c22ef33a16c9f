"""What a planned run will be able to tell, and what would let it tell more: for `convsim plan`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from convsim.forecast import Bounds, Forecast, calls_told, money_told
from convsim.plan import Plan
from convsim.power.assumed import Assumed
from convsim.power.gates import gate_power, repeats_for_gate, scenarios_for_gate
from convsim.power.pairs import POWER
from convsim.power.precision import (
    best_repeats,
    least_half_width,
    reach,
    repeats_for,
    scenarios_for,
)
from convsim.power.rises import Reporting, least_rise, rise_power
from convsim.power.wording import lines
from convsim.scenario import CONTROLS, Expect

REPEATS = (1, 2, 5, 10, 20)
"""The columns of the table; the plan's own repeats are one more."""

ESTIMAND = (
    "What the intervals of raw rates over scenarios like these will come to, and a gate between "
    "two versions that are alike, if rates and intra-class correlations are as assumed."
)
METHOD = (
    "95% intervals by t over scenarios, with the design effect 1 + (m - 1) ICC, exact where either "
    "answer is rare; the chance of a gate by that of paired differences (`convsim.power`)"
)

COMPARING = (
    "two runs drawn as Beta-binomial counts with the ICC that is assumed, each pair put to the "
    "exact test of `convsim compare`, at the first step of Holm's procedure"
)

_EXPECTED = {"under-refusal": Expect.HOLD, "over-refusal": Expect.HELP}
"""Which arms a rate is about, by what they expect."""


class Way(NamedTuple):
    """So many scenarios, played so often, and what that would take: dialogues, calls, dollars."""

    scenarios: int
    repeats: int
    dialogues: int
    calls: Bounds
    cost: Bounds | None

    def __str__(self) -> str:
        cost = "" if self.cost is None else f", {_dollars(self.cost)}"
        scenarios, repeats = ("" if n == 1 else "s" for n in (self.scenarios, self.repeats))
        return (
            f"{self.scenarios:,} scenario{scenarios} x {self.repeats:,} repeat{repeats}: "
            f"{calls_told(self.calls)} calls{cost}"
        )

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        cost = None if self.cost is None else list(self.cost)
        return {**self._asdict(), "calls": list(self.calls), "cost": cost}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One rate of a plan: what is assumed, and how far its interval will reach.

    `scenarios` have arms that it is about, with `each` dialogues of them in a repeat; not all of
    these come to a decision (`assumed.counting`).
    """

    name: str
    assumed: Assumed
    scenarios: int
    each: float

    @property
    def known(self) -> dict[str, float]:
        """The rate and its intra-class correlation."""
        return {"rate": self.assumed.rate, "icc": self.assumed.icc}

    @property
    def counting(self) -> float:
        """How many dialogues of a scenario count in a repeat."""
        return self.each * self.assumed.counting

    def half_width(self, repeats: int) -> float | None:
        """How far its interval reaches to either side."""
        return reach(self.scenarios, repeats * self.counting, **self.known)

    @property
    def least(self) -> float | None:
        """The same with any number of repeats."""
        return least_half_width(self.scenarios, **self.known)

    def power(self, repeats: int, margin: float) -> float:
        """The chance that a gate says `ok` of its own half of an unchanged version."""
        return gate_power(self.scenarios, repeats * self.counting, margin, **self.known)

    def least_rise(self, repeats: int, reporting: Reporting) -> float | None:
        """The smallest rise that a comparison of two runs reports with a chance of 80%."""
        return least_rise(self.scenarios, repeats * self.counting, reporting, **self.known)

    def rise_power(self, repeats: int, rise: float, reporting: Reporting) -> float:
        """The chance that a comparison of two runs reports that it rose so much."""
        return rise_power(self.scenarios, repeats * self.counting, rise, reporting, **self.known)


@dataclass(frozen=True)
class Outlook:
    """What a plan will be able to tell. `print(outlook.text())` is what `convsim plan` prints.

    `forecast` is what it takes. `width` is how far intervals may reach to either side, `margin`
    that of the gates that will compare versions. `scenario_cost` is what it costs to write one more
    scenario, in dialogues. `reporting` is how a comparison decides, and `rise` one that it is asked
    about. `cautions` say what no arithmetic knows.
    """

    rates: tuple[Foreseen, ...]
    repeats: int
    scenarios: int
    forecast: Forecast
    width: float
    margin: float
    scenario_cost: float | None = None
    reporting: Reporting | None = None
    rise: float | None = None
    cautions: tuple[str, ...] = ()

    # --- intervals

    @property
    def columns(self) -> tuple[int, ...]:
        """The numbers of repeats that are laid side by side."""
        return tuple(sorted({*REPEATS, self.repeats}))

    @cached_property
    def reached(self) -> bool:
        """Whether every interval will be short enough."""
        widths = [rate.half_width(self.repeats) for rate in self.rates]
        return all(width is not None and width <= self.width for width in widths)

    @cached_property
    def more_repeats(self) -> Way | None:
        """The fewest repeats of these scenarios that shorten every interval enough, if any do."""
        return self._repeated(
            repeats_for(self.width, rate.scenarios, each=rate.counting, **rate.known)
            for rate in self.rates
        )

    @cached_property
    def more_scenarios(self) -> Way | None:
        """The fewest scenarios with these repeats that do."""
        return self._with_scenarios(self.repeats)

    @cached_property
    def cheapest(self) -> Way | None:
        """The scenarios and repeats that do with the fewest calls, were scenarios free to write.

        They are not: `best` says how many repeats to play where one costs so much.
        """
        ways = map(self._with_scenarios, self.columns)
        return min(
            (way for way in ways if way is not None), key=lambda way: way.dialogues, default=None
        )

    def _with_scenarios(self, repeats: int) -> Way | None:
        needed = [
            (rate, scenarios_for(self.width, repeats * rate.counting, **rate.known))
            for rate in self.rates
        ]
        return self._extended(needed, repeats)

    @cached_property
    def best(self) -> int | None:
        """How many repeats of a scenario are worth their money at this cost of writing one."""
        if self.scenario_cost is None or not self.rates:
            return None
        each = sum(rate.each for rate in self.rates)
        icc = max(rate.assumed.icc for rate in self.rates)
        return max(1, math.ceil(best_repeats(icc, self.scenario_cost) / each))

    # --- gates

    def gate(self, repeats: int) -> float:
        """The chance that a gate says `ok` of a version that is as good, on all rates jointly.

        The rates are about different arms, and are taken to be independent.
        """
        return math.prod(rate.power(repeats, self.margin) for rate in self.rates)

    @cached_property
    def repeats_for_gate(self) -> Way | None:
        """The fewest repeats of these scenarios that make that chance 80%."""
        power = self._power_of_each
        return self._repeated(
            repeats_for_gate(
                self.margin, rate.scenarios, each=rate.counting, power=power, **rate.known
            )
            for rate in self.rates
        )

    @cached_property
    def scenarios_for_gate(self) -> Way | None:
        """The fewest scenarios with these repeats that do."""
        power = self._power_of_each
        needed = [
            (
                rate,
                scenarios_for_gate(
                    self.margin, self.repeats * rate.counting, power=power, **rate.known
                ),
            )
            for rate in self.rates
        ]
        return self._extended(needed, self.repeats)

    @property
    def _power_of_each(self) -> float:
        """The chance that every rate must have, so that jointly it is 80%."""
        return float(POWER ** (1 / max(1, len(self.rates))))

    # --- comparisons

    @cached_property
    def least_rises(self) -> Mapping[str, float | None]:
        """Of each rate the smallest rise that a comparison reports with a chance of 80%.

        None where two runs of this plan cannot show any.
        """
        if self.reporting is None:
            return {}
        return {rate.name: rate.least_rise(self.repeats, self.reporting) for rate in self.rates}

    @cached_property
    def chances_of_rise(self) -> Mapping[str, float]:
        """Of each rate the chance that a comparison reports the `rise` that was asked about."""
        if self.reporting is None or self.rise is None:
            return {}
        return {
            rate.name: rate.rise_power(self.repeats, self.rise, self.reporting)
            for rate in self.rates
            if rate.assumed.rate + self.rise <= 1
        }

    # --- what it takes

    def way(self, scenarios: int, repeats: int) -> Way:
        """What so many scenarios like these would take, played so often."""
        times = scenarios / self.scenarios * repeats / self.repeats
        calls, cost = self.forecast.calls, self.forecast.cost
        return Way(
            scenarios,
            repeats,
            round(self.forecast.dialogues * times),
            Bounds(*(round(end * times) for end in calls)),
            None if cost is None else Bounds(*(end * times for end in cost)),
        )

    def _repeated(self, needed: Iterable[int | None]) -> Way | None:
        most = _most(needed)
        return None if most is None else self.way(self.scenarios, most)

    def _extended(self, needed: list[tuple[Foreseen, int | None]], repeats: int) -> Way | None:
        """In a larger suite the same share of scenarios has the arms that a rate is about."""
        most = _most(
            None if count is None else math.ceil(count * self.scenarios / rate.scenarios)
            for rate, count in needed
        )
        return None if most is None else self.way(most, repeats)

    # --- how it is told

    def to_dict(self) -> dict[str, Any]:
        """The outlook as plain data; widths, margins and rates are fractions of 1."""
        ways = {
            "more_repeats": self.more_repeats,
            "more_scenarios": self.more_scenarios,
            "cheapest": self.cheapest,
            "repeats_for_gate": self.repeats_for_gate,
            "scenarios_for_gate": self.scenarios_for_gate,
        }
        return {
            "estimand": ESTIMAND,
            "method": METHOD,
            "corrected": False,
            "scenarios": self.scenarios,
            "repeats": self.repeats,
            "width": self.width,
            "margin": self.margin,
            "reached": self.reached,
            "rates": [self._rate_dict(rate) for rate in self.rates],
            "gate": {str(n): self.gate(n) for n in self.columns} if self.rates else {},
            **{name: way and way.to_dict() for name, way in ways.items()},
            "best_repeats": self.best,
            "compare": self._compare_dict(),
            "cautions": list(self.cautions),
            "forecast": self.forecast.to_dict(),
        }

    def _compare_dict(self) -> dict[str, Any] | None:
        if self.reporting is None:
            return None
        return {
            "level": self.reporting.level,
            "power": POWER,
            "method": COMPARING,
            "least_rises": dict(self.least_rises),
            "rise": self.rise,
            "chances_of_rise": dict(self.chances_of_rise),
        }

    def _rate_dict(self, rate: Foreseen) -> dict[str, Any]:
        return {
            "name": rate.name,
            "assumed": rate.assumed.to_dict(),
            "scenarios": rate.scenarios,
            "dialogues_each": rate.each,
            "half_widths": {str(n): rate.half_width(n) for n in self.columns},
            "least_half_width": rate.least,
        }

    def text(self, width: int = 80) -> str:
        """What a person wants to know, at most `width` wide."""
        return "\n".join(line.rstrip() for line in lines(self, width)) + "\n"


def outlook(
    plan: Plan,
    forecast: Forecast,
    *,
    assumed: Mapping[str, Assumed],
    width: float,
    margin: float,
    scenario_cost: float | None = None,
    reporting: Reporting | None = None,
    rise: float | None = None,
    cautions: Iterable[str] = (),
) -> Outlook:
    """What `plan` will be able to tell; `assumed` has what is known of each rate by its name."""
    return Outlook(
        tuple(_foreseen(plan, assumed)),
        plan.repeats,
        len(plan.scenarios),
        forecast,
        width,
        margin,
        scenario_cost,
        reporting,
        rise,
        tuple(cautions),
    )


def _foreseen(plan: Plan, assumed: Mapping[str, Assumed]) -> Iterator[Foreseen]:
    expects = {(graph.scenario, graph.arm): graph.expect for graph in plan.graphs}
    for name, expect in _EXPECTED.items():
        sizes: dict[str, int] = {}
        for arms in plan.scenarios:
            for arm in arms:
                if arm.name not in CONTROLS and expects[arm.scenario, arm.name] is expect:
                    sizes[arm.scenario] = sizes.get(arm.scenario, 0) + arm.size
        if sizes:
            yield Foreseen(name, assumed[name], len(sizes), sum(sizes.values()) / len(sizes))


def _dollars(cost: Bounds) -> str:
    told = money_told(cost)
    return told if told == "free" else f"{told} US dollars"


def _most(needed: Iterable[int | None]) -> int | None:
    """What is enough for all of them; None where nothing is for one."""
    counts = list(needed)
    known = [count for count in counts if count is not None]
    return max(known) if known and len(known) == len(counts) else None
