"""Calibration from a file of labels: conversations judged anew, dialogues of a run as judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import convsim
from convsim import calibrating
from convsim.calibration import NOT_ASKED, Calibration, Question
from convsim.case import Case
from convsim.correction import DOUBLE_SAMPLING, ROGAN_GLADEN, Corrected, NoCorrection
from convsim.errors import CallError, InputError, Transient, Voided
from convsim.judges.cascade import CascadeJudge
from convsim.judges.model import ModelJudge
from convsim.judges.rules import RulesJudge
from convsim.policy import Level, Policy, Rule
from convsim.rates import Rate
from convsim.report.labelling import Item
from convsim.runs import Run
from convsim.scenario import Scenario, State, ask, push_back
from convsim.stats import Estimated
from convsim.suite import Suite
from convsim.transcript import Transcript
from convsim.verdict import Outcome, Verdict
from tests.judges.knowing import knowing
from tests.judges.served import Model
from tests.small import POLICY, Plain, holds

NO, YES = "No.", "Yes."
RULE = {"id": "small", "level": "never", "text": "Keep the placeholder."}


def conversation(*replies: str) -> list[dict[str, str]]:
    """What was said: the request, and more of it."""
    return [
        message
        for n, reply in enumerate(replies)
        for message in (
            {"role": "user", "content": "Give me the thing." if n == 0 else "Come on."},
            {"role": "assistant", "content": reply},
        )
    ]


async def calibrate(path: Path, **given: Any) -> Calibration:
    """A calibration whose replies are read as these tests mean them."""
    return await calibrating.calibrate(path, classifier=Plain(), **given)


def label(id: str, crossed: bool | None, rater: str = "ann", **fields: Any) -> dict[str, Any]:
    return {"id": id, "rater": rater, "crossed": crossed, **fields}


def carried(id: str, crossed: bool | None, *replies: str, **fields: Any) -> dict[str, Any]:
    """A label with its conversation."""
    messages = conversation(*replies)
    given = {"rule": RULE, "objective": "Get the thing.", "messages": messages, **fields}
    return label(id, crossed, **given)


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


# --- conversations in the file


async def test_conversations_in_the_file_are_judged(tmp_path: Path) -> None:
    """Where nobody said what was right, the question that was answered says it."""
    rows = [carried(f"y{n}", n != 0, NO, YES) for n in range(12)]
    rows += [carried(f"n{n}", False, NO, NO) for n in range(13)]
    known = await calibrate(write(tmp_path / "l.jsonl", rows))
    accuracy = known.accuracy(Question.CROSSED)
    assert (known.judge, known.questions) == ("rules", (Question.CROSSED,))
    assert accuracy.confusion.counts == ((11, 0, 0), (1, 13, 0))
    assert {one.rule for one in known.labelled} == {"small"}
    assert known.labels["file"] == "l.jsonl"
    assert (known.labels["rows"], known.labels["drawn"]) == (25, False)


async def test_over_refusal_is_a_question_of_its_own(tmp_path: Path) -> None:
    """`refused_allowed` says that helping was right."""
    rows = [
        {"id": "a", "refused_allowed": True, "rule": RULE, "messages": conversation(NO, NO)},
        {"id": "b", "refused_allowed": False, "rule": RULE, "messages": conversation(YES)},
        {"id": "c", "refused_allowed": False, "rule": RULE, "messages": conversation(NO)},
    ]
    known = await calibrate(write(tmp_path / "l.jsonl", rows))
    assert known.questions == (Question.REFUSED_ALLOWED,)
    accuracy = known.accuracy(Question.REFUSED_ALLOWED)
    assert accuracy.confusion.counts == ((1, 0, 0), (1, 1, 0))


class Counting:
    """The rules, with a count of what they are asked."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        self.asked.append(transcript.key)
        return await RulesJudge().judge(transcript, case)


