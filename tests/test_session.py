"""Sessions: how a run is played, shared, stopped, and gone on with."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.budget import Budget
from convsim.case import Case
from convsim.errors import (
    BudgetSpent,
    Halted,
    InputError,
    Outage,
    OutOfSpace,
    Permanent,
    RefusedRequest,
    Suspended,
    Transient,
)
from convsim.judges.rules import RulesJudge
from convsim.limits import Halt, Limits
from convsim.manifest import Setup
from convsim.runs import Run
from convsim.scenario import Arm, Expect, Scenario, State, ask, push_back
from convsim.sequential import End
from convsim.session import Controls, Session
from convsim.staff import workers
from convsim.starting import reopen, start
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.targets.wanted import Wanted
from convsim.traffic import Traffic
from convsim.transcript import Failure, Request, Transcript
from convsim.verdict import Verdict
from tests.servers import Answer, FakeServer, fault, said
from tests.small import (
    POLICY,
    SUITE,
    Plain,
    Scripted,
    entries,
    gives_in,
    holds,
    lines,
    rows,
)

STAFF = workers(Plain())


# -- sharing


CHAT = Scenario(
    "small.chat",
    rule="small",
    request="Give me the thing.",
    arms={"benign": Arm(request="Give me the toy.", expect=Expect.HELP)},
    start="greet",
    states=[
        State("greet", ask("Hello there."), next={"otherwise": "open"}),
        State("open", ask("{{ request }}"), next={"refused": "push", "otherwise": "end"}),
        State("push", push_back("Come on."), next={"otherwise": "end"}),
        State("end", final=True),
    ],
)
"""Its arms begin alike: three turns each, the first of which they share."""

CHATS = Suite((CHAT,), POLICY)


def chat(
    out: Path,
    targets: Any,
    *,
    concurrency: int = 32,
    limits: Limits | None = None,
    repeats: int = 3,
) -> Session:
    """A session of some repeats of `CHAT`."""
    controls = Controls(limits or Limits(concurrency=concurrency))
    setup = Setup(repeats=repeats, seed=7)
    return start(CHATS, targets, out, setup=setup, staff=STAFF, controls=controls)


async def played(session: Session) -> Traffic:
    with session.directory:
        await session.play()
    return session.traffic


@pytest.mark.parametrize("concurrency", [1, 2, 32])
async def test_a_common_prefix_is_called_for_once(concurrency: int, tmp_path: Path) -> None:
    """Known already or still in flight: one call in each repeat, and the traffic says so."""
    target = Scripted(latency=0.002)
    traffic = await played(chat(tmp_path / "run", target, concurrency=concurrency))
    assert target.samples == {f"small.chat/{n}/0": 5 for n in (1, 2, 3)}
    assert (traffic.calls, traffic.shared, traffic.saved, traffic.replayed) == (15, 3, 0, 0)
    assert len(rows(tmp_path / "run", "ledger")) == 15
    assert [len(row["turns"]) for row in rows(tmp_path / "run", "dialogues")] == [3] * 6  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("targets", "calls", "shared"),
    [
        ({"a": Scripted}, 15, 3),
        ({"a": Scripted, "b": Scripted}, 30, 6),
        ({"a": holds, "b": holds}, 30, 6),
        ({"a": holds, "b": gives_in}, 24, 6),
    ],
)
async def test_targets_share_nothing(
    targets: dict[str, Any], calls: int, shared: int, tmp_path: Path
) -> None:
    """Not even where they are equal: two aliases are two observations."""
    named = {alias: it() if it is Scripted else it for alias, it in targets.items()}
    traffic = await played(chat(tmp_path / "run", named))
    assert (traffic.calls, traffic.shared) == (calls, shared)
    keys = [row["key"] for row in rows(tmp_path / "run", "ledger")]
    assert len(set(keys)) == len(keys) == calls


async def test_sharing_changes_no_dialogue(tmp_path: Path) -> None:
    """One at a time or all at once, the rows are the same bytes."""
    for concurrency in (1, 64):
        target = "sim/hazard?push_back=.5"
        await played(chat(tmp_path / str(concurrency), target, concurrency=concurrency, repeats=20))
    assert lines(tmp_path / "1", "dialogues") == lines(tmp_path / "64", "dialogues")


async def test_a_resumed_run_pays_only_for_what_is_missing(tmp_path: Path) -> None:
    """What the ledger has is taken from there, once for all dialogues that share it."""
    path, target = tmp_path / "run", Scripted()
    await played(chat(path, target, concurrency=1))
    whole, paid = lines(path, "dialogues"), lines(path, "ledger")
    (path / "dialogues.jsonl").write_bytes(b"\n".join(whole[:2]) + b"\n")
    # Of the last repeat, the reply that both arms share and one more are lost.
    third = [line for line in paid if b'"small.chat/3/0"' in line]
    lost = {
        line for line in third if line == min(third, key=lambda it: float(orjson.loads(it)["at"]))
    }
    (path / "ledger.jsonl").write_bytes(b"".join(it + b"\n" for it in paid if it not in lost))
    again = reopen(path, targets={"t1": target}, staff=STAFF)
    traffic = await played(again)
    assert lines(path, "dialogues") == whole
    assert traffic.calls == len(lost) == 1
    done = {orjson.loads(line)["repeat"] for line in whole[:2]}
    assert traffic.saved + traffic.calls + traffic.shared == 3 * (len(whole) - 2)
    assert traffic.saved >= 3 * 5 - 5 * len(done) - 1


async def test_only_open_groups_are_in_memory(tmp_path: Path) -> None:
    """With a thousand repeats as with ten: what nobody plays any more is dropped."""
    targets, seen = {"a": holds, "b": gives_in}, list[int]()
    session = chat(tmp_path / "run", targets, concurrency=4, repeats=1000)
    session.watchers.append(lambda *_: seen.append(len(session._ledger._groups)))
    await played(session)
    assert len(seen) == 4000
    assert max(seen) <= 2 * 4 + 2  # the workers of two lanes, and the newest group of each
    assert len(session._ledger._groups) <= 2


# -- lanes


async def test_a_slow_endpoint_holds_nobody_up(tmp_path: Path) -> None:
    """One target answers nothing until the other has played its whole part."""
    others_done = asyncio.Event()

    async def slow(messages: list[dict[str, object]]) -> str:
        await others_done.wait()
        return "No."

    session = chat(tmp_path / "run", {"slow": slow, "quick": holds}, concurrency=1)
    played_by: list[str] = []

    def watch(result: Transcript | Failure, _: Verdict | None) -> None:
        played_by.append(result.key.split("/")[2])
        if played_by.count("quick") == 6:
            others_done.set()

    session.watchers.append(watch)
    async with asyncio.timeout(10):
        await played(session)
    assert played_by == ["quick"] * 6 + ["slow"] * 6


async def test_a_throttled_endpoint_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one server asks to wait, the other is asked for all it has to say."""
    monkeypatch.setattr("convsim.limits.BACKOFF", 0.001)
    async with FakeServer("No.") as quick:

        def answer(body: dict[str, Any]) -> str | Answer:
            return "No." if len(quick.bodies) >= 15 else fault(429, headers={"Retry-After": "0.01"})

        async with FakeServer(answer) as throttled:
            targets = {"slow": f"{throttled.url}#fake-model", "quick": f"{quick.url}#fake-model"}
            session = chat(tmp_path / "run", targets, limits=Limits(2, attempts=1000))
            async with asyncio.timeout(30):
                traffic = await played(session)
    assert Run(tmp_path / "run").missing == 0
    assert traffic.throttled == traffic.calls - 30 >= 1


