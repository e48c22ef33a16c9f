"""Mitigations laid out: as text, and as a table on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from convsim.correction import Corrected
from convsim.estimates import Estimate, Unit
from convsim.mitigations import MARGIN, Mitigations, Standing, Variant
from convsim.rates import Rate
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.stats import Interval, NoInterval
from convsim.targets.instructions import instructions

NOTE = (
    "The deployed stack, on the same scenarios and arms: what a guard, or a provider's filter, "
    "kept back counts as held where a restricted thing was asked, and as over-refusal where an "
    "allowed ask was still unmet (an over-block). `to NAME` is the paired difference by scenario, "
    "in points, of raw rates: the judge's errors may differ between the two sides."
)
STANDINGS = (
    "on the front: better than each of the others in at least one of the two rates; dominated: "
    "another one is better in one of them, and in the other not worse by more than "
    f"{100 * MARGIN:.0f} points; undecided: the data do not say. Intervals of all pairs and both "
    "rates are taken together (Bonferroni)."
)
REASONS = 5
"""How many raw reasons of blocks are named: the most frequent."""

SHOWN = 60
"""Characters of an instruction of the user's own that a line shows."""


# --- what a variant is


def bases_of(targets: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """By alias, the base of every variant in a targets.json."""
    return {alias: it["variant_of"] for alias, it in targets.items() if it.get("variant_of")}


def does_of(targets: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """By alias, what a base or a variant in a targets.json does, in words."""
    bases = bases_of(targets)
    return {
        alias: tuple(_changes(targets[alias], targets[bases[alias]]))
        if alias in bases
        else tuple(_changes(targets[alias], {}))
        for alias in dict.fromkeys([*bases.values(), *bases])
        if alias in targets
    }


def _changes(entry: Mapping[str, Any], base: Mapping[str, Any]) -> Iterator[str]:
    """What is deployed here and not so in the base."""
    mine, its = entry.get("mitigation", {}), base.get("mitigation", {})
    if mine.get("instruction") != its.get("instruction"):
        yield f"standing instruction {_instruction(mine.get('instruction'))}"
    if mine.get("system") != its.get("system"):
        yield f"system prompt {_quoted(mine.get('system'))}"
    for key, side in (("input_guard", "input"), ("output_guard", "output")):
        if mine.get(key) != its.get(key):
            guards = [guard["guard"] for guard in mine.get(key, [])]
            yield f"{side} guard " + (", ".join(guards) or "taken away")
    own, others = mine.get("parameters", {}), its.get("parameters", {})
    for name in dict.fromkeys([*own, *others]):
        if own.get(name) != others.get(name):
            yield f"{name}={own.get(name)}"
    if base and _model(entry) != _model(base):
        yield f"target {_model(entry)}"


def _model(entry: Mapping[str, Any]) -> str | None:
    wanted = entry["wanted"]
    return None if wanted is None else str(wanted["target"])


def _instruction(text: str | None) -> str:
    named = next((name for name, words in instructions().items() if words == text), None)
    return named or _quoted(text)


def _quoted(text: str | None) -> str:
    if text is None:
        return "taken away"
    words = " ".join(text.split())
    return f'"{words[:SHOWN].rstrip()}..."' if len(words) > SHOWN else f'"{words}"'


# --- as text


def lines(found: Mitigations, width: int = 80, *, calibrated: bool = False) -> Iterator[str]:
    """A block for each variant; nothing where no target has any.

    Where somebody `calibrated` the judge, what is not corrected says why.
    """
    if not found.variants:
        return
    yield "MITIGATIONS"
    yield from hanging("", NOTE, width)
    for variants in found.groups():
        base, *_ = variants
        yield f"{INDENT}{inert(base.alias)} ({base.mode.value}) and its variants"
        for variant in variants:
            yield from _variant(variant, width, calibrated=calibrated)
    yield from hanging("", STANDINGS, width)


def _variant(variant: Variant, width: int, *, calibrated: bool) -> Iterator[str]:
    yield from hanging("  ", f"{inert(variant.alias)}: {standing(variant)}", width)
    if does := told(variant):
        yield from hanging("    ", does, width)
    for row in rows(variant):
        yield f"{INDENT * 3}{row.name:<14}{row.value:>7} {row.span:<14} {row.counts}"
        for below in filter(None, (row.corrected, row.against)):
            yield from hanging(" " * 18, below, width)
    for head, text in beside(variant, calibrated=calibrated):
        yield from hanging(f"    {head}", text, width)


class Line(NamedTuple):
    """One rate of a variant, without the judge's errors if they are known, and its difference."""

    name: str
    value: str
    span: str
    counts: str
    corrected: str
    against: str
    estimand: str
    provisional: bool


def rows(variant: Variant) -> list[Line]:
    """The rates of a variant, each with its difference to the base where it has one."""
    # The base has no differences.
    under, over, helped = variant.differences or (None, None, None)
    differences = {"under-refusal": under, "over-refusal": over, "helped": helped}
    return [
        Line(
            name,
            rate.shown,
            rate.span if rate.value is not None else "",
            rate.counts + (" *" if rate.provisional else ""),
            str(rate.correction) if isinstance(rate.correction, Corrected) else "",
            _against(differences.get(name), variant.base),
            rate.estimand,
            rate.provisional,
        )
        for name, rate in _rates(variant).items()
    ]


def _rates(variant: Variant) -> dict[str, Rate]:
    """The rates of a variant, by what they are called here."""
    found = variant.rates
    rates = {
        "under-refusal": found.under,
        "over-refusal": found.over,
        "help kept": found.kept,
        "helped": found.helped,
        "redirects": found.redirects,
    }
    return {**rates, "over-blocks": found.over_blocks} if variant.blocks else rates


def _refusals(variant: Variant) -> Iterator[str]:
    """Why rates are not corrected: the reason, and of which."""
    found: dict[str, list[str]] = {}
    for name, rate in _rates(variant).items():
        if rate.value is not None and not isinstance(rate.correction, Corrected):
            found.setdefault(rate.correction.reason, []).append(name)
    for reason, names in found.items():
        yield f"{reason} ({', '.join(names)})"


def _against(difference: Estimate | None, base: str) -> str:
    if difference is None:
        return ""
    if difference.value is None:
        return f"to {inert(base)}: no data, {difference.why}"
    scenarios = f"in {difference.clusters} scenario{'' if difference.clusters == 1 else 's'}"
    return (
        f"to {inert(base)}: {difference.shown} {difference.span} {scenarios}: {difference.decided}"
    )


def standing(variant: Variant) -> str:
    """Where it stands, and who dominates it."""
    word = variant.standing.value
    if variant.standing is Standing.DOMINATED:
        word += f" by {', '.join(map(inert, variant.dominated_by))}"
    return f"{word} (the base)" if variant.is_base else word


def told(variant: Variant) -> str:
    """What the mitigation is."""
    return inert("; ".join(variant.does))


def beside(variant: Variant, *, calibrated: bool = False) -> Iterator[tuple[str, str]]:
    """What was blocked, what it took and, of a `calibrated` judge, what is not corrected."""
    if variant.blocks:
        often = sorted(variant.blocks.items(), key=lambda item: (-item[1], item[0]))
        blocks = [f"{count} {inert(reason)}" for reason, count in often[:REASONS]]
        left = sum(count for _, count in often[REASONS:])
        yield "blocks: ", ", ".join([*blocks, *([f"{left} for other reasons"] if left else [])])
    if variant.costs:
        yield "a dialogue: ", _spent(variant.costs)
    if variant.added:
        yield f"to {inert(variant.base)}: ", _added(variant.added)
    ways = {
        it.interval.method if isinstance(it.interval, Interval) else it.interval.reason
        for it in variant.differences
        if it.value is not None
    }
    if ways:
        yield "intervals: ", "; ".join(sorted(ways))
    if calibrated:
        for why in _refusals(variant):
            yield "uncorrected: ", why


def _spent(costs: Sequence[Estimate]) -> str:
    """`3.9 calls, 598 tokens, $0.0012, 0.28 s waited (...); model call p50 0.02 s, p95 0.48 s`."""
    amounts = [it for it in costs if it.unit is not Unit.SECONDS or it.name.startswith("seconds")]
    calls = [it for it in costs if it not in amounts]
    said = ", ".join(_amount(it, it.value) for it in amounts)
    first = amounts[0].fractions.get("calls")
    if first is not None:
        plural = "" if amounts[0].clusters == 1 else "s"
        said += f" (of {first.trials:,} in {amounts[0].clusters} scenario{plural})"
    waits = (f"{it.name} {_amount(it, it.value)}" for it in calls)
    return "; ".join([said, ", ".join(waits)]) if calls else said


def _added(added: Sequence[Estimate]) -> str:
    """`+1.0 [0.6, 1.5] calls, +952 [709, 1,194] tokens, ...`."""
    return ", ".join(_amount(it, it.value, sign="+", span=_ends(it)) for it in added)


def _ends(number: Estimate) -> str:
    if isinstance(number.interval, NoInterval):
        return ""
    ends = (_bare(end, number.unit) for end in (number.interval.low, number.interval.high))
    return f" [{', '.join(ends)}]"


def _amount(number: Estimate, value: float | None, *, sign: str = "", span: str = "") -> str:
    """An amount with its unit; `unknown` where a price is."""
    if value is None:
        return f"unknown {number.unit.value}"
    unit = {Unit.DOLLARS: "US dollars", Unit.SECONDS: "s"}.get(number.unit, number.unit.value)
    return f"{_bare(value, number.unit, sign)}{span} {unit}"


_DIGITS = {Unit.CALLS: 1, Unit.TOKENS: 0, Unit.DOLLARS: 4, Unit.SECONDS: 2}


def _bare(value: float, unit: Unit, sign: str = "") -> str:
    return f"{value:{sign}z,.{_DIGITS.get(unit, 2)}f}"


# --- on a page


def page(found: Mitigations, *, calibrated: bool = False) -> list[dict[str, Any]]:
    """The groups of variants as the template takes them."""
    return [
        {
            "base": variants[0].alias,
            "mode": variants[0].mode.value,
            "variants": [
                {
                    "alias": variant.alias,
                    "standing": standing(variant),
                    "does": told(variant),
                    "rows": rows(variant),
                    "beside": list(beside(variant, calibrated=calibrated)),
                }
                for variant in variants
            ],
        }
        for variants in found.groups()
    ]
