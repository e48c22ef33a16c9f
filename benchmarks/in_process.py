"""What convsim itself costs on the shipped scenarios: CPU per turn, and the share of reading.

    python benchmarks/in_process.py [REPEATS]

Every arm against `sim/steadfast` (which costs something too), once with nothing but the engine and
once with rule readings and verdicts. Unlike `engine.py` the graphs branch, the arms share prefixes,
and the replies are those that the simulated assistants give.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from clients import NoJudge, OneReading

import convsim

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def cost_of(repeats: int, *, everything: bool) -> float:
    """Play the scenarios, print what that took, and return the CPU seconds of one turn."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        run = asyncio.run(
            convsim.run(
                SCENARIOS,
                "sim/steadfast",
                repeats=repeats,
                seed=7,
                out=f"{folder}/run",
                classifier=None if everything else OneReading(),
                judge=None if everything else NoJudge(),
            )
        )
        spent = time.process_time() - started
        turns = [len(transcript.turns) for transcript in run.transcripts()]
    what = "everything" if everything else "engine"
    each = f"{1e6 * spent / sum(turns):7.0f} us CPU a turn {len(turns) / spent:8.0f}/s and core"
    print(f"{what:<12}{len(turns):7,} dialogues {sum(turns):8,} turns {each}")
    return spent / sum(turns)


def main() -> None:
    """Compare the two."""
    repeats = int(sys.argv[1]) if sys.argv[1:] else 60
    cost_of(1, everything=True)  # what is imported and compiled at first use
    engine, everything = (cost_of(repeats, everything=all_on) for all_on in (False, True))
    print(f"everything is {everything / engine:.2f}x the engine")


if __name__ == "__main__":
    main()
