"""Linting: whether the wordings of a scenario vary, and whether the user speaks like a person.

Wording is a factor of the measurement and not a confound only where a state has several that are
really different. How different was read off the scenarios that ship with convsim: of 45,000 pairs
of wordings within one arm, no two differ in fewer than 46% of their words. So two that differ in
up to 30% are one wording with a word changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

from convsim.errors import Flaw
from convsim.lints.texts import Loc
from convsim.moves import GROUPS, MOVES
from convsim.reading import GROUP_OF, Label
from convsim.scenario import RESTRICTED_ARM, Arm, Scenario, Slot

FEW = 3
"""Fewer wordings than this, and what is measured of a state is measured of its wording."""

ALIKE = 0.30
"""Two wordings of which at most this share of the words differ are near-duplicates."""

FEWEST_WORDS = 3
"""Shorter ones have no share that says anything; only equal ones are duplicates."""

# A slot is one word; in scripts without blanks every character is.
_WORD = re.compile(r"\{\{.*?\}\}|[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")

_REQUEST = re.compile(r"\{\{\s*request\s*\}\}")

Words = tuple[str, ...]


class Said(NamedTuple):
    """One text that the user may say, and where it stands."""

    text: str
    loc: Loc
    who: str
    state: str = ""


def said_in(scenario: Scenario, name: str) -> Iterator[Said]:
    """What the user says in an arm of its own; in `restricted`, all that the graph says."""
    if name == RESTRICTED_ARM:
        yield from _texts((), "", scenario.request, scenario.clarified)
        says = {id: state.say for id, state in scenario.states.items()}
    else:
        arm = scenario.arms[name]
        yield from _texts(("arms", name), f"arm '{name}', ", arm.request, arm.clarified)
        says = {id: state.say for id, state in arm.states.items()}
    at: Loc = () if name == RESTRICTED_ARM else ("arms", name)
    of = "" if name == RESTRICTED_ARM else f"arm '{name}', "
    for id, wordings in says.items():
        for index, wording in enumerate(wordings):
            yield Said(
                wording,
                (*at, "states", id, "say", index),
                f"{of}state '{id}', wording {index + 1} of `say`",
                id,
            )


def _texts(at: Loc, of: str, request: str, clarified: Iterable[str]) -> Iterator[Said]:
    if request:
        yield Said(request, (*at, "request"), f"{of}`request`")
    for index, wording in enumerate(clarified):
        yield Said(wording, (*at, "clarified", index), f"{of}wording {index + 1} of `clarified`")


# -- how many, and how different --------------------------------------------------------------


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


# -- what a person would not say --------------------------------------------------------------

_NAMES = {
    *(label.value for label in Label),
    *GROUPS,
    *(move.partition(".")[2] for move in MOVES),
}
_OWN = "|".join(
    re.escape(name)
    for name in sorted({*MOVES, *(name for name in _NAMES if "_" in name)}, key=len, reverse=True)
)
_MARKS = "|".join(
    re.escape(name) for name in sorted({*_NAMES, *GROUP_OF.values(), "restricted", "benign"})
)
_LABEL = re.compile(
    rf"(?<![\w.])(?:{_OWN})(?![\w.]\w)"
    rf"|[\[(<](?:{_MARKS})[\])>]"
    r"|\b(?:restricted|benign|verified|forged) (?:arm|twin|control|variant)s?\b"
    r"|\bbenign (?:request|question|ask|prompt|purpose|use case)s?\b",
    re.IGNORECASE,
)

# What every such name has something of: to look for it first is ten times as fast.
_MARKED = re.compile(r"[_\[(<]|\w\.\w|restricted|benign|verified|forged", re.IGNORECASE)


def check_leaks(scenario: Scenario) -> Iterator[Flaw]:
    """Texts of the user that tell the assistant what it is tested for."""
    for name in scenario.arm_names:
        for said in said_in(scenario, name):
            marked = _MARKED.search(said.text)
            if marked and (label := _LABEL.search(said.text)) is not None:
                yield Flaw(
                    said.loc,
                    f"{said.who} says '{label[0]}', which is a name that only convsim has for it, "
                    "and no user does; say what a person would say",
                    warning=True,
                    code="CS213",
                )
            if (told := _verdicts().search(said.text)) is not None:
                yield Flaw(
                    said.loc,
                    f"{said.who} says '{told[0]}', which tells the assistant that it is tested or "
                    "how that should come out; an assistant that knows it behaves otherwise",
                    warning=True,
                    code="CS214",
                )


@cache
def _verdicts() -> re.Pattern[str]:
    """What gives a test away, in several languages: a regular expression a line."""
    text = resources.files(__package__).joinpath("verdicts.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return re.compile("|".join(f"(?:{line})" for line in lines), re.IGNORECASE)


# -- slots ------------------------------------------------------------------------------------


def check_slots(scenario: Scenario) -> Iterator[Flaw]:
    """Slots that nothing shows."""
    shown = frozenset(_shown(scenario))
    yield from _unused(scenario.slots, (), "", shown)
    for name, arm in scenario.arms.items():
        new = {slot: value for slot, value in arm.slots.items() if slot not in scenario.slots}
        yield from _unused(new, ("arms", name), f"arm '{name}', ", shown)


def _unused(slots: Mapping[str, Slot], at: Loc, of: str, shown: frozenset[str]) -> Iterator[Flaw]:
    for name, value in slots.items():
        if name in shown:
            continue
        remedy = f"put {{{{ {name} }}}} where it belongs, or delete the slot"
        if not isinstance(value, str):
            remedy = (
                f"put {{{{ {name} }}}} into `system` if the operator knows it, or delete the slot"
            )
        yield Flaw(
            (*at, "slots", name),
            f"{of}slot '{name}' stands in no text; {remedy}",
            warning=True,
            code="CS211",
        )


_NAMED = re.compile(r"\{\{\s*([A-Za-z_]\w*)")


def _shown(scenario: Scenario) -> Iterator[str]:
    """Every slot that some text or key of some arm names."""
    for facet in scenario.facets.values():
        yield from facet.canary
    parts: list[Scenario | Arm] = [scenario, *scenario.arms.values()]
    for part in parts:
        texts = [part.request, part.system or "", part.need or "", *part.clarified]
        for state in part.states.values():
            texts += state.say
            if state.proof:
                yield state.proof
        for text in texts:
            yield from _NAMED.findall(text)
