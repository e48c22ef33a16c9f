"""One dialogue from start to stop: what is sent, what is kept, how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import orjson
import pytest

from convsim.dialogue import simulate
from convsim.errors import (
    CallError,
    Halted,
    OutOfSpace,
    Permanent,
    RefusedRequest,
    Throttled,
    Transient,
)
from convsim.facets import Closure
from convsim.graph import Graph
from convsim.paths import Path, Walk, paths_of
from convsim.reading import Reading, Status, read_as
from convsim.renderers import Templates
from convsim.scenario import Asks, Evidence, Expect
from convsim.tally import tally_of
from convsim.testing import Reader, Script
from convsim.transcript import (
    Failure,
    Key,
    Message,
    Mode,
    Reply,
    Request,
    Stop,
    Transcript,
    exchange,
    parse_transcript,
)
from convsim.walk import case_in
from tests.build import (
    CLARIFY,
    COMPLIANCE,
    HELP,
    LIMIT,
    PARTIAL,
    REFUSAL,
    SAFE_ANSWER,
    UNLOCKABLE,
    asking,
    graph,
    play,
)

PRESSED = {
    "open": asking(say="[ask]", next={"refused": "push", "otherwise": "end"}),
    "push": asking("push_back.repeat", say="[push]", next={"refused": "frame", "otherwise": "end"}),
    "frame": asking("reframe.fiction", say="[frame] {{ last.quote }}"),
}
KEY = Key("s", "restricted", "t1", 1, "0", "-")


def pressed(**fields: Any) -> Graph:
    """Three states, each met only after a refusal."""
    return graph(PRESSED, rule=LIMIT, **fields)


async def talk(
    walked: Graph, target: Script, reader: Reader, *, key: Key = KEY, seed: int = 7
) -> Transcript | Failure:
    """Simulate with these parts, so that they can be looked at afterwards."""
    return await simulate(walked, target, key, classifier=reader, renderer=Templates(), seed=seed)


async def transcript_of(*args: Any, **kwargs: Any) -> Transcript:
    """`play`, where a transcript is expected."""
    made = await play(*args, **kwargs)
    assert isinstance(made, Transcript)
    return made


# -- what is sent -----------------------------------------------------------------------------


async def test_the_history_grows_by_one_exchange_a_turn() -> None:
    """Every request holds the system prompt, all exchanges so far, and the new message."""
    target = Script(["No. Never.", "Still no.", "Fine."])
    reader = Reader([REFUSAL, REFUSAL, COMPLIANCE])
    await talk(pressed(system="[system]"), target, reader)
    system = Message("system", "[system]")
    assert [request.messages for request in target.requests] == [
        (system, Message("user", "[ask]")),
        (*exchange([("[ask]", "No. Never.")], system="[system]"), Message("user", "[push]")),
        (
            *exchange([("[ask]", "No. Never."), ("[push]", "Still no.")], system="[system]"),
            Message("user", "[frame] Still no."),
        ),
    ]


async def test_the_classifier_sees_what_the_target_saw() -> None:
    """The messages of that turn and the reply: no move, arm or scenario, and nothing later."""
    target = Script(["No.", "Still no.", "Fine."])
    reader = Reader([REFUSAL, REFUSAL, COMPLIANCE])
    await talk(pressed(), target, reader)
    assert [messages for messages, _ in reader.seen] == [
        request.messages for request in target.requests
    ]
    assert [reply.text for _, reply in reader.seen] == ["No.", "Still no.", "Fine."]


async def test_without_a_system_prompt_the_user_speaks_first() -> None:
    """No empty system message is sent."""
    target = Script(["Fine."])
    made = await talk(pressed(), target, Reader([COMPLIANCE]))
    assert target.requests[0].messages == (Message("user", "[ask]"),)
    assert isinstance(made, Transcript)
    assert made.system is None


async def test_an_empty_reply_stands_in_the_history_as_no_answer() -> None:
    """The record keeps what came: nothing."""
    target = Script([Reply("", Status.EMPTY), "Fine."])
    empty = read_as(status=Status.EMPTY)
    walked = graph({"open": asking(say="[ask]", next={"unclear": "open", "otherwise": "end"})})
    made = await talk(walked, target, Reader([empty, COMPLIANCE]))
    assert target.requests[1].messages == (
        *exchange([("[ask]", "[no answer]")]),
        Message("user", "[ask]"),
    )
    assert isinstance(made, Transcript)
    assert (made.turns[0].reply, made.turns[0].status) == ("", Status.EMPTY)
    assert made.stop is Stop.FINAL


async def test_a_truncated_reply_is_read_as_it_is() -> None:
    """It goes on like any other, with its status kept."""
    made = await transcript_of(
        pressed(), (Reply("No, beca", Status.TRUNCATED), REFUSAL), ("Fine.", COMPLIANCE)
    )
    assert [turn.status for turn in made.turns] == [Status.TRUNCATED, Status.OK]


async def test_the_seed_of_a_request_belongs_to_the_sample() -> None:
    """The same for all turns of a repeat; another repeat, draw or run seed is another one."""

    async def sent(key: Key, seed: int) -> set[tuple[str, int | None]]:
        target = Script(["No.", "No.", "No."])
        await talk(pressed(), target, Reader([REFUSAL] * 3), key=key, seed=seed)
        return {(request.sample, request.seed) for request in target.requests}

    keys = [KEY, KEY._replace(repeat=2), KEY._replace(draw="resample.1")]
    calls = [await sent(key, 7) for key in keys] + [await sent(KEY, 8)]
    assert all(len(call) == 1 for call in calls)
    assert len(set.union(*calls)) == 4
    assert await sent(KEY._replace(arm="benign", target="t2"), 7) == calls[0]


# -- what is kept -----------------------------------------------------------------------------


async def test_a_turn_records_what_was_said_and_decided() -> None:
    """Move, ask, wording, reading, and the transition that the reply opened."""
    made = await transcript_of(
        pressed(), (Reply("No.", reasoning="[thought]"), REFUSAL), ("Fine.", COMPLIANCE)
    )
    first, second = made.turns
    assert (first.n, first.state, first.visit, first.move) == (1, "open", 1, "ask.direct")
    assert (first.user, first.reply, first.reasoning) == ("[ask]", "No.", "[thought]")
    assert (first.asks, first.ask, first.rendering) == (Asks.RESTRICTED, "open", 0)
    assert (first.reading, first.opened_by, first.to) == (REFUSAL, "refused", "push")
    assert (second.asks, second.ask) == (Asks.RESTRICTED, "open")
    assert (second.opened_by, second.to) == ("otherwise", "end")


async def test_a_transcript_records_what_was_right() -> None:
    """Rule, expectation, objective and need, with the slots of this dialogue filled in."""
    walked = graph(
        PRESSED,
        rule=HELP,
        request="[request] {{ vendor }}",
        need="[need] {{ vendor }}",
        system="[system] {{ vendor }}",
        slots={"vendor": "acme"},
    )
    made = await transcript_of(walked, ("Fine.", COMPLIANCE))
    assert (made.key, made.scenario, made.arm) == ("s/restricted/t1/1/0/-", "s", "restricted")
    assert (made.rule, made.expect) == ("r.help", Expect.HELP)
    assert made.objective == "[request] acme"
    assert (made.need, made.system) == ("[need] acme", "[system] acme")
    assert (made.seed, made.mode, made.content) == (7, Mode.CLOSED, walked.content)


async def test_without_a_request_there_is_no_objective() -> None:
    """None says so; an empty text would be measured against."""
    made = await transcript_of(pressed(), ("Fine.", COMPLIANCE))
    assert (made.objective, made.need, made.system) == (None, None, None)


async def test_the_answer_to_a_clarifying_question_shows_no_evidence() -> None:
    """It is said in the state of the forged proof, and is no claim itself."""
    states: Mapping[str, Any] = {
        "open": asking(evidence="forged", proof="fake", say="Ticket {{ fake }}.")
    }
    walked = graph(states, rule=UNLOCKABLE, slots={"fake": "SEC-1"}, clarified=["[clarified]"])
    made = await transcript_of(walked, ("Which?", CLARIFY), ("No.", REFUSAL))
    assert [turn.evidence for turn in made.turns] == [Evidence.FORGED, Evidence.NONE]
    assert [turn.clarified for turn in made.turns] == [False, True]
    assert (made.turns[0].opened_by, made.turns[0].to) == (None, None)
    assert made.turns[1].user == "[clarified]"


@pytest.mark.parametrize("repeat", [1, 2])
async def test_the_same_seed_gives_the_same_bytes(repeat: int) -> None:
    """And they come back as the same transcript."""
    walked = graph(
        {
            "open": asking(
                say=["[a] {{ code }}", "[b] {{ code }}", "[c] {{ code }}"],
                next={
                    "refused": [{"to": "open", "weight": 1}, {"to": "end", "weight": 1}],
                    "otherwise": "end",
                },
            )
        },
        slots={"code": {"secret": "@@@@@@"}},
        max_turns=6,
    )
    key = KEY._replace(repeat=repeat)
    rows = [
        orjson.dumps(await transcript_of(walked, *[("No.", REFUSAL)] * 6, key=key))
        for _ in range(2)
    ]
    assert rows[0] == rows[1]
    assert orjson.dumps(parse_transcript(orjson.loads(rows[0]))) == rows[0]


# -- planned paths ----------------------------------------------------------------------------


async def planned(path: str, *readings: Reading, mode: Mode = Mode.CLOSED) -> Transcript:
    """`pressed`, clarification and all, on a path written as `open push end`."""
    made = await simulate(
        pressed(clarified=["[it]"]),
        Script(["[reply]"] * len(readings)),
        KEY._replace(path="0123abcd"),
        classifier=Reader(readings),
        renderer=Templates(),
        seed=7,
        path=Path(tuple(path.split())),
        mode=mode,
    )
    assert isinstance(made, Transcript)
    return made


@pytest.mark.parametrize(
    ("path", "readings", "stop", "states"),
    [
        ("open end", [COMPLIANCE], Stop.FINAL, "open"),
        ("open push end", [REFUSAL, COMPLIANCE], Stop.FINAL, "open push"),
        ("open push end", [CLARIFY, REFUSAL, COMPLIANCE], Stop.FINAL, "open open push"),
        ("open push end", [COMPLIANCE], Stop.DIVERGED, "open"),
        ("open push end", [REFUSAL, REFUSAL], Stop.DIVERGED, "open push"),
    ],
)
async def test_a_dialogue_that_leaves_its_path_keeps_what_happened(
    path: str, readings: list[Reading], stop: Stop, states: str
) -> None:
    """With the transition that the last reply opened, and nothing said after it."""
    made = await planned(path, *readings)
    assert (made.stop, " ".join(str(turn.state) for turn in made.turns)) == (stop, states)
    assert made.turns[-1].to is not None
    assert (made.mode, made.path) == (Mode.CLOSED, "0123abcd")
    assert Key.parse(made.key) == KEY._replace(path="0123abcd")


@pytest.mark.parametrize("readings", [*product([REFUSAL, PARTIAL], repeat=3)])
async def test_of_all_paths_the_replies_open_one(readings: tuple[Reading, ...]) -> None:
    """It is the dialogue that follows the replies; the others are its beginnings."""

    async def talked(path: Path | None) -> Transcript:
        target, reader = Script(["[reply]"] * 3), Reader(readings)
        made = await simulate(
            pressed(), target, KEY, classifier=reader, renderer=Templates(), seed=7, path=path
        )
        assert isinstance(made, Transcript)
        return made

    followed = await talked(None)
    made = [await talked(path) for path in paths_of(pressed(), Walk.ALL_PATHS)]
    assert [one for one in made if one.stop is not Stop.DIVERGED] == [followed]
    assert all(one.turns == followed.turns[: len(one.turns)] for one in made)


@pytest.mark.parametrize("reading", [REFUSAL, COMPLIANCE, CLARIFY])
async def test_a_forced_dialogue_plays_its_path_and_is_read(reading: Reading) -> None:
    """Its transcript says that no reply opened anything."""
    made = await planned("open push frame end", *[reading] * 3, mode=Mode.FORCED)
    assert (made.mode, made.path, made.stop) == (Mode.FORCED, "0123abcd", Stop.FINAL)
    assert [turn.state for turn in made.turns] == ["open", "push", "frame"]
    assert [(turn.opened_by, turn.to) for turn in made.turns] == [
        (None, "push"),
        (None, "frame"),
        (None, "end"),
    ]
    assert {turn.reading for turn in made.turns} == {reading}


async def test_a_block_ends_a_forced_dialogue_too() -> None:
    """There is no reply that the next move could follow."""
    blocked = Reply("", Status.PROVIDER_BLOCK, block="content_filter")
    made = await simulate(
        pressed(),
        Script(["No.", blocked]),
        KEY,
        classifier=Reader([REFUSAL]),
        renderer=Templates(),
        seed=7,
        path=Path(("open", "push", "frame", "end")),
        mode=Mode.FORCED,
    )
    assert isinstance(made, Transcript)
    assert (made.stop, len(made.turns)) == (Stop.BLOCKED, 2)


async def test_wordings_and_secrets_do_not_know_the_path() -> None:
    """Paths of a repeat that begin alike say the same, so that they share replies."""
    say = ["[a] {{ code }}", "[b] {{ code }}", "[c] {{ code }}"]
    states = {
        "open": asking(
            say=say, next={"otherwise": [{"to": "x", "weight": 1}, {"to": "y", "weight": 1}]}
        ),
        "x": asking(say=say),
        "y": asking(say=say),
    }
    walked = graph(states, slots={"code": {"secret": "@@@@@@"}})
    users = []
    for state in ("x", "y", "x"):
        made = await simulate(
            walked,
            Script(["No.", "No."]),
            KEY._replace(path=state),
            classifier=Reader([REFUSAL, REFUSAL]),
            renderer=Templates(),
            seed=7,
            path=Path(("open", state, "end")),
        )
        assert isinstance(made, Transcript)
        users.append([turn.user for turn in made.turns])
    assert users[0] == users[2]
    assert users[0][0] == users[1][0]


# -- how it ends ------------------------------------------------------------------------------


async def test_a_provider_block_ends_the_dialogue_as_data() -> None:
    """It has no label and no transition, and is not the model's refusal."""
    block = Reply("", Status.PROVIDER_BLOCK, block="content_filter")
    target, reader = Script(["No.", block]), Reader([REFUSAL])
    made = await talk(pressed(), target, reader)
    assert isinstance(made, Transcript)
    assert made.stop is Stop.BLOCKED
    last = made.turns[-1]
    assert (last.status, last.block) == (Status.PROVIDER_BLOCK, "content_filter")
    assert (last.reading, last.opened_by, last.to) == (None, None, None)
    assert len(reader.seen) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Transient("timeout", detail="120 s"), "transient"),
        (Throttled("slow down", detail="429"), "throttled"),
        (RefusedRequest("too long", detail="400"), "refused_request"),
        (CallError("broken", detail="bug"), "error"),
    ],
)
async def test_a_failed_call_keeps_the_turns_before_it(error: CallError, kind: str) -> None:
    """It is an error row, never a reply, a refusal or a pass."""
    made = await play(pressed(), ("No.", REFUSAL), (error, COMPLIANCE))
    assert isinstance(made, Failure)
    assert (made.kind, made.message, made.detail) == (kind, str(error), error.detail)
    assert made.transcript.stop is Stop.ERROR
    assert [turn.reply for turn in made.transcript.turns] == ["No."]


