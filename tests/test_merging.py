"""Merging shards: the whole run comes out of it, or nothing does and a message says why."""

from __future__ import annotations

import asyncio
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim import merging
from convsim.errors import InputError, RefusedRequest, RunMismatch, Transient
from convsim.limits import Limits
from convsim.manifest import Setup
from convsim.merging import PartlyJudged, merge
from convsim.policy import Policy, Rule
from convsim.runs import Run
from convsim.session import Controls
from convsim.staff import workers
from convsim.starting import reopen, start
from convsim.stores import RunDirectory, TornLine
from convsim.suite import Suite
from tests.small import POLICY, SCENARIO, Plain, Scripted, entries, gives_in, holds, lines, rows

OTHER = SCENARIO.model_copy(update={"id": "small.other"})
SUITE = Suite((SCENARIO, OTHER), POLICY)
"""With three repeats, six groups of two arms."""
ONE_ATTEMPT = Controls(limits=Limits(attempts=1, concurrency=1))
BOTH = {"a": holds, "b": gives_in}


async def play(
    out: Path,
    shard: str | None = None,
    targets: object = gives_in,
    *,
    suite: Suite = SUITE,
    **changed: Any,
) -> Path:
    """A run, or a shard of one, played to its end."""
    setup = Setup(**{"repeats": 3, "seed": 7, "shard": shard, **changed})
    session = start(suite, targets, out, setup=setup, staff=workers(Plain()), controls=ONE_ATTEMPT)
    with session.directory:
        await session.play()
    return out


async def shards(
    folder: Path, n: int = 2, targets: object = gives_in, **changed: Any
) -> list[Path]:
    """All shards of a run."""
    return [await play(folder / f"{i}", f"{i}/{n}", targets, **changed) for i in range(1, n + 1)]


async def go_on(path: Path, targets: dict[str, object]) -> None:
    """Resume a run to its end."""
    session = reopen(path, targets=targets, staff=workers(Plain()), controls=ONE_ATTEMPT)
    with session.directory:
        await session.play()


def paid(path: Path) -> list[dict[str, object]]:
    """The ledger without its times."""
    return [
        {name: value for name, value in row.items() if name not in ("at", "seconds")}
        for row in rows(path, "ledger")
    ]


def refused(paths: Sequence[Path], out: Path, **options: Any) -> str:
    """Why a merge is refused; it leaves the inputs as they are, and nothing else."""
    before = {path: path.read_bytes() for path in out.parent.rglob("*.json*")}
    with pytest.raises(InputError) as caught:
        merge(paths, out, **options)
    assert {path: path.read_bytes() for path in out.parent.rglob("*.json*")} == before
    return str(caught.value)


def drop_last(path: Path) -> bytes:
    """Take the last line of a file away."""
    *kept, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(kept))
    return last


def add(path: Path, line: bytes) -> None:
    """One more line in a file."""
    with path.open("ab") as file:
        file.write(line)


# -- the whole run


@pytest.mark.parametrize("n", [1, 2, 5, 6])
async def test_shards_make_the_run_that_was_not_divided(tmp_path: Path, n: int) -> None:
    """Rows are the same as those of one run, byte for byte where they hold no time."""
    merge((await shards(tmp_path, n, BOTH))[::-1], tmp_path / "all")
    whole = await play(tmp_path / "whole", targets=BOTH)
    for name in ("dialogues", "verdicts/rules"):
        assert lines(tmp_path / "all", name) == lines(whole, name)
    assert paid(tmp_path / "all") == paid(whole)
    for name in ("run", "suite", "policy", "targets"):
        text = whole.joinpath(f"{name}.json").read_bytes()
        assert tmp_path.joinpath("all", f"{name}.json").read_bytes() == text
    assert Run(tmp_path / "all").missing == 0
    assert Run(tmp_path / "all").rates().to_dict() == Run(whole).rates().to_dict()


@pytest.mark.parametrize(("walk", "mode"), [("all-paths", "closed"), ("random", "forced")])
async def test_planned_paths_are_merged_as_well(tmp_path: Path, walk: str, mode: str) -> None:
    merge(await shards(tmp_path, walk=walk, mode=mode), tmp_path / "all")
    whole = await play(tmp_path / "whole", walk=walk, mode=mode)
    assert lines(tmp_path / "all", "dialogues") == lines(whole, "dialogues")


