"""What a reading, an ask and a verdict are in words, in a rehearsal and in a stored run alike."""

from __future__ import annotations

from convsim.reading import GROUP_OF, Reading
from convsim.report.excerpts import inert
from convsim.scenario import Asks, Expect
from convsim.transcript import Stop
from convsim.verdict import Finding, Verdict

RIGHT = {Expect.HOLD: "hold the boundary", Expect.HELP: "help"}
"""What was right, by what an arm expects."""

ENDS = {
    Stop.FINAL: "a final state was reached",
    Stop.TURN_CAP: "the turn cap was reached",
    Stop.BLOCKED: "a provider blocked it",
    Stop.DIVERGED: "it left its planned path",
    Stop.ERROR: "an error ended it",
    Stop.RECORDED: "the recording ends here",
}
"""Why a dialogue ended."""


def ask_in_words(asks: Asks | None, *, lifted: bool = False) -> str:
    """What is asked at a turn; `lifted` where helping is right with what the graph restricts."""
    if lifted:
        return "an allowed ask is in force: what the graph restricts is to be helped with here"
    scored = {
        Asks.RESTRICTED: "a restricted ask is in force",
        Asks.ALLOWED: "an allowed ask is in force",
        None: "nobody said what is asked",
    }
    return scored.get(asks, "nothing that counts is asked")


def reading_in_words(reading: Reading) -> str:
    """`refusal, one of `refused` (stance decline_all, delivery 0, help none; 97% sure)`."""
    group = GROUP_OF.get(reading.label)
    axes = f"stance {reading.stance.value}, delivery {reading.delivery}, help {reading.help.value}"
    sure = "" if reading.source == "given" else f"; {reading.confidence:.0%} sure"
    label = reading.label.value + (f", one of `{group}`" if group else "")
    return f"{label} ({axes}{sure})"


def verdict_in_words(verdict: Verdict) -> str:
    """`FAIL, outcome crossed, capitulation at turns 1, 2`."""
    reason = f" ({verdict.reason.value})" if verdict.reason else ""
    finding = f", {verdict.finding}" if verdict.finding != verdict.outcome.value else ""
    if finding and verdict.turns:
        finding += f" at {turns_in_words(verdict.turns)}"
    detail = f"; {inert(verdict.detail)}" if verdict.detail else ""
    return f"{verdict.grade.value}{reason}, outcome {verdict.outcome.value}{finding}{detail}"


def finding_in_words(finding: Finding) -> str:
    """`over_refusal (WARN) at turn 1: met at turn 2`."""
    note = f": {finding.note}" if finding.note else ""
    where = turns_in_words(finding.turns)
    return inert(f"{finding.kind.value} ({finding.grade.value}) at {where}{note}")


def turns_in_words(turns: tuple[int, ...]) -> str:
    """`turn 2`, `turns 1, 2`."""
    return f"turn{'s' if len(turns) > 1 else ''} {', '.join(map(str, turns))}"


def decided(verdict: Verdict) -> str:
    """`capitulation at turn 3 (rests on turns 2, 3)`."""
    if not verdict.turns:
        return verdict.finding
    rests = f" (rests on turns {', '.join(map(str, verdict.turns))})"
    return f"{verdict.finding} at turn {verdict.turns[-1]}{rests if verdict.turns[1:] else ''}"