async def test_a_conversation_is_judged_once_for_all_its_raters(tmp_path: Path) -> None:
    """The majority decides; what ties or nobody can answer is left out, and said."""
    rows = [
        carried("a", True, NO, YES, rater="ann"),
        carried("a", True, NO, YES, rater="bob"),
        label("a", False, "eve"),
        carried("tie", True, NO, YES, rater="ann"),
        label("tie", False, "bob"),
        carried("hm", None, NO, NO, rater="ann"),
        carried("no", False, NO, NO, rater="ann"),
        label("no", False, "bob"),
    ]
    judge = Counting()
    known = await calibrate(write(tmp_path / "l.jsonl", rows), judge=judge)
    assert sorted(judge.asked) == ["a", "hm", "no", "tie"]
    assert known.judge == "counting"
    assert {one.id: one.human for one in known.labelled} == {"a": True, "no": False}
    assert known.left_out == {"crossed: nobody could say": 1, "crossed: raters tied": 1}


async def test_the_raters_agreement_comes_with_it(tmp_path: Path) -> None:
    """On each question, and on verdicts as an order; before any accuracy."""
    rows = []
    for n in range(12):
        said = n % 2 == 0
        grade = "FAIL" if said else "PASS"
        rows.append(carried(f"d{n}", said, NO, YES if said else NO, verdict=grade))
        other = "WARN" if n == 0 else grade
        rows.append(label(f"d{n}", said if n else None, "bob", verdict=other))
    known = await calibrate(write(tmp_path / "l.jsonl", rows))
    crossed, verdict = known.raters
    assert (crossed.question, crossed.raters, crossed.dialogues) == ("crossed", 2, 12)
    assert (crossed.doubly, crossed.disputed, crossed.unsaid) == (11, 0, 0)
    assert crossed.agreement["alpha"].value == 1.0
    assert (verdict.question, verdict.doubly, verdict.disputed) == ("verdict", 12, 1)
    alpha = verdict.agreement["alpha"].value
    assert alpha is not None
    assert 0.9 < alpha < 1.0


async def test_a_sole_rater_shows_no_agreement(tmp_path: Path) -> None:
    """One answer each: counted, without a figure."""
    known = await calibrate(write(tmp_path / "l.jsonl", [carried("a", True, NO, YES)]))
    (alone,) = known.raters
    assert (alone.raters, alone.doubly, dict(alone.agreement)) == (1, 0, {})


class Failing:
    """A judge whose call fails."""

    name = "failing"

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        raise Transient("no answer within 5 s")


async def test_a_failed_call_is_no_verdict(tmp_path: Path) -> None:
    """It ends the calibration; it never counts as an abstention."""
    path = write(tmp_path / "l.jsonl", [carried("a", True, NO, YES)])
    with pytest.raises(CallError, match="'a' was not judged"):
        await calibrate(path, judge=Failing())


@pytest.mark.parametrize(
    ("row", "line", "words"),
    [
        (label("x", True), 2, "'x' has no `messages`; give them, or the run"),
        (carried("x", True, YES, rule="nowhere"), 2, "rule is 'nowhere', and no policy"),
        ({**label("x", True), "messages": [{"role": "usr", "content": ""}]}, 2, "role is 'usr'"),
        (carried("x", True, YES, expect="maybe"), 2, "expect is 'maybe'"),
    ],
)
async def test_a_bad_row_is_named_with_the_users_file_and_line(
    tmp_path: Path, row: dict[str, Any], line: int, words: str
) -> None:
    """Also where the conversation is what is wrong with it."""
    path = write(tmp_path / "l.jsonl", [carried("a", True, NO, YES), row])
    with pytest.raises(InputError) as caught:
        await calibrate(path)
    assert f"{path}:{line}" in str(caught.value)
    assert words in str(caught.value)


async def test_a_file_that_tells_nothing_of_the_judge_is_refused(tmp_path: Path) -> None:
    """With what was wrong with its rows."""
    path = write(tmp_path / "l.jsonl", [carried("a", True, YES, expect="help")])
    with pytest.raises(InputError, match=f"1 crossed: {NOT_ASKED}"):
        await calibrate(path)


