"""What a run has sent, got and paid so far: counters that many tasks add to, for progress."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Traffic:
    """Counts since this process began, over all targets of a run.

    `calls` are requests sent, retries included; `shared` replies were taken from a dialogue with
    the same prefix, `saved` ones from an earlier session's ledger, `replayed` ones from another
    run. `throttled` and `failed` count attempts that came to nothing. Tokens are as the providers
    counted them. `cost` is in US dollars, for the calls whose price is known; `unpriced` counts
    the answered calls whose price is not. `classifier` and `judge` count the same for the
    models behind a classifier and a judge that ask some, and none of it is in the other counts;
    `guard` for what the guards of targets ask.
    """

    calls: int = 0
    shared: int = 0
    saved: int = 0
    replayed: int = 0
    throttled: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    classifier: Traffic | None = None
    judge: Traffic | None = None
    guard: Traffic | None = None
