"""From what a user names as a target to the target as it is deployed: behind its guards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from convsim.classifiers.guards.guard import Exchange
from convsim.classifiers.naming import NamedGuard, parse_guard
from convsim.errors import InputError
from convsim.forecast import Asked
from convsim.guardrails.asking import RULE, ModelGuard, prompt_bytes
from convsim.guardrails.trained import TrainedGuard
from convsim.policy import Policy
from convsim.price import FREE, Price
from convsim.prices import max_tokens_of, price_of, tokens_beside
from convsim.suite import Suite
from convsim.targets.functions import load_function
from convsim.targets.guarded import (
    Check,
    FunctionGuard,
    Guard,
    RegexGuard,
    Side,
    guarded_fingerprint,
)
from convsim.targets.opening import Named, alone, check_target, endpoint_of, open_target
from convsim.targets.spec import TIMEOUT, parse_target
from convsim.targets.wanted import Altered, Wanted
from convsim.targets.wanted_guard import OBJECT, REGEX, WantedGuard
from convsim.transcript import Message

_PYTHON = "python:"

_NOTHING = Suite((), Policy())
"""What a model that rules has to know of scenarios."""


def open_deployed(
    alias: str, thing: object, suite: Suite, *, connections: int, timeout: float = TIMEOUT
) -> Named:
    """The target that `thing` names or is, with its guards; raises `InputError` where it is none.

    Nothing is called yet; see `targets.opening.open_target`.
    """
    for name, wanted in named_guards(thing):
        _check(alias, name, wanted)
    if isinstance(thing, Wanted | Altered):
        thing = replace(thing, guards=tuple(map(_with_words, thing.guards)))
    named = open_target(alias, thing, suite, connections=connections, timeout=timeout)
    opened = [
        _opened(alias, name, wanted, connections, timeout) for name, wanted in named_guards(thing)
    ]
    guards = tuple(guard for guard, _ in opened)
    return replace(
        named,
        guards=guards,
        asked=tuple(asked for _, asked in opened if asked is not None),
        fingerprint=guarded_fingerprint(named.fingerprint, guards),
    )


def check_deployed(alias: str, thing: object, suite: Suite) -> None:
    """Raise what `open_deployed` would, as far as it can be told without a server and a key."""
    check_target(alias, thing, suite)
    for name, wanted in named_guards(thing):
        _check(alias, name, wanted)


def asked_of(alias: str, thing: object) -> list[Asked]:
    """What the guards of a target ask, for a forecast: each about every message of its side."""
    return [
        _foreseen(f"{alias}/{name}", wanted)
        for name, wanted in named_guards(thing)
        if not wanted.is_regex
    ]


def named_guards(thing: object) -> Iterator[tuple[str, WantedGuard]]:
    """The guards of a target by name: `input`, `output`, and `output.2` for a second one."""
    counts = dict.fromkeys(Side, 0)
    for wanted in thing.guards if isinstance(thing, Wanted | Altered) else ():
        counts[wanted.side] += 1
        number = counts[wanted.side]
        yield wanted.side if number == 1 else f"{wanted.side}.{number}", wanted


def _with_words(wanted: WantedGuard) -> WantedGuard:
    """A guard with what the file says that it names, so that a run directory need not the file."""
    if wanted.is_regex or wanted.guard.startswith((_PYTHON, OBJECT)):
        return wanted
    trained = parse_guard(wanted.guard, wanted.rule)
    return wanted if trained is None else replace(wanted, rule=trained.words)


def _opened(
    alias: str, name: str, wanted: WantedGuard, connections: int, timeout: float
) -> tuple[Guard, Named | None]:
    """A guard, and what it asks; None where that is nobody."""
    who = f"{alias}/{name}"
    if wanted.is_regex:
        return RegexGuard(wanted.side, wanted.guard.removeprefix(REGEX), name=name), None
    guard = _function(wanted, name)
    if guard is not None:
        asked = Named(who, guard.target, guard.fingerprint, alone(who), _model(wanted))
        return guard, replace(asked, limits=dict(wanted.limits))
    trained = parse_guard(wanted.guard, wanted.rule)
    if trained is not None:
        return _trained(who, name, wanted, trained, connections=connections, timeout=timeout)
    asked = open_target(who, _model(wanted), _NOTHING, connections=connections, timeout=timeout)
    model = ModelGuard(
        wanted.side, asked.target, model=asked.fingerprint, rule=wanted.rule, name=name
    )
    endpoint = alone(who) if asked.endpoint == who else asked.endpoint
    return model, replace(asked, endpoint=endpoint, fingerprint=model.fingerprint)


def _trained(
    who: str,
    name: str,
    wanted: WantedGuard,
    trained: NamedGuard,
    *,
    connections: int,
    timeout: float,
) -> tuple[Guard, Named]:
    spec = trained.spec
    target = trained.open(connections=connections, timeout=timeout).target
    guard = TrainedGuard(trained.form, target, model=spec.fingerprint, name=name)
    limits = dict(wanted.limits)
    if spec.timeout is not None:
        limits["timeout"] = spec.timeout
    endpoint = endpoint_of(spec) or alone(who)
    return guard, Named(who, target, guard.fingerprint, endpoint, _model(wanted), spec, limits)


def _model(wanted: WantedGuard) -> Wanted:
    """What a guard asks, for its price and its limits."""
    return Wanted(wanted.guard, price=wanted.price, limits=wanted.limits)


def _function(wanted: WantedGuard, name: str = "") -> FunctionGuard | None:
    """The guard that a function is; None where it is a model."""
    if wanted.function is not None:
        return FunctionGuard(wanted.side, wanted.function, name=name)
    if not wanted.guard.startswith(_PYTHON):
        return None
    loaded = load_function(parse_target(wanted.guard))
    function = cast(Check, loaded.function)
    return FunctionGuard(wanted.side, function, parameters=loaded.parameters, name=name)


def _check(alias: str, name: str, wanted: WantedGuard) -> None:
    """Raise what is wrong with a guard, as far as it can be told without a server and a key."""
    try:
        _check_guard(alias, wanted)
    except InputError as error:
        raise InputError(f"target '{alias}', {name} guard: {error}") from error


def _check_guard(alias: str, wanted: WantedGuard) -> None:
    if wanted.function is None and wanted.guard.startswith(OBJECT):
        raise InputError(
            f"{wanted.guard.removeprefix(OBJECT)} was a Python object; pass the target again: "
            "convsim.resume(DIR, targets={...})"
        )
    if wanted.is_regex or _function(wanted) is not None:
        return
    trained = parse_guard(wanted.guard, wanted.rule)
    if trained is None:
        check_target(alias, _model(wanted), _NOTHING)
        kind = parse_target(wanted.guard).kind
        if kind in ("sim", "replay"):
            raise InputError(
                f"{wanted.guard} answers for targets and rules on nothing; name a model, "
                "regex:..., or python:module:function"
            )
    elif wanted.side is Side.INPUT:
        raise InputError(
            f"{trained.form.kind} reads replies, so it can only be an output_guard; name a model "
            "to ask, regex:..., or python:module:function"
        )


def listed_price(wanted: WantedGuard) -> Price | None:
    """What a guard costs where nobody says; None where that is unknown, as it is of a function."""
    if wanted.is_regex:
        return FREE
    if wanted.guard.startswith((_PYTHON, OBJECT)):
        return None
    trained = parse_guard(wanted.guard, wanted.rule or "-")
    return price_of(parse_target(wanted.guard) if trained is None else trained.spec)


def _foreseen(who: str, wanted: WantedGuard) -> Asked:
    """What one guard is asked."""
    price = wanted.price or listed_price(wanted)
    if _function(wanted) is not None:
        return Asked(who, price)
    trained = parse_guard(wanted.guard, wanted.rule)
    spec = parse_target(wanted.guard) if trained is None else trained.spec
    if trained is None:
        words = prompt_bytes(wanted.side) + len((wanted.rule or RULE).encode())
        return Asked(who, price, max_tokens_of(spec), words + tokens_beside(spec))
    empty = trained.form.ask(Exchange((Message("user", ""), Message("assistant", ""))))
    wording = sum(len(message.content.encode()) for call in empty for message in call)
    beside = wording // len(empty) + tokens_beside(spec)
    return Asked(who, price, max_tokens_of(spec), beside, calls=len(empty))
