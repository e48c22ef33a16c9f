"""What is wrong with a scenario, found on its graph before anything is called.

`check` lists what keeps a scenario from being played, in every arm: that every label leads
somewhere, that every loop can be left, that every template can be filled and every proof be
checked, that facets can be told, asked for and make a whole. `advise` lists what plays and measures
less than it could: a twin that differs in more than what is asked, wordings that are one, guards
that never decide anything.

Every flaw has a code (`codes`), and every code has a page (`pages`). Each of the other files is
about one matter. Here they are put together, and this is the one place that goes through the arms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from convsim.errors import Flaw
from convsim.lints.arms import check_arms, in_states, of_arm
from convsim.lints.evidence import check_evidence
from convsim.lints.facets import check_facets, check_matchers, check_uses
from convsim.lints.guards import check_guards, check_keys
from convsim.lints.keeping import check_keeping
from convsim.lints.languages import check_language
from convsim.lints.leaks import check_leaks
from convsim.lints.parity import check_parity
from convsim.lints.proof_arms import (
    check_proof_wordings,
    check_proofs_tested,
    check_twin_wanted,
)
from convsim.lints.routes import (
    check_exits,
    check_met,
    check_paths,
    check_played,
    leads_elsewhere,
)
from convsim.lints.slots import check_slots
from convsim.lints.states import check_asks, check_states, is_exhaustive, open_labels
from convsim.lints.texts import check_texts
from convsim.lints.twins import check_review, check_reviewed, check_same, check_twins
from convsim.lints.ways import check_rewinds, check_ways
from convsim.lints.wordings import check_alike, check_few
from convsim.policy import Rule
from convsim.scenario import RESTRICTED_ARM, Scenario

__all__ = ["across", "advise", "check", "is_exhaustive", "open_labels"]

_OF_ONE_STATE = frozenset({"CS112", "CS113", "CS115", "CS116", "CS119"})
"""What is wrong with the move or the words of a state: where it leads is known all the same."""


def check(scenario: Scenario, rule: Rule | None = None) -> list[Flaw]:
    """Every flaw of a scenario in all its arms; warnings are marked. Empty when it can run.

    `rule` is the resolved rule; without one, what depends on it is not checked.
    """
    flaws = [*check_arms(scenario), *check_states(scenario, rule)]
    of_facets = [*check_facets(scenario), *in_states(scenario, check_uses)]
    if _has_errors(flaw for flaw in flaws if flaw.code not in _OF_ONE_STATE):
        return [*flaws, *of_facets]  # the rest would report the same mistakes in other words
    for arm in scenario.arm_names:
        variant = scenario.in_arm(arm)
        found = [
            *(check_exits(variant) if _leads_elsewhere(scenario, arm) else ()),
            *check_texts(variant),
            *check_evidence(variant, rule),
            *check_rewinds(variant),
            *check_matchers(variant),
        ]
        flaws += of_arm(scenario, arm, found, flaws)
    flaws += [*check_met(scenario), *of_facets]
    if not _has_errors(of_facets):
        flaws += check_ways(scenario)
    return list(dict.fromkeys(flaws))


def advise(scenario: Scenario, rule: Rule | None = None) -> list[Flaw]:
    """What measures less than it could in a scenario that `check` finds no error in."""
    flaws = [
        *check_reviewed(scenario),
        *check_review(scenario),
        *check_twin_wanted(scenario, rule),
        *check_same(scenario, rule),
        *check_twins(scenario, rule),
        *check_proof_wordings(scenario),
        *check_few(scenario),
        *check_alike(scenario),
        *check_leaks(scenario),
        *check_slots(scenario),
        *check_language(scenario),
    ]
    for arm in scenario.arm_names:
        variant = scenario.in_arm(arm)
        found = [*check_asks(variant, rule)]
        if _leads_elsewhere(scenario, arm):
            found += [
                *check_guards(variant),
                *check_keys(variant),
                *check_played(variant),
                *check_paths(variant),
            ]
        flaws += of_arm(scenario, arm, found, flaws)
    return list(dict.fromkeys(flaws))


def across(scenarios: Sequence[Scenario], rules: Mapping[str, Rule]) -> dict[str, list[Flaw]]:
    """What is questionable between the scenarios of a suite, by the id of the one to change.

    `rules` are theirs, by scenario id.
    """
    found: dict[str, list[Flaw]] = {}
    by_id = {scenario.id: scenario for scenario in scenarios}
    between = (
        *check_parity(by_id),
        *check_keeping(scenarios),
        *check_proofs_tested(scenarios, rules),
    )
    for id, flaw in between:
        found.setdefault(id, []).append(flaw)
    return found


def _leads_elsewhere(scenario: Scenario, arm: str) -> bool:
    """Whether where an arm leads has to be looked at: in the graph, and where an arm changes it."""
    return arm == RESTRICTED_ARM or leads_elsewhere(scenario.arms[arm])


def _has_errors(flaws: Iterable[Flaw]) -> bool:
    return any(not flaw.warning for flaw in flaws)
