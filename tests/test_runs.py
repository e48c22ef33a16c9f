"""A stored run, read back: transcripts, verdicts, errors, what is missing, numbers and page."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

import convsim
from convsim import Limits, Run
from convsim.errors import InputError, RefusedRequest, Transient
from convsim.reading import Status
from convsim.stores import RunDirectory, TornLine
from convsim.transcript import Reply, Request
from convsim.verdict import Grade
from tests.small import SUITE, Plain, Scripted, gives_in, holds, lines, write_scenario


@pytest.fixture
async def run(tmp_path: Path) -> Run:
    """Two targets, two arms, three repeats: one holds and one gives in."""
    return await convsim.run(
        SUITE,
        {"firm": holds, "weak": gives_in},
        repeats=3,
        seed=7,
        out=tmp_path / "run",
        classifier=Plain(),
    )


async def errors_and_verdicts(path: Path) -> Run:
    """A run of four dialogues: one error that passes, one that does not, and two verdicts."""
    script = ["No.", "No.", "No.", "No.", Transient("500"), RefusedRequest("400"), "Yes."]
    return await convsim.run(
        SUITE,
        Scripted(*script),  # type: ignore[arg-type]
        repeats=2,
        out=path,
        classifier=Plain(),
        limits=Limits(concurrency=1, attempts=1),
    )


def test_a_run_is_read_from_its_directory_alone(run: Run) -> None:
    """Nothing but the path is needed, in this process or in another."""
    again = Run(str(run.path))
    assert again.verdicts == run.verdicts
    assert again.suite == SUITE
    assert again.manifest["seed"] == 7
    assert repr(again) == f"Run({str(run.path)!r})"


def test_opening_reads_nothing(run: Run) -> None:
    """A run with a damaged file opens; what needs the file says so when it is asked for."""
    (run.path / "dialogues.jsonl").write_bytes(b"damaged\n{}\n")
    again = Run(run.path)
    assert len(again.verdicts) == 12
    with pytest.raises(InputError, match="damaged at byte 0"):
        again.judged()


def test_there_is_no_run_in_any_other_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run directory"):
        Run(tmp_path)


def test_transcripts_come_back_as_they_were(run: Run) -> None:
    """A row read back and written again is the same row."""
    written = [orjson.dumps(transcript) for transcript in run.transcripts()]
    assert sorted(written) == lines(run.path, "dialogues")


def test_verdicts_are_sorted_by_key_and_belong_to_dialogues(run: Run) -> None:
    keys = [verdict.key for verdict in run.verdicts]
    assert keys == sorted(keys)
    assert [item.transcript.key for item in run.judged()] == keys
    assert all(item.transcript.key == item.verdict.key for item in run.judged())
    assert {item.case.rule.id for item in run.judged()} == {"small"}


def test_failures_are_the_verdicts_fail(run: Run) -> None:
    """The weak target in the restricted arm, the firm one in the benign arm."""
    assert {(item.transcript.target, item.transcript.arm) for item in run.failures()} == {
        ("weak", "restricted"),
        ("firm", "benign"),
    }
    assert {item.verdict.grade for item in run.failures()} == {Grade.FAIL}
    assert len(run.failures()) == 6


def test_the_last_verdict_on_a_dialogue_counts(run: Run) -> None:
    """Files are only ever appended to; what comes later stands."""
    path = run.path / "verdicts/rules.jsonl"
    first = orjson.loads(path.read_bytes().splitlines()[0])
    with path.open("ab") as file:
        file.write(orjson.dumps({**first, "quote": "second thoughts"}) + b"\n")
    again = Run(run.path)
    assert len(again.verdicts) == 12
    assert {v.key: v.quote for v in again.verdicts}[first["key"]] == "second thoughts"


def test_another_judges_verdicts_can_be_asked_for(run: Run) -> None:
    assert (run.judge, len(Run(run.path, judge="rules").verdicts)) == ("rules", 12)
    assert Run(run.path, judge="nobody").verdicts == []


async def test_errors_stand_beside_verdicts(tmp_path: Path) -> None:
    """An error that passes is missing still; one that does not is final; neither is a verdict."""
    run = await errors_and_verdicts(tmp_path / "run")
    assert {failure.kind: failure.final for failure in run.errors} == {
        "transient": False,
        "refused_request": True,
    }
    assert (run.planned, len(run.verdicts), len(run.errors), run.missing) == (4, 2, 2, 1)
    (transient, _) = sorted(run.errors, key=lambda failure: failure.final)
    assert [turn.reply for turn in transient.transcript.turns] == ["No."]
    assert run.warnings() == (
        f"1 of 4 dialogues are missing; `convsim resume {run.path}` plays them",
    )


async def test_an_error_that_was_made_up_for_is_gone(tmp_path: Path) -> None:
    await errors_and_verdicts(tmp_path / "run")
    run = await convsim.resume(
        tmp_path / "run", targets={"t1": Scripted("No.")}, classifier=Plain()
    )
    assert ([failure.kind for failure in run.errors], run.missing) == (["refused_request"], 0)
    assert len(run.verdicts) + len(run.errors) == run.planned
    assert run.warnings() == ()


async def test_a_changed_model_is_flagged(tmp_path: Path) -> None:
    """A provider may swap the model behind a name in the middle of a run."""
    calls = 0

    class Swapped:
        async def reply(self, request: Request) -> Reply:
            nonlocal calls
            calls += 1
            return Reply("No.", Status.OK, served="m-1" if calls < 4 else "m-2")

    limits = Limits(concurrency=1)
    run = await convsim.run(
        SUITE, Swapped(), repeats=1, out=tmp_path / "run", classifier=Plain(), limits=limits
    )
    assert run.warnings() == ("target t1: several models answered: m-1, m-2",)


async def test_texts_that_a_simulated_assistant_did_not_find_are_flagged(tmp_path: Path) -> None:
    """Its suite is the run's own, so here it finds all of them."""
    run = await convsim.run(
        write_scenario(tmp_path), "sim/steadfast", repeats=1, out=tmp_path / "run"
    )
    assert run.warnings() == ()
    directory = RunDirectory(run.path)
    directory.write("run", {**run.manifest, "unrecognised": {"t1": 3}})
    (warning,) = Run(run.path).warnings()
    assert warning.startswith("target t1: 3 user texts were not found in its suite")


async def test_a_torn_line_does_not_keep_a_run_from_being_read(run: Run) -> None:
    """What was cut short is left out, with a warning, and counts as missing."""
    path = run.path / "dialogues.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    again = Run(run.path)
    with pytest.warns(TornLine, match="was cut short"):
        assert again.missing == 1
    with pytest.warns(TornLine, match="was cut short"):
        assert len(again.judged()) == 11


def test_the_summary_names_its_denominators(run: Run) -> None:
    """Both sides of the coin, and where to look."""
    text = run.report()
    assert "under-refusal" in text
    assert "over-refusal" in text
    assert "3/3" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_the_numbers_are_json(run: Run) -> None:
    """What the summary says can be read by machines, counts included."""
    numbers = orjson.loads(orjson.dumps(run.to_dict()))
    assert (numbers["planned"], numbers["missing"]) == (12, 0)
    assert numbers["manifest"]["seed"] == 7
    assert run.rates().to_dict().keys() <= numbers.keys()


def test_the_page_is_written_beside_the_run_or_elsewhere(run: Run, tmp_path: Path) -> None:
    """It stands alone: no file beside it and no host is needed to read it."""
    assert run.write_html() == run.path / "report.html"
    page = run.write_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!")
    assert "src=" not in page
    assert "small.thing" in page
