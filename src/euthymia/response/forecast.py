"""What the next scores may be: quantiles and chances by day, never a bare point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from euthymia.errors import BadInput
from euthymia.response.course import DoseAt, Scale
from euthymia.response.learn import Posterior
from euthymia.response.model import score_covariance, severity, weather_covariance
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
    days = np.array([float(day) for day in at_days])
    if days.size == 0 or not np.all(np.isfinite(days)) or np.any(np.diff(days) <= 0):
        raise BadInput("forecast_days", "at_days", "Give at least one day, finite and increasing.")
    doses = tuple(sorted((*posterior.course.doses, *planned_doses), key=lambda dose: dose.at_day))
    fractions = severity(posterior.persons, doses, days, posterior.prior) + _weather(posterior, days)
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


def _weather(posterior: Posterior, days: Floats) -> Floats:
    """Weather and rating error on new days given the residuals on scored days, fractions, (draws, days)."""
    noise = posterior.prior.noise_for(posterior.course.scale)
    rng = np.random.default_rng((posterior.seed, 1))
    seen = np.array([score.at_day for score in posterior.course.scores])
    covariance = score_covariance(days, noise)
    mean: Floats | float = 0.0
    if seen.size:
        across = weather_covariance(days, seen, noise)
        solved = np.linalg.solve(score_covariance(seen, noise), across.T)
        covariance = covariance - across @ solved
        mean = posterior.residuals @ solved
    root = np.linalg.cholesky(covariance + 1e-12 * np.eye(days.size))
    return mean + rng.standard_normal((len(posterior.persons), days.size)) @ root.T
