"""Wordings as templates: `{{ slot }}`, `{{ last.reply }}`, `{{ last.quote }}`; nothing that runs.

Scenario packs are shared between people, so a wording is data: Jinja only parses it, and what is
not a name with a few case filters is refused. A parsed wording is a row of texts and holes; filling
it puts values into the holes. What the assistant said is such a value, and is never itself read as
a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

LAST = frozenset({"last.reply", "last.quote"})
FILTERS = frozenset({"upper", "lower", "title", "capitalize", "trim"})
QUOTE_WORDS = 25
"""How much `last.quote` quotes at most (design, section 4)."""

HOLE = re.compile(r"\{\{.*?\}\}")
"""A place that something goes into, as it is written; what it names is `names_in`'s to tell."""

_MARKS = ("{{", "{%", "{#")
# Chinese and Japanese put no space between sentences; a closing quote belongs to its sentence.
_SENTENCE_END = re.compile(
    r"""
      (?: (?<=[.!?]) | (?<=[.!?]["'”’)*_]) | (?<=[.!?]\*\*) ) \s+
    | (?<=[。！？]) (?![」』”’）])
    | (?<=[。！？][」』”’）])
    | \n
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"\w")
# What Markdown puts before a line: headings, quotations, bullets, numbers, fences.
_MARKERS = re.compile(
    r"^[ \t]*(?:(?:#{1,6}[ \t]+|>[ \t]*|[-*+•][ \t]+|\d+[.)][ \t]+)+|`{3,}\w*[ \t]*$)", re.MULTILINE
)


class _Hole(NamedTuple):
    """A place in a wording: the name of what goes there, and what is done to it first."""

    name: str
    filters: tuple[Callable[[str], str], ...]


@cache
def _environment() -> Environment:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(keep_trailing_newline=True)


def is_plain(wording: str) -> bool:
    """Whether there is nothing to fill in."""
    return not any(mark in wording for mark in _MARKS)


def quote(reply: str) -> str:
    """The first sentence of a reply, at most 25 words, without the marks of a list or heading."""
    words = next(filter(_WORD.search, _sentences(_MARKERS.sub("", reply))), "").split()
    return " ".join(words[:QUOTE_WORDS])


def _sentences(text: str) -> Iterator[str]:
    """One by one, because mostly only the first is wanted."""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def fill(wording: str, slots: Mapping[str, str], last: str | None = None) -> str:
    """The text of a checked wording; `last` is the assistant's last reply."""
    return "".join(
        [
            part if isinstance(part, str) else _value(part, slots, last or "")
            for part in _parts(wording)
        ]
    )


def _value(hole: _Hole, slots: Mapping[str, str], last: str) -> str:
    name, filters = hole
    if name == "last.reply":
        value = last
    elif name == "last.quote":
        value = quote(last)
    elif name in slots:
        value = slots[name]
    else:
        from jinja2 import UndefinedError

        raise UndefinedError(f"'{name}' is undefined")
    for change in filters:
        value = change(value)
    return value


_NAMED = re.compile(r"\{\{\s*(?P<name>\w+)\s*(?P<filters>(?:\|\s*\w+\s*)*)\}\}")
_ONE_HOLE = re.compile(r"\s*\{\{(?P<inside>[^{}]*)\}\}\s*")


def substitute(wording: str, texts: Mapping[str, str]) -> str:
    """A wording with texts, which may be templates too, in some of its holes; still a template.

    Raises ValueError where a filter would have to change a text that has both words and holes.

    >>> substitute("Is {{ whose }} {{ thing | upper }} in?", {"whose": "{{ her }}", "thing": "car"})
    'Is {{ her }} CAR in?'
    """

    def filled(hole: re.Match[str]) -> str:
        name, filters = hole["name"], hole["filters"].strip()
        if name not in texts:
            return hole[0]
        text = texts[name]
        if not filters:
            return text
        if is_plain(text):
            return fill(hole[0], {name: text})
        if (inner := _ONE_HOLE.fullmatch(text)) is None:
            raise ValueError(f'`{filters}` cannot change "{text}", which is both words and a slot')
        return f"{{{{ {inner['inside'].strip()} {filters} }}}}"

    return _NAMED.sub(filled, wording)


def names_in(wording: str) -> frozenset[str]:
    """The names a wording fills in (`vendor`, `last.quote`); ValueError says what is wrong."""
    return frozenset(part.name for part in _parts(wording) if isinstance(part, _Hole))


@lru_cache(maxsize=4096)
def _parts(wording: str) -> tuple[str | _Hole, ...]:
    """A wording as texts and holes; ValueError says what is wrong with it."""
    if is_plain(wording):
        return (wording,)
    from jinja2 import TemplateSyntaxError

    try:
        tree = _environment().parse(wording)
    except TemplateSyntaxError as error:
        raise ValueError(f"bad template: {error.message}") from None
    return tuple(_parts_of(tree.body))


def _parts_of(body: Iterable[nodes.Node]) -> Iterator[str | _Hole]:
    from jinja2 import nodes

    for node in body:
        match node:
            case nodes.Output():
                yield from _parts_of(node.nodes)
            case nodes.TemplateData():
                yield node.data
            case _:
                yield _hole(node)


def _hole(node: nodes.Node) -> _Hole:
    from jinja2 import nodes

    match node:
        case nodes.Name(name=name):
            return _Hole(name, ())
        case nodes.Getattr(node=nodes.Name(name="last"), attr=attr):
            return _Hole(f"last.{attr}", ())
        case nodes.Filter(name=name, args=[], kwargs=[], node=nodes.Expr() as inner) if (
            name in FILTERS
        ):
            inside = _hole(inner)
            return _Hole(inside.name, (*inside.filters, _environment().filters[name]))
    raise ValueError(
        "bad template: only {{ name }}, {{ last.reply }} and {{ last.quote }} are "
        f"allowed, with the filters {', '.join(sorted(FILTERS))}"
    )
