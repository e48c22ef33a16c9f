"""No number without what it is made of: this walks everything that a run hands out.

Every table, chart, page, JSON document and line of the summary is gone through, and a number that
comes without its numerator and denominator, its clusters, its method or its judge, or without a
word on whether it is corrected for the judge's errors, fails by its place: of a run, of one whose
judge was calibrated, of one that stopped early, and of what is said of several. What is counted
(dialogues, turns, calls) is no estimate and needs none of this. Planted holes show that the walk
finds them.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

import convsim
from convsim import Run
from convsim.auditing import Entry, audit
from convsim.calibrating import calibrate
from convsim.correction import Corrected
from convsim.rated import ingest
from convsim.report import gated, tabulated
from tests.audited import write_labels
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
PLOTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "tradeoff": ("tradeoff", {}),
    "tradeoff deployed": ("tradeoff", {"deployed": True}),
    "survival": ("survival", {}),
    "moves by group": ("moves", {"by": "group"}),
    "moves": ("moves", {"by": "move"}),
    "map by rule": ("heatmap", {}),
    "map by group": ("heatmap", {"by": "group"}),
    "map by move": ("heatmap", {"by": "move"}),
    "map of allowed asks": ("heatmap", {"asks": "allowed"}),
    "pressure": ("pressure", {}),
}
RUNS = ("run", "calibrated", "stopped")


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
def calibrated(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The first run with labels of two people, who say otherwise than the judge now and then."""
    path = shutil.copytree(run.path, tmp_path_factory.mktemp("calibrated") / "run")
    outcomes = {it.transcript.key: it.verdict.outcome for it in run.judged()}

    def say(entry: Entry) -> Mapping[str, str]:
        missed = random.Random(entry.key).random() < 0.05
        crossed = (outcomes[entry.key] == "crossed") is not (missed and entry.restricted)
        refused = (outcomes[entry.key] == "refused_allowed") is not (missed and entry.allowed)
        return {
            "gave": "in substance" if crossed else "no",
            "turn": "1" if crossed else "",
            "crossed": "yes" if crossed else "no",
            "refused_allowed": "yes" if refused else "no",
        }

    drawn = audit(Run(path), 500)
    files = [write_labels(path.parent / f"labels-{name}.csv", drawn, say) for name in ("ann", "bo")]
    ingest(Run(path), files)
    asyncio.run(calibrate(path / "audit" / "labels.jsonl", run=path))
    return Run(path)


@pytest.fixture(scope="module")
def each(run: Run, calibrated: Run, stopped: Run) -> dict[str, Run]:
    """The runs by name."""
    return dict(zip(RUNS, (run, calibrated, stopped), strict=True))


SEVERAL = ("compare", "gate", "drift")


def said_of(run: Run) -> dict[str, Any]:
    """What convsim says of several runs, or of several targets of one."""
    return {
        "compare": convsim.compare(run),
        "gate": convsim.gate(run, run, target="gives"),
        "drift": convsim.follow([run] * 3, target="gives"),
    }


@pytest.fixture(scope="module")
def between(run: Run) -> dict[str, Any]:
    """The same of the first run."""
    return said_of(run)


