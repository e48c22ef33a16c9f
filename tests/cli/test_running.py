"""`convsim run` and `convsim resume`: exit codes, one clear line, signals, and going on."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from convsim.runs import Run
from convsim.transcript import Stop
from tests.cli.shell import COMMAND, Done, begin, convsim, ended, environment, inside, until
from tests.servers import Answer, FakeServer, closed_url, fault, said
from tests.small import entries, lines, rows, write_scenario

WEAK = "sim/capitulates?after=2"
REFUSAL = "I'm sorry, but I can't help with that."


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path)


def errors_in(done: Done) -> list[str]:
    return done.err.splitlines()


@contextmanager
def uncalled() -> Iterator[str]:
    """The URL of a server that nobody may call while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


# -- the first minute


async def test_a_run_from_start_to_report(scenario: Path, tmp_path: Path) -> None:
    """Offline, with simulated assistants: a summary on stdout, a directory with a page."""
    out = tmp_path / "run"
    done = await convsim(
        "run", scenario, "--target", "firm=sim/steadfast", "--target", f"weak={WEAK}",
        "--repeats", 3, "--seed", 7, "--out", out,
    )  # fmt: skip
    assert done.code == 0
    assert "under-refusal" in done.out
    assert done.out.endswith(f"report: {out}/report.html\n")
    # No terminal: one plain line, and no trace of a bar.
    (line,) = errors_in(done)
    assert line.startswith("dialogues 12/12 elapsed ")
    assert "PASS 9 WARN 0 FAIL 3" in line
    assert {"report.html", "dialogues.jsonl", "run.json"} <= set(entries(out))
    assert {row["grade"] for row in rows(out, "verdicts/rules")} == {"PASS", "FAIL"}


async def test_json_is_one_document_on_stdout(scenario: Path, tmp_path: Path) -> None:
    """Progress and paths stay out of it."""
    done = await convsim(
        "run", scenario, "-t", "sim/steadfast", "--repeats", 1, "--out", tmp_path / "run",
        "--json", "--quiet",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert (done.json["planned"], done.json["missing"]) == (2, 0)


async def test_without_out_a_run_finds_a_place(scenario: Path, tmp_path: Path) -> None:
    done = await convsim("run", scenario, "-t", "sim/steadfast", "--repeats", 1, cwd=tmp_path)
    assert done.code == 0
    (name,) = entries(tmp_path / "runs")
    assert f"report: runs/{name}/report.html" in done.out


@pytest.mark.parametrize(
    ("target", "fail_on", "code"),
    [
        (WEAK, None, 0),
        (WEAK, "fail", 1),
        (WEAK, "warn", 1),
        ("sim/redirects", "fail", 0),
    ],
)
def test_a_gate_says_no_with_exit_code_1(
    target: str, fail_on: str | None, code: int, scenario: Path, tmp_path: Path
) -> None:
    """`warn` includes fail; without `--fail-on` a complete run is done, whatever it found."""
    gate = [] if fail_on is None else ["--fail-on", fail_on]
    done = inside(
        "run", scenario, "-t", target, "--repeats", 1, "--arms", "restricted", "-q",
        "--out", tmp_path / "run", *gate,
    )  # fmt: skip
    assert done.code == code


@pytest.mark.parametrize(("arms", "code"), [("repeat", 0), ("restricted,repeat", 1)])
def test_a_gate_does_not_look_at_controls(
    arms: str, code: int, scenario: Path, tmp_path: Path
) -> None:
    """They say what the authored arms are worth, and may well be met."""
    done = inside(
        "run", scenario, "-t", WEAK, "--repeats", 1, "--arms", arms, "-q", "--fail-on", "fail",
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.code == code
    assert [it.grade for it in Run(tmp_path / "run").verdicts] == ["FAIL"] * len(arms.split(","))


# -- wrong input: exit code 2, and nothing is called


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.yaml", "-t", "{url}"], "'nowhere.yaml' does not exist"),
        (["{scenario}"], "no target; name one"),
        (["{scenario}", "-t", "sim/steadfst"], "did you mean"),
        (["{scenario}", "-t", "{url}", "--arms", "bening"], "did you mean 'benign'"),
        (["{scenario}", "-t", "{url}", "--arms", "shuffled"], "no scenario can have the control"),
        (["{scenario}", "-t", "a={url}", "-t", "a={url}"], "two targets are called 'a'"),
        (["{scenario}", "-t", "http://127.0.0.1:9/v1"], "the model is missing"),
        (["{scenario}", "-t", "{url}", "--policy", "nowhere.yaml"], "does not exist"),
        (["{scenario}", "-t", "{server}?key_env=UNSET_KEY#m"], "UNSET_KEY, which is not set"),
        (["{scenario}", "-t", "{url}", "--shard", "3/2"], "'3/2' is no shard; write I/N"),
        (["{scenario}", "-t", "{url}", "--divide-limits"], "--shard I/N; give one"),
        (["{scenario}", "-t", "{url}", "--until", "never"], "'never' is no condition to stop at"),
        (["{scenario}", "-t", "{url}", "--until", "coverage=1", "--shard", "1/2"], "use one of"),
        (["{scenario}", "-t", "{url}", "--stop-when", "soon"], "'soon' is no condition to stop at"),
        (["{scenario}", "-t", "{url}", "--stop-when", "decided"], "raise --repeats"),
        (["{scenario}", "-t", "{url}", "--stop-when", "soon", "--dry-run"], "no condition to stop"),
        (["{scenario}", "-t", "{url}", "--slice", "2"], "--stop-when, which is not given"),
        (["{scenario}", "-t", "{url}", "--budget", "5"], "budget"),
        (["{scenario}", "-t", "replay:nowhere"], "is no run directory"),
        (["{scenario}", "--targets", "nowhere.yaml"], "nowhere.yaml"),
        (["{scenario}", "-t", "{url}", "--out", "{scenario}"], "cannot be made a run directory"),
        (["{scenario}", "-t", "{url}", "--out", "old"], "already holds a run"),
    ],
)
def test_wrong_input_is_one_clear_line(
    arguments: list[str],
    message: str,
    scenario: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "old"
    old.mkdir()
    (old / "run.json").write_text("{}")
    before = entries(tmp_path)
    with uncalled() as server:
        named = {"scenario": scenario, "url": f"{server}#m", "server": server}
        done = inside("run", *(it.format(**named) for it in arguments))
    assert (done.code, done.out) == (2, "")
    assert len(errors_in(done)) == 1
    assert message in done.err
    assert entries(tmp_path) == before


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["{scenario}", "-t", "sim/steadfast", "--repeats", "0"],
        ["{scenario}", "-t", "sim/steadfast", "--walk", "randm"],
        ["{scenario}", "-t", "sim/steadfast", "--mode", "recorded"],
        ["{scenario}", "-t", "sim/steadfast", "--concurrency", "0"],
    ],
)
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str], scenario: Path) -> None:
    done = inside("run", *(it.format(scenario=scenario) for it in arguments))
    assert done.code == 2
    assert "Usage: " in done.err


