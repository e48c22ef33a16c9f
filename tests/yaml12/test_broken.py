"""What is wrong with broken YAML is said where an author would look, and what to line up with."""

from __future__ import annotations

import pytest

from convsim.yaml12 import scan

KEY = "states:\n  open:\n    move: ask.direct\n    say: x\n"


def complaint(source: str) -> str:
    (problem,) = scan(source, "f").problems
    assert problem.code == "CS002"
    return str(problem)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            f"{KEY}   push:\n    move: y\n",
            "f:5:4: this key stands at column 4, and those above it at column 3 or column 5; "
            "line it up with 'open' of line 2 or 'say' of line 4",
        ),
        (
            f"{KEY}    next: {{otherwise: end}}\n  end: {{final: true}}\n     push: {{x: y}}\n",
            "f:7:6: this key stands at column 6, and those above it at column 3; "
            "line it up with 'end' of line 6",
        ),
        (
            "states:\n  open:\n    move: ask.direct\n push:\n    move: y\n",
            "f:4:2: this key stands at column 2, and those above it at column 1 or column 3; "
            "line it up with 'states' of line 1 or 'open' of line 2",
        ),
        (
            "open:\n  move: ask.direct\n    say: x\n",
            "f:3:5: this key stands at column 5, and those above it at column 3; line it up with "
            "'move' of line 2, or, if it goes on with the text of line 2, put that in quotes",
        ),
        (
            "say:\n    - a\n   - b\n",
            "f:3:4: this item stands at column 4, and those above it at column 5; "
            "line it up with the '- ' of line 2",
        ),
        (
            "text: |\n  a: b\n  c: d\nsay:\n  - x\n next: y\n",
            "f:6:2: this key stands at column 2, and those above it at column 1; "
            "line it up with 'say' of line 4",
        ),
    ],
)
def test_a_line_in_no_column_is_told_its_neighbours(source: str, said: str) -> None:
    """Those further in and further out; what only looks like a key, inside a text, is none."""
    assert complaint(source) == said


CLOSED = "and more text follows there; write the missing one where the text ends"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            'say:\n  - "abc\n  - "def"\n  - "x"\n',
            f'f:2:5: this " is closed only at line 3, column 5, {CLOSED}',
        ),
        (
            "title: 'abc\nrequest: 'def'\n",
            f"f:1:8: this ' is closed only at line 2, column 10, {CLOSED}",
        ),
        (
            'say:\n  - "he said "hi" to me"\n',
            "f:2:15: the text in quotes that begins at column 5 ends before this; put the whole "
            'text in quotes, and write \\" for a " inside it',
        ),
        (
            "say:\n  - 'it's fine'\n",
            "f:2:9: the text in quotes that begins at column 5 ends before this; put the whole "
            "text in quotes, and write '' for a ' inside it",
        ),
        (
            'say:\n  - "a"\n  - "b\nnext: y\n',
            'f:3:5: this " is never closed; write another one where the text ends',
        ),
    ],
)
def test_a_quote_that_is_missing_is_sought_where_the_text_begins(source: str, said: str) -> None:
    """The scanner gives up lines later, in a text that is fine."""
    assert complaint(source) == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "open:\n  move ask.direct\n  say: x\n",
            "f:2:3: this line is no `key: value`; add the colon, or put a text of several lines "
            "in quotes",
        ),
        (
            "say: |Please write\n",
            "f:1:7: after '|' or '>' the text begins on the next line; a text of one line needs "
            "neither",
        ),
        ("say:\n  - *so*\n", "f:2:5: a text cannot begin with '*' or '&'; put the text in quotes"),
        (
            "say: Please do: write\n",
            "f:1:15: a ': ' cannot stand here; put a text that holds one in quotes, "
            "or check that the line begins in the right column",
        ),
        (
            "next:\n  - to: a\n  refused: b\n",
            "f:3:3: expected another '- ' item of the list; check the indentation",
        ),
    ],
)
def test_other_lines_that_cannot_be_read(source: str, said: str) -> None:
    """At the line to change; a key among items is lined up, and no key."""
    assert complaint(source) == said
