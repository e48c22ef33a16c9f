"""`convsim report`, `convsim view` and `convsim read`: numbers, dialogues, readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from difflib import get_close_matches
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from convsim.cli.console import command, complain, print_json, print_report, write_rows
from convsim.cli.options import AskBelow, ClassifierOption, Concurrency
from convsim.errors import ConvsimError, InputError, Permanent, choices
from convsim.limits import Limits
from convsim.reading import Reading, Status, read_as
from convsim.transcript import Failure, Key, Transcript
from convsim.verdict import Grade

if TYPE_CHECKING:
    from convsim.report.data import Entry
    from convsim.runs import Run
    from convsim.staff import Reader
    from convsim.tabular import Tabular

Item = TypeVar("Item")

FormatOption = Annotated[
    str | None,
    typer.Option(
        help="What wrote the file: openai, sharegpt, inspect, pyrit or promptfoo; "
        "default: seen from its content."
    ),
]

FEW = 12
"""How many names a message may hold."""

LISTED = 40
"""How many dialogues a list has unless more are asked for."""

BUNCH = 0.02
"""Seconds of readings that are handed over at once: short beside what a person notices."""


TableOption = Annotated[
    str | None,
    typer.Option("--table", help="Print one table and nothing else; an unknown name lists them."),
]
TableFormat = Annotated[
    str, typer.Option("--format", help="How to print it: md, latex, csv or json.")
]

WRITTEN: Mapping[str, Callable[[Tabular], str]] = {
    "md": lambda table: table.markdown(),
    "latex": lambda table: table.latex(),
    "csv": lambda table: table.csv(),
}


@command
def report(
    directory: Annotated[str, typer.Argument(help="The directory of a run.")],
    judge: Annotated[str | None, typer.Option(help="By the verdicts of this judge.")] = None,
    html: Annotated[str | None, typer.Option(help="Where to write the page.")] = None,
    all: Annotated[
        bool, typer.Option("--all", help="Every number, split in every way, and what it estimates.")
    ] = False,
    reveal: Annotated[bool, typer.Option(help="Show restricted spans in the page.")] = False,
    table: TableOption = None,
    format: TableFormat = "md",
    json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Print the summary of a run, or a table; write its page."""
    run = _run(directory, judge)
    if table is not None:
        _print_table(run.table(table), "json" if json else format)
        return
    try:
        page = run.write_html(html, reveal=reveal)
    except OSError as error:
        where = html or run.path
        raise InputError(f"{where} cannot be written ({error.strerror}); pass --html") from error
    if json:
        print_json(run.to_dict())
    else:
        print_report(run.report(reveal=reveal, all_lines=all))
        typer.echo(f"report: {page}")


def _print_table(table: Tabular, format: str) -> None:
    """A table as text, or as JSON with every column of every number."""
    if format == "json":
        print_json({"records": table.records()})
    elif format in WRITTEN:
        typer.echo(WRITTEN[format](table), nl=False)
    else:
        known = [*WRITTEN, "json"]
        raise InputError(f"no table is printed as '{format}'" + choices(format, known))


def _run(directory: str, judge: str | None) -> Run:
    """A stored run, seen by the verdicts of a judge that has some."""
    from convsim.runs import Run

    run = Run(directory, judge=judge)
    if judge is not None and judge not in run.judges:
        raise InputError(f"{directory} has no verdicts of '{judge}'" + choices(judge, run.judges))
    return run


@command
def view(
    directory: Annotated[str, typer.Argument(help="The directory of a run.")],
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY]...", help="Dialogues to print; a part of the key will do."),
    ] = None,
    fail: Annotated[bool, typer.Option("--fail", help="Only FAIL.")] = False,
    warn: Annotated[bool, typer.Option("--warn", help="Only WARN.")] = False,
    inconclusive: Annotated[bool, typer.Option("--inconclusive", help="Only these.")] = False,
    target: Annotated[str | None, typer.Option(help="Only of this target.")] = None,
    scenario: Annotated[str | None, typer.Option(help="Only of this scenario.")] = None,
    arm: Annotated[str | None, typer.Option(help="Only of this arm.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many to list.")] = LISTED,
    judge: Annotated[str | None, typer.Option(help="By the verdicts of this judge.")] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show restricted spans.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """List the dialogues of a run, or print some as they were."""
    run = _run(directory, judge)
    places = {"scenario": scenario, "arm": arm, "target": target}
    grades = {Grade.FAIL: fail, Grade.WARN: warn, Grade.INCONCLUSIVE: inconclusive}
    wanted = [grade.value for grade, asked in grades.items() if asked]
    found = _placed(run, {name: value for name, value in places.items() if value is not None})
    if keys:
        if wanted:
            found = [key for key in found if _graded(run, key)[0] in wanted]
        chosen = list(dict.fromkeys(_meant(given, found, directory) for given in keys))
        _print_dialogues([_entry(run, key) for key in chosen], reveal=reveal, json=json)
    else:
        _print_list(run, found, wanted, most, json=json)