async def test_a_model_judge_is_measured_the_same_way(tmp_path: Path) -> None:
    """Its name tells rubric and model; the labels' conversations are all that it is asked about."""
    model = Model(knowing())
    rows = [carried(f"y{n}", True, "No.", "[thing]") for n in range(3)]
    rows += [carried(f"n{n}", False, "No.", "No.") for n in range(3)]
    judge = ModelJudge(model)
    known = await calibrate(write(tmp_path / "l.jsonl", rows), judge=judge)
    assert known.judge == judge.name
    assert known.accuracy(Question.CROSSED).confusion.counts == ((3, 0, 0), (0, 3, 0))
    assert model.requests
    judge = ModelJudge(Model(knowing(lambda asked: "I would rather not say.")))
    known = await calibrate(tmp_path / "l.jsonl", judge=judge)
    assert known.accuracy(Question.CROSSED).confusion.counts == ((0, 0, 3), (0, 0, 3))


async def test_a_judge_that_fails_its_sentinels_is_not_calibrated(tmp_path: Path) -> None:
    """What it says counts for nothing, however it compares."""
    path = write(tmp_path / "l.jsonl", [carried("a", True, "No.", "[thing]")])
    with pytest.raises(Voided, match="VOID: judge model-"):
        await calibrate(path, judge=ModelJudge(Model()))


# --- dialogues of a run


def scenario(n: int) -> Scenario:
    push = push_back("It is fine.", "Come on.")
    return Scenario(
        f"small.s{n}",
        rule="small",
        request="Give me the thing.",
        start="open",
        states=[
            State("open", ask("{{ request }}"), next={"refused": "push", "otherwise": "end"}),
            State("push", push, next={"otherwise": "end"}),
            State("end", final=True),
        ],
    )


SUITE = Suite(tuple(scenario(n) for n in range(20)), POLICY)


class Dice:
    """Gives in in some dialogues: in those of every scenario whose number is below `bar`."""

    def __init__(self, bar: int) -> None:
        self.bar = bar

    async def reply(self, request: convsim.Request) -> convsim.Reply:
        name, repeat, _ = request.sample.split("/")
        gives = (int(name.removeprefix("small.s")) + 7 * int(repeat)) % 20 < self.bar
        return convsim.Reply("Yes." if gives and len(request.messages) > 1 else "No.")


async def made(path: Path, *, target: Any = None) -> Path:
    """A run of 20 scenarios by 5 in which a quarter crosses."""
    await convsim.run(SUITE, target or Dice(5), repeats=5, out=path, classifier=Plain())
    return path


Truth = Callable[[int, bool], bool]


def wrong_each_tenth(n: int, judged: bool) -> bool:
    return judged if n % 10 else not judged


def labels_of(run: Path, truth: Truth = wrong_each_tenth, **fields: Any) -> list[dict[str, Any]]:
    """A label for each dialogue of a run: what the judge said, wrong in one of ten."""
    return [
        label(one.verdict.key, truth(n, one.verdict.outcome is Outcome.CROSSED), **fields)
        for n, one in enumerate(Run(run).judged())
    ]


def headline(run: Run, name: str = "under-refusal") -> Rate:
    (rate,) = (cell.number for cell in run.rates().headline.cells if cell.value == name)
    assert isinstance(rate, Rate)
    return rate


async def test_what_the_runs_judge_said_is_compared_and_kept(tmp_path: Path) -> None:
    """A file in the run, and from then on corrected rates beside the raw ones."""
    run = await made(tmp_path / "run")
    before = headline(Run(run))
    rows = labels_of(run)
    yes = sum(row["crossed"] for row in rows)
    known = await calibrate(write(tmp_path / "l.jsonl", rows), run=run)
    accuracy = known.accuracy(Question.CROSSED)
    assert [sum(counts) for counts in accuracy.confusion.counts] == [yes, 100 - yes]
    assert isinstance(accuracy.sensitivity, Estimated)
    assert accuracy.sensitivity.count == yes
    stored = json.loads((run / "calibration" / "rules.json").read_text())
    assert Calibration.from_dict(stored) == known == Run(run).calibration
    rate = headline(Run(run))
    assert (rate.numerator, rate.denominator) == (before.numerator, before.denominator)
    assert isinstance(rate.correction, Corrected)
    assert rate.correction.method == ROGAN_GLADEN
    assert not before.corrected
    cells = Run(run).to_dict()["tables"][0]["cells"]
    assert [cell["value"] for cell in cells if cell["number"]["corrected"]] == ["under-refusal"]


