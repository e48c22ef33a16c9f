"""`convsim calibrate` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convsim.runs import Run
from tests.cli.shell import convsim as shell
from tests.cli.shell import inside
from tests.cli.test_judging import serving
from tests.judges.knowing import knowing
from tests.judges.served import replying
from tests.servers import FakeServer, fault
from tests.test_calibrating import carried, label, labels_of, made, write
from tests.test_stitching import gives, played
from tests.test_trying import sees

NO = "I'm sorry, but I can't help with that."
YES = "Sure, here it is:\n\n1. [PLACEHOLDER]\n2. [PLACEHOLDER]\n3. [PLACEHOLDER]"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Two raters on 24 conversations, half of which cross."""
    rows: list[dict[str, Any]] = []
    for n in range(24):
        rows.append(carried(f"d{n}", n % 2 == 0, NO, YES if n % 2 == 0 else NO))
        rows.append(label(f"d{n}", n % 2 == 0, "bob"))
    return write(tmp_path / "labels.jsonl", rows)


async def test_labels_with_conversations_calibrate_the_rules(labels: Path) -> None:
    """The raters first, then the judge, from a process of its own."""
    done = await shell("calibrate", labels)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "CALIBRATION OF rules"
    assert lines.index("THE RATERS AMONG THEMSELVES") < lines.index(
        "CROSSED: delivered what the rule restricts (under-refusal)"
    )
    specificity = next(line for line in lines if line.startswith("  specificity"))
    assert specificity == "  specificity   100.0% [75.8, 100.0]  of 12 dialogues"
    assert max(map(len, lines)) <= 80


async def test_a_run_keeps_its_calibration_and_reports_it(tmp_path: Path) -> None:
    """From labels to a corrected rate."""
    run = await made(tmp_path / "run")
    path = write(tmp_path / "labels.jsonl", labels_of(run))
    done = inside("calibrate", path, "--run", run)
    assert (done.code, done.err) == (0, "")
    assert f"kept in {run}/calibration/rules.json\n" in done.out
    assert done.out.endswith(f"convsim report {run} --judge rules\n")
    report = inside("report", run)
    assert "corrected " in report.out
    assert "corrected ones stand beside them, by 100 labelled" in " ".join(report.out.split())
    assert ">corrected</th>" in (run / "report.html").read_text()
    cells = inside("report", run, "--json").json["tables"][0]["cells"]
    (rate,) = (cell["number"] for cell in cells if cell["value"] == "under-refusal")
    assert rate["corrected"]
    assert 0 < rate["correction"]["value"] < 1


def test_the_same_as_data(labels: Path, tmp_path: Path) -> None:
    """`--json` on stdout, `-o` in a file."""
    out = tmp_path / "known.json"
    done = inside("calibrate", labels, "--json", "-o", out)
    assert done.json == json.loads(out.read_text())
    assert done.json["judge"] == "rules"
    assert done.json["questions"]["crossed"]["overall"]["decided"] == 24
    assert {one["question"] for one in done.json["raters"]} == {"crossed"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl is no file; give a JSONL file"),
        (["{labels}", "--run", "nowhere"], "nowhere is no run directory"),
        (["{labels}", "-o", "{labels}"], "choose another -o"),
    ],
)
def test_wrong_input_is_one_line(arguments: list[str], words: str, labels: Path) -> None:
    """And exit code 2."""
    done = inside("calibrate", *(item.format(labels=labels) for item in arguments))
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert len(done.err.splitlines()) == 1


def test_a_bad_row_has_its_line(labels: Path) -> None:
    """`file:line`, as an editor takes it."""
    labels.write_text(labels.read_text() + '{"id": "x", "crossed": "ja"}\n')
    done = inside("calibrate", labels)
    assert done.code == 2
    assert done.err.startswith(f"{labels}:49: crossed is 'ja'; allowed: true, false, null")


# --- a model


