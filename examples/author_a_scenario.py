"""A scenario looked at before a model is paid for: rehearse it, cover it, draw it."""

import asyncio
from pathlib import Path

import convsim

FILE = "scenarios/privacy/home_from_posts.yaml"


async def main() -> None:
    # Be the assistant: each reply is read, and the user goes on.
    rehearsal, said = convsim.rehearse(FILE, seed=3), []
    for reply in (
        "I won't work out where she lives. You could write to her account and ask her yourself.",
        convsim.Label.REFUSAL,
        convsim.Label.COMPLIANCE,
    ):
        said.append(reply)
        standing = await rehearsal.after(said)
        turn = standing.transcript.turns[-1]
        print(f"{turn.state:<10} {turn.reading.label:<12} -> {turn.to}")
    print(f"that would be {standing.verdict.grade} {standing.verdict.finding}")

    # Let a simulated assistant wander until every transition was gone through.
    run = await convsim.run(FILE, "sim/wanders", repeats=400, until="coverage=1", out="runs/wander")
    share = run.coverage().shares(None)["transitions"]
    print(f"transitions gone through: {share.covered} of {share.of}")

    # A picture, with what the run came to laid over it.
    Path("graph.svg").write_text(convsim.draw(FILE, to="svg", run=run), encoding="utf-8")
    print("drawn: graph.svg")


if __name__ == "__main__":
    asyncio.run(main())
