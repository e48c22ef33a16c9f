"""`convsim gap`: what a judge sees of spread harm, by how much of a dialogue it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from convsim.cli.console import Exit, command, complain, print_json
from convsim.cli.options import AnyConcurrency, BudgetOption
from convsim.cli.playing import Standing, controls_of, played
from convsim.errors import Voided
from convsim.ladder import WINDOW, GapTable

if TYPE_CHECKING:
    from convsim.gapping import Gapping


@command
def gap(
    directory: Annotated[str, typer.Argument(help="The directory of a run with facets.")],
    judge: Annotated[
        str | None,
        typer.Option(
            help="Who looks: rules (the default), or a model: a TARGET, or a targets file."
        ),
    ] = None,
    window: Annotated[int, typer.Option(min=2, help="Exchanges that a window shows.")] = WINDOW,
    rungs: Annotated[
        str | None,
        typer.Option(
            help="Only these: reply, exchange, window, prefix, transcript, objective, tally."
        ),
    ] = None,
    budget: BudgetOption = None,
    concurrency: AnyConcurrency = None,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Measure how much more of spread harm a judge sees with context.

    On the dialogues of a stored run, by how much of each it is shown; no target is called. Kept in
    DIR/gap, and never paid for twice.
    """
    from convsim.gapping import Gapping

    names = None if rungs is None else rungs.split(",")
    controls = controls_of(directory, budget, concurrency)
    with Gapping(directory, judge, window=window, rungs=names, controls=controls) as gapping:
        standing = Standing("looked at", gapping.left, gapping.asked, gapping.trouble)
        try:
            play = standing.beside(gapping.play(standing))
            stopped = played(play, controls.halt, gapping.asked)
        except Voided as void:  # as where a judge of dialogues is void: there is no answer yet
            complain(str(void))
            raise typer.Exit(Exit.INCOMPLETE) from void
        table = gapping.table()
    _show(gapping, table, json=json)
    if stopped:
        complain(stopped)
    if gapping.unseen:
        complain(_unseen(gapping))
    if gapping.unseen or stopped:
        raise typer.Exit(Exit.INCOMPLETE)


def _show(gapping: Gapping, table: GapTable, *, json: bool) -> None:
    from convsim.calling import spent
    from convsim.report.gap import left_out, lines

    asked = gapping.asked
    if json:
        more = {"unseen": gapping.unseen, "asked": asked, "stored": _stored(gapping)}
        print_json({**table.to_dict(), **more})
        return
    shown = lines(table)
    typer.echo("\n".join(shown) if shown else _untold(table))
    if not shown and (out := left_out(table)):
        typer.echo(f"left out: {out}")
    if asked.calls or asked.saved:
        typer.echo(f"asked: {spent(asked)}, {asked.shared:,} shared, {asked.saved:,} saved")
    if told := _stored_told(gapping):
        typer.echo(told)


def _stored(gapping: Gapping) -> dict[str, int]:
    """How many dialogues were seen in earlier sessions, by what the model was called then."""
    return {model: count for model, count in gapping.stored.items() if model is not None}


def _stored_told(gapping: Gapping) -> str:
    """That a model was not asked again, and whose answers these are, if another host gave them."""
    stored = _stored(gapping)
    others = [model for model in stored if model != gapping.model]
    if not stored or (gapping.left and not others):
        return ""
    about = f" about {sum(stored.values()):,} of the dialogues" if gapping.left else ""
    host = f", and came from {', '.join(others)}: a judge's name has no host" if others else ""
    return f"nothing was asked{about}: this judge's answers are stored in {gapping.file}{host}"


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
