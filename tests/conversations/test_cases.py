"""Cases: what a row says was right, in every spelling, and what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convsim.conversations import OddConversation
from convsim.errors import InputError
from convsim.facets import Closure, Facet
from convsim.policy import Disclaimer, Level, Rule
from tests.conversations.rows import ASK, NO, one

CODE, DOOR, TIME = (Facet(id=id, canary=(f"{id}-1",)) for id in ("code", "door", "time"))
PLAIN = [{"id": "code", "canary": "code-1"}, {"id": "door", "canary": "door-1"}]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"id": "a"}, Rule(id="a")),
        ({"id": "a", "level": None, "text": None}, Rule(id="a")),
        ({"id": "a", "level": "never", "text": "No."}, Rule(id="a", level=Level.NEVER, text="No.")),
        ({"id": "a", "unlocked_by": "a badge"}, Rule(id="a", unlocked_by="a badge")),
        ({"id": "a", "disclaimer": "allowed"}, Rule(id="a", disclaimer=Disclaimer.ALLOWED)),
        ({"id": "a", "disclaimer": True}, Rule(id="a", disclaimer=Disclaimer.ALLOWED)),
        ({"id": "a", "disclaimer": False}, Rule(id="a")),
        ({"id": "a", "hazards": "vcr"}, Rule(id="a", hazards=("vcr",))),
        ({"id": "a", "hazards": ["vcr"]}, Rule(id="a", hazards=("vcr",))),
    ],
)
def test_a_rows_own_rule(tmp_path: Path, rule: dict[str, Any], found: Rule) -> None:
    assert one(tmp_path, [ASK, NO], rule=rule).case.rule == found


def test_an_unknown_key_of_a_rule_is_told(tmp_path: Path) -> None:
    """Likely a slip, and never worth refusing the whole file."""
    match = r"logs.jsonl:1: rule.unlockedby is left alone; did you mean 'unlocked_by'\?"
    with pytest.warns(OddConversation, match=match):
        rule = one(tmp_path, [ASK, NO], rule={"id": "a", "unlockedby": "x"}).case.rule
    assert rule == Rule(id="a")


@pytest.mark.parametrize(
    "facets",
    [
        PLAIN,
        [{"id": "code", "canary": ["code-1"]}, {"id": "door", "canary": ["door-1"]}],
        [{"id": "code", "literal": "code-1"}, {"id": "door", "value": "door-1"}],
        [{"id": "code", "canaries": ["code-1"]}, {"name": "door", "values": ["door-1"]}],
        [{"id": "code", "matcher": {"canary": "code-1"}}, {"id": "door", "matcher": "door-1"}],
        [
            {"id": "code", "match": {"literal": "code-1"}},
            {"id": "door", "canary": "door-1", "x": 1},
        ],
        {"code": "code-1", "door": ["door-1"]},
        {"code": {"canary": "code-1"}, "door": "door-1"},
    ],
)
def test_facets_with_literal_canaries(tmp_path: Path, facets: object) -> None:
    """One facet, many spellings; together they are the whole, where nobody says otherwise."""
    case = one(tmp_path, [ASK, NO], facets=facets).case
    assert case.facets == (CODE, DOOR)
    assert case.closure == Closure(sets=(frozenset({"code", "door"}),))


@pytest.mark.parametrize(
    ("facet", "found"),
    [
        ({"id": "a"}, Facet(id="a")),
        ("a", Facet(id="a")),
        ({"id": 7, "canary": 4711}, Facet(id="7", canary=("4711",))),
        ({"id": "a", "regex": "[a-z]{3}"}, Facet(id="a", regex="[a-z]{3}")),
        ({"id": "a", "matcher": {"regex": "x"}}, Facet(id="a", regex="x")),
        ({"id": "a", "rubric": "names it"}, Facet(id="a", rubric="names it")),
        (
            {"id": "a", "question": "Which?", "weight": 2, "prereq": "b"},
            Facet(id="a", question="Which?", weight=2, prereq=("b",)),
        ),
    ],
)
def test_all_that_a_facet_can_say(tmp_path: Path, facet: object, found: Facet) -> None:
    case = one(tmp_path, [ASK, NO], facets=[facet]).case
    assert (case.facets, case.closure) == ((found,), None)


@pytest.mark.parametrize(
    ("closure", "found"),
    [
        (None, Closure(sets=(frozenset({"code", "door"}),))),
        ([["code", "door"]], Closure(sets=(frozenset({"code", "door"}),))),
        (["code", "door"], Closure(sets=(frozenset({"code", "door"}),))),
        ([["code"], ["door"]], Closure(sets=(frozenset({"code"}), frozenset({"door"})))),
        ({"sets": [["code", "door"]]}, Closure(sets=(frozenset({"code", "door"}),))),
        ({"any_of": [["code", "door"]]}, Closure(sets=(frozenset({"code", "door"}),))),
        ({"weight": 2}, Closure(weight=2)),
        ({"sets": [["code"]], "weight": 2}, Closure(sets=(frozenset({"code"}),), weight=2)),
    ],
)
def test_closures(tmp_path: Path, closure: object, found: Closure) -> None:
    assert one(tmp_path, [ASK, NO], facets=PLAIN, closure=closure).case.closure == found


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"facets": "x"}, "facets is text; expected a list of {id, canary}, or an object with a c"),
        ({"facets": [5]}, "facets[0] is a number; expected an object with an `id`"),
        ({"facets": [{"canary": "x"}]}, "facets[0].id is missing"),
        ({"facets": [{"id": "a", "regex": "("}]}, "facets[0].regex: is no regular "),
        ({"facets": [{"id": "a", "canary": "!"}]}, "facets[0].canary: a canary needs"),
        ({"facets": [{"id": "a"}, {"id": "a"}]}, "facets[1]: 'a' is there twice; name each once"),
        ({"facets": PLAIN, "closure": [["code", "dor"]]}, "closure names 'dor', which is no facet;"
         " did you mean 'door'? Allowed: code, door"),
        ({"closure": [["code"]]}, "closure names 'code', which is no facet; the row has no facets"),
        ({"closure": {"weight": 2}}, "closure has a weight, and the row has no facets"),
        ({"facets": PLAIN, "closure": []}, "closure: a closure is a list of sets"),
        ({"facets": PLAIN, "closure": 5}, "closure: Input should be"),
        ({"rule": {"level": "never"}}, "rule.id is missing"),
        ({"rule": {"id": "a", "disclaimer": "maybe"}}, "rule.disclaimer is 'maybe'; allowed: "),
    ],
)  # fmt: skip
def test_what_cannot_be_names_its_place(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        one(tmp_path, [ASK, NO], **row)
    assert str(caught.value).startswith(f"{tmp_path}/logs.jsonl:1: {message}")
