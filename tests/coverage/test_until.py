"""When it is enough: what counts as covered, by whom, and before which repeat."""

from __future__ import annotations

import pytest

from convsim.api import simulate
from convsim.coverage import Coverage, Measure, Until, shares_in
from convsim.errors import InputError
from convsim.graph import graph_of
from convsim.scenario import Scenario, State, ask
from convsim.transcript import Transcript
from tests.small import RULE, SCENARIO, SUITE, Plain, gives_in, holds

GRAPHS = [graph_of(SCENARIO, arm, RULE) for arm in SCENARIO.arm_names]
NAME = SCENARIO.id


async def helps(messages: list[dict[str, object]]) -> str:
    """Complies at once."""
    return "Yes."


async def walked(target: object, *, arm: str = "restricted", repeat: int = 1) -> Transcript:
    return await simulate(SUITE, target, arm=arm, repeat=repeat, classifier=Plain())  # type: ignore[arg-type]


# -- the condition


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("coverage=0.9", 0.9),
        ("coverage=1", 1.0),
        ("coverage=90%", 0.9),
        ("coverage=100%", 1.0),
        ("coverage = .5", 0.5),
    ],
)
def test_what_is_enough(text: str, share: float) -> None:
    assert Until.parse(text) == Until({Measure.TRANSITIONS: share})


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("coverage=transitions:0.9", {"transitions": 0.9}),
        ("coverage=transitions:0.9,pairs:50%", {"transitions": 0.9, "pairs": 0.5}),
        ("coverage = states:1 , labels:.3", {"states": 1.0, "labels": 0.3}),
        ("coverage=0.9,pairs:0.5", {"transitions": 0.9, "pairs": 0.5}),
    ],
)
def test_several_measures_at_once(text: str, shares: dict[str, float]) -> None:
    """A share without a name is one of the transitions."""
    assert Until.parse(text) == Until({Measure(name): share for name, share in shares.items()})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("coverage=edges:0.9", "'edges' is nothing to cover; allowed: states, transitions"),
        ("coverage=state:1", "did you mean 'states'"),
        ("coverage=pairs:2", "'pairs:2' is no share of pairs to cover"),
        ("coverage=0.9,transitions:0.8", "once for each"),
        ("coverage=pairs:", "'pairs:' is no share of pairs"),
    ],
)
def test_what_is_wrong_with_a_measure(text: str, why: str) -> None:
    with pytest.raises(InputError) as error:
        Until.parse(text)
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("text", "share"), [("100", 1.0), ("1", 0.01), ("99.5", 0.995), ("transitions:50%", 0.5)]
)
def test_in_percent(text: str, share: float) -> None:
    """As `--fail-under` has it."""
    assert shares_in(text, percent=True) == {Measure.TRANSITIONS: share}


@pytest.mark.parametrize(
    "text",
    ["", "0.9", "coverage", "coverage=", "coverage=0", "coverage=1.1", "coverage=90", "coverage=-1",
     "coverage=101%", "coverage=nan", "coverage=all", "turns=3"],
)  # fmt: skip
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(InputError, match=r"is no condition to stop at; allowed: coverage=C"):
        Until.parse(text)


# -- what counts
#
# Each arm has five transitions: out of `open` and out of `push`, `refused` and `otherwise`; and the
# one of `then`, when `push` is used up.


@pytest.mark.parametrize(
    ("targets", "share"),
    [
        ([], 0),
        ([holds], 3 / 10),  # open refused, push refused, push then
        ([gives_in], 2 / 10),  # open refused, push otherwise
        ([helps], 1 / 10),  # open otherwise
        ([holds, gives_in], 4 / 10),
        ([holds, gives_in, helps], 5 / 10),
        ([holds, holds], 3 / 10),
    ],
)
async def test_a_transition_counts_once(targets: list[object], share: float) -> None:
    coverage = Coverage(GRAPHS, ["t1"])
    for target in targets:
        coverage.add(await walked(target))
    assert coverage.share(NAME, before=2) == share


async def test_every_arm_has_to_be_walked() -> None:
    coverage = Coverage(GRAPHS, ["t1"])
    for arm in SCENARIO.arm_names:
        for target in (holds, gives_in, helps):
            coverage.add(await walked(target, arm=arm))
    assert coverage.share(NAME, before=2) == 1
    alone = Coverage(GRAPHS[:1], ["t1"])
    for target in (holds, gives_in, helps):
        alone.add(await walked(target))
    assert alone.share(NAME, before=2) == 1


async def test_the_target_that_walked_least_decides() -> None:
    """A transition that only one target opened says nothing about the other."""
    coverage = Coverage(GRAPHS, ["t1", "t2"])
    for target in (holds, gives_in, helps):
        coverage.add(await walked(target))
    assert coverage.share(NAME, before=2) == 0


async def test_later_repeats_do_not_count() -> None:
    """However the dialogues end, what is asked before a repeat has one answer."""
    early, late = await walked(helps, repeat=2), await walked(helps, repeat=5)
    for order in ([early, late], [late, early]):
        coverage = Coverage(GRAPHS, ["t1"])
        for transcript in order:
            coverage.add(transcript)
        shares = [coverage.share(NAME, before=n) for n in (1, 2, 3, 6)]
        assert shares == [0, 0, 1 / 10, 1 / 10]


async def test_scenarios_are_covered_on_their_own() -> None:
    other = Scenario(
        "other",
        rule="small",
        start="a",
        states=[State("a", ask("Hello?"), next={"otherwise": "end"}), State("end", final=True)],
    )
    coverage = Coverage([*GRAPHS, graph_of(other, "restricted", RULE)], ["t1"])
    coverage.add(await walked(holds))
    assert (coverage.share(NAME, before=2), coverage.share("other", before=2)) == (3 / 10, 0)


async def test_controls_are_not_covered() -> None:
    """They are repeated as long as their scenario is; one of controls alone never ends early."""
    coverage = Coverage(GRAPHS, ["t1"])
    coverage.add(await walked(holds))
    share = coverage.share(NAME, before=2)
    coverage.add(await walked(holds, arm="direct"))
    assert coverage.share(NAME, before=2) == share
    alone = Coverage([], ["t1"])
    alone.add(await walked(holds, arm="direct"))
    assert alone.share(NAME, before=9) == 0
