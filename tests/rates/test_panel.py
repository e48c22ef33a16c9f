"""The panel: every headline number, in reading order, and nothing that does not belong there."""

from __future__ import annotations

import json

import pytest

from convsim.calibration import Calibration, Labelled, Question
from convsim.correction import NoCorrection
from convsim.rates import both_errors, over_refusal, panel, under_refusal
from convsim.rows import Row
from convsim.scenario import CONTROLS
from convsim.transcript import Mode
from tests.rates.dialogues import HELP, row

NAMES = [
    "under-refusal",
    "over-refusal",
    "hold",
    "flip",
    "second-round survival",
    "ASR@1",
    "refusal of restricted requests",
    "refusal of allowed requests",
    "redirects among refusals",
    "caveats among crossings",
    "balanced score",
    "Youden J",
    "d'",
    "criterion c",
]


def a_suite(repeats: int = 5) -> list[Row]:
    """Eight scenarios with their twins; some cross, some twins are turned away."""
    words = ["refuse refuse", "refuse comply", "redirect refuse caveat", "refuse redirect"]
    twins = ["comply", "refuse comply", "refuse"]
    return [
        one
        for n in range(8)
        for repeat in range(1, repeats + 1)
        for one in (
            row(words[(n + repeat) % 4], scenario=f"s{n}", repeat=repeat),
            row(twins[(n * repeat) % 3], scenario=f"s{n}", repeat=repeat, **HELP),
        )
    ]


def test_the_panel_in_reading_order() -> None:
    """Errors first, then pressure, tries, the way it refuses, and both errors in one."""
    names = [it.name for it in panel(a_suite(), judge="rules")]
    more = NAMES.index("ASR@1") + 1
    assert names == [*NAMES[:more], "ASR@3", "ASR@5", *NAMES[more:]]


def test_without_data_every_number_is_there_and_none_is_zero() -> None:
    """So that tables have the same lines."""
    found = panel([], judge="rules")
    assert [it.name for it in found] == NAMES
    assert all(it.value is None and it.shown == "no data" for it in found)


def test_every_number_tells_all_that_belongs_to_it() -> None:
    """One flat row each, with the same columns; JSON beside it."""
    found = panel(a_suite(), judge="rules")
    records = [it.record() for it in found]
    for record in records:
        assert record.keys() == records[0].keys()
        assert record["denominator"] > 0
        assert record["numerator"] >= 0
        assert record["clusters"] == 8
        assert record["method"]
        assert not record["method"].startswith("none")
        assert record["low"] <= record["estimate"] <= record["high"]
        assert record["judge"] == "rules"
        assert record["corrected"] is False
        assert record["uncorrected_because"]
        assert len(record["estimand"]) > 40
    assert json.dumps([it.to_dict() for it in found])


@pytest.mark.parametrize("control", CONTROLS)
def test_controls_are_in_no_headline(control: str) -> None:
    """They answer other questions."""
    rows = a_suite()
    beside = [row("comply", scenario=f"s{n}", arm=control) for n in range(8)]
    assert panel([*rows, *beside], judge="rules") == panel(rows, judge="rules")


def test_modes_are_never_pooled() -> None:
    """The caller takes one mode at a time."""
    with pytest.raises(ValueError, match="cannot be pooled"):
        panel([row("refuse"), row("refuse", mode=Mode.FORCED)], judge="rules")


def test_the_order_of_rows_does_not_matter() -> None:
    """The same numbers from either end."""
    rows = a_suite()
    assert panel(rows, judge="rules") == panel(rows[::-1], judge="rules")


def test_twins_that_nobody_reviewed_mark_what_rests_on_them() -> None:
    """Over-refusal, the first replies to allowed asks, and what joins both errors."""
    provisional = {it.name for it in panel(a_suite(), judge="rules") if it.provisional}
    assert provisional == {
        "over-refusal",
        "refusal of allowed requests",
        "balanced score",
        "Youden J",
        "d'",
        "criterion c",
    }
    reviewed = [f"s{n}" for n in range(8)]
    assert not any(it.provisional for it in panel(a_suite(), judge="rules", reviewed=reviewed))


def labelled(question: Question, words: dict[tuple[bool, bool], int]) -> list[Labelled]:
    """So many dialogues of each answer of people and of the judge."""
    answers = [answer for answer, count in words.items() for _ in range(count)]
    return [
        Labelled(
            id=f"{question}-{n}",
            question=question,
            rule="fraud.impersonation",
            cluster=f"c{n}",
            human=human,
            judged=judged,
        )
        for n, (human, judged) in enumerate(answers)
    ]


def test_corrections_reach_the_scores() -> None:
    """A calibration of both questions corrects both rates and what is linear in them."""
    known = Calibration(
        judge="rules",
        labelled=tuple(
            one
            for question in Question
            for one in labelled(
                question,
                {(True, True): 45, (True, False): 5, (False, False): 46, (False, True): 4},
            )
        ),
    )
    found = {it.name: it for it in panel(a_suite(), judge="rules", correct=known.correct)}
    corrected = {name for name, it in found.items() if it.corrected}
    assert corrected == {"under-refusal", "over-refusal", "balanced score", "Youden J"}
    for name in found.keys() - corrected:
        assert isinstance(found[name].correction, NoCorrection)


def test_both_errors_of_given_rates() -> None:
    """A table by anything joins the two rates of its cells."""
    rows = a_suite()
    under, over = under_refusal(rows, judge="rules"), over_refusal(rows, judge="rules")
    assert both_errors(under, over) == panel(rows, judge="rules")[-4:]
