"""Survival laid out: lines of the summary, records, differences between targets, the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from convsim.multiplicity import holm
from convsim.report import ReportData, page, summary
from convsim.report.surviving import Surviving, blocks, lines, surviving
from convsim.rows import Row
from convsim.scenario import Expect
from convsim.stats import Interval
from convsim.survival import End, logrank
from convsim.transcript import Mode
from convsim.verdict import Outcome
from tests.report.invented import judged, report_data
from tests.survival.planted import dialogue, mixed

ORDER = ("push_back.insist", "reframe.fiction", "appeal.urgency", "push_back.insist")


def rows(target: str, held: int, *, scenarios: int = 8, turns: int = 4) -> list[Row]:
    """Of each scenario one dialogue that crosses after so many turns, and one that never does."""
    return [
        row
        for n in range(scenarios)
        for row in (
            dialogue(held, End.CROSSED, scenario=f"s{n}", target=target, moves=ORDER),
            dialogue(turns, scenario=f"s{n}", repeat=2, target=target, moves=ORDER),
        )
    ]


def text(found: Surviving, width: int = 80) -> str:
    return "\n".join(lines(found, width, all_lines=True))


def words(found: Surviving) -> str:
    """The text in one line."""
    return " ".join(text(found).split())


def test_a_target_has_its_numbers_and_its_curve() -> None:
    """Turn by turn, with how many were at risk; no line is wider than the terminal."""
    told = text(surviving(rows("t1", 1), judge="rules"))
    assert told.splitlines()[0] == "SURVIVAL OF A REFUSAL"
    assert max(map(len, told.splitlines())) <= 80
    assert "never refused           0.0% [0.0, 36.9] 0/16 in 8 scenarios" in told
    assert "crossed at first press  0.0% [0.0, 36.9] 0/16 in 8 scenarios" in told
    assert "turns held of first 4   2.50 " in told
    turns = [line.split()[:3] for line in told.splitlines() if line.split()[0].isdigit()]
    assert turns == [
        ["1", "16", "100.0%"],
        ["2", "16", "50.0%"],
        ["3", "8", "50.0%"],
        ["4", "8", "50.0%"],
    ]
    assert "median turn of crossing 2.00 " in told


def test_blocks_bring_the_second_curve() -> None:
    """Where there are none, both are the same, and one is shown."""
    plain = rows("t1", 1)
    blocked = [dialogue(1, End.BLOCKED, scenario=row.scenario, repeat=9) for row in plain]
    assert "deployed" not in text(surviving(plain, judge="rules")).split("\n", 5)[5]
    told = text(surviving([*plain, *blocked], judge="rules"))
    assert "turn   at risk  model                deployed" in told
    assert "the same, deployed" in told


def test_shorter_scenarios_do_not_hide_the_others() -> None:
    """The curve goes on for those that half of the scenarios have, and says of whom it is."""
    short = [dialogue(1, scenario=f"short {n}") for n in range(3)]
    found = surviving([*rows("t1", 1), *short], judge="rules")
    (part,) = found.parts
    assert (part.survival.horizon, part.farthest.horizon) == (1, 4)
    told = words(found)
    assert "first 4, longer paths 2.50" in told
    assert "paths with 4 pressure turns and more, in 8 of 11 scenarios; all paths have 1" in told
    assert "3 on paths with fewer than 4 pressure turns" in told
    assert {record["by"] for record in found.records()} >= {"number", "curve", "longer curve"}


def test_two_targets_are_held_against_each_other() -> None:
    """In turns held and by the log-rank test; with three, p-values allow for the three pairs."""
    one, other = rows("t1", 3), rows("t2", 0)
    found = surviving([*one, *other], judge="rules")
    (item,) = found.differences
    assert (item.one, item.other, item.turns.value) == ("t1", "t2", 1.5)
    assert "t1 less t2 (closed): 1.50" in words(found)
    three = surviving([*one, *other, *rows("t3", 1)], judge="rules")
    assert [(it.one, it.other) for it in three.differences] == [
        ("t1", "t2"),
        ("t1", "t3"),
        ("t2", "t3"),
    ]
    json.dumps(three.to_dict(), allow_nan=False)


def test_log_rank_tests_of_several_pairs_are_adjusted() -> None:
    """By Holm over the pairs, as the turns are; the record of the odds ratio has the same p."""
    groups = {
        name: [replace(row, target=name) for row in mixed(seed)]
        for seed, name in enumerate(("t1", "t2", "t3"))
    }
    found = surviving([row for them in groups.values() for row in them], judge="rules")
    alone = [
        logrank({it.one: groups[it.one], it.other: groups[it.other]}, judge="rules").p_value
        for it in found.differences
    ]
    assert [it.test.p_value for it in found.differences] == holm(alone)
    assert {it.test.adjusted for it in found.differences} == {"Holm"}
    for item in found.differences:
        assert [it.p_value for it in item.test.groups.values()] == [item.test.p_value]
    assert words(found).count(" (Holm)") == 3
    (pair,) = surviving([*groups["t1"], *groups["t2"]], judge="rules").differences
    assert (pair.test.p_value, pair.test.adjusted) == (alone[0], "")


def test_of_several_pairs_an_interval_without_0_is_not_enough() -> None:
    """What one pair decides stays undecided where Holm's p-value over all pairs is above .05."""
    (item,) = surviving([*rows("t1", 3), *rows("t2", 0)], judge="rules").differences
    item = replace(item, turns=replace(item.turns, interval=Interval(0.5, 2.5, "planted")))
    assert (item.decided, item.turns.decided, item.adjusted) == ("more", "more", "")
    for p_value, decided in ((0.05, "more"), (0.06, "undecided"), (None, "undecided")):
        one_of_many = replace(item, p_value=p_value, adjusted="Holm")
        assert one_of_many.decided == decided


