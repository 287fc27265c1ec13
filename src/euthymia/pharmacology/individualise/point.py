"""The most probable random effects of one person, or of many, with what is left unknown about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.individualise.climb import Peak, climbed, exact
from euthymia.pharmacology.individualise.observation import Assay, Observation, said
from euthymia.pharmacology.individualise.problem import Problem, Solve
from euthymia.pharmacology.individualise.question import Question, level_scatter
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.solve import closed_form

Values = NDArray[np.float64]
# Relative to the prior's own curvature of 1.
_LEAST_CURVATURE = 0.05
_LAST_STEP = 0.01


@dataclass(frozen=True, slots=True)
class Points:
    """The most probable effects of many people: effects (people, names), covariance (people, names, names)."""

    names: tuple[str, ...]
    effects: Values
    covariance: Values


def most_probable(
    regimen: Regimen,
    person: Person,
    levels: Sequence[Observation],
    *,
    model: str | Model,
    residual_log_sd: float | None = None,
    assay: Assay | None = None,
) -> Individual:
    """This person's random effects, with the covariance left after the observations; without any, the population's.

    levels: levels and readings, in any order.   residual_log_sd: scatter of a measured level around the model; left
    out, the published one, refused if there is none. `assay` says it with an additive part instead.
    covariance: from the exact second derivatives at the peak.   Refuses levels taken before the drug could be there.
    """
    assay = assay or Assay(log_sd=residual_log_sd)
    question = Question(regimen, model, tuple(levels), assay, path="levels")
    chosen = question.chosen()
    if not levels:
        chosen.require_covers(regimen, person)
        level_scatter(chosen, assay)
        return _individual(person, chosen, chosen.varying, np.zeros(len(chosen.varying)), chosen.covariance, ())
    problem = question.asked_of((person,))
    peak = climbed(problem)
    standard, left = settled(problem, peak)
    effects, covariance = problem.prior.effects(standard)[0], problem.prior.spread(left[0])
    kept = problem.prior.lasting
    names = [problem.prior.names[place] for place in kept]
    return _individual(person, chosen, names, effects[kept], covariance[np.ix_(kept, kept)], said(levels))


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
    problem = Question(regimen, model, tuple(observations), assay or Assay(), solve).asked_of(people, values)
    peak = climbed(problem)
    return Points(
        names=problem.prior.names,
        effects=problem.prior.effects(peak.standard),
        covariance=problem.prior.spread(np.asarray(np.linalg.inv(peak.curvature))),
    )


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


def _individual(
    person: Person, model: Model, names: Sequence[str], effects: Values, covariance: Values, learned: tuple[str, ...]
) -> Individual:
    return Individual(
        person=person,
        model_id=model.id,
        effects={name: float(value) for name, value in zip(names, effects, strict=True)},
        covariance=tuple(tuple(float(value) for value in row) for row in covariance),
        learned_from=learned,
    )
