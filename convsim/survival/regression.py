"""Binary regression by Newton's method, with a covariance that lets whole clusters vary.

Pure arithmetic: a likelihood of independent trials finds the coefficients, and the spread of what
each cluster adds to its gradient gives their covariance: the sandwich of Liang and Zeger (1986),
which other software prints with the factor G / (G - 1) * (N - 1) / (N - K). With few clusters, or
large ones among small, that is too narrow: a large cluster pulls the coefficients to itself. So
what each adds is scaled up by its own pull, and the degrees of freedom are Satterthwaite's (Bell
and McCaffrey 2002; Pustejovsky and Tipton 2018), the regression being taken as the weighted linear
one of its last step.
"""

from __future__ import annotations

import math
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
    """Lines of a design (lines by columns), and of each its hits, trials and cluster (0, 1, ...).

    Lines with the same columns may be one with several trials.
    """

    design: Array
    hits: Array
    trials: Array
    clusters: Array


class Combination(NamedTuple):
    """A sum of coefficients by given weights: its value, standard error and degrees of freedom."""

    value: float
    error: float
    degrees: float


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Coefficients, and what is known of their errors.

    `sandwich` is the covariance (columns by columns) as other software prints it. `bread` is the
    inverse of the information; of each cluster, `pulls` is its part of that information (clusters
    by columns by columns), and `added` what it adds to the gradient (clusters by columns).
    """

    coefficients: Array
    sandwich: Array
    bread: Array
    pulls: Array
    added: Array
    link: str

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return len(self.added)

    def combined(self, weights: Array) -> Combination:
        """A sum of the coefficients, its error scaled up by the clusters' pull (CR2)."""
        lever = self.bread @ weights
        scaled = self._scaled(lever)
        variance = float(((scaled * self.added).sum(axis=1) ** 2).sum())
        value = float(weights @ self.coefficients)
        return Combination(value, math.sqrt(variance), self._degrees(scaled))

    def _scaled(self, lever: Array) -> Array:
        """The lever of each cluster, scaled up by (I - B M) ** -1/2, M being its pull."""
        import numpy as np

        sizes, axes = np.linalg.eigh(self.bread)
        roots = np.sqrt(sizes)
        half, back = (axes * roots) @ axes.T, (axes / roots) @ axes.T
        # Similar to a symmetric matrix, whose root is stable.
        own, vectors = np.linalg.eigh(half @ self.pulls @ half)
        kept = 1 / np.sqrt(np.maximum(1 - own, _LEAST))
        turned = np.einsum("gij,i->gj", vectors, back @ lever)
        scaled: Array = np.einsum("gij,gj->gi", vectors, kept * turned) @ half
        return scaled

    def _degrees(self, scaled: Array) -> float:
        """Satterthwaite's degrees of freedom, were lines as uncertain as the model says."""
        import numpy as np

        moved = np.einsum("gij,gj->gi", self.pulls, scaled)
        own = (scaled * moved).sum(axis=1)
        cross = ((moved @ self.bread) * moved).sum(axis=1)
        joint = moved.T @ moved @ self.bread
        square = (own**2).sum() - 2 * (own * cross).sum() + (joint * joint.T).sum()
        return max(1.0, float((own - cross).sum() ** 2 / square))


_LEAST = 1e-2
"""A cluster that alone decides a coefficient would be scaled up without end."""


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
    curved = _observed(data, beta, link)
    count = int(data.clusters.max()) + 1
    columns, trials = data.design.shape[1], float(data.trials.sum())
    if count < 2 or trials <= columns:
        return None
    added, pulls = np.zeros((count, columns)), np.zeros((count, columns, columns))
    np.add.at(added, data.clusters, score[:, None] * data.design)
    for cluster in range(count):
        mine = data.clusters == cluster
        pulls[cluster] = data.design[mine].T @ (curved[mine, None] * data.design[mine])
    bread = np.linalg.inv(pulls.sum(axis=0))
    few = count / (count - 1) * (trials - 1) / (trials - columns)
    sandwich = few * bread @ (added.T @ added) @ bread
    return Fit(beta, sandwich, bread, pulls, added, link)
