"""YAML 1.2 core, with places: what scalars mean, where things stand, what is refused and how."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from convsim.errors import ScenarioError
from convsim.yaml12 import (
    MAX_ALIASES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    Place,
    comments,
    parse,
    resolve,
    scan,
)


def complaints(source: bytes | str, file: str = "f.yaml") -> list[str]:
    return [str(problem) for problem in scan(source, file).problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("y", "y"),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("nUll", "nUll"),
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-01-02", "2026-01-02"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("1.2.3", "1.2.3"),
        ("=", "="),
    ],
)
def test_a_plain_scalar_means_what_the_core_schema_says(text: str, value: object) -> None:
    """Only true, false, null and numbers are special; words, times and dates are text."""
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


def test_not_a_number_is_a_number() -> None:
    """`.nan` is the float that equals nothing."""
    assert math.isnan(float(resolve(".nan") or 0))


@pytest.mark.parametrize(
    "quoted", ["'no'", '"true"', "'12'", '"~"', "!!str 12", "! 12", "|-\n  12"]
)
def test_what_is_quoted_is_text(quoted: str) -> None:
    """Quotes, block scalars and an explicit `!!str` keep a scalar from being resolved."""
    assert isinstance((parse(f"key: {quoted}").data or {})["key"], str)


@pytest.mark.parametrize(
    ("tagged", "value"),
    [("!!int 3", 3), ("!!bool true", True), ("!!null ~", None), ("!!float 1.5", 1.5)],
)
def test_core_tags_are_taken(tagged: str, value: object) -> None:
    """A tag of the core schema may say what the scalar is anyway."""
    assert (parse(f"key: {tagged}").data or {})["key"] == value


SOURCE = """\
id: a
slots: {vendor: x, "code": {secret: "#"}}
states:
  open:
    say:
      - one
      - "two"
    next:
  end: {final: true}
