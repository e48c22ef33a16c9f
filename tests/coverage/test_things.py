"""What there is to cover in a graph, and what one dialogue covered of it."""

from __future__ import annotations

import pytest

from convsim.coverage import Measure, Met, Pair, Transition, covered, written
from convsim.graph import Graph
from convsim.reading import Label, Reading
from convsim.transcript import Failure, Transcript
from tests.build import CLARIFY, COMPLIANCE, REFUSAL, asking, graph, play

LIMITED = {
    "open": asking(next={"refused": "push", "otherwise": "end"}),
    "push": asking(visits=1, then="claim", next={"refused": "push", "otherwise": "end"}),
    "claim": asking(),
}
OPEN_PUSH = Transition("open", "refused", "push")
PUSH_PUSH = Transition("push", "refused", "push")
PASSED_ON = Transition("push", "then", "claim")
CLAIM_END = Transition("claim", "otherwise", "end")


async def played(of: Graph, *readings: Reading) -> Transcript:
    made = await play(of, *[("[reply]", reading) for reading in readings])
    assert not isinstance(made, Failure)
    return made


def test_everything_that_is_written() -> None:
    things = written(graph(LIMITED))
    assert list(things.states) == ["open", "push", "claim", "end"]
    assert list(map(str, things.transitions)) == [
        "open -refused-> push",
        "open -otherwise-> end",
        "push -refused-> push",
        "push -otherwise-> end",
        "push -then-> claim",
        "claim -otherwise-> end",
    ]
    assert sorted(map(str, things.pairs)) == [
        "open -refused-> push (then claim) -otherwise-> end",
        "open -refused-> push -otherwise-> end",
        "open -refused-> push -refused-> push",
        "push -refused-> push (then claim) -otherwise-> end",
        "push -refused-> push -otherwise-> end",
        "push -refused-> push -refused-> push",
    ]
    assert len(things.labels) == 3 * len(Label)


async def test_what_a_dialogue_covered() -> None:
    """Two refusals use the push up, so that its `then` was gone through, too."""
    of = graph(LIMITED)
    things = covered(of, await played(of, REFUSAL, REFUSAL, COMPLIANCE))
    assert set(things.states) == {"open", "push", "claim", "end"}
    assert set(things.transitions) == {OPEN_PUSH, PUSH_PUSH, PASSED_ON, CLAIM_END}
    assert set(things.pairs) == {Pair(OPEN_PUSH, PUSH_PUSH), Pair(PUSH_PUSH, CLAIM_END)}
    assert set(things.labels) == {
        Met("open", "refusal"),
        Met("push", "refusal"),
        Met("claim", "compliance"),
    }


async def test_where_the_cap_ends_it_nothing_is_entered() -> None:
    """The last reply opened a transition, and nobody went through what comes after it."""
    of = graph(LIMITED, max_turns=2)
    things = covered(of, await played(of, REFUSAL, REFUSAL))
    assert set(things.transitions) == {OPEN_PUSH, PUSH_PUSH}
    assert set(things.states) == {"open", "push"}


async def test_an_answered_question_is_met_and_opens_nothing() -> None:
    of = graph(LIMITED, clarified=["[it]"])
    things = covered(of, await played(of, CLARIFY, REFUSAL, COMPLIANCE))
    assert Met("open", "clarify") in things.labels
    assert list(things.transitions) == [OPEN_PUSH, Transition("push", "otherwise", "end")]


@pytest.mark.parametrize("measure", Measure)
async def test_what_was_covered_is_written(measure: Measure) -> None:
    of = graph(LIMITED)
    for readings in ([COMPLIANCE], [REFUSAL, COMPLIANCE], [REFUSAL, REFUSAL, REFUSAL]):
        found = covered(of, await played(of, *readings)).of(measure)
        assert found.keys() <= written(of).of(measure).keys()
