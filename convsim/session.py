"""A run from start to end: what it is made of is fixed first, then played, then written down.

Everything that can be wrong with the input is found before the first call. What a run consists of
(`Setup` and three snapshots) is stored before the first call too, so that `resume` needs only the
directory.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from convsim.assess import conclude, error_row
from convsim.batch import batch
from convsim.case import Case
from convsim.dialogue import simulate
from convsim.errors import Halted, InputError, Problem, RunMismatch, ScenarioError
from convsim.judges.rules import RulesJudge
from convsim.ledger import Journaled
from convsim.limits import Endpoint, Halt, Limited, Limits
from convsim.lint import check
from convsim.plan import Job, Plan, plan
from convsim.ports import Classifier, Judge, Renderer, Target
from convsim.renderers import Templates
from convsim.scenario import ID_PATTERN
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.targets.opening import Named, open_target
from convsim.transcript import Failure, Transcript, parse_failure, parse_transcript
from convsim.verdict import Verdict
from convsim.version import __version__

Watch = Callable[[Transcript | Failure, Verdict | None], None]
"""Called after each dialogue with what came of it; for progress."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How a run is made: what must stay the same when it is resumed."""

    seed: int = 0
    repeats: int = 5
    arms: tuple[str, ...] | None = None
    walk: str = "random"
    mode: str = "closed"
    classifier: str = "rules"
    judge: str = "rules"
    targets: Mapping[str, str] = field(default_factory=dict)
    convsim: str = __version__


@dataclass(frozen=True, slots=True)
class Workers:
    """What reads, renders and judges in a run."""

    classifier: Classifier
    judge: Judge
    renderer: Renderer


def checked(suite: Suite) -> Suite:
    """The suite, if every scenario in it is sound; raises `ScenarioError` with all that is not."""
    problems = [
        Problem(flaw.message, file=scenario.id)
        for scenario in suite.scenarios
        for flaw in check(scenario, suite.rule_of(scenario))
        if not flaw.warning
    ]
    if problems:
        raise ScenarioError(problems)
    return suite


def workers(classifier: Classifier | None = None, judge: Judge | None = None) -> Workers:
    """The given ones, or the rules, which cost nothing."""
    if classifier is None:
        from convsim.classifiers.rules import RulesClassifier

        classifier = RulesClassifier()
    return Workers(classifier, judge or RulesJudge(), Templates())


def name_targets(targets: object) -> dict[str, object]:
    """Targets by alias: as given, else `t1`, `t2`, ... in order; `ALIAS=TARGET` names a string.

    Raises InputError when there is none, or two share an alias.
    """
    if isinstance(targets, Mapping):
        named = {str(alias): thing for alias, thing in targets.items()}
    else:
        things = targets if isinstance(targets, list | tuple) else [targets]
        named = {}
        for number, thing in enumerate(things, start=1):
            alias, rest = _split_alias(thing)
            alias = alias or f"t{number}"
            if alias in named:
                raise InputError(
                    f"two targets are called '{alias}'; give each its own ALIAS=TARGET"
                )
            named[alias] = rest
    if not named:
        raise InputError("no target; name one, such as sim/steadfast or http://host:port/v1#model")
    for alias in named:
        if not _is_alias(alias):
            raise InputError(f"'{alias}' is no alias; use letters, digits, '_', '-' and '.'")
    return named


def _split_alias(thing: object) -> tuple[str | None, object]:
    if isinstance(thing, str):
        alias, equals, rest = thing.partition("=")
        if equals and _is_alias(alias):
            return alias, rest
    return None, thing


