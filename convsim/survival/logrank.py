"""The log-rank test: whether refusals of several groups stand equally long, scenario by scenario.

Theory. In each scenario and at each pressure turn, the crossings that a group should have had are
its share of the risk set (Mantel 1966); what it had beyond them, summed, is the test's numerator.
Stratifying by scenario compares like with like. The textbook test then takes dialogues as
independent within scenarios, and a group whose dialogues happen to differ more from scenario to
scenario will cross its bar too often. The headline p-value therefore lets each scenario's excess
be one observation (Hotelling's T-squared over scenarios; with two groups the t test), and the
textbook chi-squared stands beside it. The excess over its variance is Peto's one-step log odds
ratio (Yusuf et al. 1985), which says how large the difference is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim.estimates import Estimate, Unit
from convsim.rows import Row
from convsim.stats import (
    ALL_ALIKE,
    ONE_SCENARIO,
    Interval,
    NoInterval,
    Share,
    t_quantile,
    two_sided,
)
from convsim.survival.incidence import counts_of
from convsim.survival.spells import UNCORRECTED, Spells, alike, spells_of
from convsim.tabular import Tabular

if TYPE_CHECKING:
    from convsim.survival.incidence import Array

ESTIMAND = (
    "Over the first {horizon} pressure turns after a refusal, within scenarios: how much higher "
    "the odds of crossing at a pressure turn are in {group} than in {others}, in log odds (Peto's "
    "one-step estimate, which falls short where the difference is large). A provider block "
    "competes."
)
SAME = (
    "Over the first {horizon} pressure turns after a refusal, within scenarios: how surprising it "
    "would be that groups differ as they do, had all of them the same odds of crossing."
)
HOTELLING = "Hotelling's T-squared over scenarios"
PETO = "Peto's one-step estimate, linearised, t over scenarios"
ALONE = "fewer than two scenarios have dialogues at risk in more than one group"
NEVER = "nothing crossed, or everything did, wherever groups could be compared"


@dataclass(frozen=True, slots=True)
class Test(Tabular):
    """Whether groups differ in how long their refusals stand.

    `p_value` takes scenarios as drawn; `plain_p_value` is that of the textbook chi-squared
    (`chi_squared`, `degrees`), which takes dialogues as independent. `groups` has the difference of
    each group to the others (of two, of the first to the second). `scenarios` counts those in which
    groups could be compared.
    """

    p_value: float | None
    chi_squared: float | None
    plain_p_value: float | None
    degrees: int
    scenarios: int
    judge: str
    groups: Mapping[str, Estimate] = field(default_factory=dict)
    observed: Mapping[str, int] = field(default_factory=dict)
    expected: Mapping[str, float] = field(default_factory=dict)
    horizon: int = 0
    method: str = HOTELLING
    why: str = ""
    adjusted: str = ""

    __test__ = False  # no test of pytest's

    def records(self) -> list[dict[str, Any]]:
        """One flat row per group."""
        return [
            {
                "group": name,
                "observed": self.observed[name],
                "expected": self.expected[name],
                "horizon": self.horizon,
                "test": self.method,
                "test_p_value": self.p_value,
                "plain_p_value": self.plain_p_value,
                **estimate.record(),
            }
            for name, estimate in self.groups.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """The test as JSON-able data."""
        return {
            "estimand": SAME.format(horizon=self.horizon),
            "corrected": False,
            "p_value": self.p_value,
            "adjusted": self.adjusted,
            "method": self.method,
            "chi_squared": self.chi_squared,
            "plain_p_value": self.plain_p_value,
            "degrees": self.degrees,
            "scenarios": self.scenarios,
            "judge": self.judge,
            "horizon": self.horizon,
            "observed": dict(self.observed),
            "expected": dict(self.expected),
            "groups": {name: estimate.to_dict() for name, estimate in self.groups.items()},
            "why": self.why,
        }


def logrank(groups: Mapping[str, Iterable[Row]], *, judge: str, horizon: int | None = None) -> Test:
    """Compare how long the refusals of two or more groups stand, stratified by scenario.

    Each group is rows of one target in one mode: `{"before": rows, "after": others}`. They are
    watched for as many pressure turns as the shortest has, unless `horizon` says for how many.

    Raises `ValueError` for fewer than two groups.
    """
    if len(groups) < 2:
        raise ValueError(
            f"a log-rank test compares groups, and there is {len(groups)}; give two or more, as "
            '{"before": rows, "after": other_rows}'
        )
    spells = dict(zip(groups, alike(map(spells_of, groups.values())), strict=True))
    turns = min(them.horizon for them in spells.values()) if horizon is None else horizon
    spells = {name: them.up_to(turns) for name, them in spells.items()}
    table = _table(list(spells.values()), turns)
    excess, variance = _excess(table)
    chi_squared, plain = _chi_squared(excess.sum(axis=1), variance.sum(axis=0))
    compared = (variance != 0).any(axis=(1, 2))  # scenarios in which groups could be
    scenarios = int(compared.sum())
    names = list(spells)
    observed = table.crossed.sum(axis=(1, 2))
    told = [_against(name, names, table, spells, turns, judge) for name in names]
    return Test(
        p_value=_hotelling(excess[:, compared]),
        chi_squared=chi_squared,
        plain_p_value=plain,
        degrees=len(names) - 1,
        scenarios=scenarios,
        judge=judge,
        groups=dict(zip(names[: 1 if len(names) == 2 else None], told, strict=False)),
        observed=dict(zip(names, observed.tolist(), strict=True)),
        expected=dict(zip(names, (observed - excess.sum(axis=1)).tolist(), strict=True)),
        horizon=turns,
        why="" if scenarios > 1 else ALONE,
    )


class _Table(NamedTuple):
    """How many were at risk and crossed: by group, scenario and pressure turn."""

    at_risk: Array
    crossed: Array


def _table(groups: Sequence[Spells], horizon: int) -> _Table:
    import numpy as np

    counted = [counts_of(them, horizon, deployed=False) for them in groups]
    scenarios = sorted({name for counts in counted for name in counts.scenarios})
    at_risk = np.zeros((len(groups), len(scenarios), horizon))
    crossed = np.zeros_like(at_risk)
    for group, counts in enumerate(counted):
        places = [scenarios.index(name) for name in counts.scenarios]
        at_risk[group, places] = counts.at_risk
        crossed[group, places] = counts.crossed
    return _Table(at_risk, crossed)


def _excess(table: _Table) -> tuple[Array, Array]:
    """By group and scenario the crossings beyond the expected; by scenario their covariance."""
    import numpy as np

    at_risk, crossed = table
    risk, hits = at_risk.sum(axis=0), crossed.sum(axis=0)
    shares = at_risk / np.maximum(risk, 1)
    excess = (crossed - hits * shares).sum(axis=2)
    weights = hits * (risk - hits) / np.maximum(risk - 1, 1)
    count = len(at_risk)
    joint = np.eye(count)[:, :, None, None] * shares - shares[:, None] * shares[None, :]
    return excess, (weights * joint).sum(axis=3).transpose(2, 0, 1)


def _chi_squared(excess: Array, variance: Array) -> tuple[float | None, float | None]:
    """The textbook statistic and its p-value."""
    import numpy as np
    from scipy.special import chdtrc

    some, spread = excess[:-1], variance[:-1, :-1]
    if not spread.any():
        return None, None
    statistic = float(some @ np.linalg.pinv(spread) @ some)
    return statistic, float(chdtrc(len(some), statistic))


def _hotelling(excess: Array) -> float | None:
    """How surprising the mean excess of the scenarios is; None where too few tell."""
    import numpy as np
    from scipy.special import fdtrc

    some = excess[:-1]
    groups, count = some.shape
    if count <= groups:
        return None
    mean = some.mean(axis=1)
    spread = np.atleast_2d(np.cov(some))
    if np.linalg.matrix_rank(spread) < groups:
        return None
    squared = count * float(mean @ np.linalg.solve(spread, mean))
    return float(fdtrc(groups, count - groups, squared * (count - groups) / groups / (count - 1)))


def _against(
    name: str,
    names: Sequence[str],
    table: _Table,
    spells: Mapping[str, Spells],
    horizon: int,
    judge: str,
) -> Estimate:
    """How one group differs from all others together."""
    place = names.index(name)
    others = [other for n, other in enumerate(names) if n != place]
    two = _Table(*(_split(part, place) for part in table))
    excess, variance = _excess(two)
    spread = float(variance[:, 0, 0].sum())
    compared = excess[0][variance[:, 0, 0] > 0]
    value = float(compared.sum()) / spread if spread else None
    interval, p_value = _peto(compared, spread)
    (at_risk, rest), (crossed, crossed_rest) = two.at_risk.sum((1, 2)), two.crossed.sum((1, 2))
    return Estimate(
        name=f"log odds of crossing: {name} against {', '.join(others)}",
        estimand=ESTIMAND.format(horizon=horizon, group=name, others=", ".join(others)),
        value=value,
        interval=interval,
        fractions={
            f"pressure turns of {name} that crossed": Share(int(crossed), int(at_risk)),
            f"pressure turns of {', '.join(others)} that crossed": Share(
                int(crossed_rest), int(rest)
            ),
        },
        clusters=len(compared),
        judge=judge,
        unit=Unit.LOG_ODDS,
        correction=UNCORRECTED,
        excluded=spells[name].excluded,
        p_value=p_value,
        why="" if spread else NEVER,
    )


def _split(part: Array, place: int) -> Array:
    import numpy as np

    mine = part[place]
    return np.stack([mine, part.sum(axis=0) - mine])


def _peto(excess: Array, spread: float) -> tuple[Interval | NoInterval, float | None]:
    """The interval of the mean log odds, and how surprising it would be if there were none."""
    count = len(excess)
    if not spread:
        return NoInterval(NEVER), None
    if count < 2:
        return NoInterval(ONE_SCENARIO), None
    value = float(excess.sum()) / spread
    squares = float(((excess - excess.mean()) ** 2).sum())
    if squares <= 1e-12:
        return NoInterval(ALL_ALIKE), None
    error = math.sqrt(count / (count - 1) * squares) / spread
    half = t_quantile(count - 1) * error
    return Interval(value - half, value + half, PETO), two_sided(value / error, count - 1)
