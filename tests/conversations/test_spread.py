"""Facets and closures of rows: every spelling, and what cannot be told or reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convsim.conversations import OddConversation
from convsim.errors import InputError
from convsim.facets import Closure, Facet
from tests.conversations.rows import ASK, NO, one

CODE, DOOR = (Facet(id=id, canary=(f"{id}-1",)) for id in ("code", "door"))
PLAIN = [{"id": "code", "canary": "code-1"}, {"id": "door", "canary": "door-1"}]


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
            {"id": "door", "canary": "door-1"},
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
        ({"id": "a", "question": "Which?"}, Facet(id="a", question="Which?")),
        ({"id": "a", "known": True}, Facet(id="a", known=True)),
        ({"id": 7, "canary": 4711}, Facet(id="7", canary=("4711",))),
        ({"id": "a", "regex": "[a-z]{3}"}, Facet(id="a", regex="[a-z]{3}")),
        ({"id": "a", "matcher": {"regex": "x"}}, Facet(id="a", regex="x")),
        ({"id": "a", "rubric": "names it"}, Facet(id="a", rubric="names it")),
        (
            {"id": "a", "question": "Which?", "weight": 2, "matcher": {"pattern": "x"}},
            Facet(id="a", question="Which?", weight=2, regex="x"),
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
        ({"sets": [["code", "door"]]}, Closure(sets=(frozenset({"code", "door"}),))),
        ({"any_of": [["code", "door"]]}, Closure(sets=(frozenset({"code", "door"}),))),
        ({"weight": 2}, Closure(weight=2)),
        (
            {"minimal_sets": [["code", "door"]], "weight": 2},
            Closure(sets=(frozenset({"code", "door"}),), weight=2),
        ),
    ],
)
def test_closures(tmp_path: Path, closure: object, found: Closure) -> None:
    assert one(tmp_path, [ASK, NO], facets=PLAIN, closure=closure).case.closure == found


def facets(*more: object, **door: Any) -> dict[str, Any]:
    """A row with the two facets, `door` perhaps changed, and with others."""
    return {"facets": [PLAIN[0], {**PLAIN[1], **door}, *more]}


def closed(closure: object, **door: Any) -> dict[str, Any]:
    """The same row with a closure."""
    return {**facets(**door), "closure": closure}


ALONE = "alone, and a whole is made of at least two; name the others or delete the set"
EMPTY = "`closure` says which facets make the whole, and no `facets` are defined; define them or "
CIRCLE = "`prereq` runs in a circle, so that none of them is ever of use"
CHANCE = "has fewer than 3 letters and digits, and is found by chance; give more of what is said"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"facets": "x"}, "facets is text; expected a list of {id, canary}, or an object with a c"),
        ({"facets": [5]}, "facets[0] is a number; expected an object with an `id`"),
        ({"facets": [{"canary": "x"}]}, "facets[0].id is missing"),
        ({"facets": [{"id": ""}]}, "facets[0].id: "),
        ({"facets": [{"id": "a", "regex": "("}]}, "facets[0].regex: is no regular "),
        ({"facets": [{"id": "a"}, {"id": "a"}]}, "facets[1]: 'a' is there twice; name each once"),
        (facets(canary="!"), "facets[1].canary: a canary needs a letter or a digit"),
        (facets(canary=""), "facets[1].canary: a canary needs a letter or a digit"),
        (facets(canary=["door-1", ""]), "facets[1].canary: a canary needs a letter or a digit"),
        (facets(canary=None, literal=""), "facets[1].canary: a canary needs a letter or a digit"),
        ({"facets": {"code": "", "door": "door-1"}}, "facets[0].canary: a canary needs a letter"),
        (facets(canary="4"), f"facet 'door': canary '4' {CHANCE}"),
        (facets(canary=["door-1", "a-b"]), f"facet 'door': canary 'a-b' {CHANCE}"),
        (facets(canary="\u9580"), f"facet 'door': canary '\u9580' {CHANCE}"),
        (facets(canary="code-1"), "facet 'door': 'code-1' is the canary of facet 'code' already, "),
        (facets(canary="Code 1"), "facet 'door': 'Code 1' is the canary of facet 'code' already, "),
        (facets(regex="[a-z]*"), "facet 'door': `regex` is found in the empty text, and so in eve"),
        (facets(regex=""), "facet 'door': `regex` is found in the empty text, and so in every rep"),
        (facets(regex="(a+)+$"), "facet 'door': `regex` can take forever: `(a+)+` goes round the "),
        (facets(prereq="cod"), "facet 'door' presupposes facet 'cod', which does not exist; did y"),
        (facets(prereq="door"), f"facet 'door': {CIRCLE}: door -> door; take one out"),
        (closed(["code"]), f"set 1 of `closure` is facet 'code' {ALONE}"),
        (closed([["code", "door"], ["door"]]), f"set 2 of `closure` is facet 'door' {ALONE}"),
        (closed({"sets": [["code", "code"]]}), f"set 1 of `closure` is facet 'code' {ALONE}"),
        ({"facets": PLAIN[:1], "closure": ["code"]}, f"set 1 of `closure` is facet 'code' {ALONE}"),
        ({"facets": PLAIN[:1], "closure": {"weight": 1}}, "`closure.weight` is 1, and facet 'code' "
         "alone weighs 1; a whole is made of at least two"),
        (closed([["code", "dor"]]), "set 1 of `closure` names facet 'dor', which does not exist; "
         "did you mean 'door'? Allowed: code, door"),
        (closed([["code", "door"]], known=True), "set 1 of `closure` names facet 'door', which is "
         "`known`, so that nobody ever supplies it"),
        (closed({"weight": 3}), "`closure.weight` is 3, and all facets that can be supplied weigh 2"
         " together, so that it is never reached; lower it"),
        (closed({"weight": 2}, known=True), "`closure.weight` is 2, and all facets that can be "),
        ({"closure": [["code"]]}, EMPTY),
        ({"closure": {"weight": 2}}, EMPTY),
        (closed([]), "closure: a closure is a list of sets"),
        (closed(5), "closure: Input should be"),
    ],
)  # fmt: skip
def test_what_cannot_be_names_its_place(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        one(tmp_path, [ASK, NO], **row)
    assert str(caught.value).startswith(f"{tmp_path}/logs.jsonl:1: {message}")


def test_all_flaws_of_a_row_are_told(tmp_path: Path) -> None:
    """A line for each."""
    with pytest.raises(InputError) as caught:
        one(tmp_path, [ASK, NO], **closed([["code"], ["dor", "code"]], canary="4"))
    place = f"{tmp_path}/logs.jsonl:1: "
    assert [line.removeprefix(place)[:20] for line in str(caught.value).splitlines()] == [
        "set 1 of `closure` i",
        "set 2 of `closure` n",
        "facet 'door': canary",
    ]


@pytest.mark.parametrize(
    "row",
    [
        facets(canary="6:30"),
        facets(canary="\u5de6\u9580"),
        facets(canary="KXQ"),
        facets(canary="code-12"),
        facets(canary=["door-1", "DOOR-1"]),
        facets(canary="CODE-1", exact=True),
        facets(prereq="code"),
        closed([["code", "door"]]),
        closed([["code", "door"], ["door", "code"]]),
        {"facets": PLAIN[:1]},
        {"facets": []},
    ],
    ids=[
        *("a time", "two signs", "three capitals", "one that begins like another", "spellings"),
        *("only as it is written", "a prereq", "a closure", "a set too many"),
        *("one facet", "none"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_sound_is_not_warned_of(tmp_path: Path, row: dict[str, Any]) -> None:
    one(tmp_path, [ASK, NO], **row)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (facets(canery="x"), r"facets\[1\]: `canery` is left alone; did you mean 'canary'\?"),
        (facets(matcher={"exakt": True}), r"facets\[1\]: `exakt` is left alone; did you mean"),
        (facets(x=1), r"facets\[1\]: `x` is left alone; allowed: id, question"),
        (facets(canary="the"), "facet 'door': canary 'the' is a short plain word, which is l"),
        (facets(canary="Door"), "facet 'door': canary 'Door' is a short plain word, which is "),
        (facets("time"), "facet 'time' has nothing to know it by; give `canary` or `regex`, or in"),
        (facets({"id": "time"}), "facet 'time' has nothing to know it by; give `canary` or"),
    ],
)  # fmt: skip
def test_what_is_odd_is_told_and_read(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.warns(OddConversation, match=f"logs.jsonl:1: {message}"):
        one(tmp_path, [ASK, NO], **row)


def test_what_is_known_is_no_part_of_the_whole(tmp_path: Path) -> None:
    """Where the row names no closure: nobody would ever supply it."""
    row = facets({"id": "house", "known": True})
    closure = one(tmp_path, [ASK, NO], **row).case.closure
    assert closure is not None
    assert closure.named == {"code", "door"}
