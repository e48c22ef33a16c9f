"""The learned part of reading: linear decisions that settle what the rules leave open.

The rules name what each sentence does; how much weight an opening of morals, a correction or a
list of alternatives has against the rest was learnt from labelled replies (`benchmarks/learn.py`
makes `linear.txt` again, byte for byte, and names the sets). What counts is what the rules found,
and the words and pairs of words of the sentences that are the assistant's own and say something.
A sentence that is only an apology or a caveat (`SILENT`), or begins in a quotation, gives no words;
"Sorry, here it is" does, and so does a quotation that begins within a sentence. What caveats say
counts in a decision of its own (`hedges`).

Weights are whole numbers and their sums exact, so a reading is the same on every platform.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from itertools import chain, islice, pairwise, repeat
from math import isqrt
from operator import attrgetter
from struct import Struct
from sys import intern
from typing import NamedTuple

from convsim.reading import Help, Stance, Status, derive_label
from convsim.readings.acts import Sentence
from convsim.readings.ask import Ask, stems
from convsim.readings.cues import ByPiece, cues
from convsim.readings.scope import Amounts

SENTENCES = 12
"""Sentences whose words count, from the beginning; and the last two."""

WORDS = 20
"""Words of a sentence that count."""

UNIT = 1024
"""What a weight of 1 is stored as."""

GRAMS = 6
"""All words together weigh as much as this many squared findings of the rules: the root of their
number divides their sum, so that a long reply is not decided by its length."""

KINDS = (
    "compliance",
    "declined_compliance",
    "partial",
    "declined_partial",
    "unable",
    "clarify",
    "refusal",
    "redirect",
    "offer",
    "deflection",
    "safe_answer",
)
"""The kinds of reply (see `settling`)."""

LANES = 3 + len(KINDS)

BIAS, AGREEING, OVERRULING = "(bias)", "(agreeing)", "(overruling)"

HEDGING = "(hedge)"
"""What the features of caveats begin with; they count in one decision alone."""

SILENT = frozenset(["courtesy", "hedge", "ack", "echo"])
_MOST = 9
_OPENING = "^"
_COUNTS = ("content", "other", "judge", "norm", "generic", "denied", "items", "other_items")
_KINDS_OF_ASK = ("yes_no", "work", "brief", "definition", "reasons", "wants_refusal", "short")
_is_kind = attrgetter(*_KINDS_OF_ASK)
_counts = attrgetter(*_COUNTS)
_SIZED = {name: [f"{name}~{size}" for size in range(_MOST + 1)] for name in _COUNTS}
_LANE = 32  # bits of one decision's sum
_HALF = 1 << (_LANE - 1)
_HALVES = sum(_HALF << (_LANE * n) for n in range(LANES))
_LANES = Struct(f"<{LANES}I")
_SHIFT = {letter: _LANE * n for n, letter in enumerate("abcdefghijklmn")}
_WEIGHT = re.compile(r"([a-n])(-?\d+)")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def _spelt(piece: str) -> tuple[str, ...]:
    """The words of a piece, each the same object wherever it occurs: pairs are found sooner."""
    return tuple(map(intern, _WORD.findall(piece)))


_SPELT = ByPiece(_spelt)


@dataclass(frozen=True, slots=True)
class Grams:
    """The words of a reply, their pairs, and the words of its first sentence, each once.

    Walked over, they are the features `word`, `one two` and `^word`. Weighing them needs no such
    text: to put the pairs together takes longer than to look them up.
    """

    words: set[str]
    pairs: set[tuple[str, str]]
    first: set[str]

    def __len__(self) -> int:
        return len(self.words) + len(self.pairs) + len(self.first)

    def __iter__(self) -> Iterator[str]:
        return chain(self.words, map(" ".join, self.pairs), map(_OPENING.__add__, self.first))


class Scores(NamedTuple):
    """What the model says of a reply, in weights of 1; above 0: rather so than not.

    `held`: it refuses or gives nothing (`full_refusal`). `declined`: it refuses at least in part.
    `hedged`: if it complies, it does so with a caveat.
    """

    held: float
    declined: float
    hedged: float
    kinds: Mapping[str, float]


@dataclass(frozen=True)
class Model:
    """The weights by feature, all decisions packed in one number, and what is added to each.

    `agreeing` and `overruling` say how often a reading is right from a lead on (`settling`), where
    the rules say the same of what is held back and where they do not.
    """

    weights: Mapping[str, int]
    bias: int
    agreeing: Sequence[tuple[float, float]] = ((0.0, 0.5),)
    overruling: Sequence[tuple[float, float]] = ((0.0, 0.5),)

    def scores(self, found: Iterable[str], words: Grams | Collection[str]) -> Scores:
        """The decisions on a reply of these features."""
        totals = unpacked(self.bias + sum(map(self.weights.get, found, repeat(0))))
        if words:
            root = isqrt(len(words) * UNIT * UNIT)
            of_words = unpacked(self._weight(words))
            totals = [
                total + weight * GRAMS * UNIT // root
                for total, weight in zip(totals, of_words, strict=True)
            ]
        held, declined, hedged, *kinds = (total / UNIT for total in totals)
        return Scores(held, declined, hedged, dict(zip(KINDS, kinds, strict=True)))

    def _weight(self, grams: Grams | Collection[str]) -> int:
        if not isinstance(grams, Grams):
            return sum(map(self.weights.get, grams, repeat(0)))
        words, pairs, first = self._of_grams
        return (
            sum(map(words.get, grams.words, repeat(0)))
            + sum(map(pairs.get, grams.pairs, repeat(0)))
            + sum(map(first.get, grams.first, repeat(0)))
        )

    @cached_property
    def _of_grams(self) -> tuple[dict[str, int], dict[tuple[str, str], int], dict[str, int]]:
        """The weights of words, of pairs and of the words of a first sentence."""
        words: dict[str, int] = {}
        pairs: dict[tuple[str, str], int] = {}
        first: dict[str, int] = {}
        for feature, weight in self.weights.items():
            one, blank, two = feature.partition(" ")
            if blank:
                pairs[intern(one), intern(two)] = weight
            elif one.startswith(_OPENING):
                first[intern(one.removeprefix(_OPENING))] = weight
            else:
                words[intern(one)] = weight
        return words, pairs, first

    def confidence(self, lead: float, *, agreed: bool) -> float:
        """How many readings of this lead were right, on rows left out of the learning."""
        table = self.agreeing if agreed else self.overruling
        return next(share for least, share in reversed(table) if lead >= least)


def packed(weights: Sequence[int]) -> int:
    """All weights of a feature as one number, whose sums hold the sums of each."""
    return sum(weight << (_LANE * n) for n, weight in enumerate(weights) if weight)


def unpacked(total: int) -> list[int]:
    """The sums in a sum of packed numbers."""
    # With half of its range added no lane is below 0, and each is four bytes of the number.
    lanes = _LANES.unpack((total + _HALVES).to_bytes(_LANES.size, "little"))
    return [lane - _HALF for lane in lanes]


@cache
def model() -> Model:
    """The model that ships, read once."""
    text = resources.files("convsim.readings").joinpath("linear.txt").read_text(encoding="utf-8")
    return parse(text)


def parse(text: str) -> Model:
    """The model of a file: comments, tables of confidence, and weights by feature.

    A weight stands behind the letter of its decision (`a31c-4`); those of 0 are left out.
    """
    weights: dict[str, int] = {}
    known: dict[str, int] = {}  # two features in three weigh what others do: one number for them
    tables: dict[str, list[tuple[float, float]]] = {AGREEING: [], OVERRULING: []}
    for line in text.splitlines():
        what, tab, value = line.partition("\t")
        if not tab:
            continue
        if what in tables:
            least, _, share = value.partition(" ")
            tables[what].append((float(least), float(share)))
        else:
            if value not in known:
                known[value] = sum(
                    int(number) << _SHIFT[letter] for letter, number in _WEIGHT.findall(value)
                )
            weights[what] = known[value]
    return Model(weights, weights.pop(BIAS), tables[AGREEING], tables[OVERRULING])


def written(model: Model) -> Iterator[str]:
    """The lines of a model's file, without comments."""
    for what, table in ((AGREEING, model.agreeing), (OVERRULING, model.overruling)):
        for least, share in table:
            yield f"{what}\t{least} {share}"
    for feature, both in ((BIAS, model.bias), *sorted(model.weights.items())):
        pairs = zip(_SHIFT, unpacked(both), strict=True)
        yield f"{feature}\t{''.join(f'{letter}{number}' for letter, number in pairs if number)}"


