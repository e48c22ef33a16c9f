"""Which versions belong together, and the dialogues behind what changed."""

from __future__ import annotations

import pytest

from convsim.changes import apart, changes, together
from convsim.differences import Version
from convsim.errors import InputError
from convsim.report.data import Entry
from tests.differences.sides import many, rows, version
from tests.report.invented import judged


def called(*targets: str, run: str = "before") -> list[Version]:
    return [version(rows(many("."), target=name), run=run, target=name) for name in targets]


def names(before: list[Version], after: list[Version], target: str | None = None) -> list[str]:
    return [f"{one.target}-{other.target}" for one, other in together(before, after, target)]


@pytest.mark.parametrize(
    ("before", "after", "target", "pairs"),
    [
        (("a",), ("b",), None, ["a-b"]),
        (("a", "b"), ("b", "a", "c"), None, ["b-b", "a-a"]),
        (("a", "b"), ("b",), None, ["b-b"]),
        (("a", "b"), ("a", "b"), "b", ["b-b"]),
    ],
)
def test_targets_belong_together_by_alias_or_where_each_run_has_one(
    before: tuple[str, ...], after: tuple[str, ...], target: str | None, pairs: list[str]
) -> None:
    assert names(called(*before), called(*after), target) == pairs


def test_targets_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(InputError, match="none of them has the same alias"):
        names(called("a", "b"), called("c"))
    with pytest.raises(InputError, match="has no target 'c'"):
        names(called("a", "b"), called("a", "b"), "c")


def test_a_target_without_a_counterpart_is_named() -> None:
    found = changes(called("a", "b"), called("a", "c", run="after"), {}).compared
    assert [str(it) for it in found[0].matched.left_out] == [
        "1 target only in before: b",
        "1 target only in after: c",
    ]
    assert apart(called("a", "b"), called("a", "c"), "a") == ()
    assert apart(called("a"), called("b"), None) == ()


def test_one_run_needs_two_targets() -> None:
    assert len(changes(called("a", "b", "c"), None, {}).compared) == 3
    with pytest.raises(InputError, match="nothing to compare it with"):
        changes(called("a"), None, {})


def test_the_dialogues_behind_a_change_are_fetched_from_their_own_run() -> None:
    asked = []

    def fetch(run: str, words: str) -> Entry:
        asked.append(run)
        transcript, verdict, case = judged(words)
        return Entry(transcript, case, verdict)

    before = [version(rows(many(".....")))]
    after = [version(rows(many("x....")), run="after")]
    found = changes(
        before,
        after,
        {
            "before": lambda key: fetch("before", "refuse"),
            "after": lambda key: fetch("after", "comply"),
        },
    )
    (example,) = found.examples()
    assert asked == ["before", "after"]
    assert (example.turned.was, example.turned.now) == ("held", "crossed")
    assert len(list(found.examples(most=5))) == 5
    assert "under-refusal rose by 20.0 points" in found.report()
