"""The file that conversations come from: its bytes, its lines, its JSON.

A file of lines is read a line at a time. A JSON document (one array, or one object over several
lines) is decoded as a whole, because JSON has no other end. Either may be gzipped.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, NamedTuple

import orjson

from convsim.conversations.mistakes import Mistakes
from convsim.errors import InputError

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"


class Line(NamedTuple):
    """A line that is not blank, and its number."""

    number: int
    text: bytes


class Item(NamedTuple):
    """A decoded row, where it stands, and what to call it."""

    place: str
    name: str
    value: object


@dataclass
class Source:
    """One file. It is opened anew for each pass over it."""

    path: Path

    @cached_property
    def mistakes(self) -> Mistakes:
        """What is wrong with its rows, as far as they have been read."""
        return Mistakes(self.path)

    @cached_property
    def magic(self) -> bytes:
        """The first bytes as they lie on disk."""
        with self.path.open("rb") as file:
            return file.read(4)

    @property
    def is_zip(self) -> bool:
        """Whether the file is an archive."""
        return self.magic in (ZIP, EMPTY_ZIP)

    def lines(self) -> Iterator[Line]:
        """The lines that say something, without a byte order mark."""
        with self._opened() as file:
            for number, line in enumerate(file, start=1):
                text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
                if text.strip():
                    yield Line(number, text.strip())

    @cached_property
    def first(self) -> Line | None:
        """The first line that says something."""
        lines = self.lines()
        try:
            return next(lines, None)
        finally:
            lines.close()  # type: ignore[attr-defined]  # a generator

    @cached_property
    def is_document(self) -> bool:
        """Whether the file is one JSON text over several lines, or one array."""
        opening = self.first.text if self.first else b""
        if opening.startswith(b"["):
            return True
        return opening.startswith(b"{") and opening.endswith((b"{", b"[", b","))

    def items(self) -> Iterator[Item]:
        """The rows: of each line one, or those of the document's array, or its one object.

        A line that is no JSON is noted among the mistakes.
        """
        if not self.is_document:
            for number, text in self.lines():
                place = f"{self.path}:{number}"
                with self.mistakes.noted():
                    yield Item(place, f"line-{number}", decoded(text, place))
        elif isinstance(self.document, list):
            for n, value in enumerate(self.document, start=1):
                yield Item(f"{self.path}: item {n}", f"item-{n}", value)
        else:
            yield Item(str(self.path), self.path.name.partition(".")[0], self.document)

    @cached_property
    def document(self) -> object:
        """The whole file as one JSON value."""
        with self._opened() as file:
            raw = file.read().removeprefix(codecs.BOM_UTF8)
        return decoded_whole(raw, str(self.path))

    def table(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        """The rows of a CSV file with the numbers of their last lines."""
        csv.field_size_limit(sys.maxsize)  # a reply may be longer than the 128 KiB that it allows
        with self._opened() as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            rows = csv.DictReader(text, restkey="", strict=True)
            try:
                for row in rows:
                    yield rows.line_num, row
            except csv.Error as error:
                raise InputError(f"{self.path}:{rows.line_num}: not CSV: {error}") from None
            except UnicodeDecodeError:
                raise InputError(
                    f"{self.path}:{rows.line_num}: not UTF-8; save the file as UTF-8"
                ) from None

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        if not self.magic.startswith(GZIP):
            with self.path.open("rb") as file:
                yield file
            return
        try:
            with gzip.open(self.path) as file:
                yield file  # type: ignore[misc]  # typeshed's GzipFile is no IO
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(
                f"{self.path} is damaged or cut short ({error}); gunzip it, or copy it again"
            ) from None


def decoded(text: bytes, place: str) -> object:
    """The value of a line."""
    try:
        return _value(text)
    except UnicodeDecodeError:
        raise InputError(f"{place}: not UTF-8; save the file as UTF-8") from None
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"{place}: not JSON: {error.msg} at column {error.colno}; "
            "a conversation is one JSON object on one line"
        ) from None


def decoded_whole(raw: bytes, place: str) -> object:
    """The value of a document."""
    try:
        return _value(raw)
    except UnicodeDecodeError:
        raise InputError(f"{place}: not UTF-8; save the file as UTF-8") from None
    except orjson.JSONDecodeError as error:
        where = f"{place}:{error.lineno}"
        raise InputError(f"{where}: not JSON: {error.msg} at column {error.colno}") from None


def _value(raw: bytes) -> object:
    """The value of a JSON text; raises orjson's error where it is none, or is no UTF-8.

    Python writes NaN and Infinity, which JSON does not have. They come out as null; what else
    Python's own reader lets pass, half a character, say, does not.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raw.decode()
        with suppress(ValueError, TypeError, RecursionError):
            return orjson.loads(orjson.dumps(json.loads(raw)))
        raise
