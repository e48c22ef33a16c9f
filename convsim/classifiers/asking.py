"""A model as a classifier: narrow questions about one reply, and evidence that is checked.

The model is any `Target`. One call asks for the axes of one reply, each with a literal quote, as
one strict JSON object (`prompts/axes.md`). Whatever does not hold is no reading: the classifier
then *abstains*, with confidence 0 and a `source` that ends in `:abstain-` and the reason, a word of
`convsim.questions`, where it also says how conversation and reply are kept apart from the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from convsim.classifiers.abstaining import abstained, without_text
from convsim.ports import Target
from convsim.questions.answers import Abstention, Answer, parsed, schema_of
from convsim.questions.axes import Axes
from convsim.questions.data import Part, data_of, shortened
from convsim.questions.prompts import Prompt, digest_of, short
from convsim.reading import Reading
from convsim.targets.functions import Function, as_target
from convsim.transcript import Message, Reply, Request

LONGEST_EARLIER = 2_000
"""Characters that are shown of an earlier reply: it is there for what later words refer to."""


class _Answer(Axes, Answer):
    """The axes of the one reply."""


class AskingClassifier:
    """Reads replies by asking a model; see the module for when it abstains.

        classifier = AskingClassifier(target)
        run = await convsim.run("scenarios/", "openai/gpt-5-mini", classifier=classifier)

    `target` is any object with `reply`, or a function of the messages. Its temperature and the
    length of its answers are its own business; 300 tokens are enough for an answer. `name` says
    which prompt and which model: a run is not resumed with another one. `fingerprint` identifies
    the model where `target` does not do so itself.
    """

    def __init__(self, target: Target | Function, *, fingerprint: str | None = None) -> None:
        self.target = as_target(target)
        own = fingerprint or getattr(self.target, "fingerprint", None)
        self.fingerprint = str(own or f"object:{type(self.target).__qualname__}")

    def __repr__(self) -> str:
        return f"AskingClassifier({self.target!r})"

    @property
    def name(self) -> str:
        """`asked-`, eight hex digits of the prompt and eight of the model's fingerprint."""
        return f"asked-{prompt_digest()}-{short(self.fingerprint.encode())}"

    def through(self, target: Target) -> AskingClassifier:
        """The same classifier, asking the same model by another way."""
        return AskingClassifier(target, fingerprint=self.fingerprint)

    async def read(
        self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        """What `reply` did, by the model's answers. Nothing is asked where there is no text."""
        if (nothing := without_text(reply, self.name)) is not None:
            return nothing
        asked, id = question(messages, reply.text, objective)
        answer = await self.target.reply(Request(asked, schema=schema_of(_Answer, "axes")))
        try:
            return parsed(answer, id, _Answer).reading(reply.text, reply.status, self.name)
        except Abstention as why:
            return abstained(self.name, why.reason, reply.status)


def question(
    messages: Sequence[Message], reply: str, objective: str | None
) -> tuple[tuple[Message, ...], str]:
    """What the model is asked about a reply, and the id that its answer has to carry."""
    data = data_of(_parts(messages, reply, objective))
    return _prompt().about(data), data.id


def _parts(messages: Iterable[Message], reply: str, objective: str | None) -> Iterator[Part]:
    """The data line by line.

    The operator's prompt is left out: it says what the assistant is for, not what a reply did.
    """
    for message in messages:
        if message.role not in ("system", "developer"):
            whole = message.role == "user"
            text = message.content if whole else shortened(message.content, LONGEST_EARLIER)
            yield {"part": "conversation", "role": message.role, "text": text}
    if objective is not None:
        yield {"part": "objective", "text": objective}
    yield {"part": "reply", "role": "assistant", "text": reply}


@cache
def _prompt() -> Prompt:
    return Prompt.of("convsim.classifiers", "axes")


_READING = (
    ("classifiers", "asking.py"),
    *(("questions", f"{name}.py") for name in ("answers", "axes", "data", "prompts")),
    ("quotes.py",),
)


@cache
def prompt_digest() -> str:
    """Eight hex digits of what is asked and of how the answer is read."""
    return digest_of([_prompt().text], _READING)


def prompt_bytes() -> int:
    """How many bytes of a question are not about the conversation, give or take a few."""
    return _prompt().size