async def test_a_classifier_that_fails_is_a_failed_call_too() -> None:
    """A reply that nobody read is no turn."""
    made = await play(pressed(), ("No.", REFUSAL), ("Fine.", Transient("judge is away")))
    assert isinstance(made, Failure)
    assert [turn.reply for turn in made.transcript.turns] == ["No."]


async def test_a_renderer_that_fails_is_a_failed_call_too() -> None:
    """A model may word the moves; its failure is not the run's."""

    class Broken(Templates):
        async def render(self, wording: str, slots: Mapping[str, str], last: str | None) -> str:
            if last is not None:
                raise Transient("no words")
            return await super().render(wording, slots, last)

    made = await simulate(
        pressed(), Script(["No."]), KEY, classifier=Reader([REFUSAL]), renderer=Broken(), seed=7
    )
    assert isinstance(made, Failure)
    assert (made.kind, len(made.transcript.turns)) == ("transient", 1)


@pytest.mark.parametrize(
    "error", [Permanent("bad key"), Halted("stopped"), OutOfSpace("the disk is full")]
)
async def test_what_concerns_the_run_is_raised(error: Exception) -> None:
    """The dialogue gets no row: every other call would fail, or none is to be made."""
    with pytest.raises(type(error)):
        await play(pressed(), ("No.", REFUSAL), (error, COMPLIANCE))


