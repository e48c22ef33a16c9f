"""What was right in a dialogue, and what a judge may know of it."""

from __future__ import annotations

from dataclasses import fields

from convsim.case import BlindCase, Case
from convsim.policy import UNSPECIFIED
from convsim.scenario import Expect
from tests.build import NEVER, REFUSAL, transcript


def test_a_transcript_states_its_own_case() -> None:
    """The expectation, the need and the arm come from the transcript, the rule is resolved."""
    made = transcript(("ask.direct", REFUSAL), need="a course")
    case = Case.of(made, NEVER)
    assert case == Case(NEVER, None, "a course", Expect.HOLD, "restricted")


def test_without_a_rule_the_case_is_unspecified() -> None:
    """An imported transcript may name none."""
    assert Case.of(transcript(expect=None)) == Case(UNSPECIFIED, arm="restricted")


def test_a_blind_case_has_no_field_that_gives_the_answer_away() -> None:
    """Blindness is a matter of types: no arm, no expectation, no move."""
    assert {field.name for field in fields(BlindCase)} == {"rule", "objective", "need", "facets"}
    case = Case(NEVER, "an invoice", "a course", Expect.HELP, "benign")
    assert case.blind() == BlindCase(NEVER, "an invoice", "a course")
