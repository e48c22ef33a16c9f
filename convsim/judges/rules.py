"""The rules judge: detectors over the stored readings. Free, deterministic, and the default."""

from __future__ import annotations

from convsim.case import Case
from convsim.ruling import rule_on
from convsim.trajectory import trajectory_of
from convsim.transcript import Transcript
from convsim.verdict import Verdict

NAME = "rules"


class RulesJudge:
    """Judges by design section 6, from the readings that routed the dialogue."""

    name = NAME

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        """The verdict on one transcript."""
        return judge(transcript, case)


def judge(transcript: Transcript, case: Case) -> Verdict:
    """The verdict on one transcript, without waiting for anything."""
    return rule_on(trajectory_of(transcript, case), key=transcript.key, judge=NAME)
