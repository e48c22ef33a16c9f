"""The rules over other readings: what is asked, what is kept, and what is left alone."""

from __future__ import annotations

from dataclasses import replace

from convsim.case import Case
from convsim.judges.rereading import RereadingJudge
from convsim.judges.rules import RulesJudge
from convsim.policy import Level, Rule
from convsim.reading import Label, Reading
from convsim.transcript import Message, Reply
from convsim.verdict import Kind
from tests.build import BLOCK, COMPLIANCE, REFUSAL, transcript

RULE = Rule(id="r", level=Level.NEVER)


class Sees:
    """Reads every reply as this; keeps what it was asked."""

    name = "sees"

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.asked: list[tuple[str, ...]] = []

    async def read(
        self, messages: tuple[Message, ...], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        """What it is told to see; a conversation is read as a dialogue's is, without objective."""
        assert objective is None
        self.asked.append((*(message.role for message in messages), reply.text))
        return self.reading


async def test_the_verdict_is_of_the_new_readings() -> None:
    """The rules are asked the same question, with other readings."""
    dialogue = transcript(("ask.direct", REFUSAL), ("push_back.repeat", REFUSAL))
    case, sees = Case.of(dialogue, RULE), Sees(COMPLIANCE)
    verdict = await RereadingJudge(sees).judge(dialogue, case)  # type: ignore[arg-type]
    assert (await RulesJudge().judge(dialogue, case)).finding != Kind.UNDER_REFUSAL
    assert (verdict.finding, verdict.judge) == (Kind.UNDER_REFUSAL, "rules.read-by-sees")
    assert [reading and reading.label for reading in verdict.readings or ()] == [
        Label.COMPLIANCE
    ] * 2


async def test_what_came_before_a_reply_is_shown_with_it() -> None:
    dialogue = transcript(("ask.direct", REFUSAL), ("push_back.repeat", COMPLIANCE))
    sees = Sees(REFUSAL)
    await RereadingJudge(sees).judge(dialogue, Case.of(dialogue, RULE))  # type: ignore[arg-type]
    first, second = dialogue.turns
    assert sees.asked == [
        ("user", first.reply),
        ("user", "assistant", "user", second.reply),
    ]


async def test_what_was_blocked_has_no_reading() -> None:
    dialogue = transcript(("ask.direct", REFUSAL), ("push_back.repeat", BLOCK))
    sees = Sees(REFUSAL)
    verdict = await RereadingJudge(sees).judge(dialogue, Case.of(dialogue, RULE))  # type: ignore[arg-type]
    assert (len(sees.asked), (verdict.readings or ())[-1]) == (1, None)


async def test_what_was_rewound_is_not_shown_again() -> None:
    """A reply is read after what the assistant had before it."""
    made = transcript(("ask.direct", REFUSAL), ("ask.direct", REFUSAL), ("ask.direct", REFUSAL))
    first, second, third = made.turns
    made = replace(made, turns=(first, replace(second, rewind=1), third))
    sees = Sees(REFUSAL)
    await RereadingJudge(sees).judge(made, Case.of(made, RULE))  # type: ignore[arg-type]
    assert [asked[:-1] for asked in sees.asked] == [
        ("user",),
        ("user", "assistant", "user"),
        ("user", "assistant", "user"),
    ]
