"""Run directories: rows that survive a crash, one writer at a time, nothing of the user's lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import orjson
import pytest

from convsim.errors import InputError, RunMismatch
from convsim.reading import Status
from convsim.stores import ROWS, SNAPSHOTS, RunDirectory, TornLine
from convsim.transcript import Reply


def made(path: Path) -> RunDirectory:
    """A run directory with a manifest."""
    directory = RunDirectory.create(path)
    directory.write("run", {"seed": 7})
    return directory


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Another process that runs `code`."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# -- rows


def test_rows_come_back_in_order(tmp_path: Path) -> None:
    """Dataclasses, enums and text of any language are read as plain data."""
    with made(tmp_path / "run") as directory:
        directory.append("dialogues", {"key": "a", "text": "Grüße 🙂\nline two"})
        directory.append("dialogues", Reply("No.", Status.OK))
        directory.append("verdicts/rules", {"key": "a"})
        # They can be read while they are written, here and by others.
        first, second = directory.read("dialogues")
        assert first == {"key": "a", "text": "Grüße 🙂\nline two"}
        assert (second["text"], second["status"]) == ("No.", "ok")
    reopened = RunDirectory.open(tmp_path / "run")
    assert list(reopened.read("verdicts/rules")) == [{"key": "a"}]
    assert list(reopened.read("errors")) == []
    assert reopened.load("run") == {"seed": 7}


def test_a_row_is_one_line(tmp_path: Path) -> None:
    with made(tmp_path / "run") as directory:
        directory.append("ledger", {"text": "one\ntwo\u2028three"})
    assert (tmp_path / "run/ledger.jsonl").read_bytes().count(b"\n") == 1


def test_continuing_adds_to_what_is_there(tmp_path: Path) -> None:
    made(tmp_path / "run").close()
    for n in range(3):
        directory = RunDirectory.open(tmp_path / "run")
        directory.lock()
        with directory:
            directory.append("dialogues", {"n": n})
    assert [row["n"] for row in directory.read("dialogues")] == [0, 1, 2]


@pytest.mark.parametrize(
    "torn", [b'{"n": 2', b"{", b'{"n": 2}', b"\x00\x00", b'"' + b"x" * 200_000]
)
def test_a_torn_last_line_is_left_out(tmp_path: Path, torn: bytes) -> None:
    """A crash may cut the last line short; reading says so and goes on without it."""
    path = tmp_path / "run"
    with made(path) as directory:
        directory.append("dialogues", {"n": 1})
    with (path / "dialogues.jsonl").open("ab") as file:
        file.write(torn)
    with pytest.warns(TornLine, match=r"dialogues\.jsonl: the last line \(from byte 8\)"):
        assert list(RunDirectory(path).read("dialogues")) == [{"n": 1}]


@pytest.mark.parametrize("torn", [b'{"n": 2', b'"' + b"x" * 200_000])
def test_a_torn_last_line_is_repaired_when_the_file_goes_on(tmp_path: Path, torn: bytes) -> None:
    """The next row does not stick to the torn one."""
    path = tmp_path / "run"
    with made(path) as directory:
        directory.append("dialogues", {"n": 1})
    with (path / "dialogues.jsonl").open("ab") as file:
        file.write(torn)
    with RunDirectory.open(path) as directory:
        with pytest.warns(TornLine, match="from byte 8"):
            directory.append("dialogues", {"n": 3})
        directory.append("dialogues", {"n": 4})
    assert (path / "dialogues.jsonl").read_bytes() == b'{"n":1}\n{"n":3}\n{"n":4}\n'


def test_a_file_of_one_torn_line_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "run"
    made(path).close()
    (path / "ledger.jsonl").write_bytes(b'{"n"')
    with RunDirectory.open(path) as directory, pytest.warns(TornLine, match="from byte 0"):
        directory.append("ledger", {"n": 1})
    assert (path / "ledger.jsonl").read_bytes() == b'{"n":1}\n'


@pytest.mark.parametrize("damage", [b"not json\n", b"\n", b'{"n": 1}{"n": 2}\n', b"\x00\n"])
def test_a_damaged_line_before_the_end_is_an_error(tmp_path: Path, damage: bytes) -> None:
    """Only the last line can be torn; anything else names the file, the byte and the remedy."""
    path = tmp_path / "run"
    made(path).close()
    (path / "dialogues.jsonl").write_bytes(b'{"n":1}\n' + damage + b'{"n":3}\n')
    rows = RunDirectory(path).read("dialogues")
    assert next(rows) == {"n": 1}
    with pytest.raises(InputError, match=r"dialogues\.jsonl is damaged at byte 8: .*; remove that"):
        next(rows)


# -- snapshots


def test_a_snapshot_is_written_whole(tmp_path: Path) -> None:
    """A value that cannot be written leaves the old one."""
    with made(tmp_path / "run") as directory:
        with pytest.raises(TypeError):
            directory.write("run", {"seed": object()})
        directory.write("targets", {"t1": {"target": "sim/steadfast"}})
        assert directory.load("run") == {"seed": 7}
    assert not list((tmp_path / "run").glob("*.new"))


def test_a_missing_or_broken_snapshot_is_named(tmp_path: Path) -> None:
    directory = made(tmp_path / "run")
    directory.close()
    with pytest.raises(InputError, match=r"run is incomplete: suite\.json is missing"):
        directory.load("suite")
    (tmp_path / "run/run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json is not JSON"):
        directory.load("run")


# -- where


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    """The message names the command that goes on with it; the first run stays as it is."""
    made(tmp_path / "run").close()
    with pytest.raises(RunMismatch, match=r"already holds a run; .*`convsim resume .*run`"):
        RunDirectory.create(tmp_path / "run")
    assert RunDirectory.open(tmp_path / "run").load("run") == {"seed": 7}


def test_rows_without_a_manifest_are_not_added_to(tmp_path: Path) -> None:
    """Somebody's rows whose run.json is gone are not mixed with a new run's."""
    with made(tmp_path / "run") as directory:
        directory.append("ledger", {"key": "a"})
    (tmp_path / "run/run.json").unlink()
    with pytest.raises(RunMismatch, match="already holds a run"):
        RunDirectory.create(tmp_path / "run")


def test_a_folder_with_other_files_can_hold_a_run(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with made(tmp_path) as directory:
        directory.append("ledger", {"key": "a"})
    assert RunDirectory.open(tmp_path).exists()


@pytest.mark.parametrize("name", ["file", "file/deeper"])
def test_a_run_cannot_be_where_a_file_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"cannot be made a run directory \(.+\); choose another"):
        RunDirectory.create(tmp_path / name)


def test_opening_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no run directory \(it has no run.json\)"):
        RunDirectory.open(tmp_path)


# -- one writer


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """While one process writes, another can read and cannot write; then it can."""
    path = tmp_path / "run"
    code = "\n".join(
        (
            "import sys",
            "from convsim.errors import RunMismatch",
            "from convsim.stores import RunDirectory",
            "directory = RunDirectory.open(sys.argv[1])",
            "try: directory.lock(); print('locked', len(list(directory.read('ledger'))))",
            "except RunMismatch as error: print(error, len(list(directory.read('ledger'))))",
        )
    )
    with made(path) as directory:
        directory.append("ledger", {"key": "a"})
        said, _ = python(code, path).communicate(timeout=30)
        assert said == (f"{path} is being written by another process; wait for it or stop it 1\n")
        with pytest.raises(RunMismatch, match="being written by another process"):
            RunDirectory.create(path)
    said, _ = python(code, path).communicate(timeout=30)
    assert said == "locked 1\n"


WRITES = """
import sys
from convsim.stores import RunDirectory
directory = RunDirectory.create(sys.argv[1])
directory.write("run", {})
print("ready", flush=True)
n = 0
while True:
    directory.append("ledger", {"n": n, "text": "x" * (n * 7919 % 70_000)})
    n += 1
