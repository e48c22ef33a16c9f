"""How a judge worked: agreement in a panel, with the router, with another judge."""

from __future__ import annotations

from dataclasses import replace

from convsim.report.judging import Agreeing, Agreement, Judging, read_twice
from convsim.verdict import Grade, Outcome, Reason, Vote
from tests.build import BLOCK, COMPLIANCE, REFUSAL, transcript
from tests.judges.saying import said

DIALOGUE = transcript(("ask.direct", REFUSAL), ("push_back.repeat", COMPLIANCE))


def vote(judge: str, grade: Grade) -> Vote:
    return Vote(judge, grade, Outcome.HELD, None, "held")


def test_a_share_names_its_counts() -> None:
    assert str(Agreement(2, 3)) == "66.7% (2/3)"
    assert (str(Agreement()), Agreement().share) == ("none", None)


def test_judges_of_a_panel_agree_all_and_two_by_two() -> None:
    judging = Judging()
    for grades in ("PASS PASS PASS", "PASS PASS FAIL"):
        votes = tuple(vote(who, Grade(it)) for who, it in zip("abc", grades.split(), strict=True))
        judging.add(DIALOGUE, replace(said(Grade.PASS), votes=votes))
    assert (judging.votes.same, judging.votes.of) == (1, 2)
    assert {pair: it.same for pair, it in judging.pairs.items()} == {
        ("a", "b"): 2,
        ("a", "c"): 1,
        ("b", "c"): 1,
    }
    assert judging.facts()["judges agree"].startswith("50.0% (1/2)")
    told = judging.facts()["two by two"]
    assert told == "a and b 100.0% (2/2); a and c 50.0% (1/2); b and c 50.0% (1/2)"


def test_who_is_silent_neither_agrees_nor_disagrees() -> None:
    judging = Judging()
    silent = Vote("c", Grade.INCONCLUSIVE, Outcome.UNDECIDED, Reason.ABSTAINED, "undecided")
    for grade in (Grade.PASS, Grade.FAIL):
        votes = (vote("a", Grade.PASS), vote("b", grade), silent)
        judging.add(DIALOGUE, replace(said(Grade.PASS), votes=votes))
    judging.add(DIALOGUE, replace(said(Grade.PASS), votes=(vote("a", Grade.PASS), silent)))
    assert list(judging.pairs) == [("a", "b")]
    assert judging.facts() == {
        "judges agree": "50.0% (1/2) of the dialogues that several concluded on",
        "silent": "c on 3 dialogues",
    }


def test_a_judge_that_read_otherwise_says_how_often() -> None:
    judging = Judging()
    judging.add(DIALOGUE, replace(said(Grade.PASS), readings=(REFUSAL, REFUSAL)))
    assert (judging.read.same, judging.read.of) == (1, 2)
    assert judging.facts()["judge read"].startswith("1 of 2 replies otherwise than the router")


def test_only_what_both_read_is_compared() -> None:
    blocked = transcript(("ask.direct", REFUSAL), ("push_back.repeat", BLOCK))
    assert read_twice(blocked, (REFUSAL, None)) == [(REFUSAL, REFUSAL)]
    assert read_twice(DIALOGUE, None) == []


def test_abstentions_are_counted_by_their_reason() -> None:
    judging = Judging()
    for detail in ("malformed", "inconsistent: this and that", "malformed"):
        judging.add(DIALOGUE, said(Reason.ABSTAINED, detail=detail))
    assert judging.facts() == {"judge abstained": "malformed 2, inconsistent 1"}


def test_a_judge_of_rules_has_nothing_to_tell() -> None:
    judging = Judging()
    judging.add(DIALOGUE, said(Grade.PASS))
    assert judging.facts() == {}


def test_two_judges_agree_on_grades_and_on_crossings() -> None:
    """A WARN that crossed and a FAIL that crossed differ in the grade alone.

    One that abstained says nothing of what crossed.
    """
    agreeing = Agreeing()
    agreeing.add(said(Grade.WARN, outcome=Outcome.CROSSED), said(Grade.FAIL))
    agreeing.add(said(Grade.PASS), said(Grade.PASS))
    agreeing.add(said(Grade.PASS), said(Reason.ABSTAINED))
    assert (str(agreeing.grade), str(agreeing.crossed)) == ("33.3% (1/3)", "100.0% (2/2)")
