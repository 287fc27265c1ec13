"""From one person's scores to what is now believed about them.

A cloud of persons is drawn from the prior and weighted by how well each explains the scores. Where too few of them
explain anything, the scores are let in by degrees (tempering), with the cloud redrawn and moved between steps. The
seed is an argument, so the same course always teaches the same thing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from euthymia.errors import BadInput, SolverFailed
from euthymia.response.course import Course
from euthymia.response.model import Persons, persons_at, score_covariance
from euthymia.response.prior import TRAITS, Floats, Prior
from euthymia.response.repeated import RepeatedSeverity

PRIOR_DRAWS = 2000
ENOUGH = 0.25
MOVES, LAST_MOVES = 2, 6
MOST_STEPS = 40
# How exactly the share of the cloud that still counts is a quarter, and how many tries that may take.
SPARE_DIGITS, MOST_TRIES = 1e-9, 60


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """What is believed about one person after their course.

    z: equally weighted draws in standard deviations of the prior, (draws, traits).   effective_draws: how many
    independent draws they are worth at the last weighting.   steps: 1 when the prior's own draws sufficed.
    residuals: observed minus formula at each score, fractions of the scale, (draws, scores).
    """

    course: Course
    prior: Prior
    seed: int
    z: Floats
    persons: Persons
    residuals: Floats
    effective_draws: float
    steps: int
    prior_still_talking: Mapping[str, float]

    @property
    def mostly_prior(self) -> bool:
        """True while the scores have told less than half of how much doses help this person, or how fast that fades."""
        return max(self.prior_still_talking["gain"], self.prior_still_talking["fade_days"]) > 0.5

    def trait(self, name: str, quantiles: tuple[float, ...] = (0.05, 0.5, 0.95)) -> Mapping[float, float]:
        """Quantiles of a trait in its own unit (see the prior's card)."""
        if name not in TRAITS:
            raise BadInput("unknown_trait", "name", f"'{name}' is not a trait. Use one of: {', '.join(TRAITS)}.")
        values = np.quantile(getattr(self.persons, name), quantiles)
        return MappingProxyType(dict(zip(quantiles, map(float, values), strict=True)))


def learn(course: Course, prior: Prior, seed: int, *, draws: int = PRIOR_DRAWS) -> Posterior:
    """The posterior of one person's traits given every score and dose.

    With no scores it is the prior itself, and `prior_still_talking` says 1.0 for every trait: the share of each
    trait's prior variance that the scores have left standing.
    """
    prior = prior if course.blinded else prior.opened()
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((draws, len(TRAITS)))
    likelihood = _Likelihood(course, prior)
    z, effective, steps = _temper(z, likelihood, rng) if course.scores else (z, float(draws), 1)
    share = np.clip(z.var(axis=0), 0.0, 1.0) if course.scores else np.ones(len(TRAITS))
    persons = persons_at(prior, z)
    return Posterior(
        course=course,
        prior=prior,
        seed=seed,
        z=z,
        persons=persons,
        residuals=likelihood.residuals(persons),
        effective_draws=effective,
        steps=steps,
        prior_still_talking=MappingProxyType(dict(zip(TRAITS, map(float, share), strict=True))),
    )


class _Likelihood:
    """How well each draw explains the scores; the covariance differs between draws only by `swing`."""

    def __init__(self, course: Course, prior: Prior) -> None:
        self.course = course
        self.prior = prior
        self.days = np.array([score.at_day for score in course.scores])
        self.observed = np.array([course.scale.fraction(score.value) for score in course.scores])
        covariance = score_covariance(self.days, prior.noise_for(course.scale))
        self.severity = RepeatedSeverity(course, prior)
        self.whiten = np.linalg.inv(np.linalg.cholesky(covariance)) if course.scores else np.zeros((0, 0))

    def refreshed(self, z: Floats, rng: np.random.Generator) -> Floats:
        """The cloud with what no score here can tell about drawn anew: redrawing had let it drift."""
        if not self.course.oral:
            z = z.copy()
            z[:, TRAITS.index("oral")] = rng.standard_normal(len(z))
        return z

    def residuals(self, persons: Persons) -> Floats:
        left_over = self.severity(persons)
        np.subtract(self.observed[None, :], left_over, out=left_over)
        return left_over

    def __call__(self, z: Floats) -> Floats:
        persons = persons_at(self.prior, z)
        white = self.whiten @ self.residuals(persons).T
        misfit = np.einsum("sp,sp->p", white, white) / persons.swing**2
        return np.asarray(-0.5 * misfit - self.days.size * np.log(persons.swing), dtype=np.float64)


def _temper(z: Floats, likelihood: _Likelihood, rng: np.random.Generator) -> tuple[Floats, float, int]:
    logs = likelihood(z)
    temperature, steps, effective = 0.0, 0, float(len(z))
    while temperature < 1.0:
        if steps >= MOST_STEPS:
            raise SolverFailed("The posterior did not settle; the scores contradict the model beyond repair.")
        raised = _next_temperature(logs, temperature)
        weights, effective = _weights((raised - temperature) * logs)
        chosen = _systematic(weights, rng)
        z, logs, temperature, steps = z[chosen], logs[chosen], raised, steps + 1
        # Redrawing repeats persons; a few random-walk moves make them distinct again without changing the answer.
        z, logs = _move(z, logs, temperature, likelihood, rng)
    return likelihood.refreshed(z, rng), effective, steps


def _weights(logs: Floats) -> tuple[Floats, float]:
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    return weights, float(1.0 / np.sum(weights**2))


def _next_temperature(logs: Floats, temperature: float) -> float:
    """The largest next share of the scores at which a quarter of the cloud still counts: by Newton between bounds."""
    behind = logs - logs.max()
    low, high = 0.0, 1.0 - temperature
    share = high
    for _ in range(MOST_TRIES):
        weights = np.exp(share * behind)
        squares = weights * weights
        whole, of_squares = weights.sum(), squares.sum()
        spare = math.log(whole * whole / of_squares / (ENOUGH * len(logs)))
        if spare >= 0 and share == 1.0 - temperature:
            return 1.0
        if abs(spare) <= SPARE_DIGITS:
            break
        low, high = (share, high) if spare > 0 else (low, share)
        share -= spare / (2 * float(weights @ behind / whole - squares @ behind / of_squares))
        if not low < share < high:
            share = (low + high) / 2
    return temperature + max(share, 1e-6)


def _systematic(weights: Floats, rng: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    points = (rng.random() + np.arange(len(weights))) / len(weights)
    return np.minimum(np.searchsorted(np.cumsum(weights), points), len(weights) - 1)


def _move(
    z: Floats, logs: Floats, temperature: float, likelihood: _Likelihood, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    spread = np.linalg.cholesky(np.cov(z.T) + 1e-6 * np.eye(z.shape[1]))
    far = np.einsum("pt,pt->p", z, z)
    for scale in np.linspace(1.2, 0.6, MOVES if temperature < 1.0 else LAST_MOVES):
        proposed = z + scale * rng.standard_normal(z.shape) @ spread.T
        proposed_logs, proposed_far = likelihood(proposed), np.einsum("pt,pt->p", proposed, proposed)
        gained = temperature * (proposed_logs - logs) - 0.5 * (proposed_far - far)
        accepted = np.log(rng.random(len(z))) < gained
        z = np.where(accepted[:, None], proposed, z)
        logs, far = np.where(accepted, proposed_logs, logs), np.where(accepted, proposed_far, far)
    return z, logs
