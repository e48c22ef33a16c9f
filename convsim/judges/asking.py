"""One question to a judge's model: asked, read, and asked again where the answer does not hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Generic, TypeVar

from convsim.ports import Target
from convsim.questions.answers import Abstention, Answer, parsed, schema_of
from convsim.questions.data import Data
from convsim.questions.prompts import Prompt
from convsim.transcript import Message, Request

Form = TypeVar("Form", bound=Answer)
Read = TypeVar("Read")

PACKAGE = "convsim.judges"
NAMES = ("axes", "facets", "findings")


@dataclass(frozen=True, slots=True)
class Question(Generic[Form, Read]):
    """What is asked, the form of the answer, and how to read it; `read` may abstain."""

    name: str
    data: Data
    form: type[Form]
    read: Callable[[Form], Read]
    turns: Sequence[int] = ()

    def messages(self) -> tuple[Message, ...]:
        """The question in words."""
        return prompt(self.name).about(self.data, turns=", ".join(map(str, self.turns)))


async def ask(target: Target, question: Question[Form, Read]) -> Read:
    """What the answer says; raises `Abstention` where a second one does not hold either.

    The second question says what was wrong with the first answer, which also makes it another one
    to a ledger. It shows nothing of that answer. A provider's block is not asked again.
    """
    messages = question.messages()
    try:
        return await _answered(target, messages, question)
    except Abstention as why:
        if why.reason == "blocked":
            raise
        again = _again(messages, why)
    return await _answered(target, again, question)


async def _answered(
    target: Target, messages: tuple[Message, ...], question: Question[Form, Read]
) -> Read:
    schema = schema_of(question.form, question.name)
    reply = await target.reply(Request(messages, schema=schema))
    return question.read(parsed(reply, question.data.id, question.form))


def _again(messages: tuple[Message, ...], why: Abstention) -> tuple[Message, ...]:
    *earlier, last = messages
    place = f" ({why.place})" if why.place else ""
    note = f"An earlier answer to this did not hold{place}: {_reasons()[why.reason]}"
    return (*earlier, replace(last, content=f"{last.content}\n\n{note}"))


@cache
def prompt(name: str) -> Prompt:
    """The prompt of a question."""
    return Prompt.of(PACKAGE, name)


@cache
def again_text() -> str:
    """What is said about an answer that does not hold: a line a reason."""
    return files(PACKAGE).joinpath("prompts", "again.md").read_text(encoding="utf-8")


@cache
def _reasons() -> dict[str, str]:
    lines = (line.partition(": ") for line in again_text().splitlines() if line)
    return {reason: words for reason, _, words in lines}
