"""Theory of including: pieces of graphs are put in place before anything is validated.

A file's data is a tree that knows where each of its values stands (`yaml12`). An include takes the
states of a fragment's tree, fills the slots in their texts, and gives every name in them the sense
that it has from outside: a state of the piece becomes `NAME.state`, an exit becomes where the
includer leads it. What comes out is a tree like that of a file in which all of it was written by
hand, and a `Scenario` is made of that. Only the `Expanded` document remembers which states came
from which file, so that what is wrong with one of them is said of the line that its author wrote.

A fragment may include others in the same way, so that a piece is put together from inside out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from convsim.errors import Flaw, choices
from convsim.explain import validated
from convsim.fragment import Fragment, Include
from convsim.scenario import ENGLISH
from convsim.templates import LAST, names_in
from convsim.trees import filled, led, led_state, with_children
from convsim.yaml12 import Document, Node, Origin, kind
from convsim.yaml12 import Path as Loc

MAX_DEPTH = 8
"""How many files deep pieces may lie in each other."""

MAX_PIECES = 100
"""In one scenario, counted where they lie: eight files could make a hundred million of them."""

INCLUDED = " (included as "
"""Begins what is added to a problem in a piece."""

UNMET = "CS102"
"""What lint calls a state that nothing leads to."""

_SHAPE = "{fragment: ../fragments/doubt.yaml, as: doubt, slots: {...}, exits: {...}}"


@dataclass(frozen=True)
class Piece:
    """A fragment's file as it was read; `fragment` is None where it has errors of its own."""

    document: Document
    fragment: Fragment | None


Open = Callable[[Path], Piece]
"""Reads a fragment's file; raises `LookupError` with the reason where there is none."""


@dataclass(frozen=True)
class Expanded(Document):
    """A document with the pieces that it includes put in place."""

    origins: Mapping[str, Origin] = field(default_factory=dict)
    pieces: Mapping[str, Loc] = field(default_factory=dict)
    """The entry of `include` that each piece comes from, by its name."""

    def origin(self, path: Loc) -> Origin:
        """The file that a path stands in: for a state that was included, its fragment's."""
        match path:
            case ("states", str(name), *_) if name in self.origins:
                return self.origins[name]
        return super().origin(path)


class _States(NamedTuple):
    """States under the names that they have in a file, and where they were written."""

    nodes: dict[str, Node]
    origins: dict[str, Origin]


@dataclass(frozen=True)
class _Use:
    """One sound entry of `include`: the piece, and what it is called here."""

    loc: Loc
    name: str
    include: Include
    fragment: Fragment
    file: str
    states: _States


def includes(document: Document) -> bool:
    """Whether a document includes anything."""
    return document.root is not None and "include" in document.root.children


def expand(document: Document, open_: Open) -> tuple[Document, list[Flaw]]:
    """A document with its includes put in place, and what is wrong with these.

    What cannot be included is left out, so that the rest can still be looked at.
    """
    root = document.root
    if root is None or not includes(document):
        return document, []
    including = _Including(document, open_, (Path(document.file).resolve(),), [])
    states = including.states()
    keys: dict[str | int, Node] = {
        key: led(str(key), node, including.starts) for key, node in root.children.items()
    }
    begin = root.children["include"].shown_at
    own = keys.get("states", Node({}, begin, key=begin))
    if isinstance(own.data, dict):
        together: dict[str | int, Node] = {**own.children}
        together.update(states.nodes)
        keys["states"] = with_children(own, together)
    whole = with_children(root, keys)
    # The tree still knows where the includes stand; the data is without them.
    data = {key: value for key, value in whole.data.items() if key != "include"}
    whole = replace(whole, data=data)
    made = Expanded(document.file, whole, document.problems, states.origins, including.pieces)
    return made, [*including.flaws, *including.deeper]


