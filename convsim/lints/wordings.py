"""Linting: whether each state has several wordings that are really different.

Wording is a factor of the measurement and not a confound only where a state has some. How different
they are was read off the scenarios that ship with convsim: of 45,000 pairs of wordings within one
arm, no two differ in fewer than 46% of their words. So two that differ in up to 30% are one wording
with a word changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from convsim.errors import Flaw
from convsim.lints.said import Said, said_in
from convsim.lints.texts import UNSPACED
from convsim.scenario import RESTRICTED_ARM, Scenario
from convsim.templates import HOLE

FEW = 3
"""Fewer wordings than this, and what is measured of a state is measured of its wording."""

ALIKE = 0.30
"""Two wordings of which at most this share of the words differ are near-duplicates."""

FEWEST_WORDS = 3
"""Shorter ones have no share that says anything; only equal ones are duplicates."""

# A slot is one word; in scripts without blanks every character is.
_WORD = re.compile(rf"{HOLE.pattern}|[{UNSPACED}]|[^\W_]+")

_REQUEST = re.compile(r"\{\{\s*request\s*\}\}")

Words = tuple[str, ...]


def check_few(scenario: Scenario) -> Iterator[Flaw]:
    """States with fewer wordings than tell a move from its wording."""
    for name, state in scenario.states.items():
        if not state.final and 0 < len(state.say) < FEW:
            number = "one wording" if len(state.say) == 1 else f"{len(state.say)} wordings"
            yield Flaw(
                ("states", name, "say"),
                f"state '{name}' has {number}, so that what is measured of the move may be "
                f"measured of its words; write at least {FEW}, each in another register",
                warning=True,
                code="CS210",
            )


def check_alike(scenario: Scenario) -> Iterator[Flaw]:
    """Wordings of one arm that are the same but for case, punctuation or a word in four."""
    for name in scenario.arm_names:
        said = [it for it in said_in(scenario, name) if it.state]
        if name != RESTRICTED_ARM:
            changed = {it.state for it in said}
            graph = (it for it in said_in(scenario, RESTRICTED_ARM) if it.state)
            said = [it for it in graph if it.state not in changed] + said
        request = scenario.in_arm(name).request
        for one, other in _alike(said, request):
            if name == RESTRICTED_ARM or one.loc[:1] == ("arms",):
                where = "this state" if one.state == other.state else f"state '{other.state}'"
                number = int(other.loc[-1]) + 1
                yield Flaw(
                    one.loc,
                    f"{one.who} is nearly the same as wording {number} of {where}, and counts as "
                    "another one; say it in other words, as another person would",
                    warning=True,
                    code="CS209",
                )


def words_of(text: str, request: str = "") -> Words:
    """The words of a wording, whatever its case and punctuation; slots stand for themselves."""
    text = _REQUEST.sub(lambda _: request or "{{request}}", text)
    found = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return tuple("".join(word.split()) for word in found)  # a slot with blanks or without


def _alike(said: Iterable[Said], request: str) -> Iterator[tuple[Said, Said]]:
    """Each text with the first one before it that is nearly the same."""
    first: dict[Words, Said] = {}
    different: list[tuple[Said, Words]] = []
    for one in said:
        words = words_of(one.text, request)
        same = first.setdefault(words, one)
        if same is one:
            different.append((one, words))
        elif _is_doubled(one, same):
            yield one, same
    yield from _near(it for it in different if len(it[1]) >= FEWEST_WORDS)


def _is_doubled(one: Said, same: Said) -> bool:
    """Whether equal words are worth a look. What is the same to the letter is CS208."""
    if one.state == same.state:
        return one.text.split() != same.text.split()
    return len(words_of(one.text)) >= FEWEST_WORDS


def _near(texts: Iterable[tuple[Said, Words]]) -> Iterator[tuple[Said, Said]]:
    """Those that are nearly the same, and not equal.

    One edit breaks at most two pairs of neighbouring words. So texts within so many edits have one
    of the rarest pairs in common, twice the edits and one (the prefix filter of similarity joins),
    and only texts that have are compared.
    """
    pairs = [(one, words, set(pairwise(words))) for one, words in texts]
    rarity = Counter(pair for _, _, found in pairs for pair in found)
    sharing: dict[tuple[str, str], list[int]] = {}
    for number, (one, words, found) in enumerate(pairs):
        rarest = sorted(found, key=lambda pair: (rarity[pair], pair))
        rarest = rarest[: 2 * int(ALIKE * len(words)) + 1]
        candidates = sorted({it for pair in rarest for it in sharing.get(pair, ())})
        near = next((it for it in candidates if _are_alike(words, pairs[it][1])), None)
        if near is not None:
            yield one, pairs[near][0]
            continue  # another that is like this one is like that one, or told apart from it
        for pair in rarest:
            if rarity[pair] > 1:
                sharing.setdefault(pair, []).append(number)


def _are_alike(one: Words, other: Words) -> bool:
    most = int(ALIKE * max(len(one), len(other)))
    if abs(len(one) - len(other)) > most:
        return False
    if sum((Counter(one) - Counter(other)).values()) > most:
        return False
    return _edits(one, other) <= most


def _edits(one: Words, other: Words) -> int:
    """How many words to put in, take out or replace (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, word in enumerate(one, start=1):
        above, row = row, [number]
        for index, theirs in enumerate(other):
            row.append(min(above[index + 1] + 1, row[-1] + 1, above[index] + (word != theirs)))
    return row[-1]
