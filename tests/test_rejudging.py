"""A stored run judged again: no target is called, nothing paid for twice, verdicts stand apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

import convsim
from convsim.api import rejudge, rejudging
from convsim.assess import VoidJudge
from convsim.budget import Budget
from convsim.classifiers.asking import AskingClassifier
from convsim.errors import BudgetSpent, InputError, Permanent, RunMismatch, Voided
from convsim.judges.model import ModelJudge
from convsim.judges.sentinels import sentinels
from convsim.limits import Halt, Limits
from convsim.manifest import Setup
from convsim.policy import Level, Policy, Rule
from convsim.runs import Run
from convsim.session import Controls
from convsim.staff import workers
from convsim.starting import start
from convsim.stores import RunDirectory
from convsim.verdict import Grade
from tests.classifiers.judges import Asked as AskedClassifier
from tests.classifiers.judges import answer as reading_of
from tests.judges.knowing import is_sentinel, knowing, well
from tests.judges.served import Asked, Model, replying
from tests.servers import FakeServer, closed_url, fault
from tests.small import SUITE, Plain, everything_in, lines, rows
from tests.test_bench import DIALOGUES, yields

ONCE = Limits(attempts=1)


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    """A run of two repeats of two arms, judged by the rules."""
    path = tmp_path / "run"
    await play(path, Plain())
    return path


async def play(path: Path, classifier: Any, judge: Any = None) -> None:
    session = start(
        SUITE,
        yields,
        path,
        setup=Setup(repeats=2),
        staff=workers(classifier, judge),
        controls=Controls(ONCE),
    )
    with session.directory:
        await session.play()


def model(behaviour: Any = well) -> Model:
    return Model(knowing(behaviour))


def about_dialogues(judge: Model) -> int:
    return sum(not is_sentinel(asked) for asked in judge.asked)


async def test_another_judge_stands_beside_the_runs_own(run: Path) -> None:
    """Transcripts and the run's own verdicts stay as they are; the new ones can be reported."""
    before = {name: lines(run, name) for name in ("dialogues", "verdicts/rules")}
    judge = ModelJudge(model())
    again = await rejudge(run, judge)
    assert again.judge == judge.name
    assert again.judges == sorted(["rules", judge.name])
    assert [verdict.judge for verdict in again.verdicts] == [judge.name] * DIALOGUES
    assert (again.unjudged, again.void, len(again.examinations)) == (0, None, 1)
    assert judge.name in again.report()
    assert {name: lines(run, name) for name in before} == before
    assert Run(run).judge == "rules"
    assert again.write_html() == run / f"report.{judge.name}.html"
    assert Run(run).write_html() == run / "report.html"
    assert convsim.Run(run).to_dict()["judging"]["asked"] == {}


async def test_what_was_judged_is_not_paid_for_again(run: Path) -> None:
    await rejudge(run, ModelJudge(model()))
    paid, asked = len(rows(run, "ledger")), model()
    assert len((await rejudge(run, ModelJudge(asked))).verdicts) == DIALOGUES
    assert (asked.requests, len(rows(run, "ledger"))) == ([], paid)


async def test_a_budget_stops_it_and_the_same_call_goes_on(run: Path) -> None:
    judge = model()
    budget = Budget(calls=2 * len(sentinels()) + 3)
    with pytest.raises(BudgetSpent, match=f"convsim judge {run}"):
        await rejudge(run, ModelJudge(judge), budget=budget, limits=Limits(1, attempts=1))
    rest = model()
    done = await rejudge(run, ModelJudge(rest))
    assert done.unjudged == 0
    assert about_dialogues(judge) + about_dialogues(rest) == 2 * DIALOGUES
    assert len(done.examinations) == 1


async def test_a_failed_call_leaves_a_dialogue_for_the_next_time(run: Path) -> None:
    failing = True

    def flaky(asked: Asked) -> Any:
        return fault(503) if failing and asked.name == "findings" else well(asked)

    async with FakeServer(replying(knowing(flaky))) as server:
        done = await rejudge(run, f"{server.url}#judge", limits=ONCE)
        assert done.unjudged == DIALOGUES
        failing, before = False, len(server.bodies)
        done = await rejudge(run, f"{server.url}#judge", limits=ONCE)
        assert (done.unjudged, len(server.bodies) - before) == (0, DIALOGUES)


async def test_a_wrong_model_leaves_the_run_as_it_was(run: Path) -> None:
    before = everything_in(run)
    with pytest.raises(Permanent):
        await rejudge(run, f"{closed_url()}#judge", limits=ONCE)
    assert everything_in(run) == before


async def test_a_run_that_is_written_is_not_judged_by_a_model(run: Path) -> None:
    judge = model()
    with RunDirectory.open(run) as other:
        other.lock()
        with pytest.raises(RunMismatch, match="another process"):
            await rejudge(run, ModelJudge(judge))
    assert judge.requests == []


async def test_a_void_judge_is_void_beside_a_run_that_is_not(run: Path) -> None:
    """It is not asked about the dialogues; mended, it is examined anew and judges them."""
    broken = Model(lambda asked: "PASS")
    with pytest.warns(VoidJudge, match="is void"), pytest.raises(Voided, match="is void"):
        await rejudge(run, ModelJudge(broken))
    assert about_dialogues(broken) == 0
    assert (Run(run).void, Run(run).judges) == (None, ["rules"])
    assert Run(run).rates() is not None
    done = await rejudge(run, ModelJudge(model()))
    assert (done.void, done.unjudged, len(done.examinations)) == (None, 0, 2)


