"""Shards of a run joined into one ordinary run, with a proof that nothing is missing or double.

A dialogue is in one shard and in no other: which one follows from its scenario and repeat. So every
dialogue is there exactly once if

- the directories were made alike but for their shards: seed, suite, targets and the rest;
- each shard is there exactly once;
- each directory holds all dialogues of its shard, each of them once, and no others.

This is found out before anything is written, and counted once more, against the plan of the whole
run, in what was written. A run.json makes a directory a run; it is written last. Rows are copied
byte for byte, one at a time, and of what was counted there is one bit a dialogue in memory.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from convsim.errors import InputError, OutOfSpace, RunMismatch
from convsim.manifest import (
    Setup,
    check_unchanged,
    load_suite_snapshot,
    stored_limits,
    write_manifest,
)
from convsim.plan import Done, Plan, Shard
from convsim.stores import NO_SPACE, ROWS, RunDirectory, TornLine
from convsim.transcript import parse_failure

NAMED = 3
"""How many dialogues or shards a message names."""


class PartlyJudged(UserWarning):
    """A judge other than the run's own has verdicts on some of the dialogues only."""


class Part(NamedTuple):
    """One shard: its directory, and the plan of what it should hold."""

    directory: RunDirectory
    shard: Shard
    plan: Plan

    def __str__(self) -> str:
        return f"{self.directory.path} (shard {self.shard})"


def merge(
    paths: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    allow_missing: bool = False,
) -> None:
    """Join the directories of all shards of a run into an ordinary run directory `out`.

        merge(["runs/1", "runs/2"], "runs/all")

    Every row is kept, those of every judge and of dialogues that failed included. With
    `allow_missing` dialogues or whole shards may be missing; resuming `out` plays them. Raises
    `RunMismatch` where the directories do not make up one run or are being written, `InputError`
    for other wrong input, and `OutOfSpace`; whatever is raised, nothing is left in `out`.
    """
    out = Path(out)
    with ExitStack() as locked:
        directories = [locked.enter_context(item) for item in _opened(paths, out)]
        for directory in directories:
            _lock(directory)
        _check_made_alike(directories)
        first = directories[0]
        setup, suite = replace(_setup(first), shard=None), load_suite_snapshot(first)
        whole = setup.plan(suite)
        parts = _parts(directories, whole)
        judges = _judges(parts, setup.judge)
        counts = [_count(part, judges) for part in parts]
        if not allow_missing:
            _check_complete(parts, counts, whole, setup.judge)
        total = sum(counts, Count())
        with _begun(out) as merged:
            _copy_rows(parts, judges, merged)
            merged.sync()
            _check_copied(merged, total, whole, judges)
            for name in ("suite", "policy", "targets"):
                merged.write(name, first.load(name))
            _copy_judges(parts, judges, merged)
            unrecognised = _unrecognised(parts)
            write_manifest(
                merged,
                setup,
                suite,
                planned=len(whole),
                limits=asdict(stored_limits(first)),
                without=[item.to_dict() for item in whole.without],
                unrecognised=unrecognised,
            )
    _warn_of_judges(total, judges, setup.judge, out)


# -- which directories, and whether they are parts of one run


def _opened(paths: Iterable[str | os.PathLike[str]], out: Path) -> list[RunDirectory]:
    """The directories, each of them given once."""
    places: set[Path] = set()
    directories = []
    for path in map(Path, paths):
        place = path.resolve()
        if place == out.resolve():
            raise InputError(f"{path} cannot be merged into itself; choose another --out")
        if place in places:
            raise InputError(f"{path} is given twice; give every directory once")
        places.add(place)
        directories.append(RunDirectory.open(path))
    if not directories:
        raise InputError("there is nothing to merge; give the directories of all shards of a run")
    return directories


def _lock(directory: RunDirectory) -> None:
    try:
        directory.lock(reserve=False)
    except OSError as error:
        raise InputError(
            f"{directory.path} cannot be locked while it is read ({error.strerror}); "
            "merge a copy that may be written to"
        ) from error


def _setup(directory: RunDirectory) -> Setup:
    return Setup.of(directory.load("run"))


def _check_made_alike(directories: Sequence[RunDirectory]) -> None:
    first, *others = directories
    check_unchanged(first, load_suite_snapshot(first))
    ours, things = _settings(first), _things(first)
    wrong = []
    for other in others:
        theirs = _settings(other)
        differences = [
            *(f"{name} is {theirs[name]!r}, not {ours[name]!r}" for name in _unlike(ours, theirs)),
            *(f"{name} is not the same" for name in _unlike(things, _things(other))),
        ]
        if differences:
            wrong.append(f"{other.path} was not made as {first.path} was: {'; '.join(differences)}")
    if wrong:
        raise RunMismatch("\n".join(wrong))


