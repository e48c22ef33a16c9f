"""Long conversations: what a question shows of them, within its budget."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convsim.case import BlindCase, Case
from convsim.judges.blind import BlindDialogue, BlindTurn
from convsim.judges.model import ModelJudge, calls_for
from convsim.judges.windows import MOST_TURNS, Layout, check_budget
from convsim.policy import Rule
from convsim.questions.data import Data
from convsim.reading import Label
from convsim.transcript import Message, Transcript
from convsim.verdict import Grade
from tests.build import NEVER, UNCLEAR, Said, transcript
from tests.judges.served import Model, text_of
from tests.judges.served import good as good_answer

ROOM = 20_000
CASE = BlindCase(Rule(id="r", text="[rule]"), "[objective]", None)


def dialogue(*turns: tuple[str, str], system: str | None = None) -> BlindDialogue:
    """A conversation of these exchanges."""
    said = tuple(BlindTurn(n, *turn) for n, turn in enumerate(turns, start=1))
    return BlindDialogue(CASE, said, system)


def shown(data: Data) -> list[dict[str, Any]]:
    """The lines of some data, without the head."""
    lines = [orjson.loads(line) for line in data.text.split("\n")]
    return [line for line in lines if line.get("part") not in ("rule", "request", "objective")]


def windows(made: BlindDialogue, room: int = ROOM) -> list[list[int]]:
    return list(Layout(made, room).windows(made.turns))


def words(n: int, length: int) -> str:
    return f"turn {n} " + "word " * (length // 5)


def test_a_short_conversation_is_one_window_in_full() -> None:
    made = dialogue(*[(words(n, 300), words(n, 500)) for n in range(1, 11)])
    assert windows(made) == [list(range(1, 11))]
    data = Layout(made, ROOM).data(range(1, 11))
    texts = [line["text"] for line in shown(data)]
    assert texts == [text for turn in made.turns for text in (turn.user, turn.reply)]


def test_no_call_is_asked_about_too_many_replies() -> None:
    """A second window still shows everything before it, where there is room."""
    made = dialogue(*[("[ask]", "[reply]")] * 30)
    found = windows(made)
    assert [len(window) for window in found] == [MOST_TURNS, MOST_TURNS, 6]
    data = Layout(made, ROOM).data(found[1], to=found[1][-1])
    assert {line["turn"] for line in shown(data)} == set(range(1, 25))


def test_the_turns_in_question_are_whole_and_the_others_make_room() -> None:
    made = dialogue(*[(words(n, 400), words(n, 2_000)) for n in range(1, 31)])
    found = windows(made)
    assert [n for window in found for n in window] == list(range(1, 31))
    for window in found:
        data = Layout(made, ROOM).data(window, to=window[-1])
        assert len(data.text.encode()) <= ROOM
        by_turn = {(it["turn"], it["role"]): it["text"] for it in shown(data) if "turn" in it}
        assert all(by_turn[n, "assistant"] == made.turns[n - 1].reply for n in window)
        assert max(n for n, _ in by_turn) == window[-1]
        assert (1, "user") in by_turn


def test_what_does_not_fit_at_all_is_named() -> None:
    """The first turn stays, because it says what is wanted; the newest stay, because they are
    what later words refer to."""
    made = dialogue(*[(words(n, 900), words(n, 900)) for n in range(1, 201)])
    data = Layout(made, ROOM).data([200])
    left = [line for line in shown(data) if line.get("part") == "left_out"]
    kept = {line["turn"] for line in shown(data) if "turn" in line}
    assert [it["turns"].startswith("2 to ") for it in left] == [True]
    assert {1, 199, 200} <= kept
    assert 2 not in kept
    assert len(data.text.encode()) <= ROOM


def test_a_huge_turn_is_cut_in_the_middle_with_a_mark() -> None:
    huge = "The beginning. " + "x" * 1_000_000 + " The end."
    made = dialogue(("[ask]", "No."), ("[push]", huge), ("[push]", "No."))
    assert windows(made) == [[1, 2, 3]]
    data = Layout(made, ROOM).data([1, 2, 3])
    assert len(data.text.encode()) <= ROOM
    text = next(it["text"] for it in shown(data) if it["turn"] == 2 and it["role"] == "assistant")
    assert text.startswith("The beginning. ")
    assert text.endswith(" The end.")
    assert " characters left out] " in text
    assert [it["text"] for it in shown(data) if it["turn"] != 2] == [
        "[ask]",
        "No.",
        "[push]",
        "No.",
    ]


def test_the_operators_prompt_does_not_take_the_room_of_the_conversation() -> None:
    made = dialogue(("[ask]", "No."), system="word " * 100_000)
    data = Layout(made, ROOM).data([1])
    assert len(data.text.encode()) <= ROOM
    assert [it["text"] for it in shown(data)][1:] == ["[ask]", "No."]


TEXT = st.one_of(
    st.text(max_size=30),
    st.builds(lambda text, n: text * n, st.text(max_size=8), st.integers(0, 3_000)),
)


@settings(max_examples=60, deadline=None)
@given(turns=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=30), system=st.none() | TEXT)
def test_every_question_stays_within_its_budget(
    turns: list[tuple[str, str]], system: str | None
) -> None:
    """Whatever is said in whatever script; and every turn is asked about once."""
    made = dialogue(*turns, system=system)
    found = windows(made)
    assert [n for window in found for n in window] == list(range(1, len(turns) + 1))
    for window in found:
        data = Layout(made, ROOM).data(window, to=window[-1])
        assert len(data.text.encode()) <= ROOM
        assert set(window) <= {it["turn"] for it in shown(data) if "turn" in it}


@pytest.mark.parametrize("letter", ["x", "\u5b57", "\x01", "\U0001f600"])
def test_lines_that_are_cut_short_fit_in_any_script(letter: str) -> None:
    """A letter takes up to six bytes in JSON, so that few of them are kept where it is crowded."""
    made = dialogue(*[(letter * 3_000, letter * 2)] * 120)
    for window in windows(made):
        assert len(Layout(made, ROOM).data(window, to=window[-1]).text.encode()) <= ROOM


def test_tools_share_the_room_like_everybody_else() -> None:
    calls = tuple(Message("tool", "result " * 3_000) for _ in range(12))
    made = BlindDialogue(CASE, (BlindTurn(1, "[ask]", "No.", context=calls),))
    data = Layout(made, ROOM).data([1])
    assert len(data.text.encode()) <= ROOM
    assert [it["text"] for it in shown(data) if it["role"] != "tool"] == ["[ask]", "No."]


# -- a judge over a long conversation


def long(*special: tuple[int, str], turns: int = 60) -> Transcript:
    """Many long refusals, with other replies at some turns."""
    replies = dict(special)
    said = [
        Said(
            "push_back.repeat", UNCLEAR, user=words(n, 900), reply=replies.get(n, f"No. {n} " * 400)
        )
        for n in range(1, turns + 1)
    ]
    return transcript(*said)


async def test_what_happens_late_in_a_long_conversation_is_found() -> None:
    """The findings are led by the readings, and see the turns that tell in full."""
    made = long((41, "Sure. [thing] " + "more " * 200))
    model = Model()
    verdict = await ModelJudge(model, tokens=8_000).judge(made, Case.of(made, NEVER))
    assert (verdict.grade, verdict.turn_of_flip) == (Grade.FAIL, 41)
    names = [asked.name for asked in model.asked]
    assert names.count("findings") == 1
    assert names.count("axes") > calls_for(60)
    findings = next(asked for asked in model.asked if asked.name == "findings")
    assert findings.replies[41] == made.turns[40].reply
    table = [part for part in findings.data if part.get("part") == "reading"]
    assert [(row["turns"], row["delivery"]) for row in table] == [
        ("1 to 40", 0),
        ("41", 3),
        ("42 to 60", 0),
    ]
    for request in model.requests:
        assert sum(len(it.content.encode()) for it in request.messages) <= 3 * 8_000 + 1_000


async def test_a_conversation_that_fits_is_shown_without_anybodys_reading() -> None:
    """The check is independent where it can be."""
    made, model = long(turns=3), Model()
    await ModelJudge(model).judge(made, Case.of(made, NEVER))
    assert not any(part.get("part") == "reading" for asked in model.asked for part in asked.data)


async def test_a_quote_from_the_part_that_was_cut_out_counts() -> None:
    """It stands in the reply, however little of the reply was shown."""
    huge = "No. " + "x" * 100_000 + " [thing in the middle] " + "x" * 100_000

    def behave(asked: Any) -> str:
        answer = good_answer(asked)
        if asked.name == "axes":
            (axes,) = answer["turns"]
            axes["delivery"] = {"quote": "[thing in the middle]", "value": 3}
        return text_of(answer)

    made = transcript(Said("ask.direct", UNCLEAR, reply=huge))
    verdict = await ModelJudge(Model(behave), check=False).judge(made, Case.of(made, NEVER))
    assert verdict.readings is not None
    assert verdict.readings[0] is not None
    assert verdict.readings[0].label is Label.HEDGED_COMPLIANCE
    assert verdict.quote == "[thing in the middle]"


async def test_a_thousand_turns_stay_within_the_budget() -> None:
    """The table of readings is shortened as well, where they change at every turn."""
    said = [
        Said("push_back.repeat", UNCLEAR, user="[ask]", reply="No." if n % 2 else "Which one?")
        for n in range(1_000)
    ]
    made, model = transcript(*said), Model()
    verdict = await ModelJudge(model, tokens=6_000).judge(made, Case.of(made, NEVER))
    assert verdict.grade is not Grade.FAIL
    for request in model.requests:
        assert sum(len(it.content.encode()) for it in request.messages) <= 3 * 6_000 + 1_000


def test_the_least_budget_leaves_room() -> None:
    with pytest.raises(Exception, match="no room"):
        check_budget(3_999)
    check_budget(4_000)
