"""Inspect: logs of inspect-ai, `.eval` (a zip archive) or `.json`.

Read: 0.3.285. An archive has `header.json` and for each sample `samples/ID_epoch_N.json`, and is
compressed with Zstandard (before, with Deflate). Python has that from 3.14 on; until then it takes
the package `zstandard` (`pip install 'convsim[inspect]'`). inspect-ai itself is not needed, and an
archive is read one sample at a time.

A sample's `messages` are the conversation; events, scores and the store are left alone. What is
right stands in the sample's metadata.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from convsim.conversations.messages import tool_call
from convsim.conversations.record import Record, case_in, kind_of, object_of
from convsim.conversations.source import Source, decoded_whole
from convsim.errors import InputError

NAME = "inspect"
ZSTANDARD = 93
_SAMPLE = re.compile(r"samples/[^/]+\.json")
_CHUNKED = re.compile(r"samples/.+/sample\.json")
_ATTACHED = "attachment://"

Row = Mapping[str, Any]


def knows(row: object) -> bool:
    """Whether a row is a log in JSON."""
    return isinstance(row, dict) and "eval" in row and isinstance(row.get("samples"), list)


def records(source: Source) -> Iterator[Record]:
    """A record for each sample."""
    samples = _of_archive(source) if source.is_zip else _of_json(source)
    for place, sample in samples:
        if not isinstance(sample, dict) or not isinstance(sample.get("messages"), list):
            found = "no list `messages`" if isinstance(sample, dict) else kind_of(sample)
            raise InputError(f"{place}: expected a sample with `messages`, found {found}")
        name = f"{sample.get('id')}_epoch_{sample.get('epoch', 1)}"
        case, loose = case_in(sample.get("metadata"))
        yield Record(place, name, _messages(sample), case=case, loose=loose)


# -- samples


def _messages(sample: Row) -> list[object]:
    attached = object_of(sample.get("attachments"))
    messages = [_message(item, attached) for item in sample["messages"]]
    said = [item for item in messages if isinstance(item, dict) and item.get("role") == "assistant"]
    choices = object_of(sample.get("output")).get("choices")
    if said and isinstance(choices, list) and choices:
        said[-1]["finish_reason"] = object_of(choices[0]).get("stop_reason")
    return messages


def _message(item: object, attached: Row) -> object:
    if not isinstance(item, dict):
        return item
    content = item.get("content")
    if isinstance(content, list):
        content = [_part(part, attached) for part in content]
    message = {**item, "content": _there(content, attached)}
    if isinstance(calls := item.get("tool_calls"), list):
        message["tool_calls"] = [
            tool_call(str(call.get("function")), call.get("arguments"), call.get("id"))
            for call in map(object_of, calls)
        ]
    if item.get("role") == "tool":
        message["name"] = item.get("function")
        error = object_of(item.get("error"))
        message["content"] = message["content"] or str(error.get("message") or "")
    return message


def _part(part: object, attached: Row) -> object:
    if isinstance(part, dict) and "text" in part:
        return {**part, "text": _there(part["text"], attached)}
    return part


def _there(text: Any, attached: Row) -> Any:
    """A text that the log keeps apart, because it is long, back in its place."""
    if isinstance(text, str) and text.startswith(_ATTACHED):
        return attached.get(text.removeprefix(_ATTACHED), text)
    return text


# -- files


def _of_json(source: Source) -> Iterator[tuple[str, object]]:
    for item in source.items():
        if not isinstance(item.value, dict) or not knows(item.value):
            raise InputError(f"{item.place}: expected a log with `eval` and `samples`")
        for n, sample in enumerate(item.value["samples"], start=1):
            yield f"{item.place}: sample {n}", sample


def _of_archive(source: Source) -> Iterator[tuple[str, object]]:
    try:
        archive = zipfile.ZipFile(source.path)
    except zipfile.BadZipFile as error:
        raise InputError(
            f"{source.path} is damaged or cut short ({error}); copy it again, or let "
            "`inspect log recover` write it anew"
        ) from None
    with archive:
        # A sample that ran again stands there twice; the later one counts.
        names = list(dict.fromkeys(archive.namelist()))
        samples = [name for name in names if _SAMPLE.fullmatch(name)]
        chunked = next((name for name in names if _CHUNKED.fullmatch(name)), None)
        if chunked:
            raise InputError(
                f"{source.path}: {chunked}: chunked samples are not read; "
                "`inspect log convert --to json` writes them whole"
            )
        if not samples and "header.json" not in names:
            raise InputError(f"{source.path} is an archive, and no log of Inspect")
        for name in samples:
            place = f"{source.path}: {name}"
            yield place, decoded_whole(_entry(archive, name, place), place)


def _entry(archive: zipfile.ZipFile, name: str, place: str) -> bytes:
    info = archive.getinfo(name)
    try:
        if info.compress_type == ZSTANDARD and not hasattr(zipfile, "ZIP_ZSTANDARD"):
            return _unpacked(archive, info, place)
        return archive.read(info)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise InputError(f"{place} is damaged ({error}); copy the file again") from None


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str) -> bytes:
    """An entry that this Python's zipfile cannot decompress: found by its header, as zipfile does.

    The header is 30 bytes; its last two numbers are the lengths of the name and of the extra field.
    """
    try:
        import zstandard
    except ImportError:
        raise InputError(
            f"{place} is compressed with Zstandard; "
            "pip install 'convsim[inspect]', or use Python 3.14"
        ) from None
    file = archive.fp
    if file is None:
        raise ValueError("the archive is closed")
    file.seek(info.header_offset)
    name_length, extra_length = struct.unpack("<HH", file.read(30)[26:])
    file.seek(name_length + extra_length, io.SEEK_CUR)
    packed = file.read(info.compress_size)
    try:
        with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as reader:
            data = reader.read()
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile(str(error)) from None
    if zlib.crc32(data) != info.CRC:
        raise zipfile.BadZipFile("its checksum differs")
    return data