def of_pieces(flaws: Iterable[Flaw], document: Document) -> list[Flaw]:
    """The flaws of a graph, but that nothing leads to a piece is said once, of its include."""
    flaws = list(flaws)
    if not isinstance(document, Expanded):
        return flaws
    unmet = {flaw.loc for flaw in flaws if flaw.code == UNMET}
    for name, loc in document.pieces.items():
        states = {("states", state) for state in document.origins if state.startswith(f"{name}.")}
        if states and states <= unmet:
            flaws = [flaw for flaw in flaws if flaw.code != UNMET or flaw.loc not in states]
            said = f"nothing leads to the piece '{name}'; lead a transition to it, or leave it out"
            flaws.append(Flaw(loc, f"entry {int(loc[1]) + 1} of `include`: {said}", code=UNMET))
    return flaws


class _Including:
    """The includes of one file.

    `chain` are the files that lead to it, itself the last; `opened` all pieces so far, whoever
    included them.
    """

    def __init__(
        self, document: Document, open_: Open, chain: tuple[Path, ...], opened: list[Path]
    ) -> None:
        self.document = document
        self.open = open_
        self.chain = chain
        self.opened = opened
        self.flaws: list[Flaw] = []
        self.starts: dict[str, str] = {}
        """What the name of each piece leads to: the state that it starts with."""
        self.pieces: dict[str, Loc] = {}
        self.deeper: list[Flaw] = []
        """What is wrong with the includes of included files."""

    @property
    def _keys(self) -> Mapping[str | int, Node]:
        return {} if self.document.root is None else self.document.root.children

    def _flaw(self, loc: Loc, message: str, code: str, *, warning: bool = False) -> None:
        message = f"entry {int(loc[1]) + 1} of `include`: {message}"
        self.flaws.append(Flaw(loc, message, warning=warning, code=code))

    def told(self) -> Iterator[tuple[str, str]]:
        """What keeps pieces of this file, or of files in it, from being put in place: and codes.

        To be said by whoever includes this file; warnings are said of this file by itself.
        """
        for flaw in self.flaws:
            if not flaw.warning:
                place = self.document.place(flaw.loc)
                yield f"{self.document.file}:{place.line}:{place.column}: {flaw.message}", flaw.code
        yield from ((flaw.message, flaw.code) for flaw in self.deeper)

    def states(self) -> _States:
        """The states of all pieces, under the names that they have in this file."""
        uses = list(self._uses())
        for use in uses:
            self.starts[use.name] = f"{use.name}.{use.fragment.start}"
            self.pieces[use.name] = use.loc
        known = [*self._own(), *self._declared(), *self.starts, *self._exits()]
        inside = {f"{use.name}.{state}" for use in uses for state in use.states.nodes}
        found = _States({}, {})
        for use in uses:
            self._check_language(use)
            self._check_exits(use, list(dict.fromkeys(known)), inside)
            if not self._check_slots(use):
                continue
            nodes, origins = self._placed(use)
            for name in nodes.keys() & self._own():
                self._flaw(
                    use.loc,
                    f"brings a state '{name}', and one of that name stands here already; rename "
                    "one of them",
                    "CS706",
                )
            found.nodes.update(nodes)
            found.origins.update(origins)
        return found

    def _own(self) -> list[str]:
        node = self._keys.get("states")
        return [] if node is None else [str(name) for name in node.children]

    def _declared(self) -> Iterator[str]:
        """The names of all entries, also of those that cannot be put in place."""
        for entry in self._keys["include"].children.values():
            name = entry.children.get("as")
            if name is not None and isinstance(name.data, str):
                yield name.data

    def _exits(self) -> list[str]:
        """In a fragment: its own exits, to which those of its pieces may lead."""
        return _names(self._keys.get("exits")) if "fragment" in self._keys else []

    def _slots(self) -> set[str]:
        """What the texts that fill the slots of a piece may name."""
        slots = {*_names(self._keys.get("slots")), "request", *LAST}
        arms = self._keys.get("arms")
        for arm in () if arms is None else arms.children.values():
            slots.update(_names(arm.children.get("slots")))
        return slots

    # -- the entries ----------------------------------------------------------------------------

    def _uses(self) -> Iterator[_Use]:
        """Every entry whose fragment can be put in place."""
        entries = self._keys["include"]
        if not isinstance(entries.data, list):
            self.flaws.append(
                Flaw(
                    ("include",),
                    f"`include`: expected a list of entries such as {_SHAPE}",
                    code="CS008",
                )
            )
            return
        taken: dict[str, Loc] = {}
        for index, node in entries.children.items():
            loc: Loc = ("include", index)
            include = self._read(loc, node)
            piece = None if include is None else self._opened(loc, include)
            if include is None or piece is None or piece.fragment is None:
                continue
            name = include.name or piece.fragment.name
            if self._is_free(name, loc, taken):
                taken[name] = loc
                states = self._states_of(piece, loc)
                yield _Use(loc, name, include, piece.fragment, piece.document.file, states)

    def _is_free(self, name: str, loc: Loc, taken: Mapping[str, Loc]) -> bool:
        """Whether a piece can have this name; if not, that is a flaw."""
        if name not in self._own() and name not in taken:
            return True
        where = f"entry {int(taken[name][1]) + 1}" if name in taken else "a state"
        self._flaw(
            (*loc, "as"),
            f"'{name}' is the name of {where} already; give another one with `as`",
            "CS706",
        )
        return False

    def _states_of(self, piece: Piece, loc: Loc) -> _States:
        """The states of a fragment; what is wrong with what it includes itself is kept."""
        chain = (*self.chain, Path(piece.document.file).resolve())
        inner = _Including(piece.document, self.open, chain, self.opened)
        states = inner._whole() if includes(piece.document) else inner._plain()
        at = (*loc, "fragment")
        self.deeper += (Flaw(at, message, code=code) for message, code in inner.told())
        return states

    def _read(self, loc: Loc, node: Node) -> Include | None:
        if not isinstance(node.data, dict):
            self._flaw(loc, f"expected {_SHAPE}, found {kind(node.data)}", "CS008")
            return None
        include, flaws = validated(Include, node.data)
        for flaw in flaws:
            self._flaw((*loc, *flaw.loc), flaw.message, flaw.code)
        return include

    def _opened(self, loc: Loc, include: Include) -> Piece | None:
        """The piece that an entry names, if it can be put here."""
        file = Path(os.path.normpath(Path(self.document.file).parent / include.fragment))
        at = (*loc, "fragment")
        if file.resolve() in self.chain:
            circle = [*self.chain[self.chain.index(file.resolve()) :], file.resolve()]
            names = " -> ".join(path.name for path in circle)
            self._flaw(at, f"the includes run in a circle: {names}; take one out", "CS703")
            return None
        if len(self.chain) > MAX_DEPTH:
            deep = f"more than {MAX_DEPTH} files lie in each other; include less deep"
            self._flaw(at, deep, "CS703")
            return None
        self.opened.append(file)
        if len(self.opened) > MAX_PIECES:
            if len(self.opened) == MAX_PIECES + 1:  # said once
                many = f"more than {MAX_PIECES} pieces in one scenario; include fewer"
                self._flaw(at, many, "CS703")
            return None
        try:
            piece = self.open(file)
        except LookupError as error:
            self._flaw(at, str(error.args[0]), "CS701")
            return None
        if piece.fragment is None:
            self._flaw(
                at,
                f"{piece.document.file} has errors of its own, so that it is left out here; mend "
                "them there",
                "CS702",
            )
        return piece

    def _plain(self) -> _States:
        """The own states of a fragment."""
        nodes = {str(name): node for name, node in self._keys["states"].children.items()}
        return _States(nodes, {name: Origin(self.document.file) for name in nodes})

    def _whole(self) -> _States:
        """The states of a fragment, with those of the pieces that it includes itself."""
        brought = self.states()
        own = self._plain()
        inside = {name: led_state(node, self.starts) for name, node in own.nodes.items()}
        return _States({**inside, **brought.nodes}, {**own.origins, **brought.origins})

    # -- slots and exits ------------------------------------------------------------------------

    def _check_slots(self, use: _Use) -> bool:
        """Whether every slot is filled, and with what a text may hold."""
        before = len(self.flaws)
        self._check_names(use, "slots", use.fragment.slots, use.include.slots)
        known = self._slots()
        for name, text in use.include.slots.items():
            at = (*use.loc, "slots", name)
            try:
                unknown = sorted(names_in(text) - known)
            except ValueError as error:
                self._flaw(at, f"slot '{name}': {error}", "CS704")
                continue
            for other in unknown:
                said = choices(other, sorted(known - LAST))
                self._flaw(
                    at, f"slot '{name}' is filled with unknown slot '{other}'{said}", "CS704"
                )
        return len(self.flaws) == before

    def _check_language(self, use: _Use) -> None:
        ours = self._keys.get("language")
        language = ENGLISH if ours is None else ours.data
        if language != use.fragment.language:
            self._flaw(
                use.loc,
                f"'{use.name}' is in language '{use.fragment.language}' and this file in "
                f"'{language}'; include one in the same language",
                "CS709",
                warning=True,
            )

    def _check_exits(self, use: _Use, known: list[str], inside: Set[str]) -> None:
        self._check_names(use, "exits", use.fragment.exits, use.include.exits)
        for name, to in use.include.exits.items():
            if name in use.fragment.exits and to not in known and to not in inside:
                self._flaw(
                    (*use.loc, "exits", name),
                    f"exit '{name}' leads to '{to}', which does not exist{choices(to, known)}",
                    "CS705",
                )

    def _check_names(
        self, use: _Use, kind: str, asked: Mapping[str, str], given: Mapping[str, str]
    ) -> None:
        """Every slot or exit that the fragment has is given, and no other."""
        noun, code = ("slot", "CS704") if kind == "slots" else ("exit", "CS705")
        whose = f"'{use.name}' ({use.file})"
        for name, meaning in asked.items():
            if name not in given:
                what = f" ({meaning})" if meaning else ""
                remedy = "fill it under `slots`" if kind == "slots" else "lead it on under `exits`"
                self._flaw(
                    (*use.loc, kind, name), f"{whose} needs {noun} '{name}'{what}; {remedy}", code
                )
        for name in given.keys() - asked.keys():
            allowed = choices(name, asked) if asked else f"; it has no {kind}"
            self._flaw((*use.loc, kind, name), f"{whose} has no {noun} '{name}'{allowed}", code)

    # -- putting in place -----------------------------------------------------------------------

    def _placed(self, use: _Use) -> _States:
        """The states of a piece, under the names that they have here."""
        names = {state: f"{use.name}.{state}" for state in use.states.nodes}
        exits = {name: self.starts.get(to, to) for name, to in use.include.exits.items()}
        place = self.document.place(use.loc)
        aside = f"{INCLUDED}'{use.name}' at {self.document.file}:{place.line}:{place.column})"
        nodes: dict[str, Node] = {}
        origins: dict[str, Origin] = {}
        for state, node in use.states.nodes.items():
            try:
                whole = filled(node, use.include.slots)
            except ValueError as error:
                self._flaw((*use.loc, "slots"), f"state '{state}': {error}", "CS704")
                continue
            nodes[names[state]] = led_state(whole, {**names, **exits})
            file, before = use.states.origins[state]
            origins[names[state]] = Origin(file, before + aside)
        return _States(nodes, origins)


def _names(node: Node | None) -> list[str]:
    """The names in a list of names, or in names with something said about them."""
    if node is None:
        return []
    return [str(name) for name in (node.data if isinstance(node.data, list) else node.children)]
