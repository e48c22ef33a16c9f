"""`convsim merge`: the shards of a run as one run."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import Exit, command, complain, print_json


@command
def merge(
    directories: Annotated[list[str], typer.Argument(help="The directories of all shards.")],
    out: Annotated[str, typer.Option(help="A new directory for the whole run.")],
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Merge what there is; resume plays the rest.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Join the shards of a run, if nothing is missing or doubled."""
    from convsim.merging import merge as join
    from convsim.runs import Run

    join(directories, out, allow_missing=allow_missing)
    merged = Run(out)
    if json:
        print_json({"run": out, "planned": merged.planned, "missing": merged.missing})
    else:
        final = merged.planned - merged.missing
        typer.echo(f"{final} of {merged.planned} dialogues: convsim report {out}")
    if merged.missing:
        complain(f"incomplete: go on with `convsim resume {out}`")
        raise typer.Exit(Exit.INCOMPLETE)
