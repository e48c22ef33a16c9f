"""`convsim report` and `convsim read`: numbers and readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from convsim.cli.console import command, complain, print_json, print_report, write_rows
from convsim.cli.options import AskBelow, ClassifierOption, Concurrency
from convsim.errors import ConvsimError, InputError, Permanent, choices
from convsim.limits import Limits
from convsim.reading import Reading, Status, read_as
from convsim.transcript import Transcript

if TYPE_CHECKING:
    from convsim.staff import Reader

Item = TypeVar("Item")

FormatOption = Annotated[
    str | None,
    typer.Option(
        help="What wrote the file: openai, sharegpt, inspect, pyrit or promptfoo; "
        "default: seen from its content."
    ),
]

BUNCH = 0.02
"""Seconds of readings that are handed over at once: short beside what a person notices."""


@command
def report(
    directory: Annotated[str, typer.Argument(help="The directory of a run.")],
    judge: Annotated[str | None, typer.Option(help="By the verdicts of this judge.")] = None,
    html: Annotated[str | None, typer.Option(help="Where to write the page.")] = None,
    reveal: Annotated[bool, typer.Option(help="Show restricted spans in the page.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Print the summary of a run and write its page."""
    from convsim.runs import Run

    run = Run(directory, judge=judge)
    if judge is not None and judge not in run.judges:
        raise InputError(f"{directory} has no verdicts of '{judge}'" + choices(judge, run.judges))
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
def read(
    file: Annotated[str, typer.Argument(help="A file of conversations.")],
    last: Annotated[bool, typer.Option("--last", help="Only each last reply.")] = False,
    classifier: ClassifierOption = None,
    ask_below: AskBelow = None,
    concurrency: Concurrency = 32,
    format: FormatOption = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="Rows as JSONL; default: stdout.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the counts as JSON; rows only with -o.")
    ] = False,
) -> None:
    """Read replies that exist already: label, axes, evidence."""
    from convsim.api import read_file
    from convsim.waiting import stream

    check_output(output, file)
    reader = _reader(classifier, ask_below, concurrency)
    counts: Counter[str] = Counter()
    unanswered = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal unanswered
        for bunch in stream(_bunched(read_file(file, classifier=reader, last=last, format=format))):
            for transcript, _ in bunch:
                unanswered += not transcript.turns
                for row in _readings(transcript, last=last):
                    if row["turn"] is not None:
                        counts[row["label"]] += 1
                    yield row

    with telling(reader):
        if json and output is None:
            for _ in rows():
                pass
        else:
            write_rows(rows(), output)
        if not json and output not in (None, "-"):
            replies = "reply" if counts.total() == 1 else "replies"
            complain(f"{counts.total()} {replies} read into {output}")
        if unanswered:
            has = " has" if unanswered == 1 else "s have"
            complain(f"{unanswered} conversation{has} no reply")
    if json and output != "-":
        print_json({"replies": counts.total(), "labels": dict(sorted(counts.items()))})


def check_output(output: str | None, source: str) -> None:
    """Rows do not take the place of what they are made from."""
    if output is None or output == "-":
        return
    written, given = Path(output).resolve(), Path(source).resolve()
    if written == given and given.is_file():
        raise InputError(f"{output} holds the conversations; choose another -o")
    if given in written.parents:
        raise InputError(f"{output} is inside the run itself; choose an -o outside of {source}")


@contextmanager
def telling(reader: Reader) -> Iterator[None]:
    """Say at the end what a model was asked; also where a failed call was the end.

    A wrong key, model or host is wrong input while nothing was paid for.
    """
    try:
        yield
    except Permanent as error:
        paid = [reader.traffic, *([reader.traffic.judge] if reader.traffic.judge else [])]
        if any(asked.calls > asked.failed + asked.throttled for asked in paid):
            raise
        raise InputError(str(error)) from error
    finally:
        if told := reader.told():
            complain(told)


def _reader(classifier: str | None, ask_below: float | None, concurrency: int) -> Reader:
    from convsim.api import opened_reader

    return opened_reader(classifier, ask_below=ask_below, limits=Limits(concurrency))


def _readings(transcript: Transcript, *, last: bool) -> Iterator[dict[str, Any]]:
    """A row for each reply that was read; with `last` one for each conversation, come what may.

    A conversation that nobody answered has no reply to count: its row has no turn and is unclear,
    so that a table of labels finds each of its rows here.
    """
    given = [(turn.n, turn.reading) for turn in transcript.turns if turn.reading is not None]
    if given or not last:
        return (_reading(transcript.key, n, reading) for n, reading in given)
    return iter([_reading(transcript.key, None, read_as(status=Status.EMPTY, source="none"))])


def _reading(id: str, turn: int | None, reading: Reading) -> dict[str, Any]:
    return {
        "id": id,
        "turn": turn,
        "label": reading.label.value,
        "status": reading.status.value,
        "stance": reading.stance.value,
        "delivery": reading.delivery,
        "help": reading.help.value,
        "confidence": reading.confidence,
        "refusal3": reading.refusal3,
        "span": reading.span,
        "spans": dict(reading.spans),
        "source": reading.source,
    }


async def _bunched(items: AsyncGenerator[Item, None]) -> AsyncGenerator[list[Item], None]:
    """What is there within `BUNCH` seconds, together; an error comes after what was before it.

    Handing over from the loop's thread to this one takes as long as a reading by rules.
    """
    bunch: list[Item] = []
    due = monotonic() + BUNCH
    async with aclosing(items):
        try:
            async for item in items:
                bunch.append(item)
                if monotonic() >= due:
                    yield bunch
                    bunch, due = [], monotonic() + BUNCH
        except ConvsimError:
            yield bunch
            raise
        yield bunch
