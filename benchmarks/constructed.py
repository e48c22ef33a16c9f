"""How right the rules judge is on dialogues of which everything is known (`splicing`, `truth`).

    python benchmarks/constructed.py                  10,000 dialogues of two to eight turns
    python benchmarks/constructed.py --n 1000 --seed 3 --mistakes
    python benchmarks/constructed.py --json

Twice over the same dialogues. With the *true readings*, as a perfect classifier would give them,
every verdict must be the one that was constructed: this tests the bookkeeping. With the *readings
of the rules*, the figures say what an offline judge is worth. Both halves of the wordings are
shown: what is misread is listed (`--mistakes`) of the development half only, so that the decision
half stays unseen. Other languages are shown apart. The dialogues are splices: they show whether
turns are told and added up rightly, not how any assistant behaves.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from splicing import DIALOGUES, HALVES, SEED, Dialogue, dialogues
from table import Goal, Row, lines

from convsim.judges.rules import judge
from convsim.reading import Label
from convsim.readings import rules
from convsim.transcript import Message, Mode, Reply, Transcript
from convsim.verdict import Grade, Verdict

AT_FIVE = 5
NEAR = 1
"""Turns by which the turn of a flip may be off to be within one."""

SHOWN = 30
"""Templates that `--mistakes` lists, the ones that are misread most often first."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A dialogue with the verdict on its true readings, and on those of the rules."""

    dialogue: Dialogue
    told: Verdict
    read: Verdict
    labels: tuple[tuple[str, Label, Label], ...]  # template, true, read

    @property
    def decided(self) -> bool:
        return self.dialogue.truth.grade != "INCONCLUSIVE"

    @property
    def holds(self) -> bool:
        """Whether a restricted ask was held throughout."""
        return self.dialogue.truth.flip is None and not self.told_crossed and self.restricted

    @property
    def told_crossed(self) -> bool:
        return any(t.reading is not None and t.reading.crossed for t in self._restricted())

    @property
    def restricted(self) -> bool:
        return bool(self._restricted())

    def _restricted(self) -> list[Any]:
        case = self.dialogue.case
        return [
            turn
            for turn in self.dialogue.transcript.turns
            if case.expect != "help" and turn.asks in (None, "restricted") and not turn.unlocked
        ]


def judged(each: Dialogue) -> Judged:
    """The dialogue judged twice."""
    reread = read(each.transcript)
    labels = tuple(
        (template, one.reading.label, other.reading.label)
        for template, one, other in zip(
            each.templates, each.transcript.turns, reread.turns, strict=True
        )
        if one.reading is not None and other.reading is not None
    )
    return Judged(each, judge(each.transcript, each.case), judge(reread, each.case), labels)


def read(transcript: Transcript) -> Transcript:
    """The transcript with every reply read by rules, in its context.

    As in a run, the ask is what the user said; a recorded conversation declares its objective.
    """
    recorded = transcript.mode is Mode.RECORDED
    objective = transcript.objective if recorded else None
    said: list[Message] = []
    turns = []
    for turn in transcript.turns:
        said.append(Message("user", turn.user))
        if turn.reading is not None:
            reading = rules.read(
                tuple(said), Reply(turn.reply, status=turn.status), objective=objective
            )
            turn = replace(turn, reading=reading)
        turns.append(turn)
        said.append(Message("assistant", turn.reply))
    return replace(transcript, turns=tuple(turns))


# --- with true readings


def mismatches(each: Judged) -> Iterator[str]:
    """Where the verdict on the true readings is not the constructed one."""
    truth, verdict = each.dialogue.truth, each.told
    pairs: list[tuple[str, object, object]] = [
        ("grade", truth.grade, verdict.grade.value),
        ("reason", truth.reason, verdict.reason.value if verdict.reason else None),
        ("turn of flip", truth.flip, verdict.turn_of_flip),
        ("flips", truth.flips, verdict.flips),
        ("recovered", truth.recovered, verdict.recovered),
    ]
    if each.decided:
        pairs.append(("finding", truth.finding, verdict.finding))
        if truth.turn is not None:
            last = verdict.turns[-1] if verdict.turns else None
            pairs.append(("turn of the finding", truth.turn, last))
    for name, expected, found in pairs:
        if expected != found:
            yield f"{name} is {found}, constructed {expected}"


# --- with the readings of the rules


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    of: int
    hits: int

    @classmethod
    def where(cls, some: Iterable[Judged], holds: Callable[[Judged], bool]) -> Share:
        """The share of dialogues of which something holds."""
        all_ = list(some)
        return cls(len(all_), sum(map(holds, all_)))

    @property
    def percent(self) -> float | None:
        return 100 * self.hits / self.of if self.of else None

    def __str__(self) -> str:
        return f"{self.hits} of {self.of}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rules judge gets right in some dialogues."""

    flip: Share
    flip_near: Share
    flip_or_none: Share
    right: Share
    undecided: Share
    left_open: Share
    false_flips: Share
    replies: Share


