"""`convsim lint`, `graph` and `schema`."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

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
    assert done.json["problems"][0].keys() == {"message", "file", "line", "column", "warning"}


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
        "house.yaml:1:67: entry 2 of `rules`, `level`: unknown value 'nevr'; did you " in done.out
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


def test_a_graph_is_drawn(scenario: Path) -> None:
    """As Mermaid text, which hosts of Markdown show as a picture."""
    done = inside("graph", scenario)
    assert done.code == 0
    assert "open" in done.out
    assert "push" in done.out
    as_json = inside("graph", scenario, "--arm", "benign", "--json").json
    assert (as_json["scenario"], as_json["arm"]) == ("small.thing", "benign")
    assert as_json["mermaid"].splitlines()[0] == done.out.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{scenario}", "--arm", "bening"], "did you mean 'benign'"),
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
        assert "<b>request</b><br/>ask.direct" in done.out
    done = inside("graph", scenario, "--arm", "near_miss")
    assert (done.code, done.out) == (2, "")
    assert "has no control 'near_miss': the scenario has no closure" in done.err


def test_one_graph_at_a_time(scenario: Path) -> None:
    second = scenario.with_name("second.yaml")
    second.write_text(scenario.read_text().replace("id: small.thing", "id: small.other"))
    done = inside("graph", scenario.parent)
    assert done.code == 2
    assert "holds 2 scenarios; draw one at a time" in done.err


def test_the_schema_is_json() -> None:
    done = inside("schema")
    assert done.code == 0
    assert orjson.loads(done.out)["title"] == "convsim scenario"
    assert orjson.loads(inside("schema", "--policy").out)["title"] == "convsim policy"
