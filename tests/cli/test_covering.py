"""`convsim coverage`: shares, what is missing, and the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

import convsim
from convsim.coverage import Measure, Share
from convsim.runs import Run
from tests.cli.shell import inside
from tests.small import SUITE, Plain, gives_in, holds


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    """A run with one target that holds and one that gives in."""
    out = tmp_path / "run"
    targets = {"firm": holds, "weak": gives_in}
    await convsim.run(SUITE, targets, repeats=1, out=out, classifier=Plain())
    return out


def test_the_shares_and_what_is_missing(run: Path) -> None:
    """Of ten transitions, five an arm, the two together went through four in each."""
    assert Run(run).coverage().shares()[Measure.TRANSITIONS] == Share(8, 10)
    done = inside("coverage", run)
    assert (done.code, done.err) == (0, "")
    assert "  all " in done.out
    assert "80% 8/10" in done.out
    assert "2 closed by the replies" in done.out
    assert "open -otherwise-> end: needs a reply that is unclear" in done.out
    assert max(map(len, done.out.splitlines())) <= 100


def test_what_one_target_left_out(run: Path) -> None:
    done = inside("coverage", run, "--target", "weak", "--missing", "states")
    assert "STATES NOT GONE THROUGH BY weak\n  none\n" in done.out
    done = inside("coverage", run, "--target", "weak")
    assert "push -then-> end: needs 'push' to be come to 3 times; 1 at most were seen" in " ".join(
        done.out.split()
    )


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--fail-under", "80"], 0, ""),
        (["--fail-under", "81"], 1, "transitions: 80% (8 of 10) is under the 81% of --fail-under"),
        (["--fail-under", "states:100,labels:10"], 0, ""),
        (["--fail-under", "states:100,labels:90"], 1, "labels: "),
        (["--fail-under", "80", "--target", "weak"], 1, "transitions: 40% (4 of 10)"),
        (["--fail-under", "80", "--scenario", "small.thing"], 0, ""),
        (["--fail-under", "edges:3"], 2, "'edges' is nothing to cover"),
        (["--target", "frm"], 2, "has no target 'frm'; did you mean 'firm'"),
        (["--scenario", "small.thng"], 2, "did you mean 'small.thing'"),
    ],
)
def test_the_exit_code(run: Path, options: list[str], code: int, told: str) -> None:
    """All targets together, unless one is named."""
    done = inside("coverage", run, *options)
    assert done.code == code
    assert told in done.err


def test_as_json(run: Path) -> None:
    data = inside("coverage", run, "--json").json
    assert data["all"]["transitions"] == {"covered": 8, "of": 10, "unreachable": 0, "share": 0.8}
    assert set(data["targets"]) == {"firm", "weak"}
    of_one = inside("coverage", run, "--json", "--target", "weak").json
    assert of_one["targets"] == data["targets"]
    assert len(of_one["missing"]) > len(data["missing"])
    told = Run(run).to_dict()["coverage"]
    assert told["all"] == data["all"]
    assert {it["measure"] for it in told["missing"]} <= {"states", "transitions"}


def test_the_summary_and_the_page_have_it(run: Path) -> None:
    """A line a target, none longer than a terminal; and a section with the matrix."""
    brief, every = (
        Run(run).report(width=80, all_lines=it).partition("\nCOVERAGE\n")[2].partition("\n\n")[0]
        for it in (False, True)
    )
    assert "80% 8/10" in brief
    assert "80% 8/10" in every
    assert len(brief.splitlines()) < len(every.splitlines())
    assert "transitions not gone through: 2 closed by the replies" in every
    assert max(map(len, every.splitlines())) <= 80 + len(str(run))
    page = Run(run).write_html().read_text()
    assert '<h2 id="coverage">Coverage</h2>' in page
    assert "<code>open -otherwise-&gt; end</code>" in page


async def test_controls_are_in_no_share(tmp_path: Path) -> None:
    out = tmp_path / "run"
    made = await convsim.run(SUITE, holds, arms="controls", repeats=1, out=out, classifier=Plain())
    assert made.coverage().shares()[Measure.TRANSITIONS] == Share(0, 10)
    done = inside("coverage", out)
    assert "10 never scheduled" in done.out
    assert "no dialogue of this arm was played" in " ".join(done.out.split())
