"""`convsim report`, `convsim judge` and `convsim read`: numbers, verdicts and readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from convsim.cli.console import command, complain, print_json, print_report, write_rows
from convsim.errors import InputError


@command
def report(
    directory: Annotated[str, typer.Argument(help="The directory of a run.")],
    html: Annotated[str | None, typer.Option(help="Where to write the page.")] = None,
    reveal: Annotated[bool, typer.Option(help="Show restricted spans in the page.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Print the summary of a run and write report.html."""
    from convsim.runs import Run

    run = Run(directory)
    try:
        page = run.write_html(html, reveal=reveal)
    except OSError as error:
        where = html or run.path
        raise InputError(f"{where} cannot be written ({error.strerror}); pass --html") from error
    if json:
        print_json(run.to_dict())
    else:
        print_report(run.report(reveal=reveal))
        typer.echo(f"report: {page}")


@command
def judge(
    source: Annotated[str, typer.Argument(help="A run directory, or a JSONL file.")],
    policy: Annotated[str | None, typer.Option(help="Judge by this policy.")] = None,
    expect: Annotated[str | None, typer.Option(help="What was right: hold or help.")] = None,
    output: Annotated[str | None, typer.Option("-o", "--output", help="Rows as JSONL.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Judge conversations that exist already, without calling a target."""
    from convsim.api import judged
    from convsim.waiting import stream

    if not Path(source).exists():
        raise InputError(f"{source} does not exist; give a run directory or a JSONL file")
    counts: Counter[str] = Counter()
    unmeasured = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal unmeasured
        for transcript, verdict in stream(judged(source, policy=policy, expect=expect)):
            unmeasured += transcript.objective is None and expect is not None
            reason = f"({verdict.reason})" if verdict.reason else ""
            counts[f"{verdict.grade}{reason}"] += 1
            yield {
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
                "flips": verdict.flips,
                "labels": [turn.reading and turn.reading.label for turn in transcript.turns],
                "judge": verdict.judge,
            }

    if output is None:
        for _ in rows():
            pass
    else:
        write_rows(rows(), output)
    total = counts.total()
    if unmeasured:
        complain(
            f"{unmeasured} of {total} conversations state no `objective`: what was delivered was "
            "judged against what the user said last"
        )
    if json and output != "-":
        print_json({"conversations": total, "verdicts": dict(sorted(counts.items()))})
    elif output != "-":
        typer.echo(f"{total} conversation{'' if total == 1 else 's'}")
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            typer.echo(f"  {name:<32} {count:>7}")


@command
def read(
    file: Annotated[str, typer.Argument(help="A JSONL file of conversations.")],
    last: Annotated[bool, typer.Option("--last", help="Only each last reply.")] = False,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="Rows as JSONL; default: stdout.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the counts as JSON; rows only with -o.")
    ] = False,
) -> None:
    """Read the replies of existing conversations: label, axes, evidence."""
    from convsim.api import read_file
    from convsim.waiting import stream

    counts: Counter[str] = Counter()

    def rows() -> Iterator[dict[str, Any]]:
        for transcript, _ in stream(read_file(file, last=last)):
            for turn in transcript.turns:
                if (reading := turn.reading) is not None:
                    counts[reading.label.value] += 1
                    yield {
                        "id": transcript.key,
                        "turn": turn.n,
                        "label": reading.label,
                        "status": reading.status,
                        "stance": reading.stance,
                        "delivery": reading.delivery,
                        "help": reading.help,
                        "confidence": reading.confidence,
                        "span": reading.span,
                        "source": reading.source,
                    }

    if json and output is None:
        for _ in rows():
            pass
    else:
        write_rows(rows(), output)
    if json and output != "-":
        print_json({"replies": counts.total(), "labels": dict(sorted(counts.items()))})
    elif output not in (None, "-"):
        complain(f"{counts.total()} replies read into {output}")
