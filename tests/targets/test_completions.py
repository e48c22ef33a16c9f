"""The completions route against a real server on loopback: what is sent, what each answer becomes.

Blocks and errors are read as on the chat route, by the same table.
"""

from __future__ import annotations

from typing import Any

import pytest

from convsim.errors import CallError, RefusedRequest, Transient
from convsim.reading import Status
from convsim.targets.completions import CompletionsTarget, FirstTokenTarget
from convsim.targets.spec import parse_target
from convsim.transcript import Message, Reply, Request, Usage
from tests.servers import MODEL, Answer, FakeServer, Script, closed_url
from tests.targets.answers import FAILURES

PROMPT = Request((Message("user", "Question: is it?\nAnswer:"),), seed=7)


def completed(text: Any = " Yes", *, finish: str | None = "stop", logprobs: Any = None) -> Answer:
    """A completion as vLLM sends it."""
    choice = {"index": 0, "text": text, "finish_reason": finish, "logprobs": logprobs}
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    body = {"id": "cmpl-1", "object": "text_completion", "model": MODEL, "choices": [choice]}
    return Answer({**body, "usage": usage})


async def test_what_only_chat_knows_is_not_sent() -> None:
    async with FakeServer(completed()) as server:
        parameters = {"structured": True, "temperature": 0}
        async with CompletionsTarget(server.url, MODEL, parameters=parameters) as target:
            await target.reply(PROMPT)
    assert set(server.bodies[0]) == {"model", "seed", "prompt", "temperature"}


async def ask(
    script: Script,
    request: Request = PROMPT,
    kind: type[CompletionsTarget] = CompletionsTarget,
    **options: Any,
) -> Reply:
    async with FakeServer(script) as server, kind(server.url, MODEL, **options) as target:
        return await target.reply(request)


async def test_the_prompt_goes_out_as_it_stands() -> None:
    """Model, prompt, seed and parameters, to /completions, and no parameter changes the prompt."""
    async with (
        FakeServer(completed()) as server,
        CompletionsTarget(
            server.url, MODEL, parameters={"max_tokens": 3, "top_p": None, "prompt": "Other."}
        ) as target,
    ):
        await target.reply(PROMPT)
    assert server.seen[0].path == "/v1/completions"
    assert server.bodies == [
        {"model": MODEL, "seed": 7, "max_tokens": 3, "prompt": PROMPT.messages[0].content}
    ]


async def test_a_target_string_opens_it() -> None:
    async with FakeServer(completed()) as server:
        spec = parse_target(f"{server.url}?max_tokens=3#{MODEL}")
        async with CompletionsTarget.of(spec) as target:
            assert (await target.reply(PROMPT)).text == " Yes"
            assert target.fingerprint == spec.fingerprint
            assert repr(target) == f"CompletionsTarget({server.url!r}, {MODEL!r})"


@pytest.mark.parametrize(
    ("answer", "text", "status"),
    [
        (completed(" Yes\n"), " Yes\n", Status.OK),
        (completed("Yes and", finish="length"), "Yes and", Status.TRUNCATED),
        (completed(""), "", Status.EMPTY),
        (completed(" \n"), "", Status.EMPTY),
        (completed("Yes", finish="content_filter"), "Yes", Status.PROVIDER_BLOCK),
        (completed("Yes", finish=None), "Yes", Status.OK),
    ],
)
async def test_a_completion_is_a_reply(answer: Answer, text: str, status: Status) -> None:
    reply = await ask(answer)
    assert (reply.text, reply.status, reply.served) == (text, status, MODEL)
    assert reply.usage == Usage(5, 2)


@pytest.mark.parametrize("name", FAILURES)
async def test_errors_are_those_of_the_chat_route(name: str) -> None:
    """The same status and body raise the same error, with the same wait."""
    answer, kind, *_ = FAILURES[name]
    with pytest.raises(CallError) as caught:
        await ask(answer)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b'{"choices": [{"te'),
        Answer({"choices": []}),
        Answer({"choices": [{"text": None, "finish_reason": "stop"}]}),
        Answer({"choices": [{"finish_reason": "stop"}]}),
        Answer({"choices": "none"}),
        Answer([1, 2]),
        Answer(b"[" * 5000),
        completed({"no": "text"}),
    ],
)
async def test_a_malformed_completion_is_no_reply(answer: Answer) -> None:
    with pytest.raises(Transient):
        await ask(answer)


async def test_an_unknown_model_names_those_on_offer() -> None:
    missing = Answer({"error": {"message": "no"}}, status=404)
    async with FakeServer(missing) as server, CompletionsTarget(server.url, "other") as target:
        with pytest.raises(CallError, match="offers fake-model"):
            await target.reply(PROMPT)


async def test_nothing_answers_at_a_closed_port() -> None:
    async with CompletionsTarget(closed_url(), MODEL) as target:
        with pytest.raises(Transient, match="nothing answers"):
            await target.reply(PROMPT)


@pytest.mark.parametrize(
    "messages",
    [(), (Message("system", "Be kind."), Message("user", "Hello?"))],
    ids=["none", "two"],
)
async def test_a_prompt_is_one_message(messages: tuple[Message, ...]) -> None:
    """Joining a chat into a prompt would be inventing a chat template."""
    with pytest.raises(RefusedRequest, match="takes one, the whole prompt"):
        await CompletionsTarget("http://127.0.0.1:9/v1", MODEL).reply(Request(messages))


async def test_a_prompt_that_is_no_text_is_refused() -> None:
    with pytest.raises(RefusedRequest, match="no JSON"):
        await CompletionsTarget("http://127.0.0.1:9/v1", MODEL).reply(
            Request((Message("user", "\ud83d"),))
        )


TOP = {"top_logprobs": [{"Yes": -0.105361, "No": -2.302585}]}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (completed("Yes", logprobs=TOP), '{"Yes":0.9,"No":0.1}'),
        (completed("Yes", logprobs=None), "Yes"),
        (completed("Yes", logprobs={"top_logprobs": None}), "Yes"),
        (completed("Yes", logprobs={"top_logprobs": []}), "Yes"),
        (completed("Yes", logprobs={"top_logprobs": [{"Yes": "high"}]}), "Yes"),
        (completed("Yes", logprobs={"top_logprobs": [{"Yes": 1e9}]}), "Yes"),
        (completed("Yes", logprobs=[1]), "Yes"),
    ],
)
async def test_the_odds_of_the_first_token(answer: Answer, text: str) -> None:
    """They are the reply; without them it is the token."""
    reply = await ask(answer, kind=FirstTokenTarget)
    assert (reply.text, reply.status) == (text, Status.OK)


async def test_one_token_is_a_truncated_reply() -> None:
    """The raw stop reason is kept: it is for the reader to know that one token was wanted."""
    reply = await ask(completed("Yes", finish="length", logprobs=TOP), kind=FirstTokenTarget)
    assert (reply.text, reply.status, reply.stop) == (
        '{"Yes":0.9,"No":0.1}',
        Status.TRUNCATED,
        "length",
    )


async def test_one_token_is_asked_for_whatever_the_parameters_say() -> None:
    async with (
        FakeServer(completed()) as server,
        FirstTokenTarget(server.url, MODEL, parameters={"max_tokens": 9, "logprobs": 2}) as target,
    ):
        await target.reply(PROMPT)
    assert (server.bodies[0]["max_tokens"], server.bodies[0]["logprobs"]) == (1, 2)
