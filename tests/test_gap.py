"""The measured gap: the table of a ladder by hand, what is refused, and coverage by simulation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convsim.gap import Cost, Discordance, Gaps, Observation, Spent, gaps
from convsim.stats import Interval, NoInterval, Share

ARMS = ("restricted", "shuffled", "benign", "near_miss")


def seen(
    true: bool,
    *,
    arm: str = "restricted",
    repeat: int = 1,
    scenario: str = "s",
    cost: Cost | None = None,
    **scores: float | None,
) -> Observation:
    """A transcript with its score on each rung; only the prefix rung costs anything."""
    key = f"{scenario}/{arm}/t1/{repeat}/0/-"
    costs = {"prefix": cost} if cost else {}
    return Observation(key, scenario, arm, repeat, true, scores, costs)


def a_table() -> Gaps:
    """Ten repeats: the reply rung sees 3 of 10 positives, the prefix 8, and it flags 2 twins."""
    observations = []
    for n in range(10):
        out = seen(
            True,
            repeat=n,
            cost=Cost(6, 12_000, 3_000),
            reply=float(n < 3),
            prefix=float(n < 8),
            tally=1.0,
        )
        twin = seen(
            False,
            arm="benign",
            repeat=n,
            cost=Cost(6, 8_000, 2_000),
            reply=0.0,
            prefix=float(n < 2),
            tally=0.0,
        )
        near = seen(
            False,
            arm="near_miss",
            repeat=n,
            cost=Cost(6, 10_000, 2_500),
            reply=0,
            prefix=0,
            tally=0,
        )
        observations += [out, twin, near]
    return gaps(observations, judge="rules")


# --- the table


@pytest.mark.parametrize(
    ("rung", "sensitivity", "false", "gap", "adjusted"),
    [
        ("reply", 0.3, 0, None, None),
        ("prefix", 0.8, 0.1, 0.7 - 0.3, 0.5 - 0.2),
        ("tally", 1, 0, 0.7, 0.7),
    ],
)
def test_each_rung_by_hand(
    rung: str, sensitivity: float, false: float, gap: float | None, adjusted: float | None
) -> None:
    """Shares of positives and negatives, their difference, and how much more than the replies."""
    one = a_table()[rung]
    assert one.sensitivity.value == pytest.approx(sensitivity)
    assert one.false_positives.value == pytest.approx(false)
    assert one.youden.value == pytest.approx(sensitivity - false)
    assert (one.gap and one.gap.value) == pytest.approx(gap)
    assert (one.adjusted and one.adjusted.value) == pytest.approx(adjusted)
    for figure in one.figures:
        assert isinstance(figure.interval, Interval)
        assert figure.interval.low < figure.interval.high


def test_rungs_are_matched_at_one_false_positive_rate() -> None:
    """Where 10% of negatives are flagged, half of them are one in twenty: half of 0.8 is left.

    The reply rung flags none; one in twenty at random adds 0.05 of what it misses.
    """
    found = a_table()
    assert found["reply"].matched.value == pytest.approx(0.3 + 0.05 * 0.7)
    assert found["prefix"].matched.value == pytest.approx(0.4)
    assert found["tally"].matched.value == pytest.approx(1)
    gap = found["prefix"].matched_gap
    assert gap is not None
    assert gap.value == pytest.approx(0.4 - 0.335)
    assert "5%" in gap.estimand


def test_false_positives_where_the_whole_is_allowed_stand_apart() -> None:
    """A judge that sees what is out, and not what an arm allows, errs there alone."""
    observations = [
        replace(seen(true, arm=arm, repeat=n, reply=flagged, tally=flagged), allowed=allowed)
        for n in range(4)
        for arm, true, flagged, allowed in (
            ("restricted", True, 1.0, False),
            ("benign", False, 1.0, True),
            ("near_miss", False, 0.0, False),
        )
    ]
    one = gaps(observations, judge="rules")["tally"]
    shares = {where: figure.counts["negatives"] for where, figure in one.false_where.items()}
    assert shares == {"allowed": Share(4, 4), "not_allowed": Share(0, 4)}
    assert one.to_dict()["false_where"]["allowed"]["value"] == 1
    assert a_table()["tally"].false_where["allowed"].why == "no transcripts"


def test_abstentions_are_counted_by_reason() -> None:
    observations = [
        replace(seen(n < 3, repeat=n, reply=None, tally=1.0), whys={"reply": why} if why else {})
        for n, why in enumerate(["malformed", "refused", "malformed", ""])
    ]
    found = gaps(observations, judge="model")
    assert found["reply"].abstained_for == {"malformed": 2, "refused": 1, "unknown": 1}
    assert found["tally"].abstained_for == {}
    assert found["reply"].to_dict()["abstained_for"]["refused"] == 1


def test_arms_that_are_falsely_flagged_stand_by_themselves() -> None:
    """So that it shows what merely looks harmful: here the twins, and no near miss."""
    false = a_table()["prefix"].false_by_arm
    assert {arm: one.counts["negatives"] for arm, one in false.items()} == {
        "benign": Share(2, 10),
        "near_miss": Share(0, 10),
    }


def test_the_same_transcripts_are_compared_one_by_one() -> None:
    """McNemar's table, among positives and among negatives."""
    one = a_table()["prefix"]
    assert one.on_positives == Discordance(both=3, only_this=5, only_reply=0, neither=2)
    assert one.on_negatives == Discordance(both=0, only_this=2, only_reply=0, neither=18)


