"""What the next scores may be: quantiles and chances by day, never a bare point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from euthymia.errors import BadInput
from euthymia.response.course import DoseAt, Scale
from euthymia.response.learn import Posterior
from euthymia.response.model import row_blocks, score_covariance, severity, weather_covariance
from euthymia.response.prior import Floats

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Possible scores by day, in points of the scale.

    at_days: (days,).   quantiles: level → (days,), of the score a rating on that day would give.
    draws: (draws, days), whole courses, so chances over several days can be counted.
    prior_still_talking: copied from the posterior; near 1 means the forecast is the published average speaking.
    """

    scale: Scale
    at_days: Floats
    quantiles: Mapping[float, Floats]
    draws: Floats
    prior_still_talking: Mapping[str, float]

    def probability_above(self, threshold: float) -> Floats:
        """Chance that a rating on each day is at or above `threshold` points, (days,)."""
        return np.asarray(np.mean(self.draws >= threshold, axis=0), dtype=np.float64)

    def probability_ever_above(self, threshold: float) -> Floats:
        """Chance that a rating on this day or an earlier forecast day is at or above `threshold`, (days,)."""
        crossed = np.maximum.accumulate(self.draws >= threshold, axis=1)
        return np.asarray(np.mean(crossed, axis=0), dtype=np.float64)


def forecast(
    posterior: Posterior,
    at_days: Iterable[float],
    planned_doses: Sequence[DoseAt] = (),
    *,
    quantiles: tuple[float, ...] = QUANTILES,
) -> Forecast:
    """Possible scores on `at_days` (on the course's clock, increasing) if `planned_doses` are given and no others.

    Carries three uncertainties: who this person is, the weather (which remembers the latest scores), and the rating.
    """
    days = _checked_days(at_days)
    rng = np.random.default_rng((posterior.seed, 1))
    fractions = _expected(posterior, days, planned_doses) + _luck(posterior, days, rng)
    scale = posterior.course.scale
    draws = scale.minimum + scale.width * np.clip(fractions, 0.0, 1.0)
    levels = np.quantile(draws, quantiles, axis=0)
    return Forecast(
        scale=scale,
        at_days=days,
        quantiles=MappingProxyType({level: levels[index] for index, level in enumerate(quantiles)}),
        draws=draws,
        prior_still_talking=posterior.prior_still_talking,
    )


def chances_above(
    posterior: Posterior, threshold: float, at_days: Iterable[float], planned_doses: Sequence[DoseAt] = ()
) -> Floats:
    """Chance that a rating on each day is at or above `threshold` points, (days,).

    The same as counting the draws of `forecast`, but with weather and rating error integrated instead of drawn: quicker
    and steadier.
    """
    days = _checked_days(at_days)
    scale, noise = posterior.course.scale, posterior.prior.noise_for(posterior.course.scale)
    if threshold <= scale.minimum:
        return np.ones(days.size)
    if threshold > scale.maximum:
        return np.zeros(days.size)
    seen = _scored_days(posterior)
    variance = np.full(days.size, noise.weather**2 + noise.measurement**2)
    if seen.size:
        across = weather_covariance(days, seen, noise)
        variance -= np.einsum("ds,sd->d", across, np.linalg.solve(score_covariance(seen, noise), across.T))
    expected = _expected(posterior, days, planned_doses).T
    sd = np.sqrt(np.maximum(variance, 1e-12))[:, None]
    chances = np.empty(days.size)
    for rows in row_blocks(*expected.shape):
        above = (expected[rows] - scale.fraction(threshold)) / (posterior.persons.swing * sd[rows])
        chances[rows] = _normal_below(above).mean(axis=1)
    return chances


def draw_states(posterior: Posterior, days: Floats, planned_doses: Sequence[DoseAt] = ()) -> Floats:
    """The person's own state (formula plus weather, without rating error) on days, fractions, (draws, days)."""
    rng = np.random.default_rng((posterior.seed, 2))
    luck = _luck(posterior, days, rng, rating_error=False)
    return np.clip(_expected(posterior, days, planned_doses) + luck, 1e-6, 1.0)


def _checked_days(at_days: Iterable[float]) -> Floats:
    days = np.array([float(day) for day in at_days])
    if days.size == 0 or not np.all(np.isfinite(days)) or np.any(np.diff(days) <= 0):
        raise BadInput("forecast_days", "at_days", "Give at least one day, finite and increasing.")
    return days


def _scored_days(posterior: Posterior) -> Floats:
    return np.array([score.at_day for score in posterior.course.scores])


def _expected(posterior: Posterior, days: Floats, planned_doses: Sequence[DoseAt]) -> Floats:
    """The formula on new days, and what the scores say of the weather there, fractions, (draws, days)."""
    course = posterior.course
    doses = tuple(sorted((*course.doses, *planned_doses), key=lambda dose: dose.at_day))
    expected = severity(posterior.persons, doses, days, posterior.prior, course.oral)
    seen = _scored_days(posterior)
    if not seen.size:
        return expected
    noise = posterior.prior.noise_for(course.scale)
    carried = np.linalg.solve(score_covariance(seen, noise), weather_covariance(seen, days, noise))
    by_day = expected.T
    for rows in row_blocks(*by_day.shape):
        by_day[rows] += carried.T[rows] @ posterior.residuals.T
    return expected


def _luck(posterior: Posterior, days: Floats, rng: np.random.Generator, *, rating_error: bool = True) -> Floats:
    """Weather beyond what the scores say, and rating error, on new days, fractions, (draws, days)."""
    noise = posterior.prior.noise_for(posterior.course.scale)
    seen = _scored_days(posterior)
    covariance = score_covariance(days, noise) if rating_error else weather_covariance(days, days, noise)
    if seen.size:
        across = weather_covariance(days, seen, noise)
        covariance = covariance - across @ np.linalg.solve(score_covariance(seen, noise), across.T)
    root = np.linalg.cholesky(covariance + (1e-12 if rating_error else 1e-9) * np.eye(days.size))
    luck = (root @ rng.standard_normal((days.size, len(posterior.persons)))) * posterior.persons.swing
    return np.asarray(luck.T, dtype=np.float64)


def _normal_below(z: Floats) -> Floats:
    """The normal distribution function to within 0.00014 (a logistic of an odd cubic; Page 1977).

    Seven digits of the exponential are more than that, and half the time.
    """
    odd_cubic = np.clip(z * (1.5976 + 0.070565992 * z * z), -50, 50).astype(np.float32)
    return np.asarray(1 / (1 + np.exp(-odd_cubic)), dtype=np.float64)
