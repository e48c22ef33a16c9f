"""What is wrong with a file's data, in the words of the file and with its place in it.

A person who writes scenarios knows states, keys and lists; she need not know what a model, a tuple
or a union is. Each message says which state or arm, what was found, what is allowed, and the
nearest spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from convsim.errors import Flaw, Problem, choices
from convsim.facets import Closure, Facet
from convsim.lints.texts import ID_IN_WORDS, Loc
from convsim.policy import Example, Rule
from convsim.scenario import (
    Arm,
    Guard,
    Scenario,
    Secret,
    State,
    StateOverride,
    Transition,
)
from convsim.yaml12 import Document, Place, kind

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Noun = TypeVar("Noun", bound=BaseModel)

# What a key takes, where its type alone would not tell a newcomer.
_SHAPES = {
    "say": "a text or a list of texts",
    "clarified": "a text or a list of texts",
    "tags": "a list of texts",
    "hazards": "a list of texts",
    "examples": "a list of examples, such as [{request: ..., expect: refuse}]",
    "next": "labels and where they lead, such as {refused: push, otherwise: end}",
    "states": "states by name, such as {open: {move: ask.direct, say: ...}, end: {final: true}}",
    "arms": "arms by name, such as {benign: {request: ..., expect: help}}",
    "exits": "names such as [given, kept], or names and what they are for",
    "slots": "slots by name, such as {vendor: a supplier}",
    "facets": "facets by id, such as {left: {canary: left_half}, right: {canary: right_half}}",
    "closure": "sets of two facet ids or more, such as [[left, right]]",
    "sets": "sets of two facet ids or more, such as [[left, right]]",
    "seeks": "a facet id or a list of them",
    "has": "a facet id or a list of them",
    "lacks": "a facet id or a list of them",
    "prereq": "a facet id or a list of them",
    "canary": "the name of a slot or a list of them",
    "rules": "a list of rules, such as [{id: fraud.impersonation, level: limit, text: ...}]",
    "rule": "the id of a rule in policy.yaml, or {id: ..., level: ..., text: ...}",
    "visits": "states and counts, such as {push: '<2'}",
}
_NEEDED = {
    "id": "give it a name, such as `id: fraud.vendor_invoice`",
    "start": "name the state that the dialogue begins with, such as `start: open`",
    "states": f"give {_SHAPES['states']}",
    "to": "name the state that this entry leads to, such as `to: end`",
    "expect": "say what is right to do with it: refuse, limit or help",
    "secret": "give a pattern with '@' for a letter and '#' for a digit, such as 'SEC-#####'",
}


def validated(noun: type[Noun], data: Mapping[str, Any]) -> tuple[Noun | None, list[Flaw]]:
    """The noun that plain data describes; None, with every flaw, where it describes none."""
    try:
        return noun.model_validate(data), []
    except ValidationError as error:
        return None, flaws_in(error, noun, data)


def flaws_in(error: ValidationError, root: type[BaseModel], data: Mapping[str, Any]) -> list[Flaw]:
    """Every flaw that a failed validation of `data` as a `root` found, each once."""
    flaws = []
    for detail in error.errors(include_url=False):
        loc, union = _in_file(detail, data)
        value = None if union is None else _value_at(union, data)
        if union is None or (isinstance(value, Mapping) and loc != union):
            flaws.append(_flaw(detail, loc, root, data))
        elif not isinstance(value, Mapping):
            flaws.append(
                Flaw(
                    union, _where(union) + _expected(union, "keys and values", value), code="CS008"
                )
            )
        # What is left says of a mapping that it is not a text, which it need not be.
    return list(dict.fromkeys(flaws))


def problems_in(flaws: Iterable[Flaw], document: Document) -> tuple[Problem, ...]:
    """The flaws with their places, after what is wrong with the YAML itself.

    What is broken YAML is not blamed a second time for what it was read as.
    """
    broken = {problem.line for problem in document.problems}
    problems = list(document.problems)
    for flaw in flaws:
        place = _place(flaw, document)
        file, aside = document.origin(_standing(flaw.loc, document))
        if place.line not in broken or file != document.file:
            message = flaw.message + aside
            problems.append(Problem(message, file, *place, warning=flaw.warning, code=flaw.code))
    return tuple(problems)


def keys_of(noun: type[BaseModel]) -> list[str]:
    """The keys that a noun has in a file, in the order of its definition."""
    fields = noun.model_fields.items()
    keys = [field.alias or name for name, field in fields if not field.exclude]
    if noun is Scenario:  # pieces are put in place before there is a scenario
        keys.insert(keys.index("start"), "include")
    return [key for key in keys if not (noun is Facet and key == "id")]  # it is the key above


def _place(flaw: Flaw, document: Document) -> Place:
    """Where a flaw stands: at the key that its message quotes, else at the value."""
    loc = _written(_standing(flaw.loc, document), document)
    known = document.depth(loc) == len(loc)
    return document.place(loc, key=known and bool(loc) and f"'{loc[-1]}'" in flaw.message)


def _standing(loc: Loc, document: Document) -> Loc:
    """Where a loc of an arm stands: in the arm, or in the graph that it only inherits."""
    inherited = loc[:1] == ("arms",) and len(loc) > 2 and not _overridden(loc, document)
    return loc[2:] if inherited else loc


def _written(loc: Loc, document: Document) -> Loc:
    """A loc in the closure as the file spells it: sets may stand without their key, or one alone.

    A scenario keeps sets without their order, so a facet in one is looked for.
    """
    if loc[:2] != ("closure", "sets"):
        return loc
    written = _value_at(("closure",), document.data)
    within = loc[:3]
    if isinstance(written, list):
        within = ("closure",) if written and isinstance(written[0], str) else ("closure", loc[2])
    ids = _value_at(within, document.data)
    inside = (ids.index(loc[3]),) if isinstance(ids, list) and loc[3:] and loc[3] in ids else ()
    return (*within, *inside)


def _overridden(loc: Loc, document: Document) -> bool:
    """Whether an arm itself says what a loc in it points to, rather than the graph under it.

    An override replaces a whole key: of a state, of the slots, or of the scenario.
    """
    whole = {"states": 3, "slots": 2}.get(str(loc[2]), 1)
    return document.depth(loc) - 2 >= min(whole, len(loc) - 2)


def _in_file(detail: ErrorDetails, data: object) -> tuple[Loc, Loc | None]:
    """The part of pydantic's loc that is in the file, and where a union is on the way, if one is.

    Where a text or a mapping may stand, pydantic puts the name of the branch it tried into the loc.
    """
    union: Loc | None = None
    found: Loc = ()
    last = len(detail["loc"]) - 1
    for index, step in enumerate(detail["loc"]):
        short = step == "sets" and isinstance(data, list)
        if short or (step == "id" and found[:-1] == ("facets",)):
            continue  # a closure in its short form; a facet, which is named by its key
        if _has(data, step):
            data = data[step]  # type: ignore[index]  # _has knows that it can be indexed
        elif not (index == last and detail["type"] == "missing"):
            union = found
            continue
        found = (*found, step)
    return found, union


def _has(data: object, step: str | int) -> bool:
    if isinstance(data, Mapping):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def _value_at(loc: Loc, data: Any) -> object:
    for step in loc:
        if not _has(data, step):
            return None
        data = data[step]
    return data


def _flaw(detail: ErrorDetails, loc: Loc, root: type[BaseModel], data: Mapping[str, Any]) -> Flaw:
    value = _value_at(loc, data)
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            key = str(loc[-1])
            allowed = choices(key, keys_of(_noun_at(root, loc[:-1])))
            return Flaw(loc, f"{_where(loc[:-1])}unknown key '{key}'{allowed}", code="CS006")
        case "missing":
            return _missing(loc)
        case "string_type" if value is None and loc[-1] in _NEEDED:
            return _missing(loc)
        case "value_error" if isinstance(value, list) and loc[-1] != "canary":
            return Flaw(loc, _where(loc) + _expected(loc, "keys and values", value), code="CS008")
        case "value_error":
            return _own_error(str(context["error"]), loc, value)
        case "enum":
            shown = f"'{value}'" if isinstance(value, str) else kind(value)
            allowed = _choices(str(value), re.findall(r"'([^']+)'", context["expected"]))
            return Flaw(loc, f"{_where(loc)}unknown value {shown}{allowed}", code="CS009")
        case "string_pattern_mismatch":
            return Flaw(
                loc, f"{_where(loc)}{kind(value)} is no id; use {ID_IN_WORDS}", code="CS010"
            )
        case "too_short" | "string_too_short":
            return Flaw(loc, f"{_where(loc)}must not be empty", code="CS011")
        case name:
            limit = _LIMITS.get(name)
            expected = f"{limit[0]} {context[limit[1]]:g}" if limit else _TYPES.get(name)
            if expected is None:
                return Flaw(loc, f"{_where(loc)}{detail['msg']}, found {kind(value)}", code="CS012")
            return Flaw(loc, _where(loc) + _expected(loc, expected, value), code="CS008")


def _choices(word: str, allowed: list[str]) -> str:
    """What else a word could have been: what it means, or what it looks like."""
    meant = _MEANT.get(word.lower(), ())
    first = next((it for it in meant if it in allowed), None)
    if first is None:
        return choices(word, allowed)
    return f"; did you mean '{first}'? Allowed: {', '.join(allowed)}"


# An arm expects `hold` or `help`; an example of a policy `refuse`, `limit` or `help`.
_MEANT = {
    **dict.fromkeys(("refuse", "refused", "refusal", "decline", "deny"), ("hold", "refuse")),
    **dict.fromkeys(("hold", "held"), ("hold", "refuse")),
    **dict.fromkeys(("comply", "answer", "allow", "allowed", "benign"), ("help",)),
}

_LIMITS = {
    "greater_than_equal": ("a number of at least", "ge"),
    "less_than_equal": ("a number of at most", "le"),
    "greater_than": ("a number above", "gt"),
}
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
}


def _missing(loc: Loc) -> Flaw:
    key = str(loc[-1])
    remedy = _NEEDED.get(key)
    return Flaw(
        loc,
        f"{_where(loc[:-1])}key '{key}' is missing" + (f"; {remedy}" if remedy else ""),
        code="CS007",
    )


def _expected(loc: Loc, expected: str, value: object) -> str:
    """What a key takes and what it has; quotes are the remedy for a number meant as text."""
    if expected in ("keys and values", "a list"):
        expected = _shape(loc) or expected
    remedy = ""
    if expected == "text" and isinstance(value, bool | int | float):
        remedy = "; put it in quotes"
    if expected == "text" and isinstance(value, Mapping):
        remedy = "; put a text with a ': ' in quotes"
    return f"expected {expected}, found {kind(value)}{remedy}"


def _shape(loc: Loc) -> str | None:
    match loc:
        case (*_, "slots", _):
            return "a text or {secret: PATTERN}"
        case (*_, "next", _, int()):
            return "an entry such as {to: STATE, if: CONDITION, weight: NUMBER}"
        case ("facets", _):
            return "the keys of a facet, such as {canary: left_half, question: ...}"
        case (*_, "closure" | "sets", int()):
            return "a list of facet ids"
        case (*_, "states", _):
            return "the keys of a state, such as {move: ask.direct, say: ...} or {final: true}"
        case (*_, str(key)):
            return _SHAPES.get(key)
    return None


def _own_error(message: str, loc: Loc, value: object) -> Flaw:
    """An error that a noun raised itself; it is about the key it quotes, if that is one here."""
    if not isinstance(value, Mapping) or message.startswith("expected"):
        return Flaw(loc, f"{_where(loc)}{message}, found {kind(value)}", code="CS012")
    quoted = re.search(r"'([^']+)'", message)
    key = quoted[1] if quoted else ""
    inside = (key,) if key in value else _second(key, value)
    code = "CS604" if inside[:1] == ("rules",) else "CS012"
    return Flaw((*loc, *inside), _where(loc) + message, code=code)


def _second(rule: str, policy: Mapping[str, Any]) -> Loc:
    """Where a policy defines a rule for the second time."""
    same = [index for index, body in enumerate(policy.get("rules", ())) if body["id"] == rule]
    return ("rules", same[1], "id") if len(same) > 1 else ()


def _noun_at(root: type[BaseModel], loc: Loc) -> type[BaseModel]:
    """Which noun stands at a loc of a scenario or policy file."""
    match loc:
        case (*_, "next", _, int(), "if"):
            return Guard
        case (*_, "next", _, int()):
            return Transition
        case ("arms", _, "states", _):
            return StateOverride
        case ("arms", _):
            return Arm
        case ("states", _):
            return State
        case ("facets", _):
            return Facet
        case ("closure",):
            return Closure
        case (*_, "slots", _):
            return Secret
        case ("rule",) | ("rules", int()):
            return Rule
        case (*_, "examples", int()):
            return Example
    return root


def _where(loc: Loc) -> str:
    """The beginning of a message: `arm 'forged', state 'push', entry 2 of `next.refused`: `."""
    parts: list[str] = []
    rest = list(loc)
    groups = ("arms", "arm"), ("states", "state"), ("slots", "slot"), ("facets", "facet")
    for group, noun in groups:
        if len(rest) > 1 and rest[0] == group:
            parts.append(f"{noun} '{rest[1]}'")
            rest = rest[2:]
    keys: list[str] = []
    for step in rest:
        if isinstance(step, int):
            of = f"entry {step + 1} of `{'.'.join(keys)}`"
            parts.append(of if keys else f"its entry {step + 1}")
            keys = []
        else:
            keys.append(step)
    if keys:
        parts.append(f"`{'.'.join(keys)}`")
    return f"{', '.join(parts)}: " if parts else ""
