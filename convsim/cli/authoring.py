"""`convsim lint`, `convsim graph` and `convsim schema`: writing scenarios."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import Exit, command, print_json
from convsim.errors import InputError, choices


@command
def lint(
    paths: Annotated[list[str], typer.Argument(help="Scenario or policy files, or folders.")],
    policy: Annotated[str | None, typer.Option(help="A policy file for all scenarios.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the problems as JSON.")] = False,
) -> None:
    """Check scenario and policy files: every problem at once."""
    from dataclasses import asdict

    from convsim.loading import lint as find

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


@command
def graph(
    file: Annotated[str, typer.Argument(help="A scenario file.")],
    arm: Annotated[str, typer.Option(help="Which arm or control to draw.")] = "restricted",
    policy: Annotated[str | None, typer.Option(help="A policy file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the diagram as JSON.")] = False,
) -> None:
    """Draw a scenario as a Mermaid diagram."""
    from convsim.api import load
    from convsim.chance import Chance
    from convsim.controls import Playable
    from convsim.drawing import mermaid
    from convsim.scenario import CONTROLS

    suite = load(file, policy=policy)
    if len(suite.scenarios) != 1:
        raise InputError(f"{file} holds {len(suite.scenarios)} scenarios; draw one at a time")
    (scenario,) = suite.scenarios
    names = dict.fromkeys([*scenario.arm_names, *CONTROLS])
    if arm not in names:
        raise InputError(f"{file} has no arm '{arm}'" + choices(arm, names))
    playable = Playable(scenario, suite.rule_of(scenario))
    draw = playable.draws(arm)[0]
    text = mermaid(playable.graph(arm, Chance(0, scenario.id, 1), draw))
    if json:
        print_json({"scenario": scenario.id, "arm": arm, "mermaid": text})
    else:
        typer.echo(text)


@command
def schema(
    policy: Annotated[bool, typer.Option("--policy", help="The schema of policy files.")] = False,
) -> None:
    """Print the JSON Schema of scenario (or policy) files.

    Editors complete and check files by it.
    """
    from convsim.schema import policy_schema
    from convsim.schema import schema as scenario_schema

    print_json(policy_schema() if policy else scenario_schema())
