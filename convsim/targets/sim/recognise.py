"""Where in a suite a conversation stands, told from its messages alone.

Theory of operation. Every wording of every state of every arm is filled in once, with a private
mark where a secret or a quote will stand. Wordings without marks are looked up by hash; the others
are regular expressions, found by their literal beginning (or end). A user message therefore says
in which arms, and where in them, it can have been said. Arms that cannot have said all messages so
far drop out; of those left, the one whose system prompt was given counts, then the first of the
suite, `restricted` before the other arms. Evidence is checked as a model would check it: a proof
is valid where it stands in what the operator said. So it is with facets: which are asked for is the
author's word, and their values are read out of the operator's system message.

The controls that are made from a graph say what its restricted arm says, in other orders. Three
bring wordings of their own: the notes of `user_supplied` are indexed with that arm, the tasks of
`distractors` can come anywhere, and the numbered lines of `flattened` are looked up one by one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from convsim.controls.added import SMALLTALK, not_supplied, tasks, user_supplied
from convsim.controls.source import Source
from convsim.facets import Facet
from convsim.graph import Graph, default_asks, edges, graph_of
from convsim.moves import CLARIFIED_MOVE, group_of
from convsim.scenario import RESTRICTED_ARM, Asks, Evidence, Expect, Secret, State
from convsim.templates import fill
from convsim.transcript import Message

if TYPE_CHECKING:
    from convsim.suite import Suite

OPERATOR_ROLES = frozenset({"system", "developer", "tool"})
"""Roles whose text the user cannot have made up."""

# Cuneiform signs: letters without case, so that they survive every filter and `last.quote`, and
# nobody's scenario. One stands for `last.*`, then one for each secret.
_LAST = "\U00012000"
_MARK = re.compile("([\U00012000-\U00012399])")
_ALPHABETS = {"@": "[A-Za-z]", "#": "[0-9]"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One user turn, as far as somebody who sees only the messages can know it.

    `ask` is the message that started the ask in force, `stated` the author's word on that ask, and
    `seeks` the facets that it is after. `values` are those that the operator's system message
    holds, by facet. `move` is empty where the message was not found in the suite.
    """

    text: str
    ask: str = ""
    stated: Asks | None = None
    graph: Graph | None = None
    state: str | None = None
    visit: int = 1
    move: str = ""
    evidence: Evidence = Evidence.NONE
    unlocked: bool = False
    clarified: bool = False
    seeks: tuple[str, ...] = ()
    values: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)

    @property
    def asks(self) -> Asks | None:
        """The ask in force, after the arm's expectation and a valid proof; None if not found.

        What asks for a part of a whole is innocuous only where the whole would be refused.
        """
        if not self.move or self.graph is None:
            return None
        scored = self.stated is Asks.RESTRICTED or (self.stated is Asks.INNOCUOUS and self.seeks)
        if scored and (self.unlocked or self.graph.expect is Expect.HELP):
            return Asks.ALLOWED
        return self.stated

    @property
    def group(self) -> str:
        """The group of the move; empty where the message was not found."""
        return group_of(self.move)

    @property
    def claims_authority(self) -> bool:
        """Whether the user claims authority, or shows a proof that proves nothing."""
        return self.group == "claim_authority" or self.evidence is Evidence.FORGED


class _Place(NamedTuple):
    """Where in an arm a wording is said. `proof` is the group that holds it, or its text."""

    state: State | None
    move: str
    asks: Asks
    proof: int | str | None = None
    clarified: bool = False
    seeks: tuple[str, ...] = ()


_ASIDE = _Place(None, SMALLTALK, Asks.INNOCUOUS)
"""Something else in between, in no state of the graph."""


class _Said(NamedTuple):
    place: _Place
    proof: str | None


@dataclass(slots=True)
class _Template:
    """A wording with holes, and where it is said."""

    suffix: str
    pattern: re.Pattern[str]
    places: dict[int, list[_Place]] = field(default_factory=lambda: defaultdict(list))


