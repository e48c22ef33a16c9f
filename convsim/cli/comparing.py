"""`convsim compare` and `convsim gate`: what changed between runs, and whether it may pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from convsim.cli.console import Exit, command, print_json, print_report
from convsim.errors import InputError

if TYPE_CHECKING:
    from convsim.changes import RunDrift, RunGate

JudgeName = Annotated[
    str | None, typer.Option(help="See the runs by the verdicts of this judge; default: their own.")
]
TargetName = Annotated[str | None, typer.Option(help="Only this target of the runs.")]
These = Annotated[
    bool,
    typer.Option(
        "--these", help="Speak of these very scenarios, not of others like them: repeats decide."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@command
def compare(
    directories: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN [RUN]...",
            help="Two runs; three or more for their drift; one, whose targets differ.",
        ),
    ],
    judge: JudgeName = None,
    target: TargetName = None,
    these: These = False,
    show: Annotated[
        int, typer.Option(min=0, help="Print so many changed dialogues side by side.")
    ] = 0,
    html: Annotated[
        str | None, typer.Option(help="Write a page with changed dialogues side by side.")
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="Every part that was looked at.")] = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show restricted spans.")] = False,
    json: Json = False,
) -> None:
    """Say what changed between two runs, or over a series of them."""
    if len(directories) > 2:
        if show or html or all or reveal:
            raise InputError(
                "--show, --html, --all and --reveal are about two runs; of a series compare the "
                "two that differ"
            )
        _drift(directories, judge, target, these=these, json=json)
        return
    from convsim import comparing

    found = comparing.compare(*directories, judge=judge, target=target, these=these)
    if html is not None:
        _check_place(html)
        found.write_html(html, reveal=reveal)
    if json:
        print_json(found.to_dict())
        return
    print_report(found.report(all_lines=all).rstrip("\n"))
    for n in range(len(found.compared)):
        for example in found.examples(n, show):
            print_report("\n" + example.text(reveal=reveal).rstrip("\n"))
    if html is not None:
        typer.echo(f"page: {html}")


def _drift(
    directories: list[str], judge: str | None, target: str | None, *, these: bool, json: bool
) -> None:
    from convsim.comparing import follow

    _print(follow(directories, judge=judge, target=target, these=these), json=json)


@command
def gate(
    before: Annotated[str, typer.Argument(help="The run to hold it against.")],
    after: Annotated[str, typer.Argument(help="The run that wants to pass.")],
    margin: Annotated[
        float, typer.Option(help="How far a rate may rise, as a fraction of 1.")
    ] = 0.02,
    judge: JudgeName = None,
    target: TargetName = None,
    these: These = False,
    allow_undecided: Annotated[
        bool, typer.Option("--allow-undecided", help="Exit 0 where the data do not decide.")
    ] = False,
    junit: Annotated[str | None, typer.Option(help="Write a JUnit report to this file.")] = None,
    sarif: Annotated[str | None, typer.Option(help="Write a SARIF log to this file.")] = None,
    json: Json = False,
) -> None:
    """Say whether a run may pass: ok, regressed or undecided.

    Exits with 0 for ok, 1 for regressed and undecided, 2 where they cannot be compared.
    """
    from convsim import comparing
    from convsim.gates import Decision
    from convsim.report import gated

    found = comparing.gate(before, after, margin=margin, judge=judge, target=target, these=these)
    if junit is not None:
        _write(junit, gated.junit(found, allow_undecided=allow_undecided))
    if sarif is not None:
        log = gated.sarif(found, allow_undecided=allow_undecided)
        _write(sarif, orjson.dumps(log, option=orjson.OPT_INDENT_2).decode() + "\n")
    _print(found, json=json)
    passes = {Decision.OK, Decision.UNDECIDED} if allow_undecided else {Decision.OK}
    if found.decision not in passes:
        raise typer.Exit(Exit.SAID_NO)


def _print(found: RunDrift | RunGate, *, json: bool) -> None:
    if json:
        print_json(found.to_dict())
    else:
        print_report(found.report().rstrip("\n"))


def _check_place(path: str) -> None:
    if not Path(path).absolute().parent.is_dir():
        raise InputError(f"{Path(path).parent} is no directory; make it, or choose another file")


def _write(path: str, text: str) -> None:
    """A file for other programs to read."""
    _check_place(path)
    Path(path).write_text(text, encoding="utf-8", newline="\n")
