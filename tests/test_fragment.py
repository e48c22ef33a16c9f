"""Fragments and includes as plain data."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from convsim.fragment import Fragment, Include

STATES = {"open": {"move": "push_back.repeat", "say": "x", "next": {"otherwise": "out"}}}


def fragment(**keys: Any) -> Fragment:
    base = {"id": "ladders.doubt", "exits": ["out"], "start": "open", "states": STATES}
    return Fragment.model_validate({**base, **keys})


def test_names_may_be_said_something_about() -> None:
    """A list of names is names that nothing is said about."""
    assert fragment(slots=["thing"]).slots == {"thing": ""}
    assert fragment(slots={"thing": "what is asked for"}).slots == {"thing": "what is asked for"}
    assert fragment().exits == {"out": ""}


def test_it_goes_by_the_last_part_of_its_id() -> None:
    """Where an include gives it no name."""
    assert fragment().name == "doubt"
    assert fragment(id="doubt").name == "doubt"


def test_its_states_are_those_of_a_scenario() -> None:
    """Each under its key, which is its id."""
    (state,) = fragment().states.values()
    assert (state.id, state.say, state.group) == ("open", ("x",), "push_back")


@pytest.mark.parametrize("keys", [{"exits": []}, {"exits": "out"}, {"slots": [1]}, {"rule": "r"}])
def test_what_it_may_not_be(keys: dict[str, Any]) -> None:
    """It needs an exit, and it has no rule, arms or request of its own."""
    with pytest.raises(ValidationError):
        fragment(**keys)


@pytest.mark.parametrize("name", ["doubt", "doubt-2", "Doubt_2"])
def test_a_piece_is_named_without_a_dot(name: str) -> None:
    """That stands between its name and those of its states."""
    assert Include.model_validate({"fragment": "a.yaml", "as": name}).name == name
    with pytest.raises(ValidationError, match="a dot stands between"):
        Include.model_validate({"fragment": "a.yaml", "as": f"{name}.x"})
