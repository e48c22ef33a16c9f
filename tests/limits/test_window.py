"""The window: halved once a round, widened by more and more."""

from __future__ import annotations

import pytest

from convsim.limits.line import Line
from convsim.limits.window import Window


def opened(width: int, *, inside: int | None = None) -> tuple[Line, Window]:
    line = Line(width)
    line.inside = width if inside is None else inside
    return line, Window(line)


@pytest.mark.parametrize(
    ("width", "cuts", "left"),
    [(32, 1, 16), (32, 2, 8), (32, 9, 1), (5, 1, 2), (1, 1, 1)],
)
def test_each_cut_halves_the_width(width: int, cuts: int, left: int) -> None:
    """Down to one call at a time."""
    line, window = opened(width)
    for n in range(cuts):
        window.cut(number=n + 1, latest=n + 1)
    assert line.width == left


def test_calls_that_were_in_flight_together_cut_once() -> None:
    """Thirty-two calls are turned away, then one that started after the cut."""
    line, window = opened(32)
    for number in range(1, 33):
        window.cut(number, latest=32)
    assert line.width == 16
    window.cut(33, latest=40)
    assert line.width == 8


def test_answers_widen_it_round_by_round() -> None:
    """By one four times, by two four times: a round is as many answers as the line is wide."""
    line, window = opened(32)
    for number in (1, 2, 3):
        window.cut(number, number)
    widths = []
    for _ in range(14):
        for _ in range(line.width):
            window.widen()
        widths.append(line.width)
    assert widths == [5, 6, 7, 8, 10, 12, 14, 16, 19, 22, 25, 28, 32, 32]
    assert window.whole


def test_a_cut_starts_the_steps_anew() -> None:
    line, window = opened(100)
    window.cut(1, 1)
    for _ in range(50 + 51 + 52 + 53 + 54):
        window.widen()
    assert line.width == 56
    window.cut(2, 2)
    for _ in range(28):
        window.widen()
    assert line.width == 29


def test_a_width_that_is_not_used_is_not_widened() -> None:
    """Four calls at a time say nothing about sixteen."""
    line, window = opened(32, inside=4)
    window.cut(1, 1)
    for _ in range(1000):
        window.widen()
    assert line.width == 16
