"""What a run would be able to tell, before it is paid for: `convsim plan`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from convsim.api import Scenarios, Targets, load
from convsim.differences import ALPHA
from convsim.differences.measured import metrics
from convsim.differences.pairing import MANY
from convsim.differences.relabelling import flipped
from convsim.errors import InputError
from convsim.forecast import REPLY_TOKENS, forecast
from convsim.manifest import Setup
from convsim.paths import Walk
from convsim.policy import Policy
from convsim.power import DEFAULTS, Assumed, Outlook, Reporting, assumed_of, half_width, outlook
from convsim.power.rises import exchanged
from convsim.rows import Row
from convsim.runs import Run
from convsim.starting import estimated, name_targets
from convsim.targets.wanted import Wanted


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
    rise: float | None = None,
) -> Outlook:
    """What a run would be able to tell: how far intervals reach, what gates and comparisons see.

        print(convsim.plan_run("scenarios/", repeats=5, run="runs/march", width=0.05).text())

    Calls nothing. `targets` are there for their prices. `run` is an earlier one that shows the
    rates and how much the dialogues of a scenario resemble each other; without it both are assumed.
    `width` is how far an interval may reach to either side, `margin` how much worse a version may
    be that `gate` lets pass, `scenario_cost` what writing one more scenario costs, in dialogues,
    and `rise` how much higher a rate is in a second run: how likely `compare` reports that is said.

    Raises `InputError` for a width, margin, rise or cost that is none, and for a run that is VOID.
    """
    _check(width, margin, scenario_cost, rise)
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
        plan,
        takes,
        assumed=assumed,
        width=width,
        margin=margin,
        scenario_cost=scenario_cost,
        reporting=reporting(len(named)),
        rise=rise,
        cautions=() if targets is None else _alike(targets),
    )


def reporting(targets: int = 1) -> Reporting:
    """How `compare` decides on a headline number, where two runs of so many targets are compared.

    The headline numbers share half of its error (`differences.difference.adjusted`). Holm's first
    step is taken, at which all of them count, d' and c among them; where some tell nothing or
    others are reported, too, the level is higher.
    """
    headlines = sum(metric.headline for metric in metrics()) + 2
    return Reporting(p_of_change, ALPHA / 2 / (headlines * targets))


def p_of_change(before: Sequence[int], after: Sequence[int], dialogues: int) -> float:
    """The p-value that `compare` gives to so many hits in each scenario, of so many dialogues."""
    if len(before) < MANY:
        return exchanged(before, after, dialogues)
    pairs = zip(before, after, strict=True)
    found = flipped((later - earlier) / dialogues for earlier, later in pairs)
    return found.p if found else 1.0


def _alike(targets: Targets) -> Iterator[str]:
    """The targets whose repeats tell nothing."""
    for alias, thing in name_targets(targets).items():
        wanted = Wanted(thing) if isinstance(thing, str) else thing
        if isinstance(wanted, Wanted) and wanted.spec.parameters.get("temperature") == 0:
            yield (
                f"target {alias}: temperature 0, so repeats are not independent evidence. Plan "
                "with 1 repeat, or set a temperature."
            )


def _check(width: float, margin: float, scenario_cost: float | None, rise: float | None) -> None:
    for name, value in (("width", width), ("margin", margin)):
        if not 0 < value < 0.5:
            raise InputError(f"{name} is {value:g}; give a fraction above 0 and below 0.5: 0.05")
    if rise is not None and not 0 < rise < 1:
        raise InputError(f"rise is {rise:g}; give a fraction above 0 and below 1: 0.1")
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
        found = (
            assumed_of(name, rows, source=source, judge=run.judge)
            for source, rows in groups.items()
        )
        return (seen for seen in found if seen is not None)

    def otherwise(name: str) -> Assumed:
        return replace(DEFAULTS[name], source=f"assumed: {run.path} has no dialogue that counts")

    return {name: max(of(name), key=varying, default=otherwise(name)) for name in DEFAULTS}
