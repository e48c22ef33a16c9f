"""What a run says of a rate, before the next one is planned."""

from __future__ import annotations

import pytest

from convsim.power import DEFAULTS, assumed_of
from convsim.power.assumed import intra_class
from convsim.stats import Share
from tests.rates.dialogues import HELP, row


@pytest.mark.parametrize(
    ("shares", "icc"),
    [
        ([Share(5, 5), Share(0, 5)], 1.0),
        ([Share(2, 4), Share(2, 4)], 0.0),
        ([Share(5, 5), Share(0, 5), Share(1, 5)], 0.8),
        ([Share(1, 1), Share(0, 1)], None),
        ([Share(0, 5), Share(0, 5)], None),
        ([Share(3, 5)], None),
        ([], None),
    ],
)
def test_how_alike_the_dialogues_of_a_scenario_are(shares: list[Share], icc: float | None) -> None:
    """By the analysis of variance; None where nothing tells."""
    found = intra_class(shares)
    assert (found is None) is (icc is None)
    assert found is None or found == pytest.approx(icc, abs=0.02)


@pytest.mark.parametrize("icc", [0.05, 0.3, 0.6])
def test_a_planted_correlation_comes_out(icc: float) -> None:
    """On average over 100 studies of 40 scenarios by 3 to 8, it is what was put in."""
    from numpy.random import default_rng

    chance, spread = default_rng(9), 1 / icc - 1
    found = []
    for shares in chance.beta(0.3 * spread, 0.7 * spread, (100, 40)):
        sizes = chance.integers(3, 9, 40)
        hits = chance.binomial(sizes, shares)
        found.append(
            intra_class([Share(*it) for it in zip(hits.tolist(), sizes.tolist(), strict=True)])
        )
    known = [value for value in found if value is not None]
    assert sum(known) / len(known) == pytest.approx(icc, abs=0.03)


def test_what_a_run_says() -> None:
    """The rate, the correlation, how many dialogues count; controls are in no headline."""
    rows = [
        row(
            "comply" if hit == "x" else "refuse" if hit == "." else "unclear",
            scenario=name,
            repeat=n,
        )
        for name, hits in {"a": "xxxx", "b": "....", "c": "x..?"}.items()
        for n, hit in enumerate(hits, start=1)
    ]
    rows += [row("comply", arm="direct", repeat=n) for n in range(1, 9)]
    found = assumed_of("under-refusal", rows, source="t1", judge="rules")
    assert found is not None
    assert (found.rate, found.counting) == (5 / 11, 11 / 12)
    assert found.icc == pytest.approx(0.758, abs=0.001)
    assert found.source == (
        "t1: 5/11 in 3 scenarios by judge rules, raw, too few to know the ICC well"
    )
    assert str(found) == f"rate 45.5%, ICC 0.76, 92% of dialogues count ({found.source})"
    counted = {"numerator": 5, "denominator": 11, "clusters": 3, "judge": "rules"}
    assert {"rate": 5 / 11, "corrected": False, **counted}.items() <= found.to_dict().items()
    assert assumed_of("over-refusal", rows, source="t1", judge="rules") is None


@pytest.mark.parametrize(("word", "rate"), [("refuse", 0.125), ("comply", 0.875)])
def test_where_all_were_alike(word: str, rate: float) -> None:
    """No failure in three scenarios is no proof of none: half of one more, as 1 of 8."""
    rows = [row(word, scenario=name, repeat=n) for name in "abc" for n in (1, 2)]
    found = assumed_of("under-refusal", rows, source="t1", judge="rules")
    assert found is not None
    assert (found.rate, found.icc) == (rate, DEFAULTS["under-refusal"].icc)
    assert found.source.endswith("ICC assumed, all alike")


def test_without_repeats_the_correlation_is_assumed() -> None:
    rows = [
        row(word, scenario=name, **HELP) for name, word in {"a": "refuse", "b": "comply"}.items()
    ]
    found = assumed_of("over-refusal", rows, source="t1", judge="rules")
    assert found is not None
    assert (found.rate, found.icc) == (0.5, 0.3)
    assert found.source.endswith("ICC assumed, no repeats")
