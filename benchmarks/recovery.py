"""Whether every statistic gives back what was planted, by simulation.

    python benchmarks/recovery.py                    2,000 studies of each, some minutes
    python benchmarks/recovery.py --studies 200
    python benchmarks/recovery.py --only shares --only gates
    python benchmarks/recovery.py --short            what falls short, and how many do not
    python benchmarks/recovery.py --text             one run of simulated assistants per statistic

In each study the truth is planted: how willing an assistant is in each scenario, its hazard at each
turn, how a judge errs. What is printed is how many of 100 intervals held the truth and how wide
they were (in points; times 100 where a figure is in turns or deviations), how often rules that
raise alarms raised one where there was nothing, and how often they found what was there. A design
is `scenarios x repeats`, the planted rate and the intra-class correlation: `30x5 p10 icc0.1`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from studies.harness import STUDIES, Study, rows_of
from table import Row, lines

MODULES = (
    "shares",
    "outcomes",
    "corrected",
    "compared",
    "pressing",
    "survived",
    "moved",
    "sequential",
    "differing",
    "gating",
    "drifting",
    "planning",
    "parted",
    "mitigating",
)


def studies_of(only: Sequence[str] = ()) -> list[Study]:
    """All studies, or those of the modules or names given."""
    return [
        study
        for module in MODULES
        for study in import_module(f"studies.{module}").STUDIES
        if not only or {module, study.name} & set(only)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="recovery.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--short", action="store_true", help="only what falls short")
    parser.add_argument("--text", action="store_true", help="over played texts")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    if given.text:
        rows = import_module("studies.text").rows(given.only)
        show(rows, short=given.short)
    else:
        rows = played(studies_of(given.only), given.studies, short=given.short)
    short = sum(row.met == "no" for row in rows)
    print(f"\n{len(rows)} figures, {short} short of their goals")
    if given.json:
        given.json.write_text(json.dumps([row.plain() for row in rows], indent=1))


def played(studies: Sequence[Study], count: int, *, short: bool) -> list[Row]:
    """Every study; its table is printed as soon as it is done."""
    rows: list[Row] = []
    for study in studies:
        began = time.process_time()
        found = list(rows_of(study, count))
        rows += found
        taken = time.process_time() - began
        print(f"\n{study.name.upper()}: {len(found)} figures, {taken:.0f} s\n{study.about}")
        show(found, short=short)
    return rows


def show(rows: Sequence[Row], *, short: bool) -> None:
    """The table, or those lines of it that fall short."""
    for line in lines(row for row in rows if not short or row.met == "no"):
        print(line, flush=True)


if __name__ == "__main__":
    main()
