"""A model's answer: one JSON object of the right form with the right id, or an abstention."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from itertools import takewhile
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from convsim.quotes import Quotable
from convsim.reading import Span, Status
from convsim.readings import rules
from convsim.transcript import Reply, Schema

_THOUGHT = "</think>"
"""What ends the reasoning of models whose servers leave it in the answer."""

_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*)\n[ \t]*```", re.DOTALL)


_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*\s*")

_OWN = re.compile(
    r"\W*(?:I\b|(?:so |very )?sorry\b|unfortunately\b|(?:my )?apologies\b)", re.IGNORECASE
)
"""How somebody begins who speaks of what they themselves will not do."""


class Abstention(Exception):
    """Why there is no answer: `reason` is one of the words of this package, `place` says where."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


def abstain(reason: str, place: str = "") -> NoReturn:
    """Give no answer."""
    raise Abstention(reason, place)


class Strict(BaseModel):
    """What an answer is made of: no other keys, no other types, nothing left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Answer(Strict):
    """A whole answer. It repeats the id of the data."""

    id: str


Wanted = TypeVar("Wanted", bound=Answer)


def parsed(reply: Reply, id: str, form: type[Wanted]) -> Wanted:
    """The model's answer; reasoning that came with it, or stands before it, is not looked at.

    A fence around the object is tolerated, and nothing else is.
    """
    if reply.status is Status.PROVIDER_BLOCK:
        abstain("blocked")
    text = _after_thought(reply.text.strip())
    if not text:
        abstain("empty")
    if reply.status is Status.TRUNCATED:
        abstain("truncated")
    fenced = _FENCE.fullmatch(text)
    text = fenced[1].strip() if fenced else text
    if not text.startswith("{"):
        abstain("refused" if "{" not in text and _declines(text) else "malformed")
    try:
        json.loads(text, object_pairs_hook=_no_key_twice)
        answer = form.model_validate_json(text)
    except (ValueError, ValidationError, RecursionError):
        abstain("malformed")
    if answer.id != id:
        abstain("foreign")
    return answer


def _declines(text: str) -> bool:
    """Whether prose declines to answer. "No." is an answer, and so is "The assistant refuses"."""
    own = takewhile(_OWN.match, _SENTENCE.findall(text))
    return any(rules.read((), Reply(sentence)).refused for sentence in own)


def _after_thought(text: str) -> str:
    """The answer without the reasoning before it. What begins as an answer has none: it may quote
    that mark."""
    if text.startswith(("{", "`")):
        return text
    return text.rpartition(_THOUGHT)[2].strip()


def _no_key_twice(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """One value a key: of two, each parser would believe another."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def found_in(text: Quotable, quote: str, place: str = "") -> Span:
    """Where a quote stands; abstains where it does not."""
    span = text.find(quote)
    return abstain("unquotable", place) if span is None else span


@cache
def schema_of(form: type[Answer], name: str) -> Schema:
    """The JSON Schema of an answer, in the subset that providers hold a model to.

    That subset wants every key required and no other allowed, which `Strict` gives; titles and
    descriptions only cost tokens.
    """
    return Schema(name, _without_words(form.model_json_schema()))


def _without_words(schema: Any) -> Any:
    match schema:
        case dict():
            return {
                key: {name: _without_words(it) for name, it in value.items()}
                if key in ("properties", "$defs")
                else _without_words(value)
                for key, value in schema.items()
                if key not in ("title", "description")
            }
        case list():
            return [_without_words(item) for item in schema]
        case _:
            return schema
