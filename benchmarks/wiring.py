"""What each simulated assistant comes to in every arm of the shipped suite: is it wired as it says?

    python benchmarks/wiring.py                    the table
    python benchmarks/wiring.py --page > docs/reference/suite.md
    python benchmarks/wiring.py --strangers        the same policies in words that nobody has seen
    python benchmarks/wiring.py --repeats 20 --json

A scenario says by its tags which weaknesses it is built for: an assistant with that weakness has to
fail it, and no other. That says that graphs, readings, detectors and verdicts are wired together;
it is no evidence of how any model behaves, nor of how well replies of a model are read.

`--strangers` puts the same decisions into the phrases of `benchmarks/strangers.toml`, whose author
had seen neither the suite nor the simulated assistants nor the rules that read replies. Cells count
as alike where the grades are the same.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import orjson

import convsim
from convsim.chance import hashed
from convsim.hazards import hazard, hazards
from convsim.policy import Level
from convsim.reading import Help, Status
from convsim.scenario import CONTROLS, Scenario
from convsim.suite import Suite
from convsim.targets.sim import Decision, SimTarget, sim_target
from convsim.targets.sim.words import NO_TOPIC, topic_of
from convsim.transcript import Reply, Request
from convsim.verdict import Grade

HERE = Path(__file__).parent
SUITE = HERE.parent / "scenarios"
STRANGERS = HERE / "strangers.toml"
PAGE = HERE / "suite_page.txt"
"""The reference page of the suite, with holes."""

SIMS: Mapping[str, Mapping[str, object]] = {
    "redirects": {},
    "over_refuser": {},
    "capitulates": {"after": 2},
    "frame_follower": {},
    "defers_to_authority": {},
    "leaks_facets": {},
    "caveats": {},
    "erodes": {},
}
WEAKNESS = {
    "capitulates": "pressure",
    "frame_follower": "frame",
    "defers_to_authority": "authority",
    "leaks_facets": "spread",
}
"""The weaknesses that an assistant has alone, and the tags of scenarios that are built for them."""

NO_HAZARD = "no hazard"
REPEATS, SEED = 3, 7
"""Those of the page."""

SHORT = {Grade.PASS: "pass", Grade.WARN: "warn", Grade.FAIL: "FAIL", Grade.INCONCLUSIVE: "open"}


class Cell(NamedTuple):
    """One assistant in one arm of one scenario: how often it came to each grade."""

    scenario: str
    arm: str
    sim: str
    grades: Mapping[Grade, int]

    @property
    def word(self) -> str:
        """The grade, or all of them where repeats differ: `FAIL 3/5`."""
        if len(self.grades) == 1:
            return SHORT[next(iter(self.grades))]
        total = sum(self.grades.values())
        counts = sorted(self.grades.items(), key=lambda item: -item[1])
        return ", ".join(f"{SHORT[grade]} {count}/{total}" for grade, count in counts)


class Stranger:
    """A simulated assistant whose decisions are put into words of somebody else."""

    def __init__(self, name: str, sim: SimTarget) -> None:
        self.name = name
        self.fingerprint = f"stranger-{sim.fingerprint}"
        self._sim = sim

    async def reply(self, request: Request) -> Reply:
        """What the assistant decides, in other words; a block is one."""
        decision = self._sim.truth(request)
        if decision.status is Status.PROVIDER_BLOCK:
            return await self._sim.reply(request)
        return Reply(in_other_words(decision, request), stop="stop", served=self.name)


def in_other_words(decision: Decision, request: Request) -> str:
    """A reply with the meaning of a decision: one of the strangers' for it, drawn by what was said.

    `{topic}` is what the user asked for last, or earlier where the last message names nothing.
    """
    said = [message.content for message in request.messages if message.role == "user"]
    family = _families()[decision.phrases]
    key = "polite" if decision.help is Help.GENERIC and "polite" in family else "replies"
    drawn = hashed("stranger", decision.phrases, *said, request.seed)
    text = family[key][drawn % len(family[key])].strip()
    topic = topic_of([*reversed(said)]) or NO_TOPIC
    return text.replace("{topic}", topic)


@cache
def _families() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(STRANGERS.read_text(encoding="utf-8"))


def can_say(sim: str) -> bool:
    """Whether strangers have words for all that an assistant does: telling a facet takes its value.

    What is told of a facet is searched for, not read.
    """
    return sim != "leaks_facets"


async def table(
    suite: Suite, sims: Iterable[str], repeats: int, seed: int = SEED, *, strangers: bool = False
) -> list[Cell]:
    """Every assistant in every authored arm: one cell each."""
    targets = {name: sim_target(name, SIMS[name], suite) for name in sims}
    with tempfile.TemporaryDirectory() as folder:
        run = await convsim.run(
            suite,
            {name: Stranger(name, sim) if strangers else sim for name, sim in targets.items()},
            repeats=repeats,
            seed=seed,
            out=Path(folder) / "run",
        )
        grades: dict[tuple[str, str, str], Counter[Grade]] = {}
        for judged in run.judged():
            at = judged.transcript
            cell = grades.setdefault((at.scenario, at.arm, at.target), Counter())
            cell[judged.verdict.grade] += 1
    return [Cell(*key, counts) for key, counts in grades.items()]


def arms_of(suite: Suite) -> list[tuple[Scenario, str]]:
    """Every authored arm that is no control, in the order of the suite."""
    return [
        (scenario, arm)
        for scenario in suite.scenarios
        for arm in scenario.arm_names
        if arm not in CONTROLS
    ]


def markdown(suite: Suite, cells: Iterable[Cell], sims: Sequence[str]) -> str:
    """The table as it stands in the reference: a row for each arm, a column for each assistant."""
    found = {cell[:3]: cell for cell in cells}
    head = ["scenario", "arm", "built for", *(f"`{name}`" for name in sims)]
    lines = [_row(head), _row(["---"] * len(head))]
    for scenario, arm in arms_of(suite):
        words = [found[scenario.id, arm, name].word for name in sims]
        lines.append(_row([scenario.id, arm, ", ".join(built_for(scenario)), *words]))
    return "\n".join(lines)


def page(suite: Suite, cells: Iterable[Cell], sims: Sequence[str], repeats: int, seed: int) -> str:
    """The reference page of the suite."""
    return PAGE.read_text(encoding="utf-8").format(
        count=len(suite.scenarios),
        families=len({family_of(scenario) for scenario in suite.scenarios}),
        rules=len(suite.policy.rules),
        hazards=_hazards(suite),
        scenarios=_scenarios(suite),
        table=markdown(suite, cells, sims),
        repeats=repeats,
        seed=seed,
    )


def family_of(scenario: Scenario) -> str:
    """The folder of a scenario: the first part of its id."""
    return scenario.id.partition(".")[0]


def _hazards(suite: Suite) -> str:
    held: dict[str, list[str]] = {}
    allowed: dict[str, list[str]] = {}
    for scenario in suite.scenarios:
        rule = suite.rule_of(scenario)
        side = allowed if rule.level is Level.HELP else held
        for name in rule.hazards or (NO_HAZARD,):
            known = hazard(name)
            side.setdefault(known.name if known else name, []).append(scenario.id)
    lines = [_row(["hazard", "held", "allowed"]), _row(["---"] * 3)]
    for name in [*(known.name for known in hazards()), NO_HAZARD]:
        sides = (", ".join(side.get(name, [])) or "none" for side in (held, allowed))
        lines.append(_row([name, *sides]))
    return "\n".join(lines)


def _scenarios(suite: Suite) -> str:
    lines = [
        _row(["scenario", "title", "rule", "language", "arms", "states", "moves"]),
        _row(["---"] * 7),
    ]
    for scenario in suite.scenarios:
        rule = suite.rule_of(scenario)
        moves = dict.fromkeys(
            state.move
            for arm in scenario.arm_names
            for state in scenario.in_arm(arm).states.values()
            if state.move
        )
        lines.append(
            _row(
                [
                    scenario.id,
                    scenario.title,
                    f"{rule.id} ({rule.level.value})",
                    scenario.language,
                    ", ".join(scenario.arm_names),
                    str(len(scenario.states)),
                    ", ".join(moves),
                ]
            )
        )
    return "\n".join(lines)


def built_for(scenario: Scenario) -> list[str]:
    """The weaknesses that a scenario names among its tags."""
    return [tag for tag in WEAKNESS.values() if tag in scenario.tags]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def differing(ours: Iterable[Cell], theirs: Iterable[Cell]) -> list[str]:
    """The cells of two tables that are not the same."""
    words = {cell[:3]: cell.word for cell in ours}
    return [
        f"{cell.scenario} {cell.arm} {cell.sim}: {words[cell[:3]]} -> {cell.word}"
        for cell in theirs
        if words[cell[:3]] != cell.word
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and how alike that of the strangers is."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", default=[str(SUITE)])
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--strangers", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    suite = convsim.load(options.paths)
    sims = [name for name in SIMS if not options.strangers or can_say(name)]
    cells = asyncio.run(table(suite, sims, options.repeats, options.seed))
    if options.strangers:
        theirs = asyncio.run(table(suite, sims, options.repeats, options.seed, strangers=True))
        apart = differing(cells, theirs)
        print(f"{len(cells) - len(apart)} of {len(cells)} cells alike")
        print("\n".join(apart))
        cells = theirs
    if options.page:
        print(page(suite, cells, sims, options.repeats, options.seed), end="")
    elif options.json:
        rows = [{**cell._asdict(), "grades": dict(cell.grades)} for cell in cells]
        sys.stdout.buffer.write(
            orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n"
        )
    else:
        print(markdown(suite, cells, sims))


if __name__ == "__main__":
    main()
