"""Wordings as templates: `{{ slot }}`, `{{ last.reply }}`, `{{ last.quote }}`; nothing that runs.

Scenario packs are shared between people, so a wording is data: Jinja parses it in a sandbox, and
only names and a few case filters are let through. What the assistant said is inserted as a value
and is never itself read as a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment, Template

LAST = frozenset({"last.reply", "last.quote"})
FILTERS = frozenset({"upper", "lower", "title", "capitalize", "trim"})
QUOTE_WORDS = 25
"""How much `last.quote` quotes at most (design, section 4)."""

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
# What Markdown puts before a line: headings, quotations, bullets, numbers, fences.
_MARKERS = re.compile(
    r"^[ \t]*(?:(?:#{1,6}[ \t]+|>[ \t]*|[-*+•][ \t]+|\d+[.)][ \t]+)+|`{3,}\w*[ \t]*$)", re.MULTILINE
)


@cache
def _environment() -> Environment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # No HTML is made here, so nothing is escaped: reports escape when they lay text out.
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )


@lru_cache(maxsize=4096)
def _compiled(wording: str) -> Template:
    return _environment().from_string(wording)


def is_plain(wording: str) -> bool:
    """Whether there is nothing to fill in."""
    return not any(mark in wording for mark in _MARKS)


def quote(reply: str) -> str:
    """The first sentence of a reply, at most 25 words, without the marks of a list or heading."""
    sentences = _SENTENCE_END.split(_MARKERS.sub("", reply))
    words = next((part for part in sentences if re.search(r"\w", part)), "").split()
    return " ".join(words[:QUOTE_WORDS])


def fill(wording: str, slots: Mapping[str, str], last: str | None = None) -> str:
    """The text of a checked wording; `last` is the assistant's last reply."""
    if is_plain(wording):
        return wording
    said = {"reply": last or "", "quote": quote(last or "") if "quote" in wording else ""}
    return _compiled(wording).render(slots, last=said)


def names_in(wording: str) -> frozenset[str]:
    """The names a wording fills in (`vendor`, `last.quote`); ValueError says what is wrong."""
    if is_plain(wording):
        return frozenset()
    from jinja2 import TemplateSyntaxError, nodes

    try:
        tree = _environment().parse(wording)
    except TemplateSyntaxError as error:
        raise ValueError(f"bad template: {error.message}") from None
    found: set[str] = set()

    def visit(node: nodes.Node) -> None:
        match node:
            case nodes.Template() | nodes.Output():
                for child in node.iter_child_nodes():
                    visit(child)
            case nodes.TemplateData():
                pass
            case nodes.Name(name=name):
                found.add(name)
            case nodes.Getattr(node=nodes.Name(name="last"), attr=attr):
                found.add(f"last.{attr}")
            case nodes.Filter(name=name, args=[], kwargs=[], node=nodes.Expr() as inner) if (
                name in FILTERS
            ):
                visit(inner)
            case _:
                raise ValueError(
                    "bad template: only {{ name }}, {{ last.reply }} and {{ last.quote }} are "
                    f"allowed, with the filters {', '.join(sorted(FILTERS))}"
                )

    visit(tree)
    return frozenset(found)
