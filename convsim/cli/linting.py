"""`convsim lint`: what is wrong, or questionable, in scenario and policy files."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import Exit, command, print_json


@command
def lint(
    paths: Annotated[list[str], typer.Argument(help="Scenario or policy files, or folders.")],
    policy: Annotated[str | None, typer.Option(help="A policy file for all scenarios.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the problems as JSON.")] = False,
) -> None:
    """Check scenario and policy files: every problem at once."""
    from dataclasses import asdict

    from convsim.linting import lint as find

    report = find(paths, policy=policy)
    if json:
        print_json(
            {
                "scenarios": report.scenarios,
                "policies": report.policies,
                "problems": [asdict(problem) for problem in report.problems],
            }
        )
    else:
        for problem in report.problems:
            typer.echo(str(problem))
        # What a policy file holds is said where it was linted by itself.
        what = (report.scenarios, "scenario") if report.scenarios else (report.policies, "policy")
        typer.echo(
            f"{_count(*what)}: {_count(len(report.errors), 'error')}, "
            f"{_count(len(report.warnings), 'warning')}"
        )
    raise typer.Exit(Exit.WRONG_INPUT if report.errors else Exit.DONE)


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
