"""What the benchmark starts: servers, and each measurement in its own process and folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any, Self

from measure import Measured, Task

HERE = Path(__file__).parent
PATIENCE = 1800.0
"""Seconds for one measurement, after which it counts as failed."""

NEXT_LOOK = 0.01
"""Seconds between two looks at a server that waits for its first request."""


class Failed(Exception):
    """A measurement that did not come to an end, or did less than it claims."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Where clients and servers run: apart, where there are two cores; else wherever they like."""

    client: int | None = None
    server: int | None = None

    @classmethod
    def of_this_machine(cls) -> Cores:
        """The first core for the clients and the last one for the servers."""
        if not hasattr(os, "sched_getaffinity"):
            return cls()
        cores = sorted(os.sched_getaffinity(0))
        return cls(cores[0], cores[-1]) if len(cores) > 1 else cls()


class Server:
    """A benchmark server in a process of its own, for as long as the block lasts."""

    def __init__(self, latency: float, core: int | None) -> None:
        pinned = [] if core is None else ["--core", str(core)]
        command = [sys.executable, str(HERE / "server.py"), "--latency", str(latency), *pinned]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        self.latency = latency
        self.url = f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)  # closes its standard input, which ends it

    def stats(self, path: str = "/stats") -> dict[str, Any]:
        """What happened since the last reset."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        connection.request("GET", path)
        stats = json.loads(connection.getresponse().read())
        connection.close()
        assert isinstance(stats, dict)
        return stats

    def reset(self) -> None:
        """Count from zero."""
        self.stats("/reset")

    def first_request(self, process: subprocess.Popen[bytes], *, within: float) -> float:
        """When the first request came in; raises `Failed` where `process` ends without one."""
        give_up = time.monotonic() + within
        while (first := self.stats()["first"]) is None:
            if process.poll() is not None or time.monotonic() > give_up:
                raise Failed("ended, or waited too long, without a call")
            time.sleep(NEXT_LOOK)
        return float(first)


class Bench:
    """Runs measurements below one temporary folder."""

    def __init__(self, folder: Path, cores: Cores) -> None:
        self._folder = folder
        self._cores = cores

    def measure(
        self,
        script: str,
        client: str,
        *,
        dialogues: int,
        in_flight: int,
        server: Server | None = None,
        seconds: float = 0.0,
        python: str = sys.executable,
    ) -> Measured:
        """What `client` of `script` needed; raises `Failed` where it does not say."""
        folder = self.folder()
        task = Task(
            client,
            dialogues,
            in_flight,
            str(folder),
            url=server.url if server else "",
            core=self._cores.client,
            seconds=seconds,
        )
        if server is not None:
            server.reset()
        try:
            measured = self._run([python, str(HERE / script), task.argument], folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return measured if server is None else _checked(measured, server.stats())

    def prepare(self, script: str, task: Task) -> Measured:
        """As `measure`, but what it leaves in the task's folder stays."""
        command = [sys.executable, str(HERE / script), replace(task, core=None).argument]
        return self._run(command, Path(task.folder))

    def folder(self) -> Path:
        """A new folder."""
        return Path(mkdtemp(dir=self._folder))

    def _run(self, command: list[str], folder: Path) -> Measured:
        # Peers write logs, databases and settings below the home directory.
        environment = {**os.environ, "HOME": str(folder)}
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {PATIENCE:,.0f} s") from None
        if done.returncode != 0:
            raise Failed(_last_line(done.stderr) or f"exit code {done.returncode}")
        return Measured(**json.loads(_last_line(done.stdout)))

    def start(self, command: list[str], folder: Path) -> subprocess.Popen[bytes]:
        """Start a command on the clients' core, silently."""
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=self._pin,
        )

    def _pin(self) -> None:
        if self._cores.client is not None:
            os.sched_setaffinity(0, {self._cores.client})


def end(process: subprocess.Popen[bytes], *, within: float = 60.0) -> None:
    """Interrupt a process as a user would, and insist after a while."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def has_module(python: str, module: str) -> bool:
    """Whether an interpreter could import a module."""
    find = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    done = subprocess.run([python, "-c", find], capture_output=True, check=False)
    return done.returncode == 0


def _checked(measured: Measured, stats: Mapping[str, Any]) -> Measured:
    if stats["requests"] < measured.calls:
        raise Failed(f"{measured.calls} calls, but the server saw {stats['requests']}")
    seen = {"open": stats["max_in_flight"], "connections": stats["connections"]}
    return replace(measured, more={**measured.more, **seen})


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
