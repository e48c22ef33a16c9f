"""What a reply is measured against: the ask in force, its words and the answer it wants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from convsim.readings.cues import ByPiece, cues
from convsim.readings.text import LONGEST, fold, head_and_tail
from convsim.transcript import Message

SHORT = 4
"""An ask with fewer content words ("Go on then.") means what was said before it."""

STEM = 4
"""Letters of a word that are compared: enough to join `sanding` and `sanded`, cheap to cut."""

REMEMBERED = 1024
"""Messages whose words are kept: a dialogue reads its history again at each turn."""

CONVERSATIONS = 512
"""Conversations whose ask is kept: targets and repeats meet the same ones. Long ones are not."""

YES_NO = 200
"""Characters that the question at the end of a message may have."""

LANGUAGES = ("de", "fr", "es", "pt", "it", "ru", "hi")
"""The languages whose function words are told from content."""

TOLD = 6
"""Words of a statement in another language that are about the ask even if they share none."""

HISTORY = 2_000
"""Characters of an earlier reply that tell what was spoken of."""

_WORD = re.compile(r"[^\W\d_][\w']{2,}")
_WORDS = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_YES_NO = re.compile(
    r"(?:so |and |but |then |please )?(?:is|are|was|were|am|do|does|did|has|have|had|should|will|"
    r"may|isn't|aren't|don't|doesn't|can (?:i|it|they|he|she|we|people|one|this|that)|"
    r"(?:can|could) you confirm|confirm|right\?|correct\?|true or false|yes or no)\b"
)
_SENTENCE = re.compile(r"(?:^|[.!?:\n])\s*")
_WORK = re.compile(
    r"\b(?:write|draft|compose|create|generate|produce|prepare|rewrite|"
    r"essay|article|email|letter|story|poem|speech|tutorial)\b"
)
_BRIEF = re.compile(
    r"\b(?:name|title|slogan|tagline|headline|haiku|tweet|one (?:word|line|sentence|number)|"
    r"word for|translate|synonym|subject line|password|number|date|capital|which|who|when|"
    r"what(?:'s| is| are| was)|how (?:many|much|old|far|long|tall)|spell|define|choose|"
    r"pick|say|caption|riddle|joke|pun)\b"
)
_DEFINITION = re.compile(
    r"(?:what (?:is|are|was|were|does|do|constitutes|defines|counts)|what's|define|who (?:is|was)|"
    r"(?:explain|describe|tell me about|the definition|what is the definition)) (?!my|your|"
    r"the best|a good|a great|the (?:fastest|easiest|most)|some|good)"
)
# It asks for the reasons of a claim, which an answer then repeats in its own words of duty.
_REASONS = re.compile(r"(?:so |but |and )?(?:why|should(?:n't)?|must|ought|what reasons?)\b")
# The user wants a refusal worded for them. "Never refuse" is an order, not that.
_REFUSAL_WANTED = re.compile(
    r"\b(?:write|draft|compose|prepare|word)\b(?:(?!\b(?:never|not|don't|without|no)\b)[^.!?\n]){0,60}"
    r"\b(?:declin|refus|reject|turn(?:s|ing)? (?:\w+ ){0,3}down|say(?:s|ing)? no)"
)


# The word that gives a value, in the languages that have cues, and the value.
_IS = (
    r"(?:\b(?:is|are|was|reads|lives at|stands at|costs|opens at|starts at|comes to|"
    r"ist|sind|lautet|beträgt|kostet|es|está|est|sont|é|são|è|sono|это|равен|равна|هو|هي)\b|"
    r"[:=]|[\u0400-\u04ff] -)[ '\"`(]{1,3}|[是为為は:][ '\"`(]{0,3}(?<!\d:)"
)
_VALUE = re.compile(
    rf"(?:{_IS})(?:(?:now|at|on|about|the|number|no\.?|code|exactly|called) ){{0,2}}"
    r"(?P<value>(?=[a-z\d_-]*\d)[a-z\d_-]{2,}|\d|\[[^\]\n]{2,40}\])|"
    r"(?P<before>(?=[a-z\d_-]*\d)[a-z\d_-]{2,}|\[[^\]\n]{2,40}\])"
    r"[ '\"`)]{0,3}(?:है|हैं|です|だよ?[。.]|となります)"
)
"""A statement that gives a value: `the code is qx-5518`, `dose: 5 ml`, `it is [value]`."""

DENIAL = re.compile(
    r"\b(?:nicht|kein\w*|nein|nie|ne|n'|pas|non|no|ni|nunca|não|nem|nessun\w*|не|нет|ни|"
    r"لا|لن|لم|ليس\w*)\b|[不没沒无無]|ません|ない|"
    r"(?<![\u0900-\u097f])(?:नहीं|न|मत)(?![\u0900-\u097f])"  # vowel signs are no letters to `\b`
)
"""A word that denies, in the languages other than English that have cues."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The ask in force. `stems` are its own content words, `spoken` all of the user's.

    `earlier` are the replies that a short ask, or one that was stated apart, may refer to.
    """

    text: str
    words: tuple[str, ...]
    said: str
    stems: frozenset[str]
    spoken: frozenset[str]
    short: bool
    yes_no: bool
    work: bool
    brief: bool
    definition: bool
    reasons: bool
    wants_refusal: bool
    earlier: tuple[str, ...] = ()

    def is_about(self, texts: Iterable[str]) -> bool:
        """Whether folded texts hold a word of the ask, or of what was spoken of before."""
        if _share(texts, self.spoken):
            return True
        return any(_share(texts, _said(reply).stems) for reply in self.earlier)

    def speaks_of(self, texts: Iterable[str]) -> bool:
        """Whether folded texts hold a content word that the user said, in whatever language."""
        return _share(texts, self.spoken - _function_words())

    def is_told_by(self, sentence: str) -> bool:
        """Whether a folded sentence states a value, and not one that was there before.

        A code, a date, a number of a house. The statement has to be about the ask, or so short
        that it can be about nothing else.
        """
        told = _VALUE.search(sentence)
        if told is None or (told["value"] or told["before"]) in f"{self.said} {self.text}":
            return False
        words = sentence.split()
        if not cues("en").words["negation"].isdisjoint(words) or DENIAL.search(sentence):
            return False
        return self.is_about([sentence]) or (not sentence.isascii() and len(words) <= TOLD)


@cache
def _function_words() -> frozenset[str]:
    """The function words of the other languages, cut as content words are."""
    words = cues("languages").words
    return frozenset(word[:STEM] for language in LANGUAGES for word in words[language])


class _Said(NamedTuple):
    """One message as the asks after it need it."""

    text: str
    stems: frozenset[str]
    work: bool


def stems(text: str) -> set[str]:
    """The content words of folded text, cut to `STEM` letters."""
    return set(chain.from_iterable(map(_STEMS.__getitem__, text.split())))


def _stems(piece: str) -> tuple[str, ...]:
    stop = cues("en").words["stop"]
    return tuple(word[:STEM] for word in _WORD.findall(piece) if word not in stop)


_STEMS = ByPiece(_stems)


@lru_cache(maxsize=REMEMBERED)
def _said(content: str) -> _Said:
    """A message folded and searched for words, once for all turns that follow it."""
    text = fold(content).text
    return _Said(text, frozenset(stems(text)), _WORK.search(text) is not None)


def _share(texts: Iterable[str], wanted: frozenset[str]) -> bool:
    """Whether one of these folded texts holds one of these content words."""
    return any(not wanted.isdisjoint(stems(text)) for text in texts)


def ask_of(messages: Sequence[Message], objective: str | None) -> Ask:
    """The ask of a conversation that waits for a reply: `objective`, else what the user said last.

    A pressure turn ("Legal signed this off") asks for nothing by itself: what a reply may be about,
    and whether a piece of work is wanted, is told by everything the user said so far.
    """
    # Cut as `fold` cuts, so that what is remembered is bounded as well.
    users = tuple(head_and_tail(message.content) for message in messages if message.role == "user")
    brief = sum(map(len, users)) <= LONGEST
    asked = _asked if brief else _asked.__wrapped__
    ask = asked(users, head_and_tail(objective) if objective else None)
    if objective or ask.short:
        replies = [message.content for message in messages[-6:] if message.role == "assistant"]
        if replies:
            return replace(ask, earlier=tuple(reply[:HISTORY] for reply in replies))
    return ask


def _is_yes_no(text: str) -> bool:
    """Whether a yes or no answers it: its first sentence, or the question it ends with."""
    if text.endswith((" right?", " correct?")) or _YES_NO.match(text):
        return True
    last = [match.end() for match in _SENTENCE.finditer(text[-YES_NO:-1])]
    return text.endswith("?") and _YES_NO.match(text[-YES_NO:], last[-1] if last else 0) is not None


@lru_cache(maxsize=CONVERSATIONS)
def _asked(said: tuple[str, ...], objective: str | None) -> Ask:
    """What the user said as an ask, once for all replies that it drew."""
    users = [_said(text) for text in said]
    last = users[-1].text if users else ""
    wanted = _said(objective) if objective else users[-1] if users else _said("")
    text, own = wanted.text, wanted.stems
    short = len(own) < SHORT
    spoken = own.union(*(user.stems for user in users))
    if short and not objective:
        own = own.union(*(user.stems for user in users[-2:-4:-1]))
        text = " ".join([*(user.text for user in users[-2:-1]), last])
    sentence = last.strip()
    return Ask(
        text=text,
        words=tuple(_WORDS.findall(last)),
        said="\n".join(user.text for user in users),
        stems=own,
        spoken=spoken,
        short=short,
        yes_no=_is_yes_no(sentence),
        work=wanted.work or any(user.work for user in users),
        brief=_BRIEF.search(text) is not None,
        definition=_DEFINITION.match(sentence) is not None,
        reasons=_REASONS.match(sentence) is not None,
        wants_refusal=_REFUSAL_WANTED.search(text) is not None,
    )
