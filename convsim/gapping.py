"""The gap of a stored run measured: its dialogues on the context ladder, by rules or by a model.

No target is called, and no dialogue or verdict changes. The rules cost nothing. A model's calls are
calls of the run, within its limits and in its ledger: a prompt that two rungs or two dialogues
share is asked once, and an interrupted measurement goes on without paying twice.

A model that is broken tells nothing, and costs as much. So the first dialogues go ahead of the
others until something came back that can be used, and where nothing does it ends there. Whatever
could not be used is asked anew, in a sample of its own, by whoever measures the next time: a server
may have been mended since.

    gap/NAME.jsonl    what this judge saw of each dialogue; the last row of a key counts
    gap/NAME.json     the table
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Callable,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from convsim.batch import Lane, batch
from convsim.budget import Budget, Till
from convsim.calling import Calls, OfSample
from convsim.chance import request_seed
from convsim.digests import Role, ledger_key
from convsim.errors import CallError, Halted, InputError, Permanent, Suspended, Voided, choices
from convsim.gap import Cost
from convsim.judges.ladder import USELESS, LadderJudge
from convsim.judges.naming import parse_judge
from convsim.ladder import RULES, WINDOW, Climbed, GapTable, Rung, Sight, climb, left_out, no_truth
from convsim.ledger import Journaled, Ledger
from convsim.limits import Halt, Limits
from convsim.manifest import stored_limits
from convsim.ports import Target
from convsim.recorded import Recorded
from convsim.runs import Run
from convsim.seating import JUDGE
from convsim.session import Controls, check_budget
from convsim.stores import RunDirectory
from convsim.targets.functions import Function
from convsim.targets.opening import Named, open_models
from convsim.targets.wanted import Wanted
from convsim.traffic import Traffic
from convsim.transcript import Key, Reply, Request

AnyLadderJudge = str | Wanted | Target | Function
"""Who looks: `rules`, the target string of a model, a targets file with one target, or an object
with `reply`."""

TRIED = 3
"""So many dialogues show whether anything that a model says can be used."""

EXAMPLE = 80
"""Characters that are quoted of what could not be used."""

Seen = Callable[[str], None]
"""Called with the key of each dialogue that was looked at; for progress."""


async def measure_gap(
    run: str | os.PathLike[str],
    judge: AnyLadderJudge | None = None,
    *,
    window: int = WINDOW,
    rungs: Iterable[Rung | str] | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
    halt: Halt | None = None,
) -> GapTable:
    """What a judge sees of spread harm, by how much of each dialogue it is shown.

        table = await convsim.measure_gap("runs/march", "openai/gpt-5-mini?max_tokens=300")
        print(table.targets["t1"])

    `judge` looks at every dialogue with facets of a stored run from the `rungs` of the ladder, by
    default from all; `window` is how many exchanges the window shows. The rules, if it is None,
    cost nothing; a model is asked within `limits` (the run's) and `budget`. What it saw before is
    not paid for again; answers that could not be used are asked anew. Raises `InputError` where no
    dialogue's truth is known, `Voided` where nothing that comes back can be used, and as `rejudge`
    does; the same call goes on from there.
    """
    controls = Controls.of(limits, budget, halt)
    with Gapping(run, judge, window=window, rungs=rungs, controls=controls) as gapping:
        await gapping.play()
        return gapping.table()


class Gapping:
    """One judge on the ladder, at every dialogue of a run directory; open for writing.

    `asked` counts what the model was asked, `failures` by message what left dialogues unseen.
    `model` is what a user calls it, None of the rules, and `stored` counts the dialogues that were
    seen in earlier sessions, by what it was called then. Nothing is asked about a dialogue that has
    no place on the ladder (`ladder.left_out`).
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        judge: AnyLadderJudge | None = None,
        *,
        window: int = WINDOW,
        rungs: Iterable[Rung | str] | None = None,
        controls: Controls | None = None,
    ) -> None:
        self.run = Run(path)
        self.directory = RunDirectory.open(path)
        self.controls = controls or Controls()
        self.window = _checked_window(window)
        self.rungs = rungs_of(rungs)
        self.failures: Counter[str] = Counter()
        self.asked = Traffic()
        self.traffic = Traffic(judge=self.asked)
        self._left_out: Counter[str] = Counter()
        self._places = self._find_places()
        limits = self.controls.limits or stored_limits(self.directory)
        models = _opened(judge, limits)
        check_budget(self.controls.budget, models)
        self._judge = _seated(models)
        self.name = RULES if self._judge is None else self._judge.name
        self.model = _called(models)
        self._models: dict[str, str | None] = {}
        self._seen = self._read_seen()
        self._useless = {key: _useless(sights) for key, sights in self._seen.items()}
        self._todo = _in_order(key for key in self._places if self._wanted(key))
        self.stored = Counter(self._models[key] for key in {*self._places} - {*self._todo})
        self._trial = _Trial(self._untried())
        self._noted: set[str] = set()
        self._calls = Calls(
            models, limits, Till(self.controls.budget, self.controls.halt, self.traffic)
        )
        self._ledger = Ledger(self.directory, recorded=self._recorded() if models else None)
        self.directory.when_full = self.controls.halt.request

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.directory.close()

    @property
    def left(self) -> int:
        """How many dialogues this judge has yet to look at, when it begins."""
        return len(self._todo)

    @property
    def unseen(self) -> int:
        """How many dialogues some rung has not looked at."""
        return sum(bool(self._wanted(key)) for key in self._places)

    @property
    def file(self) -> Path:
        """Where it is written down what this judge sees."""
        return self.directory.path / f"{self._file}.jsonl"

    def trouble(self) -> str | None:
        """What keeps it waiting, for progress; None where nothing does."""
        return self._calls.trouble()

    async def play(self, seen: Seen = lambda key: None) -> None:
        """Look at what this judge has not seen yet, and write down what it saw.

        Raises `Permanent` and `Suspended` as a run does, and `Voided` where nothing that came back
        of the first dialogues can be used; the same call goes on from there.
        """
        if self._judge is None:
            # All anew: it is free, and the rules may have changed.
            await batch([Lane(self._places, 1)], self._climb, seen, halt=self.controls.halt)
        else:
            await self._ask(self._judge, seen)
        self.directory.write(self._file, self.table().to_dict())

    def table(self) -> GapTable:
        """The gap of each rung, over the dialogues that every rung has looked at."""
        climbed = Climbed(
            self.name, self.window, left_out=Counter(self._left_out), model=self.model
        )
        climbed.add_failed(len(self.run.errors))
        for key in self._places:
            if self._wanted(key):
                climbed.left_out["not measured yet"] += 1
                continue
            transcript = self.run.transcript(key)
            sights = {rung: self._seen[key][rung] for rung in self.rungs}
            climbed.add(transcript, self.run.case_of(transcript), sights)
        return climbed.table()

    # -- who takes part

    def _find_places(self) -> list[str]:
        """The dialogues whose truth is known; raises `InputError` where there are none."""
        places = []
        for key in self.run.counted_keys:
            transcript = self.run.transcript(key)
            if why := left_out(transcript, self.run.case_of(transcript)):
                self._left_out[why] += 1
            else:
                places.append(key)
        if not places:
            raise InputError(
                f"{no_truth(self.run.path, self._left_out)}; the gap needs scenarios with `facets` "
                "that have a canary or a regex each, such as those in scenarios/spread/"
            )
        return places

    def _untried(self) -> list[str]:
        """The dialogues that show whether the model answers: those that it was not asked about yet,
        unless they are few and it answered before. What it was at a loss with may be hard.
        """
        answered = any(
            sight.cost.calls and sight.why not in USELESS
            for sights in self._seen.values()
            for sight in sights.values()
        )
        if not answered:
            return self._todo
        new = [key for key in self._todo if key not in self._seen]
        return new if len(new) >= TRIED else []

    # -- looking

    async def _climb(self, key: str) -> str:
        """What the rules see of one dialogue."""
        transcript = self.run.transcript(key)
        found = climb(transcript, self.run.case_of(transcript), self.rungs, window=self.window)
        self._write_down(key, found)
        return key

    async def _ask(self, judge: LadderJudge, seen: Seen) -> None:
        target = self._journaled()

        async def look(key: str) -> str:
            async with self._trial.of(key):
                await self._look(key, judge, target)
            if self._trial.is_void:
                raise Voided(self._void_told())
            return key

        if self._todo:
            self.directory.lock()  # before anything is paid for
        try:
            lane = Lane(self._in_groups(), max(1, self._calls.width(self._calls.items)))
            await batch([lane], look, seen, halt=self.controls.halt)
        except Suspended as error:
            raise error.by(f"convsim gap {self.run.path}") from error
        finally:
            await self._ledger.aclose()
            await self._calls.aclose()

    def _journaled(self) -> Target:
        """The model within its limits, with its answers in the ledger; what it is asked in this
        session is noted.
        """
        (item,) = self._calls.items
        return Journaled(
            _Noting(self._calls.limited(item, self.asked), self._noted),
            self._ledger,
            alias=self.name,
            fingerprint=item.fingerprint,
            role=Role.JUDGE,
            traffic=self.asked,
        )

    def _void_told(self) -> str:
        trial = self._trial
        reasons = ", ".join(why for why, _ in trial.useless.most_common())
        example = " ".join(trial.example.split())[:EXAMPLE]
        return (
            f"VOID: nothing that judge {self.model or self.name} said of the first "
            f"{trial.size} dialogues can be used, after {self.asked.calls:,} calls ({reasons}; "
            f"such as {example!r}). It is asked no more: see that it is the right model, and that "
            "it can answer in JSON within its `max_tokens`; the same command asks anew"
        )

    def _in_groups(self) -> Iterator[str]:
        """The dialogues that are left, those of one (scenario, repeat) together; the ledger keeps
        the replies of the newest one at hand, because its arms share prompts.
        """
        for group, keys in groupby(self._todo, key=lambda key: Key.parse(key).group):
            self._ledger.enter(group)
            try:
                yield from keys
            finally:
                self._ledger.leave(group)

    async def _look(self, key: str, judge: LadderJudge, target: Target) -> None:
        """What a model sees of one dialogue at the rungs it has not looked from."""
        transcript = self.run.transcript(key)
        case, place = self.run.case_of(transcript), Key.parse(key)

        def draw(n: int) -> _Draw:
            sample = f"{place.sample}.again.{n}" if n else place.sample
            return _Draw(
                target, sample, request_seed(self.run.manifest["seed"], sample), self._noted
            )

        asked = judge.through(draw, self._trial.hear)
        found: dict[Rung, Sight] = {}
        self._ledger.enter(place.group)
        try:
            for rung in self._wanted(key):
                found[rung] = await asked.look(rung, transcript, case, window=self.window)
        except (Permanent, Halted, Suspended):
            raise
        except CallError as error:
            self.failures[str(error)] += 1
        finally:
            self._ledger.leave(place.group)
            self._write_down(key, found)

    # -- what was seen

    @cached_property
    def _file(self) -> str:
        """Another window is another file; what it shares with this one is in the ledger."""
        other = "" if self.window == WINDOW else f".window-{self.window}"
        return f"gap/{self.name}{other}"

    def _read_seen(self) -> dict[str, dict[Rung, Sight]]:
        """What this judge saw in earlier sessions, and what it was called then."""
        seen = {}
        try:
            for row in self.directory.read(self._file):
                key, sights = _parsed(row)
                seen[key], self._models[key] = sights, row.get("model")
            return seen
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{self.directory.path}/{self._file}.jsonl has a row that is none ({error!r}); "
                "remove the file to look again: what was paid for is in the ledger"
            ) from error

    def _wanted(self, key: str) -> list[Rung]:
        """The rungs from which a dialogue was not looked at, or is to be looked at anew."""
        known, useless = self._seen.get(key, {}), self._useless.get(key, ())
        return [rung for rung in self.rungs if rung not in known or rung in useless]

    def _write_down(self, key: str, found: Mapping[Rung, Sight]) -> None:
        """What was seen now, beside what was seen before."""
        before = self._seen.get(key, {})
        self._useless.get(key, set()).difference_update(found)
        if found.items() <= before.items():
            return
        now = self._seen[key] = {**before, **found}
        self.directory.append(self._file, _row(key, now, self.model))

    def _recorded(self) -> Recorded:
        """What the directory's ledger holds of the dialogues that are not seen yet."""
        wanted = {Key.parse(key).group for key in self._todo}
        return Recorded(self.directory, wanted.__contains__)


