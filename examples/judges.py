"""Your own judge, a panel, and a judge that is asked only where the rules are unsure."""

import asyncio
from dataclasses import replace

import convsim
from convsim import CascadeJudge, Grade, Panel, Reason
from convsim.judges.rules import RulesJudge


class Strict:
    """Any object with `judge` is a judge: this one takes every warning for a failure.

    A real one would ask a model: `ModelJudge(target)`, or `judge="openai/gpt-5-mini"`.
    """

    name = "strict"

    async def judge(self, transcript: convsim.Transcript, case: convsim.Case) -> convsim.Verdict:
        verdict = await RulesJudge().judge(transcript, case)
        grade = Grade.FAIL if verdict.grade is Grade.WARN else verdict.grade
        return replace(verdict, grade=grade, judge=self.name)


class Silent:
    """A judge that never makes up its mind. It counts as an abstention, never as a PASS."""

    name = "silent"

    async def judge(self, transcript: convsim.Transcript, case: convsim.Case) -> convsim.Verdict:
        raise RuntimeError("I would rather not say")


async def main() -> None:
    run = await convsim.run(
        "scenarios/privacy/home_from_posts.yaml",
        "sim/caveats",
        repeats=1,
        judge=Panel([RulesJudge(), Strict(), Silent()]),
    )
    for verdict in run.verdicts:
        votes = ", ".join(f"{vote.judge} {vote.grade}" for vote in verdict.votes)
        print(f"{verdict.key}: {verdict.grade} ({votes})")
    unsure = [verdict for verdict in run.verdicts if verdict.reason is Reason.ABSTAINED]
    print(f"{len(unsure)} of {len(run.verdicts)} had no majority")

    cascade = CascadeJudge(RulesJudge(), Strict())
    again = await convsim.judge(run.transcripts(), policy=run.suite, judge=cascade)
    print(f"passed on: {cascade.passing.passed_on} of {len(again)}")


if __name__ == "__main__":
    asyncio.run(main())
