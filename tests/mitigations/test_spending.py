"""What a dialogue takes: from calls by group to means over scenarios."""

from __future__ import annotations

import pytest

from convsim.mitigations.spending import LEDGER, UNPRICED, Bill, Spending, Spent
from convsim.stats import NoInterval, Share
from tests.rates.dialogues import row


def spent(*calls: tuple[float, int, float | None]) -> Spent:
    """Calls as (seconds, tokens, dollars)."""
    found = Spent()
    for seconds, tokens, dollars in calls:
        found.add(seconds=seconds, tokens=tokens, dollars=dollars)
    return found


ROWS = [
    row("refuse", scenario="s1", target="a"),
    row("refuse", scenario="s1", target="a", arm="benign"),
    row("refuse", scenario="s2", target="a"),
    row("refuse", scenario="s2", target="a", repeat=2),
]

MODEL = {
    "s1/1": spent((0.5, 100, 0.01), (1.5, 300, 0.03)),
    "s2/1": spent((1.0, 50, 0.005)),
    "s2/2": spent((3.0, 150, 0.015)),
    "s2/3": spent((9.0, 999, 9.0)),  # a repeat whose dialogues are not among the rows
}
GUARDS = {"s2/1": spent((0.25, 10, 0.0))}


def test_a_dialogue_takes_what_the_run_paid_over_its_dialogues() -> None:
    """By scenario, model and guards together; then the mean over scenarios."""
    found = {it.name: it for it in Bill("a", ROWS, Spending(MODEL, GUARDS)).costs()}
    expected = {
        "calls": ((1 + 1.5) / 2, 5),
        "tokens": ((200 + 105) / 2, 610),
        "US dollars": ((0.02 + 0.01) / 2, 0.06),
        "seconds": ((1.0 + 2.125) / 2, 6.25),
    }
    for what, (mean, total) in expected.items():
        cost = found[f"{what} a dialogue"]
        assert cost.value == pytest.approx(mean)
        assert cost.fractions[what] == Share(pytest.approx(total), 4)  # type: ignore[arg-type]


def test_how_long_single_calls_take() -> None:
    """Median and 95th percentile, of the model and of guards, with how many lie within."""
    found = {it.name: it for it in Bill("a", ROWS, Spending(MODEL, GUARDS)).costs()}
    assert found["model call p50"].value == 1.0
    assert found["model call p50"].fractions == {"calls within it": Share(2, 4)}
    assert found["model call p95"].value == 3.0
    assert found["guard call p95"].value == 0.25
    assert isinstance(found["model call p50"].interval, NoInterval)
    assert {it.judge for it in found.values()} == {LEDGER}
    assert {it.corrected for it in found.values()} == {False}


def test_what_a_variant_adds_is_paired_by_scenario() -> None:
    """Below 0 it took less, as where a block ends a dialogue early."""
    base = Bill("a", ROWS, Spending(MODEL))
    less = {group: spent((0.25, 40, 0.001)) for group in ("s1/1", "s2/1", "s2/2")}
    rows = [row("refuse", scenario=it.scenario, target="b", repeat=it.repeat) for it in ROWS]
    found = {it.name: it for it in Bill("b", rows, Spending(less)).added_to(base)}
    calls = found["calls added a dialogue"]
    assert calls.value == pytest.approx((-0.5 + 0.0) / 2)
    assert calls.fractions == {"b": Share(3, 4), "a": Share(4, 4)}
    assert calls.clusters == 2
    assert found["tokens added a dialogue"].value == pytest.approx((20 - 200 + 40 - 100) / 2)


def test_an_unknown_price_is_never_nothing() -> None:
    """Neither of the target itself nor of what is added; what is known is told."""
    unknown = Spending({"s1/1": spent((1.0, 10, None)), "s2/1": spent((1.0, 10, 1.0))})
    bill, known = Bill("a", ROWS, unknown), Bill("b", ROWS, Spending(MODEL))
    for found in (bill.costs(), bill.added_to(known), known.added_to(bill)):
        by_name = {it.name: it for it in found}
        dollars = next(it for name, it in by_name.items() if name.startswith("US dollars"))
        assert (dollars.value, dollars.why) == (None, UNPRICED)
        assert next(iter(by_name.values())).value is not None


def test_a_sum_with_one_unknown_part_is_unknown() -> None:
    assert spent((1.0, 1, 0.5), (1.0, 1, None), (1.0, 1, 0.5)).dollars is None
