"""What `convsim plan` says of an outlook, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from convsim.power.pairs import POWER

if TYPE_CHECKING:
    from convsim.power.outlook import Outlook


def lines(outlook: Outlook, width: int) -> Iterator[str]:
    """The text of an outlook line by line, at most `width` characters wide."""
    yield f"PLAN: {outlook.way(outlook.scenarios, outlook.repeats)}"
    if not outlook.rates:
        yield from _said("No arm of these scenarios is in a rate: name some with --arms.", width)
        return
    for rate in outlook.rates:
        yield from _said(f"{rate.name}: {rate.assumed}", width)
    for caution in outlook.cautions:
        yield from _said(caution, width)
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
    if outlook.reporting is not None:
        yield ""
        yield f"COMPARE, AT {100 * outlook.reporting.level:.2g}% FOR EACH HEADLINE NUMBER"
        for sentence in _about_compare(outlook):
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


def _about_compare(outlook: Outlook) -> Iterator[str]:
    yield (
        f"Two runs of this plan: the smallest rise that is reported as changed with a chance of "
        f"{100 * POWER:.0f}%, and the chance to report one that was asked about (--rise)."
    )
    for rate in outlook.rates:
        least, chance = outlook.least_rises[rate.name], outlook.chances_of_rise.get(rate.name)
        told = f"{rate.name}: {_rise(rate.assumed.rate, least)}"
        if chance is not None:
            told += f"; a rise of {100 * (outlook.rise or 0.0):g} points: {100 * chance:.0f}%"
        yield f"{told}."


def _rise(rate: float, least: float | None) -> str:
    if least is None:
        return "none, not even one to 100%"
    return f"{100 * least:.1f} points, from {100 * rate:.1f}% to {100 * (rate + least):.1f}%"


def _said(sentence: str, width: int) -> Iterator[str]:
    yield from wrap(sentence, width, initial_indent="  ", subsequent_indent="    ")


def _row(head: str, cells: list[str]) -> str:
    return f"  {head:<30}" + "".join(f"{cell:>8}" for cell in cells)


def _points(width: float | None) -> str:
    return "none" if width is None else f"{100 * width:.1f}"
