"""A run directory, read lazily: how it was made, its dialogues, verdicts, and what failed.

Nothing is read before it is asked for, and of what was read only where it stands is kept: a run of
100,000 dialogues can be looked at on a laptop.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

from pydantic import ValidationError

from convsim.assess import parse_examinations, parse_verdicts, void_told
from convsim.case import Case
from convsim.errors import InputError
from convsim.graph import Graph
from convsim.policy import Policy, Rule
from convsim.recast import graph_played, recast
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.transcript import Failure, Key, Transcript, decode_failure, decode_transcript
from convsim.verdict import Grade, Verdict
from convsim.walk import case_in

if TYPE_CHECKING:
    from convsim.calibration import Calibration
    from convsim.judges.sentinels import Examined
    from convsim.trials import Trial

T = TypeVar("T")


class Judged(NamedTuple):
    """One dialogue with its verdict, and the case it was judged by."""

    transcript: Transcript
    verdict: Verdict
    case: Case


class Stored(Sequence[T], Generic[T]):
    """Rows of a run in the order of their keys, like a list; each is read when it is looked at.

    Going through it again reads again: `list(...)` keeps what is worth the memory.
    """

    def __init__(self, keys: Sequence[str], read: Callable[[str], T]) -> None:
        self._keys = keys
        self._read = read

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Stored[T]: ...
    def __getitem__(self, index: int | slice) -> T | Stored[T]:
        if isinstance(index, slice):
            return Stored(self._keys[index], self._read)
        return self._read(self._keys[index])

    def __iter__(self) -> Iterator[T]:
        return map(self._read, self._keys)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stored | list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(map(_equal, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} stored rows>"


def _equal(one: object, other: object) -> bool:
    return one == other


class Archive:
    """What stands in a run directory, as one judge sees it. Nothing is read before it is asked for.

    What was read once is not read again: to see what a running session adds, make another one.
    """

    def __init__(self, path: str | os.PathLike[str], *, judge: str | None = None) -> None:
        self.directory = RunDirectory.open(path)
        self._judge = judge

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """Where the run is stored."""
        return self.directory.path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """How the run was made (run.json)."""
        return dict(self.directory.load("run"))

    @property
    def judge(self) -> str:
        """Whose verdicts are read: the run's own judge unless another was asked for."""
        return self._judge or str(self.manifest["judge"])

    @cached_property
    def suite(self) -> Suite:
        """The scenarios and rules that the run was made with."""
        return Suite.from_plain(self.directory.load("suite"), self.directory.load("policy"))

    # --- where the rows stand; the last row of a key counts

    @cached_property
    def _dialogues(self) -> dict[str, int]:
        return dict(self.directory.keys("dialogues"))

    @cached_property
    def _verdicts(self) -> dict[str, int]:
        return dict(self.directory.keys(f"verdicts/{self.judge}"))

    @cached_property
    def _errors(self) -> dict[str, int]:
        """Without those that were made up for since."""
        rows = dict(self.directory.keys("errors"))
        return {key: rows[key] for key in sorted(rows) if key not in self._dialogues}

    # --- what they say

    def transcripts(self) -> Iterator[Transcript]:
        """Every dialogue that ended, in the order they ended."""
        for _, offset in self.directory.keys("dialogues"):
            yield self._decoded(decode_transcript, "dialogues", offset)

    def case_of(self, transcript: Transcript) -> Case:
        """What was right in a dialogue of this run, by the policy that it is judged by."""
        return case_in(self.graph_of(transcript, self._rule_of(transcript)), transcript)

    def _rule_of(self, transcript: Transcript) -> Rule:
        own = self.suite.rules[transcript.scenario]
        return own if self.policy is None else self.policy.by_id[own.id]

    @cached_property
    def judging(self) -> dict[str, Any]:
        """What the judge is made of: the models it asks, another policy, who read the replies."""
        if self.judge == self.manifest["judge"]:
            return {"bench": self.manifest.get("bench")}
        made = self.path / "judges" / f"{self.judge}.json"
        return dict(self.directory.load(f"judges/{self.judge}")) if made.exists() else {}

    @cached_property
    def policy(self) -> Policy | None:
        """The policy that this judge judges by; None for that of the run."""
        other = self.judging.get("policy")
        return None if other is None else Policy.model_validate(other)

    @cached_property
    def examinations(self) -> list[tuple[Examined, ...]]:
        """What the judge said of its sentinels; none where it asks no model."""
        return parse_examinations(self.directory.read(f"sentinels/{self.judge}"))

    @cached_property
    def void(self) -> str | None:
        """Why the judge was not asked about the dialogues that it has no verdict on: it failed its
        sentinels the last time. None where it passed. Numbers are refused.
        """
        why = void_told(self.judge, self.examinations)
        return why and (
            f"{why}. What it said is in sentinels/{self.judge}.jsonl. Mend it, and go on with "
            f"`convsim resume {self.path}`, which examines it anew; or judge the dialogues by "
            f"another: `convsim judge {self.path} --judge ANOTHER`"
        )

    @property
    def keys(self) -> Collection[str]:
        """The key of every dialogue that ended, in the order in which they ended."""
        return self._dialogues.keys()

    @property
    def counted_keys(self) -> Sequence[str]:
        """Those of them that rates count: all, or the slice of a run that could stop early."""
        keys = list(self._dialogues)
        if self.manifest.get("slice") is None:
            return keys
        return [key for key in keys if self._counts(Key.parse(key).repeat)]

    @property
    def judged_keys(self) -> Collection[str]:
        """The key of every dialogue that this judge has a verdict on."""
        return self._verdicts.keys()

    def transcript(self, key: str) -> Transcript:
        """One dialogue, as it counts under the policy that it is judged by."""
        return self._transcript(self._dialogues[key])

    def verdict(self, key: str) -> Verdict:
        """This judge's verdict on one dialogue."""
        return self._verdict(key)

    @property
    def judges(self) -> list[str]:
        """Every judge that has verdicts on this run."""
        return sorted(path.stem for path in self.path.glob("verdicts/*.jsonl"))

    @cached_property
    def unjudged(self) -> int:
        """How many dialogues have no verdict; `resume` asks the run's own judge again."""
        return len(self._dialogues.keys() - self._verdicts.keys())

    def under(self, transcript: Transcript, rule: Rule) -> Transcript:
        """A dialogue of this run as it counts under another rule: what it asks, what unlocks it."""
        return recast(transcript, self.graph_of(transcript, rule))

    def graph_of(self, transcript: Transcript, rule: Rule) -> Graph:
        """The graph that a dialogue was played on, under a rule."""
        return graph_played(self.suite, transcript, rule)

    @cached_property
    def verdicts(self) -> Stored[Verdict]:
        """The judge's last verdict on each dialogue, sorted by key."""
        return Stored(sorted(self._verdicts), self._verdict)

    @cached_property
    def errors(self) -> Stored[Failure]:
        """The dialogues that an infrastructure error ended and that were not made up for since."""
        return Stored(list(self._errors), self._failure)

    @property
    def counted_errors(self) -> Stored[Failure]:
        """Those of them that rates count."""
        counting = [key for key in self._errors if self._counts(Key.parse(key).repeat)]
        return Stored(counting, self._failure)

    def judged(self) -> Stored[Judged]:
        """Every dialogue with its verdict, sorted by key."""
        return Stored(sorted(self._dialogues.keys() & self._verdicts.keys()), self._one_judged)

    def counted(self) -> Stored[Judged]:
        """Those of them that rates count: all, or the slice of a run that could stop early."""
        judged = sorted(key for key in self.counted_keys if key in self._verdicts)
        return Stored(judged, self._one_judged)

    def find(self, key: str) -> Judged | Transcript | Failure | None:
        """One dialogue: judged, not judged yet, or ended by an error; None where there is none."""
        if key in self._dialogues:
            judged = key in self._verdicts
            return self._one_judged(key) if judged else self._transcript(self._dialogues[key])
        return self._failure(key) if key in self._errors else None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that its dialogues are judged by."""
        cited = dict.fromkeys(self.suite.rules.values())
        if self.policy is None:
            return tuple(cited)
        return tuple(self.policy.by_id[rule.id] for rule in cited)

    @cached_property
    def calibration(self) -> Calibration | None:
        """What is known of this judge's errors; None where nobody calibrated it here."""
        name = f"calibration/{self.judge}"
        if not (self.path / f"{name}.json").exists():
            return None
        from convsim.calibration import Calibration

        try:
            return Calibration.from_dict(self.directory.load(name))
        except (ValidationError, KeyError) as error:
            raise InputError(
                f"{self.path / name}.json is no calibration ({error}); make it again with "
                f"`convsim calibrate LABELS --run {self.path}`, or remove it"
            ) from error

    @cached_property
    def trial(self) -> Trial | None:
        """How well this judge sees canaries here; None where nobody tried it. It corrects nothing.

        Raises `InputError` where the file is damaged.
        """
        from convsim.trials import FOLDER, Trial

        name = f"{FOLDER}/{self.judge}"
        if not (self.path / f"{name}.json").exists():
            return None
        try:
            return Trial.from_dict(self.directory.load(name))
        except (ValidationError, KeyError) as error:
            raise InputError(
                f"{self.path / name}.json is no trial of a judge ({error}); make it again with "
                f"`convsim calibrate --canaries {self.path}`, or remove it"
            ) from error

    def failures(self) -> Stored[Judged]:
        """The dialogues with the verdict FAIL."""
        return Stored(self._failing, self._one_judged)

    @cached_property
    def _failing(self) -> list[str]:
        rows = ((key, self._verdict(key)) for key in self._verdicts if key in self._dialogues)
        return sorted(key for key, verdict in rows if verdict.grade is Grade.FAIL)

    def _decoded(self, decode: Callable[[bytes], T], name: str, offset: int) -> T:
        try:
            return decode(self.directory.line_at(name, offset))
        except ValidationError as error:
            (first, *_) = error.errors(include_url=False)
            where = ".".join(map(str, first["loc"]))
            raise InputError(
                f"{self.path / name}.jsonl is damaged at byte {offset}: {where}: {first['msg']}; "
                "remove that line to go on without it"
            ) from error

    def _verdict(self, key: str) -> Verdict:
        row = self.directory.row_at(f"verdicts/{self.judge}", self._verdicts[key])
        return next(parse_verdicts([row]))

    def _failure(self, key: str) -> Failure:
        failure = self._decoded(decode_failure, "errors", self._errors[key])
        if self.policy is None:
            return failure
        transcript = self.under(failure.transcript, self._rule_of(failure.transcript))
        return replace(failure, transcript=transcript)

    def _one_judged(self, key: str) -> Judged:
        transcript = self.transcript(key)
        return Judged(transcript, self._verdict(key), self.case_of(transcript))

    def _transcript(self, offset: int) -> Transcript:
        """A stored dialogue, as it counts under the policy that it is judged by."""
        transcript = self._decoded(decode_transcript, "dialogues", offset)
        if self.policy is None:
            return transcript
        return self.under(transcript, self._rule_of(transcript))

    @property
    def planned(self) -> int:
        """How many dialogues the run consists of."""
        return int(self.manifest["planned"])

    @cached_property
    def missing(self) -> int:
        """How many planned dialogues have no final row yet; `resume` plays them."""
        final = sum(failure.final for failure in self.errors)
        return self.planned - len(self._dialogues) - final

    def _counts(self, repeat: int) -> bool:
        first = self.manifest.get("slice")
        return first is None or repeat <= int(first)
