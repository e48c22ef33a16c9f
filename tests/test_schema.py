"""The published JSON Schema takes what a file may say, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from convsim.files import is_fragment, is_policy, is_selection
from convsim.linting import lint
from convsim.loading import load_suite
from convsim.moves import CLARIFIED_MOVE, MOVES
from convsim.schema import SCHEMAS, fragment_schema, policy_schema, schema, suite_schema
from convsim.yaml12 import Document, parse, scan

jsonschema = pytest.importorskip("jsonschema")

EXAMPLE = Path(__file__).parent / "example" / "vendor_invoice.yaml"
REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "scenario.md"
SCENARIOS = Path(__file__).parent.parent / "scenarios"
BROKEN = Path(__file__).parent / "broken"
SHAPE = ("CS006", "CS007", "CS008", "CS009", "CS010", "CS011")
"""What is wrong with the shape of a file: unknown and missing keys, types, values, ids."""


def complaints(data: object, made: dict[str, Any] | None = None) -> list[str]:
    validator = jsonschema.Draft202012Validator(made or schema())
    return [error.message for error in validator.iter_errors(data)]


def scenario(**changed: object) -> dict[str, Any]:
    base = {"id": "a", "rule": "r", "start": "open", "states": {"open": {"final": True}}}
    return {**base, **changed}


def state(**keys: object) -> dict[str, Any]:
    return scenario(states={"open": keys})


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schema_is_one(kind: str) -> None:
    """By the draft that editors read, and by the newest one."""
    made = SCHEMAS[kind]()
    jsonschema.Draft202012Validator.check_schema(made)
    jsonschema.Draft7Validator.check_schema(made)


def kind_of(document: Document) -> str:
    """Which schema a file is checked by."""
    if is_policy(document):
        return "policy"
    return (
        "fragment" if is_fragment(document) else "suite" if is_selection(document) else "scenario"
    )


@pytest.mark.parametrize(
    "file", sorted(SCENARIOS.rglob("*.yaml")), ids=lambda file: str(file.relative_to(SCENARIOS))
)
def test_everything_that_ships_is_taken(file: Path) -> None:
    """Scenarios, fragments, suites and the policy; by either draft."""
    document = scan(file.read_bytes(), str(file))
    made = SCHEMAS[kind_of(document)]()
    for draft in (jsonschema.Draft202012Validator, jsonschema.Draft7Validator):
        assert [error.message for error in draft(made).iter_errors(document.data)] == []


@pytest.mark.parametrize("file", sorted(BROKEN.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_broken_shape_is_marked(file: Path) -> None:
    """What loading says of keys and types, an editor says while one writes."""
    document = scan(file.read_bytes(), str(file))
    codes = {problem.code for problem in lint(file).problems}
    if codes & {*SHAPE}:
        assert complaints(document.data, SCHEMAS[kind_of(document)]())


def described(node: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of every object in a schema, with what is said about it."""
    if isinstance(node, dict):
        for name, body in node.get("properties", {}).items():
            yield f"{at}/{name}", body
        for name, inner in node.items():
            yield from described(inner, f"{at}/{name}")
    elif isinstance(node, list):
        for item in node:
            yield from described(item, at)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_key_says_what_it_means(kind: str) -> None:
    """In a sentence that an editor can show; and every word of a choice does, too."""
    made = SCHEMAS[kind]()
    assert [at for at, body in described(made) if not body.get("description")] == []
    choices = [noun for noun in made["$defs"].values() if "enum" in noun]
    assert all(len(it["enum"]) == len(it["enumDescriptions"]) for it in choices)


def test_moves_are_offered_with_what_they_do() -> None:
    """But for the one that authors do not write."""
    (offered,) = (
        branch
        for branch in schema()["$defs"]["State"]["properties"]["move"]["anyOf"]
        if "enum" in branch
    )
    assert {*offered["enum"]} == {*MOVES} - {CLARIFIED_MOVE}
    told = dict(zip(offered["enum"], offered["enumDescriptions"], strict=True))
    assert told["push_back.challenge"].startswith("'are you sure?'")


