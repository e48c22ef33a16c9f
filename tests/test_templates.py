"""Wordings as templates: what is filled in, what is refused, what is quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from convsim.templates import fill, is_plain, names_in, quote, substitute

SLOTS = {"vendor": "acme", "request": "[request] for acme"}
REFUSED = (
    "bad template: only {{ name }}, {{ last.reply }} and {{ last.quote }} are allowed, "
    "with the filters capitalize, lower, title, trim, upper"
)


@pytest.mark.parametrize(
    ("wording", "text"),
    [
        ("no slot here", "no slot here"),
        ("from {{ vendor }}.", "from acme."),
        ("{{ request }}", "[request] for acme"),
        ("{{vendor|upper}} {{ vendor | title }}", "ACME Acme"),
        ("{{ vendor }}\n", "acme\n"),
        ("a {# a note #} b", "a  b"),
        ("{{ last.reply }}", "One two. Three."),
        ('You wrote "{{ last.quote }}"', 'You wrote "One two."'),
        ("100% {curly} & <b>", "100% {curly} & <b>"),
    ],
)
def test_a_wording_is_filled_in(wording: str, text: str) -> None:
    """Slots, the request and what was said last; nothing is escaped, trailing space is kept."""
    assert fill(wording, SLOTS, "One two. Three.") == text


def test_before_the_first_reply_there_is_nothing_to_quote() -> None:
    """An empty reply and none at all insert nothing."""
    assert fill("<{{ last.reply }}|{{ last.quote }}>", {}, None) == "<|>"
    assert fill("<{{ last.reply }}|{{ last.quote }}>", {}, "") == "<|>"


@pytest.mark.parametrize(
    "reply", ["{{ vendor }}", "{% for x in y %}", "{{ ''.__class__ }}", "{# note #}", "}} {{"]
)
def test_what_the_assistant_said_is_data(reply: str) -> None:
    """Template syntax in a reply is inserted as it is and never run."""
    assert fill("<{{ last.reply }}>", SLOTS, reply) == f"<{reply}>"


def test_template_syntax_in_a_slot_is_data_too() -> None:
    """A value is filled in once."""
    assert fill("<{{ vendor }}>", {"vendor": "{{ request }}"}) == "<{{ request }}>"


def test_an_unknown_slot_is_never_filled_with_nothing() -> None:
    """Templates are strict; `lint` reports it before a run, with its place."""
    with pytest.raises(UndefinedError, match="supplier"):
        fill("{{ supplier }}", SLOTS)


@pytest.mark.parametrize(
    ("wording", "names"),
    [
        ("plain", set()),
        ("{{ vendor }} {{ request|upper|trim }}", {"vendor", "request"}),
        ("{{ last.quote }}{{ last.reply }}", {"last.quote", "last.reply"}),
        ("{{ last.words }}", {"last.words"}),
        ("{{ last }}", {"last"}),
        ("{# {{ vendor }} #}", set()),
    ],
)
def test_the_names_of_a_wording(wording: str, names: set[str]) -> None:
    """What `lint` compares with the slots there are."""
    assert names_in(wording) == names


@pytest.mark.parametrize(
    "wording",
    [
        "{{ vendor.upper() }}",
        "{{ vendor.__class__ }}",
        "{{ vendor['x'] }}",
        "{{ last.reply.upper }}",
        "{{ last.reply() }}",
        "{{ range(3) }}",
        "{{ 'text' }}",
        "{{ 1 + 1 }}",
        "{{ a ~ b }}",
        "{{ a if b else c }}",
        "{{ vendor|replace('a', 'b') }}",
        "{{ vendor|attr('x') }}",
        "{{ vendor|length }}",
        "{{ vendor is defined }}",
        "{% if vendor %}x{% endif %}",
        "{% for x in vendor %}x{% endfor %}",
        "{% set x = 1 %}",
        "{% include 'file' %}",
        "{% import 'file' as f %}",
        "{% macro m() %}x{% endmacro %}",
    ],
)
def test_everything_else_is_refused(wording: str) -> None:
    """Scenario packs are shared: no attribute, call, expression or statement gets through."""
    with pytest.raises(ValueError) as refused:
        names_in(wording)
    assert str(refused.value) == REFUSED
    with pytest.raises(ValueError, match=r"^bad template: "):
        fill(wording, SLOTS)


@pytest.mark.parametrize("wording", ["{{ vendor", "{{ }}", "{% nonsense %}", "{{ a b }}"])
def test_broken_syntax_is_said_in_one_line(wording: str) -> None:
    """The message is Jinja's, without its traceback."""
    with pytest.raises(ValueError, match=r"^bad template: [^\n]+$"):
        names_in(wording)


