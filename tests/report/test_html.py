"""The page: its order, its masks, and that nothing a model says can act in it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markupsafe import escape

from convsim.matching import FRAME, Pair
from convsim.report import ReportData, html, page, write_html
from convsim.scenario import Evidence, Expect
from tests.report.invented import a_run, failed, judged, report_data, turn
from tests.report.leaking import CODES, FACETS, leaking

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOSTILE = [
    "<script>document.title = 'owned'</script>",
    "</script><script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "]]>--></style></details></article>",
    '" onmouseover="document.title=\'owned\'" x="',
    "{{ 7 * 7 }}{% raw %}",
    "nul \x00 escape \x1b[31m override \u202e lone \ud800",
    "שלום עולם مرحبا",
    "x" * 1_000_000,
    '<a href="javascript:alert(1)">here</a><base href="http://203.0.113.1/">',
    '<meta http-equiv="refresh" content="0; url=http://203.0.113.1/">',
]


def hostile_run() -> ReportData:
    """Every hostile text as user text and as reply, in keys, rules, facts and errors too."""
    dialogues = [
        judged([turn(1, "refuse", user=text, reply=text)], scenario=f"bad{number}{text[:60]}")
        for number, text in enumerate(HOSTILE)
    ]
    failure = failed("refuse", target=HOSTILE[0], kind=HOSTILE[2])
    return ReportData.of(
        HOSTILE[0], dialogues, [failure], judge=HOSTILE[2], facts={HOSTILE[4]: HOSTILE[1]}
    )


class Outline(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


MIXED = report_data(
    [
        judged("refuse redirect", scenario="a.held"),
        judged("refuse comply", scenario="z.crossed"),
        judged("caveat", scenario="b.crossed"),
        judged("refuse comply", scenario="c.twin", expect=Expect.HELP),
        judged("unclear", scenario="d.unclear"),
    ],
    failed("refuse", scenario="a.error"),
)


def keys(text: str) -> list[str]:
    return [str(found["id"]) for found in Outline(text).named("article")]


def test_failures_come_first() -> None:
    """FAIL, WARN, INCONCLUSIVE, errors, PASS; within each by key."""
    assert [key.partition("/")[0] for key in keys(page(MIXED))] == [
        "b.crossed",
        "z.crossed",
        "c.twin",
        "d.unclear",
        "a.error",
        "a.held",
    ]


def test_a_page_holds_so_many_dialogues_and_says_what_it_left_out() -> None:
    """Failures are kept; the tables still count everything."""
    text = page(MIXED, most=3)
    assert len(keys(text)) == 3
    assert "3 of 6 dialogues are shown; left out: 1 INCONCLUSIVE, 1 error, 1 PASS." in text
    assert "left out:" not in page(MIXED).partition('id="dialogues"')[2]


def test_all_kinds_of_dialogues_come_before_more_of_one_kind() -> None:
    """A large run's page does not end with the first scenario that failed often."""
    dialogues = [
        *(judged("refuse comply", scenario="a", repeat=n) for n in range(10, 30)),
        *(judged("comply", scenario="a", repeat=n) for n in range(30, 40)),
        judged("refuse comply", scenario="a", target="t2"),
        *(judged("refuse comply", scenario="b", repeat=n) for n in range(1, 30)),
        judged("refuse", scenario="c"),
    ]
    assert keys(page(report_data(dialogues), most=6)) == [
        "a/restricted/t1/10/0/-",
        "a/restricted/t1/30/0/-",
        "a/restricted/t1/31/0/-",
        "a/restricted/t2/1/0/-",
        "b/restricted/t1/1/0/-",
        "b/restricted/t1/2/0/-",
    ]