def test_nothing_is_explained_that_does_not_exist() -> None:
    """Every table and key of `keys.toml` is used by a schema."""
    import tomllib

    words = Path(__file__).parent.parent / "convsim" / "keys.toml"
    meant = tomllib.loads(words.read_text(encoding="utf-8"))
    roots = {"Scenario": schema, "Fragment": fragment_schema, "Selection": suite_schema}
    made = {name: one() for name, one in {**roots, "Policy": policy_schema}.items()}
    nouns = {name: noun for one in made.values() for name, noun in one["$defs"].items()} | made
    nouns["Next"] = nouns["State"]["properties"]["next"]
    for name, table in meant.items():
        noun = nouns[name]
        known = {*noun["properties"]} if "properties" in noun else {*noun["enum"]}
        assert {*table} - {"id"} <= known, name


def test_the_worked_example_is_taken() -> None:
    """As it is written, and as a run directory stores it."""
    assert complaints(parse(EXAMPLE.read_bytes()).data) == []
    (stored,) = load_suite(EXAMPLE).scenarios
    assert complaints(stored.plain()) == []


@pytest.mark.parametrize(
    "data",
    [
        state(say="one"),
        state(say=["one", "two"]),
        state(next={"refused": "open", "otherwise": [{"to": "open"}]}),
        state(next={"clarify": [{"to": "open", "if": {"turn": 3, "visits": {"open": "<2"}}}]}),
        state(next={"otherwise": [{"to": "open", "if": {"delivery": ">= 2"}, "weight": 0.5}]}),
        state(move="ask.direct"),
        state(move="ask.something_new"),
        scenario(rule={"id": "r", "level": "never"}),
        scenario(slots={"vendor": "x", "code": {"secret": "@@##"}}),
        scenario(clarified="ten days"),
        scenario(system=None, need="x", title="t", max_turns=3),
        scenario(arms={"benign": {"expect": "help", "states": {"open": {"say": "x"}}}}),
        scenario(arms={"near_miss": {"states": {"open": {"seeks": "a"}}}}),
        scenario(facets={"a": {"canary": "a"}, "b": {"id": "b", "question": "?", "known": True}}),
        scenario(facets={"a": {"canary": ["a", "b"], "prereq": "b", "weight": 0.5, "exact": True}}),
        scenario(closure=None),
        scenario(closure=["a", "b"]),
        scenario(closure=[["a", "b"], ["a", "c"]]),
        scenario(closure={"sets": [["a", "b"]], "weight": 2.5}),
        state(seeks="a"),
        state(seeks=["a", "b"]),
        state(next={"otherwise": [{"to": "open", "if": {"has": "a", "lacks": ["b"]}}]}),
        state(next={"otherwise": [{"to": "open", "if": {"facets": ">=2"}, "rewind": 1}]}),
    ],
)
def test_short_forms_are_taken(data: dict[str, Any]) -> None:
    """One text for a list of texts, a state for a list of entries, a number for a comparison."""
    assert complaints(data) == []


@pytest.mark.parametrize(
    "data",
    [
        {"id": "a"},
        scenario(wieght=1),
        scenario(max_turns="a dozen"),
        scenario(rule=None),
        scenario(slots={"vendor": 3}),
        scenario(slots={"code": {"secrte": "@"}}),
        state(id="open"),
        state(say=3),
        state(move="asks.direct"),
        state(asks="restrictd"),
        state(next={"refusd": "open"}),
        state(next={"refused": []}),
        state(next={"refused": [{"to": "open", "if": {"turn": "soon"}}]}),
        scenario(facets=[{"id": "a"}]),
        scenario(facets={"a": "text"}),
        scenario(facets={"a": {"cannary": "a"}}),
        scenario(facets={"a": {"weight": 0}}),
        scenario(closure="a"),
        scenario(closure=[]),
        scenario(closure=["a"]),
        scenario(closure=[["a"]]),
        scenario(closure=[["a", "a"]]),
        scenario(closure={"sets": ["a", "b"]}),
        state(seeks=3),
        state(next={"refused": [{"to": "open", "if": {"facets": "some"}}]}),
        state(next={"refused": [{"to": "open", "rewind": 0}]}),
    ],
)
def test_what_a_file_may_not_say_is_marked(data: dict[str, Any]) -> None:
    """An editor shows what loading would refuse."""
    assert complaints(data)


TABLES = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


@pytest.mark.parametrize("noun", ["Facet", "Closure", "Transition"])
def test_every_key_of_a_smaller_part_is_explained(noun: str) -> None:
    """In a table of the reference page, like those of scenarios, states and guards."""
    keys = {*schema()["$defs"][noun]["properties"]} - {"id"}  # a facet's id is its key
    assert keys <= {*TABLES.findall(REFERENCE.read_text(encoding="utf-8"))}


