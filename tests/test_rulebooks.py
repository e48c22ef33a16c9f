"""Policy files: which of them holds for a scenario, and what they make together."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.files import Library
from convsim.rulebooks import Rulebook, Rulebooks
from convsim.yaml12 import scan

POLICIES = {
    "policy.yaml": "id: outer\nrules: [{id: r, text: outer}]\n",
    "in/policy.yaml": "id: inner\nrules: [{id: r, text: inner}]\n",
    "other.yaml": "id: other\nrules: [{id: r, text: other}]\n",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with three policies."""
    monkeypatch.chdir(tmp_path)
    for name, text in POLICIES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "file", "text"),
    [
        (None, "a.yaml", "outer"),
        (None, "in/a.yaml", "inner"),
        (None, "in/deep/a.yaml", "inner"),
        ("other.yaml", "in/a.yaml", "other"),
    ],
)
def test_the_nearest_policy_holds_unless_one_is_given(
    given: str | None, file: str, text: str
) -> None:
    """However deep the scenario lies, whose file need not be there."""
    books = Rulebooks(Library(), None if given is None else Path(given))
    rule, flaws = books.rule("r", Path(file))
    assert rule is not None
    assert (rule.text, flaws) == (text, [])


@pytest.mark.parametrize(
    ("cited", "code"), [(None, "CS602"), ("q", "CS601"), ({"id": "own"}, None), (3, None)]
)
def test_what_cannot_be_cited_has_a_code(cited: object, code: str | None) -> None:
    """A rule that is written out is the scenario's own; of another type it is told elsewhere."""
    rule, flaws = Rulebooks(Library(), None).rule(cited, Path("a.yaml"))
    assert rule is None
    assert [flaw.code for flaw in flaws] == ([] if code is None else [code])


def test_where_there_is_no_policy_that_is_said(folder: Path) -> None:
    (folder / "policy.yaml").unlink()
    for cited, code in ((None, "CS602"), ("r", "CS603")):
        _, (flaw,) = Rulebooks(Library(), None).rule(cited, Path("a.yaml"))
        assert (flaw.code, "there is no policy.yaml in" in flaw.message) == (code, True)


def test_policies_become_one_that_may_not_disagree() -> None:
    """Only those that somebody cited are in it."""
    books = Rulebooks(Library(), None)
    for file in ("a.yaml", "in/a.yaml"):
        books.rule("r", Path(file))
    assert books.merged().id == "outer+inner"
    assert [problem.code for problem in books.problems()] == ["CS605"]


def test_a_book_that_cannot_be_read_has_problems_and_no_policy() -> None:
    """What can be read of it is checked all the same."""
    book = Rulebook(scan("rules: [{id: r, levl: never}, {id: r}]", "house.yaml"))
    assert book.policy is None
    assert [problem.code for problem in book.problems if not problem.warning] == ["CS006", "CS604"]