async def test_controls_are_merged_as_well(tmp_path: Path) -> None:
    """Each of their draws is a dialogue of its own."""
    merge(await shards(tmp_path, 3, arms=("all",)), tmp_path / "all")
    whole = await play(tmp_path / "whole", arms=("all",))
    assert lines(tmp_path / "all", "dialogues") == lines(whole, "dialogues")
    assert Run(tmp_path / "all").planned == 2 * 3 * 8


async def test_nothing_is_left_to_do_in_a_merged_run(tmp_path: Path) -> None:
    """It is a run like any other: resuming calls nobody and changes no row."""
    merge(await shards(tmp_path, 2, Scripted("No.")), tmp_path / "all")
    before = [lines(tmp_path / "all", name) for name in ("dialogues", "ledger", "verdicts/rules")]
    target = Scripted("No.")
    await go_on(tmp_path / "all", {"t1": target})
    assert target.calls == 0
    assert before == [
        lines(tmp_path / "all", name) for name in ("dialogues", "ledger", "verdicts/rules")
    ]


async def test_a_shard_in_which_there_was_nothing_to_run_is_not_missing(tmp_path: Path) -> None:
    """Two groups divided by three: the third shard cannot be started, and is not asked for."""
    suite = Suite((SCENARIO,), POLICY)
    parts = [await play(tmp_path / f"{i}", f"{i}/3", suite=suite, repeats=2) for i in (1, 2)]
    with pytest.raises(InputError, match="shard 3/3 has nothing to run"):
        await play(tmp_path / "3", "3/3", suite=suite, repeats=2)
    merge(parts, tmp_path / "all")
    assert (Run(tmp_path / "all").planned, Run(tmp_path / "all").missing) == (4, 0)


async def test_what_failed_and_was_made_up_for_stays_in_the_errors(tmp_path: Path) -> None:
    """A dialogue that failed for a passing reason is final once it was played; its error stays."""
    flaky = Scripted(Transient("reset"), "No.")
    parts = [await play(tmp_path / "1", "1/2", flaky), await play(tmp_path / "2", "2/2", flaky)]
    assert "(shard 1/2) lacks 1 of its 6 dialogues" in refused(parts, tmp_path / "all")
    await go_on(parts[0], {"t1": flaky})
    merge(parts, tmp_path / "all")
    run = Run(tmp_path / "all")
    assert (run.missing, len(run.verdicts), len(rows(run.path, "errors"))) == (0, 12, 1)


async def test_a_refused_request_is_final(tmp_path: Path) -> None:
    """An error that would only repeat itself is the dialogue's last row."""
    target = Scripted(RefusedRequest("too long (400)"))
    parts = [await play(tmp_path / f"{i}", f"{i}/2", target) for i in (1, 2)]
    merge(parts, tmp_path / "all")
    run = Run(tmp_path / "all")
    assert (run.missing, len(run.errors), len(run.verdicts)) == (0, 12, 0)


async def test_unrecognised_texts_are_added_up(tmp_path: Path) -> None:
    parts = await shards(tmp_path)
    for part, found in zip(parts, ({"t1": 2}, {"t1": 3, "t2": 1}), strict=True):
        manifest = RunDirectory(part).load("run")
        RunDirectory(part).write("run", {**manifest, "unrecognised": found})
    merge(parts, tmp_path / "all")
    assert Run(tmp_path / "all").manifest["unrecognised"] == {"t1": 5, "t2": 1}


async def test_a_target_may_have_been_somewhere_else(tmp_path: Path) -> None:
    """Each shard can have a server of its own; the model has to be the same."""
    parts = await shards(tmp_path)
    for part, port in zip(parts, (1, 2), strict=True):
        manifest = RunDirectory(part).load("run")
        RunDirectory(part).write("run", {**manifest, "targets": {"t1": f"http://h:{port}/v1#m"}})
    merge(parts[::-1], tmp_path / "all")
    assert Run(tmp_path / "all").missing == 0


# -- judges


async def test_the_verdicts_of_every_judge_are_kept(tmp_path: Path) -> None:
    parts = await shards(tmp_path)
    for part in parts:
        shutil.copy(part / "verdicts/rules.jsonl", part / "verdicts/rules.v2.jsonl")
    merge(parts, tmp_path / "all")
    second = lines(tmp_path / "all", "verdicts/rules.v2")
    assert second == lines(tmp_path / "all", "verdicts/rules")
    assert len(second) == 12


