"""Calibration: a judge's answers beside those of people, from a file of labels.

What a judge says of conversations in the file is asked anew; what it said of a run's dialogues
stands in the run. Who labels is heard first: where people do not agree with each other, no judge
can be right.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from convsim.agreement import Answers, Drawing, Metric
from convsim.api import judged, opened_reader
from convsim.archive import Judged
from convsim.budget import Budget
from convsim.calibration import (
    NOT_ASKED,
    Calibration,
    Labelled,
    Question,
    Raters,
    figures,
    judged_as,
)
from convsim.case import Case
from convsim.conversations import read_conversations
from convsim.errors import CallError, ConvsimError, Halted, InputError, call_error
from convsim.judges.rules import RulesJudge
from convsim.labels import TIED, Label, Labels, read_labels, settled
from convsim.limits import Limits
from convsim.loading import load_policy
from convsim.policy import Policy, Rule
from convsim.ports import Judge
from convsim.report.labelling import Item
from convsim.rows import Row, row_of
from convsim.runs import Run
from convsim.scenario import Expect
from convsim.seating import named_judge
from convsim.staff import AnyClassifier, AnyJudge, Reader
from convsim.starting import name_of
from convsim.stores import RunDirectory
from convsim.through import is_made
from convsim.transcript import Failure, Transcript
from convsim.verdict import Grade, Verdict

FOLDER = "calibration"
"""Where a run keeps the calibrations of its judges, one file each."""

FORMAT = "openai"
"""How labels carry conversations."""

GRADE_PLACE = {Grade.PASS: 0, Grade.WARN: 1, Grade.FAIL: 2}
"""How verdicts are ordered; INCONCLUSIVE has no place in an order."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the judge made of one dialogue: `row` is None where it has no verdict, and `why`."""

    rule: Rule | None
    cluster: str
    row: Row | None
    why: str = ""


async def calibrate(
    labels: str | os.PathLike[str],
    *,
    judge: AnyJudge | None = None,
    judge_when: str | None = None,
    panel: str | None = None,
    run: str | os.PathLike[str] | None = None,
    policy: str | Path | Policy | None = None,
    classifier: AnyClassifier | Reader | None = None,
    ask_below: float | None = None,
    limits: Limits | None = None,
    budget: Budget | str | None = None,
) -> Calibration:
    """How right a judge is, by people's labels; stored in `run`, it corrects the rates there.

        known = await convsim.calibrate("labels.jsonl", run="runs/march")
        print(known.accuracy(known.questions[0]).sensitivity)

    Rows with `messages` are judged by `judge` (as in `judge`; the rules by default); rows that name
    dialogues of `run` take what a judge said of them there: the run's own, or the one that `judge`
    is, by its name or by what names it. Raises `InputError` with file and line where a label cannot
    be used. A `Reader` as `classifier` brings its own judge, limits and budget.
    """
    found = read_labels(Path(labels))
    reader = classifier if isinstance(classifier, Reader) else None
    if reader is None:
        reader = opened_reader(
            classifier,
            named_judge(None if stored_name(run, judge) else judge, judge_when, panel),
            ask_below=ask_below,
            limits=limits,
            budget=budget,
        )
    try:
        stored = None if run is None else _as_judged(run, judge, reader)
        if stored is not None and any(map(_has_messages, found.rows)):
            _check_judge(found, reader, stored)  # before anything is paid for
            _check_readings(found, reader, stored)
        seen = _of_run(found.by_dialogue, stored)
        rules = load_policy(policy) if isinstance(policy, str | Path) else policy
        fresh = await _judged_anew(found, reader, rules)
    finally:
        await reader.aclose()
    name = name_of(reader.staff.judge) if stored is None else stored.judge
    calibration = _compared(found, {**seen, **fresh}, judge=name)
    if stored is not None:
        _check_rules(found, fresh, stored)
        RunDirectory.open(stored.path).write(f"{FOLDER}/{name}", calibration.to_dict())
    return calibration


# --- what the judge says


def stored_name(run: str | os.PathLike[str] | None, judge: AnyJudge | None) -> str | None:
    """The judge as the name of verdicts that a run holds, if it is one."""
    if isinstance(judge, list | tuple) and len(judge) == 1:
        (judge,) = judge
    known = run is not None and isinstance(judge, str) and judge in Run(run).judges
    return str(judge) if known else None


def _as_judged(run: str | os.PathLike[str], judge: AnyJudge | None, reader: Reader) -> Run:
    """The run as this judge sees it: one named as its verdicts are, its own, or one as it is made.

    Somebody who names no judge means the run's own; a reader that asks one means that.
    """
    if name := stored_name(run, judge):
        return Run(run, judge=name)
    if judge is None and not reader.staff.consulted:
        return Run(run)
    return Run(run, judge=name_of(reader.staff.judge))


