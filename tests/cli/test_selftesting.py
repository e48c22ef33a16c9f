"""`convsim judge --selftest`: the judge itself on trial."""

from __future__ import annotations

import pytest

from convsim.metamorphosis.relations import RELATIONS
from convsim.selftesting import subjects
from tests.cli.shell import convsim as shell
from tests.cli.shell import inside
from tests.judges.served import BROKEN, good, replying, text_of
from tests.servers import FakeServer, fault

HERE = "judge", "--selftest"
DIALOGUES = len(subjects())


def test_the_rules_on_trial() -> None:
    """A table of all relations that fits into 80 columns, for nothing."""
    done = inside(*HERE)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "SELF-TEST OF rules"
    assert max(map(len, lines)) <= 80
    for relation in RELATIONS:
        assert any(line.startswith(f"  {relation.name} ") for line in lines)


def test_as_json() -> None:
    """One document with every figure, and nothing else."""
    done = inside(*HERE, "--relations", "story, names", "--json")
    assert (done.code, done.err) == (0, "")
    assert (done.json["judge"], done.json["dialogues"]) == ("rules", DIALOGUES)
    assert [row["relation"] for row in done.json["relations"]] == ["story", "names"]
    assert done.json["below"] == []


@pytest.mark.parametrize(("bar", "code"), [("0", 0), ("1", 1)])
def test_a_bar(bar: str, code: int) -> None:
    """Exit code 1 where a share is below it, with the names; the table comes all the same."""
    done = inside(*HERE, "--relations", "unchanged,verbosity", "--fail-below", bar)
    assert done.code == code
    assert done.out.startswith("SELF-TEST OF rules\n")
    assert done.err == ("below 1: verbosity\n" if code else "")


def test_what_it_takes_is_counted_without_a_call() -> None:
    """No key is needed."""
    model = "openai/gpt-5-mini?max_tokens=300"
    arguments = (*HERE, "--relations", "unchanged", "--judge", model, "--dry-run")
    done = inside(*arguments)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"{DIALOGUES} dialogues, {DIALOGUES} changed ones; judge: {2 * DIALOGUES} to "
        f"{4 * DIALOGUES} calls, retries aside\n"
    )
    assert inside(*arguments, "--json").json == {
        "dialogues": DIALOGUES,
        "changed": DIALOGUES,
        "calls": {"judge": [2 * DIALOGUES, 4 * DIALOGUES]},
    }
    assert inside(*HERE, "--dry-run").out.endswith("changed ones; no calls\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*HERE, "runs/march"], "takes no SOURCE; its options are"),
        ([*HERE, "--policy", "p.yaml", "-o", "out"], "takes no --policy, -o; its options"),
        ([*HERE, "--relations", "storry"], "'storry' is no relation; did you mean 'story'?"),
        (["judge", "--fail-below", "0.9"], "go with --selftest"),
        (["judge", "--relations", "story"], "go with --selftest"),
        (["judge", "--dry-run"], "go with --selftest"),
        (["judge"], "SOURCE is missing; give a run directory or a JSONL file"),
    ],
)
def test_what_does_not_go_together(arguments: list[str], message: str) -> None:
    """One line, and exit code 2."""
    done = inside(*arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


async def test_a_model_on_trial() -> None:
    """The count comes before the first call, and what was paid at the end.

    This one knows only its placeholders, so that it reads nothing out of these dialogues: it is
    perfectly stable, and the reversals show what that is worth.
    """
    async with FakeServer(replying(lambda asked: text_of(good(asked)))) as server:
        model = f"{server.url}?temperature=0#judge"
        chosen = "--relations", "unchanged,apology_before,refused_instead"
        done = await shell(*HERE, "--judge", model, *chosen, "--fail-below", "0.9")
        calls = len(server.bodies)
    told = done.err.splitlines()
    assert done.code == 1
    assert told[0].startswith(f"{DIALOGUES} dialogues, ")
    assert told[1].startswith(f"judge: {calls} calls, ")
    assert told[2] == "below 0.9: refused_instead"
    assert "SELF-TEST OF model-" in done.out
    assert "hard of hearing" in done.out


@pytest.mark.parametrize("name", ["prose", "refusing", "a bare verdict", "lying"])
async def test_a_broken_model_passes_no_bar(name: str) -> None:
    """Whatever comes of it is an abstention: nothing is stable by being silent."""
    async with FakeServer(replying(BROKEN[name][0])) as server:
        model = f"{server.url}?temperature=0#judge"
        chosen = "--relations", "unchanged", "--fail-below", "0"
        done = await shell(*HERE, "--judge", model, *chosen, "--json")
    (row,) = done.json["relations"]
    assert (done.code, row["n"], row["abstained"]) == (1, 0, DIALOGUES)
    assert done.json["undecided"] == sorted(subject.id for subject in subjects())


async def test_a_wrong_key_is_wrong_input() -> None:
    """Nothing was paid for, and the line says what to look at."""
    async with FakeServer(fault(401)) as server:
        done = await shell(*HERE, "--judge", f"{server.url}#judge", "--relations", "unchanged")
    assert (done.code, done.out) == (2, "")
    assert "was not judged" in done.err
    assert "rejected the key (401)" in done.err


async def test_a_budget_ends_it() -> None:
    """Exit code 3: there is no result from a part."""
    async with FakeServer(replying(lambda asked: text_of(good(asked)))) as server:
        model = f"{server.url}?temperature=0#judge"
        done = await shell(*HERE, "--judge", model, "--budget", "9calls")
        calls = len(server.bodies)
    assert (done.code, done.out, calls) == (3, "", 9)
    assert "the budget of 9 calls does not cover the next call" in done.err
    assert "convsim resume" not in done.err
