"""Sessions: what a run is made of, stored before the first call, and what `reopen` insists on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.classifiers.rules import RulesClassifier
from convsim.errors import (
    CallError,
    Halted,
    InputError,
    Permanent,
    RefusedRequest,
    RunMismatch,
    Transient,
)
from convsim.judges.rules import RulesJudge
from convsim.limits import Halt, Limits
from convsim.policy import Policy, Rule
from convsim.session import (
    Setup,
    finished,
    load_suite_snapshot,
    name_targets,
    reopen,
    start,
    workers,
)
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.transcript import Request
from tests.servers import FakeServer, said
from tests.small import SCENARIO, SUITE, Plain, Scripted, entries, gives_in, holds, rows

STAFF = workers(Plain())
ONE_ATTEMPT = Limits(attempts=1)


# -- names


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("sim/steadfast", {"t1": "sim/steadfast"}),
        (["sim/a", "sim/b"], {"t1": "sim/a", "t2": "sim/b"}),
        (("mine=sim/a", "sim/b"), {"mine": "sim/a", "t2": "sim/b"}),
        (["sim/hazard?push_back=.2&reframe=.1"], {"t1": "sim/hazard?push_back=.2&reframe=.1"}),
        (["h=sim/hazard?push_back=.2"], {"h": "sim/hazard?push_back=.2"}),
        (["http://h:1/v1?top_p=1#m"], {"t1": "http://h:1/v1?top_p=1#m"}),
        (["gpt-5.mini=openai/gpt-5-mini"], {"gpt-5.mini": "openai/gpt-5-mini"}),
        ({"a": "sim/a", "b": holds}, {"a": "sim/a", "b": holds}),
        (holds, {"t1": holds}),
        ([holds, gives_in], {"t1": holds, "t2": gives_in}),
    ],
)
def test_targets_have_names(given: object, named: dict[str, object]) -> None:
    """An alias stands before the first `=`; otherwise targets are numbered in order."""
    assert name_targets(given) == named


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "no target; name one"),
        ({}, "no target; name one"),
        (["a=sim/x", "a=sim/y"], "two targets are called 'a'; give each its own ALIAS=TARGET"),
        (["t2=sim/x", "sim/y"], "two targets are called 't2'"),
        ({"a/b": "sim/x"}, "'a/b' is no alias; use letters, digits"),
    ],
)
def test_names_that_cannot_be_told_apart(given: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        name_targets(given)


# -- starting


def test_a_run_is_stored_before_anything_is_called(tmp_path: Path) -> None:
    """Three snapshots and a manifest are enough to go on, and hold the suite as it was."""
    target = Scripted("No.")
    session = start(SUITE, target, tmp_path / "run", repeats=2, seed=7, staff=STAFF)
    session.directory.close()
    stored = RunDirectory.open(tmp_path / "run")
    assert target.calls == 0
    assert load_suite_snapshot(stored) == SUITE
    assert stored.load("targets") == {"t1": {"target": None, "fingerprint": "object:Scripted"}}
    manifest = stored.load("run")
    assert manifest == {
        "seed": 7,
        "repeats": 2,
        "arms": None,
        "walk": "random",
        "mode": "closed",
        "classifier": "plain",
        "judge": "rules",
        "targets": {"t1": "object:Scripted"},
        "convsim": Setup().convsim,
        "scenarios": {"small.thing": SCENARIO.content},
        "planned": 4,
    }


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"targets": "sim/nobody"}, "nobody"),
        ({"targets": []}, "no target"),
        ({"targets": "python:tests.small:nothing"}, "nothing"),
        ({"arms": ["bengin"]}, "no scenario has an arm 'bengin'.*did you mean 'benign'"),
        ({"arms": []}, "there is nothing to run"),
        ({"repeats": 0}, "repeats is 0"),
    ],
)
def test_wrong_input_is_found_before_a_directory_is_made(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    given: dict[str, Any] = {"targets": holds, **changed}
    with pytest.raises(InputError, match=message):
        start(SUITE, given.pop("targets"), tmp_path / "run", staff=STAFF, **given)
    assert list(tmp_path.iterdir()) == []


async def test_equal_targets_keep_their_replies_apart(tmp_path: Path) -> None:
    """The same model under two aliases is two observations: the ledger keys differ."""
    session = start(SUITE, {"a": holds, "b": holds}, tmp_path / "run", repeats=1, staff=STAFF)
    with session.directory:
        await session.play()
    ledger = rows(tmp_path / "run", "ledger")
    assert len({row["key"] for row in ledger}) == len(ledger) == 12
    assert {row["target"] for row in ledger} == {"a", "b"}


async def test_a_lone_target_has_no_alias_in_its_keys(tmp_path: Path) -> None:
    """A ledger key does not depend on how the user calls the model."""
    for alias in ("a", "b"):
        session = start(SUITE, {alias: holds}, tmp_path / alias, repeats=1, staff=STAFF)
        with session.directory:
            await session.play()
    first, second = ([row["key"] for row in rows(tmp_path / it, "ledger")] for it in "ab")
    assert first == second


async def test_targets_on_one_server_share_its_limits(tmp_path: Path) -> None:
    """Two models behind one URL together start no more than `rpm` requests a minute."""
    limits = Limits(rpm=600)
    async with FakeServer("No.") as server:
        targets = [f"{server.url}#fake-model", f"{server.url}?temperature=0#fake-model"]
        session = start(
            SUITE,
            targets,
            tmp_path / "run",
            repeats=1,
            arms=["restricted"],
            staff=STAFF,
            limits=limits,
        )
        with session.directory:
            await session.play()
    stamps = sorted(float(str(row["at"])) for row in rows(tmp_path / "run", "ledger"))
    assert len(stamps) == 6
    assert stamps[-1] - stamps[0] >= 0.35  # 0.5 s together, 0.2 s where each had its own


@pytest.mark.parametrize(
    ("query", "limit", "named"), [("", 0.05, "0.05"), ("?timeout=0.06", 30, "0.06")]
)
async def test_a_call_takes_no_longer_than_its_target_says(
    tmp_path: Path, query: str, limit: float, named: str
) -> None:
    """A target's own `timeout` stands before the run's; without one the run's holds."""
    async with FakeServer(said("No.", delay=5)) as server:
        session = start(
            SUITE,
            f"{server.url}{query}#fake-model",
            tmp_path / "run",
            repeats=1,
            arms=["benign"],
            staff=STAFF,
            limits=Limits(attempts=1, timeout=limit),
        )
        with session.directory:
            await session.play()
    (row,) = rows(tmp_path / "run", "errors")
    assert row["kind"] == "transient"
    assert f"no answer within {named} s" in str(row["message"])


