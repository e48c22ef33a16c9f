"""What a run did on a graph: who came where, which ways were taken, where it gave way. Pure.

Every figure is a `Share`, with its numerator and denominator. Dialogues are counted for states and
ways, turns for crossings; a turn that several dialogues share through the ledger counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from convsim.drawing.picture import Way
from convsim.graph import THEN, Graph
from convsim.reading import Label
from convsim.trajectory import Step, Trajectory
from convsim.transcript import Mode, Stop, Transcript


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    of: int

    def __str__(self) -> str:
        return f"{self.hits}/{self.of}"

    @property
    def value(self) -> float:
        """Between 0 and 1; 0 of none."""
        return self.hits / self.of if self.of else 0.0


class Played(NamedTuple):
    """A dialogue that was played on the graph, and what became of it.

    `path` is None where its judge abstained: then nobody knows where it gave way.
    """

    transcript: Transcript
    path: Trajectory | None


class Untaken(NamedTuple):
    """Why nobody took a way. `possible` says that some replies could have opened it."""

    possible: bool
    reason: str


_Taken = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Overlay:
    """Figures of a run for one graph.

    `whose` names the target, `judge` says who found the crossings, `failed` is how many more
    dialogues an error ended: they are in no figure. `entered` counts dialogues by state; `taken` by
    source, label and target, and without the label under None, which is all that is known of forced
    dialogues. `crossed` are the turns at which a restricted ask was delivered, of those that could
    be read; `flipped` the same after a refusal. `why` says of ways that nobody took why not.
    """

    whose: str
    judge: str
    mode: str
    dialogues: int
    failed: int
    entered: Mapping[str, int]
    taken: Mapping[_Taken, int]
    crossed: Mapping[str, Share]
    flipped: Mapping[str, Share]
    why: Mapping[tuple[str, str, str], Untaken] = field(default_factory=dict)

    def at(self, place: str) -> Share:
        """How many dialogues came to a state."""
        return Share(self.entered.get(place, 0), self.dialogues)

    def of_way(self, way: Way) -> Share | None:
        """How many of those who came to its source took a way; None where no label is known.

        Ways of one label to one state, told apart by their conditions, are counted together.
        """
        if self.mode == Mode.FORCED:
            return None
        return self._share((way.source, way.label, way.to))

    def of_line(self, ways: Iterable[Way]) -> Share:
        """How many of those who came to the source of some ways to one state took any of them."""
        first, *_ = ways
        return self._share((first.source, THEN if first.then else None, first.to))

    def was_possible(self, ways: Iterable[Way]) -> bool:
        """Whether it was the replies that kept everybody from ways to one state."""
        ways = list(ways)
        told = [self.why[key] for way in ways if (key := _key(way)) in self.why]
        return any(it.possible for it in told) if told else bool(self.of_line(ways).of)

    def reasons(self, ways: Iterable[Way]) -> tuple[str, ...]:
        """Why nobody took them, in words; nothing where nobody worked it out."""
        told = (self.why.get(_key(way)) for way in ways)
        return tuple(dict.fromkeys(it.reason for it in told if it is not None))

    def _share(self, taken: _Taken) -> Share:
        return Share(self.taken.get(taken, 0), self.entered.get(taken[0], 0))

    @property
    def about(self) -> str:
        """Whose figures these are, and of how much."""
        failed = f"; {self.failed} more ended in an error and are left out" if self.failed else ""
        return (
            f"{self.whose}, {self.mode} mode, {self.judge}: {self.dialogues} "
            f"dialogue{'' if self.dialogues == 1 else 's'} of 1 scenario{failed}"
        )


def _key(way: Way) -> tuple[str, str, str]:
    return way.source, way.label, way.to


def overlay(
    graph: Graph,
    played: Iterable[Played],
    *,
    whose: str,
    judge: str,
    failed: int = 0,
    why: Mapping[tuple[str, str, str], Untaken] | None = None,
) -> Overlay:
    """The figures of dialogues that were played on this graph, all in one mode."""
    entered: Counter[str] = Counter()
    taken: Counter[_Taken] = Counter()
    crossed: dict[str, list[bool]] = {}
    flipped: dict[str, list[bool]] = {}
    known: set[object] = set()
    modes: dict[str, None] = {}
    dialogues = 0
    for transcript, path in played:
        dialogues += 1
        modes[transcript.mode.value] = None
        places, ways = _walked(graph, transcript)
        entered.update(places)
        taken.update(ways)
        for step in _once(transcript, path, known):
            name = step.turn.state or ""
            crossed.setdefault(name, []).append(step.crossed)
            if path is not None and path.refusals_before(step):
                flipped.setdefault(name, []).append(step.crossed)
    return Overlay(
        whose=whose,
        judge=judge,
        mode=" and ".join(modes) or "no",
        dialogues=dialogues,
        failed=failed,
        entered=entered,
        taken=taken,
        crossed=_shares(crossed),
        flipped=_shares(flipped),
        why=why or {},
    )


def _shares(told: Mapping[str, list[bool]]) -> dict[str, Share]:
    return {name: Share(sum(hits), len(hits)) for name, hits in told.items()}


def _walked(graph: Graph, transcript: Transcript) -> tuple[set[str], set[_Taken]]:
    """The states that a dialogue came to, and the ways it took."""
    forced = transcript.mode is Mode.FORCED
    places: set[str] = set()
    ways: set[_Taken] = set()
    visits: dict[str, int] = {}
    at = graph.start
    for turn in transcript.turns:
        places.add(turn.state or "")
        visits[turn.state or ""] = turn.visit
        if turn.to is None:
            continue
        source, at = turn.state or "", turn.to
        ways |= {(source, None, at), (source, turn.opened_by, at)}
        while not forced and (onward := _used_up(graph, at, visits)) is not None:
            ways.add((at, THEN, onward))
            at = onward
    if transcript.stop is Stop.FINAL:
        places.add(at)
    return places, ways


def _used_up(graph: Graph, name: str, visits: Mapping[str, int]) -> str | None:
    """Where a state passes on to now; None where it can still be entered."""
    state = graph.states[name]
    if state.visits is None or visits.get(name, 0) < state.visits:
        return None
    return state.then


def _once(transcript: Transcript, path: Trajectory | None, known: set[object]) -> Iterator[Step]:
    """The restricted turns that can be read, without those that another dialogue shared."""
    if path is None:
        return
    restricted = {step.n for step in path.restricted}
    said: object = (transcript.target, transcript.repeat, transcript.draw)
    for step in path.steps:
        said = hash((said, step.turn.user, step.turn.reply))
        if said in known or step.n not in restricted:
            continue
        known.add(said)
        if _is_read(step, path):
            yield step


def _is_read(step: Step, path: Trajectory) -> bool:
    """Whether it is known what the assistant did; a doubtful flip is not."""
    if step.label in (None, Label.UNCLEAR):
        return step.crossed and not path.is_doubtful(step)
    return not (step.crossed and path.is_doubtful(step))
