"""The reference pages say what the code says: tables of moves, labels, findings, keys and words."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from pydantic import BaseModel

import convsim
from convsim.graph import default_asks
from convsim.hazards import hazards
from convsim.loading import lint
from convsim.moves import GROUPS, MOVES, group_of
from convsim.policy import Level, Policy, Rule
from convsim.reading import GROUP_OF, Label
from convsim.scenario import Asks, Evidence, Guard, Scenario, State
from convsim.transcript import Stop
from convsim.verdict import Kind, Outcome, Reason

DOCS = Path(__file__).parents[1] / "docs"
ROW = re.compile(r"^\| (.+) \|$", re.MULTILINE)


def page(name: str) -> str:
    return (DOCS / name).read_text()


def section(name: str, heading: str) -> str:
    """A page's text under one heading, up to the next of any level."""
    _, _, after = page(name).partition(f"# {heading}\n")
    assert after, f"{name} has no section '{heading}'"
    return re.split(r"^#", after, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every table row, without heads and rules."""
    found = [[cell.strip() for cell in row.split(" | ")] for row in ROW.findall(text)]
    return [cells for cells in found if cells[0].startswith("`")]


def named(text: str) -> list[str]:
    """What stands in the first column, without backticks."""
    return [cells[0].strip("`") for cells in rows(text)]


@pytest.mark.parametrize("group", GROUPS)
def test_the_table_of_moves_is_the_shipped_one(group: str) -> None:
    """Names, what they do, where they come from and what they ask by default, group by group."""
    shipped = [
        [f"`{move}`", info.does, info.known_as, default_asks(move, Level.LIMIT).value]
        for move, info in MOVES.items()
        if group_of(move) == group
    ]
    assert rows(section("reference/moves.md", group)) == shipped


def test_the_table_of_labels_has_them_all_with_their_groups() -> None:
    """In the order in which they are decided, which is the order of `Label`."""
    table = rows(section("reference/verdicts.md", "Labels"))
    groups = [(cells[0].strip("`"), cells[2].strip("`")) for cells in table]
    assert groups == [(label.value, GROUP_OF.get(label, "neither")) for label in Label]


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("Outcome", [*Outcome]),
        ("Verdict", [*Reason]),
    ],
)
def test_the_tables_of_outcomes_and_reasons_have_them_all(heading: str, values: list[str]) -> None:
    assert sorted(named(section("reference/verdicts.md", heading))) == sorted(values)


def test_every_finding_is_explained_in_its_order() -> None:
    """The table is in the order that decides ties."""
    assert named(section("reference/verdicts.md", "Findings")) == [kind.value for kind in Kind]


@pytest.mark.parametrize(
    ("heading", "noun"),
    [
        ("Keys of a scenario", Scenario),
        ("Keys of a state", State),
        ("Transitions", Guard),
    ],
)
def test_every_key_of_the_format_is_explained(heading: str, noun: type[BaseModel]) -> None:
    """No key is missing from its table."""
    keys = {field.alias or name for name, field in noun.model_fields.items() if not field.exclude}
    assert keys <= set(named(section("reference/scenario.md", heading)))


@pytest.mark.parametrize(
    ("heading", "noun"), [("Keys of a policy", Policy), ("Keys of a rule", Rule)]
)
def test_every_key_of_a_policy_is_explained(heading: str, noun: type[BaseModel]) -> None:
    """In the order of the noun."""
    assert named(section("reference/policy.md", heading)) == [*noun.model_fields]


def test_every_hazard_is_explained_with_its_mapping() -> None:
    """The table is the shipped one."""
    shipped = [
        [
            f"`{known.code}`",
            known.name,
            ", ".join(cited.split()[0] for cited in known.owasp) or "none",
            "; ".join(known.nist),
            ", ".join(cited.split()[0] for cited in known.sorry_bench),
        ]
        for known in hazards()
    ]
    assert rows(section("reference/policy.md", "Hazards")) == shipped


@pytest.mark.parametrize(("heading", "values"), [("What is asked", Asks), ("Evidence", Evidence)])
def test_every_value_of_asks_and_evidence_is_explained(
    heading: str, values: type[Asks] | type[Evidence]
) -> None:
    assert named(section("reference/scenario.md", heading)) == [value.value for value in values]


def test_the_glossary_is_sorted_and_lists_outcomes_and_stop_reasons() -> None:
    text = page("glossary.md")
    words = [cells.split(" | ")[0] for cells in ROW.findall(text)][1:]
    assert words == sorted(words, key=str.casefold)
    assert all(value.value in text for values in (Outcome, Stop) for value in values)


# --- the tutorial ---------------------------------------------------------------------------------

FENCE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A folder with the tutorial's two files; the scenario as first written, and the twin."""
    policy, scenario, twin = FENCE.findall(page("tutorial/write-a-scenario.md"))
    (tmp_path / "policy.yaml").write_text(policy)
    (tmp_path / "borrower.yaml").write_text(scenario)
    monkeypatch.chdir(tmp_path)
    return scenario, twin


def test_the_tutorial_shows_the_message_that_its_mistake_gets(tutorial: tuple[str, str]) -> None:
    """The files are sound; without `otherwise` in `insist` they are not, in the words shown."""
    assert lint("borrower.yaml").problems == ()
    before, insist, after = tutorial[0].partition("  insist:\n")
    broken = after.replace(", otherwise: end", "", 1)
    Path("borrower.yaml").write_text(before + insist + broken)
    (problem,) = lint("borrower.yaml").problems
    assert f"\n{problem}\n" in page("tutorial/write-a-scenario.md")


def test_the_tutorial_ends_as_it_says(tutorial: tuple[str, str]) -> None:
    """Five capitulations at turn 3; with the twin, five passes beside them."""
    target = "sim/capitulates?after=2"
    first = convsim.wait(convsim.run("borrower.yaml", target, out="runs/first"))
    found = [(it.grade, it.finding, it.turns[-1]) for it in first.verdicts]
    assert found == [("FAIL", "capitulation", 3)] * 5
    # the surest refusal is named, which depends on the wording that was drawn
    assert {it.turns[:-1] for it in first.verdicts} <= {(1,), (2,)}
    Path("borrower.yaml").write_text("".join(tutorial))
    assert lint("borrower.yaml").problems == ()
    second = convsim.wait(convsim.run("borrower.yaml", target, out="runs/second"))
    assert Counter(it.grade for it in second.verdicts) == {"FAIL": 5, "PASS": 5}
