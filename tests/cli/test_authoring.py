"""`convsim schema` and `convsim new`."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.cli.shell import inside


def test_the_schema_is_json() -> None:
    done = inside("schema")
    assert done.code == 0
    assert orjson.loads(done.out)["title"] == "convsim scenario"
    assert orjson.loads(inside("schema", "--policy").out)["title"] == "convsim policy"


@pytest.mark.parametrize("kind", ["scenario", "fragment", "suite", "policy"])
def test_every_kind_of_file_has_a_schema(kind: str) -> None:
    assert inside("schema", "--kind", kind).json["title"] == f"convsim {kind}"


def test_two_kinds_at_once_are_refused() -> None:
    done = inside("schema", "--policy", "--kind", "suite")
    assert (done.code, done.out) == (2, "")
    assert "--policy is short for --kind policy" in done.err


def test_schemas_are_written_into_a_folder(tmp_path: Path) -> None:
    """All of them, or one; the files are listed."""
    done = inside("schema", "--out", tmp_path / "made")
    assert done.code == 0
    assert [Path(line).name for line in done.out.splitlines()] == [
        f"{kind}.schema.json" for kind in ("scenario", "fragment", "suite", "policy")
    ]
    assert inside("schema", "--kind", "suite", "--out", tmp_path).out.count("\n") == 1
    made = orjson.loads((tmp_path / "suite.schema.json").read_bytes())
    assert made["title"] == "convsim suite"


def test_a_new_scenario_is_followed_by_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written, and the commands to try on it, which work."""
    monkeypatch.chdir(tmp_path)
    done = inside("new", "library.borrower")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "wrote scenarios/policy.yaml",
        "wrote scenarios/library/borrower.yaml",
        "wrote scenarios/.convsim (by these an editor completes what you write)",
        "next: convsim lint scenarios/library/borrower.yaml",
        "      convsim walk scenarios/library/borrower.yaml",
        "      convsim run scenarios/library/borrower.yaml --target sim/redirects "
        "--target sim/over_refuser",
    ]
    assert inside("lint", "scenarios/library/borrower.yaml").code == 0
    again = inside("new", "library.borrower", "--evidence")
    assert (again.code, again.out) == (2, "")
    assert "nothing is overwritten" in again.err


def test_a_run_takes_suite_files_and_tags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--tags` picks among what the paths hold; picking nothing says what there is."""
    monkeypatch.chdir(tmp_path)
    inside("new", "library.borrower")
    inside("new", "library.locker", "--facets")
    Path("scenarios/mine.yaml").write_text("suite: 1\nid: mine\nscenarios: .\ntags: spread\n")

    def planned(*arguments: str) -> int:
        done = inside(
            "run", *arguments, "-t", "sim/redirects", "--repeats", "1", "--dry-run", "--json"
        )
        assert done.code == 0, done.err
        return int(done.json["dialogues"])

    assert planned("scenarios") == 4
    assert planned("scenarios", "--tags", "spread") == 2
    assert planned("scenarios", "--tags", "-spread") == 2
    assert planned("scenarios/mine.yaml") == 2
    done = inside("run", "scenarios", "-t", "sim/redirects", "--tags", "fraud")
    assert (done.code, done.out) == (2, "")
    assert "tags there: library (2), over-refusal (2), canary (1)" in done.err


@pytest.mark.parametrize(
    ("kind", "file"), [("fragment", "fragments/hurry.yaml"), ("suite", "suites/hurry.yaml")]
)
def test_other_kinds_of_files_are_begun(
    kind: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By themselves: they have no rule and no arms."""
    monkeypatch.chdir(tmp_path)
    refused = inside("new", "hurry", f"--{kind}", "--facets")
    assert (refused.code, refused.out) == (2, "")
    assert "begin files of other kinds" in refused.err
    done = inside("new", f"--{kind}", "hurry")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"wrote scenarios/{file}",
        "wrote scenarios/.convsim (by these an editor completes what you write)",
        f"next: convsim lint scenarios/{file}",
    ]
