"""Where progress is shown: a terminal, a notebook, a log; and what happens when one goes away."""

from __future__ import annotations

import html
import os
import sys
from collections import deque
from collections.abc import Callable
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any, Protocol, TextIO, TypeVar, cast

from convsim.progress.wording import Standing, lines, log_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Found = TypeVar("Found")

FIRST = 5.0
"""Seconds until the first line in a log: early enough to see that the run lives."""

EVERY = 60.0
"""Seconds between two lines in a log."""


class Face(Protocol):
    """A place to show progress in; used by one thread at a time."""

    every: float
    """Seconds between two looks at the counts."""

    def open(self) -> None:
        """Take the place."""

    def show(self, now: Standing) -> None:
        """Show how the run stands, if it is time."""

    def say(self, message: str) -> None:
        """Show one line about an event."""

    def close(self, last: Standing) -> None:
        """Show how it ended; where nothing did, leave nothing behind."""


def _put(file: TextIO, text: str, encoding: str) -> None:
    """Write past the buffer of a real file.

    What a buffer could not get rid of is tried again when Python ends, whose exit code would then
    say so instead of how the run ended.
    """
    try:
        descriptor = file.fileno()
    except (AttributeError, OSError):
        file.write(text)
        return
    data = text.encode(encoding)
    while data:
        data = data[os.write(descriptor, data) :]


