"""Faces: a terminal, a notebook, a log; each of them may go away."""

from __future__ import annotations

import errno
import io
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Iterator
from fcntl import ioctl
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn, TextIO

import pytest

from convsim.progress.faces import Face, Log, Notebook, Outlet, Terminal, face_for
from convsim.progress.wording import Standing
from convsim.traffic import Traffic

START = Standing(100, {})
SOME = Standing(100, {"PASS": 41, "FAIL": 1, "errors": 3}, 4.0, 10.0, Traffic(calls=225))
LONG_STATUS = Standing(100, {"PASS": 41}, 4.0, 10.0, status="paused: " + "long " * 60)


# -- a log


def log() -> tuple[Log, io.StringIO]:
    file = io.StringIO()
    return Log(Outlet(file)), file


def test_a_log_has_an_early_line_then_one_a_minute() -> None:
    face, file = log()
    said: list[int] = []
    for second in range(200):
        face.show(Standing(1000, {"PASS": second}, float(second), 1.0))
        if file.getvalue().count("\n") > len(said):
            said.append(second)
    assert said == [5, 65, 125, 185]


def test_a_log_ends_with_a_line_unless_nothing_happened() -> None:
    """An error before the first dialogue ended stays the only line."""
    (empty, nothing), (face, file) = log(), log()
    empty.close(START)
    face.close(SOME)
    assert nothing.getvalue() == ""
    assert file.getvalue().startswith("dialogues 45/100 ")
    assert file.getvalue().count("\n") == 1
    assert file.getvalue().rstrip("\n").isprintable()


# -- a file that may go away


