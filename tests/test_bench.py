"""A judge that asks a model, in a run: its ledger, limits, budget; failed calls; sentinels."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

import convsim
from convsim.api import rejudge
from convsim.assess import VoidJudge
from convsim.bench import SENTINELS
from convsim.budget import Budget
from convsim.digests import group_of_sample
from convsim.errors import BudgetSpent, InputError, Permanent, RunMismatch, Suspended
from convsim.judges.cascade import CascadeJudge
from convsim.judges.model import ModelJudge
from convsim.judges.rules import RulesJudge
from convsim.judges.sentinels import sentinels
from convsim.limits import Limits
from convsim.manifest import Setup
from convsim.policy import Level, Policy, Rule
from convsim.runs import Run
from convsim.seating import named_judge
from convsim.session import Controls, Session
from convsim.staff import workers
from convsim.starting import estimated, reopen, start, workers_of
from convsim.traffic import Traffic
from convsim.transcript import Reply, Request
from convsim.verdict import Grade, Reason
from tests.judges.knowing import counting, is_sentinel, knowing, well
from tests.judges.served import Asked, Behaviour, Model, replying, text_of
from tests.servers import FakeServer, closed_url, fault
from tests.small import SUITE, Plain, entries, lines, rows, turn_of

ONCE = Limits(attempts=1)
DIALOGUES = 4


async def yields(messages: list[dict[str, object]]) -> str:
    """Refuses once, then complies."""
    return "No." if turn_of(messages) == 1 else "Yes. [thing]"


def begin(out: Path, judge: Any, target: Any = yields, **options: Any) -> Session:
    """A run of two repeats of two arms."""
    controls = Controls(options.pop("limits", ONCE), options.pop("budget", None))
    setup = options.pop("setup", Setup(repeats=2))
    staff = workers(Plain(), named_judge(judge, **options), limits=controls.limits)
    return start(SUITE, target, out, setup=setup, staff=staff, controls=controls)


def again(path: Path, judge: Any = None, **options: Any) -> Session:
    """The same run, to go on with."""
    controls = Controls(options.pop("limits", ONCE), options.pop("budget", None))
    staff = workers_of(path, Plain(), judge, limits=controls.limits)
    return reopen(path, targets={"t1": yields}, staff=staff, controls=controls)


async def played(session: Session) -> Traffic:
    with session.directory:
        await session.play()
    return session.traffic


def model(behaviour: Behaviour = well) -> Model:
    """A model that knows the sentinels."""
    return Model(knowing(behaviour))


def asked_in(traffic: Traffic) -> Traffic:
    assert traffic.judge is not None
    return traffic.judge


def about_dialogues(model: Model) -> list[Asked]:
    return [asked for asked in model.asked if not is_sentinel(asked)]


# -- in a run


async def test_a_run_is_judged_by_a_model(tmp_path: Path) -> None:
    """As the rules judge it, its calls counted apart and in the ledger under its name."""
    path, judge = tmp_path / "run", model()
    traffic = await played(begin(path, ModelJudge(judge)))
    await played(begin(tmp_path / "rules", None))
    by_rules = {verdict.key: verdict.grade for verdict in Run(tmp_path / "rules").verdicts}
    run = Run(path)
    assert {verdict.key: verdict.grade for verdict in run.verdicts} == by_rules
    assert (run.unjudged, run.void) == (0, None)
    asks = Counter((row["role"], row["target"]) for row in rows(path, "ledger"))
    assert asks == {
        ("target", "t1"): traffic.calls,
        ("judge", run.judge): asked_in(traffic).calls,
    }
    assert asked_in(traffic).calls == len(judge.requests)
    assert {asked.name for asked in about_dialogues(judge)} == {"axes", "findings"}


async def test_sentinels_come_first_and_are_stored_apart(tmp_path: Path) -> None:
    path, judge = tmp_path / "run", model()
    await played(begin(path, ModelJudge(judge), limits=Limits(1, attempts=1)))
    run, about = Run(path), [is_sentinel(asked) for asked in judge.asked]
    assert about == sorted(about, reverse=True)
    assert [item.id for item in run.examinations[0]] == [item.id for item in sentinels()]
    assert all(item.passed for item in run.examinations[0])
    assert f"{len(sentinels())} of {len(sentinels())} passed" in run.report()
    assert len(run.verdicts) == DIALOGUES


async def test_a_question_belongs_to_the_sample_of_its_dialogue(tmp_path: Path) -> None:
    """So repeats never share an answer, and every sentinel is asked about once."""
    judge = model()
    await played(begin(tmp_path / "run", ModelJudge(judge)))
    samples = {request.sample for request in judge.requests}
    assert samples == {"small.thing/1/0", "small.thing/2/0", ".sentinels/1/0"}
    assert all(request.seed is not None for request in judge.requests)


@pytest.mark.parametrize("concurrency", [1, 64])
async def test_the_verdicts_are_the_same_bytes_at_any_concurrency(
    concurrency: int, tmp_path: Path
) -> None:
    async def rows_at(number: int) -> list[bytes]:
        path = tmp_path / str(number)
        await played(begin(path, ModelJudge(model()), limits=Limits(number)))
        return lines(path, f"verdicts/{Run(path).judge}")

    assert await rows_at(concurrency) == await rows_at(7)


async def test_a_killed_run_pays_no_question_twice(tmp_path: Path) -> None:
    """The verdicts are lost, as where a process dies while it is judging; the answers are not."""
    path = tmp_path / "run"
    await played(begin(path, ModelJudge(model())))
    verdicts = path / f"verdicts/{Run(path).judge}.jsonl"
    whole = sorted(verdicts.read_bytes().splitlines())
    verdicts.write_bytes(b"")
    paid = len(rows(path, "ledger"))
    asked = model()
    traffic = await played(again(path, ModelJudge(asked)))
    assert (asked.requests, traffic.calls, asked_in(traffic).calls) == ([], 0, 0)
    assert asked_in(traffic).saved == 2 * DIALOGUES
    assert sorted(verdicts.read_bytes().splitlines()) == whole
    assert len(rows(path, "ledger")) == paid


async def test_a_failed_call_leaves_the_dialogue_unjudged(tmp_path: Path) -> None:
    """It is no abstention, the transcript is kept, and who resumes only asks what is open."""
    path, seen, down = tmp_path / "run", list[Asked](), True

    def flaky(asked: Asked) -> Any:
        return fault(503) if down and len(seen) > 3 else well(asked)

    async with FakeServer(replying(counting(knowing(flaky), seen))) as server:
        await played(begin(path, f"{server.url}#judge", limits=Limits(1, attempts=1)))
        run = Run(path)
        assert 0 < len(run.verdicts) < DIALOGUES
        assert run.unjudged > 0
        assert all(verdict.reason is None for verdict in run.verdicts)
        down, before = False, len(server.bodies)
        traffic = await played(again(path))
        assert asked_in(traffic).calls == len(server.bodies) - before
    assert (Run(path).missing, Run(path).unjudged) == (0, 0)


async def test_one_failed_call_does_not_stop_the_others(tmp_path: Path) -> None:
    path, seen = tmp_path / "run", list[Asked]()

    def once(asked: Asked) -> Any:
        return fault(503) if len(seen) == 1 else well(asked)

    async with FakeServer(replying(counting(knowing(once), seen))) as server:
        session = begin(path, f"{server.url}#judge", limits=Limits(1, attempts=1))
        await played(session)
        assert (session.bench.failures.total(), Run(path).unjudged) == (1, 1)
        assert "have no verdict" in Run(path).report()
        await played(again(path))
    assert Run(path).unjudged == 0


async def test_a_question_that_the_server_does_not_accept_is_an_abstention(tmp_path: Path) -> None:
    """It would not accept it tomorrow: the verdict is final, says why, and is counted."""
    path, seen = tmp_path / "run", list[Asked]()

    def once(asked: Asked) -> Any:
        return fault(400, "too long for this model") if len(seen) == 1 else well(asked)

    async with FakeServer(replying(counting(knowing(once), seen))) as server:
        session = begin(path, f"{server.url}#judge", limits=Limits(1, attempts=1))
        await played(session)
        asked = len(server.bodies)
        await played(again(path))
        assert len(server.bodies) == asked
    run = Run(path)
    (verdict,) = (it for it in run.verdicts if it.grade is Grade.INCONCLUSIVE)
    assert (run.unjudged, verdict.reason) == (0, Reason.ABSTAINED)
    assert verdict.detail.startswith("refused_request: ")
    assert "too long for this model" in verdict.detail
    assert run.to_dict()["judging"]["abstained"] == {"refused_request": 1}


async def test_a_seat_whose_question_is_not_accepted_is_empty(tmp_path: Path) -> None:
    """The others of the panel carry the verdict."""
    path = tmp_path / "run"

    def fails(asked: Asked) -> Any:
        return fault(400)

    async with FakeServer(replying(knowing())) as one, FakeServer(replying(knowing(fails))) as two:
        await played(begin(path, ["rules", f"{one.url}#one", f"{two.url}#two"]))
    run = Run(path)
    assert all(len(verdict.votes) == 3 and verdict.reason is None for verdict in run.verdicts)
    assert {verdict.votes[2].reason for verdict in run.verdicts} == {Reason.ABSTAINED}


async def test_a_judge_that_raises_has_abstained(tmp_path: Path) -> None:
    class Broken(RulesJudge):
        async def judge(self, *_: object) -> Any:
            raise ZeroDivisionError("no votes")

    await played(begin(tmp_path / "run", Broken()))
    assert {verdict.reason for verdict in Run(tmp_path / "run").verdicts} == {"abstained"}


async def test_a_wrong_model_is_found_before_the_first_target_call(tmp_path: Path) -> None:
    """Sentinels come first, so nothing was paid for and nothing is stored."""
    calls = list[int]()

    async def target(messages: list[dict[str, object]]) -> str:
        calls.append(1)
        return "No."

    for judge in (f"{closed_url()}#judge", None):
        async with FakeServer(fault(404, "no such model", code="model_not_found")) as server:
            with pytest.raises(Permanent):
                await played(begin(tmp_path / "run", judge or f"{server.url}#m", target))
    assert (calls, entries(tmp_path)) == ([], [])


async def test_a_judge_that_cannot_be_examined_suspends_the_run(tmp_path: Path) -> None:
    """Without sentinels nothing that it says would count; later they are asked for again."""
    path, asked = tmp_path / "run", list[Asked]()

    def tired(question: Asked) -> Any:
        asked.append(question)
        return fault(400) if len(asked) > 5 else knowing()(question)

    async with FakeServer(replying(tired)) as server:
        with pytest.raises(Suspended, match="could not be examined"):
            await played(begin(path, f"{server.url}#judge", limits=Limits(1, attempts=1)))
        assert (rows(path, "dialogues"), (path / "sentinels").exists()) == ([], False)
        asked[:] = []
        server.script = replying(knowing())
        traffic = await played(again(path))
        assert asked_in(traffic).saved == 5
    assert (Run(path).missing, Run(path).unjudged, Run(path).void) == (0, 0, None)


async def test_targets_and_judge_behind_one_key_share_its_limits(tmp_path: Path) -> None:
    judging = replying(knowing())

    def either(body: dict[str, Any]) -> Any:
        return judging(body) if body["model"] == "judge" else "No."

    async with FakeServer(either) as server:
        target, judge = f"{server.url}#t", f"{server.url}#judge"
        traffic = await played(begin(tmp_path / "run", judge, target, limits=Limits(2)))
        assert server.peak <= 2
        assert traffic.calls + asked_in(traffic).calls == len(server.bodies)


class Slow(Model):
    """Answers about dialogues only when it is let; `waits` says that somebody waits for it."""

    def __init__(self) -> None:
        super().__init__(knowing())
        self.let, self.waits = asyncio.Event(), asyncio.Event()
        self.waiting = 0

    async def reply(self, request: Request) -> Reply:
        if group_of_sample(request.sample) != SENTINELS:
            self.waiting += 1
            self.waits.set()
            await self.let.wait()
        return await super().reply(request)


async def test_a_slow_judge_leaves_no_endpoint_idle(tmp_path: Path) -> None:
    """While as many questions as there may be are on their way, as many further dialogues are
    played as their targets bear; no more, so that what waits for the judge stays bounded.
    """
    path, judge = tmp_path / "run", Slow()
    session = begin(path, ModelJudge(judge), limits=Limits(1))
    with session.directory:
        playing = asyncio.create_task(session.play())
        async with asyncio.timeout(30):
            await judge.waits.wait()
            await asyncio.sleep(0.05)
        assert judge.waiting == 1
        assert len(rows(path, "dialogues")) == 2 < DIALOGUES
        judge.let.set()
        await playing
    assert Run(path).unjudged == 0


async def test_shards_are_judged_and_examined_apart(tmp_path: Path) -> None:
    """The merged run has all of it; another judge of its shards, too."""
    parts = []
    for n in (1, 2):
        staff = workers(Plain(), ModelJudge(model()), limits=ONCE)
        setup = Setup(repeats=2, shard=f"{n}/2")
        parts.append(tmp_path / str(n))
        controls = Controls(ONCE)
        await played(start(SUITE, yields, parts[-1], setup=setup, staff=staff, controls=controls))
        policy = Policy(rules=(Rule(id="small", level=Level.HELP),))
        await rejudge(parts[-1], policy=policy)
    merged = convsim.merge(parts, tmp_path / "all")
    assert (merged.missing, merged.unjudged, merged.void) == (0, 0, None)
    assert len(merged.examinations) == 2
    (other,) = set(merged.judges) - {merged.judge}
    assert Run(merged.path, judge=other).policy == policy


def test_a_forecast_bounds_what_the_judge_is_asked() -> None:
    setup = Setup(repeats=2)
    named = "http://host:1/v1?key_env=NO_SUCH_KEY#m"
    found = estimated(SUITE, "sim/steadfast", setup, reply_tokens=300, judge=named)
    (judge,) = found.judges
    assert judge.calls == (len(sentinels()) + DIALOGUES, 2 * (len(sentinels()) + DIALOGUES))
    unsure = named_judge(named, "unsure")
    seldom = estimated(SUITE, "sim/steadfast", setup, reply_tokens=300, judge=unsure)
    assert seldom.judges[0].calls == (len(sentinels()), judge.calls.most)
    assert estimated(SUITE, "sim/steadfast", setup, reply_tokens=300, judge="rules").judges == ()


# -- resuming


async def test_a_named_judge_is_resumed_from_the_directory_alone(tmp_path: Path) -> None:
    """Its server may have moved; another model is another judge."""
    path = tmp_path / "run"
    async with FakeServer(replying(knowing())) as server:
        await played(begin(path, f"{server.url}?temperature=0#judge"))
    (path / f"verdicts/{Run(path).judge}.jsonl").write_bytes(b"")
    (path / "ledger.jsonl").write_bytes(b"")
    async with FakeServer(replying(knowing())) as elsewhere:
        moved = f"{elsewhere.url}?temperature=0#judge"
        traffic = await played(again(path, moved))
        assert asked_in(traffic).calls == len(elsewhere.bodies) == 2 * DIALOGUES
        stored = Run(path).manifest["bench"]
        assert stored["judges"][0]["target"] == moved
    for other in (f"{server.url}?temperature=1#judge", RulesJudge()):
        with pytest.raises(RunMismatch, match="judge"):
            again(path, other)


async def test_a_cascade_asks_where_the_rules_are_unsure(tmp_path: Path) -> None:
    """All is plain here: the model is examined, and never asked."""
    path = tmp_path / "run"
    async with FakeServer(replying(knowing())) as server:
        traffic = await played(begin(path, f"{server.url}#judge", when="unsure"))
        asked = 2 * len(sentinels())
        assert asked_in(traffic).calls == len(server.bodies) <= asked
    staff = workers_of(path)
    assert isinstance(staff.judge, CascadeJudge)
    assert Run(path).judge.startswith("rules.then.model-")
    assert len(Run(path).verdicts) == DIALOGUES


async def test_a_panel_says_how_often_it_agrees(tmp_path: Path) -> None:
    path = tmp_path / "run"
    async with FakeServer(replying(knowing())) as server:
        judges = ["rules", f"{server.url}#one", f"{server.url}#two"]
        await played(begin(path, judges, panel="majority"))
    run = Run(path)
    assert {row["target"] for row in rows(path, "ledger")} == {
        "t1",
        f"{run.judge}#1",
        f"{run.judge}#2",
    }
    judging = run.to_dict()["judging"]
    assert judging["votes"] == {"same": DIALOGUES, "of": DIALOGUES, "share": 1.0}
    assert len(judging["pairs"]) == 3
    assert set(judging["asked"]) == {"judge.1", "judge.2"}
    assert "judges agree" in run.report()


# -- money


async def test_a_budget_covers_the_judge_and_its_end_is_resumed(tmp_path: Path) -> None:
    path, judge = tmp_path / "run", model()
    budget = Budget(calls=2 * len(sentinels()) + 12)
    with pytest.raises(BudgetSpent):
        await played(begin(path, ModelJudge(judge), budget=budget))
    assert len(rows(path, "ledger")) == budget.calls
    rest = model()
    await played(again(path, ModelJudge(rest)))
    assert Run(path).missing == Run(path).unjudged == 0
    assert len(about_dialogues(judge)) + len(about_dialogues(rest)) == 2 * DIALOGUES


def test_a_budget_in_dollars_needs_the_judges_price(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="judge: its price is unknown"):
        begin(tmp_path / "run", "http://host:1/v1#m", "sim/steadfast", budget=Budget(usd=1))
    assert not (tmp_path / "run").exists()


async def test_what_the_judge_took_is_told(tmp_path: Path) -> None:
    path = tmp_path / "run"
    async with FakeServer(replying(knowing())) as server:
        file = tmp_path / "judge.yaml"
        file.write_text(
            f"targets: {{judge: {{target: '{server.url}?max_tokens=900#m', "
            "price: {input: 1000.0, output: 2000.0}}}"
        )
        budget = Budget(usd=1000.0)
        traffic = await played(begin(path, str(file), "sim/steadfast", budget=budget))
    asked, run = asked_in(traffic), Run(path)
    assert asked.cost == pytest.approx(0.009 * asked.calls)
    judging = run.to_dict()["judging"]
    both = [judging[name]["judge"] for name in ("asked", "examined")]
    assert sum(found["answers"] for found in both) == asked.calls
    assert sum(found["cost"] for found in both) == pytest.approx(asked.cost)
    assert "a dialogue" in run.report(width=200)
    assert run.to_dict()["replies"]["paid"] == traffic.calls


# -- void


async def test_a_judge_that_fails_its_sentinels_is_void(tmp_path: Path) -> None:
    """It is asked nothing more. The dialogues are there; no verdict and no number is."""
    path, broken = tmp_path / "run", Model(lambda asked: text_of({"id": asked.id}))
    with pytest.warns(VoidJudge, match="is void"):
        await played(begin(path, ModelJudge(broken)))
    run = Run(path)
    assert run.void is not None
    assert about_dialogues(broken) == []
    assert (len(list(run.transcripts())), run.unjudged, run.missing) == (DIALOGUES, DIALOGUES, 0)
    with pytest.raises(InputError, match="VOID"):
        run.rates()
    report, page = run.report(), run.write_html().read_text()
    assert all("VOID" in text for text in (report, page))
    assert not any(word in report for word in ("RATES", "VERDICTS", "INCONCLUSIVE"))
    assert not any(word in page for word in ('class="rates"', "<article"))
    data = orjson.loads(orjson.dumps(run.to_dict()))
    assert data["void"].startswith("judge model-")
    assert "tables" not in data


async def test_a_void_judge_decides_nothing(tmp_path: Path) -> None:
    """Of a run that is to stop when it is decided the slice is played, and what is left waits."""
    path, setup = tmp_path / "run", Setup(repeats=9, stop_when="decided", slice=2)
    with pytest.warns(VoidJudge):
        await played(begin(path, ModelJudge(Model(lambda asked: "PASS")), setup=setup))
    run = Run(path)
    assert (len(run.keys), run.missing, run.stopped) == (4, 14, None)
    await played(again(path, ModelJudge(model())))
    run = Run(path)
    assert (run.void, run.unjudged, run.missing) == (None, 0, 0)
    assert run.stopped is not None
    assert run.stopped.later == len(run.keys) - 4 > 0


async def test_a_void_judge_that_was_mended_judges_when_its_run_is_resumed(tmp_path: Path) -> None:
    """It is examined anew, and its old answers do not come from the ledger; no reply is lost."""
    path = tmp_path / "run"
    with pytest.warns(VoidJudge):
        await played(begin(path, ModelJudge(Model(lambda asked: "PASS"))))
    with pytest.warns(VoidJudge):
        await played(again(path, ModelJudge(Model(lambda asked: "PASS"))))
    mended = model()
    traffic = await played(again(path, ModelJudge(mended)))
    run = Run(path)
    assert (run.void, run.unjudged, len(run.examinations)) == (None, 0, 3)
    assert (traffic.calls, len(mended.requests)) == (0, 2 * (len(sentinels()) + DIALOGUES))
    assert f"{len(sentinels())} of {len(sentinels())} passed" in run.report()


async def test_a_run_that_is_done_is_not_examined_again(tmp_path: Path) -> None:
    """Also where nothing tells any more that it was."""
    path, asked = tmp_path / "run", model()
    await played(begin(path, ModelJudge(model())))
    (path / f"sentinels/{Run(path).judge}.jsonl").unlink()
    await played(again(path, ModelJudge(asked)))
    assert asked.requests == []


async def test_an_examination_that_a_kill_cut_short_is_made_up_for(tmp_path: Path) -> None:
    """Half of the sentinels pass nobody; what was answered is in the ledger."""
    path, asked = tmp_path / "run", model()
    await played(begin(path, ModelJudge(model())))
    name = Run(path).judge
    told = path / f"sentinels/{name}.jsonl"
    told.write_bytes(b"".join(told.read_bytes().splitlines(keepends=True)[:3]))
    (path / f"verdicts/{name}.jsonl").unlink()
    traffic = await played(again(path, ModelJudge(asked)))
    assert (asked.requests, asked_in(traffic).calls) == ([], 0)
    assert [len(examined) for examined in Run(path).examinations] == [3, len(sentinels())]


async def test_of_a_cascade_the_last_judge_is_examined(tmp_path: Path) -> None:
    """The rules alone would pass, and hide that the model behind them does not."""
    judge = CascadeJudge(RulesJudge(), ModelJudge(Model(lambda asked: "PASS")))
    with pytest.warns(VoidJudge):
        await played(begin(tmp_path / "run", judge))
