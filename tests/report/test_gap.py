"""The measured gap in words: a line a rung, what is false in which arm, who abstained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from convsim.gap import Cost, Observation
from convsim.ladder import RULES, Climbed, GapTable, Rung
from convsim.report.gap import blocks, left_out, lines, note
from convsim.report.html import page
from convsim.stats import Interval
from tests.report.invented import judged, report_data

Scores = Mapping[str, float | None]
FREE = Cost(0, 10)
MODEL = "ladder-01234567-89abcdef"

SEEN: dict[str, tuple[bool, Scores]] = {
    "restricted": (True, {"reply": 0.5, "window": 0.5, "tally": 1.0}),
    "benign": (False, {"reply": 0.5, "window": 0.0, "tally": 1.0}),
    "near_miss": (False, {"reply": 0.5, "window": 0.5, "tally": 0.5}),
    "user_supplied": (False, {"reply": 1.0, "window": 0.0, "tally": 0.0}),
}
"""By arm: whether the whole came out, and what each rung saw."""


def table(
    seen: Mapping[str, tuple[bool, Scores]] = SEEN,
    *,
    judge: str = RULES,
    cost: Cost = FREE,
    target: str = "t1",
    left_out: Mapping[str, int] | None = None,
) -> GapTable:
    """The table of four repeats of these arms in two scenarios."""
    observations = [
        Observation(
            key=f"{scenario}/{arm}/{target}/{repeat}/0/-",
            scenario=scenario,
            arm=arm,
            repeat=repeat,
            true=true,
            scores=scores,
            costs=dict.fromkeys(scores, cost),
            allowed=arm == "benign",
            whys={rung: "malformed" for rung, score in scores.items() if score is None},
        )
        for scenario in ("a", "b")
        for repeat in range(1, 5)
        for arm, (true, scores) in seen.items()
    ]
    return Climbed(judge, 3, {target: observations}, Counter(left_out or {})).table()


def words(table: GapTable) -> str:
    return " ".join(" ".join(lines(table)).split())


def row(table: GapTable, rung: str) -> list[str]:
    (found,) = (line.split() for line in lines(table) if line.strip().startswith(f"{rung} "))
    return found


def test_a_rung_is_a_line() -> None:
    """Sensitivity, false positives, J, the gap with its interval, the matched gap; in points."""
    assert row(table(), "reply") == ["reply", "0.0", "33.3", "-33.3"]
    tally = row(table(), "tally")
    assert tally[:5] == ["tally", "100.0", "33.3", "66.7", "100.0"]
    assert tally[5].startswith("[")
    assert row(table(), "window")[:3] == ["window", "3", "0.0"]
    assert "8 dialogues in which the whole came out, 24 others; 2 scenarios" in words(table())


def test_a_model_has_its_costs_beside_it() -> None:
    made = table(judge=MODEL, cost=Cost(3, 900, 1234))
    assert row(made, "reply")[-2:] == ["3.0", "1,234"]
    assert row(table(judge=MODEL, cost=Cost(3, 900)), "reply")[-2:] == ["3.0", "-"]
    assert "calls" in words(made)
    assert "calls" not in words(table())


def test_no_line_is_too_long() -> None:
    for made in (table(), table(judge=MODEL, cost=Cost(12, 90_000, 123_456))):
        assert max(map(len, lines(made))) <= 80


def test_false_positives_are_told_by_arm() -> None:
    said = words(table())
    assert "the whole came out: restricted 8/8" in said
    assert "false in benign: 0/8 reply, window; 8/8 tally" in said
    assert "false in user_supplied: 8/8 reply; 0/8 window, tally" in said
    assert "false at no rung: near_miss 0/8" in said


def test_what_merely_looks_scary_is_taken_off() -> None:
    """The adjusted gap and the matched one stand below, each with its interval."""
    said = words(table())
    assert "adjusted: window 0.0 [" in said
    assert "less the same in its benign twin" in said
    assert "matched: window " in said
    alone = {arm: scores for arm, scores in SEEN.items() if arm != "benign"}
    assert "adjusted" not in words(table(alone))


@pytest.mark.parametrize(("high", "beyond"), [(0.998, False), (1.148, True)])
def test_an_interval_beyond_100_is_explained(high: float, beyond: bool) -> None:
    """A gap is the difference of two J, so that it can be; nobody believes it unexplained."""
    target, found = next(iter(table().targets.items()))
    rungs = tuple(
        replace(one, gap=one.gap and replace(one.gap, interval=Interval(0.1, high, "t")))
        for one in found.rungs
    )
    shown = GapTable(RULES, 3, {target: replace(found, rungs=rungs)}, {})
    assert ("worse than chance" in words(shown)) is beyond


def test_abstentions_are_counted() -> None:
    silent: dict[str, tuple[bool, Scores]] = {
        **SEEN,
        "near_miss": (False, {"reply": None, "window": None, "tally": 0.5}),
    }
    assert "abstained: 8/32 (malformed 8) reply, window" in words(table(silent))
    never: dict[str, tuple[bool, Scores]] = {
        arm: (true, dict.fromkeys(("reply", "tally"))) for arm, (true, _) in SEEN.items()
    }
    assert "no gap: tally: the judge abstained throughout" in words(table(never))
    assert row(table(never), "tally") == ["tally", "-", "-", "-", "-", "-"]


def test_why_there_is_no_gap_is_told_by_rung() -> None:
    """There are positives, and the judge said nothing of any: that is another thing than none."""
    mute: dict[str, tuple[bool, Scores]] = {
        **SEEN,
        "restricted": (True, {"reply": 0.5, "window": 0.5, "tally": None}),
    }
    assert "no gap: tally: the judge abstained on all positives (8)" in words(table(mute))
    assert "abstained: 8/32 (malformed 8) tally" in words(table(mute))
    alone: dict[str, tuple[bool, Scores]] = {
        **SEEN,
        "restricted": (True, {"reply": None, "window": 0.5, "tally": 1.0}),
    }
    said = "no gap: window, tally: the judge abstained on all positives (8) where each reply is"
    assert said in words(table(alone))


def test_false_positives_where_the_whole_is_allowed_stand_apart() -> None:
    said = words(table())
    assert "false in arms that allow the whole: 0.0 (0/8) reply, window; 100.0 (8/8) tally" in said
    assert "false in all other arms: 50.0 (8/16) reply; 0.0 (0/16) window, tally" in said
    alone = {arm: scores for arm, scores in SEEN.items() if arm != "benign"}
    assert "that allow the whole" not in words(table(alone))
    twins = {arm: SEEN[arm] for arm in ("restricted", "benign")}
    assert "false in all other arms: no transcripts reply, window, tally" in words(table(twins))


def test_an_interval_that_says_nothing_is_not_printed() -> None:
    """Nor the figure below the table, where nothing else stands beside it."""
    target, found = next(iter(table().targets.items()))
    wide = Interval(-1.0, 1.839, "t")
    rungs = tuple(
        replace(
            one,
            gap=one.gap and replace(one.gap, interval=wide),
            matched_gap=one.matched_gap and replace(one.matched_gap, interval=wide),
        )
        for one in found.rungs
    )
    shown = GapTable(RULES, 3, {target: replace(found, rungs=rungs)}, {})
    assert row(shown, "tally")[5:9] == ["too", "few", "to", "tell"]
    assert "matched: window, tally too few to tell" in words(shown)
    assert "worse than chance" not in words(shown)
    assert max(map(len, lines(shown))) <= 80


def test_a_model_is_told_with_its_host() -> None:
    """Its name has none."""
    made = replace(table(judge=MODEL), model="http://localhost:8203/v1#judge")
    assert f"Judge: {MODEL} (http://localhost:8203/v1#judge)." in words(made)
    assert made.to_dict()["model"] == "http://localhost:8203/v1#judge"
    assert table().to_dict()["model"] is None


def test_the_rules_find_the_same_from_the_prefix_on() -> None:
    """So it is told once; a model may see something else at each."""
    seen: dict[str, tuple[bool, Scores]] = {
        arm: (true, {"reply": 0.0, **dict.fromkeys(("prefix", "transcript", "tally"), 1.0)})
        for arm, (true, _) in SEEN.items()
    }
    rungs = {
        judge: [line.rung for line in blocks(table(seen, judge=judge))[0].lines]
        for judge in (RULES, MODEL)
    }
    assert rungs == {
        RULES: [Rung.REPLY, Rung.TALLY],
        MODEL: [Rung.REPLY, Rung.PREFIX, Rung.TRANSCRIPT, Rung.TALLY],
    }
    assert "what an arm allows" in note(table())
    assert "what an arm allows" not in note(table(judge=MODEL))


def test_what_is_left_out_is_said() -> None:
    made = table(left_out={"diverged from their planned path": 1200})
    assert left_out(made) == "1,200 diverged from their planned path"
    assert "left out: 1,200 diverged" in words(made)


def test_without_dialogues_on_both_sides_nothing_is_shown() -> None:
    """Unless another target has them: then the line says that there is no gap."""
    held = {arm: (False, scores) for arm, (_, scores) in SEEN.items()}
    assert (lines(table(held)), blocks(table(held))) == ([], [])
    assert lines(Climbed().table()) == []
    both = table()
    joined = GapTable(RULES, 3, {**both.targets, **table(held, target="t2").targets}, {})
    assert "t2: 0 dialogues in which the whole came out, 32 others; 2 scenarios: no gap" in words(
        joined
    )


def test_names_do_not_act_in_a_terminal() -> None:
    assert "\x1b" not in "".join(lines(table(target="t\x1b[2J")))


def test_a_report_without_facets_says_nothing_of_it() -> None:
    text = page(report_data([judged("comply")]))
    assert "Measured gap" not in text
