"""A fragment: a piece of a graph that is written once and included in many scenarios.

It is a state graph with holes: `slots` are texts that whoever includes it fills in, `exits` are
names that its ways end in and that whoever includes it leads on. `including` puts it in place, on
the plain data of the files: a `Scenario` never knows which of its states came from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from convsim.scenario import ENGLISH, GUID_PATTERN, ID_PATTERN, LANGUAGE_PATTERN, State


class _Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _as_named(value: object) -> object:
    """A list of names stands for names that nothing is said about."""
    if isinstance(value, Sequence) and all(isinstance(name, str) for name in value):
        return value if isinstance(value, str) else dict.fromkeys(value, "")
    return value


def _as_states(value: object) -> object:
    """A state goes by its key, as in a scenario."""
    if isinstance(value, Mapping):
        return {
            name: {**body, "id": name} if isinstance(body, Mapping) else body
            for name, body in value.items()
        }
    return value


Named = Annotated[dict[str, str], BeforeValidator(_as_named)]


class Include(_Noun):
    """One use of a fragment: which file, under what name, what goes into its slots and exits."""

    fragment: str = Field(min_length=1)
    name: str | None = Field(default=None, alias="as")
    slots: dict[str, str] = {}
    exits: dict[str, str] = {}

    @field_validator("name")
    @classmethod
    def _has_no_dot(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            raise ValueError(
                "a piece is named with letters, digits, '_' and '-'; a dot stands between its name "
                "and those of its states"
            )
        return name


class Fragment(_Noun):
    """A piece of a graph. `slots` and `exits` are names, or names and what they are for."""

    fragment: int = Field(default=1, ge=1, le=1, strict=True)
    id: str = Field(pattern=ID_PATTERN)
    title: str = ""
    slots: Named = {}
    exits: Annotated[Named, Field(min_length=1)]
    include: tuple[Include, ...] = ()
    start: str
    states: Annotated[dict[str, State], BeforeValidator(_as_states), Field(min_length=1)]
    note: str | None = None
    provenance: str | None = None
    language: str = Field(default=ENGLISH, pattern=LANGUAGE_PATTERN)
    tags: tuple[str, ...] = ()
    do_not_train: str | None = Field(default=None, pattern=GUID_PATTERN)

    @property
    def name(self) -> str:
        """What it is called where an include gives it no name: the last part of its id."""
        return self.id.rpartition(".")[2]