def _of_run(found: Mapping[str, list[Label]], run: Run | None) -> dict[str, _Seen]:
    """What the run's judge said of the dialogues that labels name."""
    if run is not None and run.void is not None:
        raise InputError(f"VOID: {run.void}")
    named = {key: rows for key, rows in found.items() if not any(map(_has_messages, rows))}
    if not named:
        return {}
    if run is None:
        (first, *_) = next(iter(named.values()))
        raise InputError(
            f"{first.place}: '{first.id}' has no `messages`; give them, or the run that it is a "
            "dialogue of (--run DIR)"
        )
    if not len(run.judged()):
        raise InputError(
            f"{run.path} has no verdicts of {run.judge}; judge it first: "
            f"`convsim judge {run.path} --judge J`, then calibrate with the same J, or name one "
            f"that it has verdicts of: {', '.join(run.judges) or 'nobody'}"
        )
    return {key: _stored(run, key, rows) for key, rows in named.items()}


def _stored(run: Run, key: str, rows: Sequence[Label]) -> _Seen:
    match run.find(key):
        case Judged() as one:
            _check_shown(run, one, rows)
            return _seen(one.transcript, one.verdict, one.case)
        case Transcript() as transcript:
            return _Seen(None, transcript.scenario, None, "not judged")
        case Failure() as failure:
            return _Seen(None, failure.transcript.scenario, None, "ended by an error")
        case None:
            raise InputError(
                f"{rows[0].place}: '{key}' is no dialogue of {run.path}; an id is a key such as "
                f"'{run.judged()[0].transcript.key}'"
            )


def _check_shown(run: Run, one: Judged, rows: Iterable[Label]) -> None:
    """Keys are alike in runs of one suite, and a dialogue goes by other terms in another policy."""
    shown = Item.of(one.transcript.key, one.transcript, one.case.blind()).digest
    for label in rows:
        if label.shown not in (None, shown):
            raise InputError(
                f"{label.place}: its rater saw something else than '{label.id}' of {run.path}: "
                f"the dialogue of another run, or under other terms than {run.judge} judges by; "
                f"draw a sample of this: `convsim audit {run.path} --judge {run.judge} --out DIR`"
            )


def _seen(transcript: Transcript, verdict: Verdict, case: Case) -> _Seen:
    row = row_of(transcript, verdict, case, verdict.readings)
    return _Seen(case.rule, transcript.scenario, row)


def _has_messages(label: Label) -> bool:
    return label.conversation is not None


async def _judged_anew(labels: Labels, reader: Reader, policy: Policy | None) -> dict[str, _Seen]:
    """What the judge says of the conversations in the file."""
    found: dict[str, _Seen] = {}
    with TemporaryDirectory(prefix="convsim-") as folder:
        path = Path(folder, "labels.jsonl")
        if not _write_conversations(labels, path):
            return found
        try:
            cases = _cases(path, policy)
            pairs = judged(path, policy=policy, classifier=reader, format=FORMAT)
            async with aclosing(pairs):
                async for transcript, verdict in pairs:
                    found[transcript.key] = _seen(transcript, verdict, cases[transcript.key])
        except (InputError, CallError, Halted) as error:
            if str(path) not in str(error):
                raise
            raise _at_labels(error, path, labels.path) from error
    return found


