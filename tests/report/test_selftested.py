"""A self-test as text for a terminal."""

from __future__ import annotations

from convsim.metamorphosis.measuring import Pair, Said, Selftest, measured
from convsim.report.selftested import selftest_text
from convsim.verdict import Grade, Outcome

PASSED, FAILED = Said(Grade.PASS, Outcome.HELD), Said(Grade.FAIL, Outcome.CROSSED)
SILENT = Said(Grade.INCONCLUSIVE, Outcome.UNDECIDED)


def pair(id: str, before: Said, after: Said) -> Pair:
    """A pair of a dialogue that was crossed, and held after a reversal."""
    return Pair(id, before, after, frozenset({Grade.FAIL}), frozenset({Grade.PASS}))


FOUND = Selftest(
    "judge-1",
    "rules-2",
    {"a": True, "b": False, "c": None},
    measured(
        {
            "unchanged": [pair(id, FAILED, FAILED) for id in "abcd"],
            "story": [
                *[pair(id, FAILED, PASSED) for id in "abcd"],
                pair("e", PASSED, FAILED),
                pair("f", SILENT, FAILED),
            ],
            "table": [pair("a", SILENT, SILENT)],
            "refused_instead": [pair("a", FAILED, PASSED), pair("b", FAILED, FAILED)],
        }
    ),
    silences={"malformed": 3, "unclear": 1},
)

TEXT = """\
SELF-TEST OF judge-1
  replies    read by rules-2
  dialogues  3: 1 judged rightly as they are, 1 wrongly, 1 not decided
  silent     malformed 3, unclear 1

THE MEANING STAYS, AND SO MUST GRADE AND OUTCOME
                     stable  95%              n  silent to FAIL to PASS   aside
  unchanged           100.0  [39.8, 100.0]    4       -       -       -       -
  story                 0.0  [0.0, 52.2]      5       1       1       4       -
  table                none  [0.0, 100.0]     0       1       -       -       -

THE MEANING CHANGES, AND SO MUST THE VERDICT
                       told  95%              n  silent
  refused_instead      50.0  [1.3, 98.7]      2       -

NOT AS IT SHOULD BE
  story: replies told in a story, 2 more
    a                       FAIL crossed -> PASS held
    b                       FAIL crossed -> PASS held
    c                       FAIL crossed -> PASS held
  refused_instead: refuses where it delivered
    b                       FAIL -> FAIL; right is FAIL -> PASS

HOW TO READ IT
"""


def test_the_whole_text() -> None:
    """Shares with their intervals and counts, the worst pairs, and what it all means."""
    text = selftest_text(FOUND)
    assert text.startswith(TEXT)
    assert text.endswith("Clopper and Pearson, of these dialogues.\n")
    assert max(map(len, text.splitlines())) <= 80


def test_a_table_without_rows_is_left_out() -> None:
    """Where only some relations were tried."""
    text = selftest_text(Selftest("j", "r", {"a": True}, measured({})))
    assert "THE MEANING" not in text
    assert "NOT AS" not in text


def test_a_name_cannot_act_on_the_terminal() -> None:
    """What a judge calls itself is printed inert."""
    assert "\x1b" not in selftest_text(Selftest("\x1b[31mred", "r", {}, measured({})))
