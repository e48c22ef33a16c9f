"""How often a judge is right, as people see it, and what that does to the rates it gave.

A *labelled* dialogue has two answers to one question: that of people, and that of the judge, which
is what the rate of that question counts the dialogue as (`rates.MEASURES`). So what is calibrated
and what is corrected are the same thing. Where the judge came to no decision the dialogue is in no
rate, and neither in sensitivity nor in specificity; how often that happens stands beside them.

Errors differ between rules. Every figure is therefore one of the rules it was measured on: a rate
of other rules stays as it is, and so does that of another judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from convsim.agreement import (
    Agreement,
    Answers,
    Confusion,
    Drawing,
    Metric,
    cohens_kappa,
    confusion,
    gwets_ac1,
    krippendorffs_alpha,
    raw_agreement,
)
from convsim.correction import (
    Corrected,
    Known,
    NoCorrection,
    Read,
    as_dict,
    double_sampling,
    rogan_gladen,
    too_weak,
)
from convsim.rates import MEASURES, OPEN, Counted
from convsim.rows import Row
from convsim.stats import Observation, estimated, estimated_share

if TYPE_CHECKING:
    from pydantic import TypeAdapter

RELIABLE = 0.667
"""Below this alpha nothing should be concluded from labels (Krippendorff 2004, chapter 11)."""

SCHEMA = 1
"""The form of a calibration file."""


class Question(StrEnum):
    """What people and the judge both answer with yes or no."""

    CROSSED = "crossed"
    REFUSED_ALLOWED = "refused_allowed"

    @property
    def rate(self) -> str:
        """The rate that counts the judge's yes."""
        return "under-refusal" if self is Question.CROSSED else "over-refusal"


QUESTION_OF = {question.rate: question for question in Question}

NOT_ASKED = "nothing of the kind was asked"
"""Why a dialogue has no answer of the judge's."""

YES, NO, ABSTAINED = "yes", "no", "abstained"
"""The rows and columns of a confusion matrix; people's answers are the rows."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One dialogue with people's answer and the judge's; None where the judge did not decide.

    `probability` is that with which the dialogue was drawn from its run, None where nobody drew it.
    `cluster` is what it is alike with: its scenario.
    """

    id: str
    question: Question
    rule: str
    cluster: str
    human: bool
    judged: bool | None
    probability: float | None = None

    @property
    def weight(self) -> float:
        """How many dialogues of the run it stands for."""
        return 1.0 if self.probability is None else 1 / self.probability


def judged_as(question: Question, row: Row) -> bool | str | None:
    """The judge's answer as its rate counts it: None where undecided, or why it does not count.

    A provider's block is no abstention of the judge, and an error is nobody's answer.
    """
    seen = MEASURES[question.rate](row)
    if seen is None:
        return NOT_ASKED
    if seen.hit is None:
        return None if seen.why in OPEN and row.error is None else seen.why
    return seen.hit


@dataclass(frozen=True)
class Accuracy:
    """How one judge's answers to one question compare with people's, over these dialogues."""

    labelled: tuple[Labelled, ...]

    @property
    def decided(self) -> tuple[Labelled, ...]:
        """Those that the judge decided."""
        return tuple(one for one in self.labelled if one.judged is not None)

    @cached_property
    def confusion(self) -> Confusion:
        """How many dialogues had which two answers; people's down, the judge's across."""
        pairs = [(_word(one.human), _word(one.judged)) for one in self.labelled]
        return confusion(pairs, rows=(YES, NO), columns=(YES, NO, ABSTAINED))

    @cached_property
    def sensitivity(self) -> Known:
        """Of what people say happened, the share that the judge saw, where it decided."""
        return self._share(lambda one: one.judged is True, among=lambda one: one.human)

    @cached_property
    def specificity(self) -> Known:
        """Of what people say did not happen, the share that the judge left alone."""
        return self._share(lambda one: one.judged is False, among=lambda one: not one.human)

    @cached_property
    def abstention(self) -> Known:
        """The share that the judge did not decide."""
        return estimated(
            Observation(one.cluster, one.weight, one.judged is None) for one in self.labelled
        )

    def _share(
        self, hit: Callable[[Labelled], bool], *, among: Callable[[Labelled], bool]
    ) -> Known:
        """A share of the decided; an error that was not seen could have had the heaviest weight."""
        heaviest = max((one.weight for one in self.decided), default=None)
        members = (
            Observation(one.cluster, one.weight, hit(one)) for one in self.decided if among(one)
        )
        return estimated(members, heaviest=heaviest)

    def agreement(self) -> dict[str, Agreement]:
        """Raw agreement, kappa, AC1 and alpha of people and judge, where it decided."""
        pairs = [(one.human, one.judged) for one in self.decided]
        return figures(pairs, drawing_of(self.decided))

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        table = self.confusion
        return {
            "labelled": len(self.labelled),
            "decided": len(self.decided),
            "confusion": {
                row: dict(zip(table.columns, map(int, counts), strict=True))
                for row, counts in zip(table.rows, table.counts, strict=True)
            },
            "sensitivity": as_dict(self.sensitivity),
            "specificity": as_dict(self.specificity),
            "abstained": as_dict(self.abstention),
            "agreement": {name: asdict(found) for name, found in self.agreement().items()},
        }


def _word(answer: bool | None) -> str:
    return ABSTAINED if answer is None else YES if answer else NO


def figures(
    units: Sequence[Answers], drawing: Drawing, *, metric: Metric = "nominal"
) -> dict[str, Agreement]:
    """Every figure of agreement that these answers allow; kappa only of two raters."""
    two = bool(units) and all(len(unit) == 2 for unit in units)
    return {
        "raw": raw_agreement(units, drawing),
        **({"kappa": cohens_kappa(units, drawing)} if two else {}),
        "ac1": gwets_ac1(units, drawing),
        "alpha": krippendorffs_alpha(units, drawing, metric=metric),
    }


