"""The words of progress: a stable line for logs, two lines that fit for people."""

from __future__ import annotations

import pytest

from convsim.progress.wording import Part, Standing, cost_of, fit, lines, log_line, one_line
from convsim.traffic import Traffic

ENDED = {"PASS": 40_210, "WARN": 1_020, "FAIL": 300, "INCONCLUSIVE": 12, "errors": 3}
BUSY = Traffic(
    calls=226_150,
    shared=41_000,
    saved=1_200,
    throttled=17,
    failed=4,
    prompt_tokens=150_000_000,
    completion_tokens=1_500_000,
    cost=12.345,
    unpriced=2,
)
WORST = Standing(1_000_000, ENDED, 7000.0, 312.4, BUSY)


def test_a_log_line_is_keys_and_values() -> None:
    """Always in this order; zeros are said, so that a column never moves."""
    assert log_line(Standing(10, {"PASS": 3, "errors": 1}, 65.2, 0.0615, Traffic(calls=20))) == (
        "dialogues 4/10 elapsed 0:01:05 rate 0.061/s eta 0:01:37 calls 20 tokens 0 throttled 0 "
        "errors 1 PASS 3 WARN 0 FAIL 0 INCONCLUSIVE 0"
    )


def test_a_log_line_says_what_not_every_run_has() -> None:
    """Replies that cost no call, attempts that failed, money; the status takes the rest."""
    line = log_line(Standing(10, ENDED, 5.0, 0.0, BUSY, "paused: all calls fail"))
    assert " calls 226150 shared 41000 saved 1200 tokens 151500000 cost $12.35+ " in line
    assert " throttled 17 failed 4 errors 3 PASS 40210 " in line
    assert line.endswith(" INCONCLUSIVE 12 status paused: all calls fail")
    pairs = line.partition(" status ")[0].split(" ")
    assert len(pairs) == 2 * len(set(pairs[::2]))


def test_what_guards_asked_is_told_apart() -> None:
    """Before what the classifier asked: nearer to the target."""
    asked = Traffic(calls=7, prompt_tokens=70)
    now = Standing(10, ENDED, 5.0, 0.0, Traffic(calls=20, guard=asked, classifier=Traffic()))
    line = log_line(now)
    assert " guard_calls 7 guard_tokens 70 classifier_calls 0 " in line


def test_what_a_classifier_asked_is_told_apart() -> None:
    """Its calls, tokens and dollars are in none of the targets' numbers."""
    asked = Traffic(calls=120, saved=4, prompt_tokens=9_000, completion_tokens=500, cost=0.25)
    now = Standing(10, ENDED, 5.0, 0.0, Traffic(calls=20, classifier=asked))
    assert (
        " calls 20 tokens 0 throttled 0 classifier_calls 120 classifier_saved 4 "
        "classifier_tokens 9500 classifier_cost $0.25 errors 3 "
    ) in log_line(now)
    assert "classifier 120 ($0.25)" in lines(now, 120)[0]
    assert "classifier" not in lines(now, 40)[0]


def test_what_a_judge_asked_is_told_apart() -> None:
    """And dialogues that it left unjudged are counted, where there are some."""
    judged = Traffic(calls=7, prompt_tokens=300, cost=0.5)
    now = Standing(10, {**ENDED, "unjudged": 2}, 5.0, 0.0, Traffic(calls=20, judge=judged))
    line = log_line(now)
    assert " judge_calls 7 judge_tokens 300 judge_cost $0.50 errors 3 unjudged 2 " in line
    assert "judge 7 ($0.50)" in lines(now, 140)[0]
    assert "unjudged 2" in lines(now, 140)[1]
    assert "unjudged" not in log_line(Standing(10, ENDED, 5.0))


def test_without_traffic_there_are_no_calls() -> None:
    """In `convsim judge`, say, nothing is called."""
    assert log_line(Standing(2, {"PASS": 2}, 1.0, 2.0)) == (
        "dialogues 2/2 elapsed 0:00:01 rate 2.000/s eta 0:00:00 "
        "errors 0 PASS 2 WARN 0 FAIL 0 INCONCLUSIVE 0"
    )


