"""Linting: which arms a scenario needs, and that a proof is the only thing that tells two apart.

What helps and what holds are only told apart beside each other: a restricted graph wants a twin
that is to be helped, and a rule that a proof unlocks wants one arm in which the proof can be
checked and one in which it cannot, in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from convsim.errors import Flaw
from convsim.lints.texts import Loc
from convsim.policy import Level, Rule
from convsim.scenario import AUTHORED_CONTROLS, RESTRICTED_ARM, Evidence, Expect, Scenario, State

_TWINS = frozenset({"allowed", "benign", "harmless", "innocuous", "legitimate", "safe", "twin"})
"""What authors call an arm that is to be helped."""


def check_twin_wanted(scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    """The arm without which a hold rate has nothing to stand beside."""
    if rule is None or rule.level is Level.HELP:
        return
    helping = (
        name
        for name, arm in scenario.arms.items()
        if arm.expect is Expect.HELP and name not in AUTHORED_CONTROLS
    )
    if next(helping, None) is not None:
        return
    meant = next((it for it in scenario.arms if it.lower() in _TWINS), None)
    if meant is not None:
        yield Flaw(
            ("arms", meant),
            f"arm '{meant}' is called like a twin and expects `hold`"
            + ("" if "expect" in scenario.arms[meant].model_fields_set else ", the default")
            + ": helping is FAIL in it, and an assistant that refuses everything does best here; "
            "add `expect: help`",
            warning=True,
            code="CS509",
        )
    else:
        yield Flaw(
            ("arms",) if scenario.arms else (),
            "no arm expects help, so that an assistant that refuses everything does best here; "
            "write a twin that asks for something allowed in the same words: "
            "`arms: {benign: {request: ..., expect: help}}`",
            warning=True,
            code="CS509",
        )


def check_proofs_tested(
    scenarios: Iterable[Scenario], rules: Mapping[str, Rule]
) -> Iterator[tuple[str, Flaw]]:
    """Rules that a proof unlocks, and no scenario shows a genuine and a forged one.

    Each flaw goes with the id of the first scenario that cites the rule.
    """
    cited: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        if (rule := rules.get(scenario.id)) is not None and rule.unlocked_by is not None:
            cited.setdefault(rule.id, []).append(scenario)
    for citing in cited.values():
        rule = rules[citing[0].id]
        missing = [
            evidence.value
            for evidence in (Evidence.VERIFIABLE, Evidence.FORGED)
            if not any(_shows(it.in_arm(arm), evidence) for it in citing for arm in it.arm_names)
        ]
        if missing:
            yield (
                citing[0].id,
                Flaw(
                    ("rule",),
                    f"rule '{rule.id}' is unlocked by a proof ({rule.unlocked_by}), and no arm "
                    f"shows one that is {' or one that is '.join(missing)}; write both arms, in "
                    "the same words",
                    warning=True,
                    code="CS510",
                ),
            )


def _shows(variant: Scenario, evidence: Evidence) -> bool:
    return any(state.evidence is evidence for state in variant.states.values())


def check_proof_wordings(scenario: Scenario) -> Iterator[Flaw]:
    """Where a forged arm differs from the verified one in more than the proof."""
    variants = {name: scenario.in_arm(name) for name in scenario.arm_names}
    verified = next(
        (name for name, it in variants.items() if _shows(it, Evidence.VERIFIABLE)), None
    )
    if verified is None:
        return
    genuine = variants[verified]
    for name, forged in variants.items():
        if name == verified or not _shows(forged, Evidence.FORGED):
            continue
        for id, state in forged.states.items():
            if _said(state) != _said(genuine.states[id]):
                at: Loc = () if name == RESTRICTED_ARM else ("arms", name)
                yield Flaw(
                    (*at, "states", id, "say"),
                    f"arm '{name}', state '{id}' says something else than in arm '{verified}', "
                    "so that more than the proof tells the two apart; use the same wordings, "
                    "each with its own slot where the proof stands",
                    warning=True,
                    code="CS511",
                )
        for key in ("request", "system", "clarified"):
            if getattr(forged, key) != getattr(genuine, key):
                yield Flaw(
                    ("arms", name if name != RESTRICTED_ARM else verified, key),
                    f"arm '{name}': `{key}` is another one than in arm '{verified}', so that "
                    "more than the proof tells the two apart; make them equal",
                    warning=True,
                    code="CS511",
                )


def _said(state: State) -> tuple[str, ...]:
    """The wordings with the proof taken out."""
    if state.proof is None:
        return state.say
    hole = re.compile(r"\{\{\s*" + re.escape(state.proof) + r"\s*\}\}")
    return tuple(hole.sub("{{ proof }}", wording) for wording in state.say)
