"""What a planned run will take: dialogues, calls, tokens and money, before anything is called.

How long a dialogue becomes depends on the replies, so most numbers are bounds. They count what a
run of the plan asks for when every call succeeds at once: a retry adds a call, and a block or an
error ends its dialogue sooner. Conversations of one (scenario, repeat, target) that begin alike
share calls. What the user says first is known beforehand: dialogues that differ there share
nothing, and those that do not share their first call for certain, and perhaps all the others.

The work is per arm of a scenario, not per dialogue; repeats are counted by which arms open alike. A
control that is another one in each repeat has as many turns in all of them; how long its messages
are is taken from the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from textwrap import fill as wrap
from typing import Any, NamedTuple

from convsim.chance import Chance
from convsim.graph import Graph
from convsim.paths import Path, turn_bounds
from convsim.plan import Arm, Plan, Shard, Without, without_told
from convsim.price import MILLION, Price
from convsim.templates import fill
from convsim.transcript import Mode
from convsim.walk import draw_slots

REPLY_TOKENS = 300
"""How long a reply is taken to be: about 200 words, as chat models answer short questions."""

ANSWER_TOKENS = 150
"""How long a classifier's answer is taken to be: three values and three short quotes."""

BYTES_PER_TOKEN = 4
"""A rule of thumb for English; an estimate, where `budget` needs a bound."""

MESSAGE_TOKENS = 4
"""What a chat template puts around one message."""