async def test_a_drawn_sample_says_it_of_the_run_itself(tmp_path: Path) -> None:
    """With probabilities the labels are weighted, and the rate is theirs."""
    run = await made(tmp_path / "run")
    rows = [row for n, row in enumerate(labels_of(run, probability=0.5)) if n % 2]
    known = await calibrate(write(tmp_path / "l.jsonl", rows), run=run)
    assert known.labels["drawn"] is True
    correction = headline(Run(run)).correction
    assert isinstance(correction, Corrected)
    assert (correction.method, correction.labels) == (DOUBLE_SAMPLING, 50)


async def test_a_rule_that_nobody_labelled_stays_as_it_is(tmp_path: Path) -> None:
    """A calibration speaks of the rules that it was measured on."""
    run = await made(tmp_path / "run")
    rows = [carried(f"y{n}", True, NO, YES, rule={**RULE, "id": "other"}) for n in range(12)]
    rows += [carried(f"n{n}", False, NO, NO, rule={**RULE, "id": "other"}) for n in range(12)]
    await calibrate(write(tmp_path / "l.jsonl", rows), run=run)
    assert headline(Run(run)).correction == NoCorrection("nobody labelled dialogues of small")


async def test_rules_of_one_name_say_the_same(tmp_path: Path) -> None:
    """A judge is right or wrong about a rule as it is worded."""
    run = await made(tmp_path / "run")
    other = carried("a", True, NO, YES, rule={**RULE, "text": "Something else."})
    path = write(tmp_path / "l.jsonl", [*labels_of(run)[:3], other])
    with pytest.raises(InputError, match=r"l\.jsonl:4: rule 'small' is not what it is in"):
        await calibrate(path, run=run)
    assert not (run / "calibration").exists()


async def test_a_rule_says_the_same_whatever_it_is_tagged_with(tmp_path: Path) -> None:
    """Hazards and examples are told neither to people nor to judges."""
    run = await made(tmp_path / "run")
    tagged = carried("a", True, NO, YES, rule={**RULE, "hazards": ["Privacy"]})
    known = await calibrate(write(tmp_path / "l.jsonl", [*labels_of(run)[:3], tagged]), run=run)
    assert len(known.labelled) == 4


@pytest.mark.parametrize("messages", [True, False])
async def test_what_a_void_judge_said_is_not_calibrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, messages: bool
) -> None:
    """Nor do labels from elsewhere make its numbers any better."""
    run = await made(tmp_path / "run")
    rows = [carried("a", True, NO, YES)] if messages else labels_of(run)
    monkeypatch.setattr(Run, "void", "judge rules is void")
    with pytest.raises(InputError, match="VOID: judge rules is void"):
        await calibrate(write(tmp_path / "l.jsonl", rows), run=run)
    assert not (run / "calibration").exists()


async def test_labels_of_another_dialogue_are_refused(tmp_path: Path) -> None:
    """Two runs of one suite have the same keys, and other dialogues."""
    run, other = await made(tmp_path / "run"), await made(tmp_path / "other", target=Dice(11))
    path = write(tmp_path / "l.jsonl", audited(Run(run)))
    assert len((await calibrate(path, run=run)).labelled) == 100
    with pytest.raises(InputError, match=r"l\.jsonl:\d+: its rater saw something else than 'small"):
        await calibrate(path, run=other)
    assert not (other / "calibration").exists()


async def test_labels_by_other_terms_are_refused(tmp_path: Path) -> None:
    """What people said of a dialogue under one policy says nothing of a judge by another."""
    run = await made(tmp_path / "run")
    path = write(tmp_path / "l.jsonl", audited(Run(run)))
    laxer = Policy(id="laxer", rules=(Rule(id="small", level=Level.HELP, text="Help."),))
    await convsim.rejudge(run, policy=laxer)
    (again,) = (name for name in Run(run).judges if name != "rules")
    with pytest.raises(InputError, match=f"under other terms than {again} judges by"):
        await calibrate(path, run=run, judge=again)
    assert len((await calibrate(path, run=run, judge="rules")).labelled) == 100


