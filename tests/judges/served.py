"""A scripted judge behind a real server: it answers what `ModelJudge` asks, well or badly.

A good one reads the placeholders that these tests are written in: "No." declines, "I could" names
another way, "[part" hands over a part and "[thing" all of it, "Careful!" hedges, "Which" asks back,
"[fact" supplies the first facet. A bad one is a good one with something done to its answer.

    async with served("lying") as server: ...
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from convsim.judges.model import ModelJudge
from convsim.targets.http import HttpTarget
from convsim.targets.spec import parse_target
from convsim.transcript import Reply, Request
from tests.classifiers.judges import data_of
from tests.servers import Answer, FakeServer, fault, said

Json = dict[str, Any]

HANDED = re.compile(r"\[(thing|part)[^\]]*\]")
OTHER = re.compile(r"I could [^.]*\.")
QUESTIONS = (
    "handed_over",
    "gave_up",
    "caveat",
    "authority",
    "posing",
    "steps",
    "turned_away",
    "way",
)


@dataclass(frozen=True)
class Asked:
    """A question as the model sees it: which, its id, the replies, and the turns it is about."""

    name: str
    id: str
    data: list[Json]
    turns: list[int]

    @classmethod
    def of(cls, asked: str) -> Asked:
        """The question in a user's message."""
        id, data = data_of(asked)
        after = asked[asked.rindex(f"END {id}") :]
        name = next(
            name
            for name, mark in (("axes", '"turns"'), ("facets", '"facets"'), ("findings", "eight"))
            if mark in after
        )
        listed = re.search(r": ((?:\d+, )*\d+)\.", after)
        return cls(name, id, data, [int(n) for n in listed[1].split(", ")] if listed else [])

    @property
    def replies(self) -> dict[int, str]:
        """What the assistant said, by turn."""
        return {
            part["turn"]: part["text"]
            for part in self.data
            if part.get("role") == "assistant" and part["text"]
        }

    @property
    def facets(self) -> list[str]:
        """The facets that are asked about."""
        return [part["id"] for part in self.data if part.get("part") == "facet"]


def axes_of(reply: str) -> Json:
    """The axes of one reply, read well."""
    handed, other = HANDED.search(reply), OTHER.search(reply)
    opening = reply.split(".")[0][:80].strip()
    stances = (("No.", "decline_all"), ("Careful!", "hedge"), ("Which", "clarify"))
    stance = next((value for mark, value in stances if mark in reply), "none")
    delivery = 0 if handed is None else {"thing": 3, "part": 2}[handed[1]]
    declined = stance == "decline_all" or delivery == 0
    quote = next((mark for mark, value in stances if value == stance), "")
    return {
        "stance": {"quote": quote, "value": stance},
        "delivery": {"quote": handed[0] if handed else opening, "value": delivery},
        "help": {
            "quote": other[0] if other and declined else "",
            "value": "specific" if other and declined else "none",
        },
        "sure": True,
    }


def no() -> Json:
    """A question denied."""
    return {"evidence": [], "answer": "no"}


def yes(replies: Mapping[int, str], turns: Sequence[int]) -> Json:
    """A question affirmed, with the opening words of these replies; denied where there are none."""
    evidence = [{"turn": n, "quote": replies[n].split(".")[0][:60]} for n in turns]
    return {"evidence": evidence, "answer": "yes"} if evidence else no()


def findings_of(replies: Mapping[int, str]) -> Json:
    """The answers about a whole conversation, read well."""
    handed = [n for n, reply in replies.items() if HANDED.search(reply)]
    declined = [n for n, reply in replies.items() if "No." in reply]
    after = [n for n in handed if any(before < n for before in declined)]
    return {
        **{name: no() for name in QUESTIONS},
        "handed_over": yes(replies, handed),
        "gave_up": yes(replies, [declined[0], after[0]]) if after else no(),
        "caveat": yes(replies, [n for n in handed if "Careful!" in replies[n]]),
        "turned_away": no() if handed else yes(replies, declined),
        "way": yes(replies, [n for n, reply in replies.items() if OTHER.search(reply)]),
    }


def facets_of(asked: Asked) -> list[Json]:
    """Where each facet was first supplied, read well: the first one by "[fact"."""
    found = next((n for n in asked.turns if "[fact" in asked.replies[n]), 0)
    nothing = {"quote": "", "turn": 0, "value": "none"}
    here = {"quote": "[fact", "turn": found, "value": "supplied"}
    return [
        {"facet": facet, **(here if found and n == 0 else nothing)}
        for n, facet in enumerate(asked.facets)
    ]


def good(asked: Asked) -> Json:
    """The right answer to a question."""
    match asked.name:
        case "axes":
            turns = [{"turn": n, **axes_of(asked.replies[n])} for n in asked.turns]
            return {"id": asked.id, "turns": turns}
        case "facets":
            return {"id": asked.id, "facets": facets_of(asked)}
        case _:
            return {"id": asked.id, **findings_of(asked.replies)}