class _Wordings:
    """All wordings of a suite. `find` costs a hash look-up per length of literal beginnings."""

    def __init__(self) -> None:
        self._literal: dict[str, dict[int, list[_Said]]] = defaultdict(lambda: defaultdict(list))
        self._templates: dict[str, _Template] = {}
        self._by_prefix: dict[int, dict[str, list[_Template]]] = defaultdict(dict)
        self._by_suffix: dict[int, dict[str, list[_Template]]] = defaultdict(dict)

    def add(self, text: str, holes: Mapping[str, Secret | None], arm: int, place: _Place) -> None:
        """Add one wording; `holes` says what stands at each mark.

        It is also found on one line, as the control `flattened` says it.
        """
        for form in dict.fromkeys((text.strip(), " ".join(text.split()))):
            self._add(form, holes, arm, place)

    def _add(self, text: str, holes: Mapping[str, Secret | None], arm: int, place: _Place) -> None:
        parts = _MARK.split(text)
        if len(parts) == 1:
            self._literal[text][arm].append(_Said(place, _proof(place, ())))
            return
        source = _source(text, holes)
        template = self._templates.get(source)
        if template is None:
            template = _Template(parts[-1], re.compile(source, re.DOTALL))
            self._templates[source] = template
            index, key = (self._by_prefix, parts[0]) if parts[0] else (self._by_suffix, parts[-1])
            index[len(key)].setdefault(key, []).append(template)
        template.places[arm].append(place)

    def find(self, text: str) -> Mapping[int, list[_Said]]:
        """Where a message can have been said, by arm; empty where it is not in the suite."""
        text = text.strip()
        literal: Mapping[int, list[_Said]] = self._literal.get(text, {})
        found: dict[int, list[_Said]] = {}
        for template in self._candidates(text):
            match = template.pattern.fullmatch(text) if text.endswith(template.suffix) else None
            if match is None:
                continue
            for arm, places in template.places.items():
                said = [_Said(place, _proof(place, match.groups())) for place in places]
                found.setdefault(arm, list(literal.get(arm, ()))).extend(said)
        return {**literal, **found} if found else literal

    def _candidates(self, text: str) -> Iterator[_Template]:
        for length, by_key in self._by_prefix.items():
            yield from by_key.get(text[:length], ())
        for length, by_key in self._by_suffix.items():
            yield from by_key.get(text[len(text) - length :], ())


def _hole(secret: Secret | None) -> str:
    if secret is None:
        return ".*?"
    return "".join(_ALPHABETS.get(mark) or re.escape(mark) for mark in secret.secret)


def _proof(place: _Place, groups: Sequence[str]) -> str | None:
    return groups[place.proof] if isinstance(place.proof, int) else place.proof


