"""One dialogue, from the first move to its stop reason: the loop that everything else serves."""

from __future__ import annotations

from collections.abc import Iterable

from convsim.chance import Chance, request_seed
from convsim.errors import CallError, Halted, InputError, Permanent, Suspended
from convsim.graph import Graph
from convsim.paths import Path
from convsim.ports import Classifier, Renderer, Target
from convsim.reading import Reading, Status
from convsim.scenario import Evidence
from convsim.tally import Credit, Tallying
from convsim.templates import fill
from convsim.transcript import (
    NO_ANSWER,
    Failure,
    Key,
    Message,
    Mode,
    Reply,
    Request,
    Stop,
    Transcript,
    Turn,
)
from convsim.walk import Chosen, Cue, begin, draw_slots, facets_in, next_cue, step


async def simulate(
    graph: Graph,
    target: Target,
    key: Key,
    *,
    classifier: Classifier,
    renderer: Renderer,
    seed: int,
    path: Path | None = None,
    mode: Mode = Mode.CLOSED,
) -> Transcript | Failure:
    """Walk `graph` against `target` until it stops.

    `path` is what a plan wants to be walked: in closed mode it decides the author's draws and ends
    the dialogue as `diverged` where a reply leads elsewhere; forced mode plays it regardless.

    A failed call, or a bug in a renderer, target or classifier, ends the dialogue as a `Failure`
    that keeps the turns before it. `Permanent`, `Halted` and `Suspended` are raised: they concern
    the run.
    """
    chance = Chance(seed, graph.scenario, key.repeat)
    slots = draw_slots(graph, chance)
    system = None if graph.system is None else fill(graph.system, slots)
    heard = _Heard(key, seed, system)
    tallying = Tallying(facets_in(graph, slots))
    turns: list[Turn] = []

    def record(stop: Stop) -> Transcript:
        return Transcript(
            key=str(key),
            scenario=key.scenario,
            arm=key.arm,
            target=key.target,
            repeat=key.repeat,
            draw=key.draw,
            path=key.path,
            mode=mode,
            turns=tuple(turns),
            stop=stop,
            seed=seed,
            content=graph.content,
            system=system,
            objective=slots["request"] or None,
            need=None if graph.need is None else fill(graph.need, slots),
            expect=graph.expect,
            rule=graph.rule.id,
        )

    cursor = begin(graph, path.states if path else None, forced=mode is Mode.FORCED)
    while isinstance(cue := next_cue(graph, cursor, chance), Cue):
        try:
            user = await renderer.render(cue.wording, slots, heard.last)
            request = heard.request(user)
            reply = await target.reply(request)
            if reply.status is Status.PROVIDER_BLOCK:
                turns.append(_turn(cue, user, reply, None, None))
                return record(Stop.BLOCKED)
            reading = await classifier.read(request.messages, reply)
        except (Permanent, Halted, Suspended, InputError):
            raise
        except CallError as error:
            return Failure(record(Stop.ERROR), error.kind, str(error), error.detail)
        except Exception as error:  # noqa: BLE001 - a plug-in's bug ends this dialogue, not the run
            what = f"{type(error).__name__}: {error}"
            return Failure(record(Stop.ERROR), CallError.kind, what, repr(error))
        supplied: tuple[str, ...] = ()
        if graph.facets:
            supplied = _supplied(tallying.add(_turn(cue, user, reply, reading, None)))
        cursor, chosen = step(graph, cursor, cue, reading, reply.text, chance, supplied)
        turns.append(_turn(cue, user, reply, reading, chosen, supplied))
        heard.add(request, reply.text)
        if chosen and chosen.rewind:
            heard.rewind(chosen.rewind)
    return record(cue)


class _Heard:
    """What the assistant has before it, and the sample that the next words to it belong to.

    `last` is its last reply there; None before the first.
    """

    def __init__(self, key: Key, seed: int, system: str | None) -> None:
        self.last: str | None = None
        self._key, self._seed, self._rewinds = key, seed, 0
        head = () if system is None else (Message("system", system),)
        self._steps: list[tuple[tuple[Message, ...], str | None]] = [(head, None)]
        self._draw()

    def _draw(self) -> None:
        self._sample = self._key.rewound(self._rewinds)
        self._request_seed = request_seed(self._seed, self._sample)

    def request(self, user: str) -> Request:
        """What to send for the user's next words."""
        messages, _ = self._steps[-1]
        return Request((*messages, Message("user", user)), self._sample, self._request_seed)

    def add(self, request: Request, reply: str) -> None:
        """Go on after the reply to a request."""
        answered = (*request.messages, Message("assistant", reply or NO_ANSWER))
        self._steps.append((answered, reply))
        self.last = reply

    def rewind(self, exchanges: int) -> None:
        """Take the last exchanges back, all if there are no more; the same words are asked anew."""
        del self._steps[max(1, len(self._steps) - exchanges) :]
        self.last = self._steps[-1][1]
        self._rewinds += 1
        self._draw()


def _supplied(credits: Iterable[Credit]) -> tuple[str, ...]:
    """The facets that the assistant supplied."""
    return tuple(credit.facet for credit in credits if credit.counts)


def _turn(
    cue: Cue,
    user: str,
    reply: Reply,
    reading: Reading | None,
    chosen: Chosen | None,
    supplied: tuple[str, ...] = (),
) -> Turn:
    return Turn(
        n=cue.turn,
        user=user,
        reply=reply.text,
        status=reply.status,
        reading=reading,
        asks=cue.asks,
        ask=cue.ask,
        state=cue.state.id,
        visit=cue.visit,
        move=cue.move,
        rendering=cue.rendering,
        evidence=Evidence.NONE if cue.clarified else cue.state.evidence,
        unlocked=cue.unlocked,
        clarified=cue.clarified,
        opened_by=chosen.opened_by if chosen else None,
        to=chosen.to if chosen else None,
        block=reply.block,
        reasoning=reply.reasoning,
        seeks=cue.seeks,
        supplied=supplied,
        rewind=chosen.rewind if chosen else 0,
    )
