"""`convsim gap`: the table for people and for machines, exit codes, one clear line, going on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

import convsim
from convsim.limits import Limits
from tests.cli.shell import convsim as shell
from tests.cli.shell import inside
from tests.judges.climbing import over_http, truthful
from tests.servers import FakeServer, fault
from tests.small import SUITE as SMALL
from tests.small import holds
from tests.spread import SUITE, gives, keeps


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    """Two repeats of two arms, against one that gives everything and one that keeps a half."""
    out = tmp_path / "run"
    targets = {"gives": gives, "keeps": keeps}
    await convsim.run(SUITE, targets, repeats=2, out=out, limits=Limits(attempts=1))
    return out


def test_the_rules_measure_for_free(run: Path) -> None:
    done = inside("gap", run)
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    said = " ".join(done.out.split())
    assert "Judge: rules." in said
    assert "gives: 2 dialogues in which the whole came out, 2 others; 1 scenario" in said
    assert "tally 100.0 100.0 0.0 0.0" in said
    assert "keeps: 0 dialogues in which the whole came out, 4 others; 1 scenario: no gap" in said
    assert "asked:" not in done.out
    assert (run / "gap" / "rules.json").exists()


def test_a_table_for_machines(run: Path) -> None:
    table = inside("gap", run, "--json", "--window", "2", "--rungs", "reply,window").json
    assert (table["judge"], table["window"], table["unseen"]) == ("rules", 2, 0)
    assert [one["rung"] for one in table["targets"]["gives"]["rungs"]] == ["reply", "window"]
    assert table["asked"]["calls"] == 0


async def test_a_model_is_asked_and_what_that_took_is_said(run: Path) -> None:
    async with FakeServer(over_http(truthful)) as server:
        done = await shell("gap", run, "--judge", f"{server.url}#judge")
        again = await shell("gap", run, "--judge", f"{server.url}#judge")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    rows = [line.split() for line in done.out.splitlines()]
    (reply,) = (row for row in rows if row[:1] == ["reply"])
    assert reply == ["reply", "0.0", "0.0", "0.0", "3.0", "21"]
    assert f"asked: {len(server.bodies)} calls" in done.out
    same, _, stored = again.out.partition("nothing was asked: ")
    assert same == done.out[: done.out.index("asked:")]
    assert stored.startswith(f"this judge's answers are stored in {run}/gap/ladder-")
    assert "came from" not in stored


async def test_a_broken_model_is_one_line_and_asked_anew_once_it_is_mended(run: Path) -> None:
    """It says how many calls that took, why, an example and what to do."""
    async with FakeServer('{"score": 1}' + " " * 200) as server:
        judge = ("--judge", f"{server.url}#judge")
        void = await shell("gap", run, *judge)
        asked = len(server.bodies)
        server.script = over_http(truthful)
        mended = await shell("gap", run, *judge)
    assert (void.code, void.out, len(void.err.splitlines())) == (3, "", 1)
    assert f"first 3 dialogues can be used, after {asked} calls (malformed; such as " in void.err
    assert "such as '{\"score\": 1}'" in void.err
    assert "the same command asks anew" in void.err
    assert (mended.code, mended.err) == (0, "")
    assert "abstained:" not in mended.out


async def test_answers_that_another_host_gave_are_told(run: Path) -> None:
    """The name of a judge has no host, so that nothing is asked."""
    async with FakeServer(over_http(truthful)) as one, FakeServer("{}") as other:
        await shell("gap", run, "--judge", f"{one.url}#judge")
        done = await shell("gap", run, "--judge", f"{other.url}#judge")
        table = (await shell("gap", run, "--judge", f"{other.url}#judge", "--json")).json
        assert other.bodies == []
    assert f"({other.url}#judge)" in " ".join(done.out.split())
    (said,) = (line for line in done.out.splitlines() if line.startswith("nothing was asked"))
    assert said.endswith(f"came from {one.url}#judge: a judge's name has no host")
    assert table["model"] == f"{other.url}#judge"
    assert table["stored"] == {f"{one.url}#judge": 8}


async def test_failed_calls_leave_it_incomplete(run: Path) -> None:
    """The rungs that were looked from are kept, and paid for once."""

    def flaky(body: Any) -> Any:
        return fault(503) if "answered" in str(body) else over_http(truthful)(body)

    async with FakeServer(flaky) as server:
        done = await shell("gap", run, "--judge", f"{server.url}#judge", "--json")
    assert (done.code, done.json["unseen"]) == (3, 8)
    assert "incomplete: 8 not looked at" in done.err
    assert "the same command goes on" in done.err


async def test_a_budget_is_kept_and_the_line_says_how_to_go_on(run: Path) -> None:
    async with FakeServer(over_http(truthful)) as server:
        done = await shell("gap", run, "--judge", f"{server.url}#judge", "--budget", "3calls")
        assert len(server.bodies) == 3
    assert done.code == 3
    assert f"convsim gap {run}" in done.err


async def test_a_wrong_key_is_wrong_input(run: Path) -> None:
    async with FakeServer(fault(401)) as server:
        done = await shell("gap", run, "--judge", f"{server.url}#judge")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--rungs", "whole"), "'whole' is no rung"),
        (("--window", "1"), "window"),
        (("--judge", "ruls"), "did you mean 'rules'"),
        (("--judge", "guard=x"), "guard"),
        (("--budget", "much"), "budget"),
    ],
)
def test_wrong_input_is_one_line(run: Path, arguments: tuple[str, ...], why: str) -> None:
    done = inside("gap", run, *arguments)
    assert done.code == 2
    assert why in done.err


async def test_a_run_without_facets_says_what_to_do(tmp_path: Path) -> None:
    await convsim.run(SMALL, holds, repeats=1, out=tmp_path / "run")
    done = await shell("gap", tmp_path / "run")
    assert (done.code, done.out) == (2, "")
    assert "2 without facets that make a whole" in done.err
    assert "a canary or a regex each" in done.err


def test_no_run_is_no_run(tmp_path: Path) -> None:
    assert inside("gap", tmp_path).code == 2


async def test_without_both_sides_there_is_no_gap(tmp_path: Path) -> None:
    """And the line says which arms it takes."""
    await convsim.run(SUITE, keeps, repeats=1, out=tmp_path / "run")
    done = await shell("gap", tmp_path / "run")
    assert done.code == 0
    assert "no gap: it takes dialogues in which the whole came out" in done.out
    assert "t1: 0 in which the whole came out, 2 others" in done.out
    assert "--arms all" in done.out


async def test_the_report_shows_what_the_rules_measure(run: Path) -> None:
    report = convsim.Run(run).report()
    assert "MEASURED GAP" in report
    assert "Measured gap" in convsim.Run(run).write_html().read_text()
    data = orjson.loads(orjson.dumps(convsim.Run(run).to_dict()))
    assert data["gap"]["judge"] == "rules"
