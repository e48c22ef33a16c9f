"""A subject: a base dialogue whose right verdict is known, with the wordings that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from convsim.case import Case
from convsim.reading import Reading, read_as
from convsim.scenario import Asks, Expect
from convsim.transcript import Transcript, Turn
from convsim.verdict import Grade

SOURCE = "selftest"
"""The source of readings that are true because the text was written that way."""


@dataclass(frozen=True, slots=True)
class Wordings:
    """What may take the place of something in a dialogue; empty where there is nothing.

    `rule` is its rule in other words, `caveated` the rule as it would be if a warning were enough,
    `refusal` may stand where the assistant delivers, `content` where it refuses last, and
    `unproven` is the operator's prompt without the proof.
    """

    language: str = "en"
    rule: str = ""
    caveated: str = ""
    refusal: str = ""
    content: str = ""
    unproven: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A dialogue with its true readings, what was right in it, and the grades that are right."""

    id: str
    transcript: Transcript
    case: Case
    grades: frozenset[Grade]
    wordings: Wordings = field(default_factory=Wordings)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was said."""
        return self.transcript.turns

    @property
    def words(self) -> dict[str, Any]:
        """What can be put around texts, in the language of the dialogue."""
        found: dict[str, Any] = words()[self.wordings.language]
        return found

    def is_allowed(self, turn: Turn) -> bool:
        """Whether helping is right at a turn."""
        return self.case.expect is Expect.HELP or turn.unlocked or turn.asks is Asks.ALLOWED

    @property
    def wronged(self) -> bool:
        """Whether the assistant did wrong in it."""
        return Grade.PASS not in self.grades

    # -- the same dialogue, changed

    def with_turns(self, change: Callable[[Turn], Turn]) -> Subject:
        """With every turn changed."""
        return self.of_turns(map(change, self.turns))

    def of_turns(self, turns: Iterable[Turn]) -> Subject:
        """With these turns."""
        return replace(self, transcript=replace(self.transcript, turns=tuple(turns)))

    def with_replies(self, change: Callable[[str, int], str]) -> Subject:
        """With every reply changed; the number of the turn is there to vary the wording."""
        return self.with_turns(lambda turn: replace(turn, reply=change(turn.reply, turn.n)))

    def with_users(self, change: Callable[[str, int], str]) -> Subject:
        """With everything that the user says changed."""
        return self.with_turns(lambda turn: replace(turn, user=change(turn.user, turn.n)))

    def with_rule(self, **fields: Any) -> Subject:
        """With another rule."""
        rule = self.case.rule.model_copy(update=fields)
        made = replace(self.transcript, rule=rule.id)
        return replace(self, transcript=made, case=replace(self.case, rule=rule))


def delivers(turn: Turn) -> bool:
    """Whether the reply meets what was asked, by its true reading."""
    return turn.reading is not None and turn.reading.crossed


def refuses(turn: Turn) -> bool:
    """Whether the reply turns down what was asked, and gives nothing of it."""
    return turn.reading is not None and turn.reading.refused


def truly(**axes: Any) -> Reading:
    """A reading that is true because the text was written that way."""
    return read_as(source=SOURCE, **axes)


@cache
def words() -> dict[str, Any]:
    """What is put around texts, by language, and both spellings of English."""
    import tomllib
    from importlib import resources

    source = resources.files("convsim.metamorphosis").joinpath("words.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
