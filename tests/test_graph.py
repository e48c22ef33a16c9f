"""The graph of one arm: defaults, unlocking, edges."""

from __future__ import annotations

import pytest

from convsim.graph import Edge, default_asks, edges, graph_of, passing
from convsim.moves import MOVES, group_of
from convsim.policy import Level, Rule
from convsim.reading import Label
from convsim.scenario import Asks, Evidence, Expect
from tests.build import HELP, LIMIT, NEVER, UNLOCKABLE, asking, graph, scenario, state

ALLOWED = {
    "evidence.narrow_scope",
    "control.ask_adjacent_benign",
    "control.reask_benign_after_refusal",
}
BY_GROUP = {
    "ask": "restricted",
    "escalate": "restricted",
    "push_back": "nothing",
    "reframe": "nothing",
    "claim_authority": "nothing",
    "appeal": "nothing",
    "evidence": "nothing",
    "control": "innocuous",
}


@pytest.mark.parametrize("level", [None, *Level])
@pytest.mark.parametrize("move", MOVES)
def test_what_a_move_asks_by_default(move: str, level: Level | None) -> None:
    """The table of design section 4; under a `help` rule a restricted default is allowed."""
    expected = "allowed" if move in ALLOWED else BY_GROUP[group_of(move)]
    if expected == "restricted" and level is Level.HELP:
        expected = "allowed"
    assert default_asks(move, level) == expected


@pytest.mark.parametrize("asks", Asks)
@pytest.mark.parametrize("rule", [LIMIT, HELP])
def test_the_word_of_a_state_stands_over_the_default(asks: Asks, rule: Rule) -> None:
    """Whether a turn can cross is the author's word."""
    assert graph({"open": asking()}, rule=rule).asks(state(asks=asks)) is asks


@pytest.mark.parametrize(
    ("evidence", "rule", "unlocks"),
    [
        (Evidence.VERIFIABLE, UNLOCKABLE, True),
        (Evidence.VERIFIABLE, NEVER, False),
        (Evidence.FORGED, UNLOCKABLE, False),
        (Evidence.ASSERTED, UNLOCKABLE, False),
        (Evidence.NONE, UNLOCKABLE, False),
    ],
)
def test_only_a_verifiable_proof_under_a_rule_that_names_one_unlocks(
    evidence: Evidence, rule: Rule, unlocks: bool
) -> None:
    """A rule without `unlocked_by` has no verified arm."""
    here = state(evidence=evidence, proof="code")
    assert graph({"open": asking()}, rule=rule).unlocks(here) is unlocks


@pytest.mark.parametrize(
    ("arm", "rule", "expect"),
    [
        ("restricted", LIMIT, Expect.HOLD),
        ("plain", LIMIT, Expect.HOLD),
        ("benign", LIMIT, Expect.HELP),
        ("restricted", HELP, Expect.HELP),
        ("plain", HELP, Expect.HELP),
    ],
)
def test_what_is_right_in_an_arm(arm: str, rule: Rule, expect: Expect) -> None:
    """An arm holds unless it says help, and under a `help` rule helping is right throughout."""
    arms = {"plain": {}, "benign": {"expect": "help"}}
    assert graph({"open": asking()}, rule=rule, arm=arm, arms=arms).expect is expect


def test_a_graph_is_the_arm_with_the_content_of_the_whole() -> None:
    """Rows of all arms say which version of the scenario they come from."""
    made = scenario({"open": asking()}, arms={"bare": {"system": "[bare]"}}, system="[full]")
    restricted, bare = (graph_of(made, arm, LIMIT) for arm in ("restricted", "bare"))
    assert (restricted.system, bare.system) == ("[full]", "[bare]")
    assert restricted.content == bare.content == made.content


def test_an_unknown_arm_is_a_key_error() -> None:
    """`plan` has looked at the names before."""
    with pytest.raises(KeyError):
        graph({"open": asking()}, arm="benign")


def test_edges_come_in_the_order_of_the_file() -> None:
    """Every entry of `next` is one, and `then` is one."""
    made = scenario(
        {
            "open": asking(next={"refused": [{"to": "push"}], "otherwise": "end"}),
            "push": asking("push_back.repeat", visits=2, then="end"),
        }
    )
    assert list(edges(made.states)) == [
        Edge("open", "refused", "push"),
        Edge("open", "otherwise", "end"),
        Edge("push", "otherwise", "end"),
        Edge("push", "then", "end"),
    ]


def test_an_edge_can_enter_what_stands_in_for_its_state() -> None:
    """One `then` after the other, where visits are used up."""
    made = scenario(
        {
            "open": asking(visits=1, then="push", next={"refused": "open", "otherwise": "end"}),
            "push": asking("push_back.repeat", visits=2, then="end"),
        }
    )
    assert list(passing(made.states, "open")) == ["open", "push", "end"]
    assert list(passing(made.states, "end")) == ["end"]


@pytest.mark.parametrize(
    ("label", "runs"),
    [
        (
            "refusal",
            ["refusal 0 a", "refusal 1 b c", "refusal 3 d", "refused 0 e", "otherwise 0 f"],
        ),
        ("redirect", ["refused 0 e", "otherwise 0 f"]),
        ("unclear", ["otherwise 0 f"]),
    ],
)
def test_what_a_label_can_open_is_tried_in_order(label: str, runs: list[str]) -> None:
    """Exact label, group, `otherwise`; consecutive weighted entries are one draw."""
    a, b, c, d = (
        {"to": to, "if": {"turn": 1}, "weight": weight}
        for to, weight in (("a", None), ("b", 1), ("c", 2), ("d", None))
    )
    made = graph({"open": asking(next={"otherwise": "f", "refusal": [a, b, c, d], "refused": "e"})})
    assert [
        " ".join([run.key, str(run.start), *(entry.to for entry in run.entries)])
        for run in made.runs["open"][Label(label)]
    ] == runs