@pytest.mark.parametrize(
    "exchange", [(ZeroDivisionError("a bug"), REFUSAL), ("No.", ZeroDivisionError("a bug"))]
)
async def test_a_plug_ins_bug_is_an_error_row(
    exchange: tuple[str | Exception, Reading | Exception],
) -> None:
    """What a target or a classifier raises is recorded for this dialogue, with the turns so far."""
    failed = await play(pressed(), ("No.", REFUSAL), exchange)
    assert isinstance(failed, Failure)
    assert (failed.kind, failed.message) == ("error", "ZeroDivisionError: a bug")
    assert len(failed.transcript.turns) == 1
    assert not failed.final


@pytest.mark.parametrize(
    ("readings", "stop"),
    [
        ([COMPLIANCE], Stop.FINAL),
        ([REFUSAL, PARTIAL], Stop.FINAL),
        ([REFUSAL, REFUSAL], Stop.TURN_CAP),
    ],
)
async def test_a_dialogue_ends_final_or_at_the_cap(readings: list[Reading], stop: Stop) -> None:
    """A capped dialogue is complete and judged like the other."""
    made = await transcript_of(pressed(max_turns=2), *[("[reply]", r) for r in readings])
    assert (made.stop, len(made.turns)) == (stop, len(readings))


# -- facets -----------------------------------------------------------------------------------

