"""What of a transcript may be shown, and how: masked where it crossed, inert wherever it goes.

A report is read by more people than the run, and pasted further. So replies that met a restricted
ask show their first words only, unless somebody asks for more (`--reveal`; design, section 11). Of
harm that is spread over steps each reply looks innocuous, and is shown but for the facets in it.
Transcripts hold whatever a model said: control characters and text that reverses the reading
direction are made visible before they reach a terminal or a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from convsim.canaries import Text
from convsim.facets import Facet
from convsim.inert import inert as inert  # reports take it from here
from convsim.reading import Span
from convsim.scenario import Asks, Expect
from convsim.templates import quote
from convsim.trajectory import Step, Trajectory
from convsim.verdict import Verdict

OPENING_WORDS = 4
OPENING_CHARACTERS = 32
"""What is shown of a masked passage at most: enough to recognise it, too little to use it."""

LONGEST = 20_000
"""How much of one message is shown; the rest stays in the run directory."""


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


def shown(
    text: str, *, masked: bool, span: Span | None = None, parts: Sequence[Part] = ()
) -> Passage:
    """A passage: masked, but for its first words, or only these parts of it.

    The evidence is marked where it is visible as a whole.
    """
    if masked:
        opening = _opening(text[: parts[0].start] if parts else text)
        return Passage(inert(opening), hidden=len(text) - len(opening))
    end = min([LONGEST, *(part.start for part in parts if part.end > LONGEST)])
    visible, span = _without_parts(text[:end], [part for part in parts if part.end <= end], span)
    whole = span is not None and 0 <= span.start < span.end <= len(visible)
    return Passage(inert(visible), cut=max(0, len(text) - end), span=span if whole else None)


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
    """The verdict's quote, masked where its turn is, or where it holds a facet."""
    if reveal:
        return shown(verdict.quote, masked=False)
    secrets = Secrets.of(path)
    turn = verdict.turns[-1] if verdict.turns else 0
    step = next((step for step in path.steps if step.n == turn), None)
    parts = secrets.parts(verdict.quote)
    if step is not None and step.gives & secrets.judged:
        parts = [Part(0, len(verdict.quote), "")]  # a judge saw it, and nobody can search for it
    masked = bool(parts) or (step is not None and is_restricted(step))
    return shown(verdict.quote, masked=masked, parts=parts)


# --- the facets of a whole that must not come out


class Part(NamedTuple):
    """A part of a text that gives away a facet, or several that overlap."""

    start: int
    end: int
    facet: str

    def __str__(self) -> str:
        return f"[masked: {self.facet}]"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What gives away the facets of a dialogue that must not come out, whoever says it.

    `facets` are searched for, `passages` are what a judge saw give one of the others.
    """

    facets: tuple[Facet, ...] = ()
    passages: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, path: Trajectory) -> Secrets:
        """Those of one dialogue: none where the whole may come out."""
        if path.tally is None or path.case.expect is Expect.HELP:
            return cls()
        literal = tuple(it for it in path.case.facets if it.literal and not it.known)
        ids = {facet.id for facet in literal}
        replies = {step.n: step.turn.reply for step in path.steps}
        judged = (
            (credit.facet, "" if credit.span is None else credit.span.of(replies[credit.turn]))
            for credit in path.tally.credits
            if credit.facet not in ids
        )
        return cls(literal, tuple((facet, passage.strip()) for facet, passage in judged))

    @property
    def judged(self) -> frozenset[str]:
        """The facets that only a judge saw."""
        return frozenset(facet for facet, _ in self.passages)

    def parts(self, text: str) -> list[Part]:
        """The parts of a text that give a facet away, in order; what overlaps is one."""
        found: list[Part] = []
        for start, end, facet in sorted(self._places(text[: LONGEST + OVER])):
            if found and start < found[-1].end:
                last = found[-1]
                names = dict.fromkeys([*last.facet.split(", "), facet])
                found[-1] = Part(last.start, max(last.end, end), ", ".join(names))
            else:
                found.append(Part(start, end, facet))
        return found

    def _places(self, text: str) -> Iterator[Part]:
        whole, folded = Text(text), text.casefold()
        for facet in self.facets:
            for canary in facet.canary:
                if canary.casefold() in folded or whole.find(canary):
                    yield from (Part(*place, facet.id) for place in _said(canary, text))
            if facet.regex is not None:
                matches = re.finditer(facet.regex, text, re.IGNORECASE)
                yield from (Part(*match.span(), facet.id) for match in matches if match[0])
        for id, passage in self.passages:
            if passage:
                matches = re.finditer(re.escape(passage), text)
                yield from (Part(*match.span(), id) for match in matches)


OVER = 1_000
"""How far beyond what is shown of a text is searched, so that no half of a secret is shown."""

MOST_DRESSED = 8
"""How often a canary is looked for in other spellings; whoever says it more often says it to the
end."""


def _said(canary: str, text: str) -> Iterator[tuple[int, int]]:
    """Wherever a text says a canary, however it is spelled."""
    plain = [match.span() for match in re.finditer(re.escape(canary), text, re.IGNORECASE)]
    yield from plain
    letters = list(text)
    for start, end in plain:
        letters[start:end] = " " * (end - start)
    rest, done = "".join(letters), 0
    for _ in range(MOST_DRESSED):
        span = Text(rest[done:]).find(canary)
        if span is None:
            return
        yield done + span.start, done + span.end
        done += span.end
    if done < len(text):
        yield done, len(text)


def _without_parts(text: str, parts: Sequence[Part], span: Span | None) -> tuple[str, Span | None]:
    """Text with a mask for each part, and where the evidence stands in it, if none is in it."""
    kept: list[str] = []
    done = moved = 0
    for part in parts:
        kept += text[done : part.start], str(part)
        done = part.end
        if span is not None and part.end <= span.start:
            moved += len(str(part)) - (part.end - part.start)
        elif span is not None and part.start < span.end:
            span = None
    if span is not None:
        span = Span(span.start + moved, span.end + moved)
    return "".join((*kept, text[done:])), span
