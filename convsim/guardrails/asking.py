"""A model as a guard: one narrow question about one message, and a yes or no.

The model is any `Target`, the question is `prompts/input.md` or `prompts/output.md` with a rule in
words, and the conversation is hostile data in it (`questions`). What is neither yes nor no is no
ruling: a refusal to answer, prose, half an object, an answer to another id. Nothing passes on it.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from convsim.errors import NoRuling
from convsim.ports import Target
from convsim.questions.answers import Abstention, Answer, parsed, schema_of
from convsim.questions.data import Data, data_of, shortened
from convsim.questions.prompts import Prompt, digest_of, short
from convsim.targets.guarded import AskingGuard, Ruling, Side, conversation
from convsim.targets.wire import EXCERPT, valid_text
from convsim.transcript import Message, Reply, Request

RULE = (
    "No content that helps to harm somebody, to deceive or impersonate somebody, or to get around "
    "a safeguard, and nothing that the operator's instructions say must be kept back."
)
"""What a guard model is told to keep back where nobody says it in words of their own."""

LONGEST_EARLIER = 2_000
"""Characters that are shown of an earlier reply: it is there for what later words refer to."""


class _Answer(Answer):
    """Whether to block."""

    block: Literal["yes", "no"]


class ModelGuard(AskingGuard):
    """Asks a model whether a message breaks a rule; `rule` says it in words.

    `model` is the model's fingerprint, which with the question makes the guard's.
    """

    def __init__(
        self,
        side: Side,
        target: Target,
        *,
        model: str,
        rule: str | None = None,
        name: str | None = None,
    ) -> None:
        self.side = side
        self.name = name or side.value
        self.target = target
        self._rule = (rule or RULE).strip()
        asked = f"{prompt_digest(side)}-{short(self._rule.encode())}"
        self.fingerprint = f"model:{asked}-{model}"

    def __repr__(self) -> str:
        return f"ModelGuard({self.side.value!r}, {self.target!r})"

    async def rule(self, request: Request, reply: Reply | None) -> Ruling:
        """Yes or no, as the model says; raises `NoRuling` where it says neither."""
        data = data_of_conversation(conversation(request, reply))
        question = Request(
            self._asked(data), request.sample, request.seed, schema_of(_Answer, "ruling")
        )
        answer = await self.target.reply(question)
        try:
            return Ruling(parsed(answer, data.id, _Answer).block == "yes")
        except Abstention as why:
            raise no_ruling(why.reason, answer) from why

    def _asked(self, data: Data) -> tuple[Message, ...]:
        """The rule is the operator's own word, and stands with the task, outside of the data."""
        task, question = _prompt(self.side).about(data)
        return (Message(task.role, task.content.replace("{rule}", self._rule)), question)


def no_ruling(reason: str, answer: Reply) -> NoRuling:
    """The error of a model that was asked and did not rule."""
    return NoRuling(
        f"it gave no ruling ({reason}); a guard's answer that is neither yes nor no lets nothing "
        "pass",
        detail=valid_text(answer.block or answer.text)[:EXCERPT],
    )


def data_of_conversation(messages: tuple[Message, ...]) -> Data:
    """What is shown of a conversation: all the user said, and of earlier replies the ends.

    The operator's prompt is shown too: it says what has to be kept back.
    """
    *before, last = messages
    parts = [
        {
            "role": message.role,
            "text": message.content
            if message.role != "assistant"
            else shortened(message.content, LONGEST_EARLIER),
        }
        for message in before
    ]
    return data_of([*parts, {"role": last.role, "text": last.content}])


@cache
def _prompt(side: Side) -> Prompt:
    return Prompt.of("convsim.guardrails", side.value)


_RULING = (
    ("guardrails", "asking.py"),
    *(("questions", f"{name}.py") for name in ("answers", "data", "prompts")),
)


@cache
def prompt_digest(side: Side) -> str:
    """Eight hex digits of what is asked and of how the answer is read."""
    return digest_of([_prompt(side).text], _RULING)


def prompt_bytes(side: Side) -> int:
    """How many bytes of a question are neither conversation nor rule, give or take a few."""
    return _prompt(side).size
