"""The published JSON Schema takes what a file may say, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from convsim.loading import load_suite
from convsim.schema import policy_schema, schema
from convsim.yaml12 import parse

jsonschema = pytest.importorskip("jsonschema")

EXAMPLE = Path(__file__).parent / "example" / "vendor_invoice.yaml"
REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "scenario.md"
SCENARIOS = Path(__file__).parent.parent / "scenarios"


def complaints(data: object, made: dict[str, Any] | None = None) -> list[str]:
    validator = jsonschema.Draft202012Validator(made or schema())
    return [error.message for error in validator.iter_errors(data)]


def scenario(**changed: object) -> dict[str, Any]:
    base = {"id": "a", "rule": "r", "start": "open", "states": {"open": {"final": True}}}
    return {**base, **changed}


def state(**keys: object) -> dict[str, Any]:
    return scenario(states={"open": keys})


def test_the_schema_is_one() -> None:
    """It is valid JSON Schema, draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(schema())


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
