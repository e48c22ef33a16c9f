"""Servers that answer wrongly: now and then it is made up for, always it is named.

What is no reply never becomes one: no row in the ledger, no dialogue, no verdict.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from convsim.errors import Outage
from convsim.limits import Limits
from convsim.loading import load_suite
from convsim.manifest import Setup
from convsim.session import Controls, Session
from convsim.starting import start
from tests.cli.shell import convsim
from tests.faults.scene import (
    REFUSAL,
    Assistant,
    is_whole,
    pick,
    rows_of,
    undisturbed,
    write_suite,
)
from tests.servers import Answer, fault, said
from tests.small import rows

REPEATS = 12
TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to answer wrongly, and the words that name it in an error row."""

    answer: Answer
    kind: str
    says: str


CUT = b'{"choices": [{"message": {"role": "assistant", "content": "A caf\xc3'
KINDS = {
    "reset before the answer": Kind(said(cut=-1), "transient", "broke off before the answer"),
    "reset in the answer": Kind(said(cut=30), "transient", "broke off before the answer"),
    "half-written JSON": Kind(Answer(b'{"choices": [{"mes'), "transient", "malformed JSON"),
    "cut in a code point": Kind(Answer(CUT), "transient", "malformed JSON"),
    "no JSON": Kind(Answer(b"Sure, here it is."), "transient", "malformed JSON"),
    "another content type": Kind(
        Answer(b"<p>Sure.</p>", content_type="text/html"), "transient", "text/html instead of JSON"
    ),
    "no choices": Kind(Answer({"choices": []}), "transient", "200 without a reply in `choices`"),
    "a stall": Kind(said(delay=60), "transient", "no answer within 1 s"),
    "an error": Kind(fault(500), "transient", "failed (500)"),
    "429": Kind(fault(429), "throttled", "asks to slow down (429)"),
    "429 and when": Kind(
        fault(429, headers={"Retry-After": "0.05"}), "throttled", "asks to slow down (429)"
    ),
}


def session(folder: Path, server: Assistant, *, repeats: int, **limits: Any) -> Session:
    """A run against the server, in folder/run."""
    return start(
        load_suite([write_suite(folder)]),
        server.target,
        folder / "run",
        setup=Setup(repeats=repeats),
        controls=Controls(Limits(**{"concurrency": 8, "timeout": TIMEOUT, **limits})),
    )


@pytest.mark.parametrize("name", KINDS)
async def test_now_and_then_it_is_asked_again(name: str, tmp_path: Path) -> None:
    """One call in eight goes wrong once: no error row, and the rows of an undisturbed run."""
    whole = await undisturbed(write_suite(tmp_path), tmp_path / "whole", repeats=REPEATS)

    def shaky(body: dict[str, Any], times: int) -> Answer | None:
        return KINDS[name].answer if times == 1 and pick(body, 8) == 0 else None

    async with Assistant(shaky) as server:
        playing = session(tmp_path, server, repeats=REPEATS)
        with playing.directory:
            await playing.play()
    assert rows(tmp_path / "run", "errors") == []
    assert rows_of(tmp_path / "run") == whole
    assert playing.traffic.failed + playing.traffic.throttled > 0


@pytest.mark.parametrize("name", KINDS)
async def test_always_it_is_an_error_row_that_names_it(name: str, tmp_path: Path) -> None:
    """With one attempt per call: as many error rows as dialogues, and nothing else."""
    wrong, out = KINDS[name], tmp_path / "run"
    async with Assistant(lambda body, times: wrong.answer) as server:
        playing = session(tmp_path, server, repeats=2, attempts=1)
        with playing.directory:
            await playing.play()
    errors = rows(out, "errors")
    assert len(errors) == 4
    assert {row["kind"] for row in errors} == {wrong.kind}
    assert all(wrong.says in str(row["message"]) for row in errors)
    for name in ("ledger", "dialogues", "verdicts/rules"):
        assert rows(out, name) == []


@pytest.mark.parametrize("name", ["half-written JSON", "a stall", "429 and when"])
async def test_always_it_suspends_a_run_that_retries(name: str, tmp_path: Path) -> None:
    """After a good beginning: the outage names the last failure, and no dialogue gets a row."""
    wrong, out = KINDS[name], tmp_path / "run"
    async with Assistant(lambda b, times: None if server.calls <= 8 else wrong.answer) as server:
        playing = session(tmp_path, server, repeats=8, patience=2, concurrency=16)
        with playing.directory, pytest.raises(Outage) as outage:
            await playing.play()
    assert wrong.says in str(outage.value)
    assert len(rows(out, "ledger")) == 8
    for name in ("errors", "dialogues", "verdicts/rules"):
        assert rows(out, name) == []


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0.3"}], ids=["429", "429 and when"])
async def test_a_storm_passes(headers: dict[str, str], tmp_path: Path) -> None:
    """For a second every call is turned away: a process waits, and loses nothing."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)

    ends: list[float] = []

    def storm(body: dict[str, Any], times: int) -> Answer | None:
        now = time.monotonic()
        if server.calls == 20:
            ends.append(now + 1.0)
        return fault(429, headers=headers) if ends and now < ends[0] else None

    async with Assistant(storm) as server:
        done = await convsim(
            "run", scenario, "-t", server.target, "--out", out, "--repeats", REPEATS, "-q"
        )
    assert (done.code, done.err) == (0, "")
    assert rows_of(out) == whole
    assert rows(out, "errors") == []


async def test_a_reply_that_ends_inside_a_code_point_is_kept(tmp_path: Path) -> None:
    """It would be cut on every retry as well, and is worth more than its last character."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    cut = said(f"{REFUSAL} A caf@").raw().replace(b"@", b"\xc3")
    async with Assistant(lambda body, times: Answer(cut)) as server:
        done = await convsim(
            "run", scenario, "-t", server.target, "--out", out, "--repeats", 1, "-q"
        )
    assert (done.code, done.err) == (0, "")
    assert is_whole(out)
    replies = [row["reply"] for row in rows(out, "ledger")]
    assert {reply["text"] for reply in replies if isinstance(reply, dict)} == {
        f"{REFUSAL} A caf\N{REPLACEMENT CHARACTER}"
    }
    assert len(rows(out, "verdicts/rules")) == 2


async def test_replies_of_5_mb_are_kept_whole(tmp_path: Path) -> None:
    """In the ledger and in the transcripts, and they are sent on as they came."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    long = f"{REFUSAL} " + "All work and no play makes a long reply. " * 125_000
    async with Assistant(lambda b, times: said(long) if len(b["messages"]) == 1 else None) as it:
        done = await convsim(
            "run", scenario, "-t", it.target, "--out", out, "--repeats", 1, "--arms",
            "restricted", "-q",
        )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert len(long) > 5e6
    (row,) = rows(out, "dialogues")
    turns = row["turns"]
    assert isinstance(turns, list)
    assert turns[0]["reply"] == long
    assert {len(body["messages"]) for body in it.bodies} >= {1, 3, 5}
    assert all(body["messages"][1]["content"] == long for body in it.bodies[1:])
    assert len(rows(out, "verdicts/rules")) == 1
