"""The severity model: one formula, for many persons at once.

    severity(t) = baseline · exp(−relief(t))
    relief(t)   = gain · (1 + half) · L / (L + half)             what the drug does, L = Σ_i dose_i · k(t − t_i)
                + expectancy · 2^(−(t − t_last)/expectancy)     what any session does
                + trend · (1 − 2^(−(t − t_first)/trend))        what time in treatment does
                + oral · Σ_j share_j(t)                         what an oral antidepressant does

Reliefs add in the exponent, so each takes its share of what is left and severity never falls below zero. What a dose
leaves behind adds up with what earlier doses left, and what that does saturates: a tenth dose keeps more than it adds.
k(t) = (1 − exp(−t/onset)) · ((1 − a) · 2^(−t/fade) + a · 2^(−t/lasting)): hours to rise, days to fade, and a small
share `a` that stays for months, so a long course wears off more slowly than one dose.
What the formula leaves over is a rating error plus a slow "weather" with a memory (an Ornstein-Uhlenbeck process),
both as large as this person's `swing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from euthymia.response.course import DoseAt, OralCourse
from euthymia.response.prior import TRAITS, Effects, Floats, Noise, Prior

# After this many rise times a dose's onset is over to the last digit that matters (e^-20 is 2e-9).
ONSET_IS_OVER = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Persons:
    """Traits of many persons, each (persons,).

    baseline: 0..1 of the scale.   gain, expectancy, trend, oral: fall of log severity.   fade_days: half-life of most
    of a dose's relief.   swing: size of this person's ups and downs beside the usual one.
    """

    baseline: Floats
    gain: Floats
    fade_days: Floats
    expectancy: Floats
    trend: Floats
    oral: Floats
    swing: Floats

    def __len__(self) -> int:
        return int(self.baseline.size)


def persons_at(prior: Prior, z: Floats) -> Persons:
    """The persons at standard-normal coordinates z, (persons, traits), in a setting nothing is known about."""
    columns = [trait.value(z[:, index]) for index, trait in enumerate(prior.traits)]
    return Persons(**dict(zip(TRAITS, columns, strict=True)))


def severity(
    persons: Persons,
    doses: Sequence[DoseAt],
    at_day: Floats,
    prior: Prior,
    oral: Sequence[OralCourse] = (),
    *,
    dose_times: Floats | float = 1.0,
) -> Floats:
    """Severity as a fraction of the scale, (persons, times), for doses in time order and any times.

    dose_times: each person's own multiple of all the doses, for virtual trials that dose by weight.

    Walks the events once, carrying decaying states, so the cost is events × persons however many doses came before.
    A score at the very instant of a dose is taken before it.
    """
    days = np.asarray(at_day, dtype=np.float64)
    effects = prior.effects
    # Rows are times: each is written in one piece, and the exponent is taken of all at once.
    relief = np.zeros((days.size, len(persons)))
    walk = _DrugLevel(persons, effects)
    upcoming = 0
    for index in np.argsort(days, kind="stable"):
        day = float(days[index])
        while upcoming < len(doses) and doses[upcoming].at_day < day:
            walk.give(doses[upcoming])
            upcoming += 1
        if upcoming:
            relief[index] = walk.at(day)
    relief *= dose_times
    relief *= (1 + effects.half_dose) / (relief + effects.half_dose)
    relief *= persons.gain
    relief += _shares(doses, days, effects, oral) @ np.stack([persons.expectancy, persons.trend, persons.oral])
    np.exp(np.negative(relief, out=relief), out=relief)
    relief *= persons.baseline
    return np.minimum(relief, 1.0, out=relief).T


class _DrugLevel:
    """What doses left behind, from event to event: a fading and a lasting part, less what has not yet risen."""

    def __init__(self, persons: Persons, effects: Effects) -> None:
        self.effects = effects
        self.fade_rate = np.log(2.0) / persons.fade_days
        self.lasting_rate = np.log(2.0) / self.effects.lasting_days
        self.fading = np.zeros(len(persons))
        self.rising = np.zeros(len(persons))
        self.lasting = self.lasting_rising = 0.0
        self.clock: float | None = None

    def give(self, dose: DoseAt) -> None:
        since = 0.0 if self.clock is None else dose.at_day - self.clock
        faded, lasted, rise = self._left(since)
        long = self.effects.lasting_share * dose.relative_dose
        short = dose.relative_dose - long
        self.rising = self.rising * faded * rise + short if rise else np.full_like(self.fading, short)
        self.fading = self.fading * faded + short
        self.lasting_rising = self.lasting_rising * lasted * rise + long
        self.lasting = self.lasting * lasted + long
        self.clock = dose.at_day

    def at(self, day: float) -> Floats:
        since = 0.0 if self.clock is None else day - self.clock
        faded, lasted, rise = self._left(since)
        fast = (self.fading - self.rising * rise if rise else self.fading) * faded
        return np.asarray(fast + (self.lasting - self.lasting_rising * rise) * lasted)

    def _left(self, since: float) -> tuple[Floats, float, float]:
        """What is left after some days of the fading part, of the lasting part, and of the onset still to come."""
        rises = since / self.effects.onset_days
        rise = float(np.exp(-rises)) if rises < ONSET_IS_OVER else 0.0
        return np.exp(-self.fade_rate * since), float(np.exp(-self.lasting_rate * since)), rise


def _shares(doses: Sequence[DoseAt], days: Floats, effects: Effects, oral: Sequence[OralCourse]) -> Floats:
    """How much of their expectancy, trend and oral relief everyone has on each day, (days, 3)."""
    given = np.array([dose.at_day for dose in doses])
    latest = np.searchsorted(given, days, side="left") - 1
    shares = np.zeros((days.size, 3))
    after = latest >= 0
    shares[after, 0] = 2 ** (-(days[after] - given[latest[after]]) / effects.expectancy_days)
    starts = [*given[:1], *(course.from_day for course in oral)]
    if starts:
        shares[:, 1] = 1 - 2 ** (-np.clip(days - min(starts), 0.0, None) / effects.trend_days)
    for course in oral:
        shares[:, 2] += [oral_share(course, float(day), effects.oral_days) for day in days]
    return shares


def oral_share(course: OralCourse, day: float, oral_days: float) -> float:
    """The share of an oral antidepressant's full relief present on a day: it comes and goes by halves."""
    if day <= course.from_day:
        return 0.0
    taken = min(day, course.to_day) - course.from_day
    stopped = max(day - course.to_day, 0.0)
    return float((1 - 2 ** (-taken / oral_days)) * 2 ** (-stopped / oral_days))


def weather_covariance(first_days: Floats, second_days: Floats, noise: Noise) -> Floats:
    """Covariance of the weather between two sets of days, as fractions of the scale squared, (first, second)."""
    apart = np.abs(first_days[:, None] - second_days[None, :])
    return np.asarray(noise.weather**2 * np.exp(-apart / noise.weather_days), dtype=np.float64)


def score_covariance(days: Floats, noise: Noise) -> Floats:
    """Covariance of measured scores around the formula: weather plus rating error, (days, days)."""
    covariance = weather_covariance(days, days, noise)
    return covariance + noise.measurement**2 * np.eye(days.size)
