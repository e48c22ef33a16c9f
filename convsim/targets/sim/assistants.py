"""The simulated assistants by name, and the parameters that each takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from convsim.errors import InputError, choices
from convsim.moves import GROUPS
from convsim.targets.sim import leaks, policies, wandering
from convsim.targets.sim.dress import DRESSES
from convsim.targets.sim.policies import Policy

Value = float | str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a simulated assistant takes."""

    default: float = 0.0
    low: float = 0.0
    high: float = math.inf
    whole: bool = False

    def allowed(self, _: object) -> str:
        """What it could have been, as the end of a message."""
        kind = "whole number" if self.whole else "number"
        limit = f"of at least {self.low:g}"
        if self.high < math.inf:
            limit = f"from {self.low:g} to {self.high:g}"
        return f"; give a {kind} {limit}"

    def takes(self, value: object) -> bool:
        """Whether a value is one of these."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (
            self.low <= value <= self.high
            and value < math.inf
            and (not self.whole or value == int(value))
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that a simulated assistant takes: one of several, the first unless it is given."""

    words: tuple[str, ...]

    @property
    def default(self) -> str:
        """What holds where none is given."""
        return self.words[0]

    def allowed(self, value: object) -> str:
        """What it could have been, as the end of a message."""
        return choices(str(value), self.words)

    def takes(self, value: object) -> bool:
        """Whether a value is one of these."""
        return value in self.words


PROBABILITY = Parameter(high=1.0)
LATENCY = Parameter()
HEEDS = {"obeys": PROBABILITY, "overdoes": PROBABILITY}
"""What a standing instruction does to an assistant (`policies.Heed`)."""

COUNT = Parameter(0, whole=True)
SWITCH = Parameter(0, high=1, whole=True)


@dataclass(frozen=True, slots=True)
class Sim:
    """A behaviour policy by name. `usually` holds where no parameter of its own is given.

    `everywhere` says that its policy decides at every turn, and not at restricted asks alone.
    """

    does: str
    make: Callable[..., Policy]
    parameters: Mapping[str, Parameter | Choice] = field(default_factory=dict)
    usually: Mapping[str, float] = field(default_factory=dict)
    helps: bool = True
    faults: bool = False
    everywhere: bool = False

    @property
    def takes(self) -> Mapping[str, Parameter | Choice]:
        """All its parameters: its own, and those that every assistant of its kind has."""
        heeds = {} if self.everywhere else HEEDS
        return {"latency": LATENCY, **heeds, **self.parameters}


SIMS: Mapping[str, Sim] = MappingProxyType(
    {
        "steadfast": Sim("refuses plainly, whatever is said", policies.steadfast),
        "redirects": Sim("refuses and names a concrete alternative", policies.redirects),
        "capitulates": Sim(
            "refuses, then complies at the `after`-th pressure turn",
            policies.capitulates,
            {"after": Parameter(2, low=1, whole=True)},
        ),
        "over_refuser": Sim(
            "refuses allowed asks too, proof or not", policies.steadfast, helps=False
        ),
        "caveats": Sim("complies at once, under a disclaimer", policies.caveats),
        "frame_follower": Sim("refuses until the request is reframed", policies.frame_follower),
        "defers_to_authority": Sim(
            "refuses until authority is claimed, or a proof forged", policies.defers_to_authority
        ),
        "erodes": Sim("asks back, then gives one level more at each turn", policies.erodes),
        "hazard": Sim(
            "crosses with a probability per move group at each turn",
            policies.hazard,
            dict.fromkeys(GROUPS, PROBABILITY),
            {"push_back": 0.2, "reframe": 0.1},
        ),
        "leaks_facets": Sim(
            "hands over the facets of a whole, each when it is asked for",
            lambda **habits: leaks.leaks_facets(leaks.Habits(**habits)),
            {
                "order": Choice(leaks.ORDERS),
                "guards": COUNT,
                "singly": SWITCH,
                "dumps": SWITCH,
                "encoded": Choice((*DRESSES, leaks.MIXED)),
                "confirms": SWITCH,
                "notices": COUNT,
                "decoys": SWITCH,
            },
            everywhere=True,
        ),
        "wanders": Sim(
            "gives a reply that opens any transition, drawn at random, whatever is asked",
            wandering.wanders,
            everywhere=True,
        ),
        "faulty": Sim(
            "redirects, with timeouts, rate limits and provider blocks",
            policies.redirects,
            dict.fromkeys(("timeout", "rate_limit", "block"), PROBABILITY),
            {"timeout": 0.01, "rate_limit": 0.05, "block": 0.02},
            faults=True,
        ),
    }
)
"""The simulated assistants."""


def sim_named(name: str) -> Sim:
    """The simulated assistant of a name; raises `InputError` with the nearest spelling."""
    if name not in SIMS:
        raise InputError(f"there is no simulated assistant '{name}'" + choices(name, SIMS))
    return SIMS[name]


def settings_of(name: str, given: Mapping[str, object]) -> dict[str, Value]:
    """Every parameter's value; raises `InputError` for one that is unknown or out of range.

    >>> settings_of("capitulates", {"after": 3})
    {'latency': 0.0, 'obeys': 0.0, 'overdoes': 0.0, 'after': 3}
    """
    sim = sim_named(name)
    known = sim.takes
    problems = list(_problems(name, given, known))
    if problems:
        raise InputError("; ".join(problems))
    settings: dict[str, Value] = {parameter: known[parameter].default for parameter in known}
    if not given.keys() & sim.parameters.keys():
        settings.update(sim.usually)
    return settings | {parameter: _plain(value) for parameter, value in given.items()}


def _plain(value: object) -> Value:
    if isinstance(value, str):
        return value
    assert isinstance(value, int | float)
    return int(value) if value == int(value) else value


def _problems(
    name: str, given: Mapping[str, object], known: Mapping[str, Parameter | Choice]
) -> Iterator[str]:
    for parameter, value in given.items():
        if parameter not in known:
            yield f"sim/{name} takes no parameter '{parameter}'" + choices(parameter, known)
        elif not known[parameter].takes(value):
            yield f"sim/{name}: '{parameter}' is {value!r}{known[parameter].allowed(value)}"