class Outlet:
    """A text file that may go away. What cannot be written is dropped; the run goes on.

    The reader has left, the terminal hung up, the disk is full, somebody closed the file: each
    shows as an OSError or as a ValueError on a closed file. Anything else is a bug and is raised.
    """

    def __init__(self, file: TextIO | None) -> None:
        self.file = file
        self.encoding = getattr(file, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write, with escapes for what the encoding of the file does not have."""
        try:
            self._attempt(lambda file: _put(file, text, self.encoding))
        except UnicodeEncodeError:
            plain = text.encode("ascii", "backslashreplace").decode("ascii")
            self._attempt(lambda file: _put(file, plain, self.encoding))
        return len(text)

    def line(self, text: str) -> None:
        """Write one line and see it off."""
        self.write(f"{text}\n")
        self.flush()

    def flush(self) -> None:
        """Hand over what is buffered."""
        self._attempt(lambda file: file.flush())

    def isatty(self) -> bool:
        """Whether somebody watches."""
        return bool(self._attempt(lambda file: file.isatty()))

    def size(self) -> tuple[int, int]:
        """Columns and lines of the terminal, as they are now; 80 by 24 where it does not say."""
        found = self._attempt(lambda file: os.get_terminal_size(file.fileno()))
        columns, rows = found or (0, 0)
        return columns or 80, rows or 24

    def _attempt(self, act: Callable[[TextIO], Found]) -> Found | None:
        if self.file is None:  # Python's own sign for a stderr that was never open
            return None
        try:
            return act(self.file)
        except OSError:
            return None
        except ValueError:
            if not self.file.closed:
                raise
            return None


class Log:
    """Lines in a file: an early one, one a minute, and a last one."""

    every = 0.5

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._due = FIRST

    def open(self) -> None:
        """Nothing is said yet."""

    def show(self, now: Standing) -> None:
        """Write a line if one is due."""
        if now.elapsed >= self._due:
            self._due = now.elapsed + EVERY
            self._outlet.line(log_line(now))

    def say(self, message: str) -> None:
        """Write the message."""
        self._outlet.line(message)

    def close(self, last: Standing) -> None:
        """Write the last line."""
        if last.done:
            self._outlet.line(log_line(last))


class Terminal:
    """Two lines in place, below whatever else is written to the same terminal."""

    every = 0.2

    def __init__(self, outlet: Outlet, console: Console) -> None:
        from rich.live import Live

        self._outlet = outlet
        self._console = console
        ours = outlet.file is sys.stderr
        # What others write to the same terminal meanwhile goes above the two lines.
        self._live = Live(
            console=console,
            auto_refresh=False,
            redirect_stderr=ours,
            redirect_stdout=ours and Outlet(sys.stdout).isatty(),
            vertical_overflow="crop",
        )

    def open(self) -> None:
        """Take the last two lines of the screen."""
        self._live.start()

    def show(self, now: Standing) -> None:
        """Draw over what was drawn before."""
        columns, rows = self._outlet.size()
        # The last column stays free: some terminals wrap when it is written to.
        self._console.size = max(1, columns - 1), rows
        self._live.update(self._painted(now, max(1, columns - 1)), refresh=True)

    def say(self, message: str) -> None:
        """Print the message above."""
        self._console.print(message, markup=False, highlight=False, soft_wrap=True)

    def close(self, last: Standing) -> None:
        """Leave the last two lines standing."""
        if last.done:
            self.show(last)
        else:
            self._live.transient = True
        self._live.stop()

    def _painted(self, now: Standing, width: int) -> Text:
        from rich.text import Text

        ascii_only = not self._outlet.encoding.lower().startswith("utf")
        course, endings = lines(now, width, ascii_only=ascii_only)
        below = Text(endings, "yellow" if now.status else "")
        if not now.status:
            for pattern, style in _STYLES:
                below.highlight_regex(pattern, style)
        above = Text(course)
        above.highlight_regex("[━#]+", "blue")
        above.highlight_regex("─+", "bright_black")
        return Text("\n", no_wrap=True, overflow="crop", end="").join((above, below))


_STYLES = (
    (r"PASS [^ ]+", "blue"),
    (r"WARN [^ ]*[1-9][^ ]*", "yellow"),
    (r"FAIL [^ ]*[1-9][^ ]*", "bold red"),
    (r"INCONCLUSIVE [^ ]+", "magenta"),
    (r"errors [^ ]+", "red"),
)
"""As in the summary; a zero is not alarming."""


class Notebook:
    """The output of one cell, in place."""

    every = 0.5
    WIDTH = 100
    KEPT = 10
    """Messages that stay in sight above the two lines."""

    def __init__(self) -> None:
        self._messages: deque[str] = deque(maxlen=self.KEPT)
        self._lines: tuple[str, ...] = ()
        self._cell: Any = None

    def open(self) -> None:
        """Make a place in the output of the cell that runs."""
        # Whoever asks for this face has found IPython loaded; convsim does not depend on it.
        display = import_module("IPython.display").display
        self._cell = display(self._bundle(), raw=True, display_id=True)

    def show(self, now: Standing) -> None:
        """Draw over what was drawn before."""
        self._lines = lines(now, self.WIDTH)
        self._update()

    def say(self, message: str) -> None:
        """Add the message above, and let go of the oldest where there are many."""
        self._messages.append(message)
        self._update()

    def close(self, last: Standing) -> None:
        """Leave the last two lines standing."""
        self._lines = lines(last, self.WIDTH) if last.done else ()
        self._update()

    def _update(self) -> None:
        if self._cell is not None:
            self._cell.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        text = "\n".join((*self._messages, *self._lines))
        return {"text/plain": text, "text/html": f"<pre>{html.escape(text)}</pre>"}


def _in_notebook() -> bool:
    """Whether an IPython kernel runs this process; a kernel has loaded IPython long ago."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def face_for(file: TextIO | None, *, quiet: bool = False) -> Face:
    """Where progress is shown best: `file`, or else the notebook, or else stderr.

    A terminal that cannot move its cursor (`TERM=dumb`) is a log; so is everything when `quiet`.
    """
    if file is None and not quiet and _in_notebook():
        return Notebook()
    outlet = Outlet(sys.stderr if file is None else file)
    if not quiet and outlet.isatty():
        from rich.console import Console

        # Only what an Outlet has is used of the file.
        console = Console(file=cast("IO[str]", outlet), force_jupyter=False)
        if console.is_interactive:
            return Terminal(outlet, console)
    return Log(outlet)
