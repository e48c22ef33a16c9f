"""States that lead elsewhere and say other things, as trees that know their places."""

from __future__ import annotations

import pytest

from convsim.trees import filled, led, led_state
from convsim.yaml12 import Node, parse

STATE = """\
say: ["And {{ thing }}?", "so?"]
proof: paper
seeks: ["{{ part }}"]
then: doubt
next:
  refused: doubt
  complied: [{to: doubt, if: {visits: {doubt: "<2"}, has: "{{ part }}"}}, {to: end}]
"""


def tree(text: str) -> Node:
    root = parse(text).root
    assert root is not None
    return root


def test_a_state_leads_to_other_names() -> None:
    """In `then`, in both forms of `next`, and in what a guard counts; others stay."""
    data = led_state(tree(STATE), {"doubt": "piece.doubt", "so?": "x"}).data
    assert data["then"] == "piece.doubt"
    assert data["next"] == {
        "refused": "piece.doubt",
        "complied": [
            {"to": "piece.doubt", "if": {"visits": {"piece.doubt": "<2"}, "has": "{{ part }}"}},
            {"to": "end"},
        ],
    }
    assert data["say"][1] == "so?"


def test_a_state_has_its_slots_filled() -> None:
    """In wordings and facets; a proof is the slot that fills it."""
    slots = {"thing": "{{ what }}", "part": "left", "paper": "{{ ticket }}"}
    data = filled(tree(STATE), slots).data
    assert data["say"] == ["And {{ what }}?", "so?"]
    assert (data["proof"], data["seeks"]) == ("ticket", ["left"])
    assert data["next"]["complied"][0]["if"]["has"] == "left"


def test_places_are_kept() -> None:
    """Whatever is said of a changed text is said where its author wrote it."""
    before, after = tree(STATE), filled(tree(STATE), {"thing": "x"})
    assert before.children["say"].children[0].place == after.children["say"].children[0].place
    assert after.children["say"].children[0].data == "And x?"


@pytest.mark.parametrize(
    ("key", "text", "changed"),
    [
        ("start", "doubt", "piece.doubt"),
        ("title", "doubt", "doubt"),
        ("states", "{open: {then: doubt}}", {"open": {"then": "piece.doubt"}}),
        (
            "arms",
            "{a: {states: {o: {then: doubt}}}}",
            {"a": {"states": {"o": {"then": "piece.doubt"}}}},
        ),
    ],
)
def test_a_file_leads_to_pieces(key: str, text: str, changed: object) -> None:
    """Where names of states stand, and nowhere else."""
    node = tree(f"{key}: {text}").children[key]
    assert led(key, node, {"doubt": "piece.doubt"}).data == changed


@pytest.mark.parametrize(
    "text",
    ["then: 3", "next: doubt", "next: {refused: 3}", "next: {refused: [3]}", "say: {a: b}", "a: b"],
)
def test_what_has_another_shape_is_left_as_it_is(text: str) -> None:
    """Validation complains of it later."""
    node = tree(text)
    assert filled(led_state(node, {"x": "y"}), {"z": "w"}).data == node.data
