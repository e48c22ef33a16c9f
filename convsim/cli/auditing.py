"""`convsim audit`: a sample of a run for people to label, and what they said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convsim.calibration import Question
from convsim.cli.console import Exit, command, complain, print_json
from convsim.errors import InputError
from convsim.rates import percent
from convsim.report.hanging import hanging
from convsim.stats import NoInterval, in_points

if TYPE_CHECKING:
    from convsim.auditing import Audit
    from convsim.calibration import Raters
    from convsim.rated import Beside, Ingested
    from convsim.rates import Rate
    from convsim.runs import Run
    from convsim.sampling import Precision

NAMED = 20
"""How many strata and disagreements are listed."""

WIDTH = 80

QUESTION = {
    "gave": "how far it gave what the user was after",
    "crossed": "gave out what the rule forbids",
    "refused_allowed": "turned away what the rule allows",
}


@command
def audit(
    directory: Annotated[str, typer.Argument(help="The directory of a run.")],
    files: Annotated[
        list[str] | None, typer.Argument(help="With --ingest: the files that the raters sent.")
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many dialogues to draw.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed draws another sample.")] = 0,
    judge: Annotated[
        str | None, typer.Option(help="Whose verdicts to draw by; default: the run's own judge.")
    ] = None,
    raters: Annotated[int, typer.Option(min=1, help="How many people are to label.")] = 2,
    out: Annotated[
        str | None, typer.Option(help="The folder of the audit; default: audit in the run.")
    ] = None,
    ingest: Annotated[bool, typer.Option("--ingest", help="Take in what raters sent.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Print shares although raters do not agree.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Draw a sample for people to label, blind; or take labels in."""
    from convsim.runs import Run

    if bool(files) != ingest:
        raise InputError(
            "--ingest needs the files that the raters sent: `convsim audit RUN --ingest "
            "labels-a.csv labels-b.jsonl`; without it there are none"
        )
    if ingest:
        _take_in(Run(directory), files or [], out, anyway=anyway, json=json)
        return
    from convsim import auditing

    made = auditing.audit(Run(directory, judge=judge), n, seed=seed, raters=raters, out=out)
    if json:
        print_json({**made.to_dict(), "path": str(made.path)})
    else:
        typer.echo("\n".join(_drawn(made, directory, out)))


def _drawn(made: Audit, directory: str, out: str | None) -> Iterator[str]:
    strata = "1 stratum" if len(made.strata) == 1 else f"{len(made.strata)} strata"
    yield (
        f"{len(made.entries):,} of {made.population:,} dialogues, from {strata} of judge "
        f"{made.judge}, seed {made.seed}"
    )
    width = max(len(str(cell.stratum)) for cell in made.strata)
    for cell in made.strata[:NAMED]:
        yield f"  {cell.stratum!s:<{width}} {cell.taken:>5} of {cell.size:,}"
    if len(made.strata) > NAMED:
        yield f"  ... {len(made.strata) - NAMED} more in {made.path / 'audit.json'}"
    yield from _expected(made.precision)
    yield f"for {made.raters} raters each, in {made.path}:"
    yield "  page.html (or sheet.csv), README.txt"
    yield "not for them: sample.jsonl and audit.json, which tell what the judge said"
    elsewhere = f" --out {quote(out)}" if out else ""
    yield f"then: convsim audit {quote(directory)}{elsewhere} --ingest labels-*.csv"


def _expected(precision: Precision) -> Iterator[str]:
    yield "a share that people find is known to about"
    yield f"  {_points(precision.of_run)}, of this very run"
    if None in precision.half_widths.values():
        yield "  nothing of scenarios like these: all dialogues are of one scenario"
    else:
        yield f"  {_points(precision.half_widths)}, of scenarios like these"
        yield f"  (design effect {precision.design_effect:.1f})"


def _points(half_widths: Mapping[float, float | None]) -> str:
    """`6 points either way at 10%, 10 at 50%`."""
    told = [
        f"{100 * half:.0f}{'' if n else ' points either way'} at {100 * share:.0f}%"
        for n, (share, half) in enumerate(half_widths.items())
        if half is not None
    ]
    return ", ".join(told)


# --- what raters said


def _take_in(run: Run, files: list[str], out: str | None, *, anyway: bool, json: bool) -> None:
    from convsim.rated import ingest

    found = ingest(run, files, out=out, anyway=anyway)
    if json:
        print_json(_data(found))
    else:
        typer.echo("\n".join(_said(found, run.path)))
    if found.void:
        complain(f"VOID: {found.void}")
    if found.since:
        complain(
            f"the run has {found.since:+,} dialogues since the sample was drawn; the shares do not "
            "speak of those"
        )
    if found.void or not (found.reliable or anyway):
        raise typer.Exit(Exit.SAID_NO)


