"""Drawing a scenario, with the figures of a run over it."""

from __future__ import annotations

from pathlib import Path

import pytest

import convsim
from convsim import Run
from convsim.coverage import Measure
from convsim.drawing import Format
from convsim.errors import InputError, Transient
from convsim.picturing import draw, drawing
from tests.small import (
    SCENARIO,
    SUITE,
    Plain,
    Scripted,
    firm_and_weak,
    holds,
    write_scenario,
)


@pytest.fixture
async def run(tmp_path: Path) -> Run:
    """Two targets, two arms, three repeats: one holds and one gives in."""
    return await firm_and_weak(tmp_path / "run")


@pytest.mark.parametrize(
    ("to", "begins"),
    [
        ("svg", "<svg "),
        ("mermaid", "flowchart TD\n"),
        ("dot", 'digraph "small.thing (restricted)" {\n'),
        ("text", "small.thing (restricted)\n\n● open  ask.direct · asks restricted\n"),
    ],
)
def test_a_scenario_is_drawn_in_every_format(to: str, begins: str) -> None:
    assert draw(SUITE, to).startswith(begins)


def test_a_file_is_drawn_with_its_rule(tmp_path: Path) -> None:
    """The policy beside it says what its moves ask."""
    path = write_scenario(tmp_path)
    assert "asks restricted" in draw(path, "text")
    (tmp_path / "policy.yaml").write_text("rules: [{id: small, level: help, text: Help.}]\n")
    assert "asks allowed" in draw(path, "text")


def test_an_arm_and_a_control_are_drawn() -> None:
    assert "asks allowed" in draw(SUITE, "text", arm="benign")
    assert "● request" in draw(SUITE, "text", arm="resample")


async def test_figures_of_a_run_are_laid_over_it(run: Run) -> None:
    """Of one target; by the run's path or the run itself, by the scenario's file or its id."""
    weak = drawing(SUITE, run=run, target="weak").overlay
    firm = drawing("small.thing", run=str(run.path), target="firm").overlay
    assert weak is not None
    assert firm is not None
    assert weak.crossed == {"open": (0, 3), "push": (3, 3)}
    assert weak.flipped == {"push": (3, 3)}
    assert firm.crossed == {"open": (0, 3), "push": (0, 6)}
    assert firm.about == "target firm, closed mode, judge rules: 3 dialogues of 1 scenario"
    assert firm.of_way(drawing(SUITE).picture.ways[-1]) == (3, 3)
    assert "refused: 3/3 → push" in draw(SUITE, "text", run=run, target="firm")


async def test_what_was_taken_is_what_coverage_counts(run: Run) -> None:
    """And what was not is explained by it."""
    for target in ("firm", "weak"):
        made = drawing(SUITE, run=run, target=target)
        over = made.overlay
        assert over is not None
        shares = {way: over.of_way(way) for way in made.picture.ways}
        missing = {way for way, share in shares.items() if share is not None and not share.hits}
        of_run = run.coverage().missing(Measure.TRANSITIONS, target)
        assert {tuple(way[:3]) for way in missing} == {
            tuple(it.thing) for it in of_run if it.arm == "restricted"
        }
        assert all(over.reasons([way]) for way in missing)


async def test_an_arm_that_helps_has_no_crossings(run: Run) -> None:
    over = drawing(SUITE, arm="benign", run=run, target="weak").overlay
    assert over is not None
    assert (over.dialogues, over.crossed) == (3, {})


async def test_what_failed_is_counted_apart(tmp_path: Path) -> None:
    run = await convsim.run(
        SCENARIO.model_copy(update={"rule": None}),
        Scripted("Yes.", Transient("500")),
        arms=["restricted"],
        repeats=2,
        out=tmp_path / "run",
        classifier=Plain(),
        limits=convsim.Limits(concurrency=1, attempts=1),
    )
    over = drawing("small.thing", run=run).overlay
    assert over is not None
    assert (over.dialogues, over.failed) == (1, 1)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"target": "weak"}, "target 'weak' has figures in a run only"),
        ({"to": "pdf"}, "nothing is drawn as 'pdf'; allowed: text, svg, mermaid, dot"),
        ({"to": "svgg"}, "did you mean 'svg'"),
        ({"arm": "bening"}, "has no arm 'bening'; did you mean 'benign'"),
    ],
)
def test_what_cannot_be_drawn(how: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=r"^[^\n]*$") as raised:
        draw(SUITE, **how)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, "has 2 targets, and figures are of one at a time; choose with --target: firm, weak"),
        ({"target": "week"}, "has no target 'week'; did you mean 'weak'"),
        ({"target": "weak", "arm": "resample"}, "'resample' is made anew in each repeat"),
    ],
)
async def test_what_a_run_has_no_figures_of(run: Run, how: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as raised:
        draw(SUITE, run=run, **how)
    assert said in str(raised.value)


async def test_an_id_that_the_run_does_not_have(run: Run) -> None:
    """A name without an ending is an id; one with an ending, or in a folder, a file."""
    with pytest.raises(InputError, match=r"has no scenario 'small.thin'; did you mean"):
        draw("small.thin", run=run)
    with pytest.raises(InputError, match=r"'small.yaml' does not exist"):
        draw("small.yaml", run=run)


async def test_an_arm_that_was_not_played(tmp_path: Path) -> None:
    run = await convsim.run(
        SUITE, holds, arms=["benign"], repeats=1, out=tmp_path / "run", classifier=Plain()
    )
    with pytest.raises(InputError, match=r"in arm 'restricted'; it has some in benign$"):
        draw(SUITE, run=run)


async def test_another_version_is_not_passed_off_as_the_one_that_was_played(run: Run) -> None:
    """A title may change; where states differ, the error says how to draw what was played."""
    retitled = SCENARIO.model_copy(update={"title": "Another title"})
    suite = convsim.Suite((retitled,), SUITE.policy)
    assert drawing(suite, run=run, target="weak").overlay is not None
    changed = SCENARIO.model_copy(
        update={"states": {**SCENARIO.states, "push": SCENARIO.states["open"]}}
    )
    with pytest.raises(InputError) as raised:
        draw(convsim.Suite((changed,), SUITE.policy), run=run, target="weak")
    assert "its states differ in arm 'restricted'" in str(raised.value)
    assert f"`convsim graph small.thing --run {run.path}`" in str(raised.value)
    other = convsim.Suite((SCENARIO.model_copy(update={"id": "small.other"}),), SUITE.policy)
    with pytest.raises(InputError, match=r"has no scenario 'small.other'; did you mean"):
        draw(other, run=run, target="weak")


def test_formats_are_named_as_on_the_command_line() -> None:
    assert [*map(str, Format)] == ["text", "svg", "mermaid", "dot"]