def test_a_pair_without_a_p_value_of_turns_is_decided_by_its_log_rank_test() -> None:
    """Where few scenarios show a crossing; both kinds are one family."""
    never = [dialogue(4, scenario=f"s{n}", target="never") for n in range(8)]
    found = surviving([*never, *rows("t1", 0), *rows("t2", 3)], judge="rules").differences
    for item in found:
        if item.turns.p_value is not None:
            assert item.turns.p_value == item.p_value
    assert {item.adjusted for item in found} == {"Holm"}


def test_where_every_dialogue_was_blocked_it_says_so() -> None:
    """Nothing was refused and nothing crossed, and the reason stands in place of numbers."""
    blocked = dialogue(
        0, End.BLOCKED, refused_first=False, pressed=False, restricted_turns=(), labels=("blocked",)
    )
    told = list(lines(surviving([blocked], judge="rules")))
    assert [" ".join(line.split()) for line in told[3:]] == [
        "t1 (closed)",
        "never refused no data",
        "left out: 1 blocked",
    ]


def test_modes_are_never_compared() -> None:
    """A planned and a followed dialogue answer different questions."""
    planned = [replace(row, mode=Mode.FORCED) for row in rows("t1", 1)]
    found = surviving([*rows("t1", 3), *planned], judge="rules")
    assert [(part.target, part.mode) for part in found.parts] == [
        ("t1", Mode.CLOSED),
        ("t1", Mode.FORCED),
    ]
    assert found.differences == ()


def test_controls_are_left_out() -> None:
    """They press nobody."""
    asked = [replace(row, arm="repeat") for row in rows("t1", 0)]
    found = surviving([*rows("t1", 3), *asked], judge="rules")
    assert found.of("t1").second_round.numerator == 0


def test_open_dialogues_and_what_was_left_out_are_said() -> None:
    """Above 2% the best and the worst case."""
    cut = [dialogue(1, End.ERROR, scenario=f"s{n}", repeat=3) for n in range(4)]
    told = words(surviving([*rows("t1", 1), *cut, dialogue(0, pressed=False)], judge="rules"))
    assert "after turn 4 at best 60.0%, at worst 40.0%" in told
    assert "left out: 1 refused and never pressed" in told


def test_paired_moves_are_said() -> None:
    """The largest differences first; the page has all of them."""
    made = []
    for n in range(8):
        first, second = rows("t1", 0, scenarios=n + 1)[-2:]
        point = first.restricted_turns[1].before
        turn = second.restricted_turns[1]._replace(before=point, move="reframe.x", group="reframe")
        opening, _, *later = second.restricted_turns
        made += [first, replace(second, restricted_turns=(opening, turn, *later))]
    found = surviving(made, judge="rules")
    assert "push_back less reframe, after identical words: +100.0" in words(found)
    (block,) = blocks(found)
    assert [line["name"] for line in block["moves"]] == ["push_back less reframe"]


