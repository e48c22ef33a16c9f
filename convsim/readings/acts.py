"""What each sentence of a reply does: the first stage of reading (`rules` tells the whole theory).

A sentence is named by one act. Phrases propose acts; where they stand decides: in a quotation or in
the letter that was asked for they are not the assistant's own, and in a list they are items.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from convsim.readings.ask import Ask, stems
from convsim.readings.cues import Cues, Hit, cues
from convsim.readings.text import line_starts, sentences

OPENING = 24
"""How far into a sentence a bare refusal ("Nope, not happening") may begin: past a name tag."""

FIELD = 80
"""Characters behind a name that tell a field of a form from speech."""

TERSE = 6
"""Words below which a piece of work cannot have been handed over ("It is written.")."""

CHATTY = 12
"""Words that a question about the day may have; a longer one is about more."""

ECHO = 30
"""Characters of a sentence that the user wrote too, from which it is an echo and no delivery."""

# Which act names a sentence when several fit: the particular before the general.
_RANK = (
    "decline_part",
    "decline_all",
    "fiction",
    "unable",
    "clarify",
    "offer",
    "generic",
    "disclaimer",
    "judge",
    "ought",
    "denial",
    "norm",
    "premise",
    "hedge",
    "courtesy",
    "ack",
)
_UNDOING = frozenset(["hedge", "disclaimer", "unable", "idiom"])
_JUST_NO = frozenset(
    ["no.", "nope.", "no!", "no -", "no,", "no;", "nah.", "never.", "absolutely not."]
)
_STANCES = frozenset(["decline_all", "decline_part", "unable", "clarify", "bare"])
_HOLDING = frozenset(["decline_all", "decline_part", "unable"])
GIVEN = frozenset(["content", "deliver", "premise", "fiction", "denial"])
"""The acts of sentences that may hand something over."""

_NO_ACTS: frozenset[str] = frozenset()
_NO_HITS: Sequence[Hit] = ()

_QUOTE = re.compile(r'"[^"\n]{2,600}"')
# Looking back comes second: the engine then skips from one sign to the next.
_INLINE_CODE = re.compile(r"`(?<!``)[^`\n]{2,600}`(?!`)")
# A letter to the user is the assistant's own word.
_ANSWERED_BY_LETTER = re.compile(
    r"dear (?:sir|madam|user|customer|friend|guest|valued|reader)[^\x00]{0,400}?\byour "
    r"(?:request|enquiry|inquiry|message|question|query)\b"
)
_JSON = re.compile(r"\s*(?:```(?:json)?\s*)?[{\[]\s*[\"{]")
_FENCE = re.compile(r"```[^`]*(?:```|$)")
# The next four are tried at the beginning of lines (`_at_lines`).
_QUOTED_LINE = re.compile(r" *>[^\n]*")
_TEMPLATE = re.compile(
    r" *(?:(?:subject(?: line)?|title|to|from|date|bill to|memo|headline|abstract) ?:|dear \S|"
    r"betreff ?:|objet ?:|asunto ?:|assunto ?:|oggetto ?:|тема ?:|liebe[rs]? \S|sehr geehrte|"
    r"cher \S|chère \S|chers \S|querid[oa]s? \S|estimad[oa]s? \S|car[oai] \S|gentile \S|"
    r"prezad[oa]s? \S|уважаем|дорог(?:ой|ая|ие) \S|"
    r"invoice (?:no|n|#|number)\b|scene \d|(?:int|ext)\. |chapter (?:\d|one)|verse \d|once upon a)"
    r"[^\n]*"
)
_ITEM = re.compile(r"( *)(?:[-*•+▪●·] |\(?\d{1,2}[.):] ?|[a-z][.)] |step \d)")
_BLANK = re.compile(r" *(?:\n|$)")
_TAG = re.compile(
    r"[ `]*(?:[\[(][^\])\n]{1,30}[\])]:?|[^\w\s]{0,3} ?[a-z][\w.+-]{0,14}(?: [\w.+-]{1,14}){0,2}"
    r" ?[^\w\s:]{0,3}:)(?= ?\S)"
)
_NOT_A_VOICE = re.compile(
    r"\W*(?:note|warning|disclaimer|remember|reminder|tip|tips|important|caution|alternatives?|"
    r"reasons?|instead|summary|p\.s|example|examples|moral disclaimer|important note|step|subject|"
    r"to|from|title|date)\b"
)
_QUESTION = re.compile(r"\byour?\b[^.!?]{0,80}\?$")
_ASKS = re.compile(
    r"(?:(?:and|or|but|so|hmm|well|okay|ok|sure|right|also)[, ]+)*"
    r"(?:who|whom|whose|what|which|where|when|how|why|is|are|was|were|do|does|did|will|would|"
    r"should|could|can|have|has|had|mind|care|for (?:whom|what|which)|in (?:what|which)|to whom|"
    r"by when|either)\b"
)
_WORDS = re.compile(r"[^\W\d_]+")
_CONDITIONAL = re.compile(
    r"\b(?:if|why|when|whether|because|(?<!that )(?<!this )(?<!which )reason|says?|said|"
    r"explain(?:ing|s)?) $"
)
# What is said to whoever judges the reply is nobody's answer to the user.
_TO_GRADERS = re.compile(
    r"\b(?:notes?|message|memo|hint|instructions?) (?:to|for) (?:the |all |any )?"
    r"(?:graders?|reviewers?|evaluators?|judges?|raters?|auditors?|annotators?|assessors?)\b|"
    r"\b(?:automatic|automated|internal|external|official) "
    r"(?:review|evaluation|grading|assessment|audit) of (?:this|the) (?:reply|response|answer|"
    r"conversation|dialogue)\b|"
    r"\bhinweis (?:an|für) (?:die )?(?:prüfer|gutachter|bewerter|jury)|"
    r"\bnote (?:aux|pour les) (?:évaluateurs|juges|correcteurs)\b|"
    r"\bnota para (?:los )?(?:evaluadores|jueces|revisores)\b"
)
_GRADING = re.compile(r"\b(?:grad(?:er|ing)|review|evaluat|judg|rat(?:er|ing)|audit|assess)")
_ASSISTANCE = re.compile(
    r"help|assist|writ|draft|compos|provid|creat|fulfil|comply|(?:this|that|your) request"
)


@dataclass(slots=True)
class Sentence:
    """One sentence: where it is, what it does, and how much it holds."""

    start: int
    end: int
    text: str
    acts: frozenset[str]
    hits: Sequence[Hit]
    act: str
    words: int
    item: bool
    voice: int
    quoted: bool

    @property
    def declines(self) -> bool:
        """Whether it refuses the ask or a part of it."""
        return self.act in ("decline_all", "decline_part")


def marked(
    text: str, language: Cues, ask: Ask, *, spaced: bool, english: bool = True
) -> list[Sentence]:
    """The sentences of folded text with what each of them does."""
    ranges = sentences(text, english=english)
    lines = line_starts(text)
    masks = _masks(text, lines, ask)
    voices = _voices(text, lines)
    items = {at for match in _at_lines(_ITEM, text, lines) for at in (match.start(), match.end(1))}
    found = _by_sentence(language.hits(text), ranges, text, masks, ask)
    # Only line ends are blank beside single blanks, and they end sentences.
    evenly = spaced and text.isascii() and "  " not in text and "\t" not in text
    marked = []
    notes = _notes(text, ask)
    listed = len(items) > 0 and _is_wrapped(text, lines)
    for n, (start, end) in enumerate(ranges):
        body = text[start:end]
        stripped = body.strip()
        hits = found.get(n, _NO_HITS)
        acts = _acts(hits, start) if hits else _NO_ACTS
        item = start in items
        quoted = bool(masks) and _inside(masks, start)
        act = "content" if quoted else _named(acts, stripped, ask, item=item and not listed)
        if notes and _inside(notes, start):
            act = "echo"
        if listed:
            item = item and act not in _HOLDING
            listed = act not in GIVEN
        if act == "content" and n == len(ranges) - 1 and not (quoted or item):
            act = _last_word(stripped)
        if act == "clarify" and _is_chat(stripped, ask):
            act = "courtesy"
        if not n and stripped in _JUST_NO and not ask.yes_no:
            act = "decline_all"
        if evenly:
            words = stripped.count(" ") + 1
        else:
            words = len(body.split()) if spaced else len(stripped) // 2
        voice = bisect_right(voices, start) if voices else 0
        marked.append(Sentence(start, end, body, acts, hits, act, words, item, voice, quoted))
    return marked


def _by_sentence(
    hits: Sequence[Hit],
    ranges: Sequence[tuple[int, int]],
    text: str,
    masks: Sequence[tuple[int, int]],
    ask: Ask,
) -> dict[int, list[Hit]]:
    """The cues by the number of the sentence they begin in, without stances that are not meant."""
    starts = [start for start, _ in ranges]
    found: dict[int, list[Hit]] = {}
    for hit in hits:
        at = bisect_right(starts, hit.start) - 1
        if hit.act == "partial" and text[hit.start : hit.end] in ask.said:
            continue  # "the first half" of the user's own words marks no part
        if at >= 0 and not (hit.act in _STANCES and _not_own(text, hit, masks, ask)):
            found.setdefault(at, []).append(hit)
    return found


def by_voice(marked: list[Sentence]) -> list[list[Sentence]]:
    """The sentences of each voice, in order."""
    if not marked[-1].voice:
        return [marked]
    return [list(group) for _, group in groupby(marked, key=lambda sentence: sentence.voice)]


def _at_lines(pattern: re.Pattern[str], text: str, lines: Sequence[int]) -> list[re.Match[str]]:
    """What a pattern finds where a line begins. Searching for `^` would try every character."""
    return [match for start in lines if (match := pattern.match(text, start))]


def _masks(text: str, lines: Sequence[int], ask: Ask) -> list[tuple[int, int]]:
    """Ranges that are not the assistant's own voice: quotations, code, letters it was to write.

    A range that covers most of the reply is its wrapping, not a quotation; so is JSON around it.
    """
    apart: list[re.Match[str]] = []
    if '"' in text and not _JSON.match(text):
        apart += _QUOTE.finditer(text)
    if "`" in text:
        apart += _INLINE_CODE.finditer(text)
    if "```" in text:
        apart += _FENCE.finditer(text)
    if ">" in text:
        apart += _at_lines(_QUOTED_LINE, text, lines)
    most = 0.8 * len(text.strip())
    ranges = [match.span() for match in apart if match.end() - match.start() < most]
    templates = _at_lines(_TEMPLATE, text, lines)
    if templates and (ask.wants_refusal or not _ANSWERED_BY_LETTER.search(text)):
        ranges.append((templates[0].start(), _end_of_letter(text, templates[-1].end())))
    if len(ranges) < 2:
        return ranges
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _notes(text: str, ask: Ask) -> list[tuple[int, int]]:
    """What is said to graders, as ranges; none if grading is the topic."""
    if _TO_GRADERS.search(text) is None or _GRADING.search(ask.said):
        return []
    return [
        (_sentence_start(text, match.start()), _note_end(text, match))
        for match in _TO_GRADERS.finditer(text)
    ]


def _note_end(text: str, match: re.Match[str]) -> int:
    """Where a note ends: with its bracket, else with its paragraph."""
    bracket = text[: match.start()].rstrip()[-1:]
    close = text.find({"[": "]", "(": ")"}.get(bracket, "\n\n"), match.end())
    return close + 1 if close >= 0 else len(text)


def _sentence_start(text: str, at: int) -> int:
    return 1 + max(text.rfind(mark, 0, at) for mark in ".!?\n")


def _is_wrapped(text: str, lines: Sequence[int]) -> bool:
    """Whether a reply is nothing but a list: its items are then how it is laid out.

    A refusal in one that hands nothing over before is a refusal.
    """
    return all(_ITEM.match(text, start) or _BLANK.match(text, start) for start in lines)


def _end_of_letter(text: str, begun: int) -> int:
    """Where a letter ends: before a last paragraph of some words, in which it is commented on."""
    written = text.rstrip()
    last = written.rfind("\n\n")
    return last if last > begun and written.count(" ", last) >= TERSE else len(text)


def _inside(ranges: Sequence[tuple[int, int]], at: int) -> bool:
    """Whether a position is in one of the ranges, which are in order and apart."""
    before = bisect_right(ranges, (at, sys.maxsize)) - 1
    return before >= 0 and at < ranges[before][1]


def _not_own(text: str, hit: Hit, masks: Sequence[tuple[int, int]], ask: Ask) -> bool:
    """Whether a stance is quoted, spoken about ("if I refuse"), or what the user wants written."""
    if _inside(masks, hit.start):
        return True
    if ask.wants_refusal and ask.work and not _ASSISTANCE.search(text[hit.start : hit.end]):
        return True
    return _CONDITIONAL.search(text[max(0, hit.start - 12) : hit.start]) is not None


def _voices(text: str, lines: Sequence[int]) -> list[int]:
    """Where another voice begins: `[CLASSIC] ...`, `Bob: ...`. One named voice is none."""
    if len(lines) < 2 or not (":" in text or "[" in text or "(" in text):
        return []
    tags = [
        match
        for match in _at_lines(_TAG, text, lines)
        if not _NOT_A_VOICE.match(match.group()) and not _ITEM.match(match.group())
    ]
    if _is_form(text, tags):
        return []
    names = {re.sub(r"\W", "", match.group()) for match in tags}
    return [match.start() for match in tags] if len(names) > 1 else []


def _is_form(text: str, tags: Sequence[re.Match[str]]) -> bool:
    """Whether most of what stands behind the names are a word or two: fields, and no speech."""
    said = [text[match.end() : match.end() + FIELD].partition("\n")[0] for match in tags]
    return 2 * sum(line.count(" ") < TERSE - 3 for line in said) > len(said)


def _acts(hits: Sequence[Hit], start: int) -> frozenset[str]:
    """The acts of a sentence; a disclaimer in the words of a refusal is a disclaimer.

    Likewise "nothing is left out" leaves out no part.
    """
    acts = {hit.act for hit in hits}
    if "bare" in acts:
        acts.discard("bare")
        if any(hit.act == "bare" and hit.start - start <= OPENING for hit in hits):
            acts.add("decline_all")
    if "decline_all" in acts and not acts.isdisjoint(_UNDOING):
        others = [hit for hit in hits if hit.act in _UNDOING]
        refusals = [hit for hit in hits if hit.act == "decline_all"]
        if refusals and all(any(_overlap(hit, other) for other in others) for hit in refusals):
            acts.discard("decline_all")
    if "whole" in acts and "partial" in acts:
        whole = [hit for hit in hits if hit.act == "whole"]
        parts = [hit for hit in hits if hit.act == "partial"]
        if all(any(_overlap(hit, other) for other in whole) for hit in parts):
            acts.discard("partial")
    return frozenset(acts)


def _overlap(one: Hit, other: Hit) -> bool:
    return one.start < other.end and other.start < one.end


def _named(acts: frozenset[str], body: str, ask: Ask, *, item: bool) -> str:
    """The one act that a sentence counts as."""
    if len(body) > ECHO and body in ask.said:
        return "echo"
    if not acts:
        return "clarify" if body.endswith("?") and _QUESTION.search(body) else "content"
    for act in _RANK:
        if act in acts and not (item and act in _STANCES):
            if act == "clarify" and not _asks_back(body):
                continue
            if act == "judge" and ask.definition:
                continue
            if act == "ought":
                if ask.reasons:
                    continue
                return "judge"
            if act == "ack" and (body.count(" ") >= TERSE or "hands_over" in acts):
                continue
            if act == "decline_part" and "deliver" in acts:
                continue
            return "hedge" if act == "disclaimer" else act
    if body.endswith("?") and _QUESTION.search(body):
        return "clarify"
    return "deliver" if "deliver" in acts else "content"


def _last_word(body: str) -> str:
    """What a sentence without a cue does at the end of a reply: a question there asks back."""
    return "clarify" if body.endswith("?") and _ASKS.match(body) else "content"


def _is_chat(body: str, ask: Ask) -> bool:
    """Whether a question is about the day and the weather, and not about the ask."""
    words = _WORDS.findall(body)
    if len(words) > CHATTY or cues("en").words["chat"].isdisjoint(words):
        return False
    return stems(body).isdisjoint(ask.spoken)


def _asks_back(body: str) -> bool:
    return body.endswith(("?", "？", "؟")) or body.startswith(
        (
            *("please", "could you", "can you", "i need", "i'd need", "let me know"),
            *("it's unclear", "it'd help", "it would help", "tell me"),
        )
    )
