"""Suite files pick scenarios by their tags, and say what there is where they pick none."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.errors import InputError, ScenarioError
from convsim.linting import lint
from convsim.loading import load_suite
from convsim.suite import Selection

SHIPPED = Path(__file__).parent.parent / "scenarios"
GERMAN = "language: de\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three scenarios of one rule, a fragment, and a folder for suite files."""
    monkeypatch.chdir(tmp_path)
    Path("s/suites").mkdir(parents=True)
    Path("s/policy.yaml").write_text(
        "rules: [{id: r, text: Not that.}, {id: q, text: Nor that.}]\n"
    )
    for id, tags, more in (("a", "fraud, pressure", ""), ("b", "fraud", GERMAN), ("c", "", "")):
        Path(f"s/{id}.yaml").write_text(
            f"id: {id}\nrule: r\ntags: [{tags}]\n{more}start: open\nstates:\n"
            "  open: {move: ask.direct, say: Yes?, next: {otherwise: end}}\n  end: {final: true}\n"
        )
    Path("s/piece.yaml").write_text(
        "fragment: 1\nid: piece\nexits: [out]\nstart: open\n"
        "states: {open: {move: push_back.repeat, say: Yes?, next: {otherwise: out}}}\n"
    )
    return tmp_path


def picked(body: str) -> list[str]:
    """The ids of the scenarios that a suite file stands for."""
    Path("s/suites/mine.yaml").write_text(f"suite: 1\nid: mine\n{body}\n")
    return [scenario.id for scenario in load_suite("s/suites/mine.yaml").scenarios]


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ("scenarios: ..", ["a", "b", "c"]),
        ("scenarios: [../c.yaml, ../a.yaml]", ["a", "c"]),
        ("scenarios: [.., ../a.yaml]", ["a", "b", "c"]),
        ("scenarios: ..\ntags: fraud", ["a", "b"]),
        ("scenarios: ..\ntags: [pressure, fraud]", ["a", "b"]),
        ("scenarios: ..\ntags: {any: [pressure]}", ["a"]),
        ("scenarios: ..\ntags: {all: [pressure, fraud]}", ["a"]),
        ("scenarios: ..\ntags: {any: fraud, none: pressure}", ["b"]),
        ("scenarios: ..\ntags: {none: fraud}", ["c"]),
        ("scenarios: ..\nlanguages: de", ["b"]),
        ("scenarios: ..\nlanguages: [en, es]\ntags: fraud", ["a"]),
    ],
)
def test_a_suite_file_stands_for_scenarios(body: str, ids: list[str]) -> None:
    """Those of its files and folders that have its tags and speak its languages; each once."""
    assert picked(body) == ids


def test_a_suite_file_brings_the_rules_of_its_scenarios() -> None:
    """They are looked up from each scenario, not from the suite file."""
    picked("scenarios: ../a.yaml")
    assert {*load_suite("s/suites/mine.yaml").policy.by_id} == {"r", "q"}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            "scenarios: ..\ntags: {any: [privacy]}",
            "4:1: none of 3 scenarios is meant (any of privacy); tags there: fraud (2), pressure "
            "(1); languages: en (2), de (1)",
        ),
        (
            "scenarios: ..\nlanguages: zh",
            "4:12: none of 3 scenarios is meant (in zh); tags there: fraud (2), pressure (1); "
            "languages: en (2), de (1)",
        ),
        (
            "scenarios: [../d.yaml]",
            "3:13: `scenarios`: 's/d.yaml' does not exist; did you mean 's/c.yaml'? (paths are "
            "looked up from the suite file)",
        ),
        (
            "scenarios: ../piece.yaml",
            "3:12: `scenarios`: 's/piece.yaml' holds no scenario; name scenario files or folders "
            "of them",
        ),
        (
            "scenarios: mine.yaml",
            "3:12: `scenarios`: 's/suites/mine.yaml' holds a suite file, and suites do not lie in "
            "each other; name scenario files or folders of them",
        ),
        ("scenario: ..", "3:1: unknown key 'scenario'; did you mean 'scenarios'?"),
        ("scenarios: []", "3:1: `scenarios`: must not be empty"),
        ("scenarios: ..\ntags: {anny: x}", "4:8: `tags`: unknown key 'anny'"),
    ],
)
def test_a_suite_file_is_checked(body: str, problem: str) -> None:
    """At its own place, with what there is."""
    with pytest.raises(ScenarioError) as caught:
        picked(body)
    assert f"s/suites/mine.yaml:{problem}" in str(caught.value)


def test_a_suite_file_without_an_id_is_told_so() -> None:
    """It would be a suite of nothing else."""
    Path("s/suites/mine.yaml").write_text("suite: 1\nscenarios: ..\n")
    with pytest.raises(ScenarioError, match=r"mine\.yaml:1:1: key 'id' is missing"):
        load_suite("s/suites/mine.yaml")


def test_a_folder_is_searched_for_scenarios_alone() -> None:
    """Fragments and suite files in it are no scenarios, and broken ones are in nobody's way."""
    Path("s/suites/mine.yaml").write_text("suite: 1\nid: mine\nscenarios: [../nowhere]\n")
    assert len(load_suite("s").scenarios) == 3


def test_lint_checks_suite_files_where_they_lie() -> None:
    """Those of a folder too; a tag that nobody has is worth a look."""
    Path("s/suites/mine.yaml").write_text("suite: 1\nid: mine\nscenarios: [../nowhere]\n")
    Path("s/suites/more.yaml").write_text(
        "suite: 1\nid: more\nscenarios: ..\ntags: [fraud, frod]\n"
    )
    found = [problem for problem in lint("s").problems if problem.code.startswith("CS7")]
    assert [(problem.file, problem.code, problem.warning) for problem in found] == [
        ("s/suites/mine.yaml", "CS751", False),
        ("s/suites/more.yaml", "CS753", True),
    ]
    assert "tag 'frod' is on none of 3 scenarios; did you mean 'fraud'?" in found[1].message


def test_rules_that_a_selection_leaves_out_are_no_matter() -> None:
    """A suite file asks about its scenarios, not about the policy."""
    picked("scenarios: ../a.yaml")
    codes = {problem.code for problem in lint("s/suites/mine.yaml").problems}
    assert "CS606" not in codes
    assert "CS606" in {problem.code for problem in lint("s").problems}


def test_files_that_are_no_scenarios_are_named() -> None:
    """Where there is nothing else."""
    with pytest.raises(
        InputError, match=r"no scenarios in 's/piece.yaml'.*piece.yaml is a fragment"
    ):
        load_suite("s/piece.yaml")


# -- what ships ---------------------------------------------------------------------------------

SUITES = sorted((SHIPPED / "suites").glob("*.yaml"))


def test_there_are_suites_for_what_people_ask() -> None:
    assert {file.stem for file in SUITES} >= {
        *("quick", "pressure", "frames", "authority", "spread", "over_refusal", "languages"),
    }


@pytest.mark.parametrize("file", SUITES, ids=lambda file: file.stem)
def test_a_shipped_suite_picks_some(file: Path) -> None:
    """It loads, goes by the name of its file, and says what it is for."""
    suite = load_suite(file)
    assert 2 <= len(suite.scenarios) < len(load_suite(SHIPPED).scenarios)
    assert lint(file, select=["CS7"]).problems == ()


def test_suites_are_told_apart() -> None:
    """By their ids."""
    from convsim.yaml12 import parse

    read = [Selection.model_validate(parse(file.read_bytes()).data) for file in SUITES]
    assert [selection.id for selection in read] == [file.stem for file in SUITES]
    assert all(selection.title for selection in read)