def test_detection_is_held_against_its_cost() -> None:
    """Per dialogue, and per thousand; what costs nothing has no price."""
    found = a_table()
    assert found["prefix"].spent == Spent(6, 10_000, 2_500)
    assert found["prefix"].found_per_thousand == pytest.approx(
        {"calls": 800 / 6, "characters": 0.08, "tokens": 0.32}
    )
    assert found["tally"].spent == Spent(0, 0, 0)
    assert set(found["tally"].found_per_thousand.values()) == {None}


def test_tokens_that_nobody_counted_are_not_zero() -> None:
    """One transcript without a count is enough."""
    both = [
        seen(True, repeat=n, cost=Cost(1, 10, tokens), reply=0.0, prefix=1.0)
        for n, tokens in enumerate((5, None))
    ]
    one = gaps(both, judge="rules")["prefix"]
    assert (one.spent, one.found_per_thousand["tokens"]) == (Spent(1, 10, None), None)


def test_where_positives_come_from_is_told() -> None:
    """In how many transcripts of each arm the whole came out."""
    found = a_table()
    assert dict(found.true_by_arm) == {
        "benign": Share(0, 10),
        "near_miss": Share(0, 10),
        "restricted": Share(10, 10),
    }
    assert (found.positives, found.negatives, found.scenarios) == (10, 20, 1)


def test_abstentions_are_counted_and_never_safe() -> None:
    """A judge that abstains on half of what came out has found the other half, at worst half."""
    observations = [
        seen(n < 4, repeat=n, reply=0.0, prefix=None if n % 2 else float(n < 4)) for n in range(8)
    ]
    one = gaps(observations, judge="m")["prefix"]
    assert dict(one.abstained) == {"positives": Share(2, 4), "negatives": Share(2, 4)}
    assert one.sensitivity.counts["positives"] == Share(2, 2)
    assert (one.sensitivity.value, one.sensitivity.bounds) == (1, (0.5, 1))
    assert one.youden.bounds == (0, 1)


@pytest.mark.parametrize(("flag", "hits"), [(1.0, 1), (0.5, 2), (0.2, 3)])
def test_a_flag_is_what_reaches_the_threshold(flag: float, hits: int) -> None:
    """By default only the whole."""
    scores = (1.0, 0.5, 0.2)
    both = [seen(True, repeat=n, reply=0.0, prefix=score) for n, score in enumerate(scores)]
    found = gaps([*both, seen(False, arm="benign", reply=0.0, prefix=0.0)], judge="m", flag=flag)
    assert found["prefix"].sensitivity.counts["positives"] == Share(hits, 3)


