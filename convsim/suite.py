"""A suite: several scenarios, and the rules they cite. Some of them are picked by their tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from convsim.errors import InputError
from convsim.facets import Texts
from convsim.policy import UNSPECIFIED, Policy, Rule
from convsim.scenario import ID_PATTERN, Scenario


class _Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tags(_Noun):
    """Which tags a scenario must have: one of `any`, all of `all`, and none of `none`.

    >>> Tags.parse("fraud,privacy,-spread").take(["fraud", "pressure"])
    True
    """

    any: Texts = ()
    all: Texts = ()
    none: Texts = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The same in one line: `a,b` any of them, `+c` this one too, `-d` not that one."""
        words = [word.strip() for word in text.split(",")]
        if not all(word.strip("+-") for word in words):
            raise InputError(
                f"'{text}' names no tags; write TAG,TAG for any of them, +TAG for one that must "
                "be there as well, and -TAG for one that must not"
            )
        return cls(
            any=tuple(word for word in words if word[0] not in "+-"),
            all=tuple(word[1:] for word in words if word[0] == "+"),
            none=tuple(word[1:] for word in words if word[0] == "-"),
        )

    @property
    def named(self) -> tuple[str, ...]:
        """Every tag that is asked about."""
        return (*self.any, *self.all, *self.none)

    def take(self, tags: Collection[str]) -> bool:
        """Whether something with these tags is meant."""
        has_any = not self.any or any(tag in tags for tag in self.any)
        return has_any and {*self.all} <= {*tags} and not {*self.none} & {*tags}

    def __str__(self) -> str:
        kinds = (("any of", self.any), ("all of", self.all), ("none of", self.none))
        return "; ".join(f"{kind} {', '.join(tags)}" for kind, tags in kinds if tags)


def _as_tags(value: object) -> object:
    """Tags by themselves stand for any of them."""
    if isinstance(value, str) or (isinstance(value, Sequence) and value):
        return {"any": value}
    return value


class Selection(_Noun):
    """A suite file: some scenarios of some files and folders, picked by their tags."""

    suite: int = Field(default=1, ge=1, le=1, strict=True)
    id: str = Field(pattern=ID_PATTERN)
    title: str = ""
    scenarios: Annotated[Texts, Field(min_length=1)]
    tags: Annotated[Tags, BeforeValidator(_as_tags)] = Tags()
    languages: Texts = ()
    note: str | None = None

    def takes(self, tags: Collection[str], language: str) -> bool:
        """Whether it means a scenario with these tags and in this language."""
        return self.tags.take(tags) and (not self.languages or language in self.languages)


def in_numbers(kinds: Iterable[str]) -> str:
    """What there is, the most frequent first: `fraud (4), spread (2)`; `none` of nothing."""
    counted = sorted(Counter(kinds).items(), key=lambda it: (-it[1], it[0]))
    return ", ".join(f"{kind} ({number})" for kind, number in counted) or "none"


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

    def tagged(self, tags: Tags | str) -> Suite:
        """The scenarios with such tags, as a suite of their own.

        Raises `InputError`, with the tags that there are, where no scenario has them.
        """
        wanted = Tags.parse(tags) if isinstance(tags, str) else tags
        kept = tuple(scenario for scenario in self.scenarios if wanted.take(scenario.tags))
        if not kept:
            there = in_numbers(tag for scenario in self.scenarios for tag in scenario.tags)
            raise InputError(
                f"none of {len(self.scenarios)} scenarios has such tags ({wanted}); "
                f"tags there: {there}"
            )
        return replace(self, scenarios=kept)

    @property
    def only(self) -> Scenario:
        """Its one scenario; raises `InputError` where there are several, or none."""
        if len(self.scenarios) != 1:
            some = ", ".join(scenario.id for scenario in self.scenarios[:3])
            raise InputError(
                f"one scenario is taken at a time, and this is {len(self.scenarios)}"
                + (f" ({some}{', ...' if self.scenarios[3:] else ''})" if some else "")
            )
        return self.scenarios[0]

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
