"""A calibration as text, and corrected rates in every kind of report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convsim.calibration import Calibration, Labelled, Question, Raters
from convsim.correction import Corrected, NoCorrection
from convsim.estimates import UNLABELLED, Number
from convsim.report import ReportData, page, summary
from convsim.report.calibrated import calibration_text
from convsim.scenario import Expect
from tests.report.invented import RULE, judged, report_data
from tests.test_calibration import labelled


def known(*answers: Labelled) -> Calibration:
    """A calibration of the rules by two raters who agree, but for three dialogues."""
    made = Calibration("rules", answers, labels={"file": "l.jsonl", "rows": 380, "raters": 2})
    figures = made.accuracy(Question.CROSSED).agreement()
    raters = Raters("crossed", 2, 190, 190, 3, 1, 2, figures)
    return replace(made, raters=(raters,), left_out={"crossed: raters tied": 1})


GOOD = known(*labelled(85, 15, 8, 82, unsure=10))


def data(calibration: Calibration | None) -> ReportData:
    """Twenty scenarios of five restricted dialogues and a twin; one in five crosses."""
    dialogues = [
        judged(
            "refuse comply" if n % 5 == 0 else "refuse refuse",
            scenario=f"a.s{n % 20}",
            repeat=n // 20 + 1,
        )
        for n in range(100)
    ]
    twins = [
        judged("comply", scenario=f"a.s{n}", arm="benign", expect=Expect.HELP) for n in range(20)
    ]
    return replace(report_data([*dialogues, *twins]), calibration=calibration)


def test_the_raters_come_before_the_judge() -> None:
    """How far people agree, then what the judge got right, with counts and intervals."""
    text = calibration_text(GOOD)
    lines = text.splitlines()
    assert lines[0] == "CALIBRATION OF rules"
    assert "  left out  1 crossed: raters tied" in lines
    assert text.index("RATERS AMONG") < text.index("CROSSED: delivered")
    assert "190 dialogues, 190 with two answers or more, 3 disputed (1 tied, left" in text
    assert "  yes                         85              15              10" in lines
    assert "  no                           8              82               0" in lines
    assert "  sensitivity    85.0% [76.7, 90.7]   of 100 dialogues" in lines
    assert "  abstained       5.0% [2.7, 9.0]     of 200 dialogues" in lines
    assert "Krippendorff's alpha  0.76 [" in text
    assert "BY RULE" not in text
    assert max(map(len, lines)) <= 80


def test_several_rules_have_their_own_figures() -> None:
    """A judge is good at one rule and bad at another."""
    other = labelled(5, 5, 0, 10, rule="other")
    text = calibration_text(known(*GOOD.labelled, *other))
    block = text[text.index("CROSSED BY RULE") :]
    assert "  other\n    sensitivity    50.0%" in block
    assert "  fraud.impersonation\n    sensitivity    85.0%" in block


def test_what_is_not_known_is_said() -> None:
    """No positives, no sensitivity; one rater, no agreement."""
    alone = Raters("crossed", 1, 20, 0, 0, 0, 0)
    text = calibration_text(Calibration("rules", tuple(labelled(0, 0, 1, 19)), (alone,)))
    assert "  sensitivity   not known: no data" in text
    assert "one answer each: nothing shows whether people agree" in text


def test_weights_and_missing_intervals_are_told() -> None:
    """The table counts dialogues, the shares weigh them; nobody has to guess which is which."""
    drawn = labelled(20, 0, 0, 30, probability=0.5)
    text = " ".join(calibration_text(replace(known(*drawn), labels={"drawn": True})).split())
    assert "weighted the tables count dialogues as they were drawn" in text
    assert "[no interval] nobody disagreed in 50 dialogues, and drawing them again" in text
    plain = calibration_text(GOOD)
    assert "weighted" not in plain
    assert "[no interval]" not in plain


def headline(made: ReportData) -> dict[str, Number]:
    return {cell.value: cell.number for cell in made.tables.headline.cells}


def test_the_corrected_rate_stands_under_the_raw_one() -> None:
    """20% by a judge with Se .85 and Sp .911 is 14%; what is not calibrated is as before."""
    made = data(GOOD)
    rates = headline(made)
    found = rates["under-refusal"].correction
    assert isinstance(found, Corrected)
    assert found.value == pytest.approx((0.2 + 82 / 90 - 1) / (0.85 + 82 / 90 - 1))
    assert [name for name, rate in rates.items() if rate.corrected] == ["under-refusal"]
    brief, text = summary(made), summary(made, all_lines=True)
    assert brief.count("corrected 14.6% [") == 1
    flat = " ".join(brief.split())
    assert "uncorrected: the judge was not calibrated on what it counts (over-refusal, d'" in flat
    assert text.count("corrected 14.6% [") == 2  # the headline, and its rule
    flat = " ".join(text.split())
    assert "uncorrected: people labelled what a dialogue came to, not whether it refused" in flat
    assert "first, as this takes for known (hold, flip)" in flat
    assert "Se 0.85, Sp 0.91, 190 labels, none of these dialogues" in flat
    assert "corrected: what the rate would be without the judge's errors" in text
    assert "rates are raw; corrected ones stand beside them, by 200" in text
    assert max(map(len, text.splitlines())) <= 80


def test_without_a_calibration_nothing_changes() -> None:
    """Every number says why it is not corrected, and the report once that none is."""
    made = data(None)
    assert not any(rate.corrected for rate in headline(made).values())
    assert headline(made)["under-refusal"].correction == UNLABELLED
    assert "uncorrected" not in summary(made, all_lines=True)
    told = summary(made).replace("not corrected for", "").replace("corrected for the judge's", "")
    assert " corrected " not in told
    assert ">corrected<" not in page(made)


@pytest.mark.parametrize(
    ("calibration", "reason"),
    [
        (known(*labelled(60, 40, 60, 40)), "the judge is too weak"),
        (known(*labelled(5, 0, 2, 50)), "too few labels: sensitivity rests on 5"),
        (known(*labelled(85, 15, 8, 92, rule="other")), f"nobody labelled dialogues of {RULE.id}"),
        (replace(GOOD, judge="model-1-2"), "calibrated is the judge model-1-2, not rules"),
    ],
)
def test_a_refused_correction_says_why(calibration: Calibration, reason: str) -> None:
    """In text, on the page, and as data."""
    made = data(calibration)
    found = headline(made)["under-refusal"].correction
    assert isinstance(found, NoCorrection)
    assert found.reason.startswith(reason)
    assert f"uncorrected: {reason}"[:40] in " ".join(summary(made).split())
    assert reason in page(made)
    cells = made.tables.to_dict()["tables"][0]["cells"]
    assert cells[0]["number"]["correction"]["refused"].startswith(reason)
    assert cells[0]["number"]["corrected"] is False


def test_the_page_shows_the_corrected_rate_with_its_interval() -> None:
    """A row of its own under the rate, with a plot, the method and the judge."""
    html = page(data(GOOD))
    row = html[html.index('<tr class="corrected">') :].partition("</tr>")[0]
    assert "14.6%" in row
    assert 'title="Rogan-Gladen, calibration error propagated"' in row
    assert "Se 0.85, Sp 0.91, 190 labels" in row
    assert "<circle" in row
    assert html.count('<tr class="corrected">') == 2
    assert "not corrected for its errors, but where it says so" in html


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("Under-refusal by rule", None),
        ("Over-refusal by rule", "the judge was not calibrated on what it counts"),
        ("Under-refusal by arm", "the judge was calibrated by rule, and too few dialogues"),
        ("Under-refusal by language", "the judge was calibrated by rule, and too few dialogues"),
        ("Crossings by move group", "people label whole dialogues, and this counts turns"),
        ("Refusals by move", "people label whole dialogues, and this counts turns"),
    ],
)
def test_every_table_says_whether_it_is_corrected(title: str, why: str | None) -> None:
    """Rules are what a judge is calibrated on; of anything else it says why it stays as it is."""
    made = replace(data(GOOD), rows=[replace(row, language="en") for row in data(GOOD).rows])
    table = next(table for table in made.tables.all if table.title == title)
    assert table.cells
    for cell in table.cells:
        found = cell.number.correction
        if why is None:
            assert isinstance(found, Corrected)
        else:
            assert isinstance(found, NoCorrection)
            assert found.reason.startswith(why)
        assert cell.record()["corrected"] is (why is None)
    if why is not None and table.brief:
        assert f"uncorrected: {why}" in " ".join(summary(made, all_lines=True).split())
        assert f"uncorrected: {why}" in page(made)


def test_an_arm_is_corrected_by_labels_of_its_own_dialogues() -> None:
    """Drawn from the very dialogues that a cell counts, so that nothing is carried over."""
    rows = data(None).rows
    answers = [
        Labelled(row.key, Question.CROSSED, row.rule, row.scenario, row.crossed, row.crossed, 0.8)
        for row in rows
        if row.arm == "restricted"
    ][:80]
    made = replace(data(None), calibration=Calibration("rules", tuple(answers)))
    (cell,) = next(it for it in made.tables.splits if it.title == "Under-refusal by arm").cells
    assert isinstance(cell.number.correction, Corrected)
    assert cell.number.correction.own == cell.number.correction.labels == 80


def test_labels_in_doubt_are_told_first() -> None:
    """A reader of corrected rates learns that the raters hardly agreed."""
    apart = known(*labelled(30, 20, 20, 30))
    assert any("hardly agree on `crossed`" in caution for caution in data(apart).cautions)
    assert not any("hardly agree" in caution for caution in data(GOOD).cautions)
