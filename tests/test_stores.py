"""Run directories: rows that survive a crash, one writer at a time, nothing of the user's lost."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.errors import InputError, OutOfSpace, RunMismatch
from convsim.reading import Status
from convsim.stores import BLOCK, FIRST_LOOK, RESERVE, ROWS, SNAPSHOTS, RunDirectory, TornLine
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
    with pytest.warns(TornLine, match=r"dialogues\.jsonl: the last line \(from byte 8\)"):
        assert list(RunDirectory(path).keys("dialogues")) == [("1", 0)]


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


DAMAGE = {
    "text": b"not json",
    "an empty line": b"",
    "two rows": b'{"n": 1}{"n": 2}',
    "nothing but zeros": b"\x00",
    "zeros in a row": b'{"key":"b","text":"\x00\x00"}',
    "a row cut at its end": b'{"key":"b","text":"xyz',
    "a row cut in its key": b'{"key":"b',
    "a key without an end": b'{"key":"b}',
    "a row cut at its beginning": b'","text":"xyz"}',
    "no UTF-8 in the key": b'{"key":"\xff"}',
    "a list": b'["key","b"]',
}
"""What no row looks like, from outside."""


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("way", [RunDirectory.read, RunDirectory.keys])
def test_a_damaged_line_before_the_end_is_an_error(
    tmp_path: Path, damage: bytes, way: Callable[[RunDirectory, str], Any]
) -> None:
    """Only the last line can be torn; anything else names the file, the byte and the remedy.

    Reading keys alone, with which a resumed run begins, finds it too.
    """
    path = tmp_path / "run"
    made(path).close()
    (path / "dialogues.jsonl").write_bytes(b'{"key":"a"}\n' + damage + b'\n{"key":"c"}\n')
    rows = way(RunDirectory(path), "dialogues")
    next(rows)
    with pytest.raises(InputError, match=r"dialogues\.jsonl is damaged at byte 12: .*; remove"):
        next(rows)


def test_damage_inside_a_row_shows_when_the_row_is_used(tmp_path: Path) -> None:
    """Where a row begins and ends well its key is known, and only parsing it finds the rest."""
    path = tmp_path / "run"
    made(path).close()
    (path / "ledger.jsonl").write_bytes(b'{"sample":"a"}\n{"sample":"b",,}\n{"sample":"c"}\n')
    directory = RunDirectory(path)
    assert list(directory.keys("ledger")) == [("a", 0), ("b", 15), ("c", 32)]
    assert directory.row_at("ledger", 32) == {"sample": "c"}
    with pytest.raises(InputError, match=r"ledger\.jsonl is damaged at byte 15: .*; remove that"):
        directory.row_at("ledger", 15)
    with pytest.raises(InputError, match=r"damaged at byte 47: no row begins there"):
        directory.row_at("ledger", 47)


KEYS = {
    "plain": ["a/restricted/t1/1/0/-", "a/benign/t1/1/0/-"],
    "escaped": ['say "a"', "back\\slash", "tab\there", "a", "b"],
    "other languages": ["größe", "尺寸", "a", "größe"],
    "empty": ["", "a", ""],
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("first", ["key", "sample", 'a "name"'])
def test_keys_are_the_first_fields(tmp_path: Path, keys: list[str], first: str) -> None:
    """And each comes with the place of its row."""
    with made(tmp_path / "run") as directory:
        rows = [{first: key, "key2": "x", "n": n} for n, key in enumerate(keys)]
        for row in rows:
            directory.append("ledger", row)
        found = list(directory.keys("ledger"))
        assert [key for key, _ in found] == keys
        assert [directory.row_at("ledger", offset) for _, offset in found] == rows
        assert list(directory.keys("errors")) == []


def test_keys_are_found_whatever_stands_first(tmp_path: Path) -> None:
    """Rows of another make, numbers and empty rows are parsed, the next ones are fast again."""
    made(tmp_path / "run").close()
    lines = [
        b'{"key":"a"}',
        b'{"n":1,"key":"x"}',
        b'{"n":1,"key":"y"}',
        b'{"other":"b","key":"x"}',
        b'{ "key": "c" }',
        b"{}",
        b'{"key":"d","text":"{\\"key\\":\\"x\\"}"}',
        b'{"key":"e"}',
    ]
    (tmp_path / "run/errors.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    found = RunDirectory(tmp_path / "run").keys("errors")
    assert [key for key, _ in found] == ["a", "1", "1", "b", "c", "", "d", "e"]


@pytest.mark.parametrize("length", [100, FIRST_LOOK, 7919, BLOCK - 30, BLOCK, 3 * BLOCK])
def test_rows_of_any_length_are_found(tmp_path: Path, length: int) -> None:
    """Also where they lie across the blocks in which a file is read."""
    with made(tmp_path / "run") as directory:
        rows = [{"key": f"k{n}", "text": "x" * (length + n % 7)} for n in range(40)]
        for row in rows:
            directory.append("dialogues", row)
        found = list(directory.keys("dialogues"))
        assert [key for key, _ in found] == [row["key"] for row in rows]
        assert [directory.row_at("dialogues", offset) for _, offset in found] == rows
        lines = (tmp_path / "run/dialogues.jsonl").read_bytes().splitlines(keepends=True)
        assert [line for _, line in directory.lines("dialogues")] == lines
        assert [offset for offset, _ in directory.lines("dialogues")] == [at for _, at in found]


# -- snapshots


def test_a_snapshot_is_written_whole(tmp_path: Path) -> None:
    """A value that cannot be written leaves the old one."""
    with made(tmp_path / "run") as directory:
        with pytest.raises(TypeError):
            directory.write("run", {"seed": object()})
        directory.write("targets", {"t1": {"target": "sim/steadfast"}})
        assert directory.load("run") == {"seed": 7}
    assert not list((tmp_path / "run").glob("*.new"))


def test_a_snapshot_may_stand_in_a_folder_of_its_own(tmp_path: Path) -> None:
    """`calibration/rules` is calibration/rules.json; the folder is made."""
    with RunDirectory.create(tmp_path / "run") as directory:
        directory.write("calibration/rules", {"judge": "rules"})
        assert directory.load("calibration/rules") == {"judge": "rules"}


def test_a_missing_or_broken_snapshot_is_named(tmp_path: Path) -> None:
    directory = made(tmp_path / "run")
    directory.close()
    with pytest.raises(InputError, match=r"run is incomplete: suite\.json is missing"):
        directory.load("suite")
    (tmp_path / "run/run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json is not JSON"):
        directory.load("run")


# -- a full disk


def rows_of(path: Path) -> list[object]:
    """The `n` of every row of the ledger; a torn line would be a warning, which is an error."""
    return [row["n"] for row in RunDirectory(path).read("ledger")]


def test_space_is_kept_in_reserve_while_a_run_is_written(tmp_path: Path) -> None:
    """It is given back at the end, made again when the run goes on, and a killed run's is taken."""
    directory = made(tmp_path / "run")
    reserve = tmp_path / "run/.reserve"
    assert reserve.stat().st_size == RESERVE
    directory.close()
    assert not reserve.exists()
    for left in (b"short", bytes(RESERVE)):
        reserve.write_bytes(left)
        with RunDirectory.open(tmp_path / "run") as directory:
            directory.lock()
            assert reserve.stat().st_size == RESERVE
    directory = RunDirectory.open(tmp_path / "run")
    directory.lock()
    directory.discard()
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_out_of_space_is_said_in_one_line(tmp_path: Path) -> None:
    """Which file, what the system said, how much is free, and how to go on."""
    path = tmp_path / "run"
    heard: list[OutOfSpace] = []
    with made(path) as directory:
        directory.when_full = heard.append
        (path / "ledger.jsonl").symlink_to("/dev/full")
        with pytest.raises(
            OutOfSpace,
            match=r"run/ledger\.jsonl cannot grow: No space left on device \([\d,.]+ MB free\); "
            r"make space, then `convsim resume .*run`$",
        ):
            directory.append("ledger", {"n": 1})
        assert heard == [directory.full]
        assert not (path / ".reserve").exists()
        directory.append("errors", {"n": 1})  # other files may still have room
        with pytest.raises(OutOfSpace, match="ledger"):
            directory.append("ledger", {"n": 2})
        assert len(heard) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_snapshot_that_finds_no_space_leaves_the_old_one(tmp_path: Path) -> None:
    with made(tmp_path / "run") as directory:
        (tmp_path / "run/run.json.new").symlink_to("/dev/full")
        directory.write("run", {"seed": 8})  # the draft was taken away; then there was space
        assert directory.load("run") == {"seed": 8}
        assert directory.full is not None
        (tmp_path / "run/run.json.new").symlink_to("/dev/full")
        with pytest.raises(OutOfSpace, match=r"run\.json cannot grow"):
            directory.write("run", {"seed": 9})
        assert directory.load("run") == {"seed": 8}