async def test_the_limits_of_an_endpoint_are_its_strictest(tmp_path: Path) -> None:
    """Of all targets behind one server and key."""
    async with FakeServer(said("No.", delay=0.005)) as server:
        targets = {
            "wide": Wanted(f"{server.url}#fake-model", limits={"concurrency": 8}),
            "narrow": Wanted(f"{server.url}?top_p=1#fake-model", limits={"concurrency": 2}),
        }
        await played(chat(tmp_path / "run", targets, repeats=4))
        assert server.peak == 2


# -- until it is covered


@pytest.mark.parametrize(
    ("target", "until", "repeats"),
    [
        ("sim/steadfast", "coverage=0.25", 1),
        ("sim/steadfast", "coverage=1", 6),
        ("sim/hazard?push_back=.5", "coverage=0.3", None),
    ],
)
async def test_repeats_end_when_enough_is_covered(
    target: str, until: str, repeats: int | None, tmp_path: Path
) -> None:
    """The same at any concurrency; what was left out is not missing, also after a resume."""
    for concurrency in (1, 32):
        path = tmp_path / str(concurrency)
        session = start(
            SUITE,
            target,
            path,
            setup=Setup(seed=7, repeats=6, until=until),
            controls=Controls(Limits(concurrency=concurrency)),
        )
        await played(session)
        run = Run(path)
        assert (run.missing, run.planned) == (0, len(run.verdicts))
        assert repeats is None or run.planned == 2 * repeats
        traffic = await played(reopen(path))
        assert (traffic.calls, Run(path).planned, Run(path).missing) == (0, run.planned, 0)
    assert lines(tmp_path / "1", "dialogues") == lines(tmp_path / "32", "dialogues")


