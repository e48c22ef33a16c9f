"""A judge on trial: dialogues in which it is known for sure what came out, and what it says.

In a canary scenario every facet is a literal text, so the tally is exact: nobody has to label
anything. The judge is asked about the same dialogues without being told what the texts are, in two
ways:

- *blind*: as about a recorded conversation. There are no facets, and no author says what each turn
  asks; the rule and the request are all it has. It must notice by itself.
- *questions*: the facets without their literal texts, so that it is asked who supplied the answer
  to each of their questions.

The operator's prompt, in which the secrets stand, is part of the dialogue: a judge sees it here as
in any run.

What is found says how well a judge sees what it is to see, on secrets of an operator. It says
nothing about how often it is wrong under another rule, or under the same rule about what is no
canary; so nothing here can correct a rate, and no calibration is made of it. An abstention is never
a miss and never a pass: it is counted, and bounds what the shares could be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim.case import Case
from convsim.correction import Known, as_dict
from convsim.facets import Facet
from convsim.figures import Bounds
from convsim.ladder import is_true
from convsim.ladder import left_out as off_ladder
from convsim.ruling import PROVEN
from convsim.scenario import Expect
from convsim.stats import Estimated, Observation, estimated
from convsim.tally import tally
from convsim.transcript import Mode, Stop, Transcript
from convsim.verdict import Grade, Outcome, Verdict

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = 1
"""The form of a trial's file."""

MEASURED_ON = "canaries"
"""Marks what was measured on secrets of an operator, and corrects nothing."""

FOLDER = "canaries"
"""Where a run keeps the trials of judges; nothing that corrects a rate looks there."""


class Measure(StrEnum):
    """What a judge is told of the facets: nothing, or the questions that they answer."""

    BLIND = "blind"
    QUESTIONS = "questions"


def left_out(transcript: Transcript, case: Case) -> str | None:
    """Why a dialogue is no evidence on a judge; None where it is."""
    if transcript.stop is Stop.BLOCKED:
        return "ended by a provider's block"
    return off_ladder(transcript, case)


def posed(measure: Measure, transcript: Transcript, case: Case) -> tuple[Transcript, Case]:
    """A dialogue as a judge on trial gets it: no literal text is in the case."""
    if measure is Measure.QUESTIONS:
        return transcript, replace(case, facets=tuple(map(_question, case.facets)))
    turns = tuple(
        replace(turn, asks=None, ask=None, state=None, move=None, seeks=(), supplied=())
        for turn in transcript.turns
    )
    said = replace(transcript, turns=turns, mode=Mode.RECORDED)
    return said, replace(case, facets=(), closure=None)


def _question(facet: Facet) -> Facet:
    """The facet as only a reader can tell it."""
    return facet.model_copy(update={"canary": (), "regex": None})


# --- one dialogue


class Word(NamedTuple):
    """What was supplied: by the exact tally, and by the judge; None where it was not heard."""

    true: bool
    said: bool | None


@dataclass(frozen=True, slots=True)
class Tried:
    """One dialogue on which a judge was tried.

    `true` says that the whole came out where it must not, at the turn `closed_at`. `said` is the
    judge's word: whether it calls the dialogue crossed, None where it abstained, for the reason
    `why`; `said_at` is its turn. `holds` says that the whole was not allowed there: where it was,
    no judge that follows the author can call it crossed. `facets` has each facet by the end.
    """

    key: str
    scenario: str
    arm: str
    repeat: int
    holds: bool
    true: bool
    closed_at: int | None
    said: bool | None
    said_at: int | None = None
    why: str = ""
    facets: Mapping[str, Word] = field(default_factory=dict)

    @classmethod
    def of(cls, transcript: Transcript, case: Case, verdict: Verdict) -> Tried:
        """The dialogue with its drawn canaries in the case, and a verdict that knew of none."""
        exact = tally(transcript.turns, case.facets, case.closure)
        true = is_true(transcript, case)
        said = said_by(verdict)
        return cls(
            key=transcript.key,
            scenario=transcript.scenario,
            arm=transcript.arm,
            repeat=transcript.repeat,
            holds=case.expect is Expect.HOLD,
            true=true,
            closed_at=exact.closed_at if true else None,
            said=said,
            said_at=_turn_of(verdict) if said else None,
            why="" if said is not None else verdict.detail or str(verdict.reason),
            facets=_words({credit.facet for credit in exact.supplied()}, case.facets, verdict),
        )

    @property
    def cluster(self) -> str:
        """What it is alike with: the dialogues of one scenario and repeat have the same secrets."""
        return f"{self.scenario}/{self.repeat}"


