"""One target as the user named it: what it says as plain data, and what is wrong with that."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.errors import InputError
from convsim.targets.spec import parse_target
from convsim.targets.wanted import Wanted


@pytest.mark.parametrize(
    "target",
    ["sim/steadfast", "sim/steadfast?x=1", "http://h:1/v1#m", "http://h:1/v1?x=1#m?y=2"],
)
@pytest.mark.parametrize(
    "value",
    [1, -1, 0.5, 1e-7, True, False, None, "low", "1", "true", "a b&c=d#e%", "", [1, "x"], {"a": 1}],
)
def test_any_value_comes_through(target: str, value: object) -> None:
    """Numbers stay numbers, and texts that look like numbers stay texts."""
    wanted = Wanted.from_plain({"target": target, "parameters": {"v": value}})
    found = wanted.spec.parameters
    assert found["v"] == value
    assert type(found["v"]) is type(value)
    assert found == {**parse_target(target).parameters, "v": value}


def test_a_target_string_is_a_target() -> None:
    """As in the file, also from a run directory."""
    assert Wanted.from_plain("sim/steadfast") == Wanted("sim/steadfast")
    assert Wanted("sim/steadfast").to_plain() == {"target": "sim/steadfast"}


@pytest.mark.parametrize(
    ("plain", "wrong"),
    [
        ({}, "key 'target' is missing"),
        ({"target": "sim/steadfast", "sytem": "x"}, "did you mean 'system'"),
        ([], "expected a target string"),
    ],
)
def test_what_is_wrong_outside_of_a_file_is_said_too(plain: Any, wrong: str) -> None:
    """Without a place."""
    with pytest.raises(InputError, match=wrong):
        Wanted.from_plain(plain)
