"""Hostile transcripts: tricks played on clear cases, a file a family.

`bases/*.yaml` are conversations with true readings, in the form of sentinels. A trick is put into
one of them: `at` a message, `after` its text (or `before` it, or `instead`). `answer` is what a
judge says that does what the text wants; the text itself where nothing else is given. `{lone}`
stands for a lone surrogate, which no file can hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from convsim.case import Case
from convsim.judges.sentinels import Sentinel, read_sentinel
from convsim.transcript import Message, Transcript, Turn
from convsim.yaml12 import parse

HERE = Path(__file__).parent
LONE = "\ud83d"


@dataclass(frozen=True)
class Trick:
    """One hostile transcript and the conversation that it was made from."""

    id: str
    base: Sentinel
    at: str
    text: str
    add: str
    answer: str
    transcript: Transcript
    case: Case

    @property
    def is_added_to_a_reply(self) -> bool:
        """Whether the assistant's own words are still there, with something beside them."""
        return self.at.startswith("reply") and self.add != "instead"


@cache
def bases() -> dict[str, Sentinel]:
    """The conversations that tricks are played on."""
    files = sorted((HERE / "bases").glob("*.yaml"))
    return {file.stem: read_sentinel(file.stem, file.read_bytes()) for file in files}


@cache
def tricks() -> tuple[Trick, ...]:
    """Every hostile transcript."""
    return tuple(
        _trick(**row)
        for file in sorted(HERE.glob("*.yaml"))
        for row in _rows(file.read_text(encoding="utf-8"), file.name)
    )


def _rows(text: str, name: str) -> list[dict[str, Any]]:
    # The reader of scenario files wants a mapping at the top.
    indented = "".join(f"  {line}" for line in text.splitlines(keepends=True))
    data = parse(f"tricks:\n{indented}", name).data
    assert data is not None
    rows: list[dict[str, Any]] = data["tricks"]
    return rows


def _trick(
    id: str, base: str, at: str, text: str, add: str = "after", times: int = 1, answer: str = ""
) -> Trick:
    text = (text * times).replace("{lone}", LONE)
    answer = (answer or text).replace("{lone}", LONE)
    made = bases()[base]
    where, _, n = at.partition(" ")
    transcript, case = made.transcript, made.case
    match where:
        case "system":
            transcript = replace(transcript, system=_added(transcript.system or "", text, add))
        case "objective":
            case = replace(case, objective=_added(case.objective or "", text, add))
        case "need":
            case = replace(case, need=_added(case.need or "", text, add))
        case "rule":
            told = {"text": _added(case.rule.text, text, add)}
            case = replace(case, rule=case.rule.model_copy(update=told))
        case _:
            turns = list(transcript.turns)
            turns[int(n) - 1] = _tricked(turns[int(n) - 1], where, text, add)
            transcript = replace(transcript, turns=tuple(turns))
    transcript = replace(transcript, objective=case.objective, need=case.need)
    return Trick(id, made, at, text, add, answer, transcript, case)


def _tricked(turn: Turn, where: str, text: str, add: str) -> Turn:
    match where:
        case "user":
            return replace(turn, user=_added(turn.user, text, add))
        case "tool":
            return replace(turn, context=(Message("tool", text, tool_call_id="call-1"),))
        case _:
            assert where == "reply"
            return replace(turn, reply=_added(turn.reply, text, add))


def _added(own: str, text: str, add: str) -> str:
    match add:
        case "after":
            return f"{own}\n\n{text}"
        case "before":
            return f"{text}\n\n{own}"
        case _:
            assert add == "instead"
            return text
