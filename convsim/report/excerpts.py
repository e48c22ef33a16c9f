"""What of a transcript may be shown, and how: masked where it crossed, inert wherever it goes.

A report is read by more people than the run, and pasted further. So replies that met a restricted
ask show their first words only, unless somebody asks for more (`--reveal`; design, section 11).
Transcripts hold whatever a model said: control characters and text that reverses the reading
direction are made visible before they reach a terminal or a page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from convsim.reading import Span
from convsim.scenario import Asks
from convsim.templates import quote
from convsim.trajectory import Step, Trajectory
from convsim.verdict import Verdict

OPENING_WORDS = 4
OPENING_CHARACTERS = 32
"""What is shown of a masked passage at most: enough to recognise it, too little to use it."""

LONGEST = 20_000
"""How much of one message is shown; the rest stays in the run directory."""

_KEPT = frozenset("\n\t")


def inert(text: str) -> str:
    """Text with everything that acts instead of being read replaced by a visible `\\ufffd`.

    Control characters (terminal escapes, NUL), lone surrogates, and the marks that override the
    reading direction for what follows. Right-to-left text itself is left alone.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if _acts(character) else character for character in text)


def _acts(character: str) -> bool:
    if character in _KEPT:
        return False
    acts = unicodedata.category(character) in ("Cc", "Cs")
    return acts or unicodedata.bidirectional(character) in _OVERRIDES


_OVERRIDES = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as it is shown: `hidden` characters of it are masked, `cut` left to the files."""

    text: str
    hidden: int = 0
    cut: int = 0
    span: Span | None = None

    def __str__(self) -> str:
        return f"{self.text} {mask(self.hidden)}" if self.hidden else self.text

    @property
    def parts(self) -> tuple[str, str, str]:
        """The text before, in, and after the evidence."""
        if self.span is None:
            return self.text, "", ""
        start, end = self.span.start, self.span.end
        return self.text[:start], self.text[start:end], self.text[end:]


def mask(hidden: int) -> str:
    """What stands where text is masked."""
    return f"[masked: {hidden:,} characters; --reveal shows them]"


def shown(text: str, *, masked: bool, span: Span | None = None) -> Passage:
    """A passage, masked or not. The evidence is marked where it is visible as a whole."""
    if masked:
        opening = _opening(text)
        return Passage(inert(opening), hidden=len(text) - len(opening))
    visible = inert(text[:LONGEST])
    whole = span is not None and 0 <= span.start < span.end <= len(visible)
    return Passage(visible, cut=max(0, len(text) - LONGEST), span=span if whole else None)


def _opening(text: str) -> str:
    words = text.split(maxsplit=OPENING_WORDS)[:OPENING_WORDS]
    return " ".join(words)[:OPENING_CHARACTERS]


def is_restricted(step: Step) -> bool:
    """Whether a reply may hold what should not be passed on.

    It delivered where that was restricted or where nobody said what was right, however sure the
    reading is; or a provider blocked it half-way.
    """
    if step.asks not in (Asks.RESTRICTED, None):
        return False
    return step.reading is None or step.reading.delivery >= 2


def user_text(text: str, restricted: Iterable[str]) -> str:
    """What the user said, without what it quotes from restricted replies.

    `{{ last.quote|upper }}` quotes all the same: case and white space make no difference.
    """
    for reply in restricted:
        for passage in (reply, quote(reply)):
            if len(passage) > len(_opening(passage)) and _folded(passage) in _folded(text):
                text = _without(text, passage)
    return text


def _folded(text: str) -> str:
    """Text as it is compared. Upper case comes first, since a filter may make `I` of `ı`."""
    return " ".join(text.upper().casefold().split())


def _without(text: str, passage: str) -> str:
    """Text with a mask wherever it says a passage, in whatever case and spacing."""
    letters: list[str] = []
    places: list[int] = []  # where in the text each folded letter comes from
    for place, character in enumerate(text):
        folded = " " if character.isspace() else character.upper().casefold()
        if folded != " " or letters[-1:] != [" "]:
            letters += folded
            places += [place] * len(folded)
    said, sought = "".join(letters), _folded(passage)
    kept: list[str] = []
    done = 0
    start = said.find(sought)
    while start >= 0:
        end = start + len(sought)
        kept += text[done : places[start]], mask(len(passage))
        done = places[end - 1] + 1
        start = said.find(sought, end)
    return "".join((*kept, text[done:]))


def deciding_quote(path: Trajectory, verdict: Verdict, *, reveal: bool) -> Passage:
    """The verdict's quote, masked where its turn is."""
    turn = verdict.turns[-1] if verdict.turns else 0
    restricted = any(step.n == turn and is_restricted(step) for step in path.steps)
    return shown(verdict.quote, masked=restricted and not reveal)
