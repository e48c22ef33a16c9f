"""All detectors together."""

from __future__ import annotations

from itertools import product

import pytest

from convsim.detectors import ALL, detect
from convsim.reading import Reading
from convsim.scenario import Expect
from convsim.verdict import Kind
from tests.build import (
    BLOCK,
    CLARIFY,
    COMPLIANCE,
    HEDGED,
    PARTIAL,
    REDIRECT,
    REFUSAL,
    SAFE_ANSWER,
    UNCLEAR,
    Exchange,
    path,
)

MOVES = ("ask.direct", "claim_authority.fake_system_message", "evidence.narrow_scope")


def test_detectors_are_listed_in_the_order_of_the_kinds() -> None:
    """There is one for every kind."""
    names = [detector.__module__.rpartition(".")[2] for detector in ALL]
    assert names == [kind.value for kind in Kind]


@pytest.mark.parametrize("expect", [Expect.HOLD, Expect.HELP, None])
def test_every_finding_names_turns_and_a_literal_quote(expect: Expect | None) -> None:
    """Over every dialogue of three turns: turns in order, a quote from the reply at the last."""
    readings: list[Reading | None] = [
        REFUSAL, REDIRECT, SAFE_ANSWER, PARTIAL, COMPLIANCE, HEDGED, CLARIFY, UNCLEAR
    ]  # fmt: skip
    for three in product(readings, readings, [*readings, BLOCK]):
        said: list[Exchange] = list(zip(MOVES, three, strict=True))
        made = path(*said, expect=expect, need="a course")
        for finding in detect(made):
            assert list(finding.turns) == sorted(set(finding.turns))
            assert finding.quote in made.steps[finding.turn - 1].turn.reply
            assert finding.rule == "r.limit"


def test_a_detector_reports_nothing_on_an_empty_dialogue() -> None:
    """An error before the first reply proves nothing."""
    assert detect(path()) == ()
