"""The tree of states in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from convsim.api import load
from convsim.columns import columns
from convsim.drawing import sketch
from convsim.drawing.overlay import Overlay, Share
from convsim.drawing.picture import Picture, Place, Way, picture_of
from convsim.drawing.sketch import COLUMNS, sketch_text
from convsim.scenario import Evidence
from tests.drawing.shapes import DEMO, HOSTILE, named, pictures

SCENARIOS = Path(__file__).parents[2] / "scenarios"

DRAWN = """\
A demo
demo (restricted)

● open  ask.direct · asks restricted
│  “Give me the <b>key</b>. {{ last.quote }}”
├─ refused → push  push_back.object_harmless · at most 2 visits
│  │  “B.”
│  ├─ refused if turn >=2 and visits of open <2 → push (again)
│  ├─ refused, weight 0.25 → claim
│  │  │  claim_authority.org_approval · asks restricted · asserted
│  │  │  “C.”
│  │  └─ otherwise → end · final
│  ├─ refused, weight 0.75 / otherwise → end
│  └─ after 2 visits ⇢ claim (again)
└─ otherwise → end
"""


def test_a_scenario_is_sketched() -> None:
    """In walking order: a branch for each way on, a reference to what was told already."""
    assert sketch_text(picture_of(DEMO)) == DRAWN


def test_a_terminal_without_lines_gets_signs() -> None:
    drawn = sketch_text(picture_of(DEMO), ascii_only=True)
    assert drawn.isascii()
    assert "|- refused -> push  push_back.object_harmless - at most 2 visits" in drawn
    assert "`- after 2 visits => claim (again)" in drawn


def test_colours_are_those_of_the_groups() -> None:
    """And change nothing else."""
    drawn = sketch_text(picture_of(DEMO), colour=True)
    assert "\x1b[1mopen\x1b[0m  \x1b[38;5;33mask.direct\x1b[0m" in drawn
    for code in ("\x1b[1m", "\x1b[0m", *(f"\x1b[38;5;{n}m" for n in (33, 166, 172))):
        drawn = drawn.replace(code, "")
    assert drawn == DRAWN


def test_figures_stand_at_states_and_branches() -> None:
    over = Overlay(
        *("target t1", "judge rules", "closed", 40, 0),
        {"open": 40, "push": 12},
        {("open", "refused", "push"): 12, ("open", None, "push"): 12},
        {"open": (3, 40)},  # type: ignore[dict-item]
        {},
    )
    drawn = sketch_text(picture_of(DEMO), over).splitlines()
    assert drawn[2] == "target t1, closed mode, judge rules: 40 dialogues of 1 scenario"
    assert "├─ refused: 12/40 → push  push_back.object_harmless · at most 2 visits" in drawn
    assert "│  entered 40/40 dialogues · crossed (3, 40) turns" in drawn


def test_what_is_told_later_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too deep for the width: it goes on below, under its own name."""
    monkeypatch.setattr(sketch, "DEEPEST", 2)
    assert sketch_text(picture_of(DEMO)).splitlines()[5:] == [
        "├─ refused → push  push_back.object_harmless · at most 2 visits",
        "│  │  “B.”",
        "│  ├─ refused if turn >=2 and visits of open <2 → push (again)",
        "│  ├─ refused, weight 0.25 → claim (below)",
        "│  ├─ refused, weight 0.75 / otherwise → end · final",
        "│  └─ after 2 visits ⇢ claim (below)",
        "└─ otherwise → end",
        "→ claim  claim_authority.org_approval · asks restricted · asserted",
        "│  “C.”",
        "└─ otherwise → end",
    ]


@given(pictures())
def test_every_state_is_told_once_and_no_line_is_too_wide(picture: Picture) -> None:
    """References do not count."""
    for ascii_only in (False, True):
        lines = sketch_text(picture, ascii_only=ascii_only).splitlines()
        assert all(columns(line) <= COLUMNS for line in lines)
        told = [line for line in lines if "state_" in line]
        for name in picture.places:
            heads = [
                line
                for line in told
                if f"{name} " in f"{line} " and "(again)" not in line and "(below)" not in line
            ]
            assert len(heads) == 1, (name, lines)


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_acts_in_a_terminal(name: str) -> None:
    drawn = sketch_text(picture_of(named(name)))
    assert drawn.replace("\n", "").isprintable()
    assert all(columns(line) <= COLUMNS for line in drawn.splitlines())


def test_a_long_condition_goes_over_several_lines() -> None:
    """The name of the state it leads to is never cut off."""
    place = Place("a", "ask.direct", "ask", ("A?",), None, Evidence.NONE, (), None, False)
    ways = (
        Way("a", "otherwise", "a", " if " + " and ".join(f"visits of b{n} <2" for n in range(9))),
    )
    drawn = sketch_text(Picture("s", "restricted", "", "a", {"a": place}, ways)).splitlines()
    assert len(drawn) > 5
    assert drawn[-1].endswith("→ a (again)")
    assert max(map(columns, drawn)) <= COLUMNS


def test_no_figure_is_cut_off() -> None:
    """Deep in the tree they go over several lines, whole; and so do those of a line."""
    chain = {f"a{n}": _place(f"a{n}", "ask.direct") for n in range(7)}
    ways = [Way(f"a{n}", "otherwise", f"a{n + 1}") for n in range(6)]
    labels = [f"label_{n}" for n in range(12)]
    ways += [Way("a6", label, "a0") for label in labels]
    share = Share(1234, 1500)
    over = Overlay(
        *("target t1", "judge rules", "closed", 1500, 0),
        dict.fromkeys(chain, 1234),
        {("a6", label, "a0"): 7 for label in labels} | {("a6", None, "a0"): 99},
        dict.fromkeys(chain, share),
        dict.fromkeys(chain, share),
    )
    picture = Picture("s", "restricted", "", "a0", chain, tuple(ways))
    drawn = sketch_text(picture, over)
    assert max(map(columns, drawn.splitlines())) <= COLUMNS
    assert drawn.count("entered 1234/1500 dialogues · crossed 1234/1500 turns\n") == 7
    assert drawn.count("  flipped 1234/1500 turns\n") == 7
    words = " ".join(drawn.replace("│", " ").split())
    assert all(f"{label}: 7/1234" in words for label in labels)


def _place(name: str, move: str) -> Place:
    return Place(name, move, move.partition(".")[0], (), None, Evidence.NONE, (), None, False)


def test_shipped_scenarios_fit_eighty_columns() -> None:
    suite = load(SCENARIOS)
    for scenario in suite.scenarios:
        drawn = sketch_text(picture_of(scenario))
        assert max(map(columns, drawn.splitlines())) <= COLUMNS, scenario.id
        assert all(name in drawn for name in scenario.states)
