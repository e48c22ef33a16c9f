"""What a planned run will be able to tell, and what would let it tell more: for `convsim plan`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from textwrap import wrap
from typing import Any, NamedTuple

from convsim.forecast import Bounds, Forecast, calls_told, money_told
from convsim.plan import Plan
from convsim.power.assumed import Assumed
from convsim.power.gates import gate_power, repeats_for_gate, scenarios_for_gate
from convsim.power.pairs import POWER
from convsim.power.precision import (
    best_repeats,
    half_width,
    least_half_width,
    repeats_for,
    scenarios_for,
)
from convsim.scenario import CONTROLS, Expect

REPEATS = (1, 2, 5, 10, 20)
"""The columns of the table; the plan's own repeats are one more."""

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
        plural = "" if self.repeats == 1 else "s"
        return (
            f"{self.scenarios:,} scenarios x {self.repeats:,} repeat{plural}: "
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
        return half_width(self.scenarios, repeats * self.counting, **self.known)

    @property
    def least(self) -> float | None:
        """The same with any number of repeats."""
        return least_half_width(self.scenarios, **self.known)

    def power(self, repeats: int, margin: float) -> float:
        """The chance that a gate says `ok` of its own half of an unchanged version."""
        return gate_power(self.scenarios, repeats * self.counting, margin, **self.known)


@dataclass(frozen=True)
class Outlook:
    """What a plan will be able to tell. `print(outlook.text())` is what `convsim plan` prints.

    `forecast` is what it takes. `width` is how far intervals may reach to either side, `margin`
    that of the gates that will compare versions. `scenario_cost` is what it costs to write one more
    scenario, in dialogues.
    """

    rates: tuple[Foreseen, ...]
    repeats: int
    scenarios: int
    forecast: Forecast
    width: float
    margin: float
    scenario_cost: float | None = None

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
            "scenarios": self.scenarios,
            "repeats": self.repeats,
            "width": self.width,
            "margin": self.margin,
            "reached": self.reached,
            "rates": [self._rate_dict(rate) for rate in self.rates],
            "gate": {str(n): self.gate(n) for n in self.columns} if self.rates else {},
            **{name: way and way.to_dict() for name, way in ways.items()},
            "best_repeats": self.best,
            "forecast": self.forecast.to_dict(),
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
        return "\n".join(line.rstrip() for line in _lines(self, width)) + "\n"


def outlook(
    plan: Plan,
    forecast: Forecast,
    *,
    assumed: Mapping[str, Assumed],
    width: float,
    margin: float,
    scenario_cost: float | None = None,
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


def _most(needed: Iterable[int | None]) -> int | None:
    """What is enough for all of them; None where nothing is for one."""
    counts = list(needed)
    known = [count for count in counts if count is not None]
    return max(known) if known and len(known) == len(counts) else None


# --- text


def _lines(outlook: Outlook, width: int) -> Iterator[str]:
    yield f"PLAN: {outlook.way(outlook.scenarios, outlook.repeats)}"
    if not outlook.rates:
        yield from _said("No arm of these scenarios is in a rate: name some with --arms.", width)
        return
    for rate in outlook.rates:
        yield from _said(f"{rate.name}: {rate.assumed}", width)
    yield ""
    yield "HALF-WIDTH OF THE 95% INTERVALS, IN POINTS, BY REPEATS"
    heads = [*(f"{n}{'*' if n == outlook.repeats else ''}" for n in outlook.columns), "any"]
    yield _row("", heads)
    for rate in outlook.rates:
        widths = [*map(rate.half_width, outlook.columns), rate.least]
        yield _row(f"{rate.name}, {rate.scenarios} scenarios", [_points(it) for it in widths])
    yield from _said("*: this plan. any: with as many repeats as one likes.", width)
    yield ""
    yield "MORE SCENARIOS OR MORE REPEATS?"
    for sentence in (*_about_width(outlook), *_about_cost(outlook)):
        yield from _said(sentence, width)
    yield ""
    yield f"GATE WITH A MARGIN OF {100 * outlook.margin:g} POINTS, UNDER 95% ONE-SIDED BOUNDS"
    for sentence in _about_gate(outlook):
        yield from _said(sentence, width)


def _about_width(outlook: Outlook) -> Iterator[str]:
    goal = f"{100 * outlook.width:g} points to either side"
    if outlook.reached:
        yield f"Enough: no interval will reach further than {goal}."
        return
    if (way := outlook.more_repeats) is not None:
        yield f"For {goal}, more repeats: {way}."
    else:
        yield f"No number of repeats of these {outlook.scenarios} scenarios reaches {goal}."
    if (way := outlook.more_scenarios) is not None:
        yield f"For {goal}, more scenarios: {way}."
    cheapest = outlook.cheapest
    if cheapest is not None and cheapest != outlook.more_scenarios:
        yield f"Fewest calls: {cheapest}."


def _about_cost(outlook: Outlook) -> Iterator[str]:
    if outlook.best is not None:
        yield (
            f"Where one more scenario costs as much as {outlook.scenario_cost:g} dialogues, "
            f"{outlook.best} repeats of each are best: spend the rest on scenarios."
        )


def _about_gate(outlook: Outlook) -> Iterator[str]:
    names = " and ".join(rate.name for rate in outlook.rates)
    chance = outlook.gate(outlook.repeats)
    yield (
        f"Two runs of this plan, the second of a version that is as good: the gate says ok of "
        f"{names} with a chance of {100 * chance:.0f}%, else mostly `undecided`."
    )
    if chance >= POWER:
        return
    if (way := outlook.repeats_for_gate) is not None:
        yield f"For {100 * POWER:.0f}%, more repeats: {way}, for each version."
    if (way := outlook.scenarios_for_gate) is not None:
        yield f"For {100 * POWER:.0f}%, more scenarios: {way}, for each version."
    yield "In a pair what scenarios have of their own cancels, so that here repeats help as well."


def _said(sentence: str, width: int) -> Iterator[str]:
    yield from wrap(sentence, width, initial_indent="  ", subsequent_indent="    ")


def _row(head: str, cells: list[str]) -> str:
    return f"  {head:<30}" + "".join(f"{cell:>8}" for cell in cells)


def _points(width: float | None) -> str:
    return "none" if width is None else f"{100 * width:.1f}"


def _dollars(cost: Bounds) -> str:
    told = money_told(cost)
    return told if told == "free" else f"{told} US dollars"
