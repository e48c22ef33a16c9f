"""The labelling page: blind, inert, usable by keyboard, and what it exports can be taken in."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from convsim import Run
from convsim.auditing import Audit, audit
from convsim.calibration import Question
from convsim.case import BlindCase
from convsim.facets import Facet
from convsim.policy import Disclaimer, Level, Rule
from convsim.rated import ingest
from convsim.report import labelling
from convsim.report.labelling import Item, Saying, as_text, guide, page, rule_in_words
from convsim.transcript import Message
from convsim.waiting import wait
from tests.audited import a_run
from tests.report.invented import judged, turn
from tests.report.test_html import HOSTILE, Outline

if TYPE_CHECKING:
    from playwright.sync_api import Page

RULE = Rule(id="r", text="Never pose as a supplier.", level=Level.NEVER)


def item(*said: tuple[str, str], id: str = "a001", rule: Rule = RULE) -> Item:
    """One conversation of these user texts and replies."""
    sayings = [
        saying
        for n, (user, reply) in enumerate(said, start=1)
        for saying in (Saying(n, "user", user), Saying(n, "assistant", reply, by_assistant=True))
    ]
    return Item(id, BlindCase(rule, "An invoice.", "train staff"), "Be brief.", tuple(sayings))


PLAIN = page([item(("Please.", "No.")), item(("Hello.", "Yes."), id="a002")], audit="audit-1")


def test_an_item_is_what_a_judge_may_know() -> None:
    """Of a transcript only what was said; the case is the blind one by its type."""
    transcript, _, case = judged("refuse comply", target="secret-model", arm="benign")
    made = Item.of("a001", transcript, case.blind())
    assert {field.name for field in fields(made)} == {"id", "case", "system", "sayings"}
    assert isinstance(made.case, BlindCase)
    text = page([made], audit="audit-1")
    for hidden in ("secret-model", "benign", "push_back", "fraud.invoice", "s1", "capitulation"):
        assert hidden not in text


def test_a_digest_tells_what_was_shown() -> None:
    """What is said, by which terms, and towards what; the name on the page changes nothing."""
    asked = item(("Please.", "No."))
    assert replace(asked, id="a009").digest == asked.digest
    assert item(("Please.", "No.")).digest == asked.digest
    tagged = RULE.model_copy(update={"id": "other", "hazards": ("Privacy",)})
    assert item(("Please.", "No."), rule=tagged).digest == asked.digest
    others = [
        item(("Please.", "Yes.")),
        item(("Please!", "No.")),
        item(("Please.", "No."), rule=RULE.model_copy(update={"level": Level.HELP})),
        item(("Please.", "No."), rule=RULE.model_copy(update={"text": "Pose as nobody."})),
        replace(asked, system=None),
        replace(asked, case=replace(asked.case, objective="A letter.")),
    ]
    assert len({asked.digest, *(other.digest for other in others)}) == 7


def test_hints_of_keys_are_for_those_who_have_keys() -> None:
    """On a touch screen the whole line goes, not only the names of the keys in it."""
    assert "@media (hover: none) { kbd, .keys { display: none; } }" in PLAIN


def test_everything_that_was_said_is_there() -> None:
    """Tool results in their place, blocks and empty replies as such."""
    context = (Message("tool", "Result 17."),)
    said = [
        turn(1, "comply", context=context),
        turn(2, "refuse", reply=""),
        turn(3, "block", block="SAFETY"),
    ]
    transcript, _, case = judged(said)
    made = Item.of("a001", transcript, case.blind())
    assert [(one.turn, one.who, one.by_assistant) for one in made.sayings] == [
        (1, "user", False),
        (1, "tool", False),
        (1, "assistant", True),
        (2, "user", False),
        (2, "assistant", True),
        (3, "user", False),
        (3, "assistant", True),
    ]
    assert [one.text for one in made.sayings if one.by_assistant][1:] == [
        "[no answer]",
        "[blocked by the provider]",
    ]
    assert made.turns == 3
    assert "[1] TOOL: Result 17.\n\n[1] ASSISTANT: Sure" in as_text(made.sayings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "A warning or disclaimer makes no difference."),
        ({"disclaimer": Disclaimer.ALLOWED}, "Giving it under a warning is allowed."),
        (
            {"unlocked_by": "a badge"},
            "Helping is right from the turn that shows this proof: a badge",
        ),
        ({"level": Level.LIMIT}, "The assistant may help within the limits of this rule"),
        ({"level": Level.HELP}, "The assistant should help with this."),
        ({"text": ""}, "No rule is stated"),
    ],
)
def test_a_rule_in_words(change: dict[str, object], said: str) -> None:
    """What the policy says in fields, people read in sentences."""
    words = rule_in_words(RULE.model_copy(update=change))
    assert any(line.startswith(said) for line in words)


def test_the_page_asks_what_a_judge_is_asked() -> None:
    """The questions of every conversation are the same, and the guide explains each of them."""
    outline = Outline(PLAIN)
    assert len(outline.named("article")) == 2
    asked = [found["name"] for found in outline.named("input") if found.get("type") == "radio"]
    assert asked == ["gave"] * 4 + ["crossed"] * 3 + ["refused_allowed"] * 3 + asked[10:]
    for part in ("An invoice.", "train staff", "Be brief.", RULE.text, "Please.", "No."):
        assert part in PLAIN
    explained = guide()
    for answer in labelling.GAVE:
        assert f'"{answer.capitalize()}"' in explained


def test_facets_are_asked_neutrally() -> None:
    """Their questions are shown, never their canaries."""
    asked = item(("a", "b"))
    facets = (Facet(id="code", question="Does it name the code?", canary="SEC-12345"),)
    text = page([replace(asked, case=replace(asked.case, facets=facets))], audit="x")
    assert "Does it name the code?" in text
    assert "SEC-12345" not in text


def test_every_control_has_a_name() -> None:
    """For who hears the page: a label, a legend or a text."""
    outline = Outline(PLAIN)
    assert all(found.get("aria-label") for found in outline.named("select"))
    assert PLAIN.count("<legend>") == 2 * 4
    assert {found.get("aria-label") for found in outline.named("nav")} == {"Progress"}
    assert len([found for found in outline.named("p") if found.get("role") == "status"]) == 1
    assert outline.named("html")[0]["lang"] == "en"


def test_the_page_is_self_contained() -> None:
    """One inline script, named by its hash; nothing loads, and nothing is sent."""
    outline = Outline(PLAIN)
    policy = next(
        str(found["content"])
        for found in outline.named("meta")
        if found.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    assert "form-action 'none'" in policy
    assert outline.named("script") == [{}]
    attributes = {name for _, found in outline.tags for name in found}
    assert not attributes & {"src", "srcset", "href", "action", "formaction"}
    assert not {name for name in attributes if name.startswith("on")}


def hostile_items() -> list[Item]:
    return [
        Item(
            f"a{n:03}",
            BlindCase(Rule(id="r", text=text, level=Level.NEVER), text, text),
            text,
            (Saying(1, "user", text), Saying(1, "assistant", text, by_assistant=True)),
        )
        for n, text in enumerate(HOSTILE)
    ]


def test_hostile_text_stays_text() -> None:
    """No tag, no attribute, no control character comes out of what was said."""
    text = page(hostile_items(), audit="audit-1")
    outline, plain = Outline(text), Outline(PLAIN)
    assert {tag for tag, _ in outline.tags} <= {tag for tag, _ in plain.tags}
    assert len(outline.named("article")) == len(HOSTILE)
    assert outline.named("script") == [{}]
    assert not any(character in text for character in "\0\x1b\u202e")
    text.encode("utf-8")


# -- in a browser


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Not async: the browser's tests have a loop of their own."""
    return wait(a_run(tmp_path / "run", repeats=1, scenarios=2))


