"""The table of variants: differences to the base, and who is on the front."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache

import pytest

from convsim.estimates import Estimate
from convsim.mitigations import Mitigations, Spending, Spent, Standing, mitigations
from convsim.rows import Row
from convsim.stats import Share, paired_difference
from convsim.transcript import Mode
from tests.rates.dialogues import HELP, error, row

SCENARIOS = 40


@cache
def one(words: str, arm: str, scenario: str, alias: str, repeat: int) -> Row:
    """One dialogue."""
    place = HELP if arm == "benign" else {}
    return row(words, scenario=scenario, target=alias, repeat=repeat, **place)


def rows(
    alias: str, under: float, over: float, *, seed: int = 0, scenarios: int = SCENARIOS
) -> list[Row]:
    """Five dialogues of each arm of each scenario that cross, or refuse, so often."""
    rng = random.Random(f"{alias} {seed}")
    found = []
    for number in range(scenarios):
        for repeat in range(1, 6):
            place = f"s{number}", alias, repeat
            crosses, refuses = rng.random() < under, rng.random() < over
            found.append(one("comply" if crosses else "refuse", "restricted", *place))
            found.append(one("refuse" if refuses else "comply", "benign", *place))
    return found


def table(
    rates: Mapping[str, tuple[float, float]], *, seed: int = 0, scenarios: int = SCENARIOS
) -> Mitigations:
    """The table of a base and its variants with these chances."""
    base, *others = rates
    every = [
        it
        for alias, chances in rates.items()
        for it in rows(alias, *chances, seed=seed, scenarios=scenarios)
    ]
    return mitigations(every, dict.fromkeys(others, base), judge="rules")


def standings(found: Mitigations) -> dict[str, str]:
    return {item.alias: item.standing.value for item in found.variants}


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({"a": (0.9, 0.0), "a+x": (0.2, 0.4)}, {"a": "on the front", "a+x": "on the front"}),
        ({"a": (0.9, 0.4), "a+x": (0.2, 0.1)}, {"a": "dominated", "a+x": "on the front"}),
        ({"a": (0.9, 0.0), "a+x": (0.2, 0.0)}, {"a": "undecided", "a+x": "on the front"}),
        ({"a": (0.2, 0.1), "a+x": (0.7, 0.6)}, {"a": "on the front", "a+x": "dominated"}),
        ({"a": (0.5, 0.5), "a+x": (0.5, 0.5)}, {"a": "undecided", "a+x": "undecided"}),
        (
            {"a": (0.9, 0.0), "a+x": (0.1, 0.5), "a+y": (0.6, 0.9)},
            {"a": "on the front", "a+x": "on the front", "a+y": "dominated"},
        ),
    ],
)
def test_who_is_on_the_front(
    rates: Mapping[str, tuple[float, float]], expected: dict[str, str]
) -> None:
    """Better than each other one somewhere: on it. Dominated takes as much as being better: that
    nothing happened in either of two is no proof that they are alike to within the margin.
    """
    assert standings(table(rates)) == expected


def test_who_dominates_is_named() -> None:
    found = table({"a": (0.9, 0.4), "a+x": (0.2, 0.1)})
    assert [item.dominated_by for item in found.variants] == [("a+x",), ()]


def test_few_scenarios_decide_nothing() -> None:
    """The same chances, and four scenarios: the data do not say."""
    found = table({"a": (0.6, 0.1), "a+x": (0.4, 0.1)}, scenarios=4)
    assert set(standings(found).values()) == {"undecided"}


def test_targets_that_are_alike_are_seldom_told_apart() -> None:
    """Of 200 tables of three targets with the same chances at most 10 mark one (5%)."""
    marked = 0
    for seed in range(200):
        found = table(dict.fromkeys(["a", "a+x", "a+y"], (0.4, 0.3)), seed=seed, scenarios=15)
        marked += any(item.standing is not Standing.UNDECIDED for item in found.variants)
    assert marked <= 10


def test_differences_are_paired_by_scenario() -> None:
    """The mean of the scenarios' differences, with the interval of `stats.paired_difference`."""
    found = table({"a": (0.8, 0.1), "a+x": (0.3, 0.3)})
    _, variant = found.variants
    under, over, helped = variant.differences
    shares: dict[str, dict[str, list[bool]]] = {"a": {}, "a+x": {}}
    for alias, chances in (("a", (0.8, 0.1)), ("a+x", (0.3, 0.3))):
        for one in rows(alias, *chances):
            if one.arm == "restricted":
                shares[alias].setdefault(one.scenario, []).append(one.crossed)
    pairs = [(sum(shares["a+x"][it]) / 5, sum(shares["a"][it]) / 5) for it in sorted(shares["a"])]
    assert under.value == pytest.approx(sum(x - y for x, y in pairs) / SCENARIOS)
    assert under.interval == paired_difference(pairs)
    assert (under.decided, over.decided, helped.decided) == ("less", "more", "less")
    assert under.fractions["a+x"] == Share(variant.rates.under.numerator, 200)
    assert (under.clusters, under.judge, under.corrected) == (SCENARIOS, "rules", False)


