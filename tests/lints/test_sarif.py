"""Problems as SARIF: what a code scanning service needs, and a fingerprint that stays."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from convsim.errors import Problem
from convsim.lints.sarif import sarif

ERROR = Problem("state 'a' leads to 'b', which does not exist", "s/a b.yaml", 12, 5, code="CS101")
WARNING = Problem("wording 2 is like wording 1", "s/c.yaml", 3, 1, warning=True, code="CS209")


def run(*problems: Problem) -> dict[str, Any]:
    made = sarif(problems, "1.2.3", quote)
    assert (made["version"], len(made["runs"])) == ("2.1.0", 1)
    found: dict[str, Any] = made["runs"][0]
    return found


def test_the_structure() -> None:
    """One run; each result points at its rule, and each rule has a page."""
    found = run(ERROR, WARNING)
    driver = found["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("convsim", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["CS101", "CS209"]
    for rule, level in zip(driver["rules"], ("error", "warning"), strict=True):
        assert rule["defaultConfiguration"] == {"level": level}
        assert rule["name"].isidentifier()
        assert rule["help"]["markdown"].startswith(f"# {rule['id']}: ")
        assert rule["shortDescription"]["text"]
    for number, result in enumerate(found["results"]):
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["ruleIndex"], bool(result["message"]["text"])) == (number, True)
    assert [result["level"] for result in found["results"]] == ["error", "warning"]


def test_a_place_is_a_relative_address_with_a_region() -> None:
    (result,) = run(ERROR)["results"]
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "s/a%20b.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 12, "startColumn": 5},
            }
        }
    ]


def test_a_file_that_cannot_be_read_is_shown_at_its_beginning() -> None:
    """Lines and columns of SARIF count from 1."""
    (result,) = run(Problem("the file cannot be read", "a.yaml", code="CS001"))["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1}


def fingerprints(*problems: Problem) -> list[str]:
    return [
        result["partialFingerprints"]["primaryLocationLineHash"]
        for result in run(*problems)["results"]
    ]


def test_a_fingerprint_stays_when_lines_move() -> None:
    """It is made of what is said, not where; equal ones are numbered."""
    later = Problem(ERROR.message, ERROR.file, 99, 1, code=ERROR.code)
    assert fingerprints(ERROR) == fingerprints(later)
    one, other = fingerprints(ERROR, later)
    assert (one.split(":")[0], one[-2:], other[-2:]) == (other.split(":")[0], ":1", ":2")
    assert len({*fingerprints(ERROR, WARNING)}) == 2
    moved = Problem(ERROR.message, "s/other.yaml", 12, 5, code=ERROR.code)
    assert fingerprints(ERROR) != fingerprints(moved)


def test_nothing_found_is_a_run_without_results() -> None:
    found = run()
    assert (found["results"], found["tool"]["driver"]["rules"]) == ([], [])