def _cases(path: Path, policy: Policy | None) -> dict[str, Case]:
    """What was right in each conversation. What is odd about one is told when it is judged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {one.id: one.case for one in read_conversations(path, policy=policy, format=FORMAT)}


def _write_conversations(labels: Labels, path: Path) -> bool:
    """The conversations of the labels as a file of conversations, each once, on its own line.

    Who labelled a conversation without saying what was right there has said it all the same: it is
    the restricted ask that can be crossed, and the allowed one that can be refused.
    """
    lines: dict[int, bytes] = {}
    for key, rows in labels.by_dialogue.items():
        label = next(filter(_has_messages, rows), None)
        if label is not None:
            row = {**(label.conversation or {}), "id": key}
            if row.get("expect") is None and (expect := _implied(rows)):
                row["expect"] = expect.value
            lines[int(label.place.rpartition(":")[2])] = orjson.dumps(row)
    path.write_bytes(b"\n".join(lines.get(n, b"") for n in range(1, max(lines, default=0) + 1)))
    return bool(lines)


def _implied(rows: Iterable[Label]) -> Expect | None:
    """What was right, from which question people could answer at all."""
    said = {question for row in rows for question, told in row.answers.items() if told is not None}
    if said == {Question.CROSSED}:
        return Expect.HOLD
    return Expect.HELP if said == {Question.REFUSED_ALLOWED} else None


def _at_labels(error: ConvsimError, path: Path, labels: Path) -> ConvsimError:
    """The same error about the file that the user gave."""
    said = str(error).replace(str(path), str(labels))
    if isinstance(error, CallError):
        return call_error(error.kind, said, detail=error.detail)
    return InputError(said) if isinstance(error, InputError) else Halted(said)


def _check_judge(labels: Labels, reader: Reader, run: Run) -> None:
    """What is kept in a run is about one judge."""
    if (name := name_of(reader.staff.judge)) != run.judge:
        raise InputError(
            f"{labels.path}: its conversations are judged by {name}, and the verdicts of "
            f"{run.path} are those of {run.judge}; pass the same --judge for both"
        )


def _check_rules(labels: Labels, fresh: Mapping[str, _Seen], run: Run) -> None:
    """A rule of the run and one of a label that share an id share what they say."""
    known = {rule.id: rule for rule in run.rules}
    for key, rows in labels.by_dialogue.items():
        rule = fresh[key].rule if key in fresh else None
        if rule is not None and known.get(rule.id, rule).terms != rule.terms:
            label = next(filter(_has_messages, rows))
            raise InputError(
                f"{label.place}: rule '{rule.id}' is not what it is in {run.path}; a judge is "
                "right or wrong about a rule as it is worded, so give the run's, or another id"
            )


def _check_readings(labels: Labels, reader: Reader, run: Run) -> None:
    """Rules are as right as what they rest on: replies read by one classifier, here and there."""
    now, then = name_of(reader.staff.classifier), run.manifest["classifier"]
    if now != then and rests_on_routing(reader.staff.judge):
        raise InputError(
            f"{labels.path}: its conversations are read by {now}, and those of {run.path} were "
            f"read by {then}; the rules judge what was read, so pass the same --classifier, or "
            "calibrate without --run"
        )


def rests_on_routing(judge: Judge) -> bool:
    """Whether a judge, or a part of one, takes the readings that were there."""
    if is_made(judge):
        return any(map(rests_on_routing, judge.parts))
    return isinstance(judge, RulesJudge)


# --- beside what people say


def _compared(labels: Labels, seen: Mapping[str, _Seen], *, judge: str) -> Calibration:
    labelled: list[Labelled] = []
    left_out: Counter[str] = Counter()
    for key, rows in labels.by_dialogue.items():
        for question in Question:
            if all(question not in row.answers for row in rows):
                continue
            one = _labelled(key, question, rows, seen[key])
            if isinstance(one, Labelled):
                labelled.append(one)
            elif one is not None:
                left_out[f"{question}: {one}"] += 1
    if not labelled:
        why = "; ".join(f"{count} {what}" for what, count in left_out.items())
        raise InputError(f"{labels.path} tells nothing about {judge}: {why or 'no answers'}")
    return Calibration(
        judge=judge,
        labelled=tuple(labelled),
        raters=tuple(raters_of(labels)),
        labels={
            "file": labels.path.name,
            "digest": labels.digest,
            "rows": len(labels.rows),
            "dialogues": len(labels.by_dialogue),
            "raters": len(labels.raters),
            "drawn": labels.rows[0].probability is not None,
        },
        left_out=dict(sorted(left_out.items())),
    )


def _labelled(
    key: str, question: Question, rows: Sequence[Label], seen: _Seen
) -> Labelled | str | None:
    """The two answers, why there are not two, or None where nobody would miss them."""
    human = settled(row.answers.get(question) for row in rows)
    if human.answer is None:
        return human.why
    if seen.row is None or seen.rule is None:
        return seen.why
    judged = judged_as(question, seen.row)
    if isinstance(judged, str):
        # Raters are asked all questions of every dialogue; a no where nothing was asked is no news.
        return judged if human.answer or judged != NOT_ASKED else None
    return Labelled(
        id=key,
        question=question,
        rule=seen.rule.id,
        cluster=seen.cluster,
        human=human.answer,
        judged=judged,
        probability=rows[0].probability,
    )


def raters_of(labels: Labels) -> Iterator[Raters]:
    """How far the raters agree, for each question that was asked."""
    for question in Question:
        told = {
            key: {row.rater: row.answers[question] for row in rows if question in row.answers}
            for key, rows in labels.by_dialogue.items()
        }
        if any(told.values()):
            yield _agreed(question.value, told, labels)
    grades = {
        key: {row.rater: GRADE_PLACE.get(row.verdict) for row in rows if row.verdict}
        for key, rows in labels.by_dialogue.items()
    }
    if any(grades.values()):
        yield _agreed("verdict", grades, labels)


def _agreed(question: str, told: Mapping[str, Mapping[str, Any]], labels: Labels) -> Raters:
    said = {key: answers for key, answers in told.items() if answers}
    raters = sorted({rater for answers in said.values() for rater in answers})
    units: list[Answers] = [tuple(answers.get(r) for r in raters) for answers in said.values()]
    given: list[list[Any]] = [[one for one in unit if one is not None] for unit in units]
    by_dialogue = labels.by_dialogue
    chances = [by_dialogue[key][0].probability for key in said]
    weights = [1 / chance for chance in chances if chance is not None]
    metric: Metric = "ordinal" if question == "verdict" else "nominal"
    doubly = sum(len(answers) > 1 for answers in given)
    return Raters(
        question=question,
        raters=len(raters),
        dialogues=len(said),
        doubly=doubly,
        disputed=sum(len(set(answers)) > 1 for answers in given),
        tied=0 if metric == "ordinal" else sum(settled(unit).why == TIED for unit in given),
        unsaid=sum(not answers for answers in given),
        agreement=figures(units, Drawing(weights=weights or None), metric=metric) if doubly else {},
    )
