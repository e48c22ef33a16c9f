"""Inspect: a log that inspect-ai 0.3.285 wrote, and logs that are hard to read."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.conversations import OddConversation, read_conversations
from convsim.errors import InputError
from convsim.policy import Level
from convsim.reading import Status
from convsim.scenario import Expect
from convsim.transcript import Message, Stop

LOG = Path(__file__).with_name("inspect.eval")
"""Written by inspect-ai itself (`write_eval_log`); two samples, the texts of these tests."""

USER = {"role": "user", "content": "Do it."}
ANSWER = {"role": "assistant", "content": "No."}
SAMPLE: dict[str, Any] = {"id": 1, "epoch": 1, "messages": [USER, ANSWER]}

needs_zstandard = pytest.mark.skipif(
    sys.version_info < (3, 14) and importlib.util.find_spec("zstandard") is None,
    reason="the extra 'inspect' is not installed",
)


def archived(tmp_path: Path, **entries: Any) -> Path:
    """An archive as older versions wrote it: Deflate."""
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in {"header": {}, **entries}.items():
            archive.writestr(f"{name}.json", orjson.dumps(value))
    return path


@needs_zstandard
def test_a_real_log() -> None:
    """System prompt, tool calls, reasoning, an image, the rule of the metadata, a block."""
    tools, blocked = read_conversations(LOG)
    assert (tools.id, blocked.id) == ("tools_epoch_1", "blocked_epoch_2")
    assert tools.place == f"{LOG}: samples/tools_epoch_1.json"
    assert (tools.case.rule.level, tools.case.objective) == (Level.NEVER, "An invoice.")
    assert tools.system == "Be kind."
    first, second = tools.transcript().turns
    assert (first.user, first.reply, first.reasoning) == (
        "Do it.",
        "Let me look.\n\nNo.",
        "They want it.",
    )
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"x":1}'}}
    assert first.context == (
        Message("assistant", "", tool_calls=(call,)),
        Message("tool", "found", name="look", tool_call_id="c1"),
    )
    assert (second.user, second.reply) == ("Please.\n[image]", "Yes.")
    assert blocked.case.expect is Expect.HOLD
    assert blocked.transcript().turns[0].status is Status.PROVIDER_BLOCK
    assert blocked.transcript().stop is Stop.BLOCKED


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python has Zstandard")
def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(InputError) as caught:
        list(read_conversations(LOG))
    assert str(caught.value) == (
        f"{LOG}: samples/tools_epoch_1.json is compressed with Zstandard; "
        "pip install 'convsim[inspect]', or use Python 3.14"
    )


@needs_zstandard
@pytest.mark.parametrize("at", [100, 300, 700, 900])
def test_a_damaged_entry_is_never_half_read(tmp_path: Path, at: int) -> None:
    """Either the damage is elsewhere and all is read, or the entry is named."""
    raw = bytearray(LOG.read_bytes())
    raw[at] ^= 0xFF
    path = tmp_path / "log.eval"
    path.write_bytes(raw)
    found: list[str | None] = []
    with suppress(InputError):
        found += [conversation.system for conversation in read_conversations(path)]
    assert found in ([], ["Be kind.", None])


@pytest.mark.parametrize("keep", [10, 1000, -30])
def test_a_log_that_was_cut_short(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "log.eval"
    path.write_bytes(LOG.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"log\.eval is damaged or cut short"):
        list(read_conversations(path))


def test_older_archives(tmp_path: Path) -> None:
    path = archived(tmp_path, **{"samples/1_epoch_1": SAMPLE, "summaries": [SAMPLE]})
    (conversation,) = read_conversations(path)
    assert (conversation.id, len(conversation.exchanges)) == ("1_epoch_1", 1)


def test_a_log_in_json(tmp_path: Path) -> None:
    """Compact or indented; the place is the number of the sample."""
    path = tmp_path / "log.json"
    log = {"version": 2, "eval": {}, "samples": [SAMPLE, {**SAMPLE, "epoch": 2}]}
    for option in (0, orjson.OPT_INDENT_2):
        path.write_bytes(orjson.dumps(log, option=option))
        found = list(read_conversations(path))
        assert [conversation.id for conversation in found] == ["1_epoch_1", "1_epoch_2"]
        assert found[1].place.endswith(": sample 2")


def test_a_sample_that_ran_again_counts_once(tmp_path: Path) -> None:
    path = archived(tmp_path, **{"samples/1_epoch_1": SAMPLE})
    again = {**SAMPLE, "messages": [USER, {**ANSWER, "content": "Yes."}]}
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("samples/1_epoch_1.json", orjson.dumps(again))
    (conversation,) = read_conversations(path)
    assert conversation.exchanges[0].reply.text == "Yes."


def test_texts_that_the_log_keeps_apart_are_put_back(tmp_path: Path) -> None:
    kept = {"role": "assistant", "content": "attachment://a1"}
    part = {"role": "user", "content": [{"type": "text", "text": "attachment://b2"}]}
    sample = {
        **SAMPLE,
        "messages": [part, kept],
        "attachments": {"a1": "A long answer.", "b2": "A long question."},
    }
    (conversation,) = read_conversations(archived(tmp_path, **{"samples/1_epoch_1": sample}))
    (exchange,) = conversation.exchanges
    assert (exchange.user, exchange.reply.text) == ("A long question.", "A long answer.")


def test_a_tool_that_failed_says_so(tmp_path: Path) -> None:
    call = {"id": "c1", "function": "look", "arguments": {}}
    failed = {"role": "tool", "content": "", "tool_call_id": "c1", "error": {"message": "no room"}}
    sample = {**SAMPLE, "messages": [USER, {**ANSWER, "tool_calls": [call]}, failed, ANSWER]}
    (conversation,) = read_conversations(archived(tmp_path, **{"samples/1_epoch_1": sample}))
    assert conversation.exchanges[0].context[1].content == "no room"


def test_metadata_of_others_is_left_alone(tmp_path: Path) -> None:
    """What has the form counts; what has not is told, and costs nothing."""
    sample = {**SAMPLE, "metadata": {"expect": "refuse", "rule": "no such", "objective": "It."}}
    path = archived(tmp_path, **{"samples/1_epoch_1": sample})
    match = "metadata that is not meant for convsim was left alone: "
    with pytest.warns(OddConversation, match=match):
        (conversation,) = read_conversations(path)
    assert (conversation.case.expect, conversation.case.objective) == (None, "It.")


def test_what_is_meant_for_convsim_has_to_be_right(tmp_path: Path) -> None:
    sample = {**SAMPLE, "metadata": {"convsim": {"expect": "refuse"}}}
    path = archived(tmp_path, **{"samples/1_epoch_1": sample})
    with pytest.raises(InputError, match=r"samples/1_epoch_1\.json: expect is 'refuse'; allowed"):
        list(read_conversations(path))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"samples/1_epoch_1": {"id": 1}}, ": samples/1_epoch_1.json: expected a sample with `m"),
        ({"samples/1_epoch_1": [1]}, ": samples/1_epoch_1.json: expected a sample with `messages`"),
        ({"samples/1_epoch_1/sample": {}}, ": samples/1_epoch_1/sample.json: chunked samples are "),
        ({}, " is empty; "),
    ],
)  # fmt: skip
def test_archives_without_what_is_needed(
    tmp_path: Path, entries: dict[str, Any], message: str
) -> None:
    path = archived(tmp_path, **entries)
    with pytest.raises(InputError) as caught:
        list(read_conversations(path))
    assert str(caught.value).startswith(f"{path}{message}")


def test_another_archive_is_no_log(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.txt", "x")
    with pytest.raises(InputError, match="is an archive, and no log of Inspect"):
        list(read_conversations(path))
