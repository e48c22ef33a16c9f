"""Replays: the replies of an earlier run again, and only those."""

from __future__ import annotations

from pathlib import Path

import pytest

import convsim
from convsim.errors import InputError, NotRecorded
from convsim.stores import RunDirectory
from convsim.targets.replay import ReplayTarget
from convsim.targets.spec import parse_target
from convsim.transcript import Message, Request
from tests.small import SUITE, Plain, gives_in, hello, holds, lines, rows


@pytest.fixture
async def recorded(tmp_path: Path) -> Path:
    """A run of two targets and two repeats."""
    run = await convsim.run(
        SUITE,
        {"firm": holds, "weak": gives_in},
        repeats=2,
        seed=7,
        out=tmp_path / "recorded",
        classifier=Plain(),
    )
    return run.path


def opened(path: Path, query: str = "", alias: str = "t1") -> ReplayTarget:
    return ReplayTarget.of(parse_target(f"replay:{path}{query}"), alias)


def first_request(path: Path, target: str) -> Request:
    """What was asked first in the restricted dialogue of repeat 1."""
    key = f"small.thing/restricted/{target}/1/0/-"
    (dialogue,) = (item for item in convsim.Run(path).transcripts() if item.key == key)
    return Request((Message("user", dialogue.turns[0].user),), "small.thing/1/0", 7)


@pytest.mark.parametrize(
    ("query", "alias", "fingerprint"),
    [
        ("?target=firm", "t1", "object:tests.small.holds"),
        ("?target=weak", "firm", "object:tests.small.gives_in"),
        ("", "weak", "object:tests.small.gives_in"),
    ],
)
async def test_which_target_is_replayed(
    query: str, alias: str, fingerprint: str, recorded: Path
) -> None:
    """The one that is named, else the one that is called as here; known as what it replays."""
    target = opened(recorded, query, alias)
    assert target.fingerprint == fingerprint
    assert (await target.reply(first_request(recorded, "firm"))).text == "No."


async def test_the_only_target_need_not_be_named(tmp_path: Path) -> None:
    run = await convsim.run(
        SUITE, {"mine": holds}, repeats=1, out=tmp_path / "one", classifier=Plain()
    )
    assert opened(run.path, alias="t1").fingerprint == "object:tests.small.holds"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "holds several targets: firm, weak; say which one"),
        ("?target=frm", "has no target 'frm'; did you mean 'firm'?"),
        ("?target=firm&seed=3", "takes no parameter 'seed'; only target="),
    ],
)
async def test_what_is_not_recorded_at_all(query: str, message: str, recorded: Path) -> None:
    with pytest.raises(InputError) as caught:
        opened(recorded, query)
    assert message in str(caught.value)


def test_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run directory"):
        opened(tmp_path)


async def test_a_conversation_that_was_never_had_has_no_reply(recorded: Path) -> None:
    """Another text or another sample; it is an error of that dialogue, and says what to do."""
    target, asked = opened(recorded, "?target=firm"), first_request(recorded, "firm")
    for request in (
        hello("small.thing/1/0"),
        Request(asked.messages, "small.thing/2/0", 7),
        Request(asked.messages, "small.thing/9/0", 7),
        Request(asked.messages, "small.thing/1/fresh.1", 7),
    ):
        with pytest.raises(NotRecorded, match="resume with the live target to go on"):
            await target.reply(request)


async def test_a_replay_leads_to_the_same_dialogues(recorded: Path, tmp_path: Path) -> None:
    """Byte for byte, with nothing called; the ledger says where its replies came from."""
    run = await convsim.run(
        SUITE,
        {"firm": f"replay:{recorded}", "weak": f"replay:{recorded}"},
        repeats=2,
        seed=7,
        out=tmp_path / "again",
        classifier=Plain(),
    )
    assert (run.missing, list(run.errors)) == (0, [])
    assert lines(run.path, "dialogues") == lines(recorded, "dialogues")
    was, now = rows(recorded, "ledger"), rows(run.path, "ledger")
    assert [row["key"] for row in now] == [row["key"] for row in was]
    assert [row["reply"] for row in now] == [row["reply"] for row in was]
    assert {str(row["source"]) for row in now} == {"replay"}


async def test_equal_targets_are_replayed_each_on_its_own(tmp_path: Path) -> None:
    """Two samples of one model stay two, under whatever names they are replayed."""
    numbers = iter(range(1000))

    async def counts(messages: list[dict[str, object]]) -> str:
        return f"No. {next(numbers)}"

    first = await convsim.run(
        SUITE, {"a": counts, "b": counts}, repeats=1, out=tmp_path / "run", classifier=Plain()
    )
    swapped = {"b": f"replay:{first.path}?target=a", "a": f"replay:{first.path}?target=b"}
    again = await convsim.run(SUITE, swapped, repeats=1, out=tmp_path / "again", classifier=Plain())
    said = [
        {(item.target, item.arm): [turn.reply for turn in item.turns] for item in run.transcripts()}
        for run in (first, again)
    ]
    other = {"a": "b", "b": "a"}
    assert said[1] == {(other[target], arm): texts for (target, arm), texts in said[0].items()}


async def test_a_replay_of_a_replay(recorded: Path, tmp_path: Path) -> None:
    """A replay is a run like any other."""
    path = recorded
    for n in range(2):
        run = await convsim.run(
            SUITE,
            {"firm": f"replay:{path}"},
            repeats=2,
            seed=7,
            out=tmp_path / str(n),
            classifier=Plain(),
        )
        path = run.path
    assert run.missing == 0
    assert RunDirectory(path).load("targets")["firm"]["fingerprint"] == "object:tests.small.holds"


async def test_the_live_target_goes_on_where_a_replay_ends(recorded: Path, tmp_path: Path) -> None:
    """More repeats than were recorded: those that were are free, the rest is called for."""
    out, asked = tmp_path / "longer", list[int]()

    async def live(messages: list[dict[str, object]]) -> str:
        asked.append(1)
        return "No."

    live.__module__, live.__qualname__ = holds.__module__, holds.__qualname__
    run = await convsim.run(
        SUITE,
        {"firm": f"replay:{recorded}"},
        repeats=3,
        seed=7,
        out=out,
        classifier=Plain(),
    )
    assert (len(run.verdicts), run.missing) == (4, 2)
    assert {failure.kind for failure in run.errors} == {"not_recorded"}
    run = await convsim.resume(out, targets={"firm": live}, classifier=Plain())
    assert (len(run.verdicts), run.missing, list(run.errors)) == (6, 0, [])
    assert len(asked) == 6
    assert [row["source"] for row in RunDirectory(out).read("ledger")] == ["replay"] * 12 + [
        "call"
    ] * 6
    whole = await convsim.run(
        SUITE, {"firm": holds}, repeats=3, seed=7, out=tmp_path / "whole", classifier=Plain()
    )
    assert lines(out, "dialogues") == lines(whole.path, "dialogues")


async def test_a_replayed_run_can_be_read_otherwise(recorded: Path, tmp_path: Path) -> None:
    """The replies stay; another classifier routes and judges by them."""

    class Trusting(Plain):
        name = "trusting"

    run = await convsim.run(
        SUITE,
        {"weak": f"replay:{recorded}"},
        repeats=2,
        seed=7,
        out=tmp_path / "again",
        classifier=Trusting(),
    )
    assert (run.missing, run.manifest["classifier"]) == (0, "trusting")
