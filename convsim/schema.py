"""The JSON Schemas of the files that people write, which complete and check them in editors.

Pydantic's own schema describes the objects in memory; a file may be shorter: `say` may be one text,
a label may lead to one state, a guard may be a bare number, a closure one set. What each key means
stands in `keys.toml`. Only what JSON Schema draft 7 and draft 2020-12 read alike is used: editors
are slow to follow.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel

from convsim.fragment import Fragment, Include
from convsim.hazards import spellings
from convsim.moves import CLARIFIED_MOVE, GROUPS, MOVES
from convsim.policy import Policy
from convsim.reading import NEXT_KEYS
from convsim.scenario import Scenario
from convsim.suite import Selection

_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_SOME_TEXTS = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}
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
_LIST = {"type": "array", "items": {"type": "string"}}
_SAID = {"type": "object", "additionalProperties": {"type": "string"}}
_NAMED = {"anyOf": [_LIST, _SAID]}
_SOME_NAMED = {"anyOf": [{**_LIST, "minItems": 1}, {**_SAID, "minProperties": 1}]}
_INCLUDES = {"type": "array", "items": {"$ref": "#/$defs/Include"}}
_ALIAS = {"anyOf": [{"type": "null"}, {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$"}]}


def schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, in its written form.

    >>> schema()["required"]
    ['id', 'rule', 'start', 'states']
    """
    made = _of(Scenario)
    nouns = made["$defs"]
    for noun in (made, nouns["Arm"]):
        noun["properties"]["clarified"] = _TEXTS
    made["properties"] |= {
        "closure": _CLOSURE,
        "facets": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Facet"}},
        "include": _INCLUDES,
        "rule": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Rule"}]},
    }
    nouns["Include"] = _include()
    made["required"] = ["id", "rule", "start", "states"]
    return _published("convsim scenario", made, "Scenario")


def fragment_schema() -> dict[str, Any]:
    """The JSON Schema of a fragment.

    >>> fragment_schema()["required"]
    ['fragment', 'id', 'exits', 'start', 'states']
    """
    made = _of(Fragment)
    made["$defs"]["Include"] = _include()
    made["properties"] |= {"slots": _NAMED, "exits": _SOME_NAMED, "include": _INCLUDES}
    made["required"] = ["fragment", "id", "exits", "start", "states"]
    return _published("convsim fragment", made, "Fragment")


def suite_schema() -> dict[str, Any]:
    """The JSON Schema of a suite file.

    >>> suite_schema()["required"]
    ['suite', 'id', 'scenarios']
    """
    made = _of(Selection)
    made["$defs"]["Tags"]["properties"] = dict.fromkeys(("any", "all", "none"), _TEXTS)
    made["properties"] |= {
        "scenarios": _SOME_TEXTS,
        "languages": _TEXTS,
        "tags": {"anyOf": [*_SOME_TEXTS["anyOf"], {"$ref": "#/$defs/Tags"}]},
    }
    made["required"] = ["suite", "id", "scenarios"]
    return _published("convsim suite", made, "Selection")


def policy_schema() -> dict[str, Any]:
    """The JSON Schema of a policy file.

    >>> policy_schema()["required"]
    ['rules']
    """
    made = _of(Policy)
    made["required"] = ["rules"]
    return _published("convsim policy", made, "Policy")


SCHEMAS = {
    "scenario": schema,
    "fragment": fragment_schema,
    "suite": suite_schema,
    "policy": policy_schema,
}
"""The schema of each kind of file."""


def _of(noun: type[BaseModel]) -> dict[str, Any]:
    """The schema of a noun, with the states, facets and guards in it as files may spell them."""
    made: dict[str, Any] = _untitled(noun.model_json_schema(by_alias=True))
    nouns = made.setdefault("$defs", {})
    for state in (nouns[name] for name in ("State", "StateOverride") if name in nouns):
        state["properties"] |= {
            "say": _TEXTS,
            "next": _next(),
            "move": _move(),
            "seeks": _TEXTS,
        }
    if "State" in nouns:
        # The id of a state or a facet is the key it stands under; a stored facet repeats it.
        del nouns["State"]["properties"]["id"]
        nouns["Guard"]["properties"] |= {
            "turn": _COMPARISON,
            "delivery": _COMPARISON,
            "facets": _COMPARISON,
            "has": _TEXTS,
            "lacks": _TEXTS,
            "visits": {"type": "object", "additionalProperties": _COMPARISON},
        }
    if "Facet" in nouns:
        del nouns["Facet"]["required"]
        nouns["Facet"]["properties"] |= {"canary": _TEXTS, "prereq": _TEXTS}
        nouns["Closure"]["properties"]["sets"] = _SETS
    if "Rule" in nouns:
        # Editors offer the hazards that convsim knows; others are no error.
        hazards = {"anyOf": [{"enum": list(spellings())}, {"type": "string"}]}
        nouns["Rule"]["properties"]["hazards"]["items"] = hazards
    return made


def _include() -> dict[str, Any]:
    made: dict[str, Any] = _untitled(Include.model_json_schema(by_alias=True))
    made["properties"]["as"] = _ALIAS
    return made


def _next() -> dict[str, Any]:
    meant = _meanings()["Next"]
    return {
        "type": "object",
        "properties": {key: {**_EDGES, "description": meant[key]} for key in NEXT_KEYS},
        "additionalProperties": False,
    }


def _move() -> dict[str, Any]:
    known = {name: info for name, info in MOVES.items() if name != CLARIFIED_MOVE}
    return {
        "anyOf": [
            {"type": "null"},
            {
                "enum": list(known),
                "enumDescriptions": [
                    f"{info.does} (also: {info.known_as})" for info in known.values()
                ],
            },
            {"type": "string", "pattern": rf"^({'|'.join(GROUPS)})\.[a-z_]+$"},
        ]
    }


def _published(title: str, made: dict[str, Any], root: str) -> dict[str, Any]:
    """A schema under its name, in which every key and every value says what it means."""
    meanings = _meanings()
    nouns = {root: made, **made["$defs"]}
    for name, noun in nouns.items():
        meant = meanings.get("State" if name == "StateOverride" else name, {})
        for key, node in noun.get("properties", {}).items():
            noun["properties"][key] = {**node, "description": meant[key]}
        if "enum" in noun:
            noun["enumDescriptions"] = [meant[value] for value in noun["enum"]]
        # A docstring is for whoever reads Python; the first sentence is for anybody.
        if "description" in noun:
            noun["description"] = noun["description"].partition("\n\n")[0].replace("\n", " ")
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": title, **made}


@cache
def _meanings() -> dict[str, dict[str, str]]:
    """What each key of each noun means, and each value of those that take one of a few words."""
    import tomllib

    found: dict[str, dict[str, str]] = tomllib.loads(
        resources.files(__package__).joinpath("keys.toml").read_text(encoding="utf-8")
    )
    return found


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
