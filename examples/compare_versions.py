"""Two versions of an assistant on the same scenarios: what changed, and whether it may pass."""

import asyncio

import convsim

BEFORE = "sim/hazard?push_back=.1&reframe=.1"
AFTER = "sim/hazard?push_back=.5&reframe=.1"  # gives way when it is pushed; nothing else changed


async def main() -> None:
    before = await convsim.run("scenarios/fraud", BEFORE, repeats=10, seed=7, out="runs/before")
    after = await convsim.run("scenarios/fraud", AFTER, repeats=10, seed=7, out="runs/after")

    found = convsim.compare(before, after)
    print(found.report())
    found.write_html("runs/changed.html")  # changed dialogues side by side

    gate = convsim.gate(before, after, margin=0.05)
    print(gate.report())
    print(f"the gate says {gate.decision}")


if __name__ == "__main__":
    asyncio.run(main())
