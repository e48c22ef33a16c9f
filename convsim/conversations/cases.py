"""What a row says of its own case: the rule, the objective, the facets of the restricted whole.

What a row says stands before what the caller says of all rows. Several spellings of one thing are
understood where there is only one thing that they can mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ValidationError

from convsim.case import Case
from convsim.conversations.record import Record, Remarks, first_of, kind_of
from convsim.conversations.spread import NO_SPREAD, spread_of
from convsim.errors import InputError, choices
from convsim.policy import UNSPECIFIED, Policy, Rule
from convsim.scenario import Expect

Parsed = TypeVar("Parsed")

_SLIPS: Mapping[str, tuple[type, ...]] = {
    "facets": (list, dict),
    "closure": (list, dict),
    "moves": (list, dict),
    "evidence": (str, list, dict),
    "objective": (str,),
    "legitimate_need": (str,),
    "expect": (str,),
}
"""The keys that others may be slips of, and what stands in them. Short ones are too much like
somebody else's: `tasks` is no `asks`."""

_LIKE = 0.82
"""How much like one of them a key has to be; `object` is less like `objective`."""


def case_of(record: Record, expect: Expect | None, policy: Policy | None, remarks: Remarks) -> Case:
    """The case of a record. Raises `InputError` with all places where it says what cannot be."""
    said, place = record.case, record.place
    wrong: list[str] = []

    def take(read: Callable[[], Parsed], otherwise: Parsed) -> Parsed:
        try:
            return read()
        except InputError as error:
            if record.loose:
                what = str(error).removeprefix(f"{place}: ").replace(f"\n{place}: ", "; ")
                alone = "metadata that is not meant for convsim was left alone"
                remarks.say(place, alone, f": {what}")
            else:
                wrong.append(str(error))
            return otherwise

    if not record.loose:
        _check_keys(said, place, remarks)
    facets, closure = take(lambda: spread_of(said, place, remarks), NO_SPREAD)
    case = Case(
        rule=take(lambda: _rule(said.get("rule"), place, policy, remarks), UNSPECIFIED),
        objective=take(lambda: _text(said, "objective", place), None),
        need=take(
            lambda: _text(said, "legitimate_need", place) or _text(said, "need", place), None
        ),
        expect=take(lambda: _expect(said.get("expect"), place), None) or expect,
        facets=facets,
        closure=closure,
    )
    if wrong:
        raise InputError("\n".join(wrong))
    return case


def _check_keys(row: Mapping[str, Any], place: str, remarks: Remarks) -> None:
    """Warn of a key that is likely a slip. Most keys that a row has beside ours are its own."""
    for key in row.keys() - _SLIPS.keys():
        near = _slip_of(key)
        if near is None or near in row or not isinstance(row[key], _SLIPS[near]):
            continue
        if near != "expect" or row[key] in list(Expect):
            remarks.say(place, f"`{key}` is left alone", f"; did you mean '{near}'?")


@lru_cache(maxsize=1024)
def _slip_of(key: str) -> str | None:
    """The key that another looks like. Rows mostly have the same ones."""
    return next(iter(get_close_matches(key, _SLIPS, 1, _LIKE)), None)


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
        raise InputError(f"{place}: rule.{first_of(error)}") from None
