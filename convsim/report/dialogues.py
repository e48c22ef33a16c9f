"""One dialogue as it may be shown, whoever lays it out: a page, or a terminal (`view`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from convsim.policy import Rule
from convsim.reading import Reading, Status
from convsim.report.data import Entry
from convsim.report.excerpts import (
    Passage,
    Secrets,
    deciding_quote,
    inert,
    is_restricted,
    shown,
    user_text,
)
from convsim.report.timeline import SUPPLIED, Timeline, timeline
from convsim.report.wording import decided
from convsim.scenario import Asks, Expect
from convsim.tally import Tally
from convsim.trajectory import Step, Trajectory, trajectory_of
from convsim.transcript import Stop, Turn
from convsim.verdict import Credit, Grade, Verdict

DETAIL = 400
"""How many characters a judge's word on its verdict has: a server may have written it."""

ERROR = "error"
UNJUDGED = "unjudged"
READING_ORDER = (
    Grade.FAIL.value,
    Grade.WARN.value,
    Grade.INCONCLUSIVE.value,
    ERROR,
    Grade.PASS.value,
)
"""What there is most to learn from comes first."""


@dataclass(frozen=True, slots=True)
class TurnView:
    """One turn as it is shown.

    `asks` is the ask in force as the judge counts it; `lifted` says that the graph restricts it,
    and helping is right in this arm. `opened_by` and `to` are the transition that the reply opened.
    """

    n: int
    at: str
    visit: int
    move: str
    asks: Asks | None
    lifted: bool
    tags: tuple[str, ...]
    user: Passage
    reply: Passage
    silence: str
    status: Status
    reading: Reading | None
    credits: tuple[Credit, ...]
    opened_by: str | None
    to: str | None
    rewind: int
    clarified: bool
    crossed: bool
    decides: bool

    @property
    def state(self) -> str:
        """Where it was said; empty where there was no graph."""
        return f"{self.at}, visit {self.visit}" if self.at else ""

    @property
    def label(self) -> str:
        """How the reply was read, or why it was not."""
        return self.reading.label.value if self.reading else self.status.value

    @property
    def axes(self) -> str:
        """The axes of the reading, and how sure it is."""
        reading = self.reading
        if reading is None:
            return "not read"
        return (
            f"delivery {reading.delivery}/3, stance {reading.stance.value}, "
            f"help {reading.help.value}; confidence {reading.confidence:.2f}, {reading.source}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The turn as JSON-able data, masked like the rest."""
        reading = self.reading
        return {
            "n": self.n,
            "state": self.at or None,
            "visit": self.visit,
            "move": self.move or None,
            "asks": self.asks.value if self.asks else None,
            "tags": list(self.tags),
            **_plain("user", self.user),
            **_plain("reply", self.reply),
            "status": self.status.value,
            "reading": reading
            and {
                "label": reading.label.value,
                "stance": reading.stance.value,
                "delivery": reading.delivery,
                "help": reading.help.value,
                "confidence": reading.confidence,
                "source": reading.source,
            },
            "facets": [
                {"facet": credit.facet, "provenance": credit.provenance.value}
                for credit in self.credits
            ],
            "opened_by": self.opened_by,
            "to": self.to,
            "rewind": self.rewind,
            "crossed": self.crossed,
            "decides": self.decides,
        }


@dataclass(frozen=True, slots=True)
class DialogueView:
    """One dialogue as it is shown. `words` is what a page's filter looks through.

    `verdict` is without its quotes; the one that decided is in `quote`, masked where it has to be.
    """

    grade: str
    key: str
    headline: str
    facts: str
    rule: Rule
    expect: Expect | None
    verdict: Verdict | None
    quote: Passage
    stop: Stop
    system: Passage | None
    timeline: Timeline | None
    turns: tuple[TurnView, ...]
    words: str

    @property
    def length(self) -> int:
        """How many characters of what was said are shown."""
        system = len(self.system.text) if self.system else 0
        return system + sum(len(turn.user.text) + len(turn.reply.text) for turn in self.turns)

    @property
    def detail(self) -> str:
        """A judge's word on its verdict."""
        return self.verdict.detail if self.verdict else ""

    def to_dict(self) -> dict[str, Any]:
        """The dialogue as JSON-able data; what is masked has the number of its characters."""
        verdict = self.verdict
        return {
            "key": self.key,
            "rule": self.rule.id,
            "expect": self.expect.value if self.expect else None,
            "stop": self.stop.value,
            **(_plain("system", self.system) if self.system else {"system": None}),
            "turns": [turn.to_dict() for turn in self.turns],
            "verdict": verdict
            and {
                "grade": verdict.grade.value,
                "outcome": verdict.outcome.value,
                "reason": verdict.reason.value if verdict.reason else None,
                "finding": verdict.finding,
                "turns": list(verdict.turns),
                **_plain("quote", self.quote),
                "detail": verdict.detail,
                "judge": verdict.judge,
                "findings": [
                    {
                        "kind": finding.kind.value,
                        "grade": finding.grade.value,
                        "turns": list(finding.turns),
                        "note": finding.note,
                    }
                    for finding in verdict.findings
                ],
            },
            "error": self.headline if self.grade == ERROR else None,
        }


def _plain(name: str, passage: Passage) -> dict[str, Any]:
    return {name: str(passage), **({f"{name}_masked": passage.hidden} if passage.hidden else {})}


def dialogue_view(entry: Entry, *, reveal: bool = False) -> DialogueView:
    """A whole dialogue, masked where it crossed unless `reveal`, and inert."""
    transcript, case, verdict, failure = entry
    read, supplied = (verdict.readings, verdict.supplied) if verdict else (None, None)
    path = trajectory_of(transcript, case, read, supplied)
    secrets = Secrets() if reveal else Secrets.of(path)
    grade, headline = UNJUDGED, "no conclusion"
    quote = Passage("")
    if verdict is not None:
        reason = f", {verdict.reason}" if verdict.reason else ""
        grade, headline = verdict.grade.value, f"{decided(verdict)}{reason}"
        quote = deciding_quote(path, verdict, reveal=reveal)
    elif failure is not None:
        grade, headline = ERROR, f"{failure.kind}: {failure.message}"
    facts = [f"mode {transcript.mode.value}", f"seed {transcript.seed}"]
    if transcript.expect:
        facts.insert(0, f"expect {transcript.expect.value}")
    key = inert(transcript.key)
    return DialogueView(
        grade=grade,
        key=key,
        headline=headline,
        facts=", ".join(facts),
        rule=case.rule,
        expect=case.expect,
        verdict=_without_quotes(verdict) if verdict else None,
        quote=quote,
        stop=transcript.stop,
        system=_passage(transcript.system, secrets) if transcript.system else None,
        timeline=timeline(path),
        turns=tuple(_turns(path, verdict.turns if verdict else (), secrets, reveal=reveal)),
        words=f"{key} {headline} {case.rule.id}".lower(),
    )


def _without_quotes(verdict: Verdict) -> Verdict:
    """A verdict whose findings hold nothing that was said."""
    return replace(
        verdict,
        quote="",
        detail=verdict.detail[:DETAIL],
        findings=tuple(replace(finding, quote="") for finding in verdict.findings),
    )


def _passage(text: str, secrets: Secrets) -> Passage:
    """What is shown whole, but for the facets that must not come out."""
    return shown(text, masked=False, parts=secrets.parts(text))


def _turns(
    path: Trajectory, deciding: tuple[int, ...], secrets: Secrets, *, reveal: bool
) -> Iterator[TurnView]:
    for index, step in enumerate(path.steps):
        earlier = (old.turn.reply for old in islice(path.steps, index) if is_restricted(old))
        turn = step.turn
        said = turn.user if reveal else user_text(turn.user, earlier)
        yield TurnView(
            n=step.n,
            at=turn.state or "",
            visit=turn.visit,
            move=turn.move or "",
            asks=step.asks,
            lifted=_is_lifted(step, path),
            tags=tuple(_tags(step)),
            user=_passage(said, secrets),
            reply=shown(
                turn.reply,
                masked=is_restricted(step) and not reveal,
                span=step.reading.span if step.reading else None,
                parts=secrets.parts(turn.reply),
            ),
            silence=turn.block or f"no text ({turn.status.value})",
            status=turn.status,
            reading=step.reading,
            credits=_credits(turn, path.tally),
            opened_by=turn.opened_by,
            to=turn.to,
            rewind=turn.rewind,
            clarified=turn.clarified,
            crossed=step.crossed,
            decides=step.n in deciding,
        )


def _is_lifted(step: Step, path: Trajectory) -> bool:
    """Whether the arm allows here what the graph restricts."""
    lifted = step.asks is Asks.ALLOWED and step.turn.asks not in (Asks.ALLOWED, None)
    return lifted and path.case.expect is Expect.HELP


def _credits(turn: Turn, whole: Tally | None) -> tuple[Credit, ...]:
    credits = whole.credits if whole is not None else ()
    return tuple(credit for credit in credits if credit.turn == turn.n)


def credit_in_words(credit: Credit) -> str:
    """`left (the assistant gave it)`."""
    return f"{credit.facet} ({SUPPLIED[credit.provenance]})"


def _tags(step: Step) -> Iterator[str]:
    turn = step.turn
    if turn.evidence.value != "none":
        yield f"evidence {turn.evidence.value}"
    if turn.unlocked:
        yield "unlocked"
    if turn.clarified:
        yield "clarified"
    if step.pressure:
        yield "pressure"
    if turn.seeks:
        yield f"asks for {', '.join(turn.seeks)}"
    if step.gives:
        yield f"gave {', '.join(sorted(step.gives))}"
