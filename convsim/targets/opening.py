"""From what a user names as a target to the object that answers."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from convsim.errors import InputError
from convsim.policy import Policy
from convsim.ports import Target
from convsim.price import Price
from convsim.suite import Suite
from convsim.targets.functions import as_target, load_function, path_of
from convsim.targets.guarded import Guard
from convsim.targets.prompted import Prompted, prompted_fingerprint
from convsim.targets.spec import TIMEOUT, TargetSpec
from convsim.targets.wanted import Altered, Wanted


@dataclass(frozen=True, slots=True)
class Named:
    """A target under its alias, with what identifies it in a run directory.

    `wanted` is what the user wrote, None for an object that only Python can pass again; `spec` is
    the same, read. `endpoint` says what it shares limits with: the targets behind the same server
    and key. `limits` are the fields of `limits.Limits` that are set for this target alone.

    `guards` stand around it, and `asked` are what they ask, in their order; `target` is what is
    behind them, and the fingerprint is of all together. `mitigation` is what the user wrote of its
    deployment beside the model, as plain data, and `variant_of` the target that it is compared
    with.

    The fingerprint is the object's own `fingerprint` where it has one, as every target of convsim
    has; a function is known by its module and name. Of any other object only the type is known: to
    `resume` with it is to say that it answers as before, which nobody checks.
    """

    alias: str
    target: Target
    fingerprint: str
    endpoint: str
    wanted: Wanted | None = None
    spec: TargetSpec | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    asked: tuple[Named, ...] = ()
    mitigation: Mapping[str, Any] = field(default_factory=dict)
    variant_of: str | None = None

    @property
    def text(self) -> str | None:
        """The target string with its parameters; None for an object."""
        return None if self.wanted is None else self.wanted.text

    @property
    def price(self) -> Price | None:
        """What the user says that it costs."""
        return None if self.wanted is None else self.wanted.price

    @property
    def system(self) -> str | None:
        """All that its operator says to it: the system prompt with the standing instruction."""
        return None if self.wanted is None else self.wanted.prompt

    @property
    def is_replay(self) -> bool:
        """Whether nothing is called."""
        return self.spec is not None and self.spec.kind == "replay"

    def plain(self) -> dict[str, Any]:
        """What targets.json holds; `open_target` takes `wanted` back."""
        wanted = None if self.wanted is None else self.wanted.to_plain()
        plain = {"target": self.text, "fingerprint": self.fingerprint, "wanted": wanted}
        beside = {"variant_of": self.variant_of, "mitigation": dict(self.mitigation)}
        return {**plain, **{key: value for key, value in beside.items() if value}}

    async def aclose(self) -> None:
        """Close the connections of the target, if it holds any; what guards ask closes itself."""
        close = getattr(self.target, "aclose", None)
        if close is not None:
            await close()


def open_target(
    alias: str, thing: object, suite: Suite, *, connections: int, timeout: float = TIMEOUT
) -> Named:
    """The target that `thing` names or is; raises `InputError` where it is neither.

    Nothing is called yet. `suite` is what simulated assistants recognise dialogues by. `timeout`,
    in seconds, holds where the target sets none.
    """
    if isinstance(thing, str):
        thing = Wanted(thing)
    if isinstance(thing, Altered):
        return _told(alias, as_target(thing.thing), _fingerprint(thing.thing), thing)
    if not isinstance(thing, Wanted):
        return Named(alias, as_target(thing), _fingerprint(thing), alias)
    spec, limits = thing.spec, dict(thing.limits)
    if spec.timeout is not None:
        limits["timeout"] = spec.timeout
    spec = replace(spec, timeout=limits.get("timeout", timeout))
    target = _open(spec, suite, alias, int(limits.get("concurrency", connections)))
    # A replay is known by what it replays.
    fingerprint = str(target.fingerprint) if spec.kind == "replay" else spec.fingerprint
    named = _told(alias, target, fingerprint, thing)
    endpoint = endpoint_of(spec) or alias
    return replace(named, endpoint=endpoint, wanted=thing, spec=spec, limits=limits)


def _told(alias: str, target: Target, fingerprint: str, thing: Wanted | Altered) -> Named:
    """A target that is told what its operator says; it shares its limits with nobody yet."""
    if (prompt := thing.prompt) is not None:
        target = Prompted(target, prompt, fingerprint=fingerprint)
        fingerprint = prompted_fingerprint(fingerprint, prompt)
    return Named(
        alias,
        target,
        fingerprint,
        endpoint=alias,
        mitigation=thing.mitigation,
        variant_of=thing.variant_of,
    )


def check_target(alias: str, thing: object, suite: Suite) -> None:
    """Raise what `open_target` would, as far as it can be told without a server and a key."""
    if isinstance(thing, str):
        thing = Wanted(thing)
    if isinstance(thing, Altered):
        thing = thing.thing
    if not isinstance(thing, Wanted):
        as_target(thing)
        return
    spec = thing.spec
    if spec.kind == "litellm":
        _not_a_sim(spec)
    elif spec.kind != "http":
        _open(spec, suite, alias, connections=1)


def open_models(
    things: Sequence[object], who: str, *, connections: int, timeout: float = TIMEOUT
) -> tuple[Named, ...]:
    """The models that a classifier or a judge asks, ready to be called; `who` says which."""
    pairs = zip(numbered(who, len(things)), things, strict=True)
    return tuple(_model(alias, thing, who, connections, timeout) for alias, thing in pairs)


def numbered(who: str, number: int) -> list[str]:
    """The aliases of so many models: `judge`, or `judge.1`, `judge.2` and so on."""
    return [who] if number == 1 else [f"{who}.{n + 1}" for n in range(number)]


def alone(alias: str) -> str:
    """The endpoint of a model without a server: shared with nobody, not even a target's."""
    return f"the {alias} alone"


def _model(alias: str, thing: object, who: str, connections: int, timeout: float) -> Named:
    if isinstance(thing, Wanted) and thing.guards:
        raise InputError(
            f"{thing.text} has guards, which stand around the targets of a run; its {who} is asked "
            "without any: name the model alone"
        )
    nothing = Suite((), Policy())
    item = open_target(alias, thing, nothing, connections=connections, timeout=timeout)
    if item.is_replay:
        raise InputError(
            f"{item.text} answers for the targets of a run, not for its {who}; resume the run "
            "itself to use the answers that it paid for, or name a model"
        )
    return replace(item, endpoint=alone(alias)) if item.endpoint == alias else item


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


def endpoint_of(spec: TargetSpec) -> str:
    """The server and the key behind a target; empty where there is none to spare."""
    match spec.kind:
        case "http":
            server = str(spec.url)
        case "litellm":
            server = spec.url or spec.name.partition("/")[0]
        case _:
            return ""
    return server if spec.key_env is None else f"{server} with {spec.key_env}"


def _open(spec: TargetSpec, suite: Suite, alias: str, connections: int) -> Any:
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
            from convsim.targets.replay import ReplayTarget

            return ReplayTarget.of(spec, alias)


def _not_a_sim(spec: TargetSpec) -> None:
    """A simulated assistant's name alone would be looked for at every provider."""
    from convsim.targets.sim import SIMS

    if spec.name in SIMS:
        raise InputError(f"{spec} is no model of any provider; did you mean 'sim/{spec.name}'?")
