"""Which dialogues a run consists of, in which order; lazy, because a plan can be long.

A *group* is one (scenario, repeat): its arms, controls, paths and targets stay adjacent, because
they share wordings, secrets and, where conversations begin alike, replies. Groups are numbered from
0 over scenarios and their repeats, dialogues by their *position* in the whole plan. Both follow
from a key by arithmetic, so nothing here grows with the number of repeats.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

from convsim.chance import Chance
from convsim.controls import Playable
from convsim.errors import InputError, choices
from convsim.graph import Graph
from convsim.paths import Path, Walk, distinct, draw_path, parse_path, paths_of
from convsim.scenario import ALL, AUTHORED, CONTROLLED, CONTROLS, SEVERAL_ARMS
from convsim.suite import Suite
from convsim.transcript import ONLY_DRAW, Key, Mode

NO_PATH = "-"
"""What stands in a key where no path was planned."""


class Job(NamedTuple):
    """One dialogue to simulate."""

    key: Key
    graph: Graph
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """The i-th of n parts of a plan, counted from 1: every n-th group."""

    i: int
    n: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `2/8` says; raises InputError for anything else."""
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise InputError(
                f"{text!r} is no shard; write I/N, the I-th of N parts, such as 1/8 to 8/8"
            )
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.i}/{self.n}"

    def repeats_of(self, number: int, repeats: int) -> range:
        """Which of the `repeats` of the scenario with this number, from 0, are in this part."""
        return range(1 + (self.i - 1 - number * repeats) % self.n, repeats + 1, self.n)


class Series(NamedTuple):
    """The repeats of one arm or control of a scenario against one target."""

    scenario: str
    arm: str
    target: str


class Wave(NamedTuple):
    """Part of a plan: these repeats of these series; None stands for all of them."""

    repeats: range | None = None
    series: Collection[Series] | None = None


WHOLE = Wave()
"""All of a plan."""


class Arm(NamedTuple):
    """One arm or control of a scenario, with the draws and paths that a repeat of it has.

    A path is None where the dialogue follows the replies, or where `draws_paths`: then each repeat
    draws one.
    """

    playable: Playable
    name: str
    draws: tuple[str, ...]
    paths: tuple[Path | None, ...]
    draws_paths: bool = False

    @property
    def scenario(self) -> str:
        """The id of its scenario."""
        return self.playable.scenario.id

    @property
    def size(self) -> int:
        """How many dialogues a target has in a repeat."""
        return len(self.draws) * len(self.paths)

    def graph(self, chance: Chance, draw: str) -> Graph:
        """What is played in one repeat; that of a control may be another one in each."""
        return self.playable.graph(self.name, chance, draw)


class Without(NamedTuple):
    """A control that was named and that some of the scenarios cannot have.

    `why` has the scenarios by the reason; `of` is how many scenarios there are.
    """

    control: str
    why: Mapping[str, tuple[str, ...]]
    of: int

    @property
    def scenarios(self) -> int:
        """How many scenarios go without it."""
        return sum(map(len, self.why.values()))

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        why = {reason: list(scenarios) for reason, scenarios in self.why.items()}
        return {"control": self.control, "scenarios": self.scenarios, "of": self.of, "why": why}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """What `to_dict` told."""
        why = {reason: tuple(scenarios) for reason, scenarios in plain["why"].items()}
        return cls(plain["control"], why, plain["of"])


def without_told(found: Sequence[Without]) -> str:
    """Which controls scenarios go without, and what says why; empty for none."""
    if not found:
        return ""
    first, *others = found
    counts = "".join(f", {it.control}: {it.scenarios}" for it in others)
    return (
        f"{first.control}: {first.scenarios} of {first.of} scenarios have none{counts}; "
        f"`convsim graph FILE --arm {first.control}` says why"
    )


class _Place(NamedTuple):
    """Where the dialogues of one draw and path of one arm stand in the plan.

    `repeats` are those that are ours; `first` is the position in the first repeat, `size` how many
    dialogues a repeat has.
    """

    repeats: range
    first: int
    size: int


class _Due(NamedTuple):
    """A dialogue that is to be played, against each of these targets."""

    arm: Arm
    repeat: int
    draw: str
    path: Path | None
    targets: list[str]


