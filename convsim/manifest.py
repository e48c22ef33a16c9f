"""What a run is made of, as its directory holds it: written before the first call, then compared.

`resume` needs nothing but the directory, and refuses to go on as something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import blake2b
from typing import Any, Self

import orjson

from convsim.coverage import Until
from convsim.errors import InputError, RunMismatch
from convsim.limits import Limits
from convsim.paths import Walk
from convsim.plan import Plan, Shard, plan
from convsim.policy import Policy
from convsim.sequential import SLICE, Stopping
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.transcript import Mode
from convsim.version import __version__


@dataclass(frozen=True, slots=True)
class Setup:
    """How a run is made: what must stay the same when it is resumed.

    `shard`, `until` and `stop_when` are as on the command line: `2/8`, `coverage=0.9`,
    `width=0.05`; with `stop_when` the first `slice` repeats of every arm are played whatever comes
    of them, and are what rates count. `paths` are those that
    the walk `chosen` plays, as they are written: `open > insist > end`. With paths, `random` turns
    into `chosen`. `targets` are the target strings by alias, or the fingerprints of Python objects;
    the classifier and the judge are known by their names. `reader` is what the classifier is opened
    from again (`staff.workers`), `bench` what the judge is.
    """

    seed: int = 0
    repeats: int = 5
    arms: tuple[str, ...] | None = None
    walk: str = Walk.RANDOM.value
    mode: str = "closed"
    shard: str | None = None
    until: str | None = None
    stop_when: str | None = None
    slice: int | None = None
    paths: tuple[str, ...] | None = None
    classifier: str = "rules"
    reader: Mapping[str, Any] | None = None
    judge: str = "rules"
    bench: Mapping[str, Any] | None = None
    targets: Mapping[str, str] = field(default_factory=dict)
    convsim: str = __version__

    def __post_init__(self) -> None:
        if self.paths and self.walk == Walk.RANDOM:
            object.__setattr__(self, "walk", Walk.CHOSEN.value)
        if self.stop_when is not None and self.slice is None:
            object.__setattr__(self, "slice", SLICE)

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """The setup that a run.json was written with."""
        known = {item.name for item in fields(cls)}
        values = {name: value for name, value in manifest.items() if name in known}
        for name in ("arms", "paths"):
            if values.get(name) is not None:
                values[name] = tuple(values[name])
        return cls(**values)

    def plan(self, suite: Suite) -> Plan:
        """The dialogues of the run. Raises `InputError` where there are none, or no such arm."""
        return plan(
            suite,
            tuple(self.targets),
            repeats=self.repeats,
            arms=self.arms,
            walk=self.walk,
            mode=self.mode,
            seed=self.seed,
            shard=Shard.parse(self.shard) if self.shard else None,
            paths=self.paths,
        )

    def stops(self) -> Until | None:
        """When to stop repeating a scenario."""
        if self.until is None:
            return None
        if self.shard is not None:
            raise InputError(
                "--until counts what all repeats of a scenario have walked, and a shard plays only "
                "some of them; use one of --until and --shard"
            )
        if self.mode == Mode.FORCED:
            raise InputError(
                "--until counts the transitions that replies open, and in forced mode they open "
                "none; use one of --until and --mode forced"
            )
        return Until.parse(self.until)

    def decides(self) -> Stopping | None:
        """When to stop repeating an arm.

        Raises `InputError` for a condition that says nothing, or that no reply could ever meet.
        """
        if self.stop_when is None:
            if self.slice is not None:
                raise InputError(
                    f"--slice {self.slice} says how many repeats come before the first look of "
                    "--stop-when, which is not given; give it, or leave out --slice"
                )
            return None
        stopping = Stopping.parse(self.stop_when)
        self._check_alone()
        self._check_repeats(stopping, SLICE if self.slice is None else self.slice)
        return stopping

    def _check_alone(self) -> None:
        """What does not go with `stop_when`."""
        if self.until is not None:
            raise InputError(
                "--until and --stop-when both say when an arm was repeated often enough; use one"
            )
        if self.shard is not None:
            raise InputError(
                "--stop-when looks at all repeats of an arm, and a shard plays only some of them; "
                "use one of --stop-when and --shard"
            )

    def _check_repeats(self, stopping: Stopping, slice_: int) -> None:
        """The repeats have to leave something to decide, and be able to decide it."""
        if slice_ < 1:
            raise InputError(f"--slice is {slice_}; at least 1 repeat comes before the first look")
        if self.repeats <= slice_:
            raise InputError(
                f"with --stop-when every arm has {slice_} repeats (--slice) before the first look, "
                f"and --repeats {self.repeats} is the most that any has, so that there is nothing "
                "to decide; raise --repeats"
            )
        if stopping.least is None or stopping.least > self.repeats:
            least = "over 100,000" if stopping.least is None else f"at least {stopping.least:,}"
            raise InputError(
                f"--stop-when {stopping} takes {least} repeats, all of them alike, and "
                f"--repeats {self.repeats} is the most that an arm has; raise --repeats, or ask "
                "for less"
            )


def write_snapshots(directory: RunDirectory, suite: Suite) -> None:
    """Store the scenarios and rules of a run, resolved."""
    plain = suite.plain()
    directory.write("suite", plain["scenarios"])
    directory.write("policy", plain["policy"])


def load_suite_snapshot(directory: RunDirectory) -> Suite:
    """The suite that a run was made with, from its snapshots."""
    return Suite.from_plain(directory.load("suite"), directory.load("policy"))


def write_manifest(
    directory: RunDirectory, setup: Setup, suite: Suite, *, planned: int, **extra: Any
) -> None:
    """Write run.json. The hashes of the scenarios let `resume` see that one was changed."""
    what = {"scenarios": _contents(suite), "policy": hash_of(suite.policy), "planned": planned}
    manifest = {**asdict(setup), **what, **extra}
    directory.write("run", manifest)


def check_unchanged(directory: RunDirectory, suite: Suite) -> None:
    """Raise `RunMismatch` where suite.json or policy.json is not what the run was made with."""
    made = directory.load("run")
    if made["policy"] != hash_of(suite.policy):
        raise RunMismatch(
            f"policy.json of {directory.path} is not what the run was made with; restore it, or "
            "start a new run"
        )
    contents, found = made["scenarios"], _contents(suite)
    names = contents.keys() | found.keys()
    changed = sorted(name for name in names if contents.get(name) != found.get(name))
    if changed:
        raise RunMismatch(
            f"suite.json of {directory.path} is not what the run was made with: "
            f"{', '.join(changed)} changed; restore it, or start a new run"
        )


def stored_limits(directory: RunDirectory) -> Limits:
    """The limits that a run was last played with: what `resume` goes on with."""
    return Limits(**directory.load("run")["limits"])


def hash_of(policy: Policy) -> str:
    """Sixteen hex digits of what a policy says."""
    plain = orjson.dumps(policy.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return blake2b(plain, digest_size=8).hexdigest()


def _contents(suite: Suite) -> dict[str, str]:
    return {scenario.id: scenario.content for scenario in suite.scenarios}
