"""Calls: limits that models behind one server share, whose answers are whose, what was spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.budget import Till
from convsim.calling import Calls, OfSample, spent, together
from convsim.digests import Role
from convsim.errors import Transient
from convsim.ledger import Ledger
from convsim.limits import Halt, Limits
from convsim.stores import RunDirectory
from convsim.targets.opening import Named
from convsim.traffic import Traffic
from tests.small import Scripted, hello, rows


def named(alias: str, endpoint: str, target: Scripted | None = None, **limits: float) -> Named:
    return Named(alias, target or Scripted("No."), alias, endpoint, None, None, limits)


def calls(*items: Named, limits: Limits | None = None) -> Calls:
    return Calls(items, limits or Limits(8), Till(None, Halt(), Traffic()))


def test_an_endpoint_has_the_strictest_limits_of_those_behind_it() -> None:
    items = [named("a", "x", concurrency=4, rpm=60), named("b", "x", rpm=30), named("c", "y")]
    shared = together(Limits(8), items[:2])
    assert (shared.concurrency, shared.rpm, shared.tpm) == (4, 30, None)


def test_how_many_calls_there_may_be_is_a_matter_of_servers() -> None:
    """Two models behind one server do not have twice its room, whoever else is behind it."""
    one, two, elsewhere = named("a", "x"), named("b", "x", concurrency=3), named("c", "y")
    every = calls(one, two, elsewhere)
    assert every.width([]) == 0
    assert every.width([one]) == every.width([one, two]) == 3
    assert every.width([one, elsewhere]) == 3 + 8


async def test_answers_are_in_the_ledger_under_the_name_they_are_signed_with(
    tmp_path: Path,
) -> None:
    item, traffic = named("judge", "x"), Traffic()
    with RunDirectory.create(tmp_path / "run") as directory:
        ledger = Ledger(directory)
        (target,) = (
            calls(item)
            .journaled([item], ledger, Role.JUDGE, traffic, signed=lambda alias: f"{alias}-1")
            .values()
        )
        await target.reply(hello())
    (row,) = rows(tmp_path / "run", "ledger")
    assert (row["role"], row["target"], traffic.calls) == ("judge", "judge-1", 1)


async def test_a_question_is_filed_under_a_sample_and_its_failure_says_who_asked() -> None:
    target = Scripted("No.", Transient("not now"))
    of = OfSample(target, "s/9/0", 7, Role.JUDGE)
    await of.reply(hello("another/1/0"))
    assert target.samples == {"s/9/0": 1}
    with pytest.raises(Transient, match="judge: not now"):
        await of.reply(hello())


@pytest.mark.parametrize(
    ("traffic", "told"),
    [
        (Traffic(), "0 calls, 0 tokens, $0.0000"),
        (Traffic(calls=1, prompt_tokens=3, cost=0.5), "1 call, 3 tokens, $0.5000"),
        (Traffic(calls=2, unpriced=2), "2 calls, 0 tokens, unknown cost"),
        (Traffic(calls=2, cost=0.1, unpriced=1), "2 calls, 0 tokens, $0.1000+"),
    ],
)
def test_spent_never_calls_unknown_free(traffic: Traffic, told: str) -> None:
    assert spent(traffic) == told
