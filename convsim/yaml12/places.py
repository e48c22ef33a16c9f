"""Where something stands in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from yaml._yaml import Mark as CMark
    from yaml.error import Mark


class Place(NamedTuple):
    """A line and a column of a file, both from 1."""

    line: int
    column: int


TOP = Place(1, 1)


def place_of(mark: Mark | CMark | None) -> Place:
    """The place of a mark of the scanner's, which counts from 0."""
    return TOP if mark is None else Place(mark.line + 1, mark.column + 1)
