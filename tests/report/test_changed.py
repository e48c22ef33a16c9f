"""What changed, in words: the sentence, the evidence, and how large a change may be missed."""

from __future__ import annotations

from dataclasses import replace

from convsim.differences import Differences, differences
from convsim.report.changed import changed_text, evidence, examples, in_words, p_of
from tests.differences.sides import many, rows, version

FLAT = many(".....")


def found(after: dict[str, str], before: dict[str, str] | None = None) -> Differences:
    one = version(rows(before or FLAT), rows(many("x...."), "benign"))
    other = version(rows(after), rows(many("x...."), "benign"), run="after")
    return differences([(one, other)])


def with_rule(rule: str, letters: str) -> dict[str, str]:
    """What was flat, but for one rule."""
    return {name: letters if name.startswith(rule) else flat for name, flat in FLAT.items()}


def test_no_line_is_wider_than_a_terminal() -> None:
    told = found({**FLAT, **dict.fromkeys(list(FLAT)[:12], "xxx..")})
    for width in (60, 80, 120):
        lines = changed_text(told, width, all_lines=True).splitlines()
        assert max(map(len, lines)) <= width


def test_a_change_is_a_sentence_with_its_evidence_below() -> None:
    (pair,) = found(many("xx...")).compared
    one = pair.of("under-refusal")
    assert in_words(one) == "under-refusal rose by 40.0 points, from 0.0% to 40.0% (worse)"
    assert evidence(one).startswith("[")
    assert "0/100 -> 40/100 in 20 scenarios, p < 0.0001" in evidence(one)


def test_the_other_way_round_is_better() -> None:
    (pair,) = found(FLAT, many("xx...")).compared
    assert in_words(pair.of("under-refusal")).endswith("from 40.0% to 0.0% (better)")


def test_what_is_not_shown_has_its_counts_too() -> None:
    said = " ".join(changed_text(found(many("xx..."))).split())
    assert "over-refusal 20.0% -> 20.0%, 0.0 [-16.8, 16.8] 20/100 -> 20/100 in 20 scen" in said
    assert "from under 0/100 -> 40/100, over 20/100 -> 20/100 in 20 scenarios" in said


def test_a_part_alone_does_not_stand_under_an_empty_heading() -> None:
    lone = {**FLAT, **with_rule("rule0", "xx...")}
    (pair,) = found(lone).compared
    quiet = tuple(replace(one, estimate=replace(one.estimate, p_value=1)) for one in pair.headline)
    lines = changed_text(Differences((replace(pair, headline=quiet),))).splitlines()
    after = lines[lines.index("WHAT CHANGED") + 1]
    assert after.strip() == "no number of the whole is shown to have changed, parts are"
    assert "WHERE IT SHOWS" in lines


def test_parts_say_where_it_shows() -> None:
    rule = {
        name: "xxxxx" if name.startswith("rule0") else letters for name, letters in FLAT.items()
    }
    text = changed_text(found(rule))
    assert "WHERE IT SHOWS" in text
    assert "under-refusal, rule rule0" in text
    assert "under-refusal, rule rule1" not in text
    assert "under-refusal, rule rule1" in changed_text(found(rule), all_lines=True)


def test_no_change_shown_says_that_it_is_no_proof() -> None:
    text = " ".join(changed_text(found(FLAT)).split())
    assert "nothing is shown to have changed. That does not say that nothing did" in text
    assert "over-refusal 20.0% -> 20.0%, 0.0 [" in text


def test_what_holds_too_little_to_tell_says_so() -> None:
    (pair,) = found(FLAT).compared
    assert p_of(pair.of("under-refusal")) == "too little to tell"


def test_dialogues_of_a_rule_that_changed_come_first() -> None:
    after = {
        name: "xxxxx" if name.startswith("rule3") else letters for name, letters in FLAT.items()
    }
    (pair,) = found({**after, "rule0.s00": "x...."}).compared
    rules = [one.rule for one in examples(pair)]
    assert rules[0] == "rule3"
    assert rules[-1] == "rule0"
