"""`convsim coverage`: how much of the graphs a run went through."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import Exit, command, complain, print_json, print_report
from convsim.coverage import Measure
from convsim.errors import InputError, choices


@command
def coverage(
    directory: Annotated[str, typer.Argument(help="The directory of a run.")],
    scenario: Annotated[str | None, typer.Option(help="Of one scenario alone.")] = None,
    target: Annotated[str | None, typer.Option(help="What one target left out.")] = None,
    missing: Annotated[
        Measure, typer.Option(help="List what is missing of these.")
    ] = Measure.TRANSITIONS,
    all_: Annotated[bool, typer.Option("--all", help="List all that is missing.")] = False,
    fail_under: Annotated[
        str | None,
        typer.Option(
            help="Exit with 1 below so many percent of the transitions: 100; or transitions:100,"
            "pairs:50."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say how much of the graphs a run's dialogues went through."""
    from convsim.coverage import shares_in
    from convsim.report.coverage import SHOWN, coverage_text, percent
    from convsim.runs import Run

    needed = shares_in(fail_under, percent=True) if fail_under is not None else {}
    account = Run(directory).coverage()
    if target is not None and target not in account.targets:
        raise InputError(f"{directory} has no target '{target}'" + choices(target, account.targets))
    if scenario is not None:
        if scenario not in account.scenarios:
            known = choices(scenario, account.scenarios)
            raise InputError(f"{directory} has no scenario '{scenario}'" + known)
        account = account.of_scenario(scenario)
    if json:
        print_json(account.to_dict(target=target))
    else:
        most = None if all_ else SHOWN
        print_report(
            coverage_text(account, title=directory, measure=missing, target=target, most=most)
        )
    shares = account.shares(target)
    short = [it for it, least in needed.items() if (shares[it].value or 0.0) < least]
    for measure in short:
        share = shares[measure]
        complain(
            f"{measure}: {percent(share)} ({share.covered} of {share.of}) is under the "
            f"{100 * needed[measure]:g}% of --fail-under"
        )
    raise typer.Exit(Exit.SAID_NO if short else Exit.DONE)
