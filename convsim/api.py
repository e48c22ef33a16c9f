"""The functions of the face: each resolves what the user gave and hands it to the engine.

Everything is async; `wait` runs one of these from code that is not, in a script as in a notebook.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convsim.assess import conclude
from convsim.batch import in_order
from convsim.budget import Budget
from convsim.calling import behind, with_guards
from convsim.case import Case
from convsim.chance import Chance
from convsim.controls import Playable
from convsim.dialogue import simulate as walk_through
from convsim.errors import CallError, Halted, InputError, at_place, call_error
from convsim.forecast import REPLY_TOKENS, Forecast
from convsim.graph import Graph
from convsim.guardrails.opening import open_deployed
from convsim.limits import Halt, Limited, Limits
from convsim.manifest import Setup, stored_limits
from convsim.paths import Walk
from convsim.policy import UNSPECIFIED, Policy, Rule
from convsim.ports import Target
from convsim.progress import Progress
from convsim.recast import graph_played, recast
from convsim.rehearsal import Rehearsal
from convsim.rejudging import Rejudging
from convsim.runs import Run
from convsim.scenario import RESTRICTED_ARM, Expect, Scenario
from convsim.seating import named_judge
from convsim.session import Controls, Session, Watch, check_budget
from convsim.staff import AnyClassifier, AnyJudge, Reader, workers
from convsim.starting import checked, estimated, reopen, start, workers_of
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.targets.functions import Function
from convsim.targets.wanted import Altered, Wanted
from convsim.transcript import Failure, Key, Mode, Transcript
from convsim.verdict import Verdict
from convsim.walk import case_in

if TYPE_CHECKING:
    from convsim.conversations import Conversation

Scenarios = str | Path | Scenario | Suite | Sequence[str | Path | Scenario]
AnyTarget = str | Wanted | Target | Function
"""A target string, one of a targets file, an object with `reply`, or a function of the messages."""

Varied = AnyTarget | Altered
"""A target, or a variant of one that is a Python object."""

Targets = AnyTarget | Sequence[AnyTarget] | Mapping[str, AnyTarget] | Mapping[str, Varied]
"""One or several, with aliases where they are given by a mapping or as `ALIAS=TARGET`."""

Changes = str | Mapping[str, Any]
"""A mitigation: the name of one that ships with convsim, or what it changes, by key."""


def load(scenarios: Scenarios, *, policy: str | Path | Policy | None = None) -> Suite:
    """The suite that paths, scenarios or a suite stand for; every problem of all of them at once.

    Raises `ScenarioError` with the problems, and `InputError` for paths that do not exist.
    """
    if isinstance(scenarios, Suite):
        if policy is not None:
            raise InputError("a Suite has its own policy; build the Suite with the other one")
        return checked(scenarios)
    things = [scenarios] if isinstance(scenarios, str | Path | Scenario) else list(scenarios)
    built = [thing for thing in things if isinstance(thing, Scenario)]
    paths = [thing for thing in things if not isinstance(thing, Scenario)]
    if built and paths:
        raise InputError("pass scenario files or Scenario objects, not both at once")
    if built:
        return _built_in_python(built, policy)
    from convsim.loading import load_suite

    if isinstance(policy, Policy):
        raise InputError("scenario files take the path of a policy file, not a Policy object")
    return load_suite(paths, policy=policy)


def _built_in_python(scenarios: list[Scenario], policy: str | Path | Policy | None) -> Suite:
    if not isinstance(policy, Policy):
        policy = _policy(policy) or Policy()
    return checked(Suite(tuple(scenarios), policy))


def _policy(path: str | Path | None) -> Policy | None:
    if path is None:
        return None
    from convsim.loading import load_policy

    return load_policy(path)


def _rules(policy: str | Path | Policy | Suite | None) -> Policy | None:
    """The rules to judge by; a suite brings those that its scenarios state themselves, too."""
    if isinstance(policy, Suite):
        return Policy(rules=tuple({policy.rule_of(item): None for item in policy.scenarios}))
    return policy if isinstance(policy, Policy) else _policy(policy)


async def run(
    scenarios: Scenarios,
    targets: Targets,
    *,
    repeats: int = 5,
    seed: int = 0,
    arms: str | Sequence[str] | None = None,
    tags: str | None = None,
    walk: Walk | str = Walk.RANDOM,
    paths: Sequence[str] | None = None,
    mode: Mode | str = Mode.CLOSED,
    shard: str | None = None,
    until: str | None = None,
    stop_when: str | None = None,
    slice: int | None = None,
    out: str | os.PathLike[str] | None = None,
    policy: str | Path | Policy | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
    classifier: AnyClassifier | None = None,
    ask_below: float | None = None,
    judge: AnyJudge | None = None,
    judge_when: str | None = None,
    panel: str | None = None,
    halt: Halt | None = None,
    watch: Watch | None = None,
    progress: bool = False,
) -> Run:
    """Simulate every authored arm of every scenario against every target, judge it, and store it.

        run = await convsim.run("scenarios/", "sim/capitulates?after=2", repeats=5, seed=7)
        print(run.report())

    `targets` is a target string, an object with `reply`, an async function of the messages, a
    sequence of these, or a mapping from alias to one of them, such as `load_targets` gives. `arms`
    names arms and controls, or several at once: "authored" (the default), "controls", "all".
    `tags="fraud,-spread"` keeps the scenarios with such tags. `walk` and `mode` plan the moves,
    `paths=["open > insist > end"]` names them, `shard="2/8"` plays one part of the run,
    `until="coverage=0.9"` stops repeating what was walked, `stop_when="width=0.05"` or `"decided"`
    what is known well enough after a `slice` of 5 repeats (`repeats` are then the most that an arm
    has), `budget="5usd"` or `"2000calls"` is never exceeded. `out` is a new directory; without it,
    one under `runs/` named by the time.
    `progress` shows how it goes on.

    `classifier` reads the replies in place of the rules: an object, or the target string of a model
    to ask; with `ask_below=0.7` only replies go to it of which the rules are less certain. `judge`
    concludes in place of the rules: an object, the target string of a model to ask, or several of
    these, of which `panel` makes one verdict; with `judge_when="unsure"` it is asked where the
    rules are unsure.

    Raises `InputError` before the first call for anything that is wrong with the input,
    `Permanent` when the key, the model or the host is, and `Suspended` when the run had to stop for
    a reason that passes (a full disk, an outage, the budget): `resume` goes on from there.
    """
    setup = replace(
        _setup(repeats, seed, arms, walk, paths, mode, shard),
        until=until,
        stop_when=stop_when,
        slice=slice,
    )
    session = start(
        _tagged(load(scenarios, policy=policy), tags),
        targets,
        out or default_out(),
        setup=setup,
        staff=workers(
            classifier,
            named_judge(judge, judge_when, panel),
            ask_below=ask_below,
            limits=limits,
        ),
        controls=Controls.of(limits, budget, halt, watch),
    )
    return await _played(session, progress)


async def resume(
    path: str | os.PathLike[str],
    *,
    targets: Mapping[str, Varied] | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
    classifier: AnyClassifier | None = None,
    ask_below: float | None = None,
    judge: AnyJudge | None = None,
    halt: Halt | None = None,
    watch: Watch | None = None,
    progress: bool = False,
) -> Run:
    """Play the dialogues of a stored run that are missing or failed for a passing reason.

    Replies that were paid for are taken from the run's ledger. Without `limits` those hold that it
    had before, and the classifier and the judge that target strings named; a Python object is
    passed again. A budget counts from here on. Dialogues that have no verdict are judged first.
    """
    session = reopen(
        path,
        targets=targets,
        staff=workers_of(path, classifier, judge, ask_below=ask_below, limits=limits),
        controls=Controls.of(limits, budget, halt, watch),
    )
    return await _played(session, progress)


def estimate(
    scenarios: Scenarios,
    targets: Targets,
    *,
    repeats: int = 5,
    seed: int = 0,
    arms: str | Sequence[str] | None = None,
    tags: str | None = None,
    walk: Walk | str = Walk.RANDOM,
    paths: Sequence[str] | None = None,
    mode: Mode | str = Mode.CLOSED,
    shard: str | None = None,
    reply_tokens: int = REPLY_TOKENS,
    policy: str | Path | Policy | None = None,
    classifier: AnyClassifier | None = None,
    ask_below: float | None = None,
    judge: AnyJudge | None = None,
    judge_when: str | None = None,
    panel: str | None = None,
) -> Forecast:
    """What a run would consist of: dialogues, calls, tokens and money, as bounds. Calls nothing.

    Token counts take every reply to be `reply_tokens` long. An unknown price is None, never 0.
    """
    setup = _setup(repeats, seed, arms, walk, paths, mode, shard)
    return estimated(
        _tagged(load(scenarios, policy=policy), tags),
        targets,
        setup,
        reply_tokens=reply_tokens,
        classifier=classifier,
        ask_below=ask_below,
        judge=named_judge(judge, judge_when, panel),
    )


def merge(
    paths: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    allow_missing: bool = False,
) -> Run:
    """Join the run directories of all shards of a run into one, proving that nothing is missing.

    Raises `RunMismatch` where they do not belong together, where a dialogue is there twice, or
    missing; with `allow_missing` the merged run is incomplete, and can be resumed.
    """
    from convsim.merging import merge as join

    join(paths, out, allow_missing=allow_missing)
    return Run(out)


def _tagged(suite: Suite, tags: str | None) -> Suite:
    return suite if tags is None else suite.tagged(tags)


def load_targets(path: str | Path) -> dict[str, Wanted]:
    """The targets of a targets file, by alias: what `run` takes as `targets`.

    Raises `ScenarioError` with every problem of the file and its place.
    """
    from convsim.targets.file import load_targets as read_targets

    return read_targets(path)


def variants(
    target: AnyTarget, changes: Mapping[str, Changes], *, alias: str = "base"
) -> dict[str, Varied]:
    """The target and variants of it, by alias: what `run` takes as `targets`.

        targets = convsim.variants(
            "openai/gpt-5-mini",
            {"standing": "standing-rule", "filtered": {"output_guard": my_filter}},
        )
        print((await convsim.run("scenarios/", targets)).report())

    A variant is the name of an instruction that ships with convsim, or says what it changes by the
    keys of a targets file: `system`, `instruction`, `input_guard`, `output_guard`, `parameters`. A
    guard may be a function, too. They are called `base+standing`, `base+filtered`, and
    `Run.mitigations` compares them with `base`.

    Raises `InputError` for anything that is wrong with them.
    """
    from convsim.targets.file import altered_by, variant_of

    base = Wanted(target) if isinstance(target, str) else target
    found: dict[str, Varied] = {alias: base}
    for name, change in changes.items():
        if isinstance(base, Wanted):
            found[f"{alias}+{name}"] = variant_of(alias, base, name, change)
        else:
            found[f"{alias}+{name}"] = altered_by(alias, base, name, change)
    return found


def _setup(
    repeats: int,
    seed: int,
    arms: str | Sequence[str] | None,
    walk: Walk | str,
    paths: Sequence[str] | None,
    mode: Mode | str,
    shard: str | None,
) -> Setup:
    chosen = [arms] if isinstance(arms, str) else arms
    return Setup(
        seed=seed,
        repeats=repeats,
        arms=None if chosen is None else tuple(chosen),
        walk=str(walk),
        paths=tuple(paths) if paths else None,
        mode=str(mode),
        shard=shard,
    )


def show_on(session: Session, shown: Progress) -> None:
    """Let a session's progress be seen: what ended, of how many, and what keeps it waiting."""

    def watch(result: Transcript | Failure, verdict: Verdict | None) -> None:
        shown.total = session.planned
        shown(result, verdict)

    session.watchers.append(watch)
    session.bench.tell = shown.announce
    shown.status = session.trouble


