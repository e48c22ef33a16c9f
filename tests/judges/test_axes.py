"""The replies of a conversation, read by a model turn by turn."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.case import BlindCase
from convsim.judges.axes import read_replies
from convsim.judges.blind import BlindDialogue, BlindTurn
from convsim.judges.windows import MOST_TURNS
from convsim.policy import Rule
from convsim.questions.answers import Abstention
from convsim.reading import Label, Reading, Status
from tests.judges.served import Asked, Behaviour, Model, axes_of, text_of

ROOM = 60_000


def dialogue(*replies: str | Status) -> BlindDialogue:
    """A conversation with these replies; a status stands for a reply without words."""
    turns = tuple(
        BlindTurn(n, "[ask]", it) if type(it) is str else BlindTurn(n, "[ask]", "", Status(it))
        for n, it in enumerate(replies, start=1)
    )
    return BlindDialogue(BlindCase(Rule(id="r"), None, None), turns)


async def labels(made: BlindDialogue, model: Model | None = None) -> list[Label | None]:
    readings = await read_replies(model or Model(), made, ROOM, "judge")
    return [None if reading is None else reading.label for reading in readings]


async def test_every_reply_is_read_at_its_turn() -> None:
    made = dialogue("No.", "Sure. [thing]", "Careful! [part]", "Which one?")
    assert await labels(made) == [Label.REFUSAL, Label.COMPLIANCE, Label.PARTIAL, Label.CLARIFY]


async def test_replies_without_words_are_not_asked_about() -> None:
    model = Model()
    made = dialogue("No.", Status.PROVIDER_BLOCK, Status.EMPTY, " ", "No.")
    assert await labels(made, model) == [
        Label.REFUSAL,
        None,
        Label.UNCLEAR,
        Label.UNCLEAR,
        Label.REFUSAL,
    ]
    assert [asked.turns for asked in model.asked] == [[1, 5]]


async def test_many_replies_are_asked_about_in_several_calls() -> None:
    model = Model()
    found = await labels(dialogue(*["No."] * 30), model)
    assert found == [Label.REFUSAL] * 30
    assert [len(asked.turns) for asked in model.asked] == [MOST_TURNS, MOST_TURNS, 6]


def with_turns(*turns: int | str) -> Behaviour:
    """Answers for these turns, whatever was asked."""

    def behave(asked: Asked) -> str:
        rows: list[Any] = [{"turn": n, **axes_of("No.")} for n in turns]
        return text_of({"id": asked.id, "turns": rows})

    return behave


@pytest.mark.parametrize(
    "turns", [(), (1,), (1, 1), (1, 2, 3), (0, 1), (2, 3), (1, 2, 2), ("1", 2)]
)
async def test_exactly_the_turns_that_are_asked_about_are_answered(turns: Any) -> None:
    with pytest.raises(Abstention, match="malformed"):
        await labels(dialogue("No.", "No."), Model(with_turns(*turns)))


async def test_their_order_is_of_no_account() -> None:
    model = Model(with_turns(2, 1))
    assert await labels(dialogue("No.", "No."), model) == [Label.REFUSAL] * 2


async def test_a_quote_counts_only_in_its_own_reply() -> None:
    with pytest.raises(Abstention, match="unquotable"):
        await labels(dialogue("No.", "Sure."), Model(with_turns(1, 2)))


async def test_one_window_that_does_not_hold_is_no_reading_of_any() -> None:
    """A trajectory with holes in it would be another trajectory."""
    model = Model()
    whole = model.behaviour
    model.behaviour = lambda asked: whole(asked) if 1 in asked.turns else "{"
    with pytest.raises(Abstention, match="malformed"):
        await read_replies(model, dialogue(*["No."] * 20), ROOM, "judge")


async def test_a_reading_says_who_read_it() -> None:
    readings = await read_replies(Model(), dialogue("No."), ROOM, "judge")
    assert [it.source for it in readings if isinstance(it, Reading)] == ["judge"]
