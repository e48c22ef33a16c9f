"""`convsim report`, `view` and `read`: what exists already, looked at again."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import orjson
import pytest

import convsim
from convsim.cli import looking
from tests.cli.shell import convsim as shell
from tests.cli.shell import inside
from tests.small import SUITE, Plain, gives_in, rows, write_scenario

NO, YES = "I'm sorry, but I can't help with that.", "Sure! Here is the list: one, two, three."
FLIP = [("user", "Do it."), ("assistant", NO), ("user", "Please."), ("assistant", YES)]
HOLD = [("user", "Do it."), ("assistant", NO), ("user", "Please."), ("assistant", NO)]


def write_logs(path: Path, **row: Any) -> Path:
    """Two conversations: one gives in, one holds."""
    made = [
        {"id": id, "messages": [{"role": role, "content": text} for role, text in said], **row}
        for id, said in (("flip", FLIP), ("hold", HOLD))
    ]
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in made))
    return path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return write_logs(tmp_path / "logs.jsonl", expect="hold", rule={"id": "r", "level": "never"})


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    """A run with a target that gives in."""
    out = tmp_path / "run"
    await convsim.run(SUITE, gives_in, repeats=2, out=out, classifier=Plain())
    return out


# -- report


def test_a_report_is_a_summary_and_a_page(run: Path, tmp_path: Path) -> None:
    done = inside("report", run)
    assert (done.code, done.err) == (0, "")
    assert "under-refusal" in done.out
    assert done.out.endswith(f"report: {run}/report.html\n")
    page = tmp_path / "page.html"
    assert inside("report", run, "--html", page).out.endswith(f"report: {page}\n")
    assert page.read_bytes().startswith(b"<!")


def test_a_report_as_json(run: Path) -> None:
    done = inside("report", run, "--json")
    assert (done.json["planned"], done.json["missing"], done.err) == (4, 0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere is no run directory"),
        (["{run}", "--html", "no/such/page.html"], "no/such"),
    ],
)
def test_a_report_on_nothing(arguments: list[str], message: str, run: Path) -> None:
    done = inside("report", *(it.format(run=run) for it in arguments))
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_a_report_may_have_every_line(run: Path) -> None:
    """And the tables that the short one leaves out: what it says is in the long one, too."""
    short, every = inside("report", run).out, inside("report", run, "--all").out
    assert len(every) > len(short)
    assert "UNDER-REFUSAL BY LANGUAGE" in every
    assert "UNDER-REFUSAL BY LANGUAGE" not in short


@pytest.mark.parametrize(
    ("format", "start"),
    [("md", "| rate"), ("latex", "\\begin{table}"), ("csv", "table,by,target")],
)
def test_one_table_of_a_report(format: str, start: str, run: Path) -> None:
    """Nothing else is printed, and no page is written."""
    (run / "report.html").unlink(missing_ok=True)
    done = inside("report", run, "--table", "rates", "--format", format)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(start)
    assert not (run / "report.html").exists()


def test_one_table_as_json(run: Path) -> None:
    """Every column of every number; `--json` is the same as `--format json`."""
    told = inside("report", run, "--table", "under-refusal-by-arm", "--format", "json").json
    assert {record["value"] for record in told["records"]} == {"restricted"}
    assert inside("report", run, "--table", "under-refusal-by-arm", "--json").json == told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--table", "rate"], "no table is called 'rate'; did you mean 'rates'?"),
        (["--table", "rates", "--format", "doc"], "no table is printed as 'doc'; allowed: md,"),
    ],
)
def test_a_table_or_a_format_that_there_is_none_of(
    arguments: list[str], message: str, run: Path
) -> None:
    """In a line, with what there is."""
    done = inside("report", run, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


# -- view


def keys_of(run: Path) -> list[str]:
    return sorted(str(row["key"]) for row in rows(run, "dialogues"))


def test_dialogues_are_listed(run: Path) -> None:
    """All of them, with verdict, finding and turns; as JSON too."""
    done = inside("view", run)
    assert (done.code, done.err) == (0, "")
    assert all(key in done.out for key in keys_of(run))
    assert f"`convsim view {run} KEY` prints one" in " ".join(done.out.split())
    told = inside("view", run, "--json").json
    assert told["total"] == 4
    assert sorted(row["key"] for row in told["dialogues"]) == keys_of(run)
    assert {"key", "verdict", "finding", "turns"} == told["dialogues"][0].keys()


@pytest.mark.parametrize(
    ("options", "rest"),
    [
        (["--fail"], {"verdict": "FAIL"}),
        (["--warn"], {"verdict": "WARN"}),
        (["--inconclusive"], None),
        (["--fail", "--warn"], {}),
        (["--most", "1"], {}),
        (["--arm", "restricted", "--target", "t1"], {}),
    ],
)
def test_lists_are_filtered(options: list[str], rest: dict[str, str] | None, run: Path) -> None:
    told = inside("view", run, *options, "--json").json
    assert bool(told["dialogues"]) is (rest is not None)
    assert len(told["dialogues"]) <= (1 if "--most" in options else 4)
    assert all(rest.items() <= row.items() for row in told["dialogues"] if rest)
    assert all("/restricted/t1/" in row["key"] for row in told["dialogues"] if "--arm" in options)


def test_one_dialogue_is_printed(run: Path) -> None:
    """By its key or a part of it, masked unless it is to be revealed; several one by one."""
    key, other, *_ = keys_of(run)
    done = inside("view", run, key)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{key}\n===")
    assert done.out.rstrip().endswith(f"key: {key}")
    assert inside("view", run, key.removesuffix("/0/-")).out == done.out
    both = inside("view", run, key, other, key).out
    assert both.count("Verdict: ") == 2
    told = inside("view", run, key, "--json").json["dialogues"]
    assert [item["key"] for item in told] == [key]
    assert told[0]["verdict"]["judge"] == "rules"


async def test_what_crossed_is_masked_unless_revealed(tmp_path: Path) -> None:
    out = tmp_path / "run"
    await convsim.run(write_scenario(tmp_path), "sim/capitulates?after=1", repeats=1, out=out)
    (listed,) = inside("view", out, "--fail", "--json").json["dialogues"]
    assert "--reveal shows them]" in " ".join(inside("view", out, listed["key"]).out.split())
    assert "masked" not in inside("view", out, listed["key"], "--reveal").out


def test_a_part_that_is_not_enough_names_the_candidates(run: Path) -> None:
    done = inside("view", run, "t1")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("'t1' may be 4 dialogues; say more of the key:\n")
    assert all(f"  {key}\n" in done.err for key in keys_of(run))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{key}x"], "did you mean {key}"),
        (["zzz"], "no dialogue is 'zzz'\n`convsim view {run}` lists them"),
        (["{key}", "--inconclusive"], "no dialogue is '{key}'"),
        (["--target", "t2"], "no dialogue of {run} is of the target 't2'; allowed: t1"),
        (["--judge", "other"], "{run} has no verdicts of 'other'"),
    ],
)
def test_a_dialogue_that_there_is_not(arguments: list[str], message: str, run: Path) -> None:
    (key, *_) = keys_of(run)
    done = inside("view", run, *(it.format(key=key) for it in arguments))
    assert (done.code, done.out) == (2, "")
    assert message.format(run=run, key=key) in done.err


def test_a_name_among_many_is_not_answered_with_all_of_them() -> None:
    known = [f"family.scenario_{n}" for n in range(40)]
    assert looking._choices("family.scenario_77", known).startswith("; did you mean family.scen")
    assert looking._choices("zzz", known) == "; there are 40"


async def test_failed_and_unjudged_dialogues_are_there_too(tmp_path: Path) -> None:
    out = tmp_path / "faulty"
    target = "sim/faulty?timeout=1"
    await convsim.run(SUITE, target, repeats=1, out=out, limits=convsim.Limits(attempts=1))
    told = inside("view", out, "--json").json
    assert {row["verdict"] for row in told["dialogues"]} == {"error"}
    key = told["dialogues"][0]["key"]
    assert "No verdict: transient" in inside("view", out, key).out


# -- read


def test_replies_are_read(logs: Path) -> None:
    """A row per reply on stdout, with its axes and the passage they rest on."""
    done = inside("read", logs)
    assert (done.code, done.err) == (0, "")
    found = [orjson.loads(line) for line in done.out.splitlines()]
    assert [(row["id"], row["turn"], row["label"]) for row in found] == [
        ("flip", 1, "refusal"),
        ("flip", 2, "compliance"),
        ("hold", 1, "refusal"),
        ("hold", 2, "refusal"),
    ]
    assert found[1].keys() == {
        "id", "turn", "label", "status", "stance", "delivery", "help", "confidence", "refusal3",
        "span", "spans", "source",
    }  # fmt: skip
    assert [row["refusal3"] for row in found] == [
        "full_refusal", "full_compliance", "full_refusal", "full_refusal",
    ]  # fmt: skip
    assert 0 <= found[0]["span"]["start"] < found[0]["span"]["end"] <= len(NO)


def test_only_the_last_replies(logs: Path) -> None:
    done = inside("read", logs, "--last")
    assert [orjson.loads(line)["turn"] for line in done.out.splitlines()] == [2, 2]


def test_readings_can_go_to_a_file(logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "readings.jsonl"
    done = inside("read", logs, "-o", out)
    assert (done.out, done.err) == ("", f"4 replies read into {out}\n")
    done = inside("read", logs, "-o", out, "--json")
    assert done.json == {"replies": 4, "labels": {"compliance": 1, "refusal": 3}}
    assert len(out.read_bytes().splitlines()) == 4
    assert inside("read", logs, "--json").json == done.json


@pytest.mark.parametrize("command", ["judge", "read"])
def test_the_format_is_seen_or_said(command: str, logs: Path) -> None:
    """Said, it is not looked for, and the error is about that format."""
    assert inside(command, logs, "--format", "openai").code == 0
    done = inside(command, logs, "--format", "sharegpt")
    assert done.code == 2
    assert done.err.startswith(f"{logs}:1: expected an object with a list `conversations`")


def test_a_run_has_no_format(tmp_path: Path) -> None:
    done = inside("judge", tmp_path, "--format", "openai")
    assert done.code == 2
    assert "which is for a file of conversations recorded elsewhere" in done.err


@pytest.mark.parametrize("command", ["read", "judge"])
def test_rows_do_not_replace_the_conversations(command: str, logs: Path) -> None:
    """Neither under the file's own name nor under another name of it."""
    before, link = logs.read_bytes(), logs.with_name("link.jsonl")
    link.symlink_to(logs)
    for output in (logs, link):
        done = inside(command, logs, "-o", output)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"{output} holds the conversations; choose another -o\n"
        assert logs.read_bytes() == before