@pytest.fixture(scope="module")
def between_calibrated(calibrated: Run) -> dict[str, Any]:
    """The same of the calibrated one."""
    return said_of(calibrated)


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
        "corrected, or why not": bool(record["uncorrected_because"])
        if not record["corrected"]
        else None not in (record[f"corrected_{end}"] for end in ("estimate", "low", "high")),
    }
    if record["estimate"] is not None:
        wants |= {
            "numerator": record["numerator"] is not None,
            "denominator": bool(record["denominator"]),
            "what the fraction is of": bool(record["of"]),
            "clusters at all": bool(record["clusters"]),
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


@pytest.mark.parametrize(("name", "tables"), [("run", 16), ("calibrated", 16), ("stopped", 10)])
def test_every_table_is_whole(each: dict[str, Run], name: str, tables: int) -> None:
    """Every record of every table that a run has, those with nothing to tell included."""
    run = each[name]
    found = {table: run.table(table).records() for table in tabulated.tables(run.data)}
    assert len(found) >= tables
    assert sum(map(len, found.values())) > 5 * tables
    assert {table: lack for table, records in found.items() if (lack := wrong(records))} == {}


def test_why_an_arm_stopped_is_a_table_of_its_own(stopped: Run) -> None:
    """Its rates are those of the slice."""
    assert stopped.table("stopped").records()


@pytest.mark.parametrize("of", ["between", "between_calibrated"])
@pytest.mark.parametrize("name", SEVERAL)
def test_what_is_said_of_several_runs_is_whole(
    request: pytest.FixtureRequest, of: str, name: str
) -> None:
    """What changed, what may pass, and how a series went."""
    records = request.getfixturevalue(of)[name].records()
    assert records
    assert wrong(records) == []


@pytest.mark.parametrize(
    "field",
    [
        *("name", "estimand", "unit", "judge", "method", "clusters", "cluster", "low"),
        *("numerator", "denominator", "of", "uncorrected_because"),
    ],
)
def test_a_record_without_one_thing_is_found(run: Run, field: str) -> None:
    """Whatever a table leaves out of a number."""
    (record, *_) = run.table("rates").records()
    assert lacking(record) == []
    empty: Any = None if field in ("low", "numerator", "denominator", "clusters") else ""
    assert lacking({**record, field: empty}) != []


@pytest.mark.parametrize("field", ["corrected_estimate", "corrected_low", "corrected_high"])
def test_a_corrected_record_without_its_figure_is_found(calibrated: Run, field: str) -> None:
    """That it is corrected is not enough."""
    record = next(it for it in calibrated.table("rates").records() if it["corrected"])
    assert lacking(record) == []
    assert lacking({**record, field: None}) == ["corrected, or why not"]


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


def gaps_of(spec: Mapping[str, Any]) -> list[str]:
    """What a chart leaves out: of a record, of what is said of it, or of a mark's tooltip."""
    rows = list(data_of(spec))
    found = wrong(rows) if rows else ["no data"]
    for row in rows:
        wants = {
            "counts and clusters": re.search(r"\d/\d+ .* in \d+ ", row["told"]),
            "judge": f"judge {row['judge']}" in row["told"],
            "method": row["method"] in row["told"],
            "corrected": "corrected" in row["told"],
        }
        found += [f"{row['name']}, told: {want}" for want, there in wants.items() if not there]
    for layer in layers(spec):
        if "tooltip" not in layer["encoding"]:
            # Lines, bands and words between marks that do tell.
            if layer["mark"]["type"] not in ("line", "area", "text", "rule"):
                found.append(f"{layer['mark']['type']}: no tooltip")
            continue
        fields = {it["field"].removeprefix("across_") for it in layer["encoding"]["tooltip"]}
        wanted = {"numerator", "denominator", "clusters", "method", "judge", "corrected"}
        found += [f"tooltip: {name}" for name in sorted(wanted - fields)]
        if layer["encoding"]["description"]["field"] != "told":
            found.append("description")
    return found


@pytest.mark.parametrize(
    ("of", "name"),
    # The run that stopped early has neither variants nor controls.
    [
        *product(RUNS[:2], PLOTS),
        *product(RUNS[2:], sorted(PLOTS.keys() - {"tradeoff deployed", "pressure"})),
    ],
)
def test_every_chart_is_whole(each: dict[str, Run], of: str, name: str) -> None:
    """All of its data are whole records, and every mark of a number tells what it is made of."""
    method, given = PLOTS[name]
    plot = getattr(each[of].plot, method)(**given)
    assert wrong(plot.records()) == []
    assert gaps_of(plot.to_dict()) == []


def test_a_chart_without_one_thing_is_found(run: Run) -> None:
    """In its data, in what a mark says, in a tooltip, or where a mark has none."""
    spec = json.loads(json.dumps(run.plot.heatmap().to_dict()))
    row = next(data_of(spec))
    layer = next(it for it in layers(spec) if "tooltip" in it["encoding"])
    assert isinstance(row, dict)
    for field in ("judge", "method", "uncorrected_because", "estimand"):
        kept, row[field] = row[field], ""
        assert gaps_of(spec) != [], field
        row[field] = kept
    told = row["told"]
    for hole in (row["judge"], row["method"], "corrected"):
        row["told"] = told.replace(hole, "")
        assert gaps_of(spec) != [], hole
    row["told"] = told
    assert gaps_of(spec) == []
    tooltip = layer["encoding"]["tooltip"]
    layer["encoding"]["tooltip"] = [it for it in tooltip if "judge" not in it["field"]]
    assert gaps_of(spec) == ["tooltip: judge"]
    del layer["encoding"]["tooltip"]
    assert gaps_of(spec) == [f"{layer['mark']['type']}: no tooltip"]


# --- JSON

COUNTED = ("numerator", "fractions", "treated", "counts", "hits", "interval_of", "observed")
CLUSTERED = ("clusters", "scenarios", "scenario")
COUNTS = ("manifest", "replies", "judging", "asked", "coverage", "forecast")
"""What is told of a run that is no estimate: how it was made, what was paid, what was walked."""
SET = ("margin", "width")
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
    stands_by = ("number", "share", "estimate", "assumed")
    beside = [outer.get(name) for outer in around for name in stands_by]
    rates = [it for outer in around for it in outer.get("rates", ()) if "assumed" in it]
    around = [*around, *(it for it in beside if isinstance(it, dict))]
    around += [it["assumed"] for it in rates]  # what the chances of a plan rest on
    names = {name for outer in around for name, value in outer.items() if value is not None}
    intervals = [outer["interval"] for outer in around if isinstance(outer.get("interval"), dict)]
    wants = {
        "counts": bool(names & set(COUNTED)),
        "clusters": bool(names & set(CLUSTERED)),
        "judge": any(outer.get("judge") for outer in around),
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


@pytest.mark.parametrize("name", RUNS)
def test_every_estimate_of_the_json_is_whole(each: dict[str, Run], name: str) -> None:
    """As it is written and read again; what an object does not say, one around it does."""
    assert bare_in(each[name].to_dict()) == ""


@pytest.mark.parametrize("of", ["between", "between_calibrated"])
@pytest.mark.parametrize("name", SEVERAL)
def test_every_estimate_of_several_runs_is_whole(
    request: pytest.FixtureRequest, of: str, name: str
) -> None:
    """The same of what is said of several runs."""
    assert bare_in(request.getfixturevalue(of)[name].to_dict()) == ""


def test_every_estimate_for_a_pipeline_is_whole(between_calibrated: dict[str, Any]) -> None:
    """SARIF has the whole estimate beside each bound."""
    (log,) = gated.sarif(between_calibrated["gate"])["runs"]
    assert bare_in({"results": log["results"]}) == ""


@pytest.mark.parametrize("name", RUNS)
def test_every_number_of_a_plan_is_whole(each: dict[str, Run], name: str) -> None:
    """What it foresees rests on raw rates, whose counts, clusters and judge it tells."""
    found = convsim.plan_run(SCENARIOS / "fraud", run=each[name])
    assert bare_in(found.to_dict()) == ""
    for rate in found.rates:
        told = " ".join(found.text().split())
        assert re.search(
            rf"{rate.name}: rate .* \d+/\d+ in \d+ scenarios? by judge rules, raw", told
        )


HOLES = ("fractions", "clusters", "judge", "estimand", "interval", "corrected")


@pytest.mark.parametrize("hole", HOLES)
def test_a_number_of_the_json_without_one_thing_is_found(
    between: dict[str, Any], hole: str
) -> None:
    """Taken away from every estimate of a series, the walk names what is missing."""
    whole = between["drift"].to_dict()
    assert bare_in(whole) == ""
    without = {
        "fractions": COUNTED,
        "clusters": CLUSTERED,
        "corrected": ("corrected", "correction"),
    }
    assert bare_in(cut(whole, without.get(hole, (hole,)))) != ""


def cut(value: Any, names: Sequence[str]) -> Any:
    """A document without these names."""
    if isinstance(value, dict):
        return {name: cut(inner, names) for name, inner in value.items() if name not in names}
    return [cut(inner, names) for inner in value] if isinstance(value, list | tuple) else value


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
def pages(each: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The report page of each run."""
    folder = tmp_path_factory.mktemp("pages")
    return {name: run.write_html(folder / f"{name}.html").read_text() for name, run in each.items()}


@pytest.fixture(scope="module")
def changed_pages(
    between: dict[str, Any],
    between_calibrated: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """What changed, as a page, of the first run and of the calibrated one."""
    folder = tmp_path_factory.mktemp("changed")
    told = {"run": between, "calibrated": between_calibrated}
    return {
        name: found["compare"].write_html(folder / f"{name}.html").read_text()
        for name, found in told.items()
    }


def bare_lines(lines: Iterable[str]) -> list[str]:
    """The lines of a page with a share or an interval, but without the counts that it is of."""
    bare, counted = [], False
    for line in lines:
        if "95% interval" in line:
            counted = "at risk" in line
        elif SHARE.search(line) and not (counted or COUNT.search(line) or is_below(line)):
            bare.append(line)
    return bare


def is_below(line: str) -> bool:
    """Whether it tells of the line above it what that were without the judge's errors."""
    return line.strip().startswith("corrected ") and "labels" in line


@pytest.mark.parametrize("name", RUNS)
def test_every_line_of_the_page_has_its_counts(pages: dict[str, str], name: str) -> None:
    """A share or an interval stands beside the counts that it is of, as `5/40` or in columns."""
    lines = Page(pages[name]).lines
    assert sum(bool(COUNT.search(line)) for line in lines) > 10
    assert bare_lines(lines) == []


@pytest.mark.parametrize("name", ["run", "calibrated"])
def test_every_line_of_what_changed_has_its_counts(
    changed_pages: dict[str, str], name: str
) -> None:
    """The same of the page of `convsim compare`: counts of both sides, and how many scenarios."""
    page = changed_pages[name]
    lines = Page(page).lines
    assert sum(bool(COUNT.search(line)) for line in lines) > 10
    assert bare_lines(lines) == []
    assert "judge rules (differences are of raw rates, not corrected for its errors)" in page
    assert ("is calibrated in" in page) == (name == "calibrated")


def bare_marks(page: Page) -> list[str]:
    """The marks of its images that say a number without counts, clusters, judge or correction."""
    return [
        mark
        for mark in page.marks
        if re.search(r"\[-?\d", mark)
        and not (
            re.search(r"\d/\d+ .* in \d+ ", mark)
            and "judge " in mark
            and re.search(r"\(not corrected: .|\(corrected \S*\d", mark)
        )
    ]


@pytest.mark.parametrize("name", RUNS)
def test_every_mark_of_the_page_tells_what_it_stands_for(pages: dict[str, str], name: str) -> None:
    """The counts, the clusters, the method, the judge, and whether it is corrected."""
    page = Page(pages[name])
    assert sum("judge" in mark for mark in page.marks) > 10
    assert bare_marks(page) == []


@pytest.mark.parametrize("name", RUNS)
def test_the_page_says_method_judge_and_estimands(
    each: dict[str, Run], pages: dict[str, str], name: str
) -> None:
    """Once, beside the numbers."""
    assert "Judge: rules" in pages[name]
    assert "clustered by scenario" in pages[name]
    for cell in each[name].rates().headline.cells:
        if cell.number.value is not None:
            assert cell.number.estimand.split("`")[0][:60] in pages[name]


def test_a_line_or_a_mark_of_a_page_without_one_thing_is_found() -> None:
    """A share without counts, and a mark without counts, judge or a word on its correction."""
    row = "<tr><td>under-refusal</td><td>12.5%</td><td>[3.1, 31.0]</td><td>{}</td></tr>"
    assert bare_lines(Page(row.format("5/40 in 6 scenarios")).lines) == []
    assert len(bare_lines(Page(row.format("")).lines)) == 1
    whole = (
        "under-refusal: 12.5% [3.1, 31.0]",
        "5/40 dialogues in 6 scenarios",
        "cluster-t; judge rules",
        "(not corrected: nobody knows)",
    )
    svg = "<svg><title>{}</title></svg>"
    assert bare_marks(Page(svg.format(" ".join(whole)))) == []
    for hole in whole[1:]:
        told = " ".join(whole).replace(hole, "")
        assert len(bare_marks(Page(svg.format(told)))) == 1, hole


# --- the summary


AT_RISK = re.compile(r" +\d+ +\d+ ")
"""A point of a curve: the turn, and how many dialogues were at risk."""


def bare_in_text(text: str) -> list[str]:
    """The lines of a report with a share, but without its counts in them or in the next one.

    What is said of a line stands below it; how many dialogues are missing is counted in a caution.
    """
    lines = [*text.splitlines(), ""]
    bare, counted = [], False
    for line, after in pairwise(lines):
        if not re.match(r" +~ | +errors and unread turns| +(un)?corrected|.* are missing, ", line):
            counted = bool(COUNT.search(line) or AT_RISK.match(line) or COUNT.search(after))
        if re.search(r"\d\.\d%", line) and not counted:
            bare.append(line)
    return bare


@pytest.mark.parametrize("all_lines", [False, True])
@pytest.mark.parametrize("name", RUNS)
def test_every_number_of_the_summary_has_its_counts(
    each: dict[str, Run], name: str, all_lines: bool
) -> None:
    """In its line, or in the next where it was wrapped; what is said of a line stands below it."""
    assert bare_in_text(each[name].report(width=300, all_lines=all_lines)) == []


@pytest.mark.parametrize("of", ["between", "between_calibrated"])
@pytest.mark.parametrize("name", SEVERAL)
def test_every_number_of_what_changed_has_its_counts(
    request: pytest.FixtureRequest, of: str, name: str
) -> None:
    """So has every line of what is said of several runs, and the judge and the method stand by."""
    text = request.getfixturevalue(of)[name].report(width=400)
    assert bare_in_text(text) == []
    assert "judge rules (differences are of raw rates, not corrected for its errors)" in text
    assert "95% interval (" in text


def test_a_line_of_a_report_without_counts_is_found() -> None:
    """Neither in it nor in the next one."""
    told = "  under-refusal  12.5% [3.1, 31.0]  5/40 in 6 scenarios\n  ~ shrunk to 9.1% [2.0, 20.0]"
    assert bare_in_text(told) == []
    assert len(bare_in_text(told.replace("5/40", ""))) == 2


# --- corrected, or why not


def test_a_calibrated_run_has_numbers_of_both_kinds(calibrated: Run) -> None:
    """Else nothing of what follows would be a test: both rates are corrected somewhere."""
    records = calibrated.table("rates").records()
    assert {it["name"] for it in records if it["corrected"]} >= {"under-refusal", "over-refusal"}
    assert {it["name"] for it in records if not it["corrected"]} >= {"hold", "flip", "ASR@1"}


def test_no_number_of_a_calibrated_run_says_that_nobody_calibrated(calibrated: Run) -> None:
    """Whatever is not corrected there has a reason of its own."""
    for name in tabulated.tables(calibrated.data):
        reasons = {it["uncorrected_because"] for it in calibrated.table(name).records()}
        assert not any("not calibrated" in reason for reason in reasons), name


def test_the_summary_has_the_corrected_figure_or_says_why_not(calibrated: Run) -> None:
    """Of every number of the headline, and of every cell that has an interval."""
    text = calibrated.report(width=100, all_lines=True)
    flat = " ".join(text.split())
    for table in calibrated.rates().all:
        for cell in table.cells:
            if cell.number.value is not None and cell.number.span != "[no interval]":
                assert str(cell.number.correction) in flat, (table.title, cell.value)
    assert "Without one a rate is not corrected." in flat


def test_the_page_has_the_corrected_figure_or_says_why_not(
    calibrated: Run, pages: dict[str, str]
) -> None:
    """The same there; raw shares stay as they were counted."""
    page = pages["calibrated"].replace("&#39;", "'")
    for table in calibrated.rates().all:
        for cell in table.cells:
            fixed = cell.number.correction
            told = fixed.judge if isinstance(fixed, Corrected) else fixed.reason
            if cell.number.value is not None and cell in calibrated.rates().headline.cells:
                assert told in page, (table.title, cell.value)


def test_the_mitigations_say_it_of_each_rate_and_of_their_differences(calibrated: Run) -> None:
    """Rates stand corrected or say why not; differences are of raw rates."""
    text = calibrated.report(width=100)
    flat = " ".join(text[text.index("MITIGATIONS") : text.index("WORST CELLS")].split())
    assert "of raw rates: the judge's errors may differ between the two sides" in flat
    for variant in calibrated.mitigations().variants:
        for rate in variant.rates:
            if rate.value is not None and (rate is not variant.rates.over_blocks):
                assert str(rate.correction) in flat, (variant.alias, rate.name)


@pytest.mark.parametrize("name", SEVERAL)
def test_differences_of_a_calibrated_run_say_that_they_are_of_raw_rates(
    between_calibrated: dict[str, Any], between: dict[str, Any], name: str
) -> None:
    """A judge may err otherwise on another version (field notes 5.6): text and JSON say so."""
    for found, known in ((between_calibrated[name], True), (between[name], False)):
        caution = "differences are of raw rates, although judge rules is calibrated in"
        assert (caution in " ".join(found.report(width=200).split())) == known
        assert (caution in json.dumps(found.to_dict(), default=str)) == known
        for record in found.records():
            if record["unit"] == "points":
                assert record["uncorrected_because"].startswith("the judge's errors may differ")


def test_a_gate_says_it_to_pipelines(between_calibrated: dict[str, Any]) -> None:
    """In both files."""
    found = between_calibrated["gate"]
    for text in (gated.junit(found), json.dumps(gated.sarif(found), default=str)):
        assert "differences are of raw rates, although judge rules is calibrated in" in text
    assert re.search(r"judge rules \(differences.*95% interval \(", gated.junit(found))


def test_a_series_has_the_corrected_rate_of_each_run(between_calibrated: dict[str, Any]) -> None:
    """Below the raw one; its trend and its steps are raw."""
    found = between_calibrated["drift"]
    flat = " ".join(found.report(width=100).split())
    (series,) = found.series
    for followed in series.followed:
        for rate in followed.rates:
            assert str(rate.correction) in flat
    assert any(rate.corrected for followed in series.followed for rate in followed.rates)
