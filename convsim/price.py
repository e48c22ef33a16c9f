"""What tokens cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from convsim.errors import InputError

MILLION = 1_000_000


class Tier(NamedTuple):
    """What a call costs whose prompt has more than `above` tokens."""

    above: int
    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens of the prompt (`input`) and of the reply (`output`).

    Some models cost more where the prompt is long; `tiers` say so, lowest first. A reduction for
    cached prompts is not counted, so what is paid can be less.

    >>> Price(0.25, 2.0).of(1_000, 300)
    0.00085
    """

    input: float
    output: float
    tiers: tuple[Tier, ...] = ()

    def __post_init__(self) -> None:
        for row in (self, *self.tiers):
            for name in ("input", "output"):
                value = getattr(row, name)
                if not (isfinite(value) and value >= 0):
                    raise InputError(
                        f"a price's {name} is {value:g}; give US dollars per million tokens, "
                        "0 where it is free"
                    )

    @property
    def is_free(self) -> bool:
        """Whether no call costs anything."""
        return not any((self.input, self.output, *(tier[1:] != (0, 0) for tier in self.tiers)))

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """US dollars for one call with so many tokens."""
        if self.tiers:
            return self._in_tier(prompt_tokens, completion_tokens)
        return (prompt_tokens * self.input + completion_tokens * self.output) / MILLION

    def _in_tier(self, prompt_tokens: int, completion_tokens: int) -> float:
        rates = (self.input, self.output)
        for tier in self.tiers:
            if prompt_tokens > tier.above:
                rates = (tier.input, tier.output)
        return (prompt_tokens * rates[0] + completion_tokens * rates[1]) / MILLION


FREE = Price(0.0, 0.0)
"""What simulated assistants and replayed runs cost."""
