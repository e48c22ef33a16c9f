"""Binary regression against statsmodels, and its errors against the formulas written out."""

from __future__ import annotations

import numpy as np
import pytest

from convsim.survival.regression import Trials, fit


def drawn(seed: int, *, lines: int = 400, clusters: int = 15) -> Trials:
    """Lines of two columns beside the ones; clusters differ."""
    generator = np.random.default_rng(seed)
    cluster = np.sort(generator.integers(0, clusters, lines))
    design = np.column_stack(
        [np.ones(lines), generator.integers(0, 2, lines), generator.integers(0, 2, lines)]
    ).astype(float)
    predictor = -1.5 + 0.8 * design[:, 1] + 0.5 * generator.normal(size=clusters)[cluster]
    hits = (generator.random(lines) < 1 / (1 + np.exp(-predictor))).astype(float)
    return Trials(design, hits, np.ones(lines), cluster)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_logit_is_that_of_statsmodels(seed: int) -> None:
    """Coefficients and the sandwich over clusters, to nine digits."""
    import statsmodels.api as sm

    data = drawn(seed)
    theirs = sm.Logit(data.hits, data.design).fit(
        disp=0, tol=1e-13, cov_type="cluster", cov_kwds={"groups": data.clusters}
    )
    found = fit(data)
    assert found is not None
    assert found.coefficients == pytest.approx(np.asarray(theirs.params), abs=1e-9)
    assert found.sandwich == pytest.approx(np.asarray(theirs.cov_params()), abs=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_the_cloglog_is_that_of_statsmodels() -> None:
    """The grouped proportional hazards model."""
    import statsmodels.api as sm

    data = drawn(4)
    family = sm.families.Binomial(sm.families.links.CLogLog())
    theirs = sm.GLM(data.hits, data.design, family=family).fit(
        tol=1e-15, cov_type="cluster", cov_kwds={"groups": data.clusters}
    )
    found = fit(data, link="cloglog")
    assert found is not None
    assert found.coefficients == pytest.approx(np.asarray(theirs.params), abs=1e-9)
    assert found.sandwich == pytest.approx(np.asarray(theirs.cov_params()), abs=1e-9)


def test_counts_are_the_same_as_lines() -> None:
    """Lines that are alike may be summed."""
    data = drawn(5)
    keys = np.column_stack([data.design, data.clusters])
    alike, places = np.unique(keys, axis=0, return_inverse=True)
    places = places.ravel()
    summed = Trials(
        alike[:, :3],
        np.bincount(places, weights=data.hits),
        np.bincount(places).astype(float),
        alike[:, 3].astype(int),
    )
    one, other = fit(data), fit(summed)
    assert one is not None
    assert other is not None
    weights = np.array([0.0, 1.0, 0.0])
    assert one.combined(weights) == pytest.approx(other.combined(weights), abs=1e-9)
    assert one.sandwich == pytest.approx(other.sandwich, abs=1e-9)


def test_errors_are_scaled_by_the_pull_of_each_cluster() -> None:
    """CR2 and Satterthwaite's degrees, written out with matrices of all lines."""
    data = drawn(6, lines=150, clusters=9)
    found = fit(data)
    assert found is not None
    weights = np.array([0.0, 1.0, 0.0])
    chances = 1 / (1 + np.exp(-data.design @ found.coefficients))
    spread = chances * (1 - chances)
    design = np.sqrt(spread)[:, None] * data.design
    residuals = (data.hits - chances) / np.sqrt(spread)
    bread = np.linalg.inv(design.T @ design)
    left = np.eye(len(design)) - design @ bread @ design.T
    variance, vectors = 0.0, []
    for cluster in range(9):
        mine = data.clusters == cluster
        sizes, axes = np.linalg.eigh(left[np.ix_(mine, mine)])
        lever = axes @ np.diag(sizes**-0.5) @ axes.T @ design[mine] @ bread @ weights
        variance += float(lever @ residuals[mine]) ** 2
        vectors.append(left[:, mine] @ lever)
    products = np.array(vectors) @ np.array(vectors).T
    degrees = np.trace(products) ** 2 / (products**2).sum()
    assert found.combined(weights) == pytest.approx(
        (found.coefficients[1], variance**0.5, degrees), rel=1e-9
    )


def test_a_column_that_decides_all_has_no_finite_coefficient() -> None:
    """The likelihood has no peak, and there is no answer rather than a large one."""
    data = drawn(7)
    decided = data._replace(hits=np.where(data.design[:, 1] > 0, 1.0, data.hits))
    assert fit(decided) is None


def test_one_cluster_shows_nothing() -> None:
    """No spread over clusters."""
    data = drawn(8)
    assert fit(data._replace(clusters=np.zeros(400, dtype=int))) is None


def test_an_unknown_link_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match=r"no link 'probit'; take one of logit, cloglog"):
        fit(drawn(9), link="probit")