"""


def test_a_killed_process_leaves_at_most_a_torn_tail(tmp_path: Path) -> None:
    """After kill -9 every row but perhaps the last is whole, the lock is free, the file goes on."""
    path = tmp_path / "run"
    writer = python(WRITES, path)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    time.sleep(0.2)
    writer.send_signal(signal.SIGKILL)
    writer.communicate(timeout=30)
    directory = RunDirectory.open(path)
    directory.lock()
    with warnings.catch_warnings(), directory:
        warnings.simplefilter("ignore", TornLine)
        numbers = [row["n"] for row in directory.read("ledger")]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > 10
        directory.append("ledger", {"n": len(numbers)})
        assert sum(1 for _ in directory.read("ledger")) == len(numbers) + 1


# -- throwing away


def test_a_run_in_which_nothing_was_paid_for_leaves_nothing(tmp_path: Path) -> None:
    directory = made(tmp_path / "deep/run")
    for name in SNAPSHOTS:
        directory.write(name, {})
    assert directory.is_empty()
    directory.discard()
    assert not (tmp_path / "deep/run").exists()
    made(tmp_path / "deep/run").close()


@pytest.mark.parametrize("name", ["notes.txt", "verdicts/mine.jsonl"])
def test_discarding_keeps_what_is_not_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / "verdicts").mkdir()
    (tmp_path / name).write_text("mine")
    made(tmp_path).discard()
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept == [tmp_path / name]
    assert kept[0].read_text() == "mine"


@pytest.mark.parametrize("name", ROWS)
def test_any_row_makes_a_run_worth_keeping(tmp_path: Path, name: str) -> None:
    """Replies were paid for, dialogues ended, errors say what went wrong."""
    with made(tmp_path / "run") as directory:
        directory.append(name, {"key": "a"})
        assert not directory.is_empty()


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    """After the first time the lock is free for somebody else."""
    directory = made(tmp_path / "run")
    directory.append("ledger", {"key": "a"})
    directory.close()
    directory.close()
    with RunDirectory.open(tmp_path / "run") as other:
        other.lock()


def test_rows_are_compact_json(tmp_path: Path) -> None:
    """Any JSON reader can read a run."""
    with made(tmp_path / "run") as directory:
        directory.append("errors", {"key": "a", "n": 1.5, "none": None})
    (line,) = (tmp_path / "run/errors.jsonl").read_bytes().splitlines()
    assert orjson.loads(line) == {"key": "a", "n": 1.5, "none": None}
