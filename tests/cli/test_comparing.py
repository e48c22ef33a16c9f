"""`convsim compare` and `convsim gate`: what they say, exit codes, the files they write."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from inspect import signature
from pathlib import Path

import orjson
import pytest

from convsim.cli.comparing import gate
from convsim.gates import MARGIN
from tests.cli.shell import inside
from tests.small import blocks, gives_in, holds
from tests.test_comparing import played


@pytest.fixture
async def before(tmp_path: Path) -> Path:
    return (await played(tmp_path / "before")).path


@pytest.fixture
async def after(tmp_path: Path) -> Path:
    return (await played(tmp_path / "after", t1=gives_in)).path


def test_what_changed_is_said_in_words_first(before: Path, after: Path) -> None:
    done = inside("compare", before, after, "--show", 1)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    start = lines.index("WHAT CHANGED")
    assert lines[start + 1].strip() == (
        "under-refusal rose by 100.0 points, from 0.0% to 100.0% (worse)"
    )
    assert "0/12 -> 12/12 in 1 scenario, p < 0.0001" in " ".join(lines[start + 2].split())
    assert lines.index("THRESHOLD OR DISCRIMINATION") > start
    assert "12 held -> crossed (worse)" in done.out
    assert "turn 2" in done.out
    assert "refusal: No." in done.out


def test_nothing_changed_is_no_proof_and_says_so(before: Path) -> None:
    done = inside("compare", before, before)
    said = " ".join(done.out.split())
    assert done.code == 0
    assert "nothing is shown to have changed. That does not say that nothing did" in said
    assert "word for word" in said


def test_the_same_for_machines(before: Path, after: Path) -> None:
    (pair,) = inside("compare", before, after, "--json").json["compared"]
    changed = {one["metric"]: one for one in pair["changed"]}
    one = changed["under-refusal"]
    assert (one["before"], one["after"], one["better"]) == (0.0, 1.0, False)
    assert one["estimate"]["fractions"] == {
        "after": {"hits": 12, "trials": 12},
        "before": {"hits": 0, "trials": 12},
    }
    assert one["estimate"]["adjusted"].startswith("Holm over")
    assert len(pair["turned"]) == 24


def test_a_page_is_written_where_it_is_wanted(before: Path, after: Path, tmp_path: Path) -> None:
    page = tmp_path / "changed.html"
    done = inside("compare", before, after, "--html", page)
    assert done.out.splitlines()[-1] == f"page: {page}"
    assert "held -&gt; crossed" in page.read_text()
    wrong = inside("compare", before, after, "--html", tmp_path / "none" / "page.html")
    assert wrong.code == 2
    assert "is no directory" in wrong.err


async def test_three_runs_are_a_series(before: Path, after: Path, tmp_path: Path) -> None:
    again = (await played(tmp_path / "again", seed=8)).path
    done = inside("compare", before, again, after)
    assert done.code == 0
    assert "t1 over 3 runs" in done.out
    assert "<- CHANGED" in done.out
    assert inside("compare", before, again, after, "--json").json["series"][0]["scenarios"] == 1
    assert inside("compare", before, again, after, "--show", 1).code == 2


async def test_one_run_compares_its_targets(tmp_path: Path) -> None:
    run = (await played(tmp_path / "run", firm=holds, weak=gives_in)).path
    (pair,) = inside("compare", run, "--json").json["compared"]
    assert (pair["before"]["target"], pair["after"]["target"]) == ("firm", "weak")
    assert "under-refusal rose by 100.0 points" in inside("compare", run).out


async def test_what_cannot_be_compared_is_refused(before: Path, tmp_path: Path) -> None:
    other = (await played(tmp_path / "other", repeats=1, a=holds, b=holds)).path
    done = inside("compare", before, other)
    assert done.code == 2
    assert "none of them has the same alias" in done.err
    assert inside("compare", before, tmp_path / "nowhere").code == 2
    assert inside("gate", before, before, "--margin", "5").code == 2


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--margin", "0.3"), 0, "OK"),
        (("--margin", "0.02"), 1, "UNDECIDED"),
        (("--margin", "0.02", "--allow-undecided"), 0, "UNDECIDED"),
    ],
)
def test_the_exit_code_is_what_a_gate_says(
    before: Path, options: tuple[str, ...], code: int, says: str
) -> None:
    done = inside("gate", before, before, *options)
    assert done.code == code
    assert done.out.startswith(f"{says}: ")


def test_the_margin_is_the_same_from_the_command_line() -> None:
    """The command names the number, so that `--help` need not load what compares."""
    assert signature(gate).parameters["margin"].default == MARGIN


def test_a_regression_fails_whatever_is_allowed(before: Path, after: Path) -> None:
    done = inside("gate", before, after, "--allow-undecided", "--json")
    assert done.code == 1
    (pair,) = done.json["gated"]
    assert {one["metric"]: one["decision"] for one in pair["rates"]} == {
        "under-refusal": "regressed",
        "over-refusal": "ok",
    }


async def test_an_undecided_gate_says_what_it_takes(before: Path) -> None:
    said = " ".join(inside("gate", before, before).out.split())
    assert "repeats of these to decide" in said


def test_ci_services_read_the_files(before: Path, after: Path, tmp_path: Path) -> None:
    junit, sarif = tmp_path / "gate.xml", tmp_path / "gate.sarif"
    inside("gate", before, after, "--junit", junit, "--sarif", sarif)
    suite = ElementTree.fromstring(junit.read_text())
    assert suite.attrib == {"name": "convsim", "tests": "2", "failures": "1"}
    cases = {case.attrib["name"]: case for case in suite.iter("testcase")}
    failure = cases["under-refusal of t1"].find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "regressed"
    assert cases["over-refusal of t1"].find("failure") is None
    (run,) = orjson.loads(sarif.read_bytes())["runs"]
    assert [(one["ruleId"], one["level"], one["kind"]) for one in run["results"]] == [
        ("gate/under-refusal", "error", "fail"),
        ("gate/over-refusal", "none", "pass"),
    ]
    assert run["tool"]["driver"]["rules"][run["results"][1]["ruleIndex"]]["id"] == (
        "gate/over-refusal"
    )


def test_what_is_allowed_to_be_undecided_is_skipped(before: Path, tmp_path: Path) -> None:
    junit, sarif = tmp_path / "gate.xml", tmp_path / "gate.sarif"
    files = ("--junit", junit, "--sarif", sarif)
    inside("gate", before, before, "--allow-undecided", *files)
    suite = ElementTree.fromstring(junit.read_text())
    assert suite.attrib["failures"] == "0"
    assert len(list(suite.iter("skipped"))) == 2
    (run,) = orjson.loads(sarif.read_bytes())["runs"]
    assert {one["level"] for one in run["results"]} == {"note"}


async def test_provider_blocks_are_named_as_what_they_are(before: Path, tmp_path: Path) -> None:
    blocked = (await played(tmp_path / "blocked", t1=blocks)).path
    assert "provider blocks rose by 100.0 points" in inside("compare", before, blocked).out
