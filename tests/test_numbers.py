"""No number without what it is made of: this walks everything that a run hands out.

Every table, chart, page, JSON document and line of the summary is gone through, and a number that
comes without its numerator and denominator, its clusters, its method or its judge fails by its
place. What is counted (dialogues, turns, calls) is no estimate and needs none of this.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import convsim
from convsim import Run
from convsim.report import tabulated
from tests.charts.drawn import data_of, layers

SCENARIOS = Path(__file__).parent.parent / "scenarios"
PLAYED = (
    *("fraud/vendor_invoice", "fraud/vendor_invoice.de", "fraud/sick_note"),
    *("operator/account_unlock", "operator/discount_cap", "spread/door_code"),
)
TARGETS = {
    "holds": "sim/steadfast",
    "gives": "sim/hazard?push_back=.3&reframe=.3",
    "refuses": "sim/over_refuser",
    "breaks": "sim/faulty?timeout=.2&block=.2",
    **convsim.variants(
        "sim/capitulates?after=2&obeys=.8", {"standing": "standing-rule"}, alias="bare"
    ),
}
PLOTS = ("tradeoff", "tradeoff deployed", "survival", "moves", "heatmap", "pressure")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with crossings, refusals, controls, proofs, facets, blocks and errors."""
    return asyncio.run(
        convsim.run(
            [SCENARIOS / f"{name}.yaml" for name in PLAYED],
            targets=TARGETS,
            repeats=2,
            seed=7,
            arms="all",
            out=tmp_path_factory.mktemp("numbers") / "run",
            limits=convsim.Limits(attempts=1),
        )
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose repeats stop where enough is known."""
    return asyncio.run(
        convsim.run(
            [SCENARIOS / f"{name}.yaml" for name in PLAYED[:2]],
            targets={"gives": TARGETS["gives"]},
            repeats=8,
            seed=7,
            stop_when="width=0.4",
            slice=2,
            out=tmp_path_factory.mktemp("stopped") / "run",
        )
    )


@pytest.fixture(scope="module")
def between(run: Run) -> dict[str, Any]:
    """What convsim says of several runs, or of several targets of one."""
    return {
        "compare": convsim.compare(run),
        "gate": convsim.gate(run, run, target="gives"),
        "drift": convsim.follow([run] * 3, target="gives"),
    }


# --- records: tables, data frames, CSV, charts


def lacking(record: Mapping[str, Any]) -> list[str]:
    """What a record of a number lacks; nothing where it is whole."""
    wants = {
        "name": bool(record["name"]),
        "estimand": str(record["estimand"]).endswith((".", "`")),
        "unit": bool(record["unit"]),
        "judge": bool(record["judge"]),
        "method": bool(record["method"]),
        "interval, or why none": record["low"] is not None or record["method"].startswith("none:"),
        "clusters": isinstance(record["clusters"], int),
        "what the clusters are": bool(record["cluster"]),
        "corrected, or why not": record["corrected"] or bool(record["uncorrected_because"]),
    }
    if record["estimate"] is not None:
        wants |= {
            "numerator": record["numerator"] is not None,
            "denominator": bool(record["denominator"]),
            "what the fraction is of": bool(record["of"]),
            "clusters at all": record["clusters"] > 0,
        }
    else:
        wants["why there is none"] = record["method"].startswith("none:") or bool(record["why"])
    return [name for name, there in wants.items() if not there]


def wrong(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The records that lack something, each with what."""
    return [
        f"{record['target']} {record.get('value', '')} {record['name']}: {', '.join(found)}"
        for record in records
        if (found := lacking(record))
    ]


def test_every_table_is_whole(run: Run) -> None:
    """Every record of every table that a run has, those with nothing to tell included."""
    names = list(tabulated.tables(run.data))
    assert len(names) > 15
    found = {name: run.table(name).records() for name in names}
    assert sum(map(len, found.values())) > 500
    assert {name: lack for name, records in found.items() if (lack := wrong(records))} == {}


def test_a_run_that_stopped_early_is_whole(stopped: Run) -> None:
    """Its rates are those of the slice, and why an arm stopped is a table of its own."""
    found = {name: stopped.table(name).records() for name in tabulated.tables(stopped.data)}
    assert found["stopped"]
    assert {name: lack for name, records in found.items() if (lack := wrong(records))} == {}


@pytest.mark.parametrize("name", ["compare", "gate", "drift"])
def test_what_is_said_of_several_runs_is_whole(between: dict[str, Any], name: str) -> None:
    """What changed, what may pass, and how a series went."""
    records = between[name].records()
    assert records
    assert wrong(records) == []


def test_every_table_has_the_columns_of_every_number(run: Run) -> None:
    """In a data frame and in a file, so that tables can be put below each other."""
    columns = {"numerator", "denominator", "clusters", "method", "judge", "corrected", "estimand"}
    for name in tabulated.tables(run.data):
        table = run.table(name)
        if table.records():
            assert columns <= set(table.csv().split("\n", 1)[0].split(",")), name
            assert columns <= set(table.frame("polars").columns), name


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_every_printed_table_says_counts_clusters_method_and_judge(run: Run, form: str) -> None:
    """In columns, or once below it."""
    for name in tabulated.tables(run.data):
        table = run.table(name)
        if not table.records():
            continue
        text = getattr(table, form)()
        said = [word for word in ("counts", "clusters", "method", "judge") if word not in text]
        assert said == [], name
        for estimand in {record["estimand"] for record in table.records()}:
            assert plain(estimand)[:40] in plain(text), name


def plain(text: str) -> str:
    """Text without what an output format needs around it."""
    return re.sub(r"[^a-z0-9 ]+|textless|textgreater|textasciigrave", "", text.lower())


@pytest.mark.parametrize("name", PLOTS)
def test_every_chart_is_whole(run: Run, name: str) -> None:
    """All of its data are whole records, and every mark of a number tells what it is made of."""
    method, _, deployed = name.partition(" ")
    plot = getattr(run.plot, method)(**({"deployed": True} if deployed else {}))
    assert wrong(plot.records()) == []
    spec = plot.to_dict()
    rows = list(data_of(spec))
    assert rows
    assert wrong(rows) == []
    for row in rows:
        assert re.search(r"\d/\d+ .* in \d+ ", row["told"])
        assert f"judge {row['judge']}" in row["told"]
        assert row["method"] in row["told"]
    for layer in layers(spec):
        if "tooltip" in layer["encoding"]:
            fields = {it["field"].removeprefix("across_") for it in layer["encoding"]["tooltip"]}
            assert {"numerator", "denominator", "clusters", "method", "judge"} <= fields
            assert layer["encoding"]["description"]["field"] == "told"
        else:
            # Lines, bands and words between marks that do tell.
            assert layer["mark"]["type"] in ("line", "area", "text", "rule")


# --- JSON

COUNTED = ("numerator", "fractions", "treated", "counts", "hits", "interval_of", "observed")
CLUSTERED = ("clusters", "scenarios", "scenario")
COUNTS = ("manifest", "replies", "judging", "asked", "coverage")
"""What is told of a run that is no estimate: how it was made, what was paid, what was walked."""
SET = ("margin",)
"""What somebody chose."""


def floats(value: Any, path: tuple[str, ...] = (), around: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Every number with a fraction in a document: its path, and the objects around it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from floats(inner, (*path, str(name)), (*around, value))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from floats(inner, (*path, str(index)), around)
    elif isinstance(value, float):
        yield path, around


def untold(around: Sequence[Mapping[str, Any]]) -> list[str]:
    """What none of the objects around a number tells of it, nor the number that it stands by."""
    beside = [outer.get(name) for outer in around for name in ("number", "share", "estimate")]
    around = [*around, *(it for it in beside if isinstance(it, dict))]
    names = {name for outer in around for name, value in outer.items() if value is not None}
    intervals = [outer["interval"] for outer in around if isinstance(outer.get("interval"), dict)]
    wants = {
        "counts": bool(names & set(COUNTED)),
        "clusters": bool(names & set(CLUSTERED)),
        "judge": "judge" in names,
        "method": "method" in names or any({"method", "reason"} & it.keys() for it in intervals),
        "estimand": "estimand" in names,
        "corrected, or why not": bool(names & {"corrected", "correction"}),
    }
    return [name for name, there in wants.items() if not there]


def bare_in(told: Any) -> str:
    """Which numbers of a document are not told enough of, and what they lack."""
    document = json.loads(json.dumps(told, default=str))
    found = [
        (path, untold(around))
        for path, around in floats(document)
        if path[0] not in COUNTS and path[-1] not in SET
    ]
    assert found
    missing = {re.sub(r"\.\d+", ".#", ".".join(path)): lack for path, lack in found if lack}
    return "\n".join(f"{path}: {', '.join(lack)}" for path, lack in missing.items())


def test_every_estimate_of_the_json_is_whole(run: Run) -> None:
    """As it is written and read again; what an object does not say, one around it does."""
    assert bare_in(run.to_dict()) == ""


def test_every_estimate_of_early_stopping_is_whole(stopped: Run) -> None:
    """The same of the arms that stopped."""
    assert bare_in(stopped.to_dict()) == ""


@pytest.mark.parametrize("name", ["compare", "gate", "drift"])
def test_every_estimate_of_several_runs_is_whole(between: dict[str, Any], name: str) -> None:
    """The same of what is said of several runs."""
    assert bare_in(between[name].to_dict()) == ""


# --- the page


class Page(HTMLParser):
    """The lines of every table of a page, and the titles of the marks of its images."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.marks: list[str] = []
        self._line: list[str] | None = None
        self._title: list[str] | None = None
        self._drawn = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._line = []
        if tag == "svg":
            self._drawn += 1
        if tag == "title" and self._drawn:
            self._title = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr" and self._line is not None:
            self.lines.append(" ".join(self._line))
            self._line = None
        if tag == "svg":
            self._drawn -= 1
        if tag == "title" and self._title is not None:
            self.marks.append("".join(self._title))
            self._title = None

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)
        elif self._line is not None and not self._drawn:
            self._line.append(data.strip())


SHARE = re.compile(r"\d(\.\d)?%|\[-?\d+\.\d+, -?\d+\.\d+\]")
COUNT = re.compile(r"\d+/\d+|of \d+ in \d+ scenario")


@pytest.fixture(scope="module")
def page(run: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report page."""
    return run.write_html(tmp_path_factory.mktemp("page") / "page.html").read_text()


def test_every_line_of_the_page_has_its_counts(page: str) -> None:
    """A share or an interval stands beside the counts that it is of, as `5/40` or in columns."""
    lines, bare, counted = Page(page).lines, [], False
    assert sum(bool(COUNT.search(line)) for line in lines) > 50
    for line in lines:
        if "95% interval" in line:
            counted = "at risk" in line
        elif SHARE.search(line) and not (counted or COUNT.search(line)):
            bare.append(line)
    assert not bare, "\n".join(bare)


def test_every_mark_of_the_page_tells_what_it_stands_for(page: str) -> None:
    """The counts, the clusters, the method and the judge."""
    marks = [it for it in Page(page).marks if "judge" in it]
    assert len(marks) > 100
    assert [it for it in marks if not re.search(r"\d/\d+ .* in \d+ ", it)] == []


def test_the_page_says_method_judge_and_estimands(run: Run, page: str) -> None:
    """Once, beside the numbers."""
    assert "Judge: rules" in page
    assert "clustered by scenario" in page
    for cell in run.rates().headline.cells:
        assert cell.number.estimand.split("`")[0][:60] in page


# --- the summary


AT_RISK = re.compile(r" +\d+ +\d+ ")
"""A point of a curve: the turn, and how many dialogues were at risk."""


def test_every_number_of_the_summary_has_its_counts(run: Run) -> None:
    """In its line, or in the next where it was wrapped; what is said of a line stands below it."""
    lines = [*run.report(width=100, all_lines=True).splitlines(), ""]
    bare, counted = [], False
    for line, after in pairwise(lines):
        if not re.match(r" +~ | +errors and unread turns", line):
            counted = bool(COUNT.search(line) or AT_RISK.match(line) or COUNT.search(after))
        if re.search(r"\d\.\d%", line) and not counted:
            bare.append(line)
    assert not bare, "\n".join(bare)
