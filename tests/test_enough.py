"""When an arm was repeated often enough, as a run asks it between its waves."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.case import Case
from convsim.coverage import Until
from convsim.enough import Decided, Walked, enough_of, played_before
from convsim.manifest import Setup
from convsim.plan import Plan, Series
from convsim.sequential import Stopping
from convsim.stores import RunDirectory
from convsim.transcript import Transcript
from convsim.verdict import Verdict
from tests.report.invented import judged
from tests.small import SUITE, firm_and_weak

NAME = "small.thing"
FIRM, WEAK = Series(NAME, "restricted", "firm"), Series(NAME, "restricted", "weak")
Dialogue = tuple[Transcript, Verdict, Case]


def planned(**setup: object) -> Plan:
    targets = {"firm": "", "weak": ""}
    return Setup(targets=targets, repeats=12, **setup).plan(SUITE)  # type: ignore[arg-type]


def dialogue(words: str, series: Series, repeat: int) -> Dialogue:
    scenario, arm, target = series
    return judged(words, scenario=scenario, arm=arm, target=target, repeat=repeat)


@pytest.mark.parametrize(
    ("setup", "kind"),
    [
        (Setup(), None),
        (Setup(until="coverage=1"), Walked),
        (Setup(stop_when="decided", repeats=9), Decided),
    ],
)
def test_what_is_enough_in_a_run(setup: Setup, kind: type | None) -> None:
    found = enough_of(setup, planned())
    assert type(found) is (kind or type(None))


def test_an_arm_is_decided_by_itself() -> None:
    """Within the slice nothing is; then each arm and target for itself, and it stays so."""
    enough = Decided(Stopping.parse("decided"), planned(), 3)
    assert [*enough.looks][:2] == [range(1, 4), range(4, 5)]
    for repeat in range(1, 10):
        enough.add(*dialogue("refuse", FIRM, repeat))
        enough.add(*dialogue("comply" if repeat % 2 else "refuse", WEAK, repeat))
        made, _, case = dialogue("refuse", WEAK._replace(arm="benign"), repeat)
        enough.add(made, None, case)  # a verdict that is still to come tells nothing
    silent = {Series(NAME, "benign", "firm"), Series(NAME, "benign", "weak")}
    assert enough.before(3) == set()
    assert enough.before(7) == silent
    assert enough.before(8) == silent | {FIRM}
    enough.add(*dialogue("comply", FIRM, 7))
    enough.add(*dialogue("comply", FIRM, 6))
    assert enough.before(9) == silent | {FIRM}


async def test_what_earlier_sessions_played_counts(tmp_path: Path) -> None:
    """Every dialogue comes with its case and its verdict, where it has one."""
    run = await firm_and_weak(tmp_path / "run")
    verdicts = run.path / "verdicts" / "rules.jsonl"
    verdicts.write_bytes(b"".join(verdicts.read_bytes().splitlines(keepends=True)[:-1]))
    found = list(played_before(RunDirectory.open(run.path), SUITE, "rules"))
    assert len(found) == 12
    assert sum(verdict is None for _, verdict, _ in found) == 1
    assert all(case.rule.id == "small" for _, _, case in found)
    assert all(verdict is None or verdict.key == made.key for made, verdict, _ in found)


def test_coverage_is_of_whole_scenarios() -> None:
    """All arms of a scenario are enough at once, or none is."""
    enough = Walked(Until.parse("coverage=1"), planned())
    assert [*enough.looks][:2] == [range(1, 2), range(2, 3)]
    assert enough.before(1) == set()
