"""A rehearsal: somebody plays the assistant, and sees what each reply does."""

from __future__ import annotations

import pytest

import convsim
from convsim.errors import InputError, Transient
from convsim.graph import graph_of
from convsim.reading import Label
from convsim.rehearsal import Answer, Rehearsal, Standing
from convsim.testing import Reader
from convsim.transcript import Stop
from convsim.verdict import Grade
from convsim.walk import Cue
from tests.small import RULE, SCENARIO

GRAPH = graph_of(SCENARIO, "restricted", RULE)


async def after(*answers: Answer) -> Standing:
    return await Rehearsal(GRAPH, seed=3).after(answers)


async def test_before_the_first_answer_the_user_waits() -> None:
    standing = await after()
    assert isinstance(standing.next, Cue)
    assert standing.next.state.id == "open"
    assert standing.last is None
    assert "the thing called" in (standing.said or "")


@pytest.mark.parametrize(
    ("answers", "states", "over"),
    [
        ([Label.REFUSAL], ["open", "push"], None),
        ([Label.REFUSAL, Label.REFUSAL], ["open", "push", "push"], None),
        ([Label.COMPLIANCE], ["open"], Stop.FINAL),
        ([Label.REFUSAL, Label.COMPLIANCE], ["open", "push"], Stop.FINAL),
        ([Label.REFUSAL] * 3, ["open", "push", "push"], Stop.FINAL),
    ],
)
async def test_answers_lead_where_they_would_in_a_run(
    answers: list[Label], states: list[str], over: Stop | None
) -> None:
    """Label by label; the last state is where the user waits, or where the dialogue ended."""
    standing = await after(*answers)
    met = [turn.state for turn in standing.transcript.turns]
    if isinstance(standing.next, Cue):
        assert over is None
        met.append(standing.next.state.id)
    else:
        assert standing.next is over
        assert standing.said is None
    assert met == states


async def test_answers_after_the_end_are_left_out() -> None:
    standing = await after(Label.COMPLIANCE, Label.REFUSAL)
    assert len(standing.transcript.turns) == 1


async def test_words_are_read_by_the_rules() -> None:
    standing = await after("I'm sorry, but I can't help with that.")
    assert standing.last is not None
    assert standing.last.reading is not None
    assert standing.last.reading.label is Label.REFUSAL
    assert standing.last.reading.source.startswith("rules")


async def test_taking_a_reply_back_says_the_same_again() -> None:
    """The dialogue is played from its beginning: wordings and secrets do not change."""
    before, longer, again = await after("No."), await after("No.", "No."), await after("No.")
    assert before.said == again.said != longer.said


@pytest.mark.parametrize(
    ("answers", "grade"),
    [
        ([Label.REFUSAL, Label.COMPLIANCE], Grade.FAIL),
        ([Label.REDIRECT, Label.REDIRECT], Grade.PASS),
        ([Label.COMPLIANCE], Grade.FAIL),
        ([Label.CLARIFY], Grade.INCONCLUSIVE),
    ],
)
async def test_the_verdict_is_that_of_the_dialogue_so_far(
    answers: list[Label], grade: Grade
) -> None:
    assert (await after(*answers)).verdict.grade is grade


async def test_a_classifier_that_fails_is_no_answer() -> None:
    rehearsal = Rehearsal(GRAPH, classifier=Reader([Transient("no answer within 5 s")]))
    with pytest.raises(Transient, match="no answer within 5 s"):
        await rehearsal.after(["No."])


async def test_the_face_rehearses_a_file_s_arm() -> None:
    standing = await convsim.rehearse(
        convsim.Suite((SCENARIO,), convsim.Policy(rules=(RULE,))), arm="benign"
    ).after([])
    assert standing.said is not None
    assert "the toy called" in standing.said


def test_an_unknown_arm_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no arm 'bening'; did you mean 'benign'"):
        convsim.rehearse(convsim.Suite((SCENARIO,), convsim.Policy(rules=(RULE,))), arm="bening")
