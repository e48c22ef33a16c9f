"""`convsim judge`: verdicts on conversations that exist already, in a file or in a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convsim.cli.console import Exit, command, complain, print_json, write_rows
from convsim.cli.looking import FormatOption, check_output, telling
from convsim.cli.options import (
    AnyConcurrency,
    AskBelow,
    BudgetOption,
    ClassifierOption,
    JudgeOption,
    JudgeWhen,
    PanelOption,
)
from convsim.cli.playing import Standing, played
from convsim.cli.selftesting import (
    DryRun,
    FailBelow,
    Relations,
    SelftestOption,
    check_given,
    run_selftest,
)
from convsim.errors import InputError
from convsim.limits import Limits
from convsim.transcript import Transcript
from convsim.verdict import Verdict

if TYPE_CHECKING:
    from convsim.report.judging import Agreeing, Judging
    from convsim.runs import Run


@command
def judge(
    source: Annotated[
        str | None, typer.Argument(help="A run directory, or a file of conversations.")
    ] = None,
    judge: JudgeOption = None,
    panel: PanelOption = None,
    judge_when: JudgeWhen = None,
    policy: Annotated[str | None, typer.Option(help="Judge by this policy.")] = None,
    expect: Annotated[str | None, typer.Option(help="What was right: hold or help.")] = None,
    classifier: ClassifierOption = None,
    ask_below: AskBelow = None,
    budget: BudgetOption = None,
    concurrency: AnyConcurrency = None,
    format: FormatOption = None,
    output: Annotated[str | None, typer.Option("-o", "--output", help="Rows as JSONL.")] = None,
    selftest: SelftestOption = False,
    relations: Relations = None,
    fail_below: FailBelow = None,
    dry_run: DryRun = False,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Judge conversations that exist already; no target is called.

    Of a run, another judge, policy or classifier keeps its verdicts beside the run's own.
    With --selftest the judge itself is tested.
    """
    from convsim.seating import named_judge

    workers = {
        "classifier": classifier,
        "ask_below": ask_below,
        "judge": named_judge(judge or None, judge_when, panel),
        "budget": budget,
    }
    if selftest:
        given = {"SOURCE": source, "--policy": policy, "--expect": expect, "--format": format}
        check_given({**given, "-o": output})
        run_selftest(
            *(workers, concurrency),
            relations=relations,
            fail_below=fail_below,
            dry_run=dry_run,
            json=json,
        )
        return
    if relations is not None or fail_below is not None or dry_run:
        raise InputError("--relations, --fail-below and --dry-run go with --selftest")
    if source is None or not Path(source).exists():
        missing = "SOURCE is missing" if source is None else f"{source} does not exist"
        raise InputError(f"{missing}; give a run directory or a JSONL file")
    check_output(output, source)
    shown = Shown(output, json=json)
    asked = (judge, panel, judge_when, classifier, ask_below, budget)
    if Path(source).is_dir() and (policy is not None or any(asked)):
        if expect is not None:
            raise InputError(f"{source} is a run, whose arms say what was right, not --expect")
        _judge_run(source, policy, concurrency, workers, shown)
    else:
        how = {"policy": policy, "expect": expect, "format": format}
        _judge_file(source, how, concurrency, workers, shown)


class Shown:
    """What the command says of verdicts: rows with `-o`, counts at the end."""

    def __init__(self, output: str | None, *, json: bool) -> None:
        self.output = output
        self.json = json
        self.counts: Counter[str] = Counter()

    def rows(self, judged: Iterator[tuple[Transcript, Verdict]]) -> Iterator[dict[str, Any]]:
        """A row for each verdict, counted as it goes by."""
        for transcript, verdict in judged:
            reason = f"({verdict.reason})" if verdict.reason else ""
            self.counts[f"{verdict.grade}{reason}"] += 1
            yield row_of(transcript, verdict)

    def write(self, rows: Iterator[dict[str, Any]]) -> None:
        """The rows where they are wanted; else they are only counted."""
        if self.output is not None:
            write_rows(rows, self.output)
            return
        for _ in rows:
            pass

    def tell(self, more: Mapping[str, Any], words: Iterator[str]) -> None:
        """The counts, and what else there is to say, as data and in words."""
        total = self.counts.total()
        if self.output == "-":
            for line in words:
                complain(line)
        elif self.json:
            counts = dict(sorted(self.counts.items()))
            print_json({"conversations": total, "verdicts": counts, **more})
        else:
            typer.echo(f"{total} conversation{'' if total == 1 else 's'}")
            for name, count in sorted(self.counts.items(), key=lambda item: (-item[1], item[0])):
                typer.echo(f"  {name:<32} {count:>7}")
            for line in words:
                typer.echo(line)


