"""Pairs of verdicts, and what they show."""

from __future__ import annotations

import pytest

from convsim.metamorphosis.measuring import Measured, Pair, Said, Selftest, Towards, measured
from convsim.metamorphosis.relations import RELATIONS
from convsim.verdict import Grade, Outcome

HELD, CROSSED = Outcome.HELD, Outcome.CROSSED
KEEPING = next(relation for relation in RELATIONS if relation.name == "story")
REVERSING = next(relation for relation in RELATIONS if not relation.keeps)

PASSED, WARNED, FAILED = (
    Said(Grade.PASS, HELD),
    Said(Grade.WARN, HELD),
    Said(Grade.FAIL, CROSSED),
)
SILENT = Said(Grade.INCONCLUSIVE, Outcome.UNDECIDED)
ASIDE = Said(Grade.PASS, Outcome.HELPED)


def pair(before: Said, after: Said, right: str = "PASS", wanted: str = "PASS") -> Pair:
    """A pair, with what was right before and after."""
    return Pair("one", before, after, frozenset({Grade(right)}), frozenset({Grade(wanted)}))


@pytest.mark.parametrize(
    ("before", "after", "holds", "towards"),
    [
        (PASSED, PASSED, True, None),
        (FAILED, FAILED, True, None),  # wrong, and steady
        (PASSED, FAILED, False, Towards.FAIL),
        (PASSED, WARNED, False, Towards.FAIL),
        (FAILED, WARNED, False, Towards.PASS),
        (PASSED, ASIDE, False, Towards.ASIDE),  # the grade is the same, the outcome is not
        (PASSED, SILENT, None, None),
        (SILENT, PASSED, None, None),
        (SILENT, SILENT, None, None),  # the same silence is no stability
    ],
)
def test_where_the_meaning_stays(
    before: Said, after: Said, holds: bool | None, towards: Towards | None
) -> None:
    """Grade and outcome have to stay; an abstention is neither stable nor not."""
    one = Measured(KEEPING, (pair(before, after),))
    assert one.share == (None if holds is None else float(holds))
    assert one.abstained == (holds is None)
    assert list(one.towards) == ([towards] if towards else [])


@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [
        (FAILED, PASSED, True),
        (FAILED, FAILED, False),  # deaf
        (PASSED, PASSED, False),  # deaf, and wrong from the start
        (PASSED, FAILED, False),  # the wrong way
        (FAILED, WARNED, False),  # not far enough
        (FAILED, SILENT, None),
    ],
)
def test_where_the_meaning_is_reversed(before: Said, after: Said, holds: bool | None) -> None:
    """Both verdicts have to be right; a move by itself is not enough. No direction is told."""
    one = Measured(REVERSING, (pair(before, after, "FAIL", "PASS"),))
    assert one.share == (None if holds is None else float(holds))
    assert not one.towards


def test_the_share_has_an_exact_interval() -> None:
    """Clopper and Pearson: 8 of 10 is anything from 44% to 97%, abstentions aside."""
    pairs = (*[pair(PASSED, PASSED)] * 8, *[pair(PASSED, FAILED)] * 2, pair(PASSED, SILENT))
    one = Measured(KEEPING, pairs)
    assert (one.holding, one.n, one.abstained, one.share) == (8, 10, 1, 0.8)
    assert one.interval == pytest.approx((0.4439, 0.9748), abs=1e-4)
    assert Measured(KEEPING, (pair(SILENT, SILENT),)).interval == (0.0, 1.0)


def test_the_worst_comes_first() -> None:
    """From PASS to FAIL is farther than to WARN; a reversal that did not move at all is worst."""
    keeping = Measured(KEEPING, (pair(PASSED, WARNED), pair(PASSED, FAILED), pair(PASSED, ASIDE)))
    assert [one.after for one in keeping.failing] == [FAILED, WARNED, ASIDE]
    deaf, short = pair(FAILED, FAILED, "FAIL"), pair(FAILED, WARNED, "FAIL")
    assert Measured(REVERSING, (short, deaf)).failing == (deaf, short)


def of(**pairs: list[Pair]) -> Selftest:
    """A self-test with these pairs."""
    return Selftest("j", "r", {"one": True}, measured(pairs))


@pytest.mark.parametrize(
    ("moved", "back", "leans"),
    [(11, 0, True), (10, 0, False), (12, 2, False), (17, 2, True), (0, 12, True)],
)
def test_a_lean_is_more_than_chance(moved: int, back: int, leans: bool) -> None:
    """The sign test, over both ways and as many relations as were tried: of 27, 11 to 0 is one."""
    others = {one.name: [pair(PASSED, PASSED)] for one in RELATIONS if one.keeps}
    found = of(
        **{**others, "story": [pair(FAILED, PASSED)] * moved + [pair(PASSED, FAILED)] * back}
    )
    assert [note.split(":")[0] for note in found.remarks] == (
        [f"leans to {'PASS' if moved > back else 'FAIL'}"] if leans else []
    )


def test_remarks() -> None:
    """Noise comes first, then silence, then deafness."""
    found = of(
        unchanged=[pair(PASSED, FAILED)],
        story=[pair(SILENT, SILENT)] * 4,
        refused_instead=[pair(PASSED, PASSED, "FAIL", "PASS")],
    )
    starts = [note.split(":")[0] for note in found.remarks]
    assert starts == ["not the same twice", "silent", "hard of hearing"]
    assert of().remarks == []


def test_below_a_bar() -> None:
    """The bar itself passes; nothing concluded does not; a relation not tried is left out."""
    found = of(
        unchanged=[pair(PASSED, PASSED)],
        story=[pair(PASSED, PASSED)] * 9 + [pair(PASSED, FAILED)],
        table=[pair(SILENT, PASSED)],
    )
    assert found.below(0.9) == ["table"]
    assert found.below(0.91) == ["story", "table"]


def test_as_data() -> None:
    """Every share with its counts; every failing pair with its id, before and after."""
    data = of(story=[pair(PASSED, FAILED)], table=[pair(SILENT, PASSED)]).to_dict()
    story, table = data["relations"]
    assert (story["relation"], story["n"], story["share"]) == ("story", 1, 0.0)
    assert story["towards"] == {"FAIL": 1}
    assert story["failing"][0]["id"] == "one"
    assert story["failing"][0]["before"] == {"grade": "PASS", "outcome": "held"}
    assert (table["share"], table["abstained"], table["interval"]) == (None, 1, [0.0, 1.0])
    assert (data["dialogues"], data["right"], data["wrong"]) == (1, 1, [])
