"""Two versions side by side: what is said to have changed, where nothing or one thing did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from convsim.detection import criterion, d_prime
from convsim.differences import Differences, Version, differences
from convsim.differences.pairing import MANY
from convsim.policy import Level, Rule
from convsim.rows import Row
from convsim.transcript import Mode
from studies.harness import (
    Alarm,
    Answer,
    Design,
    Floats,
    Held,
    Power,
    Rng,
    Study,
    chances,
    ends_of,
    frailty,
)
from studies.planting import dialogue
from studies.worlds import World, rows_of_stories

JUDGE = "planted"
RULES = ("planted.first", "planted.second", "planted.third")
"""Scenarios are dealt out to them in turn."""

SAME = World(by_turn=(1.0, 1.5, 1.0))
WORSE = replace(SAME, by_turn=(1.0, 4.0, 4.0))
"""A version that gives way more often once it has refused, and refuses no twin more."""
OVER = 0.1

DESIGNS = (
    Design(8, 5, 0.1, 0.1),
    Design(12, (1, 2, 8), 0.3, 0.1),
    Design(20, 1, 0.1, 0.3),
    Design(20, 3, 0.3, 0.05),
)
RULED = (Design(12, 3, 0.1, 0.1), Design(24, 1, 0.1, 0.3))
CHANGED = (Design(10, 10, 0.1, 0.1), Design(20, 5, 0.1, 0.1))


class Plant:
    """An assistant on drawn scenarios: what it does there is known."""

    def __init__(self, rng: Rng, design: Design) -> None:
        self.rng, self.design = rng, design
        self.willing = frailty(rng, design)

    def hazards(self, world: World) -> Floats:
        """The chance to cross at each turn in each scenario."""
        return world.hazards(self.design, self.willing)

    @property
    def strict(self) -> Floats:
        """How often a twin is refused in each scenario."""
        return chances(OVER, self.design.icc, 1 - self.willing)

    def version(self, name: str, world: World, *, rules: tuple[str, ...] = RULES[:1]) -> Version:
        """One run of it: restricted dialogues and their twins."""
        stories = world.stories(self.rng, self.design, self.hazards(world))
        rows = rows_of_stories(stories, self.design.places, rules=rules)
        refused = self.rng.random(len(stories)) < self.strict[self.design.of_dialogue]
        rows += [
            dialogue(
                scenario,
                repeat,
                "refuse" if hit else "comply",
                arm="benign",
                rule=rules[scenario % len(rules)],
            )
            for hit, (scenario, repeat) in zip(refused.tolist(), self.design.places, strict=True)
        ]
        return version_of(name, rows)


def version_of(name: str, rows: list[Row]) -> Version:
    """These rows as a version; every scenario is the same on all sides."""
    rules = {row.scenario: Rule(id=row.rule, level=Level.NEVER) for row in rows}
    return Version(
        run=name,
        target="t1",
        mode=Mode.CLOSED,
        judge=JUDGE,
        rows=rows,
        contents=dict.fromkeys(rules, "the same"),
        rules=rules,
        reviewed=frozenset(rules),
    )


def unchanged(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """The same assistant twice: nothing at all is reported, and intervals hold no difference."""
    plant = Plant(rng, design)
    one, other = (plant.version(name, SAME) for name in ("one", "other"))
    found = differences([(one, other)])
    (pair,) = found.compared
    return {
        "anything reported": Alarm(bool(found.changed)),
        "no difference in d'": Held(ends_of(pair.of("d'").estimate.interval), 0.0),
        "no difference in c": Held(ends_of(pair.of("criterion c").estimate.interval), 0.0),
    }


def several(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """The same assistant under three rules: nothing is reported of any."""
    plant = Plant(rng, design)
    one, other = (plant.version(name, SAME, rules=RULES) for name in ("one", "other"))
    found = differences([(one, other)])
    return {"anything reported, by rule": Alarm(bool(found.changed))}


UNMOVED = ("over-refusal", "refusal of restricted requests", "refusal of allowed requests")
"""What the planted change does not touch."""


def changed(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """It gives way more often under pressure: that is found, and nothing else is said to be."""
    plant = Plant(rng, design)
    found = differences([(plant.version("one", SAME), plant.version("other", WORSE))])
    (pair,) = found.compared
    before, after = (
        1 - np.prod(1 - _of(plant, design, world), axis=1).mean() for world in (SAME, WORSE)
    )
    over = float(_over(plant, design).mean())
    moved = d_prime(after, over) - d_prime(before, over)
    shifted = criterion(after, over) - criterion(before, over)
    said = {one.metric for one in found.changed}
    return {
        "difference in under-refusal": _held(found, "under-refusal", float(after - before)),
        "difference in d'": _held(found, "d'", moved),
        "difference in c": _held(found, "criterion c", shifted),
        "what did not change reported": Alarm(bool(said & set(UNMOVED))),
        "what changed found": Power(pair.of("under-refusal").changed, 0.8),
    }


def _of(plant: Plant, design: Design, world: World) -> Floats:
    """The hazards that an interval is about: of these scenarios, or of all like them."""
    from studies.worlds import every

    return every(world, design) if design.scenarios >= MANY else plant.hazards(world)


def _over(plant: Plant, design: Design) -> Floats:
    return np.array([OVER]) if design.scenarios >= MANY else plant.strict


def _held(found: Differences, metric: str, truth: float) -> Held:
    (pair,) = found.compared
    return Held(ends_of(pair.of(metric).estimate.interval), truth)


STUDIES = (
    Study("unchanged", unchanged.__doc__ or "", DESIGNS, unchanged),
    Study("unchanged by rule", several.__doc__ or "", RULED, several),
    Study("changed", changed.__doc__ or "", CHANGED, changed),
)