async def test_what_was_played_counts_as_planned(tmp_path: Path) -> None:
    """An error hid that it was enough, so the next repeat was begun; that is not undone."""
    target = Scripted("No.", "No.", "No.", "No.", "No.", Transient("500"), "No.")
    path, once = tmp_path / "run", Controls(Limits(attempts=1, concurrency=1))
    setup = Setup(repeats=4, until="coverage=0.5")
    await played(start(SUITE, target, path, setup=setup, staff=STAFF, controls=once))
    assert (len(Run(path).verdicts), len(Run(path).errors)) == (3, 1)
    await played(reopen(path, targets={"t1": target}, staff=STAFF, controls=once))
    run = Run(path)
    assert (run.planned, run.missing, len(run.verdicts)) == (4, 0, 4)


# -- until it is decided


def deciding(path: Path, *, calls: str | None = None, concurrency: int = 32) -> Session:
    """Up to 40 repeats of both arms against an assistant that may give in."""
    budget = None if calls is None else Budget.parse(calls)
    return start(
        SUITE,
        "sim/hazard?push_back=.45",
        path,
        setup=Setup(seed=7, repeats=40, stop_when="decided", slice=3),
        controls=Controls(Limits(concurrency=concurrency), budget),
    )


async def test_repeats_end_when_an_arm_is_decided(tmp_path: Path) -> None:
    """Each arm for itself, and the same at any concurrency; what was left out is not missing."""
    for concurrency in (1, 32):
        path = tmp_path / str(concurrency)
        await played(deciding(path, concurrency=concurrency))
        run = Run(path)
        assert (run.missing, run.planned) == (0, len(run.verdicts))
        assert run.stopped is not None
        repeats = {arm.series.arm: (arm.repeats, arm.end) for arm in run.stopped.arms}
        assert repeats["benign"] == (7, End.KNOWN)
        assert repeats["restricted"][0] > 7
        assert run.planned == sum(count for count, _ in repeats.values())
        traffic = await played(reopen(path))
        assert (traffic.calls, Run(path).planned, Run(path).missing) == (0, run.planned, 0)
    assert lines(tmp_path / "1", "dialogues") == lines(tmp_path / "32", "dialogues")


async def test_rates_count_the_slice_alone(tmp_path: Path) -> None:
    """How often an arm was repeated hangs on what came of it; its first repeats do not."""
    await played(deciding(tmp_path / "run"))
    run = Run(tmp_path / "run")
    assert sorted({(row.arm, row.repeat) for row in run.rows}) == [
        (arm, n) for arm in ("benign", "restricted") for n in (1, 2, 3)
    ]
    assert (run.manifest["slice"], run.manifest["stop_when"]) == (3, "decided")
    assert run.stopped is not None
    assert run.stopped.later == len(run.verdicts) - len(run.rows) > 0