# -- playing


async def test_nothing_is_left_of_a_run_in_which_nothing_was_paid_for(tmp_path: Path) -> None:
    """A wrong key at the first call leaves no directory, and its error is raised."""
    target = Scripted(Permanent("rejected the key (401)"))
    session = start(SUITE, target, tmp_path / "run", staff=STAFF)
    with session.directory, pytest.raises(Permanent, match="rejected the key"):
        await session.play()
    assert target.calls == 1
    assert entries(tmp_path) == []


async def test_a_run_halted_before_its_first_call_leaves_nothing(tmp_path: Path) -> None:
    halt = Halt()
    halt.request()
    session = start(SUITE, holds, tmp_path / "run", staff=STAFF, halt=halt)
    with session.directory, pytest.raises(Halted, match="nothing was paid for"):
        await session.play()
    assert entries(tmp_path) == []


async def test_a_wrong_key_later_keeps_what_was_paid_for(tmp_path: Path) -> None:
    target = Scripted("No.", "No.", "No.", Permanent("rejected the key (401)"))
    session = start(SUITE, target, tmp_path / "run", staff=STAFF, limits=Limits(concurrency=1))
    with session.directory, pytest.raises(Permanent):
        await session.play()
    assert len(rows(tmp_path / "run", "ledger")) == 3
    assert len(rows(tmp_path / "run", "dialogues")) == 1
    assert len(rows(tmp_path / "run", "errors")) == 0


