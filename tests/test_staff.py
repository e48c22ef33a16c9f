"""A classifier that asks a model: in a run through its ledger, limits and budget, and on files."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

import convsim
from convsim.api import read_file
from convsim.budget import Budget
from convsim.classifiers.asking import AskingClassifier
from convsim.classifiers.cascade import Cascade
from convsim.errors import (
    BudgetSpent,
    CallError,
    InputError,
    Permanent,
    RefusedRequest,
    RunMismatch,
    Transient,
)
from convsim.limits import Limits
from convsim.manifest import Setup
from convsim.price import Price
from convsim.reading import Label
from convsim.runs import Run
from convsim.session import Controls, Session
from convsim.staff import Reader, foreseen, price_of_reader, reader_of, who_read, workers
from convsim.starting import estimated, reopen, start, workers_of
from convsim.targets.wanted import Wanted
from convsim.traffic import Traffic
from convsim.transcript import Reply
from tests.classifiers.judges import Asked, answered, over_http
from tests.servers import FakeServer, closed_url, fault, said
from tests.small import SUITE, Plain, Scripted, gives_in, holds, lines, rows
from tests.test_session import CHATS

ONCE = Limits(attempts=1)


def begin(out: Path, classifier: Any, target: Any = gives_in, **options: Any) -> Session:
    """A run of two repeats of two arms."""
    suite = options.pop("suite", SUITE)
    controls = Controls(options.pop("limits", ONCE), options.pop("budget", None))
    staff = workers(classifier, limits=controls.limits, **options)
    return start(suite, target, out, setup=Setup(repeats=2), staff=staff, controls=controls)


async def played(session: Session) -> Traffic:
    with session.directory:
        await session.play()
    return session.traffic


def asked_in(traffic: Traffic) -> Traffic:
    assert traffic.classifier is not None
    return traffic.classifier


def labels(path: Path) -> list[list[Any]]:
    return [
        [turn.reading and turn.reading.label for turn in transcript.turns]
        for transcript in Run(path).transcripts()
    ]


class Failing:
    """A model that fails as scripted, and then answers."""

    fingerprint = Asked.fingerprint

    def __init__(self, *errors: CallError) -> None:
        self.errors = list(errors)
        self.inner = Asked()

    async def reply(self, request: Any) -> Reply:
        if self.errors:
            raise self.errors.pop(0)
        return await self.inner.reply(request)


# -- who reads


def test_without_a_classifier_the_rules_read() -> None:
    for name in (None, "rules"):
        staff = workers(name)
        assert (staff.asked, staff.reader) == ((), None)
        assert Reader(staff).told() is None


def test_ask_below_needs_somebody_to_ask() -> None:
    with pytest.raises(InputError, match="--classifier"):
        workers(ask_below=0.7)


@pytest.mark.parametrize("text", ["http://host:1/v1#m?max_tokens=300", "sim/steadfast"])
@pytest.mark.parametrize("below", [None, 0.7])
def test_a_named_classifier_can_be_named_again(text: str, below: float | None) -> None:
    """What a run stores of it makes the same one, by name."""
    staff = workers(text, ask_below=below)
    assert staff.reader is not None
    named, again = reader_of(orjson.loads(orjson.dumps(staff.reader)))
    assert again == below
    assert workers(named, ask_below=again).classifier.name == staff.classifier.name  # type: ignore[attr-defined]
    assert isinstance(staff.classifier, Cascade) is (below is not None)


def test_a_guard_is_named_with_its_target() -> None:
    text = "wildguard=http://host:1/v1#allenai/wildguard"
    staff = workers(text)
    assert staff.reader == {"guard": text, "words": None, "ask_below": None}
    assert [item.endpoint for item in staff.asked] == ["http://host:1/v1"]


def test_a_targets_file_has_room_for_a_price(tmp_path: Path) -> None:
    """It holds the one model that is asked."""
    path = tmp_path / "judge.yaml"
    text = "judge: {target: 'http://host:1/v1?max_tokens=300#m', price: {input: 1.0, output: 2.0}}"
    path.write_text(f"targets:\n  {text}\n")
    staff = workers(str(path))
    assert [item.price for item in staff.asked] == [Price(1.0, 2.0)]
    assert staff.reader is not None
    assert price_of_reader(staff.reader) == Price(1.0, 2.0)
    path.write_text(f"targets:\n  {text}\n  other: sim/steadfast\n")
    with pytest.raises(InputError, match="has 2 targets"):
        workers(str(path))


def test_a_policy_is_kept_with_the_run(tmp_path: Path) -> None:
    """To resume, and to report a price, takes the directory of the run alone."""
    path = tmp_path / "policy.md"
    path.write_text("No discount above the cap.")
    staff = workers(f"policy:{path}=openai/gpt-5-mini")
    path.unlink()
    assert staff.reader is not None
    assert price_of_reader(staff.reader) is not None
    again, _ = reader_of(orjson.loads(orjson.dumps(staff.reader)))
    assert workers(again).classifier.name == staff.classifier.name  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "limits", "timeout"),
    [("", Limits(timeout=300.0), 300.0), ("?timeout=7", Limits(timeout=300.0), 7.0)],
)
def test_a_guard_waits_as_long_as_the_limits_say(
    query: str, limits: Limits, timeout: float
) -> None:
    """Unless its own string says how long."""
    (item,) = workers(f"llama-guard=http://host:1/v1{query}#m", limits=limits).asked
    assert item.target.timeout == timeout  # type: ignore[attr-defined]


async def test_a_change_of_the_model_that_answers_is_told(tmp_path: Path) -> None:
    count = iter(range(99))

    def changing(body: dict[str, Any]) -> Any:
        return said(over_http(body), model="a" if next(count) else "b")

    async with FakeServer(changing) as server:
        await played(begin(tmp_path / "run", f"{server.url}#judge"))
    assert "classifier: several models answered: b, a" in Run(tmp_path / "run").warnings()


def test_an_object_is_passed_again_by_python_alone() -> None:
    staff = workers(AskingClassifier(Asked()), ask_below=0.5)
    assert staff.reader is None
    assert [item.alias for item in staff.asked] == ["classifier"]


async def test_a_replay_is_no_classifier(tmp_path: Path) -> None:
    await played(begin(tmp_path / "run", Plain()))
    with pytest.raises(InputError, match="resume the run"):
        workers(f"replay:{tmp_path / 'run'}")


# -- in a run


async def test_a_run_reads_by_a_model(tmp_path: Path) -> None:
    """The model reads as the fake reader does, once for every reply, and is counted apart."""
    path, judge, target = tmp_path / "run", Asked(), Scripted("No.")
    traffic = await played(begin(path, AskingClassifier(judge), target))
    await played(begin(tmp_path / "plain", Plain(), Scripted("No.")))
    assert labels(path) == labels(tmp_path / "plain")
    roles = Counter(row["role"] for row in rows(path, "ledger"))
    assert roles == {"target": target.calls, "classifier": len(judge.requests)}
    assert traffic.calls == target.calls == asked_in(traffic).calls == 12
    assert {row["target"] for row in rows(path, "ledger")} == {"t1", "classifier"}


async def test_a_question_belongs_to_the_sample_of_its_dialogue(tmp_path: Path) -> None:
    """So what dialogues share is asked about once, and repeats never share."""
    judge = Asked()
    traffic = await played(begin(tmp_path / "run", AskingClassifier(judge), "sim/steadfast"))
    assert {request.sample for request in judge.requests} == {"small.thing/1/0", "small.thing/2/0"}
    assert all(request.seed is not None for request in judge.requests)
    shared = Asked()
    traffic = await played(begin(tmp_path / "chat", AskingClassifier(shared), holds, suite=CHATS))
    assert (traffic.calls, traffic.shared) == (10, 2)
    assert (
        (asked_in(traffic).calls, asked_in(traffic).shared) == (10, 2) == (len(shared.requests), 2)
    )


@pytest.mark.parametrize("concurrency", [1, 64])
async def test_the_rows_are_the_same_bytes_at_any_concurrency(
    concurrency: int, tmp_path: Path
) -> None:
    async def rows_at(number: int) -> list[bytes]:
        path = tmp_path / str(number)
        await played(begin(path, AskingClassifier(Asked()), limits=Limits(number)))
        return lines(path, "dialogues")

    assert await rows_at(concurrency) == await rows_at(7)


async def test_a_resumed_run_asks_nothing_twice(tmp_path: Path) -> None:
    path, classifier = tmp_path / "run", AskingClassifier(Asked())
    await played(begin(path, classifier))
    whole = lines(path, "dialogues")
    (path / "dialogues.jsonl").write_bytes(b"")
    again = Asked()
    staff = workers(AskingClassifier(again))
    traffic = await played(reopen(path, targets={"t1": gives_in}, staff=staff))
    assert again.requests == []
    assert (traffic.calls, asked_in(traffic).calls) == (0, 0)
    assert asked_in(traffic).saved == traffic.saved > 0
    assert lines(path, "dialogues") == whole


async def test_a_failed_question_is_an_error_row_and_no_guess(tmp_path: Path) -> None:
    """What the target said was paid for, and stays; resuming only asks the question again."""
    path, target = tmp_path / "run", Scripted("No.")
    judge = Failing(*[Transient("not now")] * 3)
    await played(begin(path, AskingClassifier(judge), target, limits=Limits(1, attempts=1)))
    assert [row["kind"] for row in rows(path, "errors")] == ["transient"] * 3
    assert Run(path).missing == 3
    calls, staff = target.calls, workers(AskingClassifier(Asked()))
    traffic = await played(reopen(path, targets={"t1": target}, staff=staff))
    assert Run(path).missing == 0
    assert traffic.saved == 3
    assert target.calls == calls + traffic.calls == 12


@pytest.mark.parametrize("status", ["blocked", "refused-request"])
async def test_a_block_is_an_abstention_and_a_refused_request_an_error(
    status: str, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    answers = said("", finish="content_filter") if status == "blocked" else fault(400)
    async with FakeServer(answers) as server:
        await played(begin(path, f"{server.url}#judge"))
    if status == "blocked":
        assert {row[0] for row in labels(path)} == {Label.UNCLEAR}
        assert "abstain-blocked 4" in Run(path).report()
    else:
        assert {row["kind"] for row in rows(path, "errors")} == {"refused_request"}


async def test_a_wrong_model_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(Permanent):
        await played(begin(tmp_path / "run", f"{closed_url()}#judge"))
    assert len(rows(tmp_path / "run", "ledger")) >= 1


async def test_a_named_classifier_is_resumed_from_the_directory_alone(tmp_path: Path) -> None:
    """Its server may have moved; another model, or another bar, is another classifier."""
    path = tmp_path / "run"
    async with FakeServer(over_http) as server:
        text = f"{server.url}?temperature=0#judge"
        await played(begin(path, text, "sim/steadfast"))
        whole = lines(path, "dialogues")
        (path / "dialogues.jsonl").write_bytes(b"")
        (path / "ledger.jsonl").write_bytes(b"")
        await played(reopen(path))
        assert lines(path, "dialogues") == whole
    async with FakeServer(over_http) as elsewhere:
        (path / "dialogues.jsonl").write_bytes(b"")
        (path / "ledger.jsonl").write_bytes(b"")
        moved = workers_of(path, f"{elsewhere.url}?temperature=0#judge")
        traffic = await played(reopen(path, staff=moved))
        assert asked_in(traffic).calls == len(elsewhere.bodies) > 0
        assert Run(path).manifest["reader"]["wanted"]["target"].startswith(elsewhere.url)
    for other in (
        workers(f"{server.url}?temperature=1#judge"),
        workers(text, ask_below=0.5),
        workers_of(path, "rules"),
    ):
        with pytest.raises(RunMismatch, match="classifier"):
            reopen(path, staff=other)


async def test_the_face_takes_a_model_by_its_string(tmp_path: Path) -> None:
    """`run` and `resume`, and shards that asked the same model at different places."""
    parts = []
    for n in (1, 2):
        async with FakeServer(over_http) as server:
            path = tmp_path / str(n)
            run = await convsim.run(
                *(SUITE, "sim/steadfast"),
                repeats=4,
                shard=f"{n}/2",
                classifier=f"{server.url}#judge",
                out=path,
            )
            assert run.missing == 0
            last = lines(path, "dialogues")[-1]
            (path / "dialogues.jsonl").write_bytes(
                b"".join(line + b"\n" for line in lines(path, "dialogues") if line != last)
            )
            assert (await convsim.resume(path)).missing == 0
            assert lines(path, "dialogues")[-1] == last
            parts.append(path)
    merged = convsim.merge(parts, tmp_path / "all")
    assert merged.missing == 0
    assert merged.to_dict()["asked"]["classifier"]["answers"] == sum(
        Run(part).to_dict()["asked"]["classifier"]["answers"] for part in parts
    )


async def test_targets_and_classifier_behind_one_key_share_its_limits(tmp_path: Path) -> None:
    def either(body: dict[str, Any]) -> Any:
        text = over_http(body) if body["model"] == "judge" else "No."
        return said(text, delay=0.01)

    async with FakeServer(either) as server:
        target = f"{server.url}#t"
        traffic = await played(
            begin(tmp_path / "run", f"{server.url}#judge", target, limits=Limits(2))
        )
        assert server.peak <= 2
        assert traffic.calls + asked_in(traffic).calls == len(server.bodies)


# -- money


async def test_a_budget_covers_both(tmp_path: Path) -> None:
    path, judge, target = tmp_path / "run", Asked(), Scripted("No.")
    budget = Budget(calls=9)
    with pytest.raises(BudgetSpent, match="9 calls"):
        await played(begin(path, AskingClassifier(judge), target, budget=budget))
    assert target.calls + len(judge.requests) == 9 == len(rows(path, "ledger"))


def test_a_budget_in_dollars_needs_the_classifiers_price(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="classifier: its price is unknown"):
        begin(tmp_path / "run", "http://host:1/v1#m", "sim/steadfast", budget=Budget(usd=1))
    assert not (tmp_path / "run").exists()


async def test_what_the_classifier_took_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "run"
    async with FakeServer(over_http) as server:
        wanted = Wanted(f"{server.url}?max_tokens=300#judge", price=Price(1_000.0, 2_000.0))
        traffic = await played(begin(path, wanted, "sim/steadfast", budget=Budget(usd=100.0)))
    asked = asked_in(traffic)
    assert (asked.prompt_tokens, asked.completion_tokens) == (5 * asked.calls, 2 * asked.calls)
    assert asked.cost == pytest.approx(0.009 * asked.calls)
    assert (traffic.cost, traffic.prompt_tokens > 0) == (0.0, True)
    run = Run(path)
    assert f"{asked.calls} answers, {7 * asked.calls} tokens, $" in run.report()
    stored = run.to_dict()["asked"]["classifier"]
    assert stored["answers"] == asked.calls
    assert stored["cost"] == pytest.approx(asked.cost)
    assert sum(run.to_dict()["readings"].values()) == sum(map(len, labels(path)))


def test_a_forecast_counts_the_questions() -> None:
    """At most one for each reply; at least one each, unless a cascade asks."""
    setup, target = Setup(repeats=2), "sim/steadfast"
    without = estimated(SUITE, target, setup, reply_tokens=300)
    for below, least in ((None, without.calls.least), (0.7, 0)):
        found = estimated(
            *(SUITE, target, setup),
            reply_tokens=300,
            classifier="http://host:1/v1?key_env=NO_SUCH_KEY#m",
            ask_below=below,
        )
        (asked,) = found.classifiers
        assert asked.calls == (least, without.calls.most)
        assert found.calls.most == 2 * without.calls.most
        assert asked.prompt_tokens.most > without.targets[0].prompt_tokens.most
        assert (asked.cost, found.cost) == (None, None)
        assert "classifier" in found.text()


@pytest.mark.parametrize(
    ("classifier", "most", "price", "calls"),
    [
        ("openai/gpt-5-mini?max_tokens=100", 100, True, 1),
        ("wildguard=http://host:1/v1?max_tokens=32#m", 32, False, 1),
        ("shieldgemma=http://host:1/v1?max_tokens=1#m", 1, False, 4),
        (Wanted("http://host:1/v1#m", price=Price(1.0, 2.0)), None, True, 1),
        (AskingClassifier(Asked()), None, False, 1),
    ],
)
def test_what_a_forecast_knows_of_a_model(
    classifier: Any, most: int | None, price: bool, calls: int
) -> None:
    """Nothing is opened: neither a key nor a server is needed. Some guards take several calls."""
    (asked,) = foreseen(classifier)
    assert (asked.max_tokens, asked.price is not None, asked.always) == (most, price, True)
    assert asked.calls == calls
    assert not foreseen(classifier, 0.7)[0].always
    assert foreseen(None) == foreseen("rules") == []
    with pytest.raises(InputError, match="from 0"):
        foreseen(classifier, 1.5)


# -- cascades


async def test_a_cascade_asks_about_the_rest_alone(tmp_path: Path) -> None:
    """`Plain` is certain of yes and no; of anything else nobody is, and the model reads it."""
    judge, target = Asked(), Scripted("No.", "Perhaps.")
    cascade = Cascade(Plain(), AskingClassifier(judge))
    traffic = await played(begin(tmp_path / "run", cascade, target, limits=Limits(1)))
    assert asked_in(traffic).calls == len(judge.requests) == target.calls - 1
    assert cascade.passing.passed_on == target.calls - 1
    assert set(Run(tmp_path / "run").to_dict()["readings"]) == {
        "plain",
        AskingClassifier(judge).name,
    }


async def test_a_cascade_that_asked_nobody_says_so(tmp_path: Path) -> None:
    """The run would have asked; a reader of the report wants to know that it did not."""
    path = tmp_path / "run"
    controls, staff = Controls(ONCE), workers("http://host:1/v1#m", ask_below=0.0)
    certain = replace(staff, classifier=Cascade(Plain(), staff.classifier, 0.0))
    await played(
        start(SUITE, gives_in, path, setup=Setup(repeats=2), staff=certain, controls=controls)
    )
    told = " ".join(Run(path).report().split())
    assert "readings plain 8 asked http://host:1/v1#m classifier gave no answers" in told


# -- on files


def conversations(path: Path, replies: list[str]) -> Path:
    rows = (
        {
            "id": f"c{n}",
            "messages": [
                {"role": "user", "content": f"Do thing {n}."},
                {"role": "assistant", "content": reply},
            ],
        }
        for n, reply in enumerate(replies)
    )
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return path


async def test_files_are_read_at_once_and_in_order(tmp_path: Path) -> None:
    """The first answer comes last; rows come in the order of the file, no more than so many are
    in flight, and the cost is there at the end."""
    path = conversations(tmp_path / "logs.jsonl", ["No."] + ["Yes."] * 19)

    def slow(body: dict[str, Any]) -> Any:
        text = body["messages"][-1]["content"]
        return said(answered(text), delay=0.2 if "thing 0" in text else 0.001)

    async with FakeServer(slow) as server:
        reader = Reader(workers(f"{server.url}#judge"), Limits(4))
        read = [transcript async for transcript, _ in read_file(path, classifier=reader)]
        assert server.peak in (2, 3, 4)
    assert [transcript.key for transcript in read] == [f"c{n}" for n in range(20)]
    readings = [turn.reading for transcript in read for turn in transcript.turns]
    assert [it and it.label for it in readings] == [Label.REFUSAL] + [Label.COMPLIANCE] * 19
    assert reader.told() == (
        f"read by {reader.staff.classifier.name} 20; "  # type: ignore[attr-defined]
        "classifier: 20 calls, 140 tokens, unknown cost"
    )


async def test_a_wrong_row_is_found_before_anybody_is_asked(tmp_path: Path) -> None:
    path = conversations(tmp_path / "logs.jsonl", ["No."] * 3)
    path.write_bytes(path.read_bytes() + b"\n{")
    judge = Asked()
    with pytest.raises(InputError, match=r"logs\.jsonl:4"):
        await convsim.read(path, classifier=AskingClassifier(judge))
    assert judge.requests == []


@pytest.mark.parametrize("error", [RefusedRequest("too long"), Permanent("no such model")])
async def test_a_failed_call_ends_a_file_with_its_own_error(
    error: CallError, tmp_path: Path
) -> None:
    """Also where another conversation only learnt that the rest was halted."""
    path = conversations(tmp_path / "logs.jsonl", ["No."] * 20)
    with pytest.raises(type(error), match=str(error)):
        await convsim.judge(path, classifier=AskingClassifier(Failing(error)), expect="hold")


async def test_a_file_left_half_read_leaves_nothing_in_flight(tmp_path: Path) -> None:
    path = conversations(tmp_path / "logs.jsonl", ["No."] * 20)
    before = asyncio.all_tasks()
    reading = read_file(path, classifier=AskingClassifier(Asked()))
    await anext(reading)
    await reading.aclose()
    assert asyncio.all_tasks() == before


async def test_a_run_was_read_when_it_was_played(tmp_path: Path) -> None:
    path = tmp_path / "run"
    await played(begin(path, Plain()))
    transcripts = list(Run(path).transcripts())
    for source in (path, transcripts):
        with pytest.raises(InputError, match="nobody is asked again"):
            await convsim.judge(source, classifier=AskingClassifier(Asked()))


async def test_one_dialogue_alone_is_read_by_a_model() -> None:
    judge = Asked()
    transcript = await convsim.simulate(SUITE, gives_in, classifier=AskingClassifier(judge))
    assert [turn.reading and turn.reading.label for turn in transcript.turns] == [
        Label.REFUSAL,
        Label.COMPLIANCE,
    ]
    assert len(judge.requests) == 2


# -- words


def test_who_read_says_the_most_first() -> None:
    assert who_read({}) == "nobody"
    assert who_read({"a": 1, "b": 2_000, "c": 1}) == "b 2,000, a 1, c 1"