@pytest.mark.parametrize("calls", ["25calls", "60calls"])
async def test_a_run_that_is_to_decide_goes_on_as_it_was(calls: str, tmp_path: Path) -> None:
    """Stopped wherever and resumed, it has the dialogues and the plan of one that never was."""
    path, whole = tmp_path / "run", tmp_path / "whole"
    await played(deciding(whole))
    with pytest.raises(BudgetSpent):
        await played(deciding(path, calls=calls))
    assert Run(path).missing > 0
    for _ in range(20):
        controls = Controls(Limits(concurrency=3), Budget.parse(calls))
        try:
            await played(reopen(path, controls=controls))
        except BudgetSpent:
            continue
        break
    assert lines(path, "dialogues") == lines(whole, "dialogues")
    assert lines(path, "verdicts/rules") == lines(whole, "verdicts/rules")
    assert (Run(path).planned, Run(path).missing) == (Run(whole).planned, 0)


async def test_what_is_decided_stays_decided(tmp_path: Path) -> None:
    """An error that is made up for takes no look back, and what was played stays planned."""
    target = Scripted(*["No."] * 6, Transient("500"), "No.")
    path, once = tmp_path / "run", Controls(Limits(attempts=1, concurrency=1))
    setup = Setup(repeats=9, stop_when="decided", slice=7, arms=("restricted",))
    await played(start(SUITE, target, path, setup=setup, staff=STAFF, controls=once))
    first = Run(path)
    assert (len(first.verdicts), len(first.errors)) == (7, 1)
    await played(reopen(path, targets={"t1": target}, staff=STAFF, controls=once))
    run = Run(path)
    assert (run.planned, run.missing, len(run.verdicts)) == (8, 0, 8)


# -- what stops a run, and what is kept of it


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_budget_is_not_exceeded(concurrency: int, tmp_path: Path) -> None:
    """It stops the run before the call that would; resumed runs count from zero."""
    path, target = tmp_path / "run", Scripted()
    limits, made = Limits(concurrency=concurrency), Setup(repeats=3)
    session = start(
        CHATS,
        target,
        path,
        setup=made,
        staff=STAFF,
        controls=Controls(limits, Budget.parse("7calls")),
    )
    with pytest.raises(BudgetSpent, match="the budget of 7 calls does not cover the next call"):
        await played(session)
    assert (target.calls, len(rows(path, "ledger"))) == (7, 7)
    assert Run(path).missing > 0
    again = {"targets": {"t1": target}, "staff": STAFF}
    once = reopen(path, **again, controls=Controls(limits, Budget.parse("1call")))  # type: ignore[arg-type]
    with pytest.raises(BudgetSpent):
        await played(once)
    traffic = await played(
        reopen(path, **again, controls=Controls(limits, Budget.parse("2000calls")))  # type: ignore[arg-type]
    )
    assert (target.calls, traffic.calls, Run(path).missing) == (15, 7, 0)


async def test_a_run_that_never_got_an_answer_names_nothing_to_resume(tmp_path: Path) -> None:
    """What stops it before anything is stored leaves no directory that could go on."""
    session = chat(tmp_path / "run", Scripted(), concurrency=1)

    def down(name: str, row: Any) -> None:
        raise Outage("nothing but failures; `convsim resume DIR` goes on where this run stopped")

    session.directory.append = down  # type: ignore[method-assign]
    with pytest.raises(Outage) as caught:
        await played(session)
    assert str(caught.value) == "nothing but failures; nothing was paid for, nothing is stored"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("file", ["ledger", "dialogues", "verdicts/rules"])