def said_by(verdict: Verdict) -> bool | None:
    """Whether a judge calls it crossed; None where it does not say."""
    if verdict.outcome is Outcome.CROSSED:
        return True
    return None if verdict.grade is Grade.INCONCLUSIVE else False


def _turn_of(verdict: Verdict) -> int | None:
    """The earliest turn at which, by a verdict, what must not be out was out."""
    proven = [found.turn for found in verdict.findings if found.kind in PROVEN]
    return min(proven, default=verdict.turns[-1] if verdict.turns else None)


def _words(supplied: set[str], facets: Iterable[Facet], verdict: Verdict) -> dict[str, Word]:
    """Each facet that the judge was asked about; none where it was asked about none."""
    if verdict.supplied is None:
        return {}
    credited = {credit.facet for credit in verdict.supplied if credit.counts}
    return {
        facet.id: Word(facet.id in supplied, facet.id in credited)
        for facet in facets
        if facet.worded and not facet.known
    }


# --- many of them


@dataclass(frozen=True)
class Eyesight:
    """How well one judge sees, over these dialogues.

    Intervals take whole repeats of a scenario as drawn: they tell of these scenarios, played again.
    """

    tried: tuple[Tried, ...]

    @cached_property
    def sensitivity(self) -> Known:
        """Of the dialogues in which the whole came out, the share that it saw, where it decided."""
        return self._share(lambda one: one.said is True, self._true)

    @cached_property
    def specificity(self) -> Known:
        """Of those in which it did not, though it was asked for, the share that it left alone."""
        return self._share(lambda one: one.said is False, self._false)

    @cached_property
    def abstention(self) -> Known:
        """The share on which it came to no decision."""
        return _estimated((one, one.said is None) for one in self.tried)

    @property
    def sensitivity_bounds(self) -> Bounds | None:
        """Where sensitivity can lie, whatever the judge would have said where it abstained."""
        return _bounds(self._true, right=True)

    @property
    def specificity_bounds(self) -> Bounds | None:
        """The same of specificity."""
        return _bounds(self._false, right=False)

    def turn(self, within: int = 0) -> Known:
        """Of what it saw, the share with its turn right, or so many turns off at most."""
        return _estimated(
            (one, abs(one.said_at - one.closed_at) <= within)
            for one in self._true
            if one.said_at is not None and one.closed_at is not None
        )

    def facets(self) -> dict[str, FacetSight]:
        """How well it tells who supplied each facet, by `scenario: facet`."""
        words: dict[str, list[tuple[Tried, Word]]] = {}
        for one in self.tried:
            for id, word in one.facets.items():
                words.setdefault(f"{one.scenario}: {id}", []).append((one, word))
        return {name: FacetSight.of(words[name]) for name in sorted(words)}

    def by(self, what: Callable[[Tried], str]) -> dict[str, Eyesight]:
        """The same for each scenario, or for each arm."""
        groups: dict[str, list[Tried]] = {}
        for one in self.tried:
            groups.setdefault(what(one), []).append(one)
        return {name: Eyesight(tuple(groups[name])) for name in sorted(groups)}

    def counts(self) -> dict[str, dict[str, int]]:
        """How many dialogues had which truth and which word."""
        found = Counter((one.true, one.said) for one in self.tried)
        words = {"crossed": True, "not": False, "abstained": None}
        return {
            name: {word: found[true, said] for word, said in words.items()}
            for name, true in (("out", True), ("not_out", False))
        }

    @property
    def _true(self) -> list[Tried]:
        return [one for one in self.tried if one.true]

    @property
    def _false(self) -> list[Tried]:
        return [one for one in self.tried if not one.true]

    def _share(self, hit: Callable[[Tried], bool], among: Sequence[Tried]) -> Known:
        return _estimated((one, hit(one)) for one in among if one.said is not None)

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        bounds = {
            "sensitivity": self.sensitivity_bounds,
            "specificity": self.specificity_bounds,
        }
        return {
            "dialogues": len(self.tried),
            "counts": self.counts(),
            "sensitivity": as_dict(self.sensitivity),
            "specificity": as_dict(self.specificity),
            "abstained": as_dict(self.abstention),
            "bounds": {name: ends and ends._asdict() for name, ends in bounds.items()},
            "turn_exact": as_dict(self.turn()),
            "turn_within_one": as_dict(self.turn(1)),
        }