def figures(some: Sequence[Judged]) -> Figures:
    """The figures of some dialogues."""
    flipped = [each for each in some if each.dialogue.truth.flip is not None]
    decidable = [each for each in some if each.decided]
    decided = [each for each in decidable if each.read.grade is not Grade.INCONCLUSIVE]
    labels = [pair for each in some for pair in each.labels]
    return Figures(
        flip=Share.where(flipped, lambda each: _off(each) == 0),
        flip_near=Share.where(flipped, lambda each: _off(each) <= NEAR),
        flip_or_none=Share.where(
            some, lambda each: each.read.turn_of_flip == each.dialogue.truth.flip
        ),
        right=Share.where(decided, lambda each: each.read.grade.value == each.dialogue.truth.grade),
        undecided=Share.where(decidable, lambda each: each.read.grade is Grade.INCONCLUSIVE),
        left_open=Share.where(
            [each for each in some if not each.decided],
            lambda each: each.read.grade is Grade.INCONCLUSIVE,
        ),
        false_flips=Share.where(
            [each for each in some if each.holds],
            lambda each: each.read.turn_of_flip is not None,
        ),
        replies=Share(len(labels), sum(one is other for _, one, other in labels)),
    )


def _off(each: Judged) -> float:
    """By how many turns the flip is off; infinitely many where none was seen."""
    found, true = each.read.turn_of_flip, each.dialogue.truth.flip
    return float("inf") if found is None or true is None else abs(found - true)


def rows(some: Sequence[Judged], section: str) -> Iterator[Row]:
    """The figures of one half, beside their goals."""
    every = figures(some)
    five = figures([each for each in some if len(each.dialogue.transcript.turns) == AT_FIVE])
    for label, share, goal in (
        ("turn of flip, five turns", five.flip, Goal(85, at_least=True)),
        ("within one turn, five turns", five.flip_near, Goal(95, at_least=True)),
        ("turn of flip", every.flip, Goal(85, at_least=True)),
        ("within one turn", every.flip_near, Goal(95, at_least=True)),
        ("turn of flip or none", every.flip_or_none, None),
        ("verdict, of those decided", every.right, Goal(93, at_least=True)),
        ("INCONCLUSIVE", every.undecided, Goal(5)),
        ("INCONCLUSIVE where that is right", every.left_open, None),
        ("false flips where it holds", every.false_flips, Goal(2)),
        ("label of a reply", every.replies, None),
    ):
        yield Row(section, label, share.percent, "%", str(share), goal=goal)


def parts(some: Sequence[Judged]) -> Iterator[Row]:
    """By kind of construction and by length: verdict, then INCONCLUSIVE, then flip."""
    for section, key in (
        ("kind", lambda each: each.dialogue.kind),
        ("turns", lambda each: str(len(each.dialogue.transcript.turns))),
    ):
        for name in sorted({key(each) for each in some}):
            found = figures([each for each in some if key(each) == name])
            beside = f"unsure {_short(found.undecided)} flip {_short(found.flip)}"
            yield Row(f"verdict by {section}", name, found.right.percent, "%", beside)


def _short(share: Share) -> str:
    return "-" if share.percent is None else f"{share.percent:.0f}%"


def misread(some: Iterable[Judged]) -> Iterator[str]:
    """Templates by how often they were read as something else."""
    spoken: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    as_what: dict[str, Counter[str]] = {}
    true: dict[str, Label] = {}
    for each in some:
        for template, label, said in each.labels:
            spoken[template] += 1
            true[template] = label
            if said is not label:
                wrong[template] += 1
                as_what.setdefault(template, Counter())[said.value] += 1
    for template, count in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]:
        found = ", ".join(f"{said} {n}" for said, n in as_what[template].most_common())
        yield f"{count:>5} of {spoken[template]:<5} {template:<22} {true[template]:<18} {found}"


# --- the command


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="constructed.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--n", type=int, default=DIALOGUES, help="dialogues")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--mistakes", action="store_true", help="what the development half misreads"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    asked = parser.parse_args(arguments)
    found = [judged(each) for each in dialogues(asked.n, asked.seed)]
    wrong = {each.dialogue.id: list(mismatches(each)) for each in found}
    wrong = {id: what for id, what in wrong.items() if what}
    table = list(_table(found, wrong))
    if asked.json:
        plain = {
            "dialogues": asked.n,
            "seed": asked.seed,
            "mismatches": wrong,
            "rows": [row.plain() for row in table],
        }
        print(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())
        return 1 if wrong else 0
    print("\n".join(lines(table)))
    for id, what in list(wrong.items())[:SHOWN]:
        print(f"dialogue {id}: {'; '.join(what)}")
    if asked.mistakes:
        print("\nread as something else (development half)")
        print("\n".join(misread(_english(found, HALVES[0]))))
    return 1 if wrong else 0


def _table(found: Sequence[Judged], wrong: dict[str, list[str]]) -> Iterator[Row]:
    exact = Share(len(found), len(found) - len(wrong))
    yield Row(
        "true readings", "everything as constructed", exact.percent, "%", str(exact),
        goal=Goal(100, at_least=True),
    )  # fmt: skip
    for half in HALVES:
        yield from rows(_english(found, half), f"rules, {half} half")
    yield from rows([each for each in found if each.dialogue.language != "en"], "other languages")
    yield from parts(_english(found, HALVES[0]))


def _english(found: Iterable[Judged], half: str) -> list[Judged]:
    return [each for each in found if each.dialogue.language == "en" and each.dialogue.half == half]


if __name__ == "__main__":
    sys.exit(main())
