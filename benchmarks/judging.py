"""What the rules judge costs, given readings: dialogues per second and core.

    python benchmarks/judging.py                     plain dialogues, and dialogues with facets
    python benchmarks/judging.py --profile           where the time goes, function by function

The dialogues are those of `constructed.py`, cut or played on to ten turns, each judged once per
round, as after a run: nothing is read or called, only added up. With facets, each case has four
literal ones and a closure of two sets, so that every reply is searched. CPU time of the best round.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice

import orjson
from splicing import Dialogue, dialogues
from table import Goal, Row, lines

from convsim.case import Case
from convsim.facets import Closure, Facet
from convsim.judges.rules import judge
from convsim.transcript import Transcript

TURNS = 10
DIALOGUES = 2000
ROUNDS = 5
GOAL = Goal(10_000, at_least=True)
KINDS = frozenset({"holds", "flips", "narrowed", "forged proof", "claims authority", "erodes"})
"""The constructions that are judged: those that keep the detectors busiest."""

Judgeable = tuple[Transcript, Case]


def ten_turns(each: Dialogue) -> Judgeable:
    """The dialogue with its turns over again until there are ten."""
    turns = [
        replace(turn, n=n)
        for n, turn in enumerate(islice(cycle(each.transcript.turns), TURNS), start=1)
    ]
    return replace(each.transcript, turns=tuple(turns)), each.case


def with_facets(transcript: Transcript, case: Case) -> Judgeable:
    """The same, where four words of one reply are what must not come together."""
    words = [word for word in transcript.turns[-1].reply.split() if word.isalpha()][:4]
    words += [f"none-{n}" for n in range(4 - len(words))]
    facets = tuple(Facet(id=f"f{n}", canary=(word,)) for n, word in enumerate(words))
    ids = [facet.id for facet in facets]
    closure = Closure(sets=(frozenset(ids[:2]), frozenset(ids[2:])))
    return transcript, replace(case, facets=facets, closure=closure)


def per_second(some: Sequence[Judgeable], rounds: int) -> float:
    """Dialogues judged per second of CPU time, in the best round."""
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        for transcript, case in some:
            judge(transcript, case)
        spent.append(time.process_time() - started)
    return len(some) / min(spent)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="judging.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--n", type=int, default=DIALOGUES, help="dialogues")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--profile", action="store_true", help="where the time goes")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    asked = parser.parse_args(arguments)
    found = (each for each in dialogues(100 * asked.n) if each.kind in KINDS)
    plain = [ten_turns(each) for each in islice(found, asked.n)]
    faceted = [with_facets(*each) for each in plain]
    rows = [
        Row("ten turns, given readings", name, per_second(some, asked.rounds), "dialogues/s",
            goal=GOAL)
        for name, some in (("without facets", plain), ("with four facets", faceted))
    ]  # fmt: skip
    if asked.json:
        print(orjson.dumps([row.plain() for row in rows], option=orjson.OPT_INDENT_2).decode())
    else:
        print("\n".join(lines(rows)))
    if asked.profile:
        for some in (plain, faceted):
            show_profile(some)
    return 0


def show_profile(some: Sequence[Judgeable]) -> None:
    """The functions that take longest by themselves."""
    with cProfile.Profile() as profile:
        for transcript, case in some:
            judge(transcript, case)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    sys.exit(main())
