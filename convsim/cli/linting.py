"""`convsim lint`: what is wrong, or questionable, in scenario and policy files."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from convsim.cli.console import Exit, command, print_json
from convsim.errors import InputError, Problem

if TYPE_CHECKING:
    from convsim.linting import LintReport


class Format(StrEnum):
    """How problems are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


@command
def lint(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Scenario or policy files, or folders.")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="A policy file for all scenarios.")] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(help="Tell only these warnings: codes, names, or beginnings of codes."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Do not tell these warnings; repeat, or use commas.")
    ] = None,
    banned: Annotated[
        str | None, typer.Option(help="A file of further words that must stay out (CS804).")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings.")] = False,
    format: Annotated[Format, typer.Option(help="text, json or sarif.")] = Format.TEXT,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    explain: Annotated[str | None, typer.Option(help="Print the page of a code.")] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List all codes.")] = False,
) -> None:
    """Check scenario and policy files: every problem at once.

    Exit codes: 0 no errors; 1 warnings only, with --strict; 2 errors. A comment such as `# noqa:
    CS209` silences a warning on its line.
    """
    if explain is not None:
        return _explain(explain, json)
    if rules:
        return _list_rules(json)
    if not paths:
        raise InputError("name what to lint, such as `convsim lint scenarios/`")
    from convsim.linting import lint as find

    report = find(paths, policy=policy, select=select or (), ignore=ignore or (), banned=banned)
    match Format.JSON if json else format:
        case Format.JSON:
            _print_as_json(report)
        case Format.SARIF:
            _print_as_sarif(report)
        case Format.TEXT:
            _print_as_text(report)
    said_no = strict and report.warnings
    raise typer.Exit(Exit.WRONG_INPUT if report.errors else Exit.SAID_NO if said_no else Exit.DONE)


def _explain(wanted: str, json: bool) -> None:
    from convsim.lints.codes import code_of, page_of

    code = code_of(wanted)
    page = page_of(code)
    if json:
        print_json({**_as_row(code.id), "page": page})
    else:
        typer.echo(page.rstrip())


def _list_rules(json: bool) -> None:
    from convsim.lints.codes import CODES

    if json:
        print_json([_as_row(id) for id in CODES])
        return
    for code in CODES.values():
        typer.echo(f"{code.id} {code.severity:7} {code.name}: {code.summary}")


def _as_row(id: str) -> dict[str, str]:
    from convsim.lints.codes import CODES

    code = CODES[id]
    return {
        "code": code.id,
        "name": code.name,
        "severity": code.severity,
        "summary": code.summary,
    }


def _print_as_json(report: LintReport) -> None:
    from dataclasses import asdict

    print_json(
        {
            "scenarios": report.scenarios,
            "policies": report.policies,
            "problems": [asdict(problem) for problem in report.problems],
        }
    )


def _print_as_sarif(report: LintReport) -> None:
    from pathlib import Path
    from urllib.parse import quote

    from convsim.lints.sarif import sarif
    from convsim.version import __version__

    here = Path.cwd()

    def address(file: str) -> str:
        """As seen from the working directory, which is taken for the root of the sources."""
        path = Path(file).resolve()
        return quote((path.relative_to(here) if path.is_relative_to(here) else path).as_posix())

    print_json(sarif(report.problems, __version__, address))


def _print_as_text(report: LintReport) -> None:
    width = _width()
    for problem in report.problems:
        typer.echo(as_line(problem) if width is None else wrapped(problem, width))
    # What is no scenario is counted where it was linted by itself.
    counted = [(report.policies, "policy"), (report.pieces, "fragment or suite file")]
    what = next((it for it in [(report.scenarios, "scenario"), *counted] if it[0]), counted[0])
    typer.echo(
        f"{_count(*what)}: {_count(len(report.errors), 'error')}, "
        f"{_count(len(report.warnings), 'warning')}"
    )
    if report.problems and width is not None:
        typer.echo(f"`convsim lint --explain {report.problems[0].code}` says more about a code")


def _width() -> int | None:
    """How wide a line may be: as wide as the terminal; whatever it likes for another program."""
    from shutil import get_terminal_size

    return get_terminal_size().columns if sys.stdout.isatty() else None


def _place(problem: Problem) -> str:
    """As compilers write it, so that editors find it."""
    place = f":{problem.line}:{problem.column}" if problem.line else ""
    return f"{problem.file}{place}: {'warning' if problem.warning else 'error'}: {problem.code}"


def as_line(problem: Problem) -> str:
    """One problem, for people and for other programs: place, severity, code, message."""
    return f"{_place(problem)} {problem.message}"


def wrapped(problem: Problem, width: int) -> str:
    """One problem for a terminal, in lines of its width."""
    from textwrap import fill

    message = fill(
        problem.message,
        max(40, width),
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{_place(problem)}\n{message}"


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
