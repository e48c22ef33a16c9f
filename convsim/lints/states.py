"""Linting: each state by itself: its move, its visits, and that every label leads somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from convsim.errors import Flaw, choices
from convsim.graph import default_asks
from convsim.lints.arms import in_states
from convsim.lints.texts import Loc, check_wordings
from convsim.moves import CLARIFIED_MOVE, MOVES, group_of
from convsim.moves import GROUPS as MOVE_GROUPS
from convsim.policy import Level, Rule
from convsim.reading import GROUP_OF, NEXT_KEYS, OTHERWISE, Label
from convsim.scenario import Asks, Scenario, State, Transition

BEFORE = "(before)"
"""The state that stands for whatever leads to a fragment. No state of a file has such a name."""


def is_exhaustive(transitions: tuple[Transition, ...]) -> bool:
    """Whether some entry is always open, so that a lookup cannot fall through the list."""
    return any(transition.when is None for transition in transitions)


def open_labels(state: State) -> list[Label]:
    """The labels that can fall through label, group and `otherwise` of a state."""
    if is_exhaustive(state.next.get(OTHERWISE, ())):
        return []

    def closed(key: str | None) -> bool:
        return key in state.next and is_exhaustive(state.next[key])

    return [label for label in Label if not (closed(label.value) or closed(GROUP_OF.get(label)))]


def check_states(scenario: Scenario, rule: Rule | None = None) -> Iterator[Flaw]:
    """The flaws of each state by itself: what it says, when it is left, and where to."""
    if scenario.start not in scenario.states:
        yield Flaw(
            ("start",),
            f"start '{scenario.start}' is no state" + choices(scenario.start, [*scenario.states]),
            code="CS101",
        )
    yield from in_states(scenario, lambda variant, names: _flaws_of(variant, names, rule))


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
                code="CS118",
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
                code="CS110",
            )
        if state.id == scenario.start:
            yield Flaw(
                (*loc, "final"),
                f"{name} is final, and the dialogue starts there, so nothing would be said; "
                "start at a state with a move",
                code="CS111",
            )
        return
    yield from _check_move(state, loc, name)
    if not state.say:
        yield Flaw(loc, f"{name} says nothing; give `say` at least one wording", code="CS116")
    yield from check_wordings(state.say, (*loc, "say"), f"{name}, wording {{}} of `say`")
    if state.visits is not None and state.then is None:
        yield Flaw(
            (*loc, "visits"),
            f"{name} has `visits: {state.visits}` without `then`; "
            f"name the state that entry {state.visits + 1} goes to",
            code="CS117",
        )
    if state.then is not None and state.visits is None:
        yield Flaw(
            (*loc, "then"), f"{name} has `then` without `visits`; say after how many", code="CS117"
        )
    yield from _check_next(state, loc, name, scenario)
    asks = state.asks or default_asks(state.move or "", rule.level if rule else None)
    if state.id == scenario.start and asks is Asks.NOTHING:
        yield Flaw(
            loc,
            f"{name} starts the dialogue, so there is no ask it could continue; "
            "set `asks: restricted`, `allowed` or `innocuous`",
            code="CS119",
        )


def _check_move(state: State, loc: Loc, name: str) -> Iterator[Flaw]:
    if state.move is None:
        yield Flaw(
            loc,
            f"{name} has no `move`; give one such as `ask.direct`, or `final: true`",
            code="CS112",
        )
    elif state.group not in MOVE_GROUPS:
        yield Flaw(
            (*loc, "move"),
            f"{name}: unknown group in move '{state.move}'" + choices(state.group, MOVE_GROUPS),
            code="CS113",
        )
    elif state.move == CLARIFIED_MOVE:
        yield Flaw(
            (*loc, "move"),
            f"{name}: move '{state.move}' is made by convsim, once a dialogue, when the assistant "
            "asks back; write the answer into `clarified`, or use 'evidence.clarify_benign'",
            code="CS115",
        )
    elif state.move not in MOVES:
        in_group = [known for known in _of_authors() if group_of(known) == state.group]
        yield Flaw(
            (*loc, "move"),
            f"{name}: move '{state.move}' is not in the table" + choices(state.move, in_group),
            warning=True,
            code="CS114",
        )


def _of_authors() -> list[str]:
    return [move for move in MOVES if move != CLARIFIED_MOVE]


def _check_next(state: State, loc: Loc, name: str, scenario: Scenario) -> Iterator[Flaw]:
    targets = [it for it in scenario.states if it != BEFORE]
    for label, transitions in state.next.items():
        if label not in NEXT_KEYS:
            yield Flaw(
                (*loc, "next", label),
                f"{name}: '{label}' is no label" + choices(label, NEXT_KEYS),
                code="CS106",
            )
        for index, transition in enumerate(transitions):
            if transition.to not in scenario.states:
                yield Flaw(
                    (*loc, "next", label, index, "to"),
                    f"{name} leads to '{transition.to}', which does not exist"
                    + choices(transition.to, targets),
                    code="CS101",
                )
            for visited in transition.when.visits if transition.when else ():
                if visited not in scenario.states:
                    yield Flaw(
                        (*loc, "next", label, index, "if", "visits", visited),
                        f"{name}: the guard counts visits of '{visited}', which does not exist"
                        + choices(visited, targets),
                        code="CS101",
                    )
        yield from _check_order(transitions, (*loc, "next", label), name, label)
    if state.then is not None and state.then not in scenario.states:
        yield Flaw(
            (*loc, "then"),
            f"{name}: `then` leads to '{state.then}', which does not exist"
            + choices(state.then, targets),
            code="CS101",
        )
    gaps = open_labels(state)
    if gaps:
        some = ", ".join(f"'{gap}'" for gap in gaps[:4]) + (", ..." if len(gaps) > 4 else "")
        yield Flaw(
            (*loc, "next") if state.next else loc,
            f"{name} has no transition for {'label' if len(gaps) == 1 else 'labels'} {some}; "
            "add to `next`, add `otherwise`, or make the state final",
            code="CS105",
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
                code="CS107",
            )
            return
        settled = settled or transition.when is None


_ALLOWED = ("evidence.narrow_scope", "control.ask_adjacent_benign")
"""Moves that ask for less, or for something beside what is restricted."""


def check_asks(scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    """`asks` that says the opposite of what the move of its state does."""
    for name, state in scenario.states.items():
        if state.asks is None or state.move is None:
            continue
        why = _against(state, rule)
        if why is not None:
            yield Flaw(
                ("states", name, "asks"),
                f"state '{name}' has `asks: {state.asks}`, and {why}",
                warning=True,
                code="CS124",
            )


def _against(state: State, rule: Rule | None) -> str | None:
    match state.group, state.asks:
        case _, Asks.RESTRICTED if rule is not None and rule.level is Level.HELP:
            return f"rule '{rule.id}' is `help`, under which nothing is; delete the key"
        case "control", Asks.RESTRICTED:
            return f"`{state.move}` is harmless by itself; take another move, or delete the key"
        case _, Asks.RESTRICTED if state.move in _ALLOWED:
            return f"`{state.move}` asks for what is allowed; take another move, or delete the key"
        case "push_back" | "appeal", Asks.ALLOWED | Asks.INNOCUOUS:
            return (
                f"`{state.move}` insists on what was asked before, whatever that was; delete the "
                "key, or take a move of the group `ask`"
            )
    return None