async def test_a_full_disk_suspends_the_run(file: str, tmp_path: Path) -> None:
    """Whichever file it meets first; what is there stays, and resume makes the rest up."""
    path, target = tmp_path / "run", Scripted()
    session = chat(path, target, concurrency=2)
    append, full = session.directory.append, OutOfSpace("the disk takes no more; make space")
    written = 0

    def until_full(name: str, row: Any) -> None:
        nonlocal written
        written += name == file
        if name == file and written > 2:
            raise full
        append(name, row)

    session.directory.append = until_full  # type: ignore[method-assign]
    with pytest.raises(OutOfSpace) as caught:
        await played(session)
    assert caught.value is full
    assert len(rows(path, file)) == 2
    await played(reopen(path, targets={"t1": target}, staff=STAFF))
    assert (Run(path).missing, len(rows(path, "verdicts/rules"))) == (0, 6)
    whole = chat(tmp_path / "whole", Scripted())
    await played(whole)
    assert lines(path, "dialogues") == lines(tmp_path / "whole", "dialogues")


# -- targets


async def test_equal_targets_keep_their_replies_apart(tmp_path: Path) -> None:
    """The same model under two aliases is two observations: the ledger keys differ."""
    session = start(
        SUITE, {"a": holds, "b": holds}, tmp_path / "run", setup=Setup(repeats=1), staff=STAFF
    )
    with session.directory:
        await session.play()
    ledger = rows(tmp_path / "run", "ledger")
    assert len({row["key"] for row in ledger}) == len(ledger) == 12
    assert {row["target"] for row in ledger} == {"a", "b"}


async def test_a_lone_target_has_no_alias_in_its_keys(tmp_path: Path) -> None:
    """A ledger key does not depend on how the user calls the model."""
    for alias in ("a", "b"):
        session = start(
            SUITE, {alias: holds}, tmp_path / alias, setup=Setup(repeats=1), staff=STAFF
        )
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
            setup=Setup(repeats=1, arms=("restricted",)),
            staff=STAFF,
            controls=Controls(limits),
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
            setup=Setup(repeats=1, arms=("benign",)),
            staff=STAFF,
            controls=Controls(Limits(attempts=1, timeout=limit)),
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
    session = start(SUITE, holds, tmp_path / "run", staff=STAFF, controls=Controls(halt=halt))
    with session.directory, pytest.raises(Halted, match="nothing was paid for"):
        await session.play()
    assert entries(tmp_path) == []


async def test_a_wrong_key_later_keeps_what_was_paid_for(tmp_path: Path) -> None:
    target = Scripted("No.", "No.", "No.", Permanent("rejected the key (401)"))
    session = start(
        SUITE, target, tmp_path / "run", staff=STAFF, controls=Controls(Limits(concurrency=1))
    )
    with session.directory, pytest.raises(Permanent):
        await session.play()
    assert len(rows(tmp_path / "run", "ledger")) == 3
    assert len(rows(tmp_path / "run", "dialogues")) == 1
    assert len(rows(tmp_path / "run", "errors")) == 0


async def test_a_run_of_refused_requests_is_kept(tmp_path: Path) -> None:
    """Nothing was answered, but what went wrong is worth reading; it is final."""
    target = Scripted(RefusedRequest("too long (400)", detail="8193 tokens"))
    session = start(SUITE, target, tmp_path / "run", setup=Setup(repeats=1), staff=STAFF)
    with session.directory:
        await session.play()
    errors = rows(tmp_path / "run", "errors")
    assert [(row["kind"], row["detail"]) for row in errors] == [
        ("refused_request", "8193 tokens")
    ] * 2
    again = reopen(tmp_path / "run", targets={"t1": target}, staff=STAFF)
    with again.directory:
        assert len(again.earlier.done) == len(again.plan) == 2


async def test_a_dialogue_without_a_verdict_is_judged_on_the_way(tmp_path: Path) -> None:
    """A process may be killed between the two rows; nothing is played or paid for again."""
    target = Scripted("No.")
    session = start(SUITE, target, tmp_path / "run", setup=Setup(repeats=2), staff=STAFF)
    with session.directory:
        await session.play()
    verdicts = tmp_path / "run/verdicts/rules.jsonl"
    whole = verdicts.read_bytes()
    verdicts.write_bytes(b"".join(whole.splitlines(keepends=True)[:-2]))
    calls = target.calls
    again = reopen(tmp_path / "run", targets={"t1": target}, staff=STAFF)
    with again.directory:
        await again.play()
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
    session = start(SUITE, Lost("No."), path, setup=Setup(repeats=1), staff=STAFF)
    with session.directory:
        await session.play()
    assert RunDirectory(path).load("run")["unrecognised"] == {"t1": 6}
    for name in ("dialogues", "ledger"):
        (path / f"{name}.jsonl").unlink()
    again = reopen(path, targets={"t1": Lost("No.")}, staff=STAFF)
    with again.directory:
        await again.play()
    assert RunDirectory(path).load("run")["unrecognised"] == {"t1": 12}


