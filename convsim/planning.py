"""What a run would be able to tell, before it is paid for: `convsim plan`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from convsim.api import Scenarios, Targets, load
from convsim.errors import InputError
from convsim.forecast import REPLY_TOKENS, forecast
from convsim.manifest import Setup
from convsim.paths import Walk
from convsim.policy import Policy
from convsim.power import DEFAULTS, Assumed, Outlook, assumed_of, half_width, outlook
from convsim.rows import Row
from convsim.runs import Run
from convsim.starting import estimated, name_targets


def plan_run(
    scenarios: Scenarios,
    targets: Targets | None = None,
    *,
    repeats: int = 5,
    arms: str | Sequence[str] | None = None,
    tags: str | None = None,
    walk: Walk | str = Walk.RANDOM,
    policy: str | Path | Policy | None = None,
    run: str | os.PathLike[str] | Run | None = None,
    width: float = 0.05,
    margin: float = 0.02,
    scenario_cost: float | None = None,
) -> Outlook:
    """What a run would be able to tell: how far its intervals will reach, what a gate will see.

        print(convsim.plan_run("scenarios/", repeats=5, run="runs/march", width=0.05).text())

    Calls nothing. `targets` are there for their prices. `run` is an earlier one that shows the
    rates and how much the dialogues of a scenario resemble each other; without it both are assumed.
    `width` is how far an interval may reach to either side, `margin` how much worse a version may
    be that `gate` lets pass, `scenario_cost` what writing one more scenario costs, in dialogues.

    Raises `InputError` for a width, margin or cost that is none, and for a run that is VOID.
    """
    _check(width, margin, scenario_cost)
    suite = load(scenarios, policy=policy)
    suite = suite if tags is None else suite.tagged(tags)
    named = ("t1",) if targets is None else tuple(name_targets(targets))
    chosen = [arms] if isinstance(arms, str) else arms
    setup = Setup(
        repeats=repeats,
        arms=None if chosen is None else tuple(chosen),
        walk=str(walk),
        targets=dict.fromkeys(named, ""),
    )
    plan = setup.plan(suite)
    takes = (
        forecast(plan, {})
        if targets is None
        else estimated(suite, targets, setup, reply_tokens=REPLY_TOKENS)
    )
    assumed = DEFAULTS if run is None else _seen(run if isinstance(run, Run) else Run(run), repeats)
    return outlook(
        plan, takes, assumed=assumed, width=width, margin=margin, scenario_cost=scenario_cost
    )


def _check(width: float, margin: float, scenario_cost: float | None) -> None:
    for name, value in (("width", width), ("margin", margin)):
        if not 0 < value < 0.5:
            raise InputError(f"{name} is {value:g}; give a fraction above 0 and below 0.5: 0.05")
    if scenario_cost is not None and not scenario_cost >= 0:
        raise InputError(f"scenario_cost is {scenario_cost:g}; give a number of dialogues")


def _seen(run: Run, repeats: int) -> Mapping[str, Assumed]:
    """What a run shows of each rate: of its targets and modes, the one that varies most."""
    if run.void is not None:
        raise InputError(f"VOID: {run.void}")
    groups: dict[str, list[Row]] = {}
    for row in run.rows:
        groups.setdefault(f"{row.target}, {row.mode.value}, in {run.path}", []).append(row)

    def varying(seen: Assumed) -> float:
        # However many scenarios there will be, the one with the longer interval has it: take two.
        return half_width(2, repeats, rate=seen.rate, icc=seen.icc) or 0.0

    def of(name: str) -> Iterable[Assumed]:
        found = (assumed_of(name, rows, source=source) for source, rows in groups.items())
        return (seen for seen in found if seen is not None)

    def otherwise(name: str) -> Assumed:
        return replace(DEFAULTS[name], source=f"assumed: {run.path} has no dialogue that counts")

    return {name: max(of(name), key=varying, default=otherwise(name)) for name in DEFAULTS}
