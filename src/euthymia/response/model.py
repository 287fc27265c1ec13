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

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from euthymia.response.course import DoseAt, OralCourse
from euthymia.response.prior import TRAITS, Effects, Floats, Noise, Prior

# After this many rise times a dose's onset is over to the last digit that matters (e^-20 is 2e-9).
ONSET_IS_OVER = 20.0
# Numbers worked on at once: 64 kB, which is kept where a large table would be fetched anew for every step.
BLOCK = 8192
# Two steps closer than a tenth of a millisecond are one: only the last digits of a day number tell them apart.
SAME_STEP_DAYS = 1e-9


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
    levels = drug_levels(persons.fade_days, doses, days, prior.effects)
    shares = other_shares(doses, days, prior.effects, oral)
    return severity_of(levels, shares, persons, prior.effects, dose_times=dose_times)


def drug_levels(fade_days: Floats, doses: Sequence[DoseAt], days: Floats, effects: Effects) -> Floats:
    """L on each day for persons of whom only the fading matters, (times, persons): rows are written in one piece."""
    levels = np.zeros((days.size, fade_days.size))
    walk = _DrugLevel(fade_days, effects)
    upcoming = 0
    for index in np.argsort(days, kind="stable"):
        day = float(days[index])
        while upcoming < len(doses) and doses[upcoming].at_day < day:
            walk.give(doses[upcoming])
            upcoming += 1
        if upcoming:
            walk.write(day, levels[index])
    return levels


def severity_of(
    levels: Floats, shares: Floats, persons: Persons, effects: Effects, *, dose_times: Floats | float = 1.0
) -> Floats:
    """Severity, (persons, times), from `drug_levels` (written over) and `other_shares`."""
    for rows in row_blocks(*levels.shape):
        _finish(levels[rows], shares[rows], persons, effects.half_dose, dose_times)
    return levels.T


def row_blocks(rows: int, columns: int) -> Iterator[slice]:
    """The rows of a table a few at a time, so that what is worked out on the way stays close to the processor."""
    at_once = max(1, BLOCK // max(columns, 1))
    return (slice(start, start + at_once) for start in range(0, rows, at_once))


def _finish(relief: Floats, shares: Floats, persons: Persons, half: float, dose_times: Floats | float) -> None:
    """Makes severity of what doses left behind, in place, (times, persons). shares: of relief from other causes."""
    relief *= dose_times
    saturation = relief + half
    np.divide(1 + half, saturation, out=saturation)
    relief *= saturation
    relief *= persons.gain
    # Three sums rather than a matrix product, which would call up every core for next to nothing.
    for share, besides in zip(shares.T, (persons.expectancy, persons.trend, persons.oral), strict=True):
        if share.any():
            relief += share[:, None] * besides
    np.exp(np.negative(relief, out=relief), out=relief)
    relief *= persons.baseline
    np.minimum(relief, 1.0, out=relief)


class _DrugLevel:
    """What doses left behind, from event to event: a fading and a lasting part, less what has not yet risen."""

    def __init__(self, fade_days: Floats, effects: Effects) -> None:
        self.effects = effects
        self.fade_rate = -np.log(2.0) / fade_days
        self.fading = np.zeros(fade_days.size)
        self.rising: Floats | None = None
        self.lasting = self.lasting_rising = 0.0
        self.clock = 0.0
        self.step, self.faded = 0.0, np.ones(fade_days.size)

    def give(self, dose: DoseAt) -> None:
        self._advance(dose.at_day)
        long = self.effects.lasting_share * dose.relative_dose
        short = dose.relative_dose - long
        self.fading += short
        self.rising = np.full_like(self.fading, short) if self.rising is None else self.rising + short
        self.lasting += long
        self.lasting_rising += long

    def write(self, day: float, row: Floats) -> None:
        self._advance(day)
        np.add(self.fading, self.lasting - self.lasting_rising, out=row)
        if self.rising is not None:
            row -= self.rising

    def _advance(self, day: float) -> None:
        """Lets everything fade, and what was rising rise, up to a day; before the first dose there is nothing."""
        since, self.clock = day - self.clock, day
        if not self.lasting:
            return
        # Coming days are mostly one apart, and every person's share for one step is worked out once.
        if abs(since - self.step) > SAME_STEP_DAYS:
            self.step, self.faded = since, np.exp(self.fade_rate * since)
        lasted = math.exp(-math.log(2.0) * since / self.effects.lasting_days)
        rises = since / self.effects.onset_days
        rise = math.exp(-rises) if rises < ONSET_IS_OVER else 0.0
        self.fading *= self.faded
        self.lasting *= lasted
        self.lasting_rising *= lasted * rise
        if self.rising is not None:
            self.rising = self.rising * self.faded * rise if rise else None


def other_shares(doses: Sequence[DoseAt], days: Floats, effects: Effects, oral: Sequence[OralCourse]) -> Floats:
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
