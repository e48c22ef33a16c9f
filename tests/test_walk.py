"""One walk through a graph: what comes next, and when it ends."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from convsim.chance import Chance
from convsim.graph import Graph
from convsim.moves import CLARIFIED_MOVE
from convsim.policy import Rule
from convsim.reading import Label, Reading
from convsim.scenario import Asks, Guard, State, Transition
from convsim.transcript import Stop
from convsim.walk import (
    Chosen,
    Cue,
    Cursor,
    begin,
    choose,
    draw_slots,
    next_cue,
    step,
)
from tests.build import (
    CLARIFY,
    COMPLIANCE,
    DEFLECTION,
    LIMIT,
    PARTIAL,
    REDIRECT,
    REFUSAL,
    SAFE_ANSWER,
    UNABLE,
    UNCLEAR,
    UNLOCKABLE,
    asking,
    graph,
    state,
)

CHANCE = Chance(7, "s", 1)


@dataclass
class Walked:
    """What a walk went through; `stop` is None where the readings ran out first."""

    cues: list[Cue]
    chosen: list[Chosen | None]
    cursor: Cursor
    stop: Stop | None

    @property
    def states(self) -> list[str]:
        return [cue.state.id for cue in self.cues]


def walk(
    walked: Graph,
    *readings: Reading,
    chance: Chance = CHANCE,
    reply: str = "[reply]",
    start: Cursor | None = None,
) -> Walked:
    """Walk a graph with these readings."""
    went = Walked([], [], start or begin(walked), None)
    for reading in readings:
        cue = next_cue(walked, went.cursor, chance)
        if isinstance(cue, Stop):
            break
        went.cues.append(cue)
        went.cursor, chosen = step(walked, went.cursor, cue, reading, reply, chance)
        went.chosen.append(chosen)
    ended = next_cue(walked, went.cursor, chance)
    went.stop = ended if isinstance(ended, Stop) else None
    return went


def open_in(
    here: State, reading: Reading, *, turn: int = 0, visit: int = 1, chance: Chance = CHANCE
) -> Chosen:
    """What a reading of the reply "a foo" opens in one state."""
    alone = dataclasses.replace(graph({"other": asking()}), states={"here": here})
    return choose(alone, Cursor("here", turn, {"here": visit}), reading, "a foo", chance)


# -- the order of a turn ----------------------------------------------------------------------


def test_a_final_state_ends_the_dialogue() -> None:
    """It costs no turn."""
    went = walk(graph({"open": asking()}), REFUSAL, REFUSAL)
    assert (went.states, went.stop) == (["open"], Stop.FINAL)


def test_a_dialogue_that_starts_final_has_no_turn() -> None:
    """Nothing is said at all."""
    assert walk(graph({"open": {"final": True}}), REFUSAL).states == []


@pytest.mark.parametrize("max_turns", [1, 2, 3])
def test_the_turn_cap_ends_the_dialogue(max_turns: int) -> None:
    """After `max_turns` replies no further one is asked for."""
    made = graph(
        {"open": asking(next={"refused": "open", "otherwise": "end"})}, max_turns=max_turns
    )
    went = walk(made, *[REFUSAL] * 5)
    assert (len(went.cues), went.stop) == (max_turns, Stop.TURN_CAP)


def test_final_comes_before_the_cap() -> None:
    """A dialogue that reaches its end with its last turn has ended, it was not cut."""
    assert walk(graph({"open": asking()}, max_turns=1), REFUSAL).stop is Stop.FINAL


def test_a_used_up_state_passes_on_before_the_cap_is_looked_at() -> None:
    """Entry n+1 goes to `then`, and that may be final."""
    made = graph({"open": asking(visits=1, then="end", next={"otherwise": "open"})}, max_turns=1)
    assert walk(made, REFUSAL).stop is Stop.FINAL


def test_visits_count_entries() -> None:
    """`visits: 2` lets the state be entered twice; the third entry is `then`, at no turn."""
    made = graph(
        {
            "open": asking(next={"otherwise": "push"}),
            "push": asking(
                "push_back.repeat",
                visits=2,
                then="claim",
                next={"refused": "push", "otherwise": "end"},
            ),
            "claim": asking("claim_authority.credential"),
        }
    )
    went = walk(made, *[REFUSAL] * 9)
    assert went.states == ["open", "push", "push", "claim"]
    assert [(cue.turn, cue.visit) for cue in went.cues] == [(1, 1), (2, 1), (3, 2), (4, 1)]
    assert went.cursor.visits == {"open": 1, "push": 2, "claim": 1}


def test_then_may_lead_on_through_several_used_up_states() -> None:
    """The chain is followed to the first state that can still be entered."""
    back: dict[str, Any] = {"next": {"otherwise": "a"}}
    made = graph(
        {
            "a": asking(visits=1, then="b", **back),
            "b": asking(visits=1, then="c", **back),
            "c": asking(visits=1, then="end", **back),
        }
    )
    went = walk(made, *[REFUSAL] * 9)
    assert (went.states, went.stop) == (["a", "b", "c"], Stop.FINAL)


# -- looking up a transition ------------------------------------------------------------------

NEXT = {
    "otherwise": "o",
    "refused": "r",
    "complied": "c",
    "redirect": "exact_redirect",
    "partial": "exact_partial",
    "unclear": "exact_unclear",
}


@pytest.mark.parametrize(
    ("reading", "opened_by", "to"),
    [
        (REDIRECT, "redirect", "exact_redirect"),
        (REFUSAL, "refused", "r"),
        (DEFLECTION, "refused", "r"),
        (PARTIAL, "partial", "exact_partial"),
        (COMPLIANCE, "complied", "c"),
        (UNCLEAR, "unclear", "exact_unclear"),
        (UNABLE, "otherwise", "o"),
        (SAFE_ANSWER, "otherwise", "o"),
        (CLARIFY, "otherwise", "o"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_exact_label_then_its_group_then_otherwise(
    reading: Reading, opened_by: str, to: str, order: int
) -> None:
    """Whatever the order in the file."""
    here = state(next=dict(list(NEXT.items())[::order]))
    assert open_in(here, reading) == Chosen(opened_by, to)


NEVER_OPEN = {"to": "x", "if": {"turn": ">100"}}


@pytest.mark.parametrize(
    ("next", "opened_by", "to"),
    [
        ({"refusal": [NEVER_OPEN], "refused": "r", "otherwise": "o"}, "refused", "r"),
        ({"refusal": [NEVER_OPEN], "refused": [NEVER_OPEN], "otherwise": "o"}, "otherwise", "o"),
        ({"refused": [NEVER_OPEN, {"to": "r"}], "otherwise": "o"}, "refused", "r"),
        (
            {
                "refused": [{**NEVER_OPEN, "weight": 1}, {**NEVER_OPEN, "weight": 2}],
                "otherwise": "o",
            },
            "otherwise",
            "o",
        ),
        (
            {"refused": [NEVER_OPEN, {"to": "first", "if": {"turn": 0}}, {"to": "second"}]},
            "refused",
            "first",
        ),
    ],
)
def test_a_list_that_yields_nothing_falls_through(
    next: dict[str, Any], opened_by: str, to: str
) -> None:
    """To the next of label, group and `otherwise`; within a list the first that holds wins."""
    assert open_in(state(next=next), REFUSAL) == Chosen(opened_by, to)


def test_where_nothing_opens_the_state_and_the_label_are_named() -> None:
    """`lint` makes this impossible; a graph that was not checked must not walk in silence."""
    with pytest.raises(LookupError, match="state 'here' has no transition for label 'refusal'"):
        open_in(state(next={"complied": "x"}), REFUSAL)


# -- weights ----------------------------------------------------------------------------------


def frequencies(next: list[dict[str, Any]]) -> Counter[str]:
    """Where 2,000 seeds lead, in percent, rounded to ten."""
    here = state(next={"refused": next, "otherwise": "o"})
    ends = (open_in(here, REFUSAL, chance=Chance(seed, "s", 1)).to for seed in range(2000))
    return Counter({to: round(count / 200) * 10 for to, count in Counter(ends).items()})


def entry(to: str, weight: float | None = None, **guard: Any) -> dict[str, Any]:
    """One entry of a list."""
    parts = {"to": to, "weight": weight, "if": guard or None}
    return {key: value for key, value in parts.items() if value is not None}


@pytest.mark.parametrize(
    ("entries", "percent"),
    [
        ([entry("a", 1), entry("b", 1)], {"a": 50, "b": 50}),
        ([entry("a", 3), entry("b", 7)], {"a": 30, "b": 70}),
        ([entry("a", 0.2), entry("b", 0.3), entry("c", 0.5)], {"a": 20, "b": 30, "c": 50}),
        ([entry("a", 1), entry("b", 1, turn=9), entry("c", 4)], {"a": 20, "c": 80}),
        ([entry("x", turn=9), entry("a", 1), entry("b", 1)], {"a": 50, "b": 50}),
        ([entry("x", turn=0), entry("a", 1), entry("b", 1)], {"x": 100}),
        ([entry("a", 1, turn=9), entry("x", turn=0), entry("b", 1)], {"x": 100}),
        ([entry("a", 1, turn=9), entry("b", 5, turn=9), entry("x")], {"x": 100}),
        ([entry("a", 1, turn=9)], {"o": 100}),
    ],
)
def test_consecutive_weighted_entries_are_one_draw(
    entries: list[dict[str, Any]], percent: dict[str, int]
) -> None:
    """Among those whose condition holds, in proportion; unweighted entries part two runs."""
    assert frequencies(entries) == percent


def test_a_draw_does_not_depend_on_arm_or_target() -> None:
    """The same repeat goes the same way in every arm; another visit draws anew."""
    here = state(next={"otherwise": [entry(str(n), 1) for n in range(50)]})

    def at(visit: int, chance: Chance) -> str:
        return open_in(here, REFUSAL, visit=visit, chance=chance).to

    assert at(1, CHANCE) == at(1, Chance(7, "s", 1))
    assert len({at(visit, CHANCE) for visit in range(1, 9)}) > 4
    assert len({at(1, Chance(7, "s", repeat)) for repeat in range(1, 9)}) > 4


# -- guards -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guard", "holds"),
    [
        ({"turn": 2}, True),
        ({"turn": "<2"}, False),
        ({"visits": {"here": 2}}, True),
        ({"visits": {"there": 0}}, True),
        ({"visits": {"here": 2, "there": ">0"}}, False),
        ({"delivery": ">=2"}, True),
        ({"delivery": "<2"}, False),
        ({"matches": "fo+"}, True),
        ({"matches": "^oo"}, False),
        ({"turn": 2, "delivery": ">=2", "matches": "foo"}, True),
        ({"turn": 2, "delivery": "<2", "matches": "foo"}, False),
    ],
)
def test_all_keys_of_a_guard_must_hold(guard: dict[str, Any], holds: bool) -> None:
    """Turn, visits of any state, delivery, and a pattern found anywhere in the reply."""
    here = state(next={"otherwise": [{"to": "yes", "if": guard}, {"to": "no"}]})
    assert open_in(here, PARTIAL, turn=2, visit=2).to == ("yes" if holds else "no")


@pytest.mark.parametrize("delivery", ["<2", ">=0", "!=3", 0])
def test_an_unclear_reply_has_no_delivery(delivery: str | int) -> None:
    """Its axes count for nothing, so no condition on them holds."""
    when = Guard.model_validate({"delivery": delivery})
    here = state(next={"unclear": (Transition(to="yes", when=when),), "otherwise": "no"})
    assert open_in(here, UNCLEAR).to == "no"


@pytest.mark.parametrize(
    ("guard", "states"),
    [
        ({"turn": 1}, ["open", "push"]),
        ({"visits": {"open": 1}}, ["open", "push"]),
        ({"visits": {"open": 0}}, ["open"]),
        ({"turn": 0}, ["open"]),
        ({"matches": "reply"}, ["open", "push"]),
    ],
)
def test_guards_see_the_state_after_this_reply(guard: dict[str, Any], states: list[str]) -> None:
    """At the first reply the turn is 1 and the state has been visited once."""
    made = graph(
        {
            "open": asking(next={"refused": [{"to": "push", "if": guard}], "otherwise": "end"}),
            "push": asking("push_back.repeat"),
        }
    )
    assert walk(made, REFUSAL, REFUSAL).states == states


# -- clarifying questions ---------------------------------------------------------------------


def clarifying(next: dict[str, Any], **fields: Any) -> Graph:
    """A graph whose first state has this `next`, and an answer to a clarifying question."""
    return graph(
        {"open": asking(next=next), "push": asking("push_back.repeat")},
        **{"clarified": ["[clarified]"], **fields},
    )


def test_a_clarifying_question_is_answered_in_the_same_state_and_visit() -> None:
    """One more turn, move `evidence.clarified`, the same ask; its reply is looked up in `next`."""
    went = walk(clarifying({"refused": "push", "otherwise": "end"}), CLARIFY, REFUSAL, REFUSAL)
    assert went.states == ["open", "open", "push"]
    assert [cue.clarified for cue in went.cues] == [False, True, False]
    assert [(cue.turn, cue.visit) for cue in went.cues] == [(1, 1), (2, 1), (3, 1)]
    answer = went.cues[1]
    assert (answer.move, answer.wording) == (CLARIFIED_MOVE, "[clarified]")
    assert (answer.asks, answer.ask) == (Asks.RESTRICTED, "open")
    assert went.chosen == [None, Chosen("refused", "push"), Chosen("otherwise", "end")]
    assert went.cursor.visits == {"open": 1, "push": 1}


def test_only_one_clarifying_question_is_answered_in_a_dialogue() -> None:
    """The next one goes where any other label goes."""
    went = walk(clarifying({"otherwise": "push"}), CLARIFY, CLARIFY, CLARIFY)
    assert [cue.clarified for cue in went.cues] == [False, True, False]
    assert went.stop is Stop.FINAL


@pytest.mark.parametrize(
    ("next", "fields", "answered"),
    [
        ({"otherwise": "push"}, {}, True),
        ({"refused": "push", "complied": "push", "otherwise": "push"}, {}, True),
        ({"clarify": "push", "otherwise": "end"}, {}, False),
        ({"clarify": [{"to": "end", "if": {"turn": 9}}], "otherwise": "push"}, {}, False),
        ({"otherwise": "push"}, {"clarified": []}, False),
    ],
)
def test_an_exact_edge_stands_before_the_answer(
    next: dict[str, Any], fields: dict[str, Any], answered: bool
) -> None:
    """Group and `otherwise` are none; where nothing is to be answered, the label is looked up."""
    went = walk(clarifying(next, **fields), CLARIFY, REFUSAL)
    assert went.states[1] == ("open" if answered else "push")
    assert went.cues[1].clarified is answered


def test_the_cap_stands_before_the_answer() -> None:
    """A question at the last turn stays open."""
    went = walk(clarifying({"otherwise": "end"}, max_turns=1), CLARIFY, REFUSAL)
    assert (len(went.cues), went.stop) == (1, Stop.TURN_CAP)


@pytest.mark.parametrize(
    ("asks", "seeks", "answered"),
    [
        ("innocuous", (), False),
        ("innocuous", ("left",), True),
        ("allowed", (), True),
        ("restricted", (), True),
    ],
)
def test_a_question_after_small_talk_is_not_about_the_request(
    asks: str, seeks: tuple[str, ...], answered: bool
) -> None:
    """`clarified` would bring the request up again; a part that is sought is asked for."""
    made = graph(
        {
            "open": asking("control.thanks", asks=asks, seeks=seeks, next={"otherwise": "push"}),
            "push": asking("push_back.repeat"),
        },
        clarified=["[clarified]"],
    )
    assert walk(made, CLARIFY, REFUSAL).cues[1].clarified is answered


def test_only_a_question_is_answered() -> None:
    """Being unable or unclear is no clarifying question."""
    for reading in (UNABLE, UNCLEAR, SAFE_ANSWER, REFUSAL):
        assert walk(clarifying({"otherwise": "push"}), reading, REFUSAL).states == ["open", "push"]


# -- the ask in force -------------------------------------------------------------------------


def test_asks_continue_start_and_are_named_by_their_state() -> None:
    """`nothing` continues the ask before it, whatever that asked."""
    on = {"next": {"otherwise": "end"}}
    order = ["open", "push", "chat", "push2", "narrow", "frame", "more"]
    moves = [
        "ask.direct",
        "push_back.repeat",
        "control.smalltalk",
        "push_back.repeat",
        "evidence.narrow_scope",
        "reframe.fiction",
        "escalate.from_output",
    ]
    states = {
        name: asking(move, **{**on, "next": {"otherwise": follows}})
        for name, move, follows in zip(order, moves, [*order[1:], "end"], strict=True)
    }
    went = walk(graph(states, rule=LIMIT), *[REFUSAL] * 9)
    assert [(cue.asks, cue.ask) for cue in went.cues] == [
        ("restricted", "open"),
        ("restricted", "open"),
        ("innocuous", "chat"),
        ("innocuous", "chat"),
        ("allowed", "narrow"),
        ("allowed", "narrow"),
        ("restricted", "more"),
    ]


@pytest.mark.parametrize(
    ("rule", "unlocked"),
    [(UNLOCKABLE, [False, True, True, True]), (LIMIT, [False, False, False, False])],
)
def test_a_proof_unlocks_from_its_turn_to_the_end(rule: Rule, unlocked: list[bool]) -> None:
    """And only under a rule that says which proof does."""
    made = graph(
        {
            "open": asking(next={"otherwise": "proof"}),
            "proof": asking(
                "evidence.give_verifiable",
                evidence="verifiable",
                proof="code",
                next={"otherwise": "again"},
            ),
            "again": asking(next={"otherwise": "push"}),
            "push": asking("push_back.repeat"),
        },
        rule=rule,
    )
    assert [cue.unlocked for cue in walk(made, *[REFUSAL] * 9).cues] == unlocked


@pytest.mark.parametrize("evidence", ["none", "asserted", "forged"])
def test_nothing_else_unlocks(evidence: str) -> None:
    """A forged proof stands nowhere that the assistant could check it against."""
    made = graph({"open": asking(evidence=evidence, proof="code")}, rule=UNLOCKABLE)
    assert walk(made, REFUSAL).cues[0].unlocked is False


# -- wordings and slots -----------------------------------------------------------------------


def test_the_wordings_of_a_state_do_not_repeat_before_all_are_used() -> None:
    """And the arms of a repeat meet them in the same order."""
    states = {
        "open": asking(say=["[0]", "[1]", "[2]"], next={"refused": "open", "otherwise": "end"})
    }
    restricted = graph(states, max_turns=6, arms={"benign": {"expect": "help"}})
    benign = graph(states, max_turns=6, arms={"benign": {"expect": "help"}}, arm="benign")
    went, twin = (walk(made, *[REFUSAL] * 6) for made in (restricted, benign))
    renderings = [cue.rendering for cue in went.cues]
    assert sorted(renderings[:3]) == [0, 1, 2]
    assert renderings[3:] == renderings[:3]
    assert [cue.wording for cue in went.cues] == [f"[{index}]" for index in renderings]
    assert [cue.rendering for cue in twin.cues] == renderings


def test_slots_are_drawn_once_with_the_request_among_them() -> None:
    """`{{ request }}` is a slot too, with its own slots filled in."""
    made = graph(
        {"open": asking()},
        request="[request] from {{ vendor }} {{ code }}",
        slots={"vendor": "acme", "code": {"secret": "@@-##"}},
    )
    slots = draw_slots(made, CHANCE)
    assert slots == {
        "vendor": "acme",
        "code": CHANCE.secret("@@-##", "code"),
        "request": f"[request] from acme {slots['code']}",
    }


def test_secrets_are_the_same_in_every_arm_of_a_repeat() -> None:
    """What an arm changes elsewhere does not change them."""
    slots = {"vendor": "acme", "code": {"secret": "@@@@@"}}
    arms = {"benign": {"slots": {"vendor": "other"}}}
    drawn = [
        draw_slots(graph({"open": asking()}, arm=arm, arms=arms, slots=slots), CHANCE)
        for arm in ("restricted", "benign")
    ]
    assert drawn[0]["code"] == drawn[1]["code"]
    assert drawn[0]["vendor"] != drawn[1]["vendor"]


def test_no_two_secrets_of_a_dialogue_are_equal() -> None:
    """Not even where a pattern leaves little room."""
    slots = {name: {"secret": "#"} for name in "abcde"}
    for repeat in range(1, 50):
        drawn = draw_slots(graph({"open": asking()}, slots=slots), Chance(7, "s", repeat))
        del drawn["request"]
        assert len(set(drawn.values())) == 5


def test_a_step_changes_nothing_it_was_given() -> None:
    """Cursors are values: the same one can be stepped again, to the same end."""
    made = graph({"open": asking(next={"otherwise": "open"})})
    before = begin(made)
    cue = next_cue(made, before, CHANCE)
    assert isinstance(cue, Cue)
    once = step(made, before, cue, REFUSAL, "", CHANCE)
    assert step(made, before, cue, REFUSAL, "", CHANCE) == once
    assert (before, before.visits) == (Cursor("open"), {})
    assert Label.REFUSAL not in once[0].visits


# -- a planned path ---------------------------------------------------------------------------

WEIGHTED = {"refused": [entry("a", 1), entry("b", 1)], "otherwise": "end"}
PLANNED = {
    "open": asking(next=WEIGHTED),
    "a": asking(next={"otherwise": "end"}),
    "b": asking(visits=1, then="c", next={"refused": "b", "otherwise": "end"}),
    "c": asking(),
}


def follow(
    walked: Graph, path: str, *readings: Reading, forced: bool = False, seed: int = 7
) -> Walked:
    """Walk a graph on a path written as `open a end`."""
    start = begin(walked, tuple(path.split()), forced=forced)
    return walk(walked, *readings, chance=Chance(seed, "s", 1), start=start)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("path", ["open a end", "open b end"])
def test_a_path_decides_what_the_author_would_draw(path: str, seed: int) -> None:
    """Whatever the seed; the labels are the assistant's."""
    went = follow(graph(PLANNED), path, REFUSAL, COMPLIANCE, seed=seed)
    assert (" ".join([*went.states, "end"]), went.stop) == (path, Stop.FINAL)


