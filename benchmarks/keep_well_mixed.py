"""The peers of a course's forecast: the last value carried forward, and a linear mixed model fitted by REML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One person's scores with the fixed and random design of each, (scores,), (scores, fixed), (scores, random)."""

    scores: Floats
    fixed: Floats
    random: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """A fitted model: fixed effects with their covariance, covariance of the random ones, and the residual variance."""

    effects: Floats
    effects_covariance: Floats
    random: Floats
    residual: float

    def forecast(self, seen: Measured, fixed: Floats, random: Floats) -> tuple[float, float]:
        """Mean and standard deviation of one further score given those seen, unsure of the fixed effects too."""
        designs = np.vstack([seen.fixed, fixed]), np.vstack([seen.random, random])
        covariance = designs[1] @ self.random @ designs[1].T + self.residual * np.eye(len(designs[0]))
        covariance += designs[0] @ self.effects_covariance @ designs[0].T
        expected = designs[0] @ self.effects
        gain = np.linalg.solve(covariance[:-1, :-1], covariance[:-1, -1])
        mean = expected[-1] + gain @ (seen.scores - expected[:-1])
        return float(mean), float(np.sqrt(covariance[-1, -1] - gain @ covariance[:-1, -1]))


def fit_mixed(people: Sequence[Measured]) -> Mixed:
    """Restricted maximum likelihood over the Cholesky factor of the random effects and the residual."""
    from scipy.optimize import minimize

    width = people[0].random.shape[1]
    corners = np.tril_indices(width)
    spread = float(np.std(np.concatenate([person.scores for person in people])))
    start = np.concatenate([np.eye(width)[corners] * spread / 2, [np.log(spread / 2)]])

    def parts(point: Floats) -> tuple[Floats, float]:
        root = np.zeros((width, width))
        root[corners] = point[:-1]
        return root @ root.T, float(np.exp(2 * point[-1]))

    found = minimize(
        lambda point: _restricted(people, *parts(point))[0], start, method="Nelder-Mead", options={"maxiter": 3000}
    )
    random, residual = parts(found.x)
    _, effects, covariance = _restricted(people, random, residual)
    return Mixed(effects, covariance, random, residual)


def _restricted(people: Sequence[Measured], random: Floats, residual: float) -> tuple[float, Floats, Floats]:
    """Minus twice the restricted log likelihood, up to a constant, with the fixed effects that go with it."""
    size = people[0].fixed.shape[1]
    inner, towards, total = np.zeros((size, size)), np.zeros(size), 0.0
    for person in people:
        covariance = person.random @ random @ person.random.T + residual * np.eye(person.scores.size)
        root = np.linalg.cholesky(covariance)
        fixed, scores = np.linalg.solve(root, person.fixed), np.linalg.solve(root, person.scores)
        inner += fixed.T @ fixed
        towards += fixed.T @ scores
        total += 2 * float(np.log(np.diag(root)).sum()) + float(scores @ scores)
    effects = np.linalg.solve(inner, towards)
    total += float(np.linalg.slogdet(inner)[1]) - float(effects @ towards)
    return total, effects, np.linalg.inv(inner)


def carried_forward_sd(pairs: Sequence[tuple[float, float]]) -> float:
    """The error of carrying the earlier of each pair of scores forward to the later."""
    return float(np.sqrt(np.mean([(later - earlier) ** 2 for earlier, later in pairs])))
