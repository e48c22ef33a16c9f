"""What a row says of its own case: the rule, the objective, the facets of the restricted whole.

What a row says stands before what the caller says of all rows. Several spellings of one thing are
understood where there is only one thing that they can mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from convsim.case import Case
from convsim.conversations.record import Record, Remarks, kind_of
from convsim.errors import InputError, choices
from convsim.facets import Closure, Facet, all_of
from convsim.policy import UNSPECIFIED, Policy, Rule
from convsim.scenario import Expect

Parsed = TypeVar("Parsed")

KEYS = ("rule", "objective", "need", "legitimate_need", "expect", "facets", "closure")


def case_of(record: Record, expect: Expect | None, policy: Policy | None, remarks: Remarks) -> Case:
    """The case of a record. Raises `InputError` with the place where it says what cannot be."""
    said, place = record.case, record.place

    def take(read: Callable[[], Parsed], otherwise: Parsed) -> Parsed:
        try:
            return read()
        except InputError as error:
            if not record.loose:
                raise
            what = str(error).removeprefix(f"{place}: ")
            remarks.say(place, "metadata that is not meant for convsim was left alone", f": {what}")
            return otherwise

    none: tuple[Facet, ...] = ()
    facets = take(lambda: _facets(said.get("facets"), place), none)
    return Case(
        rule=take(lambda: _rule(said.get("rule"), place, policy, remarks), UNSPECIFIED),
        objective=take(lambda: _text(said, "objective", place), None),
        need=take(
            lambda: _text(said, "legitimate_need", place) or _text(said, "need", place), None
        ),
        expect=take(lambda: _expect(said.get("expect"), place), None) or expect,
        facets=facets,
        closure=take(lambda: _closure(said.get("closure"), facets, place), _whole(facets)),
    )


def unlockable(record: Record, rule: Rule) -> bool:
    """Whether a proof that can be verified makes helping right.

    A rule says so with `unlocked_by`. A row's own rule that does not mention it leaves that to the
    row, which then says that there was such a proof; but a rule of `never` has to say it.
    """
    if rule.unlocked_by:
        return True
    own = record.case.get("rule")
    silent = rule is UNSPECIFIED or (isinstance(own, dict) and "unlocked_by" not in own)
    return silent and rule.level is not rule.level.NEVER


def _expect(value: object, place: str) -> Expect | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in list(Expect):
        raise InputError(f"{place}: expect is {value!r}; allowed: hold, help")
    return Expect(value)


def _text(row: Mapping[str, Any], key: str, place: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{place}: {key} is {kind_of(value)}; expected text")
    return value


# -- rules


def _rule(value: object, place: str, policy: Policy | None, remarks: Remarks) -> Rule:
    """A row's own rule, or the policy's rule of that id; a lone rule of a policy is everybody's."""
    if isinstance(value, dict):
        return _own_rule(value, place, remarks)
    rules = policy.by_id if policy else {}
    if value is None:
        return next(iter(rules.values())) if len(rules) == 1 else UNSPECIFIED
    if isinstance(value, str) and value in rules:
        return rules[value]
    if not rules:
        raise InputError(
            f"{place}: rule is {value!r}, and no policy says what that is; pass --policy FILE, or "
            "give the row a rule of its own: {id, level, text}"
        )
    raise InputError(f"{place}: unknown rule {value!r}{choices(str(value), rules)}")


def _own_rule(value: Mapping[str, Any], place: str, remarks: Remarks) -> Rule:
    given = {key: item for key, item in value.items() if item is not None}
    if isinstance(given.get("disclaimer"), bool):
        given["disclaimer"] = "allowed" if given["disclaimer"] else "not"
    if isinstance(given.get("hazards"), str):
        given["hazards"] = [given["hazards"]]
    for key in sorted(given.keys() - Rule.model_fields.keys()):
        remarks.say(place, f"rule.{key} is left alone", choices(key, Rule.model_fields))
        del given[key]
    try:
        return Rule.model_validate(given)
    except ValidationError as error:
        raise InputError(f"{place}: rule.{_first(error)}") from None


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(map(str, problem["loc"]))
    if problem["type"] == "missing":
        return f"{where} is missing"
    if allowed := problem.get("ctx", {}).get("expected"):
        return f"{where} is {problem['input']!r}; allowed: {allowed}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


# -- facets and closure

_SPELLINGS = {
    "id": ("name", "key"),
    "canary": ("canaries", "literal", "literals", "value", "values", "text"),
    "regex": ("pattern",),
    "question": ("ask",),
    "prereq": ("prereqs", "requires"),
}


def _facets(value: object, place: str) -> tuple[Facet, ...]:
    """The facets of a row: objects with an `id`, or canaries by id."""
    match value:
        case None:
            return ()
        case dict() if "id" in value:
            items: Sequence[object] = [value]
        case dict():
            items = [_by_id(str(id), item) for id, item in value.items()]
        case list():
            items = value
        case _:
            raise InputError(
                f"{place}: facets is {kind_of(value)}; expected a list of {{id, canary}}, "
                "or an object with a canary for each id"
            )
    facets = tuple(_facet(item, f"{place}: facets[{n}]") for n, item in enumerate(items))
    for n, facet in enumerate(facets):
        if any(facet.id == earlier.id for earlier in facets[:n]):
            raise InputError(f"{place}: facets[{n}]: '{facet.id}' is there twice; name each once")
    return facets


def _by_id(id: str, item: object) -> Mapping[str, Any]:
    return {**item, "id": id} if isinstance(item, dict) else {"id": id, "canary": item}


def _facet(item: object, place: str) -> Facet:
    if isinstance(item, str):
        item = {"id": item}
    if not isinstance(item, dict):
        raise InputError(f"{place} is {kind_of(item)}; expected an object with an `id`")
    matcher = item.get("matcher", item.get("match"))
    given = {**item, **(matcher if isinstance(matcher, dict) else {"canary": matcher})}
    if not matcher:
        given = dict(item)
    for key, spellings in _SPELLINGS.items():
        found = next((given[name] for name in (key, *spellings) if given.get(name)), None)
        given[key] = found
    known = {key: given[key] for key in Facet.model_fields if given.get(key) is not None}
    for key in ("id", "canary", "prereq"):
        if key in known:
            known[key] = _as_text(known[key])
    try:
        return Facet.model_validate(known)
    except ValidationError as error:
        raise InputError(f"{place}.{_first(error)}") from None


def _as_text(value: object) -> object:
    """Numbers are texts here: a canary may be a code that JSON takes for a number."""
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _closure(value: object, facets: Sequence[Facet], place: str) -> Closure | None:
    """The closure of a row; all facets together where it names none."""
    if value is None:
        return _whole(facets)
    if isinstance(value, dict):
        sets = next((value[key] for key in ("sets", "any_of", "minimal_sets") if key in value), ())
        value = {"sets": sets, "weight": value.get("weight")}
    try:
        closure = Closure.model_validate(value)
    except ValidationError as error:
        raise InputError(f"{place}: closure: {_first(error)}") from None
    known = [facet.id for facet in facets]
    for id in sorted(closure.named.difference(known)):
        there = choices(id, known) if known else "; the row has no facets"
        raise InputError(f"{place}: closure names '{id}', which is no facet{there}")
    if closure.weight is not None and not facets:
        raise InputError(f"{place}: closure has a weight, and the row has no facets")
    return closure


def _whole(facets: Sequence[Facet]) -> Closure | None:
    return all_of(facets) if len(facets) > 1 else None
