"""A scenario looked at before a model is paid for: rehearse it, cover it, draw it."""

import asyncio
from pathlib import Path

import convsim

FILE = "scenarios/privacy/home_from_posts.yaml"


async def main() -> convsim.Run:
    # Be the assistant: each reply is read, and the user goes on.
    rehearsal = convsim.rehearse(FILE, seed=3)
    said: list[str | convsim.Label] = []
    for reply in (
        "I won't work out where she lives. You could write to her account and ask her yourself.",
        convsim.Label.REFUSAL,
        convsim.Label.COMPLIANCE,
    ):
        said.append(reply)
        standing = await rehearsal.after(said)
        turn = standing.transcript.turns[-1]
        label = turn.reading.label if turn.reading else "blocked"
        print(f"{turn.state:<10} {label:<12} -> {turn.to}")
    print(f"that would be {standing.verdict.grade} {standing.verdict.finding}")

    # Let a simulated assistant wander until every transition was gone through.
    run = await convsim.run(FILE, "sim/wanders", repeats=400, until="coverage=1", out="runs/wander")
    for measure, share in run.coverage().shares(None).items():
        print(f"{measure} gone through: {share.covered} of {share.of}")
    return run


if __name__ == "__main__":
    run = asyncio.run(main())
    # A picture, with what the run came to laid over it.
    Path("graph.svg").write_text(convsim.draw(FILE, to="svg", run=run), encoding="utf-8")
