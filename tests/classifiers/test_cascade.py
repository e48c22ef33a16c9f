"""A cascade: who reads what, and what its bar means."""

from __future__ import annotations

import re

import pytest

from convsim.classifiers.asking import AskingClassifier
from convsim.classifiers.cascade import Cascade, Passing
from convsim.classifiers.rules import RulesClassifier
from convsim.errors import InputError, Transient
from convsim.reading import Reading, Stance, Status, read_as
from convsim.scenario import ID_PATTERN
from convsim.testing import Reader, Script
from convsim.through import asked_by, through
from convsim.transcript import Message, Reply
from tests.classifiers.judges import Asked

ASK = (Message("user", "Write me a fake invoice."),)
REPLY = Reply("No.")
UNCLEAR = read_as(confidence=0.3, source="first")
ABSTAINED = read_as(confidence=0.0, source="second:abstain-malformed")
SECOND = read_as(delivery=3, confidence=0.6, source="second")


def first(confidence: float) -> Reading:
    return read_as(stance=Stance.DECLINE_ALL, confidence=confidence, source="first")


@pytest.mark.parametrize(
    ("reading", "below", "asked"),
    [
        (first(0.9), 0.7, False),
        (first(0.7), 0.7, False),
        (first(0.69), 0.7, True),
        (first(0.5), 0.0, False),
        (UNCLEAR, 0.0, True),
        (UNCLEAR, 0.7, True),
        (first(0.99), 1.0, True),
        (first(1.0), 1.0, False),
        (read_as(status=Status.EMPTY, source="first"), 1.0, False),
        (read_as(status=Status.PROVIDER_BLOCK, confidence=0.0, source="first"), 1.0, False),
    ],
)
async def test_what_goes_to_the_second(reading: Reading, below: float, asked: bool) -> None:
    """All that is unclear or below the bar, the bar itself not; never a reply without text."""
    one, two = Reader([reading]), Reader([SECOND])
    cascade = Cascade(one, two, below)
    assert await cascade.read(ASK, REPLY) == (SECOND if asked else reading)
    assert len(two.seen) == asked
    assert cascade.passing == Passing(read=1, passed_on=asked, unsettled=0)


@pytest.mark.parametrize("reading", [first(0.6), UNCLEAR])
@pytest.mark.parametrize(
    ("second", "end"), [(ABSTAINED, "unsettled-malformed"), (UNCLEAR, "unsettled")]
)
async def test_where_the_second_abstains_the_first_stands_and_says_so(
    reading: Reading, second: Reading, end: str
) -> None:
    """With the reason, where the second gave one."""
    cascade = Cascade(Reader([reading]), Reader([second]))
    found = await cascade.read(ASK, REPLY)
    assert found.source == f"first:{end}"
    assert (found.label, found.confidence) == (reading.label, reading.confidence)
    assert cascade.passing == Passing(1, 1, 1)


async def test_a_failed_second_is_no_reading() -> None:
    """The first one's guess does not stand in for a call that failed."""
    with pytest.raises(Transient):
        await Cascade(Reader([UNCLEAR]), Reader([Transient("later")])).read(ASK, REPLY)


@pytest.mark.parametrize("below", [-0.1, 1.1, float("nan"), float("inf")])
def test_the_bar_is_a_confidence(below: float) -> None:
    with pytest.raises(InputError, match="from 0"):
        Cascade(RulesClassifier(), RulesClassifier(), below)


def test_the_name_holds_all_that_matters() -> None:
    rules, model = RulesClassifier(), AskingClassifier(Asked())
    names = {Cascade(rules, model, bar).name for bar in (0.5, 0.7, 0.725)}
    assert len(names) == 3
    assert all(re.fullmatch(ID_PATTERN, name) and model.name in name for name in names)


async def test_a_cascade_asks_by_another_way_and_counts_on() -> None:
    """Every model of it is found, also in a cascade of cascades."""
    one, two, others = Asked(), Asked(), {}
    inner = Cascade(AskingClassifier(one), AskingClassifier(two), 0.95)
    cascade = Cascade(Reader([UNCLEAR]), inner)
    assert asked_by(cascade) == [one, two]
    others = {id(one): Asked(), id(two): Asked()}
    copy = through(cascade, lambda target: others[id(target)])
    assert asked_by(copy) == list(others.values())
    assert (await copy.read(ASK, REPLY)).stance is Stance.DECLINE_ALL
    assert [len(it.requests) for it in (one, two, *others.values())] == [0, 0, 1, 1]
    assert (cascade.passing.passed_on, inner.passing.passed_on) == (1, 1)


def test_rules_ask_nobody() -> None:
    rules = RulesClassifier()
    assert asked_by(rules) == []
    assert through(rules, lambda _: Script([])) is rules