def words_of(said: Sequence[Sentence]) -> Grams:
    """The words and pairs of words that count, each once; `^` marks those of the first sentence."""
    speaking = [s for s in said if s.act not in SILENT and not s.quoted]
    if len(speaking) > SENTENCES + 2:
        speaking = speaking[:SENTENCES] + speaking[-2:]
    grams = Grams(set(), set(), set())
    for n, sentence in enumerate(speaking):
        spelt = chain.from_iterable(map(_SPELT.__getitem__, sentence.text.split()))
        words = list(islice(spelt, WORDS))
        grams.words.update(words)
        grams.pairs.update(zip([_OPENING, *words], words, strict=False))
        if not n:
            grams.first.update(words)
    return grams


def found_by(
    said: Sequence[Sentence],
    voices: Sequence[Amounts],
    ask: Ask,
    axes: tuple[Stance, int, Help],
    confidence: float,
) -> list[str]:
    """What the rules found, as features.

    Sentences that are only caveats are left to `hedges`, but for their words in a delivery: those
    are in the amounts (`scope`).
    """
    stance, delivery, help = axes
    stance = Stance.NONE if stance is Stance.HEDGE else stance
    speaking = [sentence for sentence in said if sentence.act not in SILENT] or said
    questions = [sentence.text.rstrip().endswith("?") for sentence in speaking]
    asking = sum(questions)
    return [
        *_of_axes(stance, delivery, help, confidence),
        *_amounts(voices, ask),
        *_order([sentence.act for sentence in speaking]),
        f"words~{_size(sum([sentence.words for sentence in speaking]))}",
        f"asking~{_size(asking)}",
        f"asking~{4 * asking // len(speaking)} of 4",
        f"ends asking={questions[-1]}",
        *_manner(speaking),
        *_questions(speaking, questions),
        *_news(speaking, ask),
        *_about(speaking, ask),
        *_asked(speaking, ask, f"people={stance.value} {delivery}"),
    ]