async def _played(session: Session, progress: bool) -> Run:
    """The run, when its session has ended."""
    with session.directory:
        if progress:
            with Progress(
                len(session.plan), traffic=session.traffic, before=session.earlier.grades
            ) as shown:
                show_on(session, shown)
                await session.play()
        else:
            await session.play()
    return Run(session.directory.path)


def default_out() -> Path:
    """A new directory under `runs/`, named by the time."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = chain([stamp], (f"{stamp}-{n}" for n in count(2)))
    return next(out for name in names if not (out := Path("runs") / name).exists())


async def simulate(
    scenario: str | Path | Scenario | Suite,
    target: AnyTarget,
    *,
    arm: str = RESTRICTED_ARM,
    repeat: int = 1,
    draw: str | None = None,
    seed: int = 0,
    policy: str | Path | Policy | None = None,
    limits: Limits | None = None,
    classifier: AnyClassifier | None = None,
    ask_below: float | None = None,
) -> Transcript:
    """One dialogue, stored nowhere. Raises the `CallError` that ended it, if one did.

    `arm` is an arm or a control; `draw` one of those that `resample` and `fresh` have in a repeat
    ("resample.2"), by default the first.
    """
    suite = load(scenario, policy=policy)
    graph, draw = _one_graph(suite, arm, draw, repeat, seed)
    limits = limits or Limits()
    reader = Reader(workers(classifier, ask_below=ask_below, limits=limits), limits)
    named = open_deployed(
        "t1", target, suite, connections=limits.concurrency, timeout=limits.timeout
    )
    calls = with_guards([named])
    limited, *asked = (Limited(it.target, replace(limits, **it.limits)) for it in calls)
    try:
        result = await walk_through(
            graph,
            behind(named, limited, asked),
            Key(graph.scenario, arm, named.alias, repeat, draw, "-"),
            classifier=reader.classifier,
            renderer=reader.staff.renderer,
            seed=seed,
        )
    finally:
        for item in calls:
            await item.aclose()
        await reader.aclose()
    if isinstance(result, Failure):
        raise call_error(result.kind, result.message, detail=result.detail)
    return result


def rehearse(
    scenario: str | Path | Scenario | Suite,
    *,
    arm: str = RESTRICTED_ARM,
    repeat: int = 1,
    draw: str | None = None,
    seed: int = 0,
    policy: str | Path | Policy | None = None,
) -> Rehearsal:
    """One dialogue in which the caller is the assistant: `convsim walk` at a keyboard.

        standing = await convsim.rehearse("vendor_invoice.yaml").after(["I can't do that."])
        print(standing.said, standing.verdict.grade)

    `arm`, `repeat`, `draw` and `seed` say which dialogue, as in `simulate`.
    """
    graph, _ = _one_graph(load(scenario, policy=policy), arm, draw, repeat, seed)
    return Rehearsal(graph, seed, repeat)


def _one_graph(
    suite: Suite, arm: str, draw: str | None, repeat: int, seed: int
) -> tuple[Graph, str]:
    """The graph of one dialogue of a suite that is one scenario, and which draw it is."""
    playable = Playable(suite.only, suite.rule_of(suite.only))
    draw = playable.draw_of(arm, draw)
    return playable.graph(arm, Chance(seed, suite.only.id, repeat), draw), draw


async def judge(
    source: str | os.PathLike[str] | Transcript | Iterable[Transcript],
    *,
    policy: str | Path | Policy | Suite | None = None,
    expect: Expect | str | None = None,
    classifier: AnyClassifier | Reader | None = None,
    ask_below: float | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
    judge: AnyJudge | None = None,
    judge_when: str | None = None,
    panel: str | None = None,
    format: str | None = None,
) -> list[Verdict]:
    """Verdicts on conversations that exist already; no target is called.

    `source` is a run directory, a file of conversations, or transcripts. A run's dialogues are
    judged from the readings that routed them; recorded conversations are read first, by
    `classifier` (as in `run`) within `limits` and `budget`. What wrote a file is seen from its
    content, unless `format` says it. `policy` explains the rules that are cited by id: a policy,
    its file, or the suite it was made with, which knows the facets. `judge`, `judge_when` and
    `panel` are as in `run`; a judge that asks a model is examined on sentinels first, and `Voided`
    is raised where it fails them. A model is asked about a run by `rejudge`.
    """
    verdicts = judged(
        source,
        policy=policy,
        expect=expect,
        classifier=classifier,
        ask_below=ask_below,
        limits=limits,
        budget=budget,
        judge=judge,
        judge_when=judge_when,
        panel=panel,
        format=format,
    )
    return [verdict async for _, verdict in verdicts]


async def judged(
    source: str | os.PathLike[str] | Transcript | Iterable[Transcript],
    *,
    policy: str | Path | Policy | Suite | None = None,
    expect: Expect | str | None = None,
    classifier: AnyClassifier | Reader | None = None,
    ask_below: float | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
    judge: AnyJudge | None = None,
    judge_when: str | None = None,
    panel: str | None = None,
    format: str | None = None,
) -> AsyncGenerator[tuple[Transcript, Verdict], None]:
    """As `judge`, one at a time and with the transcript, so that a large file streams.

    Where a model judges, as many conversations are judged at a time as there may be calls, and a
    failed call ends it; those that were being judged come before the error.
    """
    rules = _rules(policy)
    reader = opened_reader(
        classifier,
        named_judge(judge, judge_when, panel),
        ask_below=ask_below,
        limits=limits,
        budget=budget,
    )

    async def one(posed: tuple[Transcript, Case]) -> tuple[Transcript, Verdict]:
        transcript, case = posed
        try:
            return transcript, await conclude(reader.judge, transcript, case)
        except (CallError, Halted) as error:
            halted = isinstance(error, Halted) and reader.halt.cause
            raise _about(f"'{transcript.key}' was not judged", halted or error) from error

    suite = policy if isinstance(policy, Suite) else None
    cases = _cases(source, rules, _expectation(expect), reader, format, suite)
    width = reader.width if reader.staff.consulted else 1
    try:
        async with aclosing(cases), aclosing(in_order(cases, one, width=width)) as verdicts:
            async for transcript, verdict in verdicts:
                yield transcript, verdict
    finally:
        await reader.aclose()


async def rejudge(
    path: str | os.PathLike[str],
    judge: AnyJudge | None = None,
    *,
    judge_when: str | None = None,
    panel: str | None = None,
    policy: str | Path | Policy | Suite | None = None,
    classifier: AnyClassifier | None = None,
    ask_below: float | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
    halt: Halt | None = None,
) -> Run:
    """Judge every dialogue of a stored run again and keep the verdicts beside its own.

        run = await convsim.rejudge("runs/march", "openai/gpt-5?max_tokens=2000", budget="5usd")
        print(run.report())

    No target is called. The judge is another one, or judges by another `policy`, or by the rules
    from what `classifier` reads in the replies now. What it said already is not paid for again.
    Returns the run as this judge sees it. Raises as `run` does; the same call goes on from there.
    """
    again = rejudging(
        path,
        named_judge(judge, judge_when, panel),
        policy=policy,
        classifier=classifier,
        ask_below=ask_below,
        limits=limits,
        budget=budget,
        halt=halt,
    )
    with again:
        await again.play()
    return Run(path, judge=again.name)


def rejudging(
    path: str | os.PathLike[str],
    judge: AnyJudge | None = None,
    *,
    policy: str | Path | Policy | Suite | None = None,
    classifier: AnyClassifier | None = None,
    ask_below: float | None = None,
    limits: Limits | None = None,
    concurrency: int | None = None,
    budget: Budget | str | None = None,
    halt: Halt | None = None,
) -> Rejudging:
    """What `rejudge` plays, open. Limits are the run's, but for those that are given."""
    limits = limits or stored_limits(RunDirectory.open(path))
    if concurrency is not None:
        limits = replace(limits, concurrency=concurrency)
    staff = workers(classifier, judge, ask_below=ask_below, limits=limits)
    return Rejudging(
        *(path, staff),
        reread=classifier is not None,
        policy=_rules(policy),
        controls=Controls.of(limits, budget, halt),
    )


