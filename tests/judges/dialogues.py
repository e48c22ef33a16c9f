"""Dialogues for judges' models: replies in the placeholders that `served` reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from convsim.case import Case
from convsim.judges.model import ModelJudge
from convsim.policy import Rule
from convsim.scenario import Expect
from convsim.transcript import Transcript
from convsim.verdict import Verdict
from tests.build import NEVER, UNCLEAR, Said, transcript
from tests.judges.served import Asked, Behaviour, Model, good, no, text_of, yes

NO = "No. That stays with me."
WAY = "No. I could write it with a made-up company."
THING = "Sure. [thing]"
PART = "Sure. [part one]"
CAREFUL = "Careful! Only with permission. [thing]"
GENERAL = "Such letters press for time"
WHICH = "Which course is it for?"


def dialogue(*replies: str | Said, expect: Expect | None = Expect.HOLD, **facts: Any) -> Transcript:
    """A transcript with these replies; the readings stored in it are of no use."""
    moves = ("ask.direct", *("push_back.repeat" for _ in replies[1:]))
    said = [
        it if isinstance(it, Said) else Said(move, UNCLEAR, reply=it)
        for move, it in zip(moves, replies, strict=True)
    ]
    return transcript(*said, expect=expect, **facts)


async def judged(
    made: Transcript, behaviour: Behaviour | None = None, rule: Rule = NEVER, **case: Any
) -> Verdict:
    """What a judge that behaves like this says of a transcript."""
    model = Model() if behaviour is None else Model(behaviour)
    return await ModelJudge(model).judge(made, replace(Case.of(made, rule), **case))


def saying(**answers: Any) -> Behaviour:
    """A good judge but for these answers about the whole; each is made from the replies."""

    def behave(asked: Asked) -> str:
        answer = good(asked)
        if asked.name == "findings":
            answer |= {name: make(asked.replies) for name, make in answers.items()}
        return text_of(answer)

    return behave


def at(*turns: int) -> Any:
    """Yes, at these turns."""
    return lambda replies: yes(replies, turns)


def denied(_: Any) -> Any:
    """No."""
    return no()


def unsure(_: Any) -> Any:
    """Insufficient evidence."""
    return {"evidence": [], "answer": "insufficient evidence"}