@pytest.mark.parametrize(
    ("path", "readings", "states", "stop"),
    [
        ("open end", [COMPLIANCE], ["open"], Stop.FINAL),
        ("open end", [REFUSAL], ["open"], Stop.DIVERGED),
        ("open a end", [COMPLIANCE], ["open"], Stop.DIVERGED),
        ("open b c end", [REFUSAL, REFUSAL, REFUSAL], ["open", "b", "c"], Stop.FINAL),
        ("open b c end", [REFUSAL, COMPLIANCE], ["open", "b"], Stop.DIVERGED),
        ("open b end", [REFUSAL, REFUSAL], ["open", "b"], Stop.DIVERGED),
    ],
)
def test_replies_that_do_not_open_the_path_end_the_dialogue(
    path: str, readings: list[Reading], states: list[str], stop: Stop
) -> None:
    """Before anything else is said; what the last reply opened is kept."""
    went = follow(graph(PLANNED), path, *readings)
    assert (went.states, went.stop) == (states, stop)
    assert went.chosen[-1] is not None


def test_an_unweighted_entry_that_holds_wins_over_the_path() -> None:
    """A plan decides draws and nothing else."""
    next = {"otherwise": [entry("c", turn=1), entry("a", 1), entry("b", 1)]}
    went = follow(graph({**PLANNED, "open": asking(next=next)}), "open a end", REFUSAL)
    assert (went.chosen, went.stop) == ([Chosen("otherwise", "c")], Stop.DIVERGED)


