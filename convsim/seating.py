"""Who judges: from what a user names to a judge with its models opened, and back from a run.

A judge is the rules, any object with `judge`, or a string or several of them (`judges.naming`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from convsim.calling import instead_of
from convsim.errors import InputError
from convsim.forecast import Consulted
from convsim.judges.cascade import CascadeJudge
from convsim.judges.model import calls_for, prompt_bytes
from convsim.judges.naming import NamedJudge, parse_judge
from convsim.judges.rules import NAME as RULES
from convsim.judges.rules import RulesJudge
from convsim.judges.sentinels import sentinels
from convsim.limits import Limits
from convsim.ports import Judge, Target
from convsim.price import Price
from convsim.prices import max_tokens_of, price_of, tokens_beside
from convsim.targets.opening import Named, numbered, open_models
from convsim.targets.wanted import Wanted
from convsim.through import asked_by, is_made, through

JUDGE = "judge"
"""The alias of the model behind it; `judge.1`, `judge.2` and so on where there are several."""

AnyJudge = Judge | str | Wanted | Sequence[str | Wanted] | NamedJudge
"""A judge, or what names one: `rules`, the target string of a model to ask, a targets file with one
target in it, or several of these for a panel."""


class Seated(NamedTuple):
    """A judge, the models that it asks, and what it is made from again, as plain data.

    `plain` is None where only Python can pass it again, and where it asks nobody.
    """

    judge: Judge
    models: tuple[Named, ...]
    plain: Mapping[str, Any] | None


def seated(judge: AnyJudge | None, limits: Limits) -> Seated:
    """The judge with its models opened, the rules where none is named. Nothing is called yet."""
    named = named_judge(judge)
    if named is None:
        return Seated(RulesJudge(), (), None)
    if isinstance(named, NamedJudge):
        models = _opened(named.wanted, limits)
        return Seated(named.made_of(models), models, named.to_plain() if models else None)
    return Seated(named, _opened(asked_by(named), limits), None)


def _opened(things: Sequence[object], limits: Limits) -> tuple[Named, ...]:
    return open_models(things, JUDGE, connections=limits.concurrency, timeout=limits.timeout)


def named_judge(
    judge: AnyJudge | None, when: str | None = None, panel: str | None = None
) -> Judge | NamedJudge | None:
    """What a user says of the judge, in one: who it is, when it is asked, how several conclude.

    An object is itself, and None is nobody. Nothing is opened.
    """
    if judge is None and when is None and panel is None:
        return None
    if isinstance(judge, NamedJudge) and when is None and panel is None:
        return judge
    if judge is None or isinstance(judge, str | Wanted):
        return parse_judge([judge or RULES], panel, when)
    if isinstance(judge, Sequence):
        return parse_judge(judge, panel, when)
    if when is not None or panel is not None:
        raise InputError(
            "judge_when and panel are for judges that strings name; of objects make a CascadeJudge "
            "or a Panel yourself (convsim.judges)"
        )
    return judge


def judge_through(judge: Judge, targets: Iterable[Target]) -> Judge:
    """The judge, asking `targets` in place of what it asks itself, one for one."""
    return through(judge, instead_of(asked_by(judge), targets))


# -- from a run ---------------------------------------------------------------------------------


def models_of_bench(plain: Mapping[str, Any]) -> list[str]:
    """The target strings of the models that `Seated.plain` describes."""
    return [item.text for item in NamedJudge.from_plain(plain).wanted]


def prices_of_bench(plain: Mapping[str, Any]) -> dict[str, Price | None]:
    """What these models cost, by alias; None where that is unknown."""
    models = NamedJudge.from_plain(plain).wanted
    prices = [item.price or price_of(item.spec) for item in models]
    return dict(zip(numbered(JUDGE, len(models)), prices, strict=True))


# -- for a forecast -----------------------------------------------------------------------------


def consulted(judge: AnyJudge | None) -> list[Consulted]:
    """The models that a judge would ask. Nothing is opened, no key needed.

    Of an object neither price nor limits are known; its questions are taken to be `ModelJudge`'s.
    """
    named = named_judge(judge)
    if named is None:
        return []
    if not isinstance(named, NamedJudge):
        always = _is_always_asked(named)
        return [_consulted(alias, always) for alias in numbered(JUDGE, len(asked_by(named)))]
    return [
        _consulted(
            alias,
            named.always,
            item.price or price_of(item.spec),
            max_tokens_of(item.spec),
            tokens_beside(item.spec, item.prompt),
        )
        for alias, item in zip(numbered(JUDGE, len(named.wanted)), named.wanted, strict=True)
    ]


def _consulted(
    alias: str,
    always: bool,
    price: Price | None = None,
    max_tokens: int | None = None,
    beside: int = 0,
) -> Consulted:
    turns = tuple(len(sentinel.transcript.turns) for sentinel in sentinels())
    return Consulted(
        alias, price, max_tokens, prompt_bytes() + beside, always, _calls_of_judge, turns
    )


def _calls_of_judge(turns: int) -> tuple[int, int]:
    """At least and at most: findings are only asked for where there is a verdict to check."""
    return calls_for(turns, check=False), calls_for(turns)


def _is_always_asked(judge: Judge) -> bool:
    if isinstance(judge, CascadeJudge):
        return False
    return not is_made(judge) or all(map(_is_always_asked, judge.parts))
