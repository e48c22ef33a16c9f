"""`convsim paths`: which sequences of states a scenario has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from convsim.cli.console import command, print_json
from convsim.errors import InputError
from convsim.paths import Walk

if TYPE_CHECKING:
    from convsim.graph import Graph
    from convsim.paths import Count, Path

SHOWN = 50
"""How many paths are listed unless more are asked for."""


class Found(NamedTuple):
    """Some paths, and what there is to say about them as JSON-able data and in words."""

    paths: list[Path]
    facts: dict[str, Any]
    told: str


@command
def paths(
    file: Annotated[str, typer.Argument(help="A scenario file.")],
    arm: Annotated[str, typer.Option(help="Of which arm or control.")] = "restricted",
    walk: Annotated[Walk, typer.Option(help="Which of them.")] = Walk.ALL_PATHS,
    count: Annotated[bool, typer.Option("--count", help="Only say how many there are.")] = False,
    through: Annotated[
        list[str] | None, typer.Option(help="Those that come by this state. Repeat for several.")
    ] = None,
    avoid: Annotated[
        list[str] | None, typer.Option(help="Those that do not come by this state.")
    ] = None,
    ends: Annotated[str | None, typer.Option(help="Those that end in this state.")] = None,
    longest: Annotated[int | None, typer.Option(min=1, help="Those of so many turns.")] = None,
    most: Annotated[
        int, typer.Option(min=1, help="List so many at most; a cover is listed whole.")
    ] = SHOWN,
    seed: Annotated[int, typer.Option(help="With --walk random: the seed of the run.")] = 0,
    policy: Annotated[str | None, typer.Option(help="A policy file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the paths of a scenario, for `convsim run --path`."""
    from convsim.paths import paths_in

    graph = _graph_of(file, arm, policy)
    bound = bool(through or avoid or ends or longest)
    if bound and walk is not Walk.ALL_PATHS:
        raise InputError(
            f"--walk {walk} chooses by itself; --through, --avoid, --ends and --longest go with "
            "--walk all-paths"
        )
    if count and (bound or walk is not Walk.ALL_PATHS):
        raise InputError(
            "--count counts all paths; leave out the conditions and --walk, or list what they "
            "choose without --count"
        )
    if count:
        found = _counted(graph)
    elif bound:
        some = paths_in(graph, through=through or (), avoid=avoid or (), ends=ends, longest=longest)
        found = _under_conditions(some, most)
    else:
        found = _walked(graph, walk, most, seed)
    if json:
        listed = [{"path": str(path), "id": path.id, "states": path.states} for path in found.paths]
        facts = {"scenario": graph.scenario, "arm": arm, **found.facts}
        print_json(facts if count else {**facts, "paths": listed})
        return
    typer.echo(found.told if count else f"# {found.told}")
    for path in found.paths:
        typer.echo(str(path))


def _graph_of(file: str, arm: str, policy: str | None) -> Graph:
    """The graph of one arm of the only scenario in a file."""
    from convsim.api import load
    from convsim.chance import Chance
    from convsim.controls import Playable

    suite = load(file, policy=policy)
    playable = Playable(suite.only, suite.rule_of(suite.only))
    return playable.graph(arm, Chance(0, suite.only.id, 1), playable.draw_of(arm))


def _so_many(number: int | Count) -> str:
    """`1 path`, `2 paths`, `at least 50,000 paths`."""
    return f"{number} path{'' if str(number) == '1' else 's'}"


def _counted(graph: Graph) -> Found:
    from convsim.paths import count_paths

    counted = count_paths(graph)
    return Found([], {"count": counted.number, "exact": counted.exact}, _so_many(counted))


def _under_conditions(some: Iterator[Path], most: int) -> Found:
    """The first paths, and whether there are more."""
    found = list(islice(some, most))
    more = next(some, None) is not None
    told = f"the first {len(found)} paths; there are more" if more else _so_many(len(found))
    return Found(found, {"more": more}, told)


def _walked(graph: Graph, walk: Walk, most: int, seed: int) -> Found:
    """The paths that a walk plans."""
    from convsim.paths import count_paths, covered_by, fewest, paths_in, paths_of, random_paths

    if walk is Walk.CHOSEN:
        raise InputError("--walk chosen is for `convsim run --path`; these are yours to choose")
    if walk is Walk.RANDOM:
        told = f"drawn by their weights for repeats 1 to {most} of seed {seed}"
        return Found(list(random_paths(graph, seed, most)), {"seed": seed}, told)
    if walk is Walk.ALL_PATHS:
        counted = count_paths(graph)
        found = list(islice(paths_in(graph), most))
        facts = {"count": counted.number, "exact": counted.exact}
        some = f"{len(found)} of " if len(found) < counted.number else ""
        return Found(found, facts, some + _so_many(counted))
    cover = list(paths_of(graph, walk))
    ways = covered_by(graph, walk)
    least, what = fewest(ways), "steps" if walk is Walk.EDGE_COVER else "pairs of steps"
    told = f"the smallest set found: {len(cover)} paths take all {len(ways.missing)} {what}; "
    told += "fewer cannot" if least == len(cover) else f"fewer than {least} cannot"
    facts = {"taken": len(ways.missing), "smallest_found": len(cover), "at_least": least}
    return Found(cover, facts, told)