def opened_reader(
    classifier: AnyClassifier | Reader | None = None,
    judge: AnyJudge | None = None,
    *,
    ask_below: float | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
) -> Reader:
    """What reads and judges a file. Nothing is called yet; whoever uses it up closes it."""
    if isinstance(classifier, Reader):
        if judge is not None:
            raise InputError("a Reader has its own judge; open it with the other one")
        return classifier
    staff = workers(classifier, judge, ask_below=ask_below, limits=limits)
    allowed = Budget.parse(budget) if isinstance(budget, str) else budget
    check_budget(allowed, staff.models)
    return Reader(staff, limits, allowed)


def _expectation(value: Expect | str | None) -> Expect | None:
    if value is None:
        return None
    try:
        return Expect(value)
    except ValueError:
        raise InputError(f"expect is {value!r}; allowed: hold, help") from None


async def _cases(
    source: str | os.PathLike[str] | Transcript | Iterable[Transcript],
    policy: Policy | None,
    expect: Expect | None,
    reader: Reader,
    format: str | None,
    suite: Suite | None,
) -> AsyncGenerator[tuple[Transcript, Case], None]:
    if isinstance(source, Transcript):
        source = [source]
    if reader.staff.asked and (not isinstance(source, str | os.PathLike) or _is_directory(source)):
        what = f"{source} is a run" if isinstance(source, str | os.PathLike) else "transcripts"
        raise InputError(
            f"{what}: the replies were read already, and nobody is asked again; "
            "a classifier is for a file of conversations that were recorded elsewhere; "
            "`rejudge` reads those of a run again"
        )
    if reader.staff.consulted and isinstance(source, str | os.PathLike) and _is_directory(source):
        raise InputError(f"{source} is a run: `rejudge` asks a model about it, by its ledger")
    if format is not None and (not isinstance(source, str | os.PathLike) or _is_directory(source)):
        raise InputError(
            f"format is {format!r}, which is for a file of conversations recorded elsewhere"
        )
    if not isinstance(source, str | os.PathLike):
        await reader.examine()
        for transcript in source:
            if suite is not None and transcript.mode is not Mode.RECORDED:
                yield transcript, case_in(graph_played(suite, transcript), transcript)
            else:
                yield transcript, _case(transcript, policy, expect)
        return
    if _is_directory(source):
        if expect is not None:
            raise InputError(
                f"{source} is a run, whose arms say what was right; "
                "`expect` is for conversations that were recorded elsewhere"
            )
        run = Run(source)
        for transcript in run.transcripts():
            if policy is None:
                yield transcript, run.case_of(transcript)
            else:
                graph = run.graph_of(transcript, _rule(transcript, policy))
                cast = recast(transcript, graph)
                yield cast, case_in(graph, cast)
        return
    async with aclosing(read_file(source, policy, expect, reader, format=format)) as cases:
        async for transcript, case in cases:
            yield transcript, case