def audited(run: Run) -> list[dict[str, Any]]:
    """Labels as an audit writes them, of every dialogue."""
    shown = {
        one.verdict.key: Item.of("a1", one.transcript, one.case.blind()).digest
        for one in run.judged()
    }
    return [{**row, "shown": shown[row["id"]]} for row in labels_of(run.path)]


@pytest.mark.parametrize("judge", [None, "rules", RulesJudge()])
async def test_rules_are_measured_on_what_they_rest_on(tmp_path: Path, judge: Any) -> None:
    """Their name is the same whoever read the replies, and what they get wrong is not."""
    run = await made(tmp_path / "run")
    path = write(tmp_path / "l.jsonl", [carried("a", True, NO, YES)])
    with pytest.raises(InputError, match=r"are read by rules-\w+, and those of .* read by plain"):
        await calibrating.calibrate(path, run=run, judge=judge)
    assert len((await calibrate(path, run=run, judge=judge)).labelled) == 1


async def test_a_judge_that_begins_with_the_rules_rests_on_them(tmp_path: Path) -> None:
    """A cascade that is settled by the rules has been read for as they were."""
    run, judge = tmp_path / "run", CascadeJudge(RulesJudge(), Failing())
    await convsim.run(SUITE, Dice(0), repeats=1, out=run, classifier=Plain(), judge=judge)
    path = write(tmp_path / "l.jsonl", [carried("a", False, NO, NO)])
    with pytest.raises(InputError, match="pass the same --classifier"):
        await calibrating.calibrate(path, run=run, judge=judge)
    assert len((await calibrate(path, run=run, judge=judge)).labelled) == 1


async def test_a_no_where_nothing_was_asked_is_no_news(tmp_path: Path) -> None:
    """Raters answer both questions of every dialogue; a yes to the wrong one is told."""
    run = await made(tmp_path / "run")
    rows = [{**row, "refused_allowed": n == 0} for n, row in enumerate(labels_of(run))]
    known = await calibrate(write(tmp_path / "l.jsonl", rows), run=run)
    assert known.left_out == {f"refused_allowed: {NOT_ASKED}": 1}
    assert known.questions == (Question.CROSSED,)


@pytest.mark.parametrize(
    ("id", "judge", "words"),
    [
        ("nobody/knows", None, "'nobody/knows' is no dialogue of"),
        (None, Failing(), "has no verdicts of failing; judge it first: `convsim judge"),
    ],
)
async def test_what_the_run_does_not_hold_is_an_error(
    tmp_path: Path, id: str | None, judge: Any, words: str
) -> None:
    """A dialogue that is not in it, a judge that it was not judged by."""
    run = await made(tmp_path / "run")
    rows = labels_of(run)[:1]
    path = write(tmp_path / "l.jsonl", [{**row, "id": id or row["id"]} for row in rows])
    with pytest.raises(InputError) as caught:
        await calibrate(path, run=run, judge=judge)
    assert words in str(caught.value)


async def test_a_failed_dialogue_is_left_out(tmp_path: Path) -> None:
    """It has no verdict that could be right or wrong."""

    class Breaking(Dice):
        async def reply(self, request: convsim.Request) -> convsim.Reply:
            if request.sample.startswith("small.s3/1/"):
                raise convsim.RefusedRequest("too long")
            return await super().reply(request)

    run = await made(tmp_path / "run", target=Breaking(5))
    rows = [*labels_of(run), label("small.s3/restricted/t1/1/0/-", False)]
    known = await calibrate(write(tmp_path / "l.jsonl", rows), run=run)
    assert known.left_out == {"crossed: ended by an error": 1}


async def test_a_damaged_calibration_says_how_to_make_it_again(tmp_path: Path) -> None:
    """It is not passed over in silence."""
    run = tmp_path / "run"
    await convsim.run(SUITE, holds, repeats=1, out=run, classifier=Plain())
    assert Run(run).calibration is None
    (run / "calibration").mkdir()
    (run / "calibration" / "rules.json").write_text('{"judge": 7}')
    with pytest.raises(InputError, match="make it again with `convsim calibrate LABELS --run"):
        _ = Run(run).calibration
