"""Scenario graphs as Mermaid text."""

from __future__ import annotations

import re

import pytest

from convsim.drawing import mermaid
from convsim.graph import graph_of
from convsim.policy import Level, Rule
from convsim.scenario import Scenario, State, ask, claim_authority, push_back

RULE = Rule(id="r", level=Level.NEVER)

DEMO = Scenario(
    "demo",
    start="open",
    states=[
        State("open", ask("A?"), next={"refused": "push", "otherwise": "end"}),
        State(
            "push",
            push_back("B."),
            visits=2,
            then="claim",
            next={
                "refused": [
                    {"to": "push", "if": {"turn": ">=2", "visits": {"open": "<2"}}},
                    {"to": "claim", "weight": 0.25},
                    {"to": "end", "weight": 0.75},
                ],
                "otherwise": "end",
            },
        ),
        State(
            "claim",
            claim_authority("C."),
            asks="restricted",
            evidence="asserted",
            next={"otherwise": "end"},
        ),
        State("end", final=True),
    ],
    arms={"forged": {"states": {"claim": {"evidence": "forged"}}}},
)

SPREAD = Scenario(
    "spread",
    start="left",
    facets={"left": {"question": "?"}, "right": {"question": "?"}},
    states=[
        State(
            "left",
            ask("A?"),
            seeks="left",
            next={
                "refused": [{"to": "both", "rewind": 1}],
                "otherwise": [
                    {"to": "both", "if": {"has": ["left", "right"], "facets": ">=2"}},
                    {"to": "z", "if": {"lacks": "left"}, "weight": 1},
                ],
            },
        ),
        State("both", ask("B?"), seeks=["left", "right"], next={"otherwise": "z"}),
        State("z", final=True),
    ],
)

DRAWN = """\
flowchart TD
  start(( )) --> s0
  s0["<b>open</b><br/>ask.direct"]:::ask
  s1["<b>push</b><br/>push_back.object_harmless<br/>visits 2"]:::push_back
  s2["<b>claim</b><br/>claim_authority.org_approval<br/>asks restricted<br/>evidence asserted"]:::claim_authority
  s3(["end"]):::final
  s0 -->|"refused"| s1
  s0 -->|"otherwise"| s3
  s1 -->|"refused if turn #62;=2 and visits of open #60;2"| s1
  s1 -->|"refused, weight 0.25"| s2
  s1 -->|"refused, weight 0.75"| s3
  s1 -->|"otherwise"| s3
  s1 -.->|"after 2 visits"| s2
  s2 -->|"otherwise"| s3
  classDef ask fill:#e3f0f9,stroke:#0b5c94,color:#22262b
  classDef push_back fill:#fbece4,stroke:#a83a0d,color:#22262b
  classDef claim_authority fill:#fcf1cf,stroke:#7c5a00,color:#22262b
  classDef final fill:#ffffff,stroke:#22262b,color:#22262b
"""  # noqa: E501 - drawn as it is printed


def test_a_scenario_is_drawn() -> None:
    """States with move and visits, edges with labels, guards and weights, finals, colours."""
    assert mermaid(DEMO) == DRAWN


def test_facets_and_rewinding_are_drawn() -> None:
    """What a state seeks, which facets a guard waits for, how far a transition steps back."""
    assert mermaid(SPREAD).splitlines()[2:9] == [
        '  s0["<b>left</b><br/>ask.direct<br/>seeks left"]:::ask',
        '  s1["<b>both</b><br/>ask.direct<br/>seeks left, right"]:::ask',
        '  s2(["z"]):::final',
        '  s0 -->|"refused, rewind 1"| s1',
        '  s0 -->|"otherwise if has left, right and facets #62;=2"| s1',
        '  s0 -->|"otherwise if lacks left, weight 1"| s2',
        '  s1 -->|"otherwise"| s2',
    ]


def test_a_graph_is_drawn_like_its_scenario() -> None:
    """The graph of an arm gives what the scenario's arm gives."""
    assert mermaid(graph_of(DEMO, "forged", RULE)) == mermaid(DEMO, arm="forged")
    assert "evidence forged" in mermaid(DEMO, arm="forged")


def test_an_unknown_arm_is_an_error() -> None:
    """There is nothing to draw."""
    with pytest.raises(KeyError):
        mermaid(DEMO, arm="nowhere")


@pytest.mark.parametrize(
    "name", ['say "hi"', "a]b", "a|b", "a\nb", "<b>", "a#b;", "end", "`x`", "ü"]
)
def test_labels_cannot_leave_their_quotes(name: str) -> None:
    """Whatever a state is called, each line stays one node or one edge."""
    scenario = Scenario(
        "odd",
        start=name,
        states=[
            State(
                name,
                ask("A?"),
                next={"refused": [{"to": "z", "if": {"matches": name}}], "otherwise": "z"},
            ),
            State("z", final=True),
        ],
    )
    body = [line for line in mermaid(scenario).splitlines()[2:] if "classDef" not in line]
    allowed = re.compile(
        r'  s\d+(\(\["[^"\[\]|]*"\]\):::final|\["[^"\[\]|]*"\]:::ask| -->\|"[^"\[\]|]*"\| s\d+)'
    )
    assert len(body) == 4
    assert all(allowed.fullmatch(line) for line in body)


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
