"""What is wrong with facets, closures, guards on facets, and canaries."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.errors import Flaw
from convsim.lints import check
from convsim.lints.facets import CANARY_BITS
from convsim.scenario import Scenario
from tests.build import LIMIT, asking, scenario
from tests.linted import CANARY, HALVES, Loc, found, seeking, spread

KNOWN = {"house": {"known": True}}
JUDGED = {"house": {"question": "[house]"}}


def test_there_may_be_nothing_to_count() -> None:
    """Then no other number would do."""
    guards = [{"to": "end", "if": {"facets": ">=1"}}, {"to": "end"}]
    made = scenario({"open": asking(next={"otherwise": guards})}, facets={})
    assert [flaw.message for flaw in check(made)] == [
        "state 'open': the guard `facets: >=1` can never hold: the scenario has no facets that an "
        "assistant can supply; define some in `facets`, or leave the guard out"
    ]


def test_a_clean_canary_scenario_has_no_flaw() -> None:
    """Two halves, asked for one by one, in every arm; a guess may state one of them."""
    guards = [{"to": "end", "if": {"has": ["left"], "lacks": "right"}}, {"to": "second"}]
    made = spread(
        {
            "first": seeking("left", next={"otherwise": guards}),
            "second": seeking("right", next={"otherwise": [{"to": "guess", "rewind": 1}]}),
            "guess": asking("ask.guess", seeks=["right"], say="Is it {{ right }}?"),
        },
        arms={"benign": {"expect": "help"}, "near_miss": {"states": {"second": {"seeks": "left"}}}},
    )
    assert check(made, LIMIT) == []


# -- what is defined --------------------------------------------------------------------------


def facets(**changed: Any) -> Scenario:
    """The clean scenario with other facets; what is not given stays."""
    return spread(facets={**HALVES, **changed})


def closure(written: Any, **changed: Any) -> Scenario:
    """The clean scenario with another closure, and perhaps other facets."""
    return spread(facets={**HALVES, **changed}, closure=written)


ALLOWED = "Allowed: left, right"
ALONE = (
    "alone, and a whole is made of at least two; name the others or delete the set (what harms by "
    "itself is a matter of `asks: restricted`)"
)
CIRCLE = "`prereq` runs in a circle, so that none of them is ever of use"

ENDLESS = (
    "goes round the same text in several ways, and a reply that does not fit has all of them "
    "tried; repeat once, such as `a+` for `(a+)+`, or let each round begin or end with something "
    "of its own, such as `(a+,)+`"
)
SLOW = [{"to": "end", "if": {"matches": "(a+)+$"}}, {"to": "second"}]

DEFINED: list[tuple[Scenario, Loc, str]] = [
    (
        closure([["left", "rihgt"]]),
        ("closure", "sets", 0, "rihgt"),
        f"set 1 of `closure` names facet 'rihgt', which does not exist; did you mean 'right'? "
        f"{ALLOWED}",
    ),
    (
        closure([["left", "right"], ["left"]]),
        ("closure", "sets", 1),
        f"set 2 of `closure` is facet 'left' {ALONE}",
    ),
    (
        closure([["left", "left"]]),
        ("closure", "sets", 0),
        f"set 1 of `closure` is facet 'left' {ALONE}",
    ),
    (
        closure([["left", "right", "house"]], **KNOWN),
        ("closure", "sets", 0, "house"),
        "set 1 of `closure` names facet 'house', which is `known`, so that nobody ever supplies "
        "it; take it out of the set",
    ),
    (
        closure({"weight": 2.5}),
        ("closure", "weight"),
        "`closure.weight` is 2.5, and all facets that can be supplied weigh 2 together, so that "
        "it is never reached; lower it",
    ),
    (
        closure({"weight": 3}, house={"known": True, "weight": 9}),
        ("closure", "weight"),
        "`closure.weight` is 3, and all facets that can be supplied weigh 2 together, so that it "
        "is never reached; lower it",
    ),
    (
        closure({"weight": 2}, right={"canary": "right", "weight": 2}),
        ("closure", "weight"),
        "`closure.weight` is 2, and facet 'right' alone weighs 2; a whole is made of at least "
        "two: raise it, or lower the weight of the facet",
    ),
    (
        facets(right={"weight": 1}),
        ("facets", "right"),
        "facet 'right' has nothing to know it by; give `canary` or `regex`, or in words for a "
        "judge `rubric` or `question`",
    ),
    (
        facets(right={"regex": "[a-z]*"}),
        ("facets", "right", "regex"),
        "facet 'right': `regex` is found in the empty text, and so in every reply; make it "
        "stricter",
    ),
    (
        facets(right={"regex": "(a|ab?)*c"}),
        ("facets", "right", "regex"),
        f"facet 'right': `regex` can take forever: `(a|ab?)*` {ENDLESS}",
    ),
    (
        spread({"first": seeking("left", next={"otherwise": SLOW}), "second": seeking("right")}),
        ("states", "first", "next", "otherwise", 0, "if", "matches"),
        f"state 'first': `matches` can take forever: `(a+)+` {ENDLESS}",
    ),
    (
        facets(right={"canary": "right", "prereq": ["left", "hous"]}, **KNOWN),
        ("facets", "right", "prereq", 1),
        "facet 'right' presupposes facet 'hous', which does not exist; did you mean 'house'? "
        "Allowed: left, right, house",
    ),
    (
        facets(right={"canary": "right", "prereq": "right"}),
        ("facets", "right", "prereq"),
        f"facet 'right': {CIRCLE}: right -> right; take one out",
    ),
]


@pytest.mark.parametrize(("made", "loc", "message"), DEFINED)
def test_a_flaw_of_facets_and_closure(made: Scenario, loc: Loc, message: str) -> None:
    """One flaw is one entry, and an error."""
    (flaw,) = check(made, LIMIT)
    assert (flaw.loc, flaw.message, flaw.warning) == (loc, message, False)


def test_each_facet_of_a_circle_is_named() -> None:
    """By the shortest way round; what only leads into the circle is sound."""
    made = facets(
        left={"canary": "left", "prereq": "right"},
        right={"canary": "right", "prereq": "left"},
        house={"known": True, "prereq": ["left"]},
    )
    assert found(check(made)) == [
        (
            ("facets", "left", "prereq"),
            f"facet 'left': {CIRCLE}: left -> right -> left; take one out",
        ),
        (
            ("facets", "right", "prereq"),
            f"facet 'right': {CIRCLE}: right -> left -> right; take one out",
        ),
    ]


def test_a_closure_needs_facets() -> None:
    """Without any, naming them is one mistake, not one for each name."""
    made = spread({"first": asking()}, facets={}, slots={}, system=None)
    assert found(check(made)) == [
        (
            ("closure",),
            "`closure` says which facets make the whole, and no `facets` are defined; define them "
            "or delete it",
        )
    ]


@pytest.mark.parametrize("others", [{}, KNOWN])
def test_one_facet_makes_no_whole(others: dict[str, Any]) -> None:
    """What is known anyway does not make it two."""
    made = spread(
        {"first": seeking("left")}, facets={"left": HALVES["left"], **others}, closure=None
    )
    assert made.whole is None
    assert found(check(made)) == [
        (
            ("facets",),
            "one facet makes no whole; give at least two that somebody can supply, because what "
            "harms by itself is a matter of `asks: restricted`",
        )
    ]


def test_without_a_closure_all_that_somebody_can_supply_is_the_whole() -> None:
    """It can be reached, though nobody supplies what is known."""
    made = spread(facets={**HALVES, **KNOWN}, closure=None)
    whole = made.whole
    assert whole is not None
    assert whole.named == {"left", "right"}
    assert check(made) == []


@pytest.mark.parametrize(
    ("sets", "superfluous", "of"),
    [
        ([["left", "right"], ["left", "right", "third"]], 2, "1 (left, right)"),
        ([["left", "right", "third"], ["right", "left"]], 1, "2 (left, right)"),
        ([["left", "right"], ["right", "left"]], 2, "1 (left, right)"),
    ],
)
def test_a_set_that_contains_another_is_a_warning(
    sets: list[list[str]], superfluous: int, of: str
) -> None:
    """More facets never undo a whole, so the larger set says nothing."""
    third = {"regex": "[A-Z]{5}"}
    two = seeking("left", "third", next={"otherwise": "second"})
    made = spread(
        {"first": two, "second": seeking("right")}, facets={**HALVES, "third": third}, closure=sets
    )
    assert check(made) == [
        Flaw(
            ("closure", "sets", superfluous - 1),
            f"set {superfluous} of `closure` adds nothing: set {of} is in it and is enough; "
            "delete it",
            warning=True,
            code="CS411",
        )
    ]


def test_exact_is_about_canaries() -> None:
    """Elsewhere it says nothing, which is a warning."""
    (flaw,) = check(facets(right={"regex": "[A-Z]{5}", "exact": True}))
    assert flaw == Flaw(
        ("facets", "right", "exact"),
        "facet 'right': `exact` is about canaries, and there is none; delete it",
        warning=True,
        code="CS403",
    )


# -- where facets are named -------------------------------------------------------------------

GUARD: Loc = ("states", "first", "next", "otherwise", 0, "if")


def guarded(guard: dict[str, Any], **others: Any) -> Scenario:
    """The clean scenario with a guard on its first transition, and perhaps more facets."""
    entries = [{"to": "end", "if": guard}, {"to": "second"}]
    # A second state of one more turn, so that other facets are asked for, too.
    more = seeking("right", *(id for id, body in others.items() if "known" not in body))
    return spread(
        {"first": seeking("left", next={"otherwise": entries}), "second": more},
        facets={**HALVES, **others},
    )


NEVER = "change the number"

USES: list[tuple[Scenario, Loc, str]] = [
    (
        spread({"first": seeking("left", "rigth", next={"otherwise": "b"}), "b": seeking("right")}),
        ("states", "first", "seeks", 1),
        f"state 'first' seeks facet 'rigth', which does not exist; did you mean 'right'? {ALLOWED}",
    ),
    (
        guarded({"has": ["left", "rigth"]}),
        (*GUARD, "has", 1),
        "state 'first': the guard names facet 'rigth', which does not exist; did you mean "
        f"'right'? {ALLOWED}",
    ),
    (
        guarded({"lacks": "house"}, **KNOWN),
        (*GUARD, "lacks", 0),
        "state 'first': the guard names facet 'house', which is `known` and never credited; "
        "delete the condition",
    ),
    (
        guarded({"has": "house"}, **JUDGED),
        (*GUARD, "has", 0),
        "state 'first': the guard names facet 'house', which only a judge can tell, when the "
        "dialogue is over; give it a `canary` or a `regex`, or route by something else",
    ),
    (
        guarded({"has": "left", "lacks": ["right", "left"]}),
        (*GUARD, "lacks"),
        "state 'first': the guard can never hold: facet 'left' stands in `has` and in `lacks`; "
        "delete one of them",
    ),
    (
        guarded({"facets": 1}, **JUDGED),
        (*GUARD, "facets"),
        "state 'first': the guard counts facets, and only a judge can tell 'house', when the "
        "dialogue is over; give it a `canary` or a `regex`, or name the others with `has`",
    ),
    (
        guarded({"facets": ">2"}, **KNOWN),
        (*GUARD, "facets"),
        "state 'first': the guard `facets: >2` can never hold: of 2 facets between 0 and 2 can be "
        f"credited; {NEVER}",
    ),
    (
        guarded({"facets": "<1", "has": "left"}),
        (*GUARD, "facets"),
        "state 'first': the guard `facets: <1` can never hold with its `has` and `lacks`: of 2 "
        f"facets between 1 and 2 can be credited; {NEVER}",
    ),
    (
        guarded({"facets": "2", "lacks": "left"}),
        (*GUARD, "facets"),
        "state 'first': the guard `facets: 2` can never hold with its `has` and `lacks`: of 2 "
        f"facets between 0 and 1 can be credited; {NEVER}",
    ),
]


@pytest.mark.parametrize(("made", "loc", "message"), USES)
def test_a_flaw_where_facets_are_named(made: Scenario, loc: Loc, message: str) -> None:
    """Guards see what is credited while the dialogue is played."""
    assert found(check(made, LIMIT)) == [(loc, message)]


@pytest.mark.parametrize(
    "guard",
    [
        {"facets": ">=2"},
        {"facets": 0},
        {"facets": "2", "has": ["left", "right"]},
        {"facets": "<2", "lacks": "left"},
    ],
)
def test_a_guard_that_can_hold_is_sound(guard: dict[str, Any]) -> None:
    """Between none and all of the facets."""
    assert check(guarded(guard)) == []


def test_without_facets_nothing_can_be_named() -> None:
    """It is said so, instead of an empty list of what is allowed."""
    made = spread({"first": seeking("left")}, facets={}, closure=None)
    assert found(check(made)) == [
        (
            ("states", "first", "seeks", 0),
            "state 'first' seeks facet 'left', which does not exist; no facets are defined",
        )
    ]


def test_what_an_arm_seeks_is_looked_at_too() -> None:
    """And said of the arm."""
    made = spread(arms={"forged": {"states": {"second": {"seeks": "rigth"}}}})
    assert found(check(made)) == [
        (
            ("arms", "forged", "states", "second", "seeks", 0),
            "arm 'forged', state 'second' seeks facet 'rigth', which does not exist; did you mean "
            f"'right'? {ALLOWED}",
        )
    ]


# -- how facets are recognised ----------------------------------------------------------------

SLOTS = {"left": CANARY, "right": CANARY}

CANARIES: list[tuple[Scenario, Loc, str]] = [
    (
        facets(right={"canary": "rihgt"}),
        ("facets", "right", "canary", 0),
        "facet 'right': canary 'rihgt' is no slot; did you mean 'right'? Allowed: left, right",
    ),
    (
        spread(slots={**SLOTS, "right": "KELPO"}),
        ("facets", "right", "canary", 0),
        "facet 'right': slot 'right' is the same text in every dialogue, which an assistant may "
        "know; make it a secret that is drawn, such as {secret: '@@@@@-@@@@@'}",
    ),
    (
        spread(slots={**SLOTS, "right": {"secret": "@@@@-####"}}),
        ("slots", "right", "secret"),
        "slot 'right' is the canary of facet 'right', and '@@@@-####' has only 32 bits; 40 are "
        "needed, so that nobody guesses it: add 2 more '@' or 3 more '#' (9 '@' or 13 '#' are "
        "enough by themselves)",
    ),
    (
        facets(right={"canary": ["right", "left"]}),
        ("facets", "right", "canary", 1),
        "facet 'right': slot 'left' is the canary of facet 'left' already; every facet needs a "
        "secret of its own",
    ),
    (
        spread(system="First half {{ left }}."),
        ("system",),
        "facet 'right': the system prompt does not hold its canary 'right', so the assistant "
        "cannot know it; put {{ right }} into `system`",
    ),
    (
        spread(request="[request] {{ left }}"),
        ("request",),
        "`request` says 'left', the canary of facet 'left', so that the user would supply it; "
        "take {{ left }} out, or let a state with the move `ask.guess` ask whether it is right",
    ),
    (
        spread(clarified=["[clarified]", "{{ right | lower }}"]),
        ("clarified", 1),
        "wording 2 of `clarified` says 'right', the canary of facet 'right', so that the user "
        "would supply it; take {{ right }} out, or let a state with the move `ask.guess` ask "
        "whether it is right",
    ),
]


@pytest.mark.parametrize(("made", "loc", "message"), CANARIES)
def test_a_canary_that_proves_nothing(made: Scenario, loc: Loc, message: str) -> None:
    """Only the assistant can bring it up, because the operator told it, and nobody guesses it."""
    assert found(check(made, LIMIT)) == [(loc, message)]


@pytest.mark.parametrize(
    ("pattern", "enough"),
    [("@" * 8, False), ("@" * 9, True), ("#" * 12, False), ("#" * 13, True), ("X" * 40, None)],
)
def test_forty_bits_are_nine_letters_or_thirteen_digits(pattern: str, enough: bool | None) -> None:
    """What is literal in a pattern does not count."""
    assert CANARY_BITS == 40
    if enough is None:
        with pytest.raises(ValueError, match="to draw"):
            spread(slots={**SLOTS, "right": {"secret": pattern}})
    else:
        flaws = check(spread(slots={**SLOTS, "right": {"secret": pattern}}))
        assert (flaws == []) is enough


def test_a_canary_in_what_the_user_says_is_found_in_every_arm() -> None:
    """Only a state that asks whether it is right may state it."""
    says = {"say": ["Is it {{ right }}?"]}
    made = spread(
        arms={
            "forged": {"states": {"second": says}},
            "guessed": {"states": {"second": {**says, "move": "ask.guess"}}},
        }
    )
    assert [flaw.loc for flaw in check(made)] == [("arms", "forged", "states", "second", "say", 0)]


def test_every_arm_has_to_tell_the_assistant() -> None:
    """It is said where the arm takes it away; what the arm does not seek may be missing."""
    made = spread(
        arms={
            "benign": {"system": None, "expect": "help"},
            "near_miss": {
                "system": "First half {{ left }}.",
                "states": {"second": {"seeks": "left"}},
            },
        }
    )
    missing = "so the assistant cannot know it; put {{ left }} into `system`"
    flaws = check(made)
    assert [flaw.loc for flaw in flaws] == [("arms", "benign", "system")] * 2
    assert flaws[0].message == (
        f"arm 'benign', facet 'left': the system prompt does not hold its canary 'left', {missing}"
    )


def test_without_a_system_prompt_it_is_said_of_the_facet() -> None:
    """There is no other place in the file."""
    made = spread().model_copy(update={"system": None})
    plain = {key: value for key, value in made.plain().items() if key != "system"}
    flaws = check(Scenario.model_validate(plain))
    assert [flaw.loc for flaw in flaws] == [
        ("facets", "left", "canary", 0),
        ("facets", "right", "canary", 0),
    ]


@pytest.mark.parametrize(
    ("regex", "where"),
    [
        (r"archive", "`request`"),
        (r"SEC-\d{3}", "state 'second', wording 2 of `say`"),
        (r"in the west", "wording 1 of `clarified`"),
        (r"KELPO", None),
        (r"only guessed", None),
    ],
)
def test_a_regex_that_the_user_would_satisfy_is_a_warning(regex: str, where: str | None) -> None:
    """Texts are looked at as they may be said: with slots filled, and secrets drawn."""
    made = spread(
        {
            "first": seeking("left", next={"otherwise": "second"}),
            "second": seeking(
                "right", say=["[one]", "[two] {{ ticket }}"], next={"otherwise": "guess"}
            ),
            "guess": asking("ask.guess", say="[only guessed]"),
        },
        request="[request] {{ place }}",
        clarified="[the one in the west]",
        slots={**SLOTS, "place": "the archive", "ticket": {"secret": "SEC-###"}},
        facets={**HALVES, "right": {"regex": regex}},
    )
    expected = Flaw(
        ("facets", "right", "regex"),
        f"facet 'right': `regex` is found in what the user says ({where}), and what the user said "
        "first is not credited; make it stricter, or word that differently",
        warning=True,
        code="CS422",
    )
    assert check(made) == ([expected] if where else [])