def _is_alias(text: str) -> bool:
    return text.replace("-", "_").replace(".", "_").isidentifier()


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one job."""

    result: Transcript | Failure
    case: Case
    verdict: Verdict | None


class Session:
    """One run, open for writing."""

    def __init__(
        self,
        directory: RunDirectory,
        suite: Suite,
        setup: Setup,
        named: Sequence[Named],
        planned: Plan,
        *,
        limits: Limits,
        halt: Halt,
        staff: Workers,
        watch: Watch | None = None,
    ) -> None:
        self.directory = directory
        self.suite = suite
        self.setup = setup
        self.named = named
        self.limits = limits
        self.halt = halt
        self.staff = staff
        self.watch = watch
        self.plan = planned
        self._targets = dict(self._guarded())

    def _guarded(self) -> Iterator[tuple[str, Target]]:
        """Each target journaled and within limits, which targets behind one endpoint share."""
        endpoints = {item.endpoint: Endpoint(self.limits) for item in self.named}
        alike = Counter(item.fingerprint for item in self.named)
        for item in self.named:
            limits = replace(self.limits, timeout=item.timeout)
            limited = Limited(item.target, limits, self.halt, endpoints[item.endpoint])
            # Two observations of one model would otherwise have the same keys.
            own = item.fingerprint + (f" {item.alias}" if alike[item.fingerprint] > 1 else "")
            yield (
                item.alias,
                Journaled(limited, self.directory, alias=item.alias, fingerprint=own),
            )

    def write_snapshots(self) -> None:
        """Store what the run consists of, before anything is called."""
        plain = self.suite.plain()
        self.directory.write("suite", plain["scenarios"])
        self.directory.write("policy", plain["policy"])
        self.write_targets()
        self._write_manifest()

    def write_targets(self) -> None:
        """Store where the targets are; their keys are not known here."""
        self.directory.write(
            "targets",
            {
                item.alias: {"target": item.text, "fingerprint": item.fingerprint}
                for item in self.named
            },
        )

    def _write_manifest(self, **extra: Any) -> None:
        contents = {scenario.id: scenario.content for scenario in self.suite.scenarios}
        manifest = {**asdict(self.setup), "scenarios": contents, "planned": len(self.plan), **extra}
        self.directory.write("run", manifest)

    async def play(self, done: frozenset[str] = frozenset()) -> None:
        """Simulate and judge every dialogue that has no final row yet.

        Raises `Permanent` when key, model or host turn out to be wrong, and `Halted` when a halt
        came before the first reply; where nothing was paid for, the directory is removed again.
        """
        jobs = (job for job in self.plan if str(job.key) not in done)
        try:
            await self._judge_the_unjudged()
            await batch(
                jobs,
                self._play,
                self._record,
                concurrency=self.limits.concurrency,
                halt=self.halt,
            )
        finally:
            for item in self.named:
                await item.aclose()
            nothing = self.directory.is_empty()
            if nothing:
                self.directory.discard()
            else:
                self._write_manifest(unrecognised=self._unrecognised())
        if nothing:
            raise Halted("stopped before the first reply; nothing was paid for, nothing is stored")

    def counts(self, done: frozenset[str]) -> Counter[str]:
        """How the dialogues in `done` ended: by verdict, and `errors`."""
        rows = self.directory.read(f"verdicts/{self.setup.judge}")
        grades = {row["key"]: str(row["grade"]) for row in rows if row["key"] in done}
        return Counter(grades.get(key, "errors") for key in done)

    async def _judge_the_unjudged(self) -> None:
        """Judge what a process stored and was killed before it could judge."""
        verdicts = f"verdicts/{self.setup.judge}"
        judged = {row["key"] for row in self.directory.read(verdicts)}
        for row in self.directory.read("dialogues"):
            if row["key"] not in judged:
                transcript = parse_transcript(row)
                case = Case.of(transcript, self.suite.rules[transcript.scenario])
                verdict = await conclude(self.staff.judge, transcript, case)
                self.directory.append(verdicts, verdict)

    async def _play(self, job: Job) -> Played:
        result = await simulate(
            job.graph,
            self._targets[job.key.target],
            job.key,
            classifier=self.staff.classifier,
            renderer=self.staff.renderer,
            seed=self.setup.seed,
        )
        if isinstance(result, Failure):
            return Played(result, Case.of(result.transcript, job.graph.rule), None)
        case = Case.of(result, job.graph.rule)
        return Played(result, case, await conclude(self.staff.judge, result, case))

    def _record(self, played: Played) -> None:
        if isinstance(played.result, Failure):
            self.directory.append("errors", error_row(played.result, played.case))
        else:
            self.directory.append("dialogues", played.result)
            self.directory.append(f"verdicts/{self.setup.judge}", played.verdict)
        if self.watch is not None:
            self.watch(played.result, played.verdict)

    def _unrecognised(self) -> dict[str, int]:
        """How many texts each simulated assistant did not find in its suite, in all sessions."""
        counts = Counter(self.directory.load("run").get("unrecognised", {}))
        for item in self.named:
            counts[item.alias] += getattr(item.target, "unrecognised", 0)
        return dict(+counts)


def start(
    suite: Suite,
    targets: object,
    out: str | os.PathLike[str],
    *,
    arms: Sequence[str] | None = None,
    repeats: int = 5,
    seed: int = 0,
    limits: Limits | None = None,
    halt: Halt | None = None,
    staff: Workers | None = None,
    watch: Watch | None = None,
) -> Session:
    """A new run in directory `out`, stored and ready to play. Nothing is called yet."""
    limits = limits or Limits()
    staff = staff or workers()
    named = [
        open_target(alias, thing, suite, connections=limits.concurrency, timeout=limits.timeout)
        for alias, thing in name_targets(targets).items()
    ]
    setup = Setup(
        seed=seed,
        repeats=repeats,
        arms=None if arms is None else tuple(arms),
        classifier=_name_of(staff.classifier),
        judge=_name_of(staff.judge),
        targets={item.alias: item.text or item.fingerprint for item in named},
    )
    planned = _planned(suite, setup, named)  # what is wrong with it is found before a file exists
    session = Session(
        RunDirectory.create(out),
        suite,
        setup,
        named,
        planned,
        limits=limits,
        halt=halt or Halt(),
        staff=staff,
        watch=watch,
    )
    session.write_snapshots()
    return session


def reopen(
    path: str | os.PathLike[str],
    *,
    targets: Mapping[str, object] | None = None,
    limits: Limits | None = None,
    halt: Halt | None = None,
    staff: Workers | None = None,
    watch: Watch | None = None,
) -> tuple[Session, frozenset[str]]:
    """A stored run, ready to go on, and the keys that are done.

    `targets` passes targets again whose place changed (host, key) or that are Python objects; one
    with another fingerprint is another target, and raises `RunMismatch`.
    """
    limits = limits or Limits()
    staff = staff or workers()
    directory = RunDirectory.open(path)
    manifest, suite = directory.load("run"), load_suite_snapshot(directory)
    _unchanged(directory, suite, manifest["scenarios"])
    setup = Setup(
        seed=manifest["seed"],
        repeats=manifest["repeats"],
        arms=None if manifest["arms"] is None else tuple(manifest["arms"]),
        classifier=manifest["classifier"],
        judge=manifest["judge"],
        targets=manifest["targets"],
    )
    for what, stored, given in (
        ("classifier", setup.classifier, _name_of(staff.classifier)),
        ("judge", setup.judge, _name_of(staff.judge)),
    ):
        if stored != given:
            raise RunMismatch(
                f"{directory.path} was made with {what} '{stored}', not '{given}'; "
                "pass the same one, or start a new run"
            )
    named = _open_stored(directory, suite, targets or {}, limits)
    planned = _planned(suite, setup, named)
    directory.lock()
    session = Session(
        directory,
        suite,
        setup,
        named,
        planned,
        limits=limits,
        halt=halt or Halt(),
        staff=staff,
        watch=watch,
    )
    if targets:
        session.write_targets()  # where one has moved to, for the next time
    return session, finished(directory)


def _planned(suite: Suite, setup: Setup, named: Sequence[Named]) -> Plan:
    aliases = [item.alias for item in named]
    return plan(suite, aliases, repeats=setup.repeats, arms=setup.arms)


def _unchanged(directory: RunDirectory, suite: Suite, contents: Mapping[str, str]) -> None:
    found = {scenario.id: scenario.content for scenario in suite.scenarios}
    changed = sorted(
        name for name in contents.keys() | found if contents.get(name) != found.get(name)
    )
    if changed:
        raise RunMismatch(
            f"suite.json of {directory.path} is not what the run was made with: "
            f"{', '.join(changed)} changed; restore it, or start a new run"
        )


def _open_stored(
    directory: RunDirectory, suite: Suite, given: Mapping[str, object], limits: Limits
) -> list[Named]:
    stored = directory.load("targets")
    for alias in given:
        if alias not in stored:
            raise RunMismatch(
                f"{directory.path} has no target '{alias}'; it has {', '.join(stored)}"
            )
    named = []
    for alias, entry in stored.items():
        thing = given.get(alias, entry["target"])
        if thing is None:
            raise RunMismatch(
                f"target '{alias}' of {directory.path} was a Python object; "
                "pass it again: convsim.resume(DIR, targets={...})"
            )
        item = open_target(
            alias, thing, suite, connections=limits.concurrency, timeout=limits.timeout
        )
        if item.fingerprint != entry["fingerprint"]:
            raise RunMismatch(
                f"target '{alias}' is not the one {directory.path} was made with "
                f"({entry['target'] or 'a Python object'}): model and parameters must stay the "
                "same, host and key may change"
            )
        named.append(item)
    return named


def load_suite_snapshot(directory: RunDirectory) -> Suite:
    """The suite that a run was made with, from its snapshots."""
    return Suite.from_plain(directory.load("suite"), directory.load("policy"))


def finished(directory: RunDirectory) -> frozenset[str]:
    """The keys with a final row: a transcript, or an error that would only repeat itself."""
    done = {row["key"] for row in directory.read("dialogues")}
    done |= {row["key"] for row in directory.read("errors") if parse_failure(row).final}
    return frozenset(done)


def _name_of(worker: object) -> str:
    """What a run records of a classifier or judge; a judge's name becomes a file name."""
    name = str(getattr(worker, "name", type(worker).__name__))
    if not re.fullmatch(ID_PATTERN, name):
        raise InputError(
            f"{type(worker).__name__} calls itself {name!r}; "
            "a name takes letters, digits, '_', '.' and '-'"
        )
    return name
