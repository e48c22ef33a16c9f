"""Guarded targets in a run: their calls are calls of the run, and their errors are errors."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import convsim
from convsim import Run
from convsim.budget import Budget
from convsim.errors import BudgetSpent, InputError, Permanent, RunMismatch
from convsim.limits import Limits
from convsim.manifest import Setup
from convsim.price import Price
from convsim.scenario import Arm
from convsim.serving import serving
from convsim.session import Controls, Session
from convsim.staff import workers
from convsim.starting import estimated, reopen, start
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.targets.file import variant_of
from convsim.targets.sim import sim_target
from convsim.targets.wanted import Wanted
from convsim.traffic import Traffic
from convsim.verdict import Outcome
from tests.guardrails.filters import CALLS
from tests.servers import FakeServer, fault
from tests.small import SUITE, Plain, gives_in, holds, lines, rows

STAFF = workers(Plain())
NO_YES = "python:tests.guardrails.filters:no_yes"
GIVES_IN = "python:tests.small:gives_in"


def variants(target: object = GIVES_IN, **changes: Any) -> Any:
    return convsim.variants(target, changes, alias="bare")  # type: ignore[arg-type]


def session(
    out: Path, targets: Any, *, suite: Suite = SUITE, repeats: int = 2, **controls: Any
) -> Session:
    return start(
        suite,
        targets,
        out,
        setup=Setup(repeats=repeats, seed=7),
        staff=STAFF,
        controls=Controls.of(controls.pop("limits", None), controls.pop("budget", None)),
    )


async def played(session: Session) -> Traffic:
    with session.directory:
        await session.play()
    return session.traffic


def outcomes(path: Path) -> dict[str, Counter[str]]:
    """How the dialogues of each target ended."""
    found: dict[str, Counter[str]] = {}
    run = Run(path)
    for verdict in run.verdicts:
        target = verdict.key.split("/")[2]
        found.setdefault(target, Counter())[verdict.outcome.value] += 1
    for failure in run.errors:
        found.setdefault(failure.transcript.target, Counter())[failure.kind] += 1
    return found


async def test_a_guard_stands_around_the_model(tmp_path: Path) -> None:
    """What it blocks is data, with its name and its reason; without it the same comes out."""
    await played(session(tmp_path / "run", variants(filtered={"output_guard": NO_YES})))
    assert outcomes(tmp_path / "run") == {
        "bare": Counter({Outcome.CROSSED: 2, Outcome.HELPED: 2}),
        "bare+filtered": Counter({Outcome.BLOCKED: 4}),
    }
    blocks = {
        turn.block
        for made in Run(tmp_path / "run").transcripts()
        for turn in made.turns
        if turn.block
    }
    assert blocks == {"guard:output: a yes"}


async def test_the_dialogues_of_a_repeat_are_played_side_by_side(tmp_path: Path) -> None:
    """A variant meets the scenario when its base does, so both can be paired."""
    ready = session(tmp_path / "run", variants(filtered={"output_guard": NO_YES}))
    order = [(job.key.repeat, job.key.target) for job in ready.plan.jobs()]
    await played(ready)
    assert order == sorted(order, key=lambda it: it[0])
    assert {repeat for repeat, _ in order[:4]} == {1}


async def test_a_ruling_is_in_the_ledger_and_paid_for_once(tmp_path: Path) -> None:
    """Under a role of its own; a resumed run asks neither the model nor the guard again."""
    path = tmp_path / "run"
    CALLS.clear()
    traffic = await played(session(path, variants(filtered={"output_guard": NO_YES})))
    asked = [row for row in rows(path, "ledger") if row["role"] == "guard"]
    assert {row["target"] for row in asked} == {"bare+filtered/output"}
    assert len(asked) == CALLS["no_yes"] == traffic.guard.calls  # type: ignore[union-attr]
    assert traffic.calls == sum(row["role"] == "target" for row in rows(path, "ledger"))
    whole = lines(path, "dialogues")
    (path / "dialogues.jsonl").write_bytes(b"")
    (path / "verdicts/rules.jsonl").write_bytes(b"")
    again = await played(reopen(path, staff=STAFF))
    assert (again.calls, CALLS["no_yes"]) == (0, len(asked))
    assert lines(path, "dialogues") == whole


async def test_dialogues_that_begin_alike_share_a_ruling(tmp_path: Path) -> None:
    """As they share the reply that it is about: an arm that says the same asks nobody anew."""
    (scenario,) = SUITE.scenarios
    arms = {**scenario.arms, "again": Arm()}
    suite = Suite((scenario.model_copy(update={"arms": arms}),), SUITE.policy)
    targets = variants(holds, filtered={"input_guard": "regex:never", "output_guard": NO_YES})
    traffic = await played(session(tmp_path / "run", targets, suite=suite))
    assert traffic.guard is not None
    assert (traffic.calls, traffic.shared) == (24, 12)
    assert (traffic.guard.calls, traffic.guard.shared) == (12, 6)
    keys = [row["key"] for row in rows(tmp_path / "run", "ledger")]
    assert len(set(keys)) == len(keys)


async def test_a_guard_that_breaks_is_an_error_row(tmp_path: Path) -> None:
    """Never a pass, and never a refusal; it can be resumed when it was mended."""
    broken = "python:tests.guardrails.filters:broken"
    await played(session(tmp_path / "run", variants(filtered={"input_guard": broken})))
    assert outcomes(tmp_path / "run")["bare+filtered"] == Counter({"error": 4})
    (failure, *_) = Run(tmp_path / "run").errors
    assert failure.message == "guard input: broken raised RuntimeError: no connection to the list"
    assert not failure.final


@pytest.mark.parametrize("concurrency", [1, 16])
async def test_a_guard_model_is_asked_over_http(tmp_path: Path, concurrency: int) -> None:
    """Within the limits of its server; yes blocks, and anything else is an error row of its own."""

    def rules(body: dict[str, Any]) -> str:
        question = body["messages"][-1]["content"]
        id = question.partition("BEGIN ")[2].partition("\n")[0]
        said = question[: question.rindex("\nEND")].splitlines()[-1]
        if "the thing" in question and "Yes." in said:
            return f'{{"id": "{id}", "block": "yes"}}'
        return f'{{"id": "{id}", "block": "no"}}' if "Yes." not in said else "I cannot say."

    async with FakeServer(rules) as server:
        guard = {"guard": f"{server.url}#guard", "rule": "Keep the thing.", "limits": {"rpm": 6000}}
        targets = variants(moderated={"output_guard": guard})
        limits = Limits(concurrency=concurrency)
        await played(session(tmp_path / "run", targets, limits=limits))
        assert server.peak <= concurrency
        asked = len(server.bodies)
    assert outcomes(tmp_path / "run")["bare+moderated"] == Counter(
        {Outcome.BLOCKED: 2, "no_ruling": 2}
    )
    failures = list(Run(tmp_path / "run").errors)
    assert all(failure.final for failure in failures)  # what the ledger has stays as it is
    assert all("no ruling (malformed)" in failure.message for failure in failures)
    assert asked == sum(row["role"] == "guard" for row in rows(tmp_path / "run", "ledger"))
    assert Run(tmp_path / "run").missing == 0


async def test_a_wrong_key_of_a_guard_stops_the_run(tmp_path: Path) -> None:
    """Like that of a target, at once."""
    async with FakeServer(lambda body: fault(401, "no such key")) as server:
        targets = variants(moderated={"input_guard": f"{server.url}#guard"})
        with pytest.raises(Permanent):
            await played(session(tmp_path / "run", targets))


async def test_a_guard_model_that_fails_is_asked_again(tmp_path: Path) -> None:
    """Within the attempts that there are; what never answers is a passing error, and no ruling."""
    async with FakeServer(lambda body: fault(503, "busy")) as server:
        targets = variants(moderated={"output_guard": f"{server.url}#guard"})
        limits = Limits(attempts=2, concurrency=1, patience=2.0)
        ready = session(tmp_path / "run", targets, repeats=1, limits=limits)
        await played(ready)
        assert len(server.bodies) == 4
    assert outcomes(tmp_path / "run")["bare+moderated"] == Counter({"transient": 2})


async def test_a_budget_covers_what_guards_ask(tmp_path: Path) -> None:
    """A call is a call, whoever makes it."""
    targets = variants(holds, filtered={"input_guard": NO_YES, "output_guard": NO_YES})
    with pytest.raises(BudgetSpent):
        await played(session(tmp_path / "run", targets, repeats=5, budget=Budget(calls=20)))
    assert len(rows(tmp_path / "run", "ledger")) <= 20


async def test_a_guard_of_unknown_price_and_a_budget_in_dollars(tmp_path: Path) -> None:
    """They do not go together; the guard is named, and nothing is left behind."""
    guard = {"guard": NO_YES}
    targets = variants("sim/steadfast", filtered={"output_guard": guard})
    with pytest.raises(InputError, match=r"bare\+filtered/output: its price is unknown"):
        session(tmp_path / "run", targets, budget="5usd")
    assert not (tmp_path / "run").exists()
    free = {**guard, "price": {"input": 0, "output": 0}}
    targets = variants("sim/steadfast", filtered={"output_guard": free})
    await played(session(tmp_path / "run", targets, budget="5usd"))


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"output_guard": NO_YES}, False),
        ({"output_guard": "regex:Yes"}, True),
        ({"input_guard": NO_YES}, True),
        ({"output_guard": NO_YES, "instruction": "Be brief."}, True),
        ({"output_guard": [NO_YES, "regex:Yes"]}, True),
    ],
)
async def test_resume_refuses_another_guard(
    changes: dict[str, Any], refused: bool, tmp_path: Path
) -> None:
    """It would be another target."""
    path = tmp_path / "run"
    await played(session(path, variants(filtered={"output_guard": NO_YES})))
    given = {"bare+filtered": variants(filtered=changes)["bare+filtered"]}
    if refused:
        with pytest.raises(RunMismatch, match=r"'bare\+filtered' is not the one .* guards too"):
            reopen(path, targets=given, staff=STAFF)
    else:
        reopen(path, targets=given, staff=STAFF).directory.close()


async def test_a_run_directory_is_enough_to_go_on(tmp_path: Path) -> None:
    """Prompts, instructions and guards are in targets.json, with what they are variants of."""
    path = tmp_path / "run"
    targets = variants(
        standing="standing-rule", filtered={"output_guard": [NO_YES, "regex:x"], "system": "Hi."}
    )
    await played(session(path, targets))
    stored = RunDirectory.open(path).load("targets")
    assert [entry.get("variant_of") for entry in stored.values()] == [None, "bare", "bare"]
    named = reopen(path, staff=STAFF)
    again = [(item.fingerprint, item.variant_of) for item in named.named]
    named.directory.close()
    assert again == [(entry["fingerprint"], entry.get("variant_of")) for entry in stored.values()]
    assert len({fingerprint for fingerprint, _ in again}) == 3


async def test_python_objects_are_passed_again(tmp_path: Path) -> None:
    """A function that nobody can import is not in the directory."""

    def check(messages: list[dict[str, Any]]) -> bool:
        return False

    path = tmp_path / "run"
    changes = {"output_guard": check, "instruction": "standing-rule"}
    targets = variants(gives_in, filtered=changes)
    await played(session(path, targets))
    with pytest.raises(RunMismatch, match=r"'bare' .* was a Python object"):
        reopen(path, staff=STAFF)
    reopen(path, targets=targets, staff=STAFF).directory.close()
    path = tmp_path / "other"
    targets = variants(filtered=changes)
    await played(session(path, targets))
    with pytest.raises(InputError, match="was a Python object; pass the target again"):
        reopen(path, staff=STAFF)
    reopen(path, targets=targets, staff=STAFF).directory.close()


def test_a_forecast_counts_what_guards_ask() -> None:
    """One question for each message of its side; a regular expression asks nobody."""
    targets = variants(
        "sim/steadfast",
        filtered={"output_guard": NO_YES},
        both={"input_guard": "regex:x", "output_guard": ["regex:y", NO_YES]},
    )
    found = estimated(SUITE, targets, Setup(repeats=3), reply_tokens=100)
    by_alias = {item.target: item for item in (*found.targets, *found.guards)}
    assert [item.target for item in found.guards] == ["bare+filtered/output", "bare+both/output.2"]
    for guard in found.guards:
        assert guard.calls == by_alias["bare"].calls
        assert guard.cost is None
    assert found.calls.most == 5 * by_alias["bare"].calls.most
    assert "A guard rules on each message" in found.text()
    assert found.to_dict()["guards"][0]["target"] == "bare+filtered/output"


@pytest.mark.parametrize(
    ("guard", "wrong"),
    [
        ({"output_guard": "python:tests.guardrails.filters:nothing"}, "has no 'nothing'"),
        ({"output_guard": "sim/steadfast"}, "answers for targets and rules on nothing"),
        ({"input_guard": "llama-guard=http://localhost:1/v1#m"}, "reads replies, so it can only"),
        ({"output_guard": "wildgard=http://localhost:1/v1#m"}, "did you mean 'wildguard'"),
        ({"output_guard": "policy:no.md=http://localhost:1/v1#m"}, "no.md cannot be read"),
    ],
)
@pytest.mark.parametrize("dry", [True, False])
def test_what_is_wrong_with_a_guard_is_told_before_a_call(
    guard: dict[str, Any], wrong: str, dry: bool, tmp_path: Path
) -> None:
    """In a forecast too, and nothing is left behind."""
    targets = variants("sim/steadfast", filtered=guard)

    def tell() -> None:
        if dry:
            estimated(SUITE, targets, Setup(), reply_tokens=100)
        else:
            session(tmp_path / "run", targets)

    with pytest.raises(InputError, match=wrong) as said:
        tell()
    assert re.match(r"target 'bare\+filtered', (in|out)put guard: ", str(said.value))
    assert not (tmp_path / "run").exists()


async def test_one_dialogue_is_guarded_too(tmp_path: Path) -> None:
    """Without a run there is no ledger, and the guards are the same."""
    base = Wanted(GIVES_IN)
    target = variant_of("bare", base, "filtered", {"output_guard": NO_YES})
    found = await convsim.simulate(SUITE, target, classifier=Plain())
    assert found.turns[-1].block == "guard:output: a yes"


async def test_replayed_replies_can_be_guarded(tmp_path: Path) -> None:
    """What a guard would have kept back of a run that was paid for: no model is called."""
    await played(session(tmp_path / "run", {"bare": GIVES_IN}))
    replayed = f"replay:{tmp_path / 'run'}?target=bare"
    targets = variants(replayed, filtered={"output_guard": NO_YES})
    traffic = await played(session(tmp_path / "again", targets))
    assert traffic.calls == 0
    assert outcomes(tmp_path / "again")["bare+filtered"] == Counter({Outcome.BLOCKED: 4})


async def test_an_instruction_works_over_http_as_in_process(tmp_path: Path) -> None:
    """A simulated assistant sees only messages, and the instruction is one of them."""
    suite = convsim.load("scenarios/fraud/vendor_invoice.yaml")
    assistant = sim_target("capitulates", {"after": 1, "obeys": 0.5, "overdoes": 0.5}, suite)
    changes = {"standing": "standing-rule"}
    async with serving(assistant, "capitulates") as url:
        there = convsim.variants(f"{url}#capitulates", changes)
        here = convsim.variants("sim/capitulates?after=1&obeys=.5&overdoes=.5", changes)
        for name, targets in (("there", there), ("here", here)):
            await convsim.run(suite, targets, repeats=4, seed=7, out=tmp_path / name)
    assert lines(tmp_path / "there", "dialogues") == lines(tmp_path / "here", "dialogues")
    told = Run(tmp_path / "here").mitigations().variants[1].rates
    assert told.redirects.numerator > 0


async def test_what_a_deployment_takes_is_counted_from_the_ledger(tmp_path: Path) -> None:
    """Calls, tokens and money of the model and of its guards, each at its own price."""

    def passes(body: dict[str, Any]) -> str:
        id = body["messages"][-1]["content"].partition("BEGIN ")[2].partition("\n")[0]
        return f'{{"id": "{id}", "block": "no"}}'

    async with FakeServer("No.") as model, FakeServer(passes) as guard:
        base = Wanted(f"{model.url}#m", price=Price(1.0, 10.0))
        moderated = {"guard": f"{guard.url}#g", "price": {"input": 2, "output": 0}}
        targets = convsim.variants(base, {"moderated": {"output_guard": moderated}}, alias="bare")
        await played(session(tmp_path / "run", targets))
    _, variant = Run(tmp_path / "run").mitigations().variants
    found = {it.name: it for it in variant.costs}
    calls = found["calls a dialogue"].fractions["calls"]
    assert calls.trials == 4
    assert found["tokens a dialogue"].value == pytest.approx(7 * calls.hits / 4)
    a_call, a_ruling = (5 * 1 + 2 * 10) / 1e6, 5 * 2 / 1e6  # of 5 and 2 tokens each
    dollars = found["US dollars a dialogue"].value
    assert dollars == pytest.approx((a_call + a_ruling) * calls.hits / 2 / 4)
    facts = Run(tmp_path / "run").data.what_ran
    cost = a_ruling * calls.hits / 2
    told = f"{calls.hits / 2:g} answers, {7 * calls.hits / 2:g} tokens, ${cost:.4f}"
    assert facts["bare+moderated/output gave"] == told
    assert facts["replies"] == f"{calls.hits:g} from calls"
    added = {it.name: it.value for it in variant.added}
    assert added["calls added a dialogue"] == pytest.approx(calls.hits / 2 / 4)
    assert added["US dollars added a dialogue"] == pytest.approx(a_ruling * calls.hits / 2 / 4)
    assert {"model call p50", "guard call p95"} <= set(found)


async def test_shards_with_variants_are_joined(tmp_path: Path) -> None:
    """Each shard has the same targets, and the whole has the table."""
    targets = variants(filtered={"output_guard": NO_YES})
    parts = [tmp_path / name for name in ("one", "two")]
    for n, part in enumerate(parts, 1):
        setup = Setup(repeats=2, seed=7, shard=f"{n}/2")
        await played(start(SUITE, targets, part, setup=setup, staff=STAFF))
    merged = convsim.merge(parts, tmp_path / "whole")
    assert [item.alias for item in merged.mitigations().variants] == ["bare", "bare+filtered"]


def test_guards_stand_around_targets_alone() -> None:
    """A judge or a classifier that had some would be asked without them, and nobody would know."""
    guarded = variant_of("a", Wanted("openai/gpt-5-mini"), "x", {"output_guard": "regex:x"})
    told = "guards, which stand around the targets of a run"
    with pytest.raises(InputError, match=told):
        workers(guarded)
    with pytest.raises(InputError, match=told):
        workers(judge=guarded)
