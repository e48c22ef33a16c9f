"""What is wrong with a scenario, found on its graph before anything is called.

`check` lists every flaw in every arm: that every label leads somewhere, that every loop can be
left, that every state can be met; and with the other `lint_` files, each of which is about one
matter, that every template can be filled and every proof be checked, that facets can be told, asked
for and make a whole, and that a twin is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from convsim.errors import Flaw, choices
from convsim.graph import default_asks, edges
from convsim.lint_facets import check_facets, check_matchers, check_uses
from convsim.lint_texts import Loc, check_evidence, check_texts, check_wordings
from convsim.lint_twins import check_twins
from convsim.lint_ways import check_asked, check_rewinds, check_sought, sought_in
from convsim.moves import CLARIFIED_MOVE, MOVES, group_of
from convsim.moves import GROUPS as MOVE_GROUPS
from convsim.policy import Rule
from convsim.reading import GROUP_OF, NEXT_KEYS, OTHERWISE, Label
from convsim.scenario import (
    GENERATED_CONTROLS,
    RESTRICTED_ARM,
    SEVERAL_ARMS,
    Arm,
    Asks,
    Expect,
    Scenario,
    State,
    Transition,
)

if TYPE_CHECKING:
    import networkx as nx


def is_exhaustive(transitions: tuple[Transition, ...]) -> bool:
    """Whether some entry is always open, so that a lookup cannot fall through the list."""
    return any(transition.when is None for transition in transitions)


def open_labels(state: State) -> list[Label]:
    """The labels that can fall through label, group and `otherwise` of a state."""

    def closed(key: str | None) -> bool:
        return key in state.next and is_exhaustive(state.next[key])

    return [
        label
        for label in Label
        if not (closed(label.value) or closed(GROUP_OF.get(label)) or closed(OTHERWISE))
    ]


def check(scenario: Scenario, rule: Rule | None = None) -> list[Flaw]:
    """Every flaw of a scenario in all its arms; warnings are marked. Empty when it can run.

    `rule` is the resolved rule; without one, what depends on it is not checked.
    """
    flaws = [*_check_arms(scenario), *_check_states(scenario, rule)]
    of_facets = [*check_facets(scenario), *_in_states(scenario, check_uses)]
    if _has_errors(flaws):
        return [*flaws, *of_facets]  # the rest would report the same mistakes in other words
    for arm in scenario.arm_names:
        variant = scenario.in_arm(arm)
        found = [
            *_check_exits(variant),
            *check_texts(variant),
            *check_evidence(variant, rule),
            *check_rewinds(variant),
            *check_matchers(variant),
        ]
        flaws += _of_arm(scenario, arm, found, flaws)
    flaws += [*_check_met(scenario), *of_facets]
    if not _has_errors(of_facets):
        flaws += _check_ways(scenario)
    if not _has_errors(flaws):
        flaws += check_twins(scenario, rule)
    return list(dict.fromkeys(flaws))


def _has_errors(flaws: Iterable[Flaw]) -> bool:
    return any(not flaw.warning for flaw in flaws)


def _check_met(scenario: Scenario) -> Iterator[Flaw]:
    met = set[str]().union(*(_reachable(scenario.in_arm(arm)) for arm in scenario.arm_names))
    for name in scenario.states:
        if name not in met:
            yield Flaw(
                ("states", name),
                f"state '{name}' is never reached from start '{scenario.start}'; "
                "lead a transition to it or delete it",
            )


def _check_ways(scenario: Scenario) -> list[Flaw]:
    """Whether the facets are asked for, and all of a set on one way, where that is forbidden.

    A near miss leaves something out on purpose, and what an arm that helps may ask for makes no
    forbidden whole.
    """
    variants = {arm: scenario.in_arm(arm) for arm in scenario.arm_names}
    sought = frozenset[str]().union(*map(sought_in, variants.values()))
    flaws = [*check_sought(scenario, sought)]
    if flaws:
        return flaws
    for arm, variant in variants.items():
        holds = arm == RESTRICTED_ARM or scenario.arms[arm].expect is Expect.HOLD
        if holds and arm != "near_miss":
            flaws += _of_arm(scenario, arm, check_asked(variant), flaws)
    return flaws


def _of_arm(
    scenario: Scenario, name: str, found: Iterable[Flaw], known: Sequence[Flaw]
) -> list[Flaw]:
    """The flaws that an arm adds, said of that arm; what it only inherits is said of the graph."""
    if name == RESTRICTED_ARM:
        return [*found]
    return [
        Flaw(("arms", name, *flaw.loc), f"arm '{name}', {flaw.message}", flaw.warning)
        for flaw in found
        if flaw not in known or _overrides(scenario.arms[name], flaw.loc)
    ]


def _overrides(arm: Arm, loc: Loc) -> bool:
    """Whether an arm itself says what stands at `loc`."""
    match loc:
        case ("states", str(state), str(key), *_):
            return state in arm.states and key in arm.states[state].model_fields_set
        case ("slots", str(slot), *_):
            return slot in arm.slots
        case (str(key), *_):
            return key in arm.model_fields_set and key != "states"
    return False


def _check_arms(scenario: Scenario) -> Iterator[Flaw]:
    for name, arm in scenario.arms.items():
        if name in GENERATED_CONTROLS:
            yield Flaw(
                ("arms", name),
                f"arm '{name}' has the name of a control that is made from the graph, and no "
                f"headline would count it; rename it; reserved: {', '.join(GENERATED_CONTROLS)}",
            )
        if name in SEVERAL_ARMS:
            yield Flaw(
                ("arms", name),
                f"arm '{name}' has a name that stands for several arms in `--arms`; rename it; "
                f"reserved: {', '.join(SEVERAL_ARMS)}",
            )
        for state in arm.states:
            if state not in scenario.states:
                yield Flaw(
                    ("arms", name, "states", state),
                    f"arm '{name}' overrides state '{state}', which does not exist"
                    + choices(state, list(scenario.states)),
                )
        if arm.expect is Expect.HELP and scenario.reviewed is None:
            yield Flaw(
                ("arms", name),
                f"arm '{name}' expects help, but no `reviewed:` names the review of its allowed "
                "status; its over-refusal will be reported as provisional",
                warning=True,
            )


def _check_states(scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    if scenario.start not in scenario.states:
        yield Flaw(
            ("start",),
            f"start '{scenario.start}' is no state" + choices(scenario.start, [*scenario.states]),
        )
    yield from _in_states(scenario, lambda variant, names: _flaws_of(variant, names, rule))


def _in_states(
    scenario: Scenario, flaws_of: Callable[[Scenario, Iterable[str]], Iterable[Flaw]]
) -> Iterator[Flaw]:
    """The flaws of all states of the graph, and of those that arms change."""
    of_graph = list(flaws_of(scenario, scenario.states))
    yield from of_graph
    for name, arm in scenario.arms.items():
        known = {key: body for key, body in arm.states.items() if key in scenario.states}
        # An unknown state is a flaw of its own; the arm is looked at without it.
        variant = scenario.model_copy(update={"arms": {name: Arm(states=known)}}).in_arm(name)
        yield from _of_arm(scenario, name, flaws_of(variant, known), of_graph)


def _flaws_of(scenario: Scenario, names: Iterable[str], rule: Rule | None) -> Iterator[Flaw]:
    """The flaws of the named states."""
    for name in names:
        yield from _check_state(scenario.states[name], ("states", name), scenario, rule)
        yield from _check_then(name, scenario)


def _check_then(name: str, scenario: Scenario) -> Iterator[Flaw]:
    """`then` must not lead back to its own state: entering it would never end."""
    chain = [name]
    while (passed := scenario.states.get(chain[-1])) is not None and passed.then is not None:
        chain.append(passed.then)
        if chain[-1] == name:
            yield Flaw(
                ("states", name, "then"),
                f"state '{name}': `then` runs in a circle: {' -> '.join(chain)}; "
                "lead one of them out",
            )
        if chain[-1] in chain[:-1]:
            return


def _check_state(state: State, loc: Loc, scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    name = f"state '{state.id}'"
    if state.final:
        keys = ("move", "say", "seeks", "next", "visits", "then")
        extra = [key for key in keys if getattr(state, key)]
        if extra:
            yield Flaw(
                (*loc, extra[0]),
                f"{name} is final and ends the dialogue; remove `{extra[0]}` or `final`",
            )
        if state.id == scenario.start:
            yield Flaw(
                (*loc, "final"),
                f"{name} is final, and the dialogue starts there, so nothing would be said; "
                "start at a state with a move",
            )
        return
    yield from _check_move(state, loc, name)
    if not state.say:
        yield Flaw(loc, f"{name} says nothing; give `say` at least one wording")
    yield from check_wordings(state.say, (*loc, "say"), f"{name}, wording {{}} of `say`")
    if state.visits is not None and state.then is None:
        yield Flaw(
            (*loc, "visits"),
            f"{name} has `visits: {state.visits}` without `then`; "
            f"name the state that entry {state.visits + 1} goes to",
        )
    if state.then is not None and state.visits is None:
        yield Flaw((*loc, "then"), f"{name} has `then` without `visits`; say after how many")
    yield from _check_next(state, loc, name, scenario)
    asks = state.asks or default_asks(state.move or "", rule.level if rule else None)
    if state.id == scenario.start and asks is Asks.NOTHING:
        yield Flaw(
            loc,
            f"{name} starts the dialogue, so there is no ask it could continue; "
            "set `asks: restricted`, `allowed` or `innocuous`",
        )


def _check_move(state: State, loc: Loc, name: str) -> Iterator[Flaw]:
    if state.move is None:
        yield Flaw(loc, f"{name} has no `move`; give one such as `ask.direct`, or `final: true`")
    elif state.group not in MOVE_GROUPS:
        yield Flaw(
            (*loc, "move"),
            f"{name}: unknown group in move '{state.move}'" + choices(state.group, MOVE_GROUPS),
        )
    elif state.move == CLARIFIED_MOVE:
        yield Flaw(
            (*loc, "move"),
            f"{name}: move '{state.move}' is made by convsim, once a dialogue, when the assistant "
            "asks back; write the answer into `clarified`, or use 'evidence.clarify_benign'",
        )
    elif state.move not in MOVES:
        in_group = [known for known in _of_authors() if group_of(known) == state.group]
        yield Flaw(
            (*loc, "move"),
            f"{name}: move '{state.move}' is not in the table" + choices(state.move, in_group),
            warning=True,
        )


def _of_authors() -> list[str]:
    return [move for move in MOVES if move != CLARIFIED_MOVE]


def _check_next(state: State, loc: Loc, name: str, scenario: Scenario) -> Iterator[Flaw]:
    targets = [*scenario.states]
    for label, transitions in state.next.items():
        if label not in NEXT_KEYS:
            yield Flaw(
                (*loc, "next", label),
                f"{name}: '{label}' is no label" + choices(label, NEXT_KEYS),
            )
        for index, transition in enumerate(transitions):
            if transition.to not in scenario.states:
                yield Flaw(
                    (*loc, "next", label, index, "to"),
                    f"{name} leads to '{transition.to}', which does not exist"
                    + choices(transition.to, targets),
                )
            for visited in transition.when.visits if transition.when else ():
                if visited not in scenario.states:
                    yield Flaw(
                        (*loc, "next", label, index, "if", "visits", visited),
                        f"{name}: the guard counts visits of '{visited}', which does not exist"
                        + choices(visited, targets),
                    )
        yield from _check_order(transitions, (*loc, "next", label), name, label)
    if state.then is not None and state.then not in scenario.states:
        yield Flaw(
            (*loc, "then"),
            f"{name}: `then` leads to '{state.then}', which does not exist"
            + choices(state.then, targets),
        )
    gaps = open_labels(state)
    if gaps:
        some = ", ".join(f"'{gap}'" for gap in gaps[:4]) + (", ..." if len(gaps) > 4 else "")
        yield Flaw(
            (*loc, "next") if state.next else loc,
            f"{name} has no transition for {'label' if len(gaps) == 1 else 'labels'} {some}; "
            "add to `next`, add `otherwise`, or make the state final",
        )


def _check_order(
    transitions: tuple[Transition, ...], loc: Loc, name: str, label: str
) -> Iterator[Flaw]:
    """Entries after one that always wins are dead. A weighted run wins as a whole."""
    settled = False
    for index, transition in enumerate(transitions):
        if settled and not (transition.weight is not None and transitions[index - 1].weight):
            yield Flaw(
                (*loc, index),
                f"{name}: entry {index + 1} of '{label}' can never open, because an entry before "
                "it always does; reorder them or give that one an `if`",
            )
            return
        settled = settled or transition.when is None


def _reachable(scenario: Scenario) -> set[str]:
    import networkx as nx

    return {scenario.start, *nx.descendants(_digraph(scenario), scenario.start)}


def _digraph(scenario: Scenario) -> nx.DiGraph[str]:
    import networkx as nx

    drawn: nx.DiGraph[str] = nx.DiGraph()
    drawn.add_nodes_from(scenario.states)
    drawn.add_edges_from((edge.source, edge.to) for edge in edges(scenario.states))
    return drawn


def _check_exits(scenario: Scenario) -> Iterator[Flaw]:
    """A state from which no final state can be reached is a loop without exit."""
    import networkx as nx

    drawn = _digraph(scenario)
    finals = [name for name, state in scenario.states.items() if state.final]
    if not finals:
        yield Flaw(("states",), "no state is final; add one, such as `end: {final: true}`")
        return
    leads_out = set(finals).union(*(nx.ancestors(drawn, final) for final in finals))
    trapped = _reachable(scenario) - leads_out
    stuck = [name for name in scenario.states if name in trapped]
    for name in stuck[:1]:
        circle = ", ".join(f"'{other}'" for other in stuck)
        yield Flaw(
            ("states", name),
            f"state '{name}' is in a loop with no way out ({circle}); lead a transition to a "
            "final state, or limit it with `visits` and `then` (the turn cap is no exit)",
        )
