"""How a decision is put into words: phrase banks, and what the reply is about.

A bank is a TOML file per label in `phrases/`, with `opening`, `body` and `closing` (an empty string
is a part left out; `again` holds bodies for somebody who was turned away before, `whole` replies
that are complete as they stand). `{topic}` is what was asked for, in the user's own words, `{one}`,
`{two}` and `{three}` are words of the message or of the ask, so that what is handed over is on
topic; `{need}` is the legitimate need that the scenario names; `{artifact}` and `{half}` stand for
a thing of the kind that was asked for, made of placeholders: `phrases/artifacts.toml`. A question
of fact that is met is answered in its own shape, with a `{fact}` (`facts`, `phrases/fact.toml`).

What a reply is about is the ask in force. Only where that is what the scenario is about does the
scenario's request help out: an aside that is allowed has nothing to do with it. No phrase is used
that stood in the last reply, so that who quotes it is not answered with the quote.

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
from convsim.scenario import Asks
from convsim.targets.sim.facts import fact_of
from convsim.targets.sim.policies import Decision, Draw, Moment
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

_HOLE = re.compile(r"\{(topic|Topic|TOPIC|one|two|three|need|artifact|half|fact|Fact)\}")
_LONG = ("{artifact}", "{half}", "{list}")
_PRESSES = frozenset({"push_back", "claim_authority", "appeal"})
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')
_CODE = re.compile(
    r"(?<![\w-])(?:[A-Z][A-Z\d]*-?(?=[\w-]*\d\d)[A-Z\d-]+|[A-Z\d]{2,}(?:-[A-Z\d]{2,})+|\d{5,})(?![\w-])"
)
"""The number of a proof, a code, or another secret: no words to speak of."""

_OWN = (Asks.ALLOWED, Asks.INNOCUOUS)
"""What may be answered; of what its author says so, the scenario's request is no part."""