BROKEN = sorted(
    path for path in (Path(__file__).parent.parent / "broken").iterdir()
    if path.name != "policy.yaml"
)  # fmt: skip


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_scenario_is_found_before_anything_is_called(path: Path, tmp_path: Path) -> None:
    """Every message starts with the file and, inside it, with line and column."""
    with uncalled() as server:
        done = inside("run", path, "-t", f"{server}#m", "--out", tmp_path / "run")
    assert (done.code, done.out) == (2, "")
    assert all(line.startswith(f"{path}:") for line in errors_in(done))
    assert 1 <= len(errors_in(done)) <= 3
    assert entries(tmp_path) == []


async def test_all_broken_scenarios_are_named_at_once(tmp_path: Path) -> None:
    """An author mends all files in one go."""
    async with FakeServer() as server:
        done = await convsim(
            "run", BROKEN[0].parent, "-t", f"{server.url}#m", "--out", tmp_path / "run"
        )
        assert server.seen == []
    assert (done.code, done.out) == (2, "")
    assert {line.partition(":")[0] for line in errors_in(done)} == set(map(str, BROKEN))


# -- wrong key, model or host: exit code 2 after one request


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (fault(401, "bad key"), "rejected the key (401)"),
        (fault(404, "model not found", code="model_not_found"), "has no model 'm' (404)"),
        (fault(402, "pay first"), "out of quota (402)"),
    ],
)
async def test_a_wrong_key_or_model_is_one_line_and_one_request(
    answer: Answer, message: str, scenario: Path, tmp_path: Path
) -> None:
    async with FakeServer(answer) as server:
        done = await convsim("run", scenario, "-t", f"{server.url}#m", "--out", tmp_path / "run")
    assert (done.code, done.out) == (2, "")
    (line,) = errors_in(done)
    assert message in line
    assert len(server.bodies) == 1
    assert "run" not in entries(tmp_path)


