"""Scenario graphs as SVG: well-formed, escaped, complete; in a real browser nothing overlaps."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from convsim.api import load
from convsim.drawing.lines import lines_of
from convsim.drawing.overlay import Overlay, Share, Untaken
from convsim.drawing.picture import Picture, picture_of
from convsim.drawing.sketch import sketch_text
from convsim.drawing.svg import svg_text
from convsim.scenario import Scenario, State, ask
from tests.drawing.shapes import DEMO, HOSTILE, SPREAD, named, pictures

if TYPE_CHECKING:
    from playwright.sync_api import Page

SVG = "{http://www.w3.org/2000/svg}"
SCENARIOS = Path(__file__).parents[2] / "scenarios"

OVER = Overlay(
    whose="target t1",
    judge="judge rules",
    mode="closed",
    dialogues=40,
    failed=1,
    entered={"open": 40, "push": 12, "end": 40},
    taken={
        ("open", "refused", "push"): 12,
        ("open", None, "push"): 12,
        ("open", "otherwise", "end"): 28,
        ("open", None, "end"): 28,
    },
    crossed={"open": Share(3, 40)},
    flipped={"push": Share(1, 12)},
)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)


def texts(element: ET.Element) -> list[str]:
    """What can be read in it, without tooltips."""
    return [it.text or "" for it in element.iter(f"{SVG}text")]


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [it for it in root.iter(f"{SVG}g") if name in it.get("class", "").split()]


def test_states_show_what_they_are() -> None:
    """Name, move, the first wording, the marks; the tooltip has every wording."""
    states = {
        it.get("data-state"): it for it in of_class(parsed(svg_text(picture_of(DEMO))), "state")
    }
    assert list(states) == ["open", "push", "claim", "end"]
    assert texts(states["claim"]) == [
        *("claim", "claim_authority.org_approval", "“C.”", "asks restricted", "asserted")
    ]
    tip = states["open"].find(f"{SVG}title")
    assert tip is not None
    assert (tip.text or "").splitlines() == [
        "open",
        "ask.direct: the request, plainly",
        "asks restricted",
        "“Give me the <b>key</b>. {{ last.quote }}”",
        "“And @@-##?”",
    ]


@given(pictures())
@settings(max_examples=60)
def test_every_state_and_every_line_is_there_once(picture: Picture) -> None:
    """With the words of every way."""
    root = parsed(svg_text(picture))
    assert [it.get("data-state") for it in of_class(root, "state")] == list(picture.places)
    drawn = of_class(root, "way")
    lines = lines_of(picture)
    assert [(it.get("data-from"), it.get("data-to")) for it in drawn] == [
        (line.source, line.to) for line in lines
    ]
    assert [texts(it) for it in drawn] == [list(line.texts()) for line in lines]


@given(pictures())
@settings(max_examples=20)
def test_the_bytes_are_the_same_every_time(picture: Picture) -> None:
    assert svg_text(picture) == svg_text(picture)


def test_the_order_in_which_dialogues_were_counted_is_not_seen() -> None:
    """Sets have another order in every process."""
    turned = replace(OVER, taken=dict(reversed(list(OVER.taken.items()))))
    assert svg_text(picture_of(DEMO), OVER) == svg_text(picture_of(DEMO), turned)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_an_author_wrote_is_data(name: str) -> None:
    """Well-formed whatever it says, and no element comes of it."""
    root = parsed(svg_text(picture_of(named(name))))
    allowed = {"svg", "title", "desc", "style", "g", "rect", "path", "circle", "text"}
    assert {it.tag.removeprefix(SVG) for it in root.iter()} <= allowed


def test_it_can_be_read_aloud() -> None:
    """A name and a description, tied to the picture; everything in words."""
    root = parsed(svg_text(picture_of(DEMO)))
    title, about = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert about is not None
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {about.get('id')}"
    assert title.text == "demo (restricted)"
    assert (about.text or "").startswith("A demo: 4 states, starting at open. open leads to push")


def test_two_pictures_on_one_page_do_not_share_ids() -> None:
    one, other = (parsed(svg_text(picture_of(DEMO, arm=arm))) for arm in ("restricted", "forged"))
    assert one.get("aria-labelledby") != other.get("aria-labelledby")


def test_pictures_on_one_page_do_not_change_each_others_colours() -> None:
    """A style sheet inside a page holds for all of it, so each class has one colour everywhere."""
    rules: dict[str, str] = {}
    for scenario in (DEMO, SPREAD, named("x")):
        sheet = parsed(svg_text(picture_of(scenario))).findtext(f"{SVG}style") or ""
        for name, value in re.findall(r"(\.convsim-graph \.[gb]-\w+)\{([^}]*)\}", sheet):
            assert rules.setdefault(name, value) == value
    assert ".convsim-graph .g-claim_authority" in rules


def test_figures_lie_over_it() -> None:
    """Each with its denominator; a line as wide as the share of dialogues that took it."""
    root = parsed(svg_text(picture_of(DEMO), OVER))
    states = {it.get("data-state"): it for it in of_class(root, "state")}
    assert texts(states["open"])[-4:] == ["entered", "40/40", "crossed", "3/40"]
    assert texts(states["push"])[-4:] == ["entered", "12/40", "flipped", "1/12"]
    assert "none" in (states["claim"].get("class") or "").split()
    ways = {(it.get("data-from"), it.get("data-to")): it for it in of_class(root, "way")}
    assert texts(ways["open", "push"]) == ["refused: 12/40"]
    thick = [
        float(path.get("stroke-width") or 0)
        for pair in (("open", "push"), ("open", "end"))
        for path in ways[pair].iter(f"{SVG}path")
        if path.get("class") == "line"
    ]
    assert thick == [2.6, 4.6]
    said = "target t1, closed mode, judge rules: 40 dialogues of 1 scenario; 1 more ended in"
    assert said in " ".join(texts(root))


def test_ways_that_nobody_took_say_why() -> None:
    """Somebody came to where they begin, or nobody did: two looks, two tooltips."""
    root = parsed(svg_text(picture_of(DEMO), OVER))
    found = {}
    for kind in ("off", "unmet"):
        for way in of_class(root, kind):
            told = (way.findtext(f"{SVG}title") or "").splitlines()  # nothing in the legend
            found[way.get("data-from"), way.get("data-to")] = told[-1] if told else ""
    assert found["push", "claim"] == "12 dialogues came to push, and none of them went on here"
    assert found["claim", "end"] == "no dialogue came to claim"


def test_ways_that_no_reply_could_open_look_like_it() -> None:
    """Where coverage was worked out it says whether it was the replies, and what they lacked."""
    why = {
        ("push", "refused", "claim"): Untaken(True, "closed by the replies: needs a refusal"),
        ("push", "then", "claim"): Untaken(False, "never scheduled: more repeats come by"),
    }
    root = parsed(svg_text(picture_of(DEMO), replace(OVER, why=why)))
    tips = {
        kind: [
            line
            for way in of_class(root, kind)
            for line in (way.findtext(f"{SVG}title") or "").splitlines()
        ]
        for kind in ("off", "unmet")
    }
    assert "closed by the replies: needs a refusal" in tips["off"]
    assert "never scheduled: more repeats come by" in tips["unmet"]
    sketch = sketch_text(picture_of(DEMO), replace(OVER, why=why))
    assert "after 2 visits: 0/12 (none could take it) ⇢ claim" in sketch
    assert sketch.count("none could") == 1


def large(states: int) -> Picture:
    """A graph in which five ways lead on from every state, near and far."""
    made = [
        State(
            f"s{n}",
            ask("Placeholder."),
            next={
                "refused": f"s{(n + 1) % states}",
                "complied": f"s{(n + 7) % states}",
                "redirect": f"s{(n * 31 + 5) % states}",
                "safe_answer": f"s{(n * 17 + 3) % states}",
                "otherwise": "end",
            },
        )
        for n in range(states)
    ]
    return picture_of(Scenario("large", start="s0", states=[*made, State("end", final=True)]))


@pytest.mark.parametrize("states", [100, 1000])
def test_large_graphs_are_drawn_too(states: int) -> None:
    """What is too long to draw ends at its words, which say where it leads."""
    picture = large(states)
    start = process_time()
    root = parsed(svg_text(picture))
    assert process_time() - start < 4  # 2 s are promised; a machine may be slow
    assert len(of_class(root, "state")) == states + 1
    assert len(of_class(root, "way")) == len(lines_of(picture))
    assert any(text.startswith("→ s") for text in texts(root))


# -- in a browser -----------------------------------------------------------------------------

MEASURED = """
(step) => {
  const box = (e) => { const r = e.getBoundingClientRect();
                       return {x: r.x, y: r.y, width: r.width, height: r.height}; };
  const inside = (a, b) => a.x >= b.x - .6 && a.x + a.width <= b.x + b.width + .6
                        && a.y >= b.y - 1 && a.y + a.height <= b.y + b.height + 1;
  const svg = document.querySelector('svg');
  const frame = box(svg);
  const over = [];
  for (const state of svg.querySelectorAll('.state')) {
    const own = box(state.querySelector('.box'));
    for (const text of state.querySelectorAll('text'))
      if (!inside(box(text), own)) over.push([state.dataset.state, text.textContent]);
    for (const chip of state.querySelectorAll('.chip'))
      if (!inside(box(chip.nextElementSibling), box(chip)))
        over.push([state.dataset.state, chip.nextElementSibling.textContent]);
  }
  for (const way of svg.querySelectorAll('.way'))
    for (const text of way.querySelectorAll('text'))
      if (!inside(box(text), box(way.querySelector('.ground'))))
        over.push([way.dataset.from, text.textContent]);
  for (const text of svg.querySelectorAll('text'))
    if (!inside(box(text), frame)) over.push(['outside', text.textContent]);
  const taken = [...svg.querySelectorAll('.state .box, .way .ground')].map(box);
  const crossed = [];
  const boxes = [...svg.querySelectorAll('.state')].map(
    (state) => [state.dataset.state, state.querySelector('.box').getBoundingClientRect()]);
  for (const way of svg.querySelectorAll('.way')) {
    const line = way.querySelector('path.line');
    const length = line.getTotalLength();
    const at = line.getScreenCTM();
    for (let far = 3; far < length - 3; far += step) {
      const {x, y} = line.getPointAtLength(far).matrixTransform(at);
      for (const [name, r] of boxes)
        if (x > r.x + 1 && x < r.right - 1 && y > r.y + 1 && y < r.bottom - 1)
          crossed.push([way.dataset.from, way.dataset.to, name]);
    }
  }
  return {over, taken, crossed};
}
"""


def overlapping(boxes: list[dict[str, float]]) -> list[Any]:
    return [
        (one, other)
        for one, other in combinations(boxes, 2)
        if one["x"] + 0.1 < other["x"] + other["width"]
        and other["x"] + 0.1 < one["x"] + one["width"]
        and one["y"] + 0.1 < other["y"] + other["height"]
        and other["y"] + 0.1 < one["y"] + one["height"]
    ]


def odd() -> Picture:
    """Long names, long moves, many marks, scripts of several widths."""
    long = "a_state_with_quite_a_long_name_" * 3
    texts = ["WWWWW MMMMM " * 20, "मुझे एक बिल चाहिए " * 9, "请帮我写一张发票。" * 9, "ŐŰĦ" * 40]
    states = [
        State(
            f"{long}{n}",
            ask(text),
            seeks=["left_part_of_it", "right_part_of_it", "middle"],
            visits=2,
            then="end",
            evidence="forged",
            proof="x",
            next={
                "refused": [{"to": f"{long}{(n + 1) % 4}", "if": {"matches": "m" * 90}}],
                "complied": f"{long}{n}",
                "otherwise": "end",
            },
        )
        for n, text in enumerate(texts)
    ]
    facets = {name: {"question": "?"} for name in ("left_part_of_it", "right_part_of_it", "middle")}
    return picture_of(
        Scenario(
            "odd.one",
            title="A title that goes on and on " * 9,
            start=f"{long}0",
            facets=facets,
            states=[*states, State("end", final=True)],
        )
    )


def checked(page: Page, text: str, name: str, *, step: int = 60) -> None:
    """`step` is how far apart the points of a line are that are looked at."""
    page.set_content(f"<body style='margin:0'>{text}</body>")
    page.evaluate("document.querySelector('svg').style.maxWidth = 'none'")
    found = page.evaluate(MEASURED, step)
    assert (name, found["over"]) == (name, [])
    assert (name, overlapping(found["taken"])) == (name, [])
    assert (name, found["crossed"]) == (name, [])


def test_in_a_browser_nothing_overlaps(browser_page: Page) -> None:
    """No text leaves its box, no box lies on another, no line crosses a box: a shipped scenario of
    each folder, with figures and without, and one that tries to."""
    families = {scenario.id.partition(".")[0]: scenario for scenario in load(SCENARIOS).scenarios}
    for scenario in families.values():
        checked(browser_page, svg_text(picture_of(scenario)), scenario.id)
    for picture in (picture_of(DEMO), picture_of(SPREAD), odd(), large(30)):
        checked(browser_page, svg_text(picture), picture.scenario)
        checked(browser_page, svg_text(picture, OVER), picture.scenario, step=20)


@pytest.mark.parametrize(
    ("scheme", "paper"), [("light", "rgb(251, 250, 247)"), ("dark", "rgb(22, 24, 27)")]
)
def test_in_a_browser_it_follows_light_and_dark(
    browser_page: Page, scheme: Any, paper: str
) -> None:
    """By the reader's setting, also as a file of its own."""
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.set_content(svg_text(picture_of(DEMO), OVER))
    fill = "getComputedStyle(document.querySelector('.paper')).fill"
    assert browser_page.evaluate(fill) == paper


def test_in_a_browser_no_script_runs(browser_page: Page, tmp_path: Path) -> None:
    """A wording that tries to is a text."""
    attack = "</text><script>document.title='ran'</script><svg onload=\"document.title='ran'\">"
    for number, name in enumerate([attack, attack + "'>"]):
        page = tmp_path / f"{number}.svg"
        page.write_text(svg_text(picture_of(named(name))), encoding="utf-8")
        browser_page.goto(page.as_uri())
        assert browser_page.title() != "ran"
        assert browser_page.locator("script").count() == 0