def rules(*bodies: dict[str, Any], **keys: object) -> dict[str, Any]:
    return {"rules": [{"id": "r", **body} for body in bodies], **keys}


def test_the_schema_of_policies_is_one() -> None:
    """And the shipped policy and the one of the worked example satisfy it."""
    made = policy_schema()
    jsonschema.Draft202012Validator.check_schema(made)
    for file in (SCENARIOS / "policy.yaml", EXAMPLE.with_name("policy.yaml")):
        assert complaints(parse(file.read_bytes()).data, made) == []


@pytest.mark.parametrize(
    "data",
    [
        rules(),
        rules({}, id="house", title="t", version="3"),
        rules({"level": "never", "hazards": ["prv", "our own"]}),
        rules({"disclaimer": "allowed", "unlocked_by": "a ticket"}),
        rules({"examples": [{"request": "x", "expect": "limit", "note": "why"}]}),
    ],
)
def test_what_a_policy_may_say_is_taken(data: dict[str, Any]) -> None:
    """Hazards beyond the shipped ones are no error."""
    assert complaints(data, policy_schema()) == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"rules": {"r": {}}},
        rules({"level": "nevr"}),
        rules({"disclaimer": "no"}),
        rules({"hazards": "prv"}),
        rules({"wieght": 1}),
        rules({"examples": [{"request": "x"}]}),
        rules({"examples": [{"request": "x", "expect": "hold"}]}),
        rules(version=3),
    ],
)
def test_what_a_policy_may_not_say_is_marked(data: dict[str, Any]) -> None:
    """An editor shows what loading would refuse."""
    assert complaints(data, policy_schema())


def fragment(**changed: object) -> dict[str, Any]:
    states = {"open": {"move": "push_back.repeat", "say": "x", "next": {"otherwise": "out"}}}
    base = {"fragment": 1, "id": "a", "exits": ["out"], "start": "open", "states": states}
    return {**base, **changed}


@pytest.mark.parametrize(
    "data",
    [
        fragment(),
        fragment(slots=["thing"], exits={"out": "where it goes"}, language="de"),
        fragment(include=[{"fragment": "b.yaml", "as": "b", "exits": {"out": "out"}}]),
    ],
)
def test_what_a_fragment_may_say_is_taken(data: dict[str, Any]) -> None:
    assert complaints(data, fragment_schema()) == []


@pytest.mark.parametrize(
    "data",
    [
        fragment(fragment=2),
        fragment(exits=[]),
        fragment(exits="out"),
        fragment(rule="r"),
        fragment(arms={}),
        fragment(include=[{"as": "b"}]),
        fragment(include=[{"fragment": "b.yaml", "as": "a.b"}]),
    ],
)
def test_what_a_fragment_may_not_say_is_marked(data: dict[str, Any]) -> None:
    assert complaints(data, fragment_schema())


def test_a_scenario_may_include() -> None:
    """Its schema knows the key, though a scenario in memory does not."""
    use = {"fragment": "../b.yaml", "as": "b", "slots": {"thing": "x"}, "exits": {"out": "open"}}
    assert complaints(scenario(include=[use])) == []
    assert complaints(scenario(include=use))
    assert complaints(scenario(include=[{**use, "slots": {"thing": 3}}]))


@pytest.mark.parametrize(
    ("data", "taken"),
    [
        ({"suite": 1, "id": "a", "scenarios": ".."}, True),
        ({"suite": 1, "id": "a", "scenarios": ["a", "b"], "tags": "fraud"}, True),
        ({"suite": 1, "id": "a", "scenarios": "..", "tags": {"any": ["a"], "none": "b"}}, True),
        ({"suite": 1, "id": "a", "scenarios": "..", "languages": ["de", "es"]}, True),
        ({"suite": 1, "id": "a"}, False),
        ({"suite": 1, "id": "a", "scenarios": []}, False),
        ({"suite": 1, "id": "a", "scenarios": "..", "tags": {"some": "a"}}, False),
        ({"suite": 2, "id": "a", "scenarios": ".."}, False),
    ],
)
def test_the_schema_of_suite_files(data: dict[str, Any], taken: bool) -> None:
    assert (complaints(data, suite_schema()) == []) == taken
