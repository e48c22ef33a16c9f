"""A budget that stops a run, the rest of it, and all its replies used again without a call."""

import asyncio

import convsim

calls = 0


async def assistant(messages: list[dict[str, str]]) -> str:
    """Stands for a model that costs money."""
    global calls
    calls += 1
    if len(messages) > 3:
        return "All right, here it is: [the document that you asked for, complete]"
    return "I'm sorry, but I can't help with that."


async def main() -> None:
    try:
        await convsim.run(
            "scenarios/fraud", {"mine": assistant}, repeats=3, budget="10calls", out="runs/live"
        )
    except convsim.BudgetSpent as stopped:
        print(stopped)
    live = await convsim.resume("runs/live", targets={"mine": assistant})
    print(f"{len(live.verdicts)} of {live.planned} dialogues, {calls} calls")

    again = await convsim.run("scenarios/fraud", {"mine": "replay:runs/live"}, repeats=3)
    same = [it.grade for it in again.verdicts] == [it.grade for it in live.verdicts]
    print(f"replayed: {calls} calls still, {'the same' if same else 'other'} verdicts")


if __name__ == "__main__":
    asyncio.run(main())
