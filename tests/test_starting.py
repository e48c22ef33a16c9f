"""Starting and reopening: a run is stored before the first call, and only goes on as itself."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.budget import Budget
from convsim.classifiers.rules import RulesClassifier
from convsim.errors import InputError, RunMismatch
from convsim.judges.rules import RulesJudge
from convsim.limits import Limits
from convsim.manifest import Setup, load_suite_snapshot, stored_limits
from convsim.price import Price
from convsim.session import Controls
from convsim.staff import workers
from convsim.starting import estimated, name_targets, reopen, start
from convsim.stores import RunDirectory
from convsim.targets.prompted import Prompted
from convsim.targets.wanted import Wanted
from tests.small import SCENARIO, SUITE, Plain, Scripted, entries, gives_in, holds

STAFF = workers(Plain())


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
    session = start(SUITE, target, tmp_path / "run", setup=Setup(seed=7, repeats=2), staff=STAFF)
    session.directory.close()
    stored = RunDirectory.open(tmp_path / "run")
    assert target.calls == 0
    assert load_suite_snapshot(stored) == SUITE
    assert stored.load("targets") == {
        "t1": {"target": None, "fingerprint": "object:Scripted", "wanted": None}
    }
    manifest = stored.load("run")
    assert manifest == {
        "seed": 7,
        "repeats": 2,
        "arms": None,
        "walk": "random",
        "mode": "closed",
        "shard": None,
        "until": None,
        "stop_when": None,
        "slice": None,
        "paths": None,
        "classifier": "plain",
        "reader": None,
        "bench": None,
        "judge": "rules",
        "targets": {"t1": "object:Scripted"},
        "convsim": Setup().convsim,
        "scenarios": {"small.thing": SCENARIO.content},
        "policy": manifest["policy"],
        "planned": 4,
        "limits": asdict(Limits()),
        "without": [],
    }
    assert stored_limits(stored) == Limits()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"targets": "sim/nobody"}, "nobody"),
        ({"targets": []}, "no target"),
        ({"targets": "python:tests.small:nothing"}, "nothing"),
        ({"arms": ("bengin",)}, "no scenario has an arm 'bengin'.*did you mean 'benign'"),
        ({"arms": ()}, "there is nothing to run"),
        ({"repeats": 0}, "repeats is 0"),
        ({"walk": "randm"}, "'randm' is no walk; did you mean 'random'"),
        ({"mode": "close"}, "'close' is no mode to run in; did you mean 'closed'"),
        ({"mode": "recorded"}, "'recorded' is no mode to run in; allowed: closed, forced"),
        ({"shard": "3/2"}, "'3/2' is no shard; write I/N"),
        ({"shard": "9/9"}, "shard 9/9 has nothing to run: .* of these there are 5"),
        ({"until": "coverage=2"}, "'coverage=2' is no condition to stop at; allowed: coverage=C"),
        ({"until": "coverage=1", "shard": "1/2"}, "use one of --until and --shard"),
    ],
)
def test_wrong_input_is_found_before_a_directory_is_made(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    given: dict[str, Any] = {"targets": holds, **changed}
    targets = given.pop("targets")
    with pytest.raises(InputError, match=message):
        start(SUITE, targets, tmp_path / "run", setup=Setup(**given), staff=STAFF)
    assert list(tmp_path.iterdir()) == []


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
    session = reopen(stored, staff=STAFF)
    with session.directory:
        assert len(session.earlier.done) == 0
        assert session.suite == SUITE
        assert session.setup.targets == {
            "a": "http://127.0.0.1:1/v1?temperature=0#m",
            "b": "python:tests.small:holds",
        }
        assert len(session.plan) == 20


@pytest.mark.parametrize("moved", ["http://other:9/v1?temperature=0#m"])
def test_a_moved_host_is_the_same_target(stored: Path, moved: str) -> None:
    session = reopen(stored, targets={"a": moved}, staff=STAFF)
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
    reopen(tmp_path / "run", targets={"t1": Scripted("No.")}, staff=STAFF).directory.close()


def test_a_run_that_is_being_written_is_refused(stored: Path) -> None:
    session = reopen(stored, staff=STAFF)
    with session.directory, pytest.raises(RunMismatch, match="written by another process"):
        reopen(stored, staff=STAFF)


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


def test_an_edited_suite_is_not_gone_on_with(stored: Path) -> None:
    suite = orjson.loads((stored / "suite.json").read_bytes())
    suite[0]["request"] = "Something else."
    (stored / "suite.json").write_bytes(orjson.dumps(suite))
    with pytest.raises(RunMismatch, match=r"small\.thing changed; restore it"):
        reopen(stored, staff=STAFF)


def test_an_edited_policy_is_not_gone_on_with(stored: Path) -> None:
    """Rules decide what crosses."""
    policy = orjson.loads((stored / "policy.json").read_bytes())
    policy["rules"][0]["level"] = "help"
    (stored / "policy.json").write_bytes(orjson.dumps(policy))
    with pytest.raises(RunMismatch, match=r"policy\.json of .* is not what the run was made with"):
        reopen(stored, staff=STAFF)


# -- targets with more to them than a string


GUARDED = Wanted(
    "http://127.0.0.1:1/v1#m",
    system="You are the placeholder.",
    parameters={"max_tokens": 50},
    price=Price(1.0, 2.0),
    limits={"concurrency": 2, "timeout": 9.0},
)


@pytest.mark.parametrize(
    "given", [{}, {"a": "http://other:9/v1?max_tokens=50#m"}], ids=["as stored", "moved"]
)
def test_what_a_targets_file_said_is_kept(given: dict[str, object], tmp_path: Path) -> None:
    """System prompt, price and limits, from the directory alone; also where the host moved."""
    start(SUITE, {"a": GUARDED}, tmp_path / "run", staff=STAFF).directory.close()
    session = reopen(tmp_path / "run", targets=given, staff=STAFF)
    with session.directory:
        (named,) = session.named
        assert isinstance(named.target, Prompted)
        assert (named.system, named.price) == (GUARDED.system, GUARDED.price)
        assert dict(named.limits) == GUARDED.limits
        assert named.spec is not None
        assert named.spec.parameters == {"max_tokens": 50}


def test_another_system_prompt_is_another_target(tmp_path: Path) -> None:
    start(SUITE, {"a": GUARDED}, tmp_path / "run", staff=STAFF).directory.close()
    other = {"a": Wanted(GUARDED.text, system="You are another.")}
    with pytest.raises(RunMismatch, match="target 'a' is not the one"):
        reopen(tmp_path / "run", targets=other, staff=STAFF)


# -- what it would cost


DOLLARS = Controls(Limits(), Budget(usd=5))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (Scripted(), "t1: its price is unknown"),
        (Wanted("http://127.0.0.1:1/v1#m"), "t1: its price is unknown"),
        (Wanted("http://127.0.0.1:1/v1#m", price=Price(1, 1)), "t1: a reply may be of any length"),
    ],
    ids=["object", "no price", "no bound"],
)
def test_a_budget_that_cannot_be_kept_is_refused(
    target: object, message: str, tmp_path: Path
) -> None:
    """Before there is a directory, or before it is locked."""
    with pytest.raises(InputError, match=message):
        start(SUITE, target, tmp_path / "run", staff=STAFF, controls=DOLLARS)
    assert entries(tmp_path) == []
    start(SUITE, target, tmp_path / "run", staff=STAFF).directory.close()
    again = {"t1": target} if isinstance(target, Scripted) else {}
    with pytest.raises(InputError, match=message):
        reopen(tmp_path / "run", targets=again, staff=STAFF, controls=DOLLARS)
    reopen(tmp_path / "run", targets=again, staff=STAFF).directory.close()


@pytest.mark.parametrize(
    ("target", "known"),
    [
        (GUARDED, True),
        ("sim/steadfast", True),
        (Wanted("http://127.0.0.1:1/v1#m"), False),
        (holds, False),
    ],
    ids=["priced", "sim", "unpriced", "object"],
)
def test_an_estimate_knows_what_is_known(target: object, known: bool) -> None:
    """An unknown price is unknown, never 0; nothing is called."""
    foreseen = estimated(SUITE, target, Setup(repeats=3), reply_tokens=100)
    assert foreseen.dialogues == 6
    assert (foreseen.cost is not None) is known


def test_an_estimate_refuses_a_target_that_a_run_would_refuse() -> None:
    """In the same words, since a dry run is there to find them."""
    with pytest.raises(InputError, match="did you mean 'leaks_facets'"):
        estimated(SUITE, {"a": "sim/leaks_facet"}, Setup(repeats=3), reply_tokens=100)
