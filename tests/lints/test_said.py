"""What the user says: the graph's texts, or those that an arm says instead, with their places."""

from __future__ import annotations

import pytest

from convsim.lints.said import said_in
from tests.linted import Loc, saying

MADE = saying(
    "[a]",
    "[b]",
    push="[c]",
    request="[r]",
    clarified=["[d]"],
    arms={
        "benign": {"request": "[s]", "clarified": ["[e]", "[f]"], "states": {"push": {"say": "x"}}},
        "forged": {},
    },
)


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        (
            "restricted",
            [
                ("[r]", ("request",), "`request`", ""),
                ("[d]", ("clarified", 0), "wording 1 of `clarified`", ""),
                ("[a]", ("states", "open", "say", 0), "state 'open', wording 1 of `say`", "open"),
                ("[b]", ("states", "open", "say", 1), "state 'open', wording 2 of `say`", "open"),
                ("[c]", ("states", "push", "say", 0), "state 'push', wording 1 of `say`", "push"),
            ],
        ),
        (
            "benign",
            [
                ("[s]", ("arms", "benign", "request"), "arm 'benign', `request`", ""),
                (
                    "[e]",
                    ("arms", "benign", "clarified", 0),
                    "arm 'benign', wording 1 of `clarified`",
                    "",
                ),
                (
                    "[f]",
                    ("arms", "benign", "clarified", 1),
                    "arm 'benign', wording 2 of `clarified`",
                    "",
                ),
                (
                    "x",
                    ("arms", "benign", "states", "push", "say", 0),
                    "arm 'benign', state 'push', wording 1 of `say`",
                    "push",
                ),
            ],
        ),
        ("forged", []),
    ],
)
def test_an_arm_has_what_it_says_itself(
    arm: str, expected: list[tuple[str, Loc, str, str]]
) -> None:
    """What it only inherits is said in the graph."""
    assert list(said_in(MADE, arm)) == expected


def test_no_request_is_no_text() -> None:
    assert [it.text for it in said_in(saying("[a]", push="[b]", request=""), "restricted")] == [
        "[a]",
        "[b]",
    ]