@pytest.mark.parametrize(
    ("cost", "unpriced", "text"),
    [
        (0.0, 0, ""),  # free
        (0.0, 3, "unknown"),
        (1.234, 0, "$1.23"),
        (1.234, 3, "$1.23+"),
        (1234.5, 0, "$1,234.50"),
        (0.00042, 0, "$0.0004"),
    ],
)
def test_a_cost_is_never_less_than_known(cost: float, unpriced: int, text: str) -> None:
    assert cost_of(Traffic(cost=cost, unpriced=unpriced)) == text


@pytest.mark.parametrize(
    ("total", "done", "rate", "eta"),
    [
        (100, 50, 2.0, 25.0),
        (100, 50, 0.0, None),  # nothing ended yet
        (100, 100, 0.0, 0.0),
        (100, 120, 2.0, 0.0),  # more than planned is not negative
        (10**9, 0, 1e-9, None),  # years: nobody knows
    ],
)
def test_an_eta_is_known_or_unknown(total: int, done: int, rate: float, eta: float | None) -> None:
    assert Standing(total, {"PASS": done}, 1.0, rate).eta == eta


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (30, "calls 226,150  $1.23  45%"),
        (24, "calls 226k  $1.23  45%"),  # in short before anything is left out
        (18, "calls 226k  $1.23"),  # the highest rank goes first
        (10, "calls 226k"),
        (9, ""),
    ],
)
def test_a_line_loses_the_least_important_first(width: int, line: str) -> None:
    parts = [
        Part(0, "calls 226,150", "calls 226k"),
        Part(1, "$1.23", "$1.23"),
        Part(2, *["45%"] * 2),
    ]
    assert fit(parts, width) == line


@pytest.mark.parametrize("width", [1, 3, 9, 20, 40, 60, 79, 100, 200])
@pytest.mark.parametrize("status", ["", "paused: " + "x" * 300])
def test_no_line_is_wider_than_it_may_be(width: int, status: str) -> None:
    standing = Standing(1_000_000, ENDED, 7000.0, 312.4, BUSY, status)
    assert all(len(line) <= max(3, width) for line in lines(standing, width))


def test_eighty_columns_hold_what_matters() -> None:
    assert lines(WORST, 79) == (
        "────────  41.5k/1M  4%  312/s  ETA 0:51:08  calls 226k  tokens 152M  $12.35+",
        "PASS 40,210  WARN 1,020  FAIL 300  INCONCLUSIVE 12  errors 3  throttled 17",
    )


def test_a_start_and_an_end() -> None:
    """Before anything ended nobody knows how long; afterwards everybody knows how long it took."""
    start, end = Standing(100, {}), Standing(2, {"PASS": 2}, 3.0, 0.7, over=True)
    assert lines(start, 79, ascii_only=True) == (
        f"{'-' * 20}  0/100  0%  0/s  ETA ?",
        "PASS 0  WARN 0  FAIL 0",
    )
    assert lines(end, 79, ascii_only=True) == (
        f"{'#' * 20}  2/2  100%  42.0/min  in 0:00:03",
        "PASS 2  WARN 0  FAIL 0",
    )


def test_nothing_planned_is_nothing_to_divide_by() -> None:
    assert "0/0  100%" in lines(Standing(0, {}), 79)[0]


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0, "0/s"), (1234.5, "1,234/s"), (3.21, "3.2/s"), (0.5, "30.0/min"), (0.001, "3.6/h")],
)
def test_a_slow_rate_has_a_slow_unit(rate: float, text: str) -> None:
    assert f"  {text}  " in lines(Standing(9, {}, 1.0, rate), 79)[0]


@pytest.mark.parametrize(
    ("elapsed", "text"),
    [(5.9, "0:00:05"), (3661, "1:01:01"), (359_999, "99:59:59"), (400_000, "4d15h")],
)
def test_long_times_are_days(elapsed: float, text: str) -> None:
    assert f" elapsed {text} " in log_line(Standing(9, {}, elapsed))


@pytest.mark.parametrize(
    ("count", "text"),
    [(9_999, "9,999"), (12_345, "12.3k"), (999_499, "999k"), (999_600, "1M"), (2 * 10**9, "2G")],
)
def test_many_calls_are_said_in_short(count: int, text: str) -> None:
    assert f"calls {text}" in lines(Standing(9, {}, traffic=Traffic(calls=count)), 40)[0]


def test_words_of_others_are_one_inert_line() -> None:
    assert one_line("first\n  second\x1b[2J") == "first second\ufffd[2J"
