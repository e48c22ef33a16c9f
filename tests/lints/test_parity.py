"""Scenarios that say another one again in another language have the same graph."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.lints.parity import check_parity
from convsim.scenario import Scenario
from tests.build import asking, scenario


def original(**fields: Any) -> Scenario:
    states = {
        "open": asking(say=["[a]", "[b]"], next={"refused": "push", "otherwise": "end"}),
        "push": asking(
            "push_back.repeat", visits=2, then="end",
            next={"refused": [{"to": "push", "if": {"matches": "sorry", "turn": "<5"}},
                              {"to": "end"}], "otherwise": "end"},
        ),
    }  # fmt: skip
    arms = {"benign": {"expect": "help", "states": {"open": {"say": ["[c]", "[d]"]}}}}
    given = {"rule": "r", "clarified": ["[e]"], "arms": arms, "id": "letters.brief", **fields}
    return scenario(states, **given)


def differing(change: dict[str, Any]) -> Scenario:
    """The German one, with some keys changed."""
    plain = {**original(id="letters.de").plain(), "language": "de", "parity": "letters.brief"}
    for path, value in change.items():
        part: Any = plain
        *keys, last = path.split("/")
        for key in keys:
            part = part[key]
        if value is None:
            del part[last]
        else:
            part[last] = value
    return Scenario.model_validate(plain)


def told(made: Scenario, *others: Scenario) -> list[tuple[str, tuple[str | int, ...], str]]:
    found = check_parity({it.id: it for it in (made, *others)})
    return [(flaw.code, flaw.loc, flaw.message) for id, flaw in found if id == made.id]


@pytest.mark.parametrize(
    "change",
    [{}, {"title": "Brief"}, {"states/open/say": ["[x]", "[y]"]}, {"request": "Schreib."},
     {"states/push/next/refused": [{"to": "push", "if": {"matches": "leider", "turn": "<5"}},
                                   {"to": "end"}]}],
)  # fmt: skip
def test_what_may_differ(change: dict[str, Any]) -> None:
    """Texts, and what a guard searches the reply for."""
    assert told(differing(change), original()) == []


@pytest.mark.parametrize(
    ("change", "loc", "message"),
    [
        ({"rule": "q"}, ("rule",), "`rule` is q, and in 'letters.brief', which `parity`"),
        ({"max_turns": 5}, ("max_turns",), "`max_turns` is 5, and in"),
        ({"states/push/move": "push_back.argue"}, ("states", "push", "move"), "state 'push', `mo"),
        ({"states/push/visits": 1}, ("states", "push", "visits"), "state 'push', `visits` is 1"),
        ({"states/open/say": ["[x]"]}, ("states", "open", "say"), "the number of wordings of st"),
        ({"clarified": ["[x]", "[y]"]}, ("clarified",), "the number of wordings of `clarified`"),
        (
            {"states/open/next": {"refused": "push", "unclear": "push", "otherwise": "end"}},
            ("states", "open", "next", "unclear"),
            "state 'open': 'unclear' leads elsewhere",
        ),
        (
            {"states/more": {"move": "ask.direct", "say": "x", "next": {"otherwise": "end"}}},
            ("states", "more"),
            "state 'more' is there, and in",
        ),
        ({"arms/benign/expect": "hold"}, ("arms", "benign", "expect"), "arm 'benign', `expect` i"),
        (
            {"arms/benign/states/open/say": ["[x]"]},
            ("arms", "benign", "states", "open", "say"),
            "arm 'benign', state 'open': the number of wordings is 1",
        ),
        ({"arms/benign/states": {}}, ("arms", "benign", "states"), "arm 'benign': what it changes"),
        ({"arms": None}, ("arms",), "arm 'benign' is missing, and in"),
    ],
)
def test_what_must_not_differ(change: dict[str, Any], loc: tuple[str, ...], message: str) -> None:
    """Everything that decides which way a dialogue takes and how often a wording is drawn."""
    ((code, at, said),) = told(differing(change), original())
    assert (code, at) == ("CS513", loc)
    assert said.startswith(message)


def test_a_twin_in_the_same_language() -> None:
    (found,) = told(differing({"language": "en"}), original())
    assert found[0] == "CS514"


def test_a_scenario_that_was_not_read() -> None:
    """Only where its neighbours were can it be said that it is not among them."""
    lost = differing({"parity": "letters.breif"})
    ((code, _, message),) = told(lost, original())
    assert code == "CS512"
    assert "did you mean 'letters.brief'?" in message
    assert told(lost) == []
    assert told(differing({"parity": "others.brief"}), original()) == []
