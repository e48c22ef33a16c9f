"""Functions as targets: how they are called, what they may return, and how they fail."""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from convsim.errors import CallError, InputError, Throttled
from convsim.ports import Target
from convsim.reading import Status
from convsim.targets.functions import FunctionTarget, as_target, load_function
from convsim.targets.spec import parse_target
from convsim.transcript import Message, Reply, Request

HELLO = Request((Message("system", "Be kind."), Message("user", "Hello?")), seed=7)
Messages = list[dict[str, Any]]


def sync_answer(messages: Messages) -> str:
    return f"{len(messages)} messages, last {messages[-1]['content']}"


async def async_answer(messages: Messages) -> str:
    return sync_answer(messages)


class Bot:
    async def __call__(self, messages: Messages) -> str:
        return sync_answer(messages)

    def method(self, messages: Messages) -> str:
        return sync_answer(messages)


@pytest.mark.parametrize(
    "function",
    [
        sync_answer,
        async_answer,
        Bot(),
        Bot().method,
        functools.partial(async_answer),
        lambda messages: sync_answer(messages),
        lambda messages: async_answer(messages),
    ],
)
async def test_any_callable_of_the_messages_is_a_target(function: Callable[..., Any]) -> None:
    reply = await as_target(function).reply(HELLO)
    assert reply == Reply("2 messages, last Hello?")


