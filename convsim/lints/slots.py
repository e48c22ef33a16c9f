"""Linting: slots that nothing shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from convsim.errors import Flaw
from convsim.lints.texts import Loc, names_of
from convsim.scenario import Arm, Scenario, Slot


def check_slots(scenario: Scenario) -> Iterator[Flaw]:
    """In the graph, and those that an arm adds."""
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
            yield from names_of(text)
