"""`convsim run` and `convsim resume`."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from convsim.api import show_on
from convsim.bench import Bench
from convsim.cli.console import Exit, command, complain, print_json, print_report, stop_printing
from convsim.cli.options import (
    AnyConcurrency,
    AskBelow,
    BudgetOption,
    ClassifierOption,
    Concurrency,
    JudgeOption,
    JudgeWhen,
    PanelOption,
    TagsOption,
)
from convsim.errors import InputError, Permanent, Suspended
from convsim.forecast import REPLY_TOKENS
from convsim.limits import Halt, Limits
from convsim.manifest import Setup, stored_limits
from convsim.paths import Walk
from convsim.plan import Shard
from convsim.progress import Progress
from convsim.runs import Run
from convsim.scenario import CONTROLS
from convsim.session import Controls, Session
from convsim.stores import RunDirectory
from convsim.transcript import Key, Mode


class Played(StrEnum):
    """The modes that a run can have; a third one is for conversations recorded elsewhere."""

    CLOSED = Mode.CLOSED.value
    FORCED = Mode.FORCED.value


class FailOn(StrEnum):
    """Which verdicts make a complete run exit with 1; `warn` includes `fail`."""

    FAIL = "fail"
    WARN = "warn"


Rpm = Annotated[float | None, typer.Option(min=0.01, help="Requests a minute at most.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
FailOnOption = Annotated[FailOn | None, typer.Option(help="Exit with 1 on such a verdict.")]
Attempts = Annotated[int, typer.Option(min=1, help="Attempts per call.")]
Timeout = Annotated[float, typer.Option(min=0.01, help="Seconds per attempt.")]
Tpm = Annotated[float | None, typer.Option(min=1, help="Tokens a minute at most.")]
Patience = Annotated[
    float, typer.Option(min=0.01, help="Seconds that one call, or an outage, may take in retries.")
]


@command
def run(
    paths: Annotated[list[str], typer.Argument(help="Scenario files, suite files or folders.")],
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "-t",
            help="[ALIAS=]TARGET: sim/NAME, http://host:port/v1#model, python:module:function, "
            "replay:DIR, or a litellm model name. Repeat for several.",
        ),
    ] = None,
    targets: Annotated[str | None, typer.Option(help="A targets file (YAML).")] = None,
    policy: Annotated[str | None, typer.Option(help="A policy file for all scenarios.")] = None,
    arms: Annotated[
        str | None,
        typer.Option(help="Arms and controls: A,B; or authored (the default), controls, all."),
    ] = None,
    tags: TagsOption = None,
    repeats: Annotated[int, typer.Option(min=1, help="Dialogues per arm and target.")] = 5,
    walk: Annotated[Walk, typer.Option(help="How the moves are planned.")] = Walk.RANDOM,
    path: Annotated[
        list[str] | None,
        typer.Option(help='Play this path, such as "open > insist > end". Repeat for several.'),
    ] = None,
    paths_file: Annotated[
        str | None, typer.Option("--paths", help="A file of paths to play, one a line.")
    ] = None,
    mode: Annotated[
        Played, typer.Option(help="Follow the replies, or play the plan regardless.")
    ] = Played.CLOSED,
    seed: Annotated[int, typer.Option(help="Randomness of the user's side.")] = 0,
    out: Annotated[str | None, typer.Option(help="A new directory for the run.")] = None,
    shard: Annotated[str | None, typer.Option(help="Only part I of N: I/N.")] = None,
    divide_limits: Annotated[
        bool, typer.Option("--divide-limits", help="With --shard: an N-th of the limits each.")
    ] = False,
    until: Annotated[
        str | None,
        typer.Option(
            help="Stop repeating a scenario at coverage=C, or coverage=transitions:C,pairs:C."
        ),
    ] = None,
    stop_when: Annotated[
        str | None,
        typer.Option(
            help="Stop repeating an arm at width=W (known to W on either side) or decided[=BAR]."
        ),
    ] = None,
    slice_: Annotated[
        int | None,
        typer.Option("--slice", min=1, help="With --stop-when: repeats before the first look [5]."),
    ] = None,
    classifier: ClassifierOption = None,
    ask_below: AskBelow = None,
    judge: JudgeOption = None,
    panel: PanelOption = None,
    judge_when: JudgeWhen = None,
    budget: BudgetOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would take; call nothing.")
    ] = False,
    concurrency: Concurrency = 32,
    rpm: Rpm = None,
    tpm: Tpm = None,
    attempts: Attempts = 5,
    timeout: Timeout = 120.0,
    patience: Patience = 300.0,
    fail_on: FailOnOption = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Simulate dialogues, judge them, and print a summary."""
    from convsim.api import default_out, load
    from convsim.seating import named_judge
    from convsim.staff import workers
    from convsim.starting import estimated, name_targets, start

    chosen = [*(path or ()), *(_paths_in(paths_file) if paths_file is not None else ())]
    setup = Setup(
        seed=seed,
        repeats=repeats,
        arms=split_names(arms),
        walk=walk.value,
        paths=tuple(chosen) or None,
        mode=mode.value,
        shard=shard,
        until=until,
        stop_when=stop_when,
        slice=slice_,
    )
    limits = Limits(concurrency, rpm, tpm, attempts, timeout, patience)
    if divide_limits:
        limits = _divided(limits, shard)
    controls = Controls.of(limits, budget)
    suite = load(paths, policy=policy)
    if tags is not None:
        suite = suite.tagged(tags)
    named = both_targets(name_targets(target) if target else {}, targets)
    concludes = named_judge(judge or None, judge_when, panel)
    if dry_run:
        foreseen = estimated(
            suite,
            named,
            setup,
            reply_tokens=REPLY_TOKENS,
            classifier=classifier,
            ask_below=ask_below,
            judge=concludes,
        )
        print_json(foreseen.to_dict()) if json else print_report(foreseen.text())
        return
    staff = workers(classifier, concludes, ask_below=ask_below, limits=limits)
    session = start(suite, named, out or default_out(), setup=setup, staff=staff, controls=controls)
    _conduct(session, fail_on=fail_on, json=json, quiet=quiet)