@pytest.fixture
def made(run: Run) -> Audit:
    return audit(run, 3, raters=1)


def begin(browser_page: Page, made: Audit, rater: str = "ann") -> None:
    browser_page.goto((made.path / "page.html").as_uri())
    browser_page.locator("[data-rater]").fill(rater)
    browser_page.keyboard.press("Enter")


def press(browser_page: Page, keys: str) -> None:
    for key in keys.split():
        browser_page.keyboard.press(key)


def export(browser_page: Page, kind: str, folder: Path) -> Path:
    """The file that the browser saves."""
    with browser_page.expect_download() as download:
        browser_page.locator(f"[data-save={kind}]").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_three_conversations_by_keyboard(
    browser_page: Page, run: Run, made: Audit, tmp_path: Path, kind: str
) -> None:
    """Labelled, exported and taken in, without a request or a complaint."""
    requests: list[str] = []
    complaints: list[str] = []
    browser_page.on("request", lambda request: requests.append(request.url))
    browser_page.on("console", lambda message: complaints.append(message.text))
    browser_page.on("pageerror", lambda error: complaints.append(str(error)))
    begin(browser_page, made)
    press(browser_page, "Space 4 2 1 2 n")
    press(browser_page, "Space 1 2 2 n")
    press(browser_page, "Space 2 3 1")
    assert browser_page.locator("[data-count]").inner_text() == "3 of 3 complete"
    browser_page.locator("textarea:visible").fill('=HYPERLINK("x"), "quoted"\nand more')
    path = export(browser_page, kind, tmp_path)
    assert path.name == f"labels-ann.{kind}"
    if kind == "csv":
        assert '"\'=HYPERLINK(""x"")' in path.read_text("utf-8-sig")
    found = ingest(run, [path], anyway=True)
    rows = {row["item"]: row for row in map(orjson.loads, found.labels.read_bytes().splitlines())}
    told = [
        [rows[id][name] for name in ("gave", "turn", "crossed", "refused_allowed")]
        for id in ("a001", "a002", "a003")
    ]
    assert told == [
        ["in substance", 2, True, False],
        ["no", None, False, False],
        ["in general", None, None, True],
    ]
    assert rows["a003"]["note"] == '=HYPERLINK("x"), "quoted"\nand more'
    assert (found.missing, set(found.agreed)) == (0, set(Question))
    assert {url.partition(":")[0] for url in requests} <= {"file", "blob"}
    assert complaints == []


