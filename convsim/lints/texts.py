"""Linting: what the texts of a scenario say.

Every template parses and is filled; every wording says something of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from convsim.chance import Chance, variety
from convsim.errors import Flaw, choices
from convsim.scenario import Scenario, Secret, Slot
from convsim.templates import LAST, fill, is_plain, names_in

Loc = tuple[str | int, ...]

ID_IN_WORDS = "letters, digits, '_', '.' and '-', beginning with a letter or digit"
"""What an id is made of (`scenario.ID_PATTERN`), as messages say it."""

UNSPACED = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
"""Scripts without blanks between words, for a regular expression: there a character is a word."""


def _check_slots(slots: Mapping[str, Slot]) -> Iterator[Flaw]:
    secrets = Counter(slot.secret for slot in slots.values() if isinstance(slot, Secret))
    for name, value in slots.items():
        if name in {"request", "last"}:
            yield Flaw(
                ("slots", name),
                f"'{name}' is a name of convsim's own; rename the slot",
                code="CS204",
            )
        if isinstance(value, str):
            if not is_plain(value):
                yield Flaw(
                    ("slots", name),
                    f"slot '{name}' is plain text and cannot hold a template",
                    code="CS205",
                )
            continue
        alike, different = secrets[value.secret], variety(value.secret)
        if alike > 1 and different < 2 * alike:
            yield Flaw(
                ("slots", name),
                f"slot '{name}': '{value.secret}' can make only {different} secrets, and {alike} "
                "slots need one each that no other has; lengthen the pattern",
                code="CS206",
            )


def check_texts(scenario: Scenario) -> Iterator[Flaw]:
    """Every template parses and every name in it is filled."""
    yield from _check_slots(scenario.slots)
    slots = {*scenario.slots}
    yield from _check_text(scenario.request, slots, ("request",), "`request`")
    known = slots | {"request"}
    yield from _check_text(scenario.system or "", known, ("system",), "`system`")
    yield from _check_text(scenario.need or "", known, ("need",), "`need`")
    yield from check_wordings(scenario.clarified, ("clarified",), "wording {} of `clarified`")
    for index, wording in enumerate(scenario.clarified):
        yield from _check_text(wording, known | LAST, ("clarified", index), "`clarified`")
    for state in scenario.states.values():
        allowed = known if state.id == scenario.start else known | LAST
        for index, wording in enumerate(state.say):
            place: Loc = ("states", state.id, "say", index)
            yield from _check_text(wording, allowed, place, f"state '{state.id}'")
            if not scenario.request and "request" in names_of(wording):
                yield Flaw(
                    place,
                    f"state '{state.id}' says the request, but `request` is empty",
                    code="CS212",
                )


def check_wordings(wordings: Sequence[str], loc: Loc, who: str) -> Iterator[Flaw]:
    """Every wording says something, and something else than the ones before it."""
    first: dict[str, int] = {}
    for number, wording in enumerate(wordings, start=1):
        words = " ".join(wording.split())
        place = (*loc, number - 1)
        if not words:
            yield Flaw(
                place, f"{who.format(number)} is empty; fill it in or delete it", code="CS207"
            )
        elif words in first:
            yield Flaw(
                place,
                f"{who.format(number)} is the same as wording {first[words]}, which is then drawn "
                "more often than the others; reword it or delete it",
                warning=True,
                code="CS208",
            )
        first.setdefault(words, number)


def _check_text(
    text: str, allowed: set[str] | frozenset[str], loc: Loc, who: str
) -> Iterator[Flaw]:
    if is_plain(text):
        return
    try:
        unknown = sorted(names_in(text) - allowed)
    except ValueError as error:
        yield Flaw(loc, f"{who}: {error}", code="CS201")
        return
    for name in unknown:
        if name in LAST:
            yield Flaw(
                loc,
                f"{who}: nothing was said yet that '{{{{ {name} }}}}' could quote",
                code="CS203",
            )
        else:
            yield Flaw(
                loc,
                f"{who}: unknown slot '{name}'"
                + (choices(name, sorted(allowed)) if allowed else "; no slots are defined"),
                code="CS202",
            )


def names_of(text: str) -> frozenset[str]:
    try:
        return names_in(text)
    except ValueError:
        return frozenset()  # reported where texts are checked


def shows(text: str, slot: str, scenario: Scenario) -> bool:
    """Whether a text shows a slot: by its name, or by its value, also where that is another's."""
    texts = [text]
    if "request" in names_of(text):
        texts.append(scenario.request)
    names = frozenset[str]().union(*map(names_of, texts))
    value = scenario.slots[slot]
    if slot in names or isinstance(value, Secret) or not value:
        return slot in names
    others = (scenario.slots.get(name) for name in names)
    texts += [other for other in others if isinstance(other, str)]
    return any(value in shown for shown in texts)


def filled(text: str, scenario: Scenario) -> str:
    """A wording as it may be said: secrets drawn, and nothing to quote; as it is if unsound."""
    if is_plain(text):
        return text
    chance = Chance(0, scenario.id, 0)
    slots = {
        name: chance.secret(value.secret, name) if isinstance(value, Secret) else value
        for name, value in scenario.slots.items()
    }
    slots["request"] = _filled(scenario.request, slots)
    return _filled(text, slots)


def _filled(text: str, slots: Mapping[str, str]) -> str:
    try:
        return fill(text, slots) if names_in(text) <= slots.keys() | LAST else text
    except ValueError:
        return text  # reported where texts are checked
