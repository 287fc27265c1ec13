"""Whether posteriors mean what they say: invented people with known effects, whose place in their posterior is uniform.

Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari, Gelman 2018, 10.48550/arXiv.1804.06788).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.expression import expit
from euthymia.pharmacology.individualise.climb import climbed
from euthymia.pharmacology.individualise.normal import log_below
from euthymia.pharmacology.individualise.observation import CADSS6_MOST
from euthymia.pharmacology.individualise.posterior import weighed
from euthymia.pharmacology.individualise.problem import Problem
from euthymia.pharmacology.individualise.question import Question
from euthymia.pharmacology.individualise.sheet import Link, Sheet, level_at
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.population import standard_normals

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranks:
    """shares: (people, names), how much of each person's posterior lies below their true effect; uniform from 0 to 1
    where the posterior is right."""

    names: tuple[str, ...]
    shares: Values


def ranks(question: Question, person: Person, *, people: int, draws: int, seed: int) -> Ranks:
    """Where the truth lies in the posteriors of invented people with these covariates.

    question: what is observed and when, each at a known moment and measurable; the values in it do not matter. Every
    invented person's effects come from the prior, their observations from the model with its scatter.
    """
    names = _blank(question, person).prior.names
    truth = _truth(names, seed, people)
    problem = question.asked_of((person,), invented(question, person, people=people, seed=seed))
    peak = climbed(problem)
    found = weighed(problem, peak.standard, np.asarray(np.linalg.inv(peak.curvature), dtype=np.float64), seed, draws)
    weights = np.exp(found.log_weights - found.log_weights.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    # The order of effects is that of the prior's root, so ranks are taken after it is applied.
    drawn, true = problem.prior.effects(found.standard), problem.prior.effects(truth)
    return Ranks(names, np.einsum("ps,psn->pn", weights, drawn < true[:, None, :]))


def invented(question: Question, person: Person, *, people: int, seed: int) -> Values:
    """What would be observed of invented people with these covariates, (people, observations), on the scale that
    `most_probable_many` takes."""
    blank = _blank(question, person)
    noise = standard_normals([f"scatter {place}" for place in range(blank.sheet.at_h.size)], seed, people, 0)
    scaled = blank.scaled(_truth(blank.prior.names, seed, people), np.zeros(people, dtype=np.int64))
    return _observed(blank.sheet, scaled, noise)


def _blank(question: Question, person: Person) -> Problem:
    return question.asked_of((person,), np.ones((1, len(question.observations))))


def _truth(names: Sequence[str], seed: int, people: int) -> Values:
    return standard_normals([f"truth {name}" for name in names], seed, people, 0)


def _observed(sheet: Sheet, scaled: Values, noise: Values) -> Values:
    """What would be measured, (people, observations), for scaled predictions and standard normal scatter."""
    found = np.empty_like(scaled)
    for place, link in enumerate(sheet.links):
        sd, looked = sheet.sd[place], scaled[:, place] + noise[:, place]
        match Link(link):
            case Link.LEVEL | Link.BELOW:
                found[:, place] = level_at(looked, sd, sheet.floor[place])
            case Link.RISE:
                found[:, place] = sd * looked
            case Link.TOTAL:
                found[:, place] = np.clip(np.round(sd * looked), 0, CADSS6_MOST)
            case Link.SEDATED:
                found[:, place] = _chance(noise[:, place]) < expit(scaled[:, place])
    return found


def _chance(normal: Values) -> Values:
    """A uniform number for each standard normal one."""
    return np.exp(log_below(normal))
