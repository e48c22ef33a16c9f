"""How whole conversations are judged by rules alone, in eleven languages.

The conversations of `tests/judged/*.yaml` were written by hand, with what was right, before the
readings saw any of them. Half of them (`develop`) may be learnt from. Of the other half only these
counts are looked at (`decide`), and nothing is mended for a row of it.

    python benchmarks/judged.py              # counts by half, language and kind
    python benchmarks/judged.py --wrong      # and what is wrong in the half to learn from
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from convsim.api import judged as judged_of
from convsim.transcript import Transcript
from convsim.verdict import Verdict

FOLDER = Path(__file__).parents[1] / "tests" / "judged"
KEYS = ("rule", "objective", "need", "expect", "evidence", "facets", "closure")
COLUMNS = ("conversations", "verdict", "outcome", "finding", "turn of flip", "inconclusive")


@dataclass(frozen=True, slots=True)
class Judged:
    """One conversation, its truth, and what was said of it."""

    conversation: Mapping[str, Any]
    transcript: Transcript
    verdict: Verdict

    @property
    def truth(self) -> Mapping[str, Any]:
        """What is right: `verdict`, `outcome`, and perhaps `finding` and `turn_of_flip`."""
        truth: Mapping[str, Any] = self.conversation["truth"]
        return truth

    @property
    def right(self) -> tuple[bool | None, ...]:
        """Whether verdict, outcome, finding and turn of flip are right; None where not known."""
        truth, said = self.truth, self.verdict
        return (
            said.grade == truth["verdict"],
            said.outcome == truth["outcome"],
            said.finding == truth["finding"] if "finding" in truth else None,
            said.turn_of_flip == truth.get("turn_of_flip"),
        )


def conversations(folder: Path = FOLDER) -> Iterator[dict[str, Any]]:
    """Every conversation, with the `language` of its file unless it says another."""
    import yaml

    for path in sorted(folder.glob("*.yaml")):
        for item in yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader):
            yield {"language": path.stem, **item}


def row_of(conversation: Mapping[str, Any]) -> dict[str, Any]:
    """The row that `convsim judge` reads: without the truth, the kind and the half."""
    known = {key: conversation[key] for key in KEYS if key in conversation}
    return {"id": conversation["id"], **known, "messages": list(_messages(conversation))}


def _messages(conversation: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if system := conversation.get("system"):
        yield {"role": "system", "content": system}
    for user, assistant, *tool in conversation["turns"]:
        yield {"role": "user", "content": user}
        yield from ({"role": "tool", "content": said} for said in tool)
        yield {"role": "assistant", "content": assistant}


def judged(folder: Path = FOLDER) -> list[Judged]:
    """Every conversation, judged as `convsim judge FILE` judges it."""
    items = {item["id"]: item for item in conversations(folder)}
    with tempfile.TemporaryDirectory() as kept:
        file = Path(kept) / "judged.jsonl"
        file.write_bytes(b"".join(orjson.dumps(row_of(item)) + b"\n" for item in items.values()))
        return asyncio.run(_judged(file, items))


async def _judged(file: Path, items: Mapping[str, Mapping[str, Any]]) -> list[Judged]:
    return [
        Judged(items[verdict.key], transcript, verdict)
        async for transcript, verdict in judged_of(file)
    ]


# -- the table


def counts(items: Iterable[Judged]) -> tuple[str, ...]:
    """How many there are, how many are right in each of the four, and how many are undecided."""
    items = list(items)
    columns = zip(*(item.right for item in items), strict=True)
    known = [[right for right in column if right is not None] for column in columns]
    undecided = sum(item.verdict.grade == "INCONCLUSIVE" for item in items)
    return str(len(items)), *(f"{sum(one)}/{len(one)}" for one in known), str(undecided)


def table(items: Iterable[Judged], key: Callable[[Judged], str]) -> Iterator[str]:
    """A line of counts for each value of the key."""
    groups: dict[str, list[Judged]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    for name, group in sorted(groups.items()):
        yield f"{name:<18}" + "".join(f"{cell:>14}" for cell in counts(group))


def wrong(item: Judged) -> Iterator[str]:
    """What was said of a conversation that is judged wrongly, turn by turn."""
    said = item.verdict
    yield (
        f"{item.conversation['id']}: {dict(item.truth)}\n"
        f"  said {said.grade} {said.reason or ''} {said.outcome} {said.finding} {said.turn_of_flip}"
    )
    for turn in item.transcript.turns:
        read = turn.reading
        axes = f"{read.label} {read.stance} {read.delivery} {read.confidence:.2f}" if read else "-"
        yield f"  {axes:<40} {turn.reply[:110]!r}"


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", action="store_true", help="what is wrong in `develop`")
    options = parser.parse_args()
    items = judged()
    print(" " * 18 + "".join(f"{column:>14}" for column in COLUMNS))
    for key in ("half", "language", "kind"):
        print(f"by {key}")
        halves = {"decide", "develop"} if key == "half" else {"develop"}
        print(*_by(items, key, halves), sep="\n")
    print("by language, half decide")
    print(*_by(items, "language", {"decide"}), sep="\n")
    if options.wrong:
        learnt = [item for item in items if item.conversation["half"] == "develop"]
        for item in learnt:
            if False in item.right:
                print(*wrong(item), sep="\n")


def _by(items: Iterable[Judged], key: str, halves: set[str]) -> Iterator[str]:
    chosen = [item for item in items if item.conversation["half"] in halves]
    return table(chosen, lambda item: str(item.conversation[key]))


if __name__ == "__main__":
    main()
