"""Regular expressions that can take forever, and those that only look like it."""

from __future__ import annotations

import re
import warnings

import pytest

from convsim.regexes import LARGEST, endless

LARGE = f"(a|a|b{{{LARGEST}}})*c"


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("(a+)+$", "(a+)+"),
        ("^(?:a*)*b", "(?:a*)*"),
        ("(a|a)*b", "(a|a)*"),
        ("(a|aa)+$", "(a|aa)+"),
        ("(a+|b)*c", "(a+|b)*"),
        ("(a?b?)*c", "(a?b?)*"),
        ("(x+x+)+y", "(x+x+)+"),
        ("((ab)*)*c", "((ab)*)*"),
        ("((a+)?)*b", "((a+)?)*"),
        ("(a+){2,}b", "(a+){2,}"),
        ("(a{1,3})*b", "(a{1,3})*"),
        (r"(\w{1,20} ?){1,20}!", r"(\w{1,20} ?){1,20}"),
        (r"(?:\w+\s?)*$", r"(?:\w+\s?)*"),
        (r"(\w|\d)+!", r"(\w|\d)+"),
        (r"(?P<word>\w+)+!", r"(?P<word>\w+)+"),
        (r"([a-z]+)*?\d", r"([a-z]+)*?"),
        (r"x(?=(a+)+b)", "(a+)+"),
        (r"(?>(a+)+b)", "(a+)+"),
        (r"(?:(?!x)a+)+$", "(?:(?!x)a+)+"),
        ("(?i)(a|A)*b", "(a|A)*"),
        ("(?i:(a|A)*)b", "(a|A)*"),
        ("(?s).(.|\n)*x", "(.|\n)*"),
        ("(?x) ( a + ) +  # twice (\n $", "( a + ) +"),
        (r"([^\]]+)*\]", r"([^\]]+)*"),
    ],
)
def test_an_endless_repetition_is_found(pattern: str, part: str) -> None:
    """One text can be divided into rounds in more than one way."""
    re.compile(pattern)
    assert endless(pattern) == part


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a+",
        "(a+,)+$",
        r"(\w+\s)*$",
        r"(\w+\s+)*\w*$",
        r"(?:,\s*\w+)*",
        "(a|b)*c",
        "(ab|ac)*d",
        "(a|A)*b",
        "(.|\n)*x",
        "(a?)*b",
        "(a+){1,3}",
        "((a+)?b)*c",
        r"(\d{3}[ -]?)+",
        r"(\d{4}-|\d{5}-)*x",
        r"(\d{1000})*",
        r"\b(has|have)\b[^.?!]{0,30}\b(aboard|on board)\b",
        r"(\w+\b\W*)*$",
        r'"(?:[^"\\]|\\.)*"',
        r"(?:\\.|[^\\])*x",
        "(a++)+b",
        "(?>a+)+b",
        r"(a)(?:\1b)*",
        "(?P<a>b)(?P=a)*",
        "(a)?(?(1)b|c)+",
        "(?:(?i:a)|(?-i:A)b)*c",
        "(?#(a+)a+",
        r"[(a+)+]*b",
        r"[]a+]+\]",
        r"[^](]+b",
        "x{}{,y",
        r"\x41+\u0042\101\0",
    ],
)
def test_what_has_one_way_is_left_alone(pattern: str) -> None:
    """Also where repetitions are nested, and where brackets are no brackets."""
    re.compile(pattern)
    assert endless(pattern) is None


@pytest.mark.parametrize("pattern", ["(" * 180 + "a" + ")" * 180, LARGE])
def test_what_is_too_large_is_left_alone(pattern: str) -> None:
    """Looking at it would take long itself."""
    assert endless(pattern) is None


def test_a_set_is_read_without_a_word() -> None:
    """Python warns of what may be an operator in a set some day, and has warned of the pattern."""
    pattern = "([[a||b&&c]+)*d"
    with pytest.warns(FutureWarning):
        re.compile(pattern)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert endless(pattern) == "([[a||b&&c]+)*"