class Broken(io.StringIO):
    """Fails in one way, always."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str, /) -> NoReturn:
        raise self.error

    def flush(self) -> NoReturn:
        raise self.error


def closed() -> TextIO:
    file = io.StringIO()
    file.close()
    return file


@pytest.mark.parametrize(
    "file",
    [
        Broken(BrokenPipeError()),
        Broken(OSError(errno.EIO, "the terminal hung up")),
        Broken(OSError(errno.ENOSPC, "no space left on device")),
        closed(),
        None,
    ],
)
def test_losing_the_file_is_no_error(file: TextIO | None) -> None:
    face = Log(Outlet(file))
    face.say("message")
    face.close(SOME)
    assert not Outlet(file).isatty()
    assert Outlet(file).size() == (80, 24)


def test_a_bug_is_raised() -> None:
    """Only what shows that the file is gone is forgiven."""
    with pytest.raises(ValueError, match="a bug"):
        Outlet(Broken(ValueError("a bug"))).line("text")


def test_what_an_encoding_lacks_is_escaped() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, "ascii")
    Outlet(file).line("größer")
    assert raw.getvalue() == b"gr\\xf6\\xdfer\n"


# -- a terminal


class Window:
    """A real pseudo-terminal of a fixed size, with a file to write to and what was written."""

    def __init__(self, columns: int, rows: int = 24, encoding: str = "utf-8") -> None:
        self._ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self._ours, False)
        raw = io.FileIO(theirs, "w")  # without a buffer, which would want to be emptied at the end
        self.file = io.TextIOWrapper(raw, encoding, write_through=True)

    def resize(self, columns: int, rows: int = 24) -> None:
        ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self) -> str:
        """What was written since the last time."""
        self.file.flush()
        parts = []
        try:
            while part := os.read(self._ours, 65536):
                parts.append(part)
        except BlockingIOError:
            pass
        return b"".join(parts).decode()

    def hang_up(self) -> None:
        os.close(self._ours)
        self._ours = -1

    def close(self) -> None:
        self.file.close()
        if self._ours >= 0:
            os.close(self._ours)


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("TTY_COMPATIBLE", "TTY_INTERACTIVE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")  # a stale word of a shell; the terminal knows better
    window = Window(80)
    yield window
    window.close()


def shown(text: str) -> list[str]:
    """The lines drawn last: what follows the last erased line, without colours and cursors."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.rpartition("\x1b[2K")[2]).splitlines()


def test_a_terminal_has_two_lines_in_place(window: Window) -> None:
    face = face_for(window.file)
    assert isinstance(face, Terminal)
    face.open()
    face.show(START)
    first = window.read()
    face.show(SOME)
    second = window.read()
    assert shown(first) == [f"{'─' * 20}  0/100  0%  0/s  ETA ?", "PASS 0  WARN 0  FAIL 0"]
    assert second.startswith("\r\x1b[2K\x1b[1A\x1b[2K")
    assert shown(second) == [
        f"{'━' * 9}{'─' * 11}  45/100  45%  10.0/s  ETA 0:00:05  calls 225",
        "PASS 41  WARN 0  FAIL 1  errors 3",
    ]
    face.close(SOME)
    assert shown(window.read())[-1] == "PASS 41  WARN 0  FAIL 1  errors 3"


@pytest.mark.parametrize("columns", [80, 40, 10, 2, 0])
def test_nothing_wraps(window: Window, columns: int) -> None:
    """At any width, also one that changes; 0 is a terminal that does not say (80 is assumed)."""
    face = face_for(window.file)
    face.open()
    for standing in (START, SOME, LONG_STATUS):
        window.resize(200)
        face.show(standing)
        window.resize(columns)
        window.read()
        face.show(standing)
        drawn = shown(window.read())
        assert len(drawn) <= 2
        assert all(len(line) < (columns or 80) for line in drawn)
    face.close(SOME)


def test_a_status_takes_the_second_line(window: Window) -> None:
    face = face_for(window.file)
    face.open()
    face.show(LONG_STATUS)
    assert shown(window.read())[1].startswith("paused: long")
    face.close(START)


def test_a_message_stands_above(window: Window) -> None:
    face = face_for(window.file)
    face.open()
    face.show(SOME)
    window.read()
    face.say("the [bold]message[/]")
    message, *rest = shown(window.read())
    assert message == "the [bold]message[/]"
    assert rest[1] == "PASS 41  WARN 0  FAIL 1  errors 3"
    face.close(SOME)


def test_where_nothing_happened_nothing_stays(window: Window) -> None:
    face = face_for(window.file)
    face.open()
    face.show(START)
    face.close(START)
    assert window.read().endswith("\x1b[2K")


def test_a_terminal_that_hangs_up_is_no_error(window: Window) -> None:
    face = face_for(window.file)
    face.open()
    face.show(SOME)
    window.hang_up()
    face.say("message")
    face.show(SOME)
    face.close(SOME)


def test_a_plain_terminal_gets_a_plain_bar(window: Window) -> None:
    ascii_window = Window(80, encoding="ascii")
    face = face_for(ascii_window.file)
    face.open()
    face.show(SOME)
    assert shown(ascii_window.read())[0].startswith(f"{'#' * 9}{'-' * 11}  45/100")
    face.close(SOME)
    ascii_window.close()


@pytest.mark.parametrize(("term", "quiet"), [("dumb", False), ("xterm", True)])
def test_a_terminal_may_be_a_log(
    window: Window, monkeypatch: pytest.MonkeyPatch, term: str, quiet: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    assert isinstance(face_for(window.file, quiet=quiet), Log)


# -- a notebook


class Cell:
    """The output of a cell, as IPython's display handle keeps it."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def display(self, bundle: dict[str, str], *, raw: bool, display_id: bool) -> Cell:
        assert raw
        assert display_id
        self.shown.append(bundle)
        return self

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown[-1] = bundle


def ipython(monkeypatch: pytest.MonkeyPatch, shell: object) -> Cell:
    """A fake IPython that this process has loaded."""
    cell, package, display = Cell(), ModuleType("IPython"), ModuleType("IPython.display")
    loaded: dict[str, Any] = {"IPython": package, "IPython.display": display}
    vars(package).update(get_ipython=lambda: shell)
    vars(display).update(display=cell.display)
    for name, module in loaded.items():
        monkeypatch.setitem(sys.modules, name, module)
    return cell


def test_a_notebook_shows_one_output_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = ipython(monkeypatch, SimpleNamespace(kernel=object()))
    face = face_for(None)
    assert isinstance(face, Notebook)
    face.open()
    face.show(START)
    face.say("retrying <soon>")
    face.show(SOME)
    face.close(SOME)
    [bundle] = cell.shown
    message, course, endings = bundle["text/plain"].splitlines()
    assert (message, endings) == ("retrying <soon>", "PASS 41  WARN 0  FAIL 1  errors 3")
    assert "45/100" in course
    assert bundle["text/html"].startswith("<pre>retrying &lt;soon&gt;\n")


def test_a_notebook_keeps_the_last_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = ipython(monkeypatch, SimpleNamespace(kernel=object()))
    face = face_for(None)
    face.open()
    for number in range(100):
        face.say(f"message {number}")
    face.close(START)
    [bundle] = cell.shown
    assert bundle["text/plain"].splitlines() == [f"message {number}" for number in range(90, 100)]


@pytest.mark.parametrize("shell", [None, SimpleNamespace()])
def test_ipython_without_a_kernel_is_no_notebook(
    monkeypatch: pytest.MonkeyPatch, shell: object
) -> None:
    """Loaded by some library, or the shell in a terminal."""
    ipython(monkeypatch, shell)
    assert not isinstance(face_for(None), Notebook)


def test_a_file_is_preferred_to_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    ipython(monkeypatch, SimpleNamespace(kernel=object()))
    faces: list[Face] = [face_for(io.StringIO()), face_for(None, quiet=True)]
    assert [type(face) for face in faces] == [Log, Log]