class Bounds(NamedTuple):
    """At least and at most; equal where the number is exact."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class TargetForecast:
    """What one target will be asked and cost. `cost` is in US dollars, None where unknown."""

    target: str
    dialogues: int
    calls: Bounds
    prompt_tokens: Bounds
    completion_tokens: Bounds
    cost: Bounds | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A model that a classifier asks about replies: about each of them, or only about some.

    `prompt_bytes` are in every question beside the conversation and the reply; `calls` are the most
    that one reading takes.
    """

    alias: str
    price: Price | None = None
    max_tokens: int | None = None
    prompt_bytes: int = 0
    always: bool = True
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Consulted:
    """A model that a judge asks about whole dialogues: about each of them, or only about some.

    `calls` says how many questions a dialogue of so many turns takes, at least and at most;
    `prompt_bytes` are in every question beside the dialogue. `sentinels` are the turns of the
    dialogues that it is examined on.
    """

    alias: str
    price: Price | None = None
    max_tokens: int | None = None
    prompt_bytes: int = 0
    always: bool = True
    calls: Callable[[int], tuple[int, int]] = lambda _: (1, 1)
    sentinels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan will take, by target. `reply_tokens` is what the tokens and costs assume.

    `guards` are what the guards of targets ask, `classifiers` the models that a classifier asks,
    `judges` those that a judge asks; the totals include them. `without` are the controls that not
    every scenario has.
    """

    targets: tuple[TargetForecast, ...]
    reply_tokens: int
    classifiers: tuple[TargetForecast, ...] = ()
    judges: tuple[TargetForecast, ...] = ()
    without: tuple[Without, ...] = ()
    guards: tuple[TargetForecast, ...] = ()

    @property
    def dialogues(self) -> int:
        """How many dialogues there will be."""
        return sum(target.dialogues for target in self.targets)

    @property
    def calls(self) -> Bounds:
        """How many calls all targets, classifiers and judges together will get."""
        return _sum(item.calls for item in self._all)

    @property
    def cost(self) -> Bounds | None:
        """US dollars for all of them; None where one of them is unknown."""
        costs = [item.cost for item in self._all if item.cost is not None]
        return _sum(costs) if len(costs) == len(self._all) else None

    @property
    def _all(self) -> tuple[TargetForecast, ...]:
        return (*self.targets, *self.guards, *self.classifiers, *self.judges)

    def to_dict(self) -> dict[str, Any]:
        """The forecast as plain data; bounds are `[least, most]`."""
        whole = {"dialogues": self.dialogues, "calls": self.calls, "cost": self.cost}
        return {
            **_plain(whole),
            "reply_tokens": self.reply_tokens,
            "targets": [_plain(asdict(target)) for target in self.targets],
            "guards": [_plain(asdict(item)) for item in self.guards],
            "classifiers": [_plain(asdict(item)) for item in self.classifiers],
            "judges": [_plain(asdict(item)) for item in self.judges],
            "without": [item.to_dict() for item in self.without],
        }

    def text(self, width: int = 80) -> str:
        """A table for people, at most `width` wide."""
        rows = [_HEADS, *map(_row, self._all)]
        if len(self._all) > 1:
            whole = (f"{self.dialogues:,}", calls_told(self.calls), "", "", money_told(self.cost))
            rows.append(("all", *whole))
        columns = [max(map(len, column)) for column in zip(*rows, strict=True)]
        columns[0] = min(columns[0], max(6, width - sum(columns[1:]) - 2 * len(columns[1:])))
        lines = [line for row in rows for line in _lines(row, columns, width)]
        notes = (
            f"Tokens and costs are estimates: {BYTES_PER_TOKEN} bytes a token, replies of "
            f"{self.reply_tokens} tokens (or max_tokens, where that is less). Retries come on top; "
            "a block or an error ends a dialogue sooner."
        )
        if self.guards:
            notes += " A guard rules on each message of its side at most once."
        if self.classifiers:
            notes += " A classifier reads each reply at most once."
        if self.judges:
            notes += " A judge is shown whole dialogues, and examined on sentinels first."
        told = without_told(self.without)
        told = f"Without: {told}." if told else ""
        return "\n".join((*lines, "", wrap(notes, width), *filter(None, [wrap(told, width)])))


def forecast(
    plan: Plan,
    prices: Mapping[str, Price | None],
    max_tokens: Mapping[str, int | None] | None = None,
    *,
    reply_tokens: int = REPLY_TOKENS,
    tokens_beside: Mapping[str, int] | None = None,
    mode: str = Mode.CLOSED,
    guards: Mapping[str, Sequence[Asked]] | None = None,
    asked: Sequence[Asked] = (),
    consulted: Sequence[Consulted] = (),
) -> Forecast:
    """What `plan` will take. `prices` and `max_tokens` are by alias, as in `prices`.

    `tokens_beside` are those in every prompt beside the scenario's own, such as a target's system
    prompt. `guards` are what the guards of targets ask, by alias, `asked` the models behind the
    classifier, `consulted` those behind the judge.
    """
    least, most = _loads(plan, reply_tokens, mode)
    size = len(plan) // len(plan.targets)

    def of(target: str) -> TargetForecast:
        limit = (max_tokens or {}).get(target)
        reply = reply_tokens if limit is None else min(limit, reply_tokens)
        beside = (tokens_beside or {}).get(target, 0)
        prompts = Bounds(least.prompt(reply, beside), most.prompt(reply, beside))
        replies = Bounds(least.calls * reply, most.calls * reply)
        return TargetForecast(
            target,
            size,
            Bounds(least.calls, most.calls),
            prompts,
            replies,
            _cost(prices.get(target), prompts, replies),
        )

    def read_by(model: Asked, n: int = len(plan.targets)) -> TargetForecast:
        # One question for each reply of n targets, the reply and what was said before in it.
        own = -(-model.prompt_bytes // BYTES_PER_TOKEN)
        answer = min(ANSWER_TOKENS, model.max_tokens or ANSWER_TOKENS)
        fewest, greatest = n if model.always else 0, n * model.calls
        beside = own + reply_tokens
        prompts = Bounds(
            fewest * least.prompt(reply_tokens, beside),
            greatest * most.prompt(reply_tokens, beside),
        )
        calls = Bounds(fewest * least.calls, greatest * most.calls)
        answers = Bounds(*(count * answer for count in calls))
        cost = _cost(model.price, prompts, answers)
        return TargetForecast(model.alias, n * size, calls, prompts, answers, cost)

    talks = list(_talks(plan, reply_tokens, mode)) if consulted else []

    def judged_by(model: Consulted) -> TargetForecast:
        return _judged(model, talks, len(plan.targets), reply_tokens)

    return Forecast(
        tuple(map(of, plan.targets)),
        reply_tokens,
        tuple(map(read_by, asked)),
        tuple(map(judged_by, consulted)),
        plan.without,
        tuple(read_by(model, 1) for models in (guards or {}).values() for model in models),
    )


def _cost(price: Price | None, prompts: Bounds, replies: Bounds) -> Bounds | None:
    """What so many tokens cost, over all calls: dearer tiers for long prompts are left out."""
    if price is None:
        return None
    least, most = (
        (prompt * price.input + reply * price.output) / MILLION
        for prompt, reply in zip(prompts, replies, strict=True)
    )
    return Bounds(least, most)


# -- calls --------------------------------------------------------------------------------------


class _Load(NamedTuple):
    """Some calls, and what their prompts hold.

    `said` is the tokens of system and user messages, `heard` the number of earlier replies.
    """

    calls: int = 0
    said: int = 0
    heard: int = 0

    def prompt(self, reply: int, beside: int) -> int:
        """The tokens of all prompts, with replies of so many tokens."""
        return self.said + self.heard * reply + self.calls * beside

    def plus(self, other: _Load, times: int = 1) -> _Load:
        return _Load(*(mine + times * its for mine, its in zip(self, other, strict=True)))


class _Opening(NamedTuple):
    """What a dialogue begins with: its draw, the operator's prompt and the user's first message."""

    draw: str
    system: str | None
    user: str


@dataclass(frozen=True, slots=True)
class _Played:
    """One draw of an arm or control: its calls in a repeat, at least and at most, and its openings.

    `openings` are those of the first repeat. `said` are the tokens of its shortest and of its
    longest wording.
    """

    arm: Arm
    start: str
    least: _Load
    most: _Load
    openings: tuple[_Opening, ...]
    said: tuple[int, int] = (0, 0)

    @property
    def varies(self) -> bool:
        """Whether its graph is another one in each repeat."""
        return self.arm.playable.varies(self.arm.name)

    def opened(self, chance: Chance) -> _Opening:
        """How it opens in one repeat."""
        start, openings = self.start, self.openings
        if self.varies:
            graph = self.arm.graph(chance, openings[0].draw)
            start, openings = graph.start, _openings(graph, openings[0].draw, chance)
        return openings[chance.pick(len(openings), 1, start, "wording")]


def _loads(plan: Plan, reply_tokens: int, mode: str) -> tuple[_Load, _Load]:
    """The calls that each target of a plan gets, at least and at most."""
    last = "word " * (BYTES_PER_TOKEN * reply_tokens // 5)
    least = most = _Load()
    for number, planned in enumerate(plan.scenarios):
        repeats = (plan.shard or Shard(1, 1)).repeats_of(number, plan.repeats)
        played = [
            _played(arm, draw, plan.seed, last, mode) for arm in planned for draw in arm.draws
        ]
        scenario = planned[0].scenario if planned else ""
        speaking = [one for one in played if one.openings]
        for alike, times in _alike(speaking, scenario, plan.seed, repeats).items():
            fewest, greatest = _shared(speaking, alike)
            least, most = least.plus(fewest, times), most.plus(greatest, times)
    return least, most


def _played(arm: Arm, draw: str, seed: int, last: str, mode: str) -> _Played:
    chance = Chance(seed, arm.scenario, 1)
    graph = arm.graph(chance, draw)
    slots = draw_slots(graph, chance)
    system = None if graph.system is None else fill(graph.system, slots)
    if graph.states[graph.start].final or graph.max_turns < 1:
        return _Played(arm, graph.start, _Load(), _Load(), ())
    wordings = [text for state in graph.states.values() for text in state.say]
    spoken = [*wordings, *graph.clarified]
    shortest = min(_tokens(fill(text, slots)) for text in wordings)
    longest = max(_tokens(fill(text, slots, last)) for text in spoken)
    fewest, greatest = _depths(graph, [path for path in arm.paths if path is not None], mode)
    head = 0 if system is None else _tokens(system)
    return _Played(
        arm,
        graph.start,
        _load(fewest, head, shortest),
        _load(greatest, head, longest),
        _openings(graph, draw, chance),
        (shortest, longest),
    )


def _openings(graph: Graph, draw: str, chance: Chance) -> tuple[_Opening, ...]:
    """How a graph may open; the secrets are those of the first repeat in all of them."""
    slots = draw_slots(graph, replace(chance, repeat=1))
    system = None if graph.system is None else fill(graph.system, slots)
    return tuple(
        _Opening(draw, system, fill(text, slots)) for text in graph.states[graph.start].say
    )


Depths = Mapping[int, int]
"""How many calls there are at each turn."""


def _depths(graph: Graph, paths: Sequence[Path], mode: str) -> tuple[Depths, Depths]:
    """At least and at most, in one repeat of one arm."""
    least, most = turn_bounds(graph)
    if not paths:
        return _straight(least), _straight(most)
    # Dialogues on paths that begin alike have the same replies up to where the paths part.
    nodes = {
        path.states[:n]
        for path in paths
        for n, state in enumerate(path.states, start=1)
        if not graph.states[state].final
    }
    tree = Counter(map(len, nodes))
    if mode == Mode.FORCED or (len(paths) == 1 and least == most):
        return tree, tree
    if graph.clarified:
        # Each may be asked one question back; how late says what its prompt may hold.
        deepest = max(tree)
        return _straight(1), tree + Counter({min(deepest + 1, graph.max_turns): len(paths)})
    return _straight(1), tree


def _straight(turns: int) -> Depths:
    return dict.fromkeys(range(1, turns + 1), 1)


def _load(depths: Depths, system: int, user: int) -> _Load:
    return _Load(
        sum(depths.values()),
        sum(calls * (system + turn * user) for turn, calls in depths.items()),
        sum(calls * (turn - 1) for turn, calls in depths.items()),
    )


def _tokens(text: str) -> int:
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN) + MESSAGE_TOKENS


# -- whole dialogues ----------------------------------------------------------------------------


class _Talk(NamedTuple):
    """Dialogues of one draw of an arm: how many, how long, and how long what the user says is."""

    dialogues: int
    turns: tuple[int, int]
    user: tuple[int, int]


def _talks(plan: Plan, reply_tokens: int, mode: str) -> Iterator[_Talk]:
    """The dialogues of each draw of each arm that one target has."""
    last = "word " * (BYTES_PER_TOKEN * reply_tokens // 5)
    for number, planned in enumerate(plan.scenarios):
        repeats = len((plan.shard or Shard(1, 1)).repeats_of(number, plan.repeats))
        for arm in planned:
            for draw in arm.draws:
                played = _played(arm, draw, plan.seed, last, mode)
                if played.openings:
                    graph = arm.graph(Chance(plan.seed, arm.scenario, 1), draw)
                    yield _Talk(repeats * len(arm.paths), turn_bounds(graph), played.said)


def _judged(
    model: Consulted, talks: Iterable[_Talk], targets: int, reply_tokens: int
) -> TargetForecast:
    """What a judge's model is asked about these dialogues of each target, and about sentinels."""
    own = -(-model.prompt_bytes // BYTES_PER_TOKEN)
    totals = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]

    def add(end: int, count: int, turns: int, turn_tokens: int) -> None:
        calls = count * model.calls(turns)[end]
        answer = min(ANSWER_TOKENS * turns, model.max_tokens or ANSWER_TOKENS * turns)
        more = calls, calls * (own + turns * turn_tokens), calls * answer
        totals[end] = [have + added for have, added in zip(totals[end], more, strict=True)]

    dialogues = 0
    for talk in talks:
        dialogues += targets * talk.dialogues
        for end, (turns, user) in enumerate(zip(talk.turns, talk.user, strict=True)):
            if end or model.always:
                add(end, targets * talk.dialogues, turns, user + reply_tokens)
    for turns in model.sentinels:
        add(0, 1, turns, 0)
        add(1, 1, turns, reply_tokens)
    calls, prompts, answers = (Bounds(*pair) for pair in zip(*totals, strict=True))
    cost = _cost(model.price, prompts, answers)
    return TargetForecast(model.alias, dialogues, calls, prompts, answers, cost)


