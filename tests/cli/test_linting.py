"""`convsim lint`."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.cli.linting import wrapped
from convsim.errors import Problem
from tests.cli.shell import inside
from tests.small import write_scenario

BROKEN = Path(__file__).parent.parent / "broken"


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path)


def test_a_good_file_has_no_problems(scenario: Path) -> None:
    done = inside("lint", scenario)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1].startswith("1 scenario: 0 errors, ")


def test_every_problem_of_every_file_is_listed() -> None:
    """On stdout, because they are what was asked for; exit code 2."""
    done = inside("lint", BROKEN)
    assert (done.code, done.err) == (2, "")
    *problems, total = done.out.splitlines()
    broken = [path for path in BROKEN.glob("*.yaml") if path.name != "policy.yaml"]
    assert {Path(line.partition(":")[0]).name for line in problems} == {it.name for it in broken}
    assert total.startswith(f"{len(broken)} scenarios: ")


def test_problems_as_json() -> None:
    done = inside("lint", BROKEN / "unknown_state.yaml", "--json")
    assert (done.code, done.json["scenarios"], done.json["policies"]) == (2, 1, 1)
    assert done.json["problems"][0].keys() == {
        "message",
        "file",
        "line",
        "column",
        "warning",
        "code",
    }


def test_warnings_are_no_errors(scenario: Path) -> None:
    scenario.write_text(scenario.read_text().replace("push_back.repeat", "push_back.nagging"))
    done = inside("lint", scenario)
    assert done.code == 0
    assert "warning: " in done.out
    assert "push_back.nagging" in done.out


def test_a_policy_is_linted_by_itself(tmp_path: Path) -> None:
    """Under any name; what it holds is counted as a policy."""
    policy = tmp_path / "house.yaml"
    policy.write_text("rules: [{id: a, text: Not that.}, {id: b, text: Nor this., level: nevr}]\n")
    done = inside("lint", policy)
    assert done.code == 2
    assert (
        "house.yaml:1:67: error: CS009 entry 2 of `rules`, `level`: unknown value 'nevr'; did you "
        in done.out
    )
    assert done.out.splitlines()[-1] == "1 policy: 1 error, 0 warnings"
    policy.write_text(policy.read_text().replace("nevr", "never"))
    assert inside("lint", policy).code == 0
    policy.with_name("more.yaml").write_text("rules: [{id: a}]\n")
    assert inside("lint", tmp_path).out.splitlines()[-1] == "2 policies: 0 errors, 1 warning"


def test_linting_nothing(tmp_path: Path) -> None:
    done = inside("lint", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "no scenarios in" in done.err


def test_a_line_is_what_compilers_print(scenario: Path) -> None:
    """So that editors jump to it: file, line, column, severity, code, message."""
    scenario.write_text(scenario.read_text().replace("otherwise: end", "complied: end", 1))
    done = inside("lint", scenario)
    line = done.out.splitlines()[0]
    assert line.startswith(f"{scenario}:17:5: error: CS105 state 'open' has no transition for ")


@pytest.mark.parametrize(
    ("options", "broken", "code"),
    [
        ([], False, 0),
        (["--strict"], False, 1),
        (["--strict", "--ignore", "CS"], False, 0),
        (["--strict", "--select", "CS8"], False, 0),
        ([], True, 2),
        (["--strict", "--ignore", "CS"], True, 2),
    ],
)
def test_exit_codes(options: list[str], broken: bool, code: int, scenario: Path) -> None:
    """Errors are 2; warnings are 1 where that was asked for."""
    if broken:
        scenario.write_text(scenario.read_text().replace("otherwise: end", "complied: end", 1))
    assert inside("lint", scenario, *options).code == code


def test_sarif(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses are relative to where the command runs, which is the root of the sources."""
    monkeypatch.chdir(scenario.parent.parent)
    (run,) = inside("lint", scenario, "--format", "sarif").json["runs"]
    places = [it["locations"][0]["physicalLocation"] for it in run["results"]]
    assert {it["artifactLocation"]["uri"] for it in places} == {
        f"{scenario.parent.name}/small.yaml"
    }
    assert run["tool"]["driver"]["name"] == "convsim"


def test_json_by_either_name(scenario: Path) -> None:
    by_flag, by_format = (
        inside("lint", scenario, *it).json for it in (["--json"], ["--format", "json"])
    )
    assert by_flag == by_format
    assert [it["code"] for it in by_flag["problems"]] == ["CS502", "CS210", "CS209"]


def test_a_code_is_explained() -> None:
    done = inside("lint", "--explain", "cs209")
    assert (done.code, done.out.splitlines()[0]) == (0, "# CS209: near-duplicate")
    assert inside("lint", "--explain", "near-duplicate").out == done.out
    assert inside("lint", "--explain", "CS209", "--json").json["severity"] == "warning"
    wrong = inside("lint", "--explain", "CS299")
    assert (wrong.code, wrong.out) == (2, "")
    assert "there is no lint code 'CS299'" in wrong.err


def test_all_codes_are_listed() -> None:
    done = inside("lint", "--rules")
    assert done.code == 0
    assert "CS105 error   open-label: A reply may get a label that leads nowhere" in done.out
    listed = inside("lint", "--rules", "--json").json
    assert len(listed) == len(done.out.splitlines())
    assert listed[0].keys() == {"code", "name", "severity", "summary"}


def test_nothing_to_lint() -> None:
    done = inside("lint")
    assert (done.code, done.out) == (2, "")
    assert "name what to lint" in done.err


def test_a_terminal_gets_wrapped_messages() -> None:
    """Place and code on a line, the message below it, no line wider than the terminal."""
    problem = Problem("word " * 40, "a.yaml", 3, 4, warning=True, code="CS209")
    first, *rest = wrapped(problem, 60).splitlines()
    assert first == "a.yaml:3:4: warning: CS209"
    assert all(len(line) <= 60 and line.startswith("    ") for line in rest)
