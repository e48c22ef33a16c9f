"""Every code has a page whose examples are true, and every problem has a code with a page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from convsim.linting import lint
from convsim.lints.codes import CODES, page_of
from tests.lints.pages import NO_EXAMPLE, examples, write

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs" / "reference" / "lint"


@pytest.mark.parametrize(
    ("code", "which", "text"),
    [pytest.param(*it, id=f"{it[0]}-{it[1].lower()}") for it in examples()],
)
def test_the_examples_of_a_page_are_true(
    code: str, which: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong one raises its code, and the right one does not."""
    monkeypatch.chdir(tmp_path)
    write(text, tmp_path)
    codes = {problem.code for problem in lint(".").problems}
    assert (code in codes) == (which == "Wrong"), codes


@pytest.mark.parametrize(("code", "which", "text"), [it for it in examples() if it[1] == "Right"])
def test_what_is_right_can_be_played(
    code: str, which: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right example has no error at all, so that nobody copies one."""
    monkeypatch.chdir(tmp_path)
    write(text, tmp_path)
    assert [str(problem) for problem in lint(".").errors] == []


def test_every_code_has_a_page_with_both_examples() -> None:
    """But for a few that cannot be shown in a few lines."""
    shown = [(code, which) for code, which, _ in examples()]
    expected = [(it, which) for it in CODES if it not in NO_EXAMPLE for which in ("Wrong", "Right")]
    assert shown == expected


def test_the_docs_are_the_pages() -> None:
    """`python docs/reference/lint/write.py` writes them again; nobody edits a copy."""
    written = {path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("CS*.md")}
    assert written == {code.id: page_of(code) for code in CODES.values()}
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for code in CODES.values():
        assert f"| [{code.id}]({code.id}.md) | {code.severity} | `{code.name}` |" in index


def test_pages_stay_short() -> None:
    """One screen or two: what, why, wrong, right."""
    long = [it.id for it in CODES.values() if len(page_of(it).splitlines()) > 60]
    assert long == []


# -- what is raised ---------------------------------------------------------------------------


def raised() -> Iterator[tuple[str, ast.Call]]:
    """Every place in the package that makes a flaw or a problem."""
    for path in sorted((ROOT / "convsim").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Flaw", "Problem"):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_problem_has_a_code_of_the_registry() -> None:
    """And is a warning where the registry says that the code is one."""
    wrong = []
    for where, call in raised():
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        code = given.get("code")
        if code is None:
            wrong.append(f"{where}: no code")
        if not (isinstance(code, ast.Constant) and isinstance(code.value, str)):
            continue  # passed on
        if code.value not in CODES:
            wrong.append(f"{where}: {code.value} is in no registry")
        elif ("warning" in given) == CODES[code.value].error:
            wrong.append(f"{where}: {code.value} is {CODES[code.value].severity}")
    assert wrong == []


def test_every_code_of_the_registry_is_raised_somewhere() -> None:
    """A code that nothing raises would have a page about nothing."""
    written = set[str]()
    for path in (ROOT / "convsim").rglob("*.py"):
        if path.name != "codes.py":
            written |= {*re.findall(r'"(CS\d{3})"', path.read_text(encoding="utf-8"))}
    assert written == {*CODES}
