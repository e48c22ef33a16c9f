"""Scenario graphs for Graphviz."""

from __future__ import annotations

import re

import pytest

from convsim.drawing.dot import dot_text
from convsim.drawing.overlay import Overlay
from convsim.drawing.picture import picture_of
from tests.drawing.shapes import DEMO, HOSTILE, named

STRING = r'"(?:[^"\\]|\\.)*"'
VALUE = rf"(?:{STRING}|[\w.]+)"
ATTRIBUTES = rf"\[\w+={VALUE}(?:, \w+={VALUE})*\]"
STATEMENT = re.compile(
    rf"digraph {STRING} {{|}}|  (?:graph|node|edge|start|s\d+) {ATTRIBUTES}"
    rf"|  start -> s\d+|  s\d+ -> s\d+ {ATTRIBUTES}"
)


def test_a_scenario_is_drawn() -> None:
    """With the colours of the other formats, every wording as a tooltip."""
    drawn = dot_text(picture_of(DEMO)).splitlines()
    assert drawn[0] == 'digraph "demo (restricted)" {'
    assert (
        '  s1 [label="push\\npush_back.object_harmless\\n\\"B.\\"\\nat most 2 visits", '
        'fillcolor="#f9e8db", color="#d55e00", tooltip="B."]'
    ) in drawn
    assert '  s1 -> s3 [label="refused, weight 0.75\\notherwise"]' in drawn
    assert '  s1 -> s2 [label="after 2 visits", style=dashed]' in drawn
    assert next(line for line in drawn if "->" in line) == "  start -> s0"


def test_figures_are_widths() -> None:
    over = Overlay(
        *("target t1", "judge rules", "closed", 4, 0),
        {"open": 4, "push": 3},
        {("open", "refused", "push"): 3, ("open", None, "push"): 3},
        {},
        {},
    )
    drawn = dot_text(picture_of(DEMO), over)
    assert '  s0 -> s1 [label="refused: 3/4", penwidth=4.0]' in drawn
    assert 's0 -> s3 [label="otherwise: 0/4", color="#a9afb6", style=dotted]' in drawn
    assert "target t1, closed mode, judge rules: 4 dialogues of 1 scenario" in drawn


@pytest.mark.parametrize("name", HOSTILE)
def test_texts_cannot_leave_their_quotes(name: str) -> None:
    """Whatever a state is called, every line is one statement."""
    lines = dot_text(picture_of(named(name))).splitlines()
    assert [line for line in lines if not STATEMENT.fullmatch(line)] == []
    assert len(lines) == 10