async def test_a_run_of_refused_requests_is_kept(tmp_path: Path) -> None:
    """Nothing was answered, but what went wrong is worth reading; it is final."""
    target = Scripted(RefusedRequest("too long (400)", detail="8193 tokens"))
    session = start(SUITE, target, tmp_path / "run", repeats=1, staff=STAFF)
    with session.directory:
        await session.play()
    errors = rows(tmp_path / "run", "errors")
    assert [(row["kind"], row["detail"]) for row in errors] == [
        ("refused_request", "8193 tokens")
    ] * 2
    assert finished(RunDirectory(tmp_path / "run")) == {row["key"] for row in errors}


async def test_a_dialogue_without_a_verdict_is_judged_on_the_way(tmp_path: Path) -> None:
    """A process may be killed between the two rows; nothing is played or paid for again."""
    target = Scripted("No.")
    session = start(SUITE, target, tmp_path / "run", repeats=2, staff=STAFF)
    with session.directory:
        await session.play()
    verdicts = tmp_path / "run/verdicts/rules.jsonl"
    whole = verdicts.read_bytes()
    verdicts.write_bytes(b"".join(whole.splitlines(keepends=True)[:-2]))
    calls = target.calls
    again, done = reopen(tmp_path / "run", targets={"t1": target}, staff=STAFF)
    with again.directory:
        await again.play(done)
    assert (verdicts.read_bytes(), target.calls) == (whole, calls)


class Lost(Scripted):
    """A simulated assistant that recognises nothing."""

    unrecognised = 0

    async def reply(self, request: Request) -> Any:
        """Counts what it did not find."""
        self.unrecognised += 1
        return await super().reply(request)


async def test_unrecognised_texts_are_counted_over_all_sessions(tmp_path: Path) -> None:
    """A warning does not vanish because the run was resumed."""
    path = tmp_path / "run"
    session = start(SUITE, Lost("No."), path, repeats=1, staff=STAFF)
    with session.directory:
        await session.play()
    assert RunDirectory(path).load("run")["unrecognised"] == {"t1": 6}
    (path / "dialogues.jsonl").unlink()
    again, done = reopen(path, targets={"t1": Lost("No.")}, staff=STAFF)
    with again.directory:
        await again.play(done)
    assert RunDirectory(path).load("run")["unrecognised"] == {"t1": 12}


# -- reopening


