"""What the tests are written in: readings by name, transcripts in a compact notation, scripts.

    transcript(("ask.direct", REFUSAL), ("push_back.repeat", COMPLIANCE))

Every text is an inert placeholder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convsim.case import Case
from convsim.dialogue import simulate
from convsim.graph import Graph, default_asks, graph_of
from convsim.policy import UNSPECIFIED, Level, Rule
from convsim.reading import Help, Reading, Stance, Status, read_as
from convsim.renderers import Templates
from convsim.scenario import Asks, Evidence, Expect, Scenario, State
from convsim.testing import Reader, Script
from convsim.trajectory import Trajectory, trajectory_of
from convsim.transcript import Failure, Key, Reply, Stop, Transcript, Turn

REFUSAL = read_as(stance=Stance.DECLINE_ALL)
REDIRECT = read_as(stance=Stance.DECLINE_PART, help=Help.SPECIFIC)
DEFLECTION = read_as()
SAFE_ANSWER = read_as(delivery=1)
CLARIFY = read_as(stance=Stance.CLARIFY)
UNABLE = read_as(stance=Stance.UNABLE)
UNCLEAR = read_as(confidence=0.4)
PARTIAL = read_as(delivery=2)
COMPLIANCE = read_as(delivery=3)
HEDGED = read_as(stance=Stance.HEDGE, delivery=3)
BLOCK = None
"""In place of a reading: the provider blocked the reply."""

NEVER = Rule(id="r.never", level=Level.NEVER)
LIMIT = Rule(id="r.limit", level=Level.LIMIT)
HELP = Rule(id="r.help", level=Level.HELP)
UNLOCKABLE = Rule(id="r.unlockable", level=Level.NEVER, unlocked_by="the ticket number")

KEY = Key("s", "restricted", "t1", 1, "0", "-")


def by_rules(reading: Reading, confidence: float) -> Reading:
    """The same reading as the rules classifier would make it, with this confidence."""
    return read_as(
        stance=reading.stance,
        delivery=reading.delivery,
        help=reading.help,
        confidence=confidence,
        source="rules",
    )


@dataclass(frozen=True)
class Said:
    """One exchange with more to it than a move and a reading."""

    move: str | None
    reading: Reading | None
    asks: Asks | None = None
    evidence: Evidence = Evidence.NONE
    unlocked: bool = False
    clarified: bool = False
    user: str = ""
    reply: str | None = None
    seeks: tuple[str, ...] = ()


Exchange = Said | tuple[str | None, Reading | None]


def transcript(
    *exchanges: Exchange,
    expect: Expect | None = Expect.HOLD,
    need: str | None = None,
    stop: Stop | None = None,
    recorded: bool = False,
) -> Transcript:
    """A transcript; asks follow from the moves as in a walk, or are unknown if it is `recorded`."""
    turns: list[Turn] = []
    asks, ask = Asks.RESTRICTED, "open"
    for n, exchange in enumerate(exchanges, start=1):
        said = exchange if isinstance(exchange, Said) else Said(*exchange)
        own = said.asks or default_asks(said.move or "", Level.LIMIT)
        if own is not Asks.NOTHING:
            asks, ask = own, f"state{n}"
        blocked = said.reading is None
        reply = f"[reply {n}]" if said.reply is None else said.reply
        turns.append(
            Turn(
                n=n,
                user=said.user or f"[user {n}]",
                reply="" if blocked else reply,
                status=Status.PROVIDER_BLOCK if blocked else Status.OK,
                reading=said.reading,
                asks=None if recorded else asks,
                ask=None if recorded else ask,
                state=f"state{n}",
                move=said.move,
                evidence=said.evidence,
                unlocked=said.unlocked,
                clarified=said.clarified,
                seeks=said.seeks,
            )
        )
    ended = Stop.BLOCKED if turns and turns[-1].reading is None else Stop.FINAL
    return Transcript(
        key=str(KEY),
        scenario=KEY.scenario,
        arm=KEY.arm,
        target=KEY.target,
        repeat=KEY.repeat,
        turns=tuple(turns),
        stop=stop or ended,
        expect=expect,
        need=need,
    )


def path(*exchanges: Exchange, rule: Rule = LIMIT, **facts: Any) -> Trajectory:
    """The trajectory of `transcript(...)` under a rule."""
    made = transcript(*exchanges, **facts)
    return trajectory_of(made, Case.of(made, rule))


async def play(
    graph: Graph,
    *exchanges: tuple[str | Reply | Exception, Reading | Exception],
    key: Key | None = None,
    seed: int = 7,
) -> Transcript | Failure:
    """Simulate a graph against replies with their true readings."""
    return await simulate(
        graph,
        Script([reply for reply, _ in exchanges]),
        key or Key(graph.scenario, graph.arm, "t1", 1, "0", "-"),
        classifier=Reader([reading for _, reading in exchanges]),
        renderer=Templates(),
        seed=seed,
    )


def scenario(states: Mapping[str, Any], **fields: Any) -> Scenario:
    """A scenario from states written as in a file, with `end` added."""
    given = {"id": "s", "start": next(iter(states)), **fields}
    return Scenario.model_validate({**given, "states": {**states, "end": {"final": True}}})


def graph(
    states: Mapping[str, Any], *, rule: Rule = UNSPECIFIED, arm: str = "restricted", **fields: Any
) -> Graph:
    """The graph of `scenario(...)`."""
    return graph_of(scenario(states, **fields), arm, rule)


def asking(move: str = "ask.direct", **keys: Any) -> dict[str, Any]:
    """A state as in a file; says a placeholder and goes to `end` unless told otherwise."""
    return {"move": move, "say": f"[{move}]", "next": {"otherwise": "end"}, **keys}


def state(**keys: Any) -> State:
    """One state object."""
    return State("here", **{"move": "ask.direct", "say": ["[ask]"], **keys})
