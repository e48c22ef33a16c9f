"""What workers ask, and asking it by another way: where a run puts its limits and its ledger.

A classifier or judge that asks a model has `target`, what it asks, and `through(target)`, the same
one asking that instead. One that is made of others has `parts`, and `of(parts)`, the same one made
of those, one for one. So neither knows anything of limits, samples and journals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeGuard, TypeVar

from convsim.ports import Target

Worker = TypeVar("Worker")


class Asking(Protocol):
    """A worker that asks a model."""

    @property
    def target(self) -> Target:
        """What it asks."""
        ...

    def through(self, target: Target) -> Any:
        """The same worker, asking the same model by another way."""
        ...


class Made(Protocol):
    """A worker that is made of others: a panel, a cascade."""

    @property
    def parts(self) -> Sequence[Any]:
        """What it is made of."""
        ...

    def of(self, parts: Sequence[Any]) -> Any:
        """The same worker, made of these, one for one."""
        ...


def asks(worker: object) -> TypeGuard[Asking]:
    """Whether a worker asks a model itself."""
    return hasattr(worker, "target") and callable(getattr(worker, "through", None))


def is_made(worker: object) -> TypeGuard[Made]:
    """Whether a worker is made of others, and leaves the asking to them."""
    return hasattr(worker, "parts") and callable(getattr(worker, "of", None))


def asked_by(worker: object) -> list[Target]:
    """What a worker asks, its parts included; nothing where it asks no model."""
    if is_made(worker):
        return [target for part in worker.parts for target in asked_by(part)]
    return [worker.target] if asks(worker) else []


def through(worker: Worker, way: Callable[[Target], Target]) -> Worker:
    """The same worker, with `way(target)` in place of each target that it asks."""
    same: Any = worker
    if is_made(same):
        same = same.of(tuple(through(part, way) for part in same.parts))
    elif asks(same):
        same = same.through(way(same.target))
    led: Worker = same
    return led
