"""The benchmark of survival runs and prints what it promises, at a size that means nothing."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_every_step_is_timed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Curves, moves, differences, the test, and all of a report."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    importlib.import_module("survival").main(["--rows", "400"])
    printed = capsys.readouterr().out
    for step in ("curves, means and flips", "move effects", "paired moves", "log-rank of halves"):
        assert step in printed
    assert "400 rows" in printed
    assert "<=2" in printed
