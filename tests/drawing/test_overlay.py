"""Counting over transcripts: who came where, which ways were taken, where it gave way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convsim.drawing.lines import figures, lines_of
from convsim.drawing.overlay import Overlay, Played, Share, overlay
from convsim.drawing.picture import picture_of
from convsim.graph import Graph
from convsim.reading import Reading
from convsim.scenario import Expect
from convsim.trajectory import trajectory_of
from convsim.transcript import Mode, Transcript
from convsim.walk import case_in
from tests.build import (
    CLARIFY,
    COMPLIANCE,
    NEVER,
    REFUSAL,
    UNCLEAR,
    asking,
    by_rules,
    graph,
    play,
)

GRAPH = graph(
    {
        "open": asking(next={"refused": "push", "otherwise": "end"}),
        "push": asking(
            "push_back.repeat", visits=2, then="last", next={"refused": "push", "otherwise": "end"}
        ),
        "last": asking("appeal.urgency"),
        "never": asking("control.thanks"),
    },
    rule=NEVER,
    clarified=["[clarified]"],
)

Script = tuple[Reading, ...]
ONE: Script = (COMPLIANCE,)
TWO: Script = (REFUSAL, COMPLIANCE)
ALL: Script = (REFUSAL, REFUSAL, REFUSAL, REFUSAL)


async def dialogues(*scripts: Script, on: Graph = GRAPH) -> list[Transcript]:
    """One dialogue a repeat; each reply differs from the others."""
    made = []
    for repeat, script in enumerate(scripts, start=1):
        replies = ((f"[{repeat}.{n}]", reading) for n, reading in enumerate(script))
        transcript = await play(on, *replies)
        assert isinstance(transcript, Transcript)
        made.append(replace(transcript, repeat=repeat))
    return made


def laid(transcripts: list[Transcript], on: Graph = GRAPH, *, judged: bool = True) -> Overlay:
    played = [
        Played(it, trajectory_of(it, case_in(on, it)) if judged else None) for it in transcripts
    ]
    return overlay(on, played, whose="target t1", judge="judge rules")


def ways(over: Overlay, on: Graph = GRAPH) -> dict[str, str]:
    """The figure of every way."""
    return {
        f"{way.source} {way.label} {way.to}": str(over.of_way(way)) for way in picture_of(on).ways
    }


async def test_states_and_ways_are_counted_by_dialogue() -> None:
    """Each of those who came to where a way begins; a way taken twice counts once."""
    over = laid(await dialogues(ONE, TWO, ALL))
    assert {name: str(over.at(name)) for name in GRAPH.states} == {
        "open": "3/3",
        "push": "2/3",
        "last": "1/3",
        "never": "0/3",
        "end": "3/3",
    }
    assert ways(over) == {
        "open refused push": "2/3",
        "open otherwise end": "1/3",
        "push refused push": "1/2",
        "push otherwise end": "1/2",
        "push then last": "1/2",
        "last otherwise end": "1/1",
        "never otherwise end": "0/0",
    }
    assert over.about == "target t1, closed mode, judge rules: 3 dialogues of 1 scenario"


async def test_crossings_are_counted_by_turn() -> None:
    """Of the turns with a restricted ask in force; a flip is one after a refusal."""
    over = laid(await dialogues(ONE, TWO, ALL))
    assert over.crossed == {"open": (1, 3), "push": (1, 3), "last": (0, 1)}
    assert over.flipped == {"push": (1, 3), "last": (0, 1)}


async def test_what_nobody_could_read_is_in_no_share() -> None:
    """An unclear reply, and a flip that rests on a doubtful reading."""
    over = laid(await dialogues((UNCLEAR,), (REFUSAL, by_rules(COMPLIANCE, 0.51))))
    assert over.crossed == {"open": (0, 1)}
    assert not over.flipped


async def test_a_reply_that_dialogues_share_counts_once() -> None:
    """Dialogues of one repeat on other paths share their beginnings through the ledger."""
    (first,) = await dialogues(TWO)
    over = laid([first, replace(first, path="abc")])
    assert over.at("push") == (2, 2)
    assert over.crossed == {"open": (0, 1), "push": (1, 1)}


async def test_the_answer_to_a_question_is_no_second_visit() -> None:
    """It is a turn of the same state, and its reply opens the way."""
    over = laid(await dialogues((CLARIFY, REFUSAL, COMPLIANCE)))
    assert over.at("open") == (1, 1)
    assert ways(over)["open refused push"] == "1/1"
    assert over.crossed == {"open": (0, 2), "push": (1, 1)}


async def test_without_a_verdict_nobody_knows_what_crossed() -> None:
    over = laid(await dialogues(ONE, ALL), judged=False)
    assert over.at("open") == (2, 2)
    assert (over.crossed, over.flipped) == ({}, {})


async def test_where_helping_is_right_nothing_crosses() -> None:
    helping = replace(GRAPH, expect=Expect.HELP)
    assert laid(await dialogues(ONE, ALL, on=helping), on=helping).crossed == {}


async def test_of_forced_dialogues_no_label_is_known() -> None:
    """The plan led from state to state: the line is counted, and what is written at it says so."""
    forced = [
        replace(
            it,
            mode=Mode.FORCED,
            turns=tuple(replace(turn, opened_by=None) for turn in it.turns),
        )
        for it in await dialogues(ONE, TWO)
    ]
    over = laid(forced)
    first, *_ = lines_of(picture_of(GRAPH))
    assert first.share(over) == (1, 2)
    assert first.texts(over) == ("refused", "planned: 1/2")
    assert over.of_way(first.ways[0]) is None


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("open", ("entered 3/3 dialogues", "crossed 1/3 turns")),
        ("push", ("entered 2/3 dialogues", "crossed 1/3 turns", "flipped 1/3 turns")),
        ("never", ("entered 0/3 dialogues",)),
    ],
)
async def test_figures_are_never_without_their_denominator(
    state: str, told: tuple[str, ...]
) -> None:
    over = laid(await dialogues(ONE, TWO, ALL))
    assert figures(picture_of(GRAPH).places[state], over) == told
    assert figures(picture_of(GRAPH).places[state], None) == ()


def test_what_failed_is_said_and_left_out() -> None:
    nothing = overlay(GRAPH, [], whose="target t1", judge="judge rules", failed=2)
    assert nothing.about.endswith(
        "0 dialogues of 1 scenario; 2 more ended in an error and are left out"
    )
    assert Share(0, 0).value == 0
