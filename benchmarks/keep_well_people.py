"""Simulated people who do not follow our model: held-out last PHQ-9 after a course, by us and by two peers.

What differs from the model on purpose: relief is taken off the score instead of sharing what is left, fades by a power
of time instead of by halves, half of the people are hardly helped at all, ups and downs have Student's tails with four
degrees of freedom and drift without pull to a middle, and worse days are answered less often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.keep_well_mixed import Measured, carried_forward_sd, fit_mixed
from benchmarks.keep_well_score import Forecasted, from_draws, from_normal
from euthymia.response import Course, DoseAt, Prior, Scale, ScoreAt, forecast, learn, load_prior, prior_for_setting

Floats = NDArray[np.float64]
PHQ9 = Scale("phq9", 0, 27)
TAUGHT, ASKED, SEED = 120, 240, 20
INDUCTION = (0.0, 3.0, 7.0, 10.0, 14.0, 17.0)


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A person's doses and answered scores; the last score is the one to forecast."""

    id: str
    doses: tuple[float, ...]
    days: Floats
    scores: Floats


@dataclass(frozen=True, slots=True)
class Compared:
    ours: tuple[Forecasted, ...]
    carried: tuple[Forecasted, ...]
    mixed: tuple[Forecasted, ...]


def compare() -> Compared:
    """Forecasts of the last score of people none of the three was taught by."""
    rng = np.random.default_rng(SEED)
    people = [simulate(f"{index}", rng) for index in range(TAUGHT + ASKED)]
    taught, asked = people[:TAUGHT], people[TAUGHT:]
    prior = load_prior()
    here = prior_for_setting(prior, [learn(_course(one), prior, SEED) for one in taught])
    model = fit_mixed([_measured(one, one.days.size) for one in taught])
    carried_sd = carried_forward_sd([(one.scores[-2], one.scores[-1]) for one in taught])
    return Compared(
        tuple(_ours(here, one) for one in asked),
        tuple(from_normal(one.id, one.scores[-1], one.scores[-2], carried_sd, PHQ9.width) for one in asked),
        tuple(
            from_normal(
                one.id,
                one.scores[-1],
                *model.forecast(_measured(one, one.days.size - 1), *_design(one, one.days[-1:])),
                PHQ9.width,
            )
            for one in asked
        ),
    )


def simulate(name: str, rng: np.random.Generator) -> Simulated:
    """One person: six doses in 17 days, boosters at their own rhythm to day 70, weekly and after-dose scores."""
    rhythm = rng.uniform(9.0, 24.0)
    doses = (*INDUCTION, *np.arange(17.0 + rhythm, 70.0, rhythm))
    days = np.unique(np.concatenate([[-0.5, 1.0], np.arange(6.0, 84.0, 7.0), np.array(doses[5:]) + 1.0]))
    days = days[: rng.integers(5, days.size + 1)]
    before = rng.uniform(12.0, 24.0)
    helped = rng.random() < 0.5
    gain = rng.gamma(4.0, 2.2) if helped else rng.gamma(1.0, 0.8)
    fade, power = rng.lognormal(1.6, 0.7), rng.uniform(0.8, 1.8)
    glow = rng.gamma(2.0, 1.0)
    relief = np.zeros(days.size)
    for dose in doses:
        since = np.clip(days - dose, 0.0, None)
        relief += (days > dose) * gain * (1 - np.exp(-since / 0.2)) * (1 + since / fade) ** -power
    first = (days > 0) * glow * np.exp(-np.clip(days, 0, None) / 20)
    drift = np.cumsum(rng.standard_t(4, days.size) * 0.45 * np.sqrt(np.diff(days, prepend=days[0] - 1)))
    state = before - 1.15 * before * np.tanh(relief / before) - first + drift + rng.normal(0, 0.03) * days
    scores = np.clip(np.round(state + 1.1 * rng.standard_t(4, days.size)), 0, 27)
    answered = rng.random(days.size) > 0.1 + 0.25 * scores / 27
    answered[:2] = answered[-1] = True
    return Simulated(name, tuple(float(dose) for dose in doses), days[answered], scores[answered])


def _course(person: Simulated, scores: int | None = None) -> Course:
    heard = zip(person.days[:scores], person.scores[:scores], strict=True)
    last = person.days[-1]
    given = tuple(DoseAt(day) for day in person.doses if day < last)
    return Course(PHQ9, tuple(ScoreAt(float(day), float(value)) for day, value in heard), given)


def _ours(prior: Prior, person: Simulated) -> Forecasted:
    known = learn(_course(person, -1), prior, SEED)
    draws = forecast(known, [float(person.days[-1])]).draws[:, 0]
    return from_draws(person.id, float(person.scores[-1]), draws, PHQ9.width)


def _measured(person: Simulated, scores: int) -> Measured:
    return Measured(person.scores[:scores], *_design(person, person.days[:scores]))


def _design(person: Simulated, days: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    """Fixed: before, treated, the fresh effect of the last dose, how many doses, time. Random: the first three."""
    rows = []
    for day in days:
        given = [dose for dose in person.doses if dose < day]
        fresh = np.exp(-(day - given[-1]) / 10) if given else 0.0
        rows.append([1.0, float(bool(given)), fresh, np.log1p(len(given)), day / 30 if given else 0.0])
    fixed = np.array(rows)
    return fixed, fixed[:, :3]