def _settings(directory: RunDirectory) -> dict[str, Any]:
    """What has to be the same and can be shown in a message."""
    settings = asdict(_setup(directory))
    # Their hosts may differ from shard to shard; a target is known by its fingerprint, and the
    # models behind classifier and judge by the names of these.
    for name in ("shard", "targets", "reader", "bench"):
        del settings[name]
    return settings


def _things(directory: RunDirectory) -> dict[str, Any]:
    """What else has to be the same, by what a message calls it."""
    scenarios = directory.load("run")["scenarios"]
    targets = directory.load("targets")
    return {
        **{f"target '{alias}'": entry["fingerprint"] for alias, entry in targets.items()},
        **{f"scenario '{name}'": content for name, content in scenarios.items()},
        "the order of the scenarios": list(scenarios),
        "policy.json": directory.load("policy"),
    }


def _unlike(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    return [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]


def _parts(directories: Iterable[RunDirectory], whole: Plan) -> list[Part]:
    """The shards in their order, none of them twice."""
    parts = []
    for directory in directories:
        text = _setup(directory).shard
        if text is None:
            raise RunMismatch(
                f"{directory.path} is a whole run and no shard; "
                "only directories made with --shard I/N can be merged"
            )
        shard = Shard.parse(text)
        parts.append(Part(directory, shard, replace(whole, shard=shard)))
    parts.sort(key=lambda part: part.shard.i)
    for one, other in pairwise(parts):
        if one.shard.n != other.shard.n:
            raise RunMismatch(
                f"{one} and {other} are parts of a run that was divided in two ways; "
                "merge shards of one division"
            )
        if one.shard == other.shard:
            raise RunMismatch(f"{one} and {other} are the same shard; give only one of them")
    return parts


# -- counting


@dataclass(frozen=True, slots=True)
class Count:
    """What a directory holds: rows by file, final dialogues, and by judge those without verdict."""

    rows: Counter[str] = field(default_factory=Counter)
    final: int = 0
    unjudged: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Count) -> Count:
        return Count(
            self.rows + other.rows, self.final + other.final, self.unjudged + other.unjudged
        )


class _Named:
    """How many dialogues there are of a kind, and the keys of the first."""

    def __init__(self) -> None:
        self._count = 0
        self._first: list[str] = []

    def add(self, key: str) -> None:
        self._count += 1
        if self._count <= NAMED:
            self._first.append(key)

    def __bool__(self) -> bool:
        return self._count > 0

    def __str__(self) -> str:
        return _few(self._first, self._count)


def _few(first: Sequence[str], count: int) -> str:
    more = f" and {count - NAMED} more" if count > NAMED else ""
    return ", ".join(first[:NAMED]) + more


class _Counting:
    """One look at every row of a directory: each should be of the plan, and none final twice."""

    def __init__(self, directory: RunDirectory, plan: Plan, judges: Sequence[str]) -> None:
        self._directory = directory
        self._plan = plan
        self._rows, self._unjudged = Counter[str](), Counter[str]()
        self._final = Done(plan)
        self._judged = {judge: Done(plan) for judge in judges}
        self.strays, self.doubles = _Named(), _Named()

    def count(self) -> Count:
        """The count. A damaged line raises `InputError`."""
        for judge, judged in self._judged.items():
            for key, _ in self._ours(f"verdicts/{judge}"):
                judged.add(key)  # a verdict may be there twice: the last one counts
        for key, _ in self._ours("dialogues"):
            self._ended(key)
            position = self._plan.position(key)
            for judge, judged in self._judged.items():
                self._unjudged[judge] += position not in judged
        for key, offset in self._ours("errors"):
            if parse_failure(self._directory.row_at("errors", offset)).final:
                self._ended(key)
        self._rows["ledger"] = sum(1 for _ in self._directory.keys("ledger"))
        return Count(self._rows, len(self._final), self._unjudged)

    def _ours(self, name: str) -> Iterator[tuple[str, int]]:
        for key, offset in self._directory.keys(name):
            self._rows[name] += 1
            if self._plan.position(key) is None:
                self.strays.add(key)
            else:
                yield key, offset

    def _ended(self, key: str) -> None:
        if self._plan.position(key) in self._final:
            self.doubles.add(key)
        self._final.add(key)


def _judges(parts: Iterable[Part], own: str) -> list[str]:
    """Every judge that has verdicts in a part, and the run's own."""
    found = (path.stem for part in parts for path in part.directory.path.glob("verdicts/*.jsonl"))
    return sorted({own, *found})


def _count(part: Part, judges: Sequence[str]) -> Count:
    """What a part holds; raises `RunMismatch` for dialogues that are not its own, or double."""
    counting = _Counting(part.directory, part.plan, judges)
    count = counting.count()
    if counting.strays:
        raise RunMismatch(
            f"{part} holds rows of dialogues that are not in this shard: {counting.strays}; "
            "remove these lines, or make the shard anew"
        )
    if counting.doubles:
        raise RunMismatch(
            f"{part} holds more than one final row of: {counting.doubles}; "
            "leave one line of each, or make the shard anew"
        )
    return count


