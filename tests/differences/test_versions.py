"""What may be compared, what is left out and said so, and what is refused with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.differences import LeftOut, matched
from convsim.errors import InputError
from convsim.policy import Level, Rule
from convsim.transcript import Mode
from tests.differences.sides import rows, side, version

PLAYED = {"a.one": "..", "a.two": "x."}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"mode": Mode.FORCED}, "--mode closed"),
        ({"judge": "model"}, "`convsim judge after --judge ...`"),
        ({"classifier": "rules-2"}, "`convsim judge before --classifier rules`"),
        (
            {"rules": dict.fromkeys(PLAYED, Rule(id="a", level=Level.LIMIT))},
            "different versions of the rule a; judge both by one policy",
        ),
        ({"contents": dict.fromkeys(PLAYED, "changed")}, "run the same suite, arms and walk"),
    ],
)
def test_what_was_measured_otherwise_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as error:
        matched(side(PLAYED), side(PLAYED, "after", **fields))
    assert says in str(error.value)


def test_a_rule_that_only_changed_scenarios_cite_may_differ() -> None:
    rules = {"a.one": Rule(id="a", level=Level.NEVER), "a.two": Rule(id="a", level=Level.LIMIT)}
    contents = {"a.one": "the same", "a.two": "changed"}
    found = matched(side(PLAYED), side(PLAYED, "after", rules=rules, contents=contents))
    assert found.scenarios == 1


def test_what_has_no_counterpart_is_listed() -> None:
    before = version(
        rows({"a.one": ".", "a.old": ".", "a.two": "."}),
        rows({"a.one": "."}, "forged"),
        rows({"a.one": "."}, path="p1"),
        rows({"a.one": "."}, "resample"),
    )
    after = version(rows({"a.one": ".", "a.new": ".", "a.two": "."}), run="after")
    after.contents["a.two"] = "changed"  # type: ignore[index]
    found = matched(before, after)
    assert {row.key for row in found.rows[0]} == {"a.one/restricted/t1/1/0/-"}
    assert found.left_out == (
        LeftOut("scenario", ("a.two",), "changed between the runs"),
        LeftOut("scenario", ("a.old",), "only in before t1"),
        LeftOut("scenario", ("a.new",), "only in after t1"),
        LeftOut("arm", ("a.one/forged",), "only played by before t1"),
        LeftOut("planned path", ("a.one restricted p1",), "only played by before t1"),
    )
    assert str(found.left_out[0]) == "1 scenario changed between the runs: a.two"


def test_what_a_reader_should_know_is_said() -> None:
    after = side(PLAYED, "after", seed=8, router="rules-2", incomplete="3 of 9 are missing")
    incomplete, seeds, routed = matched(side(PLAYED), after).cautions[:3]
    assert incomplete == "after is incomplete: 3 of 9 are missing"
    assert "the seeds differ (7, 8)" in seeds
    assert "routed by different readings (rules-1, rules-2)" in routed


def test_a_replay_is_no_evidence_of_chance_and_fine() -> None:
    (caution,) = matched(side(PLAYED), side(PLAYED, "after")).cautions
    assert "every reply is the same on both sides" in caution
    other = side({**PLAYED, "a.one": "x."}, "after")
    assert matched(side(PLAYED), other).cautions == ()
