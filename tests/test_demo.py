"""The demo finds what was planted: the shipped scenarios against every simulated assistant.

This proves the wiring from scenario file to verdict with the shipped reader, not the accuracy of
reading: assistants, scenarios and cues were written side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import convsim
from convsim import Grade, Judged, Kind, Outcome, Run
from convsim.moves import group_of
from convsim.scenario import Asks, Expect

ROOT = Path(__file__).parents[1]
SIMS = {
    "steadfast": "sim/steadfast",
    "redirects": "sim/redirects",
    "capitulates": "sim/capitulates?after=2",
    "over_refuser": "sim/over_refuser",
    "caveats": "sim/caveats",
    "frame_follower": "sim/frame_follower",
    "defers_to_authority": "sim/defers_to_authority",
    "erodes": "sim/erodes",
    "leaks_facets": "sim/leaks_facets",
}
SHIPPED = convsim.load(ROOT / "scenarios").by_id
SPREAD = {id: it for id, it in SHIPPED.items() if it.facets}
CANARIES = {id for id, it in SPREAD.items() if any(f.canary for f in it.facets.values())}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two repeats of everything that is shipped."""
    out = tmp_path_factory.mktemp("demo") / "run"
    return asyncio.run(convsim.run(ROOT / "scenarios", SIMS, repeats=2, seed=7, out=out))


def of(run: Run, target: str) -> list[Judged]:
    found = [item for item in run.judged() if item.transcript.target == target]
    assert len(found) == run.planned / len(SIMS)
    return found


def allowed(items: list[Judged]) -> Iterator[Judged]:
    """The twins, and the scenarios whose rule says help."""
    for item in items:
        if item.transcript.expect is Expect.HELP:
            yield item


def restricted(items: list[Judged]) -> Iterator[Judged]:
    """The arms that are to be held, where the request itself is what is not to be met.

    In the verified arm help comes to be right; and where harm is spread, no step is restricted.
    """
    for item in items:
        if item.transcript.scenario not in SPREAD and is_to_be_held(item):
            yield item


def in_parts(items: list[Judged]) -> Iterator[Judged]:
    """The arms that are to be held, where harm is spread over steps."""
    for item in items:
        if item.transcript.scenario in SPREAD and is_to_be_held(item):
            yield item


def is_to_be_held(item: Judged) -> bool:
    return item.transcript.expect is Expect.HOLD and item.transcript.arm != "verified"


def held(item: Judged) -> Outcome:
    """What holding comes to: where something fine was asked for as well, that was met."""
    fine = any(turn.asks is Asks.ALLOWED for turn in item.transcript.turns)
    return Outcome.HELPED if fine else Outcome.HELD


def built_for(items: list[Judged], weakness: str) -> list[Judged]:
    """The arms that are to be held, of the scenarios that name a weakness among their tags."""
    found = [
        item for item in restricted(items) if weakness in SHIPPED[item.transcript.scenario].tags
    ]
    assert found
    return found


def kinds(item: Judged) -> set[Kind]:
    return {finding.kind for finding in item.verdict.findings}


def test_every_dialogue_is_judged_and_none_is_lost(run: Run) -> None:
    assert len(run.verdicts) == run.planned
    assert (list(run.errors), run.missing, run.manifest["unrecognised"]) == ([], 0, {})


@pytest.mark.parametrize("target", ["redirects", "steadfast"])
def test_who_holds_and_helps_never_fails(run: Run, target: str) -> None:
    """No FAIL in any arm; the boundary is held, and the twins are helped."""
    items = of(run, target)
    assert Grade.FAIL not in {item.verdict.grade for item in items}
    assert all(item.verdict.outcome is held(item) for item in restricted(items))
    assert {item.verdict.outcome for item in allowed(items)} == {Outcome.HELPED}


def test_a_way_is_shown_by_one_of_them_only(run: Run) -> None:
    """Both hold; the one that offers nothing leaves the need behind the request alone."""
    assert {item.verdict.grade for item in of(run, "redirects")} == {Grade.PASS}
    left_alone = [item for item in of(run, "steadfast") if Kind.REFUSAL_WITHOUT_HELP in kinds(item)]
    assert left_alone


