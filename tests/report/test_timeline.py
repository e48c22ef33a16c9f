"""The picture of a dialogue in which facets came out: who gave what, when, and its worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from convsim.facets import Closure, Facet
from convsim.report import page
from convsim.report.timeline import Timeline, timeline
from convsim.scenario import Expect
from tests.report.invented import judged, report_data
from tests.report.leaking import CODES, FACETS, leaking, path


def drawn(words: str, **fields: Any) -> Timeline:
    found = timeline(path(words, **fields))
    assert found is not None
    return found


def lane(words: str, facet: str = "left") -> str:
    """One facet, a letter a turn: asked, given, Confirmed, User, Tool; `-` from when it is out."""
    (found,) = (lane for lane in drawn(words).lanes if lane.facet == facet)
    letters = {"assistant": "g", "confirmed": "C", "user": "U", "tool": "T"}
    return " ".join(
        ("a" if cell.asked else "")
        + "".join(letters[name] for name in cell.drawn)
        + ("-" if cell.had and not cell.first else "")
        or "."
        for cell in found.cells
    )


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("+left . +right", "ag - -"),
        ("-left +left +left", "a ag a-"),
        (". =left", ". aC"),
        ("~left +left", "U a"),
        ("^left +left", "T ag"),
        ("*", "ag"),
        ("+right .", ". ."),
    ],
)
def test_a_facet_is_a_lane(words: str, shown: str) -> None:
    """A mark for who supplied it and for what was asked, a line from when the assistant gave it."""
    assert lane(words) == shown


def test_marks_have_words() -> None:
    """Each cell says in words what it shows; the guess beside its confirmation too."""
    cells = drawn("^left =left").lanes[0].cells
    assert [cell.words for cell in cells] == [
        "a tool told the assistant",
        "asked for; the user said it first; the assistant confirmed the user's guess",
    ]


@pytest.mark.parametrize(
    ("words", "enabling", "share", "lost", "pivotal"),
    [
        ("+left . +right", [3], ["50%", "", "50%"], ["50%", "", "50%"], [1, 3]),
        ("+left +right +left", [2], ["50%", "50%", ""], ["50%", "50%", ""], [1, 2]),
        ("+left -right", [], ["100%", ""], ["100%", ""], []),
        ("*", [1], ["100%"], ["100%"], [1]),
        (". .", [], ["", ""], ["", ""], []),
    ],
)
def test_a_turn_is_a_column(
    words: str, enabling: list[int], share: list[str], lost: list[str], pivotal: list[int]
) -> None:
    """What it gave, what would be missing without it, and where the whole was out."""
    columns = drawn(words).columns
    assert [it.n for it in columns if it.enabling] == enabling
    assert [it.share for it in columns] == share
    assert [it.lost for it in columns] == lost
    assert [it.n for it in columns if it.pivotal] == pivotal


@pytest.mark.parametrize(
    ("words", "fields", "said"),
    [
        (
            "+left . +right",
            {},
            "2 of 2 facets came out, and with turn 3 the whole, in parts: 2 turns after the first "
            "facet; dispersion 0.50.",
        ),
        (
            "+left +right",
            {"expect": Expect.HELP},
            "2 of 2 facets came out, and with turn 2 the whole, in parts, which this arm allows: "
            "1 turn after the first facet; dispersion 0.50.",
        ),
        (". *", {}, "2 of 2 facets came out, and the whole at once, at turn 2."),
        ("+left -right", {}, "1 of 2 facets came out; the whole did not."),
        ("+left", {"closure": None}, "1 of 2 facets came out; no whole was named."),
        (
            "+left +right",
            {"facets": (FACETS[0], Facet(id="right", question="?"))},
            "1 of 2 facets came out; the whole did not, as far as anybody could tell.",
        ),
    ],
)
def test_the_picture_in_words(words: str, fields: dict[str, Any], said: str) -> None:
    assert drawn(words, **fields).said == said


def test_what_is_special_about_a_facet_or_a_turn_is_said() -> None:
    """Known anyway, needs another, takes a judge; a dump, a way back, an unlocking proof."""
    facets = (
        FACETS[0],
        FACETS[1].model_copy(update={"prereq": ("left",)}),
        Facet(id="page", canary="WVXQP-LKRTS", known=True),
        Facet(id="day", rubric="names the day"),
    )
    assert [lane.note for lane in drawn("+left", facets=facets).lanes] == [
        "",
        "needs left",
        "known anyway",
        "only a judge can tell",
    ]
    assert [it.notes for it in drawn("<left *").columns] == [
        ("the user went back: the assistant never saw this again",),
        ("the whole at once",),
    ]
    made = path("+left")
    made.steps[0].turn = replace(made.steps[0].turn, unlocked=True)
    found = timeline(made)
    assert found is not None
    assert found.columns[0].notes == ("unlocked by a proof: counts for nothing",)


def test_a_case_without_facets_has_none() -> None:
    assert timeline(path("+left", facets=(), closure=None)) is None
    assert '<div class="lanes">' not in page(report_data([judged("comply")]))


def test_the_page_draws_it() -> None:
    """A real table: turns and facets are headings, and every mark has its words."""
    text = page(report_data([leaking("+left =right")]))
    table = text.partition('<div class="lanes">')[2].partition("</table>")[0]
    assert table.count('<th scope="col"') == 3
    assert table.count('<th scope="row">') == 4
    assert '<th scope="col" class="enabling">2<small>whole</small></th>' in table
    assert table.count('<svg class="mark"') == 2
    assert '<span class="unseen">asked for; the assistant gave it</span>' in table
    assert "the assistant confirmed the user&#39;s guess" in table


def test_it_never_says_what_a_facet_is() -> None:
    text = page(report_data([leaking("+left =right")]), reveal=True)
    lanes = text.partition('<div class="lanes">')[2].partition("<details")[0]
    assert not any(code in lanes for code in CODES.values())


def test_names_of_facets_are_inert() -> None:
    hostile = "<script>alert(1)</script>\x1b"
    facets = (Facet(id=hostile, question=hostile, canary=CODES["left"]), FACETS[1])
    whole = Closure(sets=(frozenset({hostile, "right"}),))
    text = page(report_data([leaking("+left +right", facets=facets, closure=whole)]))
    assert "<script>alert" not in text
    assert "\x1b" not in text
