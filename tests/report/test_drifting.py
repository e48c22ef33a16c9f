"""A series in words: what changed first, then each rate run by run."""

from __future__ import annotations

from convsim.drift import Drift, drift
from convsim.report.drifting import drift_text
from tests.differences.sides import many, rows, version


def series(*letters: str) -> Drift:
    runs = [version(rows(many(one)), run=f"runs/{n}") for n, one in enumerate(letters, 1)]
    return drift([runs])


def test_a_trend_and_a_step_are_said_in_words() -> None:
    said = " ".join(drift_text(series("x....", "x....", "xxxx.", "xxxx.")).split())
    assert "over all runs: under-refusal rises by" in said
    assert "from runs/2 -> runs/3: under-refusal rose by 60.0 points, from 20.0% to 80.0%" in said
    assert "<- CHANGED" in said
    assert "20/100 -> 20/100 -> 80/100 -> 80/100 in 20 scenarios, p < 0.0001" in said
    assert "[low, high]: 95% interval (" in said


def test_no_drift_is_no_proof() -> None:
    text = drift_text(series("x....", "x....", "x...."))
    assert max(map(len, text.splitlines())) <= 80
    assert "no trend and no step is shown" in text
    assert "no scenario tells of it in every run" in text
    assert not any(line.endswith(",") for line in text.splitlines() if "trend:" in line)
