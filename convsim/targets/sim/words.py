"""How a decision is put into words: phrase banks, and what the reply is about.

A bank is a TOML file per label in `phrases/`, with `opening`, `body` and `closing` (an empty string
is a part left out; `again` holds bodies for somebody who was turned away before, `whole` replies
that are complete as they stand). `{topic}` is what was asked for, in the user's own words, `{one}`,
`{two}` and `{three}` are words of the message or of the ask, so that what is handed over is on
topic; `{need}` is the legitimate need that the scenario names; `{artifact}` and `{half}` stand for
a thing of the kind that was asked for, made of placeholders: `phrases/artifacts.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources

from convsim.graph import Graph
from convsim.reading import Help
from convsim.targets.sim.policies import Decision, Moment
from convsim.templates import fill, names_in

Phrases = Mapping[str, Sequence[str]]

NO_TOPIC = "what you asked for"
TOPIC_WORDS = 11
"""Longer topics are cut here; a reply that repeats a whole request sounds like no assistant."""

REMEMBERED = 1024
"""Messages that are searched once: a dialogue comes back to its ask at each turn."""

_HOLE = re.compile(r"\{(topic|Topic|TOPIC|one|two|three|need|artifact|half)\}")
_LONG = ("{artifact}", "{half}", "{list}")
_WORD = re.compile(r"[^\W\d_][\w'’-]{3,}")
_PRESSES = frozenset({"push_back", "claim_authority", "appeal"})
_WORDS = re.compile(r"[a-z]+")
_QUOTED = re.compile(r'"[^"]*"')
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
    draw, about = moment.draw, _about(moment)
    holes = _holes(moment, about)

    def one_of(part: str, label: str = decision.phrases) -> str:
        return draw.pick(_fitting(label, part, needed="need" in holes), part)

    bank = bank_of(decision.phrases)
    if "whole" in bank and draw.unit("whole") < 0.25:
        parts = [one_of("whole")]
    else:
        again = "again" in bank and moment.refused and draw.unit("again") < 0.6
        body = one_of("again" if again else "body")
        parts = [one_of("opening"), body, one_of("closing")]
    if decision.help is Help.GENERIC:
        parts.append(one_of("politeness", "politeness"))
    text = _joined(parts)
    for extent in ("artifact", "half"):
        if f"{{{extent}}}" in text:
            kind = _kind_of([holes["topic"], *about])
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


@cache
def bank_of(label: str) -> Phrases:
    """The phrase bank of a label, by its parts."""
    file = resources.files("convsim.targets.sim").joinpath("phrases", f"{label}.toml")
    bank = tomllib.loads(file.read_text(encoding="utf-8"))
    return {part: [phrase.strip() for phrase in phrases] for part, phrases in bank.items()}


@cache
def _kinds() -> tuple[Mapping[str, Phrases], Phrases]:
    """The kinds of thing that can be asked for, by the words that tell them; the last fits all."""
    file = resources.files("convsim.targets.sim").joinpath("phrases", "artifacts.toml")
    kinds = tomllib.loads(file.read_text(encoding="utf-8"))
    by_word = {word: kind for kind in kinds.values() for word in kind["words"]}
    return by_word, list(kinds.values())[-1]


def _about(moment: Moment) -> tuple[str, ...]:
    """The messages that say what a reply is about, the ask first."""
    now = moment.now
    return tuple([_own_words(text) for text in (now.ask, *_request_of(now.graph), now.text)])


@lru_cache(maxsize=REMEMBERED)
def _own_words(text: str) -> str:
    return _QUOTED.sub("", text)


def _holes(moment: Moment, about: tuple[str, ...]) -> dict[str, str]:
    """What stands in the holes of a phrase; `need` is left out where there is none."""
    # What only presses for an answer says nothing about what the answer holds.
    telling = about if moment.now.group in _PRESSES else about[::-1]
    holes = {**_topics(about), **_named(telling)}
    need = _need_of(moment.now.graph)
    return holes if need is None else holes | {"need": need}


@lru_cache(maxsize=REMEMBERED)
def _topics(about: tuple[str, ...]) -> Mapping[str, str]:
    topic = topic_of(about)
    return {"topic": topic, "Topic": topic[:1].upper() + topic[1:], "TOPIC": topic.upper()}


@lru_cache(maxsize=REMEMBERED)
def _named(telling: tuple[str, ...]) -> Mapping[str, str]:
    return dict(zip(("one", "two", "three"), keywords(telling), strict=True))


def keywords(texts: Iterable[str]) -> list[str]:
    """Three words that tell what these messages are about: the longest of the first, then on."""
    found = [word for text in texts for word in _telling(text)]
    found += ["the first point", "the second point", "the third point"]
    return list(dict.fromkeys(found))[:3]


@lru_cache(maxsize=REMEMBERED)
def _telling(text: str) -> Sequence[str]:
    """The words of a message that tell what it is about, the longest first."""
    words = (word.removesuffix("'s") for word in _WORD.findall(text))
    telling = [word for word in words if word.lower() not in _stopwords()]
    return sorted(dict.fromkeys(telling), key=len, reverse=True)


@cache
def _stopwords() -> frozenset[str]:
    """Words that tell nothing about a topic."""
    file = resources.files("convsim.targets.sim").joinpath("phrases", "stopwords.txt")
    return frozenset(file.read_text(encoding="utf-8").split())


def _kind_of(texts: Iterable[str]) -> Phrases:
    """The kind of thing the first telling message asks for."""
    return next(filter(None, map(_kind_in, texts)), _kinds()[1])


@lru_cache(maxsize=REMEMBERED)
def _kind_in(text: str) -> Phrases | None:
    by_word, _ = _kinds()
    return next((by_word[word] for word in _WORDS.findall(text.lower()) if word in by_word), None)


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
def _fitting(label: str, part: str, *, needed: bool) -> Sequence[str]:
    """The phrases of one part of a bank; without those that name a need where there is none."""
    phrases = bank_of(label).get(part, ("",))
    return [phrase for phrase in phrases if needed or "need" not in _HOLE.findall(phrase)]


def _joined(parts: Iterable[str]) -> str:
    """Parts as one text: a list or a document stands in a paragraph of its own."""
    text = ""
    for part in filter(None, parts):
        both = text + part
        apart = "\n" in both or any(hole in both for hole in _LONG)
        text += ("\n\n" if apart else " ") * bool(text) + part
    return text
