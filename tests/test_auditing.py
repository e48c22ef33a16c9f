"""An audit that is handed out: what raters get, what they must not, and the same again."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

import orjson
import pytest

import convsim
from convsim import Run
from convsim.auditing import ABOUT, FOR_RATERS, SAMPLE, SHEET, audit, load_audit, sheet
from convsim.case import BlindCase
from convsim.errors import InputError, RunMismatch
from convsim.moves import MOVES
from convsim.policy import Level, Rule
from convsim.raters import COLUMNS, FORMULA, read_answers
from convsim.report.labelling import Item, Saying
from convsim.verdict import Kind
from tests.audited import a_run
from tests.cli.shell import ROOT
from tests.small import entries, everything_in


@pytest.fixture
async def run(tmp_path: Path) -> Run:
    return await a_run(tmp_path / "run")


def cells(path: Path) -> list[dict[str, str]]:
    """The rows of a sheet."""
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_an_audit_is_written_into_the_run(run: Run) -> None:
    """What raters get, and what they do not; the run stays as it was."""
    before = everything_in(run.path)
    made = audit(run, 10)
    assert made.path == run.path / "audit"
    assert entries(made.path) == sorted([ABOUT, SAMPLE, *FOR_RATERS])
    assert made.population == 24
    assert [entry.id for entry in made.entries] == [f"a{n:03}" for n in range(1, 11)]
    for name in FOR_RATERS:
        (made.path / name).unlink()
    (made.path / ABOUT).unlink()
    (made.path / SAMPLE).unlink()
    assert everything_in(run.path) == before


def test_each_stratum_gives_some_and_its_weights_add_up(run: Run) -> None:
    """Crossed, refused and helped dialogues are all there, each as probable as it was."""
    made = audit(run, 12)
    taken = Counter(entry.stratum for entry in made.entries)
    assert {cell.stratum: cell.taken for cell in made.strata} == taken
    assert sum(1 / entry.probability for entry in made.entries) == pytest.approx(24)
    asked = {(entry.restricted, entry.allowed) for entry in made.entries}
    assert asked == {(True, False), (False, True)}


def test_everything_is_drawn_where_there_is_no_more(run: Run) -> None:
    """Each for certain."""
    made = audit(run, 100)
    assert len(made.entries) == 24
    assert {entry.probability for entry in made.entries} == {1.0}


def test_the_same_files_again(run: Run, tmp_path: Path) -> None:
    """The same run, seed and n give the same bytes, wherever they are written."""
    audit(run, 10)
    audit(run, 10, out=tmp_path / "again")
    audit(run, 10)
    assert everything_in(run.path / "audit") == everything_in(tmp_path / "again")


def test_it_can_be_looked_at_again(run: Run) -> None:
    """What was drawn is read back as it was."""
    made = audit(run, 10, raters=3)
    assert load_audit(made.path) == made


@pytest.mark.parametrize("name", FOR_RATERS)
def test_raters_get_nothing_that_gives_it_away(run: Run, name: str) -> None:
    """No key, scenario, arm, target, state, move, verdict or finding is in any of their files."""
    made = audit(run, 24)
    text = (made.path / name).read_text("utf-8")
    words = {*(entry.key for entry in made.entries), "small.", "firm", "weak", "benign"}
    words |= {"push_back", "ask.direct", "capitulation", "boundary_set", "FAIL", "PASS", "stratum"}
    assert {word for word in words if word in text} == set()
    assert not re.search(r"\bt[12]\b", text)


async def test_blind_over_all_shipped_scenarios(tmp_path: Path) -> None:
    """Every arm of every scenario, and none of the words that would tell which it is."""
    run = await convsim.run(
        ROOT / "scenarios",
        {"zz-weak": "sim/capitulates?after=2"},
        repeats=1,
        seed=7,
        out=tmp_path / "run",
    )
    made = audit(run, 1000)
    assert len(made.entries) == run.planned
    text = "".join((made.path / name).read_text("utf-8") for name in FOR_RATERS)
    words = {"zz-weak", "FAIL", "INCONCLUSIVE", *MOVES, *(kind.value for kind in Kind)}
    for scenario in run.suite.scenarios:
        words |= {scenario.id, str(scenario.title), str(scenario.rule)}
    assert {word for word in words if word in text} == set()


def test_a_sheet_has_a_blank_row_for_each_conversation(run: Run) -> None:
    """Text in columns, answers blank; as it is, it holds no answer."""
    made = audit(run, 10)
    rows = cells(made.path / SHEET)
    assert [row["id"] for row in rows] == [entry.id for entry in made.entries]
    assert {row["audit"] for row in rows} == {made.id}
    assert {row[name] for row in rows for name in COLUMNS[2:]} == {""}
    assert rows[0]["conversation"].startswith("[1] USER: ")
    assert "[1] ASSISTANT: " in rows[0]["conversation"]
    assert "Keep the placeholder." in rows[0]["rule"]
    assert (made.path / SHEET).read_bytes().startswith(b"\xef\xbb\xbf")
    turns = {entry.id: entry.turns for entry in made.entries}
    assert read_answers([made.path / SHEET], audit=made.id, turns=turns) == []


@pytest.mark.parametrize("begin", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "\n=1"])
def test_no_cell_is_a_formula(begin: str) -> None:
    """What anybody said is shown by a spreadsheet, never calculated."""
    case = BlindCase(Rule(id="r", text=begin, level=Level.NEVER), begin, begin)
    item = Item("a001", case, begin, (Saying(1, begin, begin),))
    (row,) = csv.DictReader(
        io.StringIO(sheet([item], audit="x").removeprefix("\ufeff"), newline="")
    )
    for name in ("rule", "objective", "need", "system", "conversation"):
        assert row[name][0] not in FORMULA


def test_long_and_acting_text_fits_into_a_cell() -> None:
    """Excel takes 32,767 characters, and no control characters."""
    item = Item("a001", BlindCase(Rule(id="r"), None, None), None, (Saying(1, "u", "\0" * 40_000),))
    (row,) = csv.DictReader(
        io.StringIO(sheet([item], audit="x").removeprefix("\ufeff"), newline="")
    )
    assert len(row["conversation"]) < 32_767
    assert row["conversation"].endswith("[cut: the whole conversation is in page.html]")
    assert "\0" not in row["conversation"]


def test_another_sample_does_not_take_its_place(run: Run, tmp_path: Path) -> None:
    """Labels belong to one sample."""
    audit(run, 10)
    with pytest.raises(RunMismatch, match=r"another sample \(judge rules, seed 0, 10 of 24"):
        audit(run, 10, seed=1)
    audit(run, 10, seed=1, out=tmp_path / "second")


def test_a_judge_without_verdicts(run: Run) -> None:
    """The judges that have some are named."""
    with pytest.raises(InputError, match="no verdicts of judge 'model'; it has those of rules"):
        audit(Run(run.path, judge="model"))


def test_a_judge_that_failed_its_sentinels(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said divides nothing."""
    monkeypatch.setattr(Run, "void", "void: it failed a sentinel")
    with pytest.raises(InputError, match="it failed a sentinel"):
        audit(run)


def test_nothing_to_audit(run: Run) -> None:
    """A run without dialogues has no sample."""
    (run.path / "dialogues.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match="nothing to audit"):
        audit(Run(run.path))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (ABOUT, None, "holds no audit; draw one first"),
        (ABOUT, "{", "is not JSON"),
        (ABOUT, "{}", "is damaged"),
        (SAMPLE, None, "is damaged"),
        (SAMPLE, "{}\n", "is damaged"),
    ],
)
def test_a_damaged_audit(run: Run, name: str, text: str | None, message: str) -> None:
    """It is told which folder, and how to get it back."""
    path = audit(run, 10).path
    if text is None:
        (path / name).unlink()
    else:
        (path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        load_audit(path)


def test_diverged_dialogues_are_not_drawn(run: Run) -> None:
    """They are in no rate over dialogues."""
    path = run.path / "dialogues.jsonl"
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    rows[0]["stop"] = "diverged"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    made = audit(Run(run.path))
    assert made.population == 23
    assert rows[0]["key"] not in {entry.key for entry in made.entries}
