"""A key that is taken back in the midst of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.shell import convsim
from tests.faults.scene import Assistant, Book, is_whole, rows_of, undisturbed, write_suite
from tests.servers import Answer, fault
from tests.small import rows

REPEATS = 15
CONCURRENCY = 8


async def test_a_rejected_key_stops_the_run_at_once(tmp_path: Path) -> None:
    """One clear line, no row for what was in flight; with the right key it goes on."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)

    def keeper(body: dict[str, Any], times: int) -> Answer | None:
        accepted = "Bearer old" if server.calls <= 40 else "Bearer new"
        sent = server.headers[-1]["authorization"]
        return None if sent == accepted else fault(401, "no such key")

    async with Assistant(keeper, latency=0.01) as server:
        target = server.target.replace("#", "?key_env=SHOP_KEY#")
        done = await convsim(
            "run", scenario, "-t", target, "--out", out, "--repeats", REPEATS, "-q",
            "--concurrency", CONCURRENCY, SHOP_KEY="old",
        )  # fmt: skip
        stopped, incomplete = done.err.splitlines()
        assert done.code == 3
        assert stopped.startswith(f"{server.url} rejected the key (401): set SHOP_KEY to a key ")
        assert incomplete == f"incomplete: go on with `convsim resume {out}`"
        assert rows(out, "errors") == []
        assert is_whole(out)
        assert 40 < server.calls <= 40 + CONCURRENCY
        rejected = Book(out, repeats=REPEATS).lost(server.asked)
        assert len(rejected) == server.calls - 40

        done = await convsim("resume", out, "-q", SHOP_KEY="new")
    assert (done.code, done.err) == (0, "")
    assert rows_of(out) == whole
    assert {asked for asked, times in server.asked.items() if times > 1} == rejected