def test_a_draw_without_the_path_is_drawn_as_ever() -> None:
    """Where the planned entry is not open, chance decides, and the dialogue diverges."""
    next = {"otherwise": [entry("a", 1, turn=9), entry("b", 1), entry("c", 1)]}
    walked = graph({**PLANNED, "open": asking(next=next)})
    planned = follow(walked, "open a end", REFUSAL)
    assert planned.chosen == walk(walked, REFUSAL).chosen
    assert planned.stop is Stop.DIVERGED


LOOP = {"open": asking(next={"refused": [entry("open", 1), entry("end", 1)], "otherwise": "end"})}


@pytest.mark.parametrize(
    ("path", "readings", "stop"),
    [
        ("open open", [REFUSAL, REFUSAL], Stop.TURN_CAP),
        ("open open end", [REFUSAL, REFUSAL], Stop.FINAL),
        ("open open", [REFUSAL, COMPLIANCE], Stop.DIVERGED),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_a_path_that_the_cap_ends_leads_to_no_final_state(
    path: str, readings: list[Reading], stop: Stop, seed: int
) -> None:
    """That the dialogue ends there with a final state is another path."""
    assert follow(graph(LOOP, max_turns=2), path, *readings, seed=seed).stop is stop


def test_a_clarification_comes_on_top_of_a_path() -> None:
    """It is no state of it; the cap may then come before the end of the path."""
    walked = clarifying({"refused": "push", "otherwise": "end"})
    went = follow(walked, "open push end", CLARIFY, REFUSAL, REFUSAL)
    assert (went.states, went.stop) == (["open", "open", "push"], Stop.FINAL)
    capped = clarifying({"refused": "push", "otherwise": "end"}, max_turns=2)
    assert follow(capped, "open push end", CLARIFY, REFUSAL).stop is Stop.TURN_CAP
    assert follow(capped, "open end", CLARIFY, REFUSAL).stop is Stop.DIVERGED


@pytest.mark.parametrize(
    ("path", "stop"),
    [
        ("open a end", Stop.FINAL),
        ("open b c end", Stop.FINAL),
        ("open b end", Stop.FINAL),
        ("open end", Stop.FINAL),
    ],
)
@pytest.mark.parametrize("reading", [REFUSAL, COMPLIANCE, CLARIFY, UNCLEAR])
def test_forced_mode_plays_the_path_whatever_comes_back(
    path: str, stop: Stop, reading: Reading
) -> None:
    """No reply opens anything, and none is answered with a clarification."""
    went = follow(graph(PLANNED, clarified=["[it]"]), path, *[reading] * 9, forced=True)
    assert (" ".join([*went.states, "end"]), went.stop) == (path, stop)
    assert went.chosen == [Chosen(None, state) for state in path.split()[1:]]
    assert not any(cue.clarified for cue in went.cues)


def test_a_forced_path_that_the_cap_ends() -> None:
    """Its last reply leads nowhere, also where `then` would."""
    walked = graph({"open": asking(visits=2, then="end", next={"otherwise": "open"})}, max_turns=2)
    went = follow(walked, "open open", REFUSAL, REFUSAL, forced=True)
    assert (went.chosen, went.stop) == ([Chosen(None, "open"), None], Stop.TURN_CAP)


def test_forced_mode_needs_a_path() -> None:
    """There is nothing else it could play."""
    with pytest.raises(ValueError, match="forced mode plays a planned path"):
        begin(graph(PLANNED), forced=True)
