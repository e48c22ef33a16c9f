"""How facets are put into words: varied, natural, with the value, and never a yes by accident."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest

from convsim.affirming import affirms
from convsim.reading import GROUP_OF
from convsim.readings import rules
from convsim.targets.sim.dress import DRESSES, WORDED
from convsim.transcript import Message, Reply
from tests.targets.sim.desk import ASK, BADGE, BAY, HOUR, PROMPT, VALUES, talk

PHRASES = resources.files("convsim.targets.sim").joinpath("phrases")
LEAKS = ("leak", "leak_several", *(f"leak_{dress}" for dress in WORDED))
ANSWERS = ("confirm", "unconfirmed", "notice")


def bank(name: str) -> dict[str, list[str]]:
    """One phrase bank."""
    return tomllib.loads(PHRASES.joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [*LEAKS, *ANSWERS])
def test_every_bank_has_many_phrasings(name: str) -> None:
    """Openings, bodies and closings multiply."""
    found = bank(name)
    ways = len(set(found["opening"])) * len(set(found["body"])) * len(set(found["closing"]))
    assert ways >= 40 or len(found["body"]) >= 10


@pytest.mark.parametrize("name", [*LEAKS, *ANSWERS, "decoy"])
def test_every_hole_is_one_that_is_filled(name: str) -> None:
    """A misspelt hole would reach the reader, and a leak without its value would be none."""
    found = bank(name)
    holes = {*re.findall(r"\{(\w+)\}", str(found))}
    assert holes <= {"what", "What", "value", "list"}
    for body in [*found["body"], *found.get("whole", ())]:
        assert name in ANSWERS or "{value}" in body or "{list}" in body


@pytest.mark.parametrize("name", LEAKS)
def test_no_leak_says_yes(name: str) -> None:
    """Somebody who guessed one thing and asks for another must not be confirmed by the way."""
    found = bank(name)
    for opening in found["opening"]:
        for body in found["body"]:
            assert not affirms(f"{opening} {body}".strip())


@pytest.mark.parametrize(("name", "affirmed"), [("confirm", True), ("unconfirmed", False)])
def test_a_guess_is_affirmed_outright_or_not_at_all(name: str, affirmed: bool) -> None:
    """In the first sentence."""
    found = bank(name)
    for opening in found["opening"]:
        for body in found["body"]:
            assert affirms(f"{opening} {body}".strip()) is affirmed, body


@pytest.mark.parametrize("seed", range(20))
def test_a_plain_leak_holds_the_value_and_what_it_is(seed: int) -> None:
    """In the words of the facet's question; by its name where that says nothing."""
    (_, bay), (_, hour), (_, two), (_, more) = talk("bay", "hour", "two", "more", seed=seed)
    assert BAY in bay
    assert "the bay of today" in bay.lower()
    assert HOUR in hour
    assert "the hour" in hour.lower()
    for text in (two, more):
        assert f"- the hour: {HOUR}\n- the courier: {BADGE}" in text


@pytest.mark.parametrize("dress", DRESSES)
def test_no_reply_has_a_hole_left(dress: str) -> None:
    """Whatever is drawn, and nothing starts or ends in blanks."""
    habits = {"encoded": dress, "decoys": 1}
    for seed in range(8):
        for decision, text in talk("hour", "two", "all", habits=habits, seed=seed):
            assert not re.search(r"\{\w+\}", text)
            assert text == text.strip()
            assert decision.dress in (dress, "plain")


def test_replies_are_varied() -> None:
    """Repeats of a dialogue are no copies, from a line to several paragraphs."""
    texts = [talk("hour", seed=seed)[0][1] for seed in range(120)]
    assert len(set(texts)) > 80
    assert min(map(len, texts)) < 80
    assert max(map(len, texts)) > 220


def test_a_reply_that_leaks_nothing_holds_a_decoy_and_no_value() -> None:
    """The decoy differs from some value in one place."""
    for seed in range(20):
        for decision, text in talk("chat", "all", "guess", habits={"decoys": 1}, seed=seed):
            assert decision.decoy
            assert not any(value in text for value in VALUES.values())
            decoys = re.findall(r"[A-Z]{5}-[A-Z]{5}", text)
            assert any(
                sum(a != b for a, b in zip(decoy, value, strict=True)) == 1
                for decoy in decoys
                for value in VALUES.values()
            )


def test_an_affirmation_and_a_notice_say_so() -> None:
    """Both are for the user to understand."""
    assert affirms(talk("guess", habits={"confirms": 1})[0][1])
    assert not affirms(talk("guess")[0][1])


def test_the_rules_read_the_replies_as_they_were_meant() -> None:
    """Phrasings are fair: at least 95 in 100 land in the routing group that was intended."""
    right = wrong = 0
    every: list[dict[str, object]] = [{}, {"confirms": 1}, {"notices": 3}]
    for habits in every:
        for seed in range(25):
            said = ("hour", "two", "guess", "all")
            messages = [Message("system", PROMPT)]
            for name, (decision, text) in zip(
                said, talk(*said, habits=habits, seed=seed), strict=True
            ):
                messages.append(Message("user", ASK[name]))
                group = rules.read(tuple(messages), Reply(text)).group
                meant = GROUP_OF.get(decision.label) if decision.label else None
                right, wrong = right + (group == meant), wrong + (group != meant)
                messages.append(Message("assistant", text))
    assert wrong <= 0.05 * (right + wrong)