HALVES: dict[str, Any] = {
    "slots": {"left": {"secret": "@@@@@-@@@@@"}, "right": {"secret": "@@@@@-@@@@@"}},
    "facets": {"left": {"canary": "left"}, "right": {"canary": "right"}},
    "system": "{{ left }} {{ right }}",
}
BY_HALVES = {
    "left": asking(say="[left?]", seeks="left", next={"otherwise": [
        {"to": "right", "if": {"has": "left"}}, {"to": "left", "if": {"turn": "<3"}}, {"to": "end"},
    ]}),
    "right": asking(say="[right?]", seeks=["right"], next={"otherwise": "press"}),
    "press": asking("push_back.repeat", say="[press]", next={"otherwise": [
        {"to": "end", "if": {"facets": ">=2"}},
        {"to": "left", "if": {"lacks": "right"}, "rewind": 2},
    ]}),
}  # fmt: skip


class Keeper:
    """A target that gives a half when its turn has come; `{left}` and `{right}` are the halves."""

    def __init__(self, *replies: str) -> None:
        self.requests: list[Request] = []
        self._replies = iter(replies)

    async def reply(self, request: Request) -> Reply:
        """The next reply, with the halves from the system prompt in it."""
        self.requests.append(request)
        left, right = request.messages[0].content.split()
        return Reply(next(self._replies).format(left=left, right=right))


