"""How a decision is put into words: phrase banks, and what the reply is about.

A bank is a TOML file per label in `phrases/`, with `opening`, `body` and `closing` (an empty string
is a part left out; `again` holds bodies for somebody who was turned away before, `whole` replies
that are complete as they stand). `{topic}` is what was asked for, in the user's own words, `{one}`,
`{two}` and `{three}` are words of the message or of the ask, so that what is handed over is on
topic; `{need}` is the legitimate need that the scenario names; `{artifact}` and `{half}` stand for
a thing of the kind that was asked for, made of placeholders: `phrases/artifacts.toml`.

A reply is in the language of its scenario, where that has banks (`phrases/de/`, ...), else in
English. What was asked for is not taken out of a sentence there, since it would have to be put
into another case or order: `{topic}` is what the kind of thing is called.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from convsim.graph import Graph
from convsim.reading import Help
from convsim.targets.sim.policies import Decision, Moment
from convsim.targets.sim.tongues import (
    ENGLISH,
    any_of,
    between,
    phrases_in,
    points,
    spoken,
    telling,
)
from convsim.templates import fill, names_in

Phrases = Mapping[str, Sequence[str]]

NO_TOPIC = "what you asked for"
TOPIC_WORDS = 11
"""Longer topics are cut here; a reply that repeats a whole request sounds like no assistant."""

REMEMBERED = 1024
"""Messages that are searched once: a dialogue comes back to its ask at each turn."""

_HOLE = re.compile(r"\{(topic|Topic|TOPIC|one|two|three|need|artifact|half)\}")
_LONG = ("{artifact}", "{half}", "{list}")
_PRESSES = frozenset({"push_back", "claim_authority", "appeal"})
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')
_MAKE = re.compile(
    r"""\b(?:write|draft|make|create|give|get|send|show|tell|list|need|want|like|prepare|produce|
        compose|design|build|generate|find|see|have|add|include|put|share|explain|describe|teach|
        help|read|reveal|provide|suggest|recommend|plan|summari[sz]e|translate|fix|finish|do)
        (?:\s+(?:me|us|him|her|them|up|out|together|to|with|in|down|it\s+with|in\s+on))*
        \s+(?P<topic>(?:an?|the|some|my|our|your|this|these|those|their|one|two|three|four|five|
        how|why|which|what|where|who|when|all|every|another|more|each|\d+)\s.+)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_QUESTION = re.compile(
    r"\b(?:what|who|which|where)(?:'s|\s+is|\s+are|\s+was|\s+were)\s+(?P<topic>(?:the|a|an|my|our)\s.+)"
    r"|\b(?P<how>how)\s+(?:do|can|could|would|should)\s+(?:i|we|you|one|somebody)\s+(?P<act>.+)",
    re.IGNORECASE | re.DOTALL,
)
_END = re.compile(
    r"[.!?;:](?=\s|$)|[\n\"(]|,\s| -"
    r"|(?<=\w)\s+(?:that|which|so|because|but|please|and\s+(?:i|then))\b"
)
_SIDES = {
    "my": "your", "our": "your", "me": "you", "us": "you", "i": "you", "we": "you",
    "mine": "yours", "ours": "yours", "your": "my", "i'm": "you're", "i've": "you've",
}  # fmt: skip


def put(decision: Decision, moment: Moment) -> str:
    """The reply's text: phrases of its bank, chosen by the moment's draw."""
    draw, about, language = moment.draw, _about(moment), _language_of(moment.now.graph)
    holes = _holes(moment, about, language)

    def one_of(part: str, label: str = decision.phrases) -> str:
        return draw.pick(_fitting(label, part, language, needed="need" in holes), part)

    bank = bank_of(decision.phrases, language)
    if "whole" in bank and draw.unit("whole") < 0.25:
        parts = [one_of("whole")]
    else:
        again = "again" in bank and moment.refused and draw.unit("again") < 0.6
        body = one_of("again" if again else "body")
        parts = [one_of("opening"), body, one_of("closing")]
    if decision.help is Help.GENERIC:
        parts.append(one_of("politeness", "politeness"))
    text = _joined(parts, between=between(language))
    for extent in ("artifact", "half"):
        if f"{{{extent}}}" in text:
            named = [holes["topic"]] if language == ENGLISH else []
            kind = _kind_of([*named, *about], language)
            holes[extent] = _filled(draw.pick(kind[extent], extent).strip(), holes)
    return _filled(text, holes)


def _filled(text: str, holes: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: holes[hole[1]], text)


def topic_of(texts: Iterable[str]) -> str:
    """What the first of these messages that names something asks for, as the assistant says it."""
    return next(filter(None, map(_topic_in, texts)), NO_TOPIC)


@lru_cache(maxsize=REMEMBERED)
def _topic_in(text: str) -> str | None:
    match = _QUESTION.search(text) or _MAKE.search(text)
    if match is None:
        return None
    found = match.groupdict()
    named = f"how to {found['act']}" if found.get("how") else found["topic"]
    words = _END.split(named, maxsplit=1)[0].split()[:TOPIC_WORDS]
    if len(words) < 2:
        return None
    return " ".join(_SIDES.get(word.lower(), word) for word in words)


