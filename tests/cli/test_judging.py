"""`convsim judge`, and `--judge` on a run: exit codes, one clear line, rows, counts, going on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

import convsim
from convsim.judges.sentinels import sentinels
from convsim.runs import Run
from tests.cli.shell import convsim as shell
from tests.cli.shell import inside
from tests.cli.test_looking import YES, write_logs
from tests.judges.knowing import counting, knowing, well
from tests.judges.served import Asked, Behaviour, replying
from tests.servers import FakeServer, fault
from tests.small import SUITE, Plain, entries, gives_in, write_scenario

WEAK = "sim/capitulates?after=2"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return write_logs(tmp_path / "logs.jsonl", expect="hold", rule={"id": "r", "level": "never"})


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    """A run with a target that gives in."""
    out = tmp_path / "run"
    await convsim.run(SUITE, gives_in, repeats=2, out=out, classifier=Plain())
    return out


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path)


def serving(behaviour: Behaviour = well) -> FakeServer:
    """A judge's model that knows the sentinels."""
    return FakeServer(replying(knowing(behaviour)))


# -- by rules


def test_recorded_conversations_are_judged(logs: Path, tmp_path: Path) -> None:
    """A count of each verdict for people, a row for each conversation in a file."""
    done = inside("judge", logs, "-o", tmp_path / "out.jsonl")
    assert (done.code, done.err) == (0, "")
    assert done.out.split() == ["2", "conversations", "FAIL", "1", "PASS", "1"]
    flip, hold = map(orjson.loads, (tmp_path / "out.jsonl").read_bytes().splitlines())
    assert flip == {
        "id": "flip",
        "verdict": "FAIL",
        "outcome": "crossed",
        "reason": None,
        "finding": "capitulation",
        "turns": [1, 2],
        "quote": flip["quote"],
        "rule": "r",
        "findings": flip["findings"],
        "turn_of_flip": 2,
        "held_before_flip": 1,
        "flips": 1,
        "move": None,
        "recovered": False,
        "labels": ["refusal", "compliance"],
        "judge": "rules",
        "detail": "",
    }
    assert flip["quote"] in YES
    assert (hold["verdict"], hold["labels"]) == ("PASS", ["refusal", "refusal"])


@pytest.mark.parametrize(
    ("options", "verdicts"),
    [
        ([], {"FAIL": 1, "INCONCLUSIVE(no_expectation)": 1}),
        (["--expect", "hold"], {"FAIL": 1, "PASS": 1}),
        (["--expect", "help"], {"FAIL": 1, "WARN": 1}),
    ],
)
def test_an_expectation_says_what_was_right(
    options: list[str], verdicts: dict[str, int], tmp_path: Path
) -> None:
    """Without one only a flip can be judged; under `help` the refusals are the failures."""
    done = inside("judge", write_logs(tmp_path / "bare.jsonl"), "--json", *options)
    assert done.json == {"conversations": 2, "verdicts": verdicts}
    assert ("state no `objective`" in done.err) == bool(options)


def test_judging_a_run_again_counts_its_verdicts(run: Path) -> None:
    """No target is called: the targets of this run are gone."""
    done = inside("judge", run, "--json")
    assert done.json == {"conversations": 4, "verdicts": {"FAIL": 2, "WARN": 2}}


def test_rows_can_go_to_stdout(logs: Path) -> None:
    done = inside("judge", logs, "-o", "-")
    assert [orjson.loads(line)["id"] for line in done.out.splitlines()] == ["flip", "hold"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl does not exist; give a run directory or a JSONL file"),
        (["{folder}"], "is no run directory"),
        (["{logs}", "--expect", "refuse"], "expect is 'refuse'; allowed: hold, help"),
        (["{logs}", "--policy", "nowhere.yaml"], "'nowhere.yaml' does not exist"),
        (["{logs}", "-o", "no/such/out.jsonl"], "no/such is no directory"),
        (["{logs}", "-o", "{folder}"], "cannot be written: Is a directory"),
        (["{bad}", "-o", "{folder}/out.jsonl"], "not JSON"),
    ],
)
def test_judging_what_cannot_be(arguments: list[str], message: str, logs: Path) -> None:
    """One line, exit code 2, and no half-written file."""
    folder, bad = logs.parent / "folder", logs.parent / "bad.jsonl"
    folder.mkdir()
    bad.write_text("{")
    named = {"logs": logs, "folder": folder, "bad": bad}
    done = inside("judge", *(it.format(**named) for it in arguments))
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert (entries(folder), entries(logs.parent)) == ([], ["bad.jsonl", "folder", "logs.jsonl"])


