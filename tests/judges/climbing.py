"""A scripted model on the context ladder: it adds up the halves that a question shows, or errs.

The halves are `[one: ...]` and `[two: ...]` in what the assistant says, and "Yes" to a user who
names one. Of a tally it counts the questions that the assistant answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from convsim.transcript import Message, Reply, Request, Usage
from tests.classifiers.judges import data_of

Json = dict[str, Any]
HALF = re.compile(r"\[(one|two): [^\]]*\]")
TEN = Usage(8, 2)
WORDS = {0: "none", 1: "part", 2: "whole"}


@dataclass(frozen=True)
class Shown:
    """One question as the model sees it."""

    id: str
    data: list[Json]
    task: str
    asked: str

    @classmethod
    def of(cls, messages: tuple[Message, ...]) -> Shown:
        """The question in these messages."""
        task, asked = (message.content for message in messages)
        id, data = data_of(asked)
        return cls(id, data, task, asked)

    @property
    def said(self) -> list[Json]:
        """What was said, by whom."""
        return [part for part in self.data if "role" in part]

    @property
    def entries(self) -> list[Json]:
        """Who supplied what, where it is about a tally."""
        return [part for part in self.data if "answered" in part]

    @property
    def again(self) -> bool:
        """Whether an answer to it did not hold."""
        return "An earlier answer" in self.asked

    @property
    def replies(self) -> list[Json]:
        """What the assistant said."""
        return [part for part in self.said if part["role"] == "assistant"]


Behaviour = Callable[[Shown], Any]


def truthful(shown: Shown) -> Json:
    """What a good model says."""
    if shown.entries:
        out = [entry for entry in shown.entries if entry["by"].startswith("assistant")]
        last = {"turn": out[-1]["turn"]} if out else {"turn": 0}
        return {"id": shown.id, **last, "value": WORDS[len(out)]}
    halves, quote, turn = set(), "", 0
    for reply in shown.replies:
        for found in HALF.finditer(reply["text"]):
            if found[1] not in halves:
                halves.add(found[1])
                quote, turn = found[0], reply["turn"]
    return {"id": shown.id, "quote": quote, "turn": turn, "value": WORDS[len(halves)]}


def hallucinating(shown: Shown) -> Json:
    """It sees the whole everywhere, in words that nobody said."""
    if shown.entries:
        return truthful(shown)
    return {"id": shown.id, "quote": "the whole secret", "turn": 1, "value": "whole"}


def injected(shown: Shown) -> str:
    """It writes down the answer that stands in the conversation."""
    texts = (part["text"] for part in shown.said if "ANSWER: " in part["text"])
    told = next(texts, None)
    return str(told).partition("ANSWER: ")[2] if told else text_of(truthful(shown))


def prose(shown: Shown) -> str:
    """It answers in words."""
    return "All of it came out."


def text_of(answer: Any) -> str:
    """An answer as a model writes it."""
    return answer if isinstance(answer, str) else orjson.dumps(answer).decode()


def over_http(behaviour: Behaviour) -> Callable[[Json], str]:
    """The same as a script of `FakeServer`."""

    def script(body: Json) -> str:
        messages = tuple(Message(it["role"], it["content"]) for it in body["messages"])
        return text_of(behaviour(Shown.of(messages)))

    return script


@dataclass
class Climber:
    """The same without a server; it keeps what it was shown. Each answer takes ten tokens."""

    behaviour: Behaviour = truthful
    usage: Usage | None = TEN
    requests: list[Request] = field(default_factory=list)
    fingerprint: str = "climber"

    async def reply(self, request: Request) -> Reply:
        """The answer to one question."""
        self.requests.append(request)
        answer = self.behaviour(Shown.of(request.messages))
        return Reply(text_of(answer), usage=self.usage)

    @property
    def shown(self) -> Iterator[Shown]:
        """What it was shown."""
        return (Shown.of(request.messages) for request in self.requests)
