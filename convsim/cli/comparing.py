"""`convsim compare` and `convsim gate`: what changed between runs, and whether it may pass."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import command, print_json, print_report

JudgeName = Annotated[
    str | None, typer.Option(help="See both by the verdicts of this judge; default: their own.")
]
TargetName = Annotated[str | None, typer.Option(help="Only this target of both runs.")]


@command
def compare(
    directories: Annotated[
        list[str],
        typer.Argument(metavar="RUN [RUN]...", help="Two runs; or one, whose targets differ."),
    ],
    judge: JudgeName = None,
    target: TargetName = None,
    all: Annotated[bool, typer.Option("--all", help="Every part that was looked at.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Say what changed between two runs."""
    from convsim.comparing import compare as compared
    from convsim.report.changed import changed_text

    found = compared(*directories, judge=judge, target=target)
    if json:
        print_json(found.to_dict())
    else:
        print_report(changed_text(found, all_lines=all).rstrip("\n"))
