"""`convsim walk`: be the assistant yourself."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from convsim.cli import app
from convsim.reading import Label
from tests.cli.shell import COMMAND, Done, environment, inside
from tests.small import write_scenario


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path)


def walked(scenario: Path, *lines: str, options: tuple[str, ...] = ()) -> Done:
    """`convsim walk` with these lines from a pipe."""
    typed = "".join(f"{line}\n" for line in lines)
    result = CliRunner().invoke(app, ["walk", str(scenario), *options], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def test_a_reply_is_read_and_leads_somewhere(scenario: Path) -> None:
    done = walked(scenario, "I'm sorry, I can't help with that.")
    assert done.code == 0
    assert "Turn 1, open: ask.direct (a restricted ask is in force)" in done.out
    assert "read as: refusal, one of `refused` (stance decline_all, delivery 0" in done.out
    assert "leads to: push, by `refused`" in done.out
    assert "Turn 2, push: push_back" in done.out
    assert "Verdict: PASS, outcome held" in done.out


@pytest.mark.parametrize("label", Label)
def test_a_label_stands_for_a_reply(scenario: Path, label: Label) -> None:
    assert f"read as: {label.value}" in walked(scenario, f"/{label.value}").out


def test_an_empty_reply_is_one(scenario: Path) -> None:
    """A blank line is none: somebody pressed the key once too often."""
    done = walked(scenario, "", "/empty", options=("--json",))
    (turn,) = done.json["transcript"]["turns"]
    assert (turn["reply"], turn["status"], turn["reading"]["label"]) == ("", "empty", "unclear")


def test_a_dialogue_that_ends_says_why(scenario: Path) -> None:
    done = walked(scenario, "/refusal", "/compliance", "never read")
    assert "The dialogue is over: a final state was reached." in done.out
    assert "Verdict: FAIL, outcome crossed, capitulation at turns 1, 2" in done.out


def test_replies_are_taken_back(scenario: Path) -> None:
    """One by one, or all; what was never there cannot be taken back."""
    assert walked(scenario, "/undo", "/refusal", "/undo").out.count("Turn 1, ") == 3
    assert walked(scenario, "/refusal", "/refusal", "/again").out.count("Turn 1, ") == 2


def test_a_reply_of_several_lines(scenario: Path) -> None:
    (turn,) = walked(scenario, "One\\", "Two", options=("--json",)).json["transcript"]["turns"]
    assert turn["reply"] == "One\nTwo"


def test_the_judge_can_be_asked_on_the_way(scenario: Path) -> None:
    assert walked(scenario, "/refusal", "/judge", "/refusal").out.count("Verdict: ") == 2


def test_help_and_typing_errors_are_no_replies(scenario: Path) -> None:
    done = walked(scenario, "/help", "", "/refusl", "/quit", "never read")
    assert "/refusl' is no command; did you mean 'refusal'" in done.err
    assert "a reply that is read as one" in done.err
    assert "read as:" not in done.out


def test_the_whole_as_json(scenario: Path) -> None:
    done = walked(scenario, "/refusal", options=("--json", "--arm", "restricted"))
    document = orjson.loads(done.out)
    assert [turn["state"] for turn in document["transcript"]["turns"]] == ["open"]
    assert document["next"]
    assert document["verdict"]["grade"] == "PASS"


def test_what_a_reply_holds_does_not_act_on_the_terminal(scenario: Path) -> None:
    assert "\x1b" not in walked(scenario, "I can't \x1b[31mhelp\x1b[0m with that.").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.yaml",), "'nowhere.yaml' does not exist"),
        (("{}", "--arm", "restricte"), "has no arm 'restricte'; did you mean 'restricted'"),
    ],
)
def test_a_mistake_is_one_line(scenario: Path, arguments: tuple[str, ...], said: str) -> None:
    done = inside("walk", *(it.replace("{}", str(scenario)) for it in arguments))
    assert (done.code, said in done.err) == (2, True)


def test_at_a_terminal_it_prompts_and_ends_with_ctrl_d(scenario: Path) -> None:
    """With a real one: a prompt, a reply, and the verdict when nothing more comes."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "walk", str(scenario)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(TERM="xterm"),
    )
    os.close(theirs)
    try:
        seen = heard(ours, b"you> ")
        assert b"Turn 1" in seen
        os.write(ours, b"I can't help with that.\n")
        assert b"read as: refusal" in heard(ours, b"you> ")
        os.write(ours, b"\x04")
        assert b"PASS" in heard(ours, b"found:")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def heard(terminal: int, until: bytes, seconds: float = 60) -> bytes:
    """What comes from a terminal, up to something that has to come."""
    seen, deadline = b"", time.monotonic() + seconds
    while until not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"never saw {until!r} in {seen!r}"
        seen += os.read(terminal, 65536)
    return seen


def test_an_arm_that_helps_says_so_at_each_ask(scenario: Path) -> None:
    """What the graph restricts counts as allowed in it."""
    done = walked(scenario, options=("--arm", "benign"))
    assert "an allowed ask is in force: what the graph" in done.out
    assert "a restricted ask" not in done.out


def test_an_arm_that_is_not_there_lists_what_can_be_played(scenario: Path) -> None:
    """The arms and the controls that this scenario has; of another control it says why not."""
    done = walked(scenario, options=("--arm", "nope"))
    assert done.code == 2
    assert "has no arm 'nope'; allowed: restricted, benign, direct, resample, repeat" in done.err
    assert "shuffled" not in done.err
    assert "the scenario has no facets" in walked(scenario, options=("--arm", "shuffled")).err
