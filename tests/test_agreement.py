"""Agreement of raters: published worked examples, closed forms, weights and intervals."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from convsim.agreement import (
    BOOTSTRAP,
    BOOTSTRAP_CLUSTERS,
    EVEN,
    Agreement,
    Answers,
    Drawing,
    cohens_kappa,
    confusion,
    gwets_ac1,
    krippendorffs_alpha,
    raw_agreement,
)
from convsim.stats import Interval, NoInterval

NA = None
# Four observers, twelve units (Krippendorff 2011, section C).
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3),
    (NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA),
)
FOUR: list[Answers] = list(zip(*OBSERVERS, strict=True))
# Two observers: binary and nominal data (the same, sections A and B).
BINARY: list[Answers] = list(zip("0100000010", "1110010000", strict=True))
NOMINAL: list[Answers] = list(zip("aabbdcccedda", "babbbcccedzz".replace("z", "d"), strict=True))


def table(both: int, first: int, second: int, neither: int) -> list[Answers]:
    """Two raters' answers with these counts."""
    return [
        *[("yes", "yes")] * both,
        *[("yes", "no")] * first,
        *[("no", "yes")] * second,
        *[("no", "no")] * neither,
    ]


@pytest.mark.parametrize(
    ("units", "metric", "value"),
    [
        (BINARY, "nominal", 0.095),
        (NOMINAL, "nominal", 0.692),
        (FOUR, "nominal", 0.743),
        (FOUR, "ordinal", 0.815),
    ],
)
def test_alpha_is_krippendorffs(units: list[Answers], metric: str, value: float) -> None:
    """The worked examples of "Computing Krippendorff's Alpha-Reliability" (2011)."""
    found = krippendorffs_alpha(units, metric=metric).value  # type: ignore[arg-type]
    assert found == pytest.approx(value, abs=5e-4)


def test_ac1_is_gwets() -> None:
    """The same data in Gwet's handbook (2014): 0.77544, with the dialogue of a single rater."""
    assert gwets_ac1(FOUR).value == pytest.approx(0.77544, abs=5e-6)


@pytest.mark.parametrize(
    ("units", "raw", "kappa", "ac1"),
    [
        (table(20, 5, 10, 15), 0.70, 0.40, 0.4050),
        (table(40, 9, 6, 45), 0.85, 0.70, 0.7008),
        (table(80, 10, 5, 5), 0.85, 0.32, 0.8080),
        (table(118, 5, 2, 0), 118 / 125, -0.0234, 0.9402),
    ],
)
def test_kappa_falls_where_an_answer_is_rare_and_ac1_does_not(
    units: list[Answers], raw: float, kappa: float, ac1: float
) -> None:
    """Cohen's textbook table, Feinstein and Cicchetti's paradox (1990), Gwet's example (2008)."""
    assert raw_agreement(units).value == pytest.approx(raw)
    assert cohens_kappa(units).value == pytest.approx(kappa, abs=5e-3)
    assert gwets_ac1(units).value == pytest.approx(ac1, abs=5e-3)


Figure = Callable[[Sequence[Answers], Drawing], Agreement]
FIGURES: list[Figure] = [raw_agreement, cohens_kappa, gwets_ac1, krippendorffs_alpha]


@pytest.mark.parametrize("figure", FIGURES)
def test_a_weight_of_three_is_three_dialogues(figure: Figure) -> None:
    """Weights make the figure of a sample that of the run it was drawn from."""
    run = table(8, 6, 2, 20)
    sample: list[Answers] = [*table(8, 0, 2, 0), *table(0, 2, 0, 0), *table(0, 0, 0, 5)]
    weighted = Drawing(weights=[1.0] * 10 + [3.0] * 2 + [4.0] * 5)
    expected, found = figure(run, EVEN).value, figure(sample, weighted).value
    # Alpha and the run differ by its small-sample term alone, which counts the dialogues read.
    tolerance = 0.02 if figure is krippendorffs_alpha else 1e-9
    assert expected is not None
    assert found == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("figure", FIGURES[1:])
def test_the_same_seed_gives_the_same_interval(figure: Figure) -> None:
    """Drawing dialogues again is seeded; another seed moves the ends a little."""
    units = table(30, 6, 8, 40)
    one, again = figure(units, Drawing(seed=1)), figure(units, Drawing(seed=1))
    other = figure(units, Drawing(seed=2))
    assert one == again
    assert isinstance(one.interval, Interval)
    assert isinstance(other.interval, Interval)
    assert one.interval != other.interval
    assert one.interval.low == pytest.approx(other.interval.low, abs=0.05)
    assert one.interval.method == BOOTSTRAP


def test_the_bootstrap_agrees_with_the_closed_form() -> None:
    """For many dialogues: kappa's interval has the width of its asymptotic error (Fleiss 1969)."""
    units = table(200, 50, 100, 150)
    interval = cohens_kappa(units).interval
    assert isinstance(interval, Interval)
    p = np.array([[0.4, 0.1], [0.2, 0.3]])
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    kappa, luck = 0.4, float(rows @ columns)
    agree = sum(p[i, i] * ((1 - luck) - (rows[i] + columns[i]) * 0.3) ** 2 for i in (0, 1))
    differ = sum(p[i, j] * (columns[i] + rows[j]) ** 2 for i, j in ((0, 1), (1, 0))) * 0.3**2
    error = (agree + differ - (0.7 * luck - 2 * luck + 0.7) ** 2) / (500 * (1 - luck) ** 4)
    half = 1.96 * math.sqrt(error)
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.08)
    assert interval.low < kappa < interval.high


