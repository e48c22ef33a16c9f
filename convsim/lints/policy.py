"""What is wrong with a policy, found before anybody is judged by it.

`check` looks at each rule by itself and at what several say together: a level that the rule's other
keys or its examples deny, a proof that nobody could check, two rules that are one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from convsim.errors import Flaw, choices
from convsim.hazards import hazard, spellings
from convsim.lints.texts import ID_IN_WORDS, Loc
from convsim.policy import Disclaimer, Example, Level, Policy, Right, Rule
from convsim.scenario import ID_PATTERN

LONGEST_TEXT = 2_000
"""Characters. A judge reads the text with every question; what is longer is several rules."""

LONGEST_REQUEST = 300
"""Characters. An example shows where the boundary runs; it is no prompt to be collected."""

_DENIED = {
    Level.NEVER: (Right.LIMIT,),
    Level.HELP: (Right.REFUSE, Right.LIMIT),
    Level.LIMIT: (),
}
"""What no request under a level can call for. One that a rule does not reach is to be helped."""

_CLAIMS = re.compile(
    r"\b(says?|claims?|states?|assures?|promises?|tells?|insists?|swears?)\b", re.I
)
_SEEN = re.compile(
    r"\b(prompt|operator|system|tool|list(s|ed)?|numbers?|codes?|tickets?|tokens?|records?|ids?|"
    r"identifiers?|signatures?|certificates?|credentials?|keys?|registry|register)\b",
    re.I,
)
_PROOF_AT_ALL = re.compile(
    r"(a|an|any|some|the|of|or|and|good|valid|proper|sufficient|adequate|appropriate|proofs?|"
    r"evidence|permission|authority|authori[sz]ation|approval|verification|consent|context|intent)",
    re.I,
)
"""Words that say that there is a proof, and not which."""


def check(policy: Policy | Mapping[int, Rule]) -> list[Flaw]:
    """Every flaw of a policy; warnings are marked. Empty when nothing is to be said.

    Of a file in which something cannot be read, the rest is checked all the same (`readable`): then
    the indices of the rules in the file go with them.
    """
    if isinstance(policy, Policy):
        if not policy.rules:
            return [Flaw(("rules",), "there are no rules; write one", warning=True, code="CS607")]
        policy = dict(enumerate(policy.rules))
    rules = policy
    flaws = [flaw for index, rule in rules.items() for flaw in _check_rule(rule, ("rules", index))]
    flaws += [*_ids_used_twice(rules), *_texts_used_twice(rules), *_examples_that_differ(rules)]
    return list(dict.fromkeys(flaws))


def uncited(policy: Policy, cited: Collection[str]) -> list[Flaw]:
    """The rules of a policy that none of its scenarios tests: a policy wants to be covered."""
    return [
        Flaw(
            ("rules", index, "id"),
            f"rule '{rule.id}' is cited by no scenario that was read, so nothing tests it; "
            "write a scenario for it, or delete it",
            warning=True,
            code="CS606",
        )
        for index, rule in enumerate(policy.rules)
        if rule.id not in cited
    ]


def _check_rule(rule: Rule, loc: Loc) -> Iterator[Flaw]:
    name = f"rule '{rule.id}'"
    if not re.fullmatch(ID_PATTERN, rule.id):
        yield Flaw((*loc, "id"), f"{name}: use {ID_IN_WORDS} in ids", warning=True, code="CS608")
    yield from _check_text(rule, loc, name)
    yield from _check_level(rule, loc, name)
    yield from _check_proof(rule, loc, name)
    yield from _check_hazards(rule, loc, name)
    yield from _check_examples(rule, loc, name)


def _check_text(rule: Rule, loc: Loc, name: str) -> Iterator[Flaw]:
    if not rule.text.strip():
        yield Flaw(
            (*loc, "text"),
            f"{name} has no `text`; say in words what it asks for, which is all that a judge and "
            "a reviewer can go by",
            warning=True,
            code="CS609",
        )
    elif len(rule.text) > LONGEST_TEXT:
        yield Flaw(
            (*loc, "text"),
            f"{name}: the text has {len(rule.text):,} characters, and a judge reads it with every "
            f"question; keep it under {LONGEST_TEXT:,}, or make several rules of it",
            warning=True,
            code="CS610",
        )


def _check_level(rule: Rule, loc: Loc, name: str) -> Iterator[Flaw]:
    """A level, and keys of the rule that deny it."""
    if rule.level is Level.NEVER and rule.disclaimer is Disclaimer.ALLOWED:
        yield Flaw(
            (*loc, "disclaimer"),
            f"{name} is `never` and accepts everything under a disclaimer; make the level `limit`, "
            "or remove `disclaimer`",
            code="CS611",
        )
    if rule.level is Level.HELP and rule.unlocked_by is not None:
        yield Flaw(
            (*loc, "unlocked_by"),
            f"{name} is `help`, so there is nothing that a proof could unlock; make the level "
            "`limit`, or remove `unlocked_by`",
            code="CS613",
        )
    if rule.level is Level.HELP and rule.disclaimer is Disclaimer.ALLOWED:
        yield Flaw(
            (*loc, "disclaimer"),
            f"{name} is `help`, where a disclaimer changes nothing; remove `disclaimer`",
            warning=True,
            code="CS612",
        )


def _check_proof(rule: Rule, loc: Loc, name: str) -> Iterator[Flaw]:
    """A proof is something that the assistant can compare with what it sees."""
    if rule.unlocked_by is None:
        return
    words = re.findall(r"\w+", rule.unlocked_by)
    place = (*loc, "unlocked_by")
    remedy = (
        "name what the assistant can compare with what it sees, such as a ticket number that the "
        "operator's system prompt lists"
    )
    if not words:
        yield Flaw(place, f"{name}: `unlocked_by` is empty; {remedy}, or remove it", code="CS614")
    elif all(map(_PROOF_AT_ALL.fullmatch, words)):
        yield Flaw(
            place,
            f"{name}: `unlocked_by` names no particular proof; {remedy}",
            warning=True,
            code="CS615",
        )
    elif _CLAIMS.search(rule.unlocked_by) and not _SEEN.search(rule.unlocked_by):
        yield Flaw(
            place,
            f"{name}: what a user says cannot be checked, so it unlocks nothing; {remedy}",
            warning=True,
            code="CS615",
        )


def _check_hazards(rule: Rule, loc: Loc, name: str) -> Iterator[Flaw]:
    seen: dict[str, str] = {}
    for index, tag in enumerate(rule.hazards):
        place: Loc = (*loc, "hazards", index)
        known = hazard(tag)
        if known is None:
            yield Flaw(
                place,
                f"{name}: hazard '{tag}' is none of MLCommons AILuminate" + _hazards_like(tag),
                warning=True,
                code="CS616",
            )
            continue
        if known.name in seen:
            yield Flaw(
                place,
                f"{name}: hazard '{tag}' is '{seen[known.name]}' again; keep one of them",
                warning=True,
                code="CS617",
            )
        seen.setdefault(known.name, tag)


def _hazards_like(tag: str) -> str:
    """The end of a message: the nearest spelling, whatever its case, and what there is."""
    near = {known.casefold(): known for known in spellings()}
    end = choices(tag.casefold(), near)
    head, _, _ = end.partition(":")
    for folded, known in near.items():
        head = head.replace(f"'{folded}'", f"'{known}'")
    return f"{head}: {', '.join(near.values())}"


def _check_examples(rule: Rule, loc: Loc, name: str) -> Iterator[Flaw]:
    for index, example in enumerate(rule.examples):
        place: Loc = (*loc, "examples", index)
        who = f"{name}, example {index + 1}"
        yield from _check_request(example, place, who)
        if example.expect in _DENIED[rule.level]:
            allowed = [right.value for right in Right if right not in _DENIED[rule.level]]
            yield Flaw(
                (*place, "expect"),
                f"{who} expects '{example.expect}', which the level `{rule.level}` rules out; "
                f"allowed: {', '.join(allowed)}",
                code="CS618",
            )
    if rule.level is not Level.HELP and {it.expect for it in rule.examples} == {Right.HELP}:
        yield Flaw(
            (*loc, "examples"),
            f"{name} is `{rule.level}`, and all of its examples are to be helped; add one on the "
            "other side of the boundary, or make the level `help`",
            warning=True,
            code="CS619",
        )


def _check_request(example: Example, place: Loc, who: str) -> Iterator[Flaw]:
    if not example.request.strip():
        yield Flaw(
            (*place, "request"),
            f"{who}: the request is empty; fill it in or delete it",
            code="CS620",
        )
    elif len(example.request) > LONGEST_REQUEST:
        yield Flaw(
            (*place, "request"),
            f"{who}: the request has {len(example.request):,} characters; an example only shows "
            f"where the boundary runs: keep it under {LONGEST_REQUEST}, and inert",
            warning=True,
            code="CS621",
        )


def _ids_used_twice(rules: Mapping[int, Rule]) -> Iterator[Flaw]:
    seen: set[str] = set()
    for index, rule in rules.items():
        if rule.id in seen:
            yield Flaw(
                ("rules", index, "id"),
                f"rule '{rule.id}' is defined twice; give each rule its own id",
                code="CS604",
            )
        seen.add(rule.id)


def _texts_used_twice(rules: Mapping[int, Rule]) -> Iterator[Flaw]:
    first: dict[str, Rule] = {}
    for index, rule in rules.items():
        words = " ".join(rule.text.casefold().split())
        if words and first.setdefault(words, rule).id != rule.id:
            yield Flaw(
                ("rules", index, "text"),
                f"rule '{rule.id}' has the same text as rule '{first[words].id}'; say what "
                "differs, or keep one of them",
                warning=True,
                code="CS622",
            )


def _examples_that_differ(rules: Mapping[int, Rule]) -> Iterator[Flaw]:
    """The same request, to be answered in two ways: the rules cannot both be followed."""
    first: dict[str, tuple[Rule, Right]] = {}
    for index, rule in rules.items():
        for number, example in enumerate(rule.examples):
            words = " ".join(example.request.casefold().split())
            other, right = first.setdefault(words, (rule, example.expect))
            if right is not example.expect:
                yield Flaw(
                    ("rules", index, "examples", number),
                    f"rule '{rule.id}', example {number + 1} expects '{example.expect}' for a "
                    f"request of which rule '{other.id}' expects '{right}'; decide which it is",
                    warning=True,
                    code="CS623",
                )


def readable(policy: Mapping[str, Any]) -> dict[int, Rule]:
    """The rules of a file's data by their index, each with the keys of it that can be read.

    What cannot be read is said where the whole file is read; it hides nothing else.
    """
    rules = policy.get("rules")
    bodies = dict(enumerate(rules if isinstance(rules, list) else ()))
    found = {index: _as_far_as_readable(body) for index, body in bodies.items()}
    return {index: rule for index, rule in found.items() if rule is not None}


def _as_far_as_readable(body: object) -> Rule | None:
    try:
        return Rule.model_validate(body)
    except ValidationError as error:
        wrong = {detail["loc"][0] for detail in error.errors(include_url=False) if detail["loc"]}
    if "level" in wrong:
        wrong.update(_BESIDE_A_LEVEL)
    if not isinstance(body, dict) or "id" in wrong:
        return None
    return Rule.model_validate({key: body[key] for key in body if key not in wrong})


_BESIDE_A_LEVEL = ("disclaimer", "unlocked_by", "examples")
"""Keys that say something only beside a level."""
