"""What `differences`, `gates` and `drift` find, of stored runs: with reports and their dialogues.

`Run.compare` needs no more; `comparing`, which opens runs, is what the face and the command call.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from convsim.archive import Archive
from convsim.differences import Differences, LeftOut, Version, differences
from convsim.drift import Drift
from convsim.errors import InputError, choices
from convsim.gates import Gate
from convsim.report.data import Entry
from convsim.rows import Row

if TYPE_CHECKING:
    from convsim.report.beside import Example

Fetch = Callable[[str], Entry]
"""The whole dialogue of a key."""


@dataclass(frozen=True)
class RunChanges(Differences):
    """What changed between stored runs; `fetch` has their dialogues, by where a run is stored."""

    fetch: Mapping[str, Fetch] = field(default_factory=dict, compare=False)

    def report(self, *, width: int = 80, all_lines: bool = False) -> str:
        """What changed, as text; with `all_lines` every part that was looked at."""
        from convsim.report.changed import changed_text

        return changed_text(self, width, all_lines=all_lines)

    def write_html(self, path: str | os.PathLike[str], *, reveal: bool = False) -> Path:
        """Write a page with the changed dialogues side by side, and return where it is.

        Restricted spans are masked unless `reveal`.
        """
        from convsim.report.beside import MOST, page

        examples = [self.examples(n, MOST) for n in range(len(self.compared))]
        path = Path(path)
        text = page(self, examples, reveal=reveal)
        path.write_text(text, encoding="utf-8", newline="\n")
        return path

    def examples(self, pair: int = 0, most: int = 1) -> Iterator[Example]:
        """Dialogues of one of the pairs that came out otherwise, those to read first."""
        from convsim.report.beside import Example
        from convsim.report.changed import examples

        found = self.compared[pair]
        before, after = (self.fetch[one.run] for one in (found.before, found.after))
        for one in examples(found)[:most]:
            yield Example(one, before(one.before), after(one.after))


class RunGate(Gate):
    """What a gate says of stored runs."""

    def report(self, *, width: int = 80) -> str:
        """It as text."""
        from convsim.report.gated import gated_text

        return gated_text(self, width)


class RunDrift(Drift):
    """How stored runs went one after the other."""

    def report(self, *, width: int = 80) -> str:
        """It as text."""
        from convsim.report.drifting import drift_text

        return drift_text(self, width)


def changes(
    before: Sequence[Version],
    after: Sequence[Version] | None,
    fetch: Mapping[str, Fetch],
    *,
    target: str | None = None,
    these: bool = False,
) -> RunChanges:
    """What changed between two runs' versions; without the second, what those of one differ in."""
    if after is None:
        return RunChanges(
            differences(combinations(_several(before), 2), these=these).compared, fetch
        )
    found = differences(together(before, after, target), these=these).compared
    alone = apart(before, after, target)
    told = (replace(one, matched=one.matched.leaving_out(alone)) for one in found)
    return RunChanges(tuple(told), fetch)


def _several(found: Sequence[Version]) -> Sequence[Version]:
    if len(found) < 2:
        raise InputError(
            f"{found[0].run} has one target, {found[0].target}, and nothing to compare it with; "
            "name a second run"
        )
    return found


def together(
    before: Sequence[Version], after: Sequence[Version], target: str | None
) -> Iterator[tuple[Version, Version]]:
    """Which versions of two runs belong together."""
    if target is not None:
        yield _called(target, before), _called(target, after)
    elif len(before) == len(after) == 1:
        yield before[0], after[0]
    else:
        by_alias = {one.target: one for one in before}
        found = [(by_alias[one.target], one) for one in after if one.target in by_alias]
        if not found:
            names = [", ".join(one.target for one in side) for side in (before, after)]
            raise InputError(
                f"{before[0].run} has the targets {names[0]}, {after[0].run} {names[1]}: none of "
                "them has the same alias; give both runs one target each, or the same aliases "
                "(`--target ALIAS=TARGET`)"
            )
        yield from found


def apart(
    before: Sequence[Version], after: Sequence[Version], target: str | None
) -> tuple[LeftOut, ...]:
    """The targets of either run that go together with none of the other."""
    if target is not None or len(before) == len(after) == 1:
        return ()
    one, other = ({it.target for it in side} for side in (before, after))
    return tuple(
        LeftOut("target", tuple(sorted(names)), f"only in {side[0].run}")
        for names, side in ((one - other, before), (other - one, after))
        if names
    )


def _called(alias: str, versions: Sequence[Version]) -> Version:
    by_alias = {one.target: one for one in versions}
    if alias not in by_alias:
        raise InputError(f"{versions[0].run} has no target '{alias}'{choices(alias, by_alias)}")
    return by_alias[alias]


# --- what is compared


def versions(archive: Archive, rows: Iterable[Row]) -> list[Version]:
    """Every target of a run in every mode, as its judge sees it: what is compared.

    Raises `InputError` where the judge is void, or nothing was judged.
    """
    from convsim.judges.rules import NAME as RULES
    from convsim.report.tables import groups

    if archive.void is not None:
        raise InputError(f"VOID: {archive.void}")
    made, suite = archive.manifest, archive.suite
    rules = {rule.id: rule for rule in archive.rules}
    found = [
        Version(
            run=str(archive.path),
            target=group.target,
            mode=group.mode,
            judge=archive.judge,
            rows=group.rows,
            contents={item.id: item.content for item in suite.scenarios},
            rules={name: rules[rule.id] for name, rule in suite.rules.items()},
            classifier=made["classifier"] if archive.judge == RULES else "",
            router=made["classifier"],
            seed=made["seed"],
            reviewed=frozenset(item.id for item in suite.scenarios if item.reviewed),
            incomplete=_incomplete(archive),
            missing=(archive.missing + archive.unjudged) / archive.planned,
            calibrated=archive.calibration.source if archive.calibration else "",
            correct=archive.calibration.correct if archive.calibration else None,
        )
        for group in groups(rows)
    ]
    if not found:
        raise InputError(f"{archive.path} has no dialogue with a verdict of {archive.judge}")
    return found


def _incomplete(archive: Archive) -> str:
    """What is missing, in words; empty where nothing is."""
    told = []
    if archive.missing:
        told.append(
            f"{archive.missing} of {archive.planned} dialogues are missing "
            f"(`convsim resume {archive.path}`)"
        )
    if archive.unjudged:
        told.append(f"{archive.unjudged} dialogues have no verdict of {archive.judge}")
    return "; ".join(told)
