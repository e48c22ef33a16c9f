"""What judges ask, and asking it by another way: where a run puts its limits and its ledger.

A judge that asks a model has `target`, what it asks, and `through(target)`, the same judge asking
that instead. A judge made of judges has `parts`, and `of(parts)`, the same judge made of others. So
judges know nothing of limits, samples and journals. One that reads the replies again asks what its
classifier asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeGuard

from convsim.classifiers import through as reading
from convsim.judges.rereading import RereadingJudge
from convsim.ports import Judge, Target


class Asking(Judge, Protocol):
    """A judge that asks a model."""

    @property
    def target(self) -> Target:
        """What it asks."""
        ...

    def through(self, target: Target) -> Judge:
        """The same judge, asking the same model by another way."""
        ...


class Made(Judge, Protocol):
    """A judge that is made of judges: a panel, a cascade."""

    @property
    def parts(self) -> Sequence[Judge]:
        """The judges that it is made of."""
        ...

    def of(self, parts: Sequence[Judge]) -> Judge:
        """The same judge, made of these, one for one."""
        ...


def asks(judge: Judge) -> TypeGuard[Asking]:
    """Whether a judge asks a model itself."""
    return hasattr(judge, "target") and callable(getattr(judge, "through", None))


def is_made(judge: Judge) -> TypeGuard[Made]:
    """Whether a judge is made of judges, and leaves the asking to them."""
    return hasattr(judge, "parts") and callable(getattr(judge, "of", None))


def asked_by(judge: Judge) -> list[Target]:
    """What a judge asks, its parts included; nothing where it asks no model."""
    if is_made(judge):
        return [target for part in judge.parts for target in asked_by(part)]
    if isinstance(judge, RereadingJudge):
        return reading.asked_by(judge.classifier)
    return [judge.target] if asks(judge) else []


def through(judge: Judge, way: Callable[[Target], Target]) -> Judge:
    """The same judge, with `way(target)` in place of each target that it asks."""
    if is_made(judge):
        return judge.of(tuple(through(part, way) for part in judge.parts))
    if isinstance(judge, RereadingJudge):
        return RereadingJudge(reading.through(judge.classifier, way))
    return judge.through(way(judge.target)) if asks(judge) else judge
