"""What convsim itself costs: CPU per turn and dialogues per second, in process, everything on.

    python benchmarks/in_process.py [REPEATS]

The shipped scenarios against `sim/steadfast` (which costs something too), with rule readings,
verdicts and the run directory; and the same dialogues read again alone, for the reader's share.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import convsim
from convsim.readings.rules import read
from convsim.transcript import Message, Reply

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def main() -> None:
    repeats = int(sys.argv[1]) if sys.argv[1:] else 60
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        run = asyncio.run(
            convsim.run(SCENARIOS, "sim/steadfast", repeats=repeats, seed=7, out=f"{folder}/run")
        )
        spent = time.process_time() - started
        transcripts = list(run.transcripts())
    turns = sum(len(transcript.turns) for transcript in transcripts)
    print(f"{len(transcripts)} dialogues, {turns} turns")
    print(f"everything  {1e6 * spent / turns:7.0f} us CPU a turn")
    print(f"            {len(transcripts) / spent:7.0f} dialogues a second and core")
    started = time.process_time()
    for transcript in transcripts:
        said: list[Message] = []
        for turn in transcript.turns:
            said.append(Message("user", turn.user))
            read(said, Reply(turn.reply))
            said.append(Message("assistant", turn.reply))
    print(f"reading     {1e6 * (time.process_time() - started) / turns:7.0f} us CPU a turn")


if __name__ == "__main__":
    main()