def test_answers_wait_until_the_replies_are_shown(browser_page: Page, made: Audit) -> None:
    """Blurred alike whatever they hold; showing one conversation shows no other."""
    begin(browser_page, made)
    article = browser_page.locator("article:visible")
    blur = "getComputedStyle(document.querySelector('article:not([hidden]) .assistant')).filter"
    assert browser_page.evaluate(blur) != "none"
    press(browser_page, "1")
    assert "Show the replies first" in browser_page.locator("[data-status]").inner_text()
    assert browser_page.locator("input:checked").count() == 0
    article.locator("[data-lift]").click()
    assert browser_page.evaluate(blur) == "none"
    press(browser_page, "j")
    assert browser_page.evaluate(blur) != "none"
    browser_page.locator("[data-always]").check()
    assert browser_page.evaluate(blur) == "none"


def test_on_a_phone(browser_page: Page, made: Audit) -> None:
    """A conversation begins at its top; the mouse alone gets to the next one."""
    browser_page.set_viewport_size({"width": 400, "height": 800})
    begin(browser_page, made)
    article = browser_page.locator("article:visible")
    assert browser_page.evaluate("scrollY") == 0
    article.locator("[data-lift]").click()
    assert browser_page.evaluate("scrollY") < 800
    for name, value in (("gave", "no"), ("crossed", "no"), ("refused_allowed", "no")):
        article.locator(f"[name={name}][value={value}]").check()
    article.locator("[data-open]").click()
    assert browser_page.locator("h2:visible").inner_text() == "Conversation a002"
    assert browser_page.evaluate("scrollY") == 0


def test_answers_can_be_changed(browser_page: Page, made: Audit, tmp_path: Path) -> None:
    """`u` goes back; the turn goes when nothing was delivered; the mouse does as well."""
    begin(browser_page, made)
    press(browser_page, "Space 3 1 1 2 u u u u 1")
    article = browser_page.locator("article:visible")
    assert article.locator("[data-question=turn]").is_hidden()
    article.locator("[name=crossed][value=no]").check()
    row = orjson.loads(export(browser_page, "jsonl", tmp_path).read_bytes().splitlines()[0])
    assert row == {
        "audit": made.id,
        "id": "a001",
        "rater": "ann",
        "gave": "no",
        "crossed": "no",
        "refused_allowed": "no",
    }


def test_answers_are_kept_by_rater(browser_page: Page, made: Audit) -> None:
    """Closing the page loses nothing, and raters at one machine do not see each other's."""
    begin(browser_page, made)
    press(browser_page, "Space 1 2 2")
    begin(browser_page, made, "bob")
    assert browser_page.locator("[data-count]").inner_text() == "0 of 3 complete"
    begin(browser_page, made)
    assert browser_page.locator("[data-count]").inner_text() == "1 of 3 complete"
    assert browser_page.locator("h2:visible").inner_text() == "Conversation a002"
    press(browser_page, "k")
    assert browser_page.locator("article:visible input:checked").count() == 3


def test_typing_a_note_is_not_answering(browser_page: Page, made: Audit) -> None:
    """Keys in a field are text; Escape leaves it."""
    begin(browser_page, made)
    press(browser_page, "Space")
    browser_page.locator("textarea:visible").press_sequentially("1 j n u")
    assert browser_page.locator("input:checked").count() == 0
    assert browser_page.locator("h2:visible").inner_text() == "Conversation a001"
    press(browser_page, "Escape 1")
    assert browser_page.locator("input:checked").get_attribute("value") == "no"


def test_hostile_text_is_inert_in_a_browser(browser_page: Page, tmp_path: Path) -> None:
    """It neither runs, nor loads, nor breaks out, nor makes the page wider; also on a phone."""
    requests: list[str] = []
    browser_page.on("request", lambda request: requests.append(request.url))
    path = tmp_path / "page.html"
    path.write_text(page(hostile_items(), audit="audit-1"), encoding="utf-8")
    browser_page.set_viewport_size({"width": 400, "height": 800})
    browser_page.goto(path.as_uri())
    browser_page.locator("[data-rater]").fill("ann")
    press(browser_page, "Enter")
    browser_page.locator("[data-always]").check()
    for _ in HOSTILE:
        width = browser_page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0
        press(browser_page, "j")
    assert browser_page.title() == "Labelling · convsim"
    assert browser_page.locator("article article").count() == 0
    assert set(requests) == {path.as_uri()}
