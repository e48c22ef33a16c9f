"""The rules judge: the same word with and without waiting."""

from __future__ import annotations

from convsim.case import Case
from convsim.judges.rules import NAME, RulesJudge, judge
from convsim.ruling import rule_on
from convsim.trajectory import trajectory_of
from convsim.verdict import Grade
from tests.build import COMPLIANCE, NEVER, REFUSAL, transcript


async def test_the_judge_rules_on_the_stored_readings() -> None:
    """It re-reads nothing, and signs with its name and the transcript's key."""
    made = transcript(("ask.direct", REFUSAL), ("push_back.repeat", COMPLIANCE))
    case = Case.of(made, NEVER)
    verdict = await RulesJudge().judge(made, case)
    assert verdict == judge(made, case)
    assert verdict == rule_on(trajectory_of(made, case), key=made.key, judge=NAME)
    assert (verdict.key, verdict.judge, verdict.grade) == (made.key, "rules", Grade.FAIL)
