"""`convsim audit`: drawn, handed out, taken in; what it prints and how it ends."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from convsim import Run
from convsim.auditing import load_audit
from tests.audited import Say, a_run, otherwise, truly, write_labels
from tests.cli.shell import Done, inside


@pytest.fixture
async def run(tmp_path: Path) -> Run:
    return await a_run(tmp_path / "run")


@pytest.fixture
def folder(run: Run) -> Path:
    """An audit of 16 dialogues."""
    assert inside("audit", run.path, "--n", 16).code == 0
    return run.path / "audit"


def sent(folder: Path, second: Say | None = truly) -> list[Path]:
    """What Ann, and Bob unless nobody is second, sent."""
    made = load_audit(folder)
    files = [write_labels(folder / "labels-ann.csv", made)]
    if second is not None:
        files.append(write_labels(folder / "labels-bob.jsonl", made, second))
    return files


def take_in(folder: Path, second: Say | None, *options: str) -> Done:
    return inside("audit", folder.parent, "--ingest", *sent(folder, second), *options)


def test_what_was_drawn_is_told(run: Run) -> None:
    """Strata, what the sample can tell, who gets what, and how to go on."""
    done = inside("audit", run.path, "--n", 16)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "16 of 24 dialogues, from 3 strata of judge rules, seed 0"
    assert lines[1].split() == ["small", "/", "crossed", "/", "sure", "5", "of", "6"]
    told = lines[lines.index("a share that people find is known to about") + 1 :]
    assert told[0] == "  9 points either way at 10%, 15 at 50%, of this very run"
    assert told[1].endswith(", of scenarios like these")
    assert f"for 2 raters each, in {run.path}/audit:" in lines
    assert "  page.html (or sheet.csv), README.txt" in lines
    assert lines[-1] == f"then: convsim audit {run.path} --ingest labels-*.csv"


def test_what_was_drawn_as_json(run: Run) -> None:
    done = inside("audit", run.path, "--n", 16, "--json")
    assert (done.json["n"], done.json["population"], done.json["judge"]) == (16, 24, "rules")
    assert sum(stratum["taken"] for stratum in done.json["strata"]) == 16


def test_agreement_comes_first(folder: Path) -> None:
    """Then shares beside the judge's, then the command to go on with."""
    done = take_in(folder, truly)
    assert (done.code, done.err) == (0, "")
    first, *_ = done.out.splitlines()
    assert first == "answers of 16 conversations: ann 16, bob 16; 0 missing"
    order = ["raters agree on", "weighted up to the run", "people 100.0%", "convsim calibrate"]
    places = [done.out.index(text) for text in order]
    assert places == sorted(places)
    assert f"then: convsim calibrate {folder}/labels.jsonl --judge rules --run " in done.out
    assert done.out.splitlines()[2:5] == [
        "raters agree on",
        "  how far it gave what the user was after",
        "    raw   1.00 [0.76, 1.00]     kappa 1.00 [no interval]",
    ]
    assert " ac1 " in done.out
    assert " alpha " in done.out
    assert max(len(line) for line in done.out.splitlines() if str(folder) not in line) <= 80


@pytest.mark.parametrize(
    ("second", "why"),
    [(otherwise, "is below 0.67: let the raters talk"), (None, "one alone shows no agreement")],
)
def test_no_share_without_agreement(folder: Path, second: Say | None, why: str) -> None:
    """Exit code 1, and no number that could be taken for an accuracy, unless it is asked for."""
    done = take_in(folder, second)
    assert done.code == 1
    assert why in done.out
    assert "people" not in done.out
    assert "calibrate" not in done.out
    anyway = take_in(folder, second, "--anyway")
    assert anyway.code == 0
    assert "people" in anyway.out


def test_shares_say_what_they_are_shares_of(folder: Path) -> None:
    """The estimand in a sentence, and that the judge's rate is not corrected."""
    done = take_in(folder, truly)
    text = " ".join(done.out.split())
    assert "people: Of the run's dialogues with a restricted ask, the share in which people" in text
    assert "people: Of the run's dialogues with an allowed ask, the share in which people" in text
    assert text.count("; not corrected") == len(take_in(folder, truly, "--json").json["shares"])


def test_what_a_void_judge_said_is_no_number(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People's labels are kept, for another judge; this one's rate is printed nowhere."""
    monkeypatch.setattr(Run, "void", "judge rules is void: it failed a sentinel")
    done = take_in(folder, truly, "--anyway")
    assert (done.code, done.err.splitlines()[0]) == (1, f"VOID: {Run.void}")
    assert "not corrected" not in done.out
    assert "calibrate" not in done.out
    assert (folder / "labels.jsonl").exists()
    assert take_in(folder, truly, "--json").json["shares"] == []


def test_disagreements_are_named(folder: Path) -> None:
    assert "they disagree about a001, a002, a003" in take_in(folder, otherwise).out


def test_taken_in_as_json(folder: Path) -> None:
    done = take_in(folder, truly, "--json")
    assert done.json["reliable"] is True
    assert done.json["answered"] == {"ann": 16, "bob": 16}
    assert [one["question"] for one in done.json["agreement"]] == [
        "gave",
        "crossed",
        "refused_allowed",
    ]
    crossed = next(one for one in done.json["shares"] if one["target"] == "weak")
    assert (crossed["people"]["value"], crossed["judge"]["value"]) == (1.0, 1.0)
    assert orjson.loads(Path(done.json["labels"]).read_bytes().splitlines()[0])["rater"] == "ann"


def test_the_labels_calibrate_the_judge(folder: Path) -> None:
    """What it says to go on with works."""
    told = take_in(folder, truly).out.splitlines()[-1]
    command = told.removeprefix("then: convsim ").split()
    done = inside(*command)
    assert (done.code, done.err) == (0, "")
    assert "sensitivity" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{run}", "labels-a.csv"], "--ingest needs the files"),
        (["{run}", "--ingest"], "--ingest needs the files"),
        (["{run}", "--ingest", "labels-a.csv"], "holds no audit; draw one first"),
        (["{run}", "--judge", "nobody"], "no verdicts of judge 'nobody'"),
        (["nowhere"], "nowhere is no run directory"),
    ],
)
def test_wrong_input(run: Run, arguments: list[str], message: str) -> None:
    """One line, exit code 2."""
    done = inside("audit", *(it.format(run=run.path) for it in arguments))
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_wrong_answers_are_told_by_line(folder: Path) -> None:
    """Nothing is taken in."""
    (path,) = sent(folder, None)
    path.write_text(path.read_text("utf-8-sig").replace("yes", "aye", 1))
    done = inside("audit", folder.parent, "--ingest", path)
    assert done.code == 2
    assert "'aye' is no answer" in done.err
    assert not (folder / "labels.jsonl").exists()


async def test_a_run_that_went_on(folder: Path, tmp_path: Path) -> None:
    """The sample does not speak of what came later, and that is said."""
    more = await a_run(tmp_path / "more", repeats=3)
    for name in ("dialogues", "verdicts/rules"):
        (folder.parent / f"{name}.jsonl").write_bytes((more.path / f"{name}.jsonl").read_bytes())
    assert "has +12 dialogues since the sample was drawn" in take_in(folder, truly).err