@dataclass(frozen=True)
class Plan:
    """Every arm of every scenario against every target, several times, on every planned path.

    `scenarios` has the arms and controls of each scenario. With `shard` it is the plan of that part
    alone; positions are those of the whole plan all the same, so that parts can be laid side by
    side. `without` are the controls that were named and that not every scenario has.
    """

    scenarios: tuple[tuple[Arm, ...], ...]
    targets: tuple[str, ...]
    repeats: int
    seed: int = 0
    shard: Shard | None = None
    without: tuple[Without, ...] = ()

    @cached_property
    def whole(self) -> int:
        """How many dialogues there are in all shards together."""
        return sum(map(self._size, self.scenarios)) * self.repeats

    @cached_property
    def graphs(self) -> tuple[Graph, ...]:
        """The graph of every authored arm of every scenario: what coverage counts."""
        return tuple(
            arm.graph(self._chance(arm.scenario, 1), ONLY_DRAW)
            for arms in self.scenarios
            for arm in arms
            if not arm.playable.is_made(arm.name)
        )

    @cached_property
    def series(self) -> Mapping[Series, int]:
        """Every arm against every target, and how many dialogues a repeat of it has."""
        arms = (arm for arms in self.scenarios for arm in arms)
        return {
            Series(arm.scenario, arm.name, target): arm.size
            for arm in arms
            for target in self.targets
        }

    def __len__(self) -> int:
        return sum(
            self._size(arms) * len(self._repeats_of(number))
            for number, arms in enumerate(self.scenarios)
        )

    def __iter__(self) -> Iterator[Job]:
        return self.jobs()

    def jobs(
        self,
        *,
        done: Done | None = None,
        targets: Collection[str] | None = None,
        wave: Wave = WHOLE,
    ) -> Iterator[Job]:
        """The dialogues in order, without those that are done; of these targets, ... only."""
        for due in self._due(done, targets, wave):
            arm, repeat = due.arm, due.repeat
            chance = self._chance(arm.scenario, repeat)
            graph = arm.graph(chance, due.draw)
            path = draw_path(graph, chance) if arm.draws_paths else due.path
            name = path.id if path else NO_PATH
            for target in due.targets:
                yield Job(Key(arm.scenario, arm.name, target, repeat, due.draw, name), graph, path)

    def count(self, *, done: Done | None = None, wave: Wave = WHOLE) -> int:
        """How many dialogues `jobs` has; none of them is made for it."""
        return sum(len(due.targets) for due in self._due(done, None, wave))

    def _due(
        self, done: Done | None, targets: Collection[str] | None, wave: Wave
    ) -> Iterator[_Due]:
        wanted = [
            (column, target)
            for column, target in enumerate(self.targets)
            if targets is None or target in targets
        ]
        for position, arms, repeat in self._groups(wave):
            for arm, draw, path in _dialogues(arms):
                due = [
                    target
                    for column, target in wanted
                    if (done is None or position + column not in done)
                    and (
                        wave.series is None or Series(arm.scenario, arm.name, target) in wave.series
                    )
                ]
                if due:
                    yield _Due(arm, repeat, draw, path, due)
                position += len(self.targets)

    def position(self, key: str) -> int | None:
        """Which dialogue of the whole plan a key names, from 0; None for one that is not ours.

        A drawn path follows from the rest of its key, and is not drawn again to compare it.
        """
        try:
            scenario, arm, target, number, draw, path = key.split("/")
            column, repeat = self._columns[target], int(number)
            path = NO_PATH if (scenario, arm) in self._drawing else path
            place = self._places[scenario, arm, draw, path]
        except (ValueError, KeyError):
            return None
        if repeat not in place.repeats:
            return None
        return place.first + (repeat - 1) * place.size + column

    def _groups(self, wave: Wave) -> Iterator[tuple[int, tuple[Arm, ...], int]]:
        """The groups that are ours and in the wave: first position, arms, repeat."""
        wanted = None if wave.series is None else {series.scenario for series in wave.series}
        first = 0
        for number, arms in enumerate(self.scenarios):
            size = self._size(arms)
            if wanted is None or any(arm.scenario in wanted for arm in arms):
                ours: Iterable[int] = self._repeats_of(number)
                if wave.repeats is not None:
                    ours = (n for n in wave.repeats if n in self._repeats_of(number))
                for n in ours:
                    yield first + (n - 1) * size, arms, n
            first += size * self.repeats

    def _repeats_of(self, number: int) -> range:
        """The repeats of the scenario with this number, from 0, that are ours."""
        return (self.shard or Shard(1, 1)).repeats_of(number, self.repeats)

    def _size(self, arms: tuple[Arm, ...]) -> int:
        """How many dialogues a group of these arms has."""
        return sum(arm.size for arm in arms) * len(self.targets)

    def _chance(self, scenario: str, repeat: int) -> Chance:
        return Chance(self.seed, scenario, repeat)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {target: column for column, target in enumerate(self.targets)}

    @cached_property
    def _drawing(self) -> frozenset[tuple[str, str]]:
        """The scenario and arm of those whose paths are drawn."""
        arms = (arm for arms in self.scenarios for arm in arms)
        return frozenset((arm.scenario, arm.name) for arm in arms if arm.draws_paths)

    @cached_property
    def _places(self) -> dict[tuple[str, str, str, str], _Place]:
        """Where each draw and path of each arm of each scenario stands; the rest is arithmetic."""
        places = {}
        first = 0
        for number, arms in enumerate(self.scenarios):
            size, repeats = self._size(arms), self._repeats_of(number)
            for arm, draw, path in _dialogues(arms):
                where = (arm.scenario, arm.name, draw, path.id if path else NO_PATH)
                places[where] = _Place(repeats, first, size)
                first += len(self.targets)
            first += size * (self.repeats - 1)
        return places


