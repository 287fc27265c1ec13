"""Everything that is believed about one person's random effects after the observations, as weighted draws.

Importance sampling from a bell with heavy tails around the peak: draw k of a seed is the same however many are drawn.
The tail of the weights says whether that may be trusted; where not, the bell is moved once to where the draws were
needed, and where that does not help, chains explore instead. The answer says which method made it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.number import is_whole
from euthymia.pharmacology.individualise.climb import climbed
from euthymia.pharmacology.individualise.ensemble import SETTLED_R_HAT, explored
from euthymia.pharmacology.individualise.fit import Fit
from euthymia.pharmacology.individualise.moved import Moved, moved_by
from euthymia.pharmacology.individualise.observation import PLAIN, PUBLISHED, Assay, Observation, Setting, listed
from euthymia.pharmacology.individualise.pareto import WORST_K, effective_size, smoothed
from euthymia.pharmacology.individualise.point import off_sd, settled
from euthymia.pharmacology.individualise.problem import Problem, Solve
from euthymia.pharmacology.individualise.question import Question
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.population import standard_normals
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.solve import closed_form

Values = NDArray[np.float64]
DRAWS = 4_000
MOST_DRAWS = 200_000
FEWEST_DRAWS = 200
_ENOUGH_DRAWS = 400
# Fewer than this say too little of where to look next.
_ENOUGH_TO_AIM = 50
_KEPT = 1_000
_MOST_KEPT_DRAWS = 10_000
# A last exact step goes from here to the peak.
_NEARLY = 1e-2
# Degrees of freedom of the proposal, at least: tails heavy enough for a skewed posterior, at little cost for a round
# one. With many effects as many as there are, or most draws would lie where nothing is.
_TAIL = 6


class Method(StrEnum):
    """What made the draws."""

    IMPORTANCE = "importance_sampling"
    CHAINS = "chains"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How draws are made: which seed, how many, and by which method (text is accepted); None is importance sampling,
    and chains where that cannot be trusted."""

    seed: int = 7
    draws: int = DRAWS
    method: Method | str | None = None

    def __post_init__(self) -> None:
        for name, low, high in (("seed", 0, 2**63 - 1), ("draws", FEWEST_DRAWS, MOST_DRAWS)):
            value = getattr(self, name)
            if not is_whole(value) or not low <= value <= high:
                raise BadInput("out_of_range", f"sampling.{name}", f"Give {name} as a whole number, {low} to {high}.")
            object.__setattr__(self, name, int(value))
        if self.method is not None and self.method not in tuple(Method):
            raise BadInput("unknown_method", "sampling.method", f"Use one of: {', '.join(Method)}; or leave it out.")
        object.__setattr__(self, "method", None if self.method is None else Method(self.method))


@dataclass(frozen=True, slots=True)
class Posterior(Fit):
    """Weighted draws of one person's random effects.

    draws: (draws, names).   weights: (draws,), adding up to 1.   pareto_k: of the importance weights, also where chains
    took over.   effective_size: how many independent draws these are worth.   r_hat: of the chains, None without them.
    log_evidence: log of the chance of the observations under this model, for comparing models of the same
    observations; None where it could not be had.
    """

    draws: Values
    weights: Values
    method: Method
    pareto_k: float
    effective_size: float
    r_hat: float | None
    log_evidence: float | None

    @property
    def names(self) -> tuple[str, ...]:
        return self.prior.names

    @property
    def mean(self) -> Values:
        """(names,)."""
        return np.asarray(self.weights @ self.draws)

    @property
    def covariance(self) -> Values:
        """(names, names)."""
        off = self.draws - self.mean
        return np.asarray((off * self.weights[:, None]).T @ off)

    @property
    def is_settled(self) -> bool:
        """Whether the method that answered can be trusted by its own measure."""
        if self.r_hat is not None:
            return self.r_hat < SETTLED_R_HAT
        return self.pareto_k <= WORST_K and self.effective_size >= min(_ENOUGH_DRAWS, self.weights.size / 10)

    def moved(self) -> tuple[Moved, ...]:
        """How far the observations moved each random effect."""
        return moved_by(self.prior, self.mean, self.covariance)

    def interval(self, name: str, levels: Sequence[float]) -> tuple[float, ...]:
        """Quantiles of one random effect; refuses one that is not in this fit."""
        values = self.draws[:, self.prior.place(name)]
        order = np.argsort(values)
        shares = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
        return tuple(float(found) for found in np.interp(levels, shares, values[order]))

    def even(self, count: int = _KEPT) -> Values:
        """Draws of equal weight, (count, names): every (1/count)th of the summed weights (systematic resampling)."""
        ends = np.cumsum(self.weights)
        places = np.searchsorted(ends / ends[-1], (np.arange(count) + 0.5) / count)
        # A fixed stride spreads copies of one draw, so that the first few are a fair sample too.
        return np.asarray(self.draws[places[_spread(count)]])

    def individual(self) -> Individual:
        """The person with the most probable effects, what is unknown about them, and draws for bands.

        Baselines are left out: they belong to a day, not to the person.
        """
        return self._individual(self.covariance, self.even())


