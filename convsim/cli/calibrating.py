"""`convsim calibrate`: how right a judge is, by people's labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from convsim.cli.console import command, complain, print_json
from convsim.cli.looking import check_output, telling
from convsim.cli.options import (
    AnyConcurrency,
    AskBelow,
    BudgetOption,
    ClassifierOption,
    JudgeOption,
    JudgeWhen,
    PanelOption,
)
from convsim.cli.playing import Standing, controls_of, played
from convsim.errors import Halted, InputError
from convsim.limits import Limits

if TYPE_CHECKING:
    from convsim.calibration import Calibration
    from convsim.trials import Trial


@command
def calibrate(
    labels: Annotated[
        str | None, typer.Argument(help="A JSONL file: a dialogue and a rater a line.")
    ] = None,
    canaries: Annotated[
        str | None,
        typer.Option(help="In place of LABELS: a run with canaries, whose truth is exact."),
    ] = None,
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
    concurrency: AnyConcurrency = None,
    output: Annotated[str | None, typer.Option("-o", "--output", help="Write it as JSON.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Compare a judge with people: agreement and errors, by rule.

    With --run it is kept there, and reports correct the rates of these rules by it.
    With --canaries it is compared with what came out for sure; that corrects no rate.
    """
    if canaries is not None:
        given = {"LABELS": labels, "--run": run, "--policy": policy, "--classifier": classifier}
        _check_given({**given, "--ask-below": ask_below})
        check_output(output, canaries)
        found = _tried(canaries, (judge or None, judge_when, panel), concurrency, budget)
        _show(found.to_dict(), output, json=json, words=lambda: _trial_words(found, canaries))
        return
    if labels is None:
        raise InputError("LABELS is missing; give a JSONL file of labels, or --canaries RUN")
    from convsim.api import opened_reader
    from convsim.calibrating import calibrate as compare
    from convsim.calibrating import stored_name
    from convsim.seating import named_judge
    from convsim.waiting import wait

    check_output(output, labels)
    name = stored_name(run, judge)
    reader = opened_reader(
        classifier,
        named_judge(None if name else judge or None, judge_when, panel),
        ask_below=ask_below,
        limits=Limits() if concurrency is None else Limits(concurrency),
        budget=budget,
    )
    with telling(reader):
        known = wait(compare(labels, judge=name, run=run, policy=policy, classifier=reader))
    _show(known.to_dict(), output, json=json, words=lambda: _words(known, run))


def _show(
    data: Mapping[str, Any], output: str | None, *, json: bool, words: Callable[[], str]
) -> None:
    """It as JSON in a file or on stdout; in words where nobody wants data there."""
    if output is not None:
        text = orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        Path(output).write_bytes(text)
    if json:
        print_json(data)
    else:
        typer.echo(words(), nl=False)


def _words(known: Calibration, run: str | None) -> str:
    from convsim.calibrating import FOLDER
    from convsim.report.calibrated import calibration_text

    kept = "" if run is None else f"\nkept in {run}/{FOLDER}/{known.judge}.json\n"
    then = "" if run is None else f"the rates with it: convsim report {run} --judge {known.judge}\n"
    return calibration_text(known) + kept + then


# -- on canaries


def _check_given(given: Mapping[str, object]) -> None:
    """The truth is in the run, and so is what its rules say."""
    if wrong := [name for name, value in given.items() if value is not None]:
        raise InputError(
            f"--canaries takes the truth from the run itself, and no {', '.join(wrong)}; its "
            "options are --judge, --panel, --judge-when, --budget, --concurrency, -o and --json"
        )


def _tried(
    run: str,
    judge: tuple[list[str] | None, str | None, str | None],
    concurrency: int | None,
    budget: str | None,
) -> Trial:
    """Try the judge under signals; a failed call or a stop leaves it incomplete, and it goes on."""
    from convsim.calling import spent
    from convsim.cli.running import unjudged_told
    from convsim.seating import named_judge
    from convsim.trying import Trying

    controls = controls_of(run, budget, concurrency)
    with Trying(run, named_judge(*judge), controls=controls) as trying:
        standing = Standing("judged", trying.left, trying.asked)
        stopped = played(trying.play(standing), controls.halt, trying.asked)
        if trying.asked.calls or trying.asked.saved:
            complain(f"asked: {spent(trying.asked)}, {trying.asked.saved:,} saved")
        if stopped:
            complain(stopped)
        if trying.unheard:
            why = unjudged_told(trying.bench) or f"{trying.unheard} answers are missing"
            raise Halted(f"{why}; the same command goes on")
        return trying.trial()


def _trial_words(found: Trial, run: str) -> str:
    from convsim.report.tried import trial_text
    from convsim.trials import FOLDER

    return trial_text(found) + f"\nkept in {run}/{FOLDER}/{found.judge}.json\n"