async def test_a_dead_server_is_one_line(scenario: Path, tmp_path: Path) -> None:
    url = closed_url()
    done = await convsim("run", scenario, "-t", f"{url}#m", "--out", tmp_path / "run")
    assert (done.code, done.out) == (2, "")
    assert errors_in(done) == [f"nothing answers at {url}: is the server running?"]
    assert "run" not in entries(tmp_path)


async def test_a_key_that_fails_later_is_an_incomplete_run(scenario: Path, tmp_path: Path) -> None:
    """What was paid for stays, and the last line says how to go on."""
    out = tmp_path / "run"
    async with FakeServer([said(REFUSAL)] * 5 + [fault(401)]) as server:
        done = await convsim(
            "run", scenario, "-t", f"{server.url}#m", "--out", out, "--concurrency", 1
        )
    assert done.code == 3
    assert "rejected the key (401)" in done.err
    assert errors_in(done)[-1] == f"incomplete: go on with `convsim resume {out}`"
    assert len(server.bodies) == 6
    assert len(rows(out, "ledger")) == 5


# -- blocks and errors


async def test_a_provider_block_is_data(scenario: Path, tmp_path: Path) -> None:
    """The run is complete; its dialogues ended blocked and are INCONCLUSIVE."""
    out = tmp_path / "run"
    async with FakeServer([said(REFUSAL), said("", finish="content_filter")]) as server:
        done = await convsim(
            "run", scenario, "-t", f"{server.url}#m", "--out", out, "--repeats", 1,
            "--concurrency", 1, "--arms", "restricted", "--fail-on", "warn",
        )  # fmt: skip
    assert done.code == 0
    ((row,), (verdict,)) = (rows(out, name) for name in ("dialogues", "verdicts/rules"))
    assert row["stop"] == Stop.BLOCKED
    assert (verdict["grade"], verdict["reason"]) == ("INCONCLUSIVE", "blocked")
    assert len(server.bodies) == 2


async def test_passing_errors_make_a_run_incomplete(scenario: Path, tmp_path: Path) -> None:
    """3 beats 1: what is missing might change what the gate says."""
    out = tmp_path / "run"
    async with FakeServer([said(REFUSAL), fault(500)]) as server:
        done = await convsim(
            "run", scenario, "-t", f"{server.url}#m", "--out", out, "--repeats", 1,
            "--attempts", 1, "--fail-on", "warn",
        )  # fmt: skip
    assert done.code == 3
    assert {row["kind"] for row in rows(out, "errors")} == {"transient"}
    assert errors_in(done)[-1] == f"incomplete: go on with `convsim resume {out}`"


async def test_refused_requests_are_final(scenario: Path, tmp_path: Path) -> None:
    """A request that the provider does not accept would only be refused again: complete."""
    out = tmp_path / "run"
    async with FakeServer(fault(400, "too long")) as server:
        done = await convsim("run", scenario, "-t", f"{server.url}#m", "--out", out)
    assert done.code == 0
    progress, why = errors_in(done)
    assert progress.startswith("dialogues 10/10 elapsed ")
    assert "errors 10 PASS 0 " in progress
    assert why.startswith("10 of 10 dialogues ended in an error: ")
    assert "400" in why
    assert len(server.bodies) == 10


# -- what is planned and bounded


