"""Linting: whether the benign twin differs from the graph in what is asked, and in nothing else.

A twin is what a rate of over-refusal, or of closures that are none, is compared with. What differs
besides the request confounds the comparison, so it is said in numbers; all of these are warnings.

The bars were read off the twins that ship with convsim: over a whole arm their wordings are at most
11% longer or shorter, and they keep 42% to 92% of the graph's long words, where the arms of two
unrelated scenarios share 8% to 32%. State by state a mean says little, since a state has three
short wordings; so 15% is asked of a single state only in scenarios with facets, where the twin is
the negative that a judge is measured on, and elsewhere that its median is not half as long again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean, median

from convsim.errors import Flaw
from convsim.graph import graph_of
from convsim.lints.texts import UNSPACED, Loc, filled
from convsim.lints.ways import sought_in
from convsim.paths import turn_bounds
from convsim.policy import UNSPECIFIED, Level, Rule
from convsim.scenario import (
    AUTHORED_CONTROLS,
    RESTRICTED_ARM,
    Asks,
    Evidence,
    Expect,
    Scenario,
)

LONGER = 0.15
"""How much longer or shorter wordings may be on average, if it is more than one word."""

KEPT = 0.40
"""How much of the graph's vocabulary a twin keeps at least."""

FEW_WORDS = 20
"""A vocabulary of fewer words says nothing."""

FAR = 1.5
"""How many times as long half of a state's wordings may be, if it is `FAR_WORDS` words more."""

FAR_WORDS = 6

SHARED = 0.25
"""How much of the words of request and first state a twin keeps at least: what triggers."""

_GRAPH_KEYS = ("next", "visits", "then", "final")
# Scripts without blanks: a character counts as a word, and as none of a vocabulary.
_WORD = re.compile(rf"[{UNSPACED}]|[^\W\d_]+(?:['’][^\W\d_]+)*")
_LONG = 5
"""Words of so many letters tell a subject; shorter ones are mostly the same in every text."""


def check_reviewed(scenario: Scenario) -> Iterator[Flaw]:
    """Where nobody says that what an arm helps with was reviewed."""
    for name, arm in scenario.arms.items():
        if arm.expect is Expect.HELP and scenario.reviewed is None:
            yield Flaw(
                ("arms", name),
                f"arm '{name}' expects help, but no `reviewed:` names the review of its allowed "
                "status; its over-refusal will be reported as provisional",
                warning=True,
                code="CS502",
            )


_DIGIT = re.compile(r"\d")
NAMED = 20
"""Fewer characters do not say who read what, and when."""


def check_review(scenario: Scenario) -> Iterator[Flaw]:
    """A review of which nobody could say later what it was."""
    text = (scenario.reviewed or "").strip()
    helps = any(arm.expect is Expect.HELP for arm in scenario.arms.values())
    if scenario.reviewed is not None and helps and not (len(text) >= NAMED and _DIGIT.search(text)):
        yield Flaw(
            ("reviewed",),
            f"`reviewed`: '{text}' does not say who read what, and when; over-refusal counts by "
            'this: name them, such as "two readings, 2026-11-21: the benign arm against the rule"',
            warning=True,
            code="CS516",
        )