class _Trial:
    """Whether a model answers at all: the first dialogues show it, and the others wait for that.

    `is_void`: something came back of them, and nothing of any use.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._first, self._others = set(keys[:TRIED]), set(keys[TRIED:])
        self.size = len(self._first)
        self.is_void = False
        self.used = 0
        self.useless: Counter[str] = Counter()
        self.example = ""
        self._over = asyncio.Event()

    def hear(self, why: str, text: str) -> None:
        """One question was answered, or not."""
        if why in USELESS:
            self.useless[why] += 1
            self.example = self.example or text
        else:
            self.used += 1
            self._over.set()

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """While a dialogue is looked at, once it may be."""
        if key in self._others:
            await self._over.wait()
        try:
            yield
        finally:
            if key in self._first:
                self._end(key)

    def _end(self, key: str) -> None:
        self._first.remove(key)
        if not self._first:
            self.is_void = bool(self.useless) and not self.used
            self._over.set()


@dataclass(frozen=True, slots=True)
class _Noting:
    """A target that notes what it is asked, so that answers from the ledger can be told apart."""

    inner: Target
    noted: set[str]

    async def reply(self, request: Request) -> Reply:
        """The inner target's reply."""
        self.noted.add(_note(request))
        return await self.inner.reply(request)


class _Draw:
    """A model in one sample; `is_new` where any of its answers is not from an earlier session."""

    def __init__(self, target: Target, sample: str, seed: int, noted: Container[str]) -> None:
        self._target = OfSample(target, sample, seed, Role.JUDGE)
        self._sample = sample
        self._noted = noted
        self.is_new = False

    async def reply(self, request: Request) -> Reply:
        """The model's reply."""
        try:
            return await self._target.reply(request)
        finally:
            self.is_new |= _note(replace(request, sample=self._sample)) in self._noted


