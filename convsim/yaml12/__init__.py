"""YAML 1.2 core, read into plain data that remembers where everything stood.

PyYAML reads YAML 1.1, where `on` and `no` are booleans, `12:30` is a number and `2026-01-02` a
date. Only its scanner is used here, as a stream of events; what a scalar means is decided by the
core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema). Building the tree ourselves
also gives every key and value its place, reports duplicate keys, and bounds what a file can cost:
its size, its depth, and what its aliases expand to. JSON is a part of YAML and read the same way.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from convsim.errors import Problem, ScenarioError
from convsim.yaml12.broken import in_plain_words
from convsim.yaml12.places import TOP, Place, place_of

if TYPE_CHECKING:
    from yaml import Event

__all__ = [
    "MAX_ALIASES",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "Document",
    "Node",
    "Origin",
    "Path",
    "Place",
    "comments",
    "kind",
    "parse",
    "resolve",
    "scan",
    "too_large",
]

MAX_BYTES = 2_000_000
"""A scenario is text that people read: a thousand states in two arms; more is some other file."""

MAX_DEPTH = 40
MAX_ALIASES = 50
MAX_NODES = 100_000
"""Counted after aliases are expanded, so that nine lines cannot become a billion nodes."""

_CORE = "tag:yaml.org,2002:"

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One value: its plain data, where it stands, and what is inside it.

    `key` is where the key of this value stands, None in a list. `size` counts the nodes inside.
    """

    data: Any
    place: Place
    key: Place | None = None
    children: Mapping[str | int, Node] = field(default_factory=dict)
    size: int = 1

    @property
    def shown_at(self) -> Place:
        """Where to point: a collection is known by its key, a text or number by itself."""
        if self.key is not None and (self.children or self.data in (None, {}, [])):
            return self.key
        return self.place


class Origin(NamedTuple):
    """The file that a part of a document stands in, and what to add to a problem there."""

    file: str
    aside: str = ""


@dataclass(frozen=True)
class Document:
    """What a file says and where it says it, with everything that is wrong with its YAML.

    `root` is None when the file cannot be read at all.
    """

    file: str
    root: Node | None
    problems: tuple[Problem, ...]

    @cached_property
    def data(self) -> dict[str, Any] | None:
        """The plain data; None when the file cannot be read at all."""
        return None if self.root is None else self.root.data

    def depth(self, path: Path) -> int:
        """How much of a path the file really has."""
        return sum(1 for _ in self._along(path)) - 1

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the deepest known part of a path stands; its key rather than its value on demand.

        The rest of the path may be what is missing, or a default that the file does not spell out.
        """
        *_, last = [Node(None, TOP), *self._along(path)]
        return last.key if key and last.key is not None else last.shown_at

    def origin(self, path: Path) -> Origin:
        """The file that a path stands in; of a document as it was read, that is its own."""
        return Origin(self.file)

    def lines_around(self, place: Place) -> Iterator[int]:
        """The lines of all keys that what stands at a place is under, its own included."""
        node = self.root
        while node is not None:
            if node.key is not None:
                yield node.key.line
            begun = (it for it in node.children.values() if (it.key or it.place) <= place)
            node = max(begun, key=lambda it: it.key or it.place, default=None)

    def _along(self, path: Path) -> Iterator[Node]:
        node = self.root
        if node is None:
            return
        yield node
        for step in path:
            if step not in node.children:
                return
            node = node.children[step]
            yield node


def parse(source: bytes | str, file: str = "<text>") -> Document:
    """The document in `source`; raises `ScenarioError` with every problem of its YAML.

    >>> parse("answer: on").data
    {'answer': 'on'}
    """
    document = scan(source, file)
    if document.problems:
        raise ScenarioError(document.problems)
    return document


def scan(source: bytes | str, file: str = "<text>") -> Document:
    """The document in `source`, with its problems listed rather than raised.

    After a duplicate key, a refused tag or the like the rest is still read, so that everything
    else that is wrong can be reported at the same time.
    """
    builder = _Builder(file)
    try:
        root = builder.document(_decode(source))
    except _Unreadable as unreadable:
        builder.report(unreadable.message, unreadable.place, unreadable.code)
        root = None
    return Document(file, root, tuple(builder.problems))


def comments(text: str) -> list[tuple[Place, str]]:
    """The comments of a YAML text and where they stand, as far as it can be read."""
    spans = _scalars(text)
    span = next(spans, None)
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        for match in re.finditer(r"(?:^|(?<=\s))#", line):
            place = Place(number, match.start() + 1)
            while span is not None and span[1] <= place:
                span = next(spans, None)
            if span is None or place < span[0]:
                found.append((place, line[match.start() :].rstrip()))
                break
    return found


def _scalars(text: str) -> Iterator[tuple[Place, Place]]:
    """From where to where each text, number or word of a YAML text goes."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with contextlib.suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=loader):
            if isinstance(token, yaml.ScalarToken):
                yield _span(token)


