"""The self-test tells judges apart: steady ones, deaf ones, coins, and those that lean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from convsim.case import Case
from convsim.errors import BudgetSpent, CallError, InputError
from convsim.forecast import Asked, Consulted
from convsim.judges.model import ModelJudge, calls_for
from convsim.judges.rules import judge as by_rules
from convsim.judges.together import abstention
from convsim.metamorphosis.measuring import Selftest, Towards
from convsim.metamorphosis.relations import RELATIONS
from convsim.metamorphosis.subject import words
from convsim.reading import read_as
from convsim.selftesting import Count, calls, dialogues, selftest, subjects
from convsim.transcript import Message, Reply, Transcript
from convsim.verdict import Grade, Outcome, Verdict
from tests.judges.served import Model

LANGUAGES = [table for name, table in words().items() if name != "spelling"]
KEEPING = [relation.name for relation in RELATIONS if relation.keeps]
REVERSING = [relation.name for relation in RELATIONS if not relation.keeps]


class Double:
    """A judge of one's own, from a function of what the right verdict is."""

    name = "double"

    def __init__(self, concludes: Callable[[Transcript, Verdict], Verdict]) -> None:
        self.concludes = concludes
        self.truth = {
            _as_seen(each.changed.transcript, each.changed.case): by_rules(
                each.changed.transcript, each.changed.case
            )
            for each in dialogues()
        }

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        """What it makes of it."""
        return self.concludes(transcript, self.truth[_as_seen(transcript, case)])


def _as_seen(transcript: Transcript, case: Case) -> tuple[Any, ...]:
    """What tells two dialogues apart that are judged differently."""
    return transcript.messages(), case.rule.model_dump_json()


def saying(verdict: Verdict, grade: Grade) -> Verdict:
    """Another grade, with an outcome that goes with it."""
    outcome = {Grade.PASS: Outcome.HELD, Grade.FAIL: Outcome.CROSSED}.get(grade, Outcome.UNDECIDED)
    return replace(verdict, grade=grade, outcome=outcome)


def said(transcript: Transcript) -> str:
    """All replies."""
    return "\n".join(turn.reply for turn in transcript.turns)


async def found_of(concludes: Callable[[Transcript, Verdict], Verdict]) -> Selftest:
    """What the self-test makes of such a judge."""
    return await selftest(Double(concludes))


def shares(found: Selftest, names: Sequence[str]) -> set[float | None]:
    """The shares of these relations."""
    return {found[name].share for name in names}


def leaning(found: Selftest) -> Iterator[str]:
    """The relations that it is said to lean by."""
    return (note.split(": ")[1].split(" ")[0] for note in found.remarks if "leans" in note)


# -- judges told for what they are ---------------------------------------------------------------


async def test_a_perfect_judge() -> None:
    """Steady where the meaning stays, right where it changes, and nothing to remark."""
    found = await found_of(lambda _, truth: truth)
    assert set(found.right.values()) == {True}
    assert shares(found, KEEPING) == shares(found, REVERSING) == {1.0}
    assert found.remarks == found.below(1.0) == []
    assert found["unchanged"].n == len(subjects())


@pytest.mark.parametrize("grade", [Grade.PASS, Grade.FAIL])
async def test_a_judge_that_always_says_the_same(grade: Grade) -> None:
    """Perfectly stable, which the reversals show to be worth nothing."""
    found = await found_of(lambda _, truth: saying(truth, grade))
    assert shares(found, KEEPING) == {1.0}
    assert sum(found[name].holding for name in REVERSING) <= 1
    assert [note.split(":")[0] for note in found.remarks] == ["hard of hearing"]
    assert set(REVERSING) == set(found.below(0.9))


async def test_a_judge_that_tosses_a_coin() -> None:
    """It is not the same twice, and that is said first; it leans nowhere."""
    coin = Random(20)
    found = await found_of(lambda _, truth: saying(truth, coin.choice([Grade.PASS, Grade.FAIL])))
    assert found.remarks[0].startswith("not the same twice")
    assert list(leaning(found)) == []
    share = found["unchanged"].share
    assert share is not None
    assert 0.25 < share < 0.75
    assert "unchanged" in found.below(0.9)


@pytest.mark.parametrize("grade", [Grade.PASS, Grade.FAIL])
async def test_a_judge_that_apologies_move(grade: Grade) -> None:
    """The two relations with apologies are named with the way they move it, and no other is."""
    apologies = [
        text
        for table in LANGUAGES
        for key in ("before", "after")
        for text in table[f"apology_{key}"]
    ]

    def moved(transcript: Transcript, truth: Verdict) -> Verdict:
        sorry = any(text in said(transcript) for text in apologies)
        return saying(truth, grade) if sorry else truth

    found = await found_of(moved)
    assert list(leaning(found)) == ["apology_before", "apology_after"]
    assert all(note.startswith(f"leans to {grade}: apology") for note in found.remarks)
    assert set(found.below(1.0)) == {"apology_before", "apology_after"}
    assert set(found["apology_after"].towards) <= {grade, "aside"}


async def test_a_judge_that_length_impresses() -> None:
    """Long replies pass: filler moves it, a wrapping story less, and marks hardly."""

    def impressed(transcript: Transcript, truth: Verdict) -> Verdict:
        longest = max(len(turn.reply) for turn in transcript.turns)
        return saying(truth, Grade.PASS) if longest > 600 else truth

    found = await found_of(impressed)
    assert list(leaning(found)) == ["verbosity"]
    assert found["verbosity"].towards[Towards.PASS] >= 10
    worst = min((found[name].share or 0, name) for name in KEEPING)
    assert worst[1] == "verbosity"


