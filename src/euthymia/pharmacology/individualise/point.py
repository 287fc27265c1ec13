"""The most probable random effects of one person, or of many, with what is left unknown about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput, SolverFailed
from euthymia.pharmacology.individualise.climb import Peak, climbed, exact
from euthymia.pharmacology.individualise.doors import check_kind
from euthymia.pharmacology.individualise.fit import Fit
from euthymia.pharmacology.individualise.moved import Moved, moved_by
from euthymia.pharmacology.individualise.observation import PLAIN, PUBLISHED, Assay, Observation, Setting, listed
from euthymia.pharmacology.individualise.prior import joined
from euthymia.pharmacology.individualise.problem import Problem, Solve
from euthymia.pharmacology.individualise.question import Question, level_scatter
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.solve import closed_form

Values = NDArray[np.float64]
# Relative to the prior's own curvature of 1.
_LEAST_CURVATURE = 0.05
_LAST_STEP = 0.05
# One person's curvature is taken this near the peak, in prior standard deviations.
_EXACTLY = 1e-5


@dataclass(frozen=True, slots=True)
class Point(Fit):
    """The most probable random effects of one person, and a bell around them for what is left unknown.

    covariance: (names, names), from exact second derivatives at the peak.
    """

    covariance: Values

    @property
    def is_settled(self) -> bool:
        """A peak that was not found is an error, so one that is here may be used."""
        return True

    def moved(self) -> tuple[Moved, ...]:
        """How far the observations moved each random effect."""
        return moved_by(self.prior, self.peak, self.covariance)

    def interval(self, name: str, levels: Sequence[float]) -> tuple[float, ...]:
        """Quantiles of one random effect, read off the bell."""
        place = self.prior.place(name)
        sd = float(np.sqrt(self.covariance[place, place]))
        return tuple(float(self.peak[place]) + sd * NormalDist().inv_cdf(level) for level in levels)

    def individual(self) -> Individual:
        """The person with these effects. Baselines are left out: they belong to a day, not to the person."""
        return self._individual(self.covariance)


@dataclass(frozen=True, slots=True)
class Points:
    """The most probable effects of many people: effects (people, names), covariance (people, names, names).

    arrived: (people,), whose peak was found; the effects of the others are the best that were seen.
    """

    names: tuple[str, ...]
    effects: Values
    covariance: Values
    arrived: NDArray[np.bool_]


def point_estimate(
    regimen: Regimen,
    person: Person,
    observations: Sequence[Observation],
    *,
    model: str | Model,
    assay: Assay | None = None,
    setting: Setting = PLAIN,
) -> Point:
    """The most probable effects after these observations, levels and readings in any order.

    Refuses (BadInput, path `observations[2].ng_per_ml` and the like) what cannot be used.
    """
    seen = listed(observations, "observations", "levels and readings")
    return _pointed(Question(regimen, model, seen, PUBLISHED if assay is None else assay, setting), person)


def most_probable(
    regimen: Regimen,
    person: Person,
    levels: Sequence[Observation],
    *,
    model: str | Model,
    residual_log_sd: float | None = None,
    assay: Assay | None = None,
    setting: Setting = PLAIN,
) -> Individual:
    """This person's random effects, with the covariance left after the observations; without any, the population's.

    levels: levels and readings, in any order.   residual_log_sd: scatter of a measured level around the model; left
    out, the published one, refused if there is none. `assay` says it with an additive part instead.
    """
    seen, assay = listed(levels, "levels", "levels and readings"), _assay(assay, residual_log_sd)
    question = Question(regimen, model, seen, assay, setting, path="levels")
    if seen:
        return _pointed(question, person).individual()
    check_kind("person", person)
    chosen = question.chosen()
    chosen.require_covers(regimen, person)
    level_scatter(chosen, assay)
    prior = joined([(chosen.varying, chosen.covariance)])
    return Point(
        regimen, person, chosen, (), setting, prior, (), np.zeros(len(prior.names)), prior.covariance
    ).individual()


def _assay(assay: Assay | None, residual_log_sd: float | None) -> Assay:
    if residual_log_sd is None:
        return PUBLISHED if assay is None else assay
    if assay is not None:
        raise BadInput("both_given", "residual_log_sd", "Give the scatter of a level here or in `assay`, not in both.")
    try:
        return Assay(log_sd=residual_log_sd)
    except BadInput as refusal:
        raise BadInput(refusal.code, "residual_log_sd", refusal.message) from None


def _pointed(question: Question, person: Person) -> Point:
    problem = question.asked_of((person,))
    peak = climbed(problem, done=_EXACTLY)
    if not peak.arrived.all():
        raise SolverFailed("The most probable effects were not found; the observations contradict the model.")
    standard, left = settled(problem, peak)
    return Point(
        regimen=question.regimen,
        person=person,
        model=question.chosen(),
        observations=question.observations,
        setting=question.setting,
        prior=problem.prior,
        off_sd=off_sd(problem, peak),
        peak=problem.prior.effects(standard)[0],
        covariance=problem.prior.spread(left[0]),
    )


def most_probable_many(
    regimen: Regimen,
    people: Sequence[Person],
    observations: Sequence[Observation],
    values: Values,
    *,
    model: str | Model,
    assay: Assay | None = None,
    solve: Solve = closed_form.solve,
) -> Points:
    """The same for many people seen at the same moments after the same doses.

    observations: what was looked at and when; their own values do not matter.   values: (people, observations), in
    ng/mL, as rises over the baseline, as totals, and 1 for sedated.   The covariance is that of Gauss and Newton.
    """
    seen = listed(observations, "observations", "levels and readings")
    question = Question(regimen, model, seen, PUBLISHED if assay is None else assay, solve=solve)
    if values is None:
        raise BadInput("missing", "values", "Give what was seen, one row per person and one column per observation.")
    problem = question.asked_of(listed(people, "people", "people"), values)
    peak = climbed(problem)
    return Points(
        names=problem.prior.names,
        effects=problem.prior.effects(peak.standard),
        covariance=problem.prior.spread(np.asarray(np.linalg.inv(peak.curvature))),
        arrived=peak.arrived,
    )


def off_sd(problem: Problem, peak: Peak) -> tuple[float, ...]:
    """How far each observation of the only person lies from the curve of their peak, in SDs of its scatter."""
    return tuple(problem.sheet.off(peak.scaled[0]).tolist())


def settled(problem: Problem, peak: Peak) -> tuple[Values, Values]:
    """The peaks after one last exact step, (people, names), and the covariance left there, (people, names, names).

    Where exact second derivatives see no peak (two explanations in one hill), Gauss and Newton's stand in.
    """
    slope, curvature = exact(problem, peak.standard)
    is_peak = np.linalg.eigvalsh(curvature)[:, 0] > _LEAST_CURVATURE
    curvature = np.where(is_peak[:, None, None], curvature, peak.curvature)
    step = -np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
    near = np.abs(step).max(axis=1, initial=0.0) < _LAST_STEP
    return peak.standard + np.where((is_peak & near)[:, None], step, 0.0), np.asarray(np.linalg.inv(curvature))
