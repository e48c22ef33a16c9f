"""Drawing a scenario, with the figures of a run laid over it: what `convsim graph` does.

The picture itself is made in `drawing`, which knows neither files nor runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from convsim.api import load
from convsim.archive import Judged
from convsim.chance import Chance
from convsim.controls import Playable
from convsim.coverage import Measure, Transition, Why
from convsim.drawing import (
    Format,
    Overlay,
    Picture,
    Played,
    Untaken,
    drawn,
    overlay,
    picture_of,
)
from convsim.errors import InputError, choices
from convsim.files import SUFFIXES
from convsim.graph import Graph
from convsim.policy import Policy, Rule
from convsim.runs import Run
from convsim.scenario import CONTROLS, RESTRICTED_ARM, Scenario
from convsim.suite import Suite
from convsim.trajectory import trajectory_of
from convsim.transcript import Key, Transcript
from convsim.verdict import Reason

ARMS_NAMED = 8
"""How many arms or targets an error lists."""


class Drawing(NamedTuple):
    """A picture, and the figures that lie over it."""

    picture: Picture
    overlay: Overlay | None

    def to(self, form: Format) -> str:
        """The drawing in one of the formats."""
        return drawn(self.picture, form, self.overlay)


def draw(
    scenario: str | Path | Scenario | Suite,
    to: str = Format.SVG,
    *,
    arm: str = RESTRICTED_ARM,
    policy: str | Path | Policy | None = None,
    run: str | Path | Run | None = None,
    target: str | None = None,
) -> str:
    """A scenario as `svg`, `mermaid`, `dot` or `text` (a sketch for the terminal).

        print(convsim.draw("scenarios/fraud/vendor_invoice.yaml", "text"))

    With a `run`, every state says how many dialogues came to it, and how many of its restricted
    turns crossed, every line how many took it: of one target, which has to be named where the run
    has several. The scenario has to be the one that was played; its id alone takes it from the run.
    Raises `InputError` for what there is not.
    """
    form = format_named(to)
    return drawing(scenario, arm=arm, policy=policy, run=run, target=target).to(form)


def format_named(name: str) -> Format:
    """The format of a name; raises `InputError` where there is none."""
    try:
        return Format(name)
    except ValueError:
        raise InputError(f"nothing is drawn as '{name}'" + choices(name, list(Format))) from None


def drawing(
    scenario: str | Path | Scenario | Suite,
    *,
    arm: str = RESTRICTED_ARM,
    policy: str | Path | Policy | None = None,
    run: str | Path | Run | None = None,
    target: str | None = None,
) -> Drawing:
    """What `draw` draws."""
    if run is None:
        if target is not None:
            raise InputError(f"target '{target}' has figures in a run only; name it with --run")
        suite = load(scenario, policy=policy)
        one = suite.only
        graph = _graph(one, suite.rule_of(one), arm)
        return Drawing(picture_of(graph, title=one.title), None)
    stored = run if isinstance(run, Run) else Run(run)
    one = _of_run(scenario, stored, arm, policy)
    cited = stored.suite.rules[one.id].id
    graph = _graph(one, next(rule for rule in stored.rules if rule.id == cited), arm)
    picture = picture_of(graph, title=one.title)
    return Drawing(picture, _figures(stored, graph, target))


def _graph(scenario: Scenario, rule: Rule, arm: str) -> Graph:
    """The graph of an arm, or of a control as in the first draw of a run's first repeat."""
    playable = Playable(scenario, rule)
    return playable.graph(arm, Chance(0, scenario.id, 1), playable.draw_of(arm))


# -- a run ------------------------------------------------------------------------------------


