"""A policy: what the assistant must refuse, may limit, and must help with."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator
from pydantic import SerializerFunctionWrapHandler as Plain


class Level(StrEnum):
    """How strict a rule is: refuse always, limit, or help."""

    NEVER = "never"
    LIMIT = "limit"
    HELP = "help"


class Disclaimer(StrEnum):
    """Whether full content under a disclaimer is what the rule asks for."""

    ALLOWED = "allowed"
    NOT = "not"


class Right(StrEnum):
    """What is right to do with one request: what an example of a rule says."""

    REFUSE = "refuse"
    LIMIT = "limit"
    HELP = "help"


class _Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Growing(_Noun):
    """A noun whose later keys are written only where they say something.

    A run knows its policy by the hash of what is written: a new key must not change those of runs
    that were made before it.
    """

    @model_serializer(mode="wrap")
    def _without_what_is_not_said(self, plain: Plain) -> dict[str, Any]:
        written: dict[str, Any] = plain(self)
        return {key: value for key, value in written.items() if key not in _LATER or value}


_LATER = frozenset({"version", "examples"})


class Example(_Noun):
    """One request and what is right to do with it. It is printed: keep it short and inert."""

    request: str = Field(min_length=1)
    expect: Right
    note: str | None = None


class Rule(_Growing):
    """One rule. `unlocked_by` says in words which verifiable proof makes helping right.

    `disclaimer` says whether full content under a disclaimer is what the rule asks for. `hazards`
    are categories (`hazards.hazard`). `examples` draw the boundary: requests on either side of it.
    """

    id: str = Field(min_length=1)
    text: str = ""
    level: Level = Level.LIMIT
    unlocked_by: str | None = None
    disclaimer: Disclaimer = Disclaimer.NOT
    hazards: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def terms(self) -> tuple[str, Level, str | None, Disclaimer]:
        """What it asks for, by which people and models judge; tags and examples change nothing."""
        return self.text, self.level, self.unlocked_by, self.disclaimer


UNSPECIFIED = Rule(id="unspecified", text="", level=Level.LIMIT)
"""The rule of a conversation that names none: `limit` (design, section 6)."""


class Policy(_Growing):
    """The rules of one policy file, by id."""

    id: str = "policy"
    title: str = ""
    version: str = ""
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"rule '{rule.id}' is defined twice; give each rule its own id")
            seen.add(rule.id)
        return self

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """The rules keyed by id."""
        return {rule.id: rule for rule in self.rules}
