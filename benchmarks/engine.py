"""What convsim's engine costs beside bare clients and other frameworks, in one run on this machine.

    python benchmarks/engine.py [--quick | --full] [--json FILE] [--peer-python PATH ...]

The same five turns against one local server at 0 and 500 ms, and in process; growth with the number
of dialogues; memory; resuming; a limit of requests. Every measurement has a process and a folder of
its own, clients on one core and the server on another where there are two. The median of three
decides, and of it the CPU for a call, with all threads: wall clocks of a busy machine say little.

inspect-ai, PyRIT and deepeval are measured where they are found: beside convsim, or in the
environments that `--peer-python` names. `python benchmarks/server.py` is the server.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from time import monotonic

from measure import Measured, Task
from peers import PACKAGES
from running import Bench, Cores, Failed, Server, end, has_module
from table import WIDTH, Goal, Row, lines, middle
from workload import TURNS

NAMES = {
    "bare-aiohttp": "bare aiohttp loop",
    "bare-litellm": "bare litellm.acompletion",
    "direct-engine": "convsim, engine",
    "direct-everything": "convsim, readings and verdicts",
    "litellm-engine": "convsim through litellm, engine",
    "litellm-everything": "  with readings and verdicts",
    "inspect-ai": "inspect-ai",
    "pyrit": "PyRIT (no system prompt)",
    "deepeval": "deepeval",
}
DIRECT = ("bare-aiohttp", "direct-engine", "direct-everything")
THROUGH = ("bare-litellm", "litellm-engine", "litellm-everything")
DIRECT_GOALS = {"direct-engine": Goal(1.5, 1.0), "direct-everything": Goal(2.0, 1.5)}
THROUGH_GOALS = {"litellm-engine": Goal(1.1), "litellm-everything": Goal(1.1)}


@dataclass(frozen=True, slots=True)
class Load:
    """So many dialogues, so many of them at a time, against the server that answers late or not.

    `peers` is how many dialogues other frameworks play at it; with none, they do not.
    """

    dialogues: int
    in_flight: int
    late: bool = False
    peers: int = 0


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured, how often. `latency` is that of the server that answers late."""

    repetitions: int
    http: tuple[Load, ...]
    crowd: Load
    litellm: tuple[Load, ...]
    growth: tuple[int, ...]
    resumed: int
    waiting: int
    seconds: float
    latency: float = 0.5