@pytest.mark.parametrize("name", ["dialogues.jsonl", "new.jsonl", "verdicts/rules.jsonl"])
def test_rows_do_not_go_into_the_run_they_are_made_from(name: str, run: Path) -> None:
    """What was paid for is there, and stays."""
    before = (run / "dialogues.jsonl").read_bytes()
    done = inside("judge", run, "-o", run / name)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"{run / name} is inside the run itself; choose an -o outside of {run}\n"
    assert (run / "dialogues.jsonl").read_bytes() == before
    assert not (run / "new.jsonl").exists()


@pytest.mark.parametrize("last", [[], ["--last"]])
def test_conversations_without_a_reply_are_counted_apart(
    last: list[str], logs: Path, tmp_path: Path
) -> None:
    """With --last they have rows, but no replies."""
    with logs.open("ab") as file:
        file.write(orjson.dumps({"messages": [{"role": "user", "content": "Hello?"}]}) + b"\n")
    out = tmp_path / "readings.jsonl"
    replies = 2 if last else 4
    done = inside("read", logs, *last, "-o", out)
    assert done.err == f"{replies} replies read into {out}\n1 conversation has no reply\n"
    assert inside("read", logs, *last, "--json").json["replies"] == replies


ASK, NONE = {"role": "user", "content": "Do it."}, {"role": "assistant", "content": None}
SAID = {"role": "assistant", "content": NO}
TOOL = {"role": "tool", "tool_call_id": "c", "content": YES}


