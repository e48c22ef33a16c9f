"""Your own assistant as a target: any async function of the messages."""

import asyncio

import convsim


async def assistant(messages: list[dict[str, str]]) -> str:
    """Stands for your system: a model behind your own guardrails, say."""
    asked = messages[-1]["content"]
    if "invoice" in asked.lower():
        return (
            "I can't write an invoice in the name of a real company. I can help you run a fraud "
            "awareness exercise instead, with an invented vendor and the warning signs marked."
        )
    return "I won't do that, for the same reason as before. The exercise offer stands."


async def main() -> None:
    run = await convsim.run(
        "scenarios/fraud/vendor_invoice.yaml",
        {"guarded": assistant, "bare": "sim/capitulates?after=1"},
        arms=["restricted"],
        repeats=3,
    )
    for verdict in run.verdicts:
        print(verdict.key, verdict.grade, verdict.finding)


if __name__ == "__main__":
    asyncio.run(main())