LIMITED = """
import resource, sys
from convsim.errors import OutOfSpace
from convsim.stores import RunDirectory

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

directory = RunDirectory.create(sys.argv[1])
directory.write("run", {})
limit(10_000)
n = 0
try:
    while True:
        directory.append("ledger", {"n": n, "text": "x" * 700})
        n += 1
except OutOfSpace as error:
    print(error)
print(directory.full is not None)
limit(resource.RLIM_INFINITY)
directory.append("ledger", {"n": n})
directory.close()
limit(10_000)
RunDirectory.open(sys.argv[1]).lock()
"""


def test_a_limit_on_file_sizes_cuts_no_row_in_two(tmp_path: Path) -> None:
    """The part that was written is taken back, so that the next row can follow.

    The reserve cannot help there: it is left alone, and a run starts without where it is too large.
    """
    path = tmp_path / "run"
    said, complained = python(LIMITED, path).communicate(timeout=30)
    assert complained == ""
    message, full = said.splitlines()
    assert "ledger.jsonl cannot grow: File too large (" in message
    assert "raise the limit on file sizes (`ulimit -f`), then `convsim resume" in message
    assert full == "True"
    numbers = rows_of(path)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) == 10_000 // 718 + 1


FILLS = """
import sys
from pathlib import Path
from convsim.errors import InputError, OutOfSpace
from convsim.stores import RunDirectory

path = Path(sys.argv[1])
heard, n = [], 0
with RunDirectory.create(path) as directory:
    directory.write("run", {})
    directory.when_full = heard.append
    while directory.full is None:
        directory.append("ledger", {"n": n, "text": "x" * 7919})
        n += 1
    print(n * 8000 < 2_200_000, heard == [directory.full])
    in_flight = n
    try:
        while True:
            directory.append("ledger", {"n": n, "text": "x" * 7919})
            n += 1
    except OutOfSpace as error:
        print((n - in_flight) * 8000 > 900_000, "left on device (0.0 MB free)" in str(error))
for attempt in (
    lambda: RunDirectory.create(path.parent / "other"),
    lambda: RunDirectory.open(path).lock(),
):
    try:
        attempt()
    except (InputError, OutOfSpace) as error:
        print(type(error).__name__, error)
with (path / "ledger.jsonl").open("rb") as file:
    file.seek(-1, 2)
    print(file.read() == b"\\n")
rows = [row["n"] for row in RunDirectory.open(path).read("ledger")]
print(rows == list(range(n)))
"""


