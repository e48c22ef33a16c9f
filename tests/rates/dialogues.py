"""What the tests of rates are written in: rows of dialogues that are a word for each reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convsim.rates import Rate
from convsim.rows import Row, row_of, row_of_failure
from convsim.scenario import Expect
from convsim.transcript import Stop, Turn
from tests.report.invented import failed, judged

HELP = {"arm": "benign", "expect": Expect.HELP}


DIVERGED = {"stop": Stop.DIVERGED}


def row(words: str | Sequence[Turn], **fields: Any) -> Row:
    return row_of(*judged(words, **fields))


def error(words: str, **fields: Any) -> Row:
    return row_of_failure(*failed(words, **fields))


def fraction(rate: Rate) -> tuple[int, int, dict[str, int]]:
    return rate.numerator, rate.denominator, dict(rate.excluded)