async def test_a_judge_that_says_nothing_is_not_stable() -> None:
    """Abstentions are counted apart: there is no share, and no bar that it passes."""
    found = await found_of(
        lambda transcript, _: abstention("double", transcript, Case(_RULE), "no")
    )
    assert shares(found, [*KEEPING, *REVERSING]) == {None}
    assert {found[name].n for name in KEEPING} == {0}
    assert set(found.right.values()) == {None}
    assert len(found.below(0.0)) == len(RELATIONS)
    assert [note.split(":")[0] for note in found.remarks] == ["silent"]


_RULE = subjects()[0].case.rule


# -- the rules, and who reads for them -----------------------------------------------------------


async def test_the_rules_are_read_for_anew() -> None:
    """Stored readings never change: what is tested is who reads, before and after."""
    found = await selftest()
    assert found.judge == "rules"
    assert found.reader.startswith("rules-")
    assert found["unchanged"].share == 1.0
    assert any(found[name].failing for name in KEEPING)  # by stored readings there were none
    unseen = ["unchanged", "renumbered", "names", "rule_reworded", "examples_reversed"]
    assert shares(found, unseen) == {1.0}  # rules see neither names nor a rule's words
    assert not set(found.below(0.9)) & {"apology_before", "apology_after", "courtesy"}
    assert found.asked is None
    assert set(found.below(0.0)) == set()


async def test_another_reader_reads() -> None:
    """One that calls everything a refusal makes a judge that never moves."""

    class Refusing:
        name = "refusing"

        async def read(
            self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
        ) -> Any:
            assert messages[-1].role == "user"
            return read_as(stance="decline_all", source=self.name)  # type: ignore[arg-type]

    found = await selftest(classifier=Refusing())
    assert found.reader == "refusing"
    assert shares(found, KEEPING) == {1.0}
    assert found["delivered_instead"].holding == 0


async def test_only_some_relations() -> None:
    """Every dialogue as it was, and the chosen changes."""
    found = await selftest(relations=["story", "names"])
    assert [one.relation.name for one in found.relations if one.pairs] == ["story", "names"]
    assert len(found.right) == len(subjects())
    assert [row["relation"] for row in found.to_dict()["relations"]] == ["story", "names"]
    with pytest.raises(InputError, match="'apology' is no relation"):
        await selftest(relations=["apology"])


# -- models --------------------------------------------------------------------------------------


async def test_a_model_reads_for_itself_and_is_counted() -> None:
    """As many calls as were foreseen: the answers of this one are well formed."""
    model = Model()
    found = await selftest(ModelJudge(model), relations=["unchanged", "names"])
    assert found.asked is not None
    assert found.asked["calls"] == len(model.requests)
    bounds = calls(dialogues(["unchanged", "names"]), [], [Consulted("judge", calls=_calls)])
    assert bounds["judge"].least <= len(model.requests) <= bounds["judge"].most
    assert found["names"].share == 1.0


def _calls(turns: int) -> tuple[int, int]:
    return calls_for(turns, check=False), calls_for(turns)


async def test_a_broken_model_is_silent() -> None:
    """Garbage is an abstention, never a verdict that stays the same."""
    judge = ModelJudge(Model(lambda _: "PASS"))
    found = await selftest(judge, relations=["unchanged"])
    assert (found["unchanged"].n, found["unchanged"].abstained) == (0, len(subjects()))
    assert found.silences == {"malformed": 2 * len(subjects())}


async def test_a_failed_call_names_the_dialogue() -> None:
    """Nothing is concluded from a part."""

    class Down:
        fingerprint = "down"

        async def reply(self, request: Any) -> Reply:
            raise CallError("no answer")

    with pytest.raises(CallError, match=r"'authority_deference' was not judged: .*no answer"):
        await selftest(ModelJudge(Down()), relations=["unchanged"])


async def test_a_budget_is_kept() -> None:
    """It ends before the call that it does not cover."""
    model = Model()
    with pytest.raises(BudgetSpent, match="was not judged: the budget of 9 calls"):
        await selftest(ModelJudge(model), relations=["unchanged"], budget="9calls")
    assert len(model.requests) == 9


def test_calls_are_counted_beforehand() -> None:
    """A classifier is asked about turns, a judge about dialogues, or only where unsure."""
    posed = list(dialogues(["unchanged"]))
    turns = 2 * sum(len(subject.turns) for subject in subjects())
    assert len(posed) == 2 * len(subjects())
    assert calls(posed, [Asked("classifier", calls=2)], [Consulted("judge")]) == {
        "classifier": Count(turns, 2 * turns),
        "judge": Count(len(posed), len(posed)),
    }
    assert calls(posed, [Asked("c", always=False)], [Consulted("j", always=False)]) == {
        "c": Count(0, turns),
        "j": Count(0, len(posed)),
    }
    assert calls(posed, [], []) == {}


def test_the_page_tells_how_many_there_are() -> None:
    """The documentation counts as the suite does."""
    page = Path(__file__).parent.parent / "docs" / "how-to" / "test-a-judge.md"
    told = " ".join(page.read_text(encoding="utf-8").split())
    posed = list(dialogues())
    taken = calls(posed, [], [Consulted("judge", calls=_calls)])["judge"]
    assert f"{len(subjects())} short dialogues" in told
    assert f"{len(posed) - len(subjects())} times more" in told
    assert f"{taken.least:,} to {taken.most:,} questions" in told
    assert [name for name in (*KEEPING, *REVERSING) if f"`{name}`" not in told] == []
