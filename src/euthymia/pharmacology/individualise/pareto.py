"""Whether importance weights can be trusted, from the shape of their tail; and the weights with that tail smoothed.

Vehtari, Simpson, Gelman, Yao, Gabry: Pareto smoothed importance sampling (10.48550/arXiv.1507.02646); the tail is
fitted after Zhang and Stephens 2009 (10.1198/tech.2009.08017).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
# Above this the mean of the weights settles too slowly to be used.
WORST_K = 0.7
_FEWEST_IN_TAIL = 5
# The fit leans towards a shape of 1/2 with the weight of this many weights (appendix of the paper).
_LEAN = 10.0


def smoothed(log_weights: Values) -> tuple[Values, float]:
    """Log weights, (draws,), with their largest replaced by expected ones of the fitted tail, and the tail's k.

    The weights are not normalised. k is 0 where all weights are alike, infinite where a tail cannot be fitted.
    """
    top = float(log_weights.max())
    shifted = log_weights - top
    count = int(min(0.2 * shifted.size, 3 * np.sqrt(shifted.size)))
    if count < _FEWEST_IN_TAIL:
        return log_weights, float("inf")
    order = np.argsort(shifted, kind="stable")
    tail, cutoff = order[-count:], float(shifted[order[-count - 1]])
    beyond = np.exp(shifted[tail]) - np.exp(cutoff)
    if beyond[-1] <= 1e-12:
        return log_weights, 0.0
    k, scale = tail_shape(np.maximum(beyond, 1e-300))
    shares = (np.arange(count) + 0.5) / count
    expected = scale * (np.expm1(-k * np.log1p(-shares)) / k if abs(k) > 1e-9 else -np.log1p(-shares))
    found = log_weights.copy()
    # No smoothed weight is larger than the largest that was seen.
    found[tail] = top + np.minimum(np.log(expected + np.exp(cutoff)), 0.0)
    return found, k


def tail_shape(beyond: Values) -> tuple[float, float]:
    """Shape k and scale of a generalised Pareto distribution for values above 0, in increasing order."""
    count = beyond.size
    grid = 30 + int(np.sqrt(count))
    quartile = float(beyond[int(count / 4 + 0.5) - 1])
    theta = 1 / beyond[-1] + (1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3 * quartile)
    theta = theta[theta != 0]
    shape = np.log1p(-theta[:, None] * beyond).mean(axis=1)
    log_chance = count * (np.log(-theta / shape) - shape - 1)
    weights = np.exp(log_chance - log_chance.max())
    middle = float((weights * theta).sum() / weights.sum())
    k = float(np.log1p(-middle * beyond).mean())
    return (count * k + _LEAN * 0.5) / (count + _LEAN), -k / middle


def effective_size(weights: Values) -> float:
    """How many equal draws these weights, which add up to 1, are worth."""
    return float(1 / np.sum(weights * weights))
