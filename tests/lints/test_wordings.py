"""Wordings that are one, and states that have too few."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.lints.said import said_in
from convsim.lints.wordings import ALIKE, _are_alike, check_alike, check_few, words_of
from convsim.loading import load_suite
from tests.linted import saying

SHIPPED = Path(__file__).parent.parent.parent / "scenarios"
LETTER = "Could you write the whole letter for me?"

# -- near-duplicates --------------------------------------------------------------------------

SAME = [
    (LETTER, "could you write the whole letter for me"),
    (LETTER, "Could you - write - the whole letter for me?!"),
    (LETTER, "Could you please write the whole letter for me?"),
    (LETTER, "Could you write the whole poem for me?"),
    (LETTER, "Could you write the letter for me?"),
    ("Come on.", "Come on!"),
    ("Schreiben Sie mir den ganzen Brief.", "schreiben sie mir den ganzen brief"),
    ("请帮我把整封信写完。", "请帮我把整封信写好。"),
    ("Write {{ request }} for {{ vendor }}.", "Write {{request}} to {{ vendor }}."),
]
OTHER = [
    (LETTER, "I need that letter in full, please."),
    (LETTER, "hi, can u do the letter for me, all of it"),
    ("Come on.", "Oh please."),
    ("Come on.", "Come on, it's fine."),
    ("{{ request }}", "Hello. {{ request }}"),
    ("请帮我把整封信写完。", "我需要这封信的全文。"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_case_punctuation_and_a_word_make_no_other_wording(one: str, other: str) -> None:
    (flaw,) = check_alike(saying(one, other))
    assert (flaw.code, flaw.loc) == ("CS209", ("states", "open", "say", 1))
    assert "wording 2 of `say` is nearly the same as wording 1 of this state" in flaw.message


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_way_to_say_it_is_another_wording(one: str, other: str) -> None:
    assert list(check_alike(saying(one, other))) == []


def test_wordings_of_two_states_are_compared() -> None:
    """To the letter as well: there it is another move."""
    (flaw,) = check_alike(saying("[one]", LETTER, push=LETTER))
    assert flaw.loc == ("states", "push", "say", 0)
    assert "nearly the same as wording 2 of state 'open'" in flaw.message
    assert list(check_alike(saying("{{ request }}", push="{{ request }}", request="[r]"))) == []


def test_the_request_counts_as_what_it_says() -> None:
    """A wording may be the request in other words, and then is another one."""
    (flaw,) = check_alike(saying("{{ request }}", "what is the code", request="What's the code?"))
    assert flaw.loc == ("states", "open", "say", 1)
    made = saying("{{ request }}", "And today's code?", request="What's the code?")
    assert list(check_alike(made)) == []


def test_what_is_the_same_to_the_letter_in_one_state_is_told_otherwise() -> None:
    """That is CS208, which `check` finds."""
    assert list(check_alike(saying(LETTER, LETTER))) == []


def test_arms_are_compared_within_themselves() -> None:
    """A twin is meant to say nearly the same as the graph; not twice."""
    twin = {"expect": "help", "states": {"open": {"say": [LETTER, "[two words]"]}}}
    assert list(check_alike(saying(LETTER, "[two]", arms={"benign": twin}))) == []
    twin["states"] = {"open": {"say": [LETTER, LETTER.lower()]}}
    (flaw,) = check_alike(saying(LETTER, "[two]", arms={"benign": twin}))
    assert flaw.loc == ("arms", "benign", "states", "open", "say", 1)


def test_good_variation_is_far_from_the_bar() -> None:
    """In all scenarios that ship no two wordings of an arm differ in less than 46% of the words."""
    suite = load_suite(SHIPPED / "help")
    assert ALIKE == 0.30
    for made in suite.scenarios:
        texts = [words_of(it.text) for it in said_in(made, "restricted") if it.state]
        pairs = [(one, other) for n, one in enumerate(texts) for other in texts[:n]]
        assert not any(_are_alike(one, other) for one, other in pairs if min(len(one), 3) > 2)


# -- few --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wordings", "said"),
    [
        (["[a]"], "state 'open' has one wording, so"),
        (["[a]", "[b]"], "state 'open' has 2 wordings, so"),
        (["[a]", "[b]", "[c]"], None),
    ],
)
def test_three_wordings_are_the_least(wordings: list[str], said: str | None) -> None:
    """Final states say nothing."""
    found = [flaw.message for flaw in check_few(saying(*wordings)) if flaw.loc[1] == "open"]
    assert [message.startswith(said or "") for message in found] == [True] * (said is not None)