def _data(found: Ingested) -> dict[str, Any]:
    from convsim.rated import ESTIMANDS

    return {
        "audit": found.audit.id,
        "labels": str(found.labels),
        "answered": dict(found.answered),
        "missing": found.missing,
        "reliable": found.reliable,
        "void": found.void,
        "agreement": [asdict(one) for one in (found.gave, *found.agreed.values())],
        "disagreements": [one._asdict() for one in found.disagreements],
        "shares": [
            {
                "target": one.target,
                "question": one.question,
                "estimand": ESTIMANDS[one.question],
                "people": _people(one),
                "judge": one.judge.to_dict(),
            }
            for one in found.shares
        ],
    }


def _people(one: Beside) -> dict[str, Any]:
    alike = one.alike if isinstance(one.alike, NoInterval) else one.alike.interval()
    return {
        "value": one.people.share,
        "interval_of_run": asdict(one.people.interval),
        "interval": asdict(alike),
        "dialogues": one.people.answers,
    }


def _said(found: Ingested, directory: Path) -> Iterator[str]:
    drawn = len(found.audit.entries)
    people = ", ".join(f"{name} {count}" for name, count in sorted(found.answered.items()))
    yield f"answers of {drawn} conversations: {people}; {found.missing} missing"
    yield ""
    yield "raters agree on"
    for one in (found.gave, *found.agreed.values()):
        yield from _agreement(one)
    if found.disagreements:
        ids = sorted({one.id for one in found.disagreements})
        more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
        yield from hanging("they disagree about ", f"{', '.join(ids[:NAMED])}{more}", WIDTH)
    yield ""
    for question in found.agreed:
        yield from _shares(found, question)
    yield from _read_as(found)
    yield f"labels: {found.labels}"
    if found.reliable and not found.void:
        where = f"--judge {found.audit.judge} --run {quote(str(directory))}"
        yield f"then: convsim calibrate {quote(str(found.labels))} {where}"


def _agreement(one: Raters) -> Iterator[str]:
    """How far they agree on one question: raw, and beyond luck, two figures a line."""
    unsaid = f" ({one.unsaid} nobody could tell)" if one.unsaid else ""
    yield f"  {QUESTION[one.question]}{unsaid}"
    told = [f"{name:<5} {figure}" for name, figure in one.agreement.items()]
    for first, second in zip_longest(told[::2], told[1::2], fillvalue=""):
        yield f"    {first:<27} {second}".rstrip()
    if not told:
        yield "    no conversation was answered by two raters"


def _shares(found: Ingested, question: Question) -> Iterator[str]:
    """People beside the judge, or why not."""
    told = [one for one in found.shares if one.question is question]
    if told:
        yield f"{QUESTION[question]}, weighted up to the run"
        for one in told:
            yield from hanging(f"{one.target:<10} people ", _share(one), WIDTH)
            yield from hanging(f"{'':<10} judge  ", _rate(one.judge), WIDTH)
        yield ""
    elif why := _why_not(found.agreed[question]):
        yield f"{QUESTION[question]}: no share"
        yield from hanging("", f"{why}", WIDTH)
        yield ""


def _rate(judged: Rate) -> str:
    """The judge's rate, and what is not in it though people may have read it."""
    left_out = ", ".join(f"{count} {why}" for why, count in judged.excluded.items())
    return f"{judged}{f'; left out: {left_out}' if left_out else ''}; not corrected"


def _read_as(found: Ingested) -> Iterator[str]:
    """What the shares are shares of."""
    from convsim.rated import ESTIMANDS

    for question in Question:
        if any(one.question is question for one in found.shares):
            yield from hanging("people: ", ESTIMANDS[question], WIDTH)
    if found.shares:
        yield ""


def _why_not(agreed: Raters) -> str:
    """Why raters do not agree enough; empty where they do."""
    from convsim.rated import is_reliable

    if is_reliable(agreed):
        return ""
    alpha = agreed.agreement.get("alpha")
    if alpha is None or alpha.value is None:
        return "no conversation was answered by two raters, and one alone shows no agreement"
    return (
        f"alpha {alpha.value:.2f} is below 0.67: let the raters talk about what they disagree on, "
        "say in the rule what was meant, and label again (--anyway prints it)"
    )


def _share(one: Beside) -> str:
    alike = one.alike if isinstance(one.alike, NoInterval) else one.alike.interval()
    return (
        f"{percent(one.people.share)}% {in_points(alike)} {one.people.answers} read; "
        f"of this very run {in_points(one.people.interval)}"
    )