def _placed(run: Run, places: dict[str, str]) -> list[str]:
    """The keys of all dialogues, or of those of one scenario, arm and target."""
    stored = [*run.keys, *(failure.key for failure in run.errors)]
    parsed = {text: Key.parse(text) for text in stored}
    for name, value in places.items():
        known = sorted({getattr(key, name) for key in map(Key.parse, stored)})
        if value not in known:
            raise InputError(
                f"no dialogue of {run.path} is of the {name} '{value}'" + _choices(value, known)
            )
        parsed = {text: key for text, key in parsed.items() if getattr(key, name) == value}
    return list(parsed)


def _choices(value: str, known: list[str]) -> str:
    """What else it could have been: all that there is, or what is near where that is much."""
    if len(known) <= FEW:
        return choices(value, known)
    close = get_close_matches(value, known, n=3)
    return f"; did you mean {', '.join(close)}?" if close else f"; there are {len(known)}"


def _meant(given: str, keys: Sequence[str], directory: str) -> str:
    """The one key that is meant by a part of it."""
    from convsim.report.viewing import CANDIDATES, in_key_order, matching, nearest

    found = in_key_order(matching(given, keys))
    if len(found) == 1:
        return found[0]
    if not found:
        close = nearest(given, keys)
        near = f"; did you mean {', '.join(close)}?" if close else ""
        raise InputError(f"no dialogue is '{given}'{near}\n`convsim view {directory}` lists them")
    more = len(found) - CANDIDATES
    lines = [f"'{given}' may be {len(found):,} dialogues; say more of the key:"]
    lines += [f"  {key}" for key in found[:CANDIDATES]]
    lines += [f"  and {more:,} more"] if more > 0 else []
    raise InputError("\n".join(lines))


def _entry(run: Run, key: str) -> Entry:
    """One dialogue of a run, judged, failed, or not judged yet."""
    from convsim.report.data import Entry

    found = run.find(key)
    if isinstance(found, Failure):
        return Entry(found.transcript, run.case_of(found.transcript), failure=found)
    if isinstance(found, Transcript):
        return Entry(found, run.case_of(found))
    assert found is not None
    return Entry(found.transcript, found.case, found.verdict)


def _graded(run: Run, key: str) -> tuple[str, str]:
    """The grade of a dialogue and what decided it."""
    from convsim.report.dialogues import ERROR, UNJUDGED

    if key in run.judged_keys:
        verdict = run.verdict(key)
        return verdict.grade.value, verdict.reason.value if verdict.reason else verdict.finding
    found = run.find(key)
    return (ERROR, found.kind) if isinstance(found, Failure) else (UNJUDGED, "")


def _print_dialogues(entries: list[Entry], *, reveal: bool, json: bool) -> None:
    from convsim.report.dialogues import dialogue_view
    from convsim.report.viewing import dialogue_text

    if json:
        told = [dialogue_view(entry, reveal=reveal).to_dict() for entry in entries]
        print_json({"dialogues": told})
    else:
        texts = (dialogue_text(entry, reveal=reveal) for entry in entries)
        print_report("\n\n".join(texts).rstrip("\n"))


def _print_list(run: Run, keys: list[str], wanted: Sequence[str], most: int, *, json: bool) -> None:
    from convsim.report.viewing import Listed, in_reading_order, list_text

    graded = {key: _graded(run, key) for key in keys}
    graded = {key: it for key, it in graded.items() if not wanted or it[0] in wanted}
    order = in_reading_order({key: grade for key, (grade, _) in graded.items()})
    listed = [
        Listed(key, *graded[key], turns=len(_entry(run, key).transcript.turns))
        for key in order[:most]
    ]
    if json:
        print_json({"total": len(order), "dialogues": [it.to_dict() for it in listed]})
    else:
        grades = [grade for grade, _ in graded.values()]
        print_report(list_text(listed, grades, str(run.path)).rstrip("\n"))


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