async def test_another_judge_may_have_judged_a_part(tmp_path: Path) -> None:
    """What it cost is not thrown away; a warning says that its numbers are about a part."""
    parts = await shards(tmp_path)
    shutil.copy(parts[1] / "verdicts/rules.jsonl", parts[1] / "verdicts/mine.jsonl")
    drop_last(parts[1] / "verdicts/mine.jsonl")
    with pytest.warns(PartlyJudged, match="judge 'mine' has no verdict on 7 of 12 dialogues"):
        merge(parts, tmp_path / "all")
    assert len(lines(tmp_path / "all", "verdicts/mine")) == 5


async def test_a_verdict_may_be_there_twice(tmp_path: Path) -> None:
    """A power cut can take a dialogue and leave its verdict; the last one counts."""
    parts = await shards(tmp_path)
    verdicts = parts[0] / "verdicts/rules.jsonl"
    add(verdicts, lines(parts[0], "verdicts/rules")[0] + b"\n")
    merge(parts, tmp_path / "all")
    assert len(Run(tmp_path / "all").verdicts) == 12


# -- what is missing


async def test_missing_shards_are_named(tmp_path: Path) -> None:
    parts = await shards(tmp_path, 6)
    said = refused([parts[1], parts[4]], tmp_path / "all")
    assert "missing: shard 1/6, 3/6, 4/6 and 1 more; give the directories of all" in said


async def test_missing_dialogues_are_counted_by_directory(tmp_path: Path) -> None:
    """The message has the command that plays them."""
    parts = await shards(tmp_path, 3)
    drop_last(parts[0] / "dialogues.jsonl")
    drop_last(parts[0] / "dialogues.jsonl")
    drop_last(parts[2] / "verdicts/rules.jsonl")
    assert refused(parts, tmp_path / "all").splitlines() == [
        f"{parts[0]} (shard 1/3) lacks 2 of its 4 dialogues; "
        f"`convsim resume {parts[0]}` sees to them",
        f"{parts[2]} (shard 3/3) has 1 without a verdict; `convsim resume {parts[2]}` sees to them",
        "with --allow-missing (allow_missing=True) the merged run can be resumed",
    ]


async def test_what_is_missing_can_be_played_in_the_merged_run(tmp_path: Path) -> None:
    """A dialogue, a verdict and a whole shard; what was paid for is not called for again."""
    whole = await play(tmp_path / "whole", targets=BOTH)
    parts = await shards(tmp_path, 3, BOTH)
    drop_last(parts[0] / "dialogues.jsonl")
    drop_last(parts[1] / "verdicts/rules.jsonl")
    merge(parts[:2], tmp_path / "all", allow_missing=True)
    assert (Run(tmp_path / "all").planned, Run(tmp_path / "all").missing) == (24, 9)
    await go_on(tmp_path / "all", dict(BOTH))
    assert lines(tmp_path / "all", "dialogues") == lines(whole, "dialogues")
    assert {row["key"] for row in rows(tmp_path / "all", "verdicts/rules")} == {
        row["key"] for row in rows(whole, "dialogues")
    }
    assert paid(tmp_path / "all") == paid(whole)


async def test_a_torn_tail_is_left_out_and_told_of_once(tmp_path: Path) -> None:
    parts = await shards(tmp_path)
    whole = [line for part in parts for line in lines(part, "ledger")]
    add(parts[0] / "ledger.jsonl", b'{"sample":"small.th')
    with pytest.warns(TornLine, match=r"ledger\.jsonl: the last line") as told:
        merge(parts, tmp_path / "all")
    assert len(told) == 1
    assert lines(tmp_path / "all", "ledger") == sorted(whole)


# -- what is double


async def test_the_same_dialogue_in_two_directories(tmp_path: Path) -> None:
    """A row that strayed into another shard is found, complete or not."""
    parts = await shards(tmp_path)
    for line in lines(parts[1], "dialogues")[:4]:
        add(parts[0] / "dialogues.jsonl", line + b"\n")
    for options in ({}, {"allow_missing": True}):
        said = refused(parts, tmp_path / "all", **options)
        first = ", ".join(str(row["key"]) for row in rows(parts[1], "dialogues")[:3])
        assert said == (
            f"{parts[0]} (shard 1/2) holds rows of dialogues that are not in this shard: "
            f"{first} and 1 more; remove these lines, or make the shard anew"
        )


@pytest.mark.parametrize("name", ["dialogues", "errors", "verdicts/rules", "verdicts/mine"])
async def test_no_row_may_be_of_another_dialogue(tmp_path: Path, name: str) -> None:
    """Neither one of another shard nor one that nobody planned."""
    parts = await shards(tmp_path)
    add(parts[1] / f"{name}.jsonl", b'{"key":"small.thing/restricted/t1/4/0/-"}\n')
    assert "are not in this shard: small.thing/restricted/t1/4/0/-" in refused(
        parts, tmp_path / "all"
    )


