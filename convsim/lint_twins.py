"""Linting: whether the benign twin differs from the graph in what is asked, and in nothing else.

A twin is what a rate of over-refusal, or of closures that are none, is compared with. What differs
besides the request confounds the comparison, so it is said in numbers; all of these are warnings.

The bars were read off the twins that ship with convsim: over a whole arm their wordings are at most
11% longer or shorter, and they keep 42% to 92% of the graph's long words, where the arms of two
unrelated scenarios share 8% to 32%. State by state the lengths of old twins differ by up to 47%,
since a state has three short wordings; so that is asked of scenarios with facets alone, where the
twin is the negative that a judge is measured on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import fmean

from convsim.errors import Flaw
from convsim.graph import graph_of
from convsim.lint_texts import Loc, filled
from convsim.lint_ways import sought_in
from convsim.paths import turn_bounds
from convsim.policy import UNSPECIFIED, Level, Rule
from convsim.scenario import AUTHORED_CONTROLS, RESTRICTED_ARM, Expect, Scenario

LONGER = 0.15
"""How much longer or shorter wordings may be on average, if it is more than one word."""

KEPT = 0.40
"""How much of the graph's vocabulary a twin keeps at least."""

FEW_WORDS = 20
"""A vocabulary of fewer words says nothing."""

_GRAPH_KEYS = ("next", "visits", "then", "final")
# Scripts without blanks: a character counts as a word, and as none of a vocabulary.
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+(?:['’][^\W\d_]+)*")
_LONG = 5
"""Words of so many letters tell a subject; shorter ones are mostly the same in every text."""


def check_twins(scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    """Where an arm that expects help differs from the graph in more than what is asked.

    Authored controls differ on purpose; under a `help` rule the graph itself is what is allowed.
    """
    if rule is not None and rule.level is Level.HELP:
        return
    graph = scenario.in_arm(RESTRICTED_ARM)
    for name, arm in scenario.arms.items():
        if arm.expect is Expect.HELP and name not in AUTHORED_CONTROLS:
            twin = scenario.in_arm(name)
            yield from _check_steps(scenario, name)
            yield from _check_parts(graph, twin, name)
            yield from _check_numbers(graph, twin, name)
            yield from _check_lengths(graph, twin, name)
            yield from _check_vocabulary(graph, twin, name)


def _warning(name: str, loc: Loc, message: str) -> Flaw:
    return Flaw(("arms", name, *loc), f"arm '{name}'{message}", warning=True)


def _check_steps(scenario: Scenario, name: str) -> Iterator[Flaw]:
    """The same moves, and as many turns."""
    for state, override in scenario.arms[name].states.items():
        given, graph = override.model_fields_set, scenario.states[state]
        if "move" in given and override.move != graph.move:
            yield _warning(
                name,
                ("states", state, "move"),
                f", state '{state}': the move is `{override.move}` and in the graph "
                f"`{graph.move}`; a twin makes the same moves",
            )
        for key in _GRAPH_KEYS:
            if key in given and getattr(override, key) != getattr(graph, key):
                yield _warning(
                    name,
                    ("states", state, key),
                    f", state '{state}': `{key}` is not the graph's, and dialogues take "
                    f"{_turns(scenario, name)} turns where the graph has "
                    f"{_turns(scenario, RESTRICTED_ARM)}; a twin leads where the graph leads",
                )


def _turns(scenario: Scenario, arm: str) -> str:
    least, most = turn_bounds(graph_of(scenario, arm, UNSPECIFIED))
    return f"{least}" if least == most else f"{least} to {most}"


def _check_parts(graph: Scenario, twin: Scenario, name: str) -> Iterator[Flaw]:
    here, there = len(sought_in(twin)), len(sought_in(graph))
    if here != there:
        yield _warning(
            name,
            (),
            f" asks for {here} {'facet' if here == 1 else 'facets'} and the graph for {there}; a "
            "twin asks for as many parts",
        )


def _check_numbers(graph: Scenario, twin: Scenario, name: str) -> Iterator[Flaw]:
    """As many wordings, so that each is drawn as often."""
    for loc, where, ours, theirs in _wordings(graph, twin):
        if len(ours) != len(theirs):
            yield _warning(
                name,
                loc,
                f"{where} has {len(theirs)} {'wording' if len(theirs) == 1 else 'wordings'} and in "
                f"the graph {len(ours)}; give as many",
            )


def _wordings(
    graph: Scenario, twin: Scenario
) -> Iterator[tuple[Loc, str, Sequence[str], Sequence[str]]]:
    yield ("clarified",), ", `clarified`", graph.clarified, twin.clarified
    for name, state in graph.states.items():
        yield ("states", name, "say"), f", state '{name}'", state.say, twin.states[name].say


def _check_lengths(graph: Scenario, twin: Scenario, name: str) -> Iterator[Flaw]:
    """About as long: state by state where facets are asked for, else over the whole arm."""
    means: list[tuple[str, float, float]] = [
        (state.id, _length(state.say, graph), _length(twin.states[state.id].say, twin))
        for state in graph.states.values()
        if state.say and twin.states[state.id].say
    ]
    if not graph.facets:
        ours, theirs = fmean(it[1] for it in means), fmean(it[2] for it in means)
        if _differ(ours, theirs):
            yield _warning(name, (), f"{_longer(ours, theirs)}; a twin's are about as long")
        return
    for state, ours, theirs in means:
        if _differ(ours, theirs):
            loc: Loc = ("states", state, "say")
            said = f", state '{state}'{_longer(ours, theirs)}; a twin's are about as long"
            yield _warning(name, loc, said)


def _length(wordings: Sequence[str], scenario: Scenario) -> float:
    """Words of a wording, on average, with the slots filled."""
    return fmean(len(_WORD.findall(filled(wording, scenario))) for wording in wordings)


def _differ(ours: float, theirs: float) -> bool:
    return abs(theirs - ours) > max(1.0, LONGER * ours)


def _longer(ours: float, theirs: float) -> str:
    return (
        f": a wording has {theirs:.1f} words on average and in the graph {ours:.1f} "
        f"({theirs / ours - 1:+.0%}, more than {LONGER:.0%} apart)"
        if ours
        else f": a wording has {theirs:.1f} words on average and in the graph none"
    )


def _check_vocabulary(graph: Scenario, twin: Scenario, name: str) -> Iterator[Flaw]:
    ours, theirs = _vocabulary(graph), _vocabulary(twin)
    if len(ours) < FEW_WORDS:
        return
    kept = len(ours & theirs) / len(ours)
    if kept < KEPT:
        yield _warning(
            name,
            (),
            f" keeps {kept:.0%} of the graph's {len(ours)} words of {_LONG} letters or more, less "
            f"than {KEPT:.0%}, so that words alone tell the arms apart; use more of the same ones",
        )


def _vocabulary(scenario: Scenario) -> set[str]:
    said = (
        filled(wording, scenario) for state in scenario.states.values() for wording in state.say
    )
    return {word for text in said for word in _WORD.findall(text.lower()) if len(word) >= _LONG}
