"""`convsim walk`: be the assistant yourself, and see what each reply does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from convsim.cli.console import command, complain, print_json, print_report

if TYPE_CHECKING:
    from convsim.rehearsal import Answer, Rehearsal, Standing

PROMPT = "you> "
HELP = """\
  Whatever you type is the assistant's reply. A line that ends in \\ goes on with the next one.
  /LABEL    a reply that is read as one: {labels}
  /empty    a reply without a word
  /undo     take the last reply back
  /again    from the beginning
  /judge    what the judge says so far, with all that it found
  /help     this
  /quit     end here (or Ctrl-D)"""


@command
def walk(
    file: Annotated[str, typer.Argument(help="A scenario file.")],
    arm: Annotated[str, typer.Option(help="Which arm or control to play.")] = "restricted",
    policy: Annotated[str | None, typer.Option(help="A policy file.")] = None,
    seed: Annotated[int, typer.Option(help="Draws wordings and secrets.")] = 0,
    repeat: Annotated[int, typer.Option(min=1, help="Which repeat: others are worded.")] = 1,
    json: Annotated[
        bool, typer.Option("--json", help="Say nothing on the way; print it all as JSON.")
    ] = False,
) -> None:
    """Be the assistant: see how a reply is read, and what comes next.

    Replies come from the terminal, or line by line from a pipe. Nothing is called or stored.
    """
    from convsim.api import rehearse

    playing = _Playing(rehearse(file, arm=arm, policy=policy, seed=seed, repeat=repeat), json)
    playing.play(_typed if sys.stdin.isatty() else _piped)


def _typed() -> str | None:
    """A line from a terminal, with the history and editing that one is used to."""
    with suppress(ImportError):  # not everywhere
        import readline  # noqa: F401 - importing it is what makes `input` edit lines
    try:
        return input(PROMPT)
    except (EOFError, KeyboardInterrupt):
        typer.echo()
        return None


def _piped() -> str | None:
    """A line from a file or another program."""
    line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None


class _Playing:
    """A rehearsal at a terminal: what was answered, and what is said about it."""

    def __init__(self, rehearsal: Rehearsal, quiet: bool) -> None:
        self.rehearsal = rehearsal
        self.quiet = quiet
        self.answers: list[Answer] = []
        self.standing = self._stand()

    def play(self, read: Callable[[], str | None]) -> None:
        """Take line after line until the dialogue is over, or nothing more comes."""
        from convsim.report import rehearsed

        self._say(rehearsed.opening)
        self._say(rehearsed.asked)
        while self.standing.said is not None and (line := _whole(read)) is not None:
            if line.strip() == "/quit":
                break
            self._take(line.strip())
        self._say(rehearsed.concluded)
        if self.quiet:
            standing = self.standing
            print_json(
                {
                    "transcript": asdict(standing.transcript),
                    "next": standing.said,
                    "verdict": asdict(standing.verdict),
                }
            )

    def _take(self, line: str) -> None:
        from convsim.reading import Label
        from convsim.report import rehearsed

        labels = {label.value: label for label in Label}
        match line:
            case "":
                return
            case "/help":
                complain(HELP.format(labels=" ".join(labels)))
                return
            case "/judge":
                self._say(rehearsed.concluded)
                return
            case "/undo":
                del self.answers[-1:]
            case "/again":
                self.answers.clear()
            case "/empty":
                self.answers.append("")
            case _ if line.startswith("/") and line[1:] in labels:
                self.answers.append(labels[line[1:]])
            case _ if line.startswith("/"):
                self._unknown(line, list(labels))
                return
            case _:
                self.answers.append(line)
        self.standing = self._stand()
        if line not in ("/undo", "/again"):
            self._say(rehearsed.replied)
        self._say(rehearsed.asked)

    def _stand(self) -> Standing:
        return asyncio.run(self.rehearsal.after(self.answers))

    def _say(self, part: Callable[[Standing, int], str]) -> None:
        if not self.quiet:
            width = min(100, get_terminal_size((80, 24)).columns)
            print_report(part(self.standing, width))

    def _unknown(self, line: str, labels: list[str]) -> None:
        from convsim.errors import choices

        commands = ["empty", "undo", "again", "judge", "help", "quit"]
        complain(f"'{line}' is no command" + choices(line[1:], [*labels, *commands]))


def _whole(read: Callable[[], str | None]) -> str | None:
    """A reply, that may be several lines; None at the end."""
    lines: list[str] = []
    while (line := read()) is not None:
        if not line.endswith("\\"):
            return "\n".join([*lines, line])
        lines.append(line[:-1])
    return "\n".join(lines) if lines else None
