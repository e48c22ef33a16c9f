"""Two versions side by side: what may be compared, what is left out, and what is refused.

A version is one target of one run in one mode, as one judge sees it. Only what both played is
compared: scenarios that say the same (by the hash of their content), under the same rule, in the
same arms and planned paths. What cannot be compared at all is refused, with what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from convsim.errors import InputError
from convsim.policy import Rule
from convsim.rates import Correct
from convsim.rows import Row, authored
from convsim.transcript import Mode

NAMED = 8
"""How many scenarios a line names."""


@dataclass(frozen=True)
class Version:
    """One target of one run in one mode, as one judge sees it.

    `run` is where it is stored, `contents` the hash of each of its scenarios, `rules` the rule that
    each is judged by. `classifier` read the replies that its judge goes by; it is empty where the
    judge reads them itself. `router` is the one that opened transitions. `incomplete` says what is
    missing, and `missing` which share of its dialogues that is. `calibrated` says by what labels
    the judge's errors are known here, if they are; `correct` takes them out of a rate.
    """

    run: str
    target: str
    mode: Mode
    judge: str
    rows: Sequence[Row]
    contents: Mapping[str, str]
    rules: Mapping[str, Rule]
    classifier: str = ""
    router: str = ""
    seed: int | None = None
    reviewed: frozenset[str] = frozenset()
    incomplete: str = ""
    missing: float = 0.0
    calibrated: str = ""
    correct: Correct | None = None

    @property
    def name(self) -> str:
        """What it is called where both sides may be of one run."""
        return f"{self.run} {self.target}"


class LeftOut(NamedTuple):
    """What one side has that is not compared, and why."""

    what: str
    names: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        """`2 scenarios changed between the runs: a, b`."""
        count = len(self.names)
        named = ", ".join(self.names[:NAMED])
        more = f" and {count - NAMED} more" if count > NAMED else ""
        return f"{count} {self.what}{'' if count == 1 else 's'} {self.why}: {named}{more}"


@dataclass(frozen=True)
class Matched:
    """What two versions have in common: their rows, and what is compared with nothing."""

    before: Version
    after: Version
    rows: tuple[Sequence[Row], Sequence[Row]]
    left_out: tuple[LeftOut, ...]
    cautions: tuple[str, ...]

    @property
    def scenarios(self) -> int:
        """How many scenarios both played."""
        return len({row.scenario for row in self.rows[0]} & {it.scenario for it in self.rows[1]})

    def leaving_out(self, more: Iterable[LeftOut]) -> Matched:
        """The same, which says what else was left out."""
        return replace(self, left_out=(*self.left_out, *more))


def matched(before: Version, after: Version) -> Matched:
    """What two versions have in common, without controls.

    Raises `InputError` where another judge, classifier, policy or mode stands between them, or
    where they have nothing in common.
    """
    _check(before, after)
    same = {
        scenario
        for scenario, content in before.contents.items()
        if after.contents.get(scenario) == content
    }
    _check_rules(before, after, same)
    kept = [
        [row for row in authored(side.rows) if row.scenario in same] for side in (before, after)
    ]
    places = {place(row) for row in kept[0]}, {place(row) for row in kept[1]}
    both = places[0] & places[1]
    if not both:
        raise InputError(
            f"{before.name} and {after.name} played no scenario, arm and path that are the same; "
            "run the same suite, arms and walk with both"
        )
    rows = tuple([row for row in side if place(row) in both] for side in kept)
    return Matched(
        before,
        after,
        (rows[0], rows[1]),
        tuple(_left_out(before, after, same, places)),
        tuple(dict.fromkeys([*_cautions(before, after), *_replayed(rows[0], rows[1])])),
    )


Place = tuple[str, str, str]
"""A scenario, an arm and a planned path."""


def place(row: Row) -> Place:
    """Where a row was played: what both sides have to have played."""
    return row.scenario, row.arm, row.path


def _check(before: Version, after: Version) -> None:
    """Whether both were measured in one way."""
    if before.mode is not after.mode:
        raise InputError(
            f"{before.name} was played in mode {before.mode.value}, {after.name} in mode "
            f"{after.mode.value}; they answer different questions. Play one of them again with "
            f"--mode {before.mode.value}"
        )
    if before.judge != after.judge:
        raise InputError(
            f"{before.name} is seen by judge {before.judge}, {after.name} by {after.judge}; "
            f"judge both alike: `convsim judge {after.run} --judge ...`, and compare with "
            "--judge NAME"
        )
    if before.classifier != after.classifier:
        raise InputError(
            f"the replies of {before.name} were read by {before.classifier or 'its judge'}, those "
            f"of {after.name} by {after.classifier or 'its judge'}; read both again by one of "
            f"them: `convsim judge {before.run} --classifier rules`, the same for {after.run}, "
            "and compare with the --judge NAME that it prints"
        )


def _check_rules(before: Version, after: Version, same: Iterable[str]) -> None:
    """Whether what both played was judged by the same rules."""
    changed = sorted(
        {before.rules[name].id for name in same if before.rules[name] != after.rules[name]}
    )
    if changed:
        raise InputError(
            f"{before.run} and {after.run} were judged by different versions of the rule"
            f"{'' if len(changed) == 1 else 's'} {', '.join(changed)}; judge both by one policy: "
            f"`convsim judge {before.run} --policy POLICY`, the same for {after.run}, and compare "
            "with the --judge NAME that it prints"
        )


def _left_out(
    before: Version, after: Version, same: set[str], places: tuple[set[Place], set[Place]]
) -> Iterable[LeftOut]:
    """Scenarios that changed or that only one side has, then arms and paths of the others."""
    one, other = before.contents.keys(), after.contents.keys()
    yield from _some("scenario", (one & other) - same, "changed between the runs")
    for names, side in ((one - other, before), (other - one, after)):
        yield from _some("scenario", names, f"only in {side.name}")
    for side, mine, theirs in ((before, places[0], places[1]), (after, places[1], places[0])):
        alone = mine - theirs
        known = {(scenario, arm) for scenario, arm, _ in theirs}
        arms = {f"{scenario}/{arm}" for scenario, arm, _ in alone if (scenario, arm) not in known}
        yield from _some("arm", arms, f"only played by {side.name}")
        beside = {it for it in alone if it[:2] in known}
        yield from _some("planned path", map(" ".join, beside), f"only played by {side.name}")


def _some(what: str, names: Iterable[str], why: str) -> Iterable[LeftOut]:
    found = tuple(sorted(names))
    if found:
        yield LeftOut(what, found, why)


def _cautions(before: Version, after: Version) -> Iterable[str]:
    """What a reader of the differences should know first."""
    for side in (before, after):
        if side.incomplete:
            yield f"{side.run} is incomplete: {side.incomplete}"
    if before.seed != after.seed:
        yield (
            f"the seeds differ ({before.seed}, {after.seed}), so wordings were drawn anew: that "
            "adds noise and no bias; the same seed would pair them"
        )
    if before.router != after.router:
        yield (
            f"the dialogues were routed by different readings ({before.router}, {after.router}), "
            "so that they may have gone other ways for that alone"
        )
    for side in (before, after):
        if side.calibrated:
            yield (
                f"differences are of raw rates, although judge {side.judge} is calibrated in "
                f"{side.run} ({side.calibrated}): its errors may differ between the two sides, and "
                "part of a difference may be theirs"
            )


def _replayed(before: Iterable[Row], after: Iterable[Row]) -> Iterable[str]:
    """Whether the two sides are one and the same, word for word."""
    said = [
        {
            row.key: [turn.reply for turn in (*row.restricted_turns, *row.allowed_turns)]
            for row in side
        }
        for side in (before, after)
    ]
    if said[0] == said[1] and any(said[0].values()):
        yield (
            "every reply is the same on both sides, word for word, as in a replay or with one seed "
            "of a simulated assistant: what is alike here is no evidence of what chance would do"
        )
