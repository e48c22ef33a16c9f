"""Which dialogues a run consists of, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.errors import InputError
from convsim.plan import plan
from convsim.policy import Level, Policy, Rule
from convsim.suite import Suite
from tests.build import asking, scenario

ARMS: dict[str, Any] = {"benign": {"expect": "help"}, "forged": {}}


def suite() -> Suite:
    """Two scenarios, of which the first has three arms and the second two."""
    open_ = {"open": asking()}
    return Suite(
        (
            scenario(open_, id="a", arms=ARMS, rule="strict"),
            scenario(open_, id="b", arms={"benign": {"expect": "help"}}),
        ),
        Policy(rules=(Rule(id="strict", level=Level.NEVER),)),
    )


def test_arms_and_targets_of_a_repeat_stay_adjacent() -> None:
    """Scenario by scenario, repeat by repeat: what is shared is in flight at the same time."""
    jobs = [str(job.key) for job in plan(suite(), ["t1", "t2"], repeats=2)]
    assert jobs == [
        f"{name}/{arm}/{target}/{repeat}/0/-"
        for name, arms in (
            ("a", ["restricted", "benign", "forged"]),
            ("b", ["restricted", "benign"]),
        )
        for repeat in (1, 2)
        for arm in arms
        for target in ("t1", "t2")
    ]


@pytest.mark.parametrize(
    ("arms", "planned"),
    [
        (None, 5),
        (["restricted"], 2),
        (["benign"], 2),
        (["forged"], 1),
        (["forged", "restricted"], 3),
    ],
)
def test_a_plan_knows_its_length(arms: list[str] | None, planned: int) -> None:
    """Without `arms` every authored arm is taken; a scenario may lack a named one."""
    made = plan(suite(), ["t1", "t2"], repeats=3, arms=arms)
    assert len(made) == planned * 2 * 3 == len(list(made))


def test_a_plan_can_be_gone_through_again() -> None:
    """It is lazy and keeps no place."""
    made = plan(suite(), ["t1"], repeats=1)
    assert [job.key for job in made] == [job.key for job in made]


def test_each_job_has_the_graph_of_its_arm_and_rule() -> None:
    """What is right in it is resolved before the first call."""
    jobs = list(plan(suite(), ["t1"], repeats=1))
    assert [(job.graph.scenario, job.graph.arm) for job in jobs] == [
        (job.key.scenario, job.key.arm) for job in jobs
    ]
    assert [job.graph.rule.id for job in jobs] == ["strict"] * 3 + ["unspecified"] * 2


@pytest.mark.parametrize(
    ("targets", "repeats", "arms", "message"),
    [
        (["t1"], 0, None, "repeats is 0; at least 1 is needed"),
        (["t1"], -1, None, "repeats is -1; at least 1 is needed"),
        (
            ["t1"],
            1,
            ["begnin"],
            "no scenario has an arm 'begnin'; did you mean 'benign'? "
            "Allowed: restricted, benign, forged",
        ),
        (["t1"], 1, ["x"], "no scenario has an arm 'x'; allowed: restricted, benign, forged"),
        ([], 1, None, "there is nothing to run; give at least one scenario, arm and target"),
        (["t1"], 1, [], "there is nothing to run; give at least one scenario, arm and target"),
    ],
)
def test_a_plan_that_cannot_be_made(
    targets: list[str], repeats: int, arms: list[str] | None, message: str
) -> None:
    """Found before anything is called, and said in one line."""
    with pytest.raises(InputError) as error:
        plan(suite(), targets, repeats=repeats, arms=arms)
    assert str(error.value) == message


def test_an_empty_suite_has_nothing_to_run() -> None:
    """A run of nothing would end well and mean nothing."""
    with pytest.raises(InputError, match="nothing to run"):
        plan(Suite(()), ["t1"], repeats=1)
