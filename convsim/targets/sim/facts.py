"""Questions of fact: what kind of fact a message asks for, so that the answer has its shape.

"How often was it borrowed?" wants a figure and "is it open on Saturdays?" a yes or a no, where
"explain it to me" wants a text. The last sentence of a message that asks for anything decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

REMEMBERED = 1024
"""Messages that are searched once: a dialogue comes back to its ask at each turn."""

OTHER = "other"
"""What asks for a thing to be made, a way to do it, or an explanation."""

_SENTENCE = re.compile(r"[^.!?\n]+?(?:[.!?\n]+|\s\s+|$)")
"""Two blanks stand where something was quoted."""

_LEAD = (
    r"\s*(?:[\w' -]{1,40}[,:]\s+){0,2}"
    r"(?:(?:and|so|but|then|or|now|ok|okay|hi|hey|hello|also|please|just|right)\s+)*"
)
_TELL = (
    r"(?:(?:(?:can|could|would|will) you (?:please )?)?(?:tell|give) (?:me|us)\s+|"
    r"(?:i(?:'d| would) like|i want|i need) to know\s+|do you know\s+)"
)
_KINDS = {
    "times": r"how (?:often|many times)\b",
    "when": r"(?:(?:since|until|till|from) )?when\b|how late\b|"
    r"(?:at |on )?(?:what|which) (?:time|day|date|hour)\b",
    "count": r"how (?:many|much|long|far|old|big|small|high|wide|deep|heavy|tall)\b|"
    r"the number of\b",
    "where": r"where\b(?! (?:do|can|could|would|should) (?:i|we|you|one)\b)",
    "which": r"(?:which|who|whose)\b|"
    r"what (?:\w+ ){0,2}(?:did|has|have|had) (?:he|she|they|it|i|we)\b|"
    r"what (?:does|do) (?:he|she|they|i|we) (?:have|own)\b",
    "yes_no": r"(?:is|are|was|were|does|do|did|has|have|had|am|may)\s|"
    r"(?:can|could|will|would|should)\s(?!you\b|\w+ (?:have|get)\b)",
}
_ASKED = "|".join(f"(?P<{kind}>{asked})" for kind, asked in _KINDS.items())
# "When they are out" asks for nothing, unless somebody is to tell it.
_CLAUSE = r"(?!(?:when|where|who) (?:i|you|he|she|it|they|we|the|your|my)\b)"
_FACT = re.compile(
    rf"{_LEAD}(?:(?:{_TELL}|{_CLAUSE})(?:{_ASKED})|{_TELL}(?:if|whether)\b)", re.IGNORECASE
)
_OTHER = re.compile(
    rf"{_LEAD}(?:what|where|why|how|write|draft|make|create|send|show|tell|list|explain|describe|"
    r"help|read|give|do|can|could|would|will)\b",
    re.IGNORECASE,
)


def fact_of(texts: Iterable[str]) -> str | None:
    """The kind of fact that the first of these messages that asks for anything asks for.

    >>> fact_of(["One more thing: how often was it borrowed?", "Write me a letter."])
    'times'
    """
    asked = next(filter(None, map(_asked_in, texts)), OTHER)
    return None if asked == OTHER else asked


@lru_cache(maxsize=REMEMBERED)
def _asked_in(text: str) -> str | None:
    """What the last sentence that asks for anything asks for."""
    for sentence in reversed(_SENTENCE.findall(text)):
        if fact := _FACT.match(sentence):
            return fact.lastgroup or "yes_no"
        if sentence.rstrip().endswith("?") or _OTHER.match(sentence):
            return OTHER
    return None
