"""`convsim stitch`: what users got from all their dialogues together."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import command, print_json, write_rows
from convsim.cli.looking import FormatOption, check_output


@command
def stitch(
    source: Annotated[str, typer.Argument(help="A run directory, or a file of conversations.")],
    arms: Annotated[
        str | None,
        typer.Option(help="Of a run: whose dialogues are one user's, as A,B; default: fresh."),
    ] = None,
    across: Annotated[
        str | None, typer.Option(help="targets: of a run, users go from target to target.")
    ] = None,
    judge: Annotated[
        str | None, typer.Option(help="Of a run: whose word counts where no search can tell.")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="What rules cited by id say.")] = None,
    format: FormatOption = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="A row for each user, as JSONL.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Join the dialogues of one user, to see harm spread over them.

    No model is called, and no verdict changes.
    """
    from convsim.report.stitched import stitched_text
    from convsim.stitching import stitch as join
    from convsim.waiting import wait

    check_output(output, source)
    how = {"policy": policy, "format": format}
    found = wait(join(source, arms=arms, across=across, judge=judge, **how))
    if output is not None:
        write_rows((user.to_dict() for user in found.users), output)
    if json and output != "-":
        print_json(found.to_dict())
    elif output != "-":
        typer.echo(stitched_text(found), nl=False)
