"""Colours that are told apart, by everybody, on light and on dark ground."""

from __future__ import annotations

from itertools import combinations

import pytest

from convsim.drawing.palette import DARK, HUES, LIGHT, Paper, hue, in_terminal, mixed, tint
from convsim.moves import GROUPS

Colour = tuple[float, float, float]

# Machado, Oliveira and Fernandes (2009), severity 1: what is left of linear RGB.
SIGHT: dict[str, tuple[Colour, Colour, Colour]] = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> Colour:
    channels = [value / 255 for value in bytes.fromhex(colour[1:])]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return red, green, blue


def seen(colour: str, sight: str) -> Colour:
    """The colour in CIE Lab as somebody sees it."""
    given = linear(colour)
    red, green, blue = (
        min(max(sum(a * b for a, b in zip(row, given, strict=True)), 0), 1) for row in SIGHT[sight]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """By WCAG 2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_group_of_moves_has_a_colour() -> None:
    assert set(HUES) == set(GROUPS)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("paper", [LIGHT, DARK], ids=["light", "dark"])
def test_any_two_groups_are_told_apart(sight: str, paper: Paper) -> None:
    """A difference of 10 in CIE Lab is seen at a glance (2.3 is just noticeable)."""
    colours = {group: seen(hue(group, paper), sight) for group in GROUPS}
    close = {
        pair: round(sum((a - b) ** 2 for a, b in zip(*map(colours.get, pair), strict=True)) ** 0.5)
        for pair in combinations(GROUPS, 2)
    }
    assert min(close.values()) >= 10, close


@pytest.mark.parametrize("paper", [LIGHT, DARK], ids=["light", "dark"])
def test_words_can_be_read_on_every_box(paper: Paper) -> None:
    """4.5 to 1 is what WCAG asks of text (level AA)."""
    for ground in (paper.paper, paper.sheet, *(tint(group, paper) for group in GROUPS)):
        assert contrast(paper.ink, ground) >= 4.5
        assert contrast(paper.soft, ground) >= 4.5
    assert contrast(paper.line, paper.paper) >= 3


def test_colours_are_mixed() -> None:
    assert mixed("#000000", "#ffffff", 0.25) == "#bfbfbf"
    assert hue("escalate", DARK) == DARK.ink
    assert hue("nobody_knows") == hue("nobody_knows", DARK)


def test_in_a_terminal_words_are_coloured() -> None:
    assert in_terminal("x", "ask") == "\x1b[38;5;33mx\x1b[0m"
    assert in_terminal("x", "escalate") == "\x1b[1mx\x1b[0m"
