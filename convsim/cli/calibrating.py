"""`convsim calibrate`: how right a judge is, by people's labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from convsim.cli.console import command, print_json
from convsim.cli.looking import check_output, telling
from convsim.cli.options import (
    AskBelow,
    BudgetOption,
    ClassifierOption,
    Concurrency,
    JudgeOption,
    JudgeWhen,
    PanelOption,
)
from convsim.limits import Limits


@command
def calibrate(
    labels: Annotated[str, typer.Argument(help="A JSONL file: a dialogue and a rater a line.")],
    judge: JudgeOption = None,
    panel: PanelOption = None,
    judge_when: JudgeWhen = None,
    run: Annotated[
        str | None,
        typer.Option(help="The run whose dialogues are labelled; its judges go by name, too."),
    ] = None,
    policy: Annotated[str | None, typer.Option(help="What rules cited by id say.")] = None,
    classifier: ClassifierOption = None,
    ask_below: AskBelow = None,
    budget: BudgetOption = None,
    concurrency: Concurrency = 32,
    output: Annotated[str | None, typer.Option("-o", "--output", help="Write it as JSON.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Compare a judge with people: agreement and errors, by rule.

    With --run it is kept there, and reports correct the rates of these rules by it.
    """
    from convsim.api import opened_reader
    from convsim.calibrating import FOLDER, stored_name
    from convsim.calibrating import calibrate as compare
    from convsim.report.calibrated import calibration_text
    from convsim.seating import named_judge
    from convsim.waiting import wait

    check_output(output, labels)
    name = stored_name(run, judge)
    reader = opened_reader(
        classifier,
        named_judge(None if name else judge or None, judge_when, panel),
        ask_below=ask_below,
        limits=Limits(concurrency),
        budget=budget,
    )
    with telling(reader):
        found = wait(compare(labels, judge=name, run=run, policy=policy, classifier=reader))
    data = found.to_dict()
    if output is not None:
        text = orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        Path(output).write_bytes(text)
    if json:
        print_json(data)
        return
    typer.echo(calibration_text(found), nl=False)
    if run is not None:
        typer.echo(f"\nkept in {run}/{FOLDER}/{found.judge}.json")
        typer.echo(f"the rates with it: convsim report {run} --judge {found.judge}")