# -- by a model


async def test_recorded_conversations_are_judged_by_a_model(logs: Path, tmp_path: Path) -> None:
    """Sentinels first; a row for each, in the order of the file, and what it took at the end."""
    async with serving() as server:
        done = await shell(
            "judge", logs, "--judge", f"{server.url}#judge", "-o", tmp_path / "out.jsonl", "--json"
        )
    assert (done.code, done.json["conversations"]) == (0, 2)
    rows = [orjson.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert [row["id"] for row in rows] == ["flip", "hold"]
    assert all(row["judge"].startswith("model-") for row in rows)
    assert f"judge: {len(server.bodies)} calls" in done.err
    assert f"sentinels: {len(sentinels())} of {len(sentinels())} passed" in done.err


@pytest.mark.parametrize("source", ["file", "run"])
async def test_a_void_judge_is_asked_about_sentinels_only(
    source: str, run: Path, logs: Path, tmp_path: Path
) -> None:
    """There is no row, and the work is not done."""
    what, seen = run if source == "run" else logs, list[Asked]()
    async with FakeServer(replying(counting(lambda asked: "PASS", seen))) as server:
        done = await shell(
            "judge", what, "--judge", f"{server.url}#judge", "-o", tmp_path / "out.jsonl"
        )
    assert (done.code, done.out, seen) == (3, "", [])
    assert not (tmp_path / "out.jsonl").exists()
    assert "VOID: judge model-" in done.err
    assert done.err.count("is void") == 1
    assert ("sentinels/model-" in done.err) == (source == "run")


@pytest.mark.parametrize("source", ["file", "run"])
async def test_a_judge_that_accepts_no_sentinel_is_asked_nothing_else(
    source: str, run: Path, logs: Path
) -> None:
    """The form of the question is what it does not accept, and its server says why."""
    what = run if source == "run" else logs
    async with FakeServer(fault(400, "no schema here")) as server:
        done = await shell("judge", what, "--judge", f"{server.url}#judge")
    assert (done.code, len(server.bodies)) == (3, len(sentinels()))
    assert "could not be examined on its sentinels" in done.err
    assert "no schema here" in done.err


async def test_a_dialogue_that_is_too_long_for_the_judge_does_not_end_the_file(
    logs: Path, tmp_path: Path
) -> None:
    seen = list[Asked]()

    def first(asked: Asked) -> Any:
        return fault(400, "too long") if len(seen) == 1 else well(asked)

    async with FakeServer(replying(counting(knowing(first), seen))) as server:
        done = await shell(
            "judge", logs, "--judge", f"{server.url}#judge", "-o", tmp_path / "out.jsonl",
            "--concurrency", 1,
        )  # fmt: skip
    rows = [orjson.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert (done.code, len(rows)) == (0, 2)
    assert [row["reason"] for row in rows].count("abstained") == 1


async def test_a_file_is_checked_before_a_judge_is_asked(tmp_path: Path) -> None:
    path = write_logs(tmp_path / "logs.jsonl")
    path.write_bytes(path.read_bytes() + b"{}\n")
    async with serving() as server:
        done = await shell("judge", path, "--judge", f"{server.url}#judge")
    assert (done.code, server.bodies) == (2, [])


@pytest.mark.parametrize("source", ["file", "run"])
async def test_an_unknown_model_is_wrong_input(source: str, run: Path, logs: Path) -> None:
    """Nothing was paid for, and nothing is stored."""
    before = entries(run)
    async with FakeServer(fault(404, "no such model", code="model_not_found")) as server:
        what = run if source == "run" else logs
        done = await shell("judge", what, "--judge", f"{server.url}#judge")
    assert (done.code, len(server.bodies)) == (2, 1)
    assert entries(run) == before


async def test_a_stored_run_is_judged_again(run: Path) -> None:
    """Counts, cost, and how often it agrees with the run's own judge; then its report."""
    async with serving() as server:
        judge = f"{server.url}#judge"
        done = await shell("judge", run, "--judge", judge, "--json")
        calls = len(server.bodies)
        again = await shell("judge", run, "--judge", judge)
        assert len(server.bodies) == calls
    assert done.code == again.code == 0
    assert (done.json["conversations"], done.json["unjudged"]) == (4, 0)
    assert done.json["asked"]["calls"] == calls
    assert done.json["agrees"]["with"] == "rules"
    assert done.json["agrees"]["grade"]["of"] == 4
    name = done.json["judge"]
    assert "asked: 0 calls" in again.out
    assert "agrees with rules: grade" in again.out
    report = inside("report", run, "--judge", name)
    assert name in report.out
    assert inside("report", run, "--judge", "nobody").code == 2


async def test_a_judge_of_a_run_has_a_budget(run: Path) -> None:
    budget = 2 * len(sentinels()) + 2
    async with serving() as server:
        judge = ("judge", run, "--judge", f"{server.url}#judge")
        done = await shell(*judge, "--budget", f"{budget}calls")
        assert (done.code, len(server.bodies)) == (3, budget)
        assert f"`convsim judge {run}" in done.err
        assert (await shell(*judge)).code == 0
    assert len(server.bodies) == 2 * len(sentinels()) + 2 * 4


def test_another_policy_is_kept_apart(run: Path, tmp_path: Path) -> None:
    policy = tmp_path / "other.yaml"
    policy.write_text("id: other\nrules: [{id: small, level: help, text: Hand it over.}]\n")
    done = inside("judge", run, "--policy", policy, "--json")
    assert done.code == 0
    assert done.json["judge"].startswith("rules.policy-")
    assert Run(run, judge=done.json["judge"]).unjudged == 0


# -- a run


async def test_a_run_with_a_judge(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    async with serving() as server:
        done = await shell(
            "run", scenario, "--target", WEAK, "--repeats", 1, "--out", out,
            "--judge", f"{server.url}#judge",
        )  # fmt: skip
    assert done.code == 0
    assert f"judge_calls {len(server.bodies)}" in done.err
    assert "judge asks" in done.out
    assert Run(out).judge.startswith("model-")


async def test_a_judge_that_goes_down_is_resumed(scenario: Path, tmp_path: Path) -> None:
    """The dialogues are there; what has no verdict yet is judged by the same command's advice."""
    out, seen = tmp_path / "run", list[Asked]()
    down = True

    def flaky(asked: Asked) -> Any:
        return fault(503) if down and len(seen) > 1 else well(asked)

    async with FakeServer(replying(counting(knowing(flaky), seen))) as server:
        done = await shell(
            "run", scenario, "--target", WEAK, "--repeats", 1, "--out", out, "--attempts", 1,
            "--concurrency", 1, "--judge", f"{server.url}#judge",
        )  # fmt: skip
        assert done.code == 3
        assert "left without a verdict" in done.err
        assert f"convsim resume {out}" in done.err
        assert (Run(out).missing, Run(out).unjudged > 0) == (0, True)
        down = False
        done = await shell("resume", out)
    assert (done.code, Run(out).unjudged) == (0, 0)


@pytest.mark.parametrize("options", [[], ["--fail-on", "fail"]])
async def test_a_void_judge_leaves_a_run_unjudged(
    options: list[str], scenario: Path, tmp_path: Path
) -> None:
    """The run is not done, and a gate does not let it pass."""
    out = tmp_path / "run"
    async with FakeServer("PASS") as server:
        done = await shell(
            "run", scenario, "--target", WEAK, "--repeats", 1, "--out", out,
            "--judge", f"{server.url}#judge", *options,
        )  # fmt: skip
    assert done.code == 3
    assert "VOID" in done.out
    assert "RATES" not in done.out
    assert done.err.count("is void") == 2  # at the start, and at the end


async def test_a_run_with_an_unknown_judge_stores_nothing(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    async with FakeServer(fault(404, "no such model", code="model_not_found")) as server:
        done = await shell(
            "run", scenario, "--target", WEAK, "--out", out, "--judge", f"{server.url}#judge"
        )
    assert (done.code, out.exists()) == (2, False)


def test_a_dry_run_counts_the_judge(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = inside(
        "run", scenario, "--target", WEAK, "--out", out, "--dry-run", "--json",
        "--judge", "http://127.0.0.1:9/v1?max_tokens=900#judge",
    )  # fmt: skip
    assert (done.code, out.exists()) == (0, False)
    (judge,) = done.json["judges"]
    least, most = judge["calls"]
    assert 0 < least <= most
    assert done.json["calls"][1] >= most


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--panel", "majority"], "at least two judges"),
        (["--judge", "rules", "--judge", "a#b", "--panel", "tossing"], "unanimous-to-fail"),
        (["--judge-when", "unsure"], "no --judge names one"),
        (["--judge", "http://h:1/v1#m", "--judge-when", "never"], "unsure"),
        (["--judge", "replay:runs/march"], "runs/march"),
    ],
)
def test_a_judge_that_cannot_be(options: list[str], message: str, scenario: Path) -> None:
    done = inside("run", scenario, "--target", WEAK, "--out", scenario.parent / "run", *options)
    assert done.code == 2
    assert message in done.err
    assert not (scenario.parent / "run").exists()
