"""The severity model: one formula, for many persons at once.

    severity(t) = baseline · exp( − gain · Σ_i strength(dose_i) · k(t − t_i)  −  expectancy · x(t − t_last) )

Reliefs add in the exponent, so each further dose takes its share of what is left: accumulation saturates by itself and
severity never falls below zero. k(t) = (1 − exp(−t/onset)) · 2^(−t/fade): hours to rise, days to fade.
What the formula leaves over is a rating error plus a slow "weather" with a memory (an Ornstein-Uhlenbeck process).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from euthymia.response.course import DoseAt
from euthymia.response.prior import TRAITS, Floats, Noise, Prior


@dataclass(frozen=True, slots=True, eq=False)
class Persons:
    """Traits of many persons, each (persons,): baseline 0..1 of the scale, gain, fade half-life in days, expectancy."""

    baseline: Floats
    gain: Floats
    fade_days: Floats
    expectancy: Floats

    def __len__(self) -> int:
        return int(self.baseline.size)


def persons_at(prior: Prior, z: Floats) -> Persons:
    """The persons at standard-normal coordinates z, (persons, traits), in a setting nothing is known about."""
    columns = [trait.value(z[:, index]) for index, trait in enumerate(prior.traits)]
    return Persons(**dict(zip(TRAITS, columns, strict=True)))


def strength(relative_dose: float, half_dose: float) -> float:
    """Effect of a dose relative to the effect of relative dose 1; saturates at 1 + half_dose."""
    return (1 + half_dose) * relative_dose / (relative_dose + half_dose) if relative_dose > 0 else 0.0


def severity(persons: Persons, doses: Sequence[DoseAt], at_day: Floats, prior: Prior) -> Floats:
    """Severity as a fraction of the scale, (persons, times), for doses in time order and any times.

    Walks the events once, carrying two decaying states per person, so the cost is events × persons however many
    doses came before. A score at the very instant of a dose is taken before it.
    """
    days = np.asarray(at_day, dtype=np.float64)
    result = np.empty((len(persons), days.size))
    order = np.argsort(days, kind="stable")
    fade_rate = np.log(2.0) / persons.fade_days
    rise_rate = fade_rate + 1.0 / prior.onset_days
    fading, rising = np.zeros(len(persons)), np.zeros(len(persons))
    clock, last_dose, upcoming = 0.0, None, 0
    for index in order:
        day = float(days[index])
        while upcoming < len(doses) and doses[upcoming].at_day < day:
            dose = doses[upcoming]
            step = dose.at_day - clock if upcoming else 0.0
            added = strength(dose.relative_dose, prior.half_dose)
            fading = fading * np.exp(-fade_rate * step) + added
            rising = rising * np.exp(-rise_rate * step) + added
            clock, last_dose, upcoming = dose.at_day, dose.at_day, upcoming + 1
        relief = np.zeros(len(persons))
        if last_dose is not None:
            since = day - clock
            relief = persons.gain * (fading * np.exp(-fade_rate * since) - rising * np.exp(-rise_rate * since))
            relief = relief + persons.expectancy * _expectancy(day - last_dose, day - doses[0].at_day, prior)
        result[:, index] = persons.baseline * np.exp(-relief)
    return np.minimum(result, 1.0)


def _expectancy(since_last: float, since_first: float, prior: Prior) -> float:
    """Relief that follows any session: rises once with the first, fades from the latest, does not add up."""
    return float((1 - np.exp(-since_first / prior.onset_days)) * 2 ** (-since_last / prior.expectancy_days))


def weather_covariance(first_days: Floats, second_days: Floats, noise: Noise) -> Floats:
    """Covariance of the weather between two sets of days, as fractions of the scale squared, (first, second)."""
    apart = np.abs(first_days[:, None] - second_days[None, :])
    return np.asarray(noise.weather**2 * np.exp(-apart / noise.weather_days), dtype=np.float64)


def score_covariance(days: Floats, noise: Noise) -> Floats:
    """Covariance of measured scores around the formula: weather plus rating error, (days, days)."""
    covariance = weather_covariance(days, days, noise)
    return covariance + noise.measurement**2 * np.eye(days.size)
