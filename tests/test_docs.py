"""What the documentation shows is true: snippets run, scenarios load, commands and links exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from convsim.lints import check
from convsim.policy import Level, Policy, Rule
from convsim.scenario import Scenario
from convsim.yaml12 import parse

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"^(?:\$ )?convsim (\w+)", re.MULTILINE)
OPTION = re.compile(r"(?<=\s)--[a-z][a-z-]+")


class Snippet(NamedTuple):
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def _snippets() -> Iterator[Snippet]:
    for page in PAGES:
        source = page.read_text()
        for fence in FENCE.finditer(source):
            line = source.count("\n", 0, fence.start()) + 1
            yield Snippet(page, line, fence[1], fence[2])


SNIPPETS = list(_snippets())
PYTHON = [item for item in SNIPPETS if item.language == "python"]
SCENARIOS = [
    item
    for item in SNIPPETS
    if item.language == "yaml" and "states:" in item.text and item.page.parent.name != "lint"
]  # the pages about codes show what is wrong; `lints.test_pages` has them
CONSOLES = [item for item in SNIPPETS if item.language in {"console", "sh", "bash"}]


@pytest.mark.parametrize("snippet", PYTHON, ids=str)
def test_python_snippet_runs(snippet: Snippet, tmp_path: Path) -> None:
    """A Python block runs by itself beside the shipped scenarios."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", snippet.text],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("snippet", SCENARIOS, ids=str)
def test_whole_scenarios_are_sound(snippet: Snippet) -> None:
    """A YAML block with `id:` and `states:` is a scenario without a flaw."""
    data = parse(snippet.text, str(snippet)).data or {}
    if "id" not in data or data.keys() & {"fragment", "include"}:
        pytest.skip("a part of a scenario; `test_reference` puts pieces together")
    scenario = Scenario.model_validate(data)
    cited = str(scenario.rule)
    rule = Rule(id=cited, level=Level.LIMIT, unlocked_by="whatever the page says")
    flaws = check(scenario, Policy(rules=(rule,)).by_id[cited])
    assert [flaw.message for flaw in flaws if not flaw.warning] == []


def _help(command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "convsim", command, "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"convsim {command}: {done.stderr}"
    return done.stdout


def test_shown_commands_and_their_options_exist() -> None:
    """Every `convsim COMMAND --option` in a console block is one that the command line knows."""
    lines = [
        (snippet, line)
        for snippet in CONSOLES
        for line in snippet.text.splitlines()
        if COMMAND.match(line)
    ]
    commands = {command for _, line in lines for command in COMMAND.findall(line)}
    known = {command: _help(command) for command in commands}
    assert known, "no console block shows a command"
    for snippet, line in lines:
        (command,) = COMMAND.findall(line)
        for option in OPTION.findall(line):
            assert option in known[command], f"{snippet}: convsim {command} has no {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link names a file of the repository."""
    for target in LINK.findall(page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
