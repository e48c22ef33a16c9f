"""Every kind of flaw, with its message and its place."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convsim.chance import Chance
from convsim.errors import Flaw
from convsim.graph import graph_of
from convsim.lints import check, is_exhaustive, open_labels
from convsim.lints.states import check_asks
from convsim.moves import CLARIFIED_MOVE, MOVES
from convsim.moves import GROUPS as MOVE_GROUPS
from convsim.policy import Rule
from convsim.reading import NEXT_KEYS, Help, Label, Stance, read_as
from convsim.scenario import (
    Guard,
    Scenario,
    State,
    Transition,
)
from convsim.transcript import Stop
from convsim.walk import Cue, begin, next_cue, step
from tests.build import HELP, LIMIT, UNLOCKABLE, asking, scenario
from tests.linted import OPEN, PUSH, Loc, clean, found, with_open, with_push


def test_a_clean_scenario_has_no_flaw() -> None:
    """Slots, a request, secrets, a proof and arms, all as they should be."""
    made = scenario(
        {
            "open": asking(say=["{{ request }}"], next={"refused": "push", "otherwise": "end"}),
            "push": asking("push_back.repeat", visits=2, then="proof", next={"otherwise": "push"}),
            "proof": asking(
                "evidence.give_verifiable",
                evidence="verifiable",
                proof="code",
                say=["Ticket {{ code }}; you said: {{ last.quote }}"],
            ),
        },
        request="[request] from {{ vendor }}",
        need="[need] {{ vendor }}",
        system="The open ticket is {{ code }}.",
        clarified=["[clarified] {{ vendor }} {{ last.reply }} {{ request }}"],
        slots={"vendor": "acme", "code": {"secret": "SEC-#####"}, "fake": {"secret": "SEC-#####"}},
        arms={
            "benign": {"slots": {"vendor": "a made-up one"}, "expect": "help"},
            "forged": {
                "states": {
                    "proof": {"evidence": "forged", "proof": "fake", "say": "Ticket {{ fake }}."}
                }
            },
        },
        reviewed="two people, 2026-11-01",
    )
    assert check(made, UNLOCKABLE) == []


# -- states and transitions -------------------------------------------------------------------

STATES = "Allowed: open, push, end"
GAP = "add to `next`, add `otherwise`, or make the state final"

STOP = {"final": True, "seeks": "a"}
TOLD = {"a": {"question": "[a]"}, "b": {"question": "[b]"}}

STRUCTURE: list[tuple[Scenario, Loc, str]] = [
    (clean(start="opne"), ("start",), f"start 'opne' is no state; did you mean 'open'? {STATES}"),
    (clean(start="zzz"), ("start",), "start 'zzz' is no state; allowed: open, push, end"),
    (
        with_open(move=None),
        OPEN,
        "state 'open' has no `move`; give one such as `ask.direct`, or `final: true`",
    ),
    (
        with_open(move="aks.direct", asks="restricted"),
        (*OPEN, "move"),
        "state 'open': unknown group in move 'aks.direct'; did you mean 'ask'? "
        f"Allowed: {', '.join(MOVE_GROUPS)}",
    ),
    (with_open(say=[]), OPEN, "state 'open' says nothing; give `say` at least one wording"),
    (
        with_open(visits=2),
        (*OPEN, "visits"),
        "state 'open' has `visits: 2` without `then`; name the state that entry 3 goes to",
    ),
    (
        with_open(then="end"),
        (*OPEN, "then"),
        "state 'open' has `then` without `visits`; say after how many",
    ),
    (
        with_open(visits=1, then="ende"),
        (*OPEN, "then"),
        f"state 'open': `then` leads to 'ende', which does not exist; did you mean 'end'? {STATES}",
    ),
    (
        with_open(next={"refusd": "push", "otherwise": "end"}),
        (*OPEN, "next", "refusd"),
        "state 'open': 'refusd' is no label; did you mean 'refused'? "
        f"Allowed: {', '.join(NEXT_KEYS)}",
    ),
    (
        with_open(next={"refused": "psh", "otherwise": "end"}),
        (*OPEN, "next", "refused", 0, "to"),
        f"state 'open' leads to 'psh', which does not exist; did you mean 'push'? {STATES}",
    ),
    (
        with_open(
            next={"refused": [{"to": "push", "if": {"visits": {"psh": 1}}}], "otherwise": "end"}
        ),
        (*OPEN, "next", "refused", 0, "if", "visits", "psh"),
        "state 'open': the guard counts visits of 'psh', which does not exist; "
        f"did you mean 'push'? {STATES}",
    ),
    (
        with_open(next={"refused": [{"to": "push"}, {"to": "end"}], "otherwise": "end"}),
        (*OPEN, "next", "refused", 1),
        "state 'open': entry 2 of 'refused' can never open, because an entry before it always "
        "does; reorder them or give that one an `if`",
    ),
    (
        with_open(next={}),
        OPEN,
        "state 'open' has no transition for labels 'unclear', 'compliance', 'hedged_compliance', "
        f"'partial', ...; {GAP}",
    ),
    (
        with_open(next={"refused": "push", "complied": "end"}),
        (*OPEN, "next"),
        "state 'open' has no transition for labels 'unclear', 'unable', 'clarify', "
        f"'safe_answer'; {GAP}",
    ),
    (
        with_open(
            next={
                "refused": "push",
                "complied": "end",
                "unclear": "end",
                "unable": "end",
                "clarify": "end",
                "safe_answer": [{"to": "end", "if": {"turn": ">1"}}],
            }
        ),
        (*OPEN, "next"),
        f"state 'open' has no transition for label 'safe_answer'; {GAP}",
    ),
    (
        with_open(move="push_back.repeat"),
        OPEN,
        "state 'open' starts the dialogue, so there is no ask it could continue; "
        "set `asks: restricted`, `allowed` or `innocuous`",
    ),
    (
        with_push(final=True),
        ("states", "push", "move"),
        "state 'push' is final and ends the dialogue; remove `move` or `final`",
    ),
    (
        scenario({"open": asking(next={"otherwise": "stop"}), "stop": STOP}, facets=TOLD),
        ("states", "stop", "seeks"),
        "state 'stop' is final and ends the dialogue; remove `seeks` or `final`",
    ),
    (
        clean(start="end"),
        ("states", "end", "final"),
        "state 'end' is final, and the dialogue starts there, so nothing would be said; "
        "start at a state with a move",
    ),
    (
        with_push(move=CLARIFIED_MOVE),
        ("states", "push", "move"),
        "state 'push': move 'evidence.clarified' is made by convsim, once a dialogue, when the "
        "assistant asks back; write the answer into `clarified`, or use 'evidence.clarify_benign'",
    ),
    (
        with_open(say=["[one]", " \n"]),
        (*OPEN, "say", 1),
        "state 'open', wording 2 of `say` is empty; fill it in or delete it",
    ),
    (
        clean(clarified=[""]),
        ("clarified", 0),
        "wording 1 of `clarified` is empty; fill it in or delete it",
    ),
    (
        with_push(visits=1, then="push"),
        ("states", "push", "then"),
        "state 'push': `then` runs in a circle: push -> push; lead one of them out",
    ),
    (
        with_push(next={"otherwise": "push"}),
        ("states", "push"),
        "state 'push' is in a loop with no way out ('push'); lead a transition to a final state, "
        "or limit it with `visits` and `then` (the turn cap is no exit)",
    ),
    (
        scenario({"open": asking(), "push": PUSH}),
        ("states", "push"),
        "state 'push' is never reached from start 'open'; lead a transition to it or delete it",
    ),
]


@pytest.mark.parametrize(("made", "loc", "message"), STRUCTURE)
def test_a_flaw_of_the_graph(made: Scenario, loc: Loc, message: str) -> None:
    """One flaw is one entry: the place, what was found, what is allowed."""
    assert found(check(made, LIMIT)) == [(loc, message)]


def test_a_graph_needs_an_end() -> None:
    """A dialogue that only the turn cap ends is a mistake."""
    made = Scenario.model_validate(
        {"id": "s", "start": "open", "states": {"open": asking(next={"otherwise": "open"})}}
    )
    assert found(check(made)) == [
        (("states",), "no state is final; add one, such as `end: {final: true}`")
    ]


def test_each_state_of_a_circle_of_then_is_named() -> None:
    """A state that only leads into the circle is not part of the problem."""
    used_up: dict[str, Any] = {"visits": 1, "next": {"otherwise": "end"}}
    made = scenario(
        {
            "open": asking(then="a", **used_up),
            "a": asking(then="b", **used_up),
            "b": asking(then="a", **used_up),
        }
    )
    assert found(check(made)) == [
        (
            ("states", "a", "then"),
            "state 'a': `then` runs in a circle: a -> b -> a; lead one of them out",
        ),
        (
            ("states", "b", "then"),
            "state 'b': `then` runs in a circle: b -> a -> b; lead one of them out",
        ),
    ]


@pytest.mark.parametrize("then", ["end", "push"])
def test_a_loop_may_be_left_by_then(then: str) -> None:
    """`visits` and `then` are an exit, wherever the replies lead."""
    made = scenario(
        {
            "open": asking(visits=3, then=then, next={"otherwise": "open"}),
            **({"push": PUSH} if then == "push" else {}),
        }
    )
    assert check(made) == []


def test_an_unknown_move_of_a_known_group_is_only_a_warning() -> None:
    """New tactics come before the table knows them; rates are by group."""
    (flaw,) = check(with_open(move="ask.directly"), LIMIT)
    known = ", ".join(move for move in MOVES if move.startswith("ask."))
    assert flaw == Flaw(
        (*OPEN, "move"),
        "state 'open': move 'ask.directly' is not in the table; did you mean 'ask.direct'? "
        f"Allowed: {known}",
        warning=True,
        code="CS114",
    )


def test_the_move_of_the_walk_is_not_offered_to_authors() -> None:
    """It is in the table because transcripts have it."""
    (flaw,) = check(with_push(move="evidence.clarifid"), LIMIT)
    assert "did you mean 'evidence.clarify_benign'?" in flaw.message
    assert CLARIFIED_MOVE not in flaw.message


WEIGHTED: list[tuple[list[dict[str, Any]], int | None]] = [
    ([{"to": "push", "weight": 1}, {"to": "end", "weight": 2}], None),
    ([{"to": "push", "weight": 1, "if": {"turn": 1}}, {"to": "end", "weight": 2}], None),
    ([{"to": "push", "if": {"turn": 1}}, {"to": "end", "weight": 2}], None),
    ([{"to": "push", "if": {"turn": 1}}, {"to": "end"}], None),
    ([{"to": "push"}, {"to": "end", "weight": 2}], 1),
    ([{"to": "push", "weight": 1}, {"to": "end"}], 1),
    ([{"to": "push", "weight": 1}, {"to": "end", "weight": 1}, {"to": "end"}], 2),
    ([{"to": "push", "if": {"turn": 1}}, {"to": "end"}, {"to": "end", "if": {"turn": 2}}], 2),
]


@pytest.mark.parametrize(("entries", "dead"), WEIGHTED)
def test_entries_after_one_that_always_opens_are_dead(
    entries: list[dict[str, Any]], dead: int | None
) -> None:
    """Consecutive weighted entries are one draw, so they open or close together."""
    made = with_open(next={"refused": entries, "otherwise": "end"})
    places = [] if dead is None else [(*OPEN, "next", "refused", dead)]
    assert [flaw.loc for flaw in check(made)] == places


@pytest.mark.parametrize(
    ("entries", "exhaustive"),
    [
        ([{"to": "a"}], True),
        ([{"to": "a", "weight": 1}], True),
        ([{"to": "a", "if": {"turn": 1}}], False),
        ([{"to": "a", "if": {"turn": 1}}, {"to": "b"}], True),
        ([{"to": "a", "if": {"turn": 1}, "weight": 1}, {"to": "b", "weight": 1}], True),
    ],
)
def test_a_list_yields_something_if_one_entry_is_always_open(
    entries: list[dict[str, Any]], exhaustive: bool
) -> None:
    """Conditions are not reasoned about: `turn: 1` beside `turn: '>1'` still needs an else."""
    assert is_exhaustive(tuple(map(Transition.model_validate, entries))) is exhaustive


@pytest.mark.parametrize(
    ("keys", "gaps"),
    [
        (["otherwise"], set[str]()),
        (["refused", "complied"], {"unclear", "unable", "clarify", "safe_answer"}),
        ([label.value for label in Label], set[str]()),
        (
            ["refusal", "complied", "unclear", "unable", "clarify", "safe_answer"],
            {"redirect", "deflection"},
        ),
    ],
)
def test_which_labels_fall_through(keys: list[str], gaps: set[str]) -> None:
    """Exact label, then group, then `otherwise`: what none of them holds is a gap."""
    state = State("here", next=dict.fromkeys(keys, "end"))
    assert {label.value for label in open_labels(state)} == gaps


# -- property ---------------------------------------------------------------------------------

NAMES = ("a", "b", "c", "d")
READINGS = [
    read_as(stance=stance, delivery=delivery, help=help, confidence=confidence)
    for stance in Stance
    for delivery in range(4)
    for help in (Help.NONE, Help.SPECIFIC)
    for confidence in (1.0, 0.3)
]

guards = st.one_of(
    st.none(),
    st.builds(
        Guard,
        turn=st.sampled_from([None, "<3", ">=2"]),
        delivery=st.sampled_from([">=2", "<1"]),
        visits=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["<2", "1"]), max_size=2),
    ),
)
entries = st.lists(
    st.builds(
        Transition,
        to=st.sampled_from((*NAMES, "end")),
        when=guards,
        weight=st.sampled_from([None, 1.0, 2.5]),
    ),
    min_size=1,
    max_size=3,
).map(tuple)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """A random graph; most are clean."""
    states = [State("end", final=True)]
    for name in NAMES:
        limited = draw(st.booleans())
        labels = draw(st.sets(st.sampled_from(["refused", "complied", "clarify", "unclear"])))
        states.append(
            State(
                name,
                "ask.direct",
                say=["[one]", "[two]"][: draw(st.integers(1, 2))],
                asks=draw(st.sampled_from([None, "allowed", "innocuous"])),
                visits=draw(st.integers(1, 3)) if limited else None,
                then=draw(st.sampled_from((*NAMES, "end"))) if limited else None,
                next={
                    **{label: draw(entries) for label in sorted(labels)},
                    "otherwise": draw(st.sampled_from((*NAMES, "end", "end"))),
                },
            )
        )
    return Scenario(
        "s",
        start="a",
        states=states,
        clarified=draw(st.sampled_from([(), ("[clarified]",)])),
        max_turns=draw(st.integers(1, 9)),
    )


def is_walkable(made: Scenario) -> bool:
    """Clean, apart from states that nothing leads to and entries that never open."""
    harmless = ("is never reached", "can never open")
    return all(any(word in flaw.message for word in harmless) for flaw in check(made))


@given(scenarios(), st.integers(0, 2**32))
def test_every_clean_graph_ends_whatever_the_assistant_says(made: Scenario, seed: int) -> None:
    """A label always opens something, `then` always leads on, and the cap is never passed."""
    assume(is_walkable(made))
    walked = graph_of(made, "restricted", LIMIT)
    said, chance, cursor, turns = random.Random(seed), Chance(seed, "s", 1), begin(walked), 0
    while isinstance(cue := next_cue(walked, cursor, chance), Cue):
        turns += 1
        assert cue.turn == turns <= made.max_turns
        cursor, _ = step(walked, cursor, cue, said.choice(READINGS), "[reply]", chance)
    assert cue is Stop.FINAL or (cue is Stop.TURN_CAP and turns == made.max_turns)


# -- what is asked, and by which move ---------------------------------------------------------


@pytest.mark.parametrize(
    ("move", "asks", "rule", "why"),
    [
        ("control.thanks", "restricted", LIMIT, "`control.thanks` is harmless by itself"),
        ("control.thanks", "innocuous", LIMIT, None),
        ("evidence.narrow_scope", "restricted", LIMIT, "asks for what is allowed"),
        ("evidence.narrow_scope", "allowed", LIMIT, None),
        ("push_back.repeat", "allowed", LIMIT, "insists on what was asked before"),
        ("push_back.repeat", "restricted", LIMIT, None),
        ("appeal.urgency", "innocuous", LIMIT, "insists on what was asked before"),
        ("ask.direct", "nothing", LIMIT, None),
        ("ask.direct", "restricted", HELP, "rule 'r.help' is `help`, under which nothing is"),
        ("ask.direct", "allowed", HELP, None),
        ("ask.direct", "restricted", None, None),
    ],
)
def test_asks_that_contradicts_the_move(
    move: str, asks: str, rule: Rule | None, why: str | None
) -> None:
    """The numbers follow `asks`, and readers the move."""
    found = list(check_asks(with_push(move=move, asks=asks), rule))
    assert [(flaw.code, flaw.loc) for flaw in found] == (
        [("CS124", ("states", "push", "asks"))] if why else []
    )
    assert (why or "") in "".join(flaw.message for flaw in found)
