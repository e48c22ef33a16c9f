"""What a gate says, in words and in files."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from convsim.gates import Gate, Needed, gate
from convsim.report.gated import gated_text, in_words, junit, needed_in_words, sarif
from tests.differences.sides import many, rows, version

SAME = many(".....", 40)


def told(run: str = "after", *, margin: float = 0.02, twins: bool = True) -> Gate:
    sides = (
        version(rows(SAME), rows(SAME if twins else {}, "benign"), run=name)
        for name in ("before", run)
    )
    one, other = sides
    return gate([(one, other)], margin=margin)


def test_a_gate_says_its_word_first() -> None:
    lines = gated_text(told()).splitlines()
    assert lines[0] == "UNDECIDED: the data do not decide"
    assert max(map(len, lines)) <= 80
    assert gated_text(told(margin=0.2)).startswith("OK: no worse than before")


def test_every_rate_has_its_bound_and_its_counts() -> None:
    (pair,) = told().gated
    said = in_words(pair.checked[0])
    assert said.startswith("under-refusal 0.0% -> 0.0%, 0.0 [-8.8, 8.8], at most +7.2 (margin 2")
    assert said.endswith("0/200 against 0/200 in 40 scenarios")


@pytest.mark.parametrize(
    ("needed", "says"),
    [
        (Needed(149, None), "about 149 scenarios to decide"),
        (Needed(None, 12), "about 12 repeats of these to decide"),
        (Needed(1200, 12), "about 1,200 scenarios or 12 repeats of these to decide"),
        (Needed(None, None), "no number of repeats of these scenarios would decide it"),
    ],
)
def test_what_it_takes_is_scenarios_or_repeats(needed: Needed, says: str) -> None:
    assert says in needed_in_words(needed)


def test_without_twins_it_says_what_to_add() -> None:
    assert "add twins" in " ".join(gated_text(told(twins=False)).split())


def test_a_place_is_an_address_whatever_it_is_called() -> None:
    (result, _) = sarif(told("my runs/50% off"))["runs"][0]["results"]
    (place,) = result["locations"]
    uri = place["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "my%20runs/50%25%20off/run.json"


def test_what_is_to_be_known_beside_it_is_in_the_files() -> None:
    """A pipeline shows the files and not the text: cautions must not get lost there."""
    one, other = (
        version(rows(SAME), rows(SAME, "benign"), run=name, seed=seed)
        for name, seed in (("before", 7), ("after", 8))
    )
    found = gate([(one, other)])
    said = ElementTree.fromstring(junit(found)).findtext("testsuite/system-out")
    assert said is not None
    assert "the seeds differ (7, 8)" in said
    properties = sarif(found)["runs"][0]["results"][0]["properties"]
    assert "the seeds differ (7, 8)" in properties["cautions"][0]
    estimate = properties["estimate"]
    assert estimate["fractions"]["after"] == {"hits": 0, "trials": 200}
    assert estimate["judge"] == "rules"


def test_names_of_a_run_cannot_break_the_files() -> None:
    """Control characters and angle brackets of a path end up inert."""
    found = told('run<&>"\x1b')
    text = gated_text(found)
    assert "\x1b" not in text
    ElementTree.fromstring(junit(found))
    assert sarif(found)["runs"][0]["results"][0]["level"] == "warning"