def _span(token: Any) -> tuple[Place, Place]:
    """From where to where a text goes. Behind the sign of a block a comment may stand."""
    start, end = place_of(token.start_mark), place_of(token.end_mark)
    return (Place(start.line + 1, 1) if token.style in ("|", ">") else start), end


class _Unreadable(Exception):
    """Nothing after this place can be read."""

    def __init__(self, message: str, place: Place, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.code = code


def _decode(source: bytes | str) -> str:
    if len(source) > MAX_BYTES:
        raise _Unreadable(too_large(len(source)), TOP, "CS001")
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8-sig")
        raise _Unreadable(
            f"not UTF-8: byte 0x{source[error.start]:02x} cannot stand here; "
            "save the file with the encoding UTF-8",
            _end_of(before),
            "CS001",
        ) from None


def too_large(size: int) -> str:
    """What to say of a file over `MAX_BYTES`."""
    return (
        f"the file has {size:,} bytes, and at most {MAX_BYTES:,} are read; "
        "split it into several scenario files"
    )


def _end_of(text: str) -> Place:
    """The place of the character that would follow `text`."""
    return Place(text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1)


class _Builder:
    """Turns the events of one file into a tree, and collects what is wrong on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.anchors: dict[str, Node] = {}
        self.aliases = 0
        self.nodes = 0
        self.path: list[str] = []
        self.events: Iterator[Event] = iter(())

    def report(self, message: str, place: Place, code: str) -> None:
        self.problems.append(Problem(message, self.file, *place, code=code))

    def document(self, text: str) -> Node:
        import yaml

        self.events = _events(_json_escapes(text) if self.file.endswith(".json") else text)
        next(self.events)  # the start of the stream
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise _Unreadable(
                "the file is empty; expected keys and values such as `id: my.name`", TOP, "CS001"
            )
        root = self.node(next(self.events), 0)
        next(self.events)  # the end of the document
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _Unreadable(
                "a second document begins here; keep one per file, without `---` between",
                _place(after),
                "CS004",
            )
        if not isinstance(root.data, dict):
            raise _Unreadable(
                f"expected keys and values at the top of the file, found {kind(root.data)}",
                root.place,
                "CS001",
            )
        return root

    def node(self, event: Event, depth: int) -> Node:
        import yaml

        place = _place(event)
        if depth > MAX_DEPTH:
            raise _Unreadable(f"nested more than {MAX_DEPTH} levels deep", place, "CS004")
        if isinstance(event, yaml.AliasEvent):
            node = self.alias(event, place)
        elif isinstance(event, yaml.ScalarEvent):
            node = Node(self.scalar(event, place), place)
        elif isinstance(event, yaml.MappingStartEvent):
            self.tag(event, "map", place)
            node = self.mapping(place, depth)
        else:
            self.tag(event, "seq", place)
            node = self.sequence(place, depth)
        anchor = getattr(event, "anchor", None)
        if anchor is not None and not isinstance(event, yaml.AliasEvent):
            self.anchors[anchor] = node
        return node

    def count(self, nodes: int, place: Place) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise _Unreadable(
                f"more than {MAX_NODES:,} values, aliases expanded; write less in one file",
                place,
                "CS004",
            )

    def alias(self, event: Event, place: Place) -> Node:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise _Unreadable(
                f"more than {MAX_ALIASES} aliases; write the values out", place, "CS004"
            )
        name = getattr(event, "anchor", "")
        if name not in self.anchors:
            raise _Unreadable(
                f"alias '*{name}' stands for nothing: no finished value before it is marked "
                f"'&{name}' (put a text that begins with '*' in quotes)",
                place,
                "CS004",
            )
        anchored = self.anchors[name]
        self.count(anchored.size, place)
        return replace(anchored, place=place, key=None)

    def mapping(self, place: Place, depth: int) -> Node:
        children: dict[str | int, Node] = {}
        for event in self.until_end():
            found = self.node(event, depth + 1)
            key = self.key(found)
            self.path.append(key or "?")
            value = self.node(next(self.events), depth + 1)
            self.path.pop()
            if key is None:
                continue
            if (first := children.get(key)) is not None and first.key is not None:
                inside = f" in `{'.'.join(self.path)}`" if self.path else ""
                self.report(
                    f"key '{key}' is written twice{inside}; the first is at line "
                    f"{first.key.line}, column {first.key.column}: keep one of them",
                    found.place,
                    "CS003",
                )
                continue
            children[key] = replace(value, key=found.place)
        data = {key: child.data for key, child in children.items()}
        return self.collection(data, place, children)

    def key(self, node: Node) -> str | None:
        """The name that a key stands for; None, with a problem reported, where it is none."""
        if node.data == "<<":
            self.report(
                "merge keys ('<<') are not part of YAML 1.2; write the keys out",
                node.place,
                "CS004",
            )
            return None
        if not isinstance(node.data, str):
            # `say: {{ slot }}` without quotes is a mapping inside a mapping to YAML.
            remedy = (
                "put a text with {{ ... }} in quotes"
                if isinstance(node.data, dict)
                else "put it in quotes"
            )
            self.report(
                f"a key must be text, found {kind(node.data)}; {remedy}", node.place, "CS005"
            )
            return None
        return node.data

    def sequence(self, place: Place, depth: int) -> Node:
        items = [self.node(event, depth + 1) for event in self.until_end()]
        return self.collection([item.data for item in items], place, dict(enumerate(items)))

    def until_end(self) -> Iterator[Event]:
        """The event that begins each further entry of the collection that is open."""
        import yaml

        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        while not isinstance(event := next(self.events), ends):
            yield event

    def collection(self, data: object, place: Place, children: Mapping[Any, Node]) -> Node:
        size = 1 + sum(child.size for child in children.values())
        return Node(data, place, children=children, size=size)

    def scalar(self, event: Any, place: Place) -> object:
        self.count(1, place)
        text: str = event.value
        if event.tag is None:
            # No style is a plain scalar: '' to libyaml, None to PyYAML's own parser.
            return text if event.style else self.resolved(text, place)
        if event.tag == "!" or event.tag == f"{_CORE}str":
            return text
        value = self.resolved(text, place)
        self.tag(event, _TAG_OF.get(type(value), "str"), place)
        return value

    def resolved(self, text: str, place: Place) -> object:
        try:
            return resolve(text)
        except ValueError:
            self.report(
                f"a number of {len(text):,} digits is too long; put it in quotes", place, "CS004"
            )
            return text

    def tag(self, event: Any, expected: str, place: Place) -> None:
        if event.tag in (None, "!", f"{_CORE}{expected}"):
            return
        shown = str(event.tag).replace(_CORE, "!!")
        self.report(f"tag '{shown}' is not allowed here; remove it", place, "CS004")


_TAG_OF: dict[type, str] = {bool: "bool", int: "int", float: "float", type(None): "null"}

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], float]], ...] = (
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda text: int(text, 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text, 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: -math.inf if text[0] == "-" else math.inf),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda _: math.nan),
)


def resolve(text: str) -> str | float | bool | None:
    """What an unquoted scalar means in the core schema.

    >>> [resolve(text) for text in ("no", "true", "0o17", "12:30", "~")]
    ['no', True, 15, '12:30', None]
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    for pattern, number in _NUMBERS:
        if pattern.fullmatch(text):
            return number(text)
    return text


def kind(value: object) -> str:
    """What plain data is, in the words of a message: `text 'abc'`, `the number 3`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return f"text '{value if len(value) <= 40 else value[:37] + '...'}'"
        case Mapping():
            return "keys and values"
        case _:
            return "a list"


# -- what the scanner has to say ----------------------------------------------------------------


def _events(text: str) -> Iterator[Event]:
    """The scanner's events; its errors become `_Unreadable`, in plain words."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        message, place = in_plain_words(error, text)
        raise _Unreadable(message, place, "CS002") from None
    except (yaml.reader.ReaderError, UnicodeEncodeError):
        _refuse_character(text)


def _place(event: Event) -> Place:
    return place_of(event.start_mark)


_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def _refuse_character(text: str) -> NoReturn:
    # libyaml counts bytes here and PyYAML's own reader counts characters, so look for it again.
    found = _FORBIDDEN.search(text)
    place = _end_of(text[: found.start()]) if found else TOP
    shown = f"U+{ord(found[0]):04X}" if found else "a control character"
    raise _Unreadable(f"YAML does not allow the character {shown}; remove it", place, "CS001")


# Either a pair, or any other escape, which is passed over whole: in `\\ud83d` nothing is escaped.
_ESCAPES = re.compile(r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\.")


def _json_escapes(text: str) -> str:
    r"""JSON spells characters beyond U+FFFF as two escapes, which YAML does not know."""
    import orjson

    return _ESCAPES.sub(lambda it: orjson.loads(f'"{it[1]}"') if it[1] else it[0], text)