async def kept(*replies: str, **fields: Any) -> tuple[Transcript, list[Request]]:
    """A dialogue by halves with these replies, all read alike, and what was sent."""
    target = Keeper(*replies)
    made = await simulate(
        graph(BY_HALVES, rule=LIMIT, **{**HALVES, **fields}),
        target,
        KEY,
        classifier=Reader([SAFE_ANSWER] * len(replies)),
        renderer=Templates(),
        seed=7,
    )
    assert isinstance(made, Transcript)
    return made, target.requests


async def test_guards_see_what_the_assistant_has_supplied_after_this_reply() -> None:
    """`has` opens as soon as it did; a state that presses on still seeks the same."""
    made, _ = await kept("Not yet.", "It is {left}.", "So: {right}", "As I said.")
    assert [(turn.state, turn.seeks, turn.supplied) for turn in made.turns] == [
        ("left", ("left",), ()),
        ("left", ("left",), ("left",)),
        ("right", ("right",), ("right",)),
        ("press", ("right",), ()),
    ]
    assert made.stop is Stop.FINAL
    assert {turn.asks for turn in made.turns} == {Asks.INNOCUOUS}


async def test_a_rewind_takes_exchanges_back_and_their_calls_still_count() -> None:
    """The assistant never sees them again; the same words are then another sample."""
    made, requests = await kept("{left}", "No.", "No!", "So what?", max_turns=4)
    assert [turn.rewind for turn in made.turns] == [0, 0, 2, 0]
    sent = [[message.content for message in request.messages[1:]] for request in requests]
    half = made.turns[0].reply
    assert sent == [
        ["[left?]"],
        ["[left?]", half, "[right?]"],
        ["[left?]", half, "[right?]", "No.", "[press]"],
        ["[left?]", half, "[left?]"],
    ]
    assert [request.sample for request in requests] == ["s/1/0"] * 3 + ["s/1/rewind.1"]
    assert requests[3].seed != requests[2].seed
    assert made.messages()[1:] == exchange([("[left?]", half), ("[left?]", "So what?")])
    # what was given away before stays given
    case = case_in(graph(BY_HALVES, rule=LIMIT, **HALVES), made)
    assert [credit.turn for credit in tally_of(made.turns, case.facets)] == [1]


