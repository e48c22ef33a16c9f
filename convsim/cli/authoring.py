"""`convsim schema`: writing scenarios."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import command, print_json


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
