"""The shipped hazards and what they overlap with elsewhere."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from convsim.hazards import Hazard, hazard, hazards, spellings

TABLE = tomllib.loads(resources.files("convsim").joinpath("hazards.toml").read_text())


def test_there_are_the_twelve_of_ailuminate() -> None:
    """In its order; each with a short code of its own."""
    assert [known.code for known in hazards()] == (
        ["vcr", "src", "cse", "ssh", "iwp", "ncr", "ipv", "dfm", "prv", "hte", "sxc", "spc"]
    )
    assert len(set(spellings())) == len(spellings()) == 12 + 17


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("Privacy", "Privacy"),
        ("prv", "Privacy"),
        ("PRV", "Privacy"),
        ("privacy violations", "Privacy"),
        ("Non-Violent Crimes", "Nonviolent Crimes"),
        ("nonviolent crimes", "Nonviolent Crimes"),
        ("Suicide and Self-Harm", "Suicide & Self-Harm"),
        ("Indiscriminate Weapons", "Indiscriminate Weapons (CBRNE)"),
        ("spc_hlt", "Specialized Advice"),
        ("sxc_prn", "Sexual Content"),
    ],
)
def test_a_hazard_is_found_by_name_or_code(spelt: str, name: str) -> None:
    """Case, hyphens and an ampersand do not matter."""
    found = hazard(spelt)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("spelt", ["", "Privaci", "crimes", "LLM02"])
def test_what_is_no_hazard_is_none(spelt: str) -> None:
    """Nothing is guessed."""
    assert hazard(spelt) is None


@pytest.mark.parametrize("known", hazards(), ids=lambda it: it.code)
def test_a_hazard_names_what_it_overlaps_with(known: Hazard) -> None:
    """At least one risk of NIST and one class of SORRY-Bench, by number and name, each once."""
    for cited in (known.owasp, known.nist, known.sorry_bench):
        assert len(set(cited)) == len(cited)
    assert known.nist
    assert known.sorry_bench


def test_the_other_lists_are_whole() -> None:
    """Ten entries of OWASP, twelve risks of NIST, 44 classes of SORRY-Bench."""
    assert [len(TABLE[kind]) for kind in ("owasp", "nist", "sorry_bench")] == [10, 12, 44]


def test_some_classes_are_no_hazard_of_ailuminate() -> None:
    """Belief, insult and the like have no place among the twelve; nothing is pressed into it."""
    mapped = {number for entry in TABLE["hazard"] for number in entry["sorry_bench"]}
    assert sorted(set(range(1, 45)) - mapped) == [1, 27, 28, 32, 33, 34, 37, 38, 43]


def test_privacy_in_every_list() -> None:
    """The mapping as it is printed."""
    found = hazard("prv")
    assert found is not None
    assert found.owasp == ("LLM02 Sensitive Information Disclosure",)
    assert found.nist == ("4 Data Privacy",)
    assert found.sorry_bench == ("17 Personal Identifiable Information Violations",)
