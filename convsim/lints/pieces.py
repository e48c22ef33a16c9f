"""Linting: whether a fragment is sound by itself, whoever includes it.

It is looked at as a scenario in which every exit is the end: something was said before, and a reply
leads to its start. What depends on the includer (rules, proofs, facets, arms) is left for then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from convsim.errors import Flaw, choices
from convsim.fragment import Fragment
from convsim.lints.states import BEFORE
from convsim.scenario import Asks, Scenario, State
from convsim.templates import LAST

_OF_THE_INCLUDER = ("CS3", "CS4", "CS5", "CS6", "CS8")
_UNKNOWN_TO_IT = ("evidence", "proof", "seeks")

Check = Callable[[Scenario], Iterable[Flaw]]


def check_piece(fragment: Fragment, check: Check) -> list[Flaw]:
    """Every flaw that a fragment has wherever it is included; `check` is that of scenarios."""
    found = check(_as_scenario(fragment))
    return [*_check_exits(fragment), *(flaw for flaw in found if _is_its_own(flaw, fragment))]


def check_names(fragment: Fragment) -> Iterator[Flaw]:
    """Names in a fragment that would mean two things, or nothing, wherever it is included."""
    if fragment.start not in fragment.states:
        yield Flaw(
            ("start",),
            f"start '{fragment.start}' is no state{choices(fragment.start, fragment.states)}",
            code="CS101",
        )
    for name in fragment.exits.keys() & fragment.states.keys():
        yield Flaw(
            ("exits", name),
            f"exit '{name}' has the name of a state, so that nobody could tell where a way to it "
            "leads; rename one of them",
            code="CS707",
        )
    for name in fragment.slots.keys() & {"request", *(it.partition(".")[0] for it in LAST)}:
        yield Flaw(
            ("slots", name),
            f"slot '{name}' has a name of convsim's own, which is there without being filled; "
            "rename it, or delete it here",
            code="CS204",
        )


def _check_exits(fragment: Fragment) -> Iterator[Flaw]:
    """An exit that nothing takes would have to be led on for nothing."""
    taken = {
        entry.to
        for state in fragment.states.values()
        for entries in state.next.values()
        for entry in entries
    }
    taken |= {state.then for state in fragment.states.values() if state.then is not None}
    for name in fragment.exits:
        if name not in taken:
            yield Flaw(
                ("exits", name),
                f"exit '{name}' is never taken; lead a way to it, or delete it",
                warning=True,
                code="CS708",
            )


def _as_scenario(fragment: Fragment) -> Scenario:
    before = State(
        BEFORE,
        "ask.direct",
        say=["[ask]", "[ask again]", "[ask otherwise]"],
        asks=Asks.RESTRICTED,
        next={"otherwise": fragment.start},
    )
    exits = {name: State(name, final=True) for name in fragment.exits}
    plain: dict[str, Any] = {"language": fragment.language, "start": BEFORE}
    return Scenario(
        fragment.id,
        request="[request]",
        slots={name: f"[{name}]" for name in fragment.slots},
        states={**fragment.states, **exits, BEFORE: before},
        **plain,
    )


def _is_its_own(flaw: Flaw, fragment: Fragment) -> bool:
    """Whether a flaw is about the piece, and does not depend on who includes it."""
    if flaw.code.startswith(_OF_THE_INCLUDER):
        return False
    match flaw.loc:
        case ("states", name, *keys):
            return name in fragment.states and not (keys and keys[0] in _UNKNOWN_TO_IT)
        case (kind, *_):
            return kind in ("slots", "start")
    return False
