"""The turns of one conversation, for those who look for something in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from convsim.conversations.exchanges import Marked
from convsim.conversations.messages import OPERATOR, TOOLS
from convsim.conversations.record import Remarks

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Turns:
    """What was said turn by turn, and where to tell that a row says odd things of it."""

    place: str
    system: str | None
    turns: tuple[Marked, ...]
    remarks: Remarks

    def __len__(self) -> int:
        return len(self.turns)

    def odd(self, what: str, about: str = "") -> None:
        """Warn of something that the row says of its turns, and that was left alone."""
        self.remarks.say(self.place, what, about)

    def user(self, n: int) -> str:
        """What the user said at turn `n`."""
        return self.turns[n - 1].exchange.user

    def shown_to(self, n: int) -> str:
        """What the assistant could check the user's words against when it answered turn `n`."""
        texts = [self.system or ""]
        for marked in self.turns[:n]:
            told = (it for it in marked.exchange.context if it.role in (*OPERATOR, *TOOLS))
            texts += [message.content for message in told]
        return "\n".join(texts)


def word_of(value: object, words: Mapping[str, Word]) -> Word | None:
    """The one of these words that a value is, in any case; None where it is none."""
    return words.get(value.strip().casefold()) if isinstance(value, str) else None


def number_of(value: object) -> int | None:
    """The turn that a value is the number of: 3, or the key `3` of an object."""
    if isinstance(value, str):
        return int(value) if value.strip().isdecimal() and len(value) < 10 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