def test_scenarios_are_drawn_as_a_whole() -> None:
    """Ten dialogues of a scenario that all go alike are no ten observations."""
    units = [unit for one in table(5, 2, 3, 5) for unit in [one] * 10]
    names = [str(n) for n in range(15) for _ in range(10)]
    alone, together = cohens_kappa(units), cohens_kappa(units, Drawing(clusters=names))
    assert isinstance(alone.interval, Interval)
    assert isinstance(together.interval, Interval)
    assert together.interval.method == BOOTSTRAP_CLUSTERS
    wide = together.interval.high - together.interval.low
    assert wide > 2 * (alone.interval.high - alone.interval.low)


@pytest.mark.parametrize(
    ("units", "figure", "value", "reason"),
    [
        ([], cohens_kappa, None, "no dialogue has two answers"),
        ([("a", None)], krippendorffs_alpha, None, "no dialogue has two answers"),
        ([("a", None)], raw_agreement, None, "no dialogue has two answers"),
        ([("a", "a")] * 9, cohens_kappa, None, "all answers are the same"),
        ([("a", "a")] * 9, krippendorffs_alpha, None, "all answers are the same"),
        (table(5, 0, 0, 5), krippendorffs_alpha, 1.0, "nobody disagreed in 10 dialogues"),
        (table(5, 0, 0, 5), gwets_ac1, 1.0, "nobody disagreed in 10 dialogues"),
        (table(0, 1, 0, 20), cohens_kappa, 0.0, "too few dialogues with a rare answer"),
        (table(0, 12, 0, 12), cohens_kappa, 0.0, "one rater gave one answer only"),
    ],
)
def test_what_cannot_be_told_is_not_told(
    units: list[Answers], figure: Figure, value: float | None, reason: str
) -> None:
    """No figure out of nothing, and no interval of no width out of perfect agreement."""
    found = figure(units, EVEN)
    assert found.value == (value if value is None else pytest.approx(value, abs=1e-9))
    assert isinstance(found.interval, NoInterval)
    assert found.interval.reason.startswith(reason)


def test_raw_agreement_has_an_interval_even_where_nobody_disagreed() -> None:
    """Wilson's: 20 of 20 leaves up to 16 points open."""
    interval = raw_agreement(table(10, 0, 0, 10)).interval
    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((20 / (20 + 1.96**2), 1), abs=1e-3)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Agreement(0.743, Interval(0.5, 0.9, BOOTSTRAP), 9), "0.74 [0.50, 0.90]"),
        (Agreement(-0.001, Interval(-0.004, 0.9, BOOTSTRAP), 9), "0.00 [0.00, 0.90]"),
        (Agreement(1.0, NoInterval("nobody disagreed"), 9), "1.00 [no interval]"),
        (Agreement(None, NoInterval("no data"), 0), "not defined"),
    ],
)
def test_a_figure_reads_with_its_interval(found: Agreement, text: str) -> None:
    """Never a bare figure, and no negative zero."""
    assert str(found) == text


def test_wrong_shapes_are_refused() -> None:
    """Kappa of three raters, an answer outside of the order, weights of another length."""
    with pytest.raises(ValueError, match="kappa is of two raters"):
        cohens_kappa([("a", "b", "a")])
    with pytest.raises(ValueError, match="not in the order given: c"):
        krippendorffs_alpha([("a", "c")], order=["a", "b"])
    with pytest.raises(ValueError, match="one place for each unit"):
        raw_agreement(table(1, 1, 1, 1), Drawing(weights=[1.0]))


def test_the_order_of_ordered_answers_can_be_given() -> None:
    """By the alphabet FAIL, PASS, WARN would be neighbours in the wrong way."""
    order = ["PASS", "WARN", "FAIL"]
    near: list[Answers] = [("PASS", "WARN"), ("WARN", "FAIL"), ("PASS", "PASS"), ("FAIL", "FAIL")]
    numbers: list[Answers] = [(order.index(str(a)), order.index(str(b))) for a, b in near]
    given = krippendorffs_alpha(near, metric="ordinal", order=order)
    assert given.value == krippendorffs_alpha(numbers, metric="ordinal").value
    assert given.value != krippendorffs_alpha(near, metric="ordinal").value


def test_a_confusion_matrix_takes_any_answers() -> None:
    """Rows and columns in the order given, others after them; weights are added up."""
    found = confusion(
        [("yes", "yes"), ("no", "abstained"), ("yes", "no")],
        rows=("yes", "no"),
        columns=("yes", "no"),
        weights=[1, 2, 4],
    )
    assert found.columns == ("yes", "no", "abstained")
    assert found.counts == ((1.0, 4.0, 0.0), (0.0, 0.0, 2.0))
    assert (found.total, found.of("no", "abstained")) == (7.0, 2.0)


def test_importing_costs_nothing() -> None:
    """numpy and scipy are imported where they are used."""
    names = "convsim.agreement, convsim.correction, convsim.calibration"
    code = f"import sys, {names}; print({{'numpy', 'scipy'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
