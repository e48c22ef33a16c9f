"""Comments that keep a warning: where they count, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.linting import lint
from tests.small import POLICY_YAML

SOURCE = """\
# head
id: a  # of the id
rule: small
request: Write me a letter.
reviewed: two people, 2026-11-21
start: open
arms:
  benign: {request: Write me a short letter., expect: help}
states:
  open:  # of the state
    move: ask.direct
    say:  # of the wordings
      - "{{ request }}"
      - I need it in full # of the first
      - i NEED it in full!  # of the last
    next: {otherwise: end}
  end: {final: true}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY_YAML)
    return tmp_path


def codes(source: str, **options: list[str]) -> list[str]:
    """The codes that are told of a file, with their lines."""
    Path("a.yaml").write_text(source)
    return [f"{it.code}:{it.line}" for it in lint("a.yaml", **options).problems]  # type: ignore[arg-type]


@pytest.mark.usefixtures("folder")
def test_without_a_comment() -> None:
    assert codes(SOURCE) == ["CS209:15"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "where", ["# of the last", "# of the wordings", "# of the state", "# head"]
)
@pytest.mark.parametrize(
    "comment",
    ["# noqa: CS209", "#noqa:cs209", "# NOQA : CS209 they differ", "# fine # noqa: CS209"],
)
def test_it_counts_on_its_line_and_under_its_key(where: str, comment: str) -> None:
    """And, with `file`, in the whole file."""
    if where == "# head":
        comment = comment.lower().replace("cs209", "file cs209")
    assert codes(SOURCE.replace(where, comment)) == []


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("where", ["# of the id", "# of the first"])
def test_elsewhere_it_silences_nothing_and_is_told(where: str) -> None:
    line = 2 if "id" in where else 14
    found = codes(SOURCE.replace(where, "# noqa: CS209"))
    assert found == [f"CS090:{line}", "CS209:15"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("# noqa", ["CS091:2", "CS209:15"]),
        ("# noqa CS209", ["CS091:2", "CS209:15"]),
        ("# noqa: because", ["CS091:2", "CS209:15"]),
        ("# noqa: CS105", ["CS092:2", "CS209:15"]),
        ("# noqa: CS999", ["CS093:2", "CS209:15"]),
        ("# noqa: CS210, CS509", ["CS090:2", "CS090:2", "CS209:15"]),
    ],
)
def test_what_is_wrong_with_a_comment(comment: str, told: list[str]) -> None:
    """No code, a code that cannot be silenced, one that does not exist, one that is idle."""
    assert codes(SOURCE.replace("# of the id", comment)) == told


@pytest.mark.usefixtures("folder")
def test_a_comment_for_what_was_not_looked_for_is_not_idle() -> None:
    """Otherwise `--ignore` would raise warnings of its own."""
    source = SOURCE.replace("# of the id", "# noqa: CS210")
    assert codes(source, ignore=["CS210"]) == ["CS209:15"]
    assert codes(source, select=["CS209", "CS0"]) == ["CS209:15"]


@pytest.mark.usefixtures("folder")
def test_an_error_is_told_whatever_a_comment_says() -> None:
    source = SOURCE.replace("otherwise: end}", "refused: end}  # noqa: CS105")
    assert codes(source) == ["CS105:16", "CS092:16"]


@pytest.mark.usefixtures("folder")
def test_a_text_is_no_comment() -> None:
    """In quotes, in a block, without a blank before the sign."""
    inside = """
note: "a # noqa: CS209"
title: |
  more # noqa: CS209
need: that#noqa:CS209
"""
    assert codes(SOURCE.replace("id: a", "id: a" + inside.rstrip() + "\ntags: [x]")) == ["CS209:20"]


@pytest.mark.usefixtures("folder")
def test_a_policy_has_comments_too() -> None:
    Path("policy.yaml").write_text("rules:\n  - {id: small}  # noqa: CS609\n")
    assert codes(SOURCE.replace("# of the state", "# noqa: CS209")) == []


def test_json_has_no_comments(folder: Path) -> None:
    """A text in it that looks like one is a text."""
    (folder / "b.json").write_text(
        '{"id": "b", "rule": "small", "start": "o", "note": "# noqa: CS210", "states": '
        '{"o": {"move": "ask.direct", "say": "x", "next": {"otherwise": "e"}}, '
        '"e": {"final": true}}}'
    )
    assert [it.code for it in lint("b.json").problems] == ["CS509", "CS210"]


@pytest.mark.usefixtures("folder")
def test_beside_an_error_no_comment_is_called_idle() -> None:
    """The warnings were not looked for; when the error is gone, they are."""
    source = SOURCE.replace("# of the last", "# noqa: CS209")
    assert codes(source.replace("start: open", "start: opn")) == ["CS101:6"]
    assert codes(source) == []


@pytest.mark.usefixtures("folder")
def test_beside_an_error_a_comment_in_a_piece_is_not_idle_either() -> None:
    """What a piece is warned of may depend on the scenario that includes it."""
    piece = """\
fragment: 1
id: piece
exits: [on]
start: again
states:
  again:
    move: push_back.repeat
    say: [a, b, c]  # noqa: CS213
    next: {otherwise: on}
"""
    including = SOURCE.replace("otherwise: end}", "otherwise: piece}").replace(
        "start: open", "include: [{fragment: piece.yaml, exits: {on: end}}]\nstart: open"
    )
    including = including.replace("# of the last", "# noqa: CS209")
    Path("piece.yaml").write_text(piece)

    def told(source: str) -> list[str]:
        Path("a.yaml").write_text(source)
        return [f"{it.file}:{it.code}" for it in lint(".").problems]

    assert told(including) == ["piece.yaml:CS090"]
    assert told(including.replace("start: open", "start: opn")) == ["a.yaml:CS101"]


@pytest.mark.usefixtures("folder")
def test_what_is_compared_with_a_broken_scenario_is_not_idle() -> None:
    """A proof that is tested nowhere may be tested in the file that cannot be read yet."""
    source = SOURCE.replace("# of the id", "# noqa: CS510").replace("i NEED it in", "And the rest,")
    assert codes(source) == ["CS090:2"]
    Path("b.yaml").write_text("id: b\n")
    told = [f"{it.file}:{it.code}" for it in lint(".").problems if it.warning]
    assert told == []