def posterior(
    regimen: Regimen,
    person: Person,
    observations: Sequence[Observation],
    *,
    model: str | Model,
    sampling: Sampling | None = None,
    assay: Assay | None = None,
    setting: Setting = PLAIN,
    solve: Solve = closed_form.solve,
) -> Posterior:
    """What to believe about this person after these observations. Refuses what `most_probable` refuses."""
    sampling = Sampling() if sampling is None else sampling
    if not isinstance(sampling, Sampling):
        raise BadInput("not_a_sampling", "sampling", "Give a Sampling, such as Sampling(seed=7, draws=4000).")
    seen = listed(observations, "observations", "levels and readings")
    question = Question(regimen, model, seen, PUBLISHED if assay is None else assay, setting, solve)
    problem = question.asked_of((person,))
    near = climbed(problem, done=_NEARLY)
    peak, left = settled(problem, near)
    blank = Posterior(
        regimen=regimen,
        person=person,
        model=question.chosen(),
        observations=question.observations,
        setting=setting,
        prior=problem.prior,
        off_sd=off_sd(problem, near),
        peak=problem.prior.effects(peak)[0],
        draws=np.zeros((0, problem.size)),
        weights=np.zeros(0),
        method=Method.IMPORTANCE,
        pareto_k=math.inf,
        effective_size=0.0,
        r_hat=None,
        log_evidence=None,
    )
    return _answered(problem, blank, (peak, left), sampling)


def _answered(problem: Problem, blank: Posterior, bell: tuple[Values, Values], sampling: Sampling) -> Posterior:
    """Importance sampling around the bell, once more around what was found, then chains, until one can be trusted."""
    answer, standard = _sampled(problem, blank, bell, sampling)
    again = sampling.method is None and not answer.is_settled
    if again and answer.effective_size > _ENOUGH_TO_AIM:
        # The first draws know better than the curvature at the peak where the next should be.
        middle = answer.weights @ standard
        spread = (standard - middle).T @ ((standard - middle) * answer.weights[:, None])
        better, standard_there = _sampled(problem, blank, (middle[None, :], spread[None, :, :]), sampling)
        if better.pareto_k < answer.pareto_k:
            answer, standard = better, standard_there
    if sampling.method is Method.IMPORTANCE or (sampling.method is None and answer.is_settled):
        return answer
    return _by_chains(problem, answer, standard, sampling.seed)


def _sampled(
    problem: Problem, blank: Posterior, bell: tuple[Values, Values], sampling: Sampling
) -> tuple[Posterior, Values]:
    """The posterior from weighted draws around one bell, and the draws on the standard scale, (draws, names)."""
    found = weighed(problem, *bell, sampling.seed, sampling.draws)
    log_weights, k = smoothed(found.log_weights[0])
    weights = _normalised(log_weights)
    answer = replace(
        blank,
        draws=problem.prior.effects(found.standard[0]),
        weights=weights,
        pareto_k=k,
        effective_size=effective_size(weights),
        log_evidence=_log_mean(log_weights),
    )
    return answer, found.standard[0]


