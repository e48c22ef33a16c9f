"""Binary regression by Newton's method, with a covariance that lets whole clusters vary.

Pure arithmetic: a likelihood of independent trials finds the coefficients, and the spread of what
each cluster adds to its gradient gives their covariance (the sandwich of Liang and Zeger 1986, with
the usual factor G / (G - 1) * (N - 1) / (N - K) for few clusters).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy import ndarray

    Array = ndarray[Any, Any]

LINKS = ("logit", "cloglog")
STEPS = 60
"""Newton steps before giving up; eight are usual."""

FAR = 25.0
"""A linear predictor beyond this is a chance of 0 or 1: the likelihood has no peak."""


class Trials(NamedTuple):
    """Lines of a design: their columns, hits and trials, and the cluster of each (0, 1, ...)."""

    design: Array
    hits: Array
    trials: Array
    clusters: Array


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Coefficients, and their covariance over clusters."""

    coefficients: Array
    covariance: Array
    clusters: int
    link: str


def fit(data: Trials, *, link: str = "logit") -> Fit | None:
    """The regression; None where the likelihood has no peak, as where a column decides all.

    Raises `ValueError` for a link that is none of `LINKS`.
    """
    import numpy as np

    if link not in LINKS:
        raise ValueError(f"there is no link {link!r}; take one of {', '.join(LINKS)}")
    beta = np.zeros(data.design.shape[1])
    for _ in range(STEPS):
        score, curved = _slopes(data, beta, link)
        information = data.design.T @ (curved[:, None] * data.design)
        try:
            step = np.linalg.solve(information, data.design.T @ score)
        except np.linalg.LinAlgError:
            return None
        step = _shortened(data, beta, step, link)
        beta = beta + step
        if np.abs(data.design @ beta).max() > FAR:
            return None
        if np.abs(step).max() < 1e-11:
            return _fitted(data, beta, link)
    return None


def _shortened(data: Trials, beta: Array, step: Array, link: str) -> Array:
    """A step that does not go downhill."""
    before = _likelihood(data, beta, link)
    for _ in range(30):
        if _likelihood(data, beta + step, link) >= before - 1e-9 * (1 + abs(before)):
            break
        step = step / 2
    return step


def chance(predictor: Array, link: str) -> Array:
    """The chance of a hit."""
    import numpy as np

    if link == "logit":
        told: Array = 1 / (1 + np.exp(-predictor))
        return told
    rare: Array = -np.expm1(-np.exp(np.minimum(predictor, FAR)))
    return rare


def slope(predictor: Array, link: str) -> Array:
    """How the chance changes with the predictor."""
    import numpy as np

    p = chance(predictor, link)
    told: Array = p * (1 - p) if link == "logit" else np.exp(predictor - np.exp(predictor))
    return told


def _likelihood(data: Trials, beta: Array, link: str) -> float:
    import numpy as np

    p = np.clip(chance(data.design @ beta, link), 1e-300, 1 - 1e-16)
    return float((data.hits * np.log(p) + (data.trials - data.hits) * np.log1p(-p)).sum())


def _slopes(data: Trials, beta: Array, link: str) -> tuple[Array, Array]:
    """Of each line the first derivative of the log-likelihood, and less the expected second."""
    predictor = data.design @ beta
    p, rise = chance(predictor, link), slope(predictor, link)
    spread = p * (1 - p)
    return (data.hits - data.trials * p) * rise / spread, data.trials * rise**2 / spread


def _observed(data: Trials, beta: Array, link: str) -> Array:
    """Of each line, less the second derivative of the log-likelihood, as it was observed."""
    import numpy as np

    predictor = data.design @ beta
    if link == "logit":
        return _slopes(data, beta, link)[1]
    rate = np.exp(predictor)
    odds = np.expm1(rate)
    bent = rate * (rate * np.exp(rate) - odds) / odds**2
    told: Array = data.hits * bent + (data.trials - data.hits) * rate
    return told


def _fitted(data: Trials, beta: Array, link: str) -> Fit | None:
    import numpy as np

    score, _ = _slopes(data, beta, link)
    count = int(data.clusters.max()) + 1
    columns, trials = data.design.shape[1], float(data.trials.sum())
    if count < 2 or trials <= columns:
        return None
    added = np.zeros((count, columns))
    np.add.at(added, data.clusters, score[:, None] * data.design)
    bread = np.linalg.inv(data.design.T @ (_observed(data, beta, link)[:, None] * data.design))
    few = count / (count - 1) * (trials - 1) / (trials - columns)
    return Fit(beta, few * bread @ (added.T @ added) @ bread, count, link)
