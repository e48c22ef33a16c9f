"""What is wrong with a file's data is said in its own words, at its own place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from convsim.errors import Flaw
from convsim.explain import flaws_in, problems_in
from convsim.policy import Policy
from convsim.scenario import Scenario
from convsim.yaml12 import parse

Loc = tuple[str | int, ...]


def flaws(noun: type[BaseModel], data: dict[str, Any]) -> list[tuple[Loc, str]]:
    with pytest.raises(ValidationError) as caught:
        noun.model_validate(data)
    return [(flaw.loc, flaw.message) for flaw in flaws_in(caught.value, noun, data)]


def scenario(**changed: object) -> dict[str, Any]:
    return {"id": "a", "start": "s", "states": {"s": {"final": True}}, **changed}


def edge(**keys: object) -> dict[str, Any]:
    return scenario(states={"s": {"next": {"refused": [{"to": "s", **keys}]}}})


SLOT = "expected a text or {secret: PATTERN}, found "
EDGE: Loc = ("states", "s", "next", "refused", 0)
STATE_KEYS = "move, say, asks, seeks, evidence, proof, visits, then, next, final"


@pytest.mark.parametrize(
    ("data", "loc", "message"),
    [
        (
            scenario(id=None),
            ("id",),
            "key 'id' is missing; give it a name, such as `id: fraud.vendor_invoice`",
        ),
        (
            scenario(id="a b"),
            ("id",),
            "`id`: text 'a b' is no id; use letters, digits, '_', '.' and '-', "
            "beginning with a letter or digit",
        ),
        (
            scenario(id=3),
            ("id",),
            "`id`: expected text, found the number 3; put it in quotes",
        ),
        (
            scenario(request=["x"]),
            ("request",),
            "`request`: expected text, found a list",
        ),
        (
            scenario(max_turns="12"),
            ("max_turns",),
            "`max_turns`: expected a whole number, found text '12'",
        ),
        (
            scenario(max_turns=True),
            ("max_turns",),
            "`max_turns`: expected a whole number, found true",
        ),
        (
            scenario(max_turns=1.5),
            ("max_turns",),
            "`max_turns`: expected a whole number, found the number 1.5",
        ),
        (
            scenario(max_turns=0),
            ("max_turns",),
            "`max_turns`: expected a number of at least 1, found the number 0",
        ),
        (
            scenario(convsim=2),
            ("convsim",),
            "`convsim`: expected a number of at most 1, found the number 2",
        ),
        (scenario(slots={"v": 3}), ("slots", "v"), f"slot 'v': {SLOT}the number 3"),
        (scenario(slots={"v": None}), ("slots", "v"), f"slot 'v': {SLOT}nothing"),
        (
            scenario(slots={"str": [1]}),
            ("slots", "str"),
            f"slot 'str': {SLOT}a list",
        ),
        (
            scenario(slots={"v": {"secret": "x"}}),
            ("slots", "v", "secret"),
            "slot 'v', `secret`: a secret needs at least one '@' (letter) or '#' (digit) to draw, "
            "found text 'x'",
        ),
        (
            scenario(slots={"v": {}}),
            ("slots", "v", "secret"),
            "slot 'v': key 'secret' is missing; give a pattern with '@' for a letter and '#' for "
            "a digit, such as 'SEC-#####'",
        ),
        (
            scenario(rule=3),
            ("rule",),
            "`rule`: expected the id of a rule in policy.yaml, or {id: ..., level: ..., text: ...}"
            ", found the number 3",
        ),
        (
            scenario(rule={"id": "r", "level": "nevr"}),
            ("rule", "level"),
            "`rule.level`: unknown value 'nevr'; did you mean 'never'? Allowed: never, limit, help",
        ),
        (
            scenario(rule={"id": "r", "levl": "never"}),
            ("rule", "levl"),
            "`rule`: unknown key 'levl'; did you mean 'level'? "
            "Allowed: id, text, level, unlocked_by, disclaimer, hazards, examples",
        ),
        (scenario(states={}), ("states",), "`states`: must not be empty"),
        (
            scenario(states=["s"]),
            ("states",),
            "`states`: expected states by name, such as "
            "{open: {move: ask.direct, say: ...}, end: {final: true}}, found a list",
        ),
        (
            scenario(states={"s": None}),
            ("states", "s"),
            "state 's': expected the keys of a state, such as {move: ask.direct, say: ...} or "
            "{final: true}, found nothing",
        ),
        (
            scenario(states={"s": {"wieght": 2}}),
            ("states", "s", "wieght"),
            f"state 's': unknown key 'wieght'; allowed: {STATE_KEYS}",
        ),
        (
            scenario(states={"s": {"self": 2}}),
            ("states", "s", "self"),
            f"state 's': unknown key 'self'; allowed: {STATE_KEYS}",
        ),
        (
            scenario(states={"s": {"final": "yes"}}),
            ("states", "s", "final"),
            "state 's', `final`: expected true or false, found text 'yes'",
        ),
        (
            scenario(states={"s": {"asks": "restrictd"}}),
            ("states", "s", "asks"),
            "state 's', `asks`: unknown value 'restrictd'; did you mean 'restricted'? "
            "Allowed: restricted, allowed, innocuous, nothing",
        ),
        (
            scenario(states={"s": {"say": {"a": 1}}}),
            ("states", "s", "say"),
            "state 's', `say`: expected a text or a list of texts, found keys and values",
        ),
        (
            scenario(states={"s": {"say": ["x", 3]}}),
            ("states", "s", "say", 1),
            "state 's', entry 2 of `say`: expected text, found the number 3; put it in quotes",
        ),
        (
            scenario(states={"s": {"next": "s"}}),
            ("states", "s", "next"),
            "state 's', `next`: expected labels and where they lead, such as "
            "{refused: push, otherwise: end}, found text 's'",
        ),
        (
            scenario(states={"s": {"next": {"refused": {"to": "s"}}}}),
            EDGE[:-1],
            "state 's', `next.refused`: expected a state name or a list of {to, if, weight}, "
            "found keys and values",
        ),
        (
            scenario(states={"s": {"next": {"refused": ["s"]}}}),
            EDGE,
            "state 's', entry 1 of `next.refused`: expected an entry such as "
            "{to: STATE, if: CONDITION, weight: NUMBER}, found text 's'",
        ),
        (
            edge(wieght=2),
            (*EDGE, "wieght"),
            "state 's', entry 1 of `next.refused`: unknown key 'wieght'; "
            "did you mean 'weight'? Allowed: to, if, weight, rewind",
        ),
        (
            edge(weight=-1),
            (*EDGE, "weight"),
            "state 's', entry 1 of `next.refused`, `weight`: "
            "expected a number above 0, found the number -1",
        ),
        (
            edge(**{"if": {"turn": "soon"}}),
            (*EDGE, "if", "turn"),
            "state 's', entry 1 of `next.refused`, `if.turn`: expected a number or a comparison "
            'such as ">=2", "<3" or "==1", found text \'soon\'',
        ),
        (
            edge(**{"if": {"vists": {}}}),
            (*EDGE, "if", "vists"),
            "state 's', entry 1 of `next.refused`, `if`: unknown key 'vists'; "
            "did you mean 'visits'? Allowed: turn, visits, has, lacks, facets, delivery, matches",
        ),
        (
            scenario(arms={"b": {"states": {"s": {"sya": "x"}}}}),
            ("arms", "b", "states", "s", "sya"),
            "arm 'b', state 's': unknown key 'sya'; did you mean 'say'? Allowed: " + STATE_KEYS,
        ),
        (
            scenario(arms={"b": {"expct": "help"}}),
            ("arms", "b", "expct"),
            "arm 'b': unknown key 'expct'; did you mean 'expect'? "
            "Allowed: slots, request, system, need, clarified, expect, states",
        ),
        (
            scenario(arms={"restricted": {}}),
            ("arms", "restricted"),
            "`arms`: 'restricted' is the graph itself; an arm needs another name",
        ),
    ],
)
def test_a_wrong_scenario_is_explained(data: dict[str, Any], loc: Loc, message: str) -> None:
    """One flaw each, where it stands in the file, without a word about models or unions."""
    assert flaws(Scenario, data) == [(loc, message)]


FACETS = (
    "facets by id, such as {left: {canary: left_half}, right: {canary: right_half}}, found a list"
)
SETS = "sets of two facet ids or more, such as [[left, right]]"
LEFT: Loc = ("facets", "left")


@pytest.mark.parametrize(
    ("data", "loc", "message"),
    [
        (scenario(facets=["left"]), ("facets",), f"`facets`: expected {FACETS}"),
        (
            scenario(facets={"left": "left_half"}),
            LEFT,
            "facet 'left': expected the keys of a facet, such as {canary: left_half, "
            "question: ...}, found text 'left_half'",
        ),
        (
            scenario(facets={"left": {"cannary": "x"}}),
            (*LEFT, "cannary"),
            "facet 'left': unknown key 'cannary'; did you mean 'canary'? Allowed: question, "
            "weight, prereq, canary, exact, regex, rubric, known",
        ),
        (
            scenario(facets={"left": {"canary": 3}}),
            (*LEFT, "canary"),
            "facet 'left', `canary`: expected the name of a slot or a list of them, found the "
            "number 3",
        ),
        (
            scenario(facets={"left": {"canary": ["a", "--"]}}),
            (*LEFT, "canary"),
            "facet 'left', `canary`: a canary needs a letter or a digit, found a list",
        ),
        (
            scenario(facets={"left": {"regex": "("}}),
            (*LEFT, "regex"),
            "facet 'left', `regex`: is no regular expression: missing ), unterminated subpattern "
            "at position 0, found text '('",
        ),
        (
            scenario(facets={"left": {"weight": "x"}}),
            (*LEFT, "weight"),
            "facet 'left', `weight`: expected a number, found text 'x'",
        ),
        (scenario(facets={"": {"canary": "x"}}), ("facets", ""), "facet '': must not be empty"),
        (scenario(closure="left"), ("closure",), f"`closure`: expected {SETS}, found text 'left'"),
        (scenario(closure=[]), ("closure",), f"`closure`: expected {SETS}, found a list"),
        (
            scenario(closure={}),
            ("closure",),
            "`closure`: a closure is a list of sets of facet ids, or a weight",
        ),
        (
            scenario(closure=[["a", "b"], 3]),
            ("closure", 1),
            "entry 2 of `closure`: expected a list of facet ids, found the number 3",
        ),
        (
            scenario(closure=[["a", 3]]),
            ("closure", 0, 1),
            "entry 1 of `closure`, its entry 2: expected text, found the number 3; put it in "
            "quotes",
        ),
        (
            scenario(closure={"sets": [["a", "b"], "c"]}),
            ("closure", "sets", 1),
            "entry 2 of `closure.sets`: expected a list of facet ids, found text 'c'",
        ),
        (
            scenario(closure={"wieght": 2}),
            ("closure", "wieght"),
            "`closure`: unknown key 'wieght'; did you mean 'weight'? Allowed: sets, weight",
        ),
        (
            scenario(states={"s": {"seeks": 3}}),
            ("states", "s", "seeks"),
            "state 's', `seeks`: expected a facet id or a list of them, found the number 3",
        ),
        (
            edge(**{"if": {"has": {"left": 1}}}),
            (*EDGE, "if", "has"),
            "state 's', entry 1 of `next.refused`, `if.has`: expected a facet id or a list of "
            "them, found keys and values",
        ),
        (
            edge(rewind=0),
            (*EDGE, "rewind"),
            "state 's', entry 1 of `next.refused`, `rewind`: expected a number of at least 1, "
            "found the number 0",
        ),
    ],
)
def test_wrong_facets_are_explained(data: dict[str, Any], loc: Loc, message: str) -> None:
    """In the short forms as in the long ones."""
    assert flaws(Scenario, data) == [(loc, message)]


@pytest.mark.parametrize(
    ("data", "loc", "message"),
    [
        (
            {"rules": {"r": {}}},
            ("rules",),
            "`rules`: expected a list of rules, such as "
            "[{id: fraud.impersonation, level: limit, text: ...}], found keys and values",
        ),
        (
            {"rules": [{"id": ""}]},
            ("rules", 0, "id"),
            "entry 1 of `rules`, `id`: must not be empty",
        ),
        (
            {"rules": [{"id": "r"}, {"id": "q"}, {"id": "r"}]},
            ("rules", 2, "id"),
            "rule 'r' is defined twice; give each rule its own id",
        ),
        (
            {"rules": [{"id": "r", "disclaimer": "allow"}]},
            ("rules", 0, "disclaimer"),
            "entry 1 of `rules`, `disclaimer`: unknown value 'allow'; did you mean 'allowed'? "
            "Allowed: allowed, not",
        ),
    ],
)
def test_a_wrong_policy_is_explained(data: dict[str, Any], loc: Loc, message: str) -> None:
    """Policy files are explained the same way."""
    assert flaws(Policy, data) == [(loc, message)]


def test_all_flaws_are_explained_at_once() -> None:
    """Several mistakes are several flaws."""
    data = scenario(max_turns="x", titel="y", states={"s": {"visits": "q"}})
    assert [loc for loc, _ in flaws(Scenario, data)] == [
        ("max_turns",),
        ("states", "s", "visits"),
        ("titel",),
    ]


SOURCE = """\
request: x
states:
  open:
    say: one
    next: {refusd: end}
