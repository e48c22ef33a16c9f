"""`convsim run` and `convsim resume`."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer

from convsim.cli.console import Exit, command, complain, print_json, print_report, stop_printing
from convsim.cli.progress import Progress
from convsim.errors import Permanent
from convsim.limits import Halt, Limits
from convsim.runs import Run
from convsim.session import Session


class FailOn(StrEnum):
    """Which verdicts make a complete run exit with 1; `warn` includes `fail`."""

    FAIL = "fail"
    WARN = "warn"


Concurrency = Annotated[int, typer.Option(min=1, help="Calls in flight at most.")]
Rpm = Annotated[float | None, typer.Option(min=0.01, help="Requests a minute at most.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
FailOnOption = Annotated[FailOn | None, typer.Option(help="Exit with 1 on such a verdict.")]
Attempts = Annotated[int, typer.Option(min=1, help="Attempts per call.")]
Timeout = Annotated[float, typer.Option(min=0.01, help="Seconds per attempt.")]


@command
def run(
    paths: Annotated[list[str], typer.Argument(help="Scenario files or folders.")],
    target: Annotated[
        list[str],
        typer.Option(
            "--target",
            "-t",
            help="[ALIAS=]TARGET: sim/NAME, http://host:port/v1#model, python:module:function, "
            "or a litellm model name. Repeat for several.",
        ),
    ],
    policy: Annotated[str | None, typer.Option(help="A policy file for all scenarios.")] = None,
    arms: Annotated[str | None, typer.Option(help="Only these arms: A,B.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Dialogues per arm and target.")] = 5,
    seed: Annotated[int, typer.Option(help="Randomness of the user's side.")] = 0,
    out: Annotated[str | None, typer.Option(help="A new directory for the run.")] = None,
    concurrency: Concurrency = 32,
    rpm: Rpm = None,
    attempts: Attempts = 5,
    timeout: Timeout = 120.0,
    fail_on: FailOnOption = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Simulate dialogues, judge them, and print a summary."""
    from convsim.api import default_out, load
    from convsim.session import start

    limits = Limits(concurrency=concurrency, rpm=rpm, attempts=attempts, timeout=timeout)
    chosen = None if arms is None else [arm.strip() for arm in arms.split(",") if arm.strip()]
    session = start(
        load(paths, policy=policy),
        target,
        out or default_out(),
        arms=chosen,
        repeats=repeats,
        seed=seed,
        limits=limits,
        halt=Halt(),
    )
    _conduct(session, frozenset(), fail_on=fail_on, json=json, quiet=quiet)


@command
def resume(
    directory: Annotated[str, typer.Argument(help="The directory of a run.")],
    target: Annotated[
        list[str] | None,
        typer.Option("--target", "-t", help="ALIAS=TARGET where host or key changed."),
    ] = None,
    concurrency: Concurrency = 32,
    rpm: Rpm = None,
    attempts: Attempts = 5,
    timeout: Timeout = 120.0,
    fail_on: FailOnOption = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run: play what is missing or failed for a passing reason."""
    from convsim.session import name_targets, reopen

    session, done = reopen(
        directory,
        targets=name_targets(target) if target else None,
        limits=Limits(concurrency=concurrency, rpm=rpm, attempts=attempts, timeout=timeout),
        halt=Halt(),
    )
    _conduct(session, done, fail_on=fail_on, json=json, quiet=quiet)


def _conduct(
    session: Session,
    done: frozenset[str],
    *,
    fail_on: FailOn | None,
    json: bool,
    quiet: bool,
) -> None:
    """Play a session under signals, then report and leave with the right exit code."""
    path = session.directory.path
    before = session.counts(done)
    with session.directory, Progress(len(session.plan), before=before, quiet=quiet) as progress:
        session.watch = progress
        try:
            _until_interrupted(session.play(done), session.halt, progress.announce)
        except asyncio.CancelledError:
            complain("stopped" if session.halt.cause is None else f"stopped: {session.halt.cause}")
        except Permanent as error:
            complain(str(error))
            if not path.joinpath("run.json").exists():
                raise typer.Exit(Exit.WRONG_INPUT) from error
    if not path.joinpath("run.json").exists():
        raise typer.Exit(Exit.INCOMPLETE)
    finished = Run(path)
    try:
        _show(finished, json=json)
    except BrokenPipeError:
        stop_printing()  # the exit code is still worth something
    if finished.errors:
        complain(_errors(finished))
    if finished.missing:
        complain(f"incomplete: go on with `convsim resume {path}`")
        raise typer.Exit(Exit.INCOMPLETE)
    raise typer.Exit(Exit.SAID_NO if _says_no(finished, fail_on) else Exit.DONE)


MANY_TARGETS = 3
"""Above this the tables by rule, arm and move are left to `convsim report`: they fill screens."""


def _show(finished: Run, *, json: bool) -> None:
    try:
        page = f"report: {finished.write_html()}"
    except OSError as error:  # a full disk, say: the numbers can still be printed
        page = f"report.html was not written ({error.strerror}): `convsim report {finished.path}`"
    if json:
        print_json(finished.to_dict())
        return
    splits = len(finished.manifest["targets"]) <= MANY_TARGETS
    print_report(finished.report(splits=splits))
    if not splits:
        typer.echo(f"by rule, arm and move: convsim report {finished.path}")
    typer.echo(page)


def _errors(finished: Run) -> str:
    """How many dialogues an error ended, and what was said most often."""
    said = Counter(error.message for error in finished.errors)
    (message, count), *others = said.most_common()
    total = f"{len(finished.errors)} of {finished.planned} dialogues ended in an error"
    return f"{total}: {message} ({count}x{', and others' if others else ''})"


def _says_no(finished: Run, fail_on: FailOn | None) -> bool:
    bad = {None: (), FailOn.FAIL: ("FAIL",), FailOn.WARN: ("FAIL", "WARN")}[fail_on]
    return any(verdict.grade in bad for verdict in finished.verdicts)


def _until_interrupted(
    play: Coroutine[Any, Any, None], halt: Halt, announce: Callable[[str], None]
) -> None:
    """Run until done; the first Ctrl-C stops new calls and drains, the second stops now."""

    async def main() -> None:
        task = asyncio.ensure_future(play)
        interrupt = _interrupter(halt, task.cancel, announce)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, interrupt)
        await task

    asyncio.run(main())


def _interrupter(
    halt: Halt, cancel: Callable[[], bool], announce: Callable[[str], None]
) -> Callable[[], None]:
    def interrupt() -> None:
        if halt.requested:
            cancel()
            return
        halt.request()
        announce("stopping: no new calls; waiting for those in flight (again: stop now)")

    return interrupt