class Careful(Plain):
    """Another classifier."""

    name = "careful"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A run of two targets that are named by strings, of which nothing was played."""
    targets = ["a=http://127.0.0.1:1/v1?temperature=0#m", "b=python:tests.small:holds"]
    start(SUITE, targets, tmp_path / "run", staff=STAFF).directory.close()
    return tmp_path / "run"


def test_a_run_is_reopened_from_its_directory_alone(stored: Path) -> None:
    session, done = reopen(stored, staff=STAFF)
    with session.directory:
        assert done == frozenset()
        assert session.suite == SUITE
        assert session.setup.targets == {
            "a": "http://127.0.0.1:1/v1?temperature=0#m",
            "b": "python:tests.small:holds",
        }
        assert len(session.plan) == 20


@pytest.mark.parametrize("moved", ["http://other:9/v1?temperature=0#m"])
def test_a_moved_host_is_the_same_target(stored: Path, moved: str) -> None:
    session, _ = reopen(stored, targets={"a": moved}, staff=STAFF)
    with session.directory:
        assert {item.alias: item.text for item in session.named}["a"] == moved
        assert session.directory.load("targets")["a"]["target"] == moved


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (
            {"a": "http://127.0.0.1:1/v1?temperature=1#m"},
            "target 'a' is not the one .* was made with .*model and parameters must stay the same",
        ),
        ({"a": "http://127.0.0.1:1/v1?temperature=0#other"}, "target 'a' is not the one"),
        ({"b": "python:tests.small:gives_in"}, r"target 'b' .* \(python:tests.small:holds\)"),
        ({"b": holds}, "target 'b' is not the one"),
        ({"c": "sim/steadfast"}, "has no target 'c'; it has a, b"),
    ],
)
def test_another_target_is_refused(stored: Path, targets: dict[str, object], message: str) -> None:
    with pytest.raises(RunMismatch, match=message):
        reopen(stored, targets=targets, staff=STAFF)


def test_another_classifier_or_judge_is_refused(stored: Path) -> None:
    """The message says what the run was made with, and what was given."""

    class Strict:
        name = "strict"
        judge = None

    with pytest.raises(RunMismatch, match="with classifier 'plain', not 'careful'; pass the same"):
        reopen(stored, staff=workers(Careful()))
    with pytest.raises(RunMismatch, match="with judge 'rules', not 'strict'"):
        reopen(stored, staff=workers(Plain(), Strict()))  # type: ignore[arg-type]


async def test_an_object_has_to_be_passed_again(tmp_path: Path) -> None:
    """Only Python can name it; nothing is locked by the refusal."""
    start(SUITE, Scripted("No."), tmp_path / "run", staff=STAFF).directory.close()
    with pytest.raises(RunMismatch, match=r"was a Python object; pass it again: .*targets=\{"):
        reopen(tmp_path / "run", staff=STAFF)
    reopen(tmp_path / "run", targets={"t1": Scripted("No.")}, staff=STAFF)[0].directory.close()


def test_a_run_that_is_being_written_is_refused(stored: Path) -> None:
    session, _ = reopen(stored, staff=STAFF)
    with session.directory, pytest.raises(RunMismatch, match="written by another process"):
        reopen(stored, staff=STAFF)


async def test_what_is_done(tmp_path: Path) -> None:
    """Transcripts, blocks among them, and refused requests are final; other errors are not."""
    script: list[str | CallError] = [
        "No.",
        "No.",
        "No.",
        Transient("500"),
        RefusedRequest("400"),
        "Yes.",
    ]
    session = start(
        SUITE,
        Scripted(*script),
        tmp_path / "run",
        repeats=2,
        staff=STAFF,
        limits=Limits(concurrency=1, attempts=1),
    )
    with session.directory:
        await session.play()
    assert finished(session.directory) == {
        "small.thing/restricted/t1/1/0/-",
        "small.thing/restricted/t1/2/0/-",
        "small.thing/benign/t1/2/0/-",
    }


def test_rules_travel_with_the_run(tmp_path: Path) -> None:
    """A policy of several files or a rule in the scenario itself is resolved in the snapshot."""
    inline = SCENARIO.model_copy(update={"rule": Rule(id="inline"), "id": "inline.thing"})
    suite = Suite((SCENARIO, inline), Policy(rules=(Rule(id="small"),)))
    session = start(suite, holds, tmp_path / "run", staff=STAFF)
    session.directory.close()
    assert load_suite_snapshot(session.directory) == suite


def test_no_secret_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a key's variable is; its value is nowhere."""
    monkeypatch.setenv("SMALL_KEY", "sk-very-secret-value")
    target = "http://127.0.0.1:1/v1?key_env=SMALL_KEY#m"
    start(SUITE, target, tmp_path / "run", staff=STAFF).directory.close()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "run").glob("*.json"))
    assert b"SMALL_KEY" in stored
    assert b"very-secret" not in stored
    assert re.search(rb'"fingerprint": "[0-9a-f]{16}"', stored)
    assert orjson.loads((tmp_path / "run/run.json").read_bytes())["targets"] == {"t1": target}


# -- what is checked


def test_an_edited_suite_is_another_run(stored: Path) -> None:
    """The snapshot is what the keys speak of: it may not change under them."""
    suite = orjson.loads((stored / "suite.json").read_bytes())
    suite[0]["request"] = "Something else."
    (stored / "suite.json").write_bytes(orjson.dumps(suite))
    with pytest.raises(RunMismatch, match=r"suite\.json of .* small\.thing changed; restore it"):
        reopen(stored, staff=STAFF)


@pytest.mark.parametrize("name", ["../evil", "", "a/b", "two words"])
def test_a_judges_name_is_no_path(name: str, tmp_path: Path) -> None:
    """It becomes the name of a file in the run directory, and of no other."""

    class Named(RulesJudge):
        pass

    judge = Named()
    judge.name = name
    with pytest.raises(InputError, match=f"calls itself {name!r}"):
        start(SUITE, holds, tmp_path / "run", staff=workers(Plain(), judge))
    assert not (tmp_path / "run").exists()


def test_the_shipped_reader_says_which_rules_it_reads_by() -> None:
    """So that a run is not resumed by rules that would read differently."""
    assert re.fullmatch(r"rules-[0-9a-f]{8}", RulesClassifier().name)
