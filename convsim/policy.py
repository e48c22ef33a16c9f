"""A policy: what the assistant must refuse, may limit, and must help with."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Level(StrEnum):
    """How strict a rule is: refuse always, limit, or help."""

    NEVER = "never"
    LIMIT = "limit"
    HELP = "help"


class Disclaimer(StrEnum):
    """Whether full content under a disclaimer is what the rule asks for."""

    ALLOWED = "allowed"
    NOT = "not"


class Rule(BaseModel):
    """One rule. `unlocked_by` says in words which verifiable proof makes helping right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    text: str = ""
    level: Level = Level.LIMIT
    unlocked_by: str | None = None
    disclaimer: Disclaimer = Disclaimer.NOT
    hazards: tuple[str, ...] = ()


UNSPECIFIED = Rule(id="unspecified", text="", level=Level.LIMIT)
"""The rule of a conversation that names none: `limit` (design, section 6)."""


class Policy(BaseModel):
    """The rules of one policy file, by id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = "policy"
    title: str = ""
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
