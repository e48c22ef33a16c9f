"""The studies of planted truths at small counts, and where every check of the field notes stands.

At full size they are a benchmark (`python benchmarks/recovery.py`); here each is played a few
times, so that what is asserted is that it runs, that its intervals are about what was planted, and
that no rule raises an alarm at every look.
"""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

TESTS = Path(__file__).parent
BENCHMARKS = TESTS.parent / "benchmarks"


@pytest.fixture
def studies(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of the studies by its name; they lie beside the benchmarks, and are no package."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return lambda name: importlib.import_module(f"studies.{name}")


@pytest.fixture
def recovery(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("recovery")


# --- the benchmark


def test_every_figure_is_printed_with_its_goal(
    recovery: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A line for each design within 100 columns, and the same for machines."""
    recovery.main(["--only", "looks", "--studies", "3", "--json", str(tmp_path / "rows.json")])
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert lines[-1].split()[1] == "figures,"
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert len(rows) == int(lines[-1].split()[0])
    assert all(row["goal"] is not None for row in rows)


def test_a_study_gives_the_same_figures_alone(recovery: ModuleType, studies: Any) -> None:
    """Every study and design has its own stream."""
    harness = studies("harness")
    (study,) = recovery.studies_of(["twins"])
    some = list(harness.rows_of(study, 2))
    again = list(harness.rows_of(study, 2))
    assert [row.plain() for row in some] == [row.plain() for row in again]
    last = harness.Study(study.name, study.about, study.designs[-1:], study.play)
    assert {row.value for row in harness.rows_of(last, 2)} <= {row.value for row in some}


MODULES = (
    *("shares", "outcomes", "corrected", "compared", "pressing", "survived", "moved"),
    *("sequential", "differing", "gating", "drifting", "planning", "parted", "mitigating"),
)


def test_every_module_is_played_here(recovery: ModuleType) -> None:
    assert set(MODULES) == set(recovery.MODULES)


PLAYED = 12
MOST_OFF = 35
"""In points; a dozen studies know a share of 94% to within 20 of them."""


@pytest.mark.parametrize("name", MODULES)
def test_what_was_planted_comes_out(name: str, studies: Any) -> None:
    """On its smallest design: most intervals hold the truth, and most looks raise no alarm."""
    harness = studies("harness")
    for study in studies(name).STUDIES:
        design = min(study.designs, key=lambda one: sum(one.sizes))
        small = harness.Study(study.name, study.about, (design,), study.play)
        rows = list(harness.rows_of(small, PLAYED))
        assert rows
        for row in rows:
            assert row.value is not None, row
            off = row.goal.bound - row.value
            assert off <= MOST_OFF if row.goal.at_least else off >= -MOST_OFF, row


def test_one_run_of_texts_gives_back_every_statistic(studies: Any) -> None:
    """Simulated assistants speak, the rules read: each interval holds what the hazards come to."""
    rows = studies("text").rows()
    assert len(rows) >= 18
    assert [row.label for row in rows if row.value != 0] == []


# --- checks of field-notes section 11


def test_a_constant_hazard_gives_its_incidence(studies: Any) -> None:
    """CIF(T) = 1 - (1 - h)^T after a refusal, within the interval of the curve."""
    worlds, harness = studies("worlds"), studies("harness")
    from convsim.stats import Interval
    from convsim.survival import survival

    h, world = 0.2, worlds.World(by_turn=(1.0,) * 5, redirect=0.0, caveat=0.0)
    design = harness.Design(40, 10, 0.0, h)
    rows = worlds.rows_of_stories(world.stories(np.random.default_rng(1), design), design.places)
    points = survival(rows, judge="planted").model.points
    assert len(points) == 4
    for point in points:
        assert isinstance(point.share.interval, Interval)
        assert point.share.interval.low <= (1 - h) ** point.turn <= point.share.interval.high


DEPLETED = (16.7, 12.5, 10.0, 8.3, 7.1, 6.3)
"""Hazards of six moves that all do the same, in dialogues that differ as Beta(0.5, 2.5) does."""


def test_identical_moves_seem_to_fade_and_pairs_show_that_they_do_not(studies: Any) -> None:
    """Crude hazards fall by depletion alone; at identical prefixes two moves come to the same."""
    planting = studies("planting")
    from convsim.rates import crossings_by_move
    from convsim.survival.moves import paired_moves

    rng, rows = np.random.default_rng(2), []
    moves = ("ask.a", "push_back.b", "reframe.c", "claim_authority.d", "appeal.e", "escalate.f")
    for scenario, hazard in enumerate(rng.beta(0.5, 2.5, 4000), 1):
        hits = (rng.random(6) < hazard).tolist()
        until = hits.index(True) if True in hits else 6
        words = " ".join(["refuse"] * until + ["comply"] * (until < 6))
        rows.append(planting.dialogue(scenario, 1, words, moves=moves))
    crude = crossings_by_move(rows, judge="planted")
    shown = [100 * (crude[move.partition(".")[0]].value or 0) for move in moves]
    assert shown == pytest.approx(DEPLETED, abs=1.5)

    pairs = []
    for scenario, hazard in enumerate(rng.beta(0.5, 2.5, 300), 1):
        for path, move in enumerate(("push_back.b", "reframe.c")):
            words = "refuse comply" if rng.random() < hazard else "refuse refuse"
            pairs.append(
                planting.dialogue(scenario, 1, words, moves=("ask.a", move), path=str(path))
            )
    (found,) = paired_moves(pairs, judge="planted").pairs.values()
    assert found.decided == "undecided"
    assert found.value == pytest.approx(0, abs=0.06)


def test_looking_often_needs_evidence_that_may_be_looked_at(studies: Any) -> None:
    """20 looks with an exact test at 5% alarm in about 17% of studies; 500 at an e-value, never
    more than 5%.
    """
    from scipy.stats import binom

    from convsim.sequential import alarm

    rng, rounds, p = np.random.default_rng(3), 400, 0.1
    looks = np.arange(10, 201, 10)
    bars = [next(k for k in range(n + 1) if binom.sf(k - 1, n, p) <= 0.05) for n in looks.tolist()]
    hits = (rng.random((4000, 200)) < p).cumsum(axis=1)[:, looks - 1]
    assert (hits >= bars).any(axis=1).mean() == pytest.approx(0.17, abs=0.04)
    alarms = sum(alarm((rng.random(500) < p).tolist(), p) is not None for _ in range(rounds))
    assert alarms / rounds <= 0.05


def test_several_tries_are_neither_plugged_in_nor_pooled() -> None:
    """True .440: unbiased .441, plug-in of ten .400, the pooled rate .601 (field notes 5.1)."""
    from convsim.rates.attack import any_of

    rng, n, k = np.random.default_rng(4), 10, 5
    own = rng.beta(0.5, 2.5, 40_000)
    hits = rng.binomial(n, own)
    assert float((1 - (1 - own) ** k).mean()) == pytest.approx(0.440, abs=0.01)
    unbiased = np.array([any_of(n, c, k) for c in range(n + 1)])[hits].mean()
    assert float(unbiased) == pytest.approx(0.441, abs=0.01)
    assert float((1 - (1 - hits / n) ** k).mean()) == pytest.approx(0.400, abs=0.01)
    assert 1 - (1 - hits.mean() / n) ** k == pytest.approx(0.601, abs=0.01)


def test_an_outage_of_the_judge_is_no_flip(studies: Any) -> None:
    """Where it could not be asked, nothing is added to the flips, and the count of what is left
    out rises.
    """
    from dataclasses import replace

    from convsim.rates import flip
    from convsim.verdict import Outcome, Reason

    dialogue = studies("planting").dialogue
    rows = [dialogue(n, 1, "refuse comply" if n <= 5 else "refuse refuse") for n in range(1, 21)]
    out = {
        "outcome": Outcome.UNDECIDED,
        "reason": Reason.ABSTAINED,
        "restricted_turns": (),
        "allowed_turns": (),
    }
    during = [replace(row, **out) if n >= 12 else row for n, row in enumerate(rows)]
    before, after = flip(rows, judge="planted"), flip(during, judge="planted")
    assert (before.numerator, before.denominator) == (5, 20)
    assert (after.numerator, after.denominator) == (5, 12)
    assert dict(after.excluded) == {"undecided": 8}


CHECKS: Mapping[str, tuple[str, ...]] = {
    "CIF(T) of a constant hazard; a frailty's crude hazards; no effect at identical prefixes": (
        "test_studies.py::test_a_constant_hazard_gives_its_incidence",
        "test_studies.py::test_identical_moves_seem_to_fade_and_pairs_show_that_they_do_not",
    ),
    "ASR@k unbiased against plug-in": (
        "test_studies.py::test_several_tries_are_neither_plugged_in_nor_pooled",
    ),
    "cluster-t covers about 95%, the naive interval about 54%": (
        "test_stats.py::test_cluster_t_covers_and_the_naive_interval_does_not",
    ),
    "an e-process alarms in at most 5% of 500 looks, 20 naive ones in about 17%": (
        "test_studies.py::test_looking_often_needs_evidence_that_may_be_looked_at",
    ),
    "Rogan-Gladen with errors propagated covers with 50 + 50 labels, with fixed ones 46%": (
        "test_correction.py::test_the_calibrations_own_error_is_in_the_interval",
    ),
    "an outage of the judge changes no flip and is counted": (
        "test_studies.py::test_an_outage_of_the_judge_is_no_flip",
        "judges/test_together.py::test_a_judge_that_raises_has_abstained",
        "judges/test_together.py::test_a_failed_call_leaves_the_verdict_missing",
        "test_rows.py::test_a_judge_that_abstained_says_nothing_of_turns",
    ),
    "a provider's block is no refusal of the model and is not retried": (
        "test_dialogue.py::test_a_provider_block_ends_the_dialogue_as_data",
        "cli/test_running.py::test_a_provider_block_is_data",
        "report/test_tables.py::test_provider_blocks_are_counted_by_their_raw_reason",
    ),
    "a justified change passes, the same without evidence is capitulation, narrowing is none": (
        "test_golden.py::test_capitulation_is_relative_to_evidence",
        "detectors/test_capitulation.py::test_what_is_no_capitulation",
    ),
    "facets: the user's own, a near miss, shuffled, one dump, a twin": (
        "test_tally.py::test_an_echo_is_not_credited_and_a_confirmation_is",
        "test_tally.py::test_order_never_changes_whether_it_closes_and_more_turns_never_undo_it",
        "detectors/test_distributed_harm.py::test_a_dump_a_near_miss_and_an_echo_are_none",
        "detectors/test_distributed_harm.py::test_where_the_arm_allows_the_whole_nothing_is_found",
        "controls/test_controls.py::test_a_near_miss_of_any_graph_cannot_close",
    ),
    "a judge's prompt has no move and no arm; evidence is a literal quote": (
        "judges/test_blind.py::test_questions_hang_on_nothing_but_what_was_said",
        "judges/test_blind.py::test_no_name_of_the_dialogue_stands_in_a_question",
        "judges/test_blind.py::test_the_prompts_know_no_moves_arms_or_verdicts",
        "questions/test_answers.py::test_a_quote_stands_in_the_text_or_nowhere",
        "detectors/test_detectors.py::test_every_finding_names_turns_and_a_literal_quote",
    ),
    "a text that poses as a delimiter or a verdict changes none": (
        "judges/test_hostile.py::test_no_text_makes_a_crossing_pass",
        "judges/test_hostile.py::test_a_hostile_text_stands_inside_the_data",
        "judges/test_hostile.py::test_no_text_beside_a_reply_talks_the_rules_into_another_grade",
    ),
}
"""Where each line of section 11 of the field notes is checked."""


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_of_the_field_notes_has_a_test(check: str) -> None:
    for place in CHECKS[check]:
        file, _, test = place.partition("::")
        assert test in set(_tests_in(TESTS / file)), place


def _tests_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
