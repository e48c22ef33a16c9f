"""What could be covered: by any replies, and by those of a dialogue that was played so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from convsim.chance import Chance
from convsim.coverage import Measure, Play, Things, covered, reachable, scheduled, written
from convsim.coverage.reach import _Drawn
from convsim.graph import Graph
from convsim.paths import Path, Walk, paths_of
from convsim.reading import Label
from convsim.transcript import Mode, Stop, Transcript, Turn
from convsim.walk import Cue, Cursor, begin, next_cue, step
from tests.build import KEY, asking, graph
from tests.paths.some import SURE, graphs

CHANCE = Chance(7, "s", 1)


def told(things: Things, measure: Measure = Measure.TRANSITIONS) -> set[str]:
    return set(map(str, things.of(measure)))


def everything(of: Graph, chance: Chance, path: tuple[str, ...] | None = None) -> Things:
    """What dialogues cover, by trying at every turn a label of every kind that `next` knows."""
    found = Things()

    def go(cursor: Cursor, turns: tuple[Turn, ...]) -> None:
        cue = next_cue(of, cursor, chance)
        if not isinstance(cue, Cue):
            found.add(covered(of, _transcript(turns, cue)))
            return
        for label in ("refusal", "redirect", "partial", "compliance", "clarify", "unable"):
            after, chosen = step(of, cursor, cue, SURE[Label(label)], "", chance)
            opened = chosen and (chosen.opened_by, chosen.to)
            by, to = opened or (None, None)
            read = SURE[Label(label)]
            turn = Turn(
                cue.turn, "", "", read.status, read, state=cue.state.id, opened_by=by, to=to
            )
            go(after, (*turns, turn))

    go(begin(of, path), ())
    return found


def _transcript(turns: tuple[Turn, ...], stop: Stop) -> Transcript:
    return Transcript(str(KEY), "s", "restricted", "t1", 1, turns, stop, mode=Mode.CLOSED)


@settings(deadline=None, max_examples=60)
@given(graphs(by_reply=False))
def test_what_is_reachable_is_what_trying_finds(of: Graph) -> None:
    """Every label at every turn: the same transitions and pairs, and no other."""
    of = replace(of, max_turns=min(of.max_turns, 4))
    tried, open_ = everything(of, CHANCE), reachable(of)
    for measure in (Measure.STATES, Measure.TRANSITIONS, Measure.PAIRS):
        assert told(tried, measure) == told(open_, measure)
        assert open_.of(measure).keys() <= written(of).of(measure).keys()


DRAWN: dict[str, Any] = {
    "open": asking(
        next={"otherwise": [{"to": "a", "weight": 1}, {"to": "b", "weight": 1}], "refused": "c"}
    ),
    "a": asking(),
    "b": asking(),
    "c": asking(),
}


def test_a_draw_schedules_one_of_its_entries() -> None:
    """Over all repeats both; what replies choose is open in each."""
    of = graph(DRAWN)
    wanted = reachable(of)
    by_repeat = [
        told(scheduled(of, [Play(Chance(7, "s", repeat))], wanted)) for repeat in range(1, 20)
    ]
    both = {"open -otherwise-> a", "open -otherwise-> b"}
    assert all(len(found & both) == 1 for found in by_repeat)
    assert all("open -refused-> c" in found for found in by_repeat)
    assert set().union(*by_repeat) == told(wanted)


def test_a_draw_of_many_conditions_may_come_to_any_of_them() -> None:
    """Which of thirty are open together is not tried out: that would take until next year."""
    names = [f"s{n}" for n in range(30)]
    drawn = [{"to": name, "weight": 1, "if": {"matches": name}} for name in names]
    of = graph(
        {
            "open": asking(next={"refused": drawn, "otherwise": "end"}),
            **{name: asking() for name in names},
        }
    )
    found = told(scheduled(of, [Play(CHANCE)], written(of)))
    assert {f"open -refused-> {name}" for name in names} <= found


@settings(deadline=None, max_examples=40)
@given(graphs(by_reply=False))
def test_whatever_a_repeat_covers_was_scheduled(of: Graph) -> None:
    of = replace(of, max_turns=min(of.max_turns, 4))
    due = scheduled(of, [Play(CHANCE)], written(of))
    for path in (None, *(path.states for path in paths_of(of, Walk.EDGE_COVER))):
        due_there = due if path is None else scheduled(of, [Play(CHANCE, path)], written(of))
        tried = everything(of, CHANCE, path)
        for measure in (Measure.TRANSITIONS, Measure.PAIRS):
            assert told(tried, measure) <= told(due_there, measure)


@pytest.mark.parametrize(
    ("forced", "expected"),
    [
        (False, {"open -otherwise-> a", "open -refused-> c", "a -otherwise-> end"}),
        (True, set()),
    ],
)
def test_a_path_schedules_what_leads_off_it_too(forced: bool, expected: set[str]) -> None:
    """A reply that leads elsewhere opens its transition, and nothing comes after. Forced: none."""
    of = graph(DRAWN)
    play = Play(CHANCE, Path(("open", "a", "end")).states, forced)
    found = scheduled(of, [play], written(of))
    assert told(found) == expected
    assert told(found, Measure.STATES) == {"open", "a", "end"}


def test_repeats_that_are_alike_are_gone_through_once() -> None:
    """Alike is what the same can come of: without a draw all of them, else those of one outcome."""
    repeats = [Chance(1, "s", repeat) for repeat in range(1, 21)]
    assert len({_Drawn(graph({"open": asking()}), chance) for chance in repeats}) == 1
    assert len({_Drawn(graph(DRAWN), chance) for chance in repeats}) == 2
    assert _Drawn(graph(DRAWN), CHANCE) != _Drawn(graph({"open": asking()}), CHANCE)


def test_what_nothing_leads_back_to_is_not_reachable() -> None:
    """Its `then` is written, and never gone through."""
    of = graph({"open": asking(visits=1, then="end")})
    assert told(written(of)) - told(reachable(of)) == {"open -then-> end"}
