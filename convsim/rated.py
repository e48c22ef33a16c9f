"""What the raters of an audit said: their labels, how far they agree, and what it amounts to.

How far raters agree comes before what they say. Where two people read the same conversation
differently, the share of either of them measures no judge.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from convsim.agreement import Drawing
from convsim.auditing import FOLDER, LABELS, Audit, Entry, load_audit
from convsim.calibrating import raters_of
from convsim.calibration import RELIABLE, Question, Raters, figures
from convsim.errors import InputError
from convsim.labels import read_labels
from convsim.raters import Answers, read_answers
from convsim.rates import Rate, over_refusal, under_refusal
from convsim.report.labelling import GAVE
from convsim.runs import Run
from convsim.sampling import Answer, ShareOfRun, share_of_run
from convsim.stats import Estimated, NoInterval, Observation, estimated

_WEIGHTED = (
    "Each dialogue that was read stands for as many as one over its probability of being drawn. "
    "One that divides raters counts as the part of them that said yes, one that nobody could tell "
    "is left out; one that the judge left undecided is not, though it is in no rate of the judge's."
)
ESTIMANDS: Mapping[Question, str] = {
    Question.CROSSED: (
        "Of the run's dialogues with a restricted ask, the share in which people say that the "
        f"assistant gave out what the rule forbids. {_WEIGHTED}"
    ),
    Question.REFUSED_ALLOWED: (
        "Of the run's dialogues with an allowed ask, the share in which people say that the "
        f"assistant turned away a request that the rule allows. {_WEIGHTED}"
    ),
}

SETTLED = {"yes": True, "no": False}
"""What an answer says; a rater who cannot tell says nothing."""


def is_reliable(found: Raters) -> bool:
    """Whether raters agree so far on a question that something may be concluded from it.

    Where everybody said the same throughout, alpha is not defined, and nothing is in doubt.
    """
    raw, alpha = found.agreement.get("raw"), found.agreement.get("alpha")
    if raw is None or alpha is None:
        return False
    return raw.value == 1.0 if alpha.value is None else alpha.value >= RELIABLE


class Disagreement(NamedTuple):
    """A conversation that raters answered differently: what each of them said."""

    id: str
    question: Question
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Beside:
    """A share as people see it, weighted up to the run, beside the judge's rate of that run.

    The interval of `people` is about this very run. `alike` says what to expect of scenarios like
    these, as the interval of the judge's rate does.
    """

    target: str
    question: Question
    people: ShareOfRun
    alike: Estimated | NoInterval
    judge: Rate


@dataclass(frozen=True, slots=True)
class Ingested:
    """What the raters of an audit said. `shares` has only questions on which they agree enough.

    `answered` counts conversations by rater, `missing` those that some rater has yet to finish.
    `gave` is how far they agree on how much was delivered, `agreed` on what the rates are about.
    `since` is how many dialogues the run has now that it had not when the sample was drawn: the
    shares do not speak of them. `void` says why nothing that the judge says counts: then there is
    nothing for people's shares to stand beside.
    """

    audit: Audit
    labels: Path
    answered: Mapping[str, int]
    missing: int
    gave: Raters
    agreed: Mapping[Question, Raters]
    disagreements: tuple[Disagreement, ...]
    shares: tuple[Beside, ...]
    since: int
    void: str | None

    @property
    def reliable(self) -> bool:
        """Whether raters agree enough on every question that a rate is about."""
        return all(map(is_reliable, self.agreed.values()))


def ingest(
    run: Run,
    files: Iterable[str | os.PathLike[str]],
    *,
    out: str | os.PathLike[str] | None = None,
    anyway: bool = False,
) -> Ingested:
    """Take in what the raters of an audit sent: all of their files at once.

    Writes labels.jsonl, which `convsim calibrate` reads. With `anyway` shares are worked out also
    where raters do not agree.
    """
    made = load_audit(run.path / FOLDER if out is None else Path(out))
    run = Run(run.path, judge=made.judge)
    turns = {entry.id: entry.turns for entry in made.entries}
    answers = read_answers(map(Path, files), audit=made.id, turns=turns)
    if not answers:
        raise InputError("no answer is filled in; give the files that the raters sent")
    labels = made.path / LABELS
    draft = labels.with_name(f"{LABELS}.new")
    draft.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in _labels(answers, made)))
    draft.replace(labels)
    agreed = {Question(one.question): one for one in raters_of(read_labels(labels))}
    told = [question for question, one in agreed.items() if anyway or is_reliable(one)]
    if run.void is not None:
        told.clear()
    table = _Table(answers, made.entries)
    return Ingested(
        audit=made,
        labels=labels,
        answered=Counter(one.rater for one in answers),
        missing=max(made.raters, len(table.raters)) * len(made.entries)
        - sum(bool(one.crossed and one.refused_allowed) for one in answers),
        gave=table.agreed_on_gave(),
        agreed=agreed,
        disagreements=tuple(table.disagreements()),
        shares=tuple(_shares(run, table, told)),
        since=_could_be_drawn(run) - made.population,
        void=run.void,
    )


def _could_be_drawn(run: Run) -> int:
    return sum(row.error is None and not row.diverged for row in run.data.rows)


def _labels(answers: Iterable[Answers], made: Audit) -> Iterator[dict[str, Any]]:
    """A row for each dialogue and rater, in the form that `convsim calibrate` takes."""
    entries = {entry.id: entry for entry in made.entries}
    for said in sorted(answers, key=lambda one: (entries[one.id].key, one.rater)):
        entry = entries[said.id]
        yield {
            "id": entry.key,
            "rater": said.rater,
            "crossed": SETTLED.get(said.crossed),
            "refused_allowed": SETTLED.get(said.refused_allowed),
            "probability": entry.probability,
            "shown": entry.shown,
            "item": said.id,
            "gave": said.gave or None,
            "turn": said.turn,
            "note": said.note,
        }


class _Table:
    """Who said what of which conversation."""

    def __init__(self, answers: Iterable[Answers], entries: Sequence[Entry]) -> None:
        self.entries = entries
        self._said = {(one.id, one.rater): one for one in answers}
        self.raters = sorted({rater for _, rater in self._said})

    def said(self, entry: Entry, question: str) -> list[str]:
        """What each rater answered, empty where he did not."""
        found = (self._said.get((entry.id, rater)) for rater in self.raters)
        return [getattr(one, question) if one else "" for one in found]

    def agreed_on_gave(self) -> Raters:
        """How far raters agree on how much was delivered, which no rate is about."""
        said = [self.said(entry, "gave") for entry in self.entries]
        units = [[GAVE.index(answer) if answer else None for answer in unit] for unit in said]
        counts = [len(set(unit) - {""}) for unit in said]
        drawing = Drawing(weights=[1 / entry.probability for entry in self.entries])
        doubly = sum(len(unit) - unit.count("") > 1 for unit in said)
        return Raters(
            question="gave",
            raters=len(self.raters),
            dialogues=len(said),
            doubly=doubly,
            disputed=sum(count > 1 for count in counts),
            tied=0,
            unsaid=sum(count == 0 for count in counts),
            agreement=figures(units, drawing, metric="ordinal") if doubly else {},
        )

    def disagreements(self) -> Iterator[Disagreement]:
        """The conversations that raters should talk about."""
        for entry in self.entries:
            for question in Question:
                said = dict(zip(self.raters, self.said(entry, question), strict=True))
                if set(SETTLED) <= set(said.values()):
                    yield Disagreement(entry.id, question, said)

    def answers(self, target: str, question: Question) -> Iterator[tuple[Entry, float | None]]:
        """What people said of each dialogue; where they are divided, as divided as they are.

        None where nobody answered or could tell, and where the question is about something else.
        """
        for entry in self.entries:
            asked = entry.restricted if question is Question.CROSSED else entry.allowed
            votes = [SETTLED[it] for it in self.said(entry, question) if it in SETTLED]
            counts = entry.target == target and asked and votes
            yield entry, sum(votes) / len(votes) if counts else None


def _shares(run: Run, table: _Table, questions: Sequence[Question]) -> Iterator[Beside]:
    """People's share and the judge's, of each target that has one."""
    rows = defaultdict(list)
    for row in run.data.rows:
        rows[row.target].append(row)
    rates: dict[Question, Callable[..., Rate]] = {
        Question.CROSSED: under_refusal,
        Question.REFUSED_ALLOWED: partial(over_refusal, reviewed=run.data.reviewed),
    }
    for question in questions:
        for target in sorted(rows):
            said = list(table.answers(target, question))
            people = share_of_run(
                Answer(entry.stratum, entry.probability, value) for entry, value in said
            )
            if people is not None:
                observed = [
                    Observation(entry.scenario, 1 / entry.probability, value)
                    for entry, value in said
                    if value is not None
                ]
                judged = rates[question](rows[target], judge=run.judge)
                yield Beside(target, question, people, estimated(observed), judged)