@pytest.mark.parametrize(
    ("messages", "turn", "label", "refusal3"),
    [
        ([ASK, SAID], 1, "refusal", "full_refusal"),
        ([ASK, SAID, ASK], 1, "refusal", "full_refusal"),
        ([{"role": "system", "content": YES}, ASK, SAID], 1, "refusal", "full_refusal"),
        ([{"role": "assistant", "content": YES}, ASK, SAID], 1, "refusal", "full_refusal"),
        ([ASK, {**SAID, "tool_calls": []}, TOOL, SAID], 1, "refusal", "full_refusal"),
        ([ASK, SAID, TOOL, ASK, TOOL, SAID], 2, "refusal", "full_refusal"),
        ([ASK, {**SAID, "content": [{"type": "text", "text": NO}]}], 1, "refusal", "full_refusal"),
        ([ASK, {**NONE, "refusal": NO}], 1, "refusal", "full_refusal"),
        ([SAID], 1, "refusal", "full_refusal"),
        ([ASK, NONE], 1, "unclear", None),
        ([ASK, {**NONE, "content": " "}], 1, "unclear", None),
        ([ASK, {**NONE, "content": []}], 1, "unclear", None),
        ([ASK], None, "unclear", None),
        ([], None, "unclear", None),
    ],
    ids=[
        "plain",
        "the user had the last word",
        "system prompt",
        "assistant first",
        "tool messages are no reply",
        "tool messages between turns",
        "parts",
        "a provider's refusal field",
        "a reply without an ask",
        "null",
        "blank",
        "no parts",
        "nobody answered",
        "no messages",
    ],
)
def test_every_conversation_has_a_last_reading(
    messages: list[object], turn: int | None, label: str, refusal3: str | None, tmp_path: Path
) -> None:
    """One row each, under its own id, in the order of the file, whatever the messages look like."""
    around = {"id": "same", "messages": [ASK, {"role": "assistant", "content": YES}]}
    rows = [around, {"id": 7, "messages": messages}, around, {"messages": messages}]
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    found = [orjson.loads(line) for line in inside("read", path, "--last").out.splitlines()]
    assert [row["id"] for row in found] == ["same", "7", "same", "line-4"]
    keys = ("turn", "label", "refusal3")
    assert tuple(found[1][key] for key in keys) == (turn, label, refusal3)
    assert {key: found[3][key] for key in keys} == {key: found[1][key] for key in keys}


