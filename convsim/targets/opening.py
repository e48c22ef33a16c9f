"""From what a user names as a target to the object that answers."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace

from convsim.errors import InputError
from convsim.ports import Target
from convsim.suite import Suite
from convsim.targets.functions import as_target, load_function, path_of
from convsim.targets.spec import TIMEOUT, TargetSpec, parse_target


@dataclass(frozen=True, slots=True)
class Named:
    """A target under its alias, with what identifies it in a run directory.

    `text` is the target string, None for an object that only Python can pass again. `endpoint`
    says what it shares limits with: the targets behind the same server and key. `timeout` is in
    seconds.

    The fingerprint is the object's own `fingerprint` where it has one, as every target of convsim
    has; a function is known by its module and name. Of any other object only the type is known: to
    `resume` with it is to say that it answers as before, which nobody checks.
    """

    alias: str
    target: Target
    fingerprint: str
    text: str | None
    endpoint: str
    timeout: float

    async def aclose(self) -> None:
        """Close the connections of the target, if it holds any."""
        close = getattr(self.target, "aclose", None)
        if close is not None:
            await close()


def open_target(
    alias: str, thing: object, suite: Suite, *, connections: int, timeout: float = TIMEOUT
) -> Named:
    """The target that `thing` names or is; raises `InputError` where it is neither.

    Nothing is called yet. `suite` is what simulated assistants recognise dialogues by. `timeout`
    holds where the target string sets none.
    """
    if not isinstance(thing, str):
        return Named(alias, as_target(thing), _fingerprint(thing), None, alias, timeout)
    spec = parse_target(thing)
    if spec.timeout is not None:
        timeout = spec.timeout
    target = _open(replace(spec, timeout=timeout), suite, connections)
    return Named(alias, target, spec.fingerprint, thing, _endpoint(spec) or alias, timeout)


def _fingerprint(thing: object) -> str:
    own = getattr(thing, "fingerprint", None)
    if own is not None:
        if not isinstance(own, str) or not own:
            what = f"the fingerprint of target {type(thing).__qualname__} is {own!r}"
            raise InputError(f"{what}; it has to be a text that tells models apart")
        return own
    if inspect.isroutine(thing):
        return "object:" + path_of(thing).replace(":", ".")
    return f"object:{type(thing).__qualname__}"


def _endpoint(spec: TargetSpec) -> str:
    """The server and the key behind a target; empty where there is none to spare."""
    match spec.kind:
        case "http":
            return f"{spec.url} {spec.key_env}"
        case "litellm":
            return f"{spec.url or spec.name.partition('/')[0]} {spec.key_env}"
        case _:
            return ""


def _open(spec: TargetSpec, suite: Suite, connections: int) -> Target:
    match spec.kind:
        case "sim":
            from convsim.targets.sim import sim_target

            return sim_target(spec.name, spec.parameters, suite)
        case "http":
            from convsim.targets.http import HttpTarget

            return HttpTarget.of(spec)
        case "python":
            return load_function(spec)
        case "litellm":
            _not_a_sim(spec)
            from convsim.targets.via_litellm import LitellmTarget

            return LitellmTarget.of(spec, connections=connections)
        case "replay":
            raise InputError(
                f"{spec}: replaying a run is not available in this version; "
                "`convsim judge DIR` judges its dialogues again without calling a target"
            )


def _not_a_sim(spec: TargetSpec) -> None:
    """A simulated assistant's name alone would be looked for at every provider."""
    from convsim.targets.sim import SIMS

    if spec.name in SIMS:
        raise InputError(f"{spec} is no model of any provider; did you mean 'sim/{spec.name}'?")
