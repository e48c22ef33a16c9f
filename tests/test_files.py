"""Paths become documents: each file once, whatever it is named by, and each of its kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.errors import InputError
from convsim.files import (
    Library,
    files_in,
    is_fragment,
    is_policy,
    is_scenario,
    is_selection,
    nearest_policy,
    shortened,
)
from convsim.yaml12 import scan


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with files of several kinds."""
    monkeypatch.chdir(tmp_path)
    for name in ("s/a.yaml", "s/b.yml", "s/c.json", "s/notes.txt", "s/.hidden/d.yaml"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("id: x\n")
    return tmp_path


def test_a_folder_is_searched_and_hidden_folders_are_not() -> None:
    """Schemas for editors lie in one."""
    assert [str(file) for file in files_in("s")] == ["s/a.yaml", "s/b.yml", "s/c.json"]


def test_a_file_is_found_once(folder: Path) -> None:
    """However many names lead to it."""
    assert files_in(["s/a.yaml", "s", folder / "s" / "a.yaml"])[0] == Path("s/a.yaml")
    assert len(files_in(["s/a.yaml", "s", folder / "s"])) == 3


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("s/notes.txt", r"'s/notes.txt' is no scenario file; its name must end in \.yaml"),
        ("s/aa.yaml", r"'s/aa.yaml' does not exist; did you mean 's/a.yaml'\?"),
        ("t", r"'t' does not exist; "),
    ],
)
def test_a_path_that_leads_nowhere(path: str, message: str) -> None:
    """What is near it."""
    with pytest.raises(InputError, match=message):
        files_in(path)


def test_a_run_directory_is_called_what_it_is(tmp_path: Path) -> None:
    """Its own JSON files are no scenarios with a hundred mistakes."""
    for name in ("run.json", "suite.json", "dialogues.jsonl"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(InputError, match=r"is a run directory .* in Python `convsim\.Run\("):
        files_in(str(tmp_path))


def test_a_document_is_read_once() -> None:
    """By several names it is the same one."""
    library = Library()
    assert library.read(Path("s/a.yaml")) is library.read(Path("s/../s/a.yaml"))


@pytest.mark.parametrize(
    ("text", "file", "kind"),
    [
        ("id: a\nstates: {}", "a.yaml", "scenario"),
        ("id: a", "a.yaml", "scenario"),
        ("suite: 1\nstates: {}", "a.yaml", "scenario"),
        ("fragment: 1\nstates: {}", "a.yaml", "fragment"),
        ("suite: 1\nid: a", "a.yaml", "suite"),
        ("rules: []", "house.yaml", "policy"),
        ("id: a", "policy.yaml", "policy"),
        ("states: {}\nrules: []", "a.yaml", "scenario"),
    ],
)
def test_each_document_is_of_one_kind(text: str, file: str, kind: str) -> None:
    """By a key that only this kind has; what is nothing else is meant as a scenario."""
    document = scan(text, file)
    kinds = {
        "scenario": is_scenario,
        "fragment": is_fragment,
        "suite": is_selection,
        "policy": is_policy,
    }
    assert [name for name, is_kind in kinds.items() if is_kind(document)] == [kind]


def test_files_are_named_from_where_one_is(folder: Path) -> None:
    """As far as they are inside."""
    assert shortened(folder / "s" / "a.yaml") == Path("s/a.yaml")
    assert shortened(Path("/elsewhere/a.yaml")) == Path("/elsewhere/a.yaml")


@pytest.mark.parametrize(
    ("file", "policy"),
    [("s/a.yaml", "s/policy.yaml"), ("s/deep/new.yaml", "s/policy.yaml"), ("new.yaml", None)],
)
def test_the_nearest_policy_is_looked_for_upward(file: str, policy: str | None) -> None:
    """From where a file is, or is to be."""
    Path("s/policy.yaml").write_text("rules: []\n")
    assert nearest_policy(Path(file)) == (None if policy is None else Path(policy))