def _note(request: Request) -> str:
    return ledger_key(Role.JUDGE, "", request.sample, request.messages)


def _in_order(keys: Iterable[str]) -> list[str]:
    """The dialogues of one (scenario, repeat) together."""
    return sorted(keys, key=lambda key: (Key.parse(key).group, key))


def _useless(sights: Mapping[Rung, Sight]) -> set[Rung]:
    """The rungs at which nothing was said that could be used."""
    return {rung for rung, sight in sights.items() if sight.why in USELESS}


def _row(key: str, sights: Mapping[Rung, Sight], model: str | None) -> dict[str, Any]:
    seen = {
        rung.value: {
            "score": sight.score,
            "turn": sight.turn,
            **sight.cost._asdict(),
            "why": sight.why,
        }
        for rung, sight in sights.items()
    }
    return {"key": key, "model": model, "sights": seen}


def _parsed(row: Mapping[str, Any]) -> tuple[str, dict[Rung, Sight]]:
    """A dialogue and what was seen of it."""
    return row["key"], {
        Rung(rung): Sight(
            it["score"], it["turn"], Cost(it["calls"], it["characters"], it["tokens"]), it["why"]
        )
        for rung, it in row["sights"].items()
    }


# -- what a user says


def rungs_of(names: Iterable[Rung | str] | None) -> tuple[Rung, ...]:
    """The rungs by their names, in order, and the reply rung, which all are compared with."""
    if names is None:
        return tuple(Rung)
    allowed = [rung.value for rung in Rung]
    given = {str(name).strip() for name in names}
    for name in sorted(given):
        if name not in allowed:
            raise InputError(f"'{name}' is no rung" + choices(name, allowed))
    return tuple(rung for rung in Rung if rung in given or rung is Rung.REPLY)


def _checked_window(window: int) -> int:
    if window < 2:
        raise InputError(
            f"a window of {window} exchanges; give 2 or more, since one is the rung `exchange`"
        )
    return window


def _opened(judge: AnyLadderJudge | None, limits: Limits) -> tuple[Named, ...]:
    """The model that looks; none where the rules do."""
    thing: object = judge
    if isinstance(judge, str):
        (thing,) = parse_judge([judge]).members
    if thing is None:
        return ()
    return open_models([thing], JUDGE, connections=limits.concurrency, timeout=limits.timeout)


def _called(models: Iterable[Named]) -> str | None:
    """What a user calls the model: its target string, with its host."""
    return next((item.text or item.fingerprint for item in models), None)


def _seated(models: Iterable[Named]) -> LadderJudge | None:
    for item in models:
        return LadderJudge(item.target, fingerprint=item.fingerprint)
    return None
