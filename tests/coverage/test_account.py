"""How much of how much, what is missing, and why."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.coverage import Account, Gathered, Measure, Share, Why
from convsim.dialogue import simulate
from convsim.graph import Graph, graph_of
from convsim.moves import MOVES
from convsim.paths import Path
from convsim.policy import UNSPECIFIED
from convsim.reading import Reading
from convsim.renderers import Templates
from convsim.testing import Reader, Script
from convsim.transcript import Failure, Key, Mode, Transcript
from tests.build import CLARIFY, COMPLIANCE, REFUSAL, UNABLE, asking, play, scenario

STATES: dict[str, Any] = {
    "open": asking(next={"refused": "push", "otherwise": "end"}),
    "push": asking(
        "push_back.repeat", visits=1, then="claim", next={"refused": "push", "otherwise": "end"}
    ),
    "claim": asking("claim_authority.org_approval", visits=1, then="end"),
}
SCENARIO = scenario(STATES, arms={"benign": {"expect": "help"}})
GRAPHS = [graph_of(SCENARIO, arm, UNSPECIFIED) for arm in SCENARIO.arm_names]


async def played(*readings: Reading, target: str = "t1", of: Graph = GRAPHS[0]) -> Transcript:
    key = Key("s", of.arm, target, 1, "0", "-")
    made = await play(of, *[("[reply]", reading) for reading in readings], key=key)
    assert not isinstance(made, Failure)
    return made


def account(*transcripts: Transcript, graphs: list[Graph] = GRAPHS) -> Account:
    return Account(Gathered(graphs, ["t1", "t2"], lambda _: transcripts), lambda place, id: None)


async def test_a_share_is_of_what_replies_lead_to() -> None:
    """Of six transitions an arm; nothing leads back to the claim, so that its `then` is beside."""
    found = account(await played(REFUSAL, COMPLIANCE), await played(COMPLIANCE, target="t2"))
    assert found.shares()[Measure.TRANSITIONS] == Share(3, 12, unreachable=2)
    assert found.shares("t1")[Measure.TRANSITIONS] == Share(2, 12, unreachable=2)
    assert found.shares("t2")[Measure.TRANSITIONS] == Share(1, 12, unreachable=2)
    assert found.shares()[Measure.STATES] == Share(3, 8)
    assert found.shares()[Measure.LABELS] == Share(3, 60)
    assert found.moves() == Share(2, 3)
    assert found.table_of_moves == Share(3, len(MOVES))


async def test_what_is_missing_says_why() -> None:
    """The other arm was never played; in this one nobody complied when pushed."""
    found = account(await played(REFUSAL, REFUSAL, COMPLIANCE))
    missing = {(it.arm, str(it.thing)): it for it in found.missing(Measure.TRANSITIONS)}
    assert {it.why for (arm, _), it in missing.items() if arm == "benign"} == {
        Why.NEVER_SCHEDULED,
        Why.UNREACHABLE,
    }
    told = {thing: (it.why, it.opens) for (arm, thing), it in missing.items() if arm != "benign"}
    assert told == {
        "open -otherwise-> end": (
            Why.CLOSED,
            "needs a reply that is unclear, compliance, hedged_compliance or 4 more in 'open'; "
            "met there: refusal 1",
        ),
        "push -otherwise-> end": (
            Why.CLOSED,
            "needs a reply that is unclear, compliance, hedged_compliance or 4 more in 'push'; "
            "met there: refusal 1",
        ),
        "claim -then-> end": (Why.UNREACHABLE, "no replies lead there"),
    }


async def test_of_forced_dialogues_it_says_that_replies_open_nothing() -> None:
    """Whether they came by a state or not; what they did not come by was in no path."""
    path = Path(("open", "end"))
    forced = await simulate(
        GRAPHS[0],
        Script(["[reply]"]),
        Key("s", "restricted", "t1", 1, "0", path.id),
        classifier=Reader([REFUSAL]),
        renderer=Templates(),
        seed=7,
        path=path,
        mode=Mode.FORCED,
    )
    assert isinstance(forced, Transcript)
    of = Account(Gathered(GRAPHS[:1], ["t1"], lambda _: [forced]), lambda place, id: path.states)
    told = {it.opens for it in of.missing(Measure.TRANSITIONS) if it.why is Why.NEVER_SCHEDULED}
    assert told == {"in forced mode replies open no transitions"}
    states = {str(it.thing): it.opens for it in of.missing(Measure.STATES)}
    assert states == dict.fromkeys(["push", "claim"], "no path that was played comes by")


async def test_where_nobody_came_it_says_how_to_come_there() -> None:
    found = account(await played(COMPLIANCE))
    opens = {
        str(it.thing): it.opens for it in found.missing(Measure.TRANSITIONS) if it.arm != "benign"
    }
    assert opens["open -refused-> push"] == (
        "needs a reply 'refused' in 'open'; met there: compliance 1"
    )
    assert opens["push -refused-> push"] == (
        "nobody came to 'push'; it comes after open -refused-> push"
    )
    assert opens["push -then-> claim"].startswith("nobody came to 'push'")
    (claim,) = (
        it for it in found.missing(Measure.STATES) if (it.arm, it.thing) == ("restricted", "claim")
    )
    assert claim.opens == "it comes after push -then-> claim"


async def test_a_question_that_was_answered_opened_nothing() -> None:
    asked = scenario(
        {"open": asking(next={"refused": "end", "complied": "end", "unable": "end",
                              "safe_answer": "end", "unclear": "end", "otherwise": "end"})},
        clarified=["[it]"],
    )  # fmt: skip
    of = graph_of(asked, "restricted", UNSPECIFIED)
    found = account(await played(CLARIFY, UNABLE, of=of), graphs=[of])
    opens = {str(it.thing): it.opens for it in found.missing(Measure.TRANSITIONS)}
    assert (
        opens["open -otherwise-> end"] == "clarify came once in 'open', and `clarified` answered it"
    )


async def test_the_matrix_counts_moves_by_rule_and_arm() -> None:
    cells = {cell.arm: cell for cell in account(await played(REFUSAL, COMPLIANCE)).cells()}
    assert cells["restricted"].moves == {
        "ask.direct": 1, "push_back.repeat": 1, "claim_authority.org_approval": 0,
    }  # fmt: skip
    assert cells["restricted"].share() == Share(2, 3)
    assert cells["restricted"].share("push_back") == Share(1, 1)
    assert cells["benign"].share() == Share(0, 3)


async def test_as_data() -> None:
    data = account(await played(COMPLIANCE)).to_dict()
    assert data["all"]["transitions"] == {"covered": 1, "of": 12, "unreachable": 2, "share": 1 / 12}
    assert data["targets"]["t2"]["transitions"]["covered"] == 0
    assert data["scenarios"]["s"] == data["all"]
    assert {it["measure"] for it in data["missing"]} == {"states", "transitions", "pairs", "labels"}
    assert {it["why"] for it in data["missing"]} == {
        "never scheduled", "closed by the replies", "not reachable",
    }  # fmt: skip


@pytest.mark.parametrize("measure", Measure)
async def test_covered_and_missing_are_everything(measure: Measure) -> None:
    found = account(await played(REFUSAL, COMPLIANCE))
    share = found.shares()[measure]
    assert share.covered + len(found.missing(measure)) == share.of + share.unreachable
