"""What judges ask, whoever they are made of, and asking it by another way."""

from __future__ import annotations

import pytest

from convsim.classifiers.asking import AskingClassifier
from convsim.classifiers.cascade import Cascade
from convsim.classifiers.rules import RulesClassifier
from convsim.judges.cascade import CascadeJudge
from convsim.judges.model import ModelJudge
from convsim.judges.panel import Panel
from convsim.judges.rereading import RereadingJudge
from convsim.judges.rules import RulesJudge
from convsim.ports import Judge
from convsim.through import asked_by, through
from convsim.verdict import Grade
from tests.classifiers.judges import Asked
from tests.judges.saying import Saying, said
from tests.judges.served import Model

ONE, TWO, THREE = Model(fingerprint="one"), Model(fingerprint="two"), Asked()

JUDGES: list[tuple[Judge, list[object]]] = [
    (RulesJudge(), []),
    (Saying("own", said(Grade.PASS)), []),
    (ModelJudge(ONE), [ONE]),
    (Panel([ModelJudge(ONE), RulesJudge(), ModelJudge(TWO)]), [ONE, TWO]),
    (CascadeJudge(RulesJudge(), ModelJudge(TWO)), [TWO]),
    (CascadeJudge(RulesJudge(), Panel([ModelJudge(ONE), ModelJudge(TWO)])), [ONE, TWO]),
    (RereadingJudge(Cascade(RulesClassifier(), AskingClassifier(THREE), 0.7)), [THREE]),
]


@pytest.mark.parametrize(("judge", "targets"), JUDGES, ids=range(len(JUDGES)))
def test_a_judge_asks_its_models_and_those_of_its_parts(
    judge: Judge, targets: list[object]
) -> None:
    assert asked_by(judge) == targets


@pytest.mark.parametrize(("judge", "targets"), JUDGES, ids=range(len(JUDGES)))
def test_by_another_way_it_is_the_same_judge(judge: Judge, targets: list[object]) -> None:
    """With the same name, which says prompts and models and not how they are reached."""
    others = {id(target): Model(fingerprint=f"by way of {n}") for n, target in enumerate(targets)}
    led = through(judge, lambda target: others[id(target)])
    assert asked_by(led) == list(others.values())
    assert led.name == judge.name  # type: ignore[attr-defined]
    assert asked_by(judge) == targets
