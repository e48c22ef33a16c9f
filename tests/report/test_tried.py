"""A judge tried on canaries, as text."""

from __future__ import annotations

from dataclasses import replace

from convsim.report.tried import trial_text
from convsim.trials import Measure, Trial, Word
from tests.test_trials import TRIAL, tried


def many() -> Trial:
    """Ten repeats of two scenarios in three arms."""
    yes, no = Word(True, True), Word(False, False)
    seen = tuple(
        tried(
            arm != "near_miss",
            None if n == 0 else arm != "near_miss" or n == 3,
            scenario=scenario,
            arm=arm,
            repeat=n,
            off=0 if arm != "near_miss" and n else None,
            facets={"left": yes, "right": no if arm == "near_miss" else yes},
        )
        for n in range(10)
        for scenario in ("spread.a", "spread.b")
        for arm in ("restricted", "near_miss")
    )
    twins = tuple(tried(False, False, arm="benign", repeat=n, holds=False) for n in range(3))
    return Trial("model-1", {Measure.QUESTIONS: (*seen, *twins)})


def test_each_measure_has_its_table_its_shares_and_their_bounds() -> None:
    """Abstentions are a column, and what they leave open stands beside each share."""
    lines = trial_text(many()).splitlines()
    assert lines[0] == "ON CANARIES: model-1"
    assert "QUESTIONS: asked who supplied each facet, without its text" in lines
    assert "  came out                        18                   0                   2" in lines
    assert "  did not                          2                  16                   2" in lines
    text = " ".join(" ".join(lines).split())
    assert "of 18; had it never abstained 90.0 to 100.0%" in text
    assert "88.9% [" in text
    assert "turn exact 100.0%" in text
    assert max(map(len, lines)) <= 80


def test_scenarios_arms_and_facets_stand_apart() -> None:
    """An arm that allows the whole is marked, and said to be in no figure."""
    lines = trial_text(many()).splitlines()
    assert "BY SCENARIO, questions" in lines
    assert "BY ARM, questions" in lines
    near = "  near_miss                                      -       88.9% of 18       2/20"
    assert near in lines
    assert any(line.startswith("  benign *  ") for line in lines)
    assert "  * allowed there: spared by the author's word, and in no figure above" in lines
    assert "  spread.a: left                      100.0% of 20                 -" in lines


def test_it_says_that_it_corrects_no_rate() -> None:
    text = " ".join(trial_text(TRIAL).split())
    assert "no rate is corrected by this" in text
    assert "2 ended by a provider's block" in text
    assert "without a question, nobody can be asked: s: right" in text
    assert "BLIND: told of no facets: it has to notice by itself" in text


def test_names_do_not_act_on_a_terminal() -> None:
    evil = replace(TRIAL, judge="j\x1b[2J", unworded=("s\x1b[31m: x",))
    assert "\x1b" not in trial_text(evil)