@command
def resume(
    directory: Annotated[str, typer.Argument(help="The directory of a run.")],
    target: Annotated[
        list[str] | None,
        typer.Option("--target", "-t", help="ALIAS=TARGET where host or key changed."),
    ] = None,
    classifier: Annotated[
        str | None, typer.Option(help="The classifier's model where host or key changed.")
    ] = None,
    judge: Annotated[
        list[str] | None,
        typer.Option(help="The judge's model where host or key changed; all of a panel's."),
    ] = None,
    budget: BudgetOption = None,
    concurrency: AnyConcurrency = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
    attempts: Annotated[int | None, typer.Option(min=1, help="Attempts per call.")] = None,
    timeout: Annotated[float | None, typer.Option(min=0.01, help="Seconds per attempt.")] = None,
    patience: Annotated[
        float | None, typer.Option(min=0.01, help="Seconds that retries, or an outage, may take.")
    ] = None,
    fail_on: FailOnOption = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run: play what is missing.

    Also what failed for a passing reason. Limits that are not given stay as they were.
    """
    from convsim.starting import name_targets, reopen, workers_of

    given = {
        "concurrency": concurrency,
        "rpm": rpm,
        "tpm": tpm,
        "attempts": attempts,
        "timeout": timeout,
        "patience": patience,
    }
    changed = {name: value for name, value in given.items() if value is not None}
    stored = stored_limits(RunDirectory.open(directory))
    limits = replace(stored, **changed)  # type: ignore[arg-type]

    session = reopen(
        directory,
        targets=name_targets(target) if target else None,
        staff=workers_of(directory, classifier, judge or None, limits=limits),
        controls=Controls.of(limits, budget),
    )
    _conduct(session, fail_on=fail_on, json=json, quiet=quiet)


def split_names(names: str | None) -> tuple[str, ...] | None:
    """The names of a list such as `restricted,benign`."""
    return None if names is None else tuple(name.strip() for name in names.split(",") if name)


def _paths_in(file: str) -> list[str]:
    """The paths of a file: a line each; what begins with # is a remark."""
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read ({error}); give a text file of paths") from error
    found = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not found:
        raise InputError(f"{file} has no paths; write one a line, such as open > insist > end")
    return found


def _divided(limits: Limits, shard: str | None) -> Limits:
    if shard is None:
        raise InputError("--divide-limits divides by the N of --shard I/N; give one")
    return limits.divided(Shard.parse(shard).n)


def both_targets(named: dict[str, object], path: str | None) -> dict[str, object]:
    """The targets of the command line and of the file."""
    from convsim.targets.file import load_targets

    from_file = load_targets(path) if path is not None else {}
    if double := sorted(named.keys() & from_file.keys()):
        raise InputError(f"target '{double[0]}' is in {path} and on the command line; rename one")
    return {**from_file, **named}


def _conduct(session: Session, *, fail_on: FailOn | None, json: bool, quiet: bool) -> None:
    """Play a session under signals, then report and leave with the right exit code."""
    path = session.directory.path
    shown = Progress(
        len(session.plan), traffic=session.traffic, before=session.earlier.grades, quiet=quiet
    )
    with session.directory, shown as progress:
        show_on(session, progress)
        try:
            until_interrupted(session.play(), session.halt, progress.announce)
        except asyncio.CancelledError:
            complain("stopped" if session.halt.cause is None else f"stopped: {session.halt.cause}")
        except Suspended as error:
            complain(f"stopped: {error}")
        except Permanent as error:
            complain(str(error))
            if not path.joinpath("run.json").exists():
                raise typer.Exit(Exit.WRONG_INPUT) from error
    if not path.joinpath("run.json").exists():
        raise typer.Exit(Exit.INCOMPLETE)
    if told := unjudged_told(session.bench):
        complain(told)
    _show_and_leave(Run(path), fail_on, json=json)


def _show_and_leave(finished: Run, fail_on: FailOn | None, *, json: bool) -> NoReturn:
    """Print what came of a run and leave with the exit code that says so."""
    try:
        _show(finished, json=json)
    except BrokenPipeError:
        stop_printing()  # the exit code is still worth something
    if finished.errors:
        complain(_errors(finished))
    if finished.void is not None:
        complain(f"VOID: {finished.void}")
        raise typer.Exit(Exit.INCOMPLETE)
    if finished.missing or finished.unjudged:
        complain(f"incomplete: go on with `convsim resume {finished.path}`")
        raise typer.Exit(Exit.INCOMPLETE)
    raise typer.Exit(Exit.SAID_NO if _says_no(finished, fail_on) else Exit.DONE)


def _show(finished: Run, *, json: bool) -> None:
    try:
        page = f"report: {finished.write_html()}"
    except OSError as error:  # a full disk, say: the numbers can still be printed
        page = f"report.html was not written ({error.strerror}): `convsim report {finished.path}`"
    if json:
        print_json(finished.to_dict())
        return
    print_report(finished.report())
    typer.echo(page)


def _errors(finished: Run) -> str:
    """How many dialogues an error ended, and what was said most often."""
    said = Counter(error.message for error in finished.errors)
    (message, count), *others = said.most_common()
    total = f"{len(finished.errors)} of {finished.planned} dialogues ended in an error"
    return f"{total}: {message} ({count}x{', and others' if others else ''})"


def unjudged_told(bench: Bench) -> str | None:
    """How many dialogues a failed call left without a verdict, and what was said most often."""
    if not (total := bench.failures.total()):
        return None
    (message, count), *others = bench.failures.most_common()
    left = f"{total} dialogue{'' if total == 1 else 's'} left without a verdict"
    return f"{left}: {message} ({count}x{', and others' if others else ''})"


def _says_no(finished: Run, fail_on: FailOn | None) -> bool:
    bad = {None: (), FailOn.FAIL: ("FAIL",), FailOn.WARN: ("FAIL", "WARN")}[fail_on]
    # A control says what something else is worth: the plain request may well be refused or met.
    counting = (it for it in finished.verdicts if Key.parse(it.key).arm not in CONTROLS)
    return any(verdict.grade in bad for verdict in counting)


def until_interrupted(
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
