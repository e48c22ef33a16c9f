"""What dialogues covered, gathered by target, scenario and arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from convsim.coverage.gathered import Gathered, Played, Seen, moves_of
from convsim.coverage.things import Met, Transition
from convsim.reading import Reading
from convsim.transcript import Failure, Key, Transcript
from tests.build import COMPLIANCE, REFUSAL, asking, graph, play

OF = graph(
    {
        "open": asking(next={"refused": "push", "otherwise": "end"}),
        "push": asking("push_back.repeat", next={"refused": "push", "otherwise": "end"}),
    }
)
ARM = (OF.scenario, OF.arm)


async def played(*readings: Reading, target: str = "t1", repeat: int = 1) -> Transcript:
    key = Key(OF.scenario, OF.arm, target, repeat, "0", "-")
    made = await play(OF, *[("[reply]", reading) for reading in readings], key=key)
    assert not isinstance(made, Failure)
    return made


async def test_dialogues_add_up() -> None:
    """Things and moves are counted, visits are the most of one dialogue, plays are told apart."""
    seen = Seen()
    seen.add(OF, await played(REFUSAL, REFUSAL, COMPLIANCE))
    seen.add(OF, await played(REFUSAL, COMPLIANCE, repeat=2))
    assert seen.things[Transition("open", "refused", "push")] == 2
    assert seen.things[Transition("push", "refused", "push")] == 1
    assert seen.things[Met("push", "refusal")] == 1
    assert seen.moves == Counter({"ask.direct": 2, "push_back.repeat": 3})
    assert seen.visits == {"open": 1, "push": 2}
    assert [it.repeat for it in seen.played] == [1, 2]
    assert seen.labels_in("push") == Counter({"refusal": 1, "compliance": 2})


async def test_targets_are_kept_apart_and_put_together() -> None:
    dialogues = [await played(REFUSAL, COMPLIANCE), await played(COMPLIANCE, target="t2")]
    gathered = Gathered([OF], ["t1", "t2"], lambda _: dialogues)
    labels = {one: gathered.seen(ARM, one).labels_in("open") for one in ("t1", "t2", None)}
    assert labels == {
        "t1": Counter({"refusal": 1}),
        "t2": Counter({"compliance": 1}),
        None: Counter({"refusal": 1, "compliance": 1}),
    }
    assert gathered.seen(ARM, "t1").played == {Played(1, 7, "-", False): None}


async def test_of_what_has_no_graph_nothing_is_counted() -> None:
    """Controls are made anew in each repeat."""
    dialogue = await played(COMPLIANCE)
    gathered = Gathered([], ["t1"], lambda _: [dialogue])
    assert gathered.seen(ARM) == Seen()


def test_nothing_is_read_before_it_is_asked_for() -> None:
    """A run may have a million dialogues."""

    def never(scenario: str) -> Iterator[Transcript]:
        pytest.fail("read")
        yield

    assert Gathered([OF], ["t1"], never).graphs == {ARM: OF}


async def test_of_a_scenario_only_its_own_dialogues_are_read() -> None:
    """And once, however often it is asked about."""
    dialogue, read = await played(COMPLIANCE), []

    def ended(scenario: str) -> Iterator[Transcript]:
        read.append(scenario)
        yield dialogue

    gathered = Gathered([OF], ["t1"], ended)
    assert gathered.seen(ARM).labels_in("open") == Counter({"compliance": 1})
    assert gathered.seen(ARM, "t1").labels_in("open") == Counter({"compliance": 1})
    assert read == [ARM[0]]


@pytest.mark.parametrize(
    ("clarified", "moves"),
    [
        ([], ["ask.direct", "push_back.repeat"]),
        (["[it]"], ["ask.direct", "push_back.repeat", "evidence.clarified"]),
    ],
)
def test_the_moves_that_a_graph_has(clarified: list[str], moves: list[str]) -> None:
    """The answer to a clarifying question is one."""
    of = graph(
        {"open": asking(next={"otherwise": "push"}), "push": asking("push_back.repeat")},
        clarified=clarified,
    )
    assert list(moves_of(of)) == moves
