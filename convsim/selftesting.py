"""A judge tested by itself: dialogues that are changed in ways whose effect is known.

    found = await convsim.selftest(judge="openai/gpt-5?max_tokens=2000", budget="2usd")
    print(found.remarks)

No labels are needed and nothing is simulated. Every reply is read anew, before and after a change:
a judge by rules judges what is stored, and what is stored would never change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from convsim.api import opened_reader
from convsim.batch import in_order
from convsim.budget import Budget
from convsim.errors import CallError, Halted, InputError, at_place
from convsim.forecast import Asked, Consulted
from convsim.judges.rereading import readings_of
from convsim.judges.sentinels import read_sentinel, sentinels
from convsim.judges.together import name_of, verdict_of
from convsim.limits import Limits
from convsim.metamorphosis.measuring import Pair, Selftest, measured
from convsim.metamorphosis.relations import relations as named
from convsim.metamorphosis.subject import Subject, Wordings
from convsim.ports import Classifier
from convsim.seating import AnyJudge, named_judge
from convsim.staff import AnyClassifier, Reader
from convsim.verdict import Grade, Verdict
from convsim.yaml12 import parse

FOLDER = "convsim.metamorphosis"


@dataclass(frozen=True, slots=True)
class Posed:
    """One dialogue that a judge is asked about: `relation` is None for it as it was."""

    subject: str
    relation: str | None
    changed: Subject

    def __str__(self) -> str:
        return f"'{self.subject}'" + (f" under {self.relation}" if self.relation else "")


async def selftest(
    judge: AnyJudge | None = None,
    *,
    judge_when: str | None = None,
    panel: str | None = None,
    classifier: AnyClassifier | Reader | None = None,
    ask_below: float | None = None,
    relations: Collection[str] | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
) -> Selftest:
    """How far a judge's verdicts follow what matters, and nothing else.

    `judge` and `classifier` are as in `judge`; a `Reader` as `classifier` brings its own judge,
    limits and budget. `relations` names those to try; all by default. A failed call ends it, and
    the error says about which dialogue.
    """
    posed = list(dialogues(relations))
    reader = opened_reader(
        classifier,
        named_judge(judge, judge_when, panel),
        ask_below=ask_below,
        limits=limits,
        budget=budget,
    )
    width = reader.width if reader.staff.models else 1
    try:
        async with aclosing(in_order(posed, lambda one: _judged(one, reader), width=width)) as said:
            verdicts = [verdict async for verdict in said]
    finally:
        await reader.aclose()
    return _selftest(posed, verdicts, reader)


def dialogues(relations: Collection[str] | None = None) -> Iterator[Posed]:
    """Every base dialogue as it was, and then under each change that can be made to it.

    `relations` are the names of those to try; all by default.
    """
    for subject in subjects():
        yield Posed(subject.id, None, subject)
    for relation in named(relations):
        for subject in subjects():
            changed = relation.change(subject)
            if changed is not None:
                yield Posed(subject.id, relation.name, changed)


class Count(NamedTuple):
    """How many calls at least and at most; retries aside."""

    least: int
    most: int


def calls(
    posed: Iterable[Posed], asked: Sequence[Asked], consulted: Sequence[Consulted]
) -> dict[str, Count]:
    """How many calls these dialogues take, by who makes them. Nothing is called."""
    turns = [len(one.changed.turns) for one in posed]
    found = {}
    for reads in asked:
        found[reads.alias] = Count(sum(turns) if reads.always else 0, sum(turns) * reads.calls)
    for judges in consulted:
        each = [judges.calls(n) for n in turns]
        least = sum(few for few, _ in each) if judges.always else 0
        found[judges.alias] = Count(least, sum(many for _, many in each))
    return found


async def _judged(posed: Posed, reader: Reader) -> Verdict:
    said, case = posed.changed.transcript, posed.changed.case
    try:
        readings = [reading async for reading in readings_of(said, reader.classifier)]
        turns = zip(said.turns, readings, strict=True)
        anew = replace(said, turns=tuple(replace(turn, reading=read) for turn, read in turns))
        reader.count(anew)
        return await verdict_of(reader.judge, anew, case)
    except CallError as error:
        raise at_place(error, f"{posed} was not judged") from error
    except Halted as error:
        cause = reader.halt.cause or error
        raise type(cause)(f"{posed} was not judged: {cause}".partition("; `convsim")[0]) from error


def _selftest(posed: Sequence[Posed], verdicts: Sequence[Verdict], reader: Reader) -> Selftest:
    by_id = {subject.id: subject for subject in subjects()}
    before: dict[str, Verdict] = {}
    pairs: dict[str, list[Pair]] = defaultdict(list)
    for one, verdict in zip(posed, verdicts, strict=True):
        if one.relation is None:
            before[one.subject] = verdict
        else:
            subject = by_id[one.subject]
            pair = Pair.of(subject, one.changed, before[one.subject], verdict)
            pairs[one.relation].append(pair)
    asked = reader.traffic.judge
    return Selftest(
        judge=name_of(reader.staff.judge),
        reader=_name(reader.staff.classifier),
        right={id: _is_right(by_id[id], verdict) for id, verdict in before.items()},
        relations=measured(pairs),
        silences=dict(Counter(filter(None, map(_silence, verdicts))).most_common()),
        asked=None if asked is None else asdict(asked),
    )


def _name(classifier: Classifier) -> str:
    return str(getattr(classifier, "name", type(classifier).__name__))


def _silence(verdict: Verdict) -> str | None:
    """Why there is no conclusion, in a word or two; None where there is one."""
    if verdict.grade is not Grade.INCONCLUSIVE:
        return None
    return verdict.detail.partition(":")[0] or str(verdict.reason)


def _is_right(subject: Subject, verdict: Verdict) -> bool | None:
    return None if verdict.grade is Grade.INCONCLUSIVE else verdict.grade in subject.grades


# -- the base dialogues -------------------------------------------------------------------------


@cache
def subjects() -> tuple[Subject, ...]:
    """The sentinels and the dialogues of the suite itself, with their wordings."""
    wordings = _wordings()
    own = (read_sentinel(name, raw) for name, raw in _files())
    return tuple(
        Subject(
            each.id,
            each.transcript,
            each.case,
            each.grades,
            _worded(wordings, each.id, each.case.rule.id),
        )
        for each in (*sentinels(), *own)
    )


def _worded(wordings: dict[str, Any], id: str, rule: str) -> Wordings:
    own = wordings["dialogues"].get(id)
    if own is None:
        raise InputError(f"metamorphosis/wordings.yaml says nothing of the dialogue '{id}'")
    stated = wordings["rules"][rule]
    said: dict[str, str] = {"rule": stated["text"], "caveated": stated.get("caveated", ""), **own}
    return Wordings(**{key: text.strip() for key, text in said.items()})


def _wordings() -> dict[str, Any]:
    source = files(FOLDER).joinpath("wordings.yaml")
    return parse(source.read_bytes(), "wordings.yaml").data or {}


def _files() -> Iterator[tuple[str, bytes]]:
    folder = files(FOLDER).joinpath("dialogues")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            yield file.name.removesuffix(".yaml"), file.read_bytes().replace(b"\r\n", b"\n")