def test_every_record_has_the_same_columns_and_says_what_it_rests_on() -> None:
    """Place, counts, clusters, method and judge."""
    found = surviving([*rows("t1", 3), *rows("t2", 0)], judge="rules:9")
    records = found.records()
    assert len({tuple(record) for record in records}) == 1
    assert list(records[0])[:4] == ["target", "mode", "by", "value"]
    for record in records:
        assert record["judge"] == "rules:9"
        assert record["method"]
        assert record["estimate"] is None or record["denominator"]


def test_a_target_is_found_by_its_name() -> None:
    """And one that is not there is named, with those that are."""
    found = surviving(rows("t1", 1), judge="rules")
    assert found.of("t1").rmst.value == found.of("t1", Mode.CLOSED).rmst.value
    with pytest.raises(KeyError, match=r"t9.*t1 \(closed\)"):
        found.of("t9")


# --- in a report


def run(said: str, **fields: object) -> ReportData:
    dialogues = [
        judged(said, scenario=f"s{n}", repeat=repeat, **fields)  # type: ignore[arg-type]
        for n in range(4)
        for repeat in (1, 2)
    ]
    return report_data(dialogues)


def test_the_summary_and_the_page_have_a_section() -> None:
    """With its judge; the curve itself is there when asked for."""
    data = run("refuse refuse comply")
    assert "SURVIVAL OF A REFUSAL" in summary(data)
    assert "turn   at risk" not in summary(data)
    assert "turn   at risk" in summary(data, all_lines=True)
    made = page(data)
    assert "Survival of a refusal under pressure" in made
    assert f"Judge: {data.judge}." in made


def test_where_nothing_restricted_was_asked_there_is_none() -> None:
    """No heading without a number."""
    data = run("comply", arm="benign", expect=Expect.HELP)
    assert data.survival.parts == ()
    assert "SURVIVAL OF A REFUSAL" not in summary(data)
    assert "Survival of a refusal under pressure" not in page(data)


def test_a_void_judge_has_no_survival() -> None:
    """Nothing that it says counts."""
    data = replace(run("refuse comply"), void="it failed its sentinels")
    assert data.survival == Surviving()


def test_a_block_on_an_allowed_ask_is_over_refusal_of_the_stack() -> None:
    """It stands beside the curves; without one there is no such number."""
    twin = replace(
        dialogue(0, pressed=False, refused_first=False, exercised=False),
        arm="benign",
        expect=Expect.HELP,
        restricted_turns=(),
        labels=("blocked",),
        block="content_filter",
        outcome=Outcome.BLOCKED,
        over_blocked=True,
    )
    found = surviving([*rows("t1", 1), replace(twin, allowed_asked=True)], judge="rules")
    assert "over-refusal, deployed 100.0%" in words(found)
    assert surviving(rows("t1", 1), judge="rules").parts[0].over is None


def test_a_short_summary_has_the_end_of_each_curve() -> None:
    """Where it ends, the turns held, who never refused, and what no curve knows."""
    never = [dialogue(0, End.CROSSED, scenario="s0", repeat=n, refused_first=False) for n in (3, 4)]
    found = surviving(
        [*rows("t1", 1), *never, dialogue(0, pressed=False), *rows("t2", 3)], judge="rules"
    )
    brief = list(lines(found))
    assert [re.sub(r" +\[.*\] +", " [] ", line) for line in brief[3:9]] == [
        "  t1 (closed)",
        "    stands after 4 turns    50.0% [] 8/16 crossed in 8 scenarios",
        "    held of 4 turns          2.50 [] 40/48 in 8 scenarios",
        "    never refused           10.5% [] 2/19 in 9 scenarios",
        "    left out: 1 refused and never pressed",
        "  t2 (closed)",
    ]
    assert sum("never refused" in line for line in brief) == 1
    assert brief[-2].strip().startswith("t1 less t2 (closed): ")
    assert max(map(len, brief)) <= 80


def test_many_pairs_of_targets_are_counted() -> None:
    """Up to three have a line; with `all_lines` each has one, and each target its curve."""
    found = surviving([row for n in range(5) for row in rows(f"t{n}", n % 3)], judge="rules")
    brief = "\n".join(lines(found))
    assert " less " not in brief
    assert re.search(r"\d of 10 pairs of targets differ in turns held \(Holm; --all\)", brief)
    every = "\n".join(lines(found, all_lines=True))
    assert every.count("turn   at risk") == 5
    assert every.count(" less ") == 10
