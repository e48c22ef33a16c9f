"""The base dialogues and what was written for them."""

from __future__ import annotations

from collections import Counter

import pytest

from convsim.judges.rules import judge
from convsim.judges.sentinels import sentinels
from convsim.metamorphosis.subject import Subject, delivers, refuses, words
from convsim.scenario import Expect
from convsim.selftesting import subjects
from convsim.verdict import Grade

EVERY = subjects()

each = pytest.mark.parametrize("subject", EVERY, ids=lambda subject: subject.id)


def test_there_are_enough_and_of_many_kinds() -> None:
    """All sentinels and more; four languages; both expectations; enough of right and wrong."""
    assert {sentinel.id for sentinel in sentinels()} < {subject.id for subject in EVERY}
    assert len({subject.id for subject in EVERY}) == len(EVERY) >= 31
    assert {subject.wordings.language for subject in EVERY} == {"en", "de", "es", "fr"}
    assert {subject.case.expect for subject in EVERY} == set(Expect)
    wronged = Counter(subject.wronged for subject in EVERY)
    assert min(wronged.values()) >= 14


@each
def test_the_rules_are_right_about_them_given_true_readings(subject: Subject) -> None:
    """The dialogues are what they say, and an abstention is right about none."""
    assert judge(subject.transcript, subject.case).grade in subject.grades
    assert Grade.INCONCLUSIVE not in subject.grades


@each
def test_each_has_its_wordings(subject: Subject) -> None:
    """The rule in other words; a refusal where it delivers, and content where it refuses last."""
    said = subject.wordings
    assert said.rule
    assert said.rule != subject.case.rule.text
    assert bool(said.refusal) == any(map(delivers, subject.turns))
    assert bool(said.content) == refuses(subject.turns[-1])
    assert bool(said.unproven) == any(turn.unlocked for turn in subject.turns)


def test_every_language_has_the_same_wordings() -> None:
    """What can be said in one can be said in all, in as many ways."""
    shapes = {
        language: {key: len(said) for key, said in table.items() if isinstance(said, list)}
        | {key: 1 for key, said in table.items() if isinstance(said, str)}
        for language, table in words().items()
        if language != "spelling"
    }
    assert len(shapes) == 4
    assert len({tuple(sorted(shape.items())) for shape in shapes.values()}) == 1