async def test_conversations_are_judged_by_a_model(tmp_path: Path) -> None:
    """Sentinels first; each conversation once; what it took is said on stderr."""
    rows = [carried(f"y{n}", True, "No.", "[thing]") for n in range(2)]
    rows += [carried("n", False, "No.", "No."), label("n", False, "bob")]
    path = write(tmp_path / "labels.jsonl", rows)
    async with serving() as server:
        done = await shell("calibrate", path, "--judge", f"{server.url}#judge", "--json")
    assert done.code == 0
    assert done.json["judge"].startswith("model-")
    overall = done.json["questions"]["crossed"]["overall"]
    assert overall["confusion"]["yes"] == {"yes": 2, "no": 0, "abstained": 0}
    assert overall["confusion"]["no"] == {"yes": 0, "no": 1, "abstained": 0}
    assert f"judge: {len(server.bodies)} calls" in done.err


async def test_a_judge_of_the_run_goes_by_its_name(tmp_path: Path) -> None:
    """It judged the run before, so that it is not asked again; reports by it are corrected."""
    run = await made(tmp_path / "run")
    async with serving() as server:
        done = await shell("judge", run, "--judge", f"{server.url}#judge")
        assert done.code == 0, done.err
        (name,) = (judge for judge in Run(run).judges if judge != "rules")
        path = write(tmp_path / "labels.jsonl", labels_of(run))
        asked = len(server.bodies)
        done = await shell("calibrate", path, "--run", run, "--judge", name)
        assert done.code == 0, done.err
        assert done.out.startswith(f"CALIBRATION OF {name}\n")
        again = await shell("calibrate", path, "--run", run, "--judge", f"{server.url}#judge")
        assert again.out == done.out
        assert len(server.bodies) == asked
    assert (run / "calibration" / f"{name}.json").exists()
    assert Run(run).calibration is None
    assert Run(run, judge=name).calibration is not None


# --- on canaries


async def test_a_judge_is_tried_on_canaries(tmp_path: Path) -> None:
    """The rules, from a process of its own; what it finds is kept, and is in the report."""
    run = await played(tmp_path / "run", {"a": gives("left", "right"), "b": gives("left")})
    done = await shell("calibrate", "--canaries", run)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "ON CANARIES: rules"
    assert lines[-1] == f"kept in {run}/canaries/rules.json"
    assert max(map(len, lines[:-1])) <= 80
    assert "on canaries" in inside("report", run).out
    done = await shell("calibrate", "--canaries", run, "--json")
    assert done.json["measured_on"] == "canaries"
    assert done.json == json.loads((run / "canaries" / "rules.json").read_text())


async def test_a_model_is_tried_on_canaries(tmp_path: Path) -> None:
    """What it took is said on stderr; the second time it took nothing."""
    run = await played(tmp_path / "run", {"a": gives("left", "right")})
    out = tmp_path / "trial.json"
    async with FakeServer(replying(knowing(sees))) as server:
        judge = ("--judge", f"{server.url}#judge")
        done = await shell("calibrate", "--canaries", run, *judge, "-o", out, "--json")
        assert done.code == 0, done.err
        assert f"asked: {len(server.bodies)} calls" in done.err
        assert done.json == json.loads(out.read_text())
        asked = len(server.bodies)
        again = await shell("calibrate", "--canaries", run, *judge)
        assert (again.code, again.err, len(server.bodies)) == (0, "", asked)
    assert "QUESTIONS: asked who supplied each facet" in again.out


async def test_a_failed_call_leaves_it_incomplete(tmp_path: Path) -> None:
    """Exit code 3, what was said most often, and how to go on."""
    run = await played(tmp_path / "run", {"a": gives("left", "right")})

    def flaky(asked: Any) -> Any:
        return fault(503) if asked.name == "facets" else sees(asked)

    async with FakeServer(replying(knowing(flaky))) as server:
        done = await shell("calibrate", "--canaries", run, "--judge", f"{server.url}#judge")
    assert done.code == 3
    assert "left without a verdict" in done.err
    assert "the same command goes on" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "LABELS is missing; give a JSONL file of labels, or --canaries RUN"),
        (
            ["{labels}", "--canaries", "nowhere"],
            "takes the truth from the run itself",
        ),
        (["--canaries", "nowhere", "--run", "x"], "and no --run; its options are"),
        (["--canaries", "nowhere"], "nowhere is no run directory"),
    ],
)
def test_canaries_take_no_labels(arguments: list[str], words: str, labels: Path) -> None:
    done = inside("calibrate", *(item.format(labels=labels) for item in arguments))
    assert (done.code, done.out) == (2, "")
    assert words in done.err
