"""A suite: several scenarios, and the rules they cite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from convsim.errors import InputError
from convsim.policy import UNSPECIFIED, Policy, Rule
from convsim.scenario import Scenario


@dataclass(frozen=True)
class Suite:
    """Scenarios in a fixed order, with the policy that holds the rules they name by id.

    `loading.load_suite` makes one from files; in Python:

        Suite((scenario,), Policy(rules=(Rule(id="fraud", level="never"),)))
    """

    scenarios: tuple[Scenario, ...]
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for scenario in self.scenarios:
            if scenario.id in seen:
                raise InputError(f"two scenarios have the id '{scenario.id}'; rename one of them")
            seen.add(scenario.id)
            self.rule_of(scenario)

    def rule_of(self, scenario: Scenario) -> Rule:
        """The rule that a scenario cites: its own, or the policy's; `unspecified` if it has none.

        Raises `InputError` for an id that the policy does not have.
        """
        if isinstance(scenario.rule, Rule):
            return scenario.rule
        if scenario.rule is None:
            return UNSPECIFIED
        try:
            return self.policy.by_id[scenario.rule]
        except KeyError:
            known = ", ".join(self.policy.by_id) or "no rules at all"
            raise InputError(
                f"scenario '{scenario.id}' cites rule '{scenario.rule}', and the policy "
                f"'{self.policy.id}' has {known}; add the rule or cite another"
            ) from None

    @cached_property
    def by_id(self) -> dict[str, Scenario]:
        """The scenarios by their id."""
        return {scenario.id: scenario for scenario in self.scenarios}

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The rule of each scenario, by the scenario's id."""
        return {scenario.id: self.rule_of(scenario) for scenario in self.scenarios}

    def plain(self) -> dict[str, Any]:
        """The suite as plain data: `scenarios` and `policy`, which `from_plain` takes back."""
        return {
            "scenarios": [scenario.plain() for scenario in self.scenarios],
            "policy": self.policy.model_dump(mode="json"),
        }

    @classmethod
    def from_plain(cls, scenarios: Iterable[Mapping[str, Any]], policy: Mapping[str, Any]) -> Self:
        """The suite that `plain` described, as a run directory keeps it in two files.

        >>> suite = Suite((), Policy(id="house"))
        >>> Suite.from_plain(**suite.plain()) == suite
        True
        """
        return cls(
            tuple(Scenario.model_validate(scenario) for scenario in scenarios),
            Policy.model_validate(policy),
        )