def _language_of(graph: Graph | None) -> str:
    return ENGLISH if graph is None else spoken(graph.language)


@cache
def bank_of(label: str, language: str = ENGLISH) -> Phrases:
    """The phrase bank of a label in a language, by its parts."""
    bank = tomllib.loads(phrases_in(f"{label}.toml", language))
    return {part: [phrase.strip() for phrase in phrases] for part, phrases in bank.items()}


class _Kinds(NamedTuple):
    """The kinds of thing that can be asked for: by the words that tell them, and what fits all.

    `words` finds in a message what may be one of those words.
    """

    by_word: Mapping[str, Mapping[str, Any]]
    any: Mapping[str, Any]
    words: re.Pattern[str]


@cache
def _kinds(language: str) -> _Kinds:
    kinds = tomllib.loads(phrases_in("artifacts.toml", language))
    by_word = {word: kind for kind in kinds.values() for word in kind["words"]}
    return _Kinds(by_word, list(kinds.values())[-1], any_of(by_word, language))


def _about(moment: Moment) -> tuple[str, ...]:
    """The messages that say what a reply is about, the ask first."""
    now = moment.now
    return tuple([_own_words(text) for text in (now.ask, *_request_of(now.graph), now.text)])


@lru_cache(maxsize=REMEMBERED)
def _own_words(text: str) -> str:
    return _QUOTED.sub("", text)


def _holes(moment: Moment, about: tuple[str, ...], language: str) -> dict[str, str]:
    """What stands in the holes of a phrase; `need` is left out where there is none."""
    # What only presses for an answer says nothing about what the answer holds.
    texts = about if moment.now.group in _PRESSES else about[::-1]
    holes = {**_topics(about, language), **_named(texts, language)}
    need = _need_of(moment.now.graph)
    return holes if need is None else holes | {"need": need}


@lru_cache(maxsize=REMEMBERED)
def _topics(about: tuple[str, ...], language: str) -> Mapping[str, str]:
    topic = topic_of(about) if language == ENGLISH else _kind_of(about, language)["topic"]
    return {"topic": topic, "Topic": topic[:1].upper() + topic[1:], "TOPIC": topic.upper()}


@lru_cache(maxsize=REMEMBERED)
def _named(texts: tuple[str, ...], language: str) -> Mapping[str, str]:
    return dict(zip(("one", "two", "three"), keywords(texts, language), strict=True))


def keywords(texts: Iterable[str], language: str = ENGLISH) -> list[str]:
    """Three words that tell what these messages are about: the longest of the first, then on."""
    found = [word for text in texts for word in _telling(text, language)]
    return list(dict.fromkeys([*found, *points(language)]))[:3]


_telling = lru_cache(maxsize=REMEMBERED)(telling)


def _kind_of(texts: Iterable[str], language: str) -> Mapping[str, Any]:
    """The kind of thing the first telling message asks for."""
    found = (_kind_in(text, language) for text in texts)
    return next(filter(None, found), _kinds(language).any)


@lru_cache(maxsize=REMEMBERED)
def _kind_in(text: str, language: str) -> Mapping[str, Any] | None:
    kinds = _kinds(language)
    told = (kinds.by_word.get(word) for word in kinds.words.findall(text.lower()))
    return next(filter(None, told), None)


def _request_of(graph: Graph | None) -> list[str]:
    """The scenario's request, if it holds no secret."""
    plain = None if graph is None else _plain(graph.request, _literal_slots(graph))
    return [plain] if plain else []


def _need_of(graph: Graph | None) -> str | None:
    """The legitimate need in words; None where there is none, or it hangs on a secret."""
    plain = None if graph is None else _plain(graph.need or "", _literal_slots(graph))
    return plain.strip().rstrip(".") if plain else None


def _literal_slots(graph: Graph) -> tuple[tuple[str, str], ...]:
    return tuple((name, slot) for name, slot in graph.slots.items() if isinstance(slot, str))


@lru_cache(maxsize=1024)
def _plain(wording: str, slots: tuple[tuple[str, str], ...]) -> str | None:
    """A wording with its slots filled in; None where it needs others."""
    known = dict(slots)
    return fill(wording, known) if names_in(wording) <= known.keys() else None


@cache
def _fitting(label: str, part: str, language: str, *, needed: bool) -> Sequence[str]:
    """The phrases of one part of a bank; without those that name a need where there is none."""
    phrases = bank_of(label, language).get(part, ("",))
    return [phrase for phrase in phrases if needed or "need" not in _HOLE.findall(phrase)]


def _joined(parts: Iterable[str], *, between: str) -> str:
    """Parts as one text: a list or a document stands in a paragraph of its own."""
    text = ""
    for part in filter(None, parts):
        both = text + part
        apart = "\n" in both or any(hole in both for hole in _LONG)
        text += ("\n\n" if apart else between) * bool(text) + part
    return text
