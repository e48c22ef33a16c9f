"""Which dialogues a run consists of, and in which order."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.chance import Chance
from convsim.controls import played
from convsim.errors import InputError
from convsim.paths import Walk, draw_path, paths_of
from convsim.plan import Done, Plan, Shard, Wave, Without, plan, without_told
from convsim.policy import UNSPECIFIED, Level, Policy, Rule
from convsim.scenario import CONTROLS
from convsim.suite import Suite
from convsim.transcript import Key
from tests.build import asking, scenario
from tests.controls.spread import spread

ARMS: dict[str, Any] = {"benign": {"expect": "help"}, "forged": {}}


NAMES = ", ".join(["restricted", "benign", "forged", "authored", "controls", "all", *CONTROLS])
"""What `arms` may name."""


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
            "no scenario has an arm 'begnin'; did you mean 'benign'? Allowed: " + NAMES,
        ),
        (["t1"], 1, ["x"], "no scenario has an arm 'x'; allowed: " + NAMES),
        (
            ["t1"],
            1,
            ["restricted", "shuffled"],
            "no scenario can have the control 'shuffled': the scenario has no facets; define "
            "`facets` and say in states what they `seek`",
        ),
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


# -- paths ------------------------------------------------------------------------------------


def branching() -> Suite:
    """Two scenarios; the arms of the first have two paths each, the second has three."""
    on = {"refused": "push", "otherwise": "end"}
    two = {"open": asking(next=on), "push": asking()}
    three = {**two, "push": asking(next={"refused": "more", "otherwise": "end"}), "more": asking()}
    return Suite((scenario(two, id="a", arms=ARMS), scenario(three, id="b")))


WALKS = [
    ("random", "closed", 3 + 1),
    ("random", "forced", 3 + 1),
    ("all-paths", "closed", 3 * 2 + 3),
    ("all-paths", "forced", 3 * 2 + 3),
    ("edge-cover", "closed", 3 * 2 + 3),
]


@pytest.mark.parametrize(("walk", "mode", "in_a_repeat"), WALKS)
def test_every_planned_path_is_a_dialogue(walk: str, mode: str, in_a_repeat: int) -> None:
    """Closed mode without a plan follows the replies, forced mode without one draws a path."""
    made = plan(branching(), ["t1", "t2"], repeats=3, walk=walk, mode=mode)
    jobs = list(made)
    assert len(made) == len(jobs) == made.whole == in_a_repeat * 2 * 3
    assert len({job.key for job in jobs}) == len(jobs)
    for job in jobs:
        assert job.key.path == (job.path.id if job.path else "-")
        assert (job.path is None) == (walk == "random" and mode == "closed")


def test_the_paths_of_a_plan_are_those_of_the_walk() -> None:
    """In their order, arm by arm, with the targets innermost."""
    jobs = list(plan(branching(), ["t1", "t2"], repeats=1, walk="all-paths"))
    for arm in ("restricted", "benign", "forged"):
        mine = [job for job in jobs if (job.key.scenario, job.key.arm) == ("a", arm)]
        paths = paths_of(mine[0].graph, Walk.ALL_PATHS)
        assert [job.path for job in mine] == [path for path in paths for _ in range(2)]
        assert [job.key.target for job in mine] == ["t1", "t2"] * len(paths)


def paths_planned(made: Plan) -> dict[str, set[str]]:
    """The paths of each scenario, as they are written."""
    found: dict[str, set[str]] = {}
    for job in made:
        found.setdefault(job.key.scenario, set()).add(str(job.path))
    return found


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["open > end"], {"a": {"open > end"}, "b": {"open > end"}}),
        (["open > end", "open>end"], {"a": {"open > end"}, "b": {"open > end"}}),
        (
            ["a: open > end", "b: open > push > more > end", "b:open > end"],
            {"a": {"open > end"}, "b": {"open > push > more > end", "open > end"}},
        ),
    ],
)
def test_chosen_paths(paths: list[str], expected: dict[str, set[str]]) -> None:
    """In every arm, each once; one that names a scenario is of that alone."""
    made = plan(branching(), ["t1"], repeats=1, walk="chosen", paths=paths)
    assert paths_planned(made) == expected
    assert len(made) == 3 * len(expected["a"]) + len(expected["b"])


def test_a_path_of_a_scenario_that_is_not_there() -> None:
    """The scenario is what is wrong, and not a state of that name."""
    with pytest.raises(InputError, match=r"there is no scenario 'aa' here; did you mean 'a'\?"):
        plan(branching(), ["t1"], repeats=1, walk="chosen", paths=["aa: open > end"])


def test_arms_and_targets_of_a_repeat_meet_the_same_drawn_path() -> None:
    """It belongs to seed, scenario and repeat."""
    jobs = list(plan(branching(), ["t1", "t2"], repeats=20, mode="forced", seed=5))
    drawn: dict[tuple[str, int], set[str]] = {}
    for job in jobs:
        drawn.setdefault((job.key.scenario, job.key.repeat), set()).add(job.key.path)
        chance = Chance(5, job.key.scenario, job.key.repeat)
        assert job.path == draw_path(job.graph, chance)
    assert all(len(paths) == 1 for paths in drawn.values())
    assert len(set().union(*drawn.values())) == 3
    other = plan(branching(), ["t1", "t2"], repeats=20, mode="forced", seed=6)
    assert [job.key for job in other] != [job.key for job in jobs]


# -- controls ---------------------------------------------------------------------------------


def controlled() -> Suite:
    """The first has facets, an authored control and a twin; the second only a request."""
    authored: dict[str, Any] = {"benign": {"expect": "help"}, "near_miss": {}}
    one = {
        "open": asking(next={"refused": "push", "otherwise": "end"}),
        "push": asking(visits=2, then="end"),
    }
    return Suite((spread(id="a", arms=authored), scenario(one, id="b", request="[it]")))


OF_A = ["direct", *["resample"] * 6, "repeat", *["fresh"] * 4, "flattened", "shuffled", "near_miss"]
OF_A += ["user_supplied", "distractors"]
OF_B = ["direct", *["resample"] * 2, "repeat", *["fresh"] * 2, "flattened", "distractors"]


@pytest.mark.parametrize(
    ("arms", "of_a", "of_b"),
    [
        (None, ["restricted", "benign"], ["restricted"]),
        (["authored"], ["restricted", "benign"], ["restricted"]),
        (["controls"], OF_A, OF_B),
        (["all"], ["restricted", "benign", *OF_A], ["restricted", *OF_B]),
        (["all", "direct", "benign"], ["restricted", "benign", *OF_A], ["restricted", *OF_B]),
        (["direct", "restricted"], ["restricted", "direct"], ["restricted", "direct"]),
        (["near_miss"], ["near_miss"], []),
        (["shuffled", "authored"], ["restricted", "benign", "shuffled"], ["restricted"]),
    ],
)
def test_which_arms_and_controls_are_planned(
    arms: list[str] | None, of_a: list[str], of_b: list[str]
) -> None:
    """By name, or several at once; arms first; what a scenario cannot have is passed over."""
    jobs = list(plan(controlled(), ["t1"], repeats=1, arms=arms))
    found = {name: [job.key.arm for job in jobs if job.key.scenario == name] for name in "ab"}
    assert found == {"a": of_a, "b": of_b}


def test_what_goes_without_a_control_is_told() -> None:
    """By the reason; only of the controls that were named."""
    planned = plan(controlled(), ["t1"], repeats=1, arms=["authored", "shuffled", "direct"])
    (one,) = planned.without
    assert (one.control, one.scenarios, one.of) == ("shuffled", 1, 2)
    assert list(one.why.values()) == [("b",)]
    assert one.to_dict()["why"] == {why: ["b"] for why in one.why}
    assert Without.from_dict(one.to_dict()) == one
    assert without_told(planned.without) == (
        "shuffled: 1 of 2 scenarios have none; `convsim graph FILE --arm shuffled` says why"
    )
    every = plan(controlled(), ["t1"], repeats=1, arms=["all"]).without
    assert [(it.control, it.scenarios) for it in every] == [
        *(("shuffled", 1), ("near_miss", 1), ("user_supplied", 1), ("ability", 2))
    ]
    assert without_told(every).startswith("shuffled: 1 of 2 scenarios have none, near_miss: 1, ")
    assert plan(controlled(), ["t1"], repeats=1).without == ()
    assert without_told([]) == ""


def test_a_control_has_its_draws() -> None:
    """Each is a dialogue with a key and a sample of its own."""
    jobs = list(plan(controlled(), ["t1"], repeats=1, arms=["resample", "fresh"]))
    draws = [job.key.draw for job in jobs if job.key.scenario == "a"]
    assert draws == [f"resample.{n}" for n in range(1, 7)] + [f"fresh.{n}" for n in range(1, 5)]
    assert len({job.key.sample for job in jobs}) == len(jobs)


def test_the_graph_of_a_control_is_that_of_its_repeat() -> None:
    """The same object for all targets of a repeat, and another one in the next."""
    of = controlled().scenarios[0]
    jobs = list(plan(controlled(), ["t1", "t2"], repeats=3, arms=["shuffled"], seed=7))
    for job in jobs:
        expected = played(of, "shuffled", UNSPECIFIED, Chance(7, "a", job.key.repeat))
        assert asdict(job.graph) == asdict(expected)
    assert [job.graph is other.graph for job, other in pairwise(jobs)] == [True, False] * 2 + [True]


HOWS: list[dict[str, Any]] = [
    {"walk": walk, "mode": mode, "arms": ["all"]}
    for walk in ("random", "edge-cover")
    for mode in ("closed", "forced")
]


@pytest.mark.parametrize("how", HOWS, ids=lambda how: f"{how['walk']}-{how['mode']}")
def test_controls_follow_the_replies_whatever_the_walk(how: dict[str, Any]) -> None:
    """Only the arms that somebody wrote are planned; forced mode draws a path for each repeat."""
    for job in plan(controlled(), ["t1"], repeats=2, **how):
        if job.key.arm not in ("restricted", "benign", "near_miss"):
            assert (job.path is None) == (how["mode"] == "closed")
            if job.path is not None:
                chance = Chance(0, job.key.scenario, job.key.repeat)
                assert job.path == draw_path(job.graph, chance)


@pytest.mark.parametrize("how", HOWS, ids=lambda how: f"{how['walk']}-{how['mode']}")
def test_positions_count_controls_and_their_draws(how: dict[str, Any]) -> None:
    """By arithmetic; what is done is not planned again; shards are the whole and nothing twice."""
    made = plan(controlled(), ["t1", "t2"], repeats=3, **how)
    jobs = list(made)
    assert len(made) == len(jobs) == made.whole
    assert [made.position(str(job.key)) for job in jobs] == [*range(len(jobs))]
    done = Done(made)
    for job in jobs[::3]:
        done.add(str(job.key))
    assert list(made.jobs(done=done)) == [job for n, job in enumerate(jobs) if n % 3]
    parts = [
        plan(controlled(), ["t1", "t2"], repeats=3, shard=Shard(i, 4), **how) for i in range(1, 5)
    ]
    assert sorted(job.key for part in parts for job in part) == sorted(job.key for job in jobs)
    for part in parts:
        assert [part.position(str(job.key)) for job in part] == [
            made.position(str(job.key)) for job in part
        ]


@pytest.mark.parametrize(
    "key",
    [
        "a/resample/t1/1/0/-",
        "a/resample/t1/1/resample.7/-",
        "a/resample/t1/1/fresh.1/-",
        "a/restricted/t1/1/resample.1/-",
        "a/direct/t1/1/resample.1/-",
        "b/shuffled/t1/1/0/-",
        "a/ability/t1/1/0/-",
    ],
)
def test_a_draw_that_nobody_planned_has_no_position(key: str) -> None:
    """Nor has a control that its scenario does not have."""
    assert plan(controlled(), ["t1"], repeats=1, arms=["all"]).position(key) is None


def test_coverage_counts_what_somebody_wrote() -> None:
    """The graphs of the authored arms, authored controls among them."""
    made = plan(controlled(), ["t1"], repeats=1, arms=["all"])
    found = [(graph.scenario, graph.arm) for graph in made.graphs]
    assert found == [("a", "restricted"), ("a", "benign"), ("a", "near_miss"), ("b", "restricted")]


# -- positions, and what is done --------------------------------------------------------------


@pytest.mark.parametrize(("walk", "mode", "in_a_repeat"), WALKS)
def test_a_position_is_a_place_in_the_order(walk: str, mode: str, in_a_repeat: int) -> None:
    """By arithmetic, from the text of a key."""
    made = plan(branching(), ["t1", "t2"], repeats=3, walk=walk, mode=mode)
    assert [made.position(str(job.key)) for job in made] == [*range(in_a_repeat * 2 * 3)]


@pytest.mark.parametrize(
    "key",
    [
        "a/restricted/t1/3/0/-",
        "a/restricted/t1/0/0/-",
        "a/restricted/t3/1/0/-",
        "a/other/t1/1/0/-",
        "c/restricted/t1/1/0/-",
        "a/restricted/t1/1/resample.1/-",
        "a/restricted/t1/1/0/01234567",
        "a/restricted/t1/one/0/-",
        "a/restricted/t1",
        "",
    ],
)
def test_a_key_of_another_plan_has_no_position(key: str) -> None:
    """Another repeat, target, arm, scenario, draw or path, or no key at all."""
    made = plan(branching(), ["t1", "t2"], repeats=2)
    done = Done(made)
    done.add(key)
    assert made.position(key) is None
    assert (len(done), None in done) == (0, False)


def test_what_is_done_is_not_planned_again() -> None:
    """A dialogue counts once, however often it is added."""
    made = plan(branching(), ["t1", "t2"], repeats=2, walk="all-paths")
    jobs = list(made)
    done = Done(made)
    for job in jobs[::3] * 2:
        done.add(str(job.key))
    assert len(done) == len(jobs[::3])
    assert [n in done for n in range(len(jobs))] == [n % 3 == 0 for n in range(len(jobs))]
    assert list(made.jobs(done=done)) == [job for n, job in enumerate(jobs) if n % 3]


@pytest.mark.parametrize("targets", [None, ["t2"], ["t2", "t1"], []])
@pytest.mark.parametrize("repeat", [None, 1, 2, 3])
@pytest.mark.parametrize("scenarios", [None, ["b"], []])
def test_a_part_of_a_plan(
    targets: list[str] | None, repeat: int | None, scenarios: list[str] | None
) -> None:
    """By target, repeat and scenario, in the plan's own order, without what is done."""
    made = plan(branching(), ["t1", "t2"], repeats=2, walk="all-paths")
    jobs = list(made)
    done = Done(made)
    for job in jobs[::5]:
        done.add(str(job.key))
    wave = Wave(
        None if repeat is None else range(repeat, repeat + 1),
        None if scenarios is None else {one for one in made.series if one.scenario in scenarios},
    )
    assert made.count(done=done, wave=wave) == len(list(made.jobs(done=done, wave=wave)))
    found = made.jobs(done=done, targets=targets, wave=wave)
    assert list(found) == [
        job
        for n, job in enumerate(jobs)
        if n % 5
        and (targets is None or job.key.target in targets)
        and (repeat is None or job.key.repeat == repeat)
        and (scenarios is None or job.key.scenario in scenarios)
    ]