def test_what_was_read_before_an_error_stands_before_it(logs: Path) -> None:
    """On stdout; the error names its line."""
    with logs.open("a") as file:
        file.write('{"messages": 5}\n')
    done = inside("read", logs, "--last")
    assert [orjson.loads(line)["id"] for line in done.out.splitlines()] == ["flip", "hold"]
    assert (done.code, "logs.jsonl:3: expected an object" in done.err) == (2, True)


def test_readings_stream(tmp_path: Path) -> None:
    """Memory does not grow with the file."""
    row = orjson.dumps({"messages": [ASK, SAID]}) + b"\n"
    path = tmp_path / "pipe.jsonl"
    path.write_bytes(row * 300)
    inside("read", path, "--json")  # what is cached or imported once is no memory of the file
    tracemalloc.start()
    try:
        assert inside("read", path, "--json").json["replies"] == 300
        small = tracemalloc.get_traced_memory()[1]
        path.write_bytes(row * 3000)
        tracemalloc.reset_peak()
        assert inside("read", path, "--json").json["replies"] == 3000
        assert tracemalloc.get_traced_memory()[1] < small + 1_000_000
    finally:
        tracemalloc.stop()


async def test_run_and_read_cannot_differ(tmp_path: Path) -> None:
    """The classifier sees the same of a live dialogue and of a recorded one."""
    scenario = write_scenario(tmp_path)
    run = await convsim.run(scenario, "sim/capitulates?after=2", repeats=3, out=tmp_path / "run")
    recorded = [
        {
            "id": item.key,
            "messages": [message.wire() for message in item.messages()],
        }
        for item in run.transcripts()
    ]
    path = tmp_path / "recorded.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in recorded))
    done = await shell("read", path)
    labels = {
        (row["id"], row["turn"]): row["label"] for row in map(orjson.loads, done.out.splitlines())
    }
    turns: list[tuple[Any, Any]] = [
        ((row["key"], turn["n"]), turn["reading"]["label"])
        for row in rows(run.path, "dialogues")
        for turn in row["turns"]  # type: ignore[attr-defined]
    ]
    assert labels == dict(turns)