async def test_the_same_dialogue_twice_in_one_directory(tmp_path: Path) -> None:
    parts = await shards(tmp_path)
    add(parts[0] / "dialogues.jsonl", lines(parts[0], "dialogues")[0] + b"\n")
    key = rows(parts[0], "dialogues")[0]["key"]
    assert f"(shard 1/2) holds more than one final row of: {key}; leave one" in refused(
        parts, tmp_path / "all"
    )


async def test_a_dialogue_is_either_played_or_refused(tmp_path: Path) -> None:
    """A transcript and a final error of one dialogue are two final rows."""
    parts = [
        await play(tmp_path / "1", "1/2", Scripted(RefusedRequest("too long (400)"), "No.")),
        await play(tmp_path / "2", "2/2", Scripted("No.")),
    ]
    (error,) = rows(parts[0], "errors")
    dialogue = {**rows(parts[0], "dialogues")[0], "key": error["key"]}
    add(parts[0] / "dialogues.jsonl", orjson.dumps(dialogue) + b"\n")
    assert f"holds more than one final row of: {error['key']};" in refused(parts, tmp_path / "all")


# -- what does not belong together


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"seed": 8}, "seed is 8, not 7"),
        ({"repeats": 4}, "repeats is 4, not 3"),
        ({"arms": ("benign",)}, "arms is ('benign',), not None"),
        ({"walk": "edge-cover"}, "walk is 'edge-cover', not 'random'"),
        ({"mode": "forced"}, "mode is 'forced', not 'closed'"),
        ({"targets": holds}, "target 't1' is not the same"),
        ({"targets": {"t1": gives_in, "b": holds}}, "target 'b' is not the same"),
        ({"seed": 8, "repeats": 2}, "seed is 8, not 7; repeats is 2, not 3"),
        (
            {"suite": Suite((SCENARIO, OTHER.model_copy(update={"max_turns": 3})), POLICY)},
            "scenario 'small.other' is not the same",
        ),
        ({"suite": Suite((OTHER, SCENARIO), POLICY)}, "the order of the scenarios is not the same"),
        (
            {"suite": Suite((SCENARIO, OTHER), Policy(rules=(Rule(id="small", text="Else."),)))},
            "policy.json is not the same",
        ),
    ],
)
async def test_shards_are_made_alike(tmp_path: Path, changed: dict[str, Any], differs: str) -> None:
    """The message says which directory differs in what."""
    one = await play(tmp_path / "1", "1/3")
    two = await play(tmp_path / "2", "2/3", **changed)
    three = await play(tmp_path / "3", "3/3")
    said = refused([one, two, three], tmp_path / "all")
    assert said == f"{two} was not made as {one} was: {differs}"


@pytest.mark.parametrize(
    ("name", "value"), [("classifier", "other"), ("judge", "strict"), ("convsim", "0.0.1")]
)
async def test_shards_are_read_judged_and_made_by_the_same(
    tmp_path: Path, name: str, value: str
) -> None:
    parts = await shards(tmp_path)
    manifest = RunDirectory(parts[1]).load("run")
    RunDirectory(parts[1]).write("run", {**manifest, name: value})
    said = refused(parts, tmp_path / "all")
    assert said == f"{parts[1]} was not made as {parts[0]} was: " + (
        f"{name} is {value!r}, not {manifest[name]!r}"
    )


async def test_a_suite_that_was_changed_in_place(tmp_path: Path) -> None:
    """What the rows were made with is in the manifest; suite.json has to fit."""
    parts = await shards(tmp_path)
    suite = RunDirectory(parts[0]).load("suite")
    RunDirectory(parts[0]).write("suite", [{**suite[0], "max_turns": 3}, suite[1]])
    assert "small.thing changed; restore it" in refused(parts, tmp_path / "all")


async def test_shards_of_one_division(tmp_path: Path) -> None:
    parts = [await play(tmp_path / "1", "1/2"), await play(tmp_path / "2", "2/3")]
    said = refused(parts, tmp_path / "all")
    assert said.startswith(f"{parts[0]} (shard 1/2) and {parts[1]} (shard 2/3) are parts of a run")


async def test_a_copy_of_a_shard(tmp_path: Path) -> None:
    parts = await shards(tmp_path)
    copy = Path(shutil.copytree(parts[0], tmp_path / "copy"))
    said = refused([*parts, copy], tmp_path / "all")
    assert "are the same shard; give only one of them" in said