async def test_messages_are_plain_dicts_of_wire_fields() -> None:
    seen: list[Messages] = []

    async def note(messages: Messages) -> str:
        seen.append(messages)
        return "Noted."

    await as_target(note).reply(HELLO)
    assert seen == [
        [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello?"}]
    ]


async def test_a_function_that_asks_for_the_seed_gets_it() -> None:
    def seeded(messages: Messages, seed: int | None = None) -> str:
        return f"{seed}"

    assert (await as_target(seeded).reply(HELLO)).text == "7"
    assert (await FunctionTarget(seeded, parameters={"seed": 3}).reply(HELLO)).text == "3"


async def test_parameters_are_keyword_arguments() -> None:
    async def styled(messages: Messages, *, style: str, n: int = 1) -> str:
        return style * n

    target = FunctionTarget(styled, parameters={"style": "a", "n": 3})
    assert (await target.reply(HELLO)).text == "aaa"


async def test_a_sync_function_does_not_stall_the_loop() -> None:
    """It runs in a thread: the loop goes on while it waits."""
    released = threading.Event()

    def waits(messages: Messages) -> str:
        return "released" if released.wait(10) else "stalled"

    call = asyncio.create_task(as_target(waits).reply(HELLO))
    await asyncio.sleep(0.01)
    released.set()
    assert (await call).text == "released"


@pytest.mark.parametrize(
    ("result", "reply"),
    [
        ("Hi.", Reply("Hi.")),
        ("", Reply("", Status.EMPTY)),
        (" \n", Reply("", Status.EMPTY)),
        ("Hi \ud83d", Reply("Hi �")),
        (
            Reply("", Status.PROVIDER_BLOCK, block="guard"),
            Reply("", Status.PROVIDER_BLOCK, block="guard"),
        ),
    ],
)
async def test_what_may_be_returned(result: str | Reply, reply: Reply) -> None:
    """Text becomes a reply; a reply is passed on, blocks and all."""
    assert await as_target(lambda messages: result).reply(HELLO) == reply


@pytest.mark.parametrize("result", [None, 5, {"content": "Hi."}, b"Hi."])
async def test_anything_else_is_an_error_that_says_what_came_back(result: object) -> None:
    with pytest.raises(CallError, match=rf"returned {type(result).__name__}; .* str or Reply") as e:
        await FunctionTarget(lambda messages: result, name="bot").reply(HELLO)  # type: ignore[arg-type,return-value]
    assert (e.value.kind, e.value.detail) == ("error", repr(result))


@pytest.mark.parametrize("error", [ValueError("bad sum"), TimeoutError("late"), StopIteration()])
@pytest.mark.parametrize("is_async", [False, True])
async def test_an_exception_becomes_an_error_row(error: Exception, is_async: bool) -> None:
    """A bug in the function is named; it is no transient failure and no refusal of a request."""

    def fails(messages: Messages) -> str:
        raise error

    async def fails_later(messages: Messages) -> str:
        raise error

    with pytest.raises(CallError) as caught:
        await FunctionTarget(fails_later if is_async else fails, name="bot").reply(HELLO)
    assert (type(caught.value), caught.value.kind) == (CallError, "error")
    assert str(caught.value).startswith("bot raised ")
    if not isinstance(error, StopIteration):  # a coroutine turns that one into a RuntimeError
        assert str(caught.value) == f"bot raised {type(error).__name__}: {error}"
        assert caught.value.__cause__ is error


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_function_may_classify_its_own_failure(is_async: bool) -> None:
    """A `CallError` that the function raises is passed on as it is."""
    error = Throttled("slow down", retry_after=3)

    def fails(messages: Messages) -> str:
        raise error

    async def fails_later(messages: Messages) -> str:
        raise error

    with pytest.raises(Throttled) as caught:
        await as_target(fails_later if is_async else fails).reply(HELLO)
    assert caught.value is error


def test_an_object_with_reply_is_a_target_already() -> None:
    class Mine:
        async def reply(self, request: Request) -> Reply:
            return Reply("Mine.")

    mine: Target = Mine()
    assert as_target(mine) is mine


@pytest.mark.parametrize(
    ("thing", "says"),
    [
        (5, "5 is no target"),
        (None, "None is no target"),
        ("openai/gpt-5-mini", "a target string"),
        (Bot, "the class Bot is no target"),
        (FunctionTarget, "the class FunctionTarget is no target"),
    ],
)
def test_what_is_no_target(thing: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        as_target(thing)


@pytest.mark.parametrize(
    ("function", "parameters", "says"),
    [
        (lambda: "Hi.", {}, "too many positional arguments"),
        (lambda messages, style: "Hi.", {}, "missing a required argument: 'style'"),
        (sync_answer, {"style": "a"}, "unexpected keyword argument 'style'"),
    ],
)
def test_a_function_that_cannot_be_called_is_an_input_error(
    function: Callable[..., str], parameters: dict[str, Any], says: str
) -> None:
    """It is found when the target is made, before anything is called."""
    with pytest.raises(InputError, match=says):
        FunctionTarget(function, parameters=parameters)


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the import path; what is imported from it is forgotten afterwards."""
    (tmp_path / "bots_pkg").mkdir()
    (tmp_path / "bots_pkg" / "__init__.py").touch()
    (tmp_path / "bots_pkg" / "good.py").write_text(
        "LIMIT = 3\n"
        "async def answer(messages, style='plain'): return style\n"
        "class Bot:\n    @staticmethod\n    def answer(messages): return 'nested'\n"
    )
    (tmp_path / "bots_pkg" / "raises.py").write_text("raise OSError('no disk')\n")
    (tmp_path / "bots_pkg" / "leaves.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "bots_pkg" / "needs.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("bots_pkg")]:
        del sys.modules[name]


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("python:bots_pkg.good:answer", "plain"),
        ("python:bots_pkg.good:answer?style=terse", "terse"),
        ("python:bots_pkg.good:Bot.answer", "nested"),
    ],
)
async def test_a_function_is_found_by_its_name(text: str, reply: str) -> None:
    target = load_function(parse_target(text))
    assert (await target.reply(HELLO)).text == reply
    assert repr(target) == f"FunctionTarget({target.name})"


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize(
    ("name", "says", "cause"),
    [
        ("no_such:f", "there is no module 'no_such'; is its folder on PYTHONPATH", ImportError),
        ("bots_pkg.missing:f", "there is no module 'bots_pkg.missing'", ImportError),
        ("bots_pkg.needs:f", "importing bots_pkg.needs needs 'no_such_library'", ImportError),
        ("bots_pkg.raises:f", "importing bots_pkg.raises raised OSError: no disk", OSError),
        ("bots_pkg.leaves:f", "importing bots_pkg.leaves raised SystemExit: 3", SystemExit),
        ("bots_pkg.good:reply", "has no 'reply'; it has LIMIT, answer, Bot", AttributeError),
        ("bots_pkg.good:LIMIT", "'LIMIT' is int, not a function", None),
        ("bots_pkg.good:Bot", "'Bot' is type, not a function", None),
        ("bots_pkg.good:answer?n=1", "unexpected keyword argument 'n'", TypeError),
    ],
)
def test_a_function_that_cannot_be_loaded(
    name: str, says: str, cause: type[BaseException] | None
) -> None:
    """The message names the target and what is wrong with it; what Python said is chained."""
    with pytest.raises(InputError) as caught:
        load_function(parse_target(f"python:{name}"))
    assert says in str(caught.value)
    assert name.partition("?")[0] in str(caught.value)
    assert isinstance(caught.value.__cause__, cause or type(None))


async def test_leaving_python_is_an_error_of_that_call() -> None:
    """A function that calls sys.exit ends its own call, not the run, with 0."""

    async def leaves(messages: list[dict[str, object]]) -> str:
        sys.exit(0)

    def leaves_in_a_thread(messages: list[dict[str, object]]) -> str:
        sys.exit(0)

    for function in (leaves, leaves_in_a_thread):
        with pytest.raises(CallError, match="raised SystemExit: 0"):
            await as_target(function).reply(Request((Message("user", "Hello?"),)))
