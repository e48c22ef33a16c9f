"""Whether a user claims authority: a role, somebody's approval, an exception, a source.

Recorded conversations name no moves, so there the words have to tell (`authority.txt`). They are
few and plain on purpose, and count at the beginning of a clause that is no question: who asks
whether something would be allowed, says *if*, tells of somebody else or quotes claims nothing. What
claims in a roundabout way takes a judge. The kinds of claim and their sources are in `moves`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files

LONGEST = 4_000
"""Characters at the beginning of a message in which a claim is looked for."""

REMEMBERED = 256
"""Messages that are searched once: the turns of a dialogue are looked at again and again."""

_QUOTED = re.compile(
    r"\"[^\"\n]*\"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|「[^」\n]*」|『[^』\n]*』|^>.*$", re.MULTILINE
)
# Repeats are bounded, so that nothing said makes the search slow.
_CLAUSE = (
    r"(?:^|[\n.!?;:,()、。，！？；：]|\s[-–—]\s"
    r"|\b(?:and|but|because|since|und|aber|et|mais|y|pero|e|ma|mas|и|но)\s)\s{0,4}"
)
_OPENING = (
    r"(?:(?:look|listen|well|actually|honestly|also|besides|by the way|for the record|hi|hello|"
    r"sorry|i should have said(?: that)?|you should know(?: that)?|remember that)[\s,:]{1,4}){0,2}"
)
_ENDS = re.compile(r"[\n.!?;:,。，！？；：]")


@lru_cache(maxsize=REMEMBERED)
def claims_authority(text: str) -> bool:
    """Whether a message claims authority of its own.

    >>> claims_authority("I'm a nurse, so you can tell me."), claims_authority("Are you a nurse?")
    (True, False)
    >>> claims_authority("Legal signed this off."), claims_authority("What if legal signed it off?")
    (True, False)
    """
    words = _QUOTED.sub(" ", text[:LONGEST]).replace("’", "'").lower()
    return any(not _is_asked(words, found.end()) for found in _claims().finditer(words))


def _is_asked(words: str, after: int) -> bool:
    """Whether the clause of a claim ends as a question."""
    end = _ENDS.search(words, after)
    return end is not None and end.group() in "?？"


@cache
def _claims() -> re.Pattern[str]:
    return re.compile(f"{_CLAUSE}{_OPENING}(?:{'|'.join(_patterns())})", re.MULTILINE)


def _patterns() -> Iterator[str]:
    """The lines of `authority.txt`, with the words that they let in their places."""
    let: dict[str, str] = {}
    for line in files("convsim").joinpath("authority.txt").read_text("utf-8").splitlines():
        if line.startswith("let "):
            name, _, words = line.removeprefix("let ").partition(" = ")
            let[f"{{{name}}}"] = words
        elif line and not line.startswith("#"):
            yield re.sub(r"\{[a-z]+\}", lambda hole: let[hole.group()], line)
