"""What an endpoint may be asked for: the numbers a user sets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

from convsim.errors import InputError


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard one endpoint may be used.

    `concurrency` calls in flight, `rpm` requests and `tpm` tokens a minute (None: no limit),
    `attempts` per call in all, `timeout` seconds per attempt. `patience` is how many seconds one
    call may spend on its retries, and how long an endpoint may do nothing but fail before the run
    is suspended. Concurrency counts calls, not dialogues; it is reached only while the endpoint
    does not ask to slow down.
    """

    concurrency: int = 32
    rpm: float | None = None
    tpm: float | None = None
    attempts: int = 5
    timeout: float = 120.0
    patience: float = 300.0

    def __post_init__(self) -> None:
        for name, least in (("concurrency", 1), ("attempts", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}; at least {least} is needed")
        for name in ("rpm", "tpm", "timeout", "patience"):
            value = getattr(self, name)
            if value is not None and not (value > 0 and isfinite(value)):
                raise InputError(f"{name} is {value:g}; it has to be above 0")

    def divided(self, n: int) -> Limits:
        """The share of one of `n` processes that use the endpoint at the same time.

        Each gets at least one call in flight, so `n` should not exceed the concurrency.
        """
        if n < 1:
            raise InputError(f"limits cannot be divided by {n}; at least 1 is needed")
        return replace(
            self,
            concurrency=max(1, self.concurrency // n),
            rpm=None if self.rpm is None else self.rpm / n,
            tpm=None if self.tpm is None else self.tpm / n,
        )
