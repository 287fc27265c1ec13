"""Many virtual persons and the scores they would give, for calibration, virtual trials and invented clinics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from euthymia.response.course import DoseAt, Scale
from euthymia.response.model import Persons, score_covariance, severity
from euthymia.response.prior import TRAITS, Floats, Prior


@dataclass(frozen=True, slots=True)
class Setting:
    """How one clinic or trial differs from the middle: a shift of each trait's middle on its transformed scale."""

    gain: float = 0.0
    fade_days: float = 0.0
    expectancy: float = 0.0


@dataclass(frozen=True, slots=True)
class BaselineScores:
    """Scores before treatment as a trial reports them, in points: mean and standard deviation of the ratings."""

    mean: float
    sd: float


def draw_setting(prior: Prior, rng: np.random.Generator) -> Setting:
    """One clinic or trial drawn from those the prior expects."""
    return Setting(
        gain=float(rng.normal(0.0, prior.trait("gain").between_settings)),
        fade_days=float(rng.normal(0.0, prior.trait("fade_days").between_settings)),
        expectancy=float(rng.normal(0.0, prior.trait("expectancy").between_settings)),
    )


def draw_persons(
    prior: Prior,
    count: int,
    rng: np.random.Generator,
    *,
    setting: Setting | None = None,
    scale: Scale | None = None,
    baseline: BaselineScores | None = None,
) -> Persons:
    """`count` persons of one setting.

    With `scale` and `baseline` their untreated severity has the mean and spread a trial reported, the spread of the
    ratings less what weather and rating error already bring; otherwise it is the prior's.
    """
    place = setting or Setting()
    z = rng.standard_normal((count, len(TRAITS)))
    values: dict[str, Floats] = {}
    for index, trait in enumerate(prior.traits):
        shift = {"gain": place.gain, "fade_days": place.fade_days, "expectancy": place.expectancy}.get(trait.name, 0.0)
        values[trait.name] = trait.value(z[:, index], spread=trait.spread, shift=shift)
    if scale is not None and baseline is not None:
        noise = prior.noise_for(scale)
        rated = noise.weather**2 + noise.measurement**2
        spread = np.sqrt(max((baseline.sd / scale.width) ** 2 - rated, (0.2 * baseline.sd / scale.width) ** 2))
        values["baseline"] = np.clip(scale.fraction(baseline.mean) + spread * z[:, 0], 0.02, 0.98)
    return Persons(**values)


def draw_scores(
    persons: Persons,
    doses: Sequence[DoseAt],
    at_day: Floats,
    *,
    prior: Prior,
    scale: Scale,
    rng: np.random.Generator,
) -> Floats:
    """Ratings these persons would give on `at_day` after `doses`, in points, whole numbers, (persons, days)."""
    days = np.asarray(at_day, dtype=np.float64)
    root = np.linalg.cholesky(score_covariance(days, prior.noise_for(scale)) + 1e-12 * np.eye(days.size))
    left_over = rng.standard_normal((len(persons), days.size)) @ root.T
    fractions = np.clip(severity(persons, doses, days, prior) + left_over, 0.0, 1.0)
    return np.asarray(np.round(scale.minimum + scale.width * fractions), dtype=np.float64)