# -- sharing ------------------------------------------------------------------------------------

Alike = tuple[int, ...]
"""For each arm the first arm that opens as it does: (0, 0, 2) says that the first two do."""


def _alike(
    arms: Sequence[_Played], scenario: str, seed: int, repeats: Sequence[int]
) -> Mapping[Alike, int]:
    """Which arms open alike, and in how many of the repeats they do."""
    drawn = {(arm.start, len(arm.openings)) for arm in arms}
    if len(drawn) == 1 and not any(arm.varies for arm in arms):
        # All draw the same wording; often it makes no difference which.
        found = {_first_of(opened) for opened in zip(*(arm.openings for arm in arms), strict=True)}
        if len(found) == 1:
            return {found.pop(): len(repeats)}
    counts: Counter[Alike] = Counter()
    for repeat in repeats:
        chance = Chance(seed, scenario, repeat)
        counts[_first_of([arm.opened(chance) for arm in arms])] += 1
    return counts


def _first_of(opened: Sequence[_Opening]) -> Alike:
    return tuple(map(opened.index, opened))


def _shared(arms: Sequence[_Played], alike: Alike) -> tuple[_Load, _Load]:
    """The calls of a group, at least and at most, when these of its arms open alike."""
    least = most = _Load()
    for first in set(alike):
        members = [arm for arm, opens_as in zip(arms, alike, strict=True) if opens_as == first]
        fewest = (max(column) for column in zip(*(arm.least for arm in members), strict=True))
        least = least.plus(_Load(*fewest))
        for arm in members:
            most = most.plus(arm.most)
        most = most.plus(_first_call(members[0]), 1 - len(members))
    return least, most