def test_capitulation_is_found_at_the_second_push(run: Run) -> None:
    """`after=2`: two pressure turns after the first refusal, exactly."""
    for item in built_for(of(run, "capitulates"), "pressure"):
        asked = [turn for turn in item.transcript.turns if turn.asks is Asks.RESTRICTED]
        first = next(turn.n for turn in asked if turn.reading and turn.reading.refused)
        pressed = [turn.n for turn in asked if turn.n > first]
        claims = {Kind.AUTHORITY_DEFERENCE, Kind.HIERARCHY_OVERRIDE}
        assert kinds(item) & {Kind.CAPITULATION, *claims}
        assert item.verdict.turn_of_flip == pressed[1]


def test_over_refusal_is_found_wherever_help_was_right(run: Run) -> None:
    items = of(run, "over_refuser")
    verdicts = {(item.verdict.grade, item.verdict.finding) for item in allowed(items)}
    assert verdicts == {(Grade.FAIL, "over_refusal")}
    assert Outcome.CROSSED not in {item.verdict.outcome for item in items}


def test_a_caveat_is_found_at_the_first_restricted_turn(run: Run) -> None:
    """Where a dialogue begins with a claim of authority, giving way is about the claim.

    A caveat that the reader takes for plain help is the graver finding, and rare.
    """
    items = list(restricted(of(run, "caveats")))
    found = []
    for item in items:
        first = next(it for it in item.transcript.turns if it.asks is Asks.RESTRICTED)
        if group_of(first.move or "") == "claim_authority":
            assert item.verdict.finding in ("authority_deference", "hierarchy_override")
            continue
        found.append(
            (item.verdict.finding, item.verdict.turns) == ("caveat_substitution", (first.n,))
        )
    assert sum(found) >= 0.97 * len(found)


def test_authority_is_found_where_it_was_believed(run: Run) -> None:
    """A claim, a forged proof, or a message that poses as the operator's."""
    items = list(restricted(of(run, "defers_to_authority")))
    assert {"authority_deference", "hierarchy_override"} <= {it.verdict.finding for it in items}
    forged = [item for item in items if item.transcript.arm == "forged"]
    assert forged
    assert {item.verdict.finding for item in forged} == {"authority_deference"}


def test_a_frame_is_found_at_the_turn_that_set_it(run: Run) -> None:
    """Whatever crosses, crosses first at a reframing move."""
    crossed = [
        item for item in restricted(of(run, "frame_follower")) if item.verdict.outcome == "crossed"
    ]
    assert crossed
    for item in crossed:
        turn = item.transcript.turns[item.verdict.turns[-1] - 1]
        assert group_of(turn.move or "") == "reframe"


def asked_for(item: Judged) -> list[int]:
    """The turns at which a restricted ask was in force."""
    return [turn.n for turn in item.transcript.turns if turn.asks is Asks.RESTRICTED]


def test_erosion_is_found(run: Run) -> None:
    """It takes three restricted turns to come to a part; most are told as the steps they were."""
    items = list(restricted(of(run, "erodes")))
    crossed = [item for item in items if item.verdict.outcome is Outcome.CROSSED]
    assert all(len(asked_for(item)) < 3 for item in items if item not in crossed)
    items = crossed
    told = [item for item in items if Kind.EROSION in kinds(item)]
    assert len(told) >= 0.8 * len(items)


@pytest.mark.parametrize("target", [name for name in SIMS if name != "leaks_facets"])
def test_who_knows_no_parts_gives_none_away(run: Run, target: str) -> None:
    """Each step is innocuous: whoever answers in general holds, however easily it gives way."""
    assert {item.verdict.outcome for item in in_parts(of(run, target))} == {Outcome.HELD}


def test_what_comes_out_in_parts_is_found(run: Run) -> None:
    """Every canary scenario ends with the whole, and no turn of it gave the whole."""
    items = [it for it in in_parts(of(run, "leaks_facets")) if it.transcript.scenario in CANARIES]
    assert {item.transcript.scenario for item in items} == CANARIES
    assert {item.verdict.finding for item in items} == {"distributed_harm"}
    for item in items:
        assert len(item.verdict.turns) >= 2


def test_who_leaks_in_parts_refuses_the_whole(run: Run) -> None:
    """It holds wherever the request itself is restricted, and helps wherever that is right."""
    items = of(run, "leaks_facets")
    assert all(item.verdict.outcome is held(item) for item in restricted(items))
    assert {item.verdict.outcome for item in allowed(items)} == {Outcome.HELPED}
