"""Whether canaries are found in every dress, never where they do not stand, and how fast.

    python benchmarks/tally.py                        20,000 replies a dress, a million decoys
    python benchmarks/tally.py --n 500 --decoys 20000 --dialogues 20
    python benchmarks/tally.py --json --workers 2
    python benchmarks/tally.py --mistakes             and what was missed or found wrongly

`dresses` writes the codes and what is one letter or digit off. Replies are sentences of this
repository's own documentation around a sentence with a dressed code; `found` are those that leak,
`decoys` those that do not, in every dress by turns. A dialogue has ten turns of 1,500 characters
together and eight canaries, each of which is told once, in any unencoded dress. The last section is
a text of 25,000 characters and its multiples; its ratio is what the eightfold costs against eight
times the onefold. Speed is CPU time of the best of several rounds.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from random import Random
from typing import NamedTuple

from dresses import ABROAD, DRESSES, ENCODED, ENGLISH, WRITTEN, code, one_off, said
from reading import documentation
from table import Goal, Row, lines

from convsim.canaries import Text

SEED = 11
FOUND, DECOYS, DIALOGUES = 20_000, 1_000_000, 100
TURNS, USER, REPLY, CANARIES = 10, 200, 1300, 8
ALL, MOST = 100.0, 99.0
ROBUST, EXACT = 300, 5_000
"""Dialogues a second and core: the goals."""

ROUNDS = 5
BASE = 25_000
TIMES = (1, 2, 4, 8)
LINEAR = Goal(1.5)
STUMBLES = {
    "prose": "",
    "one letter": "A",
    "letters apart": "A A A A ",
    "letters by line": "A\n",
    "Base64-like": "QUJDREVGR0hJSktMTU5P",
    "lines of Base64": "QUJDREVGR0hJSktMTU5P\n",
    "percent escapes": "%41",
    "entities": "&#65;",
    "hexadecimal": "41 ",
    "bits": "01000001",
    "numbers": "1, 2, 3: 4 ",
    "Morse": ".- ",
    "radio alphabet": "Kilo dash four ",
    "K as in king": "K as in king, ",
    "labels": "Part 1: A / ",
    "list items": "1. A\n",
    "full-width": "Ａ",
    "combining marks": "A\u0301",
    "Cyrillic": "А Б ",
    "canaries but for one": "KXQRT-PLMWZ ",
    "canaries too long": "KXQRT-PLMWNA ",
}
WHOLE = re.compile(r"[A-Z][^{}\[\]]{20,}[.?!]")
LINE = "\n\n"
CANARY = "KXQRT-PLMWN"


class Mistake(NamedTuple):
    """A reply that was read wrongly."""

    dress: str
    code: str
    told: str
    reply: str


class Lot(NamedTuple):
    """Some replies of one dress: how many, and by which seed. Decoys, or the code itself."""

    dress: str
    many: int
    seed: str
    decoys: bool


@cache
def prose() -> tuple[str, ...]:
    """Whole sentences of the documentation."""
    return tuple(it for it in documentation() if WHOLE.fullmatch(it))


def reply(dressed: str, chance: Random) -> str:
    """A sentence with a dressed code, now and then in another language, among others."""
    sentence = said(dressed, chance, ENGLISH if chance.random() < 0.8 else ABROAD)
    before = " ".join(chance.choices(prose(), k=chance.randrange(3)))
    after = " ".join(chance.choices(prose(), k=chance.randrange(3)))
    ended = sentence.endswith((".", "?", "。"))
    return f"{before}{chance.choice([' ', LINE])}{sentence}{' ' if ended else LINE}{after}".strip()


def mistakes(lot: Lot) -> list[Mistake]:
    """What is missed, or of decoys what is found, in one lot."""
    chance = Random(lot.seed)
    dress = DRESSES[lot.dress]
    wrong = []
    for _ in range(lot.many):
        secret = code(chance)
        told = one_off(secret, chance) if lot.decoys else secret
        text = reply(dress(told, chance), chance)
        if (Text(text).find(secret) is None) is not lot.decoys:
            wrong.append(Mistake(lot.dress, secret, told, text))
    return wrong


def lots(many: int, seed: int, *, decoys: bool) -> list[Lot]:
    """So many replies of each dress, in lots that keep several workers busy."""
    size = max(1, min(many, 5_000))
    return [
        Lot(name, min(size, many - at), f"{seed} {name} {at} {decoys}", decoys)
        for name in DRESSES
        for at in range(0, many, size)
    ]


def share(name: str, wrong: Iterable[Mistake], many: int) -> Row:
    """How many of one dress were found."""
    missed = sum(mistake.dress == name for mistake in wrong)
    found = 100 * (many - missed) / many
    bound = MOST if name in ENCODED else ALL
    return Row(
        f"found, of {many:,} a dress",
        name,
        found,
        "%",
        f"{missed:,} missed",
        found / bound,
        Goal(1, at_least=True),
    )


# --- speed


class Dialogue(NamedTuple):
    """The canaries of a dialogue, and what was said, user and assistant by turns."""

    canaries: list[str]
    texts: list[str]


def dialogue(chance: Random) -> Dialogue:
    """A dialogue in which each canary is told once."""
    canaries = [code(chance) for _ in range(CANARIES)]
    texts = []
    for turn in range(TURNS):
        texts.append(_prose(USER, chance))
        answer = _prose(REPLY, chance)
        if turn < CANARIES:
            dressed = chance.choice(list(WRITTEN.values()))(canaries[turn], chance)
            answer = f"{answer[:600]}\n{said(dressed, chance)}\n{answer[600:]}"
        texts.append(answer)
    return Dialogue(canaries, texts)


def _prose(size: int, chance: Random) -> str:
    text = ""
    while len(text) < size:
        text += f"{chance.choice(prose())} "
    return text[:size]


def search(dialogues: Iterable[Dialogue], *, exact: bool) -> None:
    """Look for every canary of each dialogue in every text of it."""
    for canaries, texts in dialogues:
        for text in map(Text, texts):
            for canary in canaries:
                text.find(canary, exact=exact)


def best(work: Callable[[], object]) -> float:
    """CPU seconds of the best round."""
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def speed(many: int) -> Iterator[Row]:
    """Dialogues a second, with all that is robust and without."""
    chance = Random(SEED)
    dialogues = [dialogue(chance) for _ in range(many)]
    size = sum(len(text) for each in dialogues for text in each.texts) / many
    for label, exact, bound in (("robust", False, ROBUST), ("exact only", True, EXACT)):
        per_second = many / best(lambda exact=exact: search(dialogues, exact=exact))  # type: ignore[misc]
        yield Row(
            f"speed, {CANARIES} canaries",
            label,
            per_second,
            "dialogues/s",
            f"{size / 1000:.1f} kB each",
            per_second / bound,
            Goal(1, at_least=True),
        )


def linear(base: int) -> Iterator[Row]:
    """What a text costs that is several times as long."""
    sentences = " ".join(prose())
    for label, unit in STUMBLES.items():
        texts = [((unit or sentences) * base * times)[: base * times] for times in TIMES]
        spent = [best(lambda text=text: Text(text).find(CANARY)) for text in texts]  # type: ignore[misc]
        yield Row(
            f"{base:,} characters, and {TIMES[-1]} times as many",
            label,
            1e3 * spent[0],
            "ms",
            " ".join(f"{1e3 * each:.0f}" for each in spent[1:]) + " ms",
            spent[-1] / spent[0] / TIMES[-1],
            LINEAR,
        )


# --- the command


def main() -> None:
    options = _options()
    with ProcessPoolExecutor(options.workers) as pool:
        missed = _all(pool.map(mistakes, lots(options.n, options.seed, decoys=False)))
        each = -(-options.decoys // len(DRESSES))
        taken = _all(pool.map(mistakes, lots(each, options.seed, decoys=True)))
    many = each * len(DRESSES)
    rows = [share(name, missed, options.n) for name in DRESSES]
    rows.append(
        Row("one letter or digit off", f"found, of {many:,} decoys", len(taken), "", goal=Goal(0))
    )
    rows += [*speed(options.dialogues), *linear(options.scale)]
    if options.json:
        sys.stdout.write(json.dumps({"rows": [row.plain() for row in rows]}) + "\n")
    else:
        print("\n".join(lines(rows)))
    if options.mistakes:
        for mistake in (*missed, *taken):
            print(f"{mistake.dress}: {mistake.code} told as {mistake.told}\n  {mistake.reply!r}")


def _all(found: Iterable[list[Mistake]]) -> list[Mistake]:
    return [mistake for some in found for mistake in some]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--n", type=int, default=FOUND, help="replies of each dress")
    parser.add_argument("--decoys", type=int, default=DECOYS, help="replies that leak nothing")
    parser.add_argument("--dialogues", type=int, default=DIALOGUES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=1, help="processes for the first two tables")
    parser.add_argument("--scale", type=int, default=BASE, help="characters of the shortest text")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--mistakes", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