@dataclass(frozen=True, slots=True)
class Weighed:
    """standard: (people, draws, names).   log_weights: (people, draws), log posterior over the proposal's density."""

    standard: Values
    log_weights: Values


def weighed(problem: Problem, middle: Values, spread: Values, seed: int, draws: int) -> Weighed:
    """Draws around everybody's peak and their weights. middle: (people, names).   spread: (people, names, names)."""
    people, size = middle.shape
    stretched, log_bell = _bell(problem.prior.names, seed, draws)
    root = np.linalg.cholesky(spread)
    standard = middle[:, None, :] + stretched[None, :, :] @ np.swapaxes(root, 1, 2)
    whose = np.repeat(np.arange(people), draws)
    height = problem.log_posterior(standard.reshape(-1, size), whose).reshape(people, draws)
    height -= 0.5 * size * math.log(2 * math.pi)
    volume = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    return Weighed(standard, height - (log_bell - volume[:, None]))


def _bell(names: tuple[str, ...], seed: int, draws: int) -> tuple[Values, Values]:
    """Draws of a multivariate t, (draws, names), and the log of its density there, (draws,)."""
    return _kept_bell(names, seed, draws) if draws <= _MOST_KEPT_DRAWS else _fresh_bell(names, seed, draws)


def _fresh_bell(names: tuple[str, ...], seed: int, draws: int) -> tuple[Values, Values]:
    size = len(names)
    freedom = max(_TAIL, size)
    normal = standard_normals([f"draw {name}" for name in names], seed, draws, 0)
    tail = np.sum(standard_normals([f"tail {turn}" for turn in range(freedom)], seed, draws, 0) ** 2, axis=1)
    stretched = normal / np.sqrt(tail / freedom)[:, None]
    constant = math.lgamma((freedom + size) / 2) - math.lgamma(freedom / 2) - 0.5 * size * math.log(freedom * math.pi)
    log_density = constant - 0.5 * (freedom + size) * np.log1p(np.sum(stretched**2, axis=1) / freedom)
    return np.asarray(stretched), np.asarray(log_density)


# The same draws serve every person of the same model and seed, and cost as much as solving them.
_kept_bell = lru_cache(maxsize=4)(_fresh_bell)


def _by_chains(problem: Problem, answer: Posterior, start: Values, seed: int) -> Posterior:
    """The same posterior from chains, started from the draws that were too uneven to be used."""
    nobody_else = np.zeros(1, dtype=np.int64)

    def height(standard: Values) -> Values:
        return problem.log_posterior(standard, np.broadcast_to(nobody_else, (standard.shape[0],)))

    chances = np.random.Generator(np.random.Philox(key=seed)).choice(start.shape[0], _KEPT, p=answer.weights)
    chains = explored(height, start[chances], seed)
    middle = chains.draws.mean(axis=0)[None, :]
    again = weighed(problem, middle, np.cov(chains.draws.T).reshape(1, problem.size, problem.size), seed, DRAWS)
    log_weights, k = smoothed(again.log_weights[0])
    return replace(
        answer,
        draws=problem.prior.effects(chains.draws),
        weights=np.full(len(chains.draws), 1 / len(chains.draws)),
        method=Method.CHAINS,
        effective_size=chains.effective_size,
        r_hat=chains.r_hat,
        log_evidence=_log_mean(log_weights) if k <= WORST_K else None,
    )


def _normalised(log_weights: Values) -> Values:
    weights = np.exp(log_weights - log_weights.max())
    return np.asarray(weights / weights.sum())


def _log_mean(log_weights: Values) -> float:
    top = float(log_weights.max())
    return top + math.log(float(np.exp(log_weights - top).mean()))


def _spread(count: int) -> NDArray[np.int64]:
    stride = next(step for step in range(int(0.618 * count), count + 2) if math.gcd(step, count) == 1)
    return np.arange(count, dtype=np.int64) * stride % count
