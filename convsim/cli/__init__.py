"""The command line. Each command is a thin reading of arguments around a function of the face.

Exit codes: 0 done; 1 complete, and an option such as `--fail-on` or `--strict` said no; 2 the input
is wrong, or the first call shows that key, model or host is; 3 incomplete, `convsim resume DIR`
goes on.
"""

from __future__ import annotations

import os
import sys
import warnings

import typer

from convsim.cli import (
    auditing,
    authoring,
    calibrating,
    comparing,
    covering,
    doctor,
    drawing,
    gap,
    judging,
    linting,
    looking,
    merging,
    paths,
    planning,
    running,
    serving,
    stitching,
    walking,
)

app = typer.Typer(
    name="convsim",
    help="Measure whether a chat assistant holds its boundaries, and still helps.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command()(running.run)
app.command()(running.resume)
app.command()(planning.plan)
app.command()(merging.merge)
app.command()(linting.lint)
app.command()(drawing.graph)
app.command()(authoring.schema)
app.command()(authoring.new)
app.command()(paths.paths)
app.command()(walking.walk)
app.command()(looking.report)
app.command()(looking.view)
app.command()(covering.coverage)
app.command()(comparing.compare)
app.command()(comparing.gate)
app.command()(judging.judge)
app.command()(looking.read)
app.command()(auditing.audit)
app.command()(calibrating.calibrate)
app.command()(gap.gap)
app.command()(stitching.stitch)
app.command()(serving.serve)
app.command()(doctor.doctor)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        from convsim.version import __version__

        typer.echo(f"convsim {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line.

    A `python:` target is looked for in the current folder too, as `python -m` would; last, so that
    nothing there can stand in for a module of somebody else.
    """
    sys.path.append(os.getcwd())
    warnings.showwarning = _show_warning
    app()


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning for people: one line, without the place in the code."""
    typer.echo(f"warning: {message}", err=True)