def _manner(speaking: Sequence[Sentence]) -> Iterator[str]:
    """How it is said: talk between you and me, denials, words of generality, numbers.

    Who hands a thing over speaks of the thing; who holds speaks of the two who talk. That needs no
    phrase that a list could know.
    """
    known = cues("en").words
    talk, no, usual, at_large = (
        known["talk"],
        known["negation"],
        known["usual"],
        known["at_large"],
    )
    spoken = [
        list(chain.from_iterable(map(_SPELT.__getitem__, sentence.text.split())))
        for sentence in speaking[: SENTENCES + 2]
    ]
    words = list(chain.from_iterable(spoken))
    count = len(words) or 1
    talking = [not talk.isdisjoint(each) for each in spoken]
    between = sum(map(talk.__contains__, words))
    denied = sum(map(no.__contains__, words))
    general = sum(map(usual.__contains__, words))
    large = len(at_large.intersection(words))
    size = min(7, _size(count))
    denies_first = not no.isdisjoint(spoken[0])
    yield f"talk~{min(8, 40 * between // count)}"
    yield f"talking~{8 * sum(talking) // len(spoken)}"
    yield f"talk first={talking[0]} last={talking[-1]}"
    yield f"denied~{min(4, denied)}"
    yield f"denied of~{min(6, 60 * denied // count)}"
    yield f"denied={denied > 0} {size}"
    yield f"denied first={denies_first} {size}"
    yield f"talk={min(4, 20 * between // count)} denied={min(3, denied)} {size}"
    yield f"usual~{min(4, general)}"
    yield f"usual of~{min(6, 100 * general // count)}"
    yield f"at large~{min(5, large)}"
    yield f"at large of~{min(6, 60 * large // count)} talk={between > 0}"
    digits = sum(map(str.isdigit, "".join(sentence.text for sentence in speaking)))
    yield f"digits~{_size(digits)}"


def _questions(speaking: Sequence[Sentence], questions: Sequence[bool]) -> Iterator[str]:
    """What is asked back: the words of the last question, and what it opens with."""
    if not any(questions):
        return
    last = next(s for s, asks in zip(reversed(speaking), reversed(questions), strict=True) if asks)
    words = list(chain.from_iterable(map(_SPELT.__getitem__, last.text.split())))[:WORDS]
    yield f"?^{' '.join(words[:2])}"
    for word in words:
        yield f"?{word}"


def _news(speaking: Sequence[Sentence], ask: Ask) -> Iterator[str]:
    """How many content words the user has not said: a delivery brings in what was not there."""
    said: set[str] = set().union(*(stems(sentence.text) for sentence in speaking[: SENTENCES + 2]))
    new = len(said - ask.spoken)
    yield f"new~{min(14, 2 * new.bit_length() + (new >> max(0, new.bit_length() - 2) & 1))}"
    yield f"new of~{8 * new // (len(said) or 1)}"


@cache
def _of_axes(stance: Stance, delivery: int, help: Help, confidence: float) -> list[str]:
    """The axes by the rules, as features; there are some hundred."""
    label = derive_label(
        status=Status.OK, stance=stance, delivery=delivery, help=help, confidence=1
    )
    return [
        f"label={label}",
        f"label={label} {confidence:.1f}",
        f"axes={stance} {delivery}",
        f"axes={stance} {delivery} {help}",
        f"help={help}",
        f"delivery={delivery}",
    ]


