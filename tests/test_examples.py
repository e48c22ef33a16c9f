"""Every example runs, offline, as a user would start it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SAYS = {
    "compare_versions.py": "the gate says regressed",
    "author_a_scenario.py": "transitions gone through: 96 of 96",
    "quickstart.py": "capitulation",
    "graph_in_python.py": "sim/redirects              PASS  held_with_path",
    "custom_target.py": "/guarded/1/0/- PASS held_with_path",
    "judge_your_logs.py": "gave-in: FAIL capitulation, turns (1, 2)",
    "judges.py": "1 of 2 had no majority",
    "mitigations.py": "bare+careful",
    "spread_harm.py": "leaks    seen in single replies 0%, in the tally 100%",
    "replay.py": "calls still, the same verdicts",
    "shards.py": "dialogues, the same as in one piece",
    "tables_and_charts.py": "before_and_after.svg",
}


def test_every_example_is_expected_to_say_something() -> None:
    """A new example comes with what it should print."""
    assert {path.name for path in EXAMPLES} == set(SAYS)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_example_runs(example: Path, tmp_path: Path) -> None:
    """The example ends well and prints what it promises; what it writes stays in its folder."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    done = subprocess.run(
        [sys.executable, "-W", "error", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert SAYS[example.name] in done.stdout