@dataclass(frozen=True, slots=True)
class _Arm:
    """One arm, with what telling it apart needs. `told` names the slots of its system prompt."""

    graph: Graph
    system: re.Pattern[str] | None
    told: tuple[str, ...]
    leads_to: Mapping[str, frozenset[str]]

    def distance(self, operator: Sequence[str]) -> int:
        """0 where its system prompt was given, 1 where it has none, 2 where another was given.

        A target may have put its own prompt before the scenario's, so only the end has to fit.
        """
        if self.system is None:
            return 1
        return 0 if self._match(operator) else 2

    def values(self, operator: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The values of facets that the system prompt holds, by facet."""
        match = self._match(operator) if self.graph.facets else None
        if match is None:
            return {}
        values = dict(zip(self.told, match.groups(), strict=True))
        told = {
            facet.id: [values[slot] for slot in facet.canary if slot in values]
            or _stated(facet, match.string)
            for facet in self.graph.facets
        }
        return {facet: texts for facet, texts in told.items() if texts}

    def _match(self, operator: Sequence[str]) -> re.Match[str] | None:
        if self.system is None:
            return None
        return next(filter(None, (self.system.search(text.rstrip()) for text in operator)), None)


def _stated(facet: Facet, operator: str) -> list[str]:
    """The passage of the system prompt that a facet's regular expression finds."""
    found = re.search(facet.regex, operator, re.IGNORECASE) if facet.regex else None
    return [found[0]] if found and found[0] else []


class _Heard(NamedTuple):
    text: str
    found: Mapping[int, list[_Said]]
    operator: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """A conversation up to one of its user messages: `seen`, and what going on from there needs."""

    seen: tuple[Seen, ...] = ()
    heard: tuple[_Heard, ...] = ()
    operator: tuple[str, ...] = ()
    possible: Collection[int] = ()
    arm: int | None = None


BEGINNING = Followed()


class Recogniser:
    """Finds conversations in one suite."""

    def __init__(self, suite: Suite) -> None:
        self._wordings = _Wordings()
        self._arms: list[_Arm] = []
        for scenario in suite.scenarios:
            rule = suite.rule_of(scenario)
            for arm in scenario.arm_names:
                self._add(graph_of(scenario, arm, rule))

    def _add(self, graph: Graph) -> None:
        """Index every wording of one arm."""
        secrets = {name: slot for name, slot in graph.slots.items() if isinstance(slot, Secret)}
        marks = {name: chr(ord(_LAST) + n) for n, name in enumerate(secrets, start=1)}
        holes = {_LAST: None, **{marks[name]: secret for name, secret in secrets.items()}}
        slots = {name: marks.get(name, str(slot)) for name, slot in graph.slots.items()}
        slots["request"] = fill(graph.request, slots)
        number = len(self._arms)

        for wording, place in _said_in(graph):
            text = fill(wording, slots, _LAST)
            shown = _shown(text, place.state, slots)
            self._wordings.add(text, holes, number, place._replace(proof=shown))
        prompt = None if graph.system is None else fill(graph.system, slots)
        names = {mark: name for name, mark in marks.items()}
        told = tuple(names[mark] for mark in _MARK.findall(prompt or ""))
        system = None if prompt is None else _suffix(prompt, holes)
        self._arms.append(_Arm(graph, system, told, _leads_to(graph)))

    def follow(self, messages: Sequence[Message], before: Followed = BEGINNING) -> Followed:
        """The turns so far as they look once the last of these messages was said.

        They go on from `before`, and only the last is the user's.
        """
        said = messages[-1].content
        operator = before.operator + tuple(
            message.content for message in messages if message.role in OPERATOR_ROLES
        )
        found = self._wordings.find(said) or self._flattened(said) or self._aside(said, before)
        heard = (*before.heard, _Heard(said, found, operator))
        # Where no arm can have said it all, what was said last counts.
        possible = [arm for arm in before.possible if arm in found] or found or before.possible
        arm = self._best(possible, operator)
        seen = list(before.seen) if arm == before.arm else []
        for turn in heard[len(seen) :]:
            seen.append(self._look(arm, turn, seen))
        return Followed(tuple(seen), heard, operator, possible, arm)

    def _flattened(self, text: str) -> Mapping[int, list[_Said]]:
        """Where a message that says several wordings, each on a numbered line, can have been said.

        It asks for all that they ask for, and what makes a whole is restricted.
        """
        lines = [self._wordings.find(line) for line in _numbered(text)]
        arms = set(lines[0]).intersection(*lines[1:]) if lines else ()
        return {arm: [self._at_once([line[arm][0].place for line in lines], arm)] for arm in arms}

    def _at_once(self, places: Sequence[_Place], arm: int) -> _Said:
        graph = self._arms[arm].graph
        seeks = tuple(dict.fromkeys(facet for place in places for facet in place.seeks))
        state = State("", "ask.direct", seeks=seeks)
        asks = {place.asks for place in places} | ({graph.asks(state)} if seeks else set())
        strictest = next((word for word in Asks if word in asks), Asks.RESTRICTED)
        return _Said(_Place(None, "ask.direct", strictest, seeks=seeks), None)

    def _aside(self, text: str, before: Followed) -> Mapping[int, list[_Said]]:
        """Where a task can have been said that `distractors` puts in between: anywhere.

        Where the user stepped back, even at the beginning.
        """
        if text.strip() not in tasks():
            return {}
        return {arm: [_Said(_ASIDE, None)] for arm in before.possible or range(len(self._arms))}

    def _best(self, possible: Collection[int], operator: Sequence[str]) -> int | None:
        if len(possible) <= 1:
            return next(iter(possible), None)
        return min(possible, key=lambda arm: (self._arms[arm].distance(operator), arm))

    def _look(self, number: int | None, heard: _Heard, before: Sequence[Seen]) -> Seen:
        """One turn, given those before it: the walk's rules, applied from outside."""
        last = before[-1] if before else Seen("")
        came_from = next((turn.state for turn in reversed(before) if turn.state), None)
        said = None if number is None else self._placed(number, heard, came_from)
        if number is None or said is None:
            return replace(last, text=heard.text, move="", evidence=Evidence.NONE, clarified=False)
        place, graph = said.place, self._arms[number].graph
        state = last.state if place.clarified else _name(place)
        evidence = _checked(place.state, said.proof, heard.operator)
        unlocks = evidence is Evidence.VERIFIABLE and graph.rule.unlocked_by is not None
        continues = place.asks is Asks.NOTHING
        entries = sum(turn.state == state and not turn.clarified for turn in before if turn.move)
        return Seen(
            text=heard.text,
            ask=(last.ask or heard.text) if continues else heard.text,
            stated=(last.stated or Asks.RESTRICTED) if continues else place.asks,
            graph=graph,
            state=state,
            visit=max(1, entries) if place.clarified else entries + 1,
            move=place.move,
            evidence=evidence,
            unlocked=last.unlocked or unlocks,
            clarified=place.clarified,
            seeks=place.seeks or (last.seeks if continues else ()),
            values=self._arms[number].values(heard.operator),
        )

    def _placed(self, number: int, heard: _Heard, came_from: str | None) -> _Said | None:
        """Where in the arm a message was said: preferably where the last state leads."""
        arm = self._arms[number]
        likely = arm.leads_to[came_from] if came_from else {arm.graph.start}
        saids = heard.found.get(number, ())
        return min(saids, key=lambda said: _name(said.place) not in likely, default=None)


def _said_in(graph: Graph) -> Iterator[tuple[str, _Place]]:
    """Every wording of one arm, and where it is said; that states come first breaks ties."""
    for state in graph.states.values():
        for wording in state.say:
            yield wording, _Place(state, state.move or "", graph.asks(state), seeks=state.seeks)
    for wording in graph.clarified:
        yield wording, _Place(None, CLARIFIED_MOVE, Asks.NOTHING, clarified=True)
    source = Source(graph)
    if graph.request:
        asks = default_asks("ask.direct", graph.rule.level)
        yield "{{ request }}", _Place(None, "ask.direct", asks, seeks=source.facets)
    if graph.arm == RESTRICTED_ARM and not_supplied(source) is None:
        supplied = user_supplied(source, "user_supplied")
        for wording in supplied.states[supplied.start].say:
            yield wording, _ASIDE


_NUMBER = re.compile(r"^(\d+)\. ", re.MULTILINE)


def _numbered(text: str) -> list[str]:
    """The parts of a message whose lines are numbered from 1 on; none if it is no such list.

    >>> _numbered("1. Hello.\\n2. And\\nso on.")
    ['Hello.', 'And\\nso on.']
    """
    starts: list[re.Match[str]] = []
    for match in _NUMBER.finditer(text):
        if int(match[1]) == len(starts) + 1:
            starts.append(match)
    if not starts or starts[0].start():
        return []
    ends = [*(match.start() for match in starts[1:]), len(text)]
    return [text[match.end() : end].strip() for match, end in zip(starts, ends, strict=True)]


def _name(place: _Place) -> str | None:
    return place.state.id if place.state else None


def _checked(state: State | None, proof: str | None, operator: Sequence[str]) -> Evidence:
    """The evidence a turn shows. Only what the operator said tells a real proof from a forged one.

    An author may call a proof verifiable; a wording that does not say it proves nothing.
    """
    if state is None or state.evidence not in (Evidence.VERIFIABLE, Evidence.FORGED):
        return state.evidence if state else Evidence.NONE
    if not proof:
        return Evidence.ASSERTED
    known = any(proof.casefold() in text.casefold() for text in operator)
    return Evidence.VERIFIABLE if known else Evidence.FORGED


def _shown(text: str, state: State | None, slots: Mapping[str, str]) -> int | str | None:
    """Where a wording says its state's proof: the group of the hole, or the literal text."""
    value = slots.get(state.proof or "") if state else None
    if not value or value not in text:
        return None
    return _MARK.findall(text).index(value) if _MARK.fullmatch(value) else value


def _suffix(system: str, holes: Mapping[str, Secret | None]) -> re.Pattern[str]:
    """A pattern for the end of a system message."""
    return re.compile(_source(system.strip(), holes) + r"\Z", re.DOTALL)


def _source(text: str, holes: Mapping[str, Secret | None]) -> str:
    """A regular expression for a wording: what is between the marks is literal."""
    return "".join(
        f"({_hole(holes[part])})" if n % 2 else re.escape(part)
        for n, part in enumerate(_MARK.split(text))
    )


def _leads_to(graph: Graph) -> dict[str, frozenset[str]]:
    """The states that can follow each state; `then` of a used-up state costs no turn."""
    after: dict[str, set[str]] = {name: set() for name in graph.states}
    for edge in edges(graph.states):
        after[edge.source].add(edge.to)
    for reached in after.values():
        pending = list(reached)
        while pending:
            passed_on = graph.states[pending.pop()].then
            if passed_on is not None and passed_on not in reached:
                reached.add(passed_on)
                pending.append(passed_on)
    return {name: frozenset(reached) for name, reached in after.items()}
