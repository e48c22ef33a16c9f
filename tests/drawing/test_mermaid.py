"""Scenario graphs as Mermaid text."""

from __future__ import annotations

import re

import pytest

from convsim.drawing import mermaid
from convsim.drawing.mermaid import mermaid_text
from convsim.drawing.overlay import Overlay
from convsim.drawing.picture import picture_of
from convsim.scenario import Scenario, State, ask
from tests.drawing.shapes import DEMO, HOSTILE, SPREAD, named

DRAWN = """\
flowchart TD
  start(( )) --> s0
  s0["<b>open</b><br/>ask.direct<br/>asks restricted"]:::ask
  s1["<b>push</b><br/>push_back.object_harmless<br/>at most 2 visits"]:::push_back
  s2["<b>claim</b><br/>claim_authority.org_approval<br/>asks restricted<br/>asserted"]:::claim_authority
  s3(["end"]):::final
  s0 -->|"refused"| s1
  s0 -->|"otherwise"| s3
  s1 -->|"refused if turn #62;=2 and visits of open #60;2"| s1
  s1 -->|"refused, weight 0.25"| s2
  s1 -->|"refused, weight 0.75<br/>otherwise"| s3
  s1 -.->|"after 2 visits"| s2
  s2 -->|"otherwise"| s3
  classDef ask fill:#dbebf4,stroke:#0072b2,color:#22262b
  classDef push_back fill:#f9e8db,stroke:#d55e00,color:#22262b
  classDef claim_authority fill:#fcf2db,stroke:#e69f00,color:#22262b
  classDef final fill:#ffffff,stroke:#22262b,color:#22262b
"""  # noqa: E501 - drawn as it is printed


def test_a_scenario_is_drawn() -> None:
    """States with move and marks, lines with labels, guards and weights, finals, colours."""
    assert mermaid(DEMO) == DRAWN


def test_facets_and_rewinding_are_drawn() -> None:
    """What a state seeks, which facets a guard waits for, how far a transition steps back."""
    drawn = mermaid(SPREAD)
    assert '"<b>both</b><br/>ask.direct<br/>asks restricted<br/>seeks left, right"' in drawn
    assert '"refused, rewind 1<br/>otherwise if has left, right and facets #62;=2"' in drawn


def test_figures_are_written_and_what_nobody_took_is_pale() -> None:
    over = Overlay(
        "target t1",
        "judge rules",
        "closed",
        4,
        0,
        {"open": 4, "push": 3},
        {("open", "refused", "push"): 3, ("open", None, "push"): 3},
        {},
        {},
    )
    drawn = mermaid_text(picture_of(DEMO), over)
    assert "<br/>entered 3/4 dialogues" in drawn
    assert '-->|"refused: 3/4"| s1' in drawn
    assert "  linkStyle 2,3,4,5,6,7 stroke:#a9afb6,stroke-dasharray:2 4" in drawn


def test_an_unknown_arm_is_an_error() -> None:
    with pytest.raises(KeyError):
        mermaid(DEMO, arm="nowhere")


@pytest.mark.parametrize("name", HOSTILE)
def test_labels_cannot_leave_their_quotes(name: str) -> None:
    """Whatever a state is called, each line stays one node or one edge."""
    body = [line for line in mermaid(named(name)).splitlines()[2:] if "classDef" not in line]
    allowed = re.compile(
        r'  s\d+(\(\["[^"\[\]|]*"\]\):::final|\["[^"\[\]|]*"\]:::ask| -->\|"[^"\[\]|]*"\| s\d+)'
    )
    assert len(body) == 3
    assert all(allowed.fullmatch(line) for line in body)
    inner = re.sub(r"</?b>|<br/>", "", body[0])
    assert not set(inner[5:-8]) & set("<>\\`{}")


def test_a_long_pattern_is_cut() -> None:
    """A guard's regular expression does not blow up the picture."""
    states = [
        State(
            "a",
            ask("A?"),
            next={"refused": [{"to": "z", "if": {"matches": "x" * 500}}], "otherwise": "z"},
        ),
        State("z", final=True),
    ]
    assert max(map(len, mermaid(Scenario("long", start="a", states=states)).splitlines())) < 160
