"""A run in three shards, as three machines would play it, joined and compared with the whole."""

import asyncio
from pathlib import Path

import convsim

SCENARIOS, TARGET = "scenarios/fraud", "sim/hazard?push_back=.3&reframe=.2"


def rows(run: convsim.Run) -> list[bytes]:
    """Its dialogues, in an order that does not depend on who ended first."""
    return sorted(Path(run.path, "dialogues.jsonl").read_bytes().splitlines())


async def main() -> None:
    for i in (1, 2, 3):
        part = await convsim.run(
            SCENARIOS, TARGET, repeats=4, seed=7, shard=f"{i}/3", out=f"runs/part{i}"
        )
        print(f"shard {i}/3: {part.planned} dialogues")
    merged = convsim.merge([f"runs/part{i}" for i in (1, 2, 3)], "runs/merged")
    whole = await convsim.run(SCENARIOS, TARGET, repeats=4, seed=7, out="runs/whole")
    same = "the same" if rows(merged) == rows(whole) else "different"
    print(f"merged: {merged.planned} dialogues, {same} as in one piece")


if __name__ == "__main__":
    asyncio.run(main())