# -- shards -----------------------------------------------------------------------------------


def shards(n: int, repeats: int, **how: Any) -> list[Plan]:
    """The parts of a plan."""
    return [
        plan(branching(), ["t1", "t2"], repeats=repeats, shard=Shard(i, n), **how)
        for i in range(1, n + 1)
    ]


@pytest.mark.parametrize(
    ("n", "repeats"), [(1, 1), (2, 1), (2, 2), (3, 2), (3, 5), (7, 5), (10, 5)]
)
@pytest.mark.parametrize("how", [{}, {"walk": "all-paths"}, {"mode": "forced"}])
def test_shards_are_the_whole_plan_and_nothing_twice(
    n: int, repeats: int, how: dict[str, Any]
) -> None:
    """Each a part of it in its order; their positions are those of the whole."""
    whole = list(plan(branching(), ["t1", "t2"], repeats=repeats, **how))
    parts = shards(n, repeats, **how)
    keys = [job.key for part in parts for job in part]
    assert sorted(keys) == sorted(job.key for job in whole)
    positions = {job.key: position for position, job in enumerate(whole)}
    for part in parts:
        mine = [job.key for job in part]
        assert (len(part), part.whole) == (len(mine), len(whole))
        assert mine == sorted(mine, key=positions.__getitem__)
        assert all(
            part.position(str(key)) == (position if key in mine else None)
            for key, position in positions.items()
        )


