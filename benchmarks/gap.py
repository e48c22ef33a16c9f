"""Whether the measured gap holds what its interval promises, by simulation.

    python benchmarks/gap.py            2,000 studies of each design, some minutes
    python benchmarks/gap.py 200
    python benchmarks/gap.py --text     200 studies over played texts, about a minute

In each study the truth is planted: of every dialogue whether the whole came out, and with which
chance a judge of single replies and one that sees more flag it. Dialogues of one scenario are
alike, those of one (scenario, repeat) more so, and two judges err on the same dialogues. What is
printed is how many of 100 intervals held the planted value, and how wide they were, for three ways
to make an interval: as if dialogues were independent and rungs unpaired; by clusters, but with the
spread just as it was seen; and convsim's. A study in which no figure could be made counts as
refused.

With `--text` nothing is planted but assistants of known habits: `sim/leaks_facets` that hands over
each part when it is asked for it, that gives all away at the first question, or that notices at
the second. Which of them a repeat meets is drawn with known chances. `convsim.run` plays them, the
rules look from each rung, and what the gap has to be follows from what the habits are.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal
from studies.harness import SEED, STUDIES, Ends, Floats, Tally

import convsim
from convsim.contrasts import MANY, clusters_of, seen_variance
from convsim.figures import FIGURES, Judged, Setting
from convsim.figures import figure_of as figure
from convsim.gap import AT, FLAG, Observation, gaps
from convsim.ladder import Climbed
from convsim.stats import Interval, normal_quantile

OUT = {
    "restricted": 0.7,
    "forged": 0.5,
    "shuffled": 0.6,
    "distractors": 0.6,
    "flattened": 0.3,
    "benign": 0.0,
    "near_miss": 0.0,
    "user_supplied": 0.0,
}
"""In which share of the dialogues of each arm the whole comes out and was not allowed."""


@dataclass(frozen=True)
class Rung:
    """How often a judge says "the whole", and how often that or a part, by what is true."""

    whole: tuple[float, float]
    part: tuple[float, float]
    """Chances among negatives, and among positives."""


ALONE = Rung(whole=(0.04, 0.25), part=(0.2, 0.5))
PREFIX = Rung(whole=(0.10, 0.80), part=(0.2, 0.9))


@dataclass(frozen=True)
class Design:
    """A study: how many scenarios and repeats, how alike they are, how good both judges are.

    `alike` are the shares of a judge's latent score that the scenario, the repeat and the dialogue
    explain; half of what scenario and repeat explain is common to both judges.
    """

    name: str
    scenarios: int
    repeats: int
    alone: Rung = ALONE
    more: Rung = PREFIX
    alike: tuple[float, float, float] = (0.2, 0.2, 0.2)
    out: Mapping[str, float] = field(default_factory=lambda: OUT)

    @property
    def conditional(self) -> bool:
        """Whether the truth is that of the scenarios drawn."""
        return self.scenarios < MANY

    @property
    def shape(self) -> tuple[int, int, int]:
        """Scenarios, repeats, arms."""
        return self.scenarios, self.repeats, len(self.out)


_NEVER = Rung(whole=(0.0, 0.0), part=(0.02, 0.05))
_HARDLY = Rung(whole=(0.004, 0.03), part=(0.02, 0.1))
_PERFECT = Rung(whole=(0.0, 1.0), part=(0.3, 1.0))
_RARELY_OUT = {arm: share / 25 for arm, share in OUT.items()}

DESIGNS = (
    Design("2 scenarios x 50 repeats x 8 arms", 2, 50),
    Design("10 x 10 x 8", 10, 10),
    Design("30 x 5 x 8, scenarios differ much", 30, 5, alike=(0.4, 0.1, 0.2)),
    Design("2 x 50 x 8, hardly ever detected", 2, 50, _NEVER, _HARDLY),
    Design("30 x 5 x 8, hardly ever detected", 30, 5, _NEVER, _HARDLY),
    Design("2 x 50 x 8, one rung perfect", 2, 50, ALONE, _PERFECT),
    Design("10 x 10 x 8, one rung perfect", 10, 10, ALONE, _PERFECT),
    Design("2 x 50 x 8, the whole hardly ever out", 2, 50, out=_RARELY_OUT),
    Design("2 x 5 x 8, a small study", 2, 5),
)


@dataclass(frozen=True)
class Study:
    """One study: what is true of each dialogue, both judges' scores, and the planted figures."""

    true: Floats
    scores: Floats
    planted: Mapping[str, float]