def _is_directory(source: str | os.PathLike[str]) -> bool:
    return Path(source).is_dir()


def _case(transcript: Transcript, policy: Policy | None, expect: Expect | None) -> Case:
    case = Case.of(transcript, _rule(transcript, policy))
    return case if expect is None or case.expect is not None else replace(case, expect=expect)


def _rule(transcript: Transcript, policy: Policy | None) -> Rule:
    """The rule that a transcript cites, from the policy that explains it."""
    rules = {UNSPECIFIED.id: UNSPECIFIED, **(policy.by_id if policy else {})}
    cited = transcript.rule or UNSPECIFIED.id
    if cited in rules:
        return rules[cited]
    known = "pass one"
    if policy is not None:
        close = get_close_matches(cited, policy.by_id, n=1)
        known = f"the policy has {', '.join(policy.by_id) or 'no rules'}"
        known += f"; did you mean '{close[0]}'?" if close else ""
    raise InputError(
        f"dialogue {transcript.key} cites rule '{cited}', which only a policy can explain; {known}"
    )


async def read(
    path: str | os.PathLike[str],
    *,
    classifier: AnyClassifier | Reader | None = None,
    ask_below: float | None = None,
    limits: Limits | None = None,
    last: bool = False,
    format: str | None = None,
) -> list[Transcript]:
    """The conversations of a file as transcripts with every reply read.

    `last` reads only the last reply of each. `turn.reading` is None where nothing was read.
    `classifier` and `ask_below` are as in `run`; a model is called within `limits`.
    """
    reader = opened_reader(classifier, ask_below=ask_below, limits=limits)
    cases = read_file(path, classifier=reader, last=last, format=format)
    return [transcript async for transcript, _ in cases]


