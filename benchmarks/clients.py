"""The clients to compare, each measured in a process of its own: bare loops, and convsim.

`bare-aiohttp` and `bare-litellm` do nothing but send the turns and keep the history. `direct-*` is
convsim over HTTP, `litellm-*` convsim through litellm, `inside-*` convsim with a function that
answers in the same process. `*-engine` reads every reply as the same and judges nothing; what is
left is the engine: walk, render, call, ledger, transcript. `*-everything` has the rule readings and
the verdicts as well.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from measure import Measured, Task, main, metered
from workload import MODEL, PARAMETERS, SYSTEM, TURNS, USER, reply, scenario

if TYPE_CHECKING:
    from convsim import Case, Reading, Transcript, Verdict
    from convsim.api import AnyTarget
    from convsim.transcript import Message, Reply

WARM_UP = 8
"""Dialogues before the measurement, so that what is imported at first use costs no call."""

TIMEOUT = 120.0

Call = Callable[[list[dict[str, str]], int], Awaitable[str]]
"""Sends a history with a seed, and returns the reply."""


# --- bare loops


async def play(call: Call, dialogues: int, in_flight: int) -> int:
    """Send the five turns so many times, and return how many calls that took."""
    numbers = iter(range(dialogues))

    async def work() -> None:
        for number in numbers:
            history = [{"role": "system", "content": SYSTEM}]
            for text in USER:
                history.append({"role": "user", "content": text})
                said = await call(history, number)
                history.append({"role": "assistant", "content": said})

    async with asyncio.TaskGroup() as workers:
        for _ in range(min(in_flight, dialogues)):
            workers.create_task(work())
    return dialogues * TURNS


async def bare_aiohttp(task: Task) -> Measured:
    """One aiohttp session, orjson both ways: the floor for a Python client."""
    import aiohttp

    url = f"{task.url}/chat/completions"
    headers = {"Content-Type": "application/json"}

    async def send(dialogues: int) -> int:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        )

        async def call(messages: list[dict[str, str]], seed: int) -> str:
            body = {"model": MODEL, "messages": messages, "seed": seed, **PARAMETERS}
            async with session.post(url, data=orjson.dumps(body), headers=headers) as response:
                raw = await response.read()
                response.raise_for_status()
            return _text_of(orjson.loads(raw))

        async with session:
            return await play(call, dialogues, task.in_flight)

    await send(min(WARM_UP, task.dialogues))
    return await metered(partial(send, task.dialogues))


def _text_of(completion: Any) -> str:
    text = completion["choices"][0]["message"]["content"]
    assert isinstance(text, str)
    return text


async def bare_litellm(task: Task) -> Measured:
    """A loop around `litellm.acompletion`, with as many connections as it wants."""
    tame_litellm(task.in_flight)
    import litellm

    async def call(messages: list[dict[str, str]], seed: int) -> str:
        response = await litellm.acompletion(
            model=f"openai/{MODEL}",
            messages=messages,
            api_base=task.url,
            api_key="no-key",
            seed=seed,
            max_retries=0,
            timeout=TIMEOUT,
            **PARAMETERS,
        )
        text = response.choices[0].message.content
        assert isinstance(text, str)
        return text

    await play(call, min(WARM_UP, task.dialogues), task.in_flight)
    return await metered(lambda: play(call, task.dialogues, task.in_flight))


def tame_litellm(connections: int) -> None:
    """Keep litellm from the network at import, and from its limit of 500 connections to a host."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("AIOHTTP_CONNECTOR_LIMIT", str(connections))
    os.environ.setdefault("AIOHTTP_CONNECTOR_LIMIT_PER_HOST", str(connections))


# --- convsim


class OneReading:
    """A classifier that reads every reply as the same."""

    name = "one"

    def __init__(self) -> None:
        from convsim import Stance, read_as

        self._reading = read_as(stance=Stance.DECLINE_ALL, source=self.name)

    async def read(
        self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        """The one reading."""
        return self._reading


class NoJudge:
    """A judge that says the same of every dialogue, without looking at it."""

    name = "none"

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        """The verdict that says nothing."""
        from convsim import Grade, Outcome, Verdict

        return Verdict(
            key=transcript.key,
            grade=Grade.PASS,
            outcome=Outcome.HELD,
            reason=None,
            finding="held",
            turns=(),
            quote="",
            rule=case.rule.id,
            findings=(),
            judge=self.name,
        )


async def run_convsim(task: Task, target: AnyTarget, *, everything: bool) -> Measured:
    """What `convsim.run` uses against `target`."""
    import convsim

    suite = scenario()

    async def run(dialogues: int, name: str) -> int:
        result = await convsim.run(
            suite,
            target,
            repeats=dialogues,
            out=f"{task.folder}/{name}",
            limits=convsim.Limits(concurrency=task.in_flight, timeout=TIMEOUT),
            classifier=None if everything else OneReading(),
            judge=None if everything else NoJudge(),
        )
        finished = sum(1 for _ in (result.path / "dialogues.jsonl").open("rb"))
        assert finished == dialogues, f"{dialogues - finished} of {dialogues} dialogues failed"
        return dialogues * TURNS

    await run(min(WARM_UP, task.dialogues), "warm-up")
    return await metered(lambda: run(task.dialogues, "run"))


async def direct(task: Task, *, everything: bool) -> Measured:
    """convsim over HTTP."""
    return await run_convsim(task, http_target(task.url), everything=everything)


async def through_litellm(task: Task, *, everything: bool) -> Measured:
    """convsim through litellm."""
    query = urlencode({"api_base": task.url, **PARAMETERS})
    return await run_convsim(task, f"openai/{MODEL}?{query}", everything=everything)


def http_target(url: str) -> str:
    """The target string of a benchmark server."""
    return f"{url}?{urlencode(PARAMETERS)}#{MODEL}"


async def inside(task: Task, *, everything: bool) -> Measured:
    """convsim with an answer at hand: always the same, or a new one of 400 bytes each time."""
    numbers = count()

    async def constant(messages: list[dict[str, Any]]) -> str:
        return same

    async def varied(messages: list[dict[str, Any]]) -> str:
        return reply(next(numbers), len(messages) // 2, 400)

    same = reply(0, 1, 400)
    return await run_convsim(task, varied if everything else constant, everything=everything)


CLIENTS: Mapping[str, Callable[[Task], Coroutine[Any, Any, Measured]]] = {
    "bare-aiohttp": bare_aiohttp,
    "bare-litellm": bare_litellm,
    "direct-engine": partial(direct, everything=False),
    "direct-everything": partial(direct, everything=True),
    "litellm-engine": partial(through_litellm, everything=False),
    "litellm-everything": partial(through_litellm, everything=True),
    "inside-engine": partial(inside, everything=False),
    "inside-everything": partial(inside, everything=True),
}

if __name__ == "__main__":
    main(CLIENTS)
