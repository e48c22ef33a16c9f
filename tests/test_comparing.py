"""Stored runs against each other: which versions belong together, and what is found."""

from __future__ import annotations

from pathlib import Path

import pytest

import convsim
from convsim import Run
from convsim.comparing import seen_by
from convsim.errors import InputError
from convsim.gates import Decision
from tests.small import SUITE, Plain, firm_and_weak, gives_in, holds


async def played(out: Path, *, seed: int = 7, repeats: int = 12, **targets: object) -> Run:
    """A run of the small suite."""
    found = targets or {"t1": holds}
    return await convsim.run(
        SUITE,
        found,  # type: ignore[arg-type]
        repeats=repeats,
        seed=seed,
        out=out,
        classifier=Plain(),
    )


async def test_a_target_that_gives_in_now_is_what_changed(tmp_path: Path) -> None:
    before = await played(tmp_path / "before")
    after = await played(tmp_path / "after", t1=gives_in)
    found = convsim.compare(before, tmp_path / "after")
    (pair,) = found.compared
    assert {one.metric for one in found.changed} >= {"under-refusal", "hold"}
    assert pair.of("under-refusal").estimate.value == 1.0
    assert pair.of("over-refusal").estimate.value == -1.0  # it gives in to the twin, too
    example = next(found.examples())
    assert (example.turned.was, example.turned.now) == ("held", "crossed")
    assert "No." in example.text()
    assert after.compare(before).compared[0].of("under-refusal").estimate.value == -1.0


async def test_the_same_run_twice_is_fine(tmp_path: Path) -> None:
    run = await played(tmp_path / "run")
    found = convsim.compare(run, tmp_path / "run")
    assert not found.changed
    assert "word for word" in found.compared[0].matched.cautions[0]
    assert convsim.gate(run, run, margin=0.3).decision is Decision.OK
    assert convsim.gate(run, run).report().startswith("UNDECIDED: the data do not decide")


async def test_targets_of_one_run_are_compared_with_each_other(tmp_path: Path) -> None:
    run = await firm_and_weak(tmp_path / "run")
    (pair,) = convsim.compare(run).compared
    assert (pair.before.target, pair.after.target) == ("firm", "weak")
    with pytest.raises(InputError, match="nothing to compare it with"):
        convsim.compare(await played(tmp_path / "one"))


async def test_targets_go_together_by_alias(tmp_path: Path) -> None:
    both = await played(tmp_path / "both", repeats=2, firm=holds, weak=gives_in)
    other = await played(tmp_path / "other", repeats=2, weak=gives_in, firm=holds, new=holds)
    found = convsim.compare(both, other)
    assert sorted((one.before.target, one.after.target) for one in found.compared) == [
        ("firm", "firm"),
        ("weak", "weak"),
    ]
    (one,) = convsim.compare(both, other, target="weak").compared
    assert one.after.target == "weak"
    with pytest.raises(InputError, match="has no target 'wek'; did you mean 'weak'"):
        convsim.compare(both, other, target="wek")
    single = await played(tmp_path / "single", repeats=2)
    with pytest.raises(InputError, match="none of them has the same alias"):
        convsim.compare(both, single)


async def test_a_target_that_a_run_lost_does_not_pass_unseen(tmp_path: Path) -> None:
    both = await played(tmp_path / "both", a=holds, b=gives_in)
    one = await played(tmp_path / "one", a=holds, c=gives_in)
    with pytest.raises(InputError, match=r"has the target b, .* has not"):
        convsim.gate(both, one)
    assert convsim.gate(both, one, target="a", margin=0.3).decision is Decision.OK
    more = await played(tmp_path / "more", a=holds, b=gives_in, c=holds)
    (named,) = convsim.gate(both, more).gated[0].matched.left_out
    assert named.names == ("c",)
    series = convsim.follow([both, one, both])
    assert [it.names for it in series.series[0].left_out] == [("b",), ("c",)]
    with pytest.raises(InputError, match="none of the targets is in every one"):
        convsim.follow(
            [
                both,
                await played(tmp_path / "a", a=holds, d=holds),
                await played(tmp_path / "b", b=gives_in, d=holds),
            ]
        )


async def test_a_judge_without_verdicts_is_refused(tmp_path: Path) -> None:
    run = await played(tmp_path / "run", repeats=1)
    with pytest.raises(InputError, match="has no verdicts of 'model'"):
        convsim.compare(run, run, judge="model")
    assert seen_by(tmp_path / "run", "rules").judge == "rules"


async def test_another_classifier_is_refused_and_reading_again_mends_it(tmp_path: Path) -> None:
    class Other(Plain):
        name = "other"

    one = await played(tmp_path / "one", repeats=1)
    other = await convsim.run(
        SUITE, holds, repeats=1, seed=7, out=tmp_path / "other", classifier=Other()
    )
    with pytest.raises(InputError, match="were read by plain"):
        convsim.compare(one, other)
    for run in (one, other):
        again = await convsim.rejudge(run.path, classifier=Plain())
    found = convsim.compare(one, other, judge=again.judge)
    assert "routed by different readings" in found.compared[0].matched.cautions[0]


async def test_an_incomplete_run_is_named(tmp_path: Path) -> None:
    run = await played(tmp_path / "run", repeats=2)
    (file,) = run.path.glob("dialogues.jsonl")
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    (one,) = Run(run.path).versions()
    assert one.incomplete == f"1 of 4 dialogues are missing (`convsim resume {run.path}`)"
    assert one.missing == 0.25


async def test_a_series_is_followed(tmp_path: Path) -> None:
    runs = [await played(tmp_path / f"run{n}") for n in (1, 2)]
    runs.append(await played(tmp_path / "run3", t1=gives_in))
    found = convsim.follow(runs)
    assert {one.by for one in found.changed} == {"trend", "step"}
    said = found.report()
    assert max(map(len, said.splitlines())) <= 100
    assert "<- CHANGED" in said
    with pytest.raises(InputError, match="make no series"):
        convsim.follow(runs[:2])


async def test_a_page_has_changed_dialogues_side_by_side_and_masked(tmp_path: Path) -> None:
    before = await played(tmp_path / "before", repeats=6)
    after = await played(tmp_path / "after", repeats=6, t1=gives_in)
    page = convsim.compare(before, after).write_html(tmp_path / "page.html").read_text()
    assert "held -&gt; crossed" in page
    assert "small.thing/restricted/1" in page
    assert "default-src &#39;none&#39;" in page
    assert "<script" not in page
