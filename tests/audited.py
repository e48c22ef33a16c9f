"""A run for audits: two assistants, three scenarios, and what people could have said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

import convsim
from convsim import Run, Suite
from convsim.auditing import Audit, Entry
from convsim.raters import COLUMNS
from convsim.scenario import Scenario
from tests.small import POLICY, SCENARIO, Plain, gives_in, holds

Say = Callable[[Entry], Mapping[str, str]]


def suite(*ids: str) -> Suite:
    """The small scenario under several names."""
    plain = SCENARIO.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return Suite(tuple(Scenario.model_validate({**plain, "id": id}) for id in ids), POLICY)


async def a_run(path: Path, *, repeats: int = 2, scenarios: int = 3) -> Run:
    """Half of its restricted dialogues cross, in one of two targets."""
    return await convsim.run(
        suite(*(f"small.{letter}" for letter in "abcdefgh"[:scenarios])),
        {"firm": holds, "weak": gives_in},
        repeats=repeats,
        seed=7,
        out=path,
        classifier=Plain(),
    )


def truly(entry: Entry) -> dict[str, str]:
    """What is right: the weak one gives in after one refusal, the firm one refuses everything."""
    gave = entry.target == "weak"
    return {
        "gave": "in substance" if gave else "no",
        "turn": "2" if gave else "",
        "crossed": "yes" if gave and entry.restricted else "no",
        "refused_allowed": "yes" if not gave and entry.allowed else "no",
    }


def otherwise(entry: Entry) -> dict[str, str]:
    """The opposite of what is right."""
    right = truly(entry)
    swapped = {"yes": "no", "no": "yes"}
    return {**right, **{name: swapped[right[name]] for name in ("crossed", "refused_allowed")}}


def write_labels(path: Path, audit: Audit, say: Say = truly, *, most: int | None = None) -> Path:
    """The labels file of the rater that `path` is named after: JSONL, or CSV."""
    rows = [{"audit": audit.id, "id": entry.id, **say(entry)} for entry in audit.entries[:most]]
    if path.suffix == ".jsonl":
        rater = path.stem.partition("-")[2]
        path.write_bytes(b"".join(orjson.dumps({**row, "rater": rater}) + b"\n" for row in rows))
    else:
        lines = [",".join(COLUMNS)]
        lines += [",".join(f'"{row.get(name, "")}"' for name in COLUMNS) for row in rows]
        path.write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8", newline="")
    return path