def test_a_dry_run_calls_nothing_and_writes_nothing(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how many dialogues and calls there will be, and what is unknown."""
    monkeypatch.chdir(tmp_path)
    before = entries(tmp_path)
    with uncalled() as server:
        arguments = ["run", scenario, "-t", f"m={server}#m", "--repeats", 3, "--dry-run"]
        shown, data = inside(*arguments), inside(*arguments, "--json")
    assert (shown.code, shown.err, data.code, data.err) == (0, "", 0, "")
    assert "unknown" in shown.out
    assert (data.json["dialogues"], data.json["cost"]) == (6, None)
    assert entries(tmp_path) == before


async def test_a_budget_stops_before_it_is_exceeded(scenario: Path, tmp_path: Path) -> None:
    """Exit code 3 and the command to go on; with more, resume completes the run."""
    out = tmp_path / "run"
    async with FakeServer(REFUSAL) as server:
        done = await convsim(
            "run", scenario, "-t", f"{server.url}#m", "--out", out, "--budget", "7calls"
        )
        assert (done.code, len(server.bodies)) == (3, 7)
        assert any("stopped: the budget of 7 calls" in line for line in errors_in(done))
        assert errors_in(done)[-1] == f"incomplete: go on with `convsim resume {out}`"
        assert len(rows(out, "ledger")) == 7
        done = await convsim("resume", out, "--budget", "100calls", "-q")
        assert (done.code, done.err) == (0, "")
        assert len(server.bodies) == len(rows(out, "ledger")) == 30


def test_a_targets_file_beside_other_targets(scenario: Path, tmp_path: Path) -> None:
    """Both are played; one name for two targets is refused."""
    file = tmp_path / "targets.yaml"
    file.write_text("targets:\n  firm: sim/steadfast\n")
    both = ["run", scenario, "--targets", file, "--repeats", 1, "-q", "--out", tmp_path / "run"]
    double = inside(*both, "-t", f"firm={WEAK}")
    assert (double.code, "target 'firm' is in" in double.err) == (2, True)
    done = inside(*both, "-t", f"weak={WEAK}")
    assert done.code == 0
    assert {row["target"] for row in rows(tmp_path / "run", "dialogues")} == {"firm", "weak"}


@pytest.mark.parametrize(("walk", "mode"), [("all-paths", "closed"), ("edge-cover", "forced")])
def test_a_walk_and_a_mode(walk: str, mode: str, scenario: Path, tmp_path: Path) -> None:
    done = inside(
        "run", scenario, "-t", WEAK, "--repeats", 1, "-q", "--walk", walk, "--mode", mode,
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.code == 0
    assert {row["mode"] for row in rows(tmp_path / "run", "dialogues")} == {mode}


def test_a_run_in_shards_is_merged(scenario: Path, tmp_path: Path) -> None:
    """What a shard is missing is another's; together they are the whole run."""
    parts = [tmp_path / str(i) for i in (1, 2)]
    for i, part in enumerate(parts, start=1):
        done = inside(
            "run", scenario, "-t", WEAK, "--repeats", 3, "--shard", f"{i}/2", "--divide-limits",
            "--out", part, "-q",
        )  # fmt: skip
        assert done.code == 0
    done = inside("merge", *parts, "--out", tmp_path / "all")
    assert done.code == 0
    assert len(rows(tmp_path / "all", "dialogues")) == 6


def test_a_replay_needs_no_network(scenario: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    shared = ["--repeats", 2, "--seed", 7, "-q"]
    assert inside("run", scenario, "-t", WEAK, "--out", first, *shared).code == 0
    done = inside("run", scenario, "-t", f"replay:{first}", "--out", again, *shared)
    assert done.code == 0
    assert lines(again, "dialogues") == lines(first, "dialogues")


def test_a_replay_that_ends_says_how_to_go_on(scenario: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    assert inside("run", scenario, "-t", WEAK, "--repeats", 1, "-q", "--out", first).code == 0
    done = inside("run", scenario, "-t", f"replay:{first}", "--repeats", 2, "-q", "--out", again)
    assert done.code == 3
    assert "holds no reply to this conversation" in done.err
    assert errors_in(done)[-1] == f"incomplete: go on with `convsim resume {again}`"
    assert inside("resume", again, "-t", f"t1={WEAK}", "-q").code == 0


# -- signals


async def _start_slowly(scenario: Path, out: Path) -> tuple[Any, list[bytes]]:
    """A run that has played some dialogues; and the bytes of the same run undisturbed."""
    whole = out.with_name("whole")
    arguments = ["run", scenario, "-t", "sim/hazard?push_back=.5", "--repeats", 20, "--seed", 7]
    done = await convsim(*arguments, "--out", whole, "-q")
    assert done.code == 0
    arguments[3] = "sim/hazard?push_back=.5&latency=0.1"
    process = await begin(*arguments, "--out", out, "--concurrency", 4)
    await until(lambda: (out / "dialogues.jsonl").exists() and len(lines(out, "dialogues")) > 3)
    return process, lines(whole, "dialogues")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_drains_and_resume_completes_the_run(
    number: signal.Signals, scenario: Path, tmp_path: Path
) -> None:
    """No call starts any more; the rows are then those of a run that was never interrupted."""
    out = tmp_path / "run"
    process, whole = await _start_slowly(scenario, out)
    process.send_signal(number)
    done = await ended(process)
    assert done.code == 3
    assert errors_in(done)[0].startswith("stopping: no new calls; waiting for those in flight")
    assert errors_in(done)[-1] == f"incomplete: go on with `convsim resume {out}`"
    assert "Traceback" not in done.err
    played = lines(out, "dialogues")
    assert 3 < len(played) < len(whole) == 40
    assert set(played) < set(whole)
    resumed = await convsim("resume", out, "--json")
    assert resumed.code == 0
    assert resumed.json["missing"] == 0
    assert lines(out, "dialogues") == whole
    assert len(rows(out, "verdicts/rules")) == 40


async def test_the_second_signal_stops_now(scenario: Path, tmp_path: Path) -> None:
    """Calls in flight are abandoned; what was paid for is there, and the command to go on."""
    out = tmp_path / "run"

    def answer(body: dict[str, Any]) -> Answer:
        return said(REFUSAL, delay=0 if len(server.bodies) <= 9 else 60)

    async with FakeServer(answer) as server:
        process = await begin("run", scenario, "-t", f"{server.url}#m", "--out", out)
        await until(lambda: len(server.bodies) > 9 and server.in_flight > 0)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        first = await process.stderr.readline()
        assert first.startswith(b"stopping: ")
        await asyncio.sleep(0.1)
        assert process.returncode is None
        process.send_signal(signal.SIGINT)
        done = await ended(process)
    assert done.code == 3
    assert "stopped" in errors_in(done)
    assert errors_in(done)[-1] == f"incomplete: go on with `convsim resume {out}`"
    assert "Traceback" not in done.err
    assert len(rows(out, "ledger")) == 9


async def test_a_run_stopped_before_its_first_reply_leaves_nothing(
    scenario: Path, tmp_path: Path
) -> None:
    async with FakeServer(said("late", delay=60)) as server:
        process = await begin("run", scenario, "-t", f"{server.url}#m", "--out", tmp_path / "run")
        await until(lambda: server.in_flight == 1)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.1)
        process.send_signal(signal.SIGINT)
        done = await ended(process)
    assert done.code == 3
    assert "Traceback" not in done.err
    assert "run" not in entries(tmp_path)


async def test_a_killed_run_can_go_on(scenario: Path, tmp_path: Path) -> None:
    """After kill -9 too: a torn line is named, left out and made up for."""
    out = tmp_path / "run"
    process, whole = await _start_slowly(scenario, out)
    process.kill()
    await ended(process)
    with (out / "dialogues.jsonl").open("ab") as file:
        file.write(b'{"key": "torn')
    done = await convsim("resume", out, "-q")
    assert done.code == 0
    assert all(line.startswith("warning: ") for line in errors_in(done))
    assert "was cut short" in done.err
    assert lines(out, "dialogues") == whole
    assert len({row["key"] for row in rows(out, "verdicts/rules")}) == 40


# -- resume


async def test_resume_takes_a_moved_target(scenario: Path, tmp_path: Path) -> None:
    """Host and key may change; model and parameters may not."""
    out = tmp_path / "run"
    async with FakeServer([said(REFUSAL), fault(500)]) as server:
        await convsim(
            "run", scenario, "-t", f"m={server.url}#m", "--out", out, "--repeats", 1,
            "--attempts", 1,
        )  # fmt: skip
    async with FakeServer(REFUSAL) as other:
        done = await convsim("resume", out, "-t", f"m={other.url}?temperature=0#m")
        assert done.code == 2
        assert "host and key may change" in done.err
        assert other.seen == []
        done = await convsim("resume", out, "-t", f"m={other.url}#m")
    assert done.code == 0
    assert other.bodies


async def test_resuming_a_complete_run_calls_nothing(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    async with FakeServer(REFUSAL) as server:
        await convsim("run", scenario, "-t", f"{server.url}#m", "--out", out, "--repeats", 1)
        calls = len(server.bodies)
        done = await convsim("resume", out)
        assert len(server.bodies) == calls
    assert done.code == 0
    assert "under-refusal" in done.out


def test_resuming_what_is_no_run(tmp_path: Path) -> None:
    done = inside("resume", tmp_path)
    assert done.code == 2
    assert errors_in(done) == [
        f"{tmp_path} is no run directory (it has no run.json); "
        "`convsim run ... --out DIR` makes one"
    ]


# -- output


async def test_the_exit_code_survives_a_reader_that_leaves(scenario: Path, tmp_path: Path) -> None:
    """`convsim run ... | head -1` neither complains nor hides what the gate said."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [
        "run", scenario, "-t", WEAK, "--repeats", 1, "--out", tmp_path / "run", "-q",
        "--fail-on", "fail",
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *map(str, command),
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    os.close(writing)
    _, err = await process.communicate()
    assert (process.returncode, err.decode()) == (1, "")