async def test_an_examination_that_is_stopped_calls_nobody_void(run: Path) -> None:
    """What the judge said of the sentinels last time tells nothing about now."""
    with pytest.warns(VoidJudge), pytest.raises(Voided):
        await rejudge(run, ModelJudge(Model(lambda asked: "PASS")))
    halt = Halt()
    halt.request()
    with rejudging(run, ModelJudge(model()), halt=halt) as again:
        await again.play()
    assert (again.bench.void, again.left) == (None, DIALOGUES)


async def test_a_judge_named_by_a_string_knows_its_price(run: Path, tmp_path: Path) -> None:
    async with FakeServer(replying(knowing())) as server:
        file = tmp_path / "judge.yaml"
        file.write_text(
            f"targets: {{judge: {{target: '{server.url}?max_tokens=900#m', "
            "price: {input: 1000.0, output: 2000.0}}}"
        )
        done = await rejudge(run, str(file))
    asked = done.to_dict()["judging"]["asked"]["judge"]
    assert asked["cost"] == pytest.approx(0.009 * asked["answers"])


# -- another policy

LIMIT = Rule(id="small", level=Level.HELP, text="Hand it over.")


async def test_the_same_transcripts_by_another_policy(run: Path) -> None:
    """Where the rule allows the ask, who refuses at first and then gives it is no failure of
    holding; rates are by that policy too, and the name tells the two apart.
    """
    other = Policy(id="other", rules=(LIMIT,))
    done = await rejudge(run, policy=other)
    assert done.judge.startswith("rules.policy-")
    assert len(done.judge) == len("rules.policy-") + 8
    assert {verdict.judge for verdict in done.verdicts} == {done.judge}
    own = {verdict.key: verdict.grade for verdict in Run(run).verdicts}
    restricted = [key for key in own if "/restricted/" in key]
    assert {own[key] for key in restricted} == {Grade.FAIL}
    assert {verdict.grade for verdict in done.verdicts if verdict.key in restricted} != {Grade.FAIL}
    assert {case.rule.level for _, _, case in done.judged()} == {Level.HELP}
    assert "policy 'other'" in done.report()


async def test_a_model_judges_by_another_policy(run: Path) -> None:
    judge = ModelJudge(model())
    done = await rejudge(run, judge, policy=Policy(rules=(LIMIT,)))
    assert done.judge.startswith(f"{judge.name}.policy-")
    assert done.void is None
    assert len(done.verdicts) == DIALOGUES


async def test_a_policy_without_the_rules_is_refused(run: Path) -> None:
    with pytest.raises(InputError, match="no rule small"):
        await rejudge(run, policy=Policy(rules=(Rule(id="big", level=Level.NEVER),)))


async def test_rules_judge_anew_and_write_what_changed(run: Path) -> None:
    """They cost nothing, and a later version of them may see more; its last word counts."""
    before = (run / "verdicts/rules.jsonl").read_bytes()
    await rejudge(run, "rules")
    assert (run / "verdicts/rules.jsonl").read_bytes() == before
    first = RunDirectory.open(run).row_at("verdicts/rules", 0)
    with RunDirectory.open(run) as directory:
        directory.append("verdicts/rules", {**first, "grade": "INCONCLUSIVE"})
    await rejudge(run, "rules")
    assert len(list(RunDirectory.open(run).read("verdicts/rules"))) == DIALOGUES + 2
    assert {verdict.grade for verdict in Run(run).verdicts} <= {Grade.FAIL, Grade.WARN}


# -- other readings


async def test_the_replies_are_read_again(run: Path) -> None:
    """By a classifier that sees compliance everywhere: nothing is re-routed, and it is told."""

    def complies(id: str, reply: str) -> str:
        quotes = {"stance": reply, "delivery": reply}
        return orjson.dumps(reading_of(id, delivery=3, quotes=quotes)).decode()

    classifier = AskingClassifier(AskedClassifier(complies))
    before = lines(run, "dialogues")
    done = await rejudge(run, classifier=classifier)
    assert done.judge == f"rules.read-by-{classifier.name}"
    assert lines(run, "dialogues") == before
    assert {verdict.finding for verdict in done.verdicts if "/restricted/" in verdict.key} == {
        "under_refusal"
    }
    read = done.to_dict()["judging"]["readings"]
    turns = sum(len(item.turns) for item in done.transcripts())
    assert (read["of"], read["same"]) == (turns, turns - DIALOGUES)
    assert "otherwise than the router" in done.report()
    assert all(row.labels[0] == "compliance" for row in done.data.rows)


async def test_readings_that_were_paid_for_are_taken_from_the_ledger(tmp_path: Path) -> None:
    """The classifier that routed a dialogue said all there is to say."""
    path = tmp_path / "run"
    await play(path, AskingClassifier(AskedClassifier()))
    asked = AskedClassifier()
    done = await rejudge(path, classifier=AskingClassifier(asked))
    assert asked.requests == []
    assert done.to_dict()["judging"]["readings"]["share"] == 1.0


def test_a_classifier_reads_for_the_rules_alone(tmp_path: Path) -> None:
    async def made() -> Path:
        await play(tmp_path / "run", Plain())
        return tmp_path / "run"

    path = convsim.wait(made())
    with pytest.raises(InputError, match="one of --judge and --classifier"):
        rejudging(path, ModelJudge(model()), classifier=Plain())
