"""`convsim schema` and `convsim new`: beginning to write."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from convsim.cli.console import command, print_json
from convsim.errors import InputError


class Kind(StrEnum):
    """The kinds of files that have a schema."""

    SCENARIO = "scenario"
    FRAGMENT = "fragment"
    SUITE = "suite"
    POLICY = "policy"


@command
def schema(
    kind: Annotated[Kind | None, typer.Option(help="Of which files.")] = None,
    policy: Annotated[bool, typer.Option("--policy", help="Short for --kind policy.")] = False,
    out: Annotated[
        str | None,
        typer.Option(help="Write the schemas of all kinds (or of one) into this folder."),
    ] = None,
) -> None:
    """Print the JSON Schema of scenario files, or of another kind.

    Editors complete and check files by it.
    """
    from convsim.schema import SCHEMAS

    if policy and kind not in (None, Kind.POLICY):
        raise InputError(f"--policy is short for --kind policy, and --kind {kind} says another")
    chosen = Kind.POLICY if policy else kind
    if out is None:
        print_json(SCHEMAS[chosen or Kind.SCENARIO]())
        return
    from convsim.scaffold import write_schemas

    for file in write_schemas(Path(out), [chosen] if chosen else list(Kind)):
        typer.echo(str(file))


@command
def new(
    id: Annotated[str, typer.Argument(help="FOLDER.NAME, such as library.borrower.")],
    into: Annotated[
        str | None,
        typer.Option(help="The folder of all scenarios; scenarios/ unless this folder is one."),
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="The id of a rule that the policy upward has already.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="A policy file, instead of the nearest one upward.")
    ] = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="With a proof: verified and forged arms.")
    ] = False,
    facets: Annotated[
        bool, typer.Option("--facets", help="Spread over steps: parts that make a whole.")
    ] = False,
    language: Annotated[str, typer.Option(help="What the user writes: en, de, ...")] = "en",
) -> None:
    """Begin a scenario that plays at once, to be rewritten.

    It comes with a benign twin and with comments that say what to change. Nothing is overwritten.
    """
    from convsim.scaffold import Wish, begin

    begun = begin(
        Wish(id=id, rule=rule, evidence=evidence, facets=facets, language=language),
        into=None if into is None else Path(into),
        policy=None if policy is None else Path(policy),
    )
    for file in begun.files:
        typer.echo(f"wrote {file}")
    if begun.schemas:
        typer.echo(f"wrote {begun.schemas} (by these an editor completes what you write)")
    typer.echo(f"next: convsim lint {begun.scenario}{begun.options}")
    typer.echo(f"      convsim walk {begun.scenario}{begun.options}")
    typer.echo(
        f"      convsim run {begun.scenario}{begun.options} --target sim/redirects "
        "--target sim/over_refuser"
    )
