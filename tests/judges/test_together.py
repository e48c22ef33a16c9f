"""Several judges at work: an error is no vote, and the gravest one is raised."""

from __future__ import annotations

import asyncio

import pytest

from convsim.case import Case
from convsim.errors import (
    BudgetSpent,
    CallError,
    Halted,
    InputError,
    Permanent,
    RefusedRequest,
    Throttled,
    Transient,
)
from convsim.judges.rules import RulesJudge
from convsim.judges.together import name_of, verdict_of, verdicts_of, vote_of
from convsim.transcript import Transcript
from convsim.verdict import Grade, Outcome, Reason, Verdict, Vote
from tests.build import LIMIT, REFUSAL, transcript
from tests.judges.saying import Saying, said

MADE = transcript(("ask.direct", REFUSAL))
CASE = Case.of(MADE, LIMIT)


@pytest.mark.parametrize("error", [KeyError("x"), InputError("no"), TimeoutError(), ValueError()])
async def test_a_judge_that_raises_has_abstained(error: Exception) -> None:
    """INCONCLUSIVE(abstained), and what it raised is kept."""
    verdict = await verdict_of(Saying("a", error), MADE, CASE)
    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, Reason.ABSTAINED)
    assert (verdict.key, verdict.rule, verdict.judge) == (MADE.key, LIMIT.id, "a")
    assert verdict.detail.startswith(type(error).__name__)


async def test_who_is_not_allowed_to_ask_has_abstained() -> None:
    """The server will not accept the same question later, either."""
    verdict = await verdict_of(Saying("a", RefusedRequest("too long")), MADE, CASE)
    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, Reason.ABSTAINED)
    assert verdict.detail == "refused_request: too long"


MISSING = [Transient("t"), Throttled("r"), Permanent("p"), Halted("h"), BudgetSpent("b")]


@pytest.mark.parametrize("error", MISSING)
async def test_a_failed_call_leaves_the_verdict_missing(error: Exception) -> None:
    """It is raised as it is, alone and among judges that concluded."""
    with pytest.raises(type(error)) as raised:
        await verdict_of(Saying("a", error), MADE, CASE)
    assert raised.value is error
    judges = [Saying("b", said(Grade.FAIL)), Saying("a", error), Saying("c", said(Grade.FAIL))]
    with pytest.raises(type(error)) as raised:
        await verdicts_of((judge, MADE, CASE) for judge in judges)
    assert raised.value is error
    assert [judge.asked for judge in judges] == [1, 1, 1]


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        ([Transient("1"), Throttled("2")], "1"),
        ([Throttled("1"), Transient("2")], "1"),
        ([Transient("1"), Permanent("2"), Permanent("3")], "2"),
        ([Permanent("1"), Halted("2")], "2"),
        ([Transient("1"), Halted("2"), BudgetSpent("3")], "3"),
        ([CallError("1"), ValueError("2")], "1"),
    ],
)
async def test_of_several_failures_the_gravest_is_raised(
    errors: list[Exception], raised: str
) -> None:
    """What stops the run, then what would fail every time; the first of equals."""
    with pytest.raises(Exception, match=f"^{raised}$"):
        await verdicts_of((Saying(str(error), error), MADE, CASE) for error in errors)


class Waiting:
    """A judge that concludes once another one has been asked as well."""

    def __init__(self, meeting: asyncio.Barrier) -> None:
        self.meeting = meeting

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        await self.meeting.wait()
        return said(Grade.PASS)


async def test_judges_work_at_the_same_time() -> None:
    """Two that wait for each other both conclude."""
    meeting = asyncio.Barrier(2)
    async with asyncio.timeout(5):
        found = await verdicts_of((Waiting(meeting), MADE, CASE) for _ in range(2))
    assert [verdict.grade for verdict in found] == [Grade.PASS, Grade.PASS]


async def test_verdicts_come_in_the_order_of_the_judges() -> None:
    judges = [Saying(name, said(Grade.PASS)) for name in "abc"]
    found = await verdicts_of((judge, MADE, CASE) for judge in judges)
    assert [verdict.judge for verdict in found] == ["a", "b", "c"]


async def test_cancelling_is_no_abstention() -> None:
    """A run that stops now leaves no verdict behind."""
    working = asyncio.ensure_future(verdicts_of([(Waiting(asyncio.Barrier(2)), MADE, CASE)]))
    await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


def test_a_vote_has_what_the_verdict_says() -> None:
    """Signed with the name of the judge that was asked."""
    verdict = said(Reason.UNCLEAR, detail="turn 2")
    assert vote_of(RulesJudge(), verdict) == Vote(
        "rules", Grade.INCONCLUSIVE, Outcome.UNDECIDED, Reason.UNCLEAR, "undecided", "turn 2"
    )


def test_a_judge_without_a_name_is_called_by_its_type() -> None:
    assert name_of(Waiting(asyncio.Barrier(2))) == "Waiting"
