"""A run directory: append-only files of JSON lines, and a few snapshots written once.

    run.json         how the run was made              dialogues.jsonl   transcripts
    suite.json       the scenarios, resolved           errors.jsonl      dialogues that failed
    policy.json      their rules                       ledger.jsonl      every reply paid for
    targets.json     the targets, without keys         verdicts/*.jsonl  one file per judge

Each row is one write of one line to a file opened for appending, so a killed process leaves at most
one torn line, at the end; it is dropped with a warning when the file is read or continued.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from convsim.errors import InputError, RunMismatch

ROWS = ("dialogues", "errors", "ledger")
SNAPSHOTS = ("run", "suite", "policy", "targets")


class TornLine(UserWarning):
    """The last line of a file was cut short by a crash and is left out."""


class RunDirectory:
    """The files of one run. Only the process that holds the lock may write."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._files: dict[str, int] = {}
        self._lock: int | None = None

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> RunDirectory:
        """A new, locked run directory. Raises `RunMismatch` where one already exists."""
        directory = cls(path)
        try:
            (directory.path / "verdicts").mkdir(parents=True, exist_ok=True)
            directory.lock()
        except OSError as error:
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

    def exists(self) -> bool:
        """Whether a run was made here."""
        return (self.path / "run.json").is_file()

    def is_empty(self) -> bool:
        """Whether no row was ever written: nothing was paid for, and nothing ended."""
        files = map(self._rows, ROWS)
        return not any(file.exists() and file.stat().st_size > 0 for file in files)

    def lock(self) -> None:
        """Claim the directory for writing; released by `close` or when the process ends."""
        import fcntl

        lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise RunMismatch(
                f"{self.path} is being written by another process; wait for it or stop it"
            ) from None
        self._lock = lock

    def close(self) -> None:
        """Flush to disk and release the lock."""
        while self._files:
            _, file = self._files.popitem()
            os.fsync(file)
            os.close(file)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def discard(self) -> None:
        """Remove a run in which nothing was paid for, so that --out can be used again."""
        for name in SNAPSHOTS:
            (self.path / f"{name}.json").unlink(missing_ok=True)
        for name in ROWS:
            self._rows(name).unlink(missing_ok=True)
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

    def write(self, name: str, value: Any) -> None:
        """Write a snapshot, whole or not at all."""
        final = self.path / f"{name}.json"
        draft = final.with_suffix(".json.new")
        draft.write_bytes(
            orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
        draft.replace(final)

    def load(self, name: str) -> Any:
        """A snapshot's value."""
        try:
            return orjson.loads((self.path / f"{name}.json").read_bytes())
        except FileNotFoundError:
            raise InputError(f"{self.path} is incomplete: {name}.json is missing") from None
        except orjson.JSONDecodeError as error:
            raise InputError(f"{self.path / name}.json is not JSON: {error}") from error

    def append(self, name: str, row: Any) -> None:
        """Add one row to `name`.jsonl."""
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = self._continue(name)
        line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        written = os.write(file, line)
        while written < len(line):  # a full disk may take a part; the rest raises or follows
            written += os.write(file, line[written:])

    def read(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of `name`.jsonl, oldest first; none where the file does not exist.

        A torn last line is left out with a `TornLine` warning; a bad line before it is an
        `InputError` that names the file and the offset.
        """
        path = self._rows(name)
        if not path.exists():
            return
        with path.open("rb") as lines:
            offset = 0
            for line in lines:
                if not line.endswith(b"\n"):
                    _warn_torn(path, offset)
                    return
                try:
                    row = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise InputError(
                        f"{path} is damaged at byte {offset}: {error}; "
                        "remove that line to go on without it"
                    ) from error
                yield row
                offset += len(line)

    def _rows(self, name: str) -> Path:
        return self.path / f"{name}.jsonl"

    def _continue(self, name: str) -> int:
        """A file descriptor at the end of the last whole line."""
        path = self._rows(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        whole = _end_of_last_line(file)
        if whole < os.fstat(file).st_size:
            _warn_torn(path, whole)
            os.ftruncate(file, whole)
        return file


def _warn_torn(path: Path, offset: int) -> None:
    warnings.warn(
        f"{path}: the last line (from byte {offset}) was cut short and is left out",
        TornLine,
        stacklevel=3,
    )


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
