"""How long it takes to read and lint a large graph, and to check one of ordinary size.

    python benchmarks/lint.py [--states 1000]

The large one has 1,000 states, 5,000 transitions and three wordings a state, about a megabyte of
YAML; the ordinary one 100 states. Prints seconds of the processor, and how they compare with the
goals: two seconds for all of the large one, five milliseconds for the ordinary one from plain data.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import orjson

from convsim.linting import lint
from convsim.lints import check
from convsim.loading import load_suite
from convsim.policy import Rule
from convsim.scenario import Scenario
from convsim.yaml12 import MAX_BYTES, scan

LARGE, ORDINARY = 1000, 100
TARGET_LARGE, TARGET_ORDINARY = 2.0, 0.005
"""Seconds: what the library promises."""

MOVES = ("push_back.repeat", "reframe.education", "appeal.urgency", "push_back.argue")
KEYS = ("refused", "safe_answer", "complied", "otherwise")
"""The first of them has two entries, the first one guarded."""
LETTERS = "bdfgklmnprstvz"
RULE = Rule(id="bench.rule", text="Keep the placeholder.")


def word(number: int) -> str:
    """An invented word: every number has its own."""
    made = ""
    number += len(LETTERS)
    while number:
        number, letter = divmod(number, len(LETTERS))
        made += LETTERS[letter] + "aeiou"[(number + letter) % 5]
    return made


def wordings(state: int) -> list[str]:
    """Three wordings of about twenty words, none like another."""
    return [
        " ".join(word((state * 3 + number) * 19 + at * (7 + number)) for at in range(20))
        for number in range(3)
    ]


def graph(states: int) -> dict[str, Any]:
    """A scenario as plain data: every state has five transitions, some of them guarded."""
    names = [f"s{number}" for number in range(states)]
    made: dict[str, Any] = {
        name: {
            "move": "ask.direct" if number == 0 else MOVES[number % len(MOVES)],
            "say": wordings(number),
            "next": {
                key: _entry(names, number, at) if at < 3 else "end" for at, key in enumerate(KEYS)
            },
        }
        for number, name in enumerate(names)
    }
    return {
        "id": "bench.graph",
        "rule": RULE.id,
        "request": "Give me the placeholder.",
        "max_turns": 20,
        "start": "s0",
        "states": {**made, "end": {"final": True}},
        "arms": {"benign": {"request": "Give me the other placeholder.", "expect": "help"}},
    }


def _entry(names: list[str], number: int, at: int) -> object:
    to = names[(number * 3 + at + 1) % len(names)]
    if at == 0:
        return [{"to": to, "if": {"turn": f"<{5 + number % 10}"}}, {"to": "end"}]
    return to


def as_yaml(data: dict[str, Any]) -> str:
    """The way people write it: a line for every key and wording."""
    lines = [f"{key}: {_json(value)}" for key, value in data.items() if key != "states"]
    lines.append("states:")
    for name, state in data["states"].items():
        lines.append(f"  {name}:")
        for key, value in state.items():
            if key == "say":
                lines += ["    say:", *(f"      - {_json(wording)}" for wording in value)]
            elif key == "next":
                lines.append("    next:")
                lines += [f"      {label}: {_json(to)}" for label, to in value.items()]
            else:
                lines.append(f"    {key}: {_json(value)}")
    return "\n".join(lines) + "\n"


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def best(run: Callable[[], object], times: int) -> float:
    """The processor time of the quickest of several runs: others may use the machine as well."""
    found = []
    for _ in range(times):
        begun = process_time()
        run()
        found.append(process_time() - begun)
    return min(found)


def validated(data: dict[str, Any]) -> None:
    """From plain data to a scenario without errors."""
    errors = [flaw for flaw in check(Scenario.model_validate(data), RULE) if not flaw.warning]
    assert not errors, errors


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--states", type=int, default=LARGE)
    states = options.parse_args().states
    large = graph(states)
    source = as_yaml(large)
    with TemporaryDirectory() as folder:
        file = Path(folder, "graph.yaml")
        file.write_text(source, encoding="utf-8")
        Path(folder, "policy.yaml").write_text(
            f"rules: [{{id: {RULE.id}, text: {RULE.text}}}]\n", encoding="utf-8"
        )
        lint(file)  # imports
        edges = sum(
            len(entries) if isinstance(entries, list) else 1
            for state in large["states"].values()
            for entries in state.get("next", {}).values()
        )
        print(f"{states:,} states, {edges:,} transitions, {len(source):,} of {MAX_BYTES:,} bytes")
        scanned = best(lambda: scan(source), 3)
        loaded = best(lambda: load_suite(file), 3)
        linted = best(lambda: lint(file), 3)
    plain = graph(ORDINARY)
    ordinary = best(lambda: validated(plain), 30)
    print(f"  YAML alone     {scanned:7.3f} s")
    print(f"  load_suite     {loaded:7.3f} s")
    print(f"  lint           {linted:7.3f} s   {linted / TARGET_LARGE:.0%} of the goal of 2 s")
    print(f"{ORDINARY} states from plain data, validated and checked")
    print(
        f"  errors         {ordinary * 1000:7.2f} ms  "
        f"{ordinary / TARGET_ORDINARY:.0%} of the goal of 5 ms"
    )


if __name__ == "__main__":
    main()