def _of_run(
    scenario: str | Path | Scenario | Suite, run: Run, arm: str, policy: str | Path | Policy | None
) -> Scenario:
    """The scenario as the run played it; a file has to say the same."""
    played = run.suite.by_id
    if isinstance(scenario, str) and not Path(scenario).exists():
        if scenario in played:
            return played[scenario]
        if Path(scenario).name == scenario and not scenario.endswith(SUFFIXES):  # an id
            known = choices(scenario, played)
            raise InputError(f"run {run.path} has no scenario '{scenario}'" + known)
    asked = load(scenario, policy=policy).only
    stored = played.get(asked.id)
    if stored is None:
        raise InputError(f"run {run.path} has no scenario '{asked.id}'" + choices(asked.id, played))
    if not _same(asked, stored, arm):
        raise InputError(
            f"'{asked.id}' is not what run {run.path} was made with (it hashes to {asked.content} "
            f"now and to {stored.content} there): its states differ in arm '{arm}'; draw it as it "
            f"was played with `convsim graph {asked.id} --run {run.path}`"
        )
    return stored


def _same(asked: Scenario, stored: Scenario, arm: str) -> bool:
    """Whether two versions of a scenario have one graph; a title or a note may have changed."""
    if asked.content == stored.content:
        return True
    if not (arm in asked.arm_names and arm in stored.arm_names):
        return False
    now, then = asked.in_arm(arm), stored.in_arm(arm)
    return (now.start, now.states) == (then.start, then.states)


def _figures(run: Run, graph: Graph, target: str | None) -> Overlay:
    """What the dialogues of one target did on the graph."""
    if graph.arm in CONTROLS and graph.arm not in run.suite.by_id[graph.scenario].arm_names:
        raise InputError(
            f"'{graph.arm}' is made anew in each repeat, so there is no one graph to lay a run "
            "over; draw it without --run, or choose an arm"
        )
    keys = [key for key in run.keys if _is_of(key, graph)]
    failed = [failure.key for failure in run.errors if _is_of(failure.key, graph)]
    alias = _alias(run, graph, [*keys, *failed], target)
    mine = [key for key in keys if Key.parse(key).target == alias]
    return overlay(
        graph,
        _played(run, mine),
        whose=f"target {alias}",
        failed=sum(Key.parse(key).target == alias for key in failed),
        why=_untaken(run, graph, alias),
        judge=f"no crossings are counted: {run.void}" if run.void else f"judge {run.judge}",
    )


def _untaken(run: Run, graph: Graph, target: str) -> dict[tuple[str, str, str], Untaken]:
    """Why the target's dialogues never took a transition."""
    missing = run.coverage().of_scenario(graph.scenario).missing(Measure.TRANSITIONS, target)
    return {
        (way.state, way.label, way.to): Untaken(it.why is Why.CLOSED, f"{it.why.value}: {it.opens}")
        for it in missing
        if it.arm == graph.arm and isinstance(way := it.thing, Transition)
    }


def _is_of(key: str, graph: Graph) -> bool:
    parsed = Key.parse(key)
    return (parsed.scenario, parsed.arm) == (graph.scenario, graph.arm)


def _alias(run: Run, graph: Graph, keys: list[str], target: str | None) -> str:
    """Whose figures are asked for: the only target there is, or the one that was named."""
    aliases = sorted({Key.parse(key).target for key in keys})
    if not aliases:
        arms = sorted({k.arm for k in map(Key.parse, run.keys) if k.scenario == graph.scenario})
        raise InputError(
            f"run {run.path} has no dialogue of '{graph.scenario}' in arm '{graph.arm}'"
            + (f"; it has some in {', '.join(arms[:ARMS_NAMED])}" if arms else "")
        )
    if target is None and len(aliases) == 1:
        return aliases[0]
    if target in aliases:
        return target
    if target is not None:
        raise InputError(f"run {run.path} has no target '{target}'" + choices(target, aliases))
    raise InputError(
        f"run {run.path} has {len(aliases)} targets, and figures are of one at a time; choose with "
        f"--target: {', '.join(aliases[:ARMS_NAMED])}" + (", ..." if aliases[ARMS_NAMED:] else "")
    )


def _played(run: Run, keys: list[str]) -> Iterator[Played]:
    """The dialogues, with their trajectories where the judge said what it saw in them."""
    for key in keys:
        found = run.find(key)
        if isinstance(found, Transcript):
            yield Played(found, None)
        elif isinstance(found, Judged):
            transcript, verdict, case = found
            told = run.void is None and verdict.reason is not Reason.ABSTAINED
            path = trajectory_of(transcript, case, verdict.readings, verdict.supplied)
            yield Played(transcript, path if told else None)