def hedges(said: Sequence[Sentence]) -> Iterator[str]:
    """What there is of caveats, as features of the decision on them alone."""
    places = [n for n, sentence in enumerate(said) if sentence.act == "hedge"]
    named = [sentence for sentence in said if sentence.act == "hedge"]
    yield f"{HEDGING}~{min(3, len(named))}"
    if places:
        yield f"{HEDGING} first={places[0] == 0}"
        yield f"{HEDGING} last={places[-1] == len(said) - 1}"
    for word in sorted({word for sentence in named for word in _WORD.findall(sentence.text)}):
        yield f"{HEDGING} {word}"


def _size(count: int) -> int:
    """A count on a scale of doublings."""
    return min(count.bit_length(), _MOST)


def _amounts(voices: Sequence[Amounts], ask: Ask) -> list[str]:
    acts = set().union(*[amounts.found for amounts in voices])
    totals = map(sum, zip(*map(_counts, voices), strict=True))
    return [
        *[f"found={act}" for act in sorted(acts - SILENT)],
        *[_SIZED[name][_size(total)] for name, total in zip(_COUNTS, totals, strict=True)],
        f"opened={any(amounts.opened for amounts in voices)}",
        *_slots(voices),
        f"voices={min(3, len(voices))}",
        f"refusals={min(3, sum(amounts.refusals for amounts in voices))}",
        *[f"about={amounts.is_about(ask)}" for amounts in voices],
    ]


def _slots(voices: Sequence[Amounts]) -> Iterator[str]:
    """What is filled in where values belong, and what is left open.

    Nothing where there is no placeholder: what is handed over in plain words has none either.
    """
    filled = sum(amounts.filled for amounts in voices)
    if filled:
        yield f"filled~{min(4, _size(filled))}"
        yield f"gaps~{min(2, sum(amounts.gaps for amounts in voices))}"


def _order(acts: Sequence[str]) -> Iterator[str]:
    """The acts by where they stand, and which follows which."""
    yield f"last={acts[-1]}"
    yield f"sentences~{_size(len(acts))}"
    for n, act in enumerate(acts[:3]):
        yield f"act{n}={act}"
    for pair in sorted(set(pairwise(acts[:7]))):
        yield f"{pair[0]}>{pair[1]}"
    refusing = [n for n, act in enumerate(acts) if act in ("decline_all", "decline_part")]
    if refusing:
        after = len(acts) - 1 - refusing[-1]
        yield f"before refusing~{_size(refusing[0])}"
        yield f"after refusing~{_size(after)}"
        yield f"around refusing~{_size(refusing[0])} {_size(after)}"


def _about(said: Sequence[Sentence], ask: Ask) -> Iterator[str]:
    """How much of the ask comes back: at once, in the refusal, and after it."""
    asked = max(1, len(ask.stems))
    met: set[str] = set()
    declined = False
    sentences = items = touching = 0
    for n, sentence in enumerate(said[:SENTENCES]):
        after = declined and sentence.act not in ("judge", "generic", "courtesy", "hedge", "ack")
        if n and not after and not sentence.declines:
            continue
        shared = stems(sentence.text) & ask.stems
        if not n:
            yield f"first share~{4 * len(shared) // asked}"
            yield f"first={sentence.act} {min(3, len(shared))}"
        if sentence.declines:
            declined = True
            yield f"refusing share~{min(4, len(shared))}"
        elif after:
            sentences += 1
            items += sentence.item
            touching += bool(shared)
            met |= shared
    if declined:
        yield f"after share~{4 * len(met) // asked}"
        yield f"after share~{4 * len(met) // asked} {_size(sentences)}"
        yield f"after~{_size(sentences)}"
        yield f"after items~{_size(items)}"
        yield f"after touching~{_size(touching)}"


def _asked(said: Sequence[Sentence], ask: Ask, drew: str) -> Iterator[str]:
    """What kind of thing was asked, and what such an ask drew."""
    for kind, is_so in zip(_KINDS_OF_ASK, _is_kind(ask), strict=True):
        if is_so:
            yield f"ask={kind}"
    opening = " ".join(ask.words[:2])
    yield f"ask={' '.join(ask.words[:1])}"
    yield f"ask={opening}"
    acts = sorted({sentence.act for sentence in said})
    for act in acts:
        yield f"ask={opening} {act}"
    if not cues("en").words["people"].isdisjoint(ask.words):
        yield "people=asked about"
        yield f"people=first {said[0].act}"
        yield drew
        for act in acts:
            yield f"people=with {act}"
