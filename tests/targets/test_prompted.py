"""Targets with a system prompt of their own."""

from __future__ import annotations

import pytest

from convsim.limits import Limited, Limits
from convsim.targets.prompted import Prompted, prompted_fingerprint
from convsim.targets.spec import parse_target
from convsim.testing import Script
from convsim.transcript import Message, Request

HELLO = Message("user", "Hello?")


class Closing(Script):
    """A script with a fingerprint, that can be closed and counts what it did not recognise."""

    fingerprint = "a model"
    unrecognised = 3
    closed = False

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.closed = True


@pytest.mark.parametrize(
    ("own", "given", "sent"),
    [
        ("Be brief.", (HELLO,), (Message("system", "Be brief."), HELLO)),
        (
            "Be brief.",
            (Message("system", "You sell cars."), HELLO),
            (Message("system", "Be brief.\n\nYou sell cars."), HELLO),
        ),
        ("Be brief.\n", (HELLO,), (Message("system", "Be brief.\n"), HELLO)),
        (
            "Be brief.\n",
            (Message("system", "You sell cars."), HELLO),
            (Message("system", "Be brief.\n\nYou sell cars."), HELLO),
        ),
    ],
)
async def test_both_prompts_are_one_message(
    own: str, given: tuple[Message, ...], sent: tuple[Message, ...]
) -> None:
    """The target's prompt comes first, the scenario's after a blank line."""
    inner = Script(["Hi."])
    reply = await Prompted(inner, own).reply(Request(given, "s/1/0", 7))
    assert reply.text == "Hi."
    assert inner.requests == [Request(sent, "s/1/0", 7)]


def test_another_prompt_is_another_target() -> None:
    """The fingerprint is the model's with the prompt's hash."""
    names = [
        Prompted(Closing([]), "Be brief.").fingerprint,
        Prompted(Closing([]), "Be verbose.").fingerprint,
        Prompted(Script([]), "Be brief.").fingerprint,
        Prompted(Script([]), "Be brief.", fingerprint="b").fingerprint,
    ]
    assert len(set(names)) == 4
    assert names[0] == prompted_fingerprint("a model", "Be brief.")
    assert names[0].startswith("a model+")
    assert names[3].startswith("b+")


async def test_the_rest_is_the_inner_target_s() -> None:
    """It is closed with it, and what it counts can be read; what it lacks is lacking."""
    inner = Closing([])
    target = Prompted(inner, "Be brief.")
    await target.aclose()
    assert inner.closed
    assert target.unrecognised == 3
    assert not hasattr(target, "own_timeout")
    await Prompted(Script([]), "Be brief.").aclose()


async def test_it_stands_behind_limits() -> None:
    """As any other target does."""
    target = Limited(Prompted(Script(["Hi."]), "Be brief."), Limits())
    assert (await target.reply(Request((HELLO,)))).text == "Hi."


def test_a_target_string_keeps_its_fingerprint_apart() -> None:
    """The same model with and without a prompt is two targets."""
    bare = parse_target("openai/gpt-5-mini").fingerprint
    assert prompted_fingerprint(bare, "Be brief.") != bare
