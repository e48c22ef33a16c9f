"""What a resumed run insists on: one writer, sound files, and the configuration it began with."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.cli.shell import begin, convsim, ended
from tests.faults.scene import Assistant, rows_of, undisturbed, write_suite
from tests.small import everything_in

REPEATS = 5


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """Whether it would resume or begin anew; the first one does not notice."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)
    async with Assistant() as server:
        server.gate.clear()
        command = ("run", scenario, "-t", server.target, "--out", out, "--repeats", REPEATS, "-q")
        first = await begin(*command)
        await server.called(1)
        for others in (command, ("resume", out)):
            done = await convsim(*others)
            assert (done.code, done.out) == (2, "")
            assert done.err == (
                f"{out} is being written by another process; wait for it or stop it\n"
            )
        server.gate.set()
        done = await ended(first)
    assert (done.code, done.err) == (0, "")
    assert rows_of(out) == whole
    assert set(server.asked.values()) == {1}


@pytest.fixture
async def stored(tmp_path: Path) -> Path:
    """A complete run, as `resume` finds it."""
    out = tmp_path / "run"
    await undisturbed(write_suite(tmp_path), out, repeats=REPEATS)
    return out


async def refusal(out: Path, *arguments: object) -> str:
    """What `resume` says when it refuses, in one line and without touching a file."""
    before = everything_in(out)
    done = await convsim("resume", out, *arguments)
    assert (done.code, done.out) == (2, "")
    assert everything_in(out) == before
    (line,) = done.err.splitlines()
    return line


def damage(path: Path, n: int) -> int:
    """Overwrite the middle of the n-th line with what is no JSON; where the line begins."""
    rows = path.read_bytes().splitlines(keepends=True)
    middle = len(rows[n]) // 2
    rows[n] = rows[n][:middle] + b"\n" + rows[n][middle + 1 :]
    path.write_bytes(b"".join(rows))
    return sum(map(len, rows[:n]))


@pytest.mark.parametrize("name", ["ledger", "dialogues", "verdicts/rules"])
async def test_a_damaged_line_stops_whoever_resumes(name: str, stored: Path) -> None:
    """It names the file and the byte; nothing is guessed."""
    path = stored / f"{name}.jsonl"
    offset = damage(path, 3)
    assert (await refusal(stored)).startswith(f"{path} is damaged at byte {offset}: ")


@pytest.mark.parametrize("name", ["ledger", "dialogues", "verdicts/rules"])
async def test_a_torn_last_line_is_made_up_for(name: str, stored: Path) -> None:
    """With a warning; only what stood in that line is asked, or judged, again."""
    whole, path = rows_of(stored), stored / f"{name}.jsonl"
    for file in {"dialogues", "verdicts/rules", name}:
        torn = stored / f"{file}.jsonl"
        content = torn.read_bytes().splitlines(keepends=True)
        torn.write_bytes(b"".join(content[:-1]) + (content[-1][:40] if file == name else b""))
    async with Assistant() as server:
        done = await convsim("resume", stored, "-t", f"t1={server.target}", "-q")
    assert done.code == 0
    assert f"warning: {path}: the last line (from byte " in done.err
    assert all(line.startswith("warning: ") for line in done.err.splitlines())
    assert rows_of(stored) == whole
    assert server.calls == (1 if name == "ledger" else 0)


async def test_an_edited_suite_is_refused(stored: Path) -> None:
    """The scenario that changed is named."""
    text = (stored / "suite.json").read_bytes()
    (stored / "suite.json").write_bytes(text.replace(b"It is fine.", b"It's fine."))
    line = await refusal(stored)
    assert line.startswith(f"suite.json of {stored} is not what the run was made with: fault.inv")


@pytest.mark.parametrize("query", ["#other-model", "?temperature=1#fake-model"])
async def test_another_model_is_refused(query: str, stored: Path) -> None:
    """Model and parameters may not change; the target is named."""
    line = await refusal(stored, "-t", f"t1=http://127.0.0.1:9/v1{query}")
    assert line.startswith(f"target 't1' is not the one {stored} was made with (http://")
    assert "model and parameters must stay the same" in line


async def test_another_reader_is_refused(stored: Path) -> None:
    """Rules of another version read differently: one run is read by one reader."""
    manifest = orjson.loads((stored / "run.json").read_bytes())
    now, manifest["classifier"] = manifest["classifier"], "rules-00000000"
    (stored / "run.json").write_bytes(orjson.dumps(manifest))
    line = await refusal(stored)
    assert line.startswith(f"{stored} was made with classifier 'rules-00000000', not '{now}'")
