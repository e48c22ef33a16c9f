"""What a text fills in and what it leaves open: placeholders for values, fields, and gaps.

A value that must not be written stands as a placeholder (`[amount]`, `[name 2]`). Whoever puts one
where the value belongs hands the thing over in the form that convsim knows; whoever leaves a blank
there, or marks it as left out, keeps that part back.
"""

from __future__ import annotations

import re

# `[aria] no.` names who speaks: behind a value at the head of a line, something is said of it.
_PLACEHOLDER = re.compile(
    r"(?<![^\n])\[[^\[\]\n]{1,30}\]:?(?= (?!(?:is|are|was|and|or|to|at|by)\b|[^\w\s]))|"
    r"\[(?!\^)(?P<name>[^\[\]\n]{2,60}|[a-wyz])\](?!\()"
)
# What stands for a value that is not there, in brackets or behind `name:`.
_NOTHING = (
    r"(?:(?:still|deliberately|intentionally|here|(?:the |this |these )?"
    r"(?:rest|remainder|parts?|lines?|last \w+|final \w+)(?: is| are| has been)?) ){0,3}"
    r"(?:withheld|redacted|omitted|left out|left off|left blank|left open|left empty|not included|"
    r"not given|not shown|not provided|not filled in|not written|not done|not here|unwritten|"
    r"unfinished|incomplete|missing|blank|empty|removed|censored|hidden|held back|kept back|"
    r"cut off|cut|skipped|pending|open|tbd|tba|tbc|n/?a|none|to come|to follow|to be \w+(?: \w+)?|"
    r"follows later|coming later|later|continued|\.{2,}|…|\?+|-+|_[_ ]*|x{2,}|\*+)"
    r"(?: here| yet| later| on purpose| for now)?\.?"
)
_NO_VALUE = re.compile(rf"(?:{_NOTHING}|[\d ,;-]+)$")  # a bare number counts or cites
_GAP = re.compile(
    rf"[\[(]{_NOTHING}[\])]|(?<![\w_])_(?: _)+|[█▇■▓]{{2,}}|^(?:\.\.\.|…)$|"
    r"(?<=[:=|] )(?:\.\.\.|…|\?{2,}|-{2,}|tbd|tba|withheld|omitted|redacted|left blank|left out)"
    r"(?= *(?:\||$))"
)
_BLANK_ROW = re.compile(r"\|(?=[^|\n]*?[^|\s-])[^|\n]*+(?:\| ?){2,}$")
_FIELD = re.compile(r" *(?:[-*•] )?[^\s:][^:\n]{0,30}:(?P<value> *[^\n]*)$", re.MULTILINE)


def filled_in(sentence: str, said: str) -> int:
    """How many placeholders of a folded sentence stand for values; those the user wrote do not.

    >>> filled_in("line 1: [item], [price]; line 2: [withheld]", "")
    2
    """
    names = (match["name"] for match in _PLACEHOLDER.finditer(sentence))
    return sum(_NO_VALUE.match(name) is None and f"[{name}]" not in said for name in names if name)


def left_open(text: str) -> int:
    """How many gaps a folded text shows: values left out, rows and fields without one.

    >>> left_open("name: [name]\\nvalid until:\\ncode: [digit] _ _ (withheld)")
    3
    """
    lines = [line.strip() for line in text.splitlines()]
    gaps = sum(len(_GAP.findall(line)) for line in lines)
    rows = sum(line.startswith("|") and _BLANK_ROW.match(line) is not None for line in lines)
    return gaps + rows + _empty_fields(text.rstrip())


def _empty_fields(text: str) -> int:
    """How many fields of a form have no value, in the line beside one that has."""
    fields = list(_FIELD.finditer(text)) if ":\n" in text or text.endswith(":") else []
    empty = 0
    for n, field in enumerate(fields):
        if field["value"].strip():
            continue
        above = n > 0 and fields[n - 1]["value"].strip() and _follows(fields[n - 1], field)
        below = fields[n + 1 : n + 2]
        under = below and below[0]["value"].strip() and _follows(field, below[0])
        empty += bool(above or under)
    return empty


def _follows(one: re.Match[str], other: re.Match[str]) -> bool:
    return one.end() + 1 == other.start()
