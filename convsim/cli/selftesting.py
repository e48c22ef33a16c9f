"""`convsim judge --selftest`: whether a judge follows what matters, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Annotated, Any

import typer

from convsim.cli.console import Exit, complain, print_json
from convsim.cli.looking import telling
from convsim.errors import InputError
from convsim.limits import Limits

SelftestOption = Annotated[
    bool,
    typer.Option("--selftest", help="Test the judge itself, on dialogues that ship: no SOURCE."),
]
FailBelow = Annotated[
    float | None,
    typer.Option(
        "--fail-below",
        min=0.0,
        max=1.0,
        help="With --selftest: exit 1 where the share of a relation is below this.",
    ),
]
Relations = Annotated[
    str | None,
    typer.Option(help="With --selftest: only these, such as apology_before,story."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="With --selftest: only count the calls it would take.")
]


def check_given(given: Mapping[str, object]) -> None:
    """The self-test has its own dialogues and its own rules; what says other ones is refused."""
    wrong = [name for name, value in given.items() if value is not None]
    if wrong:
        raise InputError(
            f"--selftest judges dialogues that ship with convsim, and takes no {', '.join(wrong)}; "
            "its options are --judge, --panel, --judge-when, --classifier, --ask-below, --budget, "
            "--concurrency, --relations, --fail-below, --dry-run and --json"
        )


def run_selftest(
    workers: Mapping[str, Any],
    concurrency: int | None,
    *,
    relations: str | None,
    fail_below: float | None,
    dry_run: bool,
    json: bool,
) -> None:
    """Say what it takes, do it, and print what came of it."""
    from convsim.api import opened_reader
    from convsim.report.selftested import selftest_text
    from convsim.selftesting import selftest
    from convsim.waiting import wait

    names = None if relations is None else [name.strip() for name in relations.split(",")]
    planned = _planned(workers, names)
    if dry_run:
        if json:
            print_json(planned)
        else:
            typer.echo(_told(planned))
        return
    reader = opened_reader(limits=Limits(concurrency or Limits().concurrency), **workers)
    if planned["calls"]:
        complain(_told(planned))
    with telling(reader):
        found = wait(selftest(classifier=reader, relations=names))
    below = [] if fail_below is None else found.below(fail_below)
    if json:
        print_json({**found.to_dict(), "below": below})
    else:
        typer.echo(selftest_text(found), nl=False)
    if below:
        complain(f"below {fail_below:g}: {', '.join(below)}")
        raise typer.Exit(Exit.SAID_NO)


def _planned(workers: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
    from convsim.seating import consulted
    from convsim.selftesting import calls, dialogues
    from convsim.staff import foreseen

    posed = list(dialogues(names))
    count = Counter(one.relation is None for one in posed)
    models = (
        foreseen(workers["classifier"], workers["ask_below"]),
        consulted(workers["judge"]),
    )
    bounds = {who: list(found) for who, found in calls(posed, *models).items()}
    return {"dialogues": count[True], "changed": count[False], "calls": bounds}


def _told(planned: Mapping[str, Any]) -> str:
    """`31 dialogues, 834 changed ones; judge: 1,710 calls, retries aside`."""
    calls = [
        f"{who}: {most:,} calls" if least == most else f"{who}: {least:,} to {most:,} calls"
        for who, (least, most) in planned["calls"].items()
    ]
    taken = f"{', '.join(calls)}, retries aside" if calls else "no calls"
    return f"{planned['dialogues']} dialogues, {planned['changed']} changed ones; {taken}"