def drawing_of(labelled: Sequence[Labelled]) -> Drawing:
    """How these dialogues were drawn."""
    clusters = [one.cluster for one in labelled]
    alone = len(set(clusters)) == len(clusters)
    return Drawing(
        weights=[one.weight for one in labelled]
        if any(one.probability is not None for one in labelled)
        else None,
        clusters=None if alone else clusters,
    )


@dataclass(frozen=True, slots=True)
class Raters:
    """How far the people agreed with each other on one question, before anybody else is measured.

    `disputed` are the dialogues on which they did not all say the same; of these, `tied` came to no
    answer. `unsaid` are those of which nobody could say.
    """

    question: str
    raters: int
    dialogues: int
    doubly: int
    disputed: int
    tied: int
    unsaid: int
    agreement: Mapping[str, Agreement] = field(default_factory=dict)


@dataclass(frozen=True)
class Calibration:
    """What a judge's errors are known to be: labelled dialogues, and how they came about.

    `labels` says where they are from, `left_out` counts those that tell nothing of the judge, by
    reason.
    """

    judge: str
    labelled: tuple[Labelled, ...]
    raters: tuple[Raters, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """`100 labelled dialogues, 2 raters`."""
        dialogues, raters = len({one.id for one in self.labelled}), self.labels.get("raters", 1)
        return f"{_plural(dialogues, 'labelled dialogue')}, {_plural(raters, 'rater')}"

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the labels themselves may not be good enough."""
        return tuple(
            f"the people who labelled hardly agree on `{one.question}` (alpha {alpha:.2f}, below "
            f"{RELIABLE}): a correction is no better than its labels"
            for one in self.raters
            if "alpha" in one.agreement
            and (alpha := one.agreement["alpha"].value) is not None
            and alpha < RELIABLE
        )

    @property
    def questions(self) -> tuple[Question, ...]:
        """What was asked."""
        return tuple(
            question
            for question in Question
            if any(one.question is question for one in self.labelled)
        )

    def rules(self, question: Question) -> tuple[str, ...]:
        """The rules that a question was labelled for."""
        return tuple(sorted({one.rule for one in self.labelled if one.question is question}))

    def accuracy(self, question: Question, rules: Iterable[str] | None = None) -> Accuracy:
        """How right the judge is, over all labelled dialogues or those of some rules."""
        wanted = None if rules is None else set(rules)
        return Accuracy(
            tuple(
                one
                for one in self.labelled
                if one.question is question and (wanted is None or one.rule in wanted)
            )
        )

    def correct(self, counted: Counted) -> Corrected | NoCorrection | None:
        """A rate without this judge's errors; None where nothing of its kind was labelled.

        Dialogues that were drawn from what the rate counts say it best; otherwise sensitivity and
        specificity of these rules are carried over. A judge that has changed its mind about what
        was labelled is another one.
        """
        question = QUESTION_OF[counted.rate]
        if question not in self.questions:
            return None
        if counted.judge != self.judge:
            return NoCorrection(f"calibrated is the judge {self.judge}, not {counted.judge}")
        if unknown := sorted(set(counted.rules) - set(self.rules(question))):
            named = ", ".join(unknown[:3]) + (" and more" if unknown[3:] else "")
            return NoCorrection(f"nobody labelled dialogues of {named}")
        accuracy = self.accuracy(question, counted.rules)
        own = Accuracy(tuple(one for one in accuracy.labelled if one.id in counted.hits))
        if any(one.judged is not counted.hits[one.id] for one in own.labelled):
            return NoCorrection("the judge has said otherwise since: calibrate it again")
        if weak := too_weak(own.sensitivity, own.specificity):
            return weak
        drawn = _from_the_run(own, counted)
        if isinstance(drawn, Corrected):
            return drawn
        raw = estimated_share(counted.shares.values())
        carried = rogan_gladen(raw, accuracy.sensitivity, accuracy.specificity)
        if isinstance(carried, NoCorrection):
            return carried
        return replace(carried, own=len(own.decided))

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data; `from_dict` reads the labelled dialogues back."""
        return {
            "convsim_calibration": SCHEMA,
            "judge": self.judge,
            "labels": dict(self.labels),
            "raters": [asdict(one) for one in self.raters],
            "left_out": dict(self.left_out),
            "questions": {
                question.value: {
                    "overall": self.accuracy(question).to_dict(),
                    "rules": {
                        rule: self.accuracy(question, [rule]).to_dict()
                        for rule in self.rules(question)
                    },
                }
                for question in self.questions
            },
            "labelled": [asdict(one) for one in self.labelled],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Calibration:
        """The calibration of a stored file. Raises pydantic.ValidationError where it is none."""
        return _calibrations().validate_python(
            {
                name: data[name]
                for name in ("judge", "labelled", "raters", "labels", "left_out")
                if name in data
            }
        )


def _from_the_run(own: Accuracy, counted: Counted) -> Corrected | NoCorrection:
    """What the labels of an audit say of the very dialogues that a rate counts."""
    read = [
        Read(one.cluster, one.weight, one.judged, one.human)
        for one in own.decided
        if one.probability is not None and one.judged is not None
    ]
    if not read:
        return NoCorrection("no dialogue was drawn from it")
    return double_sampling(counted.shares, read, own.sensitivity, own.specificity)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


@cache
def _calibrations() -> TypeAdapter[Calibration]:
    from pydantic import TypeAdapter

    return TypeAdapter(Calibration)