def check_same(scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    """An arm that is to be helped, in which the assistant is asked for what the graph asks for.

    The same texts with other slots are other texts. What the operator says, or a proof that can be
    checked, may be what makes the same words right.
    """
    if rule is not None and rule.level is Level.HELP:
        return
    graph = graph_of(scenario, RESTRICTED_ARM, rule or UNSPECIFIED)
    asking = [
        id
        for id, state in graph.states.items()
        if state.seeks or graph.asks(state) is Asks.RESTRICTED
    ]
    asked = _said(scenario.in_arm(RESTRICTED_ARM), asking)
    for name, arm in scenario.arms.items():
        twin = scenario.in_arm(name)
        if arm.expect is not Expect.HELP or twin.system != scenario.system:
            continue
        proven = any(it.evidence is Evidence.VERIFIABLE for it in twin.states.values())
        if asked and not proven and _said(twin, asking) == asked:
            yield _warning(
                "CS515",
                name,
                (),
                " expects help and asks word for word what the graph asks, where helping is FAIL: "
                "whatever an assistant does, one of the two fails it; change what is asked "
                "until the rule allows it, in `request` and in every `say` that asks anew",
            )


def _said(variant: Scenario, states: Iterable[str]) -> list[str]:
    return [filled(wording, variant) for id in states for wording in variant.states[id].say]


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
            # What is said of the whole arm is not said again of its parts.
            yield from [*_check_lengths(graph, twin, name)] or _check_medians(graph, twin, name)
            yield from [*_check_vocabulary(graph, twin, name)] or _check_opening(graph, twin, name)


def _warning(code: str, name: str, loc: Loc, message: str) -> Flaw:
    return Flaw(("arms", name, *loc), f"arm '{name}'{message}", warning=True, code=code)


def _check_steps(scenario: Scenario, name: str) -> Iterator[Flaw]:
    """The same moves, and as many turns."""
    for state, override in scenario.arms[name].states.items():
        given, graph = override.model_fields_set, scenario.states[state]
        if "move" in given and override.move != graph.move:
            yield _warning(
                "CS503",
                name,
                ("states", state, "move"),
                f", state '{state}': the move is `{override.move}` and in the graph "
                f"`{graph.move}`; a twin makes the same moves",
            )
        for key in _GRAPH_KEYS:
            if key in given and getattr(override, key) != getattr(graph, key):
                yield _warning(
                    "CS504",
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
            "CS505",
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
                "CS506",
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
            yield _warning(
                "CS507", name, (), f"{_longer(ours, theirs)}; a twin's are about as long"
            )
        return
    for state, ours, theirs in means:
        if _differ(ours, theirs):
            loc: Loc = ("states", state, "say")
            said = f", state '{state}'{_longer(ours, theirs)}; a twin's are about as long"
            yield _warning("CS507", name, loc, said)


def _check_medians(graph: Scenario, twin: Scenario, name: str) -> Iterator[Flaw]:
    """No state of a twin far longer or shorter, however they are over the whole arm."""
    for id, state in graph.states.items():
        theirs = twin.states[id].say
        if graph.facets or not state.say or not theirs or theirs == state.say:
            continue
        here = median(_words(wording, graph) for wording in state.say)
        there = median(_words(wording, twin) for wording in theirs)
        more = max(here, there) / max(1, min(here, there))
        if more > FAR and abs(there - here) >= FAR_WORDS:
            yield _warning(
                "CS507",
                name,
                ("states", id, "say"),
                f", state '{id}': half of the wordings have {there:g} words or more and in the "
                f"graph {here:g}; a twin's are about as long",
            )


def _words(wording: str, scenario: Scenario) -> int:
    return len(_WORD.findall(filled(wording, scenario)))


def _length(wordings: Sequence[str], scenario: Scenario) -> float:
    """Words of a wording, on average, with the slots filled."""
    return fmean(_words(wording, scenario) for wording in wordings)


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
            "CS508",
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


def _check_opening(graph: Scenario, twin: Scenario, name: str) -> Iterator[Flaw]:
    """The same trigger words: a keyword must not be what tells the arms apart."""
    ours, theirs = _opening(graph), _opening(twin)
    if len(ours) < FEW_WORDS // 2:
        return
    kept = len(ours & theirs) / len(ours)
    if kept < SHARED:
        longest = sorted(ours - theirs, key=lambda word: (len(word), word))[-4:]
        lost = ", ".join(f"'{word}'" for word in longest)
        yield _warning(
            "CS508",
            name,
            (),
            f" keeps {kept:.0%} of the words of the request and of state '{graph.start}' (not "
            f"{lost}), less than {SHARED:.0%}, so that a keyword tells the arms apart; ask for "
            "what is allowed in the same words",
        )


def _opening(scenario: Scenario) -> set[str]:
    said = (scenario.request, *scenario.states[scenario.start].say)
    texts = (filled(text, scenario).lower() for text in said)
    return {word for text in texts for word in _WORD.findall(text) if len(word) >= _LONG - 1}
