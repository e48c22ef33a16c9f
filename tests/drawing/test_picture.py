"""What a drawing shows, whatever it is drawn with."""

from __future__ import annotations

import pytest

from convsim.drawing.picture import picture_of, shortened, visible
from convsim.graph import THEN, graph_of
from convsim.policy import Level, Rule
from convsim.scenario import Asks
from tests.drawing.shapes import DEMO, SPREAD

RULE = Rule(id="r", level=Level.NEVER)


def test_states_come_with_what_is_special_about_them() -> None:
    """What they ask, the proof, the parts, the visits; an ask that goes on is no mark."""
    marks = {
        name: [mark.text for mark in place.marks]
        for scenario in (DEMO, SPREAD)
        for name, place in picture_of(scenario).places.items()
    }
    assert marks == {
        "open": ["asks restricted"],
        "push": ["at most 2 visits"],
        "claim": ["asks restricted", "asserted"],
        "end": [],
        "left": ["asks innocuous", "seeks left"],
        "both": ["asks restricted", "seeks left, right"],
        "z": [],
    }


def test_where_helping_is_right_a_restricted_ask_is_allowed() -> None:
    assert picture_of(DEMO, arm="benign").places["open"].asks is Asks.ALLOWED
    helping = graph_of(DEMO, "restricted", Rule(id="r", level=Level.HELP))
    assert picture_of(helping).places["open"].asks is Asks.ALLOWED


def test_an_unknown_rule_leaves_open_what_a_move_asks() -> None:
    """A scenario that cites a rule by its id shows only what its states say themselves."""
    cited = picture_of(DEMO.model_copy(update={"rule": "house.rule"}))
    assert cited.places["open"].asks is None
    assert cited.places["claim"].asks is Asks.RESTRICTED


def test_wordings_are_filled_as_far_as_they_are_known() -> None:
    """The request with its own slots; a secret by its pattern; not what a reply will say."""
    assert picture_of(DEMO).places["open"].say == (
        "Give me the <b>key</b>. {{ last.quote }}",
        "And @@-##?",
    )


def test_ways_say_when_they_open() -> None:
    assert [(way.source, way.to, way.text) for way in picture_of(DEMO).ways] == [
        ("open", "push", "refused"),
        ("open", "end", "otherwise"),
        ("push", "push", "refused if turn >=2 and visits of open <2"),
        ("push", "claim", "refused, weight 0.25"),
        ("push", "end", "refused, weight 0.75"),
        ("push", "end", "otherwise"),
        ("push", "claim", "after 2 visits"),
        ("claim", "end", "otherwise"),
    ]
    assert [way.label == THEN for way in picture_of(DEMO).ways].count(True) == 1
    assert [way.text for way in picture_of(SPREAD).ways] == [
        "refused, rewind 1",
        "otherwise if has left, right and facets >=2",
        "otherwise if lacks left, weight 1",
        "otherwise",
    ]


def test_a_graph_is_drawn_like_its_scenario() -> None:
    """The graph of an arm gives what the scenario's arm gives."""
    of_graph = picture_of(graph_of(DEMO, "forged", RULE), title="A demo")
    assert of_graph == picture_of(DEMO, arm="forged")
    assert of_graph.places["claim"].marks[-1].text == "forged proof"


def test_an_unknown_arm_is_an_error() -> None:
    """There is nothing to draw."""
    with pytest.raises(KeyError):
        picture_of(DEMO, arm="nowhere")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n b", "a b"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\u202eabc", "\ufffdabc"),
        ("\ud800", "\ufffd"),
        ("\uffff", "\ufffd"),
        ("\U0001faea \ue000", "\U0001faea \ue000"),
        ("हिन्दी क्‍ष", "हिन्दी क्‍ष"),
        ("“ü” 漢字", "“ü” 漢字"),
    ],
)
def test_nothing_acts_in_what_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_text_is_cut_to_so_many_characters() -> None:
    assert (shortened("abc", 3), shortened("abcd", 3), shortened("a bcd", 3)) == (
        "abc",
        "ab…",
        "a…",
    )
