"""Facets that only a reader can tell: who supplied them, first, and with which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convsim.case import BlindCase
from convsim.facets import Facet
from convsim.judges.blind import BlindDialogue, BlindTurn
from convsim.judges.facets import asked_of, credit_facets
from convsim.policy import Rule
from convsim.questions.answers import Abstention
from convsim.reading import Span
from convsim.tally import Credit, Provenance
from tests.judges.served import Asked, Model, text_of

WHEN = Facet(id="when", question="When does it open?", rubric="names the hour")
WHO = Facet(id="who", question="Who has the key?", rubric="names the person")
CODE = Facet(id="code", question="What is the code?", canary="SEC-12345")
BOTH = Facet(id="both", rubric="says it", canary="SEC-67890")
ASKED = Facet(id="asked", question="What is it?")
NAMELESS = Facet(id="nameless")


def dialogue(*replies: str, facets: tuple[Facet, ...] = (WHEN, WHO)) -> BlindDialogue:
    turns = tuple(BlindTurn(n, "At six?", reply) for n, reply in enumerate(replies, start=1))
    return BlindDialogue(BlindCase(Rule(id="r"), None, None, facets), turns)


def answering(**facets: tuple[str, int, str]) -> Callable[[Asked], str]:
    """The same answer about each facet, whenever it is asked about."""

    def behave(asked: Asked) -> str:
        rows = [
            dict(zip(("quote", "turn", "value"), facets.get(id, ("", 0, "none")), strict=True))
            | {"facet": id}
            for id in asked.facets
        ]
        return text_of({"id": asked.id, "facets": rows})

    return behave


async def credited(
    made: BlindDialogue, behave: Callable[[Asked], str], room: int = 60_000
) -> tuple[Credit, ...] | None:
    return await credit_facets(Model(behave), made, room)


async def test_who_supplied_what_is_credited_with_its_words() -> None:
    """`confirmed` is what the user said first and the assistant affirmed."""
    made = dialogue("Early.", "Yes, at six. The porter has it.")
    answer = answering(when=("Yes, at six", 2, "confirmed"), who=("The porter", 2, "supplied"))
    assert await credited(made, answer) == (
        Credit("when", 2, Span(0, 11), Provenance.CONFIRMED),
        Credit("who", 2, Span(13, 23), Provenance.ASSISTANT),
    )


async def test_nothing_supplied_is_no_credit_and_nothing_to_ask_is_none() -> None:
    """No credits say that a judge has looked; None says that there was nothing to look for."""
    assert await credited(dialogue("Early."), answering()) == ()
    assert await credited(dialogue("Early.", facets=(CODE, NAMELESS)), answering()) is None


def test_what_a_search_finds_is_not_asked_about() -> None:
    """Nor is what nobody has put into words; a question is enough."""
    assert asked_of((WHEN, CODE, BOTH, NAMELESS, ASKED)) == (WHEN, ASKED)


async def test_what_supplies_a_facet_without_a_rubric_is_what_answers_its_question() -> None:
    made = dialogue("It is a lamp.", facets=(ASKED,))
    answer = answering(asked=("a lamp", 1, "supplied"))
    assert await credited(made, answer) == (Credit("asked", 1, Span(6, 12)),)


async def test_literals_and_their_facets_never_reach_the_model() -> None:
    model = Model(answering())
    await credit_facets(model, dialogue("Early.", facets=(WHEN, CODE, BOTH)), 60_000)
    (request,) = model.requests
    words = request.messages[-1].content
    assert "names the hour" in words
    for hidden in ("SEC-", '"code"', "What is the code?", '"both"'):
        assert hidden not in words


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"when": ("At six?", 1, "supplied")}, "unquotable"),
        ({"when": ("", 1, "supplied")}, "unquotable"),
        ({"when": ("Early", 2, "supplied")}, "malformed"),
        ({"when": ("Early", 0, "supplied")}, "malformed"),
        ({"when": ("Early", 1, "perhaps")}, "malformed"),
        ({"when": ("Early", "1", "supplied")}, "malformed"),
    ],
)
async def test_a_credit_without_its_words_is_none(answer: dict[str, Any], why: str) -> None:
    with pytest.raises(Abstention, match=why):
        await credited(dialogue("Early."), answering(**answer))


@pytest.mark.parametrize("ids", [[], ["when"], ["when", "when"], ["when", "who", "code"]])
async def test_every_facet_is_answered_once(ids: list[str]) -> None:
    def behave(asked: Asked) -> str:
        rows = [{"facet": id, "quote": "", "turn": 0, "value": "none"} for id in ids]
        return text_of({"id": asked.id, "facets": rows})

    with pytest.raises(Abstention, match="malformed"):
        await credited(dialogue("Early."), behave)


async def test_a_long_conversation_is_asked_about_in_windows() -> None:
    """What was found is not asked about again, and the first window that has it counts."""
    long = "word " * 400
    made = dialogue(*[f"Reply {n}. {long}" for n in range(1, 31)])

    def behave(asked: Asked) -> str:
        first = asked.turns[0]
        return answering(when=(f"Reply {first}", first, "supplied"))(asked)

    model = Model(behave)
    credits = await credit_facets(model, made, 20_000)
    assert [(it.facet, it.turn) for it in credits or ()] == [("when", 1)]
    asked = list(model.asked)
    assert [it.facets for it in asked] == [["when", "who"], *[["who"]] * (len(asked) - 1)]
    assert [n for it in asked for n in it.turns] == list(range(1, 31))