# --- what the interval is about


@pytest.mark.parametrize(
    ("scenarios", "about"),
    [
        (1, "The interval is about other repeats of this scenario, and says nothing about others."),
        (2, "The interval is about other repeats of these 2 scenarios, and says nothing about"),
        (8, "The interval is about scenarios like these 8."),
    ],
)
def test_every_figure_says_what_its_interval_is_about(scenarios: int, about: str) -> None:
    """Few scenarios tell nothing about others."""
    found = gaps(
        [
            seen(true, scenario=f"s{n}", repeat=repeat, arm=f"a{true}", reply=0.0, prefix=1.0)
            for n in range(scenarios)
            for repeat in range(3)
            for true in (True, False)
        ],
        judge="rules",
    )
    assert found.about.startswith(about)
    assert all(figure.estimand.endswith(found.about) for figure in found["prefix"].figures)


# --- where there is nothing to tell, and what is refused


def test_without_positives_there_are_only_false_positives() -> None:
    """And what is missing is said in words."""
    found = gaps([seen(False, repeat=n, reply=0.0, prefix=0.0) for n in range(5)], judge="rules")
    one = found["prefix"]
    assert one.false_positives.value == 0
    assert [f.name for f in one.figures if f.value is not None] == ["false positives"]
    assert one.gap is not None
    assert one.gap.why.startswith("no positives")
    assert isinstance(one.gap.interval, NoInterval)
    assert set(one.found_per_thousand.values()) == {None}
    line = str(found).splitlines()[-1].split()
    assert (line[:4], line[5:]) == (["prefix", "-", "0.0", "[0.0,"], [*"----"])


def test_no_transcripts_have_no_rungs() -> None:
    """Nothing was measured, and nothing is claimed."""
    assert gaps([], judge="rules").rungs == ()


@pytest.mark.parametrize(
    ("observations", "wrong"),
    [
        ([seen(True, reply=0.0), seen(True, reply=0.0)], "s/restricted/t1/1/0/- is there 2 times"),
        ([seen(True, prefix=0.0)], "no rung 'reply' to compare with; there are prefix"),
        (
            [seen(True, reply=0.0), seen(True, repeat=2, reply=0.0, prefix=1.0)],
            "differ in the rungs prefix; where the judge abstained, the score is None",
        ),
        ([seen(True, reply=1.5)], "scores 1.5 on 'reply'; expected 0 to 1, or None"),
        ([seen(True, reply=float("nan"))], "scores nan on 'reply'; expected 0 to 1, or None"),
    ],
)
def test_what_cannot_be_measured_is_refused(observations: list[Observation], wrong: str) -> None:
    """With the transcript, what was found and what is allowed."""
    with pytest.raises(ValueError, match=wrong.replace(".", r"\.")):
        gaps(observations, judge="rules")


@pytest.mark.parametrize("at", [0.0, 1.0, 5])
def test_a_rate_to_match_at_lies_between_none_and_all(at: float) -> None:
    with pytest.raises(ValueError, match="expected a false-positive rate between 0 and 1"):
        gaps([seen(True, reply=0.0)], judge="rules", at=at)


def test_an_unknown_rung_is_named_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="no rung 'window'; there are reply, prefix, tally"):
        a_table()["window"]


# --- how it is told


def test_the_table_has_a_line_for_each_rung() -> None:
    """In points, with intervals; the reply rung has no gap."""
    head, about, names, reply, prefix, _ = str(a_table()).splitlines()
    assert head == "10 positives, 20 negatives, 1 scenario; judge rules; in points"
    assert about.endswith("says nothing about others.")
    assert names.split()[:4] == ["rung", "sensitivity", "false", "J"]
    assert reply.split()[:2] == ["reply", "30.0"]
    assert prefix.split()[:2] == ["prefix", "80.0"]
    assert len(reply) < len(prefix) < 160


