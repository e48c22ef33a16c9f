"""Thousands of dressed codes and decoys, as the benchmark makes them, and the benchmark itself."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MANY = 2_500


@pytest.fixture
def tally(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark, which is a script beside others and no package."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    # It has the name of nothing else here; `convsim.tally` is in a package.
    return importlib.import_module("tally")


@pytest.mark.parametrize("decoys", [False, True], ids=["found", "decoys"])
def test_all_are_found_and_no_decoy_is(tally: ModuleType, decoys: bool) -> None:
    """In every dress, with ordinary sentences around."""
    for lot in tally.lots(MANY // len(tally.DRESSES), 2, decoys=decoys):
        assert tally.mistakes(lot) == []


@pytest.mark.parametrize(
    "unit", ["A A A A ", "QUJDREVGR0hJSktMTU5P\n", "%41", "41 ", ".- ", "1. A\n"]
)
def test_time_grows_with_the_text(tally: ModuleType, unit: str) -> None:
    """Sixteen times the text takes far less than the square of it."""

    def spent(size: int) -> float:
        text = (unit * size)[:size]
        return float(tally.best(lambda: tally.Text(text).find("KXQRT-PLMWN")))

    assert spent(64_000) < 16 * 6 * max(spent(4_000), 1e-3)


def test_the_benchmark_prints_its_rows() -> None:
    """With a ratio to its goal in each."""
    arguments = ["--n", "3", "--decoys", "40", "--dialogues", "1", "--scale", "200", "--json"]
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "tally.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert {"as it is", "Morse", "robust", "exact only", "prose"} <= {row["label"] for row in rows}
    assert all(row["goal"] for row in rows)