def row_of(transcript: Transcript, verdict: Verdict) -> dict[str, Any]:
    """The row of one verdict. `labels` are of the readings that it rests on."""
    readings = verdict.readings or [turn.reading for turn in transcript.turns]
    row = {
        "id": verdict.key,
        "verdict": verdict.grade,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "finding": verdict.finding,
        "turns": verdict.turns,
        "quote": verdict.quote,
        "rule": verdict.rule,
        "findings": verdict.findings,
        "turn_of_flip": verdict.turn_of_flip,
        "held_before_flip": verdict.held_before_flip,
        "flips": verdict.flips,
        "move": verdict.move,
        "recovered": verdict.recovered,
        "labels": [reading and reading.label for reading in readings],
        "judge": verdict.judge,
        "detail": verdict.detail,
    }
    return {**row, "votes": verdict.votes} if verdict.votes else row


# -- a file -------------------------------------------------------------------------------------


def _judge_file(
    source: str,
    how: Mapping[str, Any],
    concurrency: int | None,
    workers: Mapping[str, Any],
    shown: Shown,
) -> None:
    from convsim.api import judged, opened_reader
    from convsim.waiting import stream

    reader = opened_reader(limits=Limits(concurrency or Limits().concurrency), **workers)
    unmeasured = 0

    def each() -> Iterator[tuple[Transcript, Verdict]]:
        nonlocal unmeasured
        for transcript, verdict in stream(judged(source, classifier=reader, **how)):
            unmeasured += transcript.objective is None and how["expect"] is not None
            yield transcript, verdict

    with telling(reader):
        shown.write(shown.rows(each()))
    if unmeasured:
        complain(
            f"{unmeasured} of {shown.counts.total()} conversations state no `objective`: what was "
            "delivered was judged against what the user said last"
        )
    shown.tell({}, iter(()))


# -- a run --------------------------------------------------------------------------------------


def _judge_run(
    source: str,
    policy: str | None,
    concurrency: int | None,
    workers: Mapping[str, Any],
    shown: Shown,
) -> None:
    from convsim.api import rejudging
    from convsim.calling import spent
    from convsim.cli.running import unjudged_told
    from convsim.report.judging import Agreeing, Judging
    from convsim.runs import Run

    again = rejudging(source, policy=policy, concurrency=concurrency, **workers)
    again.bench.tell = lambda _: None  # the error says it
    asked = again.traffic.judge
    with again:
        standing = Standing("judged", again.left, asked)
        stopped = played(again.play(standing), again.controls.halt, asked)
        stopped = stopped or unjudged_told(again.bench) or ""
    run, own = Run(source, judge=again.name), Run(source)
    agreeing, judging = Agreeing(), Judging()

    def each() -> Iterator[tuple[Transcript, Verdict]]:
        for transcript, verdict, _ in run.judged():
            judging.add(transcript, verdict)
            if run.judge != own.judge and verdict.key in own.judged_keys:
                agreeing.add(own.verdict(verdict.key), verdict)
            yield transcript, verdict

    shown.write(shown.rows(each()))
    more: dict[str, Any] = {
        "judge": again.name,
        "unjudged": run.unjudged,
        "asked": asked,
        "agrees": {"with": own.judge, **agreeing.to_dict()},
        **judging.to_dict(),
    }
    cost = [] if asked is None else [f"asked: {spent(asked)}, {asked.saved:,} saved"]
    shown.tell(more, iter([f"judge: {again.name}", *cost, *_told(run, own, agreeing, judging)]))
    if stopped:
        complain(stopped)
    if run.unjudged:
        complain(f"incomplete: {run.unjudged} without a verdict; the same command goes on")
    if run.unjudged or stopped:
        raise typer.Exit(Exit.INCOMPLETE)


def _told(run: Run, own: Run, agreeing: Agreeing, judging: Judging) -> Iterator[str]:
    """How it went, in words; nothing where the judge has no verdicts."""
    if not run.judged_keys:
        return
    for examined in run.examinations[-1:]:  # it was void at those before
        yield f"sentinels: {sum(item.passed for item in examined)} of {len(examined)} passed"
    if agreeing.grade.of:
        yield f"agrees with {own.judge}: grade {agreeing.grade}, crossed {agreeing.crossed}"
    for name, value in judging.facts().items():
        yield f"{name}: {value}"
    yield f"numbers: convsim report {run.path} --judge {run.judge}"
