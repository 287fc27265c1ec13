"""The one trial whose persons are public, person by person: how likely a prior makes what each of them answered.

NIMH ds005917 (CC0, doi 10.18112/openneuro.ds005917.v1.0.1): MADRS before, and two and ten days after one infusion of
ketamine and one of saline, in either order. Both courses of a person share that person's traits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from euthymia.response.course import DoseAt
from euthymia.response.load import read_data
from euthymia.response.model import score_covariance, severity
from euthymia.response.prior import Floats
from euthymia.response.trials import Stage

RATINGS = ("b0", "d2", "d10", "p2", "p10")
# The infusions were about two weeks apart; which came first is left aside.
ON_ONE_CLOCK = np.array([0.0, 2.0, 10.0, 16.0, 24.0])


@dataclass(frozen=True, slots=True)
class Crossover:
    """One person's MADRS ratings by name: before (b0), days 2 and 10 after ketamine (d) and after saline (p)."""

    id: str
    ratings: Mapping[str, float]


def load_crossover() -> tuple[Crossover, ...]:
    """The persons with major depression of ds005917 who have a baseline and at least one rating after it."""
    rows = read_data("ds005917")["person"]
    people = (Crossover(row["id"], MappingProxyType({k: v for k, v in row.items() if k in RATINGS})) for row in rows)
    return tuple(person for person in people if "b0" in person.ratings and len(person.ratings) > 1)


def surprise(stage: Stage, people: Sequence[Crossover]) -> Floats:
    """Minus the log of the chance of each person's ratings, (people,), averaged over virtual persons of the stage."""
    drawn, rng = stage.persons()
    # Who they are, were nothing rated yet: as wide as the ratings at entry and a day's luck allow.
    noise = stage.prior.noise_for(stage.scale)
    spread = float(np.sqrt((stage.baseline.sd / stage.scale.width) ** 2 + noise.weather**2 + noise.measurement**2))
    before = stage.scale.fraction(stage.baseline.mean) + spread * rng.standard_normal(len(drawn))
    drawn = replace(drawn, baseline=np.clip(before, 0.02, 0.98))
    days = np.array([0.0, 2.0, 10.0])
    ketamine, saline = (severity(drawn, (DoseAt(0.0, dose),), days, stage.prior) for dose in (1.0, 0.0))
    expected = np.concatenate([ketamine, saline[:, 1:]], axis=1)
    covariance = score_covariance(ON_ONE_CLOCK, noise)
    result = np.empty(len(people))
    for index, person in enumerate(people):
        heard = [RATINGS.index(name) for name in RATINGS if name in person.ratings]
        observed = np.array([stage.scale.fraction(person.ratings[RATINGS[column]]) for column in heard])
        part = covariance[np.ix_(heard, heard)]
        white = np.linalg.solve(np.linalg.cholesky(part), (observed - expected[:, heard]).T)
        logs = -0.5 * np.sum(white**2, axis=0) / drawn.swing**2 - len(heard) * np.log(drawn.swing)
        constant = 0.5 * (np.linalg.slogdet(part)[1] + len(heard) * np.log(2 * np.pi))
        result[index] = constant - logs.max() - np.log(np.mean(np.exp(logs - logs.max())))
    return result