async def read_file(
    path: str | os.PathLike[str],
    policy: Policy | None = None,
    expect: Expect | None = None,
    classifier: AnyClassifier | Reader | None = None,
    *,
    last: bool = False,
    format: str | None = None,
) -> AsyncGenerator[tuple[Transcript, Case], None]:
    """The conversations of a file with every reply read (`last`: only the last one).

    They come in their order. Where a model reads, as many conversations are read at a time as there
    may be calls, and the whole file is checked before the first call. A failed call ends it; the
    conversations that were being read come before the error, which names the row.
    """
    from convsim.conversations import read_conversations

    reader = opened_reader(classifier)
    found = partial(read_conversations, Path(path), expect=expect, policy=policy, format=format)

    async def read_one(conversation: Conversation) -> tuple[Transcript, Case]:
        turns = list(conversation.transcript().turns)
        for n, exchange in enumerate(conversation.exchanges):
            if last and n + 1 < len(turns):
                continue
            try:
                reading = await reader.classifier.read(
                    exchange.before, exchange.reply, objective=conversation.case.objective
                )
            except (CallError, Halted) as error:
                where = f"{conversation.place}: '{conversation.id}', turn {n + 1}, was not read"
                halted = isinstance(error, Halted) and reader.halt.cause
                raise _about(where, halted or error) from error
            turns[n] = replace(turns[n], reading=reading)
        return replace(conversation.transcript(), turns=tuple(turns)), conversation.case

    try:
        if reader.staff.models:
            for _ in found():
                pass
        await reader.examine()
        async with aclosing(in_order(found(), read_one, width=reader.width)) as pairs:
            async for transcript, case in pairs:
                reader.count(transcript)
                yield transcript, case
    finally:
        for item in reader.staff.asked:
            await item.aclose()


def _about(what: str, error: Exception) -> Exception:
    """The same error about one reply of a file; there is no run to be resumed."""
    if isinstance(error, CallError):
        return at_place(error, what)
    return type(error)(f"{what}: {error}".partition("; `convsim resume DIR`")[0])
