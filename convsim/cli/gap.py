"""`convsim gap`: what a judge sees of spread harm, by how much of a dialogue it is shown."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convsim.cli.console import Exit, command, complain, print_json
from convsim.cli.options import BudgetOption
from convsim.errors import InputError, Permanent, Suspended
from convsim.ladder import WINDOW, GapTable

if TYPE_CHECKING:
    from convsim.gapping import Gapping

EVERY = 10.0
"""Seconds between two words on how far a model has come."""


@command
def gap(
    directory: Annotated[str, typer.Argument(help="The directory of a run with facets.")],
    judge: Annotated[
        str | None,
        typer.Option(help="Who looks: rules, or a model to ask (a TARGET, or a targets file)."),
    ] = None,
    window: Annotated[int, typer.Option(min=2, help="Exchanges that a window shows.")] = WINDOW,
    rungs: Annotated[
        str | None,
        typer.Option(
            help="Only these: reply, exchange, window, prefix, transcript, objective, tally."
        ),
    ] = None,
    budget: BudgetOption = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Calls in flight at most.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Measure what a judge sees by how much of each dialogue it is shown.

    Of a stored run; no target is called. Kept in DIR/gap, and never paid for twice.
    """
    from convsim.gapping import Gapping

    names = None if rungs is None else rungs.split(",")
    controls = _controls(directory, budget, concurrency)
    with Gapping(directory, judge, window=window, rungs=names, controls=controls) as gapping:
        stopped = _played(gapping)
        table = gapping.table()
    _show(gapping, table, json=json)
    if stopped:
        complain(stopped)
    if gapping.unseen:
        complain(_unseen(gapping))
    if gapping.unseen or stopped:
        raise typer.Exit(Exit.INCOMPLETE)


def _controls(directory: str, budget: str | None, concurrency: int | None) -> Any:
    from convsim.budget import Budget
    from convsim.manifest import stored_limits
    from convsim.session import Controls
    from convsim.stores import RunDirectory

    limits = stored_limits(RunDirectory.open(directory))
    if concurrency is not None:
        limits = replace(limits, concurrency=concurrency)
    return Controls(limits, None if budget is None else Budget.parse(budget))


def _played(gapping: Gapping) -> str:
    """Look under signals; why it stopped before its end, if it did."""
    from convsim.cli.running import until_interrupted

    try:
        until_interrupted(gapping.play(_Standing(gapping)), gapping.controls.halt, complain)
    except asyncio.CancelledError:
        return "stopped"
    except Suspended as error:
        return f"stopped: {error}"
    except Permanent as error:
        asked = gapping.asked
        if asked.calls <= asked.failed + asked.throttled:
            raise InputError(str(error)) from error  # nothing was paid for
        return str(error)
    return ""


class _Standing:
    """How far a model has come, on stderr now and then: it may take hours."""

    def __init__(self, gapping: Gapping) -> None:
        self.gapping = gapping
        self.seen = 0
        self.due = monotonic() + EVERY

    def __call__(self, _: str) -> None:
        """One more dialogue."""
        from convsim.calling import spent

        self.seen += 1
        if self.gapping.asked.calls and monotonic() >= self.due:
            asked = spent(self.gapping.asked)
            complain(f"looked at {self.seen:,} of {self.gapping.left:,}; {asked}")
            self.due = monotonic() + EVERY


def _show(gapping: Gapping, table: GapTable, *, json: bool) -> None:
    from convsim.calling import spent
    from convsim.report.gap import left_out, lines

    asked = gapping.asked
    if json:
        print_json({**table.to_dict(), "unseen": gapping.unseen, "asked": asked})
        return
    shown = lines(table)
    typer.echo("\n".join(shown) if shown else _untold(table))
    if not shown and (out := left_out(table)):
        typer.echo(f"left out: {out}")
    if asked.calls or asked.saved:
        typer.echo(f"asked: {spent(asked)}, {asked.shared:,} shared, {asked.saved:,} saved")


def _untold(table: GapTable) -> str:
    """Why there is no gap, and what to do."""
    sides = ", ".join(
        f"{target}: {found.positives} in which the whole came out, {found.negatives} others"
        for target, found in table.targets.items()
    )
    return (
        f"no gap: it takes dialogues in which the whole came out in an arm that must hold, and "
        f"others ({sides or 'none was measured'}); run twins and controls too: `convsim run ... "
        "--arms all`"
    )


def _unseen(gapping: Gapping) -> str:
    said = gapping.failures.most_common(1)
    why = f": {said[0][0]} ({said[0][1]}x)" if said else ""
    return f"incomplete: {gapping.unseen} not looked at{why}; the same command goes on"
