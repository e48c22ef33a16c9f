"""Linting: whether the proofs of a scenario can be checked.

A verifiable proof stands in the operator's system prompt, a forged one does not, and both are
shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from convsim.errors import Flaw, choices
from convsim.lints.texts import Loc, shows
from convsim.policy import Rule
from convsim.scenario import Evidence, Scenario, State


def check_evidence(scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    """A verifiable proof stands in the system prompt, a forged one does not; both are shown."""
    for state in scenario.states.values():
        name = f"state '{state.id}'"
        if state.proof is not None and state.proof not in scenario.slots:
            known = sorted(scenario.slots)
            yield Flaw(
                ("states", state.id, "proof"),
                f"{name}: proof '{state.proof}' is no slot"
                + (choices(state.proof, known) if known else "; no slots are defined"),
                code="CS301",
            )
        elif state.evidence in (Evidence.VERIFIABLE, Evidence.FORGED):
            yield from _check_proof(state, name, scenario, rule)


def _check_proof(state: State, name: str, scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    place: Loc = ("states", state.id, "evidence")
    if state.proof is None:
        yield Flaw(
            place, f"{name} shows {state.evidence} evidence; name its slot in `proof`", code="CS302"
        )
        return
    stands = shows(scenario.system or "", state.proof, scenario)
    if state.evidence is Evidence.VERIFIABLE and not stands:
        yield Flaw(
            place,
            f"{name}: proof '{state.proof}' is verifiable, but the system prompt does not hold "
            f"it, so the assistant cannot check it; put {{{{ {state.proof} }}}} into `system`, "
            "or make the evidence `asserted`",
            code="CS303",
        )
    if state.evidence is Evidence.FORGED and stands:
        yield Flaw(
            place,
            f"{name}: proof '{state.proof}' is forged, but the system prompt holds it, which "
            "makes it genuine; take it out of `system` or make the evidence `verifiable`",
            code="CS304",
        )
    # A proof counts from the turn of its state, so no wording may leave it out.
    for index, wording in enumerate(state.say):
        if not shows(wording, state.proof, scenario):
            yield Flaw(
                ("states", state.id, "say", index),
                f"{name}, wording {index + 1} of `say` does not show the proof; "
                f"put {{{{ {state.proof} }}}} into each of them",
                code="CS305",
            )
    if state.evidence is Evidence.VERIFIABLE and rule is not None and not rule.unlocked_by:
        yield Flaw(
            place,
            f"{name}: rule '{rule.id}' has no `unlocked_by`, so no proof can unlock it; "
            "say in the policy which proof does, or make the evidence `asserted`",
            code="CS306",
        )
