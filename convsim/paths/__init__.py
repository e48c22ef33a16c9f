"""Paths: which sequences of states a dialogue can go through, and which of them to plan.

A path is the states that the user plays and, where it gets there, the final state; one that the
turn cap ends has no final state. Clarifications are no part of a path: they are played on top.

`places` unfolds a graph in time, `counting` counts ways before any is written down, `choosing`
enumerates and plans them, `covering` finds few that take everything, and `path` has one in writing.
"""

from convsim.paths.choosing import (
    Walk,
    covered_by,
    distinct,
    draw_path,
    most_turns_in,
    orders,
    paths_in,
    paths_of,
    random_paths,
)
from convsim.paths.counting import Count, count_paths, turn_bounds
from convsim.paths.covering import cover, fewest
from convsim.paths.path import Path, parse_path
from convsim.paths.places import Draw, Place, Step, Ways, ways_of

__all__ = [
    "Count",
    "Draw",
    "Path",
    "Place",
    "Step",
    "Walk",
    "Ways",
    "count_paths",
    "cover",
    "covered_by",
    "distinct",
    "draw_path",
    "fewest",
    "most_turns_in",
    "orders",
    "parse_path",
    "paths_in",
    "paths_of",
    "random_paths",
    "turn_bounds",
    "ways_of",
]