def test_what_is_in_flight_when_the_disk_is_full_is_written_from_the_reserve(
    tmp_path: Path,
) -> None:
    """A small disk: the run hears of it once, a megabyte more fits, and every row stays whole."""
    inside = 'mount -t tmpfs -o size=3m tmpfs "$1"'
    disk = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
    if (
        shutil.which("unshare") is None
        or subprocess.run(
            [*disk, inside, "sh", tmp_path], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a disk of 3 MB cannot be mounted here")
    done = subprocess.run(
        [*disk, f'{inside} && exec "$2" -c "$3" "$1/run"', "sh", tmp_path, sys.executable, FILLS],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    room, late, other, again, *whole = done.stdout.splitlines()
    assert (room, late) == ("True True", "True True")
    assert other.startswith("InputError ")
    assert "cannot be made a run directory (No space left on device); choose another" in other
    assert again.startswith("OutOfSpace ")
    assert "make space, then `convsim resume" in again
    assert whole == ["True", "True"]


def test_another_thread_puts_on_disk_what_is_written(tmp_path: Path) -> None:
    """While rows are appended; without new ones there is nothing to do, also after the end."""
    stop = threading.Event()
    with made(tmp_path / "run") as directory:

        def sync() -> None:
            while not stop.is_set():
                directory.sync()

        thread = threading.Thread(target=sync)
        thread.start()
        for n in range(2_000):
            directory.append("ledger", {"n": n})
            directory.append("dialogues", {"n": n})
        stop.set()
        thread.join()
        directory.sync()
    directory.sync()
    assert rows_of(tmp_path / "run") == list(range(2_000))


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


def test_the_first_row_claims_the_directory(tmp_path: Path) -> None:
    """Whoever adds to a run (a judge, say) keeps others from it, without having to ask first."""
    made(tmp_path / "run").close()
    one, two = RunDirectory.open(tmp_path / "run"), RunDirectory.open(tmp_path / "run")
    with one:
        one.append("verdicts/mine", {"key": "a"})
        with pytest.raises(RunMismatch, match="being written by another process"):
            two.append("verdicts/mine", {"key": "b"})
        with pytest.raises(RunMismatch, match="being written by another process"):
            two.lock()
    with two:
        two.append("verdicts/mine", {"key": "c"})
    assert [row["key"] for row in one.read("verdicts/mine")] == ["a", "c"]


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


def test_a_folder_of_scenarios_is_no_place_for_a_run(tmp_path: Path) -> None:
    """Else the files of the run would be read as scenarios the next time."""
    (tmp_path / "open.yaml").write_text("convsim: 1\n")
    with pytest.raises(InputError, match=r"holds open\.yaml, so it is no place for a new run"):
        RunDirectory.create(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["open.yaml"]