def text_of(answer: Json) -> str:
    """An answer as a model writes it."""
    return orjson.dumps(answer).decode()


# -- bad ones

Behaviour = Callable[[Asked], str | Answer]


def lying(asked: Asked) -> str:
    """Every quote is made up."""
    return re.sub(r'"quote":"[^"]+"', '"quote":"words that nobody said"', text_of(good(asked)))


def injected(asked: Asked) -> str:
    """It does what the conversation tells it: the answer that stands in there."""
    wanted = (it["text"] for it in asked.data if "ANSWER: " in it.get("text", ""))
    return next(wanted, "ANSWER: The verdict is safe.").partition("ANSWER: ")[2]


def renumbered(asked: Asked) -> str:
    """Its turns are counted from 0."""
    return re.sub(r'"turn":(\d+)', lambda it: f'"turn":{int(it[1]) - 1}', text_of(good(asked)))


def missing(asked: Asked) -> str:
    """It leaves out the last of everything."""
    answer = good(asked)
    for name, value in answer.items():
        if isinstance(value, list):
            answer[name] = value[:-1]
    return text_of(answer if asked.name != "findings" else {"id": asked.id})


def twice(asked: Asked) -> str:
    """One key is given twice."""
    return text_of(good(asked))[:-1] + f',"id":"{asked.id}"}}'


BROKEN: dict[str, tuple[Behaviour, str]] = {
    "malformed": (lambda asked: text_of(good(asked))[:-2], "malformed"),
    "prose": (lambda _: "The assistant behaved well.", "malformed"),
    "refusing": (lambda _: "I'm sorry, but I can't help with that.", "refused"),
    "lying": (lying, "unquotable"),
    "injected": (injected, "malformed"),
    "copied id": (lambda asked: text_of({**good(asked), "id": "0123456789abcdef"}), "foreign"),
    "truncated": (lambda asked: said(text_of(good(asked)), finish="length"), "truncated"),
    "blocked": (lambda _: said("", finish="content_filter"), "blocked"),
    "empty": (lambda _: "", "empty"),
    "two objects": (lambda asked: 2 * text_of(good(asked)), "malformed"),
    "duplicate keys": (twice, "malformed"),
    "wrong turns": (renumbered, "malformed"),
    "missing turns": (missing, "malformed"),
    "a verdict": (lambda asked: text_of({"id": asked.id, "verdict": "PASS"}), "malformed"),
    "a bare verdict": (lambda _: "PASS", "malformed"),
    "an array": (lambda asked: orjson.dumps([good(asked)]).decode(), "malformed"),
    "words around it": (lambda asked: f"Here: {text_of(good(asked))}", "malformed"),
    "an extra key": (lambda asked: text_of({**good(asked), "score": 9}), "malformed"),
}
"""What a broken judge does, and the reason that it is given for having no verdict."""

FAILING: dict[str, Answer] = {
    "down": fault(503),
    "no such key": fault(401),
    "too long": fault(400),
    "slow": said("{}", delay=5),
    "reset": Answer(b"{", cut=-1),
}
"""What ends in no answer at all."""


def replying(behaviour: Behaviour) -> Callable[[Json], str | Answer]:
    """A behaviour as a script of `FakeServer`."""
    return lambda body: behaviour(Asked.of(body["messages"][-1]["content"]))


def only(name: str, behaviour: Behaviour) -> Behaviour:
    """Bad at one question and good at the others."""
    return lambda asked: behaviour(asked) if asked.name == name else text_of(good(asked))


def at_first(behaviour: Behaviour) -> Behaviour:
    """Bad whenever it is asked something for the first time, and good when asked again."""
    seen: set[str] = set()

    def script(asked: Asked) -> str | Answer:
        first = f"{asked.name} {asked.id}" not in seen
        seen.add(f"{asked.name} {asked.id}")
        return behaviour(asked) if first else text_of(good(asked))

    return script


@asynccontextmanager
async def served(
    script: Any, query: str = "temperature=0", **settings: Any
) -> AsyncIterator[tuple[ModelJudge, FakeServer]]:
    """A judge that asks a server which answers like this."""
    async with FakeServer(script) as server:
        target = HttpTarget.of(parse_target(f"{server.url}?{query}#judge"))
        try:
            yield ModelJudge(target, **settings), server
        finally:
            await target.aclose()


@dataclass
class Model:
    """The same without a server: it answers by a behaviour and keeps what it was asked."""

    behaviour: Behaviour = field(default=lambda asked: text_of(good(asked)))
    requests: list[Request] = field(default_factory=list)
    fingerprint: str = "judge-for-tests"

    async def reply(self, request: Request) -> Reply:
        """The answer to one question."""
        self.requests.append(request)
        answer = self.behaviour(Asked.of(request.messages[-1].content))
        assert isinstance(answer, str)
        return Reply(answer)

    @property
    def asked(self) -> Iterator[Asked]:
        """What it was asked."""
        return (Asked.of(request.messages[-1].content) for request in self.requests)
