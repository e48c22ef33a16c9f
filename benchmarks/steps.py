"""Benchmarks of steps over so many rows: their options, and where the time of one step goes."""

from __future__ import annotations

import argparse
import cProfile
import pstats
from collections.abc import Callable, Sequence

LINES = 35
"""Of a profile: as many functions as fit on a screen."""


def options(name: str, about: str | None, arguments: Sequence[str] | None) -> argparse.Namespace:
    """`--rows N`, and `--profile STEP`, which is None unless it is given."""
    parser = argparse.ArgumentParser(
        prog=name, description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--profile", metavar="STEP")
    return parser.parse_args(arguments)


def profile(step: Callable[[], object]) -> None:
    """Print the functions that a step spends its time in."""
    found = cProfile.Profile()
    found.runcall(step)
    pstats.Stats(found).sort_stats("cumulative").print_stats(LINES)
