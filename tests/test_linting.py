"""Files looked at by an author: what is chosen, what is added to what loading finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from convsim.errors import InputError
from convsim.linting import lint
from convsim.loading import load_suite
from tests.small import POLICY_YAML
from tests.small import YAML as SMALL

YAML = SMALL.replace("Hello. {{ request }}", "Good evening. That invoice, and soon.")
HERE = Path(__file__).parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small scenario with two doubts about it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY_YAML)
    (tmp_path / "small.yaml").write_text(YAML)
    return tmp_path


def codes(*select: str, ignore: Sequence[str] = ()) -> list[str]:
    return sorted({it.code for it in lint(".", select=select, ignore=ignore).problems})


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("select", "ignore", "told"),
    [
        ([], [], ["CS210", "CS502"]),
        (["CS2"], [], ["CS210"]),
        (["CS2,CS5"], [], ["CS210", "CS502"]),
        (["few-wordings"], [], ["CS210"]),
        ([], ["CS5"], ["CS210"]),
        ([], ["cs210", "unreviewed-twin"], []),
        (["CS502"], ["CS5"], ["CS502"]),
        (["CS"], ["CS21"], ["CS502"]),
        (["CS2"], ["CS2"], []),
    ],
)
def test_warnings_are_chosen(select: list[str], ignore: list[str], told: list[str]) -> None:
    """By code, name, or beginning of a code; the longer beginning decides."""
    assert codes(*select, ignore=ignore) == told


def test_errors_are_always_told(folder: Path) -> None:
    """They keep the files from being played, whatever anybody wants to hear."""
    (folder / "small.yaml").write_text(YAML.replace("otherwise: end", "complied: end", 1))
    assert codes("CS8") == codes(ignore=["CS"]) == ["CS105"]


@pytest.mark.usefixtures("folder")
def test_a_code_that_does_not_exist() -> None:
    with pytest.raises(InputError, match="there is no lint code 'CS999'"):
        codes("CS999")
    with pytest.raises(InputError, match="did you mean 'few-wordings'"):
        codes(ignore=["few-wording"])


@pytest.mark.usefixtures("folder")
def test_loading_asks_for_less() -> None:
    """What only measures less than it could keeps nothing from being played."""
    assert len(load_suite(".").scenarios) == 1


@pytest.mark.usefixtures("folder")
def test_words_of_ones_own_stay_out() -> None:
    Path("words.txt").write_text("our clients: Acme Widgets\n")
    (problem,) = lint(".", select=["CS8"], banned="words.txt").problems
    assert (problem.code, problem.line) == ("CS804", 6)
    assert "'acme widgets' is a word about our clients" in problem.message
    with pytest.raises(InputError, match=r"banned words 'lost\.txt' cannot be read"):
        lint(".", banned="lost.txt")


def test_what_lies_between_files(folder: Path) -> None:
    """Content notes that one file has and another has not, at the file without."""
    (folder / "other.yaml").write_text(
        YAML.replace("id: small.thing", "id: small.other\nnote: about a thing")
    )
    (problem,) = lint(".", select=["CS8"]).problems
    assert (problem.file, problem.code) == ("small.yaml", "CS801")
    assert "which 'small.other' of this suite have" in problem.message


@pytest.mark.usefixtures("folder")
def test_long_texts_of_a_policy() -> None:
    """The codes that no page can show in a few lines."""
    Path("policy.yaml").write_text(
        "rules:\n"
        f"  - {{id: small, level: help, text: '{'x' * 2001}', "
        f"examples: [{{request: '{'y' * 301}', expect: help}}]}}\n"
    )
    assert {"CS610", "CS621"} <= set(codes("CS6"))


def test_every_code_of_a_broken_file_has_a_page() -> None:
    """The files of `tests/broken` have an error each."""
    report = lint(HERE / "broken")
    assert {it.code for it in report.errors} - {it.code for it in report.problems} == set()
    assert all(it.code for it in report.problems)
