"""A run directory: append-only files of JSON lines, and a few snapshots written once.

    run.json         how the run was made              dialogues.jsonl   transcripts
    suite.json       the scenarios, resolved           errors.jsonl      dialogues that failed
    policy.json      their rules                       ledger.jsonl      every reply paid for
    targets.json     the targets, without keys         verdicts/*.jsonl  one file per judge
    judges/*.json    what other judges are made of     sentinels/*.jsonl how a judge was examined
    calibration/*.json  a judge beside people    canaries/*       a judge on canary scenarios
    gap/*            what a judge sees at each rung of context

What can go wrong, and what is lost by it:

- *The process is killed.* Each row is one write of one line to a file opened for appending, so at
  most one torn line is left, at the end; it is dropped with a warning when the file is read or
  continued.
- *The power fails.* `sync` puts on disk what was written since the last one; a session calls it
  once a second, so a second is lost at most.
- *The disk is full.* A part of a line is taken back, so that nothing can be appended to it. Then
  `.reserve`, which holds blocks for this moment, makes room for what is still in flight.
- *A line before the last is damaged*, by a bad disk or by an editor. It stops whatever reads it and
  names file and byte. `keys`, with which a resumed run begins, finds every line that does not begin
  and end as a row does; what is wrong inside of one shows when that row is used.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from convsim.errors import InputError, OutOfSpace, RunMismatch, Suspended

ROWS = ("dialogues", "errors", "ledger")
SNAPSHOTS = ("run", "suite", "policy", "targets")

RESERVE = 1 << 20
"""Bytes kept for a full disk: about a thousand replies of the usual 1 kB."""

BLOCK = 1 << 17
"""How much `keys` reads at once: it stays in a core's cache, which larger blocks do not."""

FIRST_LOOK = 1 << 13
"""How much of a file is read to find one row; longer ones take another look."""

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# macOS has no fdatasync.
_datasync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class TornLine(UserWarning):
    """The last line of a file was cut short by a crash and is left out."""


