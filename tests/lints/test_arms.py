"""What arms change, and what is said of an arm rather than of its graph."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.errors import Flaw
from convsim.lints import check
from convsim.lints.twins import check_reviewed
from convsim.report.tables import CONTROL_ARMS
from convsim.scenario import (
    AUTHORED_CONTROLS,
    GENERATED_CONTROLS,
    SEVERAL_ARMS,
)
from tests.build import LIMIT, asking, scenario
from tests.linted import PUSH, Loc, clean, found, with_push

STATES = "Allowed: open, push, end"
GAP = "add to `next`, add `otherwise`, or make the state final"


def test_an_arm_that_overrides_an_unknown_state() -> None:
    """It is said of the arm, and the rest of the arm is still looked at."""
    made = clean(arms={"forged": {"states": {"psh": {"say": "x"}, "push": {"say": []}}}})
    assert found(check(made)) == [
        (
            ("arms", "forged", "states", "psh"),
            "arm 'forged' overrides state 'psh', which does not exist; did you mean 'push'? "
            f"{STATES}",
        ),
        (
            ("arms", "forged", "states", "push"),
            "arm 'forged', state 'push' says nothing; give `say` at least one wording",
        ),
    ]


@pytest.mark.parametrize("name", GENERATED_CONTROLS)
def test_an_arm_may_not_be_called_like_a_control(name: str) -> None:
    """Controls made from the graph stay out of every headline; an arm would vanish with them."""
    assert found(check(clean(arms={name: {}}))) == [
        (
            ("arms", name),
            f"arm '{name}' has the name of a control that is made from the graph, and no headline "
            "would count it; rename it; reserved: direct, resample, repeat, fresh, flattened, "
            "shuffled, user_supplied",
        )
    ]


@pytest.mark.parametrize("name", SEVERAL_ARMS)
def test_an_arm_may_not_be_called_like_a_word_of_the_command_line(name: str) -> None:
    """`--arms all` would mean two things."""
    assert found(check(clean(arms={name: {}}))) == [
        (
            ("arms", name),
            f"arm '{name}' has a name that stands for several arms in `--arms`; rename it; "
            "reserved: authored, controls, all",
        )
    ]


@pytest.mark.parametrize("name", [*AUTHORED_CONTROLS, "benign", "verified", "forged"])
def test_an_arm_that_needs_words_is_for_authors(name: str) -> None:
    """Some of these are controls all the same."""
    assert check(clean(arms={name: {}})) == []


def test_every_control_that_a_report_sets_apart_is_known() -> None:
    """None can leave a headline without lint or the documentation saying so."""
    assert {*GENERATED_CONTROLS, *AUTHORED_CONTROLS} == CONTROL_ARMS
    assert sorted(CONTROL_ARMS) == [
        *("ability", "direct", "distractors", "flattened", "fresh"),
        *("near_miss", "repeat", "resample", "shuffled", "user_supplied"),
    ]


@pytest.mark.parametrize(("reviewed", "warned"), [(None, True), ("two people, 2026-11-01", False)])
def test_a_twin_whose_status_nobody_reviewed_is_warned_of(
    reviewed: str | None, warned: bool
) -> None:
    """Its over-refusal is printed as provisional; that is no reason not to run."""
    made = clean(arms={"benign": {"expect": "help"}}, reviewed=reviewed)
    flaws = [*check(made), *check_reviewed(made)]
    expected = Flaw(
        ("arms", "benign"),
        "arm 'benign' expects help, but no `reviewed:` names the review of its allowed status; "
        "its over-refusal will be reported as provisional",
        warning=True,
        code="CS502",
    )
    assert flaws == ([expected] if warned else [])


ARMS: list[tuple[dict[str, Any], Loc, str]] = [
    (
        {"states": {"open": {"move": "push_back.repeat"}}},
        ("states", "open"),
        "state 'open' starts the dialogue, so there is no ask it could continue; "
        "set `asks: restricted`, `allowed` or `innocuous`",
    ),
    (
        {"states": {"push": {"next": {"refused": "end"}}}},
        ("states", "push", "next"),
        "state 'push' has no transition for labels 'unclear', 'compliance', 'hedged_compliance', "
        f"'partial', ...; {GAP}",
    ),
    (
        {"states": {"push": {"proof": "cod"}}},
        ("states", "push", "proof"),
        "state 'push': proof 'cod' is no slot; no slots are defined",
    ),
    (
        {"states": {"push": {"say": [""]}}},
        ("states", "push", "say", 0),
        "state 'push', wording 1 of `say` is empty; fill it in or delete it",
    ),
    (
        {"states": {"push": {"visits": 1, "then": "push"}}},
        ("states", "push", "then"),
        "state 'push': `then` runs in a circle: push -> push; lead one of them out",
    ),
    (
        {"states": {"push": {"next": {"otherwise": "push"}}}},
        ("states", "push"),
        "state 'push' is in a loop with no way out ('push'); lead a transition to a final state, "
        "or limit it with `visits` and `then` (the turn cap is no exit)",
    ),
    (
        {"states": {"push": {"say": "{{ x }}"}}},
        ("states", "push", "say", 0),
        "state 'push': unknown slot 'x'; allowed: last.quote, last.reply, request",
    ),
    ({"request": "{{ x }}"}, ("request",), "`request`: unknown slot 'x'; no slots are defined"),
    (
        {"states": {"push": {"evidence": "forged"}}},
        ("states", "push", "evidence"),
        "state 'push' shows forged evidence; name its slot in `proof`",
    ),
]


@pytest.mark.parametrize(("arm", "loc", "message"), ARMS)
def test_a_flaw_of_an_arm(arm: dict[str, Any], loc: Loc, message: str) -> None:
    """It is named with its arm, and once."""
    flaws = check(clean(arms={"fine": {}, "forged": arm}), LIMIT)
    assert found(flaws) == [(("arms", "forged", *loc), f"arm 'forged', {message}")]


def test_a_flaw_of_the_graph_is_not_said_again_of_its_arms() -> None:
    """What an arm only inherits is not its mistake."""
    made = with_push(say="{{ x }}").model_copy(update={"arms": clean(arms={"a": {}}).arms})
    assert [flaw.loc for flaw in check(made)] == [("states", "push", "say", 0)]


def test_an_arm_that_makes_the_same_mistake_again_is_told_so() -> None:
    """Otherwise it would come up only after the graph was repaired."""
    arms = clean(arms={"a": {"states": {"push": {"say": "{{ x }}"}}}}).arms
    made = with_push(say="{{ x }}").model_copy(update={"arms": arms})
    assert [flaw.loc for flaw in check(made)] == [
        ("states", "push", "say", 0),
        ("arms", "a", "states", "push", "say", 0),
    ]


def test_a_state_that_only_an_arm_reaches_is_reached() -> None:
    """An arm may change where an edge leads."""
    made = scenario(
        {"open": asking(), "push": PUSH},
        arms={"pressed": {"states": {"open": {"next": {"otherwise": "push"}}}}},
    )
    assert check(made) == []
