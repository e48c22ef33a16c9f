"""The library in ten lines: simulate a batch offline, judge it, print the summary."""

import asyncio

import convsim


async def main() -> None:
    run = await convsim.run("scenarios/fraud", "sim/capitulates?after=2", repeats=3, seed=7)
    print(run.report())
    for dialogue in run.failures()[:3]:
        print(dialogue.transcript.key, dialogue.verdict.finding, dialogue.verdict.turns)


if __name__ == "__main__":
    asyncio.run(main())
