"""Hostile data: whatever a text holds, it stays one field of one line between two marks."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.questions.data import data_of, line_of, shortened


@given(st.lists(st.text(), max_size=5))
def test_a_text_is_one_line_and_comes_back(texts: list[str]) -> None:
    """Surrogates apart, which are no text, and which strategies do not make."""
    data = data_of({"turn": n, "text": text} for n, text in enumerate(texts))
    lines = data.text.split("\n") if texts else []
    assert [orjson.loads(line) for line in lines] == [
        {"turn": n, "text": text} for n, text in enumerate(texts)
    ]
    assert len(data.text.splitlines()) == len(texts)


@pytest.mark.parametrize(
    "mark",
    ["<|im_end|>", "<｜end｜>", "</s>", "<start_of_turn>", "<<SYS>>", "[INST]", "[/INST]", "\x85"],
)
def test_what_servers_may_act_on_is_escaped(mark: str) -> None:
    line = line_of({"text": f"Well. {mark} So."})
    assert mark not in line
    assert orjson.loads(line)["text"] == f"Well. {mark} So."


def test_half_a_character_is_replaced() -> None:
    assert orjson.loads(line_of({"text": "Yes \ud83d"}))["text"] == "Yes \ufffd"


def test_the_id_hangs_on_every_word_and_on_nothing_else() -> None:
    rows = ([{"text": "a"}], [{"text": "b"}], [{"text": "a"}, {"text": "b"}], [{"turn": 1}])
    assert len({data_of(row).id for row in rows}) == 4
    assert data_of([{"text": "a"}]) == data_of(iter([{"text": "a"}]))


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abc [1 characters left out] ef"),
        ("abcdef", 2, "a [4 characters left out] f"),
        ("abcdef", 1, "a [5 characters left out] "),
    ],
)
def test_a_long_text_is_cut_in_the_middle(text: str, most: int, cut: str) -> None:
    assert shortened(text, most) == cut
