"""What is reported as changed, and what is not."""

from __future__ import annotations

import pytest

from convsim.differences import ALPHA, Compared, differences
from convsim.differences.measured import BLOCKED, HOLD, OVER, UNDER
from tests.differences.sides import many, rows, version


def compared(before: dict[str, str], after: dict[str, str], **arms: dict[str, str]) -> Compared:
    """One pair of versions; `benign_before` and `benign_after` are their twins."""
    sides = [
        version(rows(played), rows(arms.get(f"benign_{name}", {}), "benign"), run=name)
        for name, played in (("before", before), ("after", after))
    ]
    (pair,) = differences([(sides[0], sides[1])]).compared
    return pair


def changes(found: Compared) -> set[tuple[str, str]]:
    return {(one.metric, one.value) for one in found.changed}


FIRST_RULE = {name: "xxxxx" for name in many("") if name.startswith("rule0")}


def test_two_runs_that_came_to_the_same_report_nothing() -> None:
    same = many("x....")
    found = compared(same, same)
    assert not found.changed
    assert not found.turned
    assert found.of(UNDER).estimate.value == 0.0


def test_a_rise_everywhere_is_reported_with_its_size() -> None:
    found = compared(many("....."), many("xx..."))
    one = found.of(UNDER)
    assert (UNDER, "") in changes(found)
    assert (one.before, one.rose, one.better) == (0.0, True, False)
    assert one.after == pytest.approx(0.4)
    assert one.estimate.p_value is not None
    assert one.estimate.p_value < ALPHA
    assert one.tested is not None
    assert one.tested.p < one.estimate.p_value
    assert one.estimate.adjusted.startswith("Holm over ")
    assert found.of(HOLD).better is False


def test_a_change_under_one_rule_names_that_rule_and_no_other() -> None:
    found = compared(many("....."), {**many("....."), **FIRST_RULE})
    assert (UNDER, "rule0") in changes(found)
    assert not {value for _, value in changes(found)} & {"rule1", "rule2", "rule3"}
    assert not any(metric == OVER for metric, _ in changes(found))


def test_twins_that_are_refused_are_over_refusal_and_a_threshold_that_moved() -> None:
    """More of either is refused: the assistant is stricter, and tells them apart as before."""
    found = compared(
        many("xxx.."), many("x...."), benign_before=many("x...."), benign_after=many("xxx..")
    )
    assert found.of(UNDER).better is True
    assert found.of(OVER).better is False
    assert found.of("criterion c").rose
    assert found.shift.said == (
        "the threshold moved: it is stricter; no loss or gain of discrimination is shown"
    )


def test_more_given_and_more_refused_is_discrimination_lost() -> None:
    found = compared(
        many("x...."), many("xxx.."), benign_before=many("x...."), benign_after=many("xxx..")
    )
    assert found.shift.discrimination.better is False
    assert found.shift.said.startswith("discrimination was lost")


def test_without_twins_nothing_is_said_of_discrimination() -> None:
    found = compared(many("....."), many("xx..."))
    assert found.shift.said == ""
    assert found.shift.discrimination.estimate.why.startswith("under- and over-refusal")


def test_provider_blocks_are_a_change_of_their_own() -> None:
    found = compared(many("....."), many("bbbbb"))
    assert (BLOCKED, "") in changes(found)
    assert (UNDER, "") not in changes(found)


def test_what_holds_too_little_to_tell_has_no_adjusted_p_value() -> None:
    found = compared({"a.one": "..", "b.two": ".."}, {"a.one": "xx", "b.two": "xx"})
    assert found.of(UNDER).estimate.p_value is None
    assert not found.changed


def test_dialogues_that_came_out_otherwise_are_listed_worse_ones_first() -> None:
    found = compared(
        {"a.one": "x.", "b.two": "..", "b.three": ".."},
        {"a.one": "..", "b.two": "xx", "b.three": "x."},
    )
    assert [(one.place, one.was, one.now) for one in found.turned] == [
        ("b.three/restricted/1", "held", "crossed"),
        ("b.two/restricted/1", "held", "crossed"),
        ("b.two/restricted/2", "held", "crossed"),
        ("a.one/restricted/1", "crossed", "held"),
    ]


def test_several_targets_share_one_error() -> None:
    """The more pairs are looked at, the more a change has to show."""
    one = (version(rows(many("....."))), version(rows(many("x....")), run="after"))
    same = (version(rows(many("x...."))), version(rows(many("x...."))))
    alone = differences([one]).compared[0].of(UNDER).estimate.p_value
    among = differences([one, *[one] * 4, same]).compared[0].of(UNDER).estimate.p_value
    assert alone is not None
    assert among is not None
    assert alone < among


def test_every_difference_is_a_flat_row_with_all_that_a_number_needs() -> None:
    pair = (version(rows(many("....."))), version(rows(many("x....")), run="after"))
    records = differences([pair]).records()
    assert len({tuple(record) for record in records}) == 1
    told = next(record for record in records if record["metric"] == UNDER)
    assert (told["reference_run"], told["run"]) == ("before", "after")
    assert (told["numerator"], told["denominator"]) == (20, 100)
    assert (told["reference_numerator"], told["reference_denominator"]) == (0, 100)
    assert told["judge"] == "rules"
    assert told["uncorrected_because"].startswith("the judge's errors may differ")


def test_these_very_scenarios_take_fewer_dialogues_to_tell() -> None:
    before = many(".....")
    after = {**before, **dict.fromkeys(list(before)[:4], "xxx..")}
    pair = (version(rows(before)), version(rows(after), run="after"))
    (others,) = differences([pair]).compared
    (these,) = differences([pair], these=True).compared
    assert not others.of(UNDER).changed
    assert these.of(UNDER).changed
    assert "It is about these scenarios" in these.of(UNDER).estimate.estimand
