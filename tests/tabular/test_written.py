"""Tables written out, and read back by somebody else's reader."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest

from convsim.errors import InputError
from convsim.tabular import Records
from convsim.tabular.written import SHOWN
from tests.tabular.numbers import EVERY, NOTHING, RATE, placed

HOSTILE = "a|b_c*<b>&%$#{}~^\\`"


def test_markdown_is_a_pipe_table_with_notes() -> None:
    """Columns are padded, numbers to the right, and the notes are a list below."""
    assert Records([replace(RATE, excluded={}).record()]).markdown() == (
        "| name          | estimate | 95% interval | counts         | clusters |\n"
        "| ------------- | -------: | -----------: | -------------- | -------: |\n"
        "| under-refusal |    12.5% |  [3.1, 31.0] | 5/40 dialogues |        6 |\n"
        "\n"
        "- method: cluster-t\n"
        "- judge: rules\n"
        "- not corrected for the judge's errors: the judge was not calibrated on what it counts\n"
        "- under-refusal: Of restricted dialogues, the share that crossed.\n"
    )


def test_markdown_has_as_many_cells_in_every_line() -> None:
    """A pipe in a cell ends none."""
    text = Records([*EVERY, *placed(RATE, target=HOSTILE)]).markdown(notes=False)
    counts = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()}
    assert len(counts) == 1
    assert "- judge" not in text


def test_latex_has_the_rules_of_booktabs_and_nothing_that_acts() -> None:
    """Every special character is escaped, and a bracket at the start of a line is no length."""
    text = Records([*EVERY, *placed(RATE, target=HOSTILE)]).latex(caption="Rates", label="tab:x")
    assert text.startswith("\\begin{table}\n\\centering\n\\caption{Rates}\n\\label{tab:x}\n")
    assert [text.count(rule) for rule in ("\\toprule", "\\midrule", "\\bottomrule")] == [1, 1, 1]
    assert (
        r"a|b\_c*\textless{}b\textgreater{}\&\%\$\#\{\}\textasciitilde{}\textasciicircum{}"
        r"\textbackslash{}\textasciigrave{}" in text
    )
    assert "{[3.1, 31.0]}" in text
    assert text.count("{") == text.count("}")
    table = text[: text.index("\\end{tabular}")]
    lines = [line for line in table.splitlines() if line.endswith("\\\\")]
    assert len({len(re.findall(r"(?<!\\)&", line)) for line in lines}) == 1


def test_latex_can_do_without_notes() -> None:
    """For a paper that says them in its text."""
    assert "minipage" not in Records(EVERY).latex(notes=False)


def test_a_notebook_shows_a_table_in_which_nothing_acts() -> None:
    """Escaped, its notes folded, and no longer than a reader reads."""
    table = Records([*placed(RATE, target=HOSTILE), *placed(*[RATE] * SHOWN)])
    html = table._repr_html_()
    assert "<b>&" not in html
    assert "a|b_c*&lt;b&gt;" in html
    assert html.count("<tr>") == 1 + SHOWN
    assert "and 1 lines more" in html
    assert "<details><summary>How to read it</summary>" in html


def test_csv_holds_every_digit_of_every_column() -> None:
    """And another reader reads the same."""
    rows = list(csv.DictReader(io.StringIO(Records(EVERY).csv())))
    assert [row["low"] for row in rows[:2]] == ["0.031", "0"]
    assert rows[4]["estimate"] == ""
    assert list(rows[0]) == list(EVERY[0])


def test_csv_of_chosen_columns() -> None:
    """In the order given; an unknown one is an error."""
    assert Records(placed(NOTHING)).csv(["why", "target"]) == "why,target\nnothing was pressed,t1\n"
    with pytest.raises(InputError, match="no column is called 'wy'"):
        Records(placed(NOTHING)).csv(["wy"])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x"])
def test_no_text_of_a_csv_file_is_a_formula(text: str) -> None:
    """Whoever named a target does not act in a spreadsheet."""
    assert f"'{text}" in Records(placed(RATE, target=text)).csv()