def _dialogues(arms: Iterable[Arm]) -> Iterator[tuple[Arm, str, Path | None]]:
    """The dialogues that a target has in a repeat, in their order."""
    return ((arm, draw, path) for arm in arms for draw in arm.draws for path in arm.paths)


class Done:
    """Which dialogues of a plan are done: one bit for each."""

    def __init__(self, plan: Plan) -> None:
        self._position = plan.position
        self._bits = bytearray(plan.whole // 8 + 1)
        self._count = 0

    def add(self, key: str) -> None:
        """Count a dialogue as done, once; a key that the plan does not have counts for nothing."""
        position = self._position(key)
        if position is not None and position not in self:
            self._bits[position >> 3] |= 1 << (position & 7)
            self._count += 1

    def __contains__(self, position: int | None) -> bool:
        return position is not None and bool(self._bits[position >> 3] >> (position & 7) & 1)

    def __len__(self) -> int:
        return self._count


def plan(
    suite: Suite,
    targets: Sequence[str],
    *,
    repeats: int,
    arms: Sequence[str] | None = None,
    walk: str = Walk.RANDOM,
    mode: str = Mode.CLOSED,
    seed: int = 0,
    shard: Shard | None = None,
    paths: Sequence[str] | None = None,
) -> Plan:
    """The plan of a run. `arms=None` takes every authored arm that is no control.

    Arms and controls are named; `authored`, `controls` and `all` stand for several. A scenario that
    cannot have a named control goes without, and the plan says so. Controls follow the replies,
    whatever the `walk`: it plans the authored arms. In forced mode each repeat draws a path of
    theirs. `seed` is the run's. `paths` are those that the walk `chosen` takes, as they are written
    (`open > insist > end`); one that begins with the id of a scenario and a colon is of that
    scenario alone.

    Raises InputError for an arm that no scenario has, for a control that none can have, for too
    many paths, for a path that an arm does not have, for an unknown walk or mode, and when there is
    nothing to do.
    """
    if repeats < 1:
        raise InputError(f"repeats is {repeats}; at least 1 is needed")
    playables = [Playable(scenario, suite.rule_of(scenario)) for scenario in suite.scenarios]
    named = (AUTHORED,) if arms is None else tuple(arms)
    _check_named(named, playables)
    chosen, forced = _walk(walk, paths), _is_forced(mode)
    given = _given(paths or (), suite)
    scenarios = tuple(
        tuple(
            _arm(playable, name, chosen, forced, given.get(playable.scenario.id, ()))
            for name in _wanted(playable, named)
        )
        for playable in playables
    )
    planned = Plan(
        scenarios, tuple(targets), repeats, seed, shard, tuple(_without(playables, named))
    )
    if not planned.whole:
        raise InputError("there is nothing to run; give at least one scenario, arm and target")
    if not planned:
        raise InputError(
            f"shard {shard} has nothing to run: a plan is divided by scenario and repeat, and of "
            f"these there are {len(scenarios) * repeats}; use fewer shards"
        )
    return planned


def _check_named(named: Sequence[str], playables: Sequence[Playable]) -> None:
    """Raise InputError for a name that stands for nothing in any scenario."""
    known = dict.fromkeys(arm for one in playables for arm in one.scenario.arm_names)
    for name in named:
        if name in CONTROLS and name not in known:
            reasons = [one.why_not(name) for one in playables]
            if reasons and all(reasons):
                told = " / ".join(dict.fromkeys(filter(None, reasons)))
                raise InputError(f"no scenario can have the control '{name}': {told}")
        elif name not in known and name not in SEVERAL_ARMS:
            allowed = dict.fromkeys([*known, *SEVERAL_ARMS, *CONTROLS])
            raise InputError(f"no scenario has an arm '{name}'" + choices(name, allowed))


def _wanted(playable: Playable, named: Collection[str]) -> list[str]:
    """Of what a scenario can be played as, what was named: its arms, then controls."""
    arms = not {AUTHORED, ALL}.isdisjoint(named)
    return [
        *(name for name in playable.authored if arms or name in named),
        # Whether a control can be made may take a while to tell, so that only these are looked at.
        *(name for name in _controls(named) if playable.why_not(name) is None),
    ]


def _controls(named: Collection[str]) -> list[str]:
    """The controls that were named."""
    every = not {CONTROLLED, ALL}.isdisjoint(named)
    return [name for name in CONTROLS if every or name in named]


def _without(playables: Sequence[Playable], named: Collection[str]) -> Iterator[Without]:
    """The controls that were named and that a scenario cannot have, with the reasons."""
    for name in _controls(named):
        why: dict[str, list[str]] = {}
        for playable in playables:
            if (reason := playable.why_not(name)) is not None:
                why.setdefault(reason, []).append(playable.scenario.id)
        if why:
            ids = {reason: tuple(scenarios) for reason, scenarios in why.items()}
            yield Without(name, ids, len(playables))


def _given(texts: Sequence[str], suite: Suite) -> dict[str, tuple[str, ...]]:
    """The paths that were written down for each scenario, each once."""
    given: dict[str, dict[str, None]] = {scenario.id: {} for scenario in suite.scenarios}
    for text in texts:
        name, colon, path = text.partition(":")
        if colon and name.strip() in given:
            given[name.strip()][path.strip()] = None
        elif colon and _names_a_scenario(name, suite):
            raise InputError(
                f"path '{text.strip()}': there is no scenario '{name.strip()}' here"
                + choices(name.strip(), given)
            )
        else:
            for written in given.values():
                written[text.strip()] = None
    for scenario, written in given.items():
        if texts and not written:
            raise InputError(
                f"no path was chosen for scenario '{scenario}'; write one as '{scenario}: open > "
                "...', or leave the scenario out"
            )
    return {scenario: tuple(written) for scenario, written in given.items()}


def _names_a_scenario(before_colon: str, suite: Suite) -> bool:
    """Whether what stands before a colon is meant as a scenario; a state's name may have one."""
    if ">" in before_colon or '"' in before_colon:
        return False
    states = (state for scenario in suite.scenarios for state in scenario.states)
    return not any(state.startswith(f"{before_colon.strip()}:") for state in states)


def _arm(
    playable: Playable, name: str, walk: Walk, forced: bool, written: Sequence[str] = ()
) -> Arm:
    draws = playable.draws(name)
    if playable.is_made(name):
        return Arm(playable, name, draws, (None,), forced)
    graph = playable.graph(name, Chance(0, playable.scenario.id, 1))  # the same in every repeat
    planned = distinct(graph, (parse_path(text, graph) for text in written))
    paths = planned or paths_of(graph, walk) or (None,)
    return Arm(playable, name, draws, paths, forced and walk is Walk.RANDOM)


def _walk(name: str, paths: Sequence[str] | None) -> Walk:
    if name not in list(Walk):
        raise InputError(f"'{name}' is no walk" + choices(name, list(Walk)))
    if (name == Walk.CHOSEN) is not bool(paths):
        raise InputError(
            f"--walk {name} plans its own paths; use one of --walk and --path"
            if paths
            else "--walk chosen plays the paths that are given; give some with --path or --paths"
        )
    return Walk(name)


def _is_forced(mode: str) -> bool:
    simulated = [Mode.CLOSED, Mode.FORCED]
    if mode not in simulated:
        raise InputError(f"'{mode}' is no mode to run in" + choices(mode, simulated))
    return mode == Mode.FORCED
