"""`convsim schema` and `convsim new`: beginning to write."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convsim.cli.console import command, print_json
from convsim.errors import InputError

if TYPE_CHECKING:
    from convsim.scaffold import Begun


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
    id: Annotated[
        str,
        typer.Argument(
            help="FOLDER.NAME, such as library.borrower; a NAME alone stands in no folder of its "
            "own."
        ),
    ],
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
    fragment: Annotated[
        bool, typer.Option("--fragment", help="A piece of a graph instead, to be included.")
    ] = False,
    suite: Annotated[
        bool, typer.Option("--suite", help="A suite file instead, which picks scenarios.")
    ] = False,
    language: Annotated[str, typer.Option(help="What the user writes: en, de, ...")] = "en",
) -> None:
    """Begin a scenario that plays at once, to be rewritten.

    It comes with a benign twin and with comments that say what to change. Nothing is overwritten.
    """
    from convsim.scaffold import Wish, begin, begin_fragment, begin_suite

    folder = None if into is None else Path(into)
    if fragment or suite:
        spoken = suite and language != "en"
        _check_alone(fragment and suite, rule, policy, evidence, facets, spoken)
        begun = (
            begin_fragment(id, into=folder, language=language)
            if fragment
            else begin_suite(id, into=folder)
        )
        _say_written(begun)
        typer.echo(f"next: convsim lint {begun.file}")
        return
    begun = begin(
        Wish(id=id, rule=rule, evidence=evidence, facets=facets, language=language),
        into=folder,
        policy=None if policy is None else Path(policy),
    )
    _say_written(begun)
    typer.echo(f"next: convsim lint {begun.file}{begun.options}")
    typer.echo(f"      convsim walk {begun.file}{begun.options}")
    typer.echo(
        f"      convsim run {begun.file}{begun.options} --target sim/redirects "
        "--target sim/over_refuser"
    )


def _check_alone(*others: object) -> None:
    if any(others):
        raise InputError(
            "--fragment and --suite begin files of other kinds, without a rule and arms; give one "
            "of them, and neither --rule, --policy, --evidence nor --facets (nor, for a suite, "
            "--language)"
        )


def _say_written(begun: Begun) -> None:
    for file in begun.files:
        typer.echo(f"wrote {file}")
    if begun.schemas:
        typer.echo(f"wrote {begun.schemas} (by these an editor completes what you write)")