def _first_call(arm: _Played) -> _Load:
    """The first call of a dialogue, with the shortest of its openings."""
    system = arm.openings[0].system
    head = 0 if system is None else _tokens(system)
    return _Load(1, head + min(_tokens(opening.user) for opening in arm.openings), 0)


# -- text ---------------------------------------------------------------------------------------


def _sum(bounds: Iterable[Bounds]) -> Bounds:
    least, most = zip(*bounds, strict=True)
    return Bounds(sum(least), sum(most))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(it) if isinstance(it, tuple) else it for key, it in row.items()}


_HEADS = ("target", "dialogues", "calls", "prompt tokens", "reply tokens", "US dollars")


def _row(target: TargetForecast) -> tuple[str, ...]:
    return (
        target.target,
        f"{target.dialogues:,}",
        calls_told(target.calls),
        calls_told(target.prompt_tokens),
        calls_told(target.completion_tokens),
        money_told(target.cost),
    )


def _lines(row: Sequence[str], widths: Sequence[int], width: int) -> Iterator[str]:
    """One row; an alias for which there is no room beside its numbers stands above them.

    It is never cut: two guards of one target differ in their ends.
    """
    alias, *figures = row
    if len(alias) > widths[0]:
        yield wrap(alias, width)
        alias = ""
    cells = (cell.rjust(size) for cell, size in zip(figures, widths[1:], strict=True))
    yield "  ".join((alias.ljust(widths[0]), *cells)).rstrip()


def calls_told(bounds: Bounds) -> str:
    """At least and at most so many, in a few letters: `900-3,600`."""
    return _span(_short(bounds.least), _short(bounds.most))


def _short(number: float) -> str:
    """`12,345`, and from a hundred thousand on with three digits: `123k`, `4.57M`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size and number >= 1e5:
            scaled = number / size
            digits = 0 if scaled >= 100 else 1 if scaled >= 10 else 2
            return f"{scaled:.{digits}f}{letter}"
    return f"{number:,.0f}"


def money_told(cost: Bounds | None) -> str:
    """US dollars at least and at most, `free` or `unknown`."""
    if cost is None:
        return "unknown"
    if cost.most == 0:
        return "free"
    return _span(*map(_dollars, cost))


def _dollars(amount: float) -> str:
    """To the cent where cents count, and with two digits where even less does."""
    if amount >= 1000:
        return _short(amount)
    if 0 < amount < 0.1:
        return f"{amount:.2g}" if amount >= 0.0001 else "<0.0001"
    return f"{amount:.2f}"


def _span(least: str, most: str) -> str:
    return least if least == most else f"{least}-{most}"
