"""Assessing: verdicts in order, and what the row of a failed dialogue keeps."""

from __future__ import annotations

import orjson
import pytest

from convsim.assess import (
    conclude,
    error_row,
    examination,
    examined_row,
    parse_examinations,
    parse_verdicts,
    void_told,
)
from convsim.case import Case
from convsim.errors import BudgetSpent, Halted, RefusedRequest, Transient
from convsim.judges.cascade import CascadeJudge
from convsim.judges.panel import Panel
from convsim.judges.rules import RulesJudge, judge
from convsim.policy import Level, Rule
from convsim.scenario import Expect
from convsim.transcript import Failure, Stop, Transcript, parse_failure
from convsim.verdict import Grade, Kind, Reason, Verdict
from tests.build import BLOCK, COMPLIANCE, HEDGED, REFUSAL, SAFE_ANSWER, transcript
from tests.judges.saying import Saying, said

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
        assert verdict.detail == "ZeroDivisionError: no votes"
        assert (verdict.judge, verdict.key) == ("broken", dialogue.key)


async def test_a_failed_call_is_no_conclusion() -> None:
    """It is raised: whoever holds the transcript asks again later."""
    for error in (Transient("not now"), Halted("stopped"), BudgetSpent("5 calls made")):
        judge = Saying("down", error)
        with pytest.raises(type(error)):
            await conclude(judge, *JUDGED[0])


async def test_what_is_stored_of_sentinels_comes_back() -> None:
    """In a merged run there is an examination of each shard."""
    examined = await examination(RulesJudge())
    stored = [orjson.loads(orjson.dumps(examined_row(item))) for item in (*examined, *examined)]
    assert parse_examinations(stored) == [examined, examined]
    assert parse_examinations([]) == []


async def test_a_judge_is_void_by_its_last_examination() -> None:
    """It is told what shows it, and what the judge abstained for."""
    good = await examination(RulesJudge())
    bad = await examination(Saying("silent", said(Reason.ABSTAINED, detail="malformed")))
    assert void_told("j", []) is void_told("j", [good]) is void_told("j", [bad, good]) is None
    told = void_told("j", [good, bad]) or ""
    assert told.startswith(f"judge j is void: it failed {len(bad)} of {len(bad)} sentinels")
    assert told.endswith(f"and {len(bad) - 4} more), and abstained: malformed {len(bad)}")


async def test_a_server_that_accepts_no_sentinel_accepts_nothing() -> None:
    """They are short: it is not about the dialogue. In a panel, too."""
    refused = Saying("a", RefusedRequest("no schema here"))
    for one in (refused, Panel([RulesJudge(), refused])):
        with pytest.raises(RefusedRequest, match="no schema here"):
            await examination(one)


async def test_of_a_cascade_the_last_judge_is_examined() -> None:
    silent = Saying("silent", said(Reason.ABSTAINED))
    examined = await examination(CascadeJudge(RulesJudge(), silent))
    assert silent.asked == len(examined) > 0


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
