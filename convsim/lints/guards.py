"""Linting: guards that decide nothing, because they can never hold or an earlier entry always wins.

Theory. Each condition of a guard is the set of numbers that satisfy it: turns from the first on
which a state can be played to the cap, visits up to a state's own limit, the delivery that a label
allows. A guard with an empty set never holds. An entry is shadowed where every condition of an
earlier one follows from its own; whether two regular expressions say the same is only asked of
equal ones. So whatever is called dead here is dead, and some dead guards are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product

from convsim.errors import Flaw
from convsim.lints.routes import earliest
from convsim.lints.texts import Loc
from convsim.reading import GROUP_OF, OTHERWISE, Help, Label, Stance, read_as
from convsim.scenario import Guard, Scenario, State, Transition, compares

UNREAD = -1
"""In place of a delivery: the reply was unclear, and no condition on delivery holds."""

Numbers = frozenset[int]


def check_guards(scenario: Scenario) -> Iterator[Flaw]:
    """The entries of one arm that never open."""
    if all(it.when is None for state in scenario.states.values() for it in _entries(state)):
        return
    first = earliest(scenario)
    for name, state in scenario.states.items():
        turns = frozenset(range(first.get(name, 1), scenario.max_turns + 1))
        for key, entries in state.next.items():
            yield from _Key(scenario, state, key, turns).flaws(entries)


def check_keys(scenario: Scenario) -> Iterator[Flaw]:
    """Keys of `next` that no reply is looked up under, since each label is settled before."""
    for name, state in scenario.states.items():
        for key in state.next:
            labels = _labels_of(key)
            if len(labels) > 1 and all(_is_settled(state, label, before=key) for label in labels):
                yield Flaw(
                    ("states", name, "next", key),
                    f"state '{name}': no reply is looked up under '{key}', because each of its "
                    "labels has an entry before it that always opens; delete the key",
                    warning=True,
                    code="CS108",
                )


def _entries(state: State) -> Iterator[Transition]:
    for entries in state.next.values():
        yield from entries


@cache
def _labels_of(key: str) -> frozenset[Label]:
    """The labels that are looked up under a key of `next`."""
    if key == OTHERWISE:
        return frozenset(Label)
    return frozenset(it for it in Label if key in (it.value, GROUP_OF.get(it)))


def _is_settled(state: State, label: Label, *, before: str) -> bool:
    for key in (label.value, GROUP_OF.get(label), OTHERWISE):
        if key == before:
            return False
        if any(entry.when is None for entry in state.next.get(key or "", ())):
            return True
    return False


@cache
def _deliveries() -> Mapping[Label, Numbers]:
    """Which deliveries a reply with each label can have."""
    found: dict[Label, set[int]] = {label: set() for label in Label}
    for stance, delivery, help in product(Stance, range(4), Help):
        found[read_as(stance=stance, delivery=delivery, help=help).label].add(delivery)
    found[Label.UNCLEAR] = {UNREAD}
    return {label: frozenset(numbers) for label, numbers in found.items()}


class _Key:
    """One key of `next` of one state: which numbers its guards can see."""

    def __init__(self, scenario: Scenario, state: State, key: str, turns: Numbers) -> None:
        self.scenario = scenario
        self.state = state
        self.key = key
        self.turns = turns
        self.delivered = Numbers().union(*(_deliveries()[it] for it in _labels_of(key)))

    def flaws(self, entries: tuple[Transition, ...]) -> Iterator[Flaw]:
        run = 0  # how many of the entries before this one are not drawn together with it
        for index, entry in enumerate(entries):
            if not (entry.weight and index and entries[index - 1].weight):
                run = index
            if entry.when is None:
                continue
            loc: Loc = ("states", self.state.id, "next", self.key, index)
            if (never := self._never(entry.when)) is not None:
                what, why = never
                yield Flaw(
                    (*loc, "if", *what),
                    f"state '{self.state.id}': entry {index + 1} of '{self.key}' can never open: "
                    f"{why}; change the condition or delete the entry",
                    warning=True,
                    code="CS109",
                )
                continue
            for number, earlier in enumerate(entries[:run], start=1):
                if earlier.when is not None and self._follows(earlier.when, entry.when):
                    yield Flaw(
                        loc,
                        f"state '{self.state.id}': entry {index + 1} of '{self.key}' can never "
                        f"open, because entry {number} always opens where it could; put the "
                        "stricter condition first, or delete one of them",
                        warning=True,
                        code="CS108",
                    )
                    break

    def _never(self, guard: Guard) -> tuple[Loc, str] | None:
        """Which condition never holds, and why."""
        if guard.turn is not None and not _fitting(self.turns, guard.turn):
            first, last = min(self.turns, default=0), self.scenario.max_turns
            seen = (
                f"this state is played on turns {first} to {last}"
                if self.turns
                else f"no dialogue gets to this state within `max_turns` ({last})"
            )
            return ("turn",), f"`turn: {guard.turn}`, and {seen}"
        if guard.delivery is not None and not _fitting(self.delivered - {UNREAD}, guard.delivery):
            could = ", ".join(map(str, sorted(self.delivered - {UNREAD}))) or "none"
            return (
                ("delivery",),
                f"`delivery: {guard.delivery}`, and a reply under '{self.key}' delivers {could}",
            )
        for name, wanted in guard.visits.items():
            counts = self._visits(name)
            if not _fitting(counts, wanted):
                return (
                    ("visits", name),
                    f"`visits: {{{name}: {wanted}}}`, and there '{name}' was entered "
                    f"{min(counts)} to {max(counts)} times",
                )
        return None

    def _visits(self, name: str) -> Numbers:
        """How often a state may have been entered when this one was left."""
        state = self.scenario.states[name]
        most = self.scenario.max_turns if state.visits is None else state.visits
        return frozenset(range(name == self.state.id, 1 if state.final else most + 1))

    def _follows(self, earlier: Guard, later: Guard) -> bool:
        """Whether the earlier guard holds whenever the later one does."""
        counting = len(self.scenario.facets)
        names = {*earlier.visits, *later.visits}
        return (
            earlier.matches in (None, later.matches)
            and {*earlier.has} <= {*later.has}
            and {*earlier.lacks} <= {*later.lacks}
            and _implies(self.turns, later.turn, earlier.turn)
            and _implies(frozenset(range(counting + 1)), later.facets, earlier.facets)
            and _implies(self.delivered, later.delivery, earlier.delivery)
            and all(
                _implies(self._visits(it), later.visits.get(it), earlier.visits.get(it))
                for it in names
            )
        )


def _implies(numbers: Numbers, one: str | None, other: str | None) -> bool:
    """Whether a number that satisfies one comparison satisfies the other."""
    return _fitting(numbers, one) <= _fitting(numbers, other)


@cache
def _fitting(numbers: Numbers, wanted: str | None) -> Numbers:
    """The numbers that satisfy a comparison; all of them where there is none."""
    if wanted is None:
        return numbers
    return frozenset(it for it in numbers if it != UNREAD and compares(it, wanted))