def test_all_of_it_is_data() -> None:
    """JSON, with every figure's estimand, counts and interval."""
    data = json.loads(json.dumps(a_table().to_dict()))
    reply, prefix, _ = data["rungs"]
    assert [it["name"] for it in reply["figures"]] == [
        *("sensitivity", "false positives", "J", "AUC", "matched")
    ]
    gap = prefix["figures"][5]
    assert (gap["name"], gap["value"]) == ("gap", pytest.approx(0.4))
    assert gap["counts"]["positives, reply"] == {"hits": 3, "trials": 10}
    assert gap["interval"].keys() == {"low", "high", "method"}
    assert "of transcripts in which the whole came out" in gap["estimand"]


# --- by simulation (benchmarks/gap.py has the whole table)

STUDIES = 300
SENSITIVITY = (0.3, 0.8)
FALSE = (0.05, 0.1)


def a_study(rng: np.random.Generator, scenarios: int, repeats: int) -> Iterator[Observation]:
    """Both judges err on the same dialogues more often than chance has it, and so in each repeat.

    A score is planted: the chance to be flagged is exactly that above, whatever is alike.
    """
    from scipy.special import ndtr

    shape = scenarios, repeats, len(ARMS)
    true = rng.random(shape) < np.array([0.8, 0.6, 0.0, 0.0])
    latent = (
        0.5 * rng.standard_normal((scenarios, repeats, 1, 1))
        + 0.5 * rng.standard_normal((*shape, 1))
        + np.sqrt(0.5) * rng.standard_normal((*shape, 2))
    )
    flagged = ndtr(latent) < np.where(true[..., None], SENSITIVITY, FALSE)
    for s, n, a in np.ndindex(shape):
        reply, prefix = map(float, flagged[s, n, a])
        yield seen(
            bool(true[s, n, a]),
            scenario=f"s{s}",
            repeat=n,
            arm=ARMS[a],
            reply=reply,
            prefix=prefix,
        )


@pytest.mark.parametrize(("scenarios", "repeats"), [(2, 20), (10, 4)])
def test_the_interval_of_the_gap_holds_what_was_planted(scenarios: int, repeats: int) -> None:
    """95 of 100 do; 300 studies tell that to within 4 points either way.

    Without the care for clusters and few errors it would be 90 (benchmarks/gap.py).
    """
    rng = np.random.default_rng(20261121)
    planted = (SENSITIVITY[1] - FALSE[1]) - (SENSITIVITY[0] - FALSE[0])
    held, widths = 0, []
    for _ in range(STUDIES):
        gap = gaps(a_study(rng, scenarios, repeats), judge="planted")["prefix"].gap
        assert gap is not None
        assert isinstance(gap.interval, Interval)
        held += gap.interval.low <= planted <= gap.interval.high
        widths.append(gap.interval.high - gap.interval.low)
    assert 0.925 <= held / STUDIES <= 0.995
    assert sum(widths) / STUDIES < 0.4


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["2"], r"30 x 5 x 8, hardly ever detected\n.*\n +gap +2\.\d .* \d"),
        (["2", "--text", "2"], r"planted gap of '\w+': 51\.2; 2 studies\n"),
    ],
)
def test_the_benchmark_prints_its_tables(arguments: list[str], printed: str) -> None:
    """At a size at which the figures mean nothing."""
    script = Path(__file__).parents[1] / "benchmarks" / "gap.py"
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(printed, done.stdout), done.stdout


def test_order_does_not_matter() -> None:
    """The table is a function of what was seen, not of when."""
    rng = np.random.default_rng(1)
    observations = list(a_study(rng, 2, 5))
    backwards = [replace(one) for one in reversed(observations)]
    assert gaps(observations, judge="x").to_dict() == gaps(backwards, judge="x").to_dict()
