"""Coverage as text: what a terminal shows of it, whoever and however many there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from convsim.coverage import Account, Gathered, Share
from convsim.graph import Graph, graph_of
from convsim.policy import UNSPECIFIED
from convsim.report import ReportData, write_html
from convsim.report.coverage import MANY_TARGETS, coverage_text, lines, page, percent
from tests.build import REFUSAL, asking, play, scenario

if TYPE_CHECKING:
    from playwright.sync_api import Page

STATES = {"open": asking(next={"refused": "end", "otherwise": "end"})}


def graphs(count: int) -> list[Graph]:
    names = [f"s{n}" for n in range(count)]
    return [graph_of(scenario(STATES, id=id), "restricted", UNSPECIFIED) for id in names]


def account(targets: int = 1, scenarios: int = 1) -> Account:
    names = [f"t{n}" for n in range(targets)]
    return Account(Gathered(graphs(scenarios), names, lambda _: []), lambda place, id: None)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Share(0, 0), "-"),
        (Share(0, 7), "0%"),
        (Share(199, 200), "99%"),
        (Share(200, 200, 5), "100%"),
    ],
)
def test_a_share_is_rounded_down(share: Share, text: str) -> None:
    """All of them are 100%, and nothing else is."""
    assert percent(share) == text


@pytest.mark.parametrize(
    ("targets", "who"),
    [(1, ["t0"]), (2, ["all", "t0", "t1"]), (MANY_TARGETS + 1, ["all"])],
)
def test_a_line_for_all_and_one_for_each_where_they_are_few(targets: int, who: list[str]) -> None:
    text = list(lines(account(targets), 80))
    table = [line.split()[0] for line in text if "/2 " in f"{line} "]
    assert table == who
    assert max(map(len, text)) <= 80


def test_without_scenarios_there_is_nothing_to_tell() -> None:
    """Conversations from elsewhere were played on no graph."""
    none = account(scenarios=0)
    assert list(lines(none, 80)) == list(lines(None, 80)) == []
    assert page(none) is page(None) is None


def test_only_so_many_are_listed_unless_all_are_asked_for() -> None:
    text = coverage_text(account(scenarios=30), title="runs/x", most=7)
    assert "and 53 more: --all" in text
    assert text.count("no dialogue of this arm was played") == 7
    whole = coverage_text(account(scenarios=30), title="runs/x", most=None)
    assert "more: --all" not in whole
    assert "BY SCENARIO" in whole


async def test_nothing_missing_says_so() -> None:
    one = scenario({"open": asking()})
    of = graph_of(one, "restricted", UNSPECIFIED)
    made = await play(of, ("No.", REFUSAL))
    full = Account(Gathered([of], ["t1"], lambda _: [made]), lambda place, id: None)  # type: ignore[list-item]
    assert "TRANSITIONS NOT GONE THROUGH\n  none" in coverage_text(full, title="runs/x")
    assert not any("not gone through" in line for line in lines(full, 80))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_section_fits_a_narrow_screen(
    browser_page: Page, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    """Wide tables scroll by themselves; what is missing is listed with what would open it."""
    data = ReportData.of("runs/x", [], judge="rules")
    found = replace(data, coverage=account(targets=3, scenarios=4))
    browser_page.set_viewport_size({"width": 420, "height": 900})
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.goto(write_html(found, tmp_path / "page.html").as_uri())
    section = browser_page.locator("section[aria-labelledby=coverage]")
    for summary in section.locator("summary").all():
        summary.click()
    assert section.locator(".missing tbody tr").count() == 8
    assert section.locator(".covered").first.locator("tbody tr").count() == 4
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 420
