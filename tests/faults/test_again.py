"""The second run of the same thing is free: replay, resume and judge need no server."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import pytest

from tests.cli.shell import convsim
from tests.faults.scene import Rows, rows_of, undisturbed, write_suite
from tests.small import everything_in, rows

REPEATS = 10


@pytest.fixture
async def earlier(tmp_path: Path) -> tuple[Path, Rows]:
    """A complete run, whose server is gone."""
    out = tmp_path / "earlier"
    return out, await undisturbed(write_suite(tmp_path), out, repeats=REPEATS)


async def test_a_replay_gives_the_same_rows(tmp_path: Path, earlier: tuple[Path, Rows]) -> None:
    """Byte for byte, and the ledger of the replay can be replayed as well."""
    source, whole = earlier
    for name in ("first", "second"):
        out = tmp_path / name
        done = await convsim(
            "run", tmp_path / "fault.yaml", "-t", f"replay:{source}", "--out", out,
            "--repeats", REPEATS, "-q",
        )  # fmt: skip
        assert (done.code, done.err) == (0, "")
        assert rows_of(out) == whole
        assert {row["source"] for row in rows(out, "ledger")} == {"replay"}
        source = out


@pytest.mark.parametrize(
    ("changed", "missing"), [(("--seed", 1), 2 * REPEATS), (("--repeats", REPEATS + 1), 2)]
)
async def test_what_was_not_recorded_is_an_error_that_says_so(
    changed: tuple[object, ...], missing: int, tmp_path: Path, earlier: tuple[Path, Rows]
) -> None:
    """Another seed is another conversation, and one more repeat was never had."""
    out = tmp_path / "run"
    done = await convsim(
        "run", tmp_path / "fault.yaml", "-t", f"replay:{earlier[0]}", "--out", out,
        "--repeats", REPEATS, *changed, "-q",
    )  # fmt: skip
    assert done.code == 3
    errors = rows(out, "errors")
    assert Counter(row["kind"] for row in errors) == {"not_recorded": missing}
    says = f"{earlier[0]} holds no reply to this conversation: another suite, seed or number of "
    assert all(str(row["message"]).startswith(says) for row in errors)
    assert says in done.err
    assert len(rows(out, "verdicts/rules")) == len(rows(out, "dialogues"))


async def test_resuming_and_judging_a_complete_run_calls_nobody(
    tmp_path: Path, earlier: tuple[Path, Rows]
) -> None:
    """Its server is gone, and nobody notices; no row is written."""
    out, whole = earlier
    ledger = (out / "ledger.jsonl").read_bytes()
    done = await convsim("resume", out, "-q")
    assert (done.code, done.err) == (0, "")
    assert rows_of(out) == whole
    assert (out / "ledger.jsonl").read_bytes() == ledger
    stored = everything_in(out)
    done = await convsim("judge", out, "-o", tmp_path / "judged.jsonl")
    assert done.code == 0
    judged = map(orjson.loads, (tmp_path / "judged.jsonl").read_bytes().splitlines())
    stored_verdicts = map(orjson.loads, whole.verdicts)
    assert sorted((row["id"], row["verdict"], row["quote"]) for row in judged) == [
        (row["key"], row["grade"], row["quote"]) for row in stored_verdicts
    ]
    assert everything_in(out) == stored