def _check_complete(parts: Sequence[Part], counts: Sequence[Count], whole: Plan, own: str) -> None:
    """Raise `RunMismatch` for shards that are not there, and for dialogues to be played yet."""
    wrong = []
    if absent := _absent(parts, whole):
        shards = _few(absent, len(absent))
        wrong.append(f"missing: shard {shards}; give the directories of all shards")
    for part, count in zip(parts, counts, strict=True):
        planned, unjudged = len(part.plan), count.unjudged[own]
        what = []
        if left := planned - count.final:
            what.append(f"lacks {left} of its {planned} dialogues")
        if unjudged:
            what.append(f"has {unjudged} without a verdict")
        if what:
            wrong.append(
                f"{part} {' and '.join(what)}; `convsim resume {part.directory.path}` sees to them"
            )
    if wrong:
        wrong.append("with --allow-missing (allow_missing=True) the merged run can be resumed")
        raise RunMismatch("\n".join(wrong))


def _absent(parts: Sequence[Part], whole: Plan) -> list[str]:
    """The shards that nobody gave, but for those in which there is nothing to run."""
    n = parts[0].shard.n
    given = {part.shard.i for part in parts}
    others = (Shard(i, n) for i in range(1, n + 1) if i not in given)
    return [str(shard) for shard in others if len(replace(whole, shard=shard))]


def _warn_of_judges(total: Count, judges: Iterable[str], own: str, out: Path) -> None:
    for judge in judges:
        if judge != own and (unjudged := total.unjudged[judge]):
            warnings.warn(
                f"{out}: judge '{judge}' has no verdict on {unjudged} of "
                f"{total.rows['dialogues']} dialogues; numbers by it are about the others",
                PartlyJudged,
                stacklevel=3,
            )


# -- writing


@contextmanager
def _begun(out: Path) -> Iterator[RunDirectory]:
    """A new run directory; it is removed again if the block does not end well."""
    there = RunDirectory(out)
    left = not there.is_empty() or any(out.glob("verdicts/*.jsonl"))
    if left and not there.exists():
        raise RunMismatch(
            f"{out} holds rows and no run.json, as a merge leaves them that was killed; "
            "remove it, or choose another --out"
        )
    directory = RunDirectory.create(out)
    try:
        yield directory
        directory.close()  # puts the rest on disk, which may fail as well
    except BaseException as error:
        _remove(directory)
        cause = error.__cause__ if isinstance(error, OutOfSpace) else error
        if isinstance(cause, OSError) and cause.errno in NO_SPACE:
            raise OutOfSpace(
                f"{out} cannot be written ({cause.strerror}), and was removed again; "
                "make space, or choose another --out, and merge again"
            ) from error
        raise


def _remove(directory: RunDirectory) -> None:
    for path in directory.path.glob("verdicts/*.jsonl"):
        path.unlink()
    for folder in ("sentinels", "judges"):  # made by this merge, as the directory was new
        shutil.rmtree(directory.path / folder, ignore_errors=True)
    directory.discard()


def _files(judges: Iterable[str]) -> list[str]:
    """What is copied row by row. A judge was examined for each shard, and has verdicts where it
    passed; the last examination says whether it needs another.
    """
    by_judge = (f"{folder}/{judge}" for judge in judges for folder in ("verdicts", "sentinels"))
    return [*ROWS, *by_judge]


def _copy_judges(parts: Iterable[Part], judges: Iterable[str], merged: RunDirectory) -> None:
    """What the other judges are made of; a name says which, so any shard's word will do."""
    for part in parts:
        for judge in judges:
            name = f"judges/{judge}"
            if (part.directory.path / f"{name}.json").exists():
                merged.write(name, part.directory.load(name))


def _copy_rows(parts: Sequence[Part], judges: Iterable[str], merged: RunDirectory) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TornLine)  # who counted has warned already
        for name in _files(judges):
            for part in parts:
                for _, line in part.directory.lines(name):
                    merged.append(name, orjson.Fragment(line[:-1]))


def _check_copied(merged: RunDirectory, total: Count, whole: Plan, judges: Sequence[str]) -> None:
    """Count in what was written, against the plan of the whole run."""
    counting = _Counting(merged, whole, judges)
    found = counting.count()
    if found != total or counting.strays or counting.doubles:
        raise RunMismatch(
            f"{merged.path} does not hold what its shards hold: {found} instead of {total}; "
            "it was removed again: check the disk, and merge again"
        )


def _unrecognised(parts: Iterable[Part]) -> dict[str, int]:
    """How many texts the simulated assistants did not find in their suite, in all shards."""
    counts = Counter[str]()
    for part in parts:
        counts.update(part.directory.load("run").get("unrecognised", {}))
    return dict(counts)
