"""The JSON Schemas of scenario and policy files, which complete and check them in editors.

Pydantic's own schema describes the objects in memory; a file may be shorter: `say` may be one text,
a label may lead to one state, a guard may be a bare number, a closure one set.
"""

from __future__ import annotations

from typing import Any

from convsim.hazards import spellings
from convsim.moves import GROUPS, MOVES
from convsim.policy import Policy
from convsim.reading import NEXT_KEYS
from convsim.scenario import Scenario

_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_COMPARISON = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": r"^\s*(<=|>=|==|!=|<|>)?\s*[0-9]+\s*$"},
    ]
}
_SET = {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True}
_SETS = {"type": "array", "items": _SET}
_CLOSURE = {
    "anyOf": [
        {"type": "null"},
        _SET,
        {**_SETS, "minItems": 1},
        {"$ref": "#/$defs/Closure"},
    ]
}
_EDGES = {
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"$ref": "#/$defs/Transition"}, "minItems": 1},
    ]
}
_NEXT = {
    "type": "object",
    "properties": dict.fromkeys(NEXT_KEYS, _EDGES),
    "additionalProperties": False,
}
_MOVE = {
    "anyOf": [
        {"type": "null"},
        {"enum": list(MOVES)},
        {"type": "string", "pattern": rf"^({'|'.join(GROUPS)})\.[a-z_]+$"},
    ]
}


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a scenario file, in its written form.

    >>> schema()["required"]
    ['id', 'rule', 'start', 'states']
    """
    made = _untitled(Scenario.model_json_schema(by_alias=True))
    nouns = made["$defs"]
    for state in (nouns["State"], nouns["StateOverride"]):
        state["properties"] |= {"say": _TEXTS, "next": _NEXT, "move": _MOVE, "seeks": _TEXTS}
    # The id of a state or a facet is the key it stands under; a stored facet repeats it.
    del nouns["State"]["properties"]["id"]
    del nouns["Facet"]["required"]
    nouns["Facet"]["properties"] |= {"canary": _TEXTS, "prereq": _TEXTS}
    nouns["Closure"]["properties"]["sets"] = _SETS
    made["properties"]["closure"] = _CLOSURE
    made["properties"]["facets"] = {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/Facet"},
    }
    nouns["Guard"]["properties"] |= {
        "turn": _COMPARISON,
        "delivery": _COMPARISON,
        "facets": _COMPARISON,
        "has": _TEXTS,
        "lacks": _TEXTS,
        "visits": {"type": "object", "additionalProperties": _COMPARISON},
    }
    for noun in (made, nouns["Arm"]):
        noun["properties"]["clarified"] = _TEXTS
    made["properties"]["rule"] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Rule"}]}
    made["required"] = ["id", "rule", "start", "states"]
    return _published("convsim scenario", made)


def policy_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy file.

    >>> policy_schema()["required"]
    ['rules']
    """
    made = _untitled(Policy.model_json_schema())
    made["required"] = ["rules"]
    return _published("convsim policy", made)


def _published(title: str, made: dict[str, Any]) -> dict[str, Any]:
    """A schema under its name, with the hazards that an editor offers: others are no error."""
    hazards = {"anyOf": [{"enum": list(spellings())}, {"type": "string"}]}
    made["$defs"]["Rule"]["properties"]["hazards"]["items"] = hazards
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **made}


def _untitled(node: Any) -> Any:
    """Without the titles that pydantic makes of field names; they only repeat the key."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if not _is_made_title(key, value)}
        return {key: _untitled(value) for key, value in kept.items()}
    if isinstance(node, list):
        return [_untitled(item) for item in node]
    return node


def _is_made_title(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str)
