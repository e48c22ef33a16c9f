"""Beginning a run, and going on with one: everything that can be wrong is found before a call.

What a run consists of is stored before the first call, so that `reopen` needs only the directory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from convsim.calling import with_guards
from convsim.classifiers.naming import NamedGuard
from convsim.earlier import Earlier
from convsim.errors import InputError, Problem, RunMismatch, ScenarioError
from convsim.forecast import Forecast, forecast
from convsim.guardrails.opening import asked_of, check_deployed, open_deployed
from convsim.judges.naming import NamedJudge
from convsim.limits import Limits
from convsim.lints import check
from convsim.manifest import (
    Setup,
    check_unchanged,
    load_suite_snapshot,
    stored_limits,
    write_snapshots,
)
from convsim.price import Price
from convsim.prices import max_tokens_of, price_of, tokens_beside
from convsim.scenario import ID_PATTERN
from convsim.seating import consulted, models_of_bench
from convsim.session import Controls, Session, check_budget
from convsim.staff import (
    RULES,
    AnyClassifier,
    AnyJudge,
    Workers,
    foreseen,
    model_of_reader,
    reader_of,
    wanted_of,
    workers,
)
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.targets.file import is_alias, is_targets_file
from convsim.targets.opening import Named
from convsim.targets.wanted import Wanted


def checked(suite: Suite) -> Suite:
    """The suite, if every scenario in it is sound; raises `ScenarioError` with all that is not."""
    problems = [
        Problem(flaw.message, file=scenario.id, code=flaw.code)
        for scenario in suite.scenarios
        for flaw in check(scenario, suite.rule_of(scenario))
        if not flaw.warning
    ]
    if problems:
        raise ScenarioError(problems)
    return suite


def workers_of(
    path: str | os.PathLike[str],
    classifier: AnyClassifier | None = None,
    judge: AnyJudge | None = None,
    *,
    ask_below: float | None = None,
    limits: Limits | None = None,
) -> Workers:
    """The workers that a stored run goes on with: the models that it asks, unless some are given.

    A model given again, because its host changed, is asked below the same confidence as before. So
    are a judge's, in the same order, as the same panel and at the same times.
    """
    directory = RunDirectory.open(path)
    setup = Setup.of(directory.load("run"))
    if setup.reader is not None:
        wanted, below = reader_of(setup.reader)
        classifier = wanted if classifier is None else _moved_reader(wanted, classifier)
        ask_below = below if ask_below is None else ask_below
    if setup.bench is not None:
        named = NamedJudge.from_plain(setup.bench)
        judge = named if judge is None else _moved_bench(named, judge)
    limits = limits or stored_limits(directory)
    return workers(classifier, judge, ask_below=ask_below, limits=limits)


def _moved_bench(stored: NamedJudge, given: AnyJudge) -> AnyJudge:
    """Target strings given again, with the system prompts and prices that the run knows."""
    texts = [given] if isinstance(given, str) else given
    if isinstance(texts, Sequence) and all(isinstance(text, str) for text in texts):
        return stored.moved([str(text) for text in texts])
    return given


def _moved_reader(stored: NamedGuard | Wanted, given: AnyClassifier) -> AnyClassifier:
    """A target string given again, with the system prompt and price that the run knows."""
    if not isinstance(given, str) or given == RULES or not isinstance(stored, Wanted):
        return given
    moved = wanted_of(given)
    if is_targets_file(given) or not isinstance(moved, Wanted):
        return moved
    return replace(stored, target=given, parameters={})


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
        if not is_alias(alias):
            raise InputError(f"'{alias}' is no alias; use letters, digits, '_', '-' and '.'")
    return named


def _split_alias(thing: object) -> tuple[str | None, object]:
    if isinstance(thing, str):
        alias, equals, rest = thing.partition("=")
        if equals and is_alias(alias):
            return alias, rest
    return None, thing


def open_targets(targets: object, suite: Suite, limits: Limits) -> list[Named]:
    """Every target that is named, ready to be called; nothing is called yet."""
    return [
        open_deployed(alias, thing, suite, connections=limits.concurrency, timeout=limits.timeout)
        for alias, thing in name_targets(targets).items()
    ]


def start(
    suite: Suite,
    targets: object,
    out: str | os.PathLike[str],
    *,
    setup: Setup | None = None,
    staff: Workers | None = None,
    controls: Controls | None = None,
) -> Session:
    """A new run in directory `out`, stored and ready to play. Nothing is called yet.

    Of `setup` the classifier, the judge and the targets are filled in here.
    """
    staff, controls = staff or workers(), controls or Controls()
    named = open_targets(targets, suite, controls.limits or Limits())
    setup = described(setup or Setup(), named, staff)
    setup.stops()
    setup.decides()
    check_budget(controls.budget, [*with_guards(named), *staff.models])
    plan = setup.plan(suite)  # what is wrong with it is found before a file exists
    directory = RunDirectory.create(out)
    try:
        session = Session(directory, suite, setup, plan, named, staff, controls, Earlier.none(plan))
        write_snapshots(directory, suite)
        session.write_targets()
        session.write_manifest()
    except BaseException:
        directory.discard()  # so that --out can be used again
        raise
    return session


def estimated(
    suite: Suite,
    targets: object,
    setup: Setup,
    *,
    reply_tokens: int,
    classifier: AnyClassifier | None = None,
    ask_below: float | None = None,
    judge: AnyJudge | None = None,
) -> Forecast:
    """What a run would consist of. Nothing is called, nothing is stored, no key is needed.

    Raises `InputError` for a target that could not be opened, as far as no key is needed to tell.
    """
    setup.stops()
    setup.decides()
    things = name_targets(targets)
    for alias, thing in things.items():
        check_deployed(alias, thing, suite)
    plan = replace(setup, targets=dict.fromkeys(things, "")).plan(suite)
    prices: dict[str, Price | None] = dict.fromkeys(things)
    most: dict[str, int | None] = {}
    beside: dict[str, int] = {}
    for alias, thing in things.items():
        wanted = Wanted(thing) if isinstance(thing, str) else thing
        if isinstance(wanted, Wanted):
            spec = wanted.spec
            prices[alias] = wanted.price or price_of(spec)
            most[alias] = max_tokens_of(spec)
            beside[alias] = tokens_beside(spec, wanted.prompt)
    return forecast(
        plan,
        prices,
        most,
        reply_tokens=reply_tokens,
        tokens_beside=beside,
        mode=setup.mode,
        guards={alias: asked_of(alias, thing) for alias, thing in things.items()},
        asked=foreseen(classifier, ask_below),
        consulted=consulted(judge),
    )


def described(setup: Setup, named: Sequence[Named], staff: Workers) -> Setup:
    """The setup with what a run records of its targets, classifier and judge."""
    return replace(
        setup,
        classifier=name_of(staff.classifier),
        reader=staff.reader,
        judge=name_of(staff.judge),
        bench=staff.bench,
        targets={item.alias: item.text or item.fingerprint for item in named},
    )


def reopen(
    path: str | os.PathLike[str],
    *,
    targets: Mapping[str, object] | None = None,
    staff: Workers | None = None,
    controls: Controls | None = None,
) -> Session:
    """A stored run, ready to go on.

    `targets` passes targets again whose place changed (host, key) or that are Python objects; one
    with another fingerprint is another target, and raises `RunMismatch`. Without limits those
    hold that it was played with.
    """
    controls = controls or Controls()
    directory = RunDirectory.open(path)
    limits = controls.limits or stored_limits(directory)
    staff = staff or workers_of(path, limits=limits)
    controls = replace(controls, limits=limits)
    setup, suite = Setup.of(directory.load("run")), load_suite_snapshot(directory)
    check_unchanged(directory, suite)
    for what, stored, given, asked, asks in (
        ("classifier", setup.classifier, name_of(staff.classifier), setup.reader, staff.reader),
        ("judge", setup.judge, name_of(staff.judge), setup.bench, staff.bench),
    ):
        if stored != given:
            raise RunMismatch(
                f"{directory.path} was made with {what} '{stored}'{_asking(asked)}, "
                f"not '{given}'{_asking(asks)}; pass the same one, or start a new run"
            )
    named = _open_stored(directory, suite, targets or {}, limits)
    setup = replace(setup, reader=staff.reader, bench=staff.bench)  # hosts may have moved
    check_budget(controls.budget, [*with_guards(named), *staff.models])
    plan = setup.plan(suite)
    directory.lock()
    try:
        earlier = Earlier.of(directory, plan, setup.judge)
        session = Session(directory, suite, setup, plan, named, staff, controls, earlier)
        if targets:
            session.write_targets()  # where one has moved to, for the next time
    except BaseException:
        directory.close()
        raise
    return session


def _asking(plain: Mapping[str, Any] | None) -> str:
    """The models behind a worker, whose fingerprints tell nobody which ones they are."""
    if plain is None:
        return ""
    models = models_of_bench(plain) if "judges" in plain else [model_of_reader(plain)]
    return f" ({', '.join(models)})"


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
        thing = given.get(alias, entry["wanted"] and Wanted.from_plain(entry["wanted"]))
        if thing is None:
            raise RunMismatch(
                f"target '{alias}' of {directory.path} was a Python object; "
                "pass it again: convsim.resume(DIR, targets={...})"
            )
        item = open_deployed(
            alias,
            _moved(entry, thing),
            suite,
            connections=limits.concurrency,
            timeout=limits.timeout,
        )
        if item.fingerprint != entry["fingerprint"]:
            raise RunMismatch(
                f"target '{alias}' is not the one {directory.path} was made with "
                f"({entry['target'] or 'a Python object'}): model and parameters must stay the "
                "same, prompts and guards too; host and key may change"
            )
        named.append(item)
    return named


def _moved(entry: Mapping[str, Any], thing: object) -> object:
    """A target string given again, with the system prompt and price that the run knows."""
    if not isinstance(thing, str) or entry["wanted"] is None:
        return thing
    stored = Wanted.from_plain(entry["wanted"])
    return replace(stored, target=thing, parameters={})


def name_of(worker: object) -> str:
    """What a run records of a classifier or judge; a judge's name becomes a file name."""
    name = str(getattr(worker, "name", type(worker).__name__))
    if not re.fullmatch(ID_PATTERN, name):
        raise InputError(
            f"{type(worker).__name__} calls itself {name!r}; "
            "a name takes letters, digits, '_', '.' and '-'"
        )
    return name
