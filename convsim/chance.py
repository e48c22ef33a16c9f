"""Randomness of the user's side: a counter hash, so that every choice can be drawn again alone.

Keys are (run seed, scenario id, repeat, purpose...), never the arm, target, shard, path or text:
arms, targets and versions of one repeat therefore meet the same wordings and secrets, and a
comparison between them is paired. A live model's own noise is independent of all this.
"""

from __future__ import annotations

import string
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from math import prod

_ALPHABETS = {"@": string.ascii_uppercase, "#": string.digits}


def hashed(*parts: object) -> int:
    """64 bits of a hash over the parts, the same on every platform and run."""
    return _hashed(_joined(*parts))


def _joined(*parts: object) -> str:
    return "\x1f".join(map(str, parts))


def _hashed(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def request_seed(seed: int, sample: str) -> int:
    """The `seed` sent with a request: 31 bits, the same for all turns of a sample."""
    return hashed(seed, "request", sample) >> 33


def variety(pattern: str) -> int:
    """How many different secrets a pattern can make."""
    return prod(len(_ALPHABETS.get(mark, " ")) for mark in pattern)


@dataclass(frozen=True, slots=True)
class Chance:
    """The draws of one repeat of one scenario."""

    seed: int
    scenario: str
    repeat: int
    _opening: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # What every key begins with, put together once: there are several draws in a turn.
        object.__setattr__(self, "_opening", _joined(self.seed, self.scenario, self.repeat))

    def number(self, *purpose: object) -> int:
        """64 random bits for this purpose."""
        return hashed(self._opening, *purpose)

    def unit(self, *purpose: object) -> float:
        """A number in [0, 1) for this purpose."""
        return (self.number(*purpose) >> 11) / (1 << 53)

    def pick(self, n: int, visit: int, *purpose: object) -> int:
        """Which of `n` wordings visit `visit` (from 1) takes: all are used before one recurs.

        The order is drawn once, from the hash of each index, so that adding a wording to the end
        leaves the relative order of the others alone.
        """
        if n == 1:
            return 0
        order = _order(n, _joined(self._opening, *purpose))
        return order[(visit - 1) % n]

    def secret(self, pattern: str, name: str, taken: Collection[str] = ()) -> str:
        """An invented secret for slot `name`: `@` a letter, `#` a digit; drawn again on collision.

        Raises ValueError when a pattern is too narrow for as many different secrets.
        """
        for attempt in range(100):
            purpose = _joined(self._opening, "secret", name, attempt)
            drawn = _secret(pattern, purpose)
            if drawn not in taken:
                return drawn
        raise ValueError(f"slot '{name}': '{pattern}' is too narrow to draw another secret")


# The arms and targets of a repeat draw the same, one after the other.


@lru_cache(maxsize=1024)
def _order(n: int, purpose: str) -> tuple[int, ...]:
    """The order in which `n` wordings are taken."""
    return tuple(sorted(range(n), key=lambda index: _hashed(_joined(purpose, index))))


@lru_cache(maxsize=1024)
def _secret(pattern: str, purpose: str) -> str:
    """A pattern with its letters and digits drawn."""
    return "".join(
        alphabet[_hashed(_joined(purpose, i)) % len(alphabet)]
        if (alphabet := _ALPHABETS.get(mark))
        else mark
        for i, mark in enumerate(pattern)
    )
