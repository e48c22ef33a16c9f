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
from tests import spread
from tests.small import (
    SUITE,
    Plain,
    Scripted,
    firm_and_weak,
    lines,
    write_scenario,
)


@pytest.fixture
async def run(tmp_path: Path) -> Run:
    """Two targets, two arms, three repeats: one holds and one gives in."""
    return await firm_and_weak(tmp_path / "run")


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


async def test_one_dialogue_is_found_by_its_key(tmp_path: Path) -> None:
    """Judged, not judged yet, ended by an error, or not there."""
    run = await errors_and_verdicts(tmp_path / "run")
    (error, *_) = run.errors
    (first, *_) = run.judged()
    assert run.find(first.transcript.key) == first
    assert run.find(error.key) == error
    assert run.find("nobody/knows") is None
    (run.path / "verdicts" / "rules.jsonl").unlink()
    assert Run(run.path).find(first.transcript.key) == first.transcript


def test_the_rules_are_those_it_is_judged_by(run: Run) -> None:
    """Each once."""
    assert run.rules == tuple(SUITE.policy.rules)


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


SERVED = {
    "one model": (["m-1", "m-1"], []),
    "nobody says": ([None, None], []),
    "some say": ([None, "m-1", None], []),
    "two models": (["m-1", "m-2", "m-1"], ["m-1, m-2"]),
    "odd names": (['say "m"', "back\\slash", "größe"], ['say "m", back\\slash, größe']),
    "many models": ([f"m-{n}" for n in range(8)], ["m-0, m-1, m-2, m-3, m-4 and 3 more"]),
}
"""What the model was in each reply, and what is said about that."""


@pytest.mark.parametrize(("models", "said"), SERVED.values(), ids=SERVED)
def test_the_models_that_answered_are_told(
    run: Run, models: list[str | None], said: list[str]
) -> None:
    """Whatever else stands in a row, texts that look like a field included."""
    with RunDirectory.open(run.path) as directory:
        (run.path / "ledger.jsonl").unlink()
        for model in models:
            reply = Reply('He said: "served":"m-9", "target":"x"', served=model, reasoning="{}")
            directory.append("ledger", {"sample": "s/1/0", "target": "firm", "reply": reply})
    expected = [f"target firm: several models answered: {names}" for names in said]
    assert list(Run(run.path).warnings()) == expected


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
    assert len(again.judged()) == 11
    with pytest.warns(TornLine, match="was cut short"):
        assert len(list(again.transcripts())) == 11


def test_rows_are_read_when_they_are_looked_at(run: Run) -> None:
    """What a run returns is like a list, sorted by key, and holds no rows."""
    judged = run.judged()
    everything = list(judged)
    assert len(judged) == len(everything) == 12
    assert (judged[0], judged[-1]) == (everything[0], everything[-1])
    assert list(judged[2:5]) == everything[2:5]
    assert judged == everything
    assert judged != everything[1:]
    assert everything[3] in judged
    assert repr(judged) == "<12 stored rows>"
    with pytest.raises(IndexError):
        judged[12]


@pytest.mark.parametrize("name", ["dialogues", "verdicts/rules"])
def test_a_damaged_row_is_named_when_it_is_looked_at(run: Run, name: str) -> None:
    """File and byte; the other rows can still be read."""
    path, keys = run.path / f"{name}.jsonl", [verdict.key for verdict in run.verdicts]
    first, second, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second.replace(b'"turns":[', b'"turns":"["') + b"".join(rest))
    again = Run(run.path)
    place = keys.index(orjson.loads(second)["key"])
    with pytest.raises(InputError, match=rf"{name}\.jsonl is damaged at byte {len(first)}: "):
        again.judged()[place]
    assert len(list(again.judged()[:place])) == place


@pytest.mark.parametrize(
    "damage", [(b'"repeat":1', b'"repeat":"once"'), (b'"stop":"final"', b'"stop":"bored"')]
)
def test_a_row_that_is_no_transcript_is_named(run: Run, damage: tuple[bytes, bytes]) -> None:
    """The field and what is wrong with it."""
    path = run.path / "dialogues.jsonl"
    path.write_bytes(path.read_bytes().replace(*damage))
    field = damage[0].split(b'"')[1].decode()
    with pytest.raises(InputError, match=rf"dialogues\.jsonl is damaged at byte \d+: {field}: "):
        list(Run(run.path).transcripts())


def test_the_summary_names_its_denominators(run: Run) -> None:
    """Both sides of the coin, and where to look."""
    text = run.report()
    assert "under-refusal" in text
    assert "over-refusal" in text
    assert "3/3" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def words(text: str) -> list[str]:
    """The lines of a report, whatever its columns are."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_report_says_how_moves_came_about(run: Run) -> None:
    """Mode and walk in one line; a part of a run says that it is one."""
    assert "mode closed; walk random" in words(run.report())
    RunDirectory(run.path).write("run", {**run.manifest, "shard": "2/8", "walk": "all-paths"})
    text = Run(run.path).report()
    assert "mode closed; walk all-paths" in words(text)
    assert "shard 2/8" in words(text)


async def test_an_error_is_reported_with_its_turns(tmp_path: Path) -> None:
    """Failed dialogues are counted and shown beside the judged ones."""
    run = await errors_and_verdicts(tmp_path / "run")
    assert [row.error for row in run.data.rows] == [None, None, "transient", "refused_request"]
    entry = run.data.fetch(run.errors[0].key)
    assert (entry.failure, entry.verdict) == (run.errors[0], None)
    assert "500" in run.write_html().read_text(encoding="utf-8")


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


async def test_what_is_told_of_spread_harm(tmp_path: Path) -> None:
    """Counts per arm and the pressure effect, where there are facets and controls; else nothing."""
    target = {"t1": spread.gives}
    run = await convsim.run(
        spread.SUITE, target, arms=["restricted", "repeat"], repeats=2, out=tmp_path / "run"
    )
    told = orjson.loads(orjson.dumps(run.to_dict()))
    counts = {it["arm"]: (it["in_parts"], it["at_once"], it["short"]) for it in told["spread"]}
    assert counts == {"restricted": (2, 0, 0), "repeat": (0, 0, 2)}
    assert [it["control"] for it in told["pressure"]] == ["repeat"]
    assert "SPREAD HARM" in run.report()
    assert "PRESSURE EFFECT" in run.report()


async def test_what_goes_without_a_control_is_told(tmp_path: Path) -> None:
    """In what ran and in the manifest; a run that names none says nothing."""
    target = {"t1": spread.gives}
    for arms, controls in (["restricted"], []), (["all"], ["ability"]):
        out = tmp_path / arms[0]
        run = await convsim.run(spread.SUITE, target, arms=arms, repeats=1, out=out)
        assert set(controls) <= {it["control"] for it in run.to_dict()["manifest"]["without"]}
        assert ("  without " in run.report()) is bool(controls)


def test_nothing_is_told_of_spread_harm_without_facets(run: Run) -> None:
    assert not {"spread", "pressure", "gap"} & run.to_dict().keys()
