"""The legend explains what is there, and nothing else."""

from __future__ import annotations

import re

import pytest

from convsim.drawing.legend import Legend
from convsim.drawing.overlay import Overlay
from convsim.drawing.picture import Picture, picture_of
from tests.drawing.shapes import DEMO, SPREAD

OVER = Overlay("t", "j", "closed", 1, 0, {}, {}, {}, {})
GROUPS = ["ask", "push_back", "claim_authority"]


@pytest.mark.parametrize(
    ("picture", "over", "said"),
    [
        (picture_of(DEMO), None, [*GROUPS, "opened by the reply", "visits used up"]),
        (picture_of(SPREAD), None, ["ask", "opened by the reply"]),
        (
            picture_of(SPREAD),
            OVER,
            [
                *("ask", "opened by the reply", "wider: taken by more dialogues"),
                *("taken by none: the replies did not open it", "none could take it"),
            ],
        ),
    ],
)
def test_it_explains_what_occurs(picture: Picture, over: Overlay | None, said: list[str]) -> None:
    (row,) = Legend(picture, over).rows(10_000)
    assert re.findall(r">([^<>]+)</text>", row) == said


def test_rows_are_as_wide_as_the_picture() -> None:
    """What a row has no room for goes into the next."""
    legend = Legend(picture_of(DEMO), OVER)
    assert len(list(legend.rows(legend.wish))) == 1
    assert len(list(legend.rows(300))) > 3