@given(st.integers(1, 9), st.integers(1, 9))
def test_what_shares_replies_stays_in_one_shard(n: int, repeats: int) -> None:
    """All of a (scenario, repeat); the numbers of these differ by one at most."""
    groups = [
        {
            (number, repeat)
            for number in range(3)
            for repeat in Shard(i, n).repeats_of(number, repeats)
        }
        for i in range(1, n + 1)
    ]
    assert sorted(pair for group in groups for pair in group) == [
        *product(range(3), range(1, repeats + 1))
    ]
    assert max(map(len, groups)) - min(map(len, groups)) <= 1


def test_a_shard_knows_what_is_done_in_it() -> None:
    """A row of another shard counts for nothing."""
    mine, other = shards(2, 2)
    done = Done(mine)
    for job in [*mine, *other]:
        done.add(str(job.key))
    assert len(done) == len(mine)
    assert list(mine.jobs(done=done)) == []


@pytest.mark.parametrize(("text", "shard"), [("1/1", Shard(1, 1)), ("2/8", Shard(2, 8))])
def test_a_shard_is_written_as_on_the_command_line(text: str, shard: Shard) -> None:
    """Counted from 1."""
    assert (Shard.parse(text), str(shard)) == (shard, text)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", "-1/2", " 1/2", ""])