class RunDirectory:
    """The files of one run. Only the process that holds the lock may write.

    `full` is the reason to stop once space ran out, although the reserve took what was written
    then; `when_full` is called with it, once.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.full: OutOfSpace | None = None
        self.when_full: Callable[[OutOfSpace], None] = lambda _: None
        self._paths: dict[str, Path] = {}
        self._files: dict[str, int] = {}
        self._unsynced: set[str] = set()
        self._syncing = threading.Lock()
        self._lock: int | None = None
        self._readers: dict[str, int] = {}
        weakref.finalize(self, _close_all, self._readers)  # nobody closes what he only reads

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> RunDirectory:
        """A new, locked run directory. Raises `RunMismatch` where one already exists."""
        directory = cls(path)
        directory._refuse_scenarios()
        try:
            (directory.path / "verdicts").mkdir(parents=True, exist_ok=True)
            directory._claim()
        except OSError as error:
            if error.errno in NO_SPACE:
                directory.discard()
            raise InputError(
                f"{directory.path} cannot be made a run directory ({error.strerror}); "
                "choose another --out"
            ) from error
        # Asked under the lock, so that two processes cannot both find it free.
        if directory.exists() or not directory.is_empty():
            directory.close()
            raise RunMismatch(
                f"{directory.path} already holds a run; continue it with "
                f"`convsim resume {directory.path}`, or choose another --out"
            )
        return directory

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> RunDirectory:
        """An existing run directory, for reading. Raises `InputError` where there is none."""
        directory = cls(path)
        if not directory.exists():
            raise InputError(
                f"{directory.path} is no run directory (it has no run.json); "
                "`convsim run ... --out DIR` makes one"
            )
        return directory

    def _refuse_scenarios(self) -> None:
        """Raise `InputError` where a run's files would be taken for scenarios, or replace others.

        What a run that was killed while it began left behind is refused too.
        """
        snapshots = () if self.exists() else [f"{name}.json" for name in SNAPSHOTS]
        for pattern in ("*.yaml", "*.yml", *snapshots):
            for file in self.path.glob(pattern):
                raise InputError(
                    f"{self.path} holds {file.name}, so it is no place for a new run; choose "
                    "another --out"
                )

    def exists(self) -> bool:
        """Whether a run was made here."""
        return (self.path / "run.json").is_file()

    def is_empty(self) -> bool:
        """Whether no row was ever written: nothing was paid for, and nothing ended."""
        files = map(self._rows, ROWS)
        return not any(file.exists() and file.stat().st_size > 0 for file in files)

    def lock(self, *, reserve: bool = True) -> None:
        """Claim the directory for writing; released by `close` or when the process ends.

        `reserve=False` is for those that only want nobody else to write. Raises `RunMismatch` if
        another process holds it, `OutOfSpace` if nothing could be written.
        """
        try:
            self._claim(reserve=reserve)
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise
            raise self._out_of_space(self.path, error) from error

    def _claim(self, *, reserve: bool = True) -> None:
        import fcntl

        lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if reserve:
                self._hold_reserve()
        except BlockingIOError:
            os.close(lock)
            raise RunMismatch(
                f"{self.path} is being written by another process; wait for it or stop it"
            ) from None
        except OSError:
            os.close(lock)
            raise
        self._lock = lock

    def close(self) -> None:
        """Flush to disk and release the lock."""
        with self._syncing:
            try:
                self._sync()
            finally:
                _close_all(self._files)
                _close_all(self._readers)
                if self._lock is not None:
                    self._reserve.unlink(missing_ok=True)
                    os.close(self._lock)
                    self._lock = None

    def discard(self) -> None:
        """Remove a run in which nothing was paid for, so that --out can be used again."""
        for name in SNAPSHOTS:
            (self.path / f"{name}.json").unlink(missing_ok=True)
        for name in ROWS:
            self._rows(name).unlink(missing_ok=True)
        self._reserve.unlink(missing_ok=True)
        (self.path / ".lock").unlink(missing_ok=True)
        self.close()
        for folder in (self.path / "verdicts", self.path):
            try:
                folder.rmdir()
            except OSError:
                return  # the user keeps something of their own there

    def __enter__(self) -> RunDirectory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- snapshots

    def write(self, name: str, value: Any) -> None:
        """Write a snapshot to disk, whole or not at all. Raises `OutOfSpace` as `append` does."""
        final = self.path / f"{name}.json"
        final.parent.mkdir(exist_ok=True)
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        while True:
            try:
                _replace(final, text)
            except OSError as error:
                self._make_room(final, error)
            else:
                return

    def load(self, name: str) -> Any:
        """A snapshot's value."""
        try:
            return orjson.loads((self.path / f"{name}.json").read_bytes())
        except FileNotFoundError:
            raise InputError(f"{self.path} is incomplete: {name}.json is missing") from None
        except orjson.JSONDecodeError as error:
            raise InputError(f"{self.path / name}.json is not JSON: {error}") from error

    # --- writing rows

    def append(self, name: str, row: Any) -> None:
        """Add one row to `name`.jsonl. The first row claims the directory, if `lock` did not.

        When space runs out the row is written all the same, from the reserve, and `full` is set.
        Raises `OutOfSpace` where that does not help; then nothing of the row is in the file.
        """
        line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = self._continue(name)
        while True:
            try:
                _write_line(file, line)
            except OSError as error:
                self._make_room(self._rows(name), error)
            else:
                self._unsynced.add(name)  # after the write: a sync in between does no harm
                return

    def sync(self) -> None:
        """Put on disk what was appended since the last time. Another thread may append meanwhile.

        Raises `OutOfSpace` where the system finds only now that there is no room.
        """
        with self._syncing:
            self._sync()

    def _sync(self) -> None:
        for name in tuple(self._unsynced):
            self._unsynced.discard(name)
            try:
                _datasync(self._files[name])
            except OSError as error:
                if error.errno not in NO_SPACE:
                    raise
                raise self._out_of_space(self._rows(name), error) from error

    def _continue(self, name: str) -> int:
        """A file descriptor at the end of the last whole line."""
        if self._lock is None:
            self.lock()
        path = self._rows(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        size = os.fstat(file).st_size
        whole = _end_of_last_line(file)
        if size == 0:
            _sync_folder(path.parent)  # else a power cut may take the file with its rows
        elif whole < size:
            _warn_torn(path, whole)
            os.ftruncate(file, whole)
        return file

    # --- a full disk

    @property
    def _reserve(self) -> Path:
        return self.path / ".reserve"

    def _hold_reserve(self) -> None:
        """Occupy blocks to write into once there are no others."""
        try:
            if not self._reserve.exists() or self._reserve.stat().st_size < RESERVE:
                # Noise, because a file system may compress anything else to nothing.
                self._reserve.write_bytes(os.urandom(RESERVE))
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            if error.errno != errno.EFBIG:  # a limit on file sizes is not met by free blocks
                raise

    def _make_room(self, path: Path, error: OSError) -> None:
        """Give up the reserve, so that a write can be tried again; raises where that cannot be."""
        if error.errno not in NO_SPACE:
            raise Suspended(
                f"{path} cannot be written ({error.strerror}); see to the disk, then "
                f"`convsim resume {self.path}`"
            ) from error
        out = self._out_of_space(path, error)
        if self.full is None:
            self.full = out
            self.when_full(out)
        if error.errno == errno.EFBIG or not self._reserve.exists():
            raise out from error
        self._reserve.unlink()

    def _out_of_space(self, path: Path, error: OSError) -> OutOfSpace:
        free = shutil.disk_usage(self.path).free / 1e6
        remedy = (
            "raise the limit on file sizes (`ulimit -f`)"
            if error.errno == errno.EFBIG
            else "make space"
        )
        return OutOfSpace(
            f"{path} cannot grow: {error.strerror} ({free:,.1f} MB free); {remedy}, then "
            f"`convsim resume {self.path}`"
        )

    # --- reading rows

    def read(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of `name`.jsonl, oldest first; none where the file does not exist.

        A torn last line is left out with a `TornLine` warning; a bad line before it is an
        `InputError` that names the file and the offset.
        """
        path = self._rows(name)
        for offset, line in self.lines(name):
            yield _parsed(line, path, offset)

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The whole lines of `name`.jsonl with their offsets, for who looks for one thing only."""
        path = self._rows(name)
        if not path.exists():
            return
        offset = 0
        with path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    _warn_torn(path, offset)
                    return
                yield offset, line
                offset += len(line)

    def keys(self, name: str) -> Iterator[tuple[str, int]]:
        """The first field of each row and the offset of the row, oldest first, read fast.

        A row is not parsed where it begins as the row before it did and ends as a row does. A torn
        last line and damage are told as `read` tells them, but for damage inside of such a row.
        """
        path = self._rows(name)
        if not path.exists():
            return
        head, carry, offset = _NO_HEAD, b"", 0
        with path.open("rb", buffering=0) as file:
            while block := file.read(BLOCK):
                block = carry + block
                sound = b"\0" not in block  # which a power cut may leave
                at = 0
                while (end := block.find(b"\n", at)) >= 0:
                    start = at + len(head)
                    quote = block.find(b'"', start, end)
                    key = block[start:quote]
                    if (
                        sound
                        and quote >= 0
                        and block[end - 1] == _BRACE
                        and block.startswith(head, at)
                        and key.isascii()
                        and b"\\" not in key
                    ):
                        yield key.decode(), offset + at
                    else:
                        line = block[at : end + 1]
                        row = _parsed(line, path, offset + at)
                        head = begins[0] if (begins := _HEAD.match(line)) else _NO_HEAD
                        yield str(next(iter(row.values()), "")), offset + at
                    at = end + 1
                carry = block[at:]
                offset += at
        if carry:
            _warn_torn(path, offset)

    def row_at(self, name: str, offset: int) -> dict[str, Any]:
        """The row of `name`.jsonl that begins at `offset`."""
        return _parsed(self.line_at(name, offset), self._rows(name), offset)

    def line_at(self, name: str, offset: int) -> bytes:
        """The line of `name`.jsonl that begins at `offset`, for who parses it on his own."""
        file = self._readers.get(name)
        if file is None:
            file = self._readers[name] = os.open(self._rows(name), os.O_RDONLY)
        look = FIRST_LOOK
        while True:
            found = os.pread(file, look, offset)
            end = found.find(b"\n") + 1
            if end:
                return found[:end]
            if len(found) < look:
                raise _damaged(self._rows(name), offset, "no row begins there")
            look *= 8

    def _rows(self, name: str) -> Path:
        path = self._paths.get(name)
        if path is None:
            path = self._paths[name] = self.path / f"{name}.jsonl"
        return path


_BRACE = ord("}")
_HEAD = re.compile(rb'\{"[^"\\]*":"')
_NO_HEAD = b"\0"
"""Where a row begins until its first value, if that is a text. No sound block holds a NUL."""


def _parsed(line: bytes, path: Path, offset: int) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _damaged(path, offset, error) from error
    if not isinstance(row, dict):
        raise _damaged(path, offset, "no row")
    return row


def _damaged(path: Path, offset: int, why: object) -> InputError:
    return InputError(
        f"{path} is damaged at byte {offset}: {why}; remove that line to go on without it"
    )


def _warn_torn(path: Path, offset: int) -> None:
    warnings.warn(
        f"{path}: the last line (from byte {offset}) was cut short and is left out",
        TornLine,
        stacklevel=3,
    )


def _write_line(file: int, line: bytes) -> None:
    """Append all of a line, or raise and leave nothing of it."""
    written = os.write(file, line)
    if written == len(line):
        return
    try:
        while written < len(line):  # a full disk took a part; the rest raises, or follows
            written += os.write(file, line[written:])
    finally:
        if written < len(line):
            os.ftruncate(file, os.fstat(file).st_size - written)


def _replace(final: Path, text: bytes) -> None:
    """Write a file so that at any moment the old one or the new one is there, whole."""
    draft = final.with_suffix(".json.new")
    try:
        with draft.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(final)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(final.parent)


def _sync_folder(path: Path) -> None:
    """Put on disk which files a folder has."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _close_all(files: dict[str, int]) -> None:
    while files:
        _, file = files.popitem()
        os.close(file)


def _end_of_last_line(file: int, block: int = 1 << 16) -> int:
    """The offset just after the last newline."""
    end = os.fstat(file).st_size
    while end > 0:
        start = max(0, end - block)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
