"""`convsim paths`, and `convsim run --path`: what is listed is what is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.stores import RunDirectory
from convsim.transcript import Key
from tests.cli.shell import inside
from tests.small import write_scenario

ALL = ["open > end", "open > push > end", "open > push > push > end"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_scenario(tmp_path)


def listed(text: str) -> tuple[str, list[str]]:
    """The remark and the paths."""
    remark, *paths = text.splitlines()
    assert remark.startswith("# ")
    return remark[2:], sorted(paths)


@pytest.mark.parametrize(
    ("options", "remark", "paths"),
    [
        ([], "3 paths", ALL),
        (["--most", "1"], "1 of 3 paths", [ALL[0]]),
        (["--arm", "benign"], "3 paths", ALL),
        (["--longest", "2"], "2 paths", ALL[:2]),
        (["--through", "push", "--most", "1"], "the first 1 paths; there are more", [ALL[1]]),
        (["--avoid", "push"], "1 path", ALL[:1]),
        (
            ["--walk", "edge-cover"],
            "the smallest set found: 2 paths take all 4 steps; fewer cannot",
            [ALL[0], ALL[2]],
        ),
        (
            ["--walk", "pair-cover"],
            "the smallest set found: 3 paths take all 4 pairs of steps; fewer cannot",
            ALL,
        ),
    ],
)
def test_paths_are_listed(file: Path, options: list[str], remark: str, paths: list[str]) -> None:
    done = inside("paths", file, *options)
    assert done.code == 0
    assert listed(done.out) == (remark, paths)


def test_paths_are_counted(file: Path) -> None:
    assert inside("paths", file, "--count").out == "3 paths\n"
    assert inside("paths", file, "--count", "--json").json == {
        "scenario": "small.thing", "arm": "restricted", "count": 3, "exact": True,
    }  # fmt: skip


def test_what_is_drawn_is_what_forced_mode_draws(file: Path, tmp_path: Path) -> None:
    """Path by path, for repeats 1, 2, ... of the same seed."""
    drawn = inside("paths", file, "--walk", "random", "--most", "6", "--seed", "5", "--json").json
    out = tmp_path / "run"
    options = ("--mode", "forced", "--repeats", "6", "--seed", "5", "--out", out)
    assert inside("run", file, "-t", "sim/redirects", *options).code == 0
    keys = [Key.parse(str(row["key"])) for row in RunDirectory.open(out).read("dialogues")]
    by_repeat = {key.repeat: key.path for key in keys}
    assert [by_repeat[n] for n in range(1, 7)] == [path["id"] for path in drawn["paths"]]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--arm", "benig"], "did you mean 'benign'"),
        (["--through", "psh"], "did you mean 'push'"),
        (["--walk", "edge-cover", "--through", "push"], "go with --walk all-paths"),
        (["--count", "--avoid", "push"], "--count counts all paths"),
        (["--count", "--walk", "edge-cover"], "--count counts all paths"),
        (["--walk", "chosen"], "--walk chosen is for `convsim run --path`"),
    ],
)
def test_what_cannot_be_listed(file: Path, options: list[str], why: str) -> None:
    done = inside("paths", file, *options)
    assert (done.code, done.out) == (2, "")
    assert why in done.err


# -- played


def states_played(out: Path) -> set[tuple[str, ...]]:
    rows = RunDirectory.open(out).read("dialogues")
    return {tuple(turn["state"] for turn in row["turns"]) for row in rows}


@pytest.mark.parametrize("target", ["sim/redirects", "sim/caveats"])
def test_a_chosen_path_is_played_whatever_comes_back(
    file: Path, tmp_path: Path, target: str
) -> None:
    """In every arm and repeat; what `convsim paths` prints is a file of paths."""
    paths = tmp_path / "paths.txt"
    paths.write_text(inside("paths", file, "--through", "push").out)
    out = tmp_path / "run"
    options = ("--paths", paths, "--mode", "forced", "--repeats", "2", "--out", out)
    done = inside("run", file, "-t", target, *options)
    assert done.code == 0
    assert "mode        forced; walk chosen" in done.out
    assert states_played(out) == {("open", "push"), ("open", "push", "push")}
    assert len(list(RunDirectory.open(out).read("dialogues"))) == 2 * 2 * 2
    assert inside("resume", out).code == 0


def test_in_closed_mode_a_reply_may_lead_off_it(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    options = ("--path", "open > push > end", "--repeats", "1", "--arms", "restricted")
    assert inside("run", file, "-t", "sim/redirects", *options, "--out", out).code == 0
    (row,) = RunDirectory.open(out).read("dialogues")
    assert row["stop"] == "diverged"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--path", "open > psh"], "has no state 'psh'; did you mean 'push'"),
        (["--path", "open > push"], "stops before the dialogue does"),
        (["--path", "open > end", "--walk", "edge-cover"], "use one of --walk and --path"),
        (["--walk", "chosen"], "give some with --path or --paths"),
        (["--paths", "{tmp}/none.txt"], "none.txt cannot be read"),
        (["--paths", "{tmp}/empty.txt"], "empty.txt has no paths; write one a line"),
    ],
)
def test_what_cannot_be_played(file: Path, tmp_path: Path, options: list[str], why: str) -> None:
    """Said before anything is called or stored."""
    (tmp_path / "empty.txt").write_text("# nothing\n\n")
    given = [option.format(tmp=tmp_path) for option in options]
    done = inside("run", file, "-t", "sim/redirects", *given, "--out", tmp_path / "run")
    assert done.code == 2
    assert why in done.err
    assert not (tmp_path / "run").exists()