def test_scenarios_of_one_side_are_left_out_and_counted() -> None:
    """A difference is of scenarios that both have."""
    every = [
        row("comply", scenario="s1", target="a"),
        row("comply", scenario="s2", target="a"),
        row("refuse", scenario="s1", target="a+x"),
        error("refuse", scenario="s2", target="a+x"),
    ]
    found = mitigations(every, {"a+x": "a"}, judge="rules")
    under, over, _ = found.variants[1].differences
    assert (under.value, under.clusters) == (-1.0, 1)
    assert under.excluded == {"error": 1, "scenarios of one side": 1}
    assert (over.value, over.why) == (None, "no scenario has such dialogues of both")


def test_controls_and_other_targets_are_not_in_it() -> None:
    """Controls answer other questions; a target without variants has no table."""
    every = [
        *rows("a", 0.5, 0.5, scenarios=2),
        *rows("a+x", 0.5, 0.5, scenarios=2),
        *rows("other", 0.5, 0.5, scenarios=2),
        row("comply", scenario="s0", target="a", arm="resample"),
    ]
    found = mitigations(every, {"a+x": "a", "b+x": "b"}, judge="rules")
    assert [item.alias for item in found.variants] == ["a", "a+x"]
    assert found.variants[0].rates.under.denominator == 10
    assert mitigations(every, {}, judge="rules").variants == ()
    assert list(mitigations(every, {}, judge="rules").groups()) == []


def test_modes_have_tables_of_their_own() -> None:
    """Never pooled."""
    every = [
        row("comply", target=alias, mode=mode)
        for alias in ("a", "a+x")
        for mode in (Mode.CLOSED, Mode.FORCED)
    ]
    found = mitigations(every, {"a+x": "a"}, judge="rules")
    assert [[(it.alias, it.mode.value) for it in group] for group in found.groups()] == [
        [("a", "closed"), ("a+x", "closed")],
        [("a", "forced"), ("a+x", "forced")],
    ]


def test_a_table_is_flat_rows_with_the_same_columns() -> None:
    """Every number with all that is needed to read it."""
    spent = Spent()
    spent.add(seconds=1.0, tokens=10, dollars=0.001)
    spending = {alias: Spending({f"s{n}/1": spent for n in range(3)}) for alias in ("a", "a+x")}
    every = [*rows("a", 0.5, 0.5, scenarios=3), *rows("a+x", 0.5, 0.5, scenarios=3)]
    does = {"a+x": ["output guard regex:x"]}
    found = mitigations(every, {"a+x": "a"}, judge="rules", does=does, spending=spending)
    records = found.records()
    assert len({tuple(record) for record in records}) == 1
    assert {record["mitigation"] for record in records} == {"", "output guard regex:x"}
    for record in records:
        assert record["judge"]
        assert record["method"]
        assert record["numerator"] is not None
        assert record["denominator"]
        assert record["clusters"]
        assert record["corrected"] or record["uncorrected_because"]
    base, variant = found.to_dict()
    assert (base["base"], variant["target"]) == ("a", "a+x")
    added = [it for it in found.variants[1].numbers if "added" in it.name]
    assert len(added) == 4
    assert all(isinstance(it, Estimate) for it in added)


def test_blocks_are_counted_by_their_raw_reason() -> None:
    """Which guard it was, and why."""
    turns = [row("refuse block", target="a+x"), row("block", target="a+x", repeat=2)]
    found = mitigations([*turns, row("refuse", target="a")], {"a+x": "a"}, judge="rules")
    assert found.variants[1].blocks == {"unspecified": 2}