"""


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), (1, 1), (1, 1)),
        (("id",), (1, 5), (1, 1)),
        (("slots", "vendor"), (2, 17), (2, 9)),
        (("slots", "code"), (2, 20), (2, 20)),
        (("slots", "code", "secret"), (2, 37), (2, 29)),
        (("states",), (3, 1), (3, 1)),
        (("states", "open"), (4, 3), (4, 3)),
        (("states", "open", "say"), (5, 5), (5, 5)),
        (("states", "open", "say", 1), (7, 9), (7, 9)),
        (("states", "open", "next"), (8, 5), (8, 5)),
        (("states", "end", "final"), (9, 16), (9, 9)),
    ],
)
def test_every_path_has_a_place(
    path: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int]
) -> None:
    """A text or number stands at itself, a collection or an empty value at its key."""
    document = parse(SOURCE)
    assert document.place(path) == value
    assert document.place(path, key=True) == key
    assert document.depth(path) == len(path)


def test_an_unknown_path_stands_where_its_known_part_does() -> None:
    """A default that the file does not spell out is shown where it would be written."""
    document = parse(SOURCE)
    assert document.depth(("states", "open", "visits")) == 2
    assert document.place(("states", "open", "visits")) == document.place(("states", "open"))
    assert document.place(("states", "open", "say", 9)) == document.place(("states", "open", "say"))
    assert document.place(("nothing", "like", "it")) == (1, 1)


def test_columns_count_characters() -> None:
    """An umlaut or an emoji is one column wide, whatever its bytes."""
    assert parse("é😀: {ü: x}").place(("é😀", "ü")) == (1, 9)


def test_an_alias_stands_where_it_is_used_and_its_inside_where_it_was_written() -> None:
    """What an alias repeats was written once, and is mended there."""
    document = parse("a: &x {k: v}\nb: *x\n")
    assert document.data == {"a": {"k": "v"}, "b": {"k": "v"}}
    assert document.place(("b",)) == (2, 1)
    assert document.place(("b", "k")) == (1, 11)


DATA: dict[str, Any] = {
    "id": "a.b",
    "say": ['Ein "Zitat" \\ud83d', "emoji 😀 \U0010ffff \t\n", "a/b"],
    "n": [0, -1, 1.5, 1e300, True, None],
    "nested": {"": {}, "x": []},
}


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_json_is_read_the_same_way(indent: int | str | None, ensure_ascii: bool) -> None:
    """Whatever `json.dumps` writes comes back, surrogate pairs and tabs included."""
    text = json.dumps(DATA, indent=indent, ensure_ascii=ensure_ascii)
    assert parse(text, "f.json").data == DATA


def test_a_byte_order_mark_is_ignored() -> None:
    """Some editors on Windows write one."""
    assert parse(b"\xef\xbb\xbfid: a").data == {"id": "a"}
    assert parse("\ufeffid: a").data == {"id": "a"}


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("", "f.yaml:1:1: the file is empty; expected keys and values such as `id: my.name`"),
        (
            "# only a comment\n",
            "f.yaml:1:1: the file is empty; expected keys and values such as `id: my.name`",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "f.yaml:2:1: a second document begins here; keep one per file, without `---` between",
        ),
        (
            "- a\n",
            "f.yaml:1:1: expected keys and values at the top of the file, found a list",
        ),
        (
            "just text",
            "f.yaml:1:1: expected keys and values at the top of the file, found text 'just text'",
        ),
        (
            "a: 1\nb: {c: 1, c: 2}",
            "f.yaml:2:11: key 'c' is written twice in `b`; the first is at line 2, column 5: "
            "keep one of them",
        ),
        (
            "a: 1\na: 2",
            "f.yaml:2:1: key 'a' is written twice; the first is at line 1, column 1: "
            "keep one of them",
        ),
        (
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            "f.yaml:3:3: merge keys ('<<') are not part of YAML 1.2; write the keys out",
        ),
        (
            "a: !!python/object/apply:os.getcwd []",
            "f.yaml:1:4: tag '!!python/object/apply:os.getcwd' is not allowed here; remove it",
        ),
        ("a: !mine x", "f.yaml:1:4: tag '!mine' is not allowed here; remove it"),
        ("a: !!int x", "f.yaml:1:4: tag '!!int' is not allowed here; remove it"),
        ("3: a", "f.yaml:1:1: a key must be text, found the number 3; put it in quotes"),
        ("true: a", "f.yaml:1:1: a key must be text, found true; put it in quotes"),
        ("~: a", "f.yaml:1:1: a key must be text, found nothing; put it in quotes"),
        (
            "say: {{ request }}",
            "f.yaml:1:7: a key must be text, found keys and values; "
            "put a text with {{ ... }} in quotes",
        ),
        (
            "a: *x",
            "f.yaml:1:4: alias '*x' stands for nothing: no finished value before it is marked "
            "'&x' (put a text that begins with '*' in quotes)",
        ),
        (
            "a: &x [*x]",
            "f.yaml:1:8: alias '*x' stands for nothing: no finished value before it is marked "
            "'&x' (put a text that begins with '*' in quotes)",
        ),
        (
            "a:\n\tb: 1",
            "f.yaml:2:1: a tab in the indentation; YAML indents with spaces only: "
            "replace every tab at the beginning of a line with two spaces",
        ),
        (
            "a:\n  b: 1\n  \tc: 2",
            "f.yaml:3:3: a tab in the indentation; YAML indents with spaces only: "
            "replace every tab at the beginning of a line with two spaces",
        ),
        (
            "a: note: this",
            "f.yaml:1:8: a ': ' cannot stand here; put a text that holds one in quotes, "
            "or check that the line begins in the right column",
        ),
        ("a: @x", "f.yaml:1:4: a text cannot begin with this character; put the text in quotes"),
        (
            "a: 'it's'",
            "f.yaml:1:8: the text in quotes that begins at column 4 ends before this; put the "
            "whole text in quotes, and write '' for a ' inside it",
        ),
        (
            "a:\n  - b\n  c: d",
            "f.yaml:3:3: expected another '- ' item of the list; check the indentation",
        ),
        (
            "a: - b",
            "f.yaml:1:4: a list item ('- ') cannot stand here; begin it on a line of its own, "
            "or put a text that begins with a dash in quotes",
        ),
        (
            'a: "x\nb: 1\n',
            'f.yaml:1:4: this " is never closed; write another one where the text ends',
        ),
        (
            "a: [1, 2\nb: 1\n",
            "f.yaml:1:4: this [ is not closed, or a comma is missing before line 2, column 2",
        ),
        (
            "a: 1\nb\nc: 2",
            "f.yaml:2:1: this line is no `key: value`; add the colon, "
            "or put a text of several lines in quotes",
        ),
        (
            'a: "\\q"',
            "f.yaml:1:5: an unknown backslash escape; write two backslashes, or use single quotes",
        ),
        (
            "é: x\nb: \x01",
            "f.yaml:2:4: YAML does not allow the character U+0001; remove it",
        ),
        (
            "a: \ud800",
            "f.yaml:1:4: YAML does not allow the character U+D800; remove it",
        ),
        (
            b"a: 1\nb: \xe9t\xe9",
            "f.yaml:2:4: not UTF-8: byte 0xe9 cannot stand here; "
            "save the file with the encoding UTF-8",
        ),
        (
            "a: " + "9" * 5000,
            "f.yaml:1:4: a number of 5,000 digits is too long; put it in quotes",
        ),
    ],
)
def test_what_is_wrong_is_said_once_in_plain_words(source: str | bytes, complaint: str) -> None:
    """One flaw, one message: the place, what was found, what to do."""
    assert complaints(source) == [complaint]


def test_what_can_be_read_after_a_flaw_is_read() -> None:
    """A duplicate key or a tag does not hide the problems after it; the first value is kept."""
    document = scan("a: 1\na: 2\nb: !x 3\n<<: {c: 4}\nd: 5")
    assert document.data == {"a": 1, "b": 3, "d": 5}
    assert [problem.line for problem in document.problems] == [2, 3, 4]


def test_parse_raises_what_scan_lists() -> None:
    """`parse` is for callers that need the data; `scan` for those that collect problems."""
    with pytest.raises(ScenarioError) as caught:
        parse("a: 1\na: 2\n3: 4", "f.yaml")
    assert list(map(str, caught.value.problems)) == complaints("a: 1\na: 2\n3: 4")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcde", "bcdef", strict=True)
)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (b"#" * (MAX_BYTES + 1), f"the file has {MAX_BYTES + 1:,} bytes"),
        ("[" * 100_000, f"nested more than {MAX_DEPTH} levels deep"),
        ("- " * 100_000, f"nested more than {MAX_DEPTH} levels deep"),
        (BOMB, f"more than {MAX_NODES:,} values"),
        (f"a: &a x\nb: [{'*a, ' * (MAX_ALIASES + 1)}]", f"more than {MAX_ALIASES} aliases"),
        (f"a: [{'1,' * MAX_NODES}]", f"more than {MAX_NODES:,} values"),
    ],
    ids=["size", "flow depth", "block depth", "alias bomb", "aliases", "nodes"],
)
def test_what_a_file_can_cost_is_bounded(source: str | bytes, complaint: str) -> None:
    """Size, depth, aliases, and everything after aliases are expanded."""
    (message,) = complaints(source)
    assert complaint in message


def test_as_many_aliases_as_are_allowed_are_read() -> None:
    """The bound itself is inside."""
    assert not complaints(f"a: &a x\nb: [{', '.join(['*a'] * MAX_ALIASES)}]")


# -- comments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a: b  # c", [(1, 7, "# c")]),
        ("# a\nb: c\n  # d", [(1, 1, "# a"), (3, 3, "# d")]),
        ('a: "b # c"  # d', [(1, 13, "# d")]),
        ("a: 'b\n  # c' # d", [(2, 8, "# d")]),
        ("a: b#c", []),
        ("a: |  # b\n  # c\nd: e # f", [(1, 7, "# b"), (3, 6, "# f")]),
        ("a: [b, # c\n  d] # e # f", [(1, 8, "# c"), (2, 6, "# e # f")]),
        ("é: b # c", [(1, 6, "# c")]),
        ("a: [ # b", [(1, 6, "# b")]),
    ],
)
def test_comments_and_where_they_stand(source: str, found: list[tuple[int, int, str]]) -> None:
    """What stands in a text is none, whatever it looks like; broken files have them as well."""
    assert [(place.line, place.column, text) for place, text in comments(source)] == found


def test_the_lines_of_the_keys_around_a_place() -> None:
    """From the outermost in, the key of the value itself last; items of lists have none."""
    document = scan("a:\n  b:\n    - x\n    - y: 1\n      z: 2\nc: 3\n")
    around = {line: list(document.lines_around(Place(line, 9))) for line in range(1, 7)}
    assert around == {1: [1], 2: [1, 2], 3: [1, 2], 4: [1, 2, 4], 5: [1, 2, 5], 6: [6]}
