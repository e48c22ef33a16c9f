"""Prompts as files: what the model is told, a line of five equals signs, and what it is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

from convsim.questions.data import Data
from convsim.transcript import Message


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: `task` is the system message, `asked` the user's with holes in it."""

    task: str
    asked: str

    @classmethod
    def of(cls, package: str, name: str) -> Self:
        """The prompt in the file `prompts/NAME.md` of a package."""
        text = files(package).joinpath("prompts", f"{name}.md").read_text(encoding="utf-8")
        task, asked = text.replace("\r\n", "\n").split("\n=====\n")
        return cls(task, asked.rstrip("\n"))

    def about(self, data: Data, **holes: str) -> tuple[Message, ...]:
        """The question about some data. `holes` are words of our own, never of a text."""
        asked = self.asked
        for name, words in holes.items():
            asked = asked.replace(f"{{{name}}}", words)
        # The data last: it may contain the mark that stands for anything.
        asked = asked.replace("{id}", data.id).replace("{data}", data.text)
        return (Message("system", self.task), Message("user", asked))

    @property
    def text(self) -> str:
        """All of it, to be hashed."""
        return f"{self.task}\n=====\n{self.asked}"

    @property
    def size(self) -> int:
        """How many bytes of a question are not data, give or take a few."""
        return len(self.task.encode()) + len(self.asked.encode())


def digest_of(texts: Iterable[str], code: Iterable[tuple[str, ...]]) -> str:
    """Eight hex digits of what is asked, and of the files of convsim that read the answer."""
    raw = [files("convsim").joinpath(*path).read_bytes().replace(b"\r\n", b"\n") for path in code]
    return short("\n".join(texts).encode() + b"".join(raw))


def short(raw: bytes) -> str:
    """Eight hex digits."""
    return hashlib.sha256(raw).hexdigest()[:8]
