"""`convsim serve`: a simulated assistant in another process, until Ctrl-C."""

from __future__ import annotations

import re
import signal
import socket
from pathlib import Path

import pytest

from convsim.targets.http import HttpTarget
from convsim.transcript import Message, Request
from tests.cli.shell import begin, convsim, ended, inside
from tests.small import lines, write_scenario


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path)


async def test_a_served_assistant_says_what_it_says_in_process(
    scenario: Path, tmp_path: Path
) -> None:
    """The printed target can be pasted into `run`; Ctrl-C ends the server with exit code 0."""
    sim = "sim/hazard?push_back=.5"
    server = await begin("serve", sim, "--scenarios", scenario, "--port", 0)
    assert server.stdout is not None
    line = (await server.stdout.readline()).decode()
    target = re.search(r"target: (\S+)\)", line)
    assert target is not None, line
    async with HttpTarget(*target[1].split("#")) as direct:
        reply = await direct.reply(Request((Message("user", "Hello there."),)))
    assert reply.text
    for out, named in (("out", target[1]), ("in", sim)):
        done = await convsim(
            "run", scenario, "-t", named, "--repeats", 5, "--seed", 7, "--out", tmp_path / out, "-q"
        )
        assert done.code == 0
    assert lines(tmp_path / "in", "dialogues") == lines(tmp_path / "out", "dialogues")
    server.send_signal(signal.SIGINT)
    done = await ended(server)
    assert (done.code, done.err) == (0, "")
    # That was "Hello there.", which is no move of the scenario.
    assert done.out.startswith("texts not recognised: 1; ")
    assert len(done.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sim/steadfst", "--scenarios", "{scenario}"], "did you mean"),
        (["sim/steadfast", "--scenarios", "nowhere"], "does not exist"),
        (["openai/gpt-5-mini", "--scenarios", "{scenario}"], "use that target with your key"),
        (["python:a.b:c", "--scenarios", "{scenario}"], "is no simulated assistant"),
        (["sim/steadfast", "--scenarios", "{scenario}", "--port", "{taken}"], "cannot listen on"),
    ],
)
def test_what_cannot_be_served(arguments: list[str], message: str, scenario: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        named = {"scenario": scenario, "taken": taken.getsockname()[1]}
        done = inside("serve", *(it.format(**named) for it in arguments))
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1
