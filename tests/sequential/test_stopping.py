"""What `--stop-when` says, when it holds, and when it is looked at."""

from __future__ import annotations

import pytest

from convsim.errors import InputError
from convsim.sequential import Aim, Stopping, mixture_sequence, stretches
from convsim.stats import Interval


@pytest.mark.parametrize(
    ("text", "aim", "bar"),
    [
        ("width=.05", Aim.WIDTH, 0.05),
        ("width=5%", Aim.WIDTH, 0.05),
        (" width = 0.1 ", Aim.WIDTH, 0.1),
        ("decided", Aim.DECIDED, 0.5),
        ("decided=.1", Aim.DECIDED, 0.1),
        ("decided=10%", Aim.DECIDED, 0.1),
    ],
)
def test_what_it_says(text: str, aim: Aim, bar: float) -> None:
    """And what it says of itself means the same."""
    stopping = Stopping.parse(text)
    assert stopping.aim is aim
    assert stopping.bar == pytest.approx(bar)
    assert Stopping.parse(str(stopping)) == stopping


@pytest.mark.parametrize(
    "text",
    [
        *("", "width", "width=", "width=0", "width=.5", "width=-1", "width=0.1=2", "width=nan"),
        *("decided=", "decided=0", "decided=1", "decided=100%", "decided=1e-3", "coverage=1"),
    ],
)
def test_anything_else_is_wrong(text: str) -> None:
    with pytest.raises(InputError, match="is no condition to stop at; allowed: width=W"):
        Stopping.parse(text)


@pytest.mark.parametrize(
    ("text", "low", "high", "holds"),
    [
        ("width=.05", 0.1, 0.2, True),
        ("width=.05", 0.1, 0.201, False),
        ("decided", 0.0, 0.49, True),
        ("decided", 0.51, 1.0, True),
        ("decided", 0.4, 0.6, False),
        ("decided", 0.5, 0.6, False),
        ("decided=.1", 0.2, 0.6, True),
    ],
)
def test_when_it_holds(text: str, low: float, high: float, holds: bool) -> None:
    """A width is to either side of the middle; a bar on an end is not left behind."""
    assert Stopping.parse(text).holds(Interval(low, high, "")) is holds


@pytest.mark.parametrize(
    ("text", "least"), [("width=.05", 53), ("width=.2", 10), ("decided", 7), ("decided=.1", 2)]
)
def test_the_fewest_repeats_that_can_meet_it(text: str, least: int) -> None:
    """With all of them alike; one fewer cannot. A bar of 10% is soonest exceeded."""
    stopping = Stopping.parse(text)
    assert stopping.least == least
    for repeats in (least - 1, least):
        ends = [stopping.holds(mixture_sequence(hits, repeats)) for hits in (0, repeats)]
        assert any(ends) is (repeats == least)


def test_what_nothing_can_meet() -> None:
    """A width of a millionth takes more repeats than anybody counts."""
    assert Stopping.parse("width=.000001").least is None


@pytest.mark.parametrize("repeats", [1, 5, 6, 40, 137])
@pytest.mark.parametrize("first", [1, 5, 20])
def test_looks_divide_the_repeats(first: int, repeats: int) -> None:
    """Every repeat is in one stretch; the first is the slice, the others a tenth of what was."""
    found = list(stretches(first, repeats))
    assert [n for stretch in found for n in stretch] == list(range(1, repeats + 1))
    assert len(found[0]) == min(first, repeats)
    for stretch in found[1:]:
        assert len(stretch) <= max(1, (stretch.start - 1) // 10)
