"""`convsim graph`: a scenario as a picture."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from convsim.cli.console import command, print_json
from convsim.errors import InputError

SUFFIXES = {
    ".txt": "text",
    ".svg": "svg",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
}
"""Which format a file is drawn in, by the end of its name."""


@command
def graph(
    file: Annotated[str, typer.Argument(help="A scenario file; with --run, its id will do.")],
    to: Annotated[str | None, typer.Option(help="text, svg, mermaid or dot.")] = None,
    out: Annotated[
        str | None,
        typer.Option("-o", "--out", help="Write to a file: .txt, .svg, .mmd or .dot."),
    ] = None,
    arm: Annotated[str, typer.Option(help="Which arm or control to draw.")] = "restricted",
    run: Annotated[
        str | None, typer.Option(help="Lay the figures of a run directory over it.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Whose figures, where a run has several targets.")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="A policy file.")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print states, ways and figures as JSON.")
    ] = False,
) -> None:
    """Draw a scenario: as a sketch, in SVG, Mermaid or Graphviz."""
    from convsim.drawing import Format, as_json, sketch_text
    from convsim.picturing import drawing, format_named

    form = format_named(to or _by_suffix(out))
    made = drawing(file, arm=arm, policy=policy, run=run, target=target)
    if json:
        print_json({**as_json(*made), "to": form.value, "drawn": made.to(form)})
    elif out is not None and out != "-":
        Path(out).write_text(made.to(form), encoding="utf-8")
    elif form is Format.TEXT:
        typer.echo(sketch_text(*made, colour=in_colour(), ascii_only=is_ascii_only()), nl=False)
    else:
        sys.stdout.buffer.write(made.to(form).encode())
        sys.stdout.buffer.flush()


def _by_suffix(out: str | None) -> str:
    """The format of a file's name; a sketch where there is no file."""
    if out is None or out == "-":
        return "text"
    suffix = Path(out).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{out}: nothing is drawn as '{suffix or out}'; end the name in "
            f"{', '.join(SUFFIXES)}, or say which format with --to"
        )
    return SUFFIXES[suffix]


def in_colour() -> bool:
    """Whether the terminal takes colours and nobody asked for none (no-color.org)."""
    asked_for_none = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not asked_for_none


def is_ascii_only() -> bool:
    """Whether the terminal cannot show the lines of a tree."""
    try:
        "│├└→⇢●…“”·".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False
