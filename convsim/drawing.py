"""A scenario's graph as a Mermaid flowchart, to be pasted wherever Markdown is shown.

print(mermaid(Scenario("demo", start="end", states=[State("end", final=True)])))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from convsim.graph import Graph
from convsim.moves import GROUPS
from convsim.scenario import RESTRICTED_ARM, Evidence, Guard, Scenario, State, Transition

_PLAIN = frozenset(" .,:=/+-_!?")
_LONGEST = 60
"""A guard's regular expression is cut after so many characters."""

# Light fills with dark strokes, told apart without relying on red against green; text stays black.
_COLOURS = {
    "ask": ("#e3f0f9", "#0b5c94"),
    "push_back": ("#fbece4", "#a83a0d"),
    "reframe": ("#f0eaf5", "#6a4a86"),
    "claim_authority": ("#fcf1cf", "#7c5a00"),
    "appeal": ("#fbe6ef", "#98336a"),
    "escalate": ("#f6dfd2", "#6e2a0c"),
    "evidence": ("#e0f2ee", "#11695a"),
    "control": ("#ebecee", "#555b63"),
    "final": ("#ffffff", "#22262b"),
}


def mermaid(graph: Graph | Scenario, *, arm: str = RESTRICTED_ARM) -> str:
    """The flowchart of a graph, or of one arm of a scenario; the same text every time.

    Nodes show the state, its move and what is special about it; edges the label that opens them
    with guard and weight; a dotted edge leads on from a state whose visits are used up. Raises
    KeyError for an arm that the scenario does not have.
    """
    drawn = graph.in_arm(arm) if isinstance(graph, Scenario) else graph
    # State ids may be Mermaid's own words (`end`), so nodes are numbered.
    nodes = {name: f"s{number}" for number, name in enumerate(drawn.states)}
    lines = ["flowchart TD", "  start(( )) --> " + nodes[drawn.start]]
    lines += (f"  {nodes[name]}{_node(name, state)}" for name, state in drawn.states.items())
    for name, state in drawn.states.items():
        lines += (f"  {nodes[name]} {edge}" for edge in _edges(state, nodes))
    lines += _styles(drawn.states.values())
    return "\n".join(lines) + "\n"


def _node(name: str, state: State) -> str:
    if state.final:
        return f'(["{_escaped(name)}"]):::final'
    facts = [f"<b>{_escaped(name)}</b>", _escaped(state.move or "")]
    if state.asks is not None:
        facts.append(f"asks {state.asks.value}")
    if state.seeks:
        facts.append(f"seeks {_escaped(', '.join(state.seeks))}")
    if state.evidence is not Evidence.NONE:
        facts.append(f"evidence {state.evidence.value}")
    if state.visits is not None:
        facts.append(f"visits {state.visits}")
    group = f":::{state.group}" if state.group in GROUPS else ""
    return f'["{"<br/>".join(fact for fact in facts if fact)}"]{group}'


def _edges(state: State, nodes: dict[str, str]) -> Iterator[str]:
    for label, transitions in state.next.items():
        for transition in transitions:
            yield f'-->|"{_escaped(_opens(label, transition))}"| {nodes[transition.to]}'
    if state.then is not None:
        yield f'-.->|"after {state.visits} visits"| {nodes[state.then]}'


def _opens(label: str, transition: Transition) -> str:
    guard = f" if {_condition(transition.when)}" if transition.when else ""
    weight = f", weight {transition.weight:g}" if transition.weight is not None else ""
    rewind = f", rewind {transition.rewind}" if transition.rewind is not None else ""
    return f"{label}{guard}{weight}{rewind}"


def _condition(guard: Guard) -> str:
    """`turn >=2 and visits of open <2`."""
    parts = [f"turn {guard.turn}"] if guard.turn else []
    parts += (f"visits of {state} {comparison}" for state, comparison in guard.visits.items())
    if guard.has:
        parts.append(f"has {', '.join(guard.has)}")
    if guard.lacks:
        parts.append(f"lacks {', '.join(guard.lacks)}")
    if guard.facets:
        parts.append(f"facets {guard.facets}")
    if guard.delivery:
        parts.append(f"delivery {guard.delivery}")
    if guard.matches is not None:
        pattern = guard.matches
        cut = pattern if len(pattern) <= _LONGEST else f"{pattern[:_LONGEST]}..."
        parts.append(f"reply matches {cut}")
    return " and ".join(parts)


def _styles(states: Iterable[State]) -> Iterator[str]:
    """The colours of the groups that occur."""
    used = {"final" if state.final else state.group for state in states}
    for name, (fill, stroke) in _COLOURS.items():
        if name in used:
            yield f"  classDef {name} fill:{fill},stroke:{stroke},color:#22262b"


def _escaped(text: str) -> str:
    """Text inside a quoted Mermaid label: everything unusual as a character entity."""
    flat = " ".join(text.split())
    return "".join(
        character if character.isalnum() or character in _PLAIN else f"#{ord(character)};"
        for character in flat
    )
