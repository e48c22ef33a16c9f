"""What a whole is made of, and when it is whole."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from convsim.facets import Closure, Facet, all_of

A, B, C = (Facet(id=name, canary=name * 3, weight=n) for n, name in enumerate("abc", start=1))


@pytest.mark.parametrize(
    ("written", "sets", "weight"),
    [
        ([["a", "b"], ["c", "a"]], ({"a", "b"}, {"a", "c"}), None),
        (["a", "b"], ({"a", "b"},), None),
        ({"sets": [["a", "b"]], "weight": 3}, ({"a", "b"},), 3),
        ({"weight": 2.5}, (), 2.5),
    ],
)
def test_a_closure_is_written_in_short_or_in_full(
    written: Any, sets: tuple[set[str], ...], weight: float | None
) -> None:
    """A list of sets, one set, or both ways of closing."""
    closure = Closure.model_validate(written)
    assert (closure.sets, closure.weight) == (tuple(map(frozenset, sets)), weight)


@pytest.mark.parametrize("written", [[], {}, [[]], {"weight": 0}, {"weigth": 3}, "a"])
def test_what_can_never_close_is_refused(written: Any) -> None:
    """An empty set would be closed before anybody said anything."""
    with pytest.raises(ValidationError):
        Closure.model_validate(written)


@pytest.mark.parametrize(
    ("written", "held", "reached"),
    [
        ([["a", "b"], ["c"]], {"a"}, False),
        ([["a", "b"], ["c"]], {"a", "b"}, True),
        ([["a", "b"], ["c"]], {"c"}, True),
        ({"weight": 4}, {"a", "b"}, False),
        ({"weight": 4}, {"a", "c"}, True),
        ({"weight": 4}, {"unknown", "a", "b"}, False),
    ],
)
def test_any_minimal_set_or_weight_enough_closes(
    written: Any, held: set[str], reached: bool
) -> None:
    """More never undoes it."""
    assert Closure.model_validate(written).reached(held, [A, B, C]) is reached


def test_without_a_closure_it_is_all_of_them() -> None:
    """One set with every facet; nothing where there are none."""
    closure = all_of([A, B])
    assert closure is not None
    assert closure.named == {"a", "b"}
    assert all_of([]) is None


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ({"id": "a", "regex": "("}, "no regular expression"),
        ({"id": "a", "canary": "--"}, "a letter or a digit"),
        ({"id": ""}, "at least 1"),
        ({"id": "a", "weight": 0}, "greater than 0"),
        ({"id": "a", "canery": "x"}, "Extra inputs"),
    ],
)
def test_a_facet_that_cannot_be_looked_for_is_refused(written: Any, wrong: str) -> None:
    """With the reason."""
    with pytest.raises(ValidationError, match=wrong):
        Facet.model_validate(written)


def test_only_what_can_be_searched_for_is_literal() -> None:
    """A rubric takes a judge."""
    assert A.literal
    assert Facet(id="a", regex=r"\d{4}").literal
    assert not Facet(id="a", rubric="says where").literal