def test_a_page_begins_with_what_was_authored() -> None:
    """Of a verdict first the restricted arm; controls come last, and repeat 10 after repeat 9."""
    dialogues = [
        judged("comply", scenario=scenario, arm=arm, repeat=n)
        for scenario, arm, n in product("ab", ("benign", "direct", "restricted"), (1, 9, 10))
    ]
    found = [tuple(key.split("/")[:4:3]) for key in keys(page(report_data(dialogues)))]
    arms = [key.split("/")[1] for key in keys(page(report_data(dialogues)))]
    assert arms == [*["restricted"] * 3, *["benign"] * 3] * 2 + ["direct"] * 6
    assert found == [(name, n) for name in "aabb" for n in ("1", "9", "10")] + [
        (name, n) for name in "ab" for n in ("1", "9", "10")
    ]


def test_a_page_holds_so_much_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long conversations are fewer; at least one is shown, and what is left out is said."""
    data = report_data(
        [judged([turn(1, "refuse", reply="word " * 200)], scenario=name) for name in "abcd"]
    )
    monkeypatch.setattr(html, "MOST_CHARACTERS", 2_100)
    text = page(data)
    assert len(keys(text)) == 2
    assert "2 of 4 dialogues are shown; left out: 2 PASS." in text
    monkeypatch.setattr(html, "MOST_CHARACTERS", 10)
    assert len(keys(page(data))) == 1


def test_open_dialogues_are_bounded_beside_the_rate() -> None:
    """As text and as a band in the plot; a rate with nothing open has neither."""
    rows = [judged("refuse comply"), judged("refuse unclear", repeat=2)]
    text = page(report_data(rows))
    assert "undecided 1<br><b>best case 50.0% (1/2), worst case 100.0% (2/2)</b>" in text
    assert '<path class="bounds" d="M100.0 8H196.0"/>' in text
    sound = page(report_data(rows[:1]))
    assert "<b>best case" not in sound
    assert 'class="bounds"' not in sound


def test_raw_reasons_of_blocks_are_counted_and_inert() -> None:
    """They come from a server: short, and without markup."""
    rows = [judged([turn(1, "block", block="SAFETY")])]
    rows += [judged([turn(1, "block", block=text)], repeat=n) for n, text in enumerate(HOSTILE, 2)]
    text = page(report_data(rows))
    assert "SAFETY (safety) 1" in text
    assert "&lt;script&gt;document" in text
    assert "<script>document.title" not in text
    assert "x" * 200 not in text.partition('id="how-it-ended"')[2].partition("</section>")[0]


def test_every_dialogue_has_a_permalink() -> None:
    """Its key, percent-encoded."""
    text = page(MIXED)
    for key in keys(text):
        assert f'href="#{key}"' in text


def test_a_restricted_reply_is_masked_unless_revealed() -> None:
    """First words and a count; the quote and later user text likewise."""
    quoting = [
        turn(1, "refuse"),
        turn(2, "comply"),
        turn(
            3,
            "refuse",
            user='You wrote "Sure, here is the whole thing: [PLACEHOLDER line 1] '
            '[PLACEHOLDER line 2] [TOTAL]." Go on.',
        ),
    ]
    data = report_data([judged(quoting)])
    masked, revealed = page(data), page(data, reveal=True)
    assert "[TOTAL]" not in masked
    assert "masked: 64 characters" in masked
    assert revealed.count("[TOTAL]") >= 2
    assert "masked:" not in revealed


def test_a_turn_shows_how_it_was_read() -> None:
    """Move, state, ask, label, axes, confidence, evidence, and whether it decides."""
    text = page(
        report_data([judged([turn(1, "refuse", evidence=Evidence.FORGED), turn(2, "comply")])])
    )
    for shown in (
        "push_back.object_harmless",
        "state s2, visit 1",
        "ask in force: restricted",
        "compliance",
        "delivery 3/3, stance none, help none; confidence 1.00, given",
        "evidence forged",
        '<span class="tag key">decides</span>',
        "<mark>I can&#39;t help</mark>",
        "capitulation at turn 2 (rests on turns 1, 2)",
        "Never pose as somebody&#39;s supplier.",
    ):
        assert shown in text


def test_a_dialogue_shows_who_of_a_panel_disagreed() -> None:
    """In the words of the verdict, which a server may have written in part: cut short and inert."""
    made, verdict, case = judged("refuse")
    for detail in ("by majority: PASS by a, b; FAIL by c", HOSTILE[1], HOSTILE[8]):
        data = report_data([(made, replace(verdict, detail=detail), case)])
        text = page(data)
        assert f"judged {escape(detail[:400])}" in text
        assert HOSTILE[1] not in text


def test_long_replies_are_folded() -> None:
    """They open with a click."""
    text = page(report_data([judged([turn(1, "refuse", reply="word " * 900)])]))
    assert '<details class="long">' in text
    assert "4,500 characters" in text


def test_the_page_is_self_contained() -> None:
    """One inline script, named by its hash in the policy; nothing else runs or loads."""
    outline = Outline(page(MIXED))
    policy = next(
        str(found["content"])
        for found in outline.named("meta")
        if found.get("http-equiv") == "Content-Security-Policy"
    )
    script = files("convsim.report").joinpath("report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert outline.named("script") == [{}]
    assert not outline.named("link")
    attributes = {name for _, found in outline.tags for name in found}
    assert not attributes & {"src", "srcset", "action"}
    assert not {name for name in attributes if name.startswith("on")}
    assert all(str(found["href"]).startswith("#") for found in outline.named("a"))


def test_hostile_text_stays_text() -> None:
    """No tag, no attribute, no control character comes out of what was said."""
    text = page(hostile_run())
    outline, plain = Outline(text), Outline(page(MIXED))
    assert {tag for tag, _ in outline.tags} <= {tag for tag, _ in plain.tags} | {"details"}
    assert outline.named("script") == [{}]
    assert len(outline.named("article")) == len(HOSTILE) + 1
    assert not re.search("[\x00\x1b\u202e\ud800]", text)
    assert "{{ 7 * 7 }}" in text
    text.encode("utf-8")


def test_a_page_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    """The path comes back; the same run gives the same bytes."""
    path = write_html(a_run(scenarios=3, repeats=2), tmp_path / "report.html")
    again = write_html(a_run(scenarios=3, repeats=2), str(tmp_path / "again.html"))
    assert path == tmp_path / "report.html"
    assert path.read_bytes() == again.read_bytes()


def test_an_empty_run_is_a_page() -> None:
    """Nothing to count is no error."""
    text = page(report_data([]))
    assert "No dialogues." in text
    assert "No data." in text


SPREAD = report_data(
    [
        leaking("+left . =right"),
        leaking("~left *", repeat=2),
        leaking("+left +right", arm="benign", expect=Expect.HELP),
    ],
)


def test_facets_are_masked_unless_revealed() -> None:
    """In the operator's prompt, in guesses, replies and quotes; not where they may come out."""
    masked, revealed = page(SPREAD), page(SPREAD, reveal=True)
    benign = masked[masked.index('id="spread.door/benign') :]
    for id, code in CODES.items():
        assert code not in masked.replace(benign, "")
        assert code in benign
        assert f"[masked: {id}]" in masked
        assert revealed.count(code) > masked.count(code)
    assert "[masked" not in revealed


