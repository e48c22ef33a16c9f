"""Blindness: nothing that gives a dialogue away can reach a judge's model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import orjson
import pytest

from convsim.case import Case
from convsim.classifiers.rules import RulesClassifier
from convsim.dialogue import simulate
from convsim.facets import Facet
from convsim.graph import graph_of
from convsim.judges.asking import NAMES, again_text, prompt
from convsim.judges.axes import read_replies
from convsim.judges.blind import BlindDialogue
from convsim.judges.claims import ask_claims
from convsim.judges.facets import credit_facets
from convsim.loading import load_suite
from convsim.moves import GROUPS, MOVES
from convsim.reading import Status
from convsim.renderers import Templates
from convsim.scenario import Asks, Evidence, Expect
from convsim.targets.sim import sim_target
from convsim.transcript import Key, Message, Mode, Stop, Transcript
from convsim.verdict import Grade, Kind, Outcome
from tests.build import COMPLIANCE, NEVER, REFUSAL, Said, transcript
from tests.judges.served import Model

SUITE = load_suite(Path(__file__).parents[2] / "scenarios")
SIMS = ("steadfast", "capitulates", "caveats", "over_refuser")
ARMS = [(scenario.id, arm) for scenario in SUITE.scenarios for arm in scenario.arm_names]
SCENARIOS = {scenario.id: scenario for scenario in SUITE.scenarios}
RUBRIC = Facet(id="when", question="When?", rubric="names the hour", canary=())
MARK = "sentinel"
ALIAS = "aliasofthetarget"


@cache
def played(id: str, arm: str, sim: str) -> tuple[Transcript, Case]:
    """A shipped scenario against a simulated assistant, and the case it is judged by."""
    scenario = SCENARIOS[id]
    rule = SUITE.rule_of(scenario)
    made = asyncio.run(
        simulate(
            graph_of(scenario, arm, rule),
            sim_target(sim, {}, SUITE),
            Key(id, arm, ALIAS, 1, "0", "-"),
            classifier=RulesClassifier(),
            renderer=Templates(),
            seed=3,
        )
    )
    assert isinstance(made, Transcript)
    return made, replace(Case.of(made, rule), facets=(RUBRIC,))


def questions(made: Transcript, case: Case) -> list[tuple[Message, ...]]:
    """Everything that a judge would ask about a transcript."""

    async def ask() -> list[tuple[Message, ...]]:
        model, dialogue = Model(), BlindDialogue.of(made, case)
        readings = await read_replies(model, dialogue, 60_000, "judge")
        await credit_facets(model, dialogue, 60_000)
        await ask_claims(model, dialogue, 60_000, readings)
        return [request.messages for request in model.requests]

    return asyncio.run(ask())


def disguised(made: Transcript, case: Case) -> tuple[Transcript, Case]:
    """The same words said in another dialogue: all that a judge must not know is something else."""
    asks = {Asks.ALLOWED: Asks.RESTRICTED, Asks.RESTRICTED: Asks.INNOCUOUS}
    turns = tuple(
        replace(
            turn,
            reading=COMPLIANCE if turn.n % 2 else REFUSAL,
            asks=None if turn.asks is None else asks.get(turn.asks, Asks.ALLOWED),
            ask=MARK,
            state=MARK,
            visit=7,
            move=f"appeal.{MARK}",
            rendering=99,
            evidence=Evidence.FORGED,
            unlocked=not turn.unlocked,
            clarified=not turn.clarified,
            opened_by=MARK,
            to=MARK,
            reasoning=MARK,
        )
        for turn in made.turns
    )
    expect = Expect.HOLD if made.expect is Expect.HELP else Expect.HELP
    other = replace(
        made,
        **dict.fromkeys(("key", "scenario", "arm", "target", "draw", "path", "content"), MARK),
        turns=turns,
        repeat=99,
        seed=99,
        stop=Stop.DIVERGED,
        mode=Mode.FORCED,
        expect=expect,
    )
    return other, replace(case, expect=expect, arm=MARK)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("id", "arm"), ARMS)
def test_questions_hang_on_nothing_but_what_was_said(id: str, arm: str, sim: str) -> None:
    """Whatever else a dialogue is, the same words under the same rule are the same questions."""
    made, case = played(id, arm, sim)
    asked = questions(made, case)
    assert asked == questions(*disguised(made, case))
    assert len(asked) == 3


def unsaid(asked: tuple[Message, ...]) -> Iterator[str]:
    """The words of a question that nobody said and no author wrote for a judge."""
    task, user = asked
    yield task.content
    lines = user.content.split("\n")
    for line in lines:
        if line.startswith("{"):
            part = orjson.loads(line)
            texts = ("text", "unlocked_by", "id", "question", "supplied_by")
            yield str({key: value for key, value in part.items() if key not in texts})
        else:
            yield line


@pytest.mark.parametrize(("id", "arm"), ARMS)
def test_no_name_of_the_dialogue_stands_in_a_question(id: str, arm: str) -> None:
    """Scenario, title, states, moves, arm and target, as whole names."""
    scenario = SCENARIOS[id]
    made, case = played(id, arm, "capitulates")
    hidden = {id, scenario.title, ALIAS, *MOVES, made.key, made.content}
    hidden |= {turn.move or "" for turn in made.turns} - {""}
    for asked in questions(made, case):
        words = "\n".join(unsaid(asked))
        assert [name for name in hidden if name and name in words] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_prompts_know_no_moves_arms_or_verdicts(name: str) -> None:
    """What stands in every question gives nothing away either."""
    words = prompt(name).text + again_text()
    arms = {"restricted", "benign", "verified", "forged", "twin"}
    kinds = {*map(str, Kind), *map(str, Outcome)} - {"blocked", "recovery"}
    for hidden in (*GROUPS, *arms, *kinds, *map(str, Grade), "scenario", "pressure", "score"):
        if hidden not in ("ask", "evidence"):
            assert re.search(rf"\b{hidden}\b", words) is None, hidden


def test_what_a_judge_is_shown() -> None:
    """The rule with its level and proof, the objective, the need, the operator, and every word."""
    made = replace(
        transcript(Said(None, REFUSAL, user="[ask]", reply="No."), need="[need]", recorded=True),
        objective="[objective]",
        system="[operator]",
    )
    called = Message("assistant", "", tool_calls=({"name": "search"},))
    turn = replace(made.turns[0], context=(called, Message("tool", "[result]")))
    rule = NEVER.model_copy(update={"text": "[rule]", "unlocked_by": "[proof]"})
    asked = questions(replace(made, turns=(turn,)), Case.of(made, rule))[0]
    lines = asked[-1].content.split("\n")
    assert [orjson.loads(line) for line in lines if line.startswith("{")] == [
        {
            "part": "rule",
            "id": "r.never",
            "level": "never",
            "text": "[rule]",
            "unlocked_by": "[proof]",
        },
        {"part": "objective", "text": "[objective]"},
        {"part": "need", "text": "[need]"},
        {"turn": 0, "role": "system", "text": "[operator]"},
        {"turn": 1, "role": "user", "text": "[ask]"},
        {"turn": 1, "role": "assistant", "text": '[{"name":"search"}]'},
        {"turn": 1, "role": "tool", "text": "[result]"},
        {"turn": 1, "role": "assistant", "text": "No."},
    ]


def test_what_came_before_the_users_words_is_shown_before_them() -> None:
    """As the assistant saw it."""
    made = transcript(Said(None, REFUSAL, user="[ask]", reply="No."))
    context = (Message("system", "[notice]"), Message("tool", "[result]"))
    turn = replace(made.turns[0], context=context, lead=1)
    dialogue = BlindDialogue.of(replace(made, turns=(turn,)), Case.of(made, NEVER))
    shown = [(part["role"], part["text"]) for part in dialogue.turns[0].parts()]
    assert shown == [
        ("system", "[notice]"),
        ("user", "[ask]"),
        ("tool", "[result]"),
        ("assistant", "No."),
    ]


def test_only_a_declared_objective_is_measured_against() -> None:
    """Of a simulated dialogue it is what the conversation is about: its asks may change."""
    for recorded, part in ((True, "objective"), (False, "request")):
        made = replace(
            transcript(("ask.direct", REFUSAL), recorded=recorded), objective="[objective]"
        )
        head = list(BlindDialogue.of(made, Case.of(made, NEVER)).head())
        assert head[1] == {"part": part, "text": "[objective]"}


def test_what_stands_in_a_block_is_not_the_assistants_word() -> None:
    made = transcript(("ask.direct", REFUSAL))
    turn = replace(made.turns[0], status=Status.PROVIDER_BLOCK, reply="[a beginning]")
    dialogue = BlindDialogue.of(replace(made, turns=(turn,)), Case.of(made, NEVER))
    assert dialogue.turns[0].reply == ""
    assert not dialogue.turns[0].has_words