def test_no_shard(text: str) -> None:
    """The message shows how one is written."""
    with pytest.raises(InputError) as error:
        Shard.parse(text)
    assert str(error.value) == (
        f"{text!r} is no shard; write I/N, the I-th of N parts, such as 1/8 to 8/8"
    )


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            {"walk": "all"},
            "'all' is no walk; allowed: random, all-paths, edge-cover, pair-cover, chosen",
        ),
        (
            {"mode": "force"},
            "'force' is no mode to run in; did you mean 'forced'? Allowed: closed, forced",
        ),
        ({"mode": "recorded"}, "'recorded' is no mode to run in; allowed: closed, forced"),
        (
            {"shard": Shard(5, 5)},
            "shard 5/5 has nothing to run: a plan is divided by scenario and repeat, and of these "
            "there are 4; use fewer shards",
        ),
    ],
)
def test_no_way_to_plan(how: dict[str, Any], message: str) -> None:
    """Found before anything is called, and said in one line."""
    with pytest.raises(InputError) as error:
        plan(branching(), ["t1"], repeats=2, **how)
    assert str(error.value) == message


def test_keys_are_told_apart_by_their_path() -> None:
    """As text and back."""
    keys = [job.key for job in plan(branching(), ["t1"], repeats=1, walk="all-paths")]
    assert [Key.parse(str(key)) for key in keys] == keys