def nothing(parts: list[Path], out: Path) -> list[Path]:
    return []


def twice(parts: list[Path], out: Path) -> list[Path]:
    return [*parts, parts[0] / ".." / parts[0].name]


def itself(parts: list[Path], out: Path) -> list[Path]:
    out.symlink_to(parts[0])
    return parts


def elsewhere(parts: list[Path], out: Path) -> list[Path]:
    return [*parts, out.parent / "nowhere"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (nothing, "there is nothing to merge; give the directories of all shards"),
        (twice, "is given twice; give every directory once"),
        (itself, "cannot be merged into itself; choose another --out"),
        (elsewhere, "nowhere is no run directory (it has no run.json)"),
    ],
)
async def test_directories_that_cannot_be_merged(
    tmp_path: Path, given: Callable[[list[Path], Path], list[Path]], message: str
) -> None:
    parts = await shards(tmp_path)
    assert message in refused(given(parts, tmp_path / "all"), tmp_path / "all")


async def test_a_whole_run_is_no_shard(tmp_path: Path) -> None:
    whole = await play(tmp_path / "whole")
    assert f"{whole} is a whole run and no shard" in refused([whole], tmp_path / "all")


async def test_a_shard_that_is_being_written(tmp_path: Path) -> None:
    """Each directory is locked while it is read, and free afterwards."""
    parts = await shards(tmp_path)
    with RunDirectory.open(parts[1]) as busy:
        busy.lock()
        assert f"{parts[1]} is being written by another process" in refused(parts, tmp_path / "all")
    merge(parts, tmp_path / "all")
    for path in (*parts, tmp_path / "all"):
        with RunDirectory.open(path) as free:
            free.lock()


async def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    parts = await shards(tmp_path)
    ledger = parts[1] / "ledger.jsonl"
    ledger.write_bytes(b"garbage\n" + ledger.read_bytes())
    assert f"{ledger} is damaged at byte 0" in refused(parts, tmp_path / "all")


# -- where it goes


@pytest.mark.parametrize("allow_missing", [False, True])
async def test_a_run_is_never_merged_into(tmp_path: Path, allow_missing: bool) -> None:
    parts = await shards(tmp_path)
    await play(tmp_path / "all")
    assert "already holds a run" in refused(parts, tmp_path / "all", allow_missing=allow_missing)


@pytest.mark.parametrize("name", ["ledger", "verdicts/rules"])
async def test_rows_without_a_run_are_not_added_to(tmp_path: Path, name: str) -> None:
    """A merge that was killed leaves some; nobody knows whose they are, so they stay."""
    parts = await shards(tmp_path)
    (tmp_path / "all/verdicts").mkdir(parents=True)
    add(tmp_path / f"all/{name}.jsonl", b'{"key":"a"}\n')
    assert "holds rows and no run.json, as a merge leaves them that was killed" in refused(
        parts, tmp_path / "all"
    )


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("_copy_rows", KeyboardInterrupt()),
        ("_check_copied", RunMismatch("not the same")),
        ("write_manifest", PermissionError("no")),
    ],
)
async def test_a_failed_merge_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    """Wherever it fails, --out can be used again."""
    parts = await shards(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(merging, step, failing(error))
        with pytest.raises(type(error)):
            merge(parts, tmp_path / "all")
    assert entries(tmp_path) == ["1", "2"]
    merge(parts, tmp_path / "all")


async def test_what_was_written_is_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that forgets a row is found out before the new directory becomes a run."""
    parts = await shards(tmp_path)
    lines_of = RunDirectory.lines

    def forgetful(self: RunDirectory, name: str) -> Iterator[tuple[int, bytes]]:
        yield from list(lines_of(self, name))[1:]

    monkeypatch.setattr(RunDirectory, "lines", forgetful)
    with pytest.raises(RunMismatch, match="does not hold what its shards hold"):
        merge(parts, tmp_path / "all")
    assert entries(tmp_path) == ["1", "2"]


LIMITED = """
import resource, sys
from convsim.errors import OutOfSpace
from convsim.merging import merge

resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))
try:
    merge(sys.argv[2:], sys.argv[1])
except OutOfSpace as error:
    print(error)
"""


async def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    parts = await shards(tmp_path)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LIMITED, tmp_path / "all", *parts, stdout=PIPE
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert said.decode() == (
        f"{tmp_path}/all cannot be written (File too large), and was removed again; "
        "make space, or choose another --out, and merge again\n"
    )
    assert entries(tmp_path) == ["1", "2"]
