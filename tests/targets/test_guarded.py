"""Guards: what passes, what is blocked, and what a guard that fails lets through (nothing)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convsim.errors import CallError, InputError, Transient
from convsim.reading import Status
from convsim.targets.guarded import (
    LONGEST_WHY,
    AskingGuard,
    FunctionGuard,
    Guarded,
    RegexGuard,
    Ruling,
    Side,
    guarded_fingerprint,
)
from convsim.through import asked_by
from convsim.transcript import Message, Reply, Request
from tests.small import Scripted, hello

Messages = list[dict[str, Any]]


class Rules:
    """A guard that rules as it is told, and notes what it was shown."""

    def __init__(self, side: Side, ruling: Ruling | CallError, name: str = "") -> None:
        self.side = side
        self.name = name or side.value
        self.fingerprint = f"rules-{ruling}"
        self.says = ruling
        self.shown: list[Reply | None] = []

    async def rule(self, request: Request, reply: Reply | None) -> Ruling:
        self.shown.append(reply)
        if isinstance(self.says, CallError):
            raise self.says
        return self.says


PASS, BLOCK = Ruling(False), Ruling(True, "prices")


@pytest.mark.parametrize(
    ("before", "after", "calls", "block"),
    [
        (PASS, PASS, 1, None),
        (BLOCK, PASS, 0, "guard:input: prices"),
        (PASS, BLOCK, 1, "guard:output: prices"),
        (BLOCK, BLOCK, 0, "guard:input: prices"),
        (Ruling(True), PASS, 0, "guard:input"),
    ],
)
async def test_what_a_guard_blocks_never_reaches_the_user(
    before: Ruling, after: Ruling, calls: int, block: str | None
) -> None:
    """Before the target, which is then not called; or after it, with its reply kept back."""
    target = Scripted("Yes.")
    reply = await Guarded(target, [Rules(Side.OUTPUT, after), Rules(Side.INPUT, before)]).reply(
        hello()
    )
    assert target.calls == calls
    assert (reply.block, reply.text) == (block, "" if block else "Yes.")
    assert (reply.status is Status.PROVIDER_BLOCK) is (block is not None)


async def test_the_first_guard_to_block_decides() -> None:
    """In their order; those after it are not asked."""
    one, two, three = (
        Rules(Side.OUTPUT, ruling, name)
        for name, ruling in (("output", PASS), ("output.2", BLOCK), ("output.3", BLOCK))
    )
    reply = await Guarded(Scripted("Yes."), [one, two, three]).reply(hello())
    assert reply.block == "guard:output.2: prices"
    assert [len(guard.shown) for guard in (one, two, three)] == [1, 1, 0]


@pytest.mark.parametrize(
    "reply",
    [Reply("", Status.PROVIDER_BLOCK, block="content_filter"), Reply("", Status.EMPTY)],
    ids=lambda reply: reply.status.value,
)
async def test_where_nothing_was_said_there_is_nothing_to_rule_on(reply: Reply) -> None:
    """A provider's own block stays its own."""

    class Silent:
        async def reply(self, request: Request) -> Reply:
            return reply

    guard = Rules(Side.OUTPUT, BLOCK)
    assert await Guarded(Silent(), [guard]).reply(hello()) == reply
    assert guard.shown == []


@pytest.mark.parametrize("side", Side)
async def test_a_guard_that_fails_lets_nothing_pass(side: Side) -> None:
    """Its error is the dialogue's, names it, and keeps its kind."""
    guard = Rules(side, Transient("no answer within 5 s", detail="timeout"))
    with pytest.raises(Transient, match=rf"guard {side}: no answer within 5 s") as caught:
        await Guarded(Scripted("Yes."), [guard]).reply(hello())
    assert caught.value.detail == "timeout"


async def test_a_reason_is_one_short_line() -> None:
    """It stands beside every block."""
    guard = Rules(Side.INPUT, Ruling(True, "a\nb " + "x" * 200))
    reply = await Guarded(Scripted(), [guard]).reply(hello())
    assert reply.block is not None
    assert reply.block.startswith("guard:input: a b xxx")
    assert len(reply.block) == len("guard:input: ") + LONGEST_WHY


