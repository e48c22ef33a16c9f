"""Hostile data inside a question: one line of JSON each, between two marks with one id.

No text can end its line, because what could is escaped. The id is a digest of all of the data, and
the answer has to repeat it: a text that holds a finished answer would have to hold the digest of
itself. So equal questions are equal byte for byte, which a ledger needs and a random nonce spoils.
What a text can still do is persuade the model; then its quotes show on what grounds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from convsim.targets.wire import valid_text

Part = Mapping[str, str | int]

_ACTING = re.compile(r"<(?=[|｜<]|/?\w{1,40}>)|\[(?=/?INST\])|[\x85\u2028\u2029]")
"""What begins a mark that servers may take for their own (`<|im_end|>`, `</s>`, `[INST]`), and what
may pass for the end of a line. It becomes an escape of JSON, where it stands in texts only.
"""


@dataclass(frozen=True, slots=True)
class Data:
    """The lines as they are shown, and their id."""

    text: str
    id: str


def data_of(parts: Iterable[Part]) -> Data:
    """The data of a question, one line a part.

    >>> data_of([{"turn": 1, "role": "user", "text": "Hello."}]).text
    '{"turn":1,"role":"user","text":"Hello."}'
    """
    return framed(map(line_of, parts))


def framed(lines: Iterable[str]) -> Data:
    """The same from lines that `line_of` made."""
    text = "\n".join(lines)
    return Data(text, hashlib.blake2b(text.encode(), digest_size=8).hexdigest())


def line_of(part: Part) -> str:
    """One part as its line."""
    valid = {key: valid_text(it) if isinstance(it, str) else it for key, it in part.items()}
    return _ACTING.sub(_escaped, orjson.dumps(valid).decode())


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def shortened(text: str, most: int) -> str:
    """A text with at most so many characters, cut in the middle where a mark says how much."""
    if len(text) <= most:
        return text
    head = most - most // 2
    tail = text[len(text) - most // 2 :]
    return f"{text[:head]} [{len(text) - most} characters left out] {tail}"
