"""The benchmarks run and print what they promise, at sizes at which the figures mean nothing."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from convsim.targets.http import HttpTarget
from convsim.transcript import Message, Request

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
PEERS = {"inspect-ai": "inspect_ai", "PyRIT (no system prompt)": "pyrit", "deepeval": "deepeval"}


def printed(script: str, *arguments: str) -> str:
    """What a benchmark prints."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *arguments],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tiny(section: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """The table of one section, and its rows by label."""
    report = folder / "report.json"
    table = printed("engine.py", "--tiny", "--only", section, "--json", str(report))
    rows = json.loads(report.read_text())["rows"]
    return table, {f"{row['section']}: {row['label']}": row for row in rows}


def imported(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of the benchmarks, which are scripts beside each other and no package."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module(name)


# --- the command


@pytest.mark.parametrize("section", ["in-process", "resume", "limit"])
def test_every_row_is_measured_and_fits_the_page(section: str, tmp_path: Path) -> None:
    table, rows = tiny(section, tmp_path)
    assert all(row["value"] is not None for row in rows.values()), table
    assert all(len(line) <= 100 for line in table.splitlines()), table


def test_what_is_compared_has_a_ratio_to_the_bare_loop(tmp_path: Path) -> None:
    table, rows = tiny("http", tmp_path)
    assert all(len(line) <= 100 for line in table.splitlines()), table
    block = {label: row for label, row in rows.items() if label.startswith("HTTP, 0 ms")}
    names = [label.partition(": ")[2] for label in block]
    assert names[:3] == ["bare aiohttp loop", "convsim, engine", "convsim, readings and verdicts"]
    for label, row in block.items():
        name = label.partition(": ")[2]
        if name in PEERS and find_spec(PEERS[name]) is None:
            assert "not installed" in row["beside"]
        else:
            assert row["ratio"] > 0, table


@pytest.mark.skipif(find_spec("litellm") is None, reason="litellm is not installed")
def test_litellm_is_compared_with_itself(tmp_path: Path) -> None:
    table, rows = tiny("litellm", tmp_path)
    assert next(iter(rows.values()))["ratio"] == 1, table
    assert all(row["ratio"] > 0 and row["value"] > 0 for row in rows.values()), table


@pytest.mark.parametrize(
    ("script", "figure"),
    [
        ("import_cost.py", "x litellm"),
        ("in_process.py", "x the engine"),
        ("reading.py", "us"),
        ("calibration.py", "convsim: double sampling"),
    ],
)
def test_a_smaller_benchmark_prints_its_figures(script: str, figure: str) -> None:
    assert figure in printed(script, "1")


# --- its parts


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a benchmark server."""
    command = [sys.executable, str(BENCHMARKS / "server.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        process.communicate(timeout=10)
        assert process.returncode == 0


async def test_the_server_never_says_the_same_twice(server: str) -> None:
    async with HttpTarget(server, "bench") as target:
        request = Request((Message("user", "Hello."),))
        texts = [(await target.reply(request)).text for _ in range(10)]
    sentences = [sentence for text in texts for sentence in text.split(". ")]
    assert len(set(sentences)) == len(sentences)
    assert {550 < len(text.encode()) < 650 for text in texts} == {True}


@pytest.mark.parametrize(
    ("times", "most"),
    [
        ([0.0], 1),
        ([0.0, 0.5, 1.0], 2),
        ([0.0, 0.6, 1.2, 1.5], 3),
        ([0.0, 1.0, 2.0], 1),
    ],
)
def test_the_busiest_second_begins_anywhere(
    times: list[float], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = imported("waiting", monkeypatch)
    assert waiting.busiest_second(times) == most


@pytest.mark.parametrize(
    ("bounds", "at_least", "value", "met"),
    [
        ((1.5, 1.0), False, 1.0, "stretch"),
        ((1.5, 1.0), False, 1.5, "yes"),
        ((1.5, 1.0), False, 1.51, "no"),
        ((66, None), False, 66, "yes"),
        ((0.7, None), True, 0.7, "yes"),
        ((0.7, None), True, 0.69, "no"),
    ],
)
def test_a_goal_is_met_at_its_bound(
    bounds: tuple[float, float | None],
    at_least: bool,
    value: float,
    met: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = imported("table", monkeypatch)
    goal = table.Goal(*bounds, at_least=at_least)
    assert table.Row("section", "row", value, goal=goal).met == met
    assert table.Row("section", "row", None, goal=goal).met == "unknown"
    assert table.Row("section", "row", value).met == ""