@pytest.mark.parametrize(
    ("pattern", "said", "blocks"),
    [
        (r"SEC-\d{5}", "It is SEC-12345.", True),
        (r"SEC-\d{5}", "It is sec-12345.", False),
        (r"(?i)sec-\d{5}", "It is SEC-12345.", True),
        (r"^No", "Not now", True),
        (r"^No$", "Not now", False),
    ],
)
async def test_a_regular_expression_is_searched_for(pattern: str, said: str, blocks: bool) -> None:
    """In the message that it rules on, and nowhere else."""
    earlier = (Message("user", said), Message("assistant", said), Message("user", "Hello?"))
    output = RegexGuard(Side.OUTPUT, pattern)
    assert await output.rule(hello(), Reply(said)) == Ruling(blocks)
    assert await output.rule(Request(earlier), Reply("Hello.")) == PASS
    assert await RegexGuard(Side.INPUT, pattern).rule(Request(earlier[:1]), None) == Ruling(blocks)


def test_a_broken_expression_is_named() -> None:
    with pytest.raises(InputError, match=r"regex:\( is no regular expression"):
        RegexGuard(Side.INPUT, "(")


async def _sure(messages: Messages) -> bool:
    return "Yes" in messages[-1]["content"]


def _reason(messages: Messages) -> str | None:
    return "a yes" if "Yes" in messages[-1]["content"] else None


class _Checker:
    def __call__(self, messages: Messages) -> str:
        return "" if "No" in messages[-1]["content"] else "not a no"


@pytest.mark.parametrize(
    ("function", "why"), [(_sure, ""), (_reason, "a yes"), (_Checker(), "not a no")]
)
async def test_a_function_says_whether_or_why(function: Callable[..., Any], why: str) -> None:
    """Async or not; the message that it rules on is the last that it is shown."""
    guard = FunctionGuard(Side.OUTPUT, function)
    assert await guard.rule(hello(), Reply("Yes.")) == Ruling(True, why)
    assert await guard.rule(hello(), Reply("No.")) == PASS


async def test_an_input_guard_sees_no_reply() -> None:
    """The user's message is the last."""
    seen: list[Messages] = []

    def check(messages: Messages) -> None:
        seen.append(messages)

    await FunctionGuard(Side.INPUT, check).rule(hello(), None)
    assert seen == [[{"role": "user", "content": "Hello?"}]]


def _breaks(messages: Messages) -> bool:
    raise KeyError("price")


def _counts(messages: Messages) -> int:
    return 1


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        (_breaks, "guard output: _breaks raised KeyError: 'price'"),
        (_counts, "guard output: _counts returned int; a guard function returns True or"),
    ],
)
async def test_a_function_that_breaks_is_an_error(function: Callable[..., Any], wrong: str) -> None:
    """What it did not rule on does not pass."""
    guarded = Guarded(Scripted("Yes."), [FunctionGuard(Side.OUTPUT, function)])
    with pytest.raises(CallError, match=wrong):
        await guarded.reply(hello())


def test_a_function_that_takes_no_messages_is_refused() -> None:
    def nothing() -> bool:
        return False

    with pytest.raises(InputError, match="nothing"):
        FunctionGuard(Side.INPUT, nothing)


def test_what_a_guard_asks_can_be_put_behind_limits() -> None:
    """`through` gives it another target; a regular expression asks nobody."""
    guard, other = FunctionGuard(Side.INPUT, _sure), Scripted()
    assert asked_by(guard) == [guard.target]
    assert asked_by(RegexGuard(Side.INPUT, "x")) == []
    led = guard.through(other)
    assert (led.target, guard.target is not other) == (other, True)
    assert isinstance(led, AskingGuard)


def test_another_guard_makes_another_target() -> None:
    """Its side, its name, what it is and the order of several all tell."""
    target = Scripted()
    found = {
        Guarded(target, guards).fingerprint
        for guards in (
            [RegexGuard(Side.INPUT, "a")],
            [RegexGuard(Side.OUTPUT, "a")],
            [RegexGuard(Side.INPUT, "b")],
            [RegexGuard(Side.INPUT, "a"), RegexGuard(Side.INPUT, "b", name="input.2")],
            [RegexGuard(Side.INPUT, "b"), RegexGuard(Side.INPUT, "a", name="input.2")],
            [FunctionGuard(Side.INPUT, _sure)],
            [FunctionGuard(Side.INPUT, _reason)],
        )
    }
    assert len(found) == 7
    assert guarded_fingerprint("x", []) == "x"


async def test_a_guarded_target_is_otherwise_what_it_was() -> None:
    """It tells how it limits itself, and closes."""

    class Closing(Scripted):
        unrecognised = 3
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    target = Closing()
    guarded = Guarded(target, [])
    assert guarded.unrecognised == 3
    await guarded.aclose()
    assert target.closed
    assert "Guarded(" in repr(guarded)
