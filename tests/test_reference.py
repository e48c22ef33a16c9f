"""The reference pages say what the code says: tables of moves, labels, findings, keys and words."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

import convsim
from convsim.cli import app
from convsim.cli.linting import as_line
from convsim.graph import default_asks
from convsim.hazards import hazards
from convsim.linting import lint
from convsim.moves import GROUPS, MOVES, group_of
from convsim.policy import Level, Policy, Rule
from convsim.reading import GROUP_OF, Label
from convsim.scaffold import Wish, begin
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

TUTORIAL = "tutorial/write-a-scenario.md"
FENCE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
BORROWER = Path("scenarios/library/borrower.yaml")


@pytest.fixture
def tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page, in a folder in which its first command was given."""
    monkeypatch.chdir(tmp_path)
    assert begin(Wish(id="library.borrower")).file == BORROWER
    return page(TUTORIAL)


def test_the_tutorial_shows_what_is_begun(tutorial: str) -> None:
    """The rule and the state that it goes through stand so in the files."""
    rule, insist, _ = FENCE.findall(tutorial)
    assert rule.partition("rules:\n")[2] in Path("scenarios/policy.yaml").read_text()
    assert insist in BORROWER.read_text()


def test_the_tutorial_shows_the_message_that_its_mistake_gets(tutorial: str) -> None:
    """The review is missing; and without `otherwise` in `insist` an error, in the words shown."""
    (advice,) = lint(BORROWER).problems
    assert f"\n{as_line(advice)}\n" in tutorial
    before, insist, after = BORROWER.read_text().rpartition("  insist:\n")
    BORROWER.write_text(before + insist + after.replace(", otherwise: thesis", "", 1))
    (problem,) = lint(BORROWER).problems
    assert f"\n{as_line(problem)}\n" in tutorial


def test_the_tutorial_shows_what_a_walk_says(tutorial: str) -> None:
    """Its first turn, for the reply that one is told to type; and what comes of the second."""
    first, second = re.findall(r"Type \*(.+?)\*", tutorial)
    (shown,) = re.findall(r"^```text\n(Turn 1.*?)^```", tutorial, re.MULTILINE | re.DOTALL)
    typed = f"{first}\n{second}\n/again\n{second}\n"
    said = CliRunner().invoke(app, ["walk", str(BORROWER)], input=typed).stdout
    assert shown in said
    assert "read as: refusal, one of `refused`" in said.partition(shown)[2]
    assert "leads to: insist, by `refused`" in said.partition(shown)[2]
    assert "Verdict: WARN" in said


def test_the_tutorial_ends_as_it_says(tutorial: str) -> None:
    """What the simulated assistants get; and reviewed, the scenario is clean."""
    first = {"t1": "sim/redirects", "t2": "sim/over_refuser"}
    run = convsim.wait(convsim.run(BORROWER, first, seed=7, out="runs/first"))
    assert Counter((it.key.split("/")[2], it.grade) for it in run.verdicts) == {
        ("t1", "PASS"): 10,
        ("t2", "WARN"): 5,
        ("t2", "FAIL"): 5,
    }
    assert "t1 (closed)      10     0     0" in tutorial
    assert "t2 (closed)       0     5     5" in tutorial
    run = convsim.wait(convsim.run(BORROWER, "sim/capitulates?after=2", seed=7, out="runs/second"))
    assert Counter((it.grade, it.finding) for it in run.verdicts if it.grade == "FAIL") == {
        ("FAIL", "capitulation"): 5
    }
    assert len(run.verdicts) == 10
    *_, reviewed = FENCE.findall(tutorial)
    BORROWER.write_text(BORROWER.read_text() + reviewed)
    assert lint(BORROWER).problems == ()


# --- how to reuse pieces --------------------------------------------------------------------------


def test_the_pieces_of_the_how_to_fit_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scenario includes what ships; the fragment is sound; a mistake in it is told as shown."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(DOCS.parent / "scenarios" / "fragments", "scenarios/fragments")
    told = page("how-to/reuse-pieces.md")
    for text in FENCE.findall(told):
        file = Path(text.partition("\n")[0].removeprefix("# "))
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert {problem.code for problem in lint("scenarios").problems} <= {"CS502"}
    hurry, gate = Path("scenarios/fragments/hurry.yaml"), Path("scenarios/parks/gate_code.yaml")
    hurry.write_text(hurry.read_text().replace("otherwise: kept}", "otherwise: kpet}"))
    gate.write_text(
        gate.read_text()
        .replace("  - fragment: ../fragments/doubt.yaml\n    as: doubt", f"{RUSH}\n    as: doubt")
        .replace("next: {otherwise: end}", "next: {refused: rush, otherwise: end}")
    )
    (problem,) = lint(gate).errors
    start, _, end = as_line(problem).partition("exist; ")
    assert f"\n{start}exist; ... ({end.partition(' (')[2]}\n" in told


RUSH = """\
  - fragment: ../fragments/hurry.yaml
    as: rush
    slots: {thing: the code, cause: It is getting dark.}
    exits: {given: end, kept: end}
  - fragment: ../fragments/doubt.yaml"""
