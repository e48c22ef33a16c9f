"""From what a user names as a target to the object that answers."""

from __future__ import annotations

from dataclasses import dataclass

from convsim.errors import InputError
from convsim.ports import Target
from convsim.suite import Suite
from convsim.targets.functions import as_target, load_function
from convsim.targets.spec import TargetSpec, parse_target


@dataclass(frozen=True, slots=True)
class Named:
    """A target under its alias, with what identifies it in a run directory.

    `text` is the target string, None for an object that only Python can pass again.
    """

    alias: str
    target: Target
    fingerprint: str
    text: str | None

    async def aclose(self) -> None:
        """Close the connections of the target, if it holds any."""
        close = getattr(self.target, "aclose", None)
        if close is not None:
            await close()


def open_target(alias: str, thing: object, suite: Suite, *, connections: int) -> Named:
    """The target that `thing` names or is; raises `InputError` where it is neither.

    Nothing is called yet. `suite` is what simulated assistants recognise dialogues by.
    """
    if not isinstance(thing, str):
        name = getattr(thing, "__qualname__", type(thing).__qualname__)
        return Named(alias, as_target(thing), f"object:{name}", None)
    spec = parse_target(thing)
    return Named(alias, _open(spec, suite, connections), spec.fingerprint, thing)


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
            from convsim.targets.via_litellm import LitellmTarget

            return LitellmTarget.of(spec, connections=connections)
        case "replay":
            raise InputError(
                f"{spec}: replaying a run is not available in this version; "
                "`convsim judge DIR` judges its dialogues again without calling a target"
            )