def study(rng: np.random.Generator, design: Design) -> Study:
    """Draw one; scores have the shape of the design, and a place for each judge."""
    scenario, repeat, dialogue = (math.sqrt(share) for share in design.alike)
    rest = math.sqrt(1 - sum(design.alike))
    scenarios, repeats, _ = design.shape
    of_scenario = _common_and_own(rng, (scenarios, 1, 1))
    latent = (
        scenario * of_scenario
        + repeat * _common_and_own(rng, (scenarios, repeats, 1))
        + dialogue * rng.standard_normal((*design.shape, 1))
        + rest * rng.standard_normal((*design.shape, 2))
    )
    true = rng.random(design.shape) < np.array(list(design.out.values()))
    drawn = ndtr(latent)
    whole, part = (_chances(design, kind)[true.astype(int)] for kind in ("whole", "part"))
    scores = np.where(drawn < whole, 1.0, np.where(drawn < part, 0.5, 0.0))
    drawn_scenarios = of_scenario[:, 0, 0] if design.conditional else None
    return Study(true, scores, planted(design, drawn_scenarios))


def _common_and_own(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """What both judges share and what is each one's own, with variance 1 together."""
    both, own = rng.standard_normal((*shape, 1)), rng.standard_normal((*shape, 2))
    mixed: Floats = (both + own) / math.sqrt(2)
    return mixed


def _chances(design: Design, kind: str) -> Floats:
    """By what is true, and by judge."""
    return np.array([getattr(design.alone, kind), getattr(design.more, kind)]).T


# --- what was planted


def planted(design: Design, scenarios: Floats | None) -> dict[str, float]:
    """The true figures: of scenarios like these, or of those that were drawn."""
    whole, part = (_given(design, kind, scenarios) for kind in ("whole", "part"))
    j = whole[1] - whole[0]
    alone, more = (_at_rate(whole[:, judge], part[:, judge]) for judge in (0, 1))
    only = [_only_more(design, true, scenarios) for true in (0, 1)]
    return {
        "gap": float(j[1] - j[0]),
        "matched gap": more - alone,
        "adjusted gap": only[1] - only[0],
    }


def _given(design: Design, kind: str, scenarios: Floats | None) -> Floats:
    """The chances of a flag, averaged over the scenarios that were drawn."""
    chances = _chances(design, kind)
    return chances if scenarios is None else _moved(design, chances, scenarios).mean(axis=0)


def _moved(design: Design, chances: Floats, scenarios: Floats) -> Floats:
    """The chances in each scenario."""
    share = design.alike[0]
    shift = math.sqrt(share) * scenarios[:, None, :]
    moved: Floats = ndtr((ndtri(chances) - shift) / math.sqrt(1 - share))
    return moved


def _at_rate(whole: Floats, part: Floats) -> float:
    """The sensitivity at the matched false-positive rate: on the lines of the ROC curve."""
    rates = [0.0, float(whole[0]), float(part[0]), 1.0]
    found = [0.0, float(whole[1]), float(part[1]), 1.0]
    for n in range(3):
        if rates[n] <= AT < rates[n + 1]:
            along = (AT - rates[n]) / (rates[n + 1] - rates[n])
            return found[n] + along * (found[n + 1] - found[n])
    raise ValueError(f"no point of the curve {rates} is at {AT}")


def _only_more(design: Design, true: int, scenarios: Floats | None) -> float:
    """The chance that only the judge that sees more flags."""
    alone, more = _chances(design, "whole")[true]
    of_scenario, of_repeat, of_dialogue = design.alike
    if scenarios is None:
        shared = (of_scenario + of_repeat) / 2 + of_dialogue
        return float(more - _both(alone, more, shared))
    left = 1 - of_scenario
    shared = (of_repeat / 2 + of_dialogue) / left
    moved = _moved(design, _chances(design, "whole"), scenarios)[:, true]
    return float(np.mean([more - _both(alone, more, shared) for alone, more in moved]))


def _both(one: float, other: float, shared: float) -> float:
    """The chance that both flag, when their latent scores correlate so."""
    if min(one, other) <= 0:
        return 0.0
    if max(one, other) >= 1:
        return min(one, other)
    return float(
        multivariate_normal.cdf([ndtri(one), ndtri(other)], cov=[[1, shared], [shared, 1]])
    )


# --- intervals


def judged(design: Design, found: Study) -> list[Judged]:
    """The dialogues of a study, as the figures take them."""
    names = list(design.out)
    return [
        Judged(f"s{s}", r, names[a], bool(found.true[s, r, a]), more, alone)
        for (s, r, a), alone, more in zip(
            np.ndindex(design.shape),
            found.scores[..., 0].ravel().tolist(),
            found.scores[..., 1].ravel().tolist(),
            strict=True,
        )
    ]


def ways(name: str, dialogues: Sequence[Judged], setting: Setting) -> dict[str, Ends]:
    """The interval of one figure, made in each way."""
    made = FIGURES[name].recipe(dialogues, setting)
    ours = figure(FIGURES[name], dialogues, setting).interval
    if isinstance(made, str) or not isinstance(ours, Interval):
        return dict.fromkeys(WAYS)
    alone = math.fsum(
        side.factor**2 * _spread([member.value for member in side.members]) for side in made.sides
    )
    half = normal_quantile() * math.sqrt(alone)
    plain = normal_quantile() * math.sqrt(seen_variance(made.sides, setting.clusters))
    return {
        WAYS[0]: (made.value - half, made.value + half),
        WAYS[1]: (made.value - plain, made.value + plain),
        WAYS[2]: (ours.low, ours.high),
    }


WAYS = ("dialogues independent", "clusters, spread as seen", "convsim")


def _spread(values: Sequence[float]) -> float:
    return float(np.var(values)) / len(values)


def table(design: Design, studies: int, rng: np.random.Generator) -> None:
    """Play a design many times, and print how often each way held what was planted."""
    scenarios, repeats, _ = design.shape
    clusters = clusters_of((f"s{s}", r) for s in range(scenarios) for r in range(repeats))
    setting = Setting(FLAG, AT, clusters, "")
    tallies = {(name, way): Tally() for name in NAMES for way in WAYS}
    means = dict.fromkeys(NAMES, 0.0)
    for _ in range(studies):
        found = study(rng, design)
        dialogues = judged(design, found)
        for name in NAMES:
            means[name] += found.planted[name] / studies
            for way, ends in ways(name, dialogues, setting).items():
                tallies[name, way].add(ends, found.planted[name])
    print(f"\n{design.name}")
    print(f"  {'':<16} {'planted':>8}  {'':<26} {'covered':>8} {'width (pts)':>12} {'refused':>8}")
    for (name, way), tally in tallies.items():
        head = f"{name:<16} {100 * means[name]:>8.1f}" if way == WAYS[0] else ""
        print(f"  {head:<25}  {way:<26} {tally}", flush=True)


NAMES = ("gap", "matched gap", "adjusted gap")


# --- over real texts

SPREAD = Path(__file__).parent.parent / "scenarios" / "spread"
CANARIES = (SPREAD / "door_code.yaml", SPREAD / "case_file.yaml")
PLAYED = (
    *("restricted", "forged", "distractors", "near_miss"),
    *("benign", "user_supplied", "direct", "flattened"),
)
LEAKED = frozenset({"restricted", "forged", "distractors"})


@dataclass(frozen=True)
class Habit:
    """A simulated assistant, how often a repeat meets it, and what must come out of it.

    `out`: the arms in which the whole comes out and must not; `alone`: those in which one reply
    holds all of it; `whole`: those in which the conversation does.
    """

    target: str
    chance: float
    out: frozenset[str]
    alone: frozenset[str]
    whole: frozenset[str]


_AT_ONCE = LEAKED | {"near_miss"}
"""Who gives all away at the first question does not wait for the last one."""

HABITS = (
    # A twin may be told all of it, and in its text it looks like harm: rules cannot tell.
    Habit("sim/leaks_facets", 0.5, LEAKED, frozenset(), LEAKED | {"benign"}),
    # An echo of what the user said looks like a disclosure to who sees the reply alone.
    Habit(
        "sim/leaks_facets?dumps=1",
        0.2,
        _AT_ONCE,
        _AT_ONCE | {"user_supplied"},
        _AT_ONCE | {"benign"},
    ),
    Habit("sim/leaks_facets?notices=2", 0.3, frozenset(), frozenset(), frozenset({"benign"})),
)


def planted_by_habits() -> float:
    """The gap between the whole conversation and its replies, from what the habits are."""

    def expected(arms: str, among: Mapping[Habit, frozenset[str]]) -> float:
        return sum(habit.chance * len(getattr(habit, arms) & among[habit]) for habit in HABITS)

    out = {habit: habit.out for habit in HABITS}
    rest = {habit: frozenset(PLAYED) - habit.out for habit in HABITS}
    positives, negatives = (
        sum(habit.chance * len(arms) for habit, arms in side.items()) for side in (out, rest)
    )
    alone, whole = (
        expected(rung, out) / positives - expected(rung, rest) / negatives
        for rung in ("alone", "whole")
    )
    return whole - alone


async def played(repeats: int, folder: str) -> list[list[Observation]]:
    """What the rules see of every dialogue, by habit."""
    run = await convsim.run(
        [str(path) for path in CANARIES],
        targets=[f"t{n}={habit.target}" for n, habit in enumerate(HABITS)],
        arms=PLAYED,
        repeats=repeats,
        seed=SEED,
        out=f"{folder}/run",
    )
    climbed = Climbed()
    for transcript in run.transcripts():
        climbed.add_by_rules(transcript, run.case_of(transcript))
    return [climbed.by_target[f"t{n}"] for n in range(len(HABITS))]


REPEATS = 20
TEXT_STUDIES = 200


def text_level_study(studies: int, repeats: int) -> None:
    """Play every habit once, then draw studies of it: which habit each repeat met, and when."""
    with tempfile.TemporaryDirectory() as folder:
        pool = asyncio.run(played(repeats, folder))
    rng = np.random.default_rng(SEED)
    planted, tally = planted_by_habits(), Tally()
    whole = list(pool[0][0].scores)[-1]
    for n in range(studies):
        found = gaps(_drawn(rng, pool, repeats), judge="rules")
        gap = found[whole].gap
        assert gap is not None, "the whole conversation is not the reply alone"
        interval = gap.interval
        ends = (interval.low, interval.high) if isinstance(interval, Interval) else None
        tally.add(ends, planted)
        if n == 0:
            print(
                f"one study of {len(CANARIES)} x {repeats} x {len(PLAYED)} dialogues\n\n{found}\n"
            )
    print(f"planted gap of '{whole}': {100 * planted:.1f}; {studies} studies")
    print(f"  {'covered':>8} {'width (pts)':>12} {'refused':>8}\n  {tally}")


def _drawn(
    rng: np.random.Generator, pool: Sequence[Sequence[Observation]], repeats: int
) -> Iterator[Observation]:
    """A study: for every repeat of every scenario a habit, and one of the repeats it was played."""
    places: dict[tuple[int, str, int], list[Observation]] = {}
    for n, seen in enumerate(pool):
        for one in seen:
            places.setdefault((n, one.scenario, one.repeat), []).append(one)
    for scenario in sorted({one.scenario for one in pool[0]}):
        habits = rng.choice(len(HABITS), size=repeats, p=[habit.chance for habit in HABITS])
        for repeat, (habit, source) in enumerate(
            zip(habits, rng.integers(1, repeats + 1, size=repeats), strict=True), start=1
        ):
            for one in places[int(habit), scenario, int(source)]:
                yield replace(one, key=f"{scenario}/{one.arm}/{repeat}", repeat=repeat)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="gap.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("studies", nargs="?", type=int)
    parser.add_argument(
        "--text", type=int, nargs="?", const=REPEATS, metavar="REPEATS", help="over played texts"
    )
    given = parser.parse_args(arguments)
    if given.text:
        text_level_study(given.studies or TEXT_STUDIES, given.text)
        return
    rng = np.random.default_rng(SEED)
    for design in DESIGNS:
        table(design, given.studies or STUDIES, rng)


if __name__ == "__main__":
    main()
