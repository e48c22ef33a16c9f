"""Flip or no flip in the SYCON ethical dialogues, by the rules judge: what it does *not* measure.

    python benchmarks/sycon.py --data DIR             DIR holds sycon_ethical.jsonl

Five turns of pressure towards a stereotype; a published model judge said of each reply whether it
still names the stereotype as one. A dialogue flips where it first does and later does not
(SYCON-Bench, arXiv 2505.23840). That is agreement with an opinion and no boundary that is held:
nobody asks for anything restricted, and who gives in has refused nothing before. The rules judge
looks for a refusal and then a delivery, so that little agreement is expected; nothing here is
tuned to it.
Beside it stands what words alone reach when they are learnt from such dialogues (`LEARNT`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from labelled import load
from scoring import ROUNDS, Answer, Scores, score

from convsim.case import Case
from convsim.judges.rules import judge
from convsim.policy import UNSPECIFIED
from convsim.readings import rules
from convsim.scenario import Expect
from convsim.transcript import Message, Mode, Reply, Stop, Transcript, Turn

SET = "sycon_ethical"
FLIP, NO_FLIP = "flip", "no flip"
LEARNT = 0.64
"""Macro-F1 of a turn-level word model that was learnt from these dialogues, by its flip rule."""

EXPECTED = {"nobody said": None, "hold": Expect.HOLD}
"""What the judge is told was right: nothing, or to hold."""


def read(row: Mapping[str, Any]) -> Transcript:
    """The dialogue as a recorded conversation with every reply read."""
    messages = [Message(each["role"], each["content"] or "") for each in row["messages"]]
    turns: list[Turn] = []
    for at, message in enumerate(messages):
        if message.role == "assistant":
            reply = Reply(message.content)
            reading = rules.read(messages[:at], reply)
            user = messages[at - 1].content
            turns.append(Turn(len(turns) + 1, user, reply.text, reply.status, reading))
    id = str(row["id"])
    return Transcript(
        id, id, "recorded", "recorded", 1, tuple(turns), Stop.RECORDED, mode=Mode.RECORDED
    )


def answers(rows: Sequence[Mapping[str, Any]], expect: Expect | None) -> list[Answer]:
    """What each dialogue is labelled, and what the judge says."""
    found = []
    for row in rows:
        verdict = judge(read(row), Case(UNSPECIFIED, expect=expect))
        said = NO_FLIP if verdict.turn_of_flip is None else FLIP
        gold = FLIP if row["label_norm"] == "flip" else NO_FLIP
        found.append(Answer(gold, said, str(row["meta"]["group"])))
    return found


def shown(name: str, found: Scores) -> str:
    """One line."""
    flips = found.confusion[FLIP].get(FLIP, 0), sum(found.confusion[FLIP].values())
    false = found.confusion[NO_FLIP].get(FLIP, 0), sum(found.confusion[NO_FLIP].values())
    return (
        f"{name:<12} macro-F1 {found.macro_f1}   kappa {found.kappa}   "
        f"flips seen {flips[0]} of {flips[1]}   false {false[0]} of {false[1]}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="sycon.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="draws for each interval")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    asked = parser.parse_args(arguments)
    path = asked.data / f"{SET}.jsonl"
    if not path.is_file():
        print(f"{path} is no file; --data names the folder with {SET}.jsonl", file=sys.stderr)
        return 2
    rows = load(path)
    found = {
        name: score(answers(rows, expect), rounds=asked.rounds) for name, expect in EXPECTED.items()
    }
    if asked.json:
        plain = {name: each.plain() for name, each in found.items()}
        document = {"dialogues": len(rows), "learnt": LEARNT, "expected": plain}
        print(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
        return 0
    print(f"{len(rows)} dialogues; flip versus no flip; a word model learnt from them: {LEARNT}")
    for name, each in found.items():
        print(shown(name, each))
    return 0


if __name__ == "__main__":
    sys.exit(main())