arms:
  forged:
    request: y
    states:
      open: {say: [two]}
"""


@pytest.mark.parametrize(
    ("loc", "message", "place"),
    [
        (("request",), "`request`: bad", (1, 10)),
        (("states", "open"), "state 'open' is bad", (3, 3)),
        (("states", "open", "say", 0), "state 'open': bad", (4, 10)),
        (("states", "open", "next", "refusd"), "'refusd' is no label", (5, 12)),
        (("states", "open", "next", "refusd", 0, "to"), "'nd' does not exist", (5, 20)),
        (("states", "open", "visits"), "bad default", (3, 3)),
        (("arms", "forged"), "arm 'forged' is bad", (7, 3)),
        (("arms", "forged", "request"), "`request`: bad", (8, 14)),
        (("arms", "forged", "system"), "`system`: bad", (1, 1)),
        (("arms", "forged", "states", "open", "say", 0), "bad", (10, 20)),
        (("arms", "forged", "states", "open", "say", 5), "bad", (10, 14)),
        (("arms", "forged", "states", "open", "next", "refusd"), "'refusd': bad", (5, 12)),
        (("arms", "forged", "states", "open"), "bad", (10, 7)),
    ],
)
def test_a_flaw_is_shown_where_it_is_written(
    loc: Loc, message: str, place: tuple[int, int]
) -> None:
    """At the key that the message quotes, else the value; in the graph where no arm says more."""
    (problem,) = problems_in([Flaw(loc, message, code="CS008")], parse(SOURCE, "f.yaml"))
    assert (problem.line, problem.column) == place


@pytest.mark.parametrize(
    ("closure", "loc", "column"),
    [
        ("[[a, b], [c, d]]", (1, "d"), 23),
        ("[[a, b], [c, d]]", (1,), 19),
        ("[a, b]", (0, "b"), 14),
        ("[a, b]", (0,), 1),
        ("{sets: [[a, b]]}", (0, "b"), 22),
        ("{weight: 2}", (0,), 1),
    ],
)
def test_a_set_of_the_closure_is_shown_as_it_is_written(
    closure: str, loc: Loc, column: int
) -> None:
    """The scenario keeps neither its short form nor its order."""
    flaw = Flaw(("closure", "sets", *loc), "bad", code="CS008")
    (problem,) = problems_in([flaw], parse(f"closure: {closure}\n", "f.yaml"))
    assert (problem.line, problem.column) == (1, column)
    (same,) = problems_in(
        [Flaw(("arms", "b", *flaw.loc), "arm 'b', bad", code="CS008")],
        parse(f"closure: {closure}\n", "f.yaml"),
    )
    assert (same.line, same.column) == (1, column)


@pytest.mark.parametrize(
    ("noun", "data", "meant"),
    [
        (Scenario, scenario(arms={"a": {"expect": "refuse"}}), "'hold'? Allowed: hold, help"),
        (Scenario, scenario(arms={"a": {"expect": "comply"}}), "'help'? Allowed: hold, help"),
        (
            Policy,
            {"rules": [{"id": "a", "examples": [{"request": "x", "expect": "hold"}]}]},
            "'refuse'? Allowed: refuse, limit, help",
        ),
    ],
)
def test_a_word_of_another_file_is_told_its_own(
    noun: type[BaseModel], data: dict[str, Any], meant: str
) -> None:
    """An arm holds where an example of a policy refuses."""
    ((_, message),) = flaws(noun, data)
    assert message.endswith(f"did you mean {meant}")


def test_a_text_with_a_colon_wants_quotes() -> None:
    """To YAML it is a key and a value."""
    ((_, message),) = flaws(Scenario, scenario(states={"s": {"say": [{"Please": "write"}]}}))
    assert message == (
        "state 's', entry 1 of `say`: expected text, found keys and values; "
        "put a text with a ': ' in quotes"
    )
