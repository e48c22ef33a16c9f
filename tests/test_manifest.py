"""Manifests: what a run directory holds of the run's making, and that it stays so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.coverage import Measure, Until
from convsim.errors import InputError, RunMismatch
from convsim.manifest import (
    Setup,
    check_unchanged,
    load_suite_snapshot,
    write_manifest,
    write_snapshots,
)
from convsim.policy import Policy, Rule
from convsim.sequential import Aim, Stopping
from convsim.stores import RunDirectory
from convsim.suite import Suite
from tests.small import SCENARIO, SUITE


@pytest.fixture
def stored(tmp_path: Path) -> RunDirectory:
    """A run directory with the snapshots and the manifest of a run."""
    directory = RunDirectory.create(tmp_path / "run")
    write_snapshots(directory, SUITE)
    write_manifest(directory, Setup(), SUITE, planned=10)
    directory.close()
    return directory


SETUPS = [
    Setup(),
    Setup(seed=7, repeats=2, arms=("benign",), targets={"a": "sim/steadfast"}),
    Setup(walk="edge-cover", mode="forced", shard="2/8"),
    Setup(until="coverage=0.9", classifier="plain", judge="mine"),
    Setup(repeats=80, stop_when="width=0.05"),
    Setup(repeats=80, stop_when="decided", slice=2),
]


@pytest.mark.parametrize("setup", SETUPS)
def test_a_setup_comes_back_from_its_manifest(setup: Setup, tmp_path: Path) -> None:
    """Whatever else the manifest holds."""
    directory = RunDirectory.create(tmp_path / "run")
    write_manifest(directory, setup, SUITE, planned=3, unrecognised={"a": 1})
    directory.close()
    manifest = directory.load("run")
    assert Setup.of(manifest) == setup
    assert (manifest["planned"], manifest["unrecognised"]) == (3, {"a": 1})
    assert manifest["scenarios"] == {SCENARIO.id: SCENARIO.content}


@pytest.mark.parametrize(
    ("walk", "paths", "played"),
    [
        ("random", None, "random"),
        ("random", (), "random"),
        ("random", ("open > end",), "chosen"),
        ("chosen", ("open > end",), "chosen"),
        ("edge-cover", ("open > end",), "edge-cover"),
    ],
)
def test_paths_that_are_given_are_chosen(
    walk: str, paths: tuple[str, ...] | None, played: str
) -> None:
    """Another walk that was asked for stays, and `plan` refuses it."""
    assert Setup(walk=walk, paths=paths).walk == played


def test_a_manifest_of_an_older_version_has_the_defaults() -> None:
    """What it does not know of, it did not do."""
    manifest = {"seed": 3, "repeats": 2, "arms": ["benign"], "targets": {"a": "sim/steadfast"}}
    assert Setup.of(manifest) == Setup(3, 2, ("benign",), targets={"a": "sim/steadfast"})


@pytest.mark.parametrize(
    ("setup", "until"),
    [
        ({}, None),
        ({"until": "coverage=0.9"}, Until({Measure.TRANSITIONS: 0.9})),
        ({"shard": "1/2"}, None),
    ],
)
def test_when_a_setup_stops(setup: dict[str, str], until: Until | None) -> None:
    assert Setup(**setup).stops() == until  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"shard": "1/2"}, "a shard plays only some of them; use one of --until and --shard"),
        ({"mode": "forced"}, "in forced mode they open none; use one of --until and --mode forced"),
    ],
)
def test_what_does_not_go_with_coverage(other: dict[str, str], why: str) -> None:
    """How many repeats are enough could not be seen there."""
    with pytest.raises(InputError, match=why):
        Setup(until="coverage=1", **other).stops()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("setup", "stopping", "first"),
    [
        ({}, None, None),
        ({"stop_when": "decided", "repeats": 7}, Stopping(Aim.DECIDED, 0.5), 5),
        ({"stop_when": "width=5%", "repeats": 53, "slice": 9}, Stopping(Aim.WIDTH, 0.05), 9),
        ({"stop_when": "decided", "repeats": 9, "mode": "forced"}, Stopping(Aim.DECIDED, 0.5), 5),
    ],
)
def test_when_a_setup_decides(
    setup: dict[str, Any], stopping: Stopping | None, first: int | None
) -> None:
    """What counts in rates is fixed before anything is played: five repeats unless one says."""
    made = Setup(**setup)
    assert (made.decides(), made.slice) == (stopping, first)


@pytest.mark.parametrize(
    ("setup", "why"),
    [
        ({"stop_when": "soon"}, "'soon' is no condition to stop at"),
        ({"slice": 3}, "--slice 3 says how many repeats come before the first look"),
        ({"stop_when": "decided", "repeats": 5}, "--repeats 5 is the most that any has"),
        ({"stop_when": "decided", "repeats": 9, "slice": 9}, "nothing to decide; raise --repeats"),
        ({"stop_when": "decided", "repeats": 9, "slice": 0}, "--slice is 0; at least 1 repeat"),
        ({"stop_when": "decided", "repeats": 6}, "takes at least 7 repeats, all of them alike"),
        ({"stop_when": "width=.05", "repeats": 52}, "width=0.05 takes at least 53 repeats"),
        ({"stop_when": "width=.00001", "repeats": 9}, "takes over 100,000 repeats"),
        ({"stop_when": "decided", "repeats": 9, "shard": "1/2"}, "use one of --stop-when and --sh"),
        ({"stop_when": "decided", "repeats": 9, "until": "coverage=1"}, "both say when an arm was"),
    ],
)
def test_what_could_never_be_decided(setup: dict[str, Any], why: str) -> None:
    """It is said before the first call, with what would have to change."""
    with pytest.raises(InputError, match=why):
        Setup(**setup).decides()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_shards_are_parts_of_one_plan(n: int) -> None:
    """Each dialogue is in exactly one; arms and targets of a repeat are in the same."""
    targets = {"a": "sim/steadfast", "b": "sim/redirects"}
    whole = [str(job.key) for job in Setup(targets=targets).plan(SUITE)]
    parts = [
        [job.key for job in Setup(targets=targets, shard=f"{i}/{n}").plan(SUITE)]
        for i in range(1, n + 1)
    ]
    assert sorted(str(key) for part in parts for key in part) == sorted(whole)
    groups = [{(key.scenario, key.repeat) for key in part} for part in parts]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 5


def test_rules_travel_with_the_run(stored: RunDirectory) -> None:
    """A policy of several files or a rule in the scenario itself is resolved in the snapshot."""
    inline = SCENARIO.model_copy(update={"rule": Rule(id="inline"), "id": "inline.thing"})
    suite = Suite((SCENARIO, inline), Policy(rules=(Rule(id="small"),)))
    write_snapshots(stored, suite)
    assert load_suite_snapshot(stored) == suite


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"request": "Something else."}, "small.thing"),
    ({"max_turns": 3}, "small.thing"),
    ({"id": "small.other"}, "small.other, small.thing"),
]


@pytest.mark.parametrize(("change", "names"), CHANGES)
def test_an_edited_suite_is_another_run(
    stored: RunDirectory, change: dict[str, Any], names: str
) -> None:
    """The snapshot is what the keys speak of: it may not change under them."""
    check_unchanged(stored, load_suite_snapshot(stored))
    suite = orjson.loads((stored.path / "suite.json").read_bytes())
    suite[0].update(change)
    (stored.path / "suite.json").write_bytes(orjson.dumps(suite))
    with pytest.raises(RunMismatch, match=rf"suite\.json of .*: {names} changed; restore it"):
        check_unchanged(stored, load_suite_snapshot(stored))