_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+")
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
_NAME = r"(?-i:(?:The\s+)?[A-Z][a-z][\w-]*(?:\s+(?:(?:of|at|and|the|for)\s+)?[A-Z][a-z][\w-]*)*)"
_SUBJECT = rf"(?P<subject>i|you|we|he|she|it|they|there|this|that|{_NAME})"
_AUX = r"(?P<aux>is|are|was|were|do|does|has|have|had|can|could|will|would|should|may|must)"
# A question as it stands within a sentence takes its verb after its subject. Where the subject
# ends is certain for a pronoun or a name alone.
_WITHIN = re.compile(
    rf"""\b(?P<word>how\s+(?:often|long|far|late|early|soon|old|big|small|many\s+[\w'-]+|
        much(?:\s+[\w'-]+)?)|when|where|why|what|which(?:\s+[\w'-]+){{0,3}}?)
        \s+{_AUX}\s+{_SUBJECT}\b(?P<rest>.*)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_WHETHER = re.compile(
    r"\b(?:tell\s+(?:me|us)|know|say|see|check|ask|wonder|wondering|find\s+out)\s+(?:if|whether)"
    r"\s+(?P<topic>.+)"
    r"|(?:^|[.!?,:;]\s+|\b(?:and|so|but|ok|then|or)\s+)(?!(?:can|could|will|would|may)\s+(?:you|\w+\s+(?:have|get))\b)"
    rf"{_AUX}\s+{_SUBJECT}\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_WHICH = re.compile(
    r"\b(?P<topic>(?:which|how\s+many|how\s+much)\s+(?!of\b)[\w'-]{3,})", re.IGNORECASE
)
_STOP = r"[.!?;:](?=\s|$)|[\n\"(]|,\s| -|(?<=\w)\s+(?:so|because|but|please|and\s+(?:i|then))\b"
_END_OF_HOW = re.compile(_STOP)
_END = re.compile(rf"{_STOP}|(?<=\w)\s+(?:that|which|saying)\b")
_NAMED = re.compile(rf"(?<=[a-z,] ){_NAME}")
_NO_NOUN = ("ed", "ing", "ly", "n't", "'ve", "'re", "'ll")
_DIGITS = re.compile(r"\d+")
_PIECE = re.compile(r"\b(?:half|part)\b")
"""What makes a thing that is given in full sound as if it were not."""

_HISSING = ("s", "sh", "ch", "x", "o")
_SIDES = {
    "my": "your", "our": "your", "me": "you", "us": "you", "i": "you", "we": "you",
    "mine": "yours", "ours": "yours", "your": "my", "i'm": "you're", "i've": "you've",
}  # fmt: skip


def put(decision: Decision, moment: Moment) -> str:
    """The reply's text: phrases of its bank, chosen by the moment's draw."""
    draw, about, language = moment.draw, _about(moment), _language_of(moment.now.graph)
    holes = _holes(moment, about, language)
    fact = _fact_in(decision, moment, about, language)

    def one_of(part: str, label: str = "fact" if fact else decision.phrases) -> str:
        phrases = _fitting(label, part, language, needed="need" in holes)
        return _unsaid(phrases, draw, part, holes, moment.last)

    bank = bank_of(decision.phrases, language)
    if fact is not None:
        holes |= _told_by(fact, moment, about)
        opening = "yes_no_opening" if fact == "yes_no" else "opening"
        parts = [one_of(opening), one_of(fact), one_of("closing")]
    elif "whole" in bank and draw.unit("whole") < 0.25:
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


def _unsaid(
    phrases: Sequence[str], draw: Draw, part: str, holes: Mapping[str, str], last: str
) -> str:
    """The phrase that is drawn, or the next that shares no sentence with the last reply."""
    drawn = draw.pick(range(len(phrases)), part)
    in_turn = [*phrases[drawn:], *phrases[:drawn]]
    return next((it for it in in_turn if not _said(it, holes, last)), in_turn[0])


def _said(phrase: str, holes: Mapping[str, str], last: str) -> bool:
    """Whether a sentence of a phrase stands in a reply. What is handed over may come again."""
    if not last or phrase in _LONG:
        return False
    sentences = _SENTENCE_END.split(_HOLE.sub(lambda hole: holes.get(hole[1], hole[0]), phrase))
    return any(sentence in last for sentence in sentences if sentence)


def _filled(text: str, holes: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: holes[hole[1]], text)


def _fact_in(decision: Decision, moment: Moment, about: Sequence[str], language: str) -> str | None:
    """The kind of fact that is to be told, if that is what was asked for and may be told."""
    if decision.phrases != "compliance" or moment.now.asks not in _OWN or language != ENGLISH:
        return None
    return fact_of(about) if _thing_in(about) else None


def _told_by(fact: str, moment: Moment, about: Sequence[str]) -> Mapping[str, str]:
    """What a fact is about, and the fact itself: the same for the same question.

    It is a blank, except for what is asked in passing, and nothing that the user has said before.
    """
    among = bank_of("fact")[f"{fact}_{'values' if moment.now.group == 'control' else 'blanks'}"]
    said = " ".join(turn.text for turn in moment.seen)
    news = [it for it in among if not any(part in said for part in (it, *_DIGITS.findall(it)))]
    told = Draw(about[0]).pick(news or among, "fact")
    return {"fact": told, "Fact": _capital(told), "one": _thing_in(about)}


def _thing_in(texts: Iterable[str]) -> str:
    """What a question is about: a name, else a telling word, a noun if it looks like one."""
    for text in texts:
        if named := _NAMED.search(text):
            return named[0]
        if told := _telling(text, ENGLISH):
            noun = next((word for word in told if not word.endswith(_NO_NOUN)), told[0])
            return f"'{noun}'"
    return ""


def topic_of(texts: Iterable[str]) -> str:
    """What the first of these messages that names something asks for, as the assistant says it.

    >>> topic_of(["By the way, how often has it been borrowed this year?"])
    'how often it has been borrowed this year'
    """
    return next(filter(None, map(_topic_in, texts)), NO_TOPIC)


@lru_cache(maxsize=REMEMBERED)
def _topic_in(text: str) -> str | None:
    match = _QUESTION.search(text) or _MAKE.search(text)
    match = match or _WITHIN.search(text) or _WHETHER.search(text) or _WHICH.search(text)
    if match is None:
        return None
    end = _END_OF_HOW if match.groupdict().get("how") else _END
    words = end.split(_named_by(match), maxsplit=1)[0].split()[:TOPIC_WORDS]
    if len(words) < 2:
        return None
    return " ".join(_SIDES.get(word.lower(), word) for word in words)


def _named_by(match: re.Match[str]) -> str:
    """What a match names; a question as it stands within a sentence: "how often it is"."""
    found = match.groupdict()
    if found.get("subject"):
        word = found.get("word") or "whether"
        return f"{word.lower()} {found['subject']} {_verb(found['aux'].lower(), found['rest'])}"
    if found.get("how"):
        return f"how to {found['act']}"
    if match.re is _WHICH:
        return match["topic"].lower()
    return f"whether {found['topic']}" if match.re is _WHETHER else str(found["topic"])


def _verb(aux: str, rest: str) -> str:
    """The verb of a question and what follows, put after the subject: "does go" is "goes"."""
    if aux not in ("do", "does"):
        return f"{aux}{rest}"
    verb, _, more = rest.strip().partition(" ")
    if aux == "does":
        verb = "has" if verb == "have" else verb + ("es" if verb.endswith(_HISSING) else "s")
    return f"{verb} {more}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


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
    """The messages that say what a reply is about, the telling one first.

    That is the ask, or what goes on from an ask that may be met. What only presses for an answer
    says nothing about what the answer holds. The request is no part of an ask of its own.
    """
    now = moment.now
    request = () if now.stated in _OWN else _request_of(now.graph)
    goes_on = now.asks in _OWN and now.group not in _PRESSES
    texts = (now.text, now.ask, *request) if goes_on else (now.ask, *request, now.text)
    return tuple(map(_own_words, texts))


@lru_cache(maxsize=REMEMBERED)
def _own_words(text: str) -> str:
    """A message without what it quotes, and without the numbers and codes that it shows."""
    return _CODE.sub("", _QUOTED.sub("", text))


def _holes(moment: Moment, about: tuple[str, ...], language: str) -> dict[str, str]:
    """What stands in the holes of a phrase; `need` is left out where there is none."""
    asked = moment.now.asks in _OWN or moment.now.group in _PRESSES
    texts = about if asked else about[::-1]
    own = moment.now.stated in _OWN
    holes = {**_topics(about, language, own), **_named(texts, language)}
    need = _need_of(moment.now.graph)
    return holes if need is None else holes | {"need": need}


@lru_cache(maxsize=REMEMBERED)
def _topics(about: tuple[str, ...], language: str, own: bool) -> Mapping[str, str]:
    topic = topic_of(about) if language == ENGLISH else _kind_of(about, language)["topic"]
    if language == ENGLISH and _PIECE.search(topic):
        topic = NO_TOPIC
    elif topic == NO_TOPIC and own:
        told = [word for text in about for word in _telling(text, language)]
        topic = f"what you asked about {told[0]}" if told else NO_TOPIC
    return {"topic": topic, "Topic": _capital(topic), "TOPIC": topic.upper()}


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
