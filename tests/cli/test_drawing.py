"""`convsim graph`."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from convsim.cli import drawing
from tests.cli.shell import inside
from tests.small import write_scenario


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path)


def test_a_graph_is_sketched(scenario: Path) -> None:
    """For the terminal, and without colours where there is none."""
    done = inside("graph", scenario)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[:4] == [
        "A thing",
        "small.thing (restricted)",
        "",
        "● open  ask.direct · asks restricted",
    ]
    assert "\x1b" not in done.out


@pytest.mark.parametrize(
    ("to", "begins"), [("svg", "<svg "), ("mermaid", "flowchart TD"), ("dot", "digraph ")]
)
def test_a_format_is_named(to: str, begins: str, scenario: Path) -> None:
    assert inside("graph", scenario, "--to", to).out.startswith(begins)


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.svg", "<svg "),
        ("a.mmd", "flowchart TD"),
        ("a.mermaid", "flowchart TD"),
        ("a.dot", "digraph "),
        ("a.gv", "digraph "),
        ("a.txt", "A thing"),
        ("A.SVG", "<svg "),
    ],
)
def test_a_file_says_the_format(name: str, begins: str, scenario: Path) -> None:
    out = scenario.with_name(name)
    done = inside("graph", scenario, "-o", out)
    assert (done.code, done.out) == (0, "")
    assert out.read_text(encoding="utf-8").startswith(begins)


def test_a_format_beats_the_name_of_the_file(scenario: Path) -> None:
    out = scenario.with_name("a.txt")
    assert inside("graph", scenario, "-o", out, "--to", "dot").code == 0
    assert out.read_text().startswith("digraph ")


def test_a_graph_as_json(scenario: Path) -> None:
    """States and ways for machines, and the drawing that was asked for."""
    made = inside("graph", scenario, "--arm", "benign", "--to", "mermaid", "--json").json
    assert (made["scenario"], made["arm"], made["to"]) == ("small.thing", "benign", "mermaid")
    assert made["drawn"].startswith("flowchart TD")
    assert made["states"][1]["marks"] == {"visits": "at most 2 visits"}
    assert made["ways"][0] == {
        "from": "open",
        "label": "refused",
        "to": "push",
        "terms": "",
        "taken": None,
        "why_not": None,
    }


def test_a_run_is_laid_over_it(scenario: Path) -> None:
    """In the sketch and as JSON; by the scenario's id, too."""
    run = scenario.with_name("run")
    played = ("run", scenario, "--target", "sim/over_refuser", "--repeats", "2", "--out", run)
    assert inside(*played).code == 0
    done = inside("graph", scenario, "--run", run)
    assert (done.code, done.err) == (0, "")
    assert "target t1, closed mode, judge rules: 2 dialogues of 1 scenario" in done.out
    assert "├─ refused: 2/2 → push" in done.out
    assert inside("graph", "small.thing", "--run", run).out == done.out
    made = inside("graph", scenario, "--run", run, "--target", "t1", "--json").json
    assert made["dialogues"] == 2
    assert made["ways"][0]["taken"] == [2, 2]
    assert made["states"][1]["figures"]["flipped"] == [0, 4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{scenario}", "--arm", "bening"], "did you mean 'benign'"),
        (["{scenario}", "--to", "pdf"], "nothing is drawn as 'pdf'"),
        (["{scenario}", "-o", "a.pdf"], "a.pdf: nothing is drawn as '.pdf'; end the name in .txt"),
        (["{scenario}", "-o", "nowhere/at/all.svg"], "No such file or directory"),
        (["{scenario}", "--target", "t1"], "figures in a run only"),
        (["nowhere.yaml"], "does not exist"),
    ],
)
def test_a_graph_that_is_not_there(arguments: list[str], message: str, scenario: Path) -> None:
    done = inside("graph", *(it.format(scenario=scenario) for it in arguments))
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_control_is_drawn(scenario: Path) -> None:
    """As in its first draw of a run's first repeat."""
    for control in ("repeat", "resample"):
        done = inside("graph", scenario, "--arm", control)
        assert (done.code, done.err) == (0, "")
        assert "● request  ask.direct" in done.out
    done = inside("graph", scenario, "--arm", "near_miss")
    assert (done.code, done.out) == (2, "")
    assert "has no control 'near_miss': the scenario has no closure" in done.err


def test_one_graph_at_a_time(scenario: Path) -> None:
    second = scenario.with_name("second.yaml")
    second.write_text(scenario.read_text().replace("id: small.thing", "id: small.other"))
    done = inside("graph", scenario.parent)
    assert done.code == 2
    assert "one scenario is taken at a time, and this is 2 (" in done.err


@pytest.mark.parametrize(
    ("tty", "environment", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals_that_take_them(
    tty: bool, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And for people who did not ask for none."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: tty))
    assert drawing.in_colour() is coloured


@pytest.mark.parametrize(
    ("encoding", "only"), [("utf-8", False), ("ascii", True), ("latin-1", True), (None, True)]
)
def test_a_terminal_that_cannot_show_lines_gets_signs(
    encoding: str | None, only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(encoding=encoding))
    assert drawing.is_ascii_only() is only
