"""Other frameworks playing the same five turns, each measured in a process of its own.

Runs with the Python of whatever environment has the framework; nothing of convsim is imported. Each
is set up as its documentation suggests for speed: no progress display where there is a switch, the
leanest log, no scorer, no model that simulates the user.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from measure import Measured, Meter, Task, main, metered
from workload import MODEL, PARAMETERS, SYSTEM, TURNS, USER

PACKAGES = {"inspect-ai": "inspect_ai", "pyrit": "pyrit", "deepeval": "deepeval"}
"""The module to look for, by the name of the client."""


def inspect_ai(task: Task) -> Measured:
    """A solver that says the five turns, with the leanest log of `eval`."""
    os.environ |= {"BENCH_BASE_URL": task.url, "BENCH_API_KEY": "none", "INSPECT_TELEMETRY": ""}
    inspect, models = _parts("inspect_ai", "inspect_ai.model")
    datasets, solvers = _parts("inspect_ai.dataset", "inspect_ai.solver")

    def five_turns() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            state.messages = [models.ChatMessageSystem(content=SYSTEM)]
            for text in USER:
                state.messages.append(models.ChatMessageUser(content=text))
                state = await generate(state)
            return state

        return solve

    config = models.GenerateConfig(max_connections=task.in_flight, max_retries=0, **PARAMETERS)
    model = models.get_model(f"openai-api/bench/{MODEL}", config=config)

    def play(dialogues: int) -> int:
        samples = [datasets.Sample(input="-", id=number) for number in range(dialogues)]
        dataset = datasets.MemoryDataset(samples)
        (log,) = inspect.eval(
            inspect.Task(dataset=dataset, solver=solvers.solver(five_turns)()),
            model=model,
            max_samples=task.in_flight,
            max_connections=task.in_flight,
            log_dir=task.folder,
            log_realtime=False,
            log_model_api=False,
            log_refusals=False,
            display="none",
            score=False,
        )
        assert log.results.completed_samples == dialogues, log.error
        return dialogues * TURNS

    play(2)
    return _metered(lambda: play(task.dialogues))


async def pyrit(task: Task) -> Measured:
    """`MultiPromptSendingAttack`, memory in memory. It takes no system prompt: 270 bytes less."""
    attacks, models = _parts("pyrit.executor.attack", "pyrit.models")
    targets, setup = _parts("pyrit.prompt_target", "pyrit.setup")
    await setup.initialize_pyrit_async(memory_db_type="InMemory", load_defaults=False, silent=True)
    target = targets.OpenAIChatTarget(
        endpoint=task.url, api_key="none", model_name=MODEL, temperature=0.0
    )
    attack = attacks.MultiPromptSendingAttack(objective_target=target)
    executor = attacks.AttackExecutor(max_concurrency=task.in_flight)

    async def play(dialogues: int) -> int:
        results = await executor.execute_attack_async(
            attack=attack,
            objectives=[f"dialogue {number}" for number in range(dialogues)],
            field_overrides=[_texts(models.Message) for _ in range(dialogues)],
        )
        turns = sum(int(result.executed_turns) for result in results)
        assert turns == dialogues * TURNS, f"{turns} turns of {dialogues * TURNS}"
        return turns

    await play(2)
    return await metered(lambda: play(task.dialogues))


def _texts(message: Any) -> dict[str, list[Any]]:
    return {"user_messages": [message.from_prompt(prompt=text, role="user") for text in USER]}


def deepeval(task: Task) -> Measured:
    """`ConversationSimulator` on one state that leads to itself, with a callback over aiohttp."""
    os.environ |= {
        "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
        "DEEPEVAL_DISABLE_PROGRESS_BAR": "1",
        "DEEPEVAL_DISABLE_DOTENV": "1",
        "DEEPEVAL_UPDATE_WARNING_OPT_IN": "0",
        "ERROR_REPORTING": "0",
        "OPENAI_API_KEY": "none",
    }
    import aiohttp
    import orjson

    datasets, cases = _parts("deepeval.dataset", "deepeval.test_case")
    simulators, graphs = _parts("deepeval.simulator", "deepeval.simulator.simulation_graph")
    (controller,) = _parts("deepeval.simulator.controller.controller")

    sessions: dict[object, aiohttp.ClientSession] = {}

    async def answer(input: str, turns: list[Any], thread_id: str) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in sessions:
            sessions[loop] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        said = [{"role": turn.role, "content": turn.content} for turn in turns]
        if said[-1]["role"] != "user":
            said.append({"role": "user", "content": input})
        messages = [{"role": "system", "content": SYSTEM}, *said]
        body = orjson.dumps({"model": MODEL, "messages": messages, **PARAMETERS})
        headers = {"Content-Type": "application/json"}
        url = f"{task.url}/chat/completions"
        async with sessions[loop].post(url, data=body, headers=headers) as response:
            answered = orjson.loads(await response.read())
        return cases.Turn(role="assistant", content=answered["choices"][0]["message"]["content"])

    def next_text(turns: list[Any], last_assistant_turn: Any) -> str:
        return USER[min(len(turns) // 2, TURNS - 1)]

    simulator = simulators.ConversationSimulator(
        model_callback=answer,
        simulation_graph=graphs.SimulationNode(next_text, name="turn"),
        stopping_controller=lambda turns=None: controller.proceed(),
        max_concurrent=task.in_flight,
        async_mode=True,
    )

    def play(dialogues: int) -> int:
        goldens = [
            datasets.ConversationalGolden(
                scenario="bench", expected_outcome="-", user_description="-"
            )
            for _ in range(dialogues)
        ]
        played = simulator.simulate(goldens, max_user_simulations=TURNS)
        turns: int = sum(turn.role == "assistant" for case in played for turn in case.turns)
        assert turns == dialogues * TURNS, f"{turns} turns of {dialogues * TURNS}"
        return turns

    play(2)
    return _metered(lambda: play(task.dialogues))


def _parts(*modules: str) -> tuple[Any, ...]:
    """Modules of a framework that is not installed where this is type-checked."""
    return tuple(import_module(module) for module in modules)


def _metered(play: Callable[[], int]) -> Measured:
    meter = Meter()
    calls = play()
    meter.stop_clock()
    return meter.measured(calls)


if __name__ == "__main__":
    main({"inspect-ai": inspect_ai, "pyrit": pyrit, "deepeval": deepeval})
