"""`convsim plan`."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import command, print_json
from convsim.cli.options import TagsOption
from convsim.paths import Walk


@command
def plan(
    paths: Annotated[list[str], typer.Argument(help="Scenario files, suite files or folders.")],
    target: Annotated[
        list[str] | None,
        typer.Option("--target", "-t", help="[ALIAS=]TARGET, as in `run`: what it would cost."),
    ] = None,
    targets: Annotated[str | None, typer.Option(help="A targets file (YAML).")] = None,
    policy: Annotated[str | None, typer.Option(help="A policy file for all scenarios.")] = None,
    arms: Annotated[
        str | None, typer.Option(help="Arms and controls: A,B; or authored (the default), ...")
    ] = None,
    tags: TagsOption = None,
    repeats: Annotated[int, typer.Option(min=1, help="Dialogues per arm and target.")] = 5,
    walk: Annotated[Walk, typer.Option(help="How the moves are planned.")] = Walk.RANDOM,
    run: Annotated[
        str | None,
        typer.Option("--from", help="A run that shows the rates, and how alike scenarios are."),
    ] = None,
    width: Annotated[
        float, typer.Option(help="How far intervals may reach to either side: .05 is 5 points.")
    ] = 0.05,
    margin: Annotated[
        float, typer.Option(help="How much worse a version may be, for `convsim gate`.")
    ] = 0.02,
    rise: Annotated[
        float | None,
        typer.Option(help="A rise of a rate: how likely `convsim compare` would report it."),
    ] = None,
    scenario_cost: Annotated[
        float | None,
        typer.Option(help="What writing one more scenario costs, in dialogues."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what a run would be able to tell, before it is paid for. Calls nothing.

    More scenarios or more repeats? How short the intervals will be, and what a gate will see.
    """
    from convsim.cli.running import both_targets, split_names
    from convsim.planning import plan_run
    from convsim.starting import name_targets

    named = both_targets(name_targets(target) if target else {}, targets)
    found = plan_run(
        paths,
        named or None,  # type: ignore[arg-type]  # as the command line names them
        policy=policy,
        arms=split_names(arms),
        tags=tags,
        repeats=repeats,
        walk=walk,
        run=run,
        width=width,
        margin=margin,
        scenario_cost=scenario_cost,
        rise=rise,
    )
    print_json(found.to_dict()) if json else typer.echo(found.text(), nl=False)
