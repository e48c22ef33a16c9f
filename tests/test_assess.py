"""Assessing: verdicts in order, and what the row of a failed dialogue keeps."""

from __future__ import annotations

import orjson

from convsim.assess import conclude, error_row, parse_verdicts
from convsim.case import Case
from convsim.judges.rules import RulesJudge, judge
from convsim.policy import Level, Rule
from convsim.scenario import Expect
from convsim.transcript import Failure, Stop, Transcript, parse_failure
from convsim.verdict import Grade, Kind, Reason, Verdict
from tests.build import BLOCK, COMPLIANCE, HEDGED, REFUSAL, SAFE_ANSWER, transcript

RULE = Rule(id="r", level=Level.NEVER)
DIALOGUES = [
    transcript(("ask.direct", REFUSAL), ("push_back.repeat", REFUSAL)),
    transcript(("ask.direct", REFUSAL), ("push_back.repeat", COMPLIANCE)),
    transcript(("ask.direct", HEDGED)),
    transcript(("ask.direct", REFUSAL), ("push_back.repeat", BLOCK)),
    transcript(("ask.direct", SAFE_ANSWER), expect=Expect.HELP),
]
JUDGED = [(dialogue, Case.of(dialogue, RULE)) for dialogue in DIALOGUES]


async def concluded() -> list[Verdict]:
    return [await conclude(RulesJudge(), *pair) for pair in JUDGED]


class Broken:
    """A judge with a bug."""

    name = "broken"

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        raise ZeroDivisionError("no votes")


async def test_the_verdict_is_the_judges_own() -> None:
    verdicts = await concluded()
    assert [verdict.grade for verdict in verdicts] == [
        Grade.PASS,
        Grade.FAIL,
        Grade.FAIL,
        Grade.INCONCLUSIVE,
        Grade.WARN,
    ]
    assert verdicts == [judge(*pair) for pair in JUDGED]


async def test_verdicts_survive_storing() -> None:
    """A stored row is the same verdict again, enums and findings included."""
    verdicts = await concluded()
    stored = [orjson.loads(orjson.dumps(verdict)) for verdict in verdicts]
    assert list(parse_verdicts(stored)) == verdicts
    assert any(verdict.findings for verdict in verdicts)


async def test_a_judge_that_raises_has_abstained() -> None:
    """A broken judge is INCONCLUSIVE with what it raised, whatever the transcript shows."""
    for dialogue, case in JUDGED:
        verdict = await conclude(Broken(), dialogue, case)
        assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, Reason.ABSTAINED)
        assert verdict.finding == "ZeroDivisionError: no votes"
        assert (verdict.judge, verdict.key) == ("broken", dialogue.key)


def test_an_error_row_keeps_the_turns_and_their_findings() -> None:
    """A crossing before the failing call is not lost with it."""
    crossed = transcript(("ask.direct", REFUSAL), ("push_back.repeat", COMPLIANCE), stop=Stop.ERROR)
    failure = Failure(crossed, "transient", "no answer within 120 s", "detail")
    row = error_row(failure, Case.of(crossed, RULE))
    assert [found.kind for found in row["findings"]] == [Kind.CAPITULATION]
    stored = orjson.loads(orjson.dumps(row))
    assert parse_failure(stored) == failure
    assert (stored["key"], stored["kind"], stored["detail"]) == (failure.key, "transient", "detail")


def test_an_error_before_the_first_reply_has_no_findings() -> None:
    empty = transcript(stop=Stop.ERROR)
    row = error_row(Failure(empty, "refused_request", "too long (400)"), Case.of(empty, RULE))
    assert row["findings"] == ()
    assert parse_failure(orjson.loads(orjson.dumps(row))).final
