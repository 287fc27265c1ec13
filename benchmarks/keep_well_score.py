"""How good a forecast of one whole-number score was: its negative log score and whether the 90 % interval held it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_CHANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Forecasted:
    """A forecast of one score: surprise is minus the log of the chance it gave to what came."""

    person: str
    observed: float
    low: float
    middle: float
    high: float
    surprise: float

    @property
    def inside(self) -> bool:
        return self.low <= self.observed <= self.high


def from_draws(person: str, observed: float, draws: Floats, width: float) -> Forecasted:
    """From draws of the score on a scale 0 to `width`, smoothed by a kernel."""
    low, lower, middle, upper, high = np.quantile(draws, (0.05, 0.25, 0.5, 0.75, 0.95))
    kernel = max(0.9 * min(draws.std(), (upper - lower) / 1.34) * draws.size**-0.2, 0.1)
    chance = float(np.mean(_mass(observed, draws, kernel, width)))
    return Forecasted(person, observed, float(low), float(middle), float(high), -np.log(max(chance, LEAST_CHANCE)))


def from_normal(person: str, observed: float, mean: float, sd: float, width: float) -> Forecasted:
    """From a normal distribution of the score, its tails beyond the scale counted to the ends."""
    chance = float(_mass(observed, np.array([mean]), sd, width)[0])
    reach = 1.645 * sd
    return Forecasted(person, observed, mean - reach, mean, mean + reach, -np.log(max(chance, LEAST_CHANCE)))


def _mass(observed: float, centres: Floats, sd: float, width: float) -> Floats:
    from scipy.stats import norm

    low = -np.inf if observed <= 0 else observed - 0.5
    high = np.inf if observed >= width else observed + 0.5
    return np.asarray(norm.cdf((high - centres) / sd) - norm.cdf((low - centres) / sd))


def mean_surprise(forecasts: Sequence[Forecasted]) -> float:
    return float(np.mean([one.surprise for one in forecasts]))


def coverage(forecasts: Sequence[Forecasted]) -> float:
    return float(100 * np.mean([one.inside for one in forecasts]))


def difference(ours: Sequence[Forecasted], theirs: Sequence[Forecasted]) -> tuple[float, float]:
    """Mean of ours minus theirs and its standard error, forecast by forecast."""
    gaps = np.array([mine.surprise - other.surprise for mine, other in zip(ours, theirs, strict=True)])
    return float(gaps.mean()), float(gaps.std(ddof=1) / np.sqrt(gaps.size))
