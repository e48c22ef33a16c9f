"""What a row says of harm spread over steps: facets, and which of them make the whole.

Whether they can be told and reached is checked by the rules of scenarios (`lints.facets`). Here the
canaries are literal texts, so that what nobody could tell by chance is a matter of their letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unicodedata import east_asian_width

from pydantic import ValidationError

from convsim.canaries.needle import needle_of
from convsim.conversations.record import Remarks, first_of, kind_of
from convsim.errors import Flaw, InputError, choices
from convsim.facets import Closure, Facet, all_of
from convsim.lints.facets import check_defined, check_told

Spread = tuple[tuple[Facet, ...], Closure | None]

NO_SPREAD: Spread = ((), None)

SHORTEST = 3
"""With fewer letters and digits a canary is found by chance; `6:30` is enough."""

SHORT_WORD = 4
"""A plain word of no more letters, such as `the` or `door`, is likely said anyway."""

_SPELLINGS = {
    "id": ("name", "key"),
    "canary": ("canaries", "literal", "literals", "value", "values", "text"),
    "regex": ("pattern",),
    "question": ("ask",),
    "prereq": ("prereqs", "requires"),
}
_MATCHERS = ("matcher", "match")
_KNOWN = frozenset({*Facet.model_fields, *_MATCHERS}.union(*_SPELLINGS.values()))


def spread_of(said: Mapping[str, Any], place: str, remarks: Remarks) -> Spread:
    """The facets and the closure of a row. Raises `InputError` with all that is wrong in them."""
    facets = _facets(said.get("facets"), place, remarks)
    given = said.get("closure")
    closure = None if given is None else _closure(given, place)
    by_id = {facet.id: facet for facet in facets}
    # What is only superfluous is an author's business.
    wrong = [flaw for flaw in check_defined(by_id, closure) if not flaw.warning]
    odd = [flaw for facet in facets for flaw in check_told(facet, ("facets", facet.id))]
    for flaw in _check_canaries(facets):
        (odd if flaw.warning else wrong).append(flaw)
    if wrong:
        raise InputError("\n".join(f"{place}: {flaw.message}" for flaw in wrong))
    for flaw in odd:
        remarks.say(place, flaw.message)
    return facets, closure or _whole(facets)


def _whole(facets: Sequence[Facet]) -> Closure | None:
    """All facets together, those left out that can be had anywhere."""
    unknown = [facet for facet in facets if not facet.known]
    return all_of(unknown) if len(unknown) > 1 else None


# -- facets


def _facets(value: object, place: str, remarks: Remarks) -> tuple[Facet, ...]:
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
    facets = tuple(_facet(item, f"{place}: facets[{n}]", remarks) for n, item in enumerate(items))
    for n, facet in enumerate(facets):
        if any(facet.id == earlier.id for earlier in facets[:n]):
            raise InputError(f"{place}: facets[{n}]: '{facet.id}' is there twice; name each once")
    return facets


def _by_id(id: str, item: object) -> Mapping[str, Any]:
    return {**item, "id": id} if isinstance(item, dict) else {"id": id, "canary": item}


def _facet(item: object, place: str, remarks: Remarks) -> Facet:
    if isinstance(item, str):
        item = {"id": item}
    if not isinstance(item, dict):
        raise InputError(f"{place} is {kind_of(item)}; expected an object with an `id`")
    matcher: object = next((item[key] for key in _MATCHERS if item.get(key) is not None), {})
    given = {**item, **(matcher if isinstance(matcher, dict) else {"canary": matcher})}
    for key in sorted(given.keys() - _KNOWN):
        remarks.say(place, f"`{key}` is left alone", choices(key, Facet.model_fields))
    for key, spellings in _SPELLINGS.items():
        names = (key, *spellings)
        given[key] = next((given[name] for name in names if given.get(name) is not None), None)
    known = {key: given[key] for key in Facet.model_fields if given.get(key) is not None}
    for key in ("id", "canary", "prereq"):
        if key in known:
            known[key] = _as_text(known[key])
    try:
        return Facet.model_validate(known)
    except ValidationError as error:
        raise InputError(f"{place}.{first_of(error)}") from None


def _as_text(value: object) -> object:
    """Numbers are texts here: a canary may be a code that JSON takes for a number."""
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


# -- closure


def _closure(value: object, place: str) -> Closure:
    """The closure that a row names."""
    if isinstance(value, dict):
        sets = next((value[key] for key in ("sets", "any_of", "minimal_sets") if key in value), ())
        value = {"sets": sets, "weight": value.get("weight")}
    try:
        return Closure.model_validate(value)
    except ValidationError as error:
        raise InputError(f"{place}: closure: {first_of(error)}") from None


# -- canaries


def _check_canaries(facets: Sequence[Facet]) -> Iterator[Flaw]:
    """Whether a canary proves that it is this facet which was said."""
    taken: dict[str, str] = {}
    for facet in facets:
        for index, text in enumerate(facet.canary):
            yield from _check_canary(facet, index, text)
            searched = text if facet.exact else needle_of(text).squeezed
            first = taken.setdefault(searched, facet.id)
            if first != facet.id:
                yield Flaw(
                    ("facets", facet.id, "canary", index),
                    f"facet '{facet.id}': '{text}' is the canary of facet '{first}' already, so "
                    "that nobody could tell which was said; give every facet texts of its own",
                    code="CS419",
                )


def _check_canary(facet: Facet, index: int, text: str) -> Iterator[Flaw]:
    loc = ("facets", facet.id, "canary", index)
    # A sign of Chinese, Japanese or Korean says as much as a syllable.
    said = sum(1 + (east_asian_width(sign) in "WF") for sign in text if sign.isalnum())
    if said < SHORTEST:
        yield Flaw(
            loc,
            f"facet '{facet.id}': canary '{text}' has fewer than {SHORTEST} letters and digits, "
            "and is found by chance; give more of what is said, or a `regex`",
            code="CS418",
        )
    elif len(text) <= SHORT_WORD and text.isascii() and text.isalpha() and not text.isupper():
        yield Flaw(
            loc,
            f"facet '{facet.id}': canary '{text}' is a short plain word, which is likely said "
            "anyway; give more of what is said, or a `regex`",
            warning=True,
            code="CS429",
        )
