"""Many virtual persons and the scores they would give, for calibration, virtual trials and invented clinics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from euthymia.response.course import DoseAt, OralCourse, Scale
from euthymia.response.model import Persons, score_covariance, severity
from euthymia.response.prior import TRAITS, Floats, Noise, Prior


@dataclass(frozen=True, slots=True)
class Setting:
    """How one clinic or trial differs from the middle: a shift of each trait's middle on its transformed scale."""

    gain: float = 0.0
    fade_days: float = 0.0
    expectancy: float = 0.0
    trend: float = 0.0


SHIFTED = ("gain", "fade_days", "expectancy", "trend")


@dataclass(frozen=True, slots=True)
class BaselineScores:
    """Scores before treatment as a trial reports them, in points: mean and standard deviation of the ratings."""

    mean: float
    sd: float


def draw_setting(prior: Prior, rng: np.random.Generator) -> Setting:
    """One clinic or trial drawn from those the prior expects."""
    return Setting(**{name: float(rng.normal(0.0, prior.trait(name).between_settings)) for name in SHIFTED})


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
        shift = float(getattr(place, trait.name)) if trait.name in SHIFTED else 0.0
        values[trait.name] = trait.value(z[:, index], spread=trait.spread, shift=shift)
    if scale is not None and baseline is not None:
        noise = prior.noise_for(scale)
        rated = (noise.weather**2 + noise.measurement**2) * float(np.mean(values["swing"] ** 2))
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
    oral: Sequence[OralCourse] = (),
) -> Floats:
    """Ratings these persons would give on `at_day` after `doses`, in points, whole numbers, (persons, days)."""
    days = np.asarray(at_day, dtype=np.float64)
    left_over = draw_left_over(persons, days, prior.noise_for(scale), rng)
    fractions = np.clip(severity(persons, doses, days, prior, oral) + left_over, 0.0, 1.0)
    return np.asarray(np.round(scale.minimum + scale.width * fractions), dtype=np.float64)


def draw_left_over(persons: Persons, at_day: Floats, noise: Noise, rng: np.random.Generator) -> Floats:
    """Weather and rating error of these persons, each as large as their swing, fractions, (persons, days)."""
    root = np.linalg.cholesky(score_covariance(at_day, noise) + 1e-12 * np.eye(at_day.size))
    return persons.swing[:, None] * (rng.standard_normal((len(persons), at_day.size)) @ root.T)


def draw_last_day(prior: Prior, count: int, rng: np.random.Generator) -> Floats:
    """The day on which each of `count` persons leaves treatment, whoever they are, (count,)."""
    return rng.exponential(7.0 / prior.dropout_per_week, count)