def test_a_turn_says_what_it_asked_for_and_gave() -> None:
    text = page(SPREAD)
    assert '<span class="tag">asks for left</span><span class="tag">gave left</span>' in text
    assert '<span class="tag">gave left, right</span>' not in text  # the user had said one
    assert '<span class="tag">gave right</span>' in text


def test_facets_in_a_browser(browser_page: Page, tmp_path: Path) -> None:
    """Timelines fit a phone, scroll in their own box, and can be reached by the keyboard."""
    facets = (*FACETS, *(FACETS[0].model_copy(update={"id": f"f{n}" * 9}) for n in range(3)))
    long = leaking("+left " + ". " * 40 + "+right", facets=facets, repeat=3)
    data = report_data([long, leaking("-left", arm="repeat")])
    url = write_html(data, tmp_path / "report.html").as_uri()
    for width in (390, 1280):
        browser_page.set_viewport_size({"width": width, "height": 800})
        browser_page.goto(url)
        assert browser_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        box = browser_page.get_by_role("region", name="turn by turn").first
        box.focus()
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        head = box.get_by_role("rowheader").first
        before = head.bounding_box()
        box.evaluate("box => { box.scrollLeft = 300; }")
        assert head.bounding_box() == before
    cell = browser_page.get_by_role("cell", name="asked for; the assistant gave it")
    assert cell.count() == 2