NORMAL = Sizes(
    repetitions=3,
    http=(
        Load(300, 1),
        Load(2000, 50, peers=200),
        Load(4000, 2000),
        Load(400, 200, late=True, peers=200),
    ),
    crowd=Load(8000, 2000, late=True),
    litellm=(Load(200, 50), Load(500, 500, late=True)),
    growth=(1000, 10_000),
    resumed=10_000,
    waiting=5000,
    seconds=60.0,
)
FULL = replace(NORMAL, growth=(1000, 10_000, 100_000), resumed=100_000)
QUICK = Sizes(
    repetitions=1,
    http=(
        Load(100, 1),
        Load(1000, 50, peers=100),
        Load(4000, 2000),
        Load(200, 200, late=True, peers=200),
    ),
    crowd=Load(8000, 2000, late=True),
    litellm=(Load(100, 50), Load(200, 200, late=True)),
    growth=(1000, 5000),
    resumed=2000,
    waiting=5000,
    seconds=15.0,
)
TINY = Sizes(
    repetitions=1,
    http=(Load(8, 4, peers=4),),
    crowd=Load(8, 8, late=True),
    litellm=(Load(4, 2),),
    growth=(10, 20),
    resumed=20,
    waiting=120,
    seconds=1.5,
    latency=0.02,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all sections share. `pythons` has an interpreter for each peer that was found."""

    bench: Bench
    sizes: Sizes
    prompt: Server
    late: Server
    pythons: Mapping[str, str]

    def server(self, load: Load) -> Server:
        """The server that a load is put on."""
        return self.late if load.late else self.prompt


Attempt = Callable[[], Measured]


# --- the same dialogues by different clients


def over_http(setting: Setting) -> Iterator[Row]:
    """Bare aiohttp, convsim and its peers under each load."""
    for load in setting.sizes.http:
        judged = load.in_flight > 1 and not load.late
        yield from compare(setting, load, DIRECT, DIRECT_GOALS if judged else {})
    yield from crowd(setting)


def through_litellm(setting: Setting) -> Iterator[Row]:
    """Bare litellm, and convsim through it."""
    for load in setting.sizes.litellm:
        yield from compare(setting, load, THROUGH, THROUGH_GOALS)


def compare(
    setting: Setting, load: Load, clients: Sequence[str], goals: Mapping[str, Goal]
) -> Iterator[Row]:
    """One block: CPU per call, calls per second, and the ratio to the first client."""
    attempts = {client: _attempt(setting, load, client) for client in clients}
    missing = []
    for peer in PACKAGES if load.peers else ():
        if peer in setting.pythons:
            fewer = replace(load, dialogues=load.peers)
            attempts[peer] = _attempt(setting, fewer, peer, setting.pythons[peer])
        else:
            missing.append(peer)
    section = _section(setting, load, "litellm" if clients is THROUGH else "HTTP")
    results = repeated(section, attempts, setting.sizes.repetitions)
    yield from _block(section, [*attempts], results, goals, late=load.late)
    for peer in missing:
        yield Row(section, NAMES[peer], None, beside="not installed; see --peer-python")


def _section(setting: Setting, load: Load, by: str = "HTTP") -> str:
    latency = 1000 * setting.server(load).latency
    return f"{by}, {latency:.0f} ms, {load.in_flight:,} in flight"


def _attempt(setting: Setting, load: Load, client: str, python: str | None = None) -> Attempt:
    return lambda: setting.bench.measure(
        "peers.py" if python else "clients.py",
        client,
        dialogues=load.dialogues,
        in_flight=load.in_flight,
        server=setting.server(load),
        python=python or sys.executable,
    )


def _block(
    section: str,
    clients: Sequence[str],
    results: Mapping[str, Sequence[Measured] | Failed],
    goals: Mapping[str, Goal],
    *,
    late: bool,
) -> Iterator[Row]:
    baseline = results[clients[0]]
    for client in clients:
        name, runs = NAMES[client], results[client]
        if isinstance(runs, Failed):
            yield Row(section, name, None, beside=f"failed: {runs}", goal=goals.get(client))
            continue
        costs = tuple(run.us_per_call for run in runs)
        beside = f"{middle(run.calls_per_second for run in runs):,.0f}/s, {_seen(runs, late)}"
        ratio = None
        if not isinstance(baseline, Failed):
            ratio = middle(costs) / middle(run.us_per_call for run in baseline)
        goal = goals.get(client)
        yield Row(section, name, middle(costs), "us CPU/call", beside, ratio, goal, costs)


def _seen(runs: Sequence[Measured], late: bool) -> str:
    """What the server saw: the most calls that waited in it, or, where none wait, connections.

    Against a server that answers at once a client that begins its dialogues slowly needs fewer
    connections than it may have calls in flight, and connections cost something.
    """
    if late:
        return f"{max(run.more['open'] for run in runs):,.0f} open"
    return f"{middle(run.more['connections'] for run in runs):,.0f} sockets"


def crowd(setting: Setting) -> Iterator[Row]:
    """Thousands in flight at 500 ms: the cost, the share of the ideal rate, the memory."""
    load = setting.sizes.crowd
    section = _section(setting, load)
    attempts = {client: _attempt(setting, load, client) for client in DIRECT}
    results = repeated(section, attempts, setting.sizes.repetitions)
    yield from _block(section, DIRECT, results, {}, late=True)
    yield from _shares(results, load.in_flight / setting.late.latency)
    yield from _memory(results, load.in_flight)


def _shares(results: Mapping[str, Sequence[Measured] | Failed], ideal: float) -> Iterator[Row]:
    section = f"of the ideal {ideal:,.0f} calls/s"
    for client, runs in results.items():
        if isinstance(runs, Failed):
            continue
        shares = tuple(run.calls_per_second / ideal for run in runs)
        goal = None if client == DIRECT[0] else Goal(0.7, at_least=True)
        beside = f"{sum(run.cpu for run in runs) / sum(run.wall for run in runs):.0%} of a core"
        yield Row(section, NAMES[client], middle(shares), "", beside, goal=goal, runs=shares)


def _memory(results: Mapping[str, Sequence[Measured] | Failed], in_flight: int) -> Iterator[Row]:
    section = f"memory, {in_flight:,} in flight"
    bare: float | None = None
    for client, runs in results.items():
        if isinstance(runs, Failed) or not all(run.before for run in runs):
            continue
        each = tuple(1.024 * (run.peak - run.before) / in_flight for run in runs)
        if client == DIRECT[0]:
            bare = middle(each)
        beside = f"{middle(run.peak for run in runs) * 1.024 / 1000:.0f} MB peak"
        if bare and client != DIRECT[0]:
            beside += f", {middle(each) / bare:.1f}x bare"
        goal = None if client == DIRECT[0] else Goal(66)
        yield Row(section, NAMES[client], middle(each), "kB a dialogue", beside, None, goal, each)


# --- convsim by itself


def in_process(setting: Setting) -> Iterator[Row]:
    """Dialogues per second and core against a function, and how cost and memory grow."""
    for client, what, least in (
        ("inside-engine", "in process, engine", 3000.0),
        ("inside-everything", "in process, everything on", 1000.0),
    ):
        attempts = {str(n): _inside(setting, client, n) for n in setting.sizes.growth}
        results = repeated(what, attempts, setting.sizes.repetitions)
        yield from _growth(what, results, Goal(least, at_least=True))


def _inside(setting: Setting, client: str, dialogues: int) -> Attempt:
    return lambda: setting.bench.measure("clients.py", client, dialogues=dialogues, in_flight=32)


def _growth(
    section: str, results: Mapping[str, Sequence[Measured] | Failed], rate: Goal
) -> Iterator[Row]:
    seen: list[tuple[int, float, float]] = []
    for size, runs in results.items():
        dialogues, label = int(size), f"{int(size):,} dialogues"
        if isinstance(runs, Failed):
            yield Row(section, label, None, beside=f"failed: {runs}", goal=rate)
            continue
        rates = tuple(run.calls / TURNS / run.cpu for run in runs)
        peak = middle(run.peak for run in runs) * 1.024 / 1000
        seen.append((dialogues, middle(rates), peak))
        cost = f"{middle(run.us_per_call for run in runs):.0f} us a turn, {peak:.0f} MB"
        yield Row(section, label, middle(rates), "/s and core", cost, goal=rate, runs=rates)
    if len(seen) < 2:
        return
    (small, _, low), (_, before, _), (large, after, high) = seen[0], seen[-2], seen[-1]
    label = f"CPU each, {large:,} : {seen[-2][0]:,}"
    yield Row(section, label, 1e6 / after, "us", "", before / after, Goal(1.15))
    label = f"more memory, {large:,} : {small:,}"
    yield Row(section, label, high - low, "MB", f"{high:.0f} MB peak", goal=Goal(50))


def resuming(setting: Setting) -> Iterator[Row]:
    """Seconds from `convsim resume` on a run that is 90% done to the first call."""
    bench, server, dialogues = setting.bench, setting.late, setting.sizes.resumed
    section = "resume when 90% done"
    label, goal = f"first call, {dialogues:,} dialogues", Goal(5)
    folder = bench.folder()
    try:
        announce(f"{section}: playing {dialogues:,} dialogues first")
        # Those in flight still end: few enough that a tenth is left.
        at_once = max(1, min(50, dialogues // 100))
        task = Task("interrupted", dialogues, at_once, str(folder), setting.prompt.url)
        made = bench.prepare("resuming.py", task)
        attempts = {"resume": lambda: _resume(bench, server, folder)}
        runs = repeated(section, attempts, setting.sizes.repetitions)["resume"]
        if isinstance(runs, Failed):
            raise runs
    except Failed as error:
        yield Row(section, label, None, beside=f"failed: {error}", goal=goal)
        return
    waits = tuple(run.wall for run in runs)
    beside = f"{made.more['finished']:,.0f} done before"
    yield Row(section, label, middle(waits), "s", beside, goal=goal, runs=waits)


def _resume(bench: Bench, server: Server, folder: Path) -> Measured:
    server.reset()
    started = monotonic()
    command = [sys.executable, "-m", "convsim", "resume", "run", "--target"]
    process = bench.start([*command, f"t1={_same_target(folder, server)}", "--quiet"], folder)
    try:
        waited = server.first_request(process, within=600) - started
    finally:
        end(process)
    return Measured(calls=1, cpu=0.0, wall=waited, before=0, peak=0)


def _same_target(folder: Path, server: Server) -> str:
    """The stored target at another place: where a target runs does not make it another one."""
    stored = json.loads((folder / "run" / "targets.json").read_text())["t1"]["target"]
    _, question, rest = str(stored).partition("?")
    return server.url + question + rest


def limited(setting: Setting) -> Iterator[Row]:
    """Thousands of dialogues behind a limit of requests."""
    sizes = setting.sizes
    section = f"{sizes.waiting:,} wait, 50 requests/s"

    def attempt() -> Measured:
        return setting.bench.measure(
            "waiting.py",
            "limited",
            dialogues=sizes.waiting,
            in_flight=sizes.waiting,
            seconds=sizes.seconds,
        )

    runs = repeated(section, {"limited": attempt}, sizes.repetitions)["limited"]
    if isinstance(runs, Failed):
        yield Row(section, f"{sizes.seconds:.0f} s", None, beside=f"failed: {runs}", goal=Goal(5))
        return
    for key, label, scale, unit, goal in (
        ("core", "CPU while they wait", 100, "% of a core", Goal(5)),
        ("share", "used of the limit", 100, "%", Goal(95, at_least=True)),
        ("share", "never above the limit", 100, "%", Goal(100)),
        ("busiest", "busiest second", 1, "calls", Goal(50)),
        ("displaced", "order: places moved, mean", 1, "places", Goal(0)),
    ):
        values = tuple(scale * run.more[key] for run in runs)
        yield Row(section, label, middle(values), unit, goal=goal, runs=values)


# --- running it


def repeated(
    what: str, attempts: Mapping[str, Attempt], repetitions: int
) -> dict[str, Sequence[Measured] | Failed]:
    """Every attempt several times, in turns, so that a slow minute hits all of them alike."""
    results: dict[str, Sequence[Measured] | Failed] = {}
    runs: dict[str, list[Measured]] = {name: [] for name in attempts}
    for repetition in range(1, repetitions + 1):
        for name, attempt in attempts.items():
            if name in results:
                continue  # it failed before, and would again
            announce(f"{what}: {name}, {repetition} of {repetitions}")
            try:
                runs[name].append(attempt())
            except Failed as error:
                results[name] = error
    return {name: results.get(name, runs[name]) for name in attempts}


def announce(what: str) -> None:
    """Say what is being measured now."""
    print(what, file=sys.stderr, flush=True)


SECTIONS: Mapping[str, Callable[[Setting], Iterable[Row]]] = {
    "http": over_http,
    "litellm": through_litellm,
    "in-process": in_process,
    "resume": resuming,
    "limit": limited,
}


def environment() -> dict[str, str]:
    """What the figures depend on."""
    packages = {name: _version(name) for name in ("convsim", "aiohttp", "litellm", "orjson")}
    cores = os.cpu_count()
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {cores} cores",
        "load": f"{os.getloadavg()[0]:.1f}",
        **packages,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def allow_files() -> None:
    """Allow this process and its children as many open files as may be: a call is a connection."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def find_peers(pythons: Sequence[str]) -> dict[str, str]:
    """The interpreter to run each peer with, for those that are installed somewhere."""
    return {
        name: python
        for name, module in PACKAGES.items()
        for python in [next((p for p in pythons if has_module(p, module)), None)]
        if python is not None
    }


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    size = parser.add_mutually_exclusive_group()
    for name, sizes, what in (
        ("quick", QUICK, "smaller and once: a few minutes"),
        ("full", FULL, "up to 100,000 dialogues: about an hour"),
        ("tiny", TINY, "only show that everything runs; the figures mean nothing"),
    ):
        size.add_argument(
            f"--{name}", dest="sizes", action="store_const", const=sizes, default=NORMAL, help=what
        )
    parser.add_argument("--only", nargs="+", choices=[*SECTIONS], default=[*SECTIONS])
    parser.add_argument("--repetitions", type=int, help="the median of so many decides")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there as well")
    parser.add_argument(
        "--peer-python",
        action="append",
        default=[],
        metavar="PATH",
        help="an interpreter that has inspect-ai, pyrit or deepeval; repeat for several",
    )
    return parser.parse_args(arguments)


def main() -> None:
    """Measure, print the table, and write it down where that was asked for."""
    options = parsed()
    sizes: Sizes = options.sizes
    if options.repetitions:
        sizes = replace(sizes, repetitions=options.repetitions)
    allow_files()
    facts, cores, rows = environment(), Cores.of_this_machine(), list[Row]()
    print(*wrap("  ".join(f"{name} {value}" for name, value in facts.items()), WIDTH), sep="\n")
    with (
        TemporaryDirectory(prefix="convsim-benchmark-") as folder,
        Server(0.0, cores.server) as prompt,
        Server(sizes.latency, cores.server) as late,
    ):
        pythons = find_peers([sys.executable, *options.peer_python])
        setting = Setting(Bench(Path(folder), cores), sizes, prompt, late, pythons)
        for name in options.only:
            rows += SECTIONS[name](setting)
    print(*lines(rows), sep="\n")
    print("=" * WIDTH)
    unmet = [row for row in rows if row.met in ("no", "unknown")]
    print(f"{sum(bool(row.met) for row in rows)} goals, {len(unmet)} not met")
    if options.json:
        report = {"environment": facts, "rows": [row.plain() for row in rows]}
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