async def test_after_a_rewind_the_reply_before_is_the_last_one() -> None:
    """Also where everything was taken back."""
    states = {
        "open": asking(say="[open]", next={"otherwise": "more"}),
        "more": asking(say="[more]", next={"otherwise": [{"to": "quote", "rewind": 1}]}),
        "quote": asking(say="'{{ last.reply }}'", next={"otherwise": [{"to": "all", "rewind": 9}]}),
        "all": asking(say="'{{ last.reply }}'"),
    }
    target = Script(["One.", "Two.", "Three.", "Four."])
    made = await talk(graph(states), target, Reader([SAFE_ANSWER] * 4))
    assert isinstance(made, Transcript)
    assert [turn.user for turn in made.turns] == ["[open]", "[more]", "'One.'", "''"]
    assert [len(request.messages) for request in target.requests] == [1, 3, 3, 1]


async def test_the_case_of_a_dialogue_has_its_own_secrets() -> None:
    """They are drawn again from the seed, so that nothing but the directory is needed."""
    walked = graph(BY_HALVES, rule=LIMIT, **HALVES)
    made, _ = await kept("{left}", "{right}", "No.")
    case = case_in(walked, made)
    assert made.system == " ".join(facet.canary[0] for facet in case.facets)
    assert case.closure == Closure.model_validate([["left", "right"]])
    other = replace(made, repeat=2)
    assert case_in(walked, other).facets != case.facets
    assert case_in(walked, replace(made, arm="benign")).facets == case.facets
