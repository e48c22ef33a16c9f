"""What is wrong with a scenario, found on its graph before anything is called.

`check` lists every flaw in every arm: that every label leads somewhere, that every loop can be
left, that every state can be met, that every template can be filled, and that a verifiable proof
can really be checked against the operator's system prompt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from convsim.chance import variety
from convsim.errors import Flaw, choices
from convsim.graph import default_asks, edges
from convsim.moves import CLARIFIED_MOVE, MOVES, group_of
from convsim.moves import GROUPS as MOVE_GROUPS
from convsim.policy import Rule
from convsim.reading import GROUP_OF, NEXT_KEYS, OTHERWISE, Label
from convsim.scenario import (
    GENERATED_CONTROLS,
    RESTRICTED_ARM,
    Arm,
    Asks,
    Evidence,
    Expect,
    Scenario,
    Secret,
    Slot,
    State,
    Transition,
)
from convsim.templates import LAST, is_plain, names_in

if TYPE_CHECKING:
    import networkx as nx

Loc = tuple[str | int, ...]


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
    if any(not flaw.warning for flaw in flaws):
        return flaws  # the rest would report the same mistakes again, in other words
    met: set[str] = set()
    for arm in scenario.arm_names:
        variant = scenario.in_arm(arm)
        met |= _reachable(variant)
        found = [*_check_exits(variant), *_check_texts(variant), *_check_evidence(variant, rule)]
        flaws += found if arm == RESTRICTED_ARM else _of_arm(scenario, arm, found, flaws)
    flaws += [
        Flaw(
            ("states", name),
            f"state '{name}' is never reached from start '{scenario.start}'; "
            "lead a transition to it or delete it",
        )
        for name in scenario.states
        if name not in met
    ]
    return list(dict.fromkeys(flaws))


def _of_arm(
    scenario: Scenario, name: str, found: Iterable[Flaw], known: Sequence[Flaw]
) -> list[Flaw]:
    """The flaws that an arm adds, said of that arm; what it only inherits is said of the graph."""
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
    of_graph = list(_flaws_of(scenario, scenario.states, rule))
    yield from of_graph
    for name, arm in scenario.arms.items():
        known = {key: body for key, body in arm.states.items() if key in scenario.states}
        # An unknown state is a flaw of its own; the arm is looked at without it.
        variant = scenario.model_copy(update={"arms": {name: Arm(states=known)}}).in_arm(name)
        yield from _of_arm(scenario, name, _flaws_of(variant, known, rule), of_graph)


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
        extra = [key for key in ("move", "say", "next", "visits", "then") if getattr(state, key)]
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
    yield from _check_wordings(state.say, (*loc, "say"), f"{name}, wording {{}} of `say`")
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


def _check_wordings(wordings: Sequence[str], loc: Loc, who: str) -> Iterator[Flaw]:
    """Every wording says something, and something else than the ones before it."""
    first: dict[str, int] = {}
    for number, wording in enumerate(wordings, start=1):
        words = " ".join(wording.split())
        place = (*loc, number - 1)
        if not words:
            yield Flaw(place, f"{who.format(number)} is empty; fill it in or delete it")
        elif words in first:
            yield Flaw(
                place,
                f"{who.format(number)} is the same as wording {first[words]}, which is then drawn "
                "more often than the others; reword it or delete it",
                warning=True,
            )
        first.setdefault(words, number)


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


def _check_slots(slots: Mapping[str, Slot]) -> Iterator[Flaw]:
    secrets = Counter(slot.secret for slot in slots.values() if isinstance(slot, Secret))
    for name, value in slots.items():
        if name in {"request", "last"}:
            yield Flaw(("slots", name), f"'{name}' is a name of convsim's own; rename the slot")
        if isinstance(value, str):
            if not is_plain(value):
                yield Flaw(
                    ("slots", name), f"slot '{name}' is plain text and cannot hold a template"
                )
            continue
        alike, different = secrets[value.secret], variety(value.secret)
        if alike > 1 and different < 2 * alike:
            yield Flaw(
                ("slots", name),
                f"slot '{name}': '{value.secret}' can make only {different} secrets, and {alike} "
                "slots need one each that no other has; lengthen the pattern",
            )


def _check_texts(scenario: Scenario) -> Iterator[Flaw]:
    """Every template parses and every name in it is filled."""
    yield from _check_slots(scenario.slots)
    slots = {*scenario.slots}
    yield from _check_text(scenario.request, slots, ("request",), "`request`")
    known = slots | {"request"}
    yield from _check_text(scenario.system or "", known, ("system",), "`system`")
    yield from _check_text(scenario.need or "", known, ("need",), "`need`")
    yield from _check_wordings(scenario.clarified, ("clarified",), "wording {} of `clarified`")
    for index, wording in enumerate(scenario.clarified):
        yield from _check_text(wording, known | LAST, ("clarified", index), "`clarified`")
    for state in scenario.states.values():
        allowed = known if state.id == scenario.start else known | LAST
        for index, wording in enumerate(state.say):
            place: Loc = ("states", state.id, "say", index)
            yield from _check_text(wording, allowed, place, f"state '{state.id}'")
            if not scenario.request and "request" in _names(wording):
                yield Flaw(place, f"state '{state.id}' says the request, but `request` is empty")


def _check_text(
    text: str, allowed: set[str] | frozenset[str], loc: Loc, who: str
) -> Iterator[Flaw]:
    try:
        unknown = sorted(names_in(text) - allowed)
    except ValueError as error:
        yield Flaw(loc, f"{who}: {error}")
        return
    for name in unknown:
        if name in LAST:
            yield Flaw(loc, f"{who}: nothing was said yet that '{{{{ {name} }}}}' could quote")
        else:
            yield Flaw(
                loc,
                f"{who}: unknown slot '{name}'"
                + (choices(name, sorted(allowed)) if allowed else "; no slots are defined"),
            )


def _names(text: str) -> frozenset[str]:
    try:
        return names_in(text)
    except ValueError:
        return frozenset()  # reported where texts are checked


def _check_evidence(scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    """A verifiable proof stands in the system prompt, a forged one does not; both are shown."""
    for state in scenario.states.values():
        name = f"state '{state.id}'"
        if state.proof is not None and state.proof not in scenario.slots:
            known = sorted(scenario.slots)
            yield Flaw(
                ("states", state.id, "proof"),
                f"{name}: proof '{state.proof}' is no slot"
                + (choices(state.proof, known) if known else "; no slots are defined"),
            )
        elif state.evidence in (Evidence.VERIFIABLE, Evidence.FORGED):
            yield from _check_proof(state, name, scenario, rule)


def _check_proof(state: State, name: str, scenario: Scenario, rule: Rule | None) -> Iterator[Flaw]:
    place: Loc = ("states", state.id, "evidence")
    if state.proof is None:
        yield Flaw(place, f"{name} shows {state.evidence} evidence; name its slot in `proof`")
        return
    stands = _shows(scenario.system or "", state.proof, scenario)
    if state.evidence is Evidence.VERIFIABLE and not stands:
        yield Flaw(
            place,
            f"{name}: proof '{state.proof}' is verifiable, but the system prompt does not hold "
            f"it, so the assistant cannot check it; put {{{{ {state.proof} }}}} into `system`, "
            "or make the evidence `asserted`",
        )
    if state.evidence is Evidence.FORGED and stands:
        yield Flaw(
            place,
            f"{name}: proof '{state.proof}' is forged, but the system prompt holds it, which "
            "makes it genuine; take it out of `system` or make the evidence `verifiable`",
        )
    # A proof counts from the turn of its state, so no wording may leave it out.
    for index, wording in enumerate(state.say):
        if not _shows(wording, state.proof, scenario):
            yield Flaw(
                ("states", state.id, "say", index),
                f"{name}, wording {index + 1} of `say` does not show the proof; "
                f"put {{{{ {state.proof} }}}} into each of them",
            )
    if state.evidence is Evidence.VERIFIABLE and rule is not None and not rule.unlocked_by:
        yield Flaw(
            place,
            f"{name}: rule '{rule.id}' has no `unlocked_by`, so no proof can unlock it; "
            "say in the policy which proof does, or make the evidence `asserted`",
        )


def _shows(text: str, slot: str, scenario: Scenario) -> bool:
    """Whether a text shows a slot: by its name, or by its value, also where that is another's."""
    texts = [text]
    if "request" in _names(text):
        texts.append(scenario.request)
    names = frozenset[str]().union(*map(_names, texts))
    value = scenario.slots[slot]
    if slot in names or isinstance(value, Secret) or not value:
        return slot in names
    others = (scenario.slots.get(name) for name in names)
    texts += [other for other in others if isinstance(other, str)]
    return any(value in shown for shown in texts)