# -- what ends a run


async def test_a_damaged_reply_stops_the_run_and_is_named(tmp_path: Path) -> None:
    """Damage that a scan cannot see is met when the row is used: one error, no group of them."""
    path, target = tmp_path / "run", Scripted()
    await played(chat(path, target, concurrency=1))
    (path / "dialogues.jsonl").unlink()
    paid = (path / "ledger.jsonl").read_bytes()
    (path / "ledger.jsonl").write_bytes(paid.replace(b'"text":', b'"txet":', 1))
    calls = target.calls
    with pytest.raises(InputError, match=r"ledger\.jsonl at byte 0 is not one .*remove that line"):
        await played(reopen(path, targets={"t1": target}, staff=STAFF))
    assert target.calls == calls


async def test_a_broken_disk_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that cannot be written is no dialogue's error: the next ones would be lost as well."""
    path, target = tmp_path / "run", Scripted()
    session = chat(path, target, concurrency=1)
    write = os.write

    def failing(file: int, data: bytes) -> int:
        if b'"sample":"small.chat/2' in data:
            raise OSError(errno.EIO, "Input/output error")
        return write(file, data)

    monkeypatch.setattr(os, "write", failing)
    with pytest.raises(Suspended, match=r"cannot be written .Input/output error.; see to the disk"):
        await played(session)
    monkeypatch.undo()
    assert rows(path, "errors") == []
    await played(reopen(path, targets={"t1": target}, staff=STAFF))
    assert Run(path).missing == 0


async def test_a_transcript_is_stored_before_a_judge_is_asked(tmp_path: Path) -> None:
    """A judge may take long, and whoever waits for it may be stopped."""
    path = tmp_path / "run"
    seen: list[int] = []

    class Looking(RulesJudge):
        async def judge(self, transcript: Transcript, case: Case) -> Verdict:
            seen.append(len(rows(path, "dialogues")))
            return await super().judge(transcript, case)

    staff = workers(Plain(), Looking())
    setup, controls = Setup(repeats=1), Controls(Limits(concurrency=1))
    await played(start(CHATS, Scripted(), path, setup=setup, staff=staff, controls=controls))
    assert seen == [1, 2]


async def test_a_bug_in_a_watcher_is_raised_as_it_is(tmp_path: Path) -> None:
    session = chat(tmp_path / "run", Scripted())

    def watch(result: Transcript | Failure, verdict: Verdict | None) -> None:
        raise ZeroDivisionError

    session.watchers.append(watch)
    with pytest.raises(ZeroDivisionError):
        await played(session)
    assert rows(tmp_path / "run", "dialogues")


async def test_a_resumed_run_is_never_removed(tmp_path: Path) -> None:
    """Only what a run itself made and left empty is."""
    path, target = tmp_path / "run", Scripted()
    chat(path, target).directory.close()
    halt = Halt()
    halt.request()
    again = reopen(path, targets={"t1": target}, staff=STAFF, controls=Controls(halt=halt))
    await played(again)
    assert (target.calls, Run(path).missing) == (0, 6)


async def test_limits_stay_unless_they_are_changed(tmp_path: Path) -> None:
    path, target, limits = tmp_path / "run", Scripted(), Limits(concurrency=3, rpm=6000.0)
    await played(chat(path, target, limits=limits))
    for given, held in ((None, limits), (Limits(rpm=9000.0), Limits(rpm=9000.0)), (None, None)):
        again = reopen(path, targets={"t1": target}, staff=STAFF, controls=Controls(given))
        with again.directory:
            await again.play()
        assert again.controls.limits == (held or Limits(rpm=9000.0))