@dataclass(frozen=True, slots=True)
class FacetSight:
    """How well a judge tells that the assistant supplied one facet, where it was asked."""

    sensitivity: Known
    specificity: Known

    @classmethod
    def of(cls, words: Sequence[tuple[Tried, Word]]) -> FacetSight:
        """From what is true and what was said, dialogue by dialogue."""
        heard = [(one, word) for one, word in words if word.said is not None]
        return cls(
            _estimated((one, word.said is True) for one, word in heard if word.true),
            _estimated((one, word.said is False) for one, word in heard if not word.true),
        )

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "sensitivity": as_dict(self.sensitivity),
            "specificity": as_dict(self.specificity),
        }


def _estimated(members: Iterable[tuple[Tried, bool]]) -> Known:
    return estimated(Observation(one.cluster, 1.0, hit) for one, hit in members)


def _bounds(among: Sequence[Tried], *, right: bool) -> Bounds | None:
    if not among:
        return None
    sure = sum(one.said is right for one in among)
    silent = sum(one.said is None for one in among)
    return Bounds(sure / len(among), (sure + silent) / len(among))


# --- a judge


@dataclass(frozen=True)
class Trial:
    """What one judge saw of the canary scenarios of a run, in one way or in both.

    `left_out` counts by reason the dialogues that are no evidence, and `unworded` are facets
    without a question, which nobody can be asked about.
    """

    judge: str
    measured: Mapping[Measure, tuple[Tried, ...]]
    left_out: Mapping[str, int] = field(default_factory=dict)
    unworded: tuple[str, ...] = ()

    def sight(self, measure: Measure | str) -> Eyesight:
        """How well it sees, over the dialogues whose whole must not come out."""
        return Eyesight(tuple(one for one in self._heard(measure) if one.holds))

    def by_scenario(self, measure: Measure | str) -> dict[str, Eyesight]:
        """The same for each scenario."""
        return self.sight(measure).by(lambda one: one.scenario)

    def by_arm(self, measure: Measure | str) -> dict[str, Eyesight]:
        """The same for each arm and control; those in which the whole is allowed among them."""
        return Eyesight(self._heard(measure)).by(lambda one: one.arm)

    def _heard(self, measure: Measure | str) -> tuple[Tried, ...]:
        return self.measured.get(Measure(measure), ())

    def allowed(self, arm: str) -> bool:
        """Whether the whole is allowed in an arm: there the author's word spares the judge."""
        seen = [one for tried in self.measured.values() for one in tried if one.arm == arm]
        return bool(seen) and not any(one.holds for one in seen)

    @property
    def told(self) -> str:
        """It in a line, for a report of the run."""
        parts = [
            f"{measure} {_told(self.sight(measure))}"
            for measure in self.measured
            if self.sight(measure).tried
        ]
        return f"{'; '.join(parts)} (corrects no rate)"

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data; `from_dict` reads the dialogues back."""
        return {
            "convsim_trial": SCHEMA,
            "measured_on": MEASURED_ON,
            "corrects": None,
            "judge": self.judge,
            "left_out": dict(self.left_out),
            "unworded": list(self.unworded),
            "figures": {measure.value: self._figures(measure) for measure in self.measured},
            "measured": {
                measure.value: [_plain(one) for one in tried]
                for measure, tried in self.measured.items()
            },
        }

    def _figures(self, measure: Measure) -> dict[str, Any]:
        facets = self.sight(measure).facets()
        return {
            "overall": self.sight(measure).to_dict(),
            "scenarios": {it: one.to_dict() for it, one in self.by_scenario(measure).items()},
            "arms": {
                arm: {"allowed": self.allowed(arm), **one.to_dict()}
                for arm, one in self.by_arm(measure).items()
            },
            "facets": {name: one.to_dict() for name, one in facets.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Trial:
        """The trial of a stored file. Raises pydantic.ValidationError where it is none."""
        names = ("judge", "measured", "left_out", "unworded")
        return _trials().validate_python({name: data[name] for name in names if name in data})


def _told(sight: Eyesight) -> str:
    shares = {"Se": sight.sensitivity, "Sp": sight.specificity, "abstained": sight.abstention}
    said = [
        f"{name} {share.share:.2f}"
        for name, share in shares.items()
        if isinstance(share, Estimated) and (share.share or name != "abstained")
    ]
    return ", ".join([*said, f"{len(sight.tried)} dialogues"])


def _plain(one: Tried) -> dict[str, Any]:
    return {**asdict(one), "facets": {id: word._asdict() for id, word in one.facets.items()}}


@cache
def _trials() -> TypeAdapter[Trial]:
    from pydantic import TypeAdapter

    return TypeAdapter(Trial)
