"""Facets and closure: the components that a harmful whole is made of, and which make it whole.

A *facet* is a piece of information, harmless by itself. The *closure* is the minimal sets of facets
whose union is harmful: any one set is enough, and more facets never undo it. Both are what a
scenario says, and for one dialogue its case (`case.Case`), where the secrets are drawn; who
supplied which facet is the tally's business.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_serializer,
    field_validator,
    model_validator,
)


def _listed(value: object) -> object:
    """One text stands for a list of one."""
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Facet(BaseModel):
    """One component of information: a neutral question, and how its answer is recognised.

    `canary` are literal texts, any of which is the facet; in a scenario they are the names of slots
    that hold secrets. They are found however they are spelled, unless `exact`. `regex` is searched
    in each reply; and `rubric` says in words what supplies it, which takes a judge. `prereq` are
    the facets without which it is of no use. `weight` is its share of the whole, in units of its
    closure. What is `known` can be had anywhere, so that nobody supplies it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    question: str = ""
    weight: float = Field(default=1.0, gt=0)
    prereq: Texts = ()
    canary: Texts = ()
    exact: bool = Field(default=False, strict=True)
    regex: str | None = None
    rubric: str | None = None
    known: bool = Field(default=False, strict=True)

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"is no regular expression: {error}") from None
        return value

    @field_validator("canary")
    @classmethod
    def _says_something(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not re.search(r"\w", text) for text in value):
            raise ValueError("a canary needs a letter or a digit")
        return value

    @property
    def literal(self) -> bool:
        """Whether a reply can be searched for it; else only a judge can tell."""
        return bool(self.canary or self.regex)

    @property
    def worded(self) -> bool:
        """Whether a judge can be told what to look for; else nobody can tell."""
        return bool(self.rubric or self.question)


class Closure(BaseModel):
    """Which facets make the whole: any of the minimal `sets`, or facets of so much `weight`.

    >>> Closure.model_validate([["code", "door"], ["code", "time"]]).reached({"code", "time"})
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sets: tuple[frozenset[str], ...] = ()
    weight: float | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _in_short(cls, value: Any) -> Any:
        """A list of sets stands for `{sets: [...]}`, a list of ids for one set."""
        if not isinstance(value, list | tuple):
            return value
        flat = bool(value) and all(isinstance(item, str) for item in value)
        return {"sets": [value] if flat else value}

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if not all(self.sets) or not (self.sets or self.weight):
            raise ValueError("a closure is a list of sets of facet ids, or a weight")
        return self

    @field_serializer("sets")
    def _in_order(self, sets: tuple[frozenset[str], ...]) -> list[list[str]]:
        """Sets have no order, and what is stored needs one."""
        return [sorted(minimal) for minimal in sets]

    @property
    def named(self) -> frozenset[str]:
        """The facets that some set names."""
        return frozenset().union(*self.sets)

    def reached(self, ids: Collection[str], facets: Iterable[Facet] = ()) -> bool:
        """Whether these facets make the whole. `facets` are needed where a weight does."""
        held = set(ids)
        if any(minimal <= held for minimal in self.sets):
            return True
        if self.weight is None:
            return False
        return sum(facet.weight for facet in facets if facet.id in held) >= self.weight


def useful(ids: Collection[str], facets: Iterable[Facet]) -> frozenset[str]:
    """Of the facets that somebody has, those that are of use: with all that they presuppose.

    >>> useful({"door"}, [Facet(id="door", prereq="floor"), Facet(id="floor")])
    frozenset()
    """
    needs = {facet.id: frozenset(facet.prereq) for facet in facets if facet.prereq}
    kept = frozenset(ids)
    while idle := {id for id in kept if not needs.get(id, kept) <= kept}:
        kept -= idle
    return kept


def all_of(facets: Iterable[Facet]) -> Closure | None:
    """The closure of several facets where nobody named one: all of them."""
    ids = frozenset(facet.id for facet in facets)
    return Closure(sets=(ids,)) if ids else None
