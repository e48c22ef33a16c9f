"""The colours of the groups of moves.

They are those of Okabe and Ito (2008), which people with any of the common colour blindnesses can
tell apart; `tests/drawing/test_palette.py` measures it. No colour says what no word says: the name
of a move begins with its group.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple


class Paper(NamedTuple):
    """What a picture is drawn on, and with: `sheet` is the inside of a box."""

    paper: str
    sheet: str
    ink: str
    soft: str
    line: str


LIGHT = Paper("#fbfaf7", "#ffffff", "#22262b", "#565d65", "#6b727a")
DARK = Paper("#16181b", "#1d2024", "#e6e7e5", "#a9afb6", "#8d949c")

HUES = MappingProxyType(
    {
        "ask": "#0072b2",
        "push_back": "#d55e00",
        "reframe": "#cc79a7",
        "claim_authority": "#e69f00",
        "appeal": "#f0e442",
        "escalate": "#000000",
        "evidence": "#009e73",
        "control": "#56b4e9",
    }
)
FINAL = "final"
"""Stands for a group where a state is final."""

UNKNOWN = "unknown"
"""Stands for a group that nobody knows; `lint` says so."""

PALE = "#a9afb6"
"""What nobody took, where the colours do not follow the reader's setting."""

_GREY = "#8d949c"

# Numbers of the 256 colours of terminals, as close as they read on dark and on light ground.
_TERMINAL = {
    "ask": 33,
    "push_back": 166,
    "reframe": 169,
    "claim_authority": 172,
    "appeal": 142,
    "evidence": 36,
    "control": 74,
}


def known(group: str) -> str:
    """The group, if it has a colour of its own."""
    return group if group in HUES else UNKNOWN


def hue(group: str, paper: Paper = LIGHT) -> str:
    """The colour of a group's strokes on this paper: black is drawn white on a dark one."""
    found = HUES.get(group, _GREY)
    return paper.ink if found == "#000000" else found


def tint(group: str, paper: Paper = LIGHT) -> str:
    """The colour that fills a group's boxes: a little of its hue."""
    return mixed(hue(group, paper), paper.sheet, 0.14)


def mixed(colour: str, ground: str, share: float) -> str:
    """So much of a colour on a ground."""
    pairs = zip(_channels(colour), _channels(ground), strict=True)
    return "#" + "".join(f"{round(share * one + (1 - share) * other):02x}" for one, other in pairs)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def in_terminal(text: str, group: str) -> str:
    """The text in its group's colour, by escape codes; bold where it has none."""
    number = _TERMINAL.get(group)
    return f"\x1b[1m{text}\x1b[0m" if number is None else f"\x1b[38;5;{number}m{text}\x1b[0m"