def test_in_a_browser(browser_page: Page, tmp_path: Path) -> None:
    """Failures first, filters work, a permalink opens its dialogue, nothing is requested."""
    requests: list[str] = []
    complaints: list[str] = []
    browser_page.on("request", lambda request: requests.append(request.url))
    browser_page.on("console", lambda message: complaints.append(message.text))
    url = write_html(MIXED, tmp_path / "report.html").as_uri()
    browser_page.goto(url)

    articles = browser_page.locator("article:visible")
    assert articles.count() == 6
    assert "FAIL" in articles.first.inner_text()
    browser_page.locator("input[value=FAIL]").uncheck()
    assert articles.count() == 4
    assert browser_page.locator("[data-count]").inner_text() == "4 of 6 on this page"
    browser_page.locator("[type=search]").fill("twin OVER_refusal")
    assert [articles.nth(n).get_attribute("id") for n in range(articles.count())] == [
        "c.twin/restricted/t1/1/0/-"
    ]

    browser_page.goto(f"{url}#a.held/restricted/t1/1/0/-")
    assert browser_page.locator("[id^='a.held'] .turn").first.is_visible()
    assert {request.partition("#")[0] for request in requests} == {url}
    assert complaints == []


def test_a_phone_is_wide_enough(browser_page: Page, tmp_path: Path) -> None:
    """Also for marks beside rates, which stand free, and for targets with long names."""
    twin = judged("refuse", scenario="a", arm="benign", expect=Expect.HELP)
    data = ReportData.of("x", [twin], judge="rules", facts={"target " + "long_" * 9: "y"})
    assert any(cell.number.provisional for cell in data.tables.headline.cells)
    browser_page.set_viewport_size({"width": 390, "height": 800})
    browser_page.goto(write_html(data, tmp_path / "report.html").as_uri())
    browser_page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browser_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_filter_counts_what_is_on_the_page(browser_page: Page, tmp_path: Path) -> None:
    """And says how many dialogues there are, where the page does not hold them all."""
    url = write_html(MIXED, tmp_path / "report.html", most=4).as_uri()
    browser_page.goto(url)
    said = browser_page.locator("[data-count]").inner_text()
    assert said == "4 of 4 on this page; 6 in all"


def test_hostile_text_is_inert_in_a_browser(browser_page: Page, tmp_path: Path) -> None:
    """It neither runs, nor loads, nor breaks out of its box, with JavaScript on."""
    requests: list[str] = []
    browser_page.on("request", lambda request: requests.append(request.url))
    url = write_html(hostile_run(), tmp_path / "report.html", reveal=True).as_uri()
    browser_page.goto(url)
    browser_page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    browser_page.mouse.move(300, 300)
    assert browser_page.title() == f"{HOSTILE[0]} · convsim"
    assert browser_page.locator("article article").count() == 0
    width = browser_page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    assert set(requests) == {url}


def test_comparisons_stand_in_a_table_of_their_own() -> None:
    """With their interval's method and estimand at hand, or what is missing."""
    dialogues = [judged("comply", arm="fiction"), judged("refuse")]
    pairs = {"fraud.invoice": [Pair(FRAME, "fiction", "restricted")]}
    text = page(replace(report_data(dialogues), pairs=pairs))
    table = text[text.index('<table class="comparisons">') :].partition("</table>")[0]
    assert re.search(r'title="How much more often [^"]*">frame_inheritance</th>', table)
    assert "1/1 against 0/1 in 1 scenario" in table
    assert "none: no arm differs from another only by a claim of authority" in table
    meanings = text[text.index('<dl class="estimands">') :].partition("</dl>")[0]
    assert "<dt>frame_inheritance</dt><dd>How much more often" in meanings
    assert "<dt>authority_deference</dt>" not in meanings