@pytest.mark.parametrize(
    ("wording", "plain"),
    [("text", True), ("{curly} %}", True), ("{{ x }}", False), ("{% x %}", False), ("{#", False)],
)
def test_a_plain_wording_needs_no_template(wording: str, plain: bool) -> None:
    """Only the three opening marks make a template."""
    assert is_plain(wording) is plain


@pytest.mark.parametrize(
    ("reply", "quoted"),
    [
        ("", ""),
        ("  \n ", ""),
        ("One two. Three four.", "One two."),
        ("One two? Three.", "One two?"),
        ("No end", "No end"),
        ("First line\nsecond line", "First line"),
        ("\n\n  One.\n", "One."),
        ("Version 2.5 is out. Next.", "Version 2.5 is out."),
        ('They said "no." Then left.', 'They said "no."'),
        ("**Never.** Next.", "**Never.**"),
        ("一つ目の文。二つ目の文。", "一つ目の文。"),
        ("真的吗？是的！", "真的吗？"),
        ("「いいえ。」次の文。", "「いいえ。」"),
        ("# A heading\n\nText.", "A heading"),
        ("- first item\n- second item", "first item"),
        ("1. Open it. Then close it.", "Open it."),
        ("> quoted words. More.", "quoted words."),
        ("---\nText.", "Text."),
        ("```python\nx = 1\n```", "x = 1"),
        ("   spaced    out   words.", "spaced out words."),
    ],
)
def test_the_quote_is_the_first_sentence(reply: str, quoted: str) -> None:
    """In any script, without what Markdown puts before a line."""
    assert quote(reply) == quoted


@given(st.text())
def test_a_quote_has_at_most_25_words(reply: str) -> None:
    """And all of them are the assistant's, in order."""
    words = quote(reply).split()
    assert len(words) <= 25
    rest = iter(reply.split())
    assert all(any(word in said for said in rest) for word in words)


def test_a_long_sentence_is_cut_at_25_words() -> None:
    """The user quotes, she does not repeat a page."""
    assert quote(" ".join(map(str, range(40)))) == " ".join(map(str, range(25)))


@pytest.mark.parametrize(
    ("wording", "texts", "made"),
    [
        ("{{ thing }}, please", {"thing": "the invoice"}, "the invoice, please"),
        ("{{thing}}?", {"thing": "{{ what }}"}, "{{ what }}?"),
        ("{{ thing }}?", {"thing": "a copy of {{ what }}"}, "a copy of {{ what }}?"),
        ("{{ thing | upper }}!", {"thing": "now"}, "NOW!"),
        ("{{ thing | trim | title }}", {"thing": " the end "}, "The End"),
        ("{{ thing | upper }}!", {"thing": "{{ what | trim }}"}, "{{ what | trim | upper }}!"),
        ("{{ request }} {{ last.quote }}", {"thing": "x"}, "{{ request }} {{ last.quote }}"),
        ("{{ a }} {{ b }}", {"a": "{{ b }}", "b": "{{ a }}"}, "{{ b }} {{ a }}"),
        ("nothing to fill", {"thing": "x"}, "nothing to fill"),
    ],
)
def test_some_holes_are_filled_and_a_template_is_left(
    wording: str, texts: dict[str, str], made: str
) -> None:
    """What is put in may be a template; it is not filled in its turn."""
    assert substitute(wording, texts) == made


def test_a_filter_changes_words_or_a_slot_and_not_both() -> None:
    """`capitalize` would have to know what the slot will be."""
    with pytest.raises(ValueError, match=r"cannot change .her .*, which is both words and a slot"):
        substitute("{{ thing | title }}", {"thing": "her {{ x }}"})
